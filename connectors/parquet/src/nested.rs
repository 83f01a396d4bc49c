//! Lists, maps and structs become JSON text.

use crate::convert::{Each, uuid};
use crate::leaf::Entries;
use crate::meta::Logical;
use crate::tree::{Convert, Kind, Node};
use crate::values::Values;
use wasql::{Code, Error, Result, Vector, decimal};

/// The entries of one leaf, and how far they are used.
pub struct Cursor {
    /// Levels and values.
    pub entries: Entries,
    entry: usize,
    value: usize,
    max_def: u32,
    convert: Convert,
}

impl Cursor {
    /// A cursor before the first entry.
    pub fn new(entries: Entries, leaf: &Node, binary_as_text: bool) -> Self {
        Cursor { entries, entry: 0, value: 0, max_def: u32::from(leaf.def), convert: leaf.leaf_convert(binary_as_text) }
    }

    /// Back before the first entry, after new ones were read.
    pub fn rewind(&mut self) {
        (self.entry, self.value) = (0, 0);
    }

    fn def(&self) -> Result<u32> {
        self.entries.def.get(self.entry).copied().ok_or_else(torn)
    }

    /// Repetition level of the next entry; 0 at the end.
    fn rep(&self) -> u32 {
        self.entries.rep.get(self.entry).copied().unwrap_or(0)
    }

    /// Goes over an entry; gives the position of its value, when it has one.
    fn step(&mut self) -> Result<Option<usize>> {
        let there = self.def()? == self.max_def;
        self.entry += 1;
        self.value += usize::from(there);
        match there {
            true if self.value > self.entries.values.len() => Err(torn()),
            true => Ok(Some(self.value - 1)),
            false => Ok(None),
        }
    }
}

fn torn() -> Error {
    Error::new(Code::Corrupt, "levels of the leaves of a nested column do not fit each other")
}

/// Adds `rows` rows of a nested field to a vector, from one cursor a leaf.
pub fn fill(field: &Node, cursors: &mut [Cursor], rows: usize, bytes_max: usize, out: &mut Vector) -> Result<()> {
    let mut text = String::new();
    for _ in 0..rows {
        text.clear();
        let first = cursors.first().ok_or_else(torn)?;
        let missing = field.repetition == 1 && first.def()? < u32::from(field.def);
        if missing {
            skip(cursors)?;
            out.push_null();
        } else {
            write(field, cursors, &mut text)?;
            out.push_str(&text)?;
        }
        if out.data_bytes() > bytes_max {
            return Err(Error::new(Code::Resource, format!("JSON of one batch takes more than {bytes_max} bytes")));
        }
    }
    Ok(())
}

/// Goes over the one entry that stands for a field that is not there.
fn skip(cursors: &mut [Cursor]) -> Result<()> {
    cursors.iter_mut().try_for_each(|c| c.step().map(|_| ()))
}

/// Writes a field: null, a value, or an array when it is repeated.
fn write(node: &Node, cursors: &mut [Cursor], out: &mut String) -> Result<()> {
    let there = cursors.first().ok_or_else(torn)?.def()? >= u32::from(node.def);
    match node.repetition {
        1 if !there => {
            out.push_str("null");
            skip(cursors)
        }
        2 => {
            out.push('[');
            elements(node, there, cursors, out, body)?;
            out.push(']');
            Ok(())
        }
        _ => body(node, cursors, out),
    }
}

/// Writes each element of a repeated field with commas between them.
fn elements(
    node: &Node,
    there: bool,
    cursors: &mut [Cursor],
    out: &mut String,
    one: fn(&Node, &mut [Cursor], &mut String) -> Result<()>,
) -> Result<()> {
    if !there {
        return skip(cursors);
    }
    loop {
        one(node, cursors, out)?;
        // Only an entry at this field's own level goes on with it.
        if cursors.first().ok_or_else(torn)?.rep() != u32::from(node.rep) {
            return Ok(());
        }
        out.push(',');
    }
}

/// Writes what is inside a field that is there.
fn body(node: &Node, cursors: &mut [Cursor], out: &mut String) -> Result<()> {
    let children = match &node.kind {
        Kind::Leaf { .. } => return leaf(cursors.first_mut().ok_or_else(torn)?, out),
        Kind::Group(children) => children,
    };
    match (node.logical, children.as_slice()) {
        (Logical::List, [list]) if list.repetition == 2 => {
            out.push('[');
            let there = cursors.first().ok_or_else(torn)?.def()? >= u32::from(list.def);
            elements(list, there, cursors, out, element)?;
            out.push(']');
        }
        (Logical::Map, [pairs]) if pairs.repetition == 2 && matches!(&pairs.kind, Kind::Group(c) if c.len() <= 2) => {
            out.push('{');
            let there = cursors.first().ok_or_else(torn)?.def()? >= u32::from(pairs.def);
            elements(pairs, there, cursors, out, pair)?;
            out.push('}');
        }
        _ => {
            out.push('{');
            each_child(children, cursors, |i, child, own| {
                if i > 0 {
                    out.push(',');
                }
                quote(&child.name, out);
                out.push(':');
                write(child, own, out)
            })?;
            out.push('}');
        }
    }
    Ok(())
}

/// An element of a list: the middle group of three levels is not shown.
fn element(list: &Node, cursors: &mut [Cursor], out: &mut String) -> Result<()> {
    match &list.kind {
        // Old writers have two levels: then the repeated group is the element itself.
        Kind::Group(children) if children.len() == 1 && list.name != "array" && !list.name.ends_with("_tuple") => {
            write(&children[0], cursors, out)
        }
        _ => body(list, cursors, out),
    }
}

/// A key and its value.
fn pair(pairs: &Node, cursors: &mut [Cursor], out: &mut String) -> Result<()> {
    let Kind::Group(children) = &pairs.kind else { return Err(torn()) };
    each_child(children, cursors, |i, child, own| {
        if i > 0 {
            out.push(':');
            return write(child, own, out);
        }
        let mut key = String::new();
        write(child, own, &mut key)?;
        // Keys of JSON are strings.
        if key.starts_with('"') {
            out.push_str(&key)
        } else {
            quote(&key, out)
        }
        Ok(())
    })?;
    if children.len() == 1 {
        out.push_str(":null");
    }
    Ok(())
}

/// Gives each child its own cursors.
fn each_child(
    children: &[Node],
    cursors: &mut [Cursor],
    mut f: impl FnMut(usize, &Node, &mut [Cursor]) -> Result<()>,
) -> Result<()> {
    let mut rest = cursors;
    for (i, child) in children.iter().enumerate() {
        let mut leaves = Vec::new();
        child.leaves(&mut leaves);
        let (own, more) = rest.split_at_mut_checked(leaves.len()).ok_or_else(torn)?;
        f(i, child, own)?;
        rest = more;
    }
    Ok(())
}

fn leaf(cursor: &mut Cursor, out: &mut String) -> Result<()> {
    use std::fmt::Write;
    let Some(i) = cursor.step()? else {
        out.push_str("null");
        return Ok(());
    };
    let each = Each { values: &cursor.entries.values, convert: cursor.convert };
    let number = |v: f64, out: &mut String| match v.is_finite() {
        true => drop(write!(out, "{v}")),
        false => out.push_str("null"),
    };
    match (cursor.convert, each.values) {
        (Convert::Bool, Values::Bool(v)) => out.push_str(if v[i] { "true" } else { "false" }),
        (Convert::Int(wasql::Type::Uint64), Values::I64(v)) => drop(write!(out, "{}", v[i] as u64)),
        (Convert::Int(wasql::Type::Uint32), Values::I32(v)) => drop(write!(out, "{}", v[i] as u32)),
        (Convert::Int(_), Values::I32(v)) => drop(write!(out, "{}", v[i])),
        (Convert::Int(_), Values::I64(v)) => drop(write!(out, "{}", v[i])),
        (Convert::Float, Values::F32(v)) => match v[i].is_finite() {
            true => drop(write!(out, "{}", v[i])),
            false => out.push_str("null"),
        },
        (Convert::Double, Values::F64(v)) => number(v[i], out),
        (Convert::Float16, _) => number(f64::from(each.half(i)?), out),
        (Convert::Decimal { scale } | Convert::DecimalText { scale }, _) => {
            out.push_str(&decimal::text(each.unscaled(i)?, scale))
        }
        (Convert::Date, _) => drop(write!(out, "\"{}\"", date(i64::from(each.days(i)?)))),
        (Convert::Time { times, per }, _) => drop(write!(out, "\"{}\"", time(each.time(i, times, per)?))),
        (Convert::Datetime { times, per }, _) => datetime(each.datetime(i, times, per)?, out),
        (Convert::Int96, _) => datetime(each.int96(i)?, out),
        (Convert::Text(kind), values) => {
            let text = std::str::from_utf8(values.bytes(i)).map_err(|_| Error::data("text is not valid UTF-8"))?;
            if kind == wasql::Type::Json { out.push_str(text) } else { quote(text, out) }
        }
        (Convert::Uuid, values) => quote(&uuid(values.bytes(i)), out),
        (Convert::Binary, values) => quote(&base64(values.bytes(i)), out),
        _ => return Err(Error::internal("values of another physical type than the column's")),
    }
    Ok(())
}

fn datetime(micros: i64, out: &mut String) {
    const DAY: i64 = 86_400_000_000;
    out.push('"');
    out.push_str(&date(micros.div_euclid(DAY)));
    out.push(' ');
    out.push_str(&time(micros.rem_euclid(DAY)));
    out.push('"');
}

/// Year, month and day of a day since 1970, in the proleptic Gregorian calendar.
fn date(days: i64) -> String {
    // Years begin in March here, so that the leap day is the last of its year.
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

fn time(micros: i64) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let (seconds, fraction) = (micros.abs() / 1_000_000, micros.abs() % 1_000_000);
    let clock = format!("{sign}{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    if fraction == 0 { clock } else { format!("{clock}.{fraction:06}") }
}

/// Adds text as a JSON string.
fn quote(text: &str, out: &mut String) {
    use std::fmt::Write;
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if (c as u32) < 0x20 => drop(write!(out, "\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = (0..3).fold(0u32, |g, i| g << 8 | chunk.get(i).map_or(0, |&b| u32::from(b)));
        for i in 0..4 {
            let digit = DIGITS[(group >> (18 - 6 * i) & 63) as usize];
            text.push(if i <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_bytes_are_written_as_usual() {
        assert_eq!(date(0), "1970-01-01");
        assert_eq!(date(-719_528), "0000-01-01");
        assert_eq!(date(19_782), "2024-02-29");
        assert_eq!(time(-1_500_000), "-00:00:01.500000");
        assert_eq!((base64(b"a").as_str(), base64(b"ab").as_str(), base64(b"abc").as_str()), ("YQ==", "YWI=", "YWJj"));
        let mut out = String::new();
        quote("a\"\\\u{1}é", &mut out);
        assert_eq!(out, "\"a\\\"\\\\\\u0001é\"");
    }
}
