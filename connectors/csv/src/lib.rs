//! wip
pub mod split;
