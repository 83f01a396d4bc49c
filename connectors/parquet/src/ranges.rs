//! Sets of numbers as ranges, and what conditions say of numbers.

use crate::convert::DAY_MICROS;
use crate::meta::Physical;
use crate::tree::Convert;
use std::cmp::Ordering;
use wasql::{Filter, Op, Type, Value, compare, decimal};

/// Beyond every number that is compared.
pub const FAR: i128 = 1 << 110;
/// Steps to the next double by which bounds are widened: SQL may compare after a rounding.
const STEPS: i128 = 4;

/// Ranges from one number to another, both in it, which rise and do not touch.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ranges(pub Vec<(i128, i128)>);

impl Ranges {
    fn all() -> Self {
        Ranges(vec![(-FAR, FAR)])
    }

    fn of(mut ranges: Vec<(i128, i128)>) -> Self {
        ranges.retain(|(from, to)| from <= to);
        ranges.sort_unstable();
        let mut out: Vec<(i128, i128)> = Vec::with_capacity(ranges.len());
        for (from, to) in ranges {
            match out.last_mut() {
                Some(last) if from <= last.1 + 1 => last.1 = last.1.max(to),
                _ => out.push((from, to)),
            }
        }
        Ranges(out)
    }

    fn without(&self) -> Self {
        let mut from = -FAR;
        let mut out = Vec::with_capacity(self.0.len() + 1);
        for &(start, end) in &self.0 {
            out.push((from, start - 1));
            from = end + 1;
        }
        out.push((from, FAR));
        Ranges::of(out)
    }

    /// What is in both.
    pub fn both(&self, other: &Ranges) -> Self {
        let (mut a, mut b, mut out) = (0, 0, Vec::new());
        while let (Some(x), Some(y)) = (self.0.get(a), other.0.get(b)) {
            out.push((x.0.max(y.0), x.1.min(y.1)));
            if x.1 < y.1 { a += 1 } else { b += 1 }
        }
        Ranges::of(out)
    }

    fn either(&self, other: &Ranges) -> Self {
        Ranges::of(self.0.iter().chain(&other.0).copied().collect())
    }

    /// Tells whether a number from `min` to `max` is in it.
    pub fn meets(&self, min: i128, max: i128) -> bool {
        let next = self.0.partition_point(|&(_, to)| to < min);
        self.0.get(next).is_some_and(|&(from, _)| from <= max)
    }

    /// The numbers one by one, when they are not too many.
    pub fn points(&self, most: usize) -> Option<Vec<i128>> {
        let single = self.0.len() <= most && self.0.iter().all(|(from, to)| from == to);
        single.then(|| self.0.iter().map(|r| r.0).collect())
    }

    fn map(&self, f: impl Fn(i128, i128) -> (i128, i128)) -> Self {
        Ranges::of(self.0.iter().map(|&(from, to)| f(from, to)).collect())
    }
}

/// What passes a condition of a column of numbers.
#[derive(Clone, Debug)]
pub struct Passing {
    /// NULL passes.
    pub null: bool,
    /// The numbers that pass, as they are stored.
    pub ranges: Ranges,
}

/// What passes a condition, whose leaves are all of one column; None when that cannot be said.
pub fn passing(filter: &Filter, convert: Convert, physical: Physical) -> Option<Passing> {
    let parts = || filter.children.iter().map(|c| passing(c, convert, physical)).collect::<Option<Vec<Passing>>>();
    match filter.op {
        Op::And => parts()?.into_iter().reduce(|a, b| Passing { null: a.null && b.null, ranges: a.ranges.both(&b.ranges) }),
        Op::Or => parts()?.into_iter().reduce(|a, b| Passing { null: a.null || b.null, ranges: a.ranges.either(&b.ranges) }),
        Op::IsNull => Some(Passing { null: true, ranges: Ranges::default() }),
        Op::IsNotNull => Some(Passing { null: false, ranges: Ranges::all() }),
        _ => leaf(filter, convert, physical),
    }
}

fn leaf(filter: &Filter, convert: Convert, physical: Physical) -> Option<Passing> {
    let values = filter.values()?;
    let null = filter.op == Op::NullSafeEq && values.iter().any(|v| v.is_null());
    let mut ranges = Vec::new();
    for value in &values {
        if value.is_null() {
            if filter.op == Op::NotIn {
                return Some(Passing { null: false, ranges: Ranges::default() });
            }
            continue;
        }
        ranges.push(match convert {
            Convert::Float | Convert::Double => float(filter.op, value, convert == Convert::Float)?,
            _ => one(filter.op, number(value, convert)?)?,
        });
    }
    let mut ranges = Ranges::of(ranges);
    if matches!(filter.op, Op::Ne | Op::NotIn) {
        // Of nothing but NULL, <> is NULL.
        ranges = if values.iter().all(|v| v.is_null()) { Ranges::default() } else { ranges.without() };
    }
    let stored = |times: i64, per: i64| {
        let (times, per) = (i128::from(times), i128::from(per));
        // times * v / per, rounded down, lies in the range.
        ranges.map(|from, to| {
            (
                (from * per).div_euclid(times) + i128::from((from * per).rem_euclid(times) > 0),
                (to * per + per - 1).div_euclid(times),
            )
        })
    };
    let ranges = match (convert, physical) {
        (Convert::Time { times, per } | Convert::Datetime { times, per }, _) => stored(times, per),
        _ => ranges,
    };
    Some(Passing { null, ranges })
}

/// The numbers that compare so with one, that of which is known that it is `floor`, or between it and the next whole number.
fn one(op: Op, (floor, whole): (i128, bool)) -> Option<(i128, i128)> {
    Some(match op {
        Op::Eq | Op::NullSafeEq | Op::In | Op::Ne | Op::NotIn if whole => (floor, floor),
        Op::Eq | Op::NullSafeEq | Op::In | Op::Ne | Op::NotIn => (1, 0),
        Op::Lt => (-FAR, if whole { floor - 1 } else { floor }),
        Op::Le => (-FAR, floor),
        Op::Gt => (floor + 1, FAR),
        Op::Ge => (if whole { floor } else { floor + 1 }, FAR),
        _ => return None,
    })
}

/// A value in the units of a column: rounded down, and whether that is all of it.
fn number(value: &Value, convert: Convert) -> Option<(i128, bool)> {
    match (convert, value) {
        (Convert::Bool | Convert::Int(_), v) => scaled(v, 0),
        (Convert::Decimal { scale }, v) => scaled(v, scale),
        (Convert::Date, Value::Date(days)) => Some((i128::from(*days), true)),
        (Convert::Date, Value::Datetime(micros)) => {
            Some((i128::from(micros.div_euclid(DAY_MICROS)), micros.rem_euclid(DAY_MICROS) == 0))
        }
        (Convert::Datetime { .. }, Value::Date(days)) => Some((i128::from(*days) * i128::from(DAY_MICROS), true)),
        (Convert::Datetime { .. }, Value::Datetime(micros)) | (Convert::Time { .. }, Value::Time(micros)) => {
            Some((i128::from(*micros), true))
        }
        _ => None,
    }
}

fn scaled(value: &Value, scale: u32) -> Option<(i128, bool)> {
    let unit = 10i128.checked_pow(scale)?;
    let int = |v: i128| v.checked_mul(unit).filter(|v| v.abs() < FAR).unwrap_or(if v < 0 { -FAR } else { FAR });
    match value {
        Value::Bool(v) => Some((int(i128::from(*v)), true)),
        Value::Int(v) => Some((int(i128::from(*v)), true)),
        Value::Uint(v) => Some((int(i128::from(*v)), true)),
        Value::Decimal(digits) => {
            let rounded = decimal::parse(digits, scale).and_then(decimal::narrow).filter(|v| v.abs() < FAR);
            let Some(rounded) = rounded else { return Some((if digits.starts_with('-') { -FAR } else { FAR }, false)) };
            // Parsing rounds half away from zero: one step back when that went up.
            let told = Value::Decimal(decimal::text(decimal::widen(rounded), scale));
            Some(match compare(&told, value)? {
                Ordering::Equal => (rounded, true),
                Ordering::Less => (rounded, false),
                Ordering::Greater => (rounded - 1, false),
            })
        }
        _ => None,
    }
}

/// The keys of floats that may compare so with a number; beyond them none does.
fn float(op: Op, value: &Value, narrow: bool) -> Option<(i128, i128)> {
    let value = match value {
        Value::Float(v) => *v,
        Value::Int(v) => *v as f64,
        Value::Uint(v) => *v as f64,
        Value::Decimal(digits) => digits.parse().ok()?,
        _ => return None,
    };
    if value.is_nan() {
        return None;
    }
    let key = i128::from(if narrow { f32_key(value as f32) } else { f64_key(value) });
    Some(match op {
        Op::Eq | Op::NullSafeEq | Op::In => (key - STEPS, key + STEPS),
        Op::Lt | Op::Le => (-FAR, key + STEPS),
        Op::Gt | Op::Ge => (key - STEPS, FAR),
        _ => return None,
    })
}

/// A number that orders doubles as they are ordered.
#[inline(always)]
pub fn f64_key(v: f64) -> i64 {
    let bits = v.to_bits() as i64;
    bits ^ ((bits >> 63) as u64 >> 1) as i64
}

/// The same for floats.
#[inline(always)]
pub fn f32_key(v: f32) -> i64 {
    let bits = v.to_bits() as i32;
    i64::from(bits ^ ((bits >> 31) as u32 >> 1) as i32)
}

/// Tells whether a param of a type compares with a column of numbers in whole units.
pub fn param_fits(convert: Convert, kind: Type) -> bool {
    use Type::*;
    match convert {
        Convert::Bool | Convert::Int(_) | Convert::Decimal { .. } => {
            matches!(kind, Bool | Int8 | Int16 | Int32 | Int64 | Uint8 | Uint16 | Uint32 | Uint64 | Decimal128 | Decimal256)
        }
        Convert::Date | Convert::Datetime { .. } => matches!(kind, Date | Datetime),
        Convert::Time { .. } => kind == Time,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(op: Op, values: Vec<Value>, children: Vec<Filter>) -> Filter {
        let operands = values.into_iter().map(wasql::Operand::Value).collect();
        let (column, none) = (Some(0), String::new);
        Filter { op, column, operands, children, function: none(), collation: none(), escape: none(), text: none() }
    }

    fn ranges(op: Op, values: &[Value], convert: Convert) -> Option<Vec<(i128, i128)>> {
        passing(&filter(op, values.to_vec(), vec![]), convert, Physical::Int64).map(|p| p.ranges.0)
    }

    #[test]
    fn conditions_are_the_numbers_that_pass() {
        let int = Convert::Int(Type::Int64);
        let money = Convert::Decimal { scale: 2 };
        let (ms, ns) = (Convert::Datetime { times: 1000, per: 1 }, Convert::Datetime { times: 1, per: 1000 });
        let digits = |d: &str| Value::Decimal(d.into());
        let noon = Value::Datetime(DAY_MICROS / 2);
        for (what, op, values, convert, want) in [
            ("<", Op::Lt, vec![Value::Int(5)], int, vec![(-FAR, 4)]),
            (">= fraction", Op::Ge, vec![digits("4.5")], int, vec![(5, FAR)]),
            ("<= negative fraction", Op::Le, vec![digits("-4.5")], int, vec![(-FAR, -5)]),
            ("= fraction", Op::Eq, vec![digits("4.5")], int, vec![]),
            ("<>", Op::Ne, vec![Value::Int(5)], int, vec![(-FAR, 4), (6, FAR)]),
            ("<> NULL", Op::Ne, vec![Value::Null], int, vec![]),
            ("in", Op::In, vec![Value::Int(7), Value::Null, Value::Int(3), Value::Int(4)], int, vec![(3, 4), (7, 7)]),
            ("not in with NULL", Op::NotIn, vec![Value::Int(7), Value::Null], int, vec![]),
            ("decimal", Op::Le, vec![digits("0.07")], money, vec![(-FAR, 7)]),
            ("decimal between", Op::Lt, vec![digits("0.075")], money, vec![(-FAR, 7)]),
            ("decimal of an int", Op::Eq, vec![Value::Int(24)], money, vec![(2400, 2400)]),
            ("too large", Op::Lt, vec![digits(&"9".repeat(60))], money, vec![(-FAR, FAR)]),
            ("date", Op::Lt, vec![noon.clone()], Convert::Date, vec![(-FAR, 0)]),
            ("date =", Op::Eq, vec![noon.clone()], Convert::Date, vec![]),
            ("milliseconds", Op::Gt, vec![Value::Datetime(1500)], ms, vec![(2, FAR / 1000)]),
            ("milliseconds =", Op::Eq, vec![Value::Datetime(1500)], ms, vec![]),
            ("nanoseconds =", Op::Eq, vec![Value::Datetime(-2)], ns, vec![(-2000, -1001)]),
        ] {
            assert_eq!(ranges(op, &values, convert), Some(want), "{what}");
        }
        assert_eq!(ranges(Op::Eq, &[Value::Float(1.0)], int), None);
        assert_eq!(ranges(Op::Like, &[Value::Text("a".into())], int), None);
    }

    #[test]
    fn parts_of_one_column_are_put_together() {
        let int = |op, v| filter(op, vec![Value::Int(v)], vec![]);
        let both = filter(Op::And, vec![], vec![int(Op::Ge, 3), int(Op::Lt, 9), int(Op::Ne, 5)]);
        let either = filter(Op::Or, vec![], vec![both, filter(Op::IsNull, vec![], vec![])]);
        let got = passing(&either, Convert::Int(Type::Int32), Physical::Int32).unwrap();
        assert_eq!((got.null, got.ranges.0), (true, vec![(3, 4), (6, 8)]));
    }

    #[test]
    fn keys_of_floats_rise_with_them() {
        let rising = [f64::NEG_INFINITY, -1e300, -1.5, -1e-300, -0.0, 0.0, 5e-324, 1.0, 1e300, f64::INFINITY];
        assert!(rising.windows(2).all(|w| f64_key(w[0]) < f64_key(w[1])));
        assert!(rising.windows(2).all(|w| f32_key(w[0] as f32) <= f32_key(w[1] as f32)));
        let r = Ranges::of(vec![float(Op::Lt, &Value::Float(0.0), false).unwrap()]);
        assert!(r.meets(f64_key(-1e-9).into(), f64_key(-1e-9).into()) && !r.meets(f64_key(1e-9).into(), FAR));
    }
}
