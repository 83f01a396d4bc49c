//! The scan: row group by row group, the columns of conditions first, the others for the rows that are left.

use crate::bloom;
use crate::data::{Data, Unit, numbers};
use crate::flat::{Outcome, Pick, is_flat};
use crate::group::{Group, Reader};
use crate::index::{self, Pages, Stretch};
use crate::meta::RowGroup;
use crate::sieve::{Sieve, sieves};
use crate::tree::Node;
use std::rc::Rc;
use wasql::fs::File;
use wasql::{Batch, Batches, Error, Filter, Result, Step, Vector};

/// Part of the rows that may fail for the others to stay where they are.
const DENSE: usize = 4;

/// The rows of some row groups.
pub struct Reading {
    data: Rc<Data>,
    /// Row groups still to read, the next one last.
    units: Vec<Unit>,
    columns: Vec<usize>,
    filters: Vec<Filter>,
    /// What the filters say of the columns of a file, the one read.
    sieves: Vec<Sieve>,
    sieved: Option<usize>,
    /// Rows still to leave out, and still to give.
    skip: u64,
    left: u64,
    group: Option<Group>,
    /// The group that rows are looked up in.
    unit: Option<Unit>,
    file: Option<(usize, Rc<File>)>,
    counters: Counters,
    marks: Vec<u8>,
    all_marks: Vec<u8>,
    selected: Vec<u32>,
    /// The rows of the batch that count, when they are not all.
    counting: Option<Vec<u32>>,
}

#[derive(Default)]
struct Counters {
    groups: u64,
    groups_all: u64,
    pages: u64,
    bytes: u64,
    rows: u64,
    by_bloom: u64,
    by_pages: u64,
    by_dictionary: u64,
    pages_out: u64,
}

impl Reading {
    /// Reads these row groups in order, without the rows of which [`crate::sieve::claim`] says that a filter leaves them out. A limit
    /// counts the rows that pass.
    pub fn new(
        data: Rc<Data>,
        mut units: Vec<Unit>,
        columns: Vec<usize>,
        filters: Vec<Filter>,
        limit: Option<(u64, u64)>,
    ) -> Self {
        let groups_all = data.units().len() as u64;
        units.reverse();
        let (left, skip) = limit.unwrap_or((u64::MAX, 0));
        let counters = Counters { groups_all, ..Default::default() };
        Reading {
            data,
            units,
            columns,
            filters,
            sieves: Vec::new(),
            sieved: None,
            skip,
            left,
            group: None,
            unit: None,
            file: None,
            counters,
            marks: Vec::new(),
            all_marks: Vec::new(),
            selected: Vec::new(),
            counting: None,
        }
    }

    /// Adds one row of a row group behind the first column of a batch. Rows of one group that rise are read in one go.
    pub fn row(&mut self, unit: Unit, row: u64, out: &mut Batch) -> Result<()> {
        let same = self.unit == Some(unit) && self.group.as_ref().is_some_and(|g| g.first + g.row <= row);
        if !same {
            self.count();
            self.group = self.open(unit)?;
            self.unit = Some(unit);
        }
        let Some(group) = &mut self.group else { return Ok(()) };
        let pass = (row - group.first - group.row) as usize;
        for (slot, reader) in group.columns.iter_mut().enumerate() {
            reader.skip(pass)?;
            if let Reader::Flat(flat) = reader {
                flat.values_only = true;
            }
            reader.read(1, Pick::All, row, out.vector(slot + 1))?;
        }
        group.row += pass as u64 + 1;
        Ok(())
    }

    /// Opens the next row group with rows that are wanted.
    fn advance(&mut self) -> Result<bool> {
        self.count();
        while self.left > 0 {
            let Some(unit) = self.units.pop() else { return Ok(false) };
            let rows = self.data.group(unit).rows;
            if self.filters.is_empty() && rows <= self.skip {
                self.skip -= rows;
                continue;
            }
            self.group = self.open(unit)?;
            if self.group.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Lets the row group go, with what is to be told of it.
    fn count(&mut self) {
        for leaf in self.group.take().iter().flat_map(Group::leaves) {
            self.counters.pages += leaf.pages;
            self.counters.bytes += leaf.bytes_read;
        }
    }

    /// Opens a row group; None when none of its rows passes.
    fn open(&mut self, unit: Unit) -> Result<Option<Group>> {
        let source = self.data.sources[unit.0].clone();
        let group = &source.groups[unit.1];
        let file = self.file_of(unit.0)?;
        if self.sieved != Some(unit.0) {
            // Files may keep a column in different units.
            self.sieves = sieves(&self.filters, &source.fields, self.data.binary_as_text)?;
            self.sieved = Some(unit.0);
        }
        let stretches = self.stretches(&file, group, &source.fields);
        if stretches.is_empty() {
            return Ok(None);
        }
        let whole = stretches == [(0, group.rows)];
        let reader = |column: usize| -> Result<Reader> {
            let field = source.fields.get(column).ok_or_else(|| Error::internal("no such column"))?;
            let mut reader = Reader::new(&file, field, group, self.data.binary_as_text);
            if let (Reader::Flat(flat), Some((number, _)), false) = (&mut reader, is_flat(field), whole) {
                flat.leaf.places(Pages::read(&file, &group.chunks[number], group.rows));
            }
            Ok(reader)
        };
        let mut sifted = Vec::with_capacity(self.sieves.len());
        for (i, sieve) in self.sieves.iter().enumerate() {
            let Reader::Flat(mut flat) = reader(sieve.column)? else { continue };
            if flat.excluded(sieve)? {
                self.counters.by_dictionary += 1;
                self.counters.pages += flat.leaf.pages;
                self.counters.bytes += flat.leaf.bytes_read;
                return Ok(None);
            }
            sifted.push((*flat, i, self.columns.contains(&sieve.column)));
        }
        let mut columns = Vec::with_capacity(self.columns.len());
        let mut bytes = 0u64;
        for &column in &self.columns {
            if column == source.fields.len() {
                columns.push(Reader::Ids(unit.0));
                continue;
            }
            let leaves = source.fields.get(column).map(numbers).unwrap_or_default();
            bytes = leaves.iter().fold(bytes, |b, &n| b.saturating_add(group.chunks[n].uncompressed_bytes));
            let own = sifted.iter().position(|(_, sieve, _)| self.sieves[*sieve].column == column);
            columns.push(own.map_or_else(|| reader(column), |i| Ok(Reader::Sifted(i)))?);
        }
        self.counters.groups += 1;
        let before: u64 = source.groups[..unit.1].iter().map(|g| g.rows).sum();
        let row_bytes = bytes / group.rows.max(1);
        let stretches = stretches.into_iter().rev().collect();
        Ok(Some(Group { columns, sifted, stretches, row: 0, first: before + 1, behind: 0, row_bytes }))
    }

    /// The rows of a row group that may pass, by its bloom filters and the bounds of its pages.
    fn stretches(&mut self, file: &File, group: &RowGroup, fields: &[Node]) -> Vec<Stretch> {
        let mut rows = vec![(0, group.rows)];
        for sieve in &self.sieves {
            let Some((number, physical)) = fields.get(sieve.column).and_then(is_flat) else { continue };
            let chunk = &group.chunks[number];
            if chunk.bloom.is_some()
                && let Some(values) = sieve.points(physical, bloom::VALUES_MAX)
                && !bloom::may_hold(file, chunk, &values)
            {
                self.counters.by_bloom += 1;
                return Vec::new();
            }
        }
        for sieve in &self.sieves {
            let Some((number, physical)) = fields.get(sieve.column).and_then(is_flat) else { continue };
            let chunk = &group.chunks[number];
            if chunk.values != group.rows {
                continue;
            }
            if let Some((kept, out)) = index::kept(file, sieve, chunk, physical, group.rows) {
                rows = index::both(&rows, &kept);
                self.counters.pages_out += out;
            }
        }
        self.counters.by_pages += u64::from(rows.is_empty());
        rows
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

    /// Reads some rows of the group, and adds those that pass.
    fn step(&mut self, out: &mut Batch) -> Result<()> {
        let Some(group) = &mut self.group else { return Ok(()) };
        let Some(&(from, to)) = group.stretches.last() else { return Ok(()) };
        group.pass(from.saturating_sub(group.row) as usize)?;
        // Rows that long at most as the bytes of a batch allow, by the average.
        let by_bytes = (out.bytes_max() as u64 / group.row_bytes.max(1)).max(1);
        let plain = self.sieves.is_empty();
        if plain && self.skip > 0 {
            let skipped = self.skip.min(to - group.row);
            group.pass(skipped as usize)?;
            self.skip -= skipped;
        }
        let wanted = if plain { self.left } else { u64::MAX };
        let mut rows = (out.room() as u64).min(to - group.row).min(wanted).min(by_bytes) as usize;
        for (flat, ..) in &mut group.sifted {
            rows = flat.ahead(rows)?;
        }
        if rows > 0 {
            self.counters.rows += rows as u64;
            let row = group.row;
            match group.sift(&self.sieves, rows, &mut self.marks, &mut self.all_marks)? {
                Outcome::None => group.behind += rows,
                outcome => {
                    let picked = chosen(outcome, rows, &self.all_marks, &mut self.skip, self.left, &mut self.selected);
                    let passing = picked.map_or(rows, <[u32]>::len);
                    self.left -= passing as u64;
                    let (pick, given) = match picked {
                        // What little does not pass stays in the batch and is not counted: cheaper than moving what does.
                        Some(picked) if passing >= rows - rows / DENSE => {
                            count(&mut self.counting, out.rows(), picked.iter().copied());
                            (Pick::All, rows)
                        }
                        picked => {
                            if self.counting.is_some() {
                                count(&mut self.counting, out.rows(), 0..passing as u32);
                            }
                            (picked.map_or(Pick::All, |p| Pick::Some(p, 0)), passing)
                        }
                    };
                    if given == 0 {
                        group.behind += rows;
                    } else {
                        group.give(row, rows, pick, out)?;
                    }
                    out.set_rows(out.rows() + given);
                }
            }
            group.row += rows as u64;
        }
        if group.row >= to {
            group.stretches.pop();
        }
        Ok(())
    }
}

/// Counts rows at some positions behind those of the batch.
fn count(counting: &mut Option<Vec<u32>>, rows: usize, positions: impl Iterator<Item = u32>) {
    let all = counting.get_or_insert_with(|| (0..rows as u32).collect());
    all.extend(positions.map(|p| rows as u32 + p));
}

/// The rows to give, of those that pass: none of the first ones that a limit leaves out, nor of those behind it. None: all.
fn chosen<'a>(
    outcome: Outcome,
    rows: usize,
    marks: &[u8],
    skip: &mut u64,
    left: u64,
    selected: &'a mut Vec<u32>,
) -> Option<&'a [u32]> {
    if outcome == Outcome::All && *skip == 0 && left >= rows as u64 {
        return None;
    }
    selected.clear();
    selected.resize(rows, 0);
    let mut n = 0;
    if outcome == Outcome::All {
        selected.iter_mut().zip(0..).for_each(|(to, row)| *to = row);
        n = rows;
    } else {
        for (row, &mark) in (0..).zip(marks) {
            selected[n] = row;
            n += usize::from(mark);
        }
    }
    let skipped = (*skip).min(n as u64) as usize;
    *skip -= skipped as u64;
    let end = n.min(skipped.saturating_add(usize::try_from(left).unwrap_or(usize::MAX)));
    let picked = &selected[skipped..end];
    if picked.len() == rows { None } else { Some(picked) }
}

impl Batches for Reading {
    fn next(&mut self, out: &mut Batch) -> Result<Step> {
        self.counting = None;
        loop {
            if self.group.as_ref().is_none_or(|g| g.stretches.is_empty()) && !self.advance()? {
                if let Some(rows) = self.counting.take() {
                    out.select(rows);
                }
                return Ok(Step::End);
            }
            self.step(out)?;
            let bytes: usize = out.read().iter().map(Vector::data_bytes).sum();
            // What passes of further rows is added as long as half of the batch is free.
            let more = 2 * out.rows() < out.rows_max() && 2 * bytes < out.bytes_max();
            let done = self.left == 0 || self.units.is_empty() && self.group.as_ref().is_none_or(|g| g.stretches.is_empty());
            if done || !more || self.sieves.is_empty() && out.rows() > 0 {
                if let Some(rows) = self.counting.take() {
                    out.select(rows);
                }
                return Ok(if done { Step::End } else { Step::More });
            }
        }
    }

    fn counters(&self) -> Vec<(String, String)> {
        let c = &self.counters;
        let (mut pages, mut bytes) = (c.pages, c.bytes);
        for leaf in self.group.iter().flat_map(Group::leaves) {
            pages += leaf.pages;
            bytes += leaf.bytes_read;
        }
        let mut lines = vec![
            ("row groups read".to_string(), format!("{} of {}", c.groups, c.groups_all)),
            ("pages read".into(), pages.to_string()),
            ("bytes read".into(), bytes.to_string()),
        ];
        if !self.sieves.is_empty() {
            lines.push(("rows looked at".into(), c.rows.to_string()));
        }
        let left_out = [
            ("row groups left out by bloom filters", c.by_bloom),
            ("row groups left out by page bounds", c.by_pages),
            ("row groups left out by dictionaries", c.by_dictionary),
            ("pages left out by their bounds", c.pages_out),
        ];
        lines.extend(left_out.iter().filter(|(_, n)| *n > 0).map(|(what, n)| (what.to_string(), n.to_string())));
        lines
    }
}
