//! [`TextScan`]: blocks of records become batches.

use std::sync::Arc;

use wasql::{Batch, Batches, Error, Result, Step, Vector};

use crate::cell::{Cells, Picked};
use crate::formats::Formats;
use crate::kind::{Field, Kind};
use crate::lookup::row_id;
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
    /// The numbers of the files, in the order in which they are read: a part of what tells their rows apart.
    pub numbers: Vec<u64>,
}

impl Order {
    /// The positions of all columns that must be split off: filtered ones first.
    pub fn wanted(&self) -> Vec<usize> {
        let mut wanted = Vec::new();
        self.predicates.iter().for_each(|predicate| predicate.columns(&mut wanted));
        for &column in &self.output {
            // The place of a row is found with its first column.
            let column = if column == self.fields.len() { 0 } else { column };
            if !wanted.contains(&column) {
                wanted.push(column);
            }
        }
        wanted
    }

    /// Tells whether the places of rows are asked for.
    fn placed(&self) -> bool {
        self.output.contains(&self.fields.len())
    }
}

/// Where a scan was suspended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resume {
    /// Number of the file among those of the scan.
    pub file: u64,
    /// Byte of it.
    pub place: u64,
    /// Rows still to leave out, and to give.
    skip: u64,
    left: u64,
}

impl Resume {
    /// Reads the token of a suspended scan.
    pub fn read(token: &[u8]) -> Result<Self> {
        let (numbers, rest) = token.as_chunks::<8>();
        match (numbers, rest) {
            ([file, place, skip, left], []) => {
                let [file, place, skip, left] = [file, place, skip, left].map(|n| u64::from_le_bytes(*n));
                Ok(Resume { file, place, skip, left })
            }
            _ => Err(Error::invalid("the token of a suspended scan is of another connector")),
        }
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
    /// Columns of the batches in front of these.
    front: usize,
    /// The number of the first file among those of the scan.
    first_file: u64,
    numbers: Vec<u64>,
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
        let slot = |column: usize| slots.get(column).copied().flatten().unwrap_or(0);
        let output = order.output.iter().map(|&column| (column, slot(column))).collect();
        let kinds = order.output.iter().filter_map(|&column| order.fields.get(column));
        let text = kinds.into_iter().any(|field| matches!(field.kind, Kind::Text(_) | Kind::Json));
        let block = Block::new(wanted.len()).placed(order.placed());
        let (left, skip) = order.limit.unwrap_or((u64::MAX, 0));
        TextScan {
            records,
            formats: order.formats,
            output,
            slots,
            front: 0,
            first_file: 0,
            numbers: order.numbers,
            stored: !wanted.is_empty(),
            text,
            block,
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

    /// Goes on where another scan was suspended: its files are those from number `first` on.
    pub fn resume(mut self, at: &Resume) -> Result<Self> {
        (self.first_file, self.skip, self.left) = (at.file, at.skip, at.left);
        self.records.seek(at.place)?;
        Ok(self)
    }

    /// The same, for batches with so many columns in front.
    pub fn behind(self, front: usize) -> Self {
        TextScan { front, ..self }
    }

    /// The one record that begins at a byte of the first file, when it passes. None: a new reader can read it.
    pub fn record(&mut self, place: u64, out: &mut Batch) -> Result<Option<usize>> {
        if !self.records.seek(place)? {
            return Ok(None);
        }
        self.records.block(1, &mut self.block)?;
        let before = out.rows();
        if self.block.rows > 0 {
            self.rows_read += 1;
            self.block.ascii = self.text && self.records.window()[self.block.span.clone()].is_ascii();
            self.emit(out)?;
        }
        Ok(Some(out.rows() - before))
    }

    /// Adds what tells the picked rows of the block apart: the number of their file, and where in it they begin.
    fn places(&self, picked: Picked<'_>, out: &mut Vector) -> Result<()> {
        let opened = self.records.progress().0.saturating_sub(1) as usize;
        let file = self.numbers.get(opened).copied().unwrap_or(opened as u64);
        (0..picked.len()).try_for_each(|i| out.push_uint(row_id(file, self.block.places[picked.row(i)])))
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
                if column == self.fields.len() {
                    self.places(picked, out.vector(at + self.front))?;
                    continue;
                }
                let cells = Cells {
                    records: &self.records,
                    tokens: self.block.column(slot),
                    picked,
                    field: &self.fields[column],
                    formats: &self.formats,
                    ascii: self.block.ascii,
                };
                cells.fill(out.vector(at + self.front))?;
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

    fn suspend(&self) -> Result<Vec<u8>> {
        let unsupported = || Error::unsupported("suspending a scan of a compressed file, or at its end");
        let (file, place) = self.records.position().ok_or_else(unsupported)?;
        let numbers = [self.first_file + file, place, self.skip, self.left];
        Ok(numbers.iter().flat_map(|n| n.to_le_bytes()).collect())
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
