//! Bloom filters of chunks: split blocks of 32 bytes, found by xxHash64 of the value as it is stored.

use crate::meta::Chunk;
use crate::thrift::Reader;
use wasql::Result;
use wasql::fs::File;

/// Bytes that hold the header of a filter for sure.
const HEADER_BYTES: u64 = 256;
/// Bytes of a block.
const BLOCK_BYTES: u64 = 32;
/// Most bytes of a filter.
const FILTER_BYTES_MAX: u64 = 128 << 20;
/// Most values that are looked for.
pub const VALUES_MAX: usize = 1000;
/// Values for which blocks are read one by one; for more, the filter is.
const BLOCKS_READ: usize = 16;
/// Most bytes of a filter that is read whole.
const WHOLE_BYTES_MAX: u64 = 1 << 20;

const SALT: [u32; 8] = [0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d, 0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31];

/// Tells whether one of these values may be in a chunk. A filter that cannot be read excludes nothing.
pub fn may_hold(file: &File, chunk: &Chunk, values: &[Vec<u8>]) -> bool {
    let Some(at) = chunk.bloom else { return true };
    let there = file.size_bytes().saturating_sub(at).min(HEADER_BYTES);
    let mut head = vec![0; there as usize];
    if file.read_exact_at(at, &mut head).is_err() {
        return true;
    }
    let Ok(Some((bytes, len))) = header(&head) else { return true };
    let start = at + len;
    if bytes < BLOCK_BYTES || !bytes.is_multiple_of(BLOCK_BYTES) || bytes > FILTER_BYTES_MAX || start + bytes > file.size_bytes()
    {
        return true;
    }
    let mut whole = Vec::new();
    if values.len() > BLOCKS_READ {
        whole.resize(if bytes <= WHOLE_BYTES_MAX { bytes as usize } else { 0 }, 0);
        if whole.is_empty() || file.read_exact_at(start, &mut whole).is_err() {
            return true;
        }
    }
    values.iter().any(|value| {
        let hash = xxh64(value);
        let block = ((hash >> 32) * (bytes / BLOCK_BYTES)) >> 32;
        let mut own = [0u8; BLOCK_BYTES as usize];
        if whole.is_empty() {
            if file.read_exact_at(start + block * BLOCK_BYTES, &mut own).is_err() {
                return true;
            }
        } else {
            let from = (block * BLOCK_BYTES) as usize;
            own.copy_from_slice(&whole[from..from + BLOCK_BYTES as usize]);
        }
        in_block(hash as u32, &own)
    })
}

fn in_block(key: u32, block: &[u8; BLOCK_BYTES as usize]) -> bool {
    let (words, _) = block.as_chunks::<4>();
    words.iter().zip(SALT).all(|(word, salt)| u32::from_le_bytes(*word) >> (key.wrapping_mul(salt) >> 27) & 1 == 1)
}

/// Bytes of the filter, and of its header; None when it is of a kind of later versions.
fn header(bytes: &[u8]) -> Result<Option<(u64, u64)>> {
    let (mut size, mut known) = (0, [false; 3]);
    let mut r = Reader::new(bytes);
    r.fields(|r, id, _| {
        match id {
            1 => size = r.size()?,
            2..=4 => r.fields(|_, kind, _| {
                known[id as usize - 2] = kind == 1;
                Ok(false)
            })?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    Ok((known == [true; 3]).then_some((size as u64, r.position() as u64)))
}

const P1: u64 = 0x9e3779b185ebca87;
const P2: u64 = 0xc2b2ae3d27d4eb4f;
const P3: u64 = 0x165667b19e3779f9;
const P4: u64 = 0x85ebca77c2b2ae63;
const P5: u64 = 0x27d4eb2f165667c5;

/// xxHash64 of some bytes, seed 0.
fn xxh64(bytes: &[u8]) -> u64 {
    let round = |acc: u64, lane: u64| acc.wrapping_add(lane.wrapping_mul(P2)).rotate_left(31).wrapping_mul(P1);
    let (stripes, rest) = bytes.as_chunks::<32>();
    let mut hash = P5;
    if !stripes.is_empty() {
        let mut lanes = [P1.wrapping_add(P2), P2, 0, P1.wrapping_neg()];
        for stripe in stripes {
            let (words, _) = stripe.as_chunks::<8>();
            for (lane, word) in lanes.iter_mut().zip(words) {
                *lane = round(*lane, u64::from_le_bytes(*word));
            }
        }
        let turned = |i: usize, by: u32| lanes[i].rotate_left(by);
        hash = turned(0, 1).wrapping_add(turned(1, 7)).wrapping_add(turned(2, 12)).wrapping_add(turned(3, 18));
        for lane in lanes {
            hash = (hash ^ round(0, lane)).wrapping_mul(P1).wrapping_add(P4);
        }
    }
    hash = hash.wrapping_add(bytes.len() as u64);
    let (words, rest) = rest.as_chunks::<8>();
    for word in words {
        hash = (hash ^ round(0, u64::from_le_bytes(*word))).rotate_left(27).wrapping_mul(P1).wrapping_add(P4);
    }
    let (words, rest) = rest.as_chunks::<4>();
    for word in words {
        let word = u64::from(u32::from_le_bytes(*word)).wrapping_mul(P1);
        hash = (hash ^ word).rotate_left(23).wrapping_mul(P2).wrapping_add(P3);
    }
    for &byte in rest {
        hash = (hash ^ u64::from(byte).wrapping_mul(P5)).rotate_left(11).wrapping_mul(P1);
    }
    hash = (hash ^ hash >> 33).wrapping_mul(P2);
    hash = (hash ^ hash >> 29).wrapping_mul(P3);
    hash ^ hash >> 32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_the_reference() {
        for (text, want) in [
            ("", 0xef46db3751d8e999u64),
            ("a", 0xd24ec4f1a98c6e5b),
            ("abc", 0x44bc2cf5ad770999),
            ("Nobody inspects the spammish repetition", 0xfbcea83c8a378bf1),
        ] {
            assert_eq!(xxh64(text.as_bytes()), want, "{text}");
        }
    }

    #[test]
    fn headers_of_other_kinds_are_left_alone() {
        // numBytes 32, algorithm BLOCK, hash XXHASH, no compression: each a struct with an empty struct of id 1.
        let good = [0x15, 64, 0x1c, 0x1c, 0, 0, 0x1c, 0x1c, 0, 0, 0x1c, 0x1c, 0, 0, 0];
        assert_eq!(header(&good).unwrap(), Some((32, good.len() as u64)));
        let mut other = good;
        other[7] = 0x2c; // another hash
        assert_eq!(header(&other).unwrap(), None);
        assert!(header(&good[..5]).is_err());
    }
}
