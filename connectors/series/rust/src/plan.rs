//! The plan: which conjuncts are claimed, what comes of it, and what EXPLAIN says.

use crate::sequence::Sequence;
use crate::{DEFAULTS, NAMES, STEP, VALUE};
use wasql::{Code, Error, Filter, Ints, Op, Operand, Plan, Result, Type, Use, Value};

const ONLY: &str = "series takes =, <, <=, >, >= and IN on value";

/// What the claimed conjuncts say so far.
#[derive(Default)]
struct Claims {
    /// Operands of start, stop and step, where given.
    arguments: [Option<Operand>; 3],
    /// Filters on value, in order.
    values: Vec<Filter>,
}

/// Claims what can be claimed, and estimates.
pub fn plan(plan: &mut Plan) -> Result<()> {
    let mut claims = Claims::default();
    for (i, conjunct) in plan.conjuncts().to_vec().into_iter().enumerate() {
        if !conjunct.usable {
            continue;
        }
        match claims.judge(&conjunct.filter)? {
            Some(reason) => plan.refuse(i, reason),
            None => {
                plan.take(i, Use::Exact);
                claims.add(conjunct.filter);
            }
        }
    }
    if claims.known(2) == Some(&Value::Int(0)) && !claims.null_argument() {
        return Err(step_zero());
    }
    let order = order(plan);
    others(plan);
    estimate(plan, &claims);
    explain(plan, &claims, order);
    Ok(())
}

/// The error for a step that leads nowhere.
pub fn step_zero() -> Error {
    Error::invalid("step must not be 0")
        .hint("give a step above 0 to count up, or below 0 to count down")
        .column("step")
        .value("0")
}

/// An argument as a number, None for NULL.
pub fn argument(column: usize, value: &Value) -> Result<Option<i64>> {
    let name = NAMES[column];
    match value {
        Value::Null => Ok(None),
        Value::Uint(v) if i64::try_from(*v).is_err() => {
            Err(Error::new(Code::OutOfRange, format!("{name} must be at most {}", i64::MAX)).column(name).value(v.to_string()))
        }
        other => match other.as_int() {
            Some(v) => Ok(Some(v)),
            None => Err(not_whole(column)),
        },
    }
}

/// The error for a value that is no whole number.
pub fn not_whole(column: usize) -> Error {
    Error::invalid(format!("{} must be a whole number", NAMES[column])).column(NAMES[column])
}

fn whole(operand: &Operand) -> bool {
    match operand {
        Operand::Value(value) => matches!(value, Value::Null | Value::Bool(_) | Value::Int(_) | Value::Uint(_)),
        Operand::Param { kind, .. } => {
            use Type::*;
            matches!(kind, Bool | Int8 | Int16 | Int32 | Int64 | Uint8 | Uint16 | Uint32 | Uint64)
        }
        Operand::Column(_) => false,
    }
}

impl Claims {
    /// Why a conjunct is not claimed, or None when it is.
    fn judge(&self, filter: &Filter) -> Result<Option<String>> {
        let column = match filter.column {
            Some(column) if column <= STEP => column,
            _ => return Ok(Some(ONLY.into())),
        };
        let other_column = filter.operands.iter().any(|o| matches!(o, Operand::Column(_)));
        if column == VALUE {
            let reason = match filter.op {
                Op::Eq | Op::Lt | Op::Le | Op::Gt | Op::Ge | Op::In if other_column => "compared with another column",
                Op::Eq | Op::Lt | Op::Le | Op::Gt | Op::Ge | Op::In if !filter.operands.iter().all(whole) => {
                    "only whole numbers are compared here"
                }
                Op::In if self.values.iter().any(|f| f.op == Op::In) => "value has a list already",
                Op::Eq | Op::Lt | Op::Le | Op::Gt | Op::Ge | Op::In => return Ok(None),
                _ => ONLY,
            };
            return Ok(Some(reason.into()));
        }
        let name = NAMES[column];
        if filter.op != Op::Eq {
            return Ok(Some(format!("{name} takes = only")));
        }
        if other_column {
            return Ok(Some("compared with another column".into()));
        }
        if self.arguments[column - 1].is_some() {
            return Ok(Some(format!("{name} is given already")));
        }
        if !filter.operands.iter().all(whole) {
            return Err(not_whole(column));
        }
        if let Some(value) = filter.value() {
            argument(column, value)?;
        }
        Ok(None)
    }

    fn add(&mut self, filter: Filter) {
        match filter.column {
            Some(VALUE) => self.values.push(filter),
            Some(column) => self.arguments[column - 1] = filter.operands.into_iter().next(),
            None => {}
        }
    }

    /// The known value of start, stop or step.
    fn known(&self, i: usize) -> Option<&Value> {
        match &self.arguments[i] {
            Some(Operand::Value(value)) => Some(value),
            _ => None,
        }
    }

    fn null_argument(&self) -> bool {
        (0..3).any(|i| self.known(i) == Some(&Value::Null))
    }

    /// The sequence under the known conjuncts, when start, stop and step are known.
    fn sequence(&self) -> Option<Sequence> {
        let mut numbers = DEFAULTS;
        for (i, number) in numbers.iter_mut().enumerate() {
            match &self.arguments[i] {
                None => {}
                Some(Operand::Value(value)) => *number = value.as_int()?,
                Some(_) => return None,
            }
        }
        let [start, stop, step] = numbers;
        Some(narrow(Sequence::new(start, stop, step), &self.values))
    }

    fn rows(&self) -> f64 {
        let null = |f: &Filter| f.op != Op::In && f.value() == Some(&Value::Null);
        if self.null_argument() || self.values.iter().any(null) {
            return 0.0;
        }
        let sequence = self.sequence();
        let known = sequence.is_some();
        let mut rows = sequence.map_or(1000.0, |s| s.len() as f64);
        for filter in self.values.iter().filter(|f| !known || f.values().is_none()) {
            rows = match filter.op {
                Op::Eq => rows.min(1.0),
                Op::In => rows.min(filter.operands.len() as f64),
                _ if rows == 0.0 => 0.0,
                _ => (rows / 4.0).floor().max(1.0),
            };
        }
        rows
    }
}

/// Cuts a sequence down to what filters on value allow; those with params are left out.
pub fn narrow(sequence: Sequence, filters: &[Filter]) -> Sequence {
    let mut range = Ints::ALL;
    let mut list: Option<Vec<i128>> = None;
    for filter in filters {
        let Some(values) = filter.values() else { continue };
        if filter.op == Op::In {
            let numbers = values.into_iter().filter_map(|v| match v {
                Value::Uint(u) => Some(i128::from(*u)),
                other => other.as_int().map(i128::from),
            });
            list = Some(numbers.collect());
        } else if let [value] = values.as_slice() {
            range.narrow(filter.op, value);
        }
    }
    let sequence = sequence.within(range);
    match list {
        Some(list) => sequence.among(&list),
        None => sequence,
    }
}

/// The direction asked for, when a key on value decides it.
fn order(plan: &mut Plan) -> Option<bool> {
    if plan.order().is_empty() {
        return None;
    }
    let unknown = plan.order().iter().any(|key| key.column as usize > STEP);
    if unknown {
        plan.refuse_order("unknown column");
        return None;
    }
    plan.take_order();
    plan.order().iter().find(|key| key.column as usize == VALUE).map(|key| key.descending)
}

fn others(plan: &mut Plan) {
    if plan.columns().contains(&VALUE) {
        plan.take_distinct();
    } else {
        plan.refuse_distinct("value is not among the columns");
    }
    plan.refuse_others("series does not aggregate", "series does not sample", "series does not join");
    if plan.limit().is_some() && !plan.take_limit() {
        plan.refuse_limit("not everything before the limit was taken");
    }
    plan.partitionable = true;
}

fn estimate(plan: &mut Plan, claims: &Claims) {
    let mut rows = claims.rows();
    if let Some((limit, offset)) = plan.limit_taken() {
        rows = (rows - offset as f64).max(0.0).min(limit as f64);
    }
    let row_bytes = 8.0 * plan.columns().len() as f64;
    plan.rows = Some(rows);
    plan.row_bytes = Some(row_bytes);
    plan.startup_cost = Some(0.0);
    plan.cost = Some(rows);
    plan.token = [rows.to_le_bytes(), row_bytes.to_le_bytes()].concat();
}

fn explain(plan: &mut Plan, claims: &Claims, order: Option<bool>) {
    let argument = |i: usize| claims.arguments[i].as_ref().map_or(DEFAULTS[i].to_string(), operand);
    plan.explain("series", format!("{} to {} step {}", argument(0), argument(1), argument(2)));
    let comparisons: Vec<String> = claims.values.iter().map(comparison).collect();
    if !comparisons.is_empty() {
        plan.explain("value", comparisons.join(" and "));
    }
    if let Some(descending) = order {
        plan.explain("order", if descending { "value desc" } else { "value asc" });
    }
    let limit = plan.limit_taken();
    match limit {
        Some((u64::MAX, offset)) if plan.request().limit.is_none() => plan.explain("limit", format!("offset {offset}")),
        Some((limit, 0)) => plan.explain("limit", limit.to_string()),
        Some((limit, offset)) => plan.explain("limit", format!("{limit} offset {offset}")),
        None => {}
    }
    plan.unique = claims.values.iter().any(|f| f.op == Op::Eq);
    plan.index = Some(index(claims, order, limit.is_some()));
}

fn index(claims: &Claims, order: Option<bool>, limit: bool) -> (i32, String) {
    let mut number = 0;
    for (i, argument) in claims.arguments.iter().enumerate() {
        number |= i32::from(argument.is_some()) << i;
    }
    for filter in &claims.values {
        number |= match filter.op {
            Op::Gt | Op::Ge => 8,
            Op::Lt | Op::Le => 16,
            Op::Eq => 32,
            _ => 64,
        };
    }
    number |= order.map_or(0, |descending| if descending { 256 } else { 128 }) | if limit { 512 } else { 0 };
    let name = match number {
        n if n & 32 != 0 => "lookup",
        n if n & 64 != 0 => "list",
        n if n & 24 != 0 => "range",
        _ => "full",
    };
    (number, name.into())
}

fn comparison(filter: &Filter) -> String {
    let operands: Vec<String> = filter.operands.iter().map(operand).collect();
    let sign = match filter.op {
        Op::In => return format!("in ({})", operands.join(", ")),
        Op::Lt => "<",
        Op::Le => "<=",
        Op::Gt => ">",
        Op::Ge => ">=",
        _ => "=",
    };
    format!("{sign} {}", operands.join(", "))
}

fn operand(operand: &Operand) -> String {
    match operand {
        Operand::Param { index, .. } => format!("?{index}"),
        Operand::Value(Value::Null) => "null".into(),
        Operand::Value(Value::Uint(v)) => v.to_string(),
        Operand::Value(value) => value.as_int().map_or_else(String::new, |v| v.to_string()),
        Operand::Column(column) => format!("@{column}"),
    }
}
