//! What the connectors of text files share: everything but the splitting of records.
//!
//! A format (CSV, JSON) implements [`records::Records`], which splits the bytes of a [`window::Window`] into blocks of
//! [`token::Token`]s, and [`table::Format`], which looks at a sample and opens readers. In return it gets a table:
//! [`table::TextTable`] describes, plans and scans; [`claim`] says which filters can be answered and how surely;
//! [`predicate`] runs them over the tokens, a column at a time; [`cell`] parses what is left into the batch.
//!
//! Nothing is copied before it is known to be wanted, and no row costs an allocation. Lines are not counted: an error finds
//! its line by reading the file again ([`files::place_of`]).
//!
//! The crate knows no format, and reads files only through the host.

pub mod cell;
pub mod civil;
pub mod claim;
pub mod fault;
pub mod files;
pub mod formats;
pub mod infer;
pub mod json;
pub mod kind;
pub mod like;
pub mod lookup;
pub mod mask;
pub mod number;
pub mod piece;
pub mod predicate;
pub mod ranges;
pub mod records;
pub mod scan;
pub mod source;
pub mod table;
pub mod text;
pub mod token;
pub mod window;
