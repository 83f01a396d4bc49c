//! [`Pattern`]: LIKE, byte for byte, with `_` standing for one character of UTF-8.

/// A LIKE pattern taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(Vec<Piece>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    Byte(u8),
    One,
    Any,
}

impl Pattern {
    /// Reads a pattern with an escape character.
    pub fn new(pattern: &str, escape: u8) -> Self {
        let mut pieces = Vec::new();
        let mut bytes = pattern.bytes();
        while let Some(byte) = bytes.next() {
            pieces.push(match byte {
                _ if byte == escape => Piece::Byte(bytes.next().unwrap_or(escape)),
                b'_' => Piece::One,
                b'%' if pieces.last() == Some(&Piece::Any) => continue,
                b'%' => Piece::Any,
                _ => Piece::Byte(byte),
            });
        }
        Pattern(pieces)
    }

    /// The bytes every match begins with.
    pub fn prefix(&self) -> Vec<u8> {
        let bytes = self.0.iter().map_while(|piece| match piece {
            Piece::Byte(byte) => Some(*byte),
            _ => None,
        });
        bytes.collect()
    }

    /// True when the text matches. Time is at most the product of both lengths.
    pub fn matches(&self, text: &[u8]) -> bool {
        let (mut at, mut piece) = (0, 0);
        // Where to go on when a later piece fails: behind the last %, one character further each time.
        let mut again: Option<(usize, usize)> = None;
        loop {
            let step = match self.0.get(piece) {
                Some(Piece::Any) => {
                    again = Some((at, piece + 1));
                    piece += 1;
                    continue;
                }
                Some(Piece::Byte(byte)) => (text.get(at) == Some(byte)).then_some(1),
                Some(Piece::One) => (at < text.len()).then(|| character(&text[at..])),
                None if at == text.len() => return true,
                None => None,
            };
            match (step, again) {
                (Some(length), _) => {
                    at += length;
                    piece += 1;
                }
                (None, Some((from, next))) if from < text.len() => {
                    let from = from + character(&text[from..]);
                    again = Some((from, next));
                    (at, piece) = (from, next);
                }
                (None, _) => return false,
            }
        }
    }
}

/// Bytes of the first character.
fn character(text: &[u8]) -> usize {
    1 + text[1..].iter().take(3).take_while(|&&byte| byte & 0xc0 == 0x80).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_sql() {
        for (pattern, text, want) in [
            ("", "", true),
            ("", "a", false),
            ("%", "", true),
            ("a%", "abc", true),
            ("a%", "ba", false),
            ("%c", "abc", true),
            ("%b%", "abc", true),
            ("a_c", "abc", true),
            ("a_c", "aéc", true),
            ("a__c", "aéc", false),
            ("%a_", "aaé", true),
            ("a\\%", "a%", true),
            ("a\\%", "ab", false),
            ("a\\_b", "a_b", true),
            ("%%a%%b%%", "xaxbx", true),
            ("%aab", "aaab", true),
            ("abc\\", "abc\\", true),
            ("_", "", false),
        ] {
            assert_eq!(Pattern::new(pattern, b'\\').matches(text.as_bytes()), want, "{pattern} {text}");
        }
        assert!(Pattern::new("a|%", b'|').matches(b"a%"));
        assert_eq!(Pattern::new("ab\\%c%d", b'\\').prefix(), b"ab%c");
        let slow = Pattern::new(&"%a".repeat(20), b'\\');
        assert!(!slow.matches(&[b'a'; 19]) && slow.matches(&[b'a'; 2000]));
    }
}
