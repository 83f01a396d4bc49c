//! Flat columns: rows decoded in runs of one page, marked by a sieve, and given on.

use crate::convert::{Each, fill};
use crate::leaf::{Entries, Leaf};
use crate::meta::Physical;
use crate::sieve::Sieve;
use crate::tree::{Convert, Kind, Node};
use crate::values::Values;
use std::rc::Rc;
use wasql::{Encoding, Error, Result, Vector};

/// Bytes of a dictionary below which it is sent with every batch instead of being looked up.
const DICTIONARY_BYTES: usize = 64 << 10;
/// The same of its values: a batch has as many rows.
const DICTIONARY_VALUES: usize = 4096;
/// Bytes of a value from which sending the dictionary is cheaper than copying values.
const LONG_VALUE_BYTES: usize = 256;
/// Values of a dictionary that is converted whatever is wanted of it.
const SMALL_DICTIONARY: usize = 1024;
/// Rows a wanted one from which rows in between are passed, not decoded.
const SPARSE: usize = 16;

/// The rows of a run that are wanted: all, or those at these positions, which count from a first one.
#[derive(Clone, Copy)]
pub enum Pick<'a> {
    /// All of them.
    All,
    /// Those at these positions, less the second.
    Some(&'a [u32], u32),
}

/// What a sieve says of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Outcome {
    /// All rows pass, or may.
    All,
    /// No row does.
    None,
    /// Those that are marked.
    Marked,
}

/// A flat column of a row group.
pub struct Flat {
    /// Its pages.
    pub leaf: Leaf,
    convert: Convert,
    max_def: u16,
    name: String,
    /// The run that was decoded last: levels and values, or levels and indexes.
    run: Entries,
    indexes: Vec<u32>,
    indexed: Option<Rc<Values>>,
    /// What is wanted of it.
    picked: Entries,
    picked_indexes: Vec<u32>,
    /// The values of the dictionary, converted; or one of them is wrong.
    dictionary: Option<Rc<Vector>>,
    wrong: bool,
    given: usize,
    /// Which values of the dictionary pass, and whether some, and whether all.
    passing: Option<(Vec<u8>, bool, bool)>,
    marks: Vec<u8>,
    /// Dictionaries are looked up, and not sent.
    pub values_only: bool,
}

impl Flat {
    /// The column of a leaf.
    pub fn new(leaf: Leaf, physical: Physical, field: &Node, binary_as_text: bool) -> Self {
        Flat {
            leaf,
            convert: field.convert(binary_as_text),
            max_def: field.def,
            name: field.name.clone(),
            run: Entries::new(physical),
            indexes: Vec::new(),
            indexed: None,
            picked: Entries::new(physical),
            picked_indexes: Vec::new(),
            dictionary: None,
            wrong: false,
            given: 0,
            passing: None,
            marks: Vec::new(),
            values_only: false,
        }
    }

    /// How many of the next `rows` rows are of one page.
    pub fn ahead(&mut self, rows: usize) -> Result<usize> {
        Ok(self.leaf.ahead(rows)?.0)
    }

    /// Leaves out rows.
    pub fn skip(&mut self, rows: usize) -> Result<()> {
        if rows == 0 {
            return Ok(());
        }
        self.leaf.skip_flat(rows, &mut self.picked.values)
    }

    fn place(&self, e: Error) -> Error {
        e.column(&self.name).file(self.leaf.path())
    }

    /// Decodes the next rows, which are of one page.
    fn decode(&mut self, rows: usize) -> Result<()> {
        self.indexed = if self.values_only { None } else { self.leaf.ahead(rows)?.1 };
        if self.indexed.is_some() {
            return self.leaf.read_indexes(rows, &mut self.run.def, &mut self.indexes);
        }
        self.leaf.read_flat(rows, &mut self.run)?;
        if self.max_def == 0 {
            self.run.def.clear();
        }
        Ok(())
    }

    /// Tells whether no row of the chunk can pass, all pages being indexes into its dictionary.
    pub fn excluded(&mut self, sieve: &Sieve) -> Result<bool> {
        let Some(dictionary) = self.leaf.dictionary_ahead()? else { return Ok(false) };
        let (_, some, _) = self.passing(&dictionary, sieve)?;
        Ok(!some && (self.max_def == 0 || !sieve.null()))
    }

    fn passing(&mut self, dictionary: &Values, sieve: &Sieve) -> Result<&(Vec<u8>, bool, bool)> {
        if self.passing.is_none() {
            let mut marks = Vec::with_capacity(dictionary.len());
            sieve.marks(dictionary, &mut marks).map_err(|e| self.place(e))?;
            let (some, all) = (marks.iter().any(|&m| m != 0), marks.iter().all(|&m| m != 0));
            self.passing = Some((marks, some, all));
        }
        self.passing.as_ref().ok_or_else(|| Error::internal("a dictionary without marks"))
    }

    /// Marks the next rows, which are of one page, and goes over them. What is `wanted` of them can be given on then.
    pub fn sift(&mut self, rows: usize, sieve: &Sieve, wanted: bool, marks: &mut Vec<u8>) -> Result<Outcome> {
        let nulls_pass = self.max_def == 0 || sieve.null();
        let nulls_fail = self.max_def == 0 || !sieve.null();
        let dictionary = self.leaf.ahead(rows)?.1;
        match dictionary {
            Some(dictionary) => {
                let &(_, some, all) = self.passing(&dictionary, sieve)?;
                if !some && nulls_fail {
                    self.skip(rows)?;
                    return Ok(Outcome::None);
                }
                if all && nulls_pass {
                    if wanted {
                        self.decode(rows)?
                    } else {
                        self.skip(rows)?
                    }
                    return Ok(Outcome::All);
                }
                self.decode(rows)?;
                self.marks_of_indexes()?;
            }
            None if !sieve.cheap() => {
                if wanted {
                    self.decode(rows)?
                } else {
                    self.skip(rows)?
                }
                return Ok(Outcome::All);
            }
            None => {
                self.decode(rows)?;
                self.marks.clear();
                sieve.marks(&self.run.values, &mut self.marks).map_err(|e| e.column(&self.name).file(self.leaf.path()))?;
            }
        }
        marks.clear();
        if self.run.def.is_empty() {
            std::mem::swap(marks, &mut self.marks);
            return Ok(Outcome::Marked);
        }
        let (max, null, mut next) = (u32::from(self.max_def), u8::from(sieve.null()), self.marks.iter());
        marks.extend(self.run.def.iter().map(|&d| if d == max { next.next().copied().unwrap_or(0) } else { null }));
        Ok(Outcome::Marked)
    }

    /// The marks of the values that the indexes of the run name.
    fn marks_of_indexes(&mut self) -> Result<()> {
        let Some((passing, ..)) = &self.passing else { return Err(Error::internal("a dictionary without marks")) };
        /// Behind the dictionary.
        const OUTSIDE: u8 = 2;
        self.marks.clear();
        self.marks.extend(self.indexes.iter().map(|&i| passing.get(i as usize).copied().unwrap_or(OUTSIDE)));
        if self.marks.iter().fold(0, |all, &m| all | m) & OUTSIDE != 0 {
            let most = self.indexes.iter().copied().max().unwrap_or(0);
            return Err(self.place(crate::values::outside(most, passing.len())));
        }
        Ok(())
    }

    /// Adds what is wanted of the next rows.
    pub fn read(&mut self, rows: usize, pick: Pick, first_row: u64, out: &mut Vector) -> Result<()> {
        let (mut done, mut rest) = (0, pick);
        while done < rows {
            let n = self.ahead(rows - done)?;
            let row = first_row + done as u64;
            match rest {
                Pick::All => {
                    self.decode(n)?;
                    self.give(n, Pick::All, row, out)?;
                }
                Pick::Some(positions, base) => {
                    let end = base + (done + n) as u32;
                    let (own, more) = positions.split_at(positions.partition_point(|&p| p < end));
                    self.read_some(n, own, base + done as u32, row, out)?;
                    rest = Pick::Some(more, base);
                }
            }
            done += n;
        }
        Ok(())
    }

    /// Adds some of the next rows, which are of one page; positions count from `base`.
    fn read_some(&mut self, rows: usize, positions: &[u32], base: u32, first_row: u64, out: &mut Vector) -> Result<()> {
        if positions.len() * SPARSE >= rows {
            self.decode(rows)?;
            return self.give(rows, Pick::Some(positions, base), first_row, out);
        }
        let mut at = 0;
        for run in positions.chunk_by(|a, b| a + 1 == *b) {
            let from = (run[0] - base) as usize;
            self.skip(from - at)?;
            self.decode(run.len())?;
            self.give(run.len(), Pick::All, first_row + from as u64, out)?;
            at = from + run.len();
        }
        self.skip(rows - at)
    }

    /// Adds what is wanted of the run decoded last.
    pub fn give(&mut self, rows: usize, pick: Pick, first_row: u64, out: &mut Vector) -> Result<()> {
        let (wanted, base) = match pick {
            Pick::All => (None, 0),
            Pick::Some(positions, base) => (Some(positions), base),
        };
        self.given += wanted.map_or(rows, <[u32]>::len);
        if let Some(positions) = wanted {
            self.pick(positions, base)?;
        }
        let values = self.indexed.clone().and_then(|dictionary| self.converted(&dictionary, out));
        let (run, indexes) = if wanted.is_some() { (&self.picked, &self.picked_indexes) } else { (&self.run, &self.indexes) };
        let rows = wanted.map_or(rows, <[u32]>::len);
        if let Some(values) = values {
            let sent = matches!(self.convert, Convert::Text(_) | Convert::Binary) && worth_sending(&values);
            return add(run, indexes, rows, u32::from(self.max_def), sent.then_some(&values), &values, out)
                .map_err(|e| self.place(e));
        }
        if out.encoding() == Encoding::Dictionary {
            out.flatten(out.len())?;
        }
        let row = |i: usize| first_row + wanted.map_or(i as u64, |p| u64::from(p[i] - base));
        let looked_up;
        let run = match &self.indexed {
            Some(dictionary) => {
                let mut values = dictionary.like();
                values.pick(dictionary, indexes).map_err(|e| self.place(e))?;
                looked_up = Entries { rep: Vec::new(), def: run.def.clone(), values };
                &looked_up
            }
            None => run,
        };
        fill(run, self.max_def, self.convert, row, out).map_err(|e| self.place(e))
    }

    /// Keeps the rows of the run at some positions.
    fn pick(&mut self, positions: &[u32], base: u32) -> Result<()> {
        self.picked.def.clear();
        self.picked_indexes.clear();
        self.picked.values.clear();
        let max = u32::from(self.max_def);
        // Where the values of the wanted rows are.
        let mut at: Vec<u32> = Vec::with_capacity(positions.len());
        if self.run.def.is_empty() {
            at.extend(positions.iter().map(|p| p - base));
        } else {
            let (mut row, mut value) = (0, 0);
            for position in positions.iter().map(|p| (p - base) as usize) {
                value += self.run.def[row..position].iter().filter(|&&d| d == max).count() as u32;
                row = position;
                self.picked.def.push(self.run.def[row]);
                if self.run.def[row] == max {
                    at.push(value);
                }
            }
        }
        if self.indexed.is_some() {
            self.picked_indexes.extend(at.iter().map(|&i| self.indexes[i as usize]));
            return Ok(());
        }
        self.picked.values.pick(&self.run.values, &at)
    }

    /// The values of a dictionary, once as many of them are wanted that it pays; None when one of them is wrong, which is told with
    /// the row that has it.
    fn converted(&mut self, dictionary: &Rc<Values>, out: &Vector) -> Option<Rc<Vector>> {
        let pays = dictionary.len() <= SMALL_DICTIONARY || 2 * self.given >= dictionary.len();
        if self.dictionary.is_none() && !self.wrong && pays {
            let mut vector = Vector::new(out.kind(), out.scale());
            let each = Each { values: dictionary, convert: self.convert };
            match each.all(&mut vector) {
                Ok(()) => self.dictionary = Some(Rc::new(vector)),
                Err(_) => self.wrong = true,
            }
        }
        self.dictionary.clone()
    }
}

/// Adds the values of a dictionary that indexes name; or the indexes themselves, when the dictionary is sent and the vector has no other values yet.
fn add(
    run: &Entries,
    indexes: &[u32],
    rows: usize,
    max: u32,
    sent: Option<&Rc<Vector>>,
    values: &Rc<Vector>,
    out: &mut Vector,
) -> Result<()> {
    let same = |out: &Vector| out.dictionary().is_some_and(|d| Rc::ptr_eq(d, values));
    match sent {
        Some(dictionary) if out.is_empty() => out.set_dictionary(dictionary.clone())?,
        _ if out.encoding() == Encoding::Dictionary && !same(out) => out.flatten(out.len())?,
        _ => {}
    }
    let whole = out.encoding() == Encoding::Dictionary;
    let push = |out: &mut Vector, indexes: &[u32]| if whole { out.push_indexes(indexes) } else { out.gather(values, indexes) };
    if indexes.len() == rows {
        return push(out, indexes);
    }
    let mut next = 0;
    for run in run.def.chunk_by(|a, b| (*a == max) == (*b == max)) {
        if run[0] == max {
            push(out, indexes.get(next..next + run.len()).unwrap_or(&[]))?;
            next += run.len();
        } else {
            out.push_nulls(run.len());
        }
    }
    Ok(())
}

fn worth_sending(dictionary: &Vector) -> bool {
    let (bytes, len) = (dictionary.data_bytes(), dictionary.len());
    len > 0 && (bytes <= DICTIONARY_BYTES && len <= DICTIONARY_VALUES || bytes / len > LONG_VALUE_BYTES)
}

/// Tells whether a field is a flat column.
pub fn is_flat(field: &Node) -> Option<(usize, Physical)> {
    match field.kind {
        Kind::Leaf { number, physical } if field.rep == 0 => Some((number, physical)),
        _ => None,
    }
}
