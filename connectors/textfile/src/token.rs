//! [`Token`]: where a value lies in the window of a file. It is eight bytes and copies nothing.

/// A value of one cell: a range of window bytes and four marks. It is valid until the window moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token(u64);

/// Longest value a token can describe; windows never grow beyond it.
pub const TOKEN_BYTES_MAX: usize = (1 << 28) - 1;

const LENGTH_BITS: u32 = 28;

impl Token {
    /// A value that is not there.
    pub const NULL: Token = Token(u64::MAX);
    /// Mark of a value that stood in quotes.
    pub const QUOTED: u32 = 1;
    /// Mark of a value with escapes to undo.
    pub const ESCAPED: u32 = 2;
    /// Mark of a nested value: a JSON object or array.
    pub const NESTED: u32 = 4;

    /// The bytes from `start` to `end`, with marks.
    #[inline(always)]
    pub fn new(start: usize, end: usize, marks: u32) -> Self {
        let tail = ((end - start) as u32 & TOKEN_BYTES_MAX as u32) | marks << LENGTH_BITS;
        Token(start as u64 | u64::from(tail) << 32)
    }

    /// First byte.
    #[inline(always)]
    pub fn start(self) -> usize {
        (self.0 & 0xffff_ffff) as usize
    }

    /// Length in bytes.
    #[inline(always)]
    pub fn len(self) -> usize {
        (self.0 >> 32) as usize & TOKEN_BYTES_MAX
    }

    /// True when it has no bytes.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// True for [`Token::NULL`].
    #[inline(always)]
    pub fn is_null(self) -> bool {
        self == Token::NULL
    }

    /// True when the mark is set.
    #[inline(always)]
    pub fn has(self, mark: u32) -> bool {
        self.0 >> (32 + LENGTH_BITS) & u64::from(mark) != 0
    }

    /// The token without its last byte.
    #[inline]
    pub fn shortened(self) -> Self {
        Token(self.0 - (1 << 32))
    }

    /// The bytes it names.
    #[inline(always)]
    pub fn of(self, window: &[u8]) -> &[u8] {
        let start = self.start();
        &window[start..start + self.len()]
    }
}

/// Rows of one block: the unit in which records are split, filtered and parsed.
pub const BLOCK_ROWS: usize = 1024;

/// The tokens of a block, one run of [`BLOCK_ROWS`] for each wanted column.
#[derive(Debug, Default)]
pub struct Block {
    /// All runs, one behind the other, and one more that takes the values nobody wants.
    pub tokens: Vec<Token>,
    /// Rows that are filled.
    pub rows: usize,
    /// The bytes of the window that the rows lie in.
    pub span: std::ops::Range<usize>,
    /// True when all these bytes are known to be ASCII.
    pub ascii: bool,
    /// Where in its file each row begins, when that is asked for.
    pub places: Vec<u64>,
    /// It is asked for.
    pub placed: bool,
}

impl Block {
    /// Room for `slots` wanted columns.
    pub fn new(slots: usize) -> Self {
        let tokens = vec![Token::NULL; (slots + 1) * BLOCK_ROWS];
        Block { tokens, rows: 0, span: 0..0, ascii: false, places: Vec::new(), placed: false }
    }

    /// The same, whose rows have places.
    pub fn placed(self, placed: bool) -> Self {
        Block { placed, ..self }
    }

    /// The tokens of one wanted column.
    pub fn column(&self, slot: usize) -> &[Token] {
        &self.tokens[slot * BLOCK_ROWS..][..self.rows.min(BLOCK_ROWS)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_keeps_its_range_and_marks() {
        let token = Token::new(3, 8, Token::QUOTED | Token::NESTED);
        assert_eq!((token.start(), token.len()), (3, 5));
        assert!(token.has(Token::QUOTED) && token.has(Token::NESTED) && !token.has(Token::ESCAPED));
        assert!(!token.is_null() && !token.is_empty());
        assert_eq!(token.of(b"0123456789"), b"34567");
        assert_eq!(token.shortened().of(b"0123456789"), b"3456");
        assert!(Token::new(7, 7, 0).is_empty());
        let long = Token::new(u32::MAX as usize, u32::MAX as usize + TOKEN_BYTES_MAX, 0);
        assert_eq!((long.start(), long.len()), (u32::MAX as usize, TOKEN_BYTES_MAX));
    }
}
