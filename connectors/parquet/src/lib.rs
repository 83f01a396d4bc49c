//! Parquet files as tables.
//!
//! ```sql
//! SELECT carrier, count(*) FROM parquet.`flights.parquet` WHERE month = 3 GROUP BY carrier;
//! SELECT * FROM parquet.`year=*/part-*.parquet` LIMIT 10;
//! ```
//!
//! All physical and logical types, encodings and page versions; uncompressed, snappy, gzip, zstd and
//! lz4. Lists, maps and structs are JSON. Only the columns a query reads are read; row groups whose
//! statistics, bloom filters or dictionaries exclude a row that passes the filters are not, nor are
//! pages whose bounds do. Columns of filters are decoded first, the others for the rows that are left.
//!
//! Options: `path` (file, glob or folder; when a server is made of it), `binary_as_text`.
//!
//! Not read: encrypted files, columns kept in other files, brotli and lzo.

mod bits;
mod bloom;
mod codec;
mod convert;
mod data;
mod flat;
mod group;
mod groups;
mod header;
mod index;
mod leaf;
mod lookup;
mod meta;
mod nested;
mod part;
mod prune;
mod ranges;
mod scan;
mod sieve;
mod table;
mod texts;
mod thrift;
mod tree;
mod values;

use std::rc::Rc;
use wasql::fs::Folder;
use wasql::{Connector, Feature, Manifest, Opt, Options, Result, Setup, Table, TableName};

/// Endings of files, the usual one first.
const SUFFIXES: [&str; 3] = [".parquet", ".pq", ".parq"];

/// The connector.
pub struct Files {
    options: Options,
    kept: data::Kept,
}

impl Connector for Files {
    fn manifest() -> Manifest {
        Manifest::new("parquet", env!("CARGO_PKG_VERSION"))
            .about("Parquet files as tables")
            .license("Apache-2.0")
            .option(Opt::path("path").about("file, glob or folder whose files are the tables").example("data/flights.parquet"))
            .option(Opt::bool("binary_as_text").about("byte arrays without annotation are text").default("false"))
            .grant("files.read", "{path}", "to read the files")
            .open_names()
            .suffixes(&SUFFIXES)
            .power(Feature::Partitions)
            .power(Feature::Lookup)
    }

    fn configure(setup: Setup) -> Result<Self> {
        setup.options.bool("binary_as_text")?;
        Ok(Files { options: setup.options, kept: data::Kept::default() })
    }

    fn list(&self) -> Result<Vec<TableName>> {
        let names = Folder::new(self.options.text("path"), &SUFFIXES).tables()?;
        Ok(names.into_iter().map(TableName::new).collect())
    }

    fn table(&self, name: &TableName, options: &Options) -> Result<Box<dyn Table>> {
        let folder = Folder::new(options.text("path"), &SUFFIXES);
        let data = data::Data::open(&folder, name.name(), options.bool("binary_as_text")?, &self.kept)?;
        Ok(Box::new(table::Parquet(Rc::new(data))))
    }
}

wasql::connector!(Files);
