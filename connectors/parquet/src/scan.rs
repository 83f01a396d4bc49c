//! The scan: row group by row group, only the columns that are read.

use crate::convert::{Each, fill};
use crate::data::{Data, Unit, numbers};
use crate::leaf::{Entries, Leaf};
use crate::lookup::row_id;
use crate::nested::{self, Cursor};
use crate::tree::{Convert, Kind, Node};
use crate::values::{BATCH_BYTES_MAX, Values};
use std::rc::Rc;
use wasql::fs::File;
use wasql::{Batch, Batches, Error, Result, Step, Vector};

/// Bytes of a dictionary below which it is sent with every batch instead of being looked up.
const DICTIONARY_BYTES: usize = 64 << 10;
/// The same of its values: a batch has as many rows.
const DICTIONARY_VALUES: usize = 4096;
/// Bytes of a value from which sending the dictionary is cheaper than copying values.
const LONG_VALUE_BYTES: usize = 256;
/// Rows of a nested column that are left out at a time.
const ROWS_PASSED: usize = 1024;

/// The rows of some row groups.
pub struct Reading {
    data: Rc<Data>,
    /// Row groups still to read, the next one last.
    units: Vec<Unit>,
    columns: Vec<usize>,
    /// Rows still to leave out, and still to give.
    skip: u64,
    left: u64,
    group: Option<Group>,
    /// The group that rows are looked up in.
    unit: Option<Unit>,
    file: Option<(usize, Rc<File>)>,
    counters: Counters,
}

#[derive(Default)]
struct Counters {
    groups: u64,
    groups_all: u64,
    pages: u64,
    bytes: u64,
}

/// The row group being read.
struct Group {
    columns: Vec<Reader>,
    rows_left: u64,
    row: u64,
    row_bytes: u64,
}

enum Reader {
    /// What tells rows apart.
    Ids(usize),
    Flat(Box<Flat>),
    Nested {
        field: Node,
        leaves: Vec<Leaf>,
        cursors: Vec<Cursor>,
    },
}

struct Flat {
    leaf: Leaf,
    convert: Convert,
    max_def: u16,
    name: String,
    entries: Entries,
    indexes: Vec<u32>,
    /// The values of the dictionary, converted; or one of them is wrong.
    dictionary: Option<Rc<Vector>>,
    wrong: bool,
    /// Dictionaries are looked up, and not sent.
    values_only: bool,
}

impl Reading {
    /// Reads these row groups in order.
    pub fn new(data: Rc<Data>, mut units: Vec<Unit>, columns: Vec<usize>, limit: Option<(u64, u64)>) -> Self {
        let groups_all = data.units().len() as u64;
        units.reverse();
        let (left, skip) = limit.unwrap_or((u64::MAX, 0));
        let counters = Counters { groups_all, ..Default::default() };
        Reading { data, units, columns, skip, left, group: None, unit: None, file: None, counters }
    }

    /// Adds one row of a row group behind the first column of a batch. Rows of one group that rise are read in one go.
    pub fn row(&mut self, unit: Unit, row: u64, out: &mut Batch) -> Result<()> {
        let same = self.unit == Some(unit) && self.group.as_ref().is_some_and(|g| g.row <= row);
        if !same {
            if let Some(group) = self.group.take() {
                self.count(&group);
            }
            self.group = Some(self.open(unit)?);
            self.unit = Some(unit);
            self.counters.groups += 1;
        }
        let Some(group) = &mut self.group else { return Ok(()) };
        let pass = (row - group.row) as usize;
        for (slot, reader) in group.columns.iter_mut().enumerate() {
            reader.skip(pass)?;
            if let Reader::Flat(flat) = reader {
                flat.values_only = true;
            }
            reader.read(1, row, out.vector(slot + 1))?;
        }
        group.row = row + 1;
        group.rows_left -= pass as u64 + 1;
        Ok(())
    }

    /// Opens the next row group with rows that are wanted.
    fn advance(&mut self) -> Result<bool> {
        if let Some(group) = self.group.take() {
            self.count(&group);
        }
        while self.left > 0 {
            let Some(unit) = self.units.pop() else { return Ok(false) };
            let rows = self.data.group(unit).rows;
            if rows <= self.skip {
                self.skip -= rows;
                continue;
            }
            self.group = Some(self.open(unit)?);
            self.counters.groups += 1;
            return Ok(true);
        }
        Ok(false)
    }

    fn count(&mut self, group: &Group) {
        for leaf in group.columns.iter().flat_map(Reader::leaves) {
            self.counters.pages += leaf.pages;
            self.counters.bytes += leaf.bytes_read;
        }
    }

    fn open(&mut self, unit: Unit) -> Result<Group> {
        let source = self.data.sources[unit.0].clone();
        let group = &source.groups[unit.1];
        let mut columns = Vec::with_capacity(self.columns.len());
        let mut bytes = 0u64;
        let file = self.file_of(unit.0)?;
        for &column in &self.columns {
            if column == source.fields.len() {
                columns.push(Reader::Ids(unit.0));
                continue;
            }
            let field = source.fields.get(column).ok_or_else(|| Error::internal("no such column"))?;
            bytes = numbers(field).iter().fold(bytes, |b, &n| b.saturating_add(group.chunks[n].uncompressed_bytes));
            columns.push(Reader::new(file.clone(), field, group, self.data.binary_as_text));
        }
        let before: u64 = source.groups[..unit.1].iter().map(|g| g.rows).sum();
        Ok(Group { columns, rows_left: group.rows, row: before + 1, row_bytes: bytes / group.rows.max(1) })
    }

    fn file_of(&mut self, number: usize) -> Result<Rc<File>> {
        if let Some((open, file)) = &self.file
            && *open == number
        {
            return Ok(file.clone());
        }
        let info = &self.data.sources[number].info;
        let file = Rc::new(File::open(&info.path)?);
        if file.size_bytes() != info.size_bytes {
            let message = format!("file had {} bytes when the table was opened, now {}", info.size_bytes, file.size_bytes());
            return Err(Error::new(wasql::Code::Aborted, message).file(&info.path).retry_after_ms(0));
        }
        self.file = Some((number, file.clone()));
        Ok(file)
    }
}

impl Reader {
    fn new(file: Rc<File>, field: &Node, group: &crate::meta::RowGroup, binary_as_text: bool) -> Self {
        let leaf_of = |node: &Node| match node.kind {
            Kind::Leaf { number, physical } => {
                Some(Leaf::new(file.clone(), field.name.clone(), physical, (node.def, node.rep), &group.chunks[number]))
            }
            Kind::Group(_) => None,
        };
        match (&field.kind, field.rep) {
            (Kind::Leaf { physical, .. }, 0) => {
                let entries = Entries::new(*physical);
                let (convert, max_def, name) = (field.convert(binary_as_text), field.def, field.name.clone());
                // A leaf is always made of a leaf.
                match leaf_of(field) {
                    Some(leaf) => Reader::Flat(Box::new(Flat {
                        leaf,
                        convert,
                        max_def,
                        name,
                        entries,
                        indexes: Vec::new(),
                        dictionary: None,
                        wrong: false,
                        values_only: false,
                    })),
                    None => Reader::Nested { field: field.clone(), leaves: Vec::new(), cursors: Vec::new() },
                }
            }
            _ => {
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
        }
    }

    fn leaves(&self) -> &[Leaf] {
        match self {
            Reader::Ids(_) => &[],
            Reader::Flat(flat) => std::slice::from_ref(&flat.leaf),
            Reader::Nested { leaves, .. } => leaves,
        }
    }

    /// Leaves out the next `rows` rows.
    fn skip(&mut self, rows: usize) -> Result<()> {
        match self {
            Reader::Ids(_) => Ok(()),
            Reader::Flat(flat) => flat.leaf.skip_flat(rows, &mut flat.entries),
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

    /// Adds the next `rows` rows to a vector.
    fn read(&mut self, rows: usize, first_row: u64, out: &mut Vector) -> Result<()> {
        match self {
            Reader::Ids(file) => (0..rows as u64).try_for_each(|i| out.push_uint(row_id(*file, first_row - 1 + i))),
            Reader::Flat(flat) => flat.read(rows, first_row, out),
            Reader::Nested { field, leaves, cursors } => {
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

impl Flat {
    /// Reads page by page. A page of indexes gives the values of its dictionary, which are converted once.
    fn read(&mut self, rows: usize, first_row: u64, out: &mut Vector) -> Result<()> {
        let mut left = rows;
        while left > 0 {
            let (n, dictionary) = self.leaf.ahead(left)?;
            let values = match dictionary {
                Some(dictionary) if !self.values_only => self.converted(&dictionary, out),
                _ => None,
            };
            match values {
                Some(values) => self.read_indexes(n, n == rows, &values, out)?,
                None => {
                    self.leaf.read_flat(n, &mut self.entries)?;
                    if self.max_def == 0 {
                        self.entries.def.clear();
                    }
                    let row = first_row + (rows - left) as u64;
                    fill(&self.entries, self.max_def, self.convert, row, out).map_err(|e| self.place(e))?;
                }
            }
            left -= n;
        }
        Ok(())
    }

    /// The values of a dictionary; None when one of them is wrong, which is told with the row that has it.
    fn converted(&mut self, dictionary: &Rc<Values>, out: &Vector) -> Option<Rc<Vector>> {
        if self.dictionary.is_none() && !self.wrong {
            let mut vector = Vector::new(out.kind(), out.scale());
            let each = Each { values: dictionary, convert: self.convert };
            match each.all(&mut vector) {
                Ok(()) => self.dictionary = Some(Rc::new(vector)),
                Err(_) => self.wrong = true,
            }
        }
        self.dictionary.clone()
    }

    fn place(&self, e: Error) -> Error {
        e.column(&self.name).file(self.leaf.path())
    }

    /// Sends the values that indexes name, or, when they are all of the batch and it is worth it, indexes and dictionary.
    fn read_indexes(&mut self, rows: usize, whole: bool, values: &Rc<Vector>, out: &mut Vector) -> Result<()> {
        self.leaf.read_indexes(rows, &mut self.entries.def, &mut self.indexes)?;
        let sent = whole && matches!(self.convert, Convert::Text(_) | Convert::Binary) && worth_sending(values);
        if sent {
            out.set_dictionary(values.clone())?;
        }
        let add = |out: &mut Vector, indexes: &[u32]| if sent { out.push_indexes(indexes) } else { out.gather(values, indexes) };
        if self.indexes.len() == rows {
            return add(out, &self.indexes).map_err(|e| self.place(e));
        }
        let (max, mut next) = (u32::from(self.max_def), 0);
        for run in self.entries.def.chunk_by(|a, b| (*a == max) == (*b == max)) {
            if run[0] == max {
                let indexes = self.indexes.get(next..next + run.len()).unwrap_or(&[]);
                add(out, indexes).map_err(|e| self.place(e))?;
                next += run.len();
            } else {
                out.push_nulls(run.len());
            }
        }
        Ok(())
    }
}

fn worth_sending(dictionary: &Vector) -> bool {
    let (bytes, len) = (dictionary.data_bytes(), dictionary.len());
    len > 0 && (bytes <= DICTIONARY_BYTES && len <= DICTIONARY_VALUES || bytes / len > LONG_VALUE_BYTES)
}

impl Batches for Reading {
    fn next(&mut self, out: &mut Batch) -> Result<Step> {
        if self.group.as_ref().is_none_or(|g| g.rows_left == 0) && !self.advance()? {
            return Ok(Step::End);
        }
        let Some(group) = &mut self.group else { return Ok(Step::End) };
        // Rows that long at most as the bytes of a batch allow, by the average.
        let by_bytes = (out.bytes_max() as u64 / group.row_bytes.max(1)).max(1);
        let wanted = if self.skip > 0 { self.skip } else { self.left };
        let rows = (out.room() as u64).min(group.rows_left).min(wanted).min(by_bytes) as usize;
        for (slot, reader) in group.columns.iter_mut().enumerate() {
            reader.read(rows, group.row, out.vector(slot))?;
        }
        group.rows_left -= rows as u64;
        group.row += rows as u64;
        if self.skip > 0 {
            self.skip -= rows as u64;
            out.clear();
            return Ok(Step::More);
        }
        self.left -= rows as u64;
        out.set_rows(rows);
        let last = self.left == 0 || group.rows_left == 0 && self.units.is_empty();
        Ok(if last { Step::End } else { Step::More })
    }

    fn counters(&self) -> Vec<(String, String)> {
        let mut counted = Counters { ..self.counters };
        if let Some(group) = &self.group {
            for leaf in group.columns.iter().flat_map(Reader::leaves) {
                counted.pages += leaf.pages;
                counted.bytes += leaf.bytes_read;
            }
        }
        vec![
            ("row groups read".into(), format!("{} of {}", counted.groups, counted.groups_all)),
            ("pages read".into(), counted.pages.to_string()),
            ("bytes read".into(), counted.bytes.to_string()),
        ]
    }
}
