//! Where three bytes lie in the next 64: the inner loop of every text format.

/// Bytes looked at together.
pub const MASK_BYTES: usize = 64;

/// Positions of three bytes among 64, one bit each, the first byte being bit 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Masks {
    /// Where the first byte is.
    pub first: u64,
    /// Where the second byte is.
    pub second: u64,
    /// Where the third byte is.
    pub third: u64,
}

/// Finds three bytes in a block.
#[cfg(not(target_arch = "wasm32"))]
#[inline(always)]
pub fn masks(block: &[u8; MASK_BYTES], needles: [u8; 3]) -> Masks {
    words(block, needles)
}

/// Finds three bytes in a block, sixteen at a time.
#[cfg(target_arch = "wasm32")]
#[inline]
#[target_feature(enable = "simd128")]
pub fn masks(block: &[u8; MASK_BYTES], needles: [u8; 3]) -> Masks {
    use core::arch::wasm32::{u8x16_bitmask, u8x16_eq, u8x16_splat, u64x2};
    let [a, b, c] = needles.map(|needle| u8x16_splat(needle));
    let mut out = Masks::default();
    for part in 0..4 {
        let (words, _) = block[16 * part..16 * part + 16].as_chunks::<8>();
        let bytes = u64x2(u64::from_le_bytes(words[0]), u64::from_le_bytes(words[1]));
        out.first |= u64::from(u8x16_bitmask(u8x16_eq(bytes, a))) << (16 * part);
        out.second |= u64::from(u8x16_bitmask(u8x16_eq(bytes, b))) << (16 * part);
        out.third |= u64::from(u8x16_bitmask(u8x16_eq(bytes, c))) << (16 * part);
    }
    out
}

/// Finds three bytes eight at a time, on machines of which nothing is known.
#[cfg_attr(target_arch = "wasm32", allow(dead_code))]
#[inline(always)]
fn words(block: &[u8; MASK_BYTES], needles: [u8; 3]) -> Masks {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let [a, b, c] = needles.map(|needle| u64::from(needle) * ONES);
    let mut out = Masks::default();
    let (words, _) = block.as_chunks::<8>();
    for (at, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        out.first |= zeros(word ^ a) << (8 * at);
        out.second |= zeros(word ^ b) << (8 * at);
        out.third |= zeros(word ^ c) << (8 * at);
    }
    out
}

/// One bit for each byte of the word that is zero.
#[inline(always)]
fn zeros(word: u64) -> u64 {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    let high = !(((word & LOW) + LOW) | word | LOW);
    // The eight high bits, gathered by a product in which no two of them meet.
    (high >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_are_what_a_plain_loop_finds() {
        let mut state = 1u64;
        for round in 0..2000 {
            let mut block = [0u8; MASK_BYTES];
            for byte in &mut block {
                state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                *byte = if round % 2 == 0 { (state >> 33) as u8 } else { b",\n\"\x00\x80\xac-"[(state >> 33) as usize % 7] };
            }
            let needles = [b',', b'\n', b'"'];
            let plain = |needle| (0..MASK_BYTES).fold(0u64, |mask, i| mask | u64::from(block[i] == needle) << i);
            let want = Masks { first: plain(b','), second: plain(b'\n'), third: plain(b'"') };
            assert_eq!(masks(&block, needles), want);
            assert_eq!(words(&block, needles), want);
        }
    }
}
