//! Where a big file of one value a line can be cut: behind lines.

use memchr::memchr;
use wasql::Result;
use wasql_textfile::json::{skip, space};
use wasql_textfile::piece::LOOK_BYTES;

use crate::file::{JsonFile, State};

/// Values behind a place that must each end with a line, so that they are no part of another one.
const VALUES: usize = 4;

/// A byte near each of these where a record begins, where that can be told. They rise, as do the bytes given.
pub fn boundaries(file: &mut JsonFile, near: &[u64]) -> Result<Vec<u64>> {
    let mut found = Vec::new();
    if file.state != State::Value || file.rooted {
        return Ok(found); // rows within a document
    }
    for &place in near {
        if !file.seek(place)? {
            break;
        }
        while file.bytes().len() - file.at < LOOK_BYTES && file.refill()? {}
        if let Some(at) = boundary(file.bytes(), file.at, file.window.ended()) {
            found.push(file.window.base() + at as u64);
        }
    }
    Ok(found)
}

/// The byte behind the line that `at` stands in, when the next values each end with a line; `last`: nothing follows the bytes.
fn boundary(bytes: &[u8], at: usize, last: bool) -> Option<usize> {
    let behind = at + memchr(b'\n', &bytes[at..])? + 1;
    let mut next = behind;
    for values in 0..VALUES {
        let begin = space(bytes, next);
        if begin == bytes.len() {
            return (last && values > 0).then_some(behind);
        }
        let end = skip(bytes, begin, last).ok()?;
        match memchr(b'\n', &bytes[end..]) {
            Some(n) if space(&bytes[..end + n], end) == end + n => next = end + n + 1,
            None if last && space(bytes, end) == bytes.len() => next = bytes.len(),
            _ => return None,
        }
    }
    Some(behind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_end_with_lines_tell_boundaries() {
        let line = "{\"a\": 1, \"b\": [\"x\\n\", {}]}\n";
        assert_eq!(boundary(line.repeat(9).as_bytes(), 3, false), Some(line.len()));
        assert_eq!(boundary(line.repeat(2).as_bytes(), 3, true), Some(line.len()));
        assert_eq!(boundary(line.repeat(2).as_bytes(), 3, false), None);
        // Of a value of many lines, only what stands behind its last line begins another.
        let nested = "{\"a\": [\n{\"b\": 1},\n{\"b\": 2}\n]}\n";
        let pretty = "{\n  \"a\": 1,\n  \"b\": {}\n}\n";
        for (value, last_line) in [(nested, "]}\n"), (pretty, "}\n")] {
            let text = value.repeat(9);
            for at in 0..5 * value.len() {
                let ends = at % value.len() >= value.len() - last_line.len();
                let want = ends.then_some((at / value.len() + 1) * value.len());
                assert_eq!(boundary(text.as_bytes(), at, true), want, "{at} of {value}");
            }
        }
    }
}
