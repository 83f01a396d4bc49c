//! SQL LIKE, for the pattern of LIST.

/// SQL LIKE with backslash as the escape.
pub(crate) fn like(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    // Positions to go back to: behind the last %, and the text it has eaten so far.
    let (mut p, mut t, mut back) = (0, 0, None);
    while t < text.len() {
        let escaped = pattern.get(p) == Some(&'\\') && p + 1 < pattern.len();
        let want = pattern.get(p + usize::from(escaped));
        match want {
            Some('%') if !escaped => {
                p += 1;
                back = Some((p, t));
            }
            Some(c) if (!escaped && *c == '_') || *c == text[t] => {
                p += 1 + usize::from(escaped);
                t += 1;
            }
            _ => match &mut back {
                Some((from, eaten)) => {
                    *eaten += 1;
                    (p, t) = (*from, *eaten);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|&c| c == '%')
}

#[cfg(test)]
mod tests {
    use super::like;

    #[test]
    fn like_matches_as_sql_does() {
        for (pattern, text, want) in [
            ("%", "", true),
            ("a_c%", "abcd", true),
            ("a\\_c", "abc", false),
            ("a\\_c", "a_c", true),
            ("%b%b", "abab", true),
            ("%b%b", "aba", false),
            ("", "a", false),
            ("\\%", "%", true),
            ("a\\", "a\\", true),
        ] {
            assert_eq!(like(pattern, text), want, "{pattern} {text}");
        }
    }
}
