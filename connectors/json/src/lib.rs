//! JSON and NDJSON files as tables.
//!
//! ```sql
//! SELECT origin, MAX(temp) FROM json.`weather.ndjson` WHERE month = 7 GROUP BY origin;
//! SELECT id, tags->'$[0]' FROM json.`api.json?root=$.data.items`;
//! SELECT * FROM json.`events/*.ndjson.gz?types=at:DATETIME,id:DECIMAL(20)`;
//! ```
//!
//! The rows of a file are the elements of its array, the objects it holds one after the other (one a line, or not), or
//! what the option `root` points to ([`options::declared`]). Columns are the names of a sample of objects in the
//! order in which they were first seen; a name that is missing is NULL, as is `null`. Nested values are JSON.
//!
//! A scan finds the wanted values of a record without building any ([`record`]), evaluates the filters it claimed, and
//! parses what is left. It does not write, and has no indexes of its own: every scan reads its files from the start, and a lookup by row ids,
//! which indexes of drivers make, the records that begin there (not in gzip files).

pub mod cut;
pub mod file;
pub mod infer;
pub mod options;
pub mod reader;
pub mod record;

use wasql::fs::Folder;
use wasql::{Connector, Feature, Manifest, Options, Result, Setup, Table, TableName};
use wasql_textfile::table::TextTable;

use options::JsonFormat;

/// File name endings of JSON files.
pub const SUFFIXES: [&str; 6] = [".json", ".ndjson", ".jsonl", ".json.gz", ".ndjson.gz", ".jsonl.gz"];

/// The connector: JSON files below the granted folders.
#[derive(Debug)]
pub struct Json {
    folder: Folder,
}

impl Connector for Json {
    fn manifest() -> Manifest {
        let manifest = Manifest::new("json", env!("CARGO_PKG_VERSION"))
            .about("JSON and NDJSON files as tables, plain or gzip")
            .license("Apache-2.0")
            .homepage(env!("CARGO_PKG_REPOSITORY"))
            .grant("files.read", "{path}", "to read the files")
            .open_names()
            .suffixes(&SUFFIXES)
            .power(Feature::Partitions)
            .power(Feature::Lookup)
            .power(Feature::Suspend);
        options::declared().into_iter().fold(manifest, Manifest::option)
    }

    fn configure(setup: Setup) -> Result<Self> {
        JsonFormat::new(&setup.options)?;
        Ok(Json { folder: Folder::new(setup.options.text("path"), &SUFFIXES) })
    }

    fn list(&self) -> Result<Vec<TableName>> {
        Ok(self.folder.tables()?.into_iter().map(TableName::new).collect())
    }

    fn table(&self, name: &TableName, options: &Options) -> Result<Box<dyn Table>> {
        let format = JsonFormat::new(options)?;
        let files = self.folder.files(name.name())?;
        Ok(Box::new(TextTable::new(format, files, name)?))
    }
}

wasql::connector!(Json);
