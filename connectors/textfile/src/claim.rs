//! Which filters a text file can answer itself, how surely, and why not the others.

use wasql::{Filter, Op, Operand, Type, Value};

use crate::civil::{self, DAY_MICROS};
use crate::kind::{Field, Kind};
use crate::like::Pattern;
use crate::number::{self, Decimal};
use crate::predicate::{Predicate, Test, TextTest, has_keys, printable};
use crate::ranges::{Comparison, Point, Ranges, float_key, unsigned_key};

/// A filter that can be run.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// The condition; when not exact, one that holds for more rows.
    pub predicate: Predicate,
    /// True when it holds for just the rows that SQL says.
    pub exact: bool,
}

type Answer<T> = std::result::Result<T, String>;

/// The condition that stands for a filter, or the reason why there is none. Parameters that are not known yet
/// are judged by their type; the predicate is then good for nothing but its exactness.
pub fn claim(filter: &Filter, fields: &[Field]) -> Answer<Claim> {
    negatable(filter, fields, false)
}

fn exact(predicate: Predicate) -> Claim {
    Claim { predicate, exact: true }
}

fn negatable(filter: &Filter, fields: &[Field], negate: bool) -> Answer<Claim> {
    match (filter.op, negate) {
        (Op::Not, _) => match &filter.children[..] {
            [child] => negatable(child, fields, !negate),
            _ => Err("NOT with other than one operand".into()),
        },
        (Op::And, false) | (Op::Or, true) => {
            let parts = children(filter, fields, negate)?;
            let exact = parts.iter().all(|part| part.exact);
            Ok(Claim { predicate: Predicate::And(parts.into_iter().map(|part| part.predicate).collect()), exact })
        }
        (Op::Or, false) | (Op::And, true) => {
            let parts = children(filter, fields, negate)?;
            let exact = parts.iter().all(|part| part.exact);
            Ok(Claim { predicate: Predicate::Or(parts.into_iter().map(|part| part.predicate).collect()), exact })
        }
        _ => leaf(filter, fields, negate),
    }
}

fn children(filter: &Filter, fields: &[Field], negate: bool) -> Answer<Vec<Claim>> {
    filter.children.iter().map(|child| negatable(child, fields, negate)).collect()
}

fn leaf(filter: &Filter, fields: &[Field], negate: bool) -> Answer<Claim> {
    let column = filter.column.ok_or("the left side is not a column")?;
    let field = fields.get(column).ok_or("the column is not one of the file")?;
    let op = if negate { opposite(filter.op)? } else { filter.op };
    let test = |test| Predicate::Test(column, test);
    if filter.operands.iter().any(|operand| matches!(operand, Operand::Column(_))) {
        return Err("compares two columns".into());
    }
    match op {
        Op::IsNull => return Ok(exact(test(Test::Null))),
        Op::IsNotNull => return Ok(exact(test(Test::NotNull))),
        Op::Function => return Err(format!("function {} is evaluated by the engine", filter.function)),
        Op::Regexp | Op::NotRegexp => return Err("regular expressions are evaluated by the engine".into()),
        Op::Match => return Err("full-text search is evaluated by the engine".into()),
        _ => {}
    }
    if op == Op::NullSafeEq && filter.value() == Some(&Value::Null) {
        return Ok(exact(test(Test::Null)));
    }
    let nulls = filter.operands.iter().any(|operand| matches!(operand, Operand::Value(Value::Null)));
    // A comparison with NULL is never true; in a list, NULL is no member and makes NOT IN never true.
    if nulls && !(op == Op::In && filter.operands.len() > 1) {
        return Ok(exact(Predicate::None));
    }
    match field.kind {
        Kind::Json => Err("JSON values are compared by the engine".into()),
        Kind::Text(_) | Kind::Binary(_) => text(filter, op, column, field),
        kind if has_keys(kind) => {
            let points = points(filter, |operand| key(kind, operand))?;
            Ok(exact(test(Test::Keys(ranges(op, &points)?))))
        }
        Kind::Decimal(_, scale) => {
            let points = points(filter, |operand| digits(u32::from(scale), operand))?;
            Ok(exact(test(Test::Digits(ranges(op, &points)?))))
        }
        _ => Err(format!("columns of type {} are compared by the engine", field.sql)),
    }
}

fn opposite(op: Op) -> Answer<Op> {
    Ok(match op {
        Op::Eq => Op::Ne,
        Op::Ne => Op::Eq,
        Op::Lt => Op::Ge,
        Op::Le => Op::Gt,
        Op::Gt => Op::Le,
        Op::Ge => Op::Lt,
        Op::In => Op::NotIn,
        Op::NotIn => Op::In,
        Op::Like => Op::NotLike,
        Op::NotLike => Op::Like,
        Op::IsNull => Op::IsNotNull,
        Op::IsNotNull => Op::IsNull,
        _ => return Err("NOT of this operator is evaluated by the engine".into()),
    })
}

fn comparison(op: Op) -> Option<Comparison> {
    Some(match op {
        Op::Eq | Op::NullSafeEq => Comparison::Eq,
        Op::Ne => Comparison::Ne,
        Op::Lt => Comparison::Lt,
        Op::Le => Comparison::Le,
        Op::Gt => Comparison::Gt,
        Op::Ge => Comparison::Ge,
        _ => return None,
    })
}

fn points<T>(filter: &Filter, one: impl Fn(&Operand) -> Answer<Point<T>>) -> Answer<Vec<Point<T>>> {
    filter.operands.iter().filter(|o| !matches!(o, Operand::Value(Value::Null))).map(one).collect()
}

fn ranges<T: crate::ranges::Step>(op: Op, points: &[Point<T>]) -> Answer<Ranges<T>> {
    match (op, points) {
        (Op::In, _) => Ok(Ranges::one_of(points.iter().copied())),
        (Op::NotIn, _) => Ok(Ranges::one_of(points.iter().copied()).inverted()),
        (_, [point]) => match comparison(op) {
            Some(comparison) => Ok(Ranges::compared(comparison, *point)),
            None => Err(format!("{} is evaluated by the engine", op.as_str_name())),
        },
        _ => Err("a comparison with other than one value".into()),
    }
}

fn unfit(kind: Kind, what: &str) -> String {
    format!("a {} column compared with {what}: the engine converts", kind.sql())
}

/// A constant as a key of the column.
fn key(kind: Kind, operand: &Operand) -> Answer<Point<i64>> {
    let value = match operand {
        Operand::Value(value) => value,
        Operand::Param { kind: given, .. } => return parameter(kind, *given),
        Operand::Column(_) => return Err("compares two columns".into()),
    };
    match kind {
        Kind::Bool | Kind::Int(_) => integer(value).ok_or_else(|| unfit(kind, what(value))).map(narrow),
        Kind::UInt(64) => integer(value).ok_or_else(|| unfit(kind, what(value))).map(unsigned),
        Kind::UInt(_) | Kind::Year => match kind {
            // A YEAR compared with 1 to 99 means another year.
            Kind::Year if !matches!(value, Value::Int(v) if *v == 0 || *v > 1900) => Err(unfit(kind, "other than a full year")),
            _ => integer(value).ok_or_else(|| unfit(kind, what(value))).map(narrow),
        },
        Kind::Float32 | Kind::Float64 => float(value).map(|v| Point::At(float_key(v))).ok_or_else(|| unfit(kind, what(value))),
        Kind::Date => match micros(value).ok_or_else(|| unfit(kind, what(value)))? {
            micros if micros.rem_euclid(DAY_MICROS) == 0 => Ok(Point::At(micros / DAY_MICROS)),
            micros => Ok(Point::Above(micros.div_euclid(DAY_MICROS))),
        },
        Kind::DateTime(_) => micros(value).map(Point::At).ok_or_else(|| unfit(kind, what(value))),
        Kind::Time(_) => match value {
            Value::Time(micros) => Ok(Point::At(*micros)),
            _ => Err(unfit(kind, what(value))),
        },
        _ => Err(unfit(kind, what(value))),
    }
}

fn parameter<T: crate::ranges::Step>(kind: Kind, given: Type) -> Answer<Point<T>> {
    use Type::*;
    let whole = matches!(given, Bool | Int8 | Int16 | Int32 | Int64 | Uint8 | Uint16 | Uint32 | Uint64);
    let fits = match kind {
        Kind::Bool | Kind::Int(_) | Kind::UInt(_) | Kind::Decimal(..) => whole,
        Kind::Float32 | Kind::Float64 => whole || matches!(given, Float32 | Float64),
        Kind::Date | Kind::DateTime(_) => matches!(given, Date | Datetime),
        Kind::Time(_) => given == Time,
        _ => false,
    };
    if fits { Ok(Point::At(T::MIN)) } else { Err(unfit(kind, "a value of another type")) }
}

fn what(value: &Value) -> &'static str {
    match value {
        Value::Text(_) => "text",
        Value::Float(_) => "a double",
        Value::Decimal(_) => "a decimal",
        Value::Date(_) | Value::Datetime(_) => "a date",
        Value::Time(_) => "a time",
        _ => "a value of another type",
    }
}

/// A number among the integers: itself, or the integer below it.
fn integer(value: &Value) -> Option<Point<i128>> {
    // Beyond this doubles stand for several integers each, and SQL compares as doubles.
    const WHOLE: f64 = 9_007_199_254_740_992.0;
    match value {
        Value::Bool(v) => Some(Point::At(i128::from(*v))),
        Value::Int(v) => Some(Point::At(i128::from(*v))),
        Value::Uint(v) => Some(Point::At(i128::from(*v))),
        Value::Float(v) if v.abs() < WHOLE => {
            let floor = v.floor();
            Some(if floor == *v { Point::At(floor as i128) } else { Point::Above(floor as i128) })
        }
        Value::Decimal(text) => number::decimal(text.as_bytes(), b'.').ok().map(|value| floor(value, 0)),
        _ => None,
    }
}

/// A decimal among the multiples of 10^-scale.
fn floor(value: Decimal, scale: u32) -> Point<i128> {
    if value.scale <= scale {
        return match number::rescale(value, scale) {
            Some(digits) => Point::At(digits),
            None if value.digits < 0 => Point::UnderAll,
            None => Point::OverAll,
        };
    }
    let places = value.scale - scale;
    if places > 38 {
        return Point::Above(if value.digits < 0 { -1 } else { 0 });
    }
    let unit = number::ten(places);
    let floor = value.digits.div_euclid(unit);
    if floor * unit == value.digits { Point::At(floor) } else { Point::Above(floor) }
}

fn narrow(point: Point<i128>) -> Point<i64> {
    let (value, at) = match point {
        Point::At(value) => (value, true),
        Point::Above(value) => (value, false),
        Point::UnderAll => return Point::UnderAll,
        Point::OverAll => return Point::OverAll,
    };
    match i64::try_from(value) {
        Ok(value) if at => Point::At(value),
        Ok(value) => Point::Above(value),
        Err(_) if value < 0 => Point::UnderAll,
        Err(_) => Point::OverAll,
    }
}

fn unsigned(point: Point<i128>) -> Point<i64> {
    let (value, at) = match point {
        Point::At(value) => (value, true),
        Point::Above(value) => (value, false),
        Point::UnderAll => return Point::UnderAll,
        Point::OverAll => return Point::OverAll,
    };
    match u64::try_from(value) {
        Ok(value) if at => Point::At(unsigned_key(value)),
        Ok(value) => Point::Above(unsigned_key(value)),
        Err(_) if value < 0 => Point::UnderAll,
        Err(_) => Point::OverAll,
    }
}

fn float(value: &Value) -> Option<f64> {
    match value {
        Value::Bool(v) => Some(f64::from(*v)),
        Value::Int(v) => Some(*v as f64),
        Value::Uint(v) => Some(*v as f64),
        Value::Float(v) if v.is_finite() => Some(*v),
        Value::Decimal(text) => number::float64(text.as_bytes(), b'.'),
        _ => None,
    }
}

/// A date or datetime, or a text that is one in the plain form.
fn micros(value: &Value) -> Option<i64> {
    match value {
        Value::Date(days) if *days != i32::MIN => Some(i64::from(*days) * DAY_MICROS),
        Value::Datetime(micros) if *micros != i64::MIN => Some(*micros),
        Value::Text(text) if text.len() == 10 => civil::date(text.as_bytes()).map(|days| i64::from(days) * DAY_MICROS),
        Value::Text(text) if text.len() == 19 && text.as_bytes()[10] == b' ' => civil::datetime(text.as_bytes()),
        _ => None,
    }
}

/// A constant as a decimal of the column's scale.
fn digits(scale: u32, operand: &Operand) -> Answer<Point<i128>> {
    let kind = Kind::Decimal(38, scale as u8);
    match operand {
        Operand::Param { kind: given, .. } => parameter(kind, *given),
        Operand::Value(Value::Float(_)) => Err(unfit(kind, "a double")),
        Operand::Value(Value::Decimal(text)) => {
            number::decimal(text.as_bytes(), b'.').map(|value| floor(value, scale)).map_err(|_| unfit(kind, "a long decimal"))
        }
        Operand::Value(value) => match integer(value) {
            Some(Point::At(digits)) => Ok(floor(Decimal { digits, scale: 0 }, scale)),
            _ => Err(unfit(kind, what(value))),
        },
        Operand::Column(_) => Err("compares two columns".into()),
    }
}

/// Collations under which printable ASCII texts are equal just when their letters are, spaces at the end
/// perhaps ignored.
fn folds_plainly(collation: &str) -> bool {
    let general = ["utf8mb4_general_ci", "utf8mb3_general_ci", "utf8_general_ci", "utf8mb4_unicode_ci", "utf8mb4_unicode_520_ci"];
    let binary = ["utf8mb4_bin", "utf8mb3_bin", "utf8_bin"];
    let unicode = ["utf8mb4_0900_ai_ci", "utf8mb4_0900_as_ci", "utf8mb4_0900_as_cs"];
    general.contains(&collation) || binary.contains(&collation) || unicode.contains(&collation) || collation.is_empty()
}

fn text(filter: &Filter, op: Op, column: usize, field: &Field) -> Answer<Claim> {
    let test = |test, exact| Ok(Claim { predicate: Predicate::Test(column, Test::Text(test)), exact });
    let bytes = matches!(field.kind, Kind::Binary(_)) || wasql::binary_collation(&filter.collation);
    let mut values: Vec<Vec<u8>> = Vec::new();
    for operand in &filter.operands {
        match operand {
            Operand::Value(Value::Null) => {}
            Operand::Value(Value::Text(text)) => values.push(text.as_bytes().to_vec()),
            Operand::Value(Value::Bytes(text)) if bytes => values.push(text.clone()),
            Operand::Param { kind: Type::Utf8, .. } => values.push(Vec::new()),
            _ => return Err(unfit(field.kind, "other than text")),
        }
    }
    let escape = match filter.escape.as_bytes() {
        [] => b'\\',
        [byte] => *byte,
        _ => return Err("an escape character that is not ASCII".into()),
    };
    let pattern = || Pattern::new(&String::from_utf8_lossy(values.first().map_or(&[][..], |v| v)), escape);
    if bytes {
        return match (op, comparison(op)) {
            (Op::In, _) => test(TextTest::OneOf(values), true),
            (Op::NotIn, _) => test(TextTest::NoneOf(values), true),
            (Op::Like, _) => test(TextTest::Like(pattern()), true),
            (Op::NotLike, _) => test(TextTest::NotLike(pattern()), true),
            (_, Some(comparison)) if values.len() == 1 => test(TextTest::Compared(comparison, values.remove(0)), true),
            _ => Err(format!("{} is evaluated by the engine", op.as_str_name())),
        };
    }
    let collation = &filter.collation;
    if !folds_plainly(collation) {
        return Err(format!("text under collation {collation} is compared by the engine"));
    }
    match op {
        Op::Eq | Op::NullSafeEq | Op::In => {
            // What is not plain ASCII may equal other texts: the engine looks at all rows then.
            if !values.iter().all(|value| printable(value)) {
                return Ok(Claim { predicate: Predicate::Test(column, Test::NotNull), exact: false });
            }
            let folded = values.iter().map(|value| value.trim_ascii_end().to_ascii_lowercase()).collect();
            test(TextTest::Perhaps(folded), false)
        }
        Op::Like => {
            let prefix = pattern().prefix().to_ascii_lowercase();
            let plain = prefix.iter().take_while(|byte| (b' '..=b'~').contains(*byte)).count();
            test(TextTest::PerhapsBegins(prefix[..plain].to_vec()), false)
        }
        _ => Err(format!("the order of text depends on the collation{}{collation}", if collation.is_empty() { "" } else { " " })),
    }
}
