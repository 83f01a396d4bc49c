//! [`Walk`]: from delimiter to delimiter, by masks over 64 bytes.

use memchr::memchr;
use wasql_textfile::mask::{MASK_BYTES, Masks, masks};

use crate::split::Dialect;

/// Masks over the 64 bytes around the position.
pub struct Walk<'a> {
    /// The bytes, and 64 more that mean nothing.
    pub bytes: &'a [u8],
    /// How many of them mean something.
    pub end: usize,
    needles: [u8; 3],
    quotes: u64,
    /// Position of the bytes that the masks are about.
    pub base: usize,
    /// Delimiters, line ends and quotes among them.
    pub block: Masks,
    /// Delimiters and line ends that were not passed yet.
    pub live: u64,
}

/// What stands behind some fields.
pub enum Tail {
    /// The end of the record at this position, behind so many fields.
    End(usize, usize),
    /// A quote that opens the last of so many fields.
    Quote(usize, usize),
    /// The end of the bytes.
    More,
}

impl<'a> Walk<'a> {
    /// Begins at a position.
    pub fn new(bytes: &'a [u8], end: usize, dialect: &Dialect, at: usize) -> Self {
        let quote = dialect.quote.unwrap_or(dialect.delim);
        let quotes = if dialect.quote.is_some() { !0 } else { 0 };
        let needles = [dialect.delim, dialect.eol, quote];
        let mut walk = Walk { bytes, end, needles, quotes, base: usize::MAX, block: Masks::default(), live: 0 };
        walk.seek(at);
        walk
    }

    #[inline]
    #[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
    fn load(&mut self, base: usize) {
        self.base = base;
        self.block = Masks::default();
        if base < self.end
            && let Some(bytes) = self.bytes[base..].first_chunk::<MASK_BYTES>()
        {
            self.block = masks(bytes, self.needles);
            let left = self.end - base;
            let valid = if left >= MASK_BYTES { !0 } else { (1 << left) - 1 };
            self.block.first &= valid;
            self.block.second &= valid;
            self.block.third &= valid & self.quotes;
        }
        self.live = self.block.first | self.block.second;
    }

    /// Goes on at a position.
    #[inline]
    #[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
    pub fn seek(&mut self, at: usize) {
        let base = at & !(MASK_BYTES - 1);
        if base != self.base {
            self.load(base);
        }
        self.live = (self.block.first | self.block.second) & (!0 << (at - base));
    }

    /// Position of the next delimiter or line end.
    #[inline]
    #[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
    pub fn next_stop(&mut self) -> Option<usize> {
        while self.live == 0 {
            if self.base + MASK_BYTES >= self.end {
                return None;
            }
            self.load(self.base + MASK_BYTES);
        }
        let at = self.base + self.live.trailing_zeros() as usize;
        self.live &= self.live - 1;
        Some(at)
    }

    /// True when the bytes in the masks behind `at` hold a quote.
    #[inline(always)]
    pub fn has_quote(&self, at: usize) -> bool {
        self.block.third & (!0 << (at - self.base)) != 0
    }

    /// Goes to the next 64 bytes. False when there are none or they hold a quote.
    #[inline]
    #[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
    pub fn advance(&mut self) -> bool {
        if self.base + MASK_BYTES >= self.end {
            return false;
        }
        self.load(self.base + MASK_BYTES);
        self.block.third == 0
    }

    /// Passes `count` delimiters; gives the position behind the last. None when the record ends before, or for
    /// a quote, or when it is not complete in memory.
    #[inline]
    #[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
    pub fn pass(&mut self, count: u32) -> Option<usize> {
        let mut left = count;
        loop {
            let before = self.live;
            let mut last = 0;
            while left > 0 && self.live != 0 {
                last = self.live;
                self.live &= self.live - 1;
                left -= 1;
            }
            if (before ^ self.live) & self.block.second != 0 {
                return None;
            }
            if left == 0 {
                return Some(self.base + last.trailing_zeros() as usize + 1);
            }
            if !self.advance() {
                return None;
            }
        }
    }

    /// Position of the next quote at or behind `at`.
    #[inline]
    #[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
    pub fn quote(&mut self, at: usize) -> Option<usize> {
        if at >= self.end {
            return None;
        }
        let base = at & !(MASK_BYTES - 1);
        if base != self.base {
            self.load(base);
        }
        let left = self.block.third & (!0 << (at - base));
        if left != 0 {
            return Some(base + left.trailing_zeros() as usize);
        }
        let from = (base + MASK_BYTES).min(self.end);
        memchr(self.needles[2], &self.bytes[from..self.end]).map(|n| from + n)
    }

    /// Counts the fields from `at`, where one begins, to the end of the record or to a field in quotes.
    #[inline]
    #[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
    pub fn tail(&mut self, start: usize, trim: bool) -> Tail {
        let mut fields = 1;
        let mut at = start;
        while at < self.end {
            let base = at & !(MASK_BYTES - 1);
            if base != self.base {
                self.load(base);
            }
            let live = !0u64 << (at - base);
            let stops = (self.block.second | self.block.third) & live;
            if stops == 0 {
                fields += (self.block.first & live).count_ones() as usize;
                at = base + MASK_BYTES;
                continue;
            }
            let bit = stops & stops.wrapping_neg();
            fields += (self.block.first & live & (bit - 1)).count_ones() as usize;
            let stop = base + bit.trailing_zeros() as usize;
            if self.block.second & bit != 0 {
                self.live = (self.block.first | self.block.second) & !(bit | (bit - 1));
                return Tail::End(stop, fields);
            }
            if self.opens(stop, start, trim) {
                return Tail::Quote(stop, fields);
            }
            at = stop + 1;
        }
        Tail::More
    }

    /// True when a quote stands at the beginning of a field.
    fn opens(&self, quote: usize, start: usize, trim: bool) -> bool {
        let mut at = quote;
        while trim && at > start && self.bytes[at - 1] == b' ' {
            at -= 1;
        }
        at == start || self.bytes[at - 1] == self.needles[0]
    }
}
