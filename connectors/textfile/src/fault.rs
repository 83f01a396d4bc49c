//! Errors of text files: how a value is shown, and how a wrong option is told.

pub use wasql::{Error, Result};

/// Characters of a value that a message shows.
const SHOWN_CHARS: usize = 60;

/// A wrong option: what it was set to, and what is allowed.
pub fn option(name: &str, value: &str, allowed: impl Into<String>) -> Error {
    let shown = show(value.as_bytes());
    Error::invalid(format!("option {name} cannot be {shown}")).setting(name).hint(allowed)
}

/// A value in double quotes, shortened and made printable, for messages.
pub fn show(value: &[u8]) -> String {
    format!("\"{}\"", shorten(value))
}

/// A value, shortened and made printable.
pub fn shorten(value: &[u8]) -> String {
    let head = &value[..value.len().min(4 * SHOWN_CHARS)];
    let text = String::from_utf8_lossy(head);
    let mut out = String::new();
    for c in text.chars().take(SHOWN_CHARS) {
        if c.is_control() {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    if head.len() < value.len() || text.chars().count() > SHOWN_CHARS {
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_and_broken_values_are_shortened() {
        assert_eq!(show(&[b'x'; 100]), format!("\"{}…\"", "x".repeat(60)));
        assert_eq!(show(b"a\xffb\nc"), "\"a\u{fffd}b\\nc\"");
    }
}
