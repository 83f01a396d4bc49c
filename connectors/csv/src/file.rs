//! [`CsvFile`]: one open file, past its byte order mark, skipped lines and header.

use memchr::memchr;
use wasql::{Code, Error, Result};
use wasql_textfile::files::{self, open_text, placed};
use wasql_textfile::piece::within_record;
use wasql_textfile::token::Token;
use wasql_textfile::window::Window;

use crate::options::CsvFormat;
use crate::split::{Dialect, Splitter, Stop};

/// Most columns of a table, as in MySQL.
pub const COLUMNS_MAX: usize = 4096;

/// Bytes at the start of a file in which line ends and delimiters are looked for.
const LOOK_BYTES: usize = 256 * 1024;

/// One open file.
pub struct CsvFile {
    /// Its path.
    pub path: String,
    /// What is in memory of it.
    pub window: Window,
    /// First byte of the next record.
    pub at: usize,
    /// How this file is written.
    pub dialect: Dialect,
    terminated: bool,
}

impl CsvFile {
    /// Opens a file and goes to its first record. The delimiter is looked for unless it is known.
    pub fn open(path: &str, format: &CsvFormat, delim: Option<u8>) -> Result<Self> {
        let (window, at) = open_text(path, format.record_bytes)?;
        let mut file = CsvFile { path: path.to_string(), window, at, dialect: format.dialect, terminated: false };
        let head = &file.window.bytes()[..file.window.end()];
        let look = &head[file.at..head.len().min(LOOK_BYTES)];
        file.dialect.eol = line_end(look, file.dialect.quote);
        for _ in 0..format.skip {
            file.skip_line()?;
        }
        file.skip_comments()?;
        let look = &file.window.bytes()[file.at..file.window.end().min(file.at + LOOK_BYTES)];
        file.dialect.delim = match delim.or(format.delim) {
            Some(delim) => delim,
            None => delimiter(look, &file.dialect, format.formats.point),
        };
        Ok(file)
    }

    /// True when nothing is left.
    pub fn is_empty(&mut self) -> Result<bool> {
        while self.at >= self.window.end() {
            if !self.refill(self.at)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Reads more, keeping what stands behind `keep`. False at the end of the file.
    pub fn refill(&mut self, keep: usize) -> Result<bool> {
        if self.window.ended() {
            return Ok(self.terminate());
        }
        let more = files::refill(&mut self.window, keep, &self.path, self.dialect.eol)?;
        self.at -= keep;
        Ok(more || self.terminate())
    }

    /// Goes to a byte. False when it is one that cannot be read any more.
    pub fn seek(&mut self, place: u64) -> Result<bool> {
        let base = self.window.base();
        let Some(at) = self.window.seek(place).map_err(|error| files::named(error, &self.path))? else { return Ok(false) };
        self.terminated &= self.window.base() == base;
        self.at = at;
        Ok(true)
    }

    /// Ends the last line, when the file does not. True when it did.
    fn terminate(&mut self) -> bool {
        let end = self.window.end();
        let open = end > 0 && self.window.bytes()[end - 1] != self.dialect.eol;
        if self.terminated || !open {
            return false;
        }
        self.terminated = true;
        self.window.terminate(self.dialect.eol);
        true
    }

    fn skip_line(&mut self) -> Result<()> {
        loop {
            let end = self.window.end();
            if let Some(n) = memchr(self.dialect.eol, &self.window.bytes()[self.at..end]) {
                self.at += n + 1;
                return Ok(());
            }
            if !self.refill(self.at)? {
                self.at = self.window.end();
                return Ok(());
            }
        }
    }

    /// Goes to the first line that is no comment and not empty.
    fn skip_comments(&mut self) -> Result<()> {
        while !self.is_empty()? {
            let rest = &self.window.bytes()[self.at..self.window.end()];
            let blank = rest[0] == self.dialect.eol || rest.starts_with(b"\r\n");
            if !blank && Some(rest[0]) != self.dialect.comment {
                break;
            }
            self.skip_line()?;
        }
        Ok(())
    }

    /// The fields of the next record, escapes undone; the record stays when `stay`.
    pub fn record(&mut self, stay: bool) -> Result<Vec<String>> {
        loop {
            match Splitter::record(self.dialect, self.window.bytes(), self.at, self.window.end(), COLUMNS_MAX) {
                Ok((tokens, next)) => {
                    if tokens.len() > COLUMNS_MAX {
                        let message = format!("more than {COLUMNS_MAX} columns");
                        let hint = "is the delimiter right? Set delim=";
                        return Err(self.place(Error::new(Code::Resource, message).hint(hint), self.at));
                    }
                    let fields = tokens.iter().map(|&token| self.name(token)).collect::<Result<_>>()?;
                    if !stay {
                        self.at = next;
                    }
                    return Ok(fields);
                }
                Err(Stop::More) => {
                    if !self.refill(self.at)? {
                        return Err(self.unclosed());
                    }
                }
                Err(stop) => return Err(self.fault(stop, 0)),
            }
        }
    }

    fn name(&self, token: Token) -> Result<String> {
        let mut text = Vec::new();
        unescape(&self.dialect, token.of(self.window.bytes()), token, &mut text);
        String::from_utf8(text).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            let message = format!("a column name is not UTF-8: byte 0x{:02x}", error.as_bytes()[at]);
            self.place(Error::data(message).value(wasql_textfile::fault::shorten(error.as_bytes())), token.start())
                .hint("convert the file, for example with iconv -f LATIN1 -t UTF-8")
        })
    }

    /// The error for a record that cannot be split.
    pub fn fault(&self, stop: Stop, columns: usize) -> Error {
        match stop {
            Stop::Ragged { at, found } => {
                let fields = if found == 1 { "field" } else { "fields" };
                let message = format!("the record has {found} {fields}, the table {columns}");
                self.place(Error::data(message).hint("set ragged=pad to take such records").setting("ragged"), at)
            }
            Stop::BehindQuote { at } => {
                let hint = "double the quotes inside quoted fields, set escape=\\ if that is how they are written, or quote=none";
                self.place(Error::data("text follows a closing quote").hint(hint).setting("quote"), at)
            }
            Stop::More | Stop::Full if self.window.is_cut() => within_record(&self.path),
            Stop::More | Stop::Full => self.unclosed(),
        }
    }

    /// The error for a quote that nothing closes. It names the line of the record it stands in.
    fn unclosed(&self) -> Error {
        let hint = "close it, or set quote=none when quotes mean nothing";
        self.place(Error::data("a quote is opened in this record and never closed").hint(hint).setting("quote"), self.at)
    }

    /// The error with this file and the line of a byte in memory.
    pub fn place(&self, error: Error, at: usize) -> Error {
        placed(error, &self.path, &self.window, at, self.dialect.eol)
    }
}

/// Writes a field with its escapes undone.
pub fn unescape(dialect: &Dialect, text: &[u8], token: Token, into: &mut Vec<u8>) {
    if !token.has(Token::ESCAPED) {
        into.extend_from_slice(text);
        return;
    }
    let mut rest = text;
    while let Some(at) = memchr(dialect.escape, rest) {
        into.extend_from_slice(&rest[..at]);
        into.extend(rest.get(at + 1));
        rest = rest.get(at + 2..).unwrap_or_default();
    }
    into.extend_from_slice(rest);
}

/// The byte that ends lines: a carriage return only when the first line ends in one alone.
fn line_end(text: &[u8], quote: Option<u8>) -> u8 {
    let mut quoted = false;
    for (at, &byte) in text.iter().enumerate() {
        match byte {
            _ if Some(byte) == quote => quoted = !quoted,
            b'\n' if !quoted => return b'\n',
            b'\r' if !quoted && at + 1 < text.len() => return if text[at + 1] == b'\n' { b'\n' } else { b'\r' },
            _ => {}
        }
    }
    if text.last() == Some(&b'\r') && !text.contains(&b'\n') { b'\r' } else { b'\n' }
}

/// The delimiter that is most frequent in the first record; the comma when there is none.
fn delimiter(text: &[u8], dialect: &Dialect, point: u8) -> u8 {
    const CANDIDATES: [u8; 4] = *b",\t;|";
    let mut counts = [0usize; 4];
    let mut quoted = false;
    for &byte in text {
        if Some(byte) == dialect.quote {
            quoted = !quoted;
        } else if byte == dialect.eol && !quoted {
            break;
        } else if let Some(which) = CANDIDATES.iter().position(|&c| c == byte)
            && !quoted
            && byte != point
        {
            counts[which] += 1;
        }
    }
    let most = counts.iter().copied().max().unwrap_or(0);
    let fallback = if point == b',' { b';' } else { b',' };
    if most == 0 { fallback } else { CANDIDATES[counts.iter().position(|&n| n == most).unwrap_or(0)] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_and_delimiters_are_found() {
        assert_eq!(line_end(b"a,b\nc", Some(b'"')), b'\n');
        assert_eq!(line_end(b"a,b\r\nc", Some(b'"')), b'\n');
        assert_eq!(line_end(b"a,b\rc", Some(b'"')), b'\r');
        assert_eq!(line_end(b"a,\"b\rx\"\nc", Some(b'"')), b'\n');
        assert_eq!(line_end(b"a,b\r", Some(b'"')), b'\r');
        assert_eq!(line_end(b"a,b", Some(b'"')), b'\n');
        let found = |text: &[u8], point| delimiter(text, &Dialect::default(), point);
        assert_eq!(found(b"a;b,c;d\n", b'.'), b';');
        assert_eq!(found(b"a\tb\n,,,,", b'.'), b'\t');
        assert_eq!(found(b"\"a;;;\",b\n", b'.'), b',');
        assert_eq!(found(b"a\n", b'.'), b',');
        assert_eq!(found(b"1,5;2,5\n", b','), b';');
        assert_eq!(found(b"a,b;c\n", b'.'), b',');
    }
}
