//! The columns of a row group, read side by side.

use crate::flat::{Flat, Outcome, Pick, is_flat};
use crate::index::Stretch;
use crate::leaf::{Entries, Leaf};
use crate::lookup::row_id;
use crate::meta::RowGroup;
use crate::nested::{self, Cursor};
use crate::sieve::Sieve;
use crate::tree::{Kind, Node};
use crate::values::BATCH_BYTES_MAX;
use std::rc::Rc;
use wasql::fs::File;
use wasql::{Batch, Error, Result, Vector};

/// Rows of a nested column that are left out at a time.
const ROWS_PASSED: usize = 1024;

/// The row group being read.
pub struct Group {
    pub columns: Vec<Reader>,
    /// The columns of conditions, with the number of the sieve, and whether they are among the columns.
    pub sifted: Vec<(Flat, usize, bool)>,
    /// What is left of the rows to read, the next stretch last.
    pub stretches: Vec<Stretch>,
    /// The next row, and the first one by the count of the file, from 1.
    pub row: u64,
    pub first: u64,
    /// Rows that the columns without conditions are behind.
    pub behind: usize,
    pub row_bytes: u64,
}

pub enum Reader {
    /// What tells rows apart.
    Ids(usize),
    /// A flat column.
    Flat(Box<Flat>),
    /// One of the columns of conditions.
    Sifted(usize),
    /// A tree of columns.
    #[allow(missing_docs)]
    Nested { field: Node, leaves: Vec<Leaf>, cursors: Vec<Cursor> },
}

impl Group {
    /// All its leaves, for counters.
    pub fn leaves(&self) -> impl Iterator<Item = &Leaf> {
        self.columns.iter().flat_map(Reader::leaves).chain(self.sifted.iter().map(|(flat, ..)| &flat.leaf))
    }

    /// Goes over rows without looking at them.
    pub fn pass(&mut self, rows: usize) -> Result<()> {
        for (flat, ..) in &mut self.sifted {
            flat.skip(rows)?;
        }
        self.behind += rows;
        self.row += rows as u64;
        Ok(())
    }

    /// Puts the next rows through all sieves; `all` are the marks of those that pass.
    pub fn sift(&mut self, sieves: &[Sieve], rows: usize, marks: &mut Vec<u8>, all: &mut Vec<u8>) -> Result<Outcome> {
        let mut outcome = Outcome::All;
        for i in 0..self.sifted.len() {
            let (flat, sieve, wanted) = &mut self.sifted[i];
            match flat.sift(rows, &sieves[*sieve], *wanted, marks)? {
                Outcome::All => continue,
                Outcome::None => outcome = Outcome::None,
                Outcome::Marked if outcome == Outcome::All => {
                    std::mem::swap(marks, all);
                    outcome = Outcome::Marked;
                }
                Outcome::Marked => all.iter_mut().zip(&*marks).for_each(|(a, m)| *a &= m),
            }
            if outcome == Outcome::None || all.iter().all(|&m| m == 0) {
                self.sifted[i + 1..].iter_mut().try_for_each(|(flat, ..)| flat.skip(rows))?;
                return Ok(Outcome::None);
            }
        }
        Ok(outcome)
    }

    /// Adds the picked ones of the rows that went through the sieves.
    pub fn give(&mut self, row: u64, rows: usize, pick: Pick, out: &mut Batch) -> Result<()> {
        let first = self.first + row;
        for (slot, reader) in self.columns.iter_mut().enumerate() {
            if let Reader::Sifted(i) = reader {
                self.sifted[*i].0.give(rows, pick, first, out.vector(slot))?;
                continue;
            }
            reader.skip(self.behind)?;
            reader.read(rows, pick, first, out.vector(slot))?;
        }
        self.behind = 0;
        Ok(())
    }
}

impl Reader {
    /// The reader of a field.
    pub fn new(file: &Rc<File>, field: &Node, group: &RowGroup, binary_as_text: bool) -> Self {
        let leaf_of = |node: &Node| match node.kind {
            Kind::Leaf { number, physical } => {
                Some(Leaf::new(file.clone(), field.name.clone(), physical, (node.def, node.rep), &group.chunks[number]))
            }
            Kind::Group(_) => None,
        };
        if let (Some((_, physical)), Some(leaf)) = (is_flat(field), leaf_of(field)) {
            return Reader::Flat(Box::new(Flat::new(leaf, physical, field, binary_as_text)));
        }
        let mut nodes = Vec::new();
        field.leaves(&mut nodes);
        let cursor = |node: &&Node| match node.kind {
            Kind::Leaf { physical, .. } => Some(Cursor::new(Entries::new(physical), node, binary_as_text)),
            Kind::Group(_) => None,
        };
        let cursors = nodes.iter().filter_map(cursor).collect();
        let leaves = nodes.iter().filter_map(|n| leaf_of(n)).collect();
        Reader::Nested { field: field.clone(), leaves, cursors }
    }

    fn leaves(&self) -> &[Leaf] {
        match self {
            Reader::Ids(_) | Reader::Sifted(_) => &[],
            Reader::Flat(flat) => std::slice::from_ref(&flat.leaf),
            Reader::Nested { leaves, .. } => leaves,
        }
    }

    /// Leaves out the next `rows` rows.
    pub fn skip(&mut self, rows: usize) -> Result<()> {
        match self {
            Reader::Ids(_) | Reader::Sifted(_) => Ok(()),
            Reader::Flat(flat) => flat.skip(rows),
            Reader::Nested { leaves, cursors, .. } => {
                let mut left = rows;
                while left > 0 {
                    let some = left.min(ROWS_PASSED);
                    for (leaf, cursor) in leaves.iter_mut().zip(cursors.iter_mut()) {
                        leaf.read_rows(some, &mut cursor.entries)?;
                    }
                    left -= some;
                }
                Ok(())
            }
        }
    }

    /// Adds what is picked of the next `rows` rows to a vector.
    pub fn read(&mut self, rows: usize, pick: Pick, first_row: u64, out: &mut Vector) -> Result<()> {
        match (&mut *self, pick) {
            (Reader::Sifted(_), _) => Err(Error::internal("a column of conditions is read with them")),
            (Reader::Ids(file), Pick::All) => (0..rows as u64).try_for_each(|i| out.push_uint(row_id(*file, first_row - 1 + i))),
            (Reader::Ids(file), Pick::Some(positions, base)) => {
                positions.iter().try_for_each(|p| out.push_uint(row_id(*file, first_row - 1 + u64::from(p - base))))
            }
            (Reader::Flat(flat), _) => flat.read(rows, pick, first_row, out),
            (Reader::Nested { .. }, Pick::Some(positions, base)) => {
                let mut at = 0;
                for run in positions.chunk_by(|a, b| a + 1 == *b) {
                    let from = (run[0] - base) as usize;
                    self.skip(from - at)?;
                    self.read(run.len(), Pick::All, first_row + from as u64, out)?;
                    at = from + run.len();
                }
                self.skip(rows - at)
            }
            (Reader::Nested { field, leaves, cursors }, Pick::All) => {
                for (leaf, cursor) in leaves.iter_mut().zip(cursors.iter_mut()) {
                    leaf.read_rows(rows, &mut cursor.entries)?;
                    cursor.rewind();
                }
                let path = leaves.first().map_or("", Leaf::path);
                nested::fill(field, cursors, rows, BATCH_BYTES_MAX, out)
                    .map_err(|e| e.column(&field.name).file(path).context(format!("rows from {first_row}")))
            }
        }
    }
}
