//! [`TextLookup`]: the records at known places.

use wasql::{Batch, Lookups, Result, Step, Value};

use crate::scan::{Order, TextScan};
use crate::table::{Format, Known};

/// Bits of a row id that tell where in its file the row begins; those above them are the number of the file.
const PLACE_BITS: u32 = 44;

/// Most files, and most bytes of a file, whose rows have ids.
pub const FILES_MAX: usize = 1 << (64 - PLACE_BITS - 1);
/// Most bytes of a file whose rows have ids.
pub const BYTES_MAX: u64 = 1 << PLACE_BITS;

/// What tells the row that begins at a byte of a file apart from all others.
pub fn row_id(file: u64, place: u64) -> u64 {
    file << PLACE_BITS | place
}

/// A lookup by row ids. Ids that rise are read in one go through the files.
pub struct TextLookup<F: Format> {
    format: F,
    known: Known,
    order: Order,
    files: Vec<String>,
    open: Option<(usize, TextScan<F::Records>)>,
    /// The ids that were written, and the next one to look at.
    keys: Vec<Option<u64>>,
    next: usize,
}

impl<F: Format> TextLookup<F> {
    /// A lookup in these files.
    pub fn new(format: F, known: Known, order: Order, files: Vec<String>) -> Self {
        TextLookup { format, known, order, files, open: None, keys: Vec::new(), next: 0 }
    }

    fn scan(&self, file: usize) -> Result<TextScan<F::Records>> {
        let order = Order { numbers: vec![file as u64], ..self.order.clone() };
        let records = self.format.open(vec![self.files[file].clone()], &self.known, &order.wanted())?;
        Ok(TextScan::new(records, order).behind(1))
    }

    /// Adds the row of an id, when there is one; gives how many there are.
    fn find(&mut self, id: u64, out: &mut Batch) -> Result<usize> {
        let (file, place) = ((id >> PLACE_BITS) as usize, id & (BYTES_MAX - 1));
        if file >= self.files.len() {
            return Ok(0);
        }
        for _ in 0..2 {
            let mut scan = match self.open.take() {
                Some((open, scan)) if open == file => scan,
                _ => self.scan(file)?,
            };
            if let Some(rows) = scan.record(place, out)? {
                // Behind the end of a file its reader has gone.
                self.open = (rows > 0).then_some((file, scan));
                return Ok(rows);
            }
        }
        Ok(0)
    }
}

impl<F: Format> Lookups for TextLookup<F> {
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
            let Some(id) = self.keys[at] else { continue };
            for _ in 0..self.find(id, out)? {
                out.vector(0).push_uint(at as u64)?;
            }
        }
        Ok(Step::End)
    }
}
