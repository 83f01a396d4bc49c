//! Page headers.

use crate::thrift::Reader;
use wasql::Result;

/// The header of a page.
#[derive(Default)]
#[allow(missing_docs)]
pub struct Header {
    pub kind: i32,
    pub uncompressed: usize,
    pub compressed: usize,
    pub values: usize,
    pub encoding: i32,
    pub def_encoding: i32,
    pub rep_encoding: i32,
    pub def_bytes: usize,
    pub rep_bytes: usize,
    pub is_compressed: bool,
}

/// Reads the header at the start of some bytes; gives its length too.
pub fn header(bytes: &[u8]) -> Result<(Header, usize)> {
    let mut h = Header { kind: -1, is_compressed: true, ..Default::default() };
    let mut r = Reader::new(bytes);
    r.fields(|r, id, _| {
        match id {
            1 => h.kind = r.int32()?,
            2 => h.uncompressed = r.size()?,
            3 => h.compressed = r.size()?,
            5 => r.fields(|r, id, _| {
                match id {
                    1 => h.values = r.size()?,
                    2 => h.encoding = r.int32()?,
                    3 => h.def_encoding = r.int32()?,
                    4 => h.rep_encoding = r.int32()?,
                    _ => return Ok(false),
                }
                Ok(true)
            })?,
            7 => r.fields(|r, id, _| {
                match id {
                    1 => h.values = r.size()?,
                    2 => h.encoding = r.int32()?,
                    _ => return Ok(false),
                }
                Ok(true)
            })?,
            8 => r.fields(|r, id, kind| {
                match id {
                    1 => h.values = r.size()?,
                    4 => h.encoding = r.int32()?,
                    5 => h.def_bytes = r.size()?,
                    6 => h.rep_bytes = r.size()?,
                    7 => h.is_compressed = kind == crate::thrift::TRUE,
                    _ => return Ok(false),
                }
                Ok(true)
            })?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    Ok((h, r.position()))
}
