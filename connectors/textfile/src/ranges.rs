//! [`Ranges`]: the values a comparison lets through, as closed ranges. Every comparison with constants
//! becomes one, so that there is one test to run and to trust.

/// Values with neighbours: what ranges are made of.
pub trait Step: Copy + Ord {
    /// The smallest value.
    const MIN: Self;
    /// The largest value.
    const MAX: Self;
    /// The next larger value, if there is one.
    fn next(self) -> Option<Self>;
    /// The next smaller value, if there is one.
    fn previous(self) -> Option<Self>;
}

impl Step for i64 {
    const MIN: Self = i64::MIN;
    const MAX: Self = i64::MAX;
    fn next(self) -> Option<Self> {
        self.checked_add(1)
    }
    fn previous(self) -> Option<Self> {
        self.checked_sub(1)
    }
}

impl Step for i128 {
    const MIN: Self = i128::MIN;
    const MAX: Self = i128::MAX;
    fn next(self) -> Option<Self> {
        self.checked_add(1)
    }
    fn previous(self) -> Option<Self> {
        self.checked_sub(1)
    }
}

/// Closed ranges, ascending and apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ranges<T>(Vec<(T, T)>);

/// A constant as a column's values see it: itself, between two neighbours, or beyond them all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point<T> {
    /// One of the values.
    At(T),
    /// Larger than this value, smaller than the next one.
    Above(T),
    /// Smaller than every value.
    UnderAll,
    /// Larger than every value.
    OverAll,
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `=`
    Eq,
    /// `<>`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
}

impl<T: Step> Ranges<T> {
    /// No value.
    pub fn none() -> Self {
        Ranges(Vec::new())
    }

    /// Every value.
    pub fn all() -> Self {
        Ranges(vec![(T::MIN, T::MAX)])
    }

    /// The values `v` for which `v comparison point` holds.
    pub fn compared(comparison: Comparison, point: Point<T>) -> Self {
        let at_most = |value| Ranges(vec![(T::MIN, value)]);
        let above = |value: T| value.next().map_or(Ranges::none(), |low| Ranges(vec![(low, T::MAX)]));
        match (comparison, point) {
            (Comparison::Eq, Point::At(value)) => Ranges(vec![(value, value)]),
            (Comparison::Eq, _) => Ranges::none(),
            (Comparison::Ne, point) => Ranges::compared(Comparison::Eq, point).inverted(),
            (Comparison::Lt | Comparison::Le, Point::UnderAll) => Ranges::none(),
            (Comparison::Lt | Comparison::Le, Point::OverAll) => Ranges::all(),
            (Comparison::Lt, Point::At(value)) => value.previous().map_or(Ranges::none(), at_most),
            (Comparison::Le, Point::At(value)) | (Comparison::Lt | Comparison::Le, Point::Above(value)) => at_most(value),
            (Comparison::Gt | Comparison::Ge, Point::UnderAll) => Ranges::all(),
            (Comparison::Gt | Comparison::Ge, Point::OverAll) => Ranges::none(),
            (Comparison::Ge, Point::At(value)) => Ranges(vec![(value, T::MAX)]),
            (Comparison::Gt, Point::At(value)) | (Comparison::Gt | Comparison::Ge, Point::Above(value)) => above(value),
        }
    }

    /// The values equal to one of the points.
    pub fn one_of(points: impl IntoIterator<Item = Point<T>>) -> Self {
        let mut values: Vec<T> = points
            .into_iter()
            .filter_map(|point| match point {
                Point::At(value) => Some(value),
                _ => None,
            })
            .collect();
        values.sort_unstable();
        let mut ranges: Vec<(T, T)> = Vec::new();
        for value in values {
            match ranges.last_mut() {
                Some(last) if value <= last.1 => {}
                Some(last) if last.1.next() == Some(value) => last.1 = value,
                _ => ranges.push((value, value)),
            }
        }
        Ranges(ranges)
    }

    /// The values not in `self`.
    pub fn inverted(&self) -> Self {
        let mut ranges = Vec::new();
        let mut low = Some(T::MIN);
        for &(first, last) in &self.0 {
            if let (Some(low), Some(high)) = (low, first.previous())
                && low <= high
            {
                ranges.push((low, high));
            }
            low = last.next();
        }
        if let Some(low) = low {
            ranges.push((low, T::MAX));
        }
        Ranges(ranges)
    }

    /// True when the value is let through.
    #[inline]
    pub fn contains(&self, value: T) -> bool {
        match self.0[..] {
            [] => false,
            [(low, high)] => low <= value && value <= high,
            _ => {
                let at = self.0.partition_point(|range| range.1 < value);
                self.0.get(at).is_some_and(|range| range.0 <= value)
            }
        }
    }

    /// The one range, when there is just one: loops test it without a search.
    pub fn single(&self) -> Option<(T, T)> {
        match self.0[..] {
            [range] => Some(range),
            _ => None,
        }
    }
}

/// An integer that sorts as the float does, both zeros being one.
#[inline]
pub fn float_key(value: f64) -> i64 {
    let bits = (value + 0.0).to_bits() as i64;
    bits ^ ((bits >> 63) as u64 >> 1) as i64
}

/// A signed integer that sorts as the unsigned one does.
#[inline]
pub fn unsigned_key(value: u64) -> i64 {
    (value ^ (1 << 63)) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(comparison: Comparison, value: f64, constant: f64) -> bool {
        match comparison {
            Comparison::Eq => value == constant,
            Comparison::Ne => value != constant,
            Comparison::Lt => value < constant,
            Comparison::Le => value <= constant,
            Comparison::Gt => value > constant,
            Comparison::Ge => value >= constant,
        }
    }

    const ALL: [Comparison; 6] = [Comparison::Eq, Comparison::Ne, Comparison::Lt, Comparison::Le, Comparison::Gt, Comparison::Ge];

    #[test]
    fn ranges_are_the_comparison() {
        for comparison in ALL {
            for (point, constant) in [
                (Point::At(3i64), 3.0),
                (Point::Above(3), 3.5),
                (Point::Above(-4), -3.5),
                (Point::UnderAll, f64::MIN),
                (Point::OverAll, f64::MAX),
            ] {
                let ranges = Ranges::compared(comparison, point);
                for value in -10..10 {
                    assert_eq!(
                        ranges.contains(value),
                        holds(comparison, value as f64, constant),
                        "{value} {comparison:?} {constant}"
                    );
                }
            }
        }
        assert!(!Ranges::compared(Comparison::Lt, Point::At(i64::MIN)).contains(i64::MIN));
        assert!(!Ranges::compared(Comparison::Gt, Point::At(i64::MAX)).contains(i64::MAX));
    }

    #[test]
    fn lists_and_their_opposite() {
        let list = Ranges::one_of([5i64, 1, 2, 2, 9, i64::MAX].map(Point::At));
        let not = list.inverted();
        for value in [i64::MIN, 0, 1, 2, 3, 4, 5, 6, 8, 9, 10, i64::MAX - 1, i64::MAX] {
            assert_eq!(list.contains(value), [1, 2, 5, 9, i64::MAX].contains(&value), "{value}");
            assert_eq!(not.contains(value), !list.contains(value), "{value}");
        }
        assert_eq!(Ranges::<i64>::none().inverted(), Ranges::all());
        assert_eq!(Ranges::<i64>::all().inverted(), Ranges::none());
    }

    #[test]
    fn float_keys_sort_as_floats() {
        let floats = [f64::MIN, -1.5, -1.0, -5e-324, 0.0, 5e-324, 0.1, 1.0, 1e300, f64::MAX];
        for pair in floats.windows(2) {
            assert!(float_key(pair[0]) < float_key(pair[1]), "{pair:?}");
        }
        assert_eq!(float_key(-0.0), float_key(0.0));
        assert!(unsigned_key(0) < unsigned_key(1) && unsigned_key(u64::MAX) > unsigned_key(1 << 63));
    }
}
