//! The lookup: rows by what tells them apart, the number of their file and theirs in it.

use crate::data::{Data, Unit};
use crate::scan::Reading;
use std::rc::Rc;
use wasql::{Batch, Lookups, Result, Step, Value};

/// Bits of a row id that count the rows of a file; those above them are the number of the file.
const ROW_BITS: u32 = 44;

/// The id of a row; rows are counted from 0.
pub fn row_id(file: usize, row: u64) -> u64 {
    (file as u64) << ROW_BITS | row
}

/// Tells whether all rows have ids.
pub fn has_ids(data: &Data) -> bool {
    data.sources.len() < 1 << (63 - ROW_BITS) && data.sources.iter().all(|s| s.rows < 1 << ROW_BITS)
}

/// A lookup by row ids. Ids that rise are read in one go.
pub struct Rows {
    data: Rc<Data>,
    reading: Reading,
    /// The ids that were written, and the next one to look at.
    keys: Vec<Option<u64>>,
    next: usize,
}

impl Rows {
    /// Looks up these columns.
    pub fn new(data: Rc<Data>, columns: Vec<usize>) -> Self {
        let reading = Reading::new(data.clone(), Vec::new(), columns, Vec::new(), None);
        Rows { data, reading, keys: Vec::new(), next: 0 }
    }

    /// The row group of an id, and the row as messages count it: from 1, over the file.
    fn place(&self, id: u64) -> Option<(Unit, u64)> {
        let (file, row) = ((id >> ROW_BITS) as usize, id & ((1 << ROW_BITS) - 1));
        let mut before = 0;
        for (number, group) in self.data.sources.get(file)?.groups.iter().enumerate() {
            if row < before + group.rows {
                return Some(((file, number), row + 1));
            }
            before += group.rows;
        }
        None
    }
}

impl Lookups for Rows {
    fn keys(&mut self, keys: Vec<Vec<Value>>) -> Result<()> {
        let id = |key: &Vec<Value>| match key.first() {
            Some(Value::Uint(id)) => Some(*id),
            Some(Value::Int(id)) => u64::try_from(*id).ok(),
            _ => None,
        };
        self.keys = keys.iter().map(id).collect();
        self.next = 0;
        Ok(())
    }

    fn next(&mut self, out: &mut Batch) -> Result<Step> {
        while self.next < self.keys.len() {
            if out.full() {
                return Ok(Step::More);
            }
            let at = self.next;
            self.next += 1;
            let Some((unit, row)) = self.keys[at].and_then(|id| self.place(id)) else { continue };
            self.reading.row(unit, row, out)?;
            out.vector(0).push_uint(at as u64)?;
            out.set_rows(out.rows() + 1);
        }
        Ok(Step::End)
    }
}
