//! The page index: where the pages of a chunk lie, and the bounds of their values. It only saves work: one that cannot be used is not.

use crate::meta::{Chunk, Physical, Place};
use crate::sieve::Sieve;
use crate::thrift::{Reader, TRUE};
use wasql::Result;
use wasql::fs::File;

/// Most bytes of an index that is read.
const INDEX_BYTES_MAX: u64 = 16 << 20;

/// Where the pages of a chunk lie.
#[derive(Debug)]
pub struct Pages {
    /// The first row of each page, in the row group: they rise from 0.
    pub first_rows: Vec<u64>,
    /// Where each page begins in the file.
    pub starts: Vec<u64>,
}

/// Rows of a row group from one up to another that is not in it.
pub type Stretch = (u64, u64);

impl Pages {
    /// Reads where the pages of a chunk of so many rows lie; None when the file does not say, or not what can be.
    pub fn read(file: &File, chunk: &Chunk, rows: u64) -> Option<Self> {
        let bytes = bytes_of(file, chunk.offset_index?)?;
        Self::parse(&bytes, chunk, rows)
    }

    fn parse(bytes: &[u8], chunk: &Chunk, rows: u64) -> Option<Self> {
        let mut pages = Vec::new();
        let read = Reader::new(bytes).fields(|r, id, _| {
            if id != 1 {
                return Ok(false);
            }
            pages = r.list(page)?;
            Ok(true)
        });
        let mut before = None;
        let sound = |&(start, row): &(i64, i64)| {
            let (start, row) = (u64::try_from(start).ok(), u64::try_from(row).ok());
            let rises = before.is_none_or(|b| Some(b) < row) && (before.is_some() || row == Some(0));
            before = row;
            rises && row.is_some_and(|r| r < rows) && start.is_some_and(|s| s >= chunk.start && s < chunk.end)
        };
        let whole = read.is_ok() && !pages.is_empty() && pages.iter().all(sound);
        whole.then(|| Pages {
            first_rows: pages.iter().map(|p| p.1 as u64).collect(),
            starts: pages.iter().map(|p| p.0 as u64).collect(),
        })
    }

    /// The page that a row is in.
    pub fn of(&self, row: u64) -> usize {
        self.first_rows.partition_point(|&first| first <= row).saturating_sub(1)
    }

    /// The rows of a page of a chunk of so many rows.
    pub fn rows(&self, page: usize, rows: u64) -> Stretch {
        (self.first_rows[page], self.first_rows.get(page + 1).copied().unwrap_or(rows))
    }
}

fn page(r: &mut Reader) -> Result<(i64, i64)> {
    let mut page = (-1, -1);
    r.fields(|r, id, _| {
        match id {
            1 => page.0 = r.int()?,
            3 => page.1 = r.int()?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    Ok(page)
}

/// The bounds of the values of each page of a chunk.
#[derive(Debug, Default)]
struct Bounds {
    null_pages: Vec<bool>,
    min: Vec<Vec<u8>>,
    max: Vec<Vec<u8>>,
    nulls: Vec<i64>,
}

impl Bounds {
    fn parse(bytes: &[u8]) -> Result<Self> {
        let mut b = Bounds::default();
        Reader::new(bytes).fields(|r, id, _| {
            match id {
                1 => b.null_pages = r.list(|r| Ok(r.raw_byte()? == TRUE))?,
                2 => b.min = r.list(|r| Ok(r.binary()?.to_vec()))?,
                3 => b.max = r.list(|r| Ok(r.binary()?.to_vec()))?,
                5 => b.nulls = r.list(Reader::int)?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(b)
    }
}

/// The rows whose pages may hold one that passes, and how many pages may not; None when the file does not tell.
pub fn kept(file: &File, sieve: &Sieve, chunk: &Chunk, physical: Physical, rows: u64) -> Option<(Vec<Stretch>, u64)> {
    let pages = Pages::read(file, chunk, rows)?;
    let bounds = Bounds::parse(&bytes_of(file, chunk.column_index?)?).ok()?;
    let n = pages.first_rows.len();
    let sizes = [bounds.null_pages.len(), bounds.min.len(), bounds.max.len()];
    if sizes != [n; 3] || !bounds.nulls.is_empty() && bounds.nulls.len() != n {
        return None;
    }
    let mut out: Vec<Stretch> = Vec::new();
    let mut left_out = 0;
    for i in 0..n {
        let may = if bounds.null_pages[i] {
            sieve.null()
        } else {
            let nulls = bounds.nulls.get(i).is_none_or(|&n| n != 0);
            sieve.meets(Some(&bounds.min[i]), Some(&bounds.max[i]), nulls, physical)
        };
        let (from, to) = pages.rows(i, rows);
        match out.last_mut() {
            _ if !may => left_out += 1,
            Some(last) if last.1 == from => last.1 = to,
            _ => out.push((from, to)),
        }
    }
    Some((out, left_out))
}

/// What is in both of two lists of stretches.
pub fn both(a: &[Stretch], b: &[Stretch]) -> Vec<Stretch> {
    let (mut i, mut j, mut out) = (0, 0, Vec::new());
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        let shared = (x.0.max(y.0), x.1.min(y.1));
        if shared.0 < shared.1 {
            out.push(shared);
        }
        if x.1 < y.1 { i += 1 } else { j += 1 }
    }
    out
}

fn bytes_of(file: &File, (at, len): Place) -> Option<Vec<u8>> {
    if len > INDEX_BYTES_MAX || at.checked_add(len)? > file.size_bytes() {
        return None;
    }
    let mut bytes = vec![0; len as usize];
    file.read_exact_at(at, &mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An OffsetIndex of pages at these starts and first rows, all below 64.
    fn index(pages: &[(u8, u8)]) -> Vec<u8> {
        let mut bytes = vec![0x19, (pages.len() as u8) << 4 | 12];
        for (start, row) in pages {
            bytes.extend([0x16, start * 2, 0x15, 2, 0x16, row * 2, 0]);
        }
        bytes.push(0);
        bytes
    }

    #[test]
    fn pages_are_taken_only_when_they_can_be() {
        let chunk = Chunk { start: 4, end: 60, ..Default::default() };
        let pages = Pages::parse(&index(&[(4, 0), (20, 10), (40, 15)]), &chunk, 30).unwrap();
        assert_eq!((pages.of(0), pages.of(9), pages.of(10), pages.of(29)), (0, 0, 1, 2));
        assert_eq!((pages.rows(1, 30), pages.rows(2, 30)), ((10, 15), (15, 30)));
        for (what, broken) in [
            ("none", index(&[])),
            ("does not begin at 0", index(&[(4, 1), (20, 10)])),
            ("does not rise", index(&[(4, 0), (20, 10), (30, 10)])),
            ("beyond the rows", index(&[(4, 0), (20, 30)])),
            ("before the chunk", index(&[(3, 0)])),
            ("behind the chunk", index(&[(4, 0), (60, 10)])),
            ("cut", index(&[(4, 0), (20, 10)])[..8].to_vec()),
            ("empty", vec![]),
        ] {
            assert!(Pages::parse(&broken, &chunk, 30).is_none(), "{what}");
        }
    }

    #[test]
    fn stretches_of_two_columns_meet() {
        assert_eq!(both(&[(0, 10), (20, 30)], &[(5, 22), (25, 26), (29, 40)]), [(5, 10), (20, 22), (25, 26), (29, 30)]);
        assert_eq!(both(&[(0, 5)], &[(5, 9)]), []);
    }
}
