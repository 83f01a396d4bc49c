//! [`Window`]: the part of a file that is in memory, sliding forward.

use crate::source::Content;
use crate::token::TOKEN_BYTES_MAX;
use wasql::{Code, Error, Result};

/// Bytes behind the valid ones that may be read, but mean nothing: vector loads need no bound.
pub const PAD_BYTES: usize = 64;

/// Bytes asked of a file at a time.
pub const CHUNK_BYTES: usize = 512 * 1024;

/// Bytes asked of a file at first: enough for many, and for looking at others.
const FIRST_BYTES: usize = 64 * 1024;

/// Bytes asked of a file for one record that is looked up.
const RECORD_BYTES: usize = 4 * 1024;

/// A sliding window over one file. Records are read from it in place.
pub struct Window {
    content: Content,
    bytes: Vec<u8>,
    end: usize,
    base: u64,
    ended: bool,
    record_bytes_max: usize,
    /// Bytes to ask for next at least.
    ahead: usize,
    /// Where the piece of the file ends that is read.
    cut: Option<u64>,
    /// Bytes that were read so far.
    read: u64,
}

impl Window {
    /// An empty window at the start of `content`, for records of at most `record_bytes_max` bytes.
    pub fn new(content: Content, record_bytes_max: usize) -> Self {
        Window {
            content,
            bytes: Vec::new(),
            end: 0,
            base: 0,
            ended: false,
            record_bytes_max: record_bytes_max.min(TOKEN_BYTES_MAX - 2 * CHUNK_BYTES),
            ahead: FIRST_BYTES,
            cut: None,
            read: 0,
        }
    }

    /// The bytes in memory, followed by [`PAD_BYTES`] that mean nothing.
    #[inline(always)]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many of the bytes are valid.
    #[inline(always)]
    pub fn end(&self) -> usize {
        self.end
    }

    /// True when the last byte of the file is in memory.
    pub fn ended(&self) -> bool {
        self.ended
    }

    /// Offset in the (inflated) file of the first byte in memory.
    pub fn base(&self) -> u64 {
        self.base
    }

    /// How many bytes of the (inflated) file were read.
    pub fn bytes_read(&self) -> u64 {
        self.read
    }

    /// True when the file is compressed.
    pub fn compressed(&self) -> bool {
        self.content.compressed()
    }

    /// Forgets the bytes before `keep`, which then stands at 0, and reads more. False when the file had no more.
    pub fn refill(&mut self, keep: usize) -> Result<bool> {
        if self.ended {
            return Ok(false);
        }
        if keep > 0 {
            self.bytes.copy_within(keep..self.end, 0);
            self.end -= keep;
            self.base += keep as u64;
        }
        if self.end > self.record_bytes_max {
            return Err(Error::new(Code::Resource, format!("a record is longer than {} bytes", self.record_bytes_max))
                .setting("record_bytes")
                .hint("an open quote may be the cause; else raise the option record_bytes"));
        }
        // A record longer than half the window doubles it: records are looked at anew after each refill.
        let room = self.ahead.max(self.end);
        self.ahead = if self.ahead < FIRST_BYTES { self.ahead * 2 } else { CHUNK_BYTES };
        if self.bytes.len() < self.end + room + PAD_BYTES {
            self.bytes.resize(self.end + room + PAD_BYTES, 0);
        }
        let mut limit = self.end + room;
        if let Some(cut) = self.cut {
            limit = limit.min(usize::try_from(cut.saturating_sub(self.base)).unwrap_or(limit));
        }
        let before = self.end;
        while self.end < limit {
            match self.content.read(&mut self.bytes[self.end..limit])? {
                0 => {
                    self.ended = true;
                    break;
                }
                count => self.end += count,
            }
        }
        self.read += (self.end - before) as u64;
        self.ended |= self.cut.is_some_and(|cut| self.base + self.end as u64 >= cut);
        Ok(self.end > before)
    }

    /// Ends the file at a byte, which begins a record, before it ends.
    pub fn cut(&mut self, at: u64) {
        self.cut = Some(at);
        let left = at.saturating_sub(self.base);
        if left <= self.end as u64 {
            (self.end, self.ended) = (left as usize, true);
        }
    }

    /// Tells whether the file goes on behind its end.
    pub fn is_cut(&self) -> bool {
        self.cut.is_some()
    }

    /// Goes to a byte of the file, and gives its place in the window: little is read from there on. Of a compressed file
    /// none that lies before the window can be had.
    pub fn seek(&mut self, offset: u64) -> Result<Option<usize>> {
        if let Some(at) = offset.checked_sub(self.base).filter(|&at| at < self.end as u64) {
            return Ok(Some(at as usize));
        }
        if self.content.seek(offset)? {
            (self.base, self.end, self.ended, self.ahead) = (offset, 0, false, RECORD_BYTES);
            self.refill(0)?;
            return Ok(Some(0));
        }
        while offset >= self.base {
            if offset < self.base + self.end as u64 {
                return Ok(Some((offset - self.base) as usize));
            }
            if !self.refill(self.end)? {
                return Ok(Some(self.end));
            }
        }
        Ok(None)
    }

    /// Adds a byte that the file's last line lacks. Only when the file has ended.
    pub fn terminate(&mut self, byte: u8) {
        debug_assert!(self.ended);
        if self.bytes.len() < self.end + 1 + PAD_BYTES {
            self.bytes.resize(self.end + 1 + PAD_BYTES, 0);
        }
        self.bytes[self.end] = byte;
        self.end += 1;
    }
}
