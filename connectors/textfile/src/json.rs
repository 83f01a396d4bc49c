//! JSON text: where a value ends, and whether it is one.

/// Deepest nesting of a value.
pub const DEPTH_MAX: usize = 512;

/// Why a value cannot be read, and at which byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// The bytes end inside the value: more are needed.
    More,
    /// Something else was expected here.
    Expected(usize, &'static str),
    /// It is nested deeper than [`DEPTH_MAX`].
    Deep(usize),
    /// A control character inside a string.
    Control(usize),
    /// A backslash followed by something that is no escape.
    Escape(usize),
}

impl Stop {
    /// What to tell, and at which byte.
    pub fn explain(self, length: usize) -> (String, usize) {
        match self {
            Stop::More => ("the text ends inside a value".into(), length),
            Stop::Expected(at, what) => (format!("expected {what}"), at),
            Stop::Deep(at) => (format!("nested deeper than {DEPTH_MAX} levels"), at),
            Stop::Control(at) => ("a control character inside a string".into(), at),
            Stop::Escape(at) => ("an unknown escape inside a string".into(), at),
        }
    }
}

/// Position behind white space.
#[inline(always)]
pub fn space(bytes: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\r' | b'\t') = bytes.get(at) {
        at += 1;
    }
    at
}

/// Finds the end of the string whose first byte behind the quote is at `at`: the position of the closing
/// quote, and whether there are escapes.
#[inline]
pub fn string(bytes: &[u8], mut at: usize) -> Result<(usize, bool), Stop> {
    let mut escaped = false;
    loop {
        // Eight bytes at a time, up to the first that is a quote, a backslash or a control character.
        while let Some(word) = bytes.get(at..at + 8) {
            let word = u64::from_le_bytes([word[0], word[1], word[2], word[3], word[4], word[5], word[6], word[7]]);
            let stops = special(word);
            if stops != 0 {
                at += stops.trailing_zeros() as usize / 8;
                break;
            }
            at += 8;
        }
        match bytes.get(at) {
            None => return Err(Stop::More),
            Some(b'"') => return Ok((at, escaped)),
            Some(b'\\') => {
                escaped = true;
                at = escape(bytes, at)?;
            }
            Some(0..=0x1f) => return Err(Stop::Control(at)),
            Some(_) => at += 1,
        }
    }
}

/// The high bit of each byte that is a quote, a backslash or a control character. Bytes behind the first
/// such byte may be marked wrongly.
#[inline(always)]
fn special(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let zero = |word: u64| word.wrapping_sub(ONES) & !word;
    let quote = zero(word ^ (ONES * b'"' as u64));
    let backslash = zero(word ^ (ONES * b'\\' as u64));
    let control = word.wrapping_sub(ONES * 0x20) & !word;
    (quote | backslash | control) & HIGH
}

fn escape(bytes: &[u8], at: usize) -> Result<usize, Stop> {
    match bytes.get(at + 1) {
        None => Err(Stop::More),
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(at + 2),
        Some(b'u') => {
            for place in at + 2..at + 6 {
                match bytes.get(place) {
                    None => return Err(Stop::More),
                    Some(byte) if byte.is_ascii_hexdigit() => {}
                    Some(_) => return Err(Stop::Escape(at)),
                }
            }
            Ok(at + 6)
        }
        Some(_) => Err(Stop::Escape(at)),
    }
}

/// Finds the end of a number. A number that reaches the end of the bytes may go on, unless `last`.
#[inline]
pub fn number(bytes: &[u8], start: usize, last: bool) -> Result<usize, Stop> {
    let mut at = start;
    let mut simple = true;
    if bytes.get(at) == Some(&b'-') {
        at += 1;
    }
    let first = at;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'0'..=b'9' => {}
            b'.' | b'e' | b'E' | b'+' | b'-' => simple = false,
            _ => break,
        }
        at += 1;
    }
    if at == bytes.len() && !last {
        return Err(Stop::More);
    }
    let digits = &bytes[first..at];
    let zero = digits.len() > 1 && digits[0] == b'0' && digits[1].is_ascii_digit();
    if digits.is_empty() || !digits[0].is_ascii_digit() || zero || !simple && !fraction(digits) {
        return Err(Stop::Expected(start, "a number"));
    }
    Ok(at)
}

/// True for digits, a point with digits and an exponent with digits, the last two optional.
fn fraction(text: &[u8]) -> bool {
    let digits = |text: &[u8]| text.iter().take_while(|b| b.is_ascii_digit()).count();
    let mut rest = &text[digits(text)..];
    if let [b'.', tail @ ..] = rest {
        let count = digits(tail);
        if count == 0 {
            return false;
        }
        rest = &tail[count..];
    }
    if let [b'e' | b'E', tail @ ..] = rest {
        let tail = match tail {
            [b'+' | b'-', tail @ ..] => tail,
            _ => tail,
        };
        let count = digits(tail);
        return count > 0 && count == tail.len();
    }
    rest.is_empty()
}

/// Checks one of the words `true`, `false` and `null`.
#[inline]
pub fn word(bytes: &[u8], at: usize, word: &'static [u8]) -> Result<usize, Stop> {
    let have = &bytes[at..bytes.len().min(at + word.len())];
    if have == word {
        return Ok(at + word.len());
    }
    if word.starts_with(have) {
        return Err(Stop::More);
    }
    Err(Stop::Expected(at, "a value"))
}

/// Position behind the value at `at`, checked throughout.
pub fn skip(bytes: &[u8], at: usize, last: bool) -> Result<usize, Stop> {
    // One bit a level: set inside an object.
    let mut objects = [0u64; DEPTH_MAX / 64];
    let mut depth = 0usize;
    let mut at = space(bytes, at);
    loop {
        // A value begins here.
        let end = match bytes.get(at) {
            None => return Err(Stop::More),
            Some(b'"') => string(bytes, at + 1)?.0 + 1,
            Some(b't') => word(bytes, at, b"true")?,
            Some(b'f') => word(bytes, at, b"false")?,
            Some(b'n') => word(bytes, at, b"null")?,
            Some(b'-' | b'0'..=b'9') => number(bytes, at, last)?,
            Some(open @ (b'{' | b'[')) => {
                if depth == DEPTH_MAX {
                    return Err(Stop::Deep(at));
                }
                let object = *open == b'{';
                let bit = 1u64 << (depth % 64);
                objects[depth / 64] = objects[depth / 64] & !bit | if object { bit } else { 0 };
                depth += 1;
                at = space(bytes, at + 1);
                match bytes.get(at) {
                    None => return Err(Stop::More),
                    Some(b'}') if object => {
                        depth -= 1;
                        at + 1
                    }
                    Some(b']') if !object => {
                        depth -= 1;
                        at + 1
                    }
                    Some(_) if object => {
                        at = name(bytes, at)?;
                        continue;
                    }
                    Some(_) => continue,
                }
            }
            Some(_) => return Err(Stop::Expected(at, "a value")),
        };
        at = end;
        // A value ended here: go on with the containers around it.
        loop {
            if depth == 0 {
                return Ok(at);
            }
            at = space(bytes, at);
            let object = objects[(depth - 1) / 64] >> ((depth - 1) % 64) & 1 == 1;
            match bytes.get(at) {
                None => return Err(Stop::More),
                Some(b',') => {
                    at = space(bytes, at + 1);
                    if object {
                        at = name(bytes, at)?;
                    }
                    break;
                }
                Some(b'}') if object => {}
                Some(b']') if !object => {}
                Some(_) => return Err(Stop::Expected(at, if object { "a comma or }" } else { "a comma or ]" })),
            }
            depth -= 1;
            at += 1;
        }
    }
}

/// Position of the value behind the name at `at`.
fn name(bytes: &[u8], at: usize) -> Result<usize, Stop> {
    match bytes.get(at) {
        None => return Err(Stop::More),
        Some(b'"') => {}
        Some(_) => return Err(Stop::Expected(at, "a name in double quotes")),
    }
    let (end, _) = string(bytes, at + 1)?;
    let colon = space(bytes, end + 1);
    match bytes.get(colon) {
        None => Err(Stop::More),
        Some(b':') => Ok(space(bytes, colon + 1)),
        Some(_) => Err(Stop::Expected(colon, "a colon")),
    }
}

/// Checks that a text is one JSON value.
pub fn check(text: &[u8]) -> Result<(), String> {
    let end = skip(text, 0, true).and_then(|end| match space(text, end) {
        end if end == text.len() => Ok(()),
        end => Err(Stop::Expected(end, "the end")),
    });
    end.map_err(|stop| {
        let (what, at) = stop.explain(text.len());
        format!("{what} at position {}", at + 1)
    })
}

/// Writes the text between the quotes of a string, escapes undone.
pub fn unescape(text: &[u8], into: &mut Vec<u8>) -> Result<(), String> {
    let mut rest = text;
    while let Some(at) = rest.iter().position(|&byte| byte == b'\\') {
        into.extend_from_slice(&rest[..at]);
        let code = *rest.get(at + 1).ok_or("ends inside an escape")?;
        rest = &rest[at + 2..];
        into.push(match code {
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                let character = unicode(&mut rest)?;
                into.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                continue;
            }
            other => other,
        });
    }
    into.extend_from_slice(rest);
    Ok(())
}

/// Reads the digits behind `\u`, and the second half of a pair.
fn unicode(rest: &mut &[u8]) -> Result<char, String> {
    let high = hex(rest)?;
    let code = match high {
        0xd800..=0xdbff => {
            let lone = || format!("has the lone surrogate \\u{high:04x}");
            *rest = rest.strip_prefix(b"\\u").ok_or_else(lone)?;
            let low = hex(rest)?;
            if !(0xdc00..=0xdfff).contains(&low) {
                return Err(lone());
            }
            0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00)
        }
        code => code,
    };
    char::from_u32(code).ok_or_else(|| format!("has the lone surrogate \\u{code:04x}"))
}

fn hex(rest: &mut &[u8]) -> Result<u32, String> {
    let digits = rest.get(..4).and_then(|d| std::str::from_utf8(d).ok()).ok_or("ends inside an escape")?;
    let code = u32::from_str_radix(digits, 16).map_err(|_| "has an escape without four digits")?;
    *rest = &rest[4..];
    Ok(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_end_where_they_end() {
        for text in [
            "1",
            "-0.5e+3",
            "0",
            "true",
            "null",
            "\"\"",
            "\"a\\\"b\\u00e9\"",
            "[]",
            "{}",
            "[1,[2,{\"a\":[]}],\"]\"]",
            "{\"a\":{\"b\":{}},\"c\":[{}]}",
            " [ 1 , 2 ] ",
            "{ \"a\" : 1 }",
        ] {
            assert_eq!(check(text.as_bytes()), Ok(()), "{text}");
            let value = text.trim();
            let end = skip(value.as_bytes(), 0, true);
            assert_eq!(end, Ok(value.len()), "{text}");
            // Every beginning of it asks for more, or is a shorter number.
            for cut in 0..value.len() {
                let got = skip(&value.as_bytes()[..cut], 0, false);
                assert_eq!(got, Err(Stop::More), "{text} cut at {cut}");
            }
        }
        for text in [
            "",
            "tru",
            "truf",
            "nul1",
            "01",
            "-",
            "1.",
            "1e",
            ".5",
            "+1",
            "\"\\x\"",
            "\"\\u12g4\"",
            "\"\n\"",
            "[1,]",
            "[1 2]",
            "[}",
            "{]",
            "{\"a\"}",
            "{\"a\":}",
            "{a:1}",
            "{\"a\":1,}",
            "1 2",
            "[1]]",
            "'a'",
            "--1",
            "1.2.3",
        ] {
            assert!(check(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(check(nested(DEPTH_MAX).as_bytes()), Ok(()));
        let text = check(nested(DEPTH_MAX + 1).as_bytes()).unwrap_err();
        assert_eq!(text, "nested deeper than 512 levels at position 513");
        assert!(check("[".repeat(1 << 20).as_bytes()).is_err());
    }

    #[test]
    fn escapes_are_undone() {
        for (text, want) in [
            ("plain", Ok("plain")),
            (r#"\"\\\/\b\f\n\r\t"#, Ok("\"\\/\u{8}\u{c}\n\r\t")),
            (r"\u0041\u00e9\u20ac", Ok("Aé€")),
            (r"x\ud83d\ude00y", Ok("x\u{1f600}y")),
            (r"\ud83d", Err("has the lone surrogate \\ud83d")),
            (r"\ud83dx", Err("has the lone surrogate \\ud83d")),
            (r"\ud83d\u0041", Err("has the lone surrogate \\ud83d")),
            (r"\ude00", Err("has the lone surrogate \\ude00")),
        ] {
            let mut out = Vec::new();
            let done = unescape(text.as_bytes(), &mut out);
            assert_eq!(done.map(|()| String::from_utf8(out).unwrap()), want.map(String::from).map_err(String::from), "{text}");
        }
    }

    #[test]
    fn strings_stop_at_the_first_special_byte() {
        for length in 0..40 {
            for (special, want) in
                [("\"", Ok((length, false))), ("\u{1}", Err(Stop::Control(length))), ("\\n\"", Ok((length + 2, true)))]
            {
                let text = format!("{}{special}xxxxxxxxxxxxxxx", "z".repeat(length));
                assert_eq!(string(text.as_bytes(), 0), want, "{text}");
            }
        }
        assert_eq!(string("é\u{7f}\u{1f600}ÿ\"".as_bytes(), 0), Ok((9, false)));
    }
}
