//! Decimals as 256-bit two's complement integers of four 64-bit words, least significant first.

/// Most digits a decimal may have.
pub const DIGITS_MAX: usize = 76;

/// Reads digits with an optional sign, point and exponent, rounding half away from zero to `scale`
/// fractional digits. None when it is no number or has too many digits.
pub fn parse(text: &str, scale: u32) -> Option<[u64; 4]> {
    let text = text.trim();
    let (negative, body) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (mantissa, exponent) = match body.find(['e', 'E']) {
        Some(at) => (&body[..at], body[at + 1..].parse::<i32>().ok()?),
        None => (body, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = || whole.bytes().chain(fraction.bytes());
    if whole.len() + fraction.len() == 0 || !digits().all(|b| b.is_ascii_digit()) {
        return None;
    }
    // Digits kept: those before the point once the value is multiplied by 10^(exponent+scale).
    let keep = whole.len() as i64 + i64::from(exponent) + i64::from(scale);
    let mut value = [0u64; 4];
    let mut used = 0usize;
    for (i, digit) in digits().enumerate() {
        let i = i as i64;
        if i > keep || i == keep && digit < b'5' {
            break;
        }
        if i == keep {
            add(&mut value, 1)?;
            break;
        }
        used += usize::from(used > 0 || digit != b'0');
        if used > DIGITS_MAX {
            return None;
        }
        times_ten(&mut value, u64::from(digit - b'0'))?;
    }
    let given = (whole.len() + fraction.len()) as i64;
    for _ in given..keep {
        if value == [0; 4] {
            break;
        }
        used += 1;
        if used > DIGITS_MAX {
            return None;
        }
        times_ten(&mut value, 0)?;
    }
    Some(if negative { negate(value) } else { value })
}

fn times_ten(value: &mut [u64; 4], digit: u64) -> Option<()> {
    let mut carry = u128::from(digit);
    for word in value.iter_mut() {
        let x = u128::from(*word) * 10 + carry;
        *word = x as u64;
        carry = x >> 64;
    }
    (carry == 0 && value[3] >> 63 == 0).then_some(())
}

fn add(value: &mut [u64; 4], n: u64) -> Option<()> {
    let mut carry = n;
    for word in value.iter_mut() {
        let (sum, over) = word.overflowing_add(carry);
        *word = sum;
        carry = u64::from(over);
    }
    (carry == 0 && value[3] >> 63 == 0).then_some(())
}

/// The value with its sign turned.
pub fn negate(value: [u64; 4]) -> [u64; 4] {
    let mut out = value.map(|w| !w);
    for word in &mut out {
        let (sum, over) = word.overflowing_add(1);
        *word = sum;
        if !over {
            break;
        }
    }
    out
}

/// A 128-bit integer as a 256-bit one.
pub fn widen(value: i128) -> [u64; 4] {
    let fill = if value < 0 { u64::MAX } else { 0 };
    [value as u64, (value >> 64) as u64, fill, fill]
}

/// A 256-bit integer as a 128-bit one, when it fits.
pub fn narrow(value: [u64; 4]) -> Option<i128> {
    let low = (u128::from(value[1]) << 64 | u128::from(value[0])) as i128;
    (widen(low) == value).then_some(low)
}

/// A two's complement integer of big-endian bytes, as file formats keep it; None beyond 32 bytes
/// that matter.
pub fn from_be_bytes(bytes: &[u8]) -> Option<[u64; 4]> {
    let negative = bytes.first().is_some_and(|b| b & 0x80 != 0);
    let fill = if negative { 0xff } else { 0 };
    let skip = bytes.len().saturating_sub(32);
    if bytes[..skip].iter().any(|&b| b != fill) || skip > 0 && (bytes[skip] & 0x80 != 0) != negative {
        return None;
    }
    let mut wide = [fill; 32];
    let tail = &bytes[skip..];
    wide[32 - tail.len()..].copy_from_slice(tail);
    let mut out = [0u64; 4];
    for (word, chunk) in out.iter_mut().rev().zip(wide.chunks_exact(8)) {
        *word = chunk.iter().fold(0, |w, &b| w << 8 | u64::from(b));
    }
    Some(out)
}

/// The digits of `value` times 10^-scale.
pub fn text(value: [u64; 4], scale: u32) -> String {
    let negative = value[3] >> 63 == 1;
    let mut rest = if negative { negate(value) } else { value };
    let mut digits = Vec::new();
    while rest != [0; 4] || digits.len() <= scale as usize {
        let mut remainder = 0u128;
        for word in rest.iter_mut().rev() {
            let x = remainder << 64 | u128::from(*word);
            *word = (x / 10) as u64;
            remainder = x % 10;
        }
        if digits.len() == scale as usize && scale > 0 {
            digits.push(b'.');
            digits.push(b'0' + remainder as u8);
            if rest == [0; 4] {
                break;
            }
            continue;
        }
        digits.push(b'0' + remainder as u8);
    }
    if negative {
        digits.push(b'-');
    }
    digits.reverse();
    digits.into_iter().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_come_back_as_they_went_in() {
        for (given, scale, want) in [
            ("0", 0, "0"),
            ("-12.50", 2, "-12.50"),
            ("12.505", 2, "12.51"),
            ("-0.005", 2, "-0.01"),
            ("-0.004", 2, "0.00"),
            (".5", 1, "0.5"),
            ("1e3", 2, "1000.00"),
            ("123e-3", 2, "0.12"),
            ("9.99", 1, "10.0"),
            ("99999999999999999999999999999999999999", 0, "99999999999999999999999999999999999999"),
            ("-1234567890123456789012345678901234567890.123", 3, "-1234567890123456789012345678901234567890.123"),
        ] {
            assert_eq!(text(parse(given, scale).unwrap(), scale), want, "{given}");
        }
    }

    #[test]
    fn what_is_no_decimal_is_refused() {
        for bad in ["", "-", ".", "1x", "1.2.3", "1e", "NaN", &"9".repeat(77)] {
            assert_eq!(parse(bad, 0), None, "{bad}");
        }
    }

    #[test]
    fn big_endian_bytes_are_read_with_their_sign() {
        assert_eq!(from_be_bytes(&[0xff, 0x38]), Some(widen(-200)));
        assert_eq!(from_be_bytes(&[0x00, 0xc8]), Some(widen(200)));
        assert_eq!(from_be_bytes(&[]), Some([0; 4]));
        let mut long = vec![0xff; 40];
        long[39] = 0xfe;
        assert_eq!(from_be_bytes(&long), Some(widen(-2)));
        assert_eq!(from_be_bytes(&[1; 33]), None);
        assert_eq!(narrow(parse("170141183460469231731687303715884105728", 0).unwrap()), None);
    }
}
