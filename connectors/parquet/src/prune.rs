//! Pruning: which row groups cannot hold a row that passes the filters.

use crate::convert::{DAYS, datetime_fits, time_fits, uuid};
use crate::meta::{RowGroup, Statistics};
use crate::tree::{Convert, Kind, Node};
use std::cmp::Ordering;
use wasql::{Filter, Op, Operand, Type, Value, binary_collation, compare, decimal};

/// Smallest and largest value of a chunk, and its NULLs.
#[derive(Debug, Default)]
pub struct Bounds {
    /// Smallest value, or less.
    pub min: Option<Value>,
    /// Largest value, or more.
    pub max: Option<Value>,
    /// Number of NULLs.
    pub nulls: Option<u64>,
}

/// The bounds of a flat field in a row group.
pub fn bounds(field: &Node, group: &RowGroup, binary_as_text: bool) -> Bounds {
    let Kind::Leaf { number, .. } = field.kind else { return Bounds::default() };
    let Some(chunk) = group.chunks.get(number).filter(|_| field.rep == 0) else { return Bounds::default() };
    let s: &Statistics = &chunk.statistics;
    let convert = field.convert(binary_as_text);
    // Old bounds are in signed order whatever the type.
    let old = match convert {
        Convert::Bool | Convert::Float | Convert::Double | Convert::Date | Convert::Time { .. } | Convert::Datetime { .. } => {
            true
        }
        Convert::Int(kind) => matches!(kind, Type::Int8 | Type::Int16 | Type::Int32 | Type::Int64),
        _ => false,
    };
    let pick = |new: &Option<Vec<u8>>, old_one: &Option<Vec<u8>>| {
        let bytes = new.as_deref().or(if old { old_one.as_deref() } else { None })?;
        value(convert, bytes)
    };
    Bounds { min: pick(&s.min, &s.old_min), max: pick(&s.max, &s.old_max), nulls: s.nulls.filter(|&n| n <= group.rows) }
}

/// A bound as a value; None when it does not read as one.
fn value(convert: Convert, bytes: &[u8]) -> Option<Value> {
    let int = || match *bytes {
        [a, b, c, d] => Some(i64::from(i32::from_le_bytes([a, b, c, d]))),
        _ => Some(i64::from_le_bytes(bytes.try_into().ok()?)),
    };
    let micros = |times: i64, per: i64| int()?.checked_mul(times).map(|v| v.div_euclid(per));
    Some(match convert {
        Convert::Bool => Value::Bool(*bytes.first()? != 0),
        Convert::Int(Type::Uint64) => Value::Uint(int()? as u64),
        Convert::Int(Type::Uint8 | Type::Uint16 | Type::Uint32) => Value::Uint(u64::from(int()? as u32)),
        Convert::Int(_) => Value::Int(int()?),
        Convert::Float => Value::Float(f64::from(f32::from_le_bytes(bytes.try_into().ok()?))),
        Convert::Double => Value::Float(f64::from_le_bytes(bytes.try_into().ok()?)),
        Convert::Date => Value::Date(i32::try_from(int()?).ok()?),
        Convert::Time { times, per } => Value::Time(micros(times, per)?),
        Convert::Datetime { times, per } => Value::Datetime(micros(times, per)?),
        Convert::Text(Type::Utf8) => Value::Text(String::from_utf8(bytes.to_vec()).ok()?),
        Convert::Binary => Value::Bytes(bytes.to_vec()),
        Convert::Uuid if bytes.len() == 16 => Value::Text(uuid(bytes)),
        _ => return None,
    })
    .filter(|v| !matches!(v, Value::Float(f) if f.is_nan()))
}

/// As [`value`], for decimals, whose integers are little-endian in numbers and big-endian in bytes.
pub fn decimal_bound(field: &Node, bytes: &[u8], scale: u32) -> Option<Value> {
    use crate::meta::Physical;
    let Kind::Leaf { physical, .. } = field.kind else { return None };
    let unscaled = match physical {
        Physical::Int32 => decimal::widen(i128::from(i32::from_le_bytes(bytes.try_into().ok()?))),
        Physical::Int64 => decimal::widen(i128::from(i64::from_le_bytes(bytes.try_into().ok()?))),
        _ => decimal::from_be_bytes(bytes)?,
    };
    Some(Value::Decimal(decimal::text(unscaled, scale)))
}

/// Tells whether row group statistics can say anything about a filter.
pub fn supported(filter: &Filter, fields: &[Node], binary_as_text: bool) -> bool {
    match filter.op {
        Op::And => filter.children.iter().any(|c| supported(c, fields, binary_as_text)),
        Op::Or => !filter.children.is_empty() && filter.children.iter().all(|c| supported(c, fields, binary_as_text)),
        _ => comparison(filter, fields, binary_as_text),
    }
}

fn comparison(filter: &Filter, fields: &[Node], binary_as_text: bool) -> bool {
    let Some(field) = filter.column.and_then(|c| fields.get(c)) else { return false };
    let convert = field.convert(binary_as_text);
    if convert == Convert::Json {
        return false;
    }
    if matches!(filter.op, Op::IsNull | Op::IsNotNull) {
        return true;
    }
    let kind = field.column(binary_as_text).kind();
    filter.is_range()
        && match convert {
            Convert::Text(Type::Utf8) | Convert::Uuid => {
                let text = |o: &Operand| match o {
                    Operand::Value(v) => matches!(v, Value::Text(_) | Value::Null),
                    Operand::Param { kind, .. } => *kind == Type::Utf8,
                    Operand::Column(_) => false,
                };
                binary_collation(&filter.collation) && filter.operands.iter().all(text)
            }
            Convert::Text(_) | Convert::Int96 | Convert::Float16 | Convert::DecimalText { .. } => false,
            _ => filter.plain_for(kind),
        }
}

/// Tells whether a row group may hold rows that pass a filter.
pub fn may_match(filter: &Filter, fields: &[Node], group: &RowGroup, binary_as_text: bool) -> bool {
    match filter.op {
        Op::And => filter.children.iter().all(|c| may_match(c, fields, group, binary_as_text)),
        Op::Or => filter.children.is_empty() || filter.children.iter().any(|c| may_match(c, fields, group, binary_as_text)),
        _ if !comparison(filter, fields, binary_as_text) => true,
        _ => filter.column.and_then(|c| fields.get(c)).is_none_or(|field| {
            let bounds = full_bounds(field, group, binary_as_text);
            passes(filter, &bounds, group.rows)
        }),
    }
}

/// The bounds of any flat field, decimals included.
pub fn full_bounds(field: &Node, group: &RowGroup, binary_as_text: bool) -> Bounds {
    let mut found = bounds(field, group, binary_as_text);
    if let (Convert::Decimal { scale }, Kind::Leaf { number, .. }) = (field.convert(binary_as_text), &field.kind)
        && let Some(chunk) = group.chunks.get(*number)
    {
        let read = |bytes: &Option<Vec<u8>>| bytes.as_deref().and_then(|b| decimal_bound(field, b, scale));
        found.min = read(&chunk.statistics.min);
        found.max = read(&chunk.statistics.max);
    }
    found
}

/// Tells whether every row of a row group is known to pass a filter.
pub fn all_match(filter: &Filter, fields: &[Node], group: &RowGroup, binary_as_text: bool) -> bool {
    match filter.op {
        Op::And => filter.children.iter().all(|c| all_match(c, fields, group, binary_as_text)),
        Op::Or => filter.children.iter().any(|c| all_match(c, fields, group, binary_as_text)),
        _ if !comparison(filter, fields, binary_as_text) => false,
        _ => filter.column.and_then(|c| fields.get(c)).is_some_and(|field| {
            // What is no number is in no bounds.
            let float = matches!(field.convert(binary_as_text), Convert::Float | Convert::Double);
            let bounds = full_bounds(field, group, binary_as_text);
            let nulls = if field.def == 0 { Some(0) } else { bounds.nulls };
            !float && all_pass(filter, &Bounds { nulls, ..bounds }, group.rows)
        }),
    }
}

fn all_pass(filter: &Filter, bounds: &Bounds, rows: u64) -> bool {
    match filter.op {
        Op::IsNull => return bounds.nulls == Some(rows),
        Op::IsNotNull => return bounds.nulls == Some(0),
        _ if bounds.nulls != Some(0) => return false,
        _ => {}
    }
    filter.values().is_some_and(|values| {
        values.into_iter().any(|value| {
            let side = |bound: &Option<Value>| bound.as_ref().filter(|_| !value.is_null()).and_then(|b| compare(b, value));
            let (min, max) = (side(&bounds.min), side(&bounds.max));
            match filter.op {
                Op::Lt => max.is_some_and(Ordering::is_lt),
                Op::Le => max.is_some_and(Ordering::is_le),
                Op::Gt => min.is_some_and(Ordering::is_gt),
                Op::Ge => min.is_some_and(Ordering::is_ge),
                Op::Eq | Op::NullSafeEq | Op::In => min.is_some_and(Ordering::is_eq) && max.is_some_and(Ordering::is_eq),
                _ => false,
            }
        })
    })
}

/// Tells whether SQL can hold a value.
pub fn inside(value: &Value) -> bool {
    match value {
        Value::Date(days) => DAYS.contains(days),
        Value::Time(micros) => time_fits(*micros),
        Value::Datetime(micros) => datetime_fits(*micros),
        _ => true,
    }
}

fn passes(filter: &Filter, bounds: &Bounds, rows: u64) -> bool {
    match filter.op {
        Op::IsNull => return bounds.nulls != Some(0),
        Op::IsNotNull => return bounds.nulls != Some(rows),
        _ => {}
    }
    let Some(values) = filter.values() else { return true };
    values.into_iter().any(|value| {
        if value.is_null() {
            // NULL is equal to nothing but, under <=>, to NULL.
            return filter.op == Op::NullSafeEq && bounds.nulls != Some(0);
        }
        if bounds.nulls == Some(rows) {
            return false;
        }
        let side = |bound: &Option<Value>| bound.as_ref().and_then(|b| compare(b, value));
        let (min, max) = (side(&bounds.min), side(&bounds.max));
        match filter.op {
            Op::Lt => min.is_none_or(Ordering::is_lt),
            Op::Le => min.is_none_or(Ordering::is_le),
            Op::Gt => max.is_none_or(Ordering::is_gt),
            Op::Ge => max.is_none_or(Ordering::is_ge),
            _ => min.is_none_or(Ordering::is_le) && max.is_none_or(Ordering::is_ge),
        }
    })
}
