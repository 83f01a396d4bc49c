//! Rows of a scan: from an iterator of typed rows, of named rows, or from whole batches.

use crate::{Batch, Record, Result, Row, Scan};

/// Tells whether more rows may follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Call again.
    More,
    /// The rows in this batch, if any, are the last.
    End,
}

/// A source of whole batches, for speed.
pub trait Batches {
    /// Adds rows to the empty batch: at most [`Batch::room`], and about [`Batch::bytes_max`] bytes.
    /// After `Step::End` it is not called again.
    fn next(&mut self, out: &mut Batch) -> Result<Step>;

    /// What the scan has done so far, for EXPLAIN ANALYZE.
    fn counters(&self) -> Vec<(String, String)> {
        Vec::new()
    }

    /// A token from which [`crate::Table::scan`] can go on behind the last batch.
    fn suspend(&self) -> Result<Vec<u8>> {
        Err(crate::Error::unsupported("suspending a scan"))
    }
}

/// What [`crate::Table::scan`] gives.
pub struct Rows(pub(crate) Box<dyn Batches>);

impl Rows {
    /// Rows from an iterator of a type made by [`crate::row!`].
    pub fn new<R: Row + 'static>(rows: impl IntoIterator<Item = Result<R>> + 'static) -> Self {
        Rows(Box::new(Typed(rows.into_iter())))
    }

    /// Rows from an iterator of named values.
    pub fn named(scan: &Scan, rows: impl IntoIterator<Item = Result<Record>> + 'static) -> Self {
        Rows(Box::new(Named { rows: rows.into_iter(), names: scan.names() }))
    }

    /// Rows from whole batches.
    pub fn batches(batches: impl Batches + 'static) -> Self {
        Rows(Box::new(batches))
    }
}

impl std::fmt::Debug for Rows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Rows")
    }
}

struct Typed<I>(I);

impl<R: Row, I: Iterator<Item = Result<R>>> Batches for Typed<I> {
    fn next(&mut self, out: &mut Batch) -> Result<Step> {
        while !out.full() {
            match self.0.next() {
                Some(row) => row?.put(out)?,
                None => return Ok(Step::End),
            }
            out.end_row();
        }
        Ok(Step::More)
    }
}

struct Named<I> {
    rows: I,
    names: Vec<String>,
}

impl<I: Iterator<Item = Result<Record>>> Batches for Named<I> {
    fn next(&mut self, out: &mut Batch) -> Result<Step> {
        while !out.full() {
            match self.rows.next() {
                Some(row) => crate::row::put_record(row?, &self.names, out)?,
                None => return Ok(Step::End),
            }
            out.end_row();
        }
        Ok(Step::More)
    }
}
