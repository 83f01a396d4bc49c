//! CSV files as tables.
//!
//! ```sql
//! SELECT carrier, COUNT(*), AVG(dep_delay) FROM csv.`flights.csv?null=NA` WHERE dep_delay > 60 GROUP BY carrier;
//! SELECT * FROM csv.`logs/2024-*.csv.gz?delim=;` LIMIT 10;
//! -- wasql query --mount 'nyc=csv:nycflights13?null=NA'
//! SELECT * FROM nyc.airlines;
//! ```
//!
//! A table is a file, a folder or a pattern; its options ride on the path or are those of the server
//! ([`options::declared`]). Column names and types come from the header and a sample of the rows.
//!
//! A scan splits records 64 bytes at a time ([`split`]), evaluates the filters it claimed on the columns they need,
//! and parses only the rows and columns that are left. Comparisons of numbers, dates and times are exact; `=`, `IN` and `LIKE`
//! of text under the default collation drop most other rows and are evaluated again by the engine. It does not write,
//! and has no indexes of its own: every scan reads its files from the start, and a lookup by row ids,
//! which indexes of drivers make, the records that begin there (not in gzip files).

pub mod cut;
pub mod file;
pub mod options;
pub mod reader;
pub mod split;
pub mod walk;

use wasql::fs::Folder;
use wasql::{Connector, Feature, Manifest, Options, Result, Setup, Table, TableName};
use wasql_textfile::table::TextTable;

use options::CsvFormat;

/// File name endings of CSV files.
pub const SUFFIXES: [&str; 8] = [".csv", ".tsv", ".tab", ".psv", ".csv.gz", ".tsv.gz", ".tab.gz", ".psv.gz"];

/// The connector: CSV files below the granted folders.
#[derive(Debug)]
pub struct Csv {
    folder: Folder,
}

impl Connector for Csv {
    fn manifest() -> Manifest {
        let manifest = Manifest::new("csv", env!("CARGO_PKG_VERSION"))
            .about("CSV, TSV and other delimited files as tables, plain or gzip")
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
        CsvFormat::new(&setup.options)?;
        Ok(Csv { folder: Folder::new(setup.options.text("path"), &SUFFIXES) })
    }

    fn list(&self) -> Result<Vec<TableName>> {
        Ok(self.folder.tables()?.into_iter().map(TableName::new).collect())
    }

    fn table(&self, name: &TableName, options: &Options) -> Result<Box<dyn Table>> {
        let format = CsvFormat::new(options)?;
        let files = self.folder.files(name.name())?;
        Ok(Box::new(TextTable::new(format, files, name)?))
    }
}

wasql::connector!(Csv);
