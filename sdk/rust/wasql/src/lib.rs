//! Write wasql connectors in Rust.
//!
//! A connector is a [`Table`]: its columns, and a scan that gives rows. Everything else is optional.
//! [`row!`] makes a struct a row type, [`connector!`] makes a crate of type `cdylib` a module.
//!
//! ```
//! use wasql::{Open, Options, Result, Row, Rows, Scan, Schema, Table};
//!
//! wasql::row! {
//!     /// A field is a column, an `Option` a nullable one.
//!     struct Number { value: i64 }
//! }
//!
//! struct Ten;
//!
//! impl Table for Ten {
//!     fn schema(&self) -> Result<Schema> {
//!         Ok(Schema::of::<Number>())
//!     }
//!     fn scan(&self, _: &Scan) -> Result<Rows> {
//!         Ok(Rows::new((1..=10).map(|value| Ok(Number { value }))))
//!     }
//! }
//!
//! impl Open for Ten {
//!     const NAME: &'static str = "ten";
//!     fn open(_: &Options) -> Result<Self> {
//!         Ok(Ten)
//!     }
//! }
//!
//! wasql::connector!(table Ten);
//! # fn main() -> Result<()> {
//! # use wasql::{native::{Instance, Native}, Single, TableName};
//! # let mut ten = Instance::<Single<Ten>>::start(Native::default(), &[])?;
//! # assert_eq!(ten.all(&TableName::new("ten"))?.len(), 10);
//! # Ok(())
//! # }
//! ```
//!
//! More tables: implement [`Connector`]. More speed: give [`Rows::batches`]. Less work for the engine:
//! claim filters, order and limit in [`Table::plan`]. Files, log and clock: [`fs`], [`log`], [`host`].
//! Tests without WebAssembly: [`native`].
//!
//! Only the module `abi` holds unsafe code: the exports, the imports, and the memory they share.

pub mod abi;
mod batch;
mod bits;
mod collation;
mod connector;
pub mod decimal;
mod driver;
mod error;
mod filter;
mod flat;
pub mod fs;
mod function;
pub mod guest;
pub mod host;
mod keep;
mod layout;
mod like;
pub mod log;
pub mod native;
mod number;
mod options;
#[rustfmt::skip]
#[allow(missing_docs, clippy::all, rustdoc::all)]
pub mod pb;
mod plan;
mod powers;
mod row;
mod rows;
mod sample;
mod scan;
mod schema;
mod value;
mod vector;

pub use batch::{Batch, Field};
pub use bits::Bits;
pub use collation::Collation;
pub use connector::{
    Connector, Definition, Feature, Lifetime, Lookup, Lookups, Manifest, Open, Outcome, OutcomeKind, Partition, Setup, Single,
    Sink, Snapshots, Table, Transactions,
};
pub use driver::{Entries, EntryOrder, IndexDriver, entry_fields};
pub use error::{Code, Error, Result};
pub use filter::{Filter, Ints, Op, Operand, binary_collation, compare};
pub use function::{Accumulator, Function};
pub use keep::{Databases, Objects};
pub use number::{Bytes, Number, Numbers};
pub use options::{Opt, Options, Scope, wrong};
pub use plan::{Conjunct, OrderKey, Plan, Use};
pub use row::{Cell, Date, Datetime, Json, Record, Row, Time};
pub use rows::{Batches, Rows, Step};
pub use sample::Sampler;
pub use scan::Scan;
pub use schema::{Column, Schema, TableName, Type, varying, width};
pub use value::Value;
pub use vector::{Encoding, Vector};
