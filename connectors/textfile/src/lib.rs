//! wip
#![allow(missing_docs)]
pub mod cell;
pub mod civil;
pub mod claim;
pub mod fault;
pub mod files;
pub mod infer;
pub mod json;
pub mod kind;
pub mod like;
pub mod mask;
pub mod number;
pub mod predicate;
pub mod ranges;
pub mod records;
pub mod scan;
pub mod source;
pub mod table;
pub mod token;
pub mod window;
