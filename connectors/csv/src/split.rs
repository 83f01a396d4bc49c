//! [`Splitter`]: records and fields of CSV bytes, as tokens.
//!
//! Three masks over the next 64 bytes tell where delimiters, line ends and quotes are. A field that does not
//! begin with a quote costs one bit scan; the fields behind the last wanted one are only counted.

use memchr::{memchr, memchr2};
use wasql_textfile::mask::MASK_BYTES;
use wasql_textfile::token::{Block, Token};

use crate::walk::{Tail, Walk};

/// The bytes that mean something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect {
    /// Between fields.
    pub delim: u8,
    /// Around fields; none: quotes are ordinary bytes.
    pub quote: Option<u8>,
    /// Before a quote inside a quoted field: the quote itself, or another byte.
    pub escape: u8,
    /// Begins a line to leave out.
    pub comment: Option<u8>,
    /// Leave out spaces around fields.
    pub trim: bool,
    /// Take records with too few or too many fields.
    pub pad: bool,
    /// Ends a record: line feed, or carriage return in files that have no line feeds.
    pub eol: u8,
}

impl Default for Dialect {
    fn default() -> Self {
        Dialect { delim: b',', quote: Some(b'"'), escape: b'"', comment: None, trim: false, pad: false, eol: b'\n' }
    }
}

/// Why splitting stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// The block has the rows asked for.
    Full,
    /// The record at the position is not complete in memory.
    More,
    /// The record that begins at `at` has `found` fields.
    Ragged {
        /// First byte of the record.
        at: usize,
        /// Its fields.
        found: usize,
    },
    /// A byte follows a closing quote that is neither a delimiter nor a line end.
    BehindQuote {
        /// The byte.
        at: usize,
    },
}

/// Splits records of a known number of fields.
#[derive(Debug, Clone)]
pub struct Splitter {
    dialect: Dialect,
    columns: usize,
    /// Where the tokens of each field begin in a block, for fields up to the last wanted one.
    runs: Vec<usize>,
    /// The wanted fields in the order of the record.
    steps: Vec<Step>,
}

/// Leave out some fields, take one.
#[derive(Debug, Clone, Copy)]
struct Step {
    gap: u32,
    run: usize,
}

impl Splitter {
    /// A splitter of records of `columns` fields, of which `wanted` go to a block in this order.
    pub fn new(dialect: Dialect, columns: usize, wanted: &[usize]) -> Self {
        let rows = wasql_textfile::token::BLOCK_ROWS;
        let stored = wanted.iter().map(|&column| column + 1).max().unwrap_or(0);
        let nobody = wanted.len() * rows;
        let mut runs = vec![nobody; stored];
        for (slot, &column) in wanted.iter().enumerate() {
            runs[column] = slot * rows;
        }
        let mut steps = Vec::new();
        let mut gap = 0;
        for &run in &runs {
            if run == nobody {
                gap += 1;
            } else {
                steps.push(Step { gap, run });
                gap = 0;
            }
        }
        Splitter { dialect, columns, runs, steps }
    }

    /// The dialect.
    pub fn dialect(&self) -> &Dialect {
        &self.dialect
    }

    /// Splits the records of `bytes[from..end]` into `block`, at most `rows_max`. Gives the position behind the
    /// last whole record and why it stopped there. 64 bytes behind `end` must be readable.
    #[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
    pub fn split(&self, bytes: &[u8], from: usize, end: usize, rows_max: usize, block: &mut Block) -> (usize, Stop) {
        let plain = !self.dialect.trim && self.dialect.comment.is_none();
        let tokens = &mut block.tokens[..];
        let mut walk = Walk::new(bytes, end, &self.dialect, from);
        let (mut begin, mut row) = (from, 0);
        let stop = loop {
            if row == rows_max {
                break Stop::Full;
            }
            if begin >= end {
                break Stop::More;
            }
            if begin - walk.base >= MASK_BYTES {
                walk.seek(begin);
            }
            if plain
                && !walk.has_quote(begin)
                && let Some(next) = self.quick(&mut walk, begin, row, tokens)
            {
                begin = next;
                row += 1;
                continue;
            }
            // Something is unusual in this record: look at it with care.
            walk.seek(begin);
            match self.careful(&mut walk, begin, row, tokens) {
                Ok((next, record)) => {
                    begin = next;
                    row += usize::from(record);
                }
                Err(stop) => break stop,
            }
        };
        block.rows = row;
        (begin, stop)
    }

    /// Splits one record that has no quotes and the right number of fields: its only test a field is where it ends.
    /// None when the record is not so; then nothing was done.
    #[inline]
    #[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
    fn quick(&self, walk: &mut Walk<'_>, begin: usize, row: usize, tokens: &mut [Token]) -> Option<usize> {
        let mut at = begin;
        let mut fields = 0;
        for step in &self.steps {
            if step.gap > 0 {
                at = walk.pass(step.gap)?;
                fields += step.gap as usize;
            }
            while walk.live == 0 {
                if !walk.advance() {
                    return None;
                }
            }
            let bit = walk.live & walk.live.wrapping_neg();
            walk.live ^= bit;
            let mut stop = walk.base + bit.trailing_zeros() as usize;
            let next = stop + 1;
            fields += 1;
            if walk.block.second & bit != 0 {
                // The record ends here: right only when this is its last field.
                if fields != self.columns {
                    return None;
                }
                if self.dialect.eol == b'\n' && stop > at && walk.bytes[stop - 1] == b'\r' {
                    stop -= 1;
                }
                tokens[step.run + row] = Token::new(at, stop, 0);
                return Some(next);
            }
            tokens[step.run + row] = Token::new(at, stop, 0);
            at = next;
        }
        match walk.tail(at, false) {
            Tail::End(stop, count) if fields + count == self.columns => Some(stop + 1),
            _ => None,
        }
    }

    /// Splits one record of any kind at `begin`; gives the position behind it, and whether it is one: not a comment,
    /// and not a line without anything.
    #[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
    fn careful(&self, walk: &mut Walk<'_>, begin: usize, row: usize, tokens: &mut [Token]) -> Result<(usize, bool), Stop> {
        let Dialect { delim, quote, comment, trim, pad, eol, .. } = self.dialect;
        let (bytes, end, stored) = (walk.bytes, walk.end, self.runs.len());
        if comment == Some(bytes[begin]) {
            let line = memchr(eol, &bytes[begin..end]).ok_or(Stop::More)?;
            walk.seek(begin + line + 1);
            return Ok((begin + line + 1, false));
        }
        let (mut at, mut field, mut last) = (begin, 0, Token::NULL);
        let stop = loop {
            if field == stored {
                let (stop, count) = self.rest(walk, at)?;
                field += count;
                break stop;
            }
            if trim {
                at = spaces(bytes, at, end, delim);
            }
            let (token, stop) = if quote == Some(bytes[at]) {
                self.quoted(walk, at)?
            } else {
                match walk.next_stop() {
                    Some(stop) if trim => (trimmed(bytes, at, stop), stop),
                    Some(stop) => (Token::new(at, stop, 0), stop),
                    None => return Err(Stop::More),
                }
            };
            tokens[self.runs[field] + row] = token;
            field += 1;
            at = stop + 1;
            if bytes[stop] == eol {
                last = token;
                break stop;
            }
        };
        let mut content = stop;
        if eol == b'\n' && content > begin && bytes[content - 1] == b'\r' {
            content -= 1;
            if !last.is_null() && !last.has(Token::QUOTED) && !last.is_empty() {
                let token = if trim { trimmed(bytes, last.start(), content) } else { last.shortened() };
                tokens[self.runs[field - 1] + row] = token;
            }
        }
        if field != self.columns {
            // A line without anything is no record, unless a record is one field.
            if content == begin {
                return Ok((stop + 1, false));
            }
            if !pad {
                return Err(Stop::Ragged { at: begin, found: field });
            }
            for &run in self.runs.iter().skip(field) {
                tokens[run + row] = Token::NULL;
            }
        }
        Ok((stop + 1, true))
    }

    /// Counts the fields from `at`, where one begins, to the end of the record.
    #[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
    fn rest(&self, walk: &mut Walk<'_>, mut at: usize) -> Result<(usize, usize), Stop> {
        let mut fields = 0;
        loop {
            match walk.tail(at, self.dialect.trim) {
                Tail::More => return Err(Stop::More),
                Tail::End(stop, count) => return Ok((stop, fields + count)),
                Tail::Quote(open, count) => {
                    let (_, stop) = self.quoted(walk, open)?;
                    fields += count;
                    if walk.bytes[stop] == self.dialect.eol {
                        return Ok((stop, fields));
                    }
                    at = stop + 1;
                }
            }
        }
    }

    /// The field in quotes that opens at `open`, and the position of the delimiter or line end behind it.
    #[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
    fn quoted(&self, walk: &mut Walk<'_>, open: usize) -> Result<(Token, usize), Stop> {
        let Dialect { delim, escape, trim, eol, .. } = self.dialect;
        let (bytes, end) = (walk.bytes, walk.end);
        let quote = bytes[open];
        let mut marks = Token::QUOTED;
        let mut at = open + 1;
        loop {
            let found =
                if escape == quote { walk.quote(at) } else { memchr2(quote, escape, &bytes[at.min(end)..end]).map(|n| at + n) };
            let close = found.ok_or(Stop::More)?;
            let next = close + 1;
            if next >= end {
                return Err(Stop::More);
            }
            if bytes[close] == escape && (escape != quote || bytes[next] == quote) {
                marks |= Token::ESCAPED;
                at = close + 2;
                continue;
            }
            let mut stop = next;
            if trim {
                stop = spaces(bytes, stop, end, delim);
            }
            if bytes[stop] == b'\r' && eol == b'\n' && stop < end {
                stop += 1;
                if stop < end && bytes[stop] != eol {
                    return Err(Stop::BehindQuote { at: next });
                }
            }
            if stop >= end {
                return Err(Stop::More);
            }
            if bytes[stop] != delim && bytes[stop] != eol {
                return Err(Stop::BehindQuote { at: stop });
            }
            walk.seek(stop + 1);
            return Ok((Token::new(open + 1, close, marks), stop));
        }
    }

    /// The tokens of one record of up to `fields_max` fields, and the position behind it; one token more when it has more.
    pub fn record(
        dialect: Dialect,
        bytes: &[u8],
        from: usize,
        end: usize,
        fields_max: usize,
    ) -> Result<(Vec<Token>, usize), Stop> {
        let splitter = Splitter::new(dialect, 0, &[]);
        let mut walk = Walk::new(bytes, end, &dialect, from);
        let mut tokens = Vec::new();
        let mut at = from;
        loop {
            if dialect.trim {
                at = spaces(bytes, at, end, dialect.delim);
            }
            if at > end {
                return Err(Stop::More);
            }
            let (token, stop) = if dialect.quote == Some(bytes[at]) && at < end {
                splitter.quoted(&mut walk, at)?
            } else {
                walk.seek(at);
                let stop = walk.next_stop().ok_or(Stop::More)?;
                let line_feed = bytes[stop] == dialect.eol && dialect.eol == b'\n';
                let content = if line_feed && stop > at && bytes[stop - 1] == b'\r' { stop - 1 } else { stop };
                (if dialect.trim { trimmed(bytes, at, content) } else { Token::new(at, content, 0) }, stop)
            };
            tokens.push(token);
            if bytes[stop] == dialect.eol || tokens.len() > fields_max {
                return Ok((tokens, stop + 1));
            }
            at = stop + 1;
        }
    }
}

/// Position behind spaces and tabs that are not the delimiter.
fn spaces(bytes: &[u8], mut at: usize, end: usize, delim: u8) -> usize {
    while at < end && matches!(bytes[at], b' ' | b'\t') && bytes[at] != delim {
        at += 1;
    }
    at
}

/// The token of a field without the spaces around it.
fn trimmed(bytes: &[u8], start: usize, end: usize) -> Token {
    let text = &bytes[start..end.max(start)];
    let left = text.len() - text.trim_ascii_start().len();
    Token::new(start + left, start + left + text.trim_ascii().len(), 0)
}

#[cfg(test)]
mod tests;
