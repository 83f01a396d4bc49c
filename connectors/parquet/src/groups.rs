//! Aggregates that the footers answer: counts, and the least and greatest value of columns, without a page read.

use crate::data::{Data, Unit};
use crate::meta::{Physical, RowGroup};
use crate::prune::{full_bounds, inside};
use crate::tree::{Convert, Kind, Node};
use std::cmp::Ordering;
use wasql::pb::{AggregateCall, AggregateFunction, Aggregation};
use wasql::{Batch, Batches, Result, Step, Value, compare};

/// The values of all calls over some row groups, every row of which counts; None when the footers do not tell one, or when there are keys.
pub fn answers(data: &Data, units: &[Unit], asked: &Aggregation) -> Option<Vec<Value>> {
    if !asked.keys.is_empty() {
        return None;
    }
    asked.calls.iter().map(|call| answer(data, units, call)).collect()
}

fn answer(data: &Data, units: &[Unit], call: &AggregateCall) -> Option<Value> {
    let rows = || units.iter().map(|&u| data.group(u).rows).sum::<u64>();
    let column = || call.column.map(|c| c as usize);
    match call.function() {
        AggregateFunction::CountStar => Some(Value::Int(rows() as i64)),
        _ if call.distinct => None,
        AggregateFunction::Count => {
            let mut count = 0u64;
            for &unit in units {
                count += not_null(field(data, unit, column()?)?, data.group(unit))?;
            }
            Some(Value::Int(count as i64))
        }
        AggregateFunction::Min => extreme(data, units, column()?, Ordering::Less),
        AggregateFunction::Max => extreme(data, units, column()?, Ordering::Greater),
        _ => None,
    }
}

fn field(data: &Data, unit: Unit, column: usize) -> Option<&Node> {
    data.sources[unit.0].fields.get(column)
}

/// How many values of a flat field are not NULL.
fn not_null(field: &Node, group: &RowGroup) -> Option<u64> {
    let Kind::Leaf { number, .. } = field.kind else { return None };
    match (field.rep, field.def) {
        (0, 0) => Some(group.rows),
        (0, _) => group.rows.checked_sub(group.chunks.get(number)?.statistics.nulls?),
        _ => None,
    }
}

fn extreme(data: &Data, units: &[Unit], column: usize, wanted: Ordering) -> Option<Value> {
    let mut best: Option<Value> = None;
    for &unit in units {
        let (field, group) = (field(data, unit, column)?, data.group(unit));
        if not_null(field, group)? == 0 {
            continue;
        }
        let bound = exact_bound(data, field, group, wanted)?;
        best = Some(match best {
            Some(best) if compare(&bound, &best)? != wanted => best,
            _ => bound,
        });
    }
    Some(best.unwrap_or(Value::Null))
}

/// A bound that is a value of the chunk: those of floats leave out what is no number, and those of bytes may be cut.
fn exact_bound(data: &Data, field: &Node, group: &RowGroup, wanted: Ordering) -> Option<Value> {
    let Kind::Leaf { number, physical } = field.kind else { return None };
    let s = &group.chunks.get(number)?.statistics;
    let cut = matches!(physical, Physical::Bytes | Physical::Fixed(_));
    if cut && !(if wanted == Ordering::Less { s.min_exact } else { s.max_exact }) {
        return None;
    }
    match field.convert(data.binary_as_text) {
        Convert::Float | Convert::Double | Convert::Float16 | Convert::Int96 | Convert::Json | Convert::DecimalText { .. } => {
            return None;
        }
        _ => {}
    }
    let bounds = full_bounds(field, group, data.binary_as_text);
    let bound = if wanted == Ordering::Less { bounds.min } else { bounds.max };
    bound.filter(inside)
}

/// The one row of the answers.
pub struct Answers {
    values: Vec<Value>,
    columns: Vec<usize>,
}

impl Answers {
    /// The answers at some positions.
    pub fn new(values: Vec<Value>, columns: Vec<usize>) -> Self {
        Answers { values, columns }
    }
}

impl Batches for Answers {
    fn next(&mut self, out: &mut Batch) -> Result<Step> {
        for (slot, &column) in self.columns.iter().enumerate() {
            out.vector(slot).push_value(self.values.get(column).unwrap_or(&Value::Null))?;
        }
        out.end_row();
        Ok(Step::End)
    }
}
