//! Decompression of pages, never to more bytes than the page header says.

use std::io::Read;
use wasql::{Code, Error, Result};

/// Most bytes of a page, before and after decompression.
pub const PAGE_BYTES_MAX: usize = 256 << 20;

/// Largest window of a zstd page smaller than it.
const ZSTD_WINDOW_BYTES_MAX: u64 = 32 << 20;

fn corrupt(codec: &str, message: impl std::fmt::Display) -> Error {
    Error::new(Code::Corrupt, format!("{codec} page: {message}"))
}

/// Space for a page; a failure of the allocator is an error.
pub fn space(bytes: usize) -> Result<Vec<u8>> {
    let mut space = Vec::new();
    let message = || Error::new(Code::Resource, format!("no memory for a page of {bytes} bytes"));
    space.try_reserve_exact(bytes).map_err(|_| message())?;
    Ok(space)
}

/// Decompresses a page of `size` bytes behind what is in `out`.
pub fn decompress(codec: i32, input: &[u8], size: usize, out: &mut Vec<u8>) -> Result<()> {
    let start = out.len();
    match codec {
        0 => out.extend_from_slice(input),
        1 => snappy(input, size, out)?,
        2 => inflate(input, size, out)?,
        5 => lz4_hadoop(input, size, out)?,
        6 => zstd(input, size, out)?,
        7 => lz4(input, size, out)?,
        other => return Err(Error::unsupported(format!("compression {}", name(other)))),
    }
    if out.len() - start != size {
        return Err(corrupt(&name(codec), format!("{} bytes come out, the header says {size}", out.len() - start)));
    }
    Ok(())
}

fn name(codec: i32) -> String {
    let names = ["uncompressed", "snappy", "gzip", "lzo", "brotli", "lz4", "zstd", "lz4_raw"];
    let name = usize::try_from(codec).ok().and_then(|c| names.get(c));
    name.map_or_else(|| format!("codec {codec}"), |n| (*n).to_owned())
}

/// Zeros for a decoder that writes in place; `ratio` is the most it can blow input up.
fn room<'a>(codec: &str, input: &[u8], size: usize, ratio: usize, out: &'a mut Vec<u8>) -> Result<&'a mut [u8]> {
    if size > input.len().saturating_mul(ratio).saturating_add(64) {
        return Err(corrupt(codec, format!("{} bytes cannot become the {size} the header says", input.len())));
    }
    let start = out.len();
    out.try_reserve_exact(size).map_err(|_| Error::new(Code::Resource, format!("no memory for a page of {size} bytes")))?;
    out.resize(start + size, 0);
    Ok(&mut out[start..])
}

fn snappy(input: &[u8], size: usize, out: &mut Vec<u8>) -> Result<()> {
    let told = snap::raw::decompress_len(input).map_err(|e| corrupt("snappy", e))?;
    if told != size {
        return Err(corrupt("snappy", format!("it says {told} bytes, the page header {size}")));
    }
    let room = room("snappy", input, size, 64, out)?;
    let n = snap::raw::Decoder::new().decompress(input, room).map_err(|e| corrupt("snappy", e))?;
    if n == size { Ok(()) } else { Err(corrupt("snappy", format!("{n} of {size} bytes come out"))) }
}

fn lz4(input: &[u8], size: usize, out: &mut Vec<u8>) -> Result<()> {
    let room = room("lz4", input, size, 256, out)?;
    let n = lz4_flex::block::decompress_into(input, room).map_err(|e| corrupt("lz4", e))?;
    if n == size { Ok(()) } else { Err(corrupt("lz4", format!("{n} of {size} bytes come out"))) }
}

/// The old framing: blocks with both sizes, big-endian, before them; some writers left it out.
fn lz4_hadoop(input: &[u8], size: usize, out: &mut Vec<u8>) -> Result<()> {
    let start = out.len();
    let mut rest = input;
    while let [a, b, c, d, e, f, g, h, tail @ ..] = rest {
        let unpacked = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
        let packed = u32::from_be_bytes([*e, *f, *g, *h]) as usize;
        let fits = tail.get(..packed).filter(|_| unpacked <= size - (out.len() - start));
        match fits {
            Some(block) if lz4(block, unpacked, out).is_ok() => rest = &tail[packed..],
            _ => {
                out.truncate(start);
                return lz4(input, size, out);
            }
        }
    }
    Ok(())
}

fn inflate(input: &[u8], size: usize, out: &mut Vec<u8>) -> Result<()> {
    fill("gzip", flate2::read::MultiGzDecoder::new(input), size, out)
}

fn zstd(input: &[u8], size: usize, out: &mut Vec<u8>) -> Result<()> {
    // The decoder makes room for the window before it reads a byte.
    let window = zstd_window(input).ok_or_else(|| corrupt("zstd", "its header is cut"))?;
    if window > (size as u64).max(ZSTD_WINDOW_BYTES_MAX) {
        return Err(corrupt("zstd", format!("window of {window} bytes for a page of {size}")));
    }
    let decoder = ruzstd::decoding::StreamingDecoder::new(input).map_err(|e| corrupt("zstd", e))?;
    fill("zstd", decoder, size, out)
}

/// Bytes that a zstd frame wants to look back, from its header.
fn zstd_window(frame: &[u8]) -> Option<u64> {
    let descriptor = *frame.get(4)?;
    if descriptor & 0x20 == 0 {
        let window = *frame.get(5)?;
        let base = 1u64 << (10 + (window >> 3));
        return Some(base + base / 8 * u64::from(window & 7));
    }
    // A single segment: the window is the size of the content, behind the id of a dictionary.
    let at = 5 + [0, 1, 2, 4][usize::from(descriptor & 3)];
    let len = [1, 2, 4, 8][usize::from(descriptor >> 6)];
    let size = frame.get(at..at + len)?.iter().rev().fold(0, |n, &b| n << 8 | u64::from(b));
    Some(if len == 2 { size + 256 } else { size })
}

/// Reads to the end, growing with what really comes.
fn fill(codec: &str, decoder: impl Read, size: usize, out: &mut Vec<u8>) -> Result<()> {
    out.try_reserve(size.min(1 << 20)).map_err(|_| Error::new(Code::Resource, "no memory for a page"))?;
    decoder.take(size as u64 + 1).read_to_end(out).map_err(|e| corrupt(codec, e))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_that_cannot_be_are_refused_before_memory_is_taken() {
        let mut out = Vec::new();
        // A frame with a window of 3.75 TiB, and one of a single segment of 2^60 bytes.
        let wide = [0x28, 0xb5, 0x2f, 0xfd, 0, 0xff, 0, 0, 0];
        let long = [0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0, 0, 0, 0, 0, 0, 0, 16, 0];
        for (codec, input) in
            [(6, &wide[..]), (6, &long[..]), (6, &wide[..4]), (1, &[0xff, 0xff, 0xff, 0x7f, 0][..]), (7, &[0x10, 0][..])]
        {
            assert_eq!(decompress(codec, input, 200 << 20, &mut out).unwrap_err().code(), Code::Corrupt, "codec {codec}");
            assert!(out.capacity() < 1 << 20);
        }
        assert_eq!(decompress(3, &[], 1, &mut out).unwrap_err().code(), Code::Unimplemented);
    }
}
