//! Numbers from text, without allocation.

/// Parses a signed decimal integer. `None` when the text is not one, or does not fit.
#[inline]
pub fn int64(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    if digits.is_empty() {
        return None;
    }
    if digits.len() > 18 {
        let magnitude = i128::from(wide(digits)?);
        let value = if negative { -magnitude } else { magnitude };
        return i64::try_from(value).ok();
    }
    let mut value = 0i64;
    for &byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + i64::from(digit);
    }
    Some(if negative { -value } else { value })
}

/// Parses a number of at most eight digits, the first of which is in the lowest byte of `word`. None when a byte is
/// no digit. There is no loop: one subtraction finds the digits, three products add them up.
#[inline(always)]
pub fn short_digits(word: u64, length: usize) -> Option<u32> {
    const ZEROS: u64 = 0x3030_3030_3030_3030;
    // Digits move to the high end, and zeros come before them.
    let empty = 64 - 8 * length as u32;
    let digits = (word ^ ZEROS) << empty;
    // A byte above 9 has a bit of the high half set, now or after adding 6.
    if (digits | digits.wrapping_add(0x0606_0606_0606_0606)) & 0xf0f0_f0f0_f0f0_f0f0 != 0 {
        return None;
    }
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = pairs.wrapping_mul(100).wrapping_add(pairs >> 16) & 0x0000_ffff_0000_ffff;
    Some((fours.wrapping_mul(10_000).wrapping_add(fours >> 32) & 0xffff_ffff) as u32)
}

/// Parses an unsigned decimal integer.
pub fn uint64(text: &[u8]) -> Option<u64> {
    match text {
        [b'-', rest @ ..] => wide(rest).filter(|&value| value == 0),
        [b'+', rest @ ..] => wide(rest),
        _ => wide(text),
    }
}

fn wide(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0u64, |value, &byte| {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value.checked_mul(10)?.checked_add(u64::from(digit))
    })
}

/// Powers of ten that a float64 holds exactly.
const EXACT_TENS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21,
    1e22,
];

/// Parses a finite decimal fraction, correctly rounded. `point` is the decimal separator.
#[inline]
pub fn float64(text: &[u8], point: u8) -> Option<f64> {
    let (negative, body) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    // Up to 15 digits and a small scale: both sides of the division are exact, so it rounds once.
    if body.len() <= 16 {
        let mut mantissa = 0u64;
        let mut scale = 0usize;
        let mut seen_point = false;
        let mut digits = 0usize;
        let mut simple = true;
        for &byte in body {
            let digit = byte.wrapping_sub(b'0');
            if digit <= 9 {
                mantissa = mantissa * 10 + u64::from(digit);
                digits += 1;
                scale += usize::from(seen_point);
            } else if byte == point && !seen_point {
                seen_point = true;
            } else {
                simple = false;
                break;
            }
        }
        if simple {
            if digits == 0 {
                return None;
            }
            if digits <= 15 {
                let value = mantissa as f64 / EXACT_TENS[scale];
                return Some(if negative { -value } else { value });
            }
        }
    }
    float_general(text, point)
}

#[cold]
fn float_general(text: &[u8], point: u8) -> Option<f64> {
    // The standard parser also takes words such as "inf" and "nan"; numbers are of these bytes only.
    let digits = text.iter().any(u8::is_ascii_digit);
    let plain = text.iter().all(|&b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'e' | b'E') || b == point);
    if !digits || !plain {
        return None;
    }
    let value: f64 = if point == b'.' {
        std::str::from_utf8(text).ok()?.parse().ok()?
    } else {
        let text: Vec<u8> = text.iter().map(|&b| if b == point { b'.' } else { b }).collect();
        std::str::from_utf8(&text).ok()?.parse().ok()?
    };
    value.is_finite().then_some(value)
}

/// The largest magnitude of a DECIMAL of 38 digits.
pub const DECIMAL_MAX: i128 = 99_999_999_999_999_999_999_999_999_999_999_999_999;

/// Ten to the power of `n`, up to 38.
pub fn ten(n: u32) -> i128 {
    10i128.pow(n.min(38))
}

/// A decimal text taken apart: `digits * 10^-scale`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decimal {
    /// The digits as one integer.
    pub digits: i128,
    /// How many of them stand behind the point.
    pub scale: u32,
}

/// Why a text is no decimal of the scale asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotDecimal {
    /// It is not a number.
    Syntax,
    /// It has more digits than fit.
    TooLarge,
}

/// Parses a decimal number, exponent allowed, with as many fractional digits as it has.
pub fn decimal(text: &[u8], point: u8) -> std::result::Result<Decimal, NotDecimal> {
    let (negative, body) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let (body, exponent) = match body.iter().position(|&b| b == b'e' || b == b'E') {
        Some(at) => (&body[..at], int64(&body[at + 1..]).ok_or(NotDecimal::Syntax)?),
        None => (body, 0),
    };
    let mut digits = 0i128;
    let mut scale = 0i64;
    let mut seen_point = false;
    let mut count = 0usize;
    // Zeros at the end wait here: they need no room unless a digit follows.
    let mut zeros = 0u32;
    for &byte in body {
        let digit = byte.wrapping_sub(b'0');
        if digit <= 9 {
            count += 1;
            scale += i64::from(seen_point);
            if digit == 0 {
                zeros += 1;
                continue;
            }
            digits = shift(digits, zeros + 1).ok_or(NotDecimal::TooLarge)? + i128::from(digit);
            zeros = 0;
        } else if byte == point && !seen_point {
            seen_point = true;
        } else {
            return Err(NotDecimal::Syntax);
        }
    }
    if count == 0 {
        return Err(NotDecimal::Syntax);
    }
    let digits = if negative { -digits } else { digits };
    let scale = scale.saturating_sub(i64::from(zeros)).saturating_sub(exponent);
    if digits == 0 {
        return Ok(Decimal { digits: 0, scale: 0 });
    }
    match scale {
        0..=4096 => Ok(Decimal { digits, scale: scale as u32 }),
        -38..0 => {
            let digits = shift(digits, (-scale) as u32).ok_or(NotDecimal::TooLarge)?;
            Ok(Decimal { digits, scale: 0 })
        }
        i64::MIN..-38 => Err(NotDecimal::TooLarge),
        _ => Ok(Decimal { digits: 0, scale: 0 }),
    }
}

fn shift(digits: i128, places: u32) -> Option<i128> {
    if digits == 0 {
        return Some(0);
    }
    if places > 38 {
        return None;
    }
    digits.checked_mul(ten(places)).filter(|value| value.abs() <= DECIMAL_MAX)
}

/// Parses a number into an integer scaled by `scale`, rounding half away from zero as MySQL does.
pub fn scaled(text: &[u8], point: u8, precision: u32, scale: u32) -> std::result::Result<i128, NotDecimal> {
    let value = decimal(text, point)?;
    let digits = rescale(value, scale).ok_or(NotDecimal::TooLarge)?;
    if digits.abs() >= ten(precision) && precision < 38 || digits.abs() > DECIMAL_MAX {
        return Err(NotDecimal::TooLarge);
    }
    Ok(digits)
}

/// The integer that stands for `value` at `scale`, rounded half away from zero.
pub fn rescale(value: Decimal, scale: u32) -> Option<i128> {
    if value.scale <= scale {
        return shift(value.digits, scale - value.scale);
    }
    let places = value.scale - scale;
    if places > 38 {
        return Some(0);
    }
    let unit = ten(places);
    let (quotient, rest) = (value.digits / unit, value.digits % unit);
    let up = i128::from(rest.abs() >= unit - rest.abs());
    Some(quotient + up * value.digits.signum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_keep_their_bounds() {
        let cases: &[(&str, Option<i64>)] = &[
            ("0", Some(0)),
            ("-0", Some(0)),
            ("+7", Some(7)),
            ("007", Some(7)),
            ("123456789012345678", Some(123456789012345678)),
            ("9223372036854775807", Some(i64::MAX)),
            ("9223372036854775808", None),
            ("-9223372036854775808", Some(i64::MIN)),
            ("-9223372036854775809", None),
            ("99999999999999999999999", None),
            ("", None),
            ("-", None),
            ("1a", None),
            ("1 ", None),
            ("--1", None),
            ("1.0", None),
        ];
        for (text, want) in cases {
            assert_eq!(int64(text.as_bytes()), *want, "{text}");
        }
        assert_eq!(uint64(b"18446744073709551615"), Some(u64::MAX));
        assert_eq!(uint64(b"18446744073709551616"), None);
        assert_eq!(uint64(b"-1"), None);
        assert_eq!(uint64(b"-0"), Some(0));
    }

    #[test]
    fn short_digits_are_what_the_loop_reads() {
        for text in ["0", "7", "42", "517", "2013", "99999", "123456", "9999999", "12345678", "00000001"] {
            let mut bytes = *b"\xff,:/9\xff\x00a";
            bytes[..text.len()].copy_from_slice(text.as_bytes());
            let word = u64::from_le_bytes(bytes);
            assert_eq!(short_digits(word, text.len()).map(i64::from), int64(text.as_bytes()), "{text}");
        }
        for length in 1..=8 {
            for at in 0..length {
                for byte in (0..=255u8).filter(|b| !b.is_ascii_digit()) {
                    let mut bytes = *b"98765432";
                    bytes[at] = byte;
                    assert_eq!(short_digits(u64::from_le_bytes(bytes), length), None, "{byte} at {at} of {length}");
                }
            }
        }
    }

    #[test]
    fn fractions_are_those_of_the_standard_parser() {
        for text in [
            "0",
            "-0.0",
            "1.5",
            ".5",
            "5.",
            "0.1",
            "3.14159",
            "1e10",
            "1E-5",
            "1.7976931348623157e308",
            "123456789012345",
            "1234567890123456",
            "0.000000000000001",
            "9007199254740993",
            "5e-324",
            "0.1234567890123456789",
            "1e22",
            "1e23",
            "8.41",
            "-117.5",
        ] {
            let want: f64 = text.parse().unwrap();
            let got = float64(text.as_bytes(), b'.').unwrap();
            assert_eq!(got.to_bits(), want.to_bits(), "{text}");
        }
        for text in ["", ".", "-", "+.", "e5", "1e", "nan", "inf", "1e999", "1.2.3", "1,5", "0x1", "1_0", "infinity"] {
            assert_eq!(float64(text.as_bytes(), b'.'), None, "{text}");
        }
        assert_eq!(float64(b"1,5", b','), Some(1.5));
        assert_eq!(float64(b"-1,5e3", b','), Some(-1500.0));
        assert_eq!(float64(b"1.5", b','), None);
    }

    #[test]
    fn decimals_round_half_away_from_zero() {
        let cases: &[(&str, u32, u32, std::result::Result<i128, NotDecimal>)] = &[
            ("12.345", 10, 2, Ok(1235)),
            ("-12.345", 10, 2, Ok(-1235)),
            ("12.344", 10, 2, Ok(1234)),
            ("12", 10, 2, Ok(1200)),
            ("1e3", 10, 2, Ok(100000)),
            ("1.5e-2", 10, 3, Ok(15)),
            ("0.00000000000000000000000000000000000000000000001", 10, 2, Ok(0)),
            ("100000000", 10, 2, Err(NotDecimal::TooLarge)),
            ("99999999.99", 10, 2, Ok(9999999999)),
            ("99999999.995", 10, 2, Err(NotDecimal::TooLarge)),
            ("99999999999999999999999999999999999999", 38, 0, Ok(DECIMAL_MAX)),
            ("999999999999999999999999999999999999999", 38, 0, Err(NotDecimal::TooLarge)),
            ("1e400000000000000000000", 10, 2, Err(NotDecimal::Syntax)),
            ("1e9999", 10, 2, Err(NotDecimal::TooLarge)),
            ("1e-9999", 10, 2, Ok(0)),
            ("0e9999", 10, 2, Ok(0)),
            ("1.", 10, 2, Ok(100)),
            (".", 10, 2, Err(NotDecimal::Syntax)),
            ("a", 10, 2, Err(NotDecimal::Syntax)),
            ("", 10, 2, Err(NotDecimal::Syntax)),
        ];
        for (text, precision, scale, want) in cases {
            assert_eq!(scaled(text.as_bytes(), b'.', *precision, *scale), *want, "{text}");
        }
    }
}
