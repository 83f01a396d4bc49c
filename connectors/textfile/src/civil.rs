//! Dates, times and datetimes from text, and back.

/// Microseconds of a day.
pub const DAY_MICROS: i64 = 86_400_000_000;

/// Largest magnitude of a TIME, in microseconds: 838:59:59.
const TIME_MICROS_MAX: i64 = (838 * 3600 + 59 * 60 + 59) * 1_000_000;

/// Days since 1970-01-01 of a proleptic Gregorian date; `None` when there is no such day in years 0 to 9999.
#[inline]
pub fn days(year: u32, month: u32, day: u32) -> Option<i32> {
    if month.wrapping_sub(1) > 11 || day.wrapping_sub(1) > 27 && !(day > 0 && day <= month_days(year, month)) {
        return None;
    }
    if year > 9999 {
        return None;
    }
    // Years from March, so that the leap day is the last of its year.
    let y = year as i32 - i32::from(month <= 2);
    let era = y.div_euclid(400);
    let year_of_era = y - era * 400;
    let month_from_march = (month as i32 + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day as i32 - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

fn month_days(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Year, month and day of a day number.
pub fn date_of(days: i32) -> (i32, u32, u32) {
    let z = i64::from(days) + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * month_from_march + 2) / 5 + 1) as u32;
    let month = ((month_from_march + 2) % 12 + 1) as u32;
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year as i32, month, day)
}

#[inline]
fn two(text: &[u8]) -> Option<u32> {
    let (high, low) = (text[0].wrapping_sub(b'0'), text[1].wrapping_sub(b'0'));
    (high <= 9 && low <= 9).then(|| u32::from(high) * 10 + u32::from(low))
}

/// Parses `YYYY-MM-DD` as days since 1970-01-01.
#[inline]
pub fn date(text: &[u8]) -> Option<i32> {
    if text.len() != 10 || text[4] != b'-' || text[7] != b'-' {
        return None;
    }
    let year = two(&text[0..2])? * 100 + two(&text[2..4])?;
    days(year, two(&text[5..7])?, two(&text[8..10])?)
}

/// Parses `[-]H…H:MM[:SS[.ffffff]]` as microseconds.
pub fn time(text: &[u8]) -> Option<i64> {
    let (negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    let colon = text.iter().take(4).position(|&b| b == b':')?;
    let hours = match colon {
        0 => return None,
        1 if text[0].is_ascii_digit() => u32::from(text[0] - b'0'),
        2 => two(text)?,
        3 if text[0].is_ascii_digit() => u32::from(text[0] - b'0') * 100 + two(&text[1..])?,
        _ => return None,
    };
    let micros = i64::from(hours) * 3_600_000_000 + minutes(&text[colon + 1..])?;
    (micros <= TIME_MICROS_MAX).then_some(if negative { -micros } else { micros })
}

/// Microseconds of `MM[:SS[.ffffff]]`.
#[inline]
fn minutes(text: &[u8]) -> Option<i64> {
    if text.len() < 2 {
        return None;
    }
    let minute = two(text)?;
    let mut micros = i64::from(minute) * 60_000_000;
    if minute > 59 {
        return None;
    }
    match &text[2..] {
        [] => {}
        [b':', rest @ ..] if rest.len() >= 2 => {
            let second = two(rest)?;
            if second > 59 {
                return None;
            }
            micros += i64::from(second) * 1_000_000 + fraction(&rest[2..])?;
        }
        _ => return None,
    }
    Some(micros)
}

/// Microseconds of `` or `.f…f`; digits behind the sixth are dropped as far as they are digits.
#[inline]
fn fraction(text: &[u8]) -> Option<i64> {
    let digits = match text {
        [] => return Some(0),
        [b'.' | b',', rest @ ..] if !rest.is_empty() && rest.len() <= 9 => rest,
        _ => return None,
    };
    let mut micros = 0i64;
    let mut unit = 100_000i64;
    for &byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        micros += i64::from(digit) * unit;
        unit /= 10;
    }
    Some(micros)
}

/// Parses `YYYY-MM-DD[{T| }HH:MM[:SS[.ffffff]][{Z|+HH[:]MM|-HH[:]MM}]]` as microseconds since
/// 1970-01-01T00:00:00. A zone moves the value to UTC.
#[inline]
pub fn datetime(text: &[u8]) -> Option<i64> {
    if text.len() < 10 {
        return None;
    }
    let midnight = i64::from(date(&text[..10])?) * DAY_MICROS;
    let rest = &text[10..];
    if rest.is_empty() {
        return Some(midnight);
    }
    if rest.len() < 6 || !matches!(rest[0], b'T' | b' ' | b't') || rest[3] != b':' {
        return None;
    }
    let hour = two(&rest[1..3])?;
    if hour > 23 {
        return None;
    }
    let (clock, zone_micros) = zone(&rest[4..])?;
    Some(midnight + i64::from(hour) * 3_600_000_000 + minutes(clock)? - zone_micros)
}

/// Splits a zone off the end of a clock text: the rest, and how far the zone is ahead of UTC.
#[inline]
fn zone(text: &[u8]) -> Option<(&[u8], i64)> {
    match text.iter().position(|b| matches!(b, b'Z' | b'z' | b'+' | b'-')) {
        None => Some((text, 0)),
        Some(at) => {
            let (clock, zone) = text.split_at(at);
            let ahead = match zone {
                [b'Z' | b'z'] => 0,
                [_, hours @ .., b':', m1, m2] if hours.len() == 2 => offset(two(hours)?, two(&[*m1, *m2])?)?,
                [_, hours @ .., m1, m2] if hours.len() == 2 => offset(two(hours)?, two(&[*m1, *m2])?)?,
                [_, hours @ ..] if hours.len() == 2 => offset(two(hours)?, 0)?,
                _ => return None,
            };
            Some((clock, if zone[0] == b'-' { -ahead } else { ahead }))
        }
    }
}

fn offset(hours: u32, minutes: u32) -> Option<i64> {
    (hours <= 14 && minutes <= 59).then(|| i64::from(hours * 60 + minutes) * 60_000_000)
}

/// A date or datetime format of a file, such as `%d.%m.%Y` or `%m/%d/%Y %H:%M`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Format {
    parts: Vec<Part>,
    /// True when the format has an hour.
    pub clock: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Byte(u8),
    Year,
    ShortYear,
    Month,
    MonthName,
    Day,
    Hour,
    HalfDayHour,
    HalfDay,
    Minute,
    Second,
    Fraction,
    Zone,
}

const MONTHS: [&[u8; 3]; 12] = [b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"];

impl Format {
    /// Reads a format of `%Y %y %m %b %d %H %I %p %M %S %f %z %%` and other bytes that stand for themselves.
    /// The error is the part that is not known.
    pub fn parse(text: &str) -> std::result::Result<Self, String> {
        let mut parts = Vec::new();
        let mut bytes = text.bytes();
        while let Some(byte) = bytes.next() {
            if byte != b'%' {
                parts.push(Part::Byte(byte));
                continue;
            }
            parts.push(match bytes.next() {
                Some(b'Y') => Part::Year,
                Some(b'y') => Part::ShortYear,
                Some(b'm') => Part::Month,
                Some(b'b') => Part::MonthName,
                Some(b'd') => Part::Day,
                Some(b'H') => Part::Hour,
                Some(b'I') => Part::HalfDayHour,
                Some(b'p') => Part::HalfDay,
                Some(b'M') => Part::Minute,
                Some(b'S') => Part::Second,
                Some(b'f') => Part::Fraction,
                Some(b'z') => Part::Zone,
                Some(b'%') => Part::Byte(b'%'),
                other => return Err(format!("%{}", other.map(char::from).unwrap_or_default())),
            });
        }
        let has = |part| parts.contains(&part);
        if !(has(Part::Year) || has(Part::ShortYear)) || !(has(Part::Month) || has(Part::MonthName)) || !has(Part::Day) {
            return Err("no year, month and day".to_string());
        }
        let clock = has(Part::Hour) || has(Part::HalfDayHour);
        Ok(Format { parts, clock })
    }

    /// Parses a text of this format as microseconds since 1970-01-01T00:00:00.
    pub fn micros(&self, text: &[u8]) -> Option<i64> {
        let (mut year, mut month, mut day) = (0, 0, 0);
        let (mut hour, mut minute, mut second, mut micros) = (0, 0, 0, 0i64);
        let (mut afternoon, mut ahead) = (None, 0i64);
        let mut rest = text;
        for part in &self.parts {
            match part {
                Part::Byte(byte) => rest = rest.strip_prefix(&[*byte][..])?,
                Part::Year => year = take(&mut rest, 4, 4)?,
                Part::ShortYear => {
                    let short = take(&mut rest, 2, 2)?;
                    year = if short < 70 { 2000 + short } else { 1900 + short };
                }
                Part::Month => month = take(&mut rest, 1, 2)?,
                Part::MonthName => {
                    let name = rest.get(..3)?.to_ascii_lowercase();
                    month = MONTHS.iter().position(|m| m[..] == name[..])? as u32 + 1;
                    rest = &rest[3..];
                }
                Part::Day => day = take(&mut rest, 1, 2)?,
                Part::Hour => hour = take(&mut rest, 1, 2).filter(|&h| h < 24)?,
                Part::HalfDayHour => hour = take(&mut rest, 1, 2).filter(|&h| (1..=12).contains(&h))? % 12,
                Part::HalfDay => {
                    afternoon = Some(match rest.get(..2)?.to_ascii_lowercase()[..] {
                        [b'a', b'm'] => false,
                        [b'p', b'm'] => true,
                        _ => return None,
                    });
                    rest = &rest[2..];
                }
                Part::Minute => minute = take(&mut rest, 1, 2).filter(|&m| m < 60)?,
                Part::Second => second = take(&mut rest, 1, 2).filter(|&s| s < 60)?,
                Part::Fraction => {
                    let digits = rest.iter().take(9).take_while(|b| b.is_ascii_digit()).count();
                    let padded = [b".", &rest[..digits]].concat();
                    micros = fraction(&padded)?;
                    rest = &rest[digits..];
                }
                Part::Zone => {
                    let (clock, zone_micros) = zone(rest)?;
                    if !clock.is_empty() {
                        return None;
                    }
                    ahead = zone_micros;
                    rest = clock;
                }
            }
        }
        if !rest.is_empty() {
            return None;
        }
        if afternoon == Some(true) && hour < 12 {
            hour += 12;
        }
        let seconds = i64::from(hour * 3600 + minute * 60 + second);
        Some(i64::from(days(year, month, day)?) * DAY_MICROS + seconds * 1_000_000 + micros - ahead)
    }
}

fn take(text: &mut &[u8], least: usize, most: usize) -> Option<u32> {
    let count = text.iter().take(most).take_while(|b| b.is_ascii_digit()).count();
    if count < least {
        return None;
    }
    let value = text[..count].iter().fold(0, |value, b| value * 10 + u32::from(b - b'0'));
    *text = &text[count..];
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_every_year_comes_back() {
        let first = days(0, 1, 1).unwrap();
        let last = days(9999, 12, 31).unwrap();
        assert_eq!((first, last), (-719_528, 2_932_896));
        for day in first..=last {
            let (year, month, of_month) = date_of(day);
            assert_eq!(days(year as u32, month, of_month), Some(day));
        }
        assert_eq!(days(1970, 1, 1), Some(0));
        assert_eq!(days(1900, 2, 29), None);
        assert_eq!(days(2000, 2, 29), Some(11_016));
        assert_eq!(days(2013, 4, 31), None);
        assert_eq!(days(2013, 0, 1), None);
        assert_eq!(days(2013, 1, 0), None);
        assert_eq!(days(2013, 13, 1), None);
    }

    #[test]
    fn datetimes_of_both_flights_files() {
        let want = (days(2013, 1, 1).unwrap() as i64) * DAY_MICROS + 10 * 3_600_000_000;
        for text in [
            "2013-01-01T10:00:00Z",
            "2013-01-01 10:00:00",
            "2013-01-01T10:00",
            "2013-01-01 10:00:00.000000",
            "2013-01-01T05:00:00-05:00",
            "2013-01-01T12:00:00+0200",
            "2013-01-01T12:00+02",
        ] {
            assert_eq!(datetime(text.as_bytes()), Some(want), "{text}");
        }
        assert_eq!(datetime(b"2013-01-01 10:00:00.5"), Some(want + 500_000));
        assert_eq!(datetime(b"2013-01-01 10:00:00.1234567"), Some(want + 123_456));
        for text in [
            "",
            "2013",
            "2013-1-1",
            "2013-01-01x",
            "2013-01-01T",
            "2013-01-01T10",
            "2013-01-01T24:00:00",
            "2013-01-01T10:60",
            "2013-01-01T10:00:60",
            "2013-01-01T10:00:00.",
            "2013-01-01T10:00:00Zx",
            "2013-02-30T10:00:00",
            "2013-01-01T10:00:00+99:00",
            "2013-01-01T10:0",
            "2013-01-01 10:00:00+",
        ] {
            assert_eq!(datetime(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn times_reach_838_hours() {
        assert_eq!(time(b"838:59:59"), Some(TIME_MICROS_MAX));
        assert_eq!(time(b"-838:59:59"), Some(-TIME_MICROS_MAX));
        assert_eq!(time(b"1:02"), Some(3_720_000_000));
        assert_eq!(time(b"01:02:03.25"), Some(3_723_250_000));
        for text in ["", ":", "839:00:00", "838:59:59.5", "1", "1:2", "01:60", "01:02:60", "a:00", "0001:00", "12:00:", "1a:00"] {
            assert_eq!(time(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn formats_of_the_file() {
        let us = Format::parse("%m/%d/%Y %I:%M:%S %p").unwrap();
        assert!(us.clock);
        assert_eq!(us.micros(b"1/31/2013 12:05:06 am"), datetime(b"2013-01-31 00:05:06"));
        assert_eq!(us.micros(b"01/31/2013 12:05:06 PM"), datetime(b"2013-01-31 12:05:06"));
        assert_eq!(us.micros(b"01/31/2013 13:05:06 PM"), None);
        let german = Format::parse("%d.%m.%y").unwrap();
        assert!(!german.clock);
        assert_eq!(german.micros(b"31.1.13"), datetime(b"2013-01-31"));
        assert_eq!(german.micros(b"31.1.13x"), None);
        assert_eq!(german.micros(b"30.2.13"), None);
        let named = Format::parse("%d-%b-%Y%z").unwrap();
        assert_eq!(named.micros(b"02-Jan-2013+01:00"), datetime(b"2013-01-01 23:00"));
        assert_eq!(Format::parse("%Q").unwrap_err(), "%Q");
        assert!(Format::parse("%d.%m").is_err());
    }
}
