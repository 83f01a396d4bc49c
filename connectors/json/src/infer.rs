//! Columns and types from a sample of records.

use std::collections::HashMap;

use wasql::{Code, Error, Result};
use wasql_textfile::json::{Stop, unescape};
use wasql_textfile::kind::Kind;
use wasql_textfile::number;
use wasql_textfile::token::Token;

use crate::record::{members, value};

/// Most columns of a table, as in MySQL.
const COLUMNS_MAX: usize = 4096;

/// What the values of a column were.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    strings: bool,
    bools: bool,
    nested: bool,
    ints: bool,
    wide: bool,
    fractions: bool,
}

impl Seen {
    fn add(&mut self, token: Token, text: &[u8]) {
        if token.is_null() {
        } else if token.has(Token::QUOTED) {
            self.strings = true;
        } else if token.has(Token::NESTED) {
            self.nested = true;
        } else if matches!(text, b"true" | b"false") {
            self.bools = true;
        } else if number::int64(text).is_some() {
            self.ints = true;
        } else if !text.iter().any(|b| matches!(b, b'.' | b'e' | b'E')) && number::scaled(text, b'.', 38, 0).is_ok() {
            self.wide = true;
        } else {
            self.fractions = true;
        }
    }

    /// The type that takes all values; JSON when they are of several sorts, or there were none.
    pub fn kind(&self) -> Kind {
        let numbers = self.ints || self.wide || self.fractions;
        match (self.strings, self.bools, self.nested, numbers) {
            (true, false, false, false) => Kind::Text(0),
            (false, true, false, false) => Kind::Bool,
            (false, false, false, true) if self.fractions => Kind::Float64,
            (false, false, false, true) if self.wide => Kind::Decimal(38, 0),
            (false, false, false, true) => Kind::Int(64),
            _ => Kind::Json,
        }
    }
}

/// Columns in the order in which their names were first seen.
#[derive(Debug, Default)]
pub struct Sample {
    /// Names.
    pub keys: Vec<String>,
    /// What their values were.
    pub seen: Vec<Seen>,
    /// Rows are values, not objects.
    pub values: bool,
    /// Rows looked at.
    pub rows: u64,
    at: HashMap<Vec<u8>, usize>,
    /// Why a name cannot be a column.
    wrong: Option<String>,
}

impl Sample {
    /// Looks at the record at `at`; gives the position behind it.
    pub fn add(&mut self, bytes: &[u8], at: usize, last: bool) -> std::result::Result<usize, Stop> {
        if self.rows == 0 && bytes.get(at).is_some_and(|&byte| byte != b'{') {
            self.values = true;
            self.keys = vec!["value".to_string()];
            self.seen = vec![Seen::default()];
        }
        if self.values {
            let (token, end) = value(bytes, at, last)?;
            if !token.is_null() {
                self.seen[0].add(token, token.of(bytes));
            }
            self.rows += 1;
            return Ok(end);
        }
        // A record that is not complete in memory is looked at again, which changes nothing.
        let mut next = 0;
        let end = members(bytes, at, |bytes, key, escaped, at| {
            let (token, end) = value(bytes, at, last)?;
            let column = if escaped { self.escaped(key) } else { self.column(key, next) };
            next = column + 1;
            if !token.is_null() {
                self.seen[column].add(token, token.of(bytes));
            }
            Ok(end)
        })?;
        self.rows += 1;
        Ok(end)
    }

    /// The column of a name, a new one if need be; `next` is the one that is expected.
    fn column(&mut self, key: &[u8], next: usize) -> usize {
        if self.keys.get(next).is_some_and(|name| name.as_bytes() == key) {
            return next;
        }
        if let Some(&column) = self.at.get(key) {
            return column;
        }
        // One name too many is enough to tell: a damaged file must not fill the memory with them.
        if self.keys.len() > COLUMNS_MAX {
            return COLUMNS_MAX;
        }
        let name = String::from_utf8_lossy(key).into_owned();
        if name.as_bytes() != key {
            self.wrong = Some("a name is not UTF-8".into());
        }
        self.keys.push(name);
        self.seen.push(Seen::default());
        self.at.insert(key.to_vec(), self.keys.len() - 1);
        self.keys.len() - 1
    }

    fn escaped(&mut self, key: &[u8]) -> usize {
        let mut text = Vec::new();
        if let Err(why) = unescape(key, &mut text) {
            self.wrong = Some(format!("a name {why}"));
        }
        self.column(&text, usize::MAX)
    }

    /// Fails when the names cannot be columns.
    pub fn check(&self) -> Result<()> {
        if let Some(why) = &self.wrong {
            return Err(Error::data(why.clone()));
        }
        if self.keys.len() > COLUMNS_MAX {
            let message = format!("the objects have more than {COLUMNS_MAX} different names");
            return Err(Error::new(Code::Resource, message).hint("set root to an array of objects with the same names"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_the_union_of_names_in_order() {
        let mut sample = Sample::default();
        for text in [
            r#"{"a":1,"s":"x","n":null,"b":true}"#,
            r#"{"s":"y","a":2.5,"c":[1],"d":"t","big":9223372036854775808}"#,
            r#"{"d":1,"\u0061b":-1}"#,
        ] {
            assert_eq!(sample.add(text.as_bytes(), 0, true), Ok(text.len()));
        }
        assert_eq!(sample.keys, ["a", "s", "n", "b", "c", "d", "big", "ab"]);
        let kinds: Vec<Kind> = sample.seen.iter().map(Seen::kind).collect();
        let want =
            [Kind::Float64, Kind::Text(0), Kind::Json, Kind::Bool, Kind::Json, Kind::Json, Kind::Decimal(38, 0), Kind::Int(64)];
        assert_eq!(kinds, want);
        assert!(sample.check().is_ok());
    }
}
