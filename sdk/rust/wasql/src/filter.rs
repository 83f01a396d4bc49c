//! Filters: the conditions of a WHERE clause, as the engine offers them.

use crate::pb;
use crate::{Error, Result, Type, Value};
use std::cmp::Ordering;

pub use crate::pb::FilterOp as Op;

/// The right side of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    /// Known now.
    Value(Value),
    /// Known when the scan opens. A [`crate::Scan`] has none of these: they are values there.
    Param {
        /// Position among the parameters.
        index: u32,
        /// Its type, when known.
        kind: Type,
    },
    /// Another column of the same row.
    Column(usize),
}

/// A comparison of a column with operands, or a tree of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    /// What is compared; `Op::Unspecified` for an operator this SDK does not know.
    pub op: Op,
    /// The left side; None for AND, OR and NOT.
    pub column: Option<usize>,
    /// The right side: none for IS NULL, the whole list for IN.
    pub operands: Vec<Operand>,
    /// Parts of AND, OR and NOT.
    pub children: Vec<Filter>,
    /// Function name in lower case, for FUNCTION.
    pub function: String,
    /// Collation a comparison of strings must use.
    pub collation: String,
    /// Escape character of LIKE; empty: backslash.
    pub escape: String,
    /// SQL text, for messages.
    pub text: String,
}

impl Filter {
    pub(crate) fn from_message(message: &pb::Filter) -> Self {
        let mut op = message.op();
        let mut operands = Vec::with_capacity(message.operands.len());
        for operand in &message.operands {
            operands.push(match &operand.kind {
                Some(pb::operand::Kind::Value(value)) if value.kind.is_some() => Operand::Value(value.clone().into()),
                Some(pb::operand::Kind::Param(index)) => Operand::Param { index: *index, kind: operand.r#type() },
                Some(pb::operand::Kind::Column(column)) => Operand::Column(*column as usize),
                // A kind of a later minor: the filter cannot be understood (SPEC 2.5).
                _ => {
                    op = Op::Unspecified;
                    Operand::Value(Value::Null)
                }
            });
        }
        let children: Vec<Filter> = message.children.iter().map(Filter::from_message).collect();
        if children.iter().any(|c| c.op == Op::Unspecified) {
            op = Op::Unspecified;
        }
        Filter {
            op,
            column: message.column.map(|c| c as usize),
            operands,
            children,
            function: message.function.clone(),
            collation: message.collation.clone(),
            escape: message.escape.clone(),
            text: message.text.clone(),
        }
    }

    /// Fills in the parameters.
    pub(crate) fn bind(&mut self, params: &[Value]) -> Result<()> {
        for operand in &mut self.operands {
            if let Operand::Param { index, .. } = operand {
                let missing = || Error::invalid(format!("param {index} has no value"));
                *operand = Operand::Value(params.get(*index as usize).ok_or_else(missing)?.clone());
            }
        }
        self.children.iter_mut().try_for_each(|c| c.bind(params))
    }

    /// The values of the right side, when all are known.
    pub fn values(&self) -> Option<Vec<&Value>> {
        self.operands.iter().map(|o| if let Operand::Value(v) = o { Some(v) } else { None }).collect()
    }

    /// The value of a comparison with one known operand.
    pub fn value(&self) -> Option<&Value> {
        match self.operands.as_slice() {
            [Operand::Value(value)] => Some(value),
            _ => None,
        }
    }

    /// Tells whether it compares with `=`, `<=>`, `<`, `<=`, `>`, `>=` or IN.
    pub fn is_range(&self) -> bool {
        matches!(self.op, Op::Eq | Op::NullSafeEq | Op::Lt | Op::Le | Op::Gt | Op::Ge | Op::In)
    }

    /// Tells whether the comparison of a column of `kind` with these operands is one of numbers,
    /// dates, times or bytes alone, so that [`compare`] decides it as SQL does. Text is never so:
    /// its order depends on the collation, see [`binary_collation`].
    pub fn plain_for(&self, kind: Type) -> bool {
        self.operands.iter().all(|operand| match operand {
            Operand::Value(Value::Null) => true,
            Operand::Value(value) => class_of(kind).is_some() && class_of(kind) == class_of_value(value),
            Operand::Param { kind: param, .. } => class_of(kind).is_some() && class_of(kind) == class_of(*param),
            Operand::Column(_) => false,
        })
    }
}

/// Tells whether strings compare byte by byte under a collation, without padding.
pub fn binary_collation(collation: &str) -> bool {
    matches!(collation, "binary" | "utf8mb4_0900_bin")
}

#[derive(PartialEq)]
enum Class {
    Number,
    Date,
    Time,
    Bytes,
}

fn class_of(kind: Type) -> Option<Class> {
    use Type::*;
    Some(match kind {
        Bool | Int8 | Int16 | Int32 | Int64 | Uint8 | Uint16 | Uint32 | Uint64 => Class::Number,
        Float32 | Float64 | Decimal128 | Decimal256 => Class::Number,
        Date | Datetime => Class::Date,
        Time => Class::Time,
        Binary => Class::Bytes,
        _ => return None,
    })
}

fn class_of_value(value: &Value) -> Option<Class> {
    Some(match value {
        Value::Bool(_) | Value::Int(_) | Value::Uint(_) | Value::Float(_) | Value::Decimal(_) => Class::Number,
        Value::Date(_) | Value::Datetime(_) => Class::Date,
        Value::Time(_) => Class::Time,
        Value::Bytes(_) => Class::Bytes,
        _ => return None,
    })
}

/// Compares two values as SQL does, exactly: numbers with numbers, dates with datetimes, times,
/// texts and bytes by their bytes. None when one is NULL or NaN, or when they are of different sorts.
pub fn compare(a: &Value, b: &Value) -> Option<Ordering> {
    use Value::*;
    match (a, b) {
        (Text(a), Text(b)) | (Json(a), Json(b)) => Some(a.as_bytes().cmp(b.as_bytes())),
        (Bytes(a), Bytes(b)) => Some(a.cmp(b)),
        (Time(a), Time(b)) => Some(a.cmp(b)),
        (Date(_) | Datetime(_), Date(_) | Datetime(_)) => Some(micros(a)?.cmp(&micros(b)?)),
        (Float(a), Float(b)) => a.partial_cmp(b),
        (Float(a), b) => float_to_exact(*a, b),
        (a, Float(b)) => float_to_exact(*b, a).map(Ordering::reverse),
        (a, b) => match (integer(a), integer(b)) {
            (Some(a), Some(b)) => Some(a.cmp(&b)),
            _ => compare_digits(a, b),
        },
    }
}

fn micros(value: &Value) -> Option<i64> {
    match value {
        Value::Date(i32::MIN) => Some(i64::MIN),
        Value::Date(days) => Some(i64::from(*days) * 86_400_000_000),
        Value::Datetime(micros) => Some(*micros),
        _ => None,
    }
}

fn integer(value: &Value) -> Option<i128> {
    match value {
        Value::Bool(v) => Some(i128::from(*v)),
        Value::Int(v) => Some(i128::from(*v)),
        Value::Uint(v) => Some(i128::from(*v)),
        _ => None,
    }
}

/// Compares a float with an integer exactly, with a decimal as doubles, which is how SQL does it.
fn float_to_exact(a: f64, b: &Value) -> Option<Ordering> {
    if let Value::Decimal(digits) = b {
        return a.partial_cmp(&digits.parse().ok()?);
    }
    let b = integer(b)?;
    if a.is_nan() {
        return None;
    }
    if a >= 2f64.powi(100) || a <= -(2f64.powi(100)) {
        return Some(if a > 0.0 { Ordering::Greater } else { Ordering::Less });
    }
    let whole = a.floor();
    Some((whole as i128).cmp(&b).then(if a > whole { Ordering::Greater } else { Ordering::Equal }))
}

fn compare_digits(a: &Value, b: &Value) -> Option<Ordering> {
    let digits = |v: &Value| match v {
        Value::Decimal(d) => Some(d.clone()),
        other => integer(other).map(|i| i.to_string()),
    };
    let (a, b) = (digits(a)?, digits(b)?);
    let fraction = |d: &str| d.split_once('.').map_or(0, |(_, f)| f.len() as u32);
    let scale = fraction(&a).max(fraction(&b));
    let (a, b) = (crate::decimal::parse(&a, scale)?, crate::decimal::parse(&b, scale)?);
    let signed = |w: [u64; 4]| (w[3] as i64, w[2], w[1], w[0]);
    Some(signed(a).cmp(&signed(b)))
}

/// A closed range of integers that a column must lie in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ints {
    /// Smallest.
    pub low: i128,
    /// Largest.
    pub high: i128,
}

impl Ints {
    /// All numbers of 64 bits.
    pub const ALL: Ints = Ints { low: i64::MIN as i128, high: u64::MAX as i128 };
    /// No number.
    pub const NONE: Ints = Ints { low: 1, high: 0 };

    /// Tells whether no number lies in it.
    pub fn is_empty(&self) -> bool {
        self.low > self.high
    }

    /// Narrows the range to the numbers for which the comparison holds. False, and the range
    /// unchanged, when the comparison is not one a range can tell exactly.
    pub fn narrow(&mut self, op: Op, value: &Value) -> bool {
        let Some((floor, whole)) = floor_of(value) else {
            if value.is_null() && matches!(op, Op::Eq | Op::Lt | Op::Le | Op::Gt | Op::Ge) {
                *self = Ints::NONE;
                return true;
            }
            return false;
        };
        match op {
            Op::Eq | Op::NullSafeEq if !whole => *self = Ints::NONE,
            Op::Eq | Op::NullSafeEq => {
                self.low = self.low.max(floor);
                self.high = self.high.min(floor);
            }
            Op::Le => self.high = self.high.min(floor),
            Op::Lt => self.high = self.high.min(if whole { floor - 1 } else { floor }),
            Op::Ge => self.low = self.low.max(if whole { floor } else { floor + 1 }),
            Op::Gt => self.low = self.low.max(floor + 1),
            _ => return false,
        }
        true
    }
}

/// The largest integer not above a number, and whether it is the number itself.
fn floor_of(value: &Value) -> Option<(i128, bool)> {
    match value {
        Value::Float(v) if v.is_nan() => None,
        Value::Float(v) => {
            let v = v.clamp(-1e30, 1e30);
            Some((v.floor() as i128, v.fract() == 0.0))
        }
        Value::Decimal(digits) => {
            let down = crate::decimal::parse(digits, 0)?;
            let rounded = crate::decimal::narrow(down)?.clamp(-(1 << 100), 1 << 100);
            // `parse` rounds half away from zero: one step back when that went up.
            match compare_digits(&Value::Decimal(rounded.to_string()), value)? {
                Ordering::Equal => Some((rounded, true)),
                Ordering::Less => Some((rounded, false)),
                Ordering::Greater => Some((rounded - 1, false)),
            }
        }
        other => integer(other).map(|v| (v, true)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_compare_exactly_across_kinds() {
        use Ordering::*;
        for (a, b, want) in [
            (Value::Int(-1), Value::Uint(u64::MAX), Some(Less)),
            (Value::Int(i64::MAX), Value::Float(9223372036854775808.0), Some(Less)),
            (Value::Float(-0.5), Value::Int(0), Some(Less)),
            (Value::Float(f64::INFINITY), Value::Uint(u64::MAX), Some(Greater)),
            (Value::Decimal("1.10".into()), Value::Decimal("1.1".into()), Some(Equal)),
            (Value::Decimal("-2.5".into()), Value::Int(-2), Some(Less)),
            (Value::Bool(true), Value::Int(1), Some(Equal)),
            (Value::Date(1), Value::Datetime(86_400_000_000), Some(Equal)),
            (Value::Float(f64::NAN), Value::Int(0), None),
            (Value::Null, Value::Int(0), None),
            (Value::Text("1".into()), Value::Int(1), None),
        ] {
            assert_eq!(compare(&a, &b), want, "{a:?} {b:?}");
            assert_eq!(compare(&b, &a), want.map(Ordering::reverse), "{b:?} {a:?}");
        }
    }

    #[test]
    fn ranges_narrow_to_the_integers_that_pass() {
        for (op, value, want) in [
            (Op::Ge, Value::Float(1.5), (2, 100)),
            (Op::Gt, Value::Float(1.5), (2, 100)),
            (Op::Ge, Value::Int(5), (5, 100)),
            (Op::Gt, Value::Int(5), (6, 100)),
            (Op::Le, Value::Decimal("4.9".into()), (0, 4)),
            (Op::Lt, Value::Decimal("4.0".into()), (0, 3)),
            (Op::Le, Value::Decimal("-0.5".into()), (0, -1)),
            (Op::Eq, Value::Uint(7), (7, 7)),
            (Op::Eq, Value::Float(7.5), (1, 0)),
            (Op::Lt, Value::Null, (1, 0)),
        ] {
            let mut range = Ints { low: 0, high: 100 };
            assert!(range.narrow(op, &value));
            assert_eq!((range.low, range.high), want, "{op:?} {value:?}");
        }
        let mut range = Ints::ALL;
        assert!(!range.narrow(Op::Ne, &Value::Int(1)) && !range.narrow(Op::Eq, &Value::Text("1".into())));
        assert_eq!(range, Ints::ALL);
    }
}
