//! Thrift's compact protocol, as far as Parquet's metadata needs it. Nothing here trusts its input.

use wasql::{Code, Error, Result};

/// Structures inside structures beyond which input is refused.
const DEPTH_MAX: u32 = 48;

/// Wire types of the compact protocol.
pub const TRUE: u8 = 1;
const FALSE: u8 = 2;
const BYTE: u8 = 3;
const I16: u8 = 4;
const I32: u8 = 5;
const I64: u8 = 6;
const DOUBLE: u8 = 7;
const BINARY: u8 = 8;
const LIST: u8 = 9;
const SET: u8 = 10;
const MAP: u8 = 11;
const STRUCT: u8 = 12;

/// Reads values from the start of a buffer.
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    depth: u32,
}

impl<'a> Reader<'a> {
    /// A reader of a buffer.
    pub fn new(bytes: &'a [u8]) -> Self {
        Reader { bytes, at: 0, depth: 0 }
    }

    /// Bytes read so far.
    pub fn position(&self) -> usize {
        self.at
    }

    fn short(&self) -> Error {
        Error::new(Code::Corrupt, format!("metadata ends after {} bytes inside a value", self.bytes.len()))
    }

    fn byte(&mut self) -> Result<u8> {
        let byte = *self.bytes.get(self.at).ok_or_else(|| self.short())?;
        self.at += 1;
        Ok(byte)
    }

    /// An i8.
    pub fn raw_byte(&mut self) -> Result<u8> {
        self.byte()
    }

    fn varint(&mut self) -> Result<u64> {
        let mut value = 0u64;
        for shift in (0..70).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(Error::new(Code::Corrupt, format!("number of more than 10 bytes at byte {} of the metadata", self.at)))
    }

    /// An i16, i32 or i64.
    pub fn int(&mut self) -> Result<i64> {
        let value = self.varint()?;
        Ok((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    /// An i32; larger numbers are refused.
    pub fn int32(&mut self) -> Result<i32> {
        let value = self.int()?;
        i32::try_from(value).map_err(|_| Error::new(Code::Corrupt, format!("number {value} in the metadata is out of range")))
    }

    /// A count or size: an int that is not negative.
    pub fn size(&mut self) -> Result<usize> {
        let value = self.int()?;
        usize::try_from(value).map_err(|_| Error::new(Code::Corrupt, format!("size {value} in the metadata is out of range")))
    }

    /// Bytes with their length before them.
    pub fn binary(&mut self) -> Result<&'a [u8]> {
        let len = self.varint()?;
        let end = usize::try_from(len).ok().and_then(|len| self.at.checked_add(len));
        let bytes = end.and_then(|end| self.bytes.get(self.at..end)).ok_or_else(|| self.short())?;
        self.at += bytes.len();
        Ok(bytes)
    }

    /// Text.
    pub fn string(&mut self) -> Result<String> {
        let at = self.at;
        let text = std::str::from_utf8(self.binary()?);
        text.map(str::to_owned).map_err(|_| Error::new(Code::Corrupt, format!("text at byte {at} of the metadata is not UTF-8")))
    }

    /// The fields of a structure: `take` reads the value of those it knows and answers true, or answers
    /// false to have it skipped. For a bool the wire type is the value.
    pub fn fields(&mut self, mut take: impl FnMut(&mut Self, i16, u8) -> Result<bool>) -> Result<()> {
        self.enter()?;
        let mut id = 0i16;
        loop {
            let head = self.byte()?;
            if head == 0 {
                break;
            }
            let delta = i16::from(head >> 4);
            id = if delta == 0 { self.int()? as i16 } else { id.wrapping_add(delta) };
            let kind = head & 0x0f;
            let known = matches!(kind, TRUE..=STRUCT);
            if !known {
                return Err(Error::new(Code::Corrupt, format!("wire type {kind} at byte {} of the metadata", self.at - 1)));
            }
            if !take(self, id, kind)? {
                self.skip(kind)?;
            }
        }
        self.depth -= 1;
        Ok(())
    }

    fn enter(&mut self) -> Result<()> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(Error::new(Code::Corrupt, format!("metadata is nested deeper than {DEPTH_MAX} levels")));
        }
        Ok(())
    }

    /// The elements of a list, each read by `item`.
    pub fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let (count, _) = self.list_head()?;
        let mut items = Vec::new();
        for _ in 0..count {
            items.push(item(self)?);
        }
        Ok(items)
    }

    fn list_head(&mut self) -> Result<(usize, u8)> {
        let head = self.byte()?;
        let count = if head >> 4 == 15 { self.varint()? } else { u64::from(head >> 4) };
        // Every element takes a byte at least.
        if count > (self.bytes.len() - self.at) as u64 {
            return Err(Error::new(Code::Corrupt, format!("list of {count} elements at byte {} of the metadata", self.at)));
        }
        Ok((count as usize, head & 0x0f))
    }

    fn skip(&mut self, kind: u8) -> Result<()> {
        match kind {
            TRUE | FALSE => Ok(()),
            BYTE => self.byte().map(|_| ()),
            I16 | I32 | I64 => self.varint().map(|_| ()),
            DOUBLE => {
                self.at = self.at.saturating_add(8).min(self.bytes.len());
                Ok(())
            }
            BINARY => self.binary().map(|_| ()),
            LIST | SET => {
                self.enter()?;
                let (count, element) = self.list_head()?;
                for _ in 0..count {
                    // A bool takes a byte inside a list.
                    self.skip(if element <= FALSE { BYTE } else { element })?;
                }
                self.depth -= 1;
                Ok(())
            }
            MAP => {
                self.enter()?;
                let count = self.varint()?;
                if count > (self.bytes.len() - self.at) as u64 {
                    return Err(self.short());
                }
                let kinds = if count > 0 { self.byte()? } else { 0 };
                for _ in 0..count {
                    self.skip(kinds >> 4)?;
                    self.skip(kinds & 0x0f)?;
                }
                self.depth -= 1;
                Ok(())
            }
            STRUCT => self.fields(|_, _, _| Ok(false)),
            other => Err(Error::new(Code::Corrupt, format!("wire type {other} at byte {} of the metadata", self.at))),
        }
    }
}
