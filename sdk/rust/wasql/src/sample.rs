//! Samples: which rows are in one.

use crate::pb;

/// Tells which rows a sample has, by what tells the row apart: its key, so that the same rows are taken whatever else is asked for,
/// and more of them with a larger fraction (SPEC 8.36).
#[derive(Clone, Copy, Debug)]
pub struct Sampler {
    /// The first of 2^53 hashes that are not taken.
    below: u64,
    seed: u64,
    /// Rows that lie together may be taken or left together, by what tells the block apart.
    pub blocks: bool,
}

impl Sampler {
    /// The sampler of a message.
    pub fn new(sample: &pb::Sample) -> Self {
        // A number that is none is taken for 0.
        let below = (sample.fraction.clamp(0.0, 1.0) * (1u64 << 53) as f64) as u64;
        Sampler { below, seed: spread(sample.seed), blocks: sample.blocks }
    }

    /// Whether the row of a key is in the sample.
    pub fn takes(&self, key: &[u8]) -> bool {
        let start = self.seed ^ 0xcbf2_9ce4_8422_2325;
        let h = key.iter().fold(start, |h, &b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
        spread(h) >> 11 < self.below
    }

    /// As [`Sampler::takes`], for a key that is a number.
    pub fn takes_number(&self, key: u64) -> bool {
        spread(self.seed.wrapping_add(key.wrapping_mul(0x9e37_79b9_7f4a_7c15))) >> 11 < self.below
    }
}

/// Lets each bit change all others.
fn spread(x: u64) -> u64 {
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampler(fraction: f64, seed: u64) -> Sampler {
        Sampler::new(&pb::Sample { fraction, seed, ..Default::default() })
    }

    #[test]
    fn a_share_of_the_keys_is_taken() {
        const COUNT: u64 = 100_000;
        let ways: [fn(&Sampler, u64) -> bool; 2] = [|s, i| s.takes(&i.to_be_bytes()), Sampler::takes_number];
        for takes in ways {
            for fraction in [-1.0, 0.0, 0.1, 0.5, 1.0, 2.0, f64::NAN] {
                let (small, large) = (sampler(fraction, 3), sampler(fraction + 0.05, 3));
                let taken: Vec<u64> = (0..COUNT).filter(|&i| takes(&small, i)).collect();
                assert!(taken.iter().all(|&i| takes(&large, i)), "{fraction}");
                let share = if fraction.is_nan() { 0.0 } else { fraction.clamp(0.0, 1.0) };
                let off = (taken.len() as f64 - COUNT as f64 * share).abs();
                // Five times the deviation that chance has.
                assert!(off <= 5.0 * (COUNT as f64 * share * (1.0 - share)).sqrt(), "{fraction}: {}", taken.len());
                let other = sampler(fraction, 4);
                assert!(share == 0.0 || share == 1.0 || taken.iter().any(|&i| !takes(&other, i)), "{fraction}");
            }
        }
    }

    #[test]
    fn what_stands_on_a_sample_is_given_up_without_it() {
        for takes in [false, true] {
            let sample = pb::Sample { fraction: 0.5, ..Default::default() };
            let request = pb::PlanRequest { limit: Some(3), distinct: true, sample: Some(sample), ..Default::default() };
            let mut plan = crate::plan::Plan::new(&crate::Schema::default(), request);
            plan.take_distinct();
            assert!(!takes || plan.take_sample());
            assert_eq!(plan.take_limit(), takes);
            let answer = plan.answer();
            assert_eq!(answer.sample.is_some_and(|a| a.taken), takes);
            assert_eq!(answer.distinct.is_some_and(|a| a.taken), takes);
            let state = crate::scan::State::read(&answer.plan).unwrap();
            assert_eq!(state.sample.is_some(), takes);
        }
    }
}
