//! Types from a sample of values.

use crate::civil;
use crate::formats::Formats;
use crate::kind::Kind;
use crate::number;

/// The types that every value of a column so far fits, as bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guess {
    alive: u8,
    seen: bool,
    fraction: bool,
}

const INT: u8 = 1;
const DIGITS: u8 = 2;
const NUMBER: u8 = 4;
const DATE: u8 = 8;
const DATETIME: u8 = 16;
const TIME: u8 = 32;
const ALL: u8 = 63;

impl Default for Guess {
    fn default() -> Self {
        Guess { alive: ALL, seen: false, fraction: false }
    }
}

impl Guess {
    /// Takes one value that is not NULL.
    pub fn add(&mut self, text: &[u8], formats: &Formats) {
        self.seen = true;
        if self.alive != 0 {
            self.alive &= self.fits(text.trim_ascii(), formats);
        }
    }

    /// True when nothing but text is left.
    pub fn settled(&self) -> bool {
        self.alive == 0
    }

    /// The narrowest type that every value fits; text when there was none.
    pub fn kind(&self) -> Kind {
        let scale = if self.fraction { 6 } else { 0 };
        match self.alive {
            _ if !self.seen => Kind::Text(0),
            alive if alive & INT != 0 => Kind::Int(64),
            alive if alive & DIGITS != 0 => Kind::Decimal(38, 0),
            alive if alive & NUMBER != 0 => Kind::Float64,
            alive if alive & DATE != 0 => Kind::Date,
            alive if alive & DATETIME != 0 => Kind::DateTime(scale),
            alive if alive & TIME != 0 => Kind::Time(scale),
            _ => Kind::Text(0),
        }
    }

    fn fits(&mut self, text: &[u8], formats: &Formats) -> u8 {
        let mut fits = numeric(text, formats.point);
        if formats.days(text).is_some() {
            fits |= DATE | DATETIME;
        } else if let Some(micros) = formats.micros(text, 6) {
            fits |= DATETIME;
            self.fraction |= micros % 1_000_000 != 0;
        } else if let Some(micros) = civil::time(text) {
            fits |= TIME;
            self.fraction |= micros % 1_000_000 != 0;
        }
        fits
    }
}

/// The number types a text fits. What would lose something as a number is none: zeros in front, a plus
/// sign, digits beyond DECIMAL.
fn numeric(text: &[u8], point: u8) -> u8 {
    let body = text.strip_prefix(b"-").unwrap_or(text);
    let padded = body.len() > 1 && body[0] == b'0' && body[1].is_ascii_digit();
    let starts = body.first().is_some_and(|&byte| byte.is_ascii_digit() || byte == point);
    if padded || !starts {
        return 0;
    }
    if number::int64(text).is_some() {
        return INT | DIGITS | NUMBER;
    }
    if body.iter().all(u8::is_ascii_digit) {
        return if number::scaled(text, point, 38, 0).is_ok() { DIGITS | NUMBER } else { 0 };
    }
    if number::float64(text, point).is_some() { NUMBER } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_narrowest_type_of_all_values() {
        for (values, want) in [
            ("", Kind::Text(0)),
            ("1 2 -3", Kind::Int(64)),
            ("0 -0 10", Kind::Int(64)),
            ("1 007", Kind::Text(0)),
            ("1 +7", Kind::Text(0)),
            ("1 2.5", Kind::Float64),
            ("1 2.5 x", Kind::Text(0)),
            ("00.5", Kind::Text(0)),
            (".5 1e3", Kind::Float64),
            ("1 9223372036854775808", Kind::Decimal(38, 0)),
            ("1.5 9223372036854775808", Kind::Float64),
            ("99999999999999999999999999999999999999999", Kind::Text(0)),
            ("2013-01-01 2014-02-28", Kind::Date),
            ("2013-01-01 2013-01-01T10:00:00Z", Kind::DateTime(0)),
            ("2013-01-01T10:00:00.5", Kind::DateTime(6)),
            ("2013-01-01 2014-02-30", Kind::Text(0)),
            ("10:30 -100:00:01", Kind::Time(0)),
            ("10:30:00.25", Kind::Time(6)),
            ("10:30 2013-01-01", Kind::Text(0)),
            ("1 2013-01-01", Kind::Text(0)),
            ("true false", Kind::Text(0)),
            ("nan 1", Kind::Text(0)),
        ] {
            let mut guess = Guess::default();
            values.split_whitespace().for_each(|value| guess.add(value.as_bytes(), &Formats::default()));
            assert_eq!(guess.kind(), want, "{values}");
        }
        let mut guess = Guess::default();
        guess.add(b" 12 ", &Formats::default());
        guess.add(b"2013-01-01 10:00:00", &Formats::default());
        assert_eq!(guess.kind(), Kind::Text(0));
        assert!(guess.settled());
    }
}
