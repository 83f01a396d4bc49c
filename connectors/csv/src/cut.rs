//! Where a big file can be cut: at bytes where records begin for sure.
//!
//! A line end is the end of a record unless it stands in quotes. Both are tried: were it in quotes, the next quote would close
//! the field, and what follows must go on as records do; were it not, records begin behind it. What only one of them explains
//! is known. Where no quote is near, a run of records of the right length decides; a piece that then ends within a record, which
//! only quoted text that looks like records can cause, fails ([`wasql_textfile::piece::within_record`]) and gives no wrong row.

use memchr::{memchr, memchr2};
use wasql::Result;
use wasql_textfile::piece::LOOK_BYTES;
use wasql_textfile::token::Block;

use crate::file::CsvFile;
use crate::split::{Dialect, Splitter, Stop};

/// Records that are looked at on each side of the question.
const RECORDS: usize = 64;

/// Records without any quote near that are believed.
const RECORDS_BELIEVED: usize = 16;

/// A byte near each of these where a record begins, where that can be told. They rise, as do the bytes given.
pub fn boundaries(file: &mut CsvFile, columns: usize, near: &[u64]) -> Result<Vec<u64>> {
    let begin = file.window.base() + file.at as u64;
    let mut found = Vec::new();
    for &place in near.iter().filter(|&&place| place > begin) {
        if !file.seek(place)? {
            break;
        }
        while file.window.end() - file.at < LOOK_BYTES && file.refill(file.at)? {}
        let text = Text { dialect: file.dialect, columns, bytes: file.window.bytes(), end: file.window.end() };
        if let Some(at) = text.boundary(file.at) {
            found.push(file.window.base() + at as u64);
        }
    }
    Ok(found)
}

/// Bytes of a file, followed by some that mean nothing.
struct Text<'a> {
    dialect: Dialect,
    columns: usize,
    bytes: &'a [u8],
    end: usize,
}

/// What follows from a line end being in quotes.
#[derive(Debug, PartialEq, Eq)]
enum Inside {
    /// It is not.
    Refuted,
    /// No quote closes the field within sight.
    Open,
    /// The record ends before this byte, and records follow.
    Until(usize),
}

impl Text<'_> {
    /// The first byte behind the line that `at` stands in where a record begins, when that can be told.
    fn boundary(&self, at: usize) -> Option<usize> {
        let behind = at + memchr(self.dialect.eol, &self.bytes[at..self.end])? + 1;
        let outside = self.records(behind);
        if self.dialect.quote.is_none() {
            return outside.map(|_| behind);
        }
        match (outside, self.inside(behind)) {
            (Some(rows), Inside::Refuted) if rows > 0 => Some(behind),
            (Some(rows), Inside::Open) if rows >= RECORDS_BELIEVED && self.columns > 1 && !self.dialect.pad => Some(behind),
            (None, Inside::Until(next)) => Some(next),
            _ => None,
        }
    }

    /// How many records follow, up to [`RECORDS`]; none when that is not what follows.
    fn records(&self, from: usize) -> Option<usize> {
        let mut block = Block::new(0);
        let splitter = Splitter::new(self.dialect, self.columns, &[]);
        match splitter.split(self.bytes, from, self.end, RECORDS, &mut block).1 {
            Stop::Full | Stop::More => Some(block.rows),
            Stop::Ragged { .. } | Stop::BehindQuote { .. } => None,
        }
    }

    /// What follows when `from` stands in a quoted field.
    fn inside(&self, from: usize) -> Inside {
        let Dialect { delim, quote, escape, trim, eol, .. } = self.dialect;
        let quote = quote.unwrap_or(escape);
        let mut at = from;
        loop {
            let Some(n) = memchr2(quote, escape, &self.bytes[at..self.end]) else { return Inside::Open };
            at += n + 1;
            if at >= self.end {
                return Inside::Open;
            }
            let closes = self.bytes[at - 1] == quote && (escape != quote || self.bytes[at] != quote);
            if closes {
                break;
            }
            at += 1;
            if at > self.end {
                return Inside::Open;
            }
        }
        while trim && at < self.end && matches!(self.bytes[at], b' ' | b'\t') && self.bytes[at] != delim {
            at += 1;
        }
        if at < self.end && self.bytes[at] == b'\r' && eol == b'\n' {
            at += 1;
        }
        if at >= self.end {
            return Inside::Open;
        }
        let next = match self.bytes[at] {
            byte if byte == eol => at + 1,
            byte if byte == delim => match Splitter::record(self.dialect, self.bytes, at + 1, self.end, self.columns) {
                Ok((rest, next)) if rest.len() < self.columns || self.dialect.pad => next,
                Err(Stop::More) => return Inside::Open,
                _ => return Inside::Refuted,
            },
            _ => return Inside::Refuted,
        };
        match self.records(next) {
            Some(rows) if rows > 0 => Inside::Until(next),
            Some(_) => Inside::Open,
            None => Inside::Refuted,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The beginnings of records by a plain loop over the whole text.
    fn beginnings(text: &[u8], dialect: &Dialect) -> Vec<usize> {
        let (mut all, mut quoted, mut start, mut at) = (vec![0], false, true, 0);
        while at < text.len() {
            let byte = text[at];
            if quoted {
                if byte == dialect.escape && (Some(byte) != dialect.quote || text.get(at + 1) == Some(&byte)) {
                    at += 1;
                } else if Some(byte) == dialect.quote {
                    quoted = false;
                }
            } else if Some(byte) == dialect.quote && start {
                quoted = true;
            } else if byte == dialect.eol {
                all.push(at + 1);
            }
            start = !quoted && (byte == dialect.delim || byte == dialect.eol);
            at += 1;
        }
        all
    }

    fn random(state: &mut u64, n: usize) -> usize {
        *state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (*state >> 33) as usize % n
    }

    #[test]
    fn every_boundary_is_the_beginning_of_a_record() {
        let mut state = 11;
        let dialects = [
            Dialect::default(),
            Dialect { quote: None, ..Dialect::default() },
            Dialect { escape: b'\\', ..Dialect::default() },
            Dialect { trim: true, delim: b';', ..Dialect::default() },
        ];
        let (mut told, mut asked) = (0, 0);
        for round in 0..400 {
            let dialect = dialects[round % dialects.len()];
            let (columns, many) = (2 + random(&mut state, 4), random(&mut state, 3) > 0);
            let mut text = Vec::new();
            for _ in 0..30 + random(&mut state, 60) {
                for column in 0..columns {
                    let quoted = dialect.quote.is_some() && many && random(&mut state, 3) == 0;
                    let words: &[&str] = match (quoted, dialect.escape) {
                        (true, b'\\') => &["a", ",", "\n", "\\\"", "\n1,2\n", "\\\\"],
                        (true, _) => &["a", ",", "\n", "\"\"", "\n1,2,3\n", ";\n;"],
                        _ => &["b", "x", "12", "y"],
                    };
                    let body: String = (0..random(&mut state, 6)).map(|_| words[random(&mut state, words.len())]).collect();
                    text.extend(if quoted { format!("\"{body}\"") } else { format!("z{body}") }.bytes());
                    text.push(if column + 1 < columns { dialect.delim } else { b'\n' });
                }
            }
            let right = beginnings(&text, &dialect);
            let end = text.len();
            let mut bytes = text.clone();
            bytes.resize(end + 64, b'"');
            let text = Text { dialect, columns, bytes: &bytes, end };
            for at in (0..end).step_by(7) {
                asked += 1;
                if let Some(found) = text.boundary(at) {
                    told += 1;
                    assert!(found > at && right.contains(&found), "{at}: {found}: {:?}", String::from_utf8_lossy(&bytes[..end]));
                }
            }
        }
        assert!(2 * told > asked, "{told} of {asked}");
    }

    #[test]
    fn what_cannot_be_told_is_not() {
        let text = |text: &str, columns| {
            let mut bytes = text.as_bytes().to_vec();
            bytes.resize(text.len() + 64, 0);
            Text { dialect: Dialect::default(), columns, bytes: &bytes, end: text.len() }.boundary(0)
        };
        // Of one column, every line could be text.
        assert_eq!(text(&"line\n".repeat(100), 1), None);
        assert_eq!(text(&"a,b\n".repeat(100), 2), Some(4));
        // Too few to be believed, and a quote that tells.
        assert_eq!(text(&"a,b\n".repeat(5), 2), None);
        assert_eq!(text("a,b\na,\"b\"\na,b\n", 2), Some(4));
        assert_eq!(text("in quotes\na,b,c\",b\na,b\n", 2), Some("in quotes\na,b,c\",b\n".len()));
        assert_eq!(text("in quotes\nstill\",b\na,b\n", 2), None);
    }
}
