//! [`Formats`]: how a file writes numbers and dates.

use crate::civil::{self, DAY_MICROS, Format};

/// How a file writes numbers and dates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Formats {
    /// Decimal separator.
    pub point: u8,
    /// Form of dates; none: ISO 8601.
    pub date: Option<Format>,
    /// Form of datetimes; none: ISO 8601.
    pub datetime: Option<Format>,
}

impl Default for Formats {
    fn default() -> Self {
        Formats { point: b'.', date: None, datetime: None }
    }
}

impl Formats {
    /// Days of a date text.
    #[inline]
    pub fn days(&self, text: &[u8]) -> Option<i32> {
        match &self.date {
            None => civil::date(text),
            Some(format) => format.micros(text).map(|micros| micros.div_euclid(DAY_MICROS) as i32),
        }
    }

    /// Microseconds of a datetime text, cut to nothing: a scale with too few digits is no value.
    #[inline]
    pub fn micros(&self, text: &[u8], scale: u8) -> Option<i64> {
        let micros = match &self.datetime {
            None => civil::datetime(text)?,
            Some(format) => format.micros(text).or_else(|| self.days(text).map(|d| i64::from(d) * DAY_MICROS))?,
        };
        fits_scale(micros, scale).then_some(micros)
    }
}

const UNITS: [i64; 7] = [1_000_000, 100_000, 10_000, 1_000, 100, 10, 1];

/// True when the microseconds need no more fractional digits.
#[inline]
pub fn fits_scale(micros: i64, scale: u8) -> bool {
    scale >= 6 || micros % UNITS[usize::from(scale)] == 0
}
