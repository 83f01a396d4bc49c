//! [`Predicate`]: a filter made ready to run over the tokens of a block, column by column.

use wasql::Result;

use crate::cell::{Cells, Picked};
use crate::formats::Formats;
use crate::kind::{Field, Kind};
use crate::like::Pattern;
use crate::ranges::{Comparison, Ranges};
use crate::records::Records;
use crate::token::{BLOCK_ROWS, Block};

/// A condition on the rows of a table.
#[derive(Debug, Clone, PartialEq)]
pub enum Predicate {
    /// Every row.
    All,
    /// No row.
    None,
    /// A test of one column, by position in the table.
    Test(usize, Test),
    /// All parts hold.
    And(Vec<Predicate>),
    /// Some part holds.
    Or(Vec<Predicate>),
}

/// A test of one value. NULL passes [`Test::Null`] only.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// The value is NULL.
    Null,
    /// The value is not NULL.
    NotNull,
    /// The value's key lies in the ranges.
    Keys(Ranges<i64>),
    /// The decimal's scaled integer lies in the ranges.
    Digits(Ranges<i128>),
    /// A test of text.
    Text(TextTest),
}

/// A test of text or bytes.
#[derive(Debug, Clone, PartialEq)]
pub enum TextTest {
    /// One of these, byte for byte.
    OneOf(Vec<Vec<u8>>),
    /// None of these, byte for byte.
    NoneOf(Vec<Vec<u8>>),
    /// Compared byte by byte.
    Compared(Comparison, Vec<u8>),
    /// LIKE a pattern, byte for byte.
    Like(Pattern),
    /// Not LIKE it.
    NotLike(Pattern),
    /// Perhaps one of these (small letters, no spaces at the end) under a collation that ignores case:
    /// false only for printable ASCII that differs.
    Perhaps(Vec<Vec<u8>>),
    /// Perhaps it begins so (small letters) under a collation that ignores case.
    PerhapsBegins(Vec<u8>),
}

impl TextTest {
    /// Runs the test.
    pub fn passes(&self, text: &[u8]) -> bool {
        match self {
            TextTest::OneOf(list) => list.iter().any(|value| value == text),
            TextTest::NoneOf(list) => !list.iter().any(|value| value == text),
            TextTest::Compared(comparison, value) => match comparison {
                Comparison::Eq => text == value,
                Comparison::Ne => text != value,
                Comparison::Lt => text < &value[..],
                Comparison::Le => text <= &value[..],
                Comparison::Gt => text > &value[..],
                Comparison::Ge => text >= &value[..],
            },
            TextTest::Like(pattern) => pattern.matches(text),
            TextTest::NotLike(pattern) => !pattern.matches(text),
            TextTest::Perhaps(list) => !printable(text) || list.iter().any(|value| same_letters(text, value)),
            TextTest::PerhapsBegins(prefix) => perhaps_begins(text, prefix),
        }
    }
}

/// True when all bytes are printable ASCII: such texts are equal under Unicode collations that ignore
/// case just when their letters are.
pub fn printable(text: &[u8]) -> bool {
    text.iter().all(|byte| (b' '..=b'~').contains(byte))
}

fn same_letters(text: &[u8], value: &[u8]) -> bool {
    text.trim_ascii_end().eq_ignore_ascii_case(value)
}

fn perhaps_begins(text: &[u8], prefix: &[u8]) -> bool {
    for (at, want) in prefix.iter().enumerate() {
        match text.get(at) {
            None => return false,
            Some(byte) if !(b' '..=b'~').contains(byte) => return true,
            Some(byte) if !byte.eq_ignore_ascii_case(want) => return false,
            Some(_) => {}
        }
    }
    true
}

impl Predicate {
    /// The positions of the columns it reads.
    pub fn columns(&self, into: &mut Vec<usize>) {
        match self {
            Predicate::All | Predicate::None => {}
            Predicate::Test(column, _) => {
                if !into.contains(column) {
                    into.push(*column);
                }
            }
            Predicate::And(parts) | Predicate::Or(parts) => parts.iter().for_each(|part| part.columns(into)),
        }
    }
}

/// Runs predicates over the blocks of a scan.
pub struct Sieve {
    predicates: Vec<Predicate>,
    keys: Vec<i64>,
    digits: Vec<i128>,
    valid: Vec<bool>,
    /// The rows of the last block that passed, ascending.
    pub rows: Vec<u32>,
}

/// What a sieve needs to read values.
pub struct Source<'a, R> {
    /// Reader that split the block.
    pub records: &'a R,
    /// The block.
    pub block: &'a Block,
    /// Columns of the table.
    pub fields: &'a [Field],
    /// Position of each column's tokens in the block.
    pub slots: &'a [Option<usize>],
    /// How numbers and dates are written.
    pub formats: &'a Formats,
}

impl Sieve {
    /// A sieve of predicates, all of which must hold.
    pub fn new(predicates: Vec<Predicate>) -> Self {
        Sieve {
            predicates,
            keys: vec![0; BLOCK_ROWS],
            digits: Vec::new(),
            valid: vec![false; BLOCK_ROWS],
            rows: Vec::with_capacity(BLOCK_ROWS),
        }
    }

    /// True when it lets every row through.
    pub fn is_empty(&self) -> bool {
        self.predicates.is_empty()
    }

    /// Leaves in [`Sieve::rows`] the rows of the block that pass.
    pub fn run<R: Records>(&mut self, source: &Source<'_, R>) -> Result<()> {
        let mut rows = std::mem::take(&mut self.rows);
        rows.clear();
        rows.extend(0..source.block.rows as u32);
        let predicates = std::mem::take(&mut self.predicates);
        let done = predicates.iter().try_for_each(|predicate| self.keep(predicate, source, &mut rows));
        self.predicates = predicates;
        self.rows = rows;
        done
    }

    /// Keeps the rows that pass one predicate.
    fn keep<R: Records>(&mut self, predicate: &Predicate, source: &Source<'_, R>, rows: &mut Vec<u32>) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        match predicate {
            Predicate::All => Ok(()),
            Predicate::None => {
                rows.clear();
                Ok(())
            }
            Predicate::And(parts) => parts.iter().try_for_each(|part| self.keep(part, source, rows)),
            Predicate::Or(parts) => {
                let mut hit = vec![false; source.block.rows];
                for part in parts {
                    let mut left: Vec<u32> = rows.iter().copied().filter(|&row| !hit[row as usize]).collect();
                    self.keep(part, source, &mut left)?;
                    left.iter().for_each(|&row| hit[row as usize] = true);
                }
                rows.retain(|&row| hit[row as usize]);
                Ok(())
            }
            Predicate::Test(column, test) => self.test(*column, test, source, rows),
        }
    }

    fn test<R: Records>(&mut self, column: usize, test: &Test, source: &Source<'_, R>, rows: &mut Vec<u32>) -> Result<()> {
        let Some(slot) = source.slots[column] else {
            return Err(wasql::Error::internal(format!("a filter on column {column}, which is not read")));
        };
        let field = &source.fields[column];
        let cells = Cells {
            records: source.records,
            tokens: source.block.column(slot),
            picked: Picked::Some(rows),
            field,
            formats: source.formats,
            ascii: source.block.ascii,
        };
        let (keys, digits, valid) = (&mut self.keys, &mut self.digits, &mut self.valid);
        match test {
            Test::Null | Test::NotNull => cells.nulls(|row, null| valid[row] = null == (*test == Test::Null))?,
            Test::Keys(ranges) => {
                cells.keys(keys, valid)?;
                if let Some((low, high)) = ranges.single() {
                    rows.retain(|&row| valid[row as usize] && (low..=high).contains(&keys[row as usize]));
                } else {
                    rows.retain(|&row| valid[row as usize] && ranges.contains(keys[row as usize]));
                }
                return Ok(());
            }
            Test::Digits(ranges) => {
                digits.resize(BLOCK_ROWS, 0);
                cells.digits(digits, valid)?;
                rows.retain(|&row| valid[row as usize] && ranges.contains(digits[row as usize]));
                return Ok(());
            }
            Test::Text(text_test) => {
                cells.texts(|row, text| valid[row] = text.is_some_and(|text| text_test.passes(text)))?;
            }
        }
        rows.retain(|&row| valid[row as usize]);
        Ok(())
    }
}

/// True for kinds whose values have integer keys.
pub fn has_keys(kind: Kind) -> bool {
    !kind.textual() && !matches!(kind, Kind::Decimal(..))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn perhaps_never_drops_what_a_collation_may_match() {
        let test = TextTest::Perhaps(vec![b"ua".to_vec()]);
        for (text, want) in [
            (&b"UA"[..], true),
            (b"ua", true),
            (b"Ua  ", true),
            ("ÚA".as_bytes(), true),
            (b"u\x01a", true),
            (b"AA", false),
            (b"uab", false),
            (b" ua", false),
            (b"", false),
        ] {
            assert_eq!(test.passes(text), want, "{text:?}");
        }
        let test = TextTest::PerhapsBegins(b"new".to_vec());
        for (text, want) in [
            (&b"New York"[..], true),
            (b"NEWARK", true),
            ("nèw".as_bytes(), true),
            (b"Ne", false),
            (b"Boston", false),
            (b"", false),
            ("ñ".as_bytes(), true),
        ] {
            assert_eq!(test.passes(text), want, "{text:?}");
        }
    }
}
