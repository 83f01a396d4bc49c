//! [`Records`]: a reader of one text format, as the scan sees it.

use wasql::{Error, Result};

use crate::token::{Block, Token};

/// Splits the records of some files into tokens, block by block, and knows what a token says.
pub trait Records {
    /// Fills the block with the tokens of the next rows, at most `rows_max` and at most
    /// [`crate::token::BLOCK_ROWS`] when columns are wanted. No rows: the end of the last file.
    fn block(&mut self, rows_max: usize, block: &mut Block) -> Result<()>;

    /// Goes to the record that begins at a byte of the first file, which is opened when it is not yet. False when that is
    /// in front of what can still be read: a new reader can.
    fn seek(&mut self, place: u64) -> Result<bool>;

    /// Reads only a piece of the first file: from a byte where a record begins, 0 for its start, to another, none for its end.
    fn narrow(&mut self, from: u64, to: Option<u64>) -> Result<()>;

    /// Where a new reader goes on behind the rows that were given: the number of the file, counted from 0 in the order in
    /// which they are read, and the byte of it. None when it cannot.
    fn position(&self) -> Option<(u64, u64)>;

    /// The bytes that the tokens of the last block name.
    fn window(&self) -> &[u8];

    /// Writes the value of a token with escapes.
    fn unescape(&self, token: Token, into: &mut Vec<u8>) -> std::result::Result<(), String>;

    /// Tells whether a token of the window means NULL in a column; `textual` as [`crate::kind::Kind::textual`].
    fn is_null(&self, window: &[u8], token: Token, textual: bool) -> bool;

    /// True when a text that means NULL could also be read as a value, so that it must be asked first.
    fn nulls_first(&self) -> bool;

    /// The bytes of a token as JSON text, when the format is JSON.
    fn json(&self, token: Token) -> Option<&[u8]>;

    /// What can be done about a value that does not fit, behind `set types=name:`.
    fn remedy(&self) -> &'static str;

    /// The error with the file and line of a byte of the window.
    fn place(&self, error: Error, at: usize) -> Error;

    /// What was read so far: files opened, and bytes (inflated).
    fn progress(&self) -> (u64, u64);
}
