//! Values from tokens: one loop for each kind of column, no dispatch inside.

use wasql::{Error, Number, Result, Vector};

use crate::fault::show;
use crate::formats::Formats;
use crate::kind::{Field, Kind};
use crate::number::{self, NotDecimal};
use crate::ranges::{float_key, unsigned_key};
use crate::records::Records;
use crate::text::{Text, append, boolean, chars, float32, int24, time, uint24, valid_utf8, year};
use crate::token::Token;

/// Which rows of a block are read.
#[derive(Debug, Clone, Copy)]
pub enum Picked<'a> {
    /// The first so many.
    All(usize),
    /// These, ascending.
    Some(&'a [u32]),
}

impl Picked<'_> {
    /// How many they are.
    pub fn len(&self) -> usize {
        match self {
            Picked::All(rows) => *rows,
            Picked::Some(rows) => rows.len(),
        }
    }

    /// True when there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The row at a position among them.
    #[inline(always)]
    pub(crate) fn row(&self, index: usize) -> usize {
        match self {
            Picked::All(_) => index,
            Picked::Some(rows) => rows[index] as usize,
        }
    }
}

/// The tokens of one column of a block, and what is needed to read them.
pub struct Cells<'a, R> {
    /// Reader that split the block.
    pub records: &'a R,
    /// One token a row.
    pub tokens: &'a [Token],
    /// Rows to read.
    pub picked: Picked<'a>,
    /// The column.
    pub field: &'a Field,
    /// How numbers and dates are written.
    pub formats: &'a Formats,
    /// True when the block is known to be ASCII.
    pub ascii: bool,
}

/// A value that its column does not take: the row, and why.
struct Bad(usize, Option<String>);

impl<R: Records> Cells<'_, R> {
    /// Adds the values to a vector of the column's type.
    pub fn fill(&self, out: &mut Vector) -> Result<()> {
        let formats = self.formats;
        let point = formats.point;
        match self.field.kind {
            Kind::Bool => self.numbers(out, |text| boolean(text.bytes).map(|v| v as i8)),
            Kind::Int(8) => self.numbers(out, |text| text.int64().and_then(|v| i8::try_from(v).ok())),
            Kind::Int(16) => self.numbers(out, |text| text.int64().and_then(|v| i16::try_from(v).ok())),
            Kind::Int(24) => self.numbers(out, |text| int24(text.bytes)),
            Kind::Int(32) => self.numbers(out, |text| text.int64().and_then(|v| i32::try_from(v).ok())),
            Kind::Int(_) => self.numbers(out, |text| text.int64()),
            Kind::UInt(8) => self.numbers(out, |text| number::uint64(text.bytes).and_then(|v| u8::try_from(v).ok())),
            Kind::UInt(16) => self.numbers(out, |text| number::uint64(text.bytes).and_then(|v| u16::try_from(v).ok())),
            Kind::UInt(24) => self.numbers(out, |text| uint24(text.bytes)),
            Kind::UInt(32) => self.numbers(out, |text| number::uint64(text.bytes).and_then(|v| u32::try_from(v).ok())),
            Kind::UInt(_) => self.numbers(out, |text| number::uint64(text.bytes)),
            Kind::Float32 => self.numbers(out, |text| float32(text.bytes, point)),
            Kind::Float64 => self.numbers(out, |text| number::float64(text.bytes, point)),
            Kind::Decimal(precision, scale) => {
                self.numbers(out, |text| number::scaled(text.bytes, point, precision.into(), scale.into()).ok())
            }
            Kind::Date => self.numbers(out, |text| formats.days(text.bytes)),
            Kind::Time(scale) => self.numbers(out, |text| time(text.bytes, scale)),
            Kind::DateTime(scale) => self.numbers(out, |text| formats.micros(text.bytes, scale)),
            Kind::Year => self.numbers(out, |text| year(text.bytes)),
            Kind::Text(chars) => self.text(out, chars as usize, true),
            Kind::Binary(bytes) => self.text(out, bytes as usize, false),
            Kind::Json => self.json(out),
        }
    }

    /// Reads the values as keys that sort as the values do; row i of the block is at i. False where NULL.
    pub fn keys(&self, keys: &mut [i64], valid: &mut [bool]) -> Result<()> {
        let formats = self.formats;
        let point = formats.point;
        match self.field.kind {
            Kind::Bool => self.sparse(keys, valid, |text| boolean(text.bytes).map(i64::from)),
            Kind::UInt(64) => self.sparse(keys, valid, |text| number::uint64(text.bytes).map(unsigned_key)),
            Kind::UInt(bits) => {
                self.sparse(keys, valid, |text| number::uint64(text.bytes).filter(|v| *v >> bits == 0).map(|v| v as i64))
            }
            Kind::Float32 => self.sparse(keys, valid, |text| float32(text.bytes, point).map(|v| float_key(f64::from(v)))),
            Kind::Float64 => self.sparse(keys, valid, |text| number::float64(text.bytes, point).map(float_key)),
            Kind::Date => self.sparse(keys, valid, |text| formats.days(text.bytes).map(i64::from)),
            Kind::Time(scale) => self.sparse(keys, valid, |text| time(text.bytes, scale)),
            Kind::DateTime(scale) => self.sparse(keys, valid, |text| formats.micros(text.bytes, scale)),
            Kind::Year => self.sparse(keys, valid, |text| year(text.bytes).map(i64::from)),
            Kind::Int(64) => self.sparse(keys, valid, |text| text.int64()),
            Kind::Int(bits) => {
                self.sparse(keys, valid, |text| text.int64().filter(|v| (*v >> (bits - 1)) == 0 || (*v >> (bits - 1)) == -1))
            }
            _ => Err(Error::internal(format!("no keys for a column of type {}", self.field.sql))),
        }
    }

    /// Reads decimals as their scaled integers, as [`Cells::keys`].
    pub fn digits(&self, digits: &mut [i128], valid: &mut [bool]) -> Result<()> {
        let Kind::Decimal(precision, scale) = self.field.kind else {
            return Err(Error::internal(format!("no digits for a column of type {}", self.field.sql)));
        };
        let point = self.formats.point;
        self.sparse(digits, valid, |text| number::scaled(text.bytes, point, precision.into(), scale.into()).ok())
    }

    /// Calls `test` with each text, None for NULL.
    pub fn texts(&self, mut test: impl FnMut(usize, Option<&[u8]>)) -> Result<()> {
        let mut scratch = Vec::new();
        let window = self.records.window();
        self.each(|row, token| {
            if token.is_null() {
                test(row, None);
                return Ok(());
            }
            let text = self.bytes(window, row, token, &mut scratch)?;
            test(row, (!self.records.is_null(window, token, true)).then_some(text));
            Ok(())
        })
    }

    /// Calls `take` with each text that is not NULL in a column of numbers: what types are inferred from.
    pub fn texts_of_values(&self, mut take: impl FnMut(&[u8])) -> Result<()> {
        let mut scratch = Vec::new();
        let window = self.records.window();
        self.each(|row, token| {
            if !token.is_null() {
                let text = self.bytes(window, row, token, &mut scratch)?;
                if !self.records.is_null(window, token, false) {
                    take(text);
                }
            }
            Ok(())
        })
    }

    /// Marks the rows whose value is NULL, without reading the values more than that needs.
    pub fn nulls(&self, mut mark: impl FnMut(usize, bool)) -> Result<()> {
        let textual = self.field.kind.textual();
        let window = self.records.window();
        self.each(|row, token| {
            mark(row, token.is_null() || self.records.is_null(window, token, textual));
            Ok(())
        })
    }

    fn numbers<T: Number>(&self, out: &mut Vector, parse: impl Fn(Text<'_>) -> Option<T>) -> Result<()> {
        let mut out = out.numbers::<T>()?;
        self.parse(parse, |_, value| match value {
            Some(value) => out.push(value),
            None => out.push_null(),
        })
    }

    fn sparse<T: Copy>(&self, values: &mut [T], valid: &mut [bool], parse: impl Fn(Text<'_>) -> Option<T>) -> Result<()> {
        self.parse(parse, |row, value| {
            if let (Some(valid), Some(slot)) = (valid.get_mut(row), values.get_mut(row)) {
                *valid = value.is_some();
                *slot = value.unwrap_or(*slot);
            }
        })
    }

    /// The loop over values that are parsed: NULL is asked for when nothing else fits, which is rare.
    #[inline(always)]
    fn parse<T>(&self, parse: impl Fn(Text<'_>) -> Option<T>, mut put: impl FnMut(usize, Option<T>)) -> Result<()> {
        let window = self.records.window();
        let nulls_first = self.records.nulls_first();
        // One body for both ways to pick rows, so that the compiler puts `parse` and `put` into the loop.
        for index in 0..self.picked.len() {
            let row = self.picked.row(index);
            let token = self.tokens[row];
            let value = if token.is_null() {
                None
            } else if nulls_first || token.has(Token::ESCAPED) {
                self.unusual(row, token, &parse).map_err(|bad| self.error(bad))?
            } else {
                match parse(Text::of(token, window)) {
                    None => self.unusual(row, token, &parse).map_err(|bad| self.error(bad))?,
                    some => some,
                }
            };
            put(row, value);
        }
        Ok(())
    }

    /// A value that did not parse at once: NULL, escaped, with spaces around it, or wrong.
    #[inline(never)]
    fn unusual<T>(
        &self,
        row: usize,
        token: Token,
        parse: &impl Fn(Text<'_>) -> Option<T>,
    ) -> std::result::Result<Option<T>, Bad> {
        let mut scratch = Vec::new();
        let text = self.bytes(self.records.window(), row, token, &mut scratch)?;
        if self.records.is_null(self.records.window(), token, false) {
            return Ok(None);
        }
        parse(Text::alone(text)).or_else(|| parse(Text::alone(text.trim_ascii()))).map(Some).ok_or(Bad(row, None))
    }

    #[inline(always)]
    fn bytes<'t>(
        &self,
        window: &'t [u8],
        row: usize,
        token: Token,
        scratch: &'t mut Vec<u8>,
    ) -> std::result::Result<&'t [u8], Bad> {
        if !token.has(Token::ESCAPED) {
            return Ok(token.of(window));
        }
        scratch.clear();
        self.records.unescape(token, scratch).map_err(|why| Bad(row, Some(why)))?;
        Ok(scratch)
    }

    fn text(&self, out: &mut Vector, most: usize, utf8: bool) -> Result<()> {
        let window = self.records.window();
        let checked = utf8 && !self.ascii;
        let mut out = out.bytes()?;
        let mut scratch = Vec::new();
        let mut full = Ok(());
        self.each(|row, token| {
            if token.is_null() {
                out.push_null();
                return Ok(());
            }
            let escaped = token.has(Token::ESCAPED);
            let text = self.bytes(window, row, token, &mut scratch)?;
            if self.records.is_null(window, token, true) {
                out.push_null();
                return Ok(());
            }
            if checked {
                valid_utf8(text).map_err(|why| Bad(row, Some(why)))?;
            }
            if most > 0 && text.len() > most && (!utf8 || chars(text) > most) {
                return Err(Bad(row, Some(format!("is longer than {}", self.field.sql.to_uppercase()))));
            }
            if escaped {
                out.open().extend_from_slice(text);
            } else {
                append(out.open(), window, token.start(), token.len());
            }
            if let Err(error) = out.end() {
                full = Err(error);
                return Err(Bad(row, Some("is too much for one batch".into())));
            }
            Ok(())
        })
        .or_else(|error| full.and(Err(error)))
    }

    fn json(&self, out: &mut Vector) -> Result<()> {
        let window = self.records.window();
        let mut out = out.bytes()?;
        let mut scratch = Vec::new();
        self.each(|row, token| {
            if token.is_null() {
                out.push_null();
                return Ok(());
            }
            let text = match self.records.json(token) {
                Some(text) => text,
                None => {
                    let text = self.bytes(window, row, token, &mut scratch)?;
                    if self.records.is_null(window, token, false) {
                        out.push_null();
                        return Ok(());
                    }
                    crate::json::check(text).map_err(|why| Bad(row, Some(format!("is not JSON: {why}"))))?;
                    text
                }
            };
            if !self.ascii {
                valid_utf8(text).map_err(|why| Bad(row, Some(why)))?;
            }
            out.push(text).map_err(|e| Bad(row, Some(e.message().into())))
        })
    }

    #[inline(always)]
    fn each(&self, mut one: impl FnMut(usize, Token) -> std::result::Result<(), Bad>) -> Result<()> {
        for index in 0..self.picked.len() {
            let row = self.picked.row(index);
            one(row, self.tokens[row]).map_err(|bad| self.error(bad))?;
        }
        Ok(())
    }

    /// Names the value, the column, the file and the line, and what can be done.
    #[cold]
    fn error(&self, bad: Bad) -> Error {
        let Bad(row, why) = bad;
        let token = self.tokens[row];
        let mut scratch = Vec::new();
        let window = self.records.window();
        let text = match self.bytes(window, row, token, &mut scratch) {
            Ok(text) => text,
            Err(_) => token.of(window),
        };
        let shown = show(text);
        let why = why.unwrap_or_else(|| self.why(text.trim_ascii()));
        let name = if self.field.name.contains([',', ':']) { format!("`{}`", self.field.name) } else { self.field.name.clone() };
        let hint = match self.field.kind {
            Kind::DateTime(scale) | Kind::Time(scale) if scale < 6 && why.contains("fraction") => {
                format!(
                    "set types={name}:{}(6), or a larger sample",
                    self.field.sql.split('(').next().unwrap_or_default().to_uppercase()
                )
            }
            _ if why.contains("not UTF-8") => {
                format!("set types={name}:BLOB, or convert the file, for example with iconv -f LATIN1 -t UTF-8")
            }
            Kind::Text(_) => format!("set types={name}:TEXT"),
            Kind::Binary(_) => format!("set types={name}:BLOB"),
            _ => format!("set types={name}:{}", self.records.remedy()),
        };
        let error = Error::data(format!("{shown} {why}")).column(&self.field.name).value(crate::fault::shorten(text)).hint(hint);
        self.records.place(error, token.start())
    }

    fn why(&self, text: &[u8]) -> String {
        let point = self.formats.point;
        let number = !matches!(number::decimal(text, point), Err(NotDecimal::Syntax));
        let whole = number::int64(text).is_some() || number::uint64(text).is_some() || number && !text.contains(&point);
        let sql = self.field.sql.to_uppercase();
        match self.field.kind {
            Kind::Int(_) | Kind::UInt(_) if whole => format!("is out of the range of {sql}"),
            Kind::Decimal(..) | Kind::Float32 | Kind::Float64 if number => format!("is out of the range of {sql}"),
            Kind::DateTime(_) if self.formats.micros(text, 6).is_some() => {
                format!("has a fraction of a second, which {sql} does not keep")
            }
            Kind::Time(_) if time(text, 6).is_some() => format!("has a fraction of a second, which {sql} does not keep"),
            _ => format!("is not {} {sql}", if sql.starts_with(['I', 'A', 'E', 'O']) { "an" } else { "a" }),
        }
    }
}
