//! Bit-packed numbers: levels, dictionary indexes and deltas.

use wasql::{Code, Error, Result};

fn corrupt(message: impl Into<String>) -> Error {
    Error::new(Code::Corrupt, message)
}

/// A varint of up to 10 bytes at the start of a slice, and what follows it.
pub fn varint(bytes: &[u8]) -> Result<(u64, &[u8])> {
    let mut value = 0u64;
    for (i, &byte) in bytes.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f).checked_shl(7 * i as u32).unwrap_or(0);
        if byte < 0x80 {
            return Ok((value, &bytes[i + 1..]));
        }
    }
    Err(corrupt("page ends inside a number"))
}

/// The bits of a number of `width` bits (at most 64) at bit position `at`; missing bytes are zero.
#[inline]
pub fn unpack(bytes: &[u8], at: usize, width: u32) -> u64 {
    let (byte, shift) = (at / 8, at as u32 % 8);
    let mut word = [0u8; 16];
    let window = match bytes.get(byte..byte + 16) {
        Some(window) => u128::from_le_bytes(window.try_into().unwrap_or(word)),
        None => {
            let tail = bytes.get(byte..).unwrap_or(&[]);
            let n = tail.len().min(16);
            word[..n].copy_from_slice(&tail[..n]);
            u128::from_le_bytes(word)
        }
    };
    (window >> shift) as u64 & mask(width)
}

/// As [`unpack`], for up to 32 bits.
#[inline]
fn unpack32(bytes: &[u8], at: usize, width: u32) -> u32 {
    let (byte, shift) = (at / 8, at as u32 % 8);
    match bytes.get(byte..byte + 8).and_then(|w| w.try_into().ok()) {
        Some(window) => (u64::from_le_bytes(window) >> shift) as u32 & mask(width) as u32,
        None => unpack(bytes, at, width) as u32,
    }
}

/// Unpacks numbers of up to 16 bits, eight at a time, from a byte on; gives how many. The last ones, beyond which there are
/// not 8 bytes more, are left.
fn unpack_eights(bytes: &[u8], mut at: usize, width: usize, n: usize, out: &mut Vec<u32>) -> usize {
    let (mask, half) = ((1u64 << width) - 1, width / 2);
    let odd = 4 * (width as u32 % 2);
    let mut done = 0;
    out.reserve(n);
    while done + 8 <= n {
        let Some(window) = bytes.get(at..at + half + 8) else { break };
        let word = |from: usize| window[from..from + 8].try_into().map_or(0, u64::from_le_bytes);
        // Four numbers take half the bytes, and half a byte more when the width is odd.
        let (a, b) = (word(0), word(half) >> odd);
        let w = width as u32;
        out.extend([
            (a & mask) as u32,
            (a >> w & mask) as u32,
            (a >> (2 * w) & mask) as u32,
            (a >> (3 * w) & mask) as u32,
            (b & mask) as u32,
            (b >> w & mask) as u32,
            (b >> (2 * w) & mask) as u32,
            (b >> (3 * w) & mask) as u32,
        ]);
        at += width;
        done += 8;
    }
    done
}

fn mask(width: u32) -> u64 {
    if width >= 64 { u64::MAX } else { (1 << width) - 1 }
}

/// Runs of equal numbers mixed with bit-packed ones: levels, dictionary indexes, bools.
#[derive(Debug, Default)]
pub struct Hybrid {
    bytes: Vec<u8>,
    at: usize,
    width: u32,
    /// Numbers left in the run, its value, or where its bits start.
    left: u64,
    value: u32,
    packed: Option<usize>,
}

impl Hybrid {
    /// Numbers of `width` bits.
    pub fn new(bytes: &[u8], width: u32) -> Result<Self> {
        if width > 32 {
            return Err(corrupt(format!("numbers of {width} bits")));
        }
        Ok(Hybrid { bytes: bytes.to_vec(), width, ..Default::default() })
    }

    /// The same number for ever.
    pub fn constant(value: u32) -> Self {
        Hybrid { left: u64::MAX, value, ..Default::default() }
    }

    fn next_run(&mut self) -> Result<()> {
        let tail = self.bytes.get(self.at..).unwrap_or(&[]);
        let (head, rest) = varint(tail)?;
        self.at += tail.len() - rest.len();
        if head & 1 == 1 {
            let groups = head >> 1;
            let bytes = groups.checked_mul(u64::from(self.width)).filter(|&b| b <= 1 << 32);
            let bytes = bytes.ok_or_else(|| corrupt(format!("{groups} groups of numbers in a page")))? as usize;
            self.packed = Some(8 * self.at);
            // The last group may be cut short by writers: missing bits are zero, but a whole run is not.
            if self.at >= self.bytes.len() && bytes > 0 {
                return Err(corrupt("page ends before its numbers"));
            }
            self.left = groups * 8;
            if self.width > 0 {
                let there = 8 * (self.bytes.len() - self.at) as u64 / u64::from(self.width);
                self.left = self.left.min(there);
            }
            self.at = self.at.saturating_add(bytes);
        } else {
            let len = self.width.div_ceil(8) as usize;
            let value = self.bytes.get(self.at..self.at + len).ok_or_else(|| corrupt("page ends before its numbers"))?;
            self.value = value.iter().rev().fold(0, |v, &b| v << 8 | u32::from(b));
            self.packed = None;
            self.left = head >> 1;
            self.at += len;
        }
        Ok(())
    }

    /// Adds the next n numbers.
    pub fn read(&mut self, mut n: usize, out: &mut Vec<u32>) -> Result<()> {
        while n > 0 {
            if self.left == 0 {
                self.next_run()?;
                continue;
            }
            let take = self.left.min(n as u64) as usize;
            match self.packed {
                None => out.resize(out.len() + take, self.value),
                Some(at) => {
                    let width = self.width;
                    let bytes = &self.bytes;
                    let eights =
                        if width <= 16 && at % 8 == 0 { unpack_eights(bytes, at / 8, width as usize, take, out) } else { 0 };
                    out.extend((eights..take).map(|i| unpack32(bytes, at + i * width as usize, width)));
                    self.packed = Some(at + take * width as usize);
                }
            }
            self.left -= take as u64;
            n -= take;
        }
        Ok(())
    }

    /// The number that the next n all are, when one run says so; they are taken then. None: they must be read one by one.
    pub fn run(&mut self, n: usize) -> Result<Option<u32>> {
        while self.left == 0 {
            self.next_run()?;
        }
        if self.packed.is_some() || self.left < n as u64 {
            return Ok(None);
        }
        self.left -= n as u64;
        Ok(Some(self.value))
    }

    /// The next number, which stays.
    pub fn peek(&mut self) -> Result<u32> {
        while self.left == 0 {
            self.next_run()?;
        }
        Ok(self.packed.map_or(self.value, |at| unpack32(&self.bytes, at, self.width)))
    }
}

/// Numbers kept as differences, in blocks (DELTA_BINARY_PACKED).
#[derive(Debug)]
pub struct Delta {
    bytes: Vec<u8>,
    at: usize,
    miniblocks: usize,
    miniblock: usize,
    left: usize,
    last: i64,
    first: bool,
    min: i64,
    widths: Vec<u8>,
    /// Number of the miniblock, and numbers read of it.
    block: usize,
    done: usize,
}

impl Delta {
    /// Reads the head of a page.
    pub fn new(bytes: &[u8]) -> Result<Self> {
        let (block, rest) = varint(bytes)?;
        let (miniblocks, rest) = varint(rest)?;
        let (count, rest) = varint(rest)?;
        let (first, rest) = varint(rest)?;
        let sane = block > 0 && block <= 1 << 20 && miniblocks > 0 && miniblocks <= 1 << 12 && block.is_multiple_of(miniblocks);
        if !sane || count > 1 << 31 {
            return Err(corrupt(format!("delta blocks of {block} numbers in {miniblocks} parts, {count} in all")));
        }
        Ok(Delta {
            at: bytes.len() - rest.len(),
            bytes: bytes.to_vec(),
            miniblocks: miniblocks as usize,
            miniblock: (block / miniblocks) as usize,
            left: count as usize,
            last: zigzag(first),
            first: true,
            min: 0,
            widths: Vec::new(),
            block: 0,
            done: 0,
        })
    }

    fn next_block(&mut self) -> Result<()> {
        let tail = self.bytes.get(self.at..).unwrap_or(&[]);
        let (min, rest) = varint(tail)?;
        let widths = rest.get(..self.miniblocks).ok_or_else(|| corrupt("page ends inside a delta block"))?;
        if let Some(bad) = widths.iter().find(|&&w| w > 64) {
            return Err(corrupt(format!("deltas of {bad} bits")));
        }
        self.min = zigzag(min);
        self.widths = widths.to_vec();
        self.at += tail.len() - rest.len() + self.miniblocks;
        self.block = 0;
        self.done = 0;
        Ok(())
    }

    /// Moves to a miniblock with numbers left; gives its width.
    fn enter(&mut self) -> Result<u32> {
        if self.done == self.miniblock {
            self.at = self.at.saturating_add(self.block_bytes());
            self.block += 1;
            self.done = 0;
        }
        if self.block >= self.widths.len() {
            self.next_block()?;
        }
        Ok(u32::from(self.widths[self.block]))
    }

    fn block_bytes(&self) -> usize {
        (self.miniblock * self.widths.get(self.block).map_or(0, |&w| w as usize)).div_ceil(8)
    }

    /// The next n numbers, each given to `take`.
    pub fn read(&mut self, mut n: usize, mut take: impl FnMut(i64)) -> Result<()> {
        if n > self.left {
            return Err(corrupt(format!("{} delta numbers left where {n} are needed", self.left)));
        }
        self.left -= n;
        if n > 0 && self.first {
            self.first = false;
            take(self.last);
            n -= 1;
        }
        while n > 0 {
            let width = self.enter()?;
            if self.at >= self.bytes.len() && width > 0 {
                return Err(corrupt("page ends before its delta numbers"));
            }
            let count = n.min(self.miniblock - self.done);
            for i in self.done..self.done + count {
                let delta = unpack(&self.bytes, 8 * self.at + i * width as usize, width);
                self.last = self.last.wrapping_add(self.min).wrapping_add(delta as i64);
                take(self.last);
            }
            self.done += count;
            n -= count;
        }
        Ok(())
    }

    /// Position behind the last number: goes over the blocks without decoding them.
    pub fn end(bytes: &[u8]) -> Result<usize> {
        let mut d = Delta::new(bytes)?;
        let mut left = d.left.saturating_sub(1);
        d.done = 0;
        while left > 0 {
            d.next_block()?;
            for i in 0..d.miniblocks {
                if left == 0 {
                    break;
                }
                d.block = i;
                d.at = d.at.saturating_add(d.block_bytes());
                left = left.saturating_sub(d.miniblock);
            }
        }
        if d.at > bytes.len() {
            return Err(corrupt("page ends before its delta numbers"));
        }
        Ok(d.at)
    }
}

fn zigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_and_packed_numbers_come_out_in_order() {
        // 4 times 5, then 8 packed numbers of 3 bits: 0 to 7.
        let bytes = [8, 5, 3, 0b1000_1000, 0b1100_0110, 0b1111_1010];
        let mut out = Vec::new();
        let mut hybrid = Hybrid::new(&bytes, 3).unwrap();
        hybrid.read(3, &mut out).unwrap();
        hybrid.read(9, &mut out).unwrap();
        assert_eq!(out, [5, 5, 5, 5, 0, 1, 2, 3, 4, 5, 6, 7]);
        assert!(hybrid.read(1, &mut out).is_err());
        let mut runs = Hybrid::new(&bytes, 3).unwrap();
        assert_eq!(
            (runs.run(3).unwrap(), runs.run(2).unwrap(), runs.run(1).unwrap(), runs.run(1).unwrap()),
            (Some(5), None, Some(5), None)
        );
    }

    #[test]
    fn eight_at_a_time_are_the_same_as_one_by_one() {
        let bytes: Vec<u8> = (0..200u32).map(|i| (i * 37 + i / 7) as u8).collect();
        for width in 0..=16 {
            let mut out = Vec::new();
            let n = unpack_eights(&bytes, 3, width as usize, 80, &mut out);
            assert!(n >= 64 || width > 12, "{n} of width {width}");
            let want: Vec<u32> = (0..n).map(|i| unpack32(&bytes, 24 + i * width as usize, width)).collect();
            assert_eq!(out, want, "width {width}");
        }
    }

    #[test]
    fn wide_numbers_unpack_across_bytes() {
        let bytes: Vec<u8> = (1..=24).collect();
        assert_eq!(unpack(&bytes, 3, 64), {
            let w = u128::from_le_bytes(bytes[..16].try_into().unwrap());
            (w >> 3) as u64
        });
        assert_eq!(unpack(&bytes, 8 * 23, 64), 24);
        assert_eq!(unpack(&bytes, 1 << 30, 7), 0);
    }

    #[test]
    fn broken_numbers_are_errors() {
        assert!(varint(&[0x80; 12]).is_err());
        assert!(Hybrid::new(&[], 33).is_err());
        assert!(Hybrid::new(&[9], 8).unwrap().read(1, &mut Vec::new()).is_err());
        assert!(Delta::new(&[0, 1, 1, 0]).is_err());
        assert!(Delta::new(&[128, 1, 4, 10, 0]).unwrap().read(10, |_| {}).is_err());
        assert!(Delta::end(&[128, 1, 4, 10, 0]).is_err());
    }
}
