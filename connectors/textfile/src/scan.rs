//! [`TextScan`]: blocks of records become batches.

use std::sync::Arc;

use wasql::{Batch, Batches, Result, Step};

use crate::cell::{Cells, Picked};
use crate::formats::Formats;
use crate::kind::{Field, Kind};
use crate::predicate::{Predicate, Sieve, Source};
use crate::records::Records;
use crate::token::{BLOCK_ROWS, Block};

/// What a scan reads and keeps.
#[derive(Debug, Clone)]
pub struct Order {
    /// Columns of the table.
    pub fields: Arc<[Field]>,
    /// Positions of the columns of the batches, in order.
    pub output: Vec<usize>,
    /// Conditions on the rows.
    pub predicates: Vec<Predicate>,
    /// Rows to leave out first, and rows to give; all when absent.
    pub limit: Option<(u64, u64)>,
    /// How numbers and dates are written.
    pub formats: Formats,
}

impl Order {
    /// The positions of all columns that must be split off: filtered ones first.
    pub fn wanted(&self) -> Vec<usize> {
        let mut wanted = Vec::new();
        self.predicates.iter().for_each(|predicate| predicate.columns(&mut wanted));
        for column in &self.output {
            if !wanted.contains(column) {
                wanted.push(*column);
            }
        }
        wanted
    }
}

/// A running scan. It reads a block, sieves its rows, and parses only what is left.
pub struct TextScan<R> {
    records: R,
    fields: Arc<[Field]>,
    formats: Formats,
    /// Column and its run in the block, for each column of the batches.
    output: Vec<(usize, usize)>,
    slots: Vec<Option<usize>>,
    stored: bool,
    text: bool,
    block: Block,
    sieve: Sieve,
    skip: u64,
    left: u64,
    rows_read: u64,
    rows_given: u64,
}

impl<R: Records> TextScan<R> {
    /// A scan over `records`, which split the columns of [`Order::wanted`] in that order.
    pub fn new(records: R, order: Order) -> Self {
        let wanted = order.wanted();
        let mut slots = vec![None; order.fields.len()];
        for (slot, &column) in wanted.iter().enumerate() {
            slots[column] = Some(slot);
        }
        let output = order.output.iter().map(|&column| (column, slots[column].unwrap_or(0))).collect();
        let text = order.output.iter().any(|&column| matches!(order.fields[column].kind, Kind::Text(_) | Kind::Json));
        let (left, skip) = order.limit.unwrap_or((u64::MAX, 0));
        TextScan {
            records,
            formats: order.formats,
            output,
            slots,
            stored: !wanted.is_empty(),
            text,
            block: Block::new(wanted.len()),
            sieve: Sieve::new(order.predicates),
            fields: order.fields,
            skip,
            left,
            rows_read: 0,
            rows_given: 0,
        }
    }

    /// Rows to split next: no more than fit, and than the limit lets through.
    fn rows_wanted(&self, room: usize) -> usize {
        let mut rows = room as u64;
        if self.sieve.is_empty() {
            rows = rows.min(self.skip.saturating_add(self.left));
        }
        if self.stored { rows.min(BLOCK_ROWS as u64) as usize } else { rows as usize }
    }

    /// Takes the offset and the limit off the rows that passed; gives the range that is left of them.
    fn limited(&mut self, passed: usize) -> std::ops::Range<usize> {
        let skipped = self.skip.min(passed as u64);
        self.skip -= skipped;
        let given = self.left.min(passed as u64 - skipped);
        self.left -= given;
        skipped as usize..(skipped + given) as usize
    }

    fn emit(&mut self, out: &mut Batch) -> Result<()> {
        if !self.sieve.is_empty() {
            let source = Source {
                records: &self.records,
                block: &self.block,
                fields: &self.fields,
                slots: &self.slots,
                formats: &self.formats,
            };
            self.sieve.run(&source)?;
        }
        let rows = self.block.rows;
        let passed = if self.sieve.is_empty() { rows } else { self.sieve.rows.len() };
        let range = self.limited(passed);
        let some: Vec<u32>;
        let picked = match self.sieve.is_empty() {
            true if range == (0..rows) => Picked::All(rows),
            true => {
                some = (range.start as u32..range.end as u32).collect();
                Picked::Some(&some)
            }
            false => Picked::Some(&self.sieve.rows[range]),
        };
        if !picked.is_empty() {
            for (at, &(column, slot)) in self.output.iter().enumerate() {
                let cells = Cells {
                    records: &self.records,
                    tokens: self.block.column(slot),
                    picked,
                    field: &self.fields[column],
                    formats: &self.formats,
                    ascii: self.block.ascii,
                };
                cells.fill(out.vector(at))?;
            }
        }
        self.rows_given += picked.len() as u64;
        out.set_rows(out.rows() + picked.len());
        Ok(())
    }
}

impl<R: Records> Batches for TextScan<R> {
    fn next(&mut self, out: &mut Batch) -> Result<Step> {
        while !out.full() {
            if self.left == 0 {
                return Ok(Step::End);
            }
            let rows = self.rows_wanted(out.room());
            self.records.block(rows, &mut self.block)?;
            if self.block.rows == 0 {
                return Ok(Step::End);
            }
            self.rows_read += self.block.rows as u64;
            self.block.ascii = self.text && self.records.window()[self.block.span.clone()].is_ascii();
            self.emit(out)?;
        }
        Ok(Step::More)
    }

    fn counters(&self) -> Vec<(String, String)> {
        let (files, bytes) = self.records.progress();
        let pair = |key: &str, value: u64| (key.to_string(), value.to_string());
        vec![
            pair("files opened", files),
            pair("bytes read", bytes),
            pair("rows read", self.rows_read),
            pair("rows given", self.rows_given),
        ]
    }
}
