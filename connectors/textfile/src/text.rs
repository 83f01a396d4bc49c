//! [`Text`]: the bytes of one value, and how values of each type are read from them.

use crate::civil;
use crate::formats::fits_scale;
use crate::number;
use crate::token::Token;

/// A value of the window, with the bytes behind it, so that short ones are read as one word.
#[derive(Clone, Copy)]
pub struct Text<'a> {
    /// The value.
    pub bytes: &'a [u8],
    /// The first eight bytes, whatever they are; zero when the window ends before.
    word: u64,
}

impl<'a> Text<'a> {
    /// The value of a token.
    #[inline(always)]
    pub fn of(token: Token, window: &'a [u8]) -> Self {
        let rest = &window[token.start()..];
        let word = rest.first_chunk::<8>().map_or(0, |chunk| u64::from_le_bytes(*chunk));
        Text { bytes: &rest[..token.len()], word }
    }

    /// A text of its own: nothing is known of the bytes behind it.
    pub fn alone(bytes: &'a [u8]) -> Self {
        let mut word = [0; 8];
        let length = bytes.len().min(8);
        word[..length].copy_from_slice(&bytes[..length]);
        Text { bytes, word: u64::from_le_bytes(word) }
    }

    /// The value as an integer.
    #[inline(always)]
    pub fn int64(self) -> Option<i64> {
        let length = self.bytes.len();
        if length.wrapping_sub(1) < 8 {
            if let Some(value) = number::short_digits(self.word, length) {
                return Some(i64::from(value));
            }
            if self.word as u8 != b'-' {
                return None;
            }
            if length > 1 {
                return number::short_digits(self.word >> 8, length - 1).map(|value| -i64::from(value));
            }
        }
        number::int64(self.bytes)
    }
}

/// Appends bytes of the window; short ones by a copy of fixed length, which needs no call.
#[inline(always)]
pub fn append(to: &mut Vec<u8>, window: &[u8], start: usize, length: usize) {
    const SHORT: usize = 16;
    if length <= SHORT
        && let Some(wide) = window[start..].first_chunk::<SHORT>()
    {
        let before = to.len();
        to.extend_from_slice(wide);
        to.truncate(before + length);
        return;
    }
    to.extend_from_slice(&window[start..start + length]);
}

/// Tells at which byte a text stops being UTF-8.
pub fn valid_utf8(text: &[u8]) -> std::result::Result<(), String> {
    match std::str::from_utf8(text) {
        Ok(_) => Ok(()),
        Err(error) => {
            let at = error.valid_up_to();
            Err(format!("is not UTF-8: byte 0x{:02x} at position {} of the value", text[at], at + 1))
        }
    }
}

/// Number of characters of a UTF-8 text.
pub fn chars(text: &[u8]) -> usize {
    text.iter().filter(|&&byte| byte & 0xc0 != 0x80).count()
}

/// Reads a truth value as files write them.
pub fn boolean(text: &[u8]) -> Option<bool> {
    match text {
        b"1" | b"true" | b"TRUE" | b"True" | b"t" | b"T" | b"yes" | b"YES" | b"Yes" | b"y" | b"Y" => Some(true),
        b"0" | b"false" | b"FALSE" | b"False" | b"f" | b"F" | b"no" | b"NO" | b"No" | b"n" | b"N" => Some(false),
        _ => None,
    }
}

/// Reads a MEDIUMINT.
pub fn int24(text: &[u8]) -> Option<i32> {
    number::int64(text).filter(|v| (-(1 << 23)..1 << 23).contains(v)).map(|v| v as i32)
}

/// Reads an unsigned MEDIUMINT.
pub fn uint24(text: &[u8]) -> Option<u32> {
    number::uint64(text).filter(|v| *v < 1 << 24).map(|v| v as u32)
}

/// Reads a FLOAT.
#[inline]
pub fn float32(text: &[u8], point: u8) -> Option<f32> {
    let value = number::float64(text, point)? as f32;
    value.is_finite().then_some(value)
}

/// Reads a TIME of a scale.
pub fn time(text: &[u8], scale: u8) -> Option<i64> {
    civil::time(text).filter(|micros| fits_scale(*micros, scale))
}

/// Reads a YEAR.
pub fn year(text: &[u8]) -> Option<u16> {
    let value = number::int64(text)?;
    (value == 0 || (1901..=2155).contains(&value)).then_some(value as u16)
}
