//! The scan: a sequence becomes batches.

use crate::plan::{argument, narrow, not_whole, step_zero};
use crate::sequence::Sequence;
use crate::{DEFAULTS, START, STEP, VALUE};
use wasql::{Batch, Batches, Error, Filter, Partition, Result, Rows, Scan, Step, Value};

/// Most pieces a plan is split into.
const PIECES_MAX: u32 = 1024;

/// Splits a plan. A piece is its number and how many there are.
pub fn partitions(plan_token: &[u8], wanted: u32) -> Result<Vec<Partition>> {
    let number = |at: usize| plan_token.get(at..at + 8).and_then(|b| b.try_into().ok()).map(f64::from_le_bytes);
    let (Some(rows), Some(row_bytes)) = (number(0), number(8)) else {
        return Err(Error::invalid("plan bytes of another connector"));
    };
    let wanted = wanted.clamp(1, PIECES_MAX);
    let rows = rows / f64::from(wanted);
    let piece = |i: u32| Partition {
        token: [i.to_le_bytes(), wanted.to_le_bytes()].concat(),
        rows,
        bytes: rows * row_bytes,
        label: format!("{}/{wanted}", i + 1),
    };
    Ok((0..wanted).map(piece).collect())
}

/// Opens a scan.
pub fn open(scan: &Scan) -> Result<Rows> {
    let (arguments, filters) = split(scan)?;
    let mut sequence = match arguments {
        [Some(_), Some(_), Some(0)] => return Err(step_zero()),
        [Some(start), Some(stop), Some(step)] => narrow(Sequence::new(start, stop, step), &filters),
        _ => Sequence::empty(),
    };
    if let Some(key) = scan.order().iter().find(|key| key.column as usize == VALUE) {
        sequence = sequence.ordered(key.descending);
    }
    if let Some((limit, offset)) = scan.limit() {
        sequence = sequence.part(i128::from(offset), i128::from(offset) + i128::from(limit));
    }
    let sequence = piece(sequence, scan.partition())?;
    Ok(Rows::batches(Counting { sequence, next: 0, arguments }))
}

/// The arguments, NULL as None, and the filters on value.
fn split(scan: &Scan) -> Result<([Option<i64>; 3], Vec<Filter>)> {
    let mut arguments = DEFAULTS.map(Some);
    let mut filters = Vec::new();
    for filter in scan.filters() {
        match filter.column {
            Some(column @ START..=STEP) => {
                arguments[column - 1] = argument(column, filter.value().unwrap_or(&Value::Null))?;
            }
            _ => {
                let whole = |v: &&Value| matches!(v, Value::Null | Value::Bool(_) | Value::Int(_) | Value::Uint(_));
                if !filter.values().unwrap_or_default().iter().all(whole) {
                    return Err(not_whole(VALUE));
                }
                filters.push(filter.clone());
            }
        }
    }
    Ok((arguments, filters))
}

fn piece(sequence: Sequence, token: &[u8]) -> Result<Sequence> {
    if token.is_empty() {
        return Ok(sequence);
    }
    let number = |at: usize| token.get(at..at + 4).and_then(|b| b.try_into().ok()).map(u32::from_le_bytes);
    let (i, wanted) = match (number(0), number(4)) {
        (Some(i), Some(wanted)) if i < wanted && token.len() == 8 => (i128::from(i), i128::from(wanted)),
        _ => return Err(Error::invalid("partition token of another connector")),
    };
    let (quotient, rest) = (sequence.len() / wanted, sequence.len() % wanted);
    let start = |i: i128| quotient * i + i.min(rest);
    Ok(sequence.part(start(i), start(i + 1)))
}

struct Counting {
    sequence: Sequence,
    next: i128,
    arguments: [Option<i64>; 3],
}

impl Batches for Counting {
    fn next(&mut self, out: &mut Batch) -> Result<Step> {
        let end = (self.next + out.room() as i128).min(self.sequence.len());
        let rows = (end - self.next) as usize;
        if rows > 0 {
            if let Some(slot) = out.slot(VALUE) {
                let mut values = out.vector(slot).numbers::<i64>()?;
                match &self.sequence {
                    // Every number fits 64 bits, so that arithmetic modulo 2^64 gives it.
                    Sequence::Run { first, step, .. } => {
                        let (first, step, from) = (*first as i64, *step as i64, self.next as i64);
                        let at = |i: i64| first.wrapping_add(from.wrapping_add(i).wrapping_mul(step));
                        values.extend((0..rows as i64).map(at));
                    }
                    Sequence::List(list) => values.extend(list[self.next as usize..end as usize].iter().copied()),
                }
            }
            for column in START..=STEP {
                if let (Some(slot), Some(value)) = (out.slot(column), self.arguments[column - 1]) {
                    out.vector(slot).push_int(value)?;
                    out.vector(slot).set_constant()?;
                }
            }
        }
        out.set_rows(rows);
        self.next = end;
        Ok(if self.next < self.sequence.len() { Step::More } else { Step::End })
    }
}
