//! Sieves: what a plan's conditions leave of the values of one column, before other columns are looked at.

use crate::meta::{Logical, Physical};
use crate::ranges::{FAR, Passing, Ranges, f32_key, f64_key, param_fits, passing};
use crate::texts::Texts;
use crate::tree::{Convert, Kind, Node};
use crate::values::Values;
use wasql::{Filter, Op, Operand, Result, Type, Use, Value, binary_collation, decimal};

/// Bits of the table that a list of numbers is looked up in.
const TABLE_BITS: i128 = 1 << 20;
/// Digits of decimals from which they may be beyond all ranges.
const WIDE: u32 = 33;
/// Ranges that are looked at one by one.
const FEW: usize = 4;

/// All conditions of one flat column.
#[derive(Debug)]
pub struct Sieve {
    /// Position of the field.
    pub column: usize,
    numbers: Option<Numbers>,
    texts: Vec<Texts>,
    null: bool,
}

/// How numbers of a physical type are compared.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Key {
    Signed,
    Unsigned32,
    /// With the sign bit turned round.
    Unsigned64,
    Float,
    Double,
    /// Decimals kept as bytes.
    Bytes,
}

#[derive(Debug)]
struct Numbers {
    key: Key,
    ranges: Ranges,
    /// The same, as keys.
    few: Vec<(i64, i64)>,
    /// Which numbers from `first` on are in it, when these are not few ranges and lie close together.
    table: Vec<u64>,
    first: i64,
}

/// What is done with a filter when rows are read: nothing, or its rows are left out, or only those of which it is sure.
pub fn claim(filter: &Filter, fields: &[Node], binary_as_text: bool) -> Use {
    let Some(column) = column_of(filter) else { return Use::Ignored };
    let Some(field) = fields.get(column).filter(|f| flat(f)) else { return Use::Ignored };
    let convert = field.convert(binary_as_text);
    match convert {
        Convert::Bool
        | Convert::Int(_)
        | Convert::Decimal { .. }
        | Convert::Date
        | Convert::Time { .. }
        | Convert::Datetime { .. } => {
            if numeric(filter, field, convert) {
                Use::Exact
            } else {
                Use::Ignored
            }
        }
        Convert::Float | Convert::Double => {
            if numeric(filter, field, convert) {
                Use::Inexact
            } else {
                Use::Ignored
            }
        }
        Convert::Text(Type::Utf8) => strings(filter, Type::Utf8),
        Convert::Binary => strings(filter, Type::Binary),
        _ => Use::Ignored,
    }
}

fn flat(field: &Node) -> bool {
    matches!(field.kind, Kind::Leaf { .. }) && field.rep == 0
}

/// The one column that all of a filter is about.
fn column_of(filter: &Filter) -> Option<usize> {
    match filter.op {
        Op::And | Op::Or => {
            let mut all = filter.children.iter().map(column_of);
            let first = all.next()??;
            all.all(|c| c == Some(first)).then_some(first)
        }
        _ => filter.column,
    }
}

fn leaves<'a>(filter: &'a Filter, out: &mut Vec<&'a Filter>) {
    match filter.op {
        Op::And | Op::Or => filter.children.iter().for_each(|c| leaves(c, out)),
        _ => out.push(filter),
    }
}

fn comparison(op: Op) -> bool {
    matches!(
        op,
        Op::Eq | Op::Ne | Op::Lt | Op::Le | Op::Gt | Op::Ge | Op::NullSafeEq | Op::In | Op::NotIn | Op::IsNull | Op::IsNotNull
    )
}

/// Tells whether a filter can be told by ranges of numbers, also when values of it come later.
fn numeric(filter: &Filter, field: &Node, convert: Convert) -> bool {
    let Kind::Leaf { physical, .. } = field.kind else { return false };
    if matches!(field.logical, Logical::Decimal { precision: WIDE.., .. })
        && matches!(physical, Physical::Bytes | Physical::Fixed(_))
    {
        return false;
    }
    let mut all = Vec::new();
    leaves(filter, &mut all);
    all.iter().all(|leaf| {
        let late = |o: &Operand| matches!(o, Operand::Param { .. });
        let params = leaf.operands.iter().all(|o| match o {
            Operand::Value(_) => true,
            Operand::Param { kind, .. } => param_fits(convert, *kind),
            Operand::Column(_) => false,
        });
        comparison(leaf.op) && params && (leaf.operands.iter().any(late) || passing(leaf, convert, physical).is_some())
    })
}

fn strings(filter: &Filter, kind: Type) -> Use {
    let mut all = Vec::new();
    leaves(filter, &mut all);
    let fits = |leaf: &&Filter| {
        comparison(leaf.op)
            && leaf.operands.iter().all(|o| match o {
                Operand::Value(Value::Null) => true,
                Operand::Value(Value::Text(_)) => kind == Type::Utf8,
                Operand::Value(Value::Bytes(_)) => kind == Type::Binary,
                Operand::Value(_) | Operand::Column(_) => false,
                Operand::Param { kind: param, .. } => *param == kind,
            })
    };
    let bytewise = |leaf: &&Filter| kind == Type::Binary || leaf.operands.is_empty() || binary_collation(&leaf.collation);
    match all.iter().all(fits) {
        false => Use::Ignored,
        true if all.iter().all(bytewise) => Use::Exact,
        true => Use::Inexact,
    }
}

/// The sieves of the columns that some filters are about.
pub fn sieves(filters: &[Filter], fields: &[Node], binary_as_text: bool) -> Result<Vec<Sieve>> {
    let mut all: Vec<Sieve> = Vec::new();
    for filter in filters {
        let claimed = claim(filter, fields, binary_as_text);
        let Some(column) = column_of(filter).filter(|_| claimed != Use::Ignored) else { continue };
        let field = &fields[column];
        let Kind::Leaf { physical, .. } = field.kind else { continue };
        let (numbers, texts) = match field.convert(binary_as_text) {
            convert @ (Convert::Text(_) | Convert::Binary) => (None, Texts::new(&with_bytes(filter, convert))),
            convert => (passing(filter, convert, physical), None),
        };
        let null = match (&numbers, &texts) {
            (Some(numbers), _) => numbers.null,
            (_, Some(texts)) => texts.null(),
            // An inexact one is the engine's; an exact one was understood when it was claimed.
            _ if claimed == Use::Inexact => continue,
            _ => return Err(wasql::Error::invalid(format!("value of another type in the condition {}", filter.text))),
        };
        let at = all.iter().position(|s| s.column == column).unwrap_or_else(|| {
            all.push(Sieve { column, numbers: None, texts: Vec::new(), null: true });
            all.len() - 1
        });
        let sieve = &mut all[at];
        sieve.null &= null;
        sieve.texts.extend(texts);
        if let Some(found) = numbers {
            let ranges = sieve.numbers.take().map(|n| n.ranges);
            sieve.numbers = Some(Numbers::new(key(field, physical, binary_as_text), &found, ranges));
        }
    }
    Ok(all)
}

/// Bytes compare by themselves, whatever collation comes with them.
fn with_bytes(filter: &Filter, convert: Convert) -> Filter {
    let mut filter = filter.clone();
    if convert == Convert::Binary {
        filter.collation.clear();
        filter.children = filter.children.iter().map(|c| with_bytes(c, convert)).collect();
    }
    filter
}

fn key(field: &Node, physical: Physical, binary_as_text: bool) -> Key {
    match (field.convert(binary_as_text), physical) {
        (Convert::Float, _) => Key::Float,
        (Convert::Double, _) => Key::Double,
        (Convert::Int(Type::Uint64), _) => Key::Unsigned64,
        (Convert::Int(Type::Uint32), _) => Key::Unsigned32,
        (_, Physical::Bytes | Physical::Fixed(_)) => Key::Bytes,
        _ => Key::Signed,
    }
}

impl Numbers {
    fn new(key: Key, found: &Passing, before: Option<Ranges>) -> Self {
        let ranges = before.map_or_else(|| found.ranges.clone(), |before| before.both(&found.ranges));
        let shift = if key == Key::Unsigned64 { 1i128 << 63 } else { 0 };
        let bound = |v: i128| (v - shift).clamp(i64::MIN.into(), i64::MAX.into()) as i64;
        let meets = |r: &&(i128, i128)| r.1 - shift >= i64::MIN.into() && r.0 - shift <= i64::MAX.into();
        let few: Vec<(i64, i64)> = ranges.0.iter().filter(meets).map(|&(from, to)| (bound(from), bound(to))).collect();
        let (first, last) = (few.first().map_or(0, |r| r.0), few.last().map_or(0, |r| r.1));
        let span = i128::from(last) - i128::from(first) + 1;
        let mut table = Vec::new();
        if few.len() > FEW && span <= TABLE_BITS {
            table.resize(span as usize / 64 + 1, 0u64);
            for at in few.iter().flat_map(|&(from, to)| from - first..=to - first) {
                table[at as usize / 64] |= 1 << (at % 64);
            }
        }
        Numbers { key, ranges, few, table, first }
    }

    fn holds(&self, key: i64) -> bool {
        let next = self.few.partition_point(|&(_, to)| to < key);
        self.few.get(next).is_some_and(|&(from, _)| from <= key)
    }

    /// Adds a mark for each value.
    fn mark<T: Copy>(&self, values: &[T], out: &mut Vec<u8>, key: impl Fn(T) -> i64) {
        match *self.few.as_slice() {
            [] => out.resize(out.len() + values.len(), 0),
            [(from, to)] => {
                let span = to.wrapping_sub(from) as u64;
                out.extend(values.iter().map(|&v| u8::from(key(v).wrapping_sub(from) as u64 <= span)));
            }
            _ if self.few.len() <= FEW => out.extend(values.iter().map(|&v| {
                let key = key(v);
                u8::from(self.few.iter().any(|&(from, to)| from <= key && key <= to))
            })),
            _ if !self.table.is_empty() => out.extend(values.iter().map(|&v| {
                let at = key(v).wrapping_sub(self.first) as u64;
                self.table.get((at / 64) as usize).map_or(0, |word| (word >> (at % 64) & 1) as u8)
            })),
            _ => out.extend(values.iter().map(|&v| u8::from(self.holds(key(v))))),
        }
    }

    fn marks(&self, values: &Values, out: &mut Vec<u8>) {
        let turned = |v: i64| v ^ i64::MIN;
        match (values, self.key) {
            (Values::Bool(v), _) => self.mark(v, out, i64::from),
            (Values::I32(v), Key::Unsigned32) => self.mark(v, out, |v| i64::from(v as u32)),
            (Values::I32(v), Key::Unsigned64) => self.mark(v, out, |v| turned(i64::from(v))),
            (Values::I32(v), _) => self.mark(v, out, i64::from),
            (Values::I64(v), Key::Unsigned64) => self.mark(v, out, turned),
            (Values::I64(v), Key::Unsigned32) => self.mark(v, out, |v| v & 0xffff_ffff),
            (Values::I64(v), _) => self.mark(v, out, |v| v),
            // What is no number is left to the engine.
            (Values::F32(v), _) => self.mark_floats(v, out, f32_key, |v| v.is_nan()),
            (Values::F64(v), _) => self.mark_floats(v, out, f64_key, |v| v.is_nan()),
            (Values::Bytes { .. }, _) => out.extend((0..values.len()).map(|i| {
                let wide = decimal::from_be_bytes(values.bytes(i)).and_then(decimal::narrow);
                u8::from(wide.map(|v| v.clamp(1 - FAR, FAR - 1)).is_none_or(|v| self.ranges.meets(v, v)))
            })),
        }
    }

    fn mark_floats<T: Copy>(&self, values: &[T], out: &mut Vec<u8>, key: impl Fn(T) -> i64, nan: impl Fn(T) -> bool) {
        let start = out.len();
        self.mark(values, out, key);
        for (mark, &v) in out[start..].iter_mut().zip(values) {
            *mark |= u8::from(nan(v));
        }
    }

    /// A value of a file's statistics; None when it does not read as one.
    fn bound(&self, bytes: &[u8], physical: Physical) -> Option<i128> {
        Some(match (physical, self.key) {
            (Physical::Bool, _) => i128::from(*bytes.first()?),
            (Physical::Int32, Key::Unsigned32) => i128::from(u32::from_le_bytes(bytes.try_into().ok()?)),
            (Physical::Int32, _) => i128::from(i32::from_le_bytes(bytes.try_into().ok()?)),
            (Physical::Int64, Key::Unsigned64) => i128::from(u64::from_le_bytes(bytes.try_into().ok()?)),
            (Physical::Int64, _) => i128::from(i64::from_le_bytes(bytes.try_into().ok()?)),
            (Physical::Bytes | Physical::Fixed(_), Key::Bytes) => decimal::from_be_bytes(bytes).and_then(decimal::narrow)?,
            // Those of floats leave out what is no number.
            _ => return None,
        })
    }
}

impl Sieve {
    /// Tells whether NULL passes.
    pub fn null(&self) -> bool {
        self.null
    }

    /// Adds a mark for each value: 1 when it passes.
    pub fn marks(&self, values: &Values, out: &mut Vec<u8>) -> Result<()> {
        let start = out.len();
        match &self.numbers {
            Some(numbers) => numbers.marks(values, out),
            None => out.resize(start + values.len(), 1),
        }
        let mut key = Vec::new();
        for texts in &self.texts {
            for (i, mark) in out[start..].iter_mut().enumerate().filter(|(_, mark)| **mark != 0) {
                *mark = u8::from(texts.passes(values.bytes(i), &mut key)?);
            }
        }
        Ok(())
    }

    /// Tells whether values are looked at one by one where there is no dictionary: by their weights the engine does it better.
    pub fn cheap(&self) -> bool {
        self.texts.iter().all(Texts::bytewise)
    }

    /// Tells whether a value from `min` to `max` may pass, or NULL when there is one.
    pub fn meets(&self, min: Option<&[u8]>, max: Option<&[u8]>, nulls: bool, physical: Physical) -> bool {
        if nulls && self.null {
            return true;
        }
        let numbers = self.numbers.as_ref().is_none_or(|numbers| {
            let bound = |bytes: Option<&[u8]>| bytes.and_then(|b| numbers.bound(b, physical));
            match (bound(min), bound(max)) {
                (Some(min), Some(max)) => numbers.ranges.meets(min, max),
                _ => true,
            }
        });
        numbers && self.texts.iter().all(|t| t.meets(min, max))
    }

    /// The few values that pass, as they are kept in a file; None: not few, or NULL passes too.
    pub fn points(&self, physical: Physical, most: usize) -> Option<Vec<Vec<u8>>> {
        if self.null {
            return None;
        }
        if let Some(found) = self.texts.iter().find_map(|t| t.points(most)) {
            return Some(found.into_iter().map(<[u8]>::to_vec).collect());
        }
        let numbers = self.numbers.as_ref().filter(|n| !matches!(n.key, Key::Float | Key::Double | Key::Bytes))?;
        let points = numbers.ranges.points(most)?;
        match physical {
            // What the type cannot hold is in no file.
            Physical::Int32 => Some(points.iter().map(|&v| (v as i32).to_le_bytes().to_vec()).collect()),
            Physical::Int64 => Some(points.iter().map(|&v| (v as i64).to_le_bytes().to_vec()).collect()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_numbers_are_found_in_every_way() {
        for (what, numbers) in [
            ("one", vec![5i128]),
            ("few", vec![-7, 0, 9]),
            ("table", (0..50).map(|i| i * 37 - 100).collect()),
            ("search", (0..50).map(|i| i * (1 << 40) - (1 << 44)).collect()),
        ] {
            let points = Ranges(numbers.iter().map(|&v| (v, v)).collect());
            let found = Numbers::new(Key::Signed, &Passing { null: false, ranges: points }, None);
            let values: Vec<i64> =
                numbers.iter().flat_map(|&v| [v as i64 - 1, v as i64, v as i64 + 1]).chain([i64::MIN, i64::MAX]).collect();
            let mut marks = Vec::new();
            found.marks(&Values::I64(values.clone()), &mut marks);
            let want: Vec<u8> = values.iter().map(|&v| u8::from(numbers.contains(&v.into()))).collect();
            assert_eq!(marks, want, "{what}");
        }
    }

    #[test]
    fn unsigned_numbers_compare_as_such() {
        let passing = Passing { null: false, ranges: Ranges(vec![(1 << 40, i128::from(u64::MAX))]) };
        let (mut wide, mut narrow) = (Vec::new(), Vec::new());
        Numbers::new(Key::Unsigned64, &passing, None).marks(&Values::I64(vec![-1, 0, 1 << 40, i64::MIN]), &mut wide);
        assert_eq!(wide, [1, 0, 1, 1]);
        let high = Passing { null: false, ranges: Ranges(vec![(1 << 31, 1 << 32)]) };
        Numbers::new(Key::Unsigned32, &high, None).marks(&Values::I32(vec![-1, 0, i32::MIN]), &mut narrow);
        assert_eq!(narrow, [1, 0, 1]);
    }
}
