//! Values of a leaf become the vector of a column.

use crate::leaf::Entries;
use crate::tree::Convert;
use crate::values::Values;
use wasql::{Code, Error, Number, Result, Type, Vector, decimal};

/// 0000-01-01 and 9999-12-31 as days since 1970.
pub const DAYS: std::ops::RangeInclusive<i32> = -719_528..=2_932_896;
pub const DAY_MICROS: i64 = 86_400_000_000;
/// Largest time of MySQL, 838:59:59.999999.
const TIME_MICROS: i64 = 3_020_399_999_999;
/// Julian day of 1970-01-01.
const JULIAN_EPOCH: i64 = 2_440_588;

fn range(what: &str, value: impl ToString) -> Error {
    Error::new(Code::OutOfRange, format!("{what} is outside what SQL can hold")).value(value.to_string())
}

fn mixed() -> Error {
    Error::internal("values of another physical type than the column's")
}

/// Adds entries to a vector. `row` is the 1-based row of one, for messages.
pub fn fill(entries: &Entries, max_def: u16, convert: Convert, row: impl Fn(usize) -> u64, out: &mut Vector) -> Result<()> {
    let max = u32::from(max_def);
    let mut next = 0usize;
    let each = Each { values: &entries.values, convert };
    let all_there = entries.def.iter().all(|&d| d == max);
    if each.fill(if all_there { &[] } else { &entries.def }, max, out)? {
        return Ok(());
    }
    if all_there {
        return (0..entries.values.len()).try_for_each(|i| each.push(i, out).map_err(|e| e.row(row(i))));
    }
    for (i, &def) in entries.def.iter().enumerate() {
        if def == max {
            each.push(next, out).map_err(|e| e.row(row(i)))?;
            next += 1;
        } else {
            out.push_null();
        }
    }
    Ok(())
}

/// One leaf's values and how they convert.
pub struct Each<'a> {
    /// The values.
    pub values: &'a Values,
    /// How.
    pub convert: Convert,
}

impl Each<'_> {
    /// Adds all values, none of them NULL.
    pub fn all(&self, out: &mut Vector) -> Result<()> {
        if !self.fill(&[], 0, out)? {
            for i in 0..self.values.len() {
                self.push(i, out)?;
            }
        }
        Ok(())
    }

    /// Adds all values in one loop over numbers, where that is all there is to do; `def` is empty when none of them is NULL. False, and
    /// nothing added, when they must be looked at one by one, and be it to name the one that is wrong.
    fn fill(&self, def: &[u32], max: u32, out: &mut Vector) -> Result<bool> {
        fn all<T: Copy, N: Number>(from: &[T], def: &[u32], max: u32, out: &mut Vector, f: impl Fn(T) -> N) -> Result<bool> {
            let mut out = out.numbers::<N>()?;
            if def.is_empty() {
                out.extend(from.iter().map(|&v| f(v)));
                return Ok(true);
            }
            let mut values = from.iter();
            for &level in def {
                match values.as_slice().first() {
                    Some(&v) if level == max => {
                        out.push(f(v));
                        values.next();
                    }
                    _ => out.push_null(),
                }
            }
            Ok(true)
        }
        match (self.values, self.convert, out.kind()) {
            (Values::I32(v), Convert::Int(_), Type::Int32) => all(v, def, max, out, |v| v),
            (Values::I32(v), Convert::Int(_), Type::Int8) if within(v, |v| i8::try_from(v).is_ok()) => {
                all(v, def, max, out, |v| v as i8)
            }
            (Values::I32(v), Convert::Int(_), Type::Int16) if within(v, |v| i16::try_from(v).is_ok()) => {
                all(v, def, max, out, |v| v as i16)
            }
            (Values::I32(v), Convert::Int(_), Type::Uint32) => all(v, def, max, out, |v| v as u32),
            (Values::I64(v), Convert::Int(_), Type::Int64) => all(v, def, max, out, |v| v),
            (Values::I64(v), Convert::Int(_), Type::Uint64) => all(v, def, max, out, |v| v as u64),
            (Values::F32(v), Convert::Float, _) => all(v, def, max, out, |v| v),
            (Values::F64(v), Convert::Double, _) => all(v, def, max, out, |v| v),
            (Values::I32(v), Convert::Decimal { .. }, Type::Decimal128) => all(v, def, max, out, i128::from),
            (Values::I64(v), Convert::Decimal { .. }, Type::Decimal128) => all(v, def, max, out, i128::from),
            (Values::I32(v), Convert::Date, _) if within(v, |v| DAYS.contains(&v)) => all(v, def, max, out, |v| v),
            (Values::I64(v), Convert::Time { times, per }, _)
                if within(v, |v| self.micros_of(v, times, per).is_some_and(time_fits)) =>
            {
                all(v, def, max, out, |v| (v * times).div_euclid(per))
            }
            (Values::I64(v), Convert::Datetime { times, per }, _)
                if within(v, |v| self.micros_of(v, times, per).is_some_and(datetime_fits)) =>
            {
                match (times, per) {
                    (1, 1) => all(v, def, max, out, |v| v),
                    _ => all(v, def, max, out, |v| (v * times).div_euclid(per)),
                }
            }
            _ => Ok(false),
        }
    }

    fn micros_of(&self, value: i64, times: i64, per: i64) -> Option<i64> {
        value.checked_mul(times).map(|v| v.div_euclid(per))
    }

    fn int(&self, i: usize) -> Result<i64> {
        match self.values {
            Values::I32(v) => Ok(i64::from(v[i])),
            Values::I64(v) => Ok(v[i]),
            _ => Err(mixed()),
        }
    }

    /// Microseconds of a time or datetime in other units.
    fn micros(&self, i: usize, times: i64, per: i64) -> Result<i64> {
        let value = self.int(i)?;
        self.micros_of(value, times, per).ok_or_else(|| range("time", value))
    }

    /// A date, checked.
    pub fn days(&self, i: usize) -> Result<i32> {
        let days = self.int(i)?;
        i32::try_from(days).ok().filter(|d| DAYS.contains(d)).ok_or_else(|| range("date", format!("day {days} since 1970")))
    }

    /// A time of day in microseconds, checked.
    pub fn time(&self, i: usize, times: i64, per: i64) -> Result<i64> {
        let micros = self.micros(i, times, per)?;
        if time_fits(micros) { Ok(micros) } else { Err(range("time", format!("{micros} µs"))) }
    }

    /// A datetime in microseconds since 1970, checked.
    pub fn datetime(&self, i: usize, times: i64, per: i64) -> Result<i64> {
        datetime(self.micros(i, times, per)?)
    }

    /// The datetime of an INT96: nanoseconds of the day, then the Julian day.
    pub fn int96(&self, i: usize) -> Result<i64> {
        let bytes: [u8; 12] = self.values.bytes(i).try_into().map_err(|_| mixed())?;
        let word = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        let nanos = (u64::from(word(4)) << 32 | u64::from(word(0))) as i64;
        let days = i64::from(word(8) as i32) - JULIAN_EPOCH;
        let micros = days.checked_mul(DAY_MICROS).and_then(|d| d.checked_add(nanos.div_euclid(1000)));
        datetime(micros.ok_or_else(|| range("datetime", days))?)
    }

    /// The unscaled integer of a decimal.
    pub fn unscaled(&self, i: usize) -> Result<[u64; 4]> {
        match self.values {
            Values::Bytes { .. } => decimal::from_be_bytes(self.values.bytes(i))
                .ok_or_else(|| range("decimal", format!("{} bytes", self.values.bytes(i).len()))),
            _ => Ok(decimal::widen(i128::from(self.int(i)?))),
        }
    }

    /// A float of 16 bits.
    pub fn half(&self, i: usize) -> Result<f32> {
        let bytes: [u8; 2] = self.values.bytes(i).try_into().map_err(|_| mixed())?;
        Ok(half(u16::from_le_bytes(bytes)))
    }

    /// Adds value i.
    pub fn push(&self, i: usize, out: &mut Vector) -> Result<()> {
        match self.convert {
            Convert::Bool => match self.values {
                Values::Bool(v) => out.push_bool(v[i])?,
                _ => return Err(mixed()),
            },
            // Unsigned numbers are kept in the signed types of the same width.
            Convert::Int(Type::Uint64) => out.push_uint(self.int(i)? as u64)?,
            Convert::Int(Type::Uint32) => out.push_uint(u64::from(self.int(i)? as u32))?,
            Convert::Int(_) => out.push_int(self.int(i)?)?,
            Convert::Float16 => out.push_float(f64::from(self.half(i)?))?,
            Convert::Float => match self.values {
                Values::F32(v) => out.numbers::<f32>()?.push(v[i]),
                _ => return Err(mixed()),
            },
            Convert::Double => match self.values {
                Values::F64(v) => out.numbers::<f64>()?.push(v[i]),
                _ => return Err(mixed()),
            },
            Convert::Decimal { .. } => out.push_unscaled(self.unscaled(i)?)?,
            Convert::DecimalText { scale } => out.push_str(&decimal::text(self.unscaled(i)?, scale))?,
            Convert::Date => out.numbers::<i32>()?.push(self.days(i)?),
            Convert::Time { times, per } => out.numbers::<i64>()?.push(self.time(i, times, per)?),
            Convert::Datetime { times, per } => out.numbers::<i64>()?.push(self.datetime(i, times, per)?),
            Convert::Int96 => out.numbers::<i64>()?.push(self.int96(i)?),
            Convert::Text(_) => {
                let bytes = self.values.bytes(i);
                if std::str::from_utf8(bytes).is_err() {
                    return Err(not_text(bytes));
                }
                out.push_bytes(bytes)?;
            }
            Convert::Binary => out.push_bytes(self.values.bytes(i))?,
            Convert::Uuid => out.push_str(&uuid(self.values.bytes(i)))?,
            Convert::Json => return Err(mixed()),
        }
        Ok(())
    }
}

fn not_text(bytes: &[u8]) -> Error {
    Error::new(Code::InvalidData, "text is not valid UTF-8").value(bytes.escape_ascii().to_string())
}

/// Tells whether the smallest and the largest value pass a test of the sort that all between them pass then, too.
fn within<T: Copy + Ord>(values: &[T], fits: impl Fn(T) -> bool) -> bool {
    values.iter().copied().min().is_none_or(&fits) && values.iter().copied().max().is_none_or(&fits)
}

/// Tells whether SQL can hold a time.
pub fn time_fits(micros: i64) -> bool {
    (-TIME_MICROS..=TIME_MICROS).contains(&micros)
}

/// Tells whether SQL can hold a datetime.
pub fn datetime_fits(micros: i64) -> bool {
    i32::try_from(micros.div_euclid(DAY_MICROS)).is_ok_and(|days| DAYS.contains(&days))
}

fn datetime(micros: i64) -> Result<i64> {
    if datetime_fits(micros) { Ok(micros) } else { Err(range("datetime", format!("{micros} µs since 1970"))) }
}

/// A float of 16 bits as one of 32.
fn half(bits: u16) -> f32 {
    let sign = if bits & 0x8000 != 0 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f32::from(bits & 0x3ff));
    sign * match exponent {
        0 => fraction * 2f32.powi(-24),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (1024.0 + fraction) * 2f32.powi(exponent - 25),
    }
}

/// The usual text of a UUID.
pub fn uuid(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(36);
    for (i, byte) in bytes.iter().enumerate() {
        if matches!(i, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        for nibble in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_exact() {
        for (bits, want) in
            [(0x3c00, 1.0), (0xc000, -2.0), (0x0001, 2f32.powi(-24)), (0x7bff, 65504.0), (0xfc00, f32::NEG_INFINITY)]
        {
            assert_eq!(half(bits), want);
        }
        assert!(half(0x7e00).is_nan());
    }
}
