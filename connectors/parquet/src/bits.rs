//! Bit-packed numbers: levels, dictionary indexes and deltas.

use crate::part::Part;
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

/// Numbers unpacked at a time: so many of any width end at a byte.
const RUN: usize = 8;

/// Unpacks 8 numbers of W bits, W + 8 bytes being there. The width is known when this is compiled, so that every shift is.
#[inline(always)]
fn unpack_run<const W: usize>(window: &[u8], out: &mut [u32; RUN]) {
    let word = |from: usize| window[from..from + 8].try_into().map_or(0, u64::from_le_bytes);
    let mask = (1u64 << W) - 1;
    if W <= 16 {
        // Four numbers take half the bytes, and half a byte more when the width is odd.
        let (a, b) = (word(0), word(W / 2) >> (4 * (W % 2)));
        for i in 0..4 {
            out[i] = (a >> (i * W) & mask) as u32;
            out[i + 4] = (b >> (i * W) & mask) as u32;
        }
    } else {
        for (i, number) in out.iter_mut().enumerate() {
            *number = (word(i * W / 8) >> (i * W % 8) & mask) as u32;
        }
    }
}

/// Unpacks runs of numbers of W bits from a byte on; gives how many runs. The last ones, beyond which there are not 8 bytes more, are left.
fn unpack_width<const W: usize>(bytes: &[u8], mut at: usize, blocks: &mut [[u32; RUN]]) -> usize {
    for (i, block) in blocks.iter_mut().enumerate() {
        let Some(window) = bytes.get(at..at + W + 8) else { return i };
        unpack_run::<W>(window, block);
        at += W;
    }
    blocks.len()
}

/// Unpacks numbers of up to 32 bits from a byte on, adding them; gives how many. Less than a run, and what is near the end, are left.
fn unpack_runs(bytes: &[u8], at: usize, width: usize, n: usize, out: &mut Vec<u32>) -> usize {
    let start = out.len();
    out.resize(start + n / RUN * RUN, 0);
    let (blocks, _) = out[start..].as_chunks_mut::<RUN>();
    macro_rules! widths {
        ($($w:literal)*) => {
            match width {
                0 => blocks.len(),
                $($w => unpack_width::<$w>(bytes, at, blocks),)*
                _ => 0,
            }
        };
    }
    let runs = widths!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32);
    out.truncate(start + runs * RUN);
    runs * RUN
}

fn mask(width: u32) -> u64 {
    if width >= 64 { u64::MAX } else { (1 << width) - 1 }
}

/// Runs of equal numbers mixed with bit-packed ones: levels, dictionary indexes, bools.
#[derive(Debug, Default)]
pub struct Hybrid {
    bytes: Part,
    at: usize,
    width: u32,
    /// Numbers left in the run, its value, or where its bits start.
    left: u64,
    value: u32,
    packed: Option<usize>,
}

impl Hybrid {
    /// Numbers of `width` bits.
    pub fn new(bytes: Part, width: u32) -> Result<Self> {
        if width > 32 {
            return Err(corrupt(format!("numbers of {width} bits")));
        }
        Ok(Hybrid { bytes, width, ..Default::default() })
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
                    let bytes: &[u8] = &self.bytes;
                    // Up to the next byte that a number begins at, then in runs, then what is left.
                    let odd = if at % 8 == 0 {
                        0
                    } else {
                        (0..take.min(8)).find(|i| (at + i * width as usize).is_multiple_of(8)).unwrap_or(take)
                    };
                    out.extend((0..odd).map(|i| unpack32(bytes, at + i * width as usize, width)));
                    let whole = odd + unpack_runs(bytes, (at + odd * width as usize) / 8, width as usize, take - odd, out);
                    out.extend((whole..take).map(|i| unpack32(bytes, at + i * width as usize, width)));
                    self.packed = Some(at + take * width as usize);
                }
            }
            self.left -= take as u64;
            n -= take;
        }
        Ok(())
    }

    /// Leaves out the next n numbers.
    pub fn skip(&mut self, mut n: usize) -> Result<()> {
        while n > 0 {
            if self.left == 0 {
                self.next_run()?;
                continue;
            }
            let take = self.left.min(n as u64) as usize;
            self.packed = self.packed.map(|at| at + take * self.width as usize);
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
    bytes: Part,
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
    pub fn new(bytes: Part) -> Result<Self> {
        let (block, rest) = varint(&bytes)?;
        let (miniblocks, rest) = varint(rest)?;
        let (count, rest) = varint(rest)?;
        let (first, rest) = varint(rest)?;
        let sane = block > 0 && block <= 1 << 20 && miniblocks > 0 && miniblocks <= 1 << 12 && block.is_multiple_of(miniblocks);
        if !sane || count > 1 << 31 {
            return Err(corrupt(format!("delta blocks of {block} numbers in {miniblocks} parts, {count} in all")));
        }
        let at = bytes.len() - rest.len();
        Ok(Delta {
            at,
            bytes,
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
    pub fn end(bytes: &Part) -> Result<usize> {
        let mut d = Delta::new(bytes.clone())?;
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

    fn part(bytes: &[u8]) -> Part {
        Part::new(bytes.to_vec())
    }

    #[test]
    fn runs_and_packed_numbers_come_out_in_order() {
        // 4 times 5, then 8 packed numbers of 3 bits: 0 to 7.
        let bytes = [8, 5, 3, 0b1000_1000, 0b1100_0110, 0b1111_1010];
        let mut out = Vec::new();
        let mut hybrid = Hybrid::new(part(&bytes), 3).unwrap();
        hybrid.read(3, &mut out).unwrap();
        hybrid.read(9, &mut out).unwrap();
        assert_eq!(out, [5, 5, 5, 5, 0, 1, 2, 3, 4, 5, 6, 7]);
        assert!(hybrid.read(1, &mut out).is_err());
        let mut runs = Hybrid::new(part(&bytes), 3).unwrap();
        assert_eq!(
            (runs.run(3).unwrap(), runs.run(2).unwrap(), runs.run(1).unwrap(), runs.run(1).unwrap()),
            (Some(5), None, Some(5), None)
        );
    }

    #[test]
    fn runs_of_any_width_are_the_same_as_one_by_one() {
        let bytes: Vec<u8> = (0..400u32).map(|i| (i * 37 + i / 7) as u8).collect();
        for width in 1..=32 {
            let mut out = vec![7];
            let n = unpack_runs(&bytes, 3, width as usize, 80, &mut out);
            assert_eq!(n, 80, "width {width}");
            let want: Vec<u32> = (0..n).map(|i| unpack32(&bytes, 24 + i * width as usize, width)).collect();
            assert_eq!(out[1..], want, "width {width}");
            // Where bytes end, the last ones are left.
            let mut few = Vec::new();
            let n = unpack_runs(&bytes[..3 + 5 * width as usize + 8], 3, width as usize, 80, &mut few);
            assert!((40..=80).contains(&n) && few == want[..n], "{n} of width {width}");
            // From any number on, whether read or left out before.
            let head = [0x19]; // 12 groups of 8 packed numbers
            let packed: Vec<u8> = head.iter().copied().chain(bytes.iter().copied().take(12 * width as usize)).collect();
            for first in [0, 1, 5, 8, 31, 40, 95] {
                let (mut whole, mut rest) = (Vec::new(), Vec::new());
                Hybrid::new(part(&packed), width).unwrap().read(96, &mut whole).unwrap();
                let mut hybrid = Hybrid::new(part(&packed), width).unwrap();
                hybrid.skip(first).unwrap();
                hybrid.read(96 - first, &mut rest).unwrap();
                assert_eq!(whole[first..], rest, "width {width} from {first}");
            }
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
        assert!(Hybrid::new(part(&[]), 33).is_err());
        assert!(Hybrid::new(part(&[9]), 8).unwrap().read(1, &mut Vec::new()).is_err());
        assert!(Delta::new(part(&[0, 1, 1, 0])).is_err());
        assert!(Delta::new(part(&[128, 1, 4, 10, 0])).unwrap().read(10, |_| {}).is_err());
        assert!(Delta::end(&part(&[128, 1, 4, 10, 0])).is_err());
    }
}
