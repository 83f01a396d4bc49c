//! Bitmaps: truth values, and which rows are not NULL.

/// One bit a row, least significant first.
#[derive(Clone, Debug, Default)]
pub struct Bits {
    pub(crate) bytes: Vec<u8>,
    len: usize,
}

impl Bits {
    /// Number of bits.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Tells whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The i-th bit.
    pub fn get(&self, i: usize) -> bool {
        self.bytes[i / 8] >> (i % 8) & 1 == 1
    }

    /// Adds a bit.
    #[inline]
    pub fn push(&mut self, bit: bool) {
        if self.len.is_multiple_of(8) {
            self.bytes.push(0);
        }
        if bit {
            self.bytes[self.len / 8] |= 1 << (self.len % 8);
        }
        self.len += 1;
    }

    /// Adds the same bit n times.
    pub fn push_run(&mut self, bit: bool, mut n: usize) {
        while n > 0 && !self.len.is_multiple_of(8) {
            self.push(bit);
            n -= 1;
        }
        self.bytes.resize(self.bytes.len() + n / 8, if bit { 0xff } else { 0 });
        self.len += n / 8 * 8;
        for _ in 0..n % 8 {
            self.push(bit);
        }
    }

    /// Forgets all bits, keeping the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.len = 0;
    }
}
