//! Opening files, and telling at which line of one an offset is.

use memchr::memchr_iter;
use wasql::fs::{File, FileInfo};
use wasql::{Error, Result};

use crate::source::Content;

/// Opens a file through the host, inflating it when it is gzip.
pub fn open(path: &str) -> Result<Content> {
    let file = File::open(path)?;
    Content::new(Box::new(file)).map_err(|error| named(error, path))
}

/// The error with the file's name, unless it has one.
pub fn named(error: Error, path: &str) -> Error {
    if error.status().file.is_empty() { error.file(path) } else { error }
}

/// The line, from 1, of an offset in a file whose lines end in `eol`. Errors are rare, so that lines are not
/// counted while scanning, but by reading the file again. None when that fails.
pub fn line_of(path: &str, offset: u64, eol: u8) -> Option<u64> {
    let mut content = open(path).ok()?;
    let mut bytes = vec![0; 64 * 1024];
    let (mut line, mut left) = (1, offset);
    while left > 0 {
        let count = content.read(&mut bytes).ok()?;
        if count == 0 {
            return None;
        }
        let before = left.min(count as u64) as usize;
        line += memchr_iter(eol, &bytes[..before]).count() as u64;
        left -= before as u64;
    }
    Some(line)
}

/// Bytes of all files together.
pub fn total_bytes(files: &[FileInfo]) -> u64 {
    files.iter().map(|file| file.size_bytes).sum()
}
