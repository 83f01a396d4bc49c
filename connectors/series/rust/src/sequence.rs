//! Sequences: a run of numbers at equal distances, or a list, cut down step by step.
//!
//! All arithmetic is done in 128 bits, so that the whole range of bigint works.

use wasql::Ints;

/// Numbers in the order they will come.
#[derive(Clone, Debug, PartialEq)]
pub enum Sequence {
    /// `count` numbers from `first`, `step` apart.
    Run { first: i128, step: i128, count: i128 },
    /// These numbers.
    List(Vec<i64>),
}

impl Sequence {
    /// The numbers from start towards stop. The step is not 0.
    pub fn new(start: i64, stop: i64, step: i64) -> Self {
        let (first, last, step) = (i128::from(start), i128::from(stop), i128::from(step));
        let distance = if step > 0 { last - first } else { first - last };
        let count = if distance < 0 { 0 } else { distance / step.abs() + 1 };
        Sequence::Run { first, step, count }
    }

    /// No numbers.
    pub fn empty() -> Self {
        Sequence::List(Vec::new())
    }

    /// How many numbers there are.
    pub fn len(&self) -> i128 {
        match self {
            Sequence::Run { count, .. } => *count,
            Sequence::List(list) => list.len() as i128,
        }
    }

    /// Only the numbers inside a range.
    pub fn within(self, range: Ints) -> Self {
        match self {
            Sequence::Run { first, step, count } => {
                if range.is_empty() {
                    return Self::empty();
                }
                let (near, far) = if step > 0 { (range.low, range.high) } else { (range.high, range.low) };
                // Steps until the near bound is reached, and until the far one is passed.
                let from = ceil_div((near - first) * step.signum(), step.abs()).max(0);
                let to = ((far - first) * step.signum()).div_euclid(step.abs()).min(count - 1);
                Sequence::Run { first: first + from * step, step, count: (to - from + 1).max(0) }
            }
            Sequence::List(list) => {
                Sequence::List(list.into_iter().filter(|&v| (range.low..=range.high).contains(&i128::from(v))).collect())
            }
        }
    }

    /// Only the numbers of a list; the order stays.
    pub fn among(self, wanted: &[i128]) -> Self {
        let mut found: Vec<i64> = wanted.iter().filter(|&&v| self.contains(v)).map(|&v| v as i64).collect();
        found.sort_unstable();
        found.dedup();
        if !self.rises() {
            found.reverse();
        }
        Sequence::List(found)
    }

    fn contains(&self, value: i128) -> bool {
        match self {
            Sequence::Run { first, step, count } => {
                let distance = value - first;
                distance % step == 0 && (0..*count).contains(&(distance / step))
            }
            Sequence::List(list) => list.iter().any(|&v| i128::from(v) == value),
        }
    }

    fn rises(&self) -> bool {
        match self {
            Sequence::Run { step, .. } => *step > 0,
            Sequence::List(list) => list.is_sorted(),
        }
    }

    /// The same numbers in rising or falling order.
    pub fn ordered(self, descending: bool) -> Self {
        if self.rises() != descending {
            return self;
        }
        match self {
            Sequence::Run { first, step, count } => {
                Sequence::Run { first: first + (count - 1).max(0) * step, step: -step, count }
            }
            Sequence::List(mut list) => {
                list.reverse();
                Sequence::List(list)
            }
        }
    }

    /// The numbers from position `from` up to `to`, exclusive; positions beyond the end are cut.
    pub fn part(self, from: i128, to: i128) -> Self {
        let (from, to) = (from.min(self.len()), to.min(self.len()));
        match self {
            Sequence::Run { first, step, .. } => Sequence::Run { first: first + from * step, step, count: (to - from).max(0) },
            Sequence::List(list) => Sequence::List(list[from as usize..to.max(from) as usize].to_vec()),
        }
    }
}

fn ceil_div(a: i128, b: i128) -> i128 {
    -(-a).div_euclid(b)
}
