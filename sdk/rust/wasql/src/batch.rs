//! Batches: runs of rows on their way to the host.

use crate::{Error, Result, Type, Value, Vector};

/// One column of a scan.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Position in the table.
    pub column: usize,
    /// Name, for messages and named rows.
    pub name: String,
    /// Physical type.
    pub kind: Type,
    /// Digits of a decimal.
    pub precision: u32,
    /// Digits behind the point.
    pub scale: u32,
    /// NULLs may come.
    pub nullable: bool,
}

/// A batch being filled: one [`Vector`] a column of the scan, in the order the scan was asked for.
///
/// It belongs to the SDK, which clears it before each call of [`crate::Batches::next`] and sends it
/// after; its memory is kept for the life of the scan.
#[derive(Debug)]
pub struct Batch {
    fields: Vec<Field>,
    /// Position in the batch of each table column; `usize::MAX` when it is not in it.
    slots: Vec<usize>,
    vectors: Vec<Vector>,
    rows: usize,
    rows_max: usize,
    bytes_max: usize,
    selection: Option<Vec<u32>>,
}

impl Batch {
    /// An empty batch.
    pub fn new(fields: Vec<Field>, rows_max: usize, bytes_max: usize) -> Self {
        let width = fields.iter().map(|f| f.column + 1).max().unwrap_or(0);
        let mut slots = vec![usize::MAX; width];
        for (i, field) in fields.iter().enumerate() {
            slots[field.column] = i;
        }
        let vectors = fields.iter().map(|f| Vector::new(f.kind, f.scale)).collect();
        Batch { fields, slots, vectors, rows: 0, rows_max: rows_max.max(1), bytes_max: bytes_max.max(1), selection: None }
    }

    /// The columns.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// Number of rows finished.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Most rows this batch may have.
    pub fn rows_max(&self) -> usize {
        self.rows_max
    }

    /// About how many bytes of varying length this batch should stay below.
    pub fn bytes_max(&self) -> usize {
        self.bytes_max
    }

    /// Number of rows that still fit.
    pub fn room(&self) -> usize {
        self.rows_max - self.rows.min(self.rows_max)
    }

    /// Tells whether the batch should be sent: by rows, or by bytes of varying length.
    pub fn full(&self) -> bool {
        self.rows >= self.rows_max || self.vectors.iter().map(Vector::data_bytes).sum::<usize>() >= self.bytes_max
    }

    /// Position in the batch of a column of the table, when the scan reads it.
    #[inline]
    pub fn slot(&self, column: usize) -> Option<usize> {
        self.slots.get(column).copied().filter(|&slot| slot != usize::MAX)
    }

    /// The vector at a position in the batch.
    ///
    /// # Panics
    /// When there is no such position.
    #[inline]
    pub fn vector(&mut self, slot: usize) -> &mut Vector {
        &mut self.vectors[slot]
    }

    /// All vectors.
    pub fn vectors(&mut self) -> &mut [Vector] {
        &mut self.vectors
    }

    /// All vectors, to read.
    pub fn read(&self) -> &[Vector] {
        &self.vectors
    }

    /// Finishes one row: columns that got no value become NULL.
    #[inline]
    pub fn end_row(&mut self) {
        self.rows += 1;
        for vector in &mut self.vectors {
            if vector.len() < self.rows {
                vector.push_null();
            }
        }
    }

    /// Says how many rows the vectors hold, when they were filled column by column.
    pub fn set_rows(&mut self, rows: usize) {
        self.rows = rows;
    }

    /// Only these rows count: strictly rising positions below the number of rows.
    pub fn select(&mut self, rows: Vec<u32>) {
        self.selection = Some(rows);
    }

    /// The rows that count, when they are not all.
    pub fn selection(&self) -> Option<&[u32]> {
        self.selection.as_deref()
    }

    /// Forgets all rows, keeping the memory.
    pub fn clear(&mut self) {
        self.rows = 0;
        self.selection = None;
        for vector in &mut self.vectors {
            vector.clear();
        }
    }

    /// Takes new bounds for the next rows.
    pub(crate) fn bound(&mut self, rows_max: usize, bytes_max: usize) {
        self.rows_max = rows_max.max(1);
        self.bytes_max = bytes_max.max(1);
    }

    /// Checks that all vectors have as many values as there are rows, and NULLs only where they may be.
    pub(crate) fn check(&self) -> Result<()> {
        if self.rows > self.rows_max {
            return Err(Error::internal(format!("{} rows in a batch of at most {}", self.rows, self.rows_max)));
        }
        for (vector, field) in self.vectors.iter().zip(&self.fields) {
            let whole = match vector.encoding() {
                crate::Encoding::Constant => vector.len() == 1,
                _ => vector.len() == self.rows,
            };
            if !whole {
                let message = format!("{} values for {} rows of the batch", vector.len(), self.rows);
                return Err(Error::internal(message).column(&field.name));
            }
        }
        Ok(())
    }

    /// The rows that count, as values: for tests.
    pub fn values(&self) -> Vec<Vec<Value>> {
        let row = |i: usize| self.vectors.iter().map(|v| v.get(i)).collect();
        match &self.selection {
            Some(rows) => rows.iter().map(|&i| row(i as usize)).collect(),
            None => (0..self.rows).map(row).collect(),
        }
    }
}

impl Batch {
    /// Drops the rows that do not count, for a host that knows no selections.
    pub(crate) fn compact(&mut self) -> Result<()> {
        if let Some(rows) = self.selection.take() {
            for vector in &mut self.vectors {
                vector.flatten(self.rows)?;
                *vector = vector.pick(&rows)?;
            }
            self.rows = rows.len();
        }
        Ok(())
    }
}
