//! Opening files, and telling at which line of one an offset is.

use std::collections::HashSet;

use memchr::{memchr_iter, memrchr};
use wasql::fs::{File, FileInfo};
use wasql::{Code, Error, Result};

use crate::source::Content;
use crate::window::Window;

/// Opens a file through the host, inflating it when it is gzip.
pub fn open(path: &str) -> Result<Content> {
    let file = File::open(path)?;
    Content::new(Box::new(file)).map_err(|error| named(error, path))
}

/// The error with the file's name, unless it has one.
pub fn named(error: Error, path: &str) -> Error {
    if error.status().file.is_empty() { error.file(path) } else { error }
}

/// Opens a text file and reads its beginning. Gives the window and the position behind the byte order mark.
pub fn open_text(path: &str, record_bytes_max: usize) -> Result<(Window, usize)> {
    let mut window = Window::new(open(path)?, record_bytes_max);
    window.refill(0).map_err(|error| named(error, path))?;
    let head = &window.bytes()[..window.end()];
    if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") {
        let hint = "convert it, for example with iconv -f UTF-16 -t UTF-8";
        return Err(Error::data("the file is UTF-16, not UTF-8").file(path).hint(hint));
    }
    let start = if head.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    Ok((window, start))
}

/// A place in a text file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Line, from 1.
    pub line: u64,
    /// Byte of the line, from 1.
    pub byte: u64,
}

/// The place of an offset in a file whose lines end in `eol`. Errors are rare, so that lines are not counted
/// while scanning, but by reading the file again. None when that fails.
pub fn place_of(path: &str, offset: u64, eol: u8) -> Option<Place> {
    let mut content = open(path).ok()?;
    let mut bytes = vec![0; 64 * 1024];
    let mut place = Place { line: 1, byte: 1 };
    let mut left = offset;
    while left > 0 {
        let count = content.read(&mut bytes).ok()?;
        if count == 0 {
            return None;
        }
        let before = &bytes[..left.min(count as u64) as usize];
        place.line += memchr_iter(eol, before).count() as u64;
        place.byte = match memrchr(eol, before) {
            Some(at) => (before.len() - at) as u64,
            None => place.byte + before.len() as u64,
        };
        left -= before.len() as u64;
    }
    Some(place)
}

/// The error with the file and the line of a byte of its window.
pub fn placed(error: Error, path: &str, window: &Window, at: usize, eol: u8) -> Error {
    let error = error.file(path);
    match place_of(path, window.base() + at as u64, eol) {
        Some(place) => error.line(place.line),
        None => error,
    }
}

/// Reads more into a window; a record that is too long is placed at its beginning, the file named in every failure.
pub fn refill(window: &mut Window, keep: usize, path: &str, eol: u8) -> Result<bool> {
    window.refill(keep).map_err(|error| match error.code() {
        Code::Resource => placed(error, path, window, 0, eol),
        _ => named(error, path),
    })
}

/// Bytes of all files together.
pub fn total_bytes(files: &[FileInfo]) -> u64 {
    files.iter().map(|file| file.size_bytes).sum()
}

/// Column names as in the file, made unique: without regard to case, as SQL compares them. Empty ones become c1, c2, …
pub fn unique_names(names: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut taken = HashSet::new();
    let mut out = Vec::new();
    for (at, name) in names.into_iter().enumerate() {
        let base = if name.trim().is_empty() { format!("c{}", at + 1) } else { name };
        let mut name = base.clone();
        let mut suffix = 0;
        while !taken.insert(name.to_lowercase()) {
            suffix += 1;
            name = format!("{base}_{suffix}");
        }
        out.push(name);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_unique_without_regard_to_case() {
        let names = ["a", "A", "", "b", "a", "a_1", " "].map(String::from);
        assert_eq!(unique_names(names), ["a", "A_1", "c3", "b", "a_2", "a_1_1", "c7"]);
    }
}
