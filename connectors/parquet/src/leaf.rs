//! Leaves: the pages of one column chunk, read as levels and values.

use crate::bits::Hybrid;
use crate::codec::{PAGE_BYTES_MAX, decompress, space};
use crate::header::{Header, header};
use crate::index::Pages;
use crate::meta::{Chunk, Physical};
use crate::part::Part;
use crate::values::{Decoder, Values};
use std::rc::Rc;
use wasql::fs::File;
use wasql::{Code, Error, Result};

/// Bytes read ahead in one call to the host.
const WINDOW_BYTES: usize = 1 << 20;
/// The same where most pages are passed.
const WINDOW_BYTES_SPARSE: usize = 64 << 10;
/// Most bytes of a page header, statistics included.
const HEADER_BYTES_MAX: usize = 16 << 20;
/// Most entries of one batch of a repeated column.
const ENTRIES_MAX: usize = 4 << 20;

fn corrupt(message: impl Into<String>) -> Error {
    Error::new(Code::Corrupt, message)
}

/// The column chunk of one leaf.
pub struct Leaf {
    file: Rc<File>,
    column: String,
    physical: Physical,
    max_def: u16,
    max_rep: u16,
    codec: i32,
    /// Where the next page begins, and where the chunk ends.
    at: u64,
    end: u64,
    /// Where the current page begins, for messages.
    page_at: u64,
    /// Entries in all, and those not yet in a page.
    total: u64,
    left: u64,
    start: u64,
    indexed: bool,
    /// Where the pages lie, when rows are passed, and how many rows the next page has by that.
    places: Option<Pages>,
    expected: Option<u64>,
    window: Vec<u8>,
    window_at: u64,
    dictionary: Option<Rc<Values>>,
    page: Option<Page>,
    /// Bytes read and pages decoded, for counters.
    pub bytes_read: u64,
    /// Pages decoded.
    pub pages: u64,
}

struct Page {
    left: usize,
    def: Hybrid,
    rep: Hybrid,
    decoder: Decoder,
}

/// Levels and values of some rows of a leaf.
pub struct Entries {
    /// Repetition levels; empty when the leaf is not repeated.
    pub rep: Vec<u32>,
    /// Definition levels; empty when every value is there.
    pub def: Vec<u32>,
    /// The values that are there.
    pub values: Values,
}

impl Entries {
    /// Nothing yet.
    pub fn new(physical: Physical) -> Self {
        Entries { rep: Vec::new(), def: Vec::new(), values: Values::new(physical) }
    }

    fn clear(&mut self) {
        self.rep.clear();
        self.def.clear();
        self.values.clear();
    }
}

impl Leaf {
    /// The pages of a chunk.
    pub fn new(file: Rc<File>, column: String, physical: Physical, levels: (u16, u16), chunk: &Chunk) -> Self {
        Leaf {
            file,
            column,
            physical,
            max_def: levels.0,
            max_rep: levels.1,
            codec: chunk.codec,
            at: chunk.start,
            end: chunk.end,
            page_at: chunk.start,
            total: chunk.values,
            left: chunk.values,
            start: chunk.start,
            indexed: chunk.indexed,
            places: None,
            expected: None,
            window: Vec::new(),
            window_at: 0,
            dictionary: None,
            page: None,
            bytes_read: 0,
            pages: 0,
        }
    }

    /// Path of the file.
    pub fn path(&self) -> &str {
        self.file.path()
    }

    fn place(&self, e: Error) -> Error {
        let e = if e.status().file.is_empty() { e.file(self.file.path()) } else { e };
        let e = if e.status().column.is_empty() { e.column(&self.column) } else { e };
        e.context(format!("page at byte {}", self.page_at))
    }

    /// Reads `n` entries of a leaf that is not repeated, with one level at most.
    pub fn read_flat(&mut self, mut n: usize, out: &mut Entries) -> Result<()> {
        out.clear();
        let mut entries = 0;
        while n > 0 {
            self.ready().map_err(|e| self.place(e))?;
            let dictionary = self.dictionary.clone();
            let Some(page) = &mut self.page else { return Err(Error::internal("no page")) };
            let take = n.min(page.left);
            let there =
                if self.max_def == 0 { Ok(take) } else { page.there(take, entries, u32::from(self.max_def), &mut out.def) };
            let (physical, values) = (self.physical, &mut out.values);
            let read = there.and_then(|there| page.decoder.read(there, physical, dictionary.as_deref(), values));
            page.left -= take;
            read.map_err(|e| self.place(e))?;
            n -= take;
            entries += take;
        }
        Ok(())
    }

    /// Says where the pages of a leaf that is not repeated lie, of whose rows some are passed.
    pub fn places(&mut self, places: Option<Pages>) {
        self.places = places;
    }

    /// The dictionary of a chunk all of whose pages are indexes into it.
    pub fn dictionary_ahead(&mut self) -> Result<Option<Rc<Values>>> {
        if self.indexed && self.dictionary.is_none() {
            self.load_dictionary().map_err(|e| self.place(e))?;
        }
        Ok(self.dictionary.clone().filter(|_| self.indexed))
    }

    /// Reads the page of the dictionary, when it is the next one.
    fn load_dictionary(&mut self) -> Result<()> {
        self.page_at = self.at;
        if self.at == self.start && self.at < self.end && self.header()?.0.kind == 2 {
            self.next_page()?;
        }
        Ok(())
    }

    /// Leaves out `n` entries of a leaf that is not repeated: pages of them are not even decompressed. `scratch` is left empty.
    pub fn skip_flat(&mut self, mut n: usize, scratch: &mut Values) -> Result<()> {
        while n > 0 {
            let here = self.page.as_ref().map_or(0, |p| p.left);
            if let Some(page) = self.page.as_mut().filter(|_| here > n) {
                let skipped = page.skip(n, u32::from(self.max_def), self.physical, scratch);
                return skipped.map_err(|e| self.place(e));
            }
            n -= here;
            self.page = None;
            if n > 0 {
                n -= self.jump(n).map_err(|e| self.place(e))?;
                let passed = self.pass(n).map_err(|e| self.place(e))?;
                n -= passed;
                if passed == 0 && n > 0 {
                    self.ready().map_err(|e| self.place(e))?;
                }
            }
        }
        Ok(())
    }

    /// Goes to the page that the n-th entry from here is in, where it is known which; gives how many entries that are.
    fn jump(&mut self, n: usize) -> Result<usize> {
        let row = self.total - self.left;
        let Some(places) = &self.places else { return Ok(0) };
        let page = places.of(row.saturating_add(n as u64).min(self.total.saturating_sub(1)));
        let (first, behind) = places.rows(page, self.total);
        let start = places.starts[page];
        if first <= row || self.left == 0 {
            return Ok(0);
        }
        if self.dictionary.is_none() {
            self.load_dictionary()?;
        }
        (self.at, self.left, self.expected) = (start, self.total - first, Some(behind - first));
        Ok((first - row) as usize)
    }

    /// Compares the next page of values with what was said of it.
    fn expect(&mut self, header: &Header) -> Result<()> {
        match self.expected.take() {
            Some(rows) if rows != header.values as u64 => {
                Err(corrupt(format!("page of {} values where the index of pages says {rows}", header.values)))
            }
            _ => Ok(()),
        }
    }

    /// Passes the next page when it has values, and no more than `n`; gives how many.
    fn pass(&mut self, n: usize) -> Result<usize> {
        if self.left == 0 || self.at >= self.end {
            return Ok(0);
        }
        self.page_at = self.at;
        let (header, len) = self.header()?;
        let body_at = self.at + len as u64;
        if !matches!(header.kind, 0 | 3) || header.values > n || header.compressed as u64 > self.end - body_at {
            return Ok(0);
        }
        self.expect(&header)?;
        self.left =
            self.left.checked_sub(header.values as u64).ok_or_else(|| corrupt("pages hold more values than their chunk"))?;
        self.at = body_at + header.compressed as u64;
        self.page = None;
        Ok(header.values)
    }

    /// How many of the next `n` entries lie in the same page, and the dictionary when it is one of indexes.
    pub fn ahead(&mut self, n: usize) -> Result<(usize, Option<Rc<Values>>)> {
        self.ready().map_err(|e| self.place(e))?;
        let Some(page) = &mut self.page else { return Ok((n, None)) };
        let indexed = page.decoder.indexes().is_some();
        Ok((n.min(page.left), self.dictionary.clone().filter(|_| indexed)))
    }

    /// Reads `n` entries as indexes, after [`Leaf::ahead`] said that they are.
    pub fn read_indexes(&mut self, n: usize, def: &mut Vec<u32>, indexes: &mut Vec<u32>) -> Result<()> {
        def.clear();
        indexes.clear();
        let max = u32::from(self.max_def);
        let Some(page) = &mut self.page else { return Err(Error::internal("no page")) };
        let there = if max == 0 { Ok(n) } else { page.there(n, 0, max, def) };
        let read = there.and_then(|there| match page.decoder.indexes() {
            Some(hybrid) => hybrid.read(there, indexes),
            None => Err(Error::internal("a page without indexes")),
        });
        page.left -= n;
        read.map_err(|e| self.place(e))
    }

    /// Reads all entries of `n` rows of a repeated or nested leaf.
    pub fn read_rows(&mut self, n: usize, out: &mut Entries) -> Result<()> {
        out.clear();
        let max = u32::from(self.max_def);
        let mut rows = 0;
        loop {
            if self.page.as_ref().is_none_or(|p| p.left == 0) && self.left == 0 {
                return if rows == n { Ok(()) } else { Err(self.place(corrupt(format!("{} rows are missing", n - rows)))) };
            }
            self.ready().map_err(|e| self.place(e))?;
            let dictionary = self.dictionary.clone();
            let Some(page) = &mut self.page else { return Err(Error::internal("no page")) };
            let starts = page.rep.peek().map_err(|e| self.place(e))? == 0;
            if starts && rows == n {
                return Ok(());
            }
            let Some(page) = &mut self.page else { return Err(Error::internal("no page")) };
            if !starts && rows == 0 {
                return Err(self.place(corrupt("a row group begins inside a row")));
            }
            rows += usize::from(starts);
            let (physical, values) = (self.physical, &mut out.values);
            let read = page
                .take(&mut out.rep, &mut out.def)
                .and_then(|def| if def == max { page.decoder.read(1, physical, dictionary.as_deref(), values) } else { Ok(()) });
            read.map_err(|e| self.place(e))?;
            if out.rep.len() > ENTRIES_MAX {
                let message = format!("{n} rows hold more than {ENTRIES_MAX} values of a repeated column");
                return Err(self.place(Error::new(Code::Resource, message)));
            }
        }
    }

    /// Makes the next page with entries the current one.
    fn ready(&mut self) -> Result<()> {
        while self.page.as_ref().is_none_or(|p| p.left == 0) {
            if self.left == 0 || self.at >= self.end {
                return Err(corrupt(format!("column chunk ends {} values too early", self.left.max(1))));
            }
            self.next_page()?;
        }
        Ok(())
    }

    fn next_page(&mut self) -> Result<()> {
        self.page_at = self.at;
        let (header, len) = self.header()?;
        if header.compressed > PAGE_BYTES_MAX || header.uncompressed > PAGE_BYTES_MAX {
            let message = format!(
                "page of {} bytes, {} uncompressed; {PAGE_BYTES_MAX} are allowed",
                header.compressed, header.uncompressed
            );
            return Err(Error::new(Code::Resource, message));
        }
        let body_at = self.at + len as u64;
        if header.compressed as u64 > self.end - body_at {
            return Err(corrupt(format!("page of {} bytes in a column chunk that ends at byte {}", header.compressed, self.end)));
        }
        if matches!(header.kind, 0 | 3) {
            self.expect(&header)?;
        }
        self.load(body_at, header.compressed)?;
        self.at = body_at + header.compressed as u64;
        self.pages += 1;
        let start = (body_at - self.window_at) as usize;
        let body = self.window.get(start..start + header.compressed).ok_or_else(|| corrupt("page is not in the file"))?;
        match header.kind {
            0 => {
                let mut bytes = space(header.uncompressed)?;
                decompress(self.codec, body, header.uncompressed, &mut bytes)?;
                self.page = Some(self.page_v1(&header, Part::new(bytes))?);
            }
            3 => {
                let levels =
                    header.def_bytes.checked_add(header.rep_bytes).filter(|&l| l <= body.len() && l <= header.uncompressed);
                let levels = levels.ok_or_else(|| corrupt("levels are longer than their page"))?;
                let mut bytes = space(header.uncompressed)?;
                bytes.extend_from_slice(&body[..levels]);
                let codec = if header.is_compressed { self.codec } else { 0 };
                if header.uncompressed > levels || body.len() > levels {
                    decompress(codec, &body[levels..], header.uncompressed - levels, &mut bytes)?;
                }
                self.page = Some(self.page_v2(&header, &Part::new(bytes))?);
            }
            2 => {
                let mut bytes = space(header.uncompressed)?;
                decompress(self.codec, body, header.uncompressed, &mut bytes)?;
                self.dictionary = Some(self.dictionary_page(&header, Part::new(bytes))?);
                return Ok(());
            }
            // Index pages, and kinds of later versions, hold no values.
            _ => return Ok(()),
        }
        self.left =
            self.left.checked_sub(header.values as u64).ok_or_else(|| corrupt("pages hold more values than their chunk"))?;
        Ok(())
    }

    fn dictionary_page(&self, header: &Header, bytes: Part) -> Result<Rc<Values>> {
        if self.dictionary.is_some() {
            return Err(corrupt("a second dictionary page"));
        }
        if header.encoding != 0 && header.encoding != 2 {
            return Err(corrupt(format!("encoding {} of a dictionary page", header.encoding)));
        }
        let mut values = Values::new(self.physical);
        Decoder::new(0, self.physical, bytes)?.read(header.values, self.physical, None, &mut values)?;
        Ok(Rc::new(values))
    }

    fn page_v1(&self, header: &Header, bytes: Part) -> Result<Page> {
        let mut rest = bytes;
        let mut levels = |max: u16, encoding: i32| -> Result<Hybrid> {
            if max == 0 {
                return Ok(Hybrid::constant(0));
            }
            if encoding != 3 {
                return Err(Error::unsupported(format!("encoding {encoding} of levels")));
            }
            let head = rest.first_chunk::<4>().ok_or_else(|| corrupt("page ends inside its levels"))?;
            let end = (u32::from_le_bytes(*head) as usize).checked_add(4);
            let end = end.filter(|&end| end <= rest.len()).ok_or_else(|| corrupt("page ends inside its levels"))?;
            let body = rest.part(4, end).unwrap_or_default();
            rest = rest.rest(end);
            Hybrid::new(body, bits(max))
        };
        let rep = levels(self.max_rep, header.rep_encoding)?;
        let def = levels(self.max_def, header.def_encoding)?;
        self.page_of(header, rep, def, rest)
    }

    fn page_v2(&self, header: &Header, bytes: &Part) -> Result<Page> {
        let levels = header.rep_bytes + header.def_bytes; // which next_page has compared with the page
        let part = |from, to, max| {
            if max == 0 { Ok(Hybrid::constant(0)) } else { Hybrid::new(bytes.part(from, to).unwrap_or_default(), bits(max)) }
        };
        let (rep, def) = (part(0, header.rep_bytes, self.max_rep)?, part(header.rep_bytes, levels, self.max_def)?);
        self.page_of(header, rep, def, bytes.rest(levels))
    }

    fn page_of(&self, header: &Header, rep: Hybrid, def: Hybrid, values: Part) -> Result<Page> {
        Ok(Page { left: header.values, def, rep, decoder: Decoder::new(header.encoding, self.physical, values)? })
    }

    /// The header of the page at `self.at`, and its length.
    fn header(&mut self) -> Result<(Header, usize)> {
        let mut wanted = 1 << 10;
        loop {
            let there = (self.end - self.at).min(wanted) as usize;
            self.load(self.at, there)?;
            let start = (self.at - self.window_at) as usize;
            // All of the window that belongs to this chunk may be looked at.
            let rest = (self.end - self.at).min((self.window.len() - start) as u64) as usize;
            match header(&self.window[start..start + rest]) {
                // Cut by the window, perhaps: look at more.
                Err(_) if (rest as u64) < self.end - self.at && rest < HEADER_BYTES_MAX => wanted = rest as u64 * 4,
                other => return other,
            }
        }
    }

    /// Makes the window hold `len` bytes at `at`, which lie inside the chunk.
    fn load(&mut self, at: u64, len: usize) -> Result<()> {
        let inside = at >= self.window_at && at + len as u64 <= self.window_at + self.window.len() as u64;
        if inside && !self.window.is_empty() {
            return Ok(());
        }
        let window = if self.places.is_some() { WINDOW_BYTES_SPARSE } else { WINDOW_BYTES };
        let ahead = (self.end - at).min(len.max(window) as u64) as usize;
        self.window.clear();
        self.window
            .try_reserve_exact(ahead)
            .map_err(|_| Error::new(Code::Resource, format!("no memory for {ahead} bytes of a file")))?;
        self.window.resize(ahead, 0);
        self.window_at = at;
        self.bytes_read += ahead as u64;
        self.file.read_exact_at(at, &mut self.window)
    }
}

impl Page {
    /// Reads the next n definition levels behind those of `before` entries, and counts the values that are there. As long as all
    /// are, `def` stays empty.
    fn there(&mut self, n: usize, before: usize, max: u32, def: &mut Vec<u32>) -> Result<usize> {
        let run = self.def.run(n)?;
        if run == Some(max) && def.is_empty() {
            return Ok(n);
        }
        if def.is_empty() {
            def.resize(before, max);
        }
        match run {
            Some(level) => def.resize(before + n, level),
            None => self.def.read(n, def)?,
        }
        Ok(def[before..].iter().filter(|&&d| d == max).count())
    }

    /// Leaves out the next n entries, which are not all.
    fn skip(&mut self, n: usize, max: u32, physical: Physical, scratch: &mut Values) -> Result<()> {
        let there = match if max == 0 { Some(0) } else { self.def.run(n)? } {
            Some(level) => {
                if level == max {
                    n
                } else {
                    0
                }
            }
            None => {
                let mut levels = Vec::with_capacity(n);
                self.def.read(n, &mut levels)?;
                levels.iter().filter(|&&level| level == max).count()
            }
        };
        self.left -= n;
        self.decoder.skip(there, physical, scratch)
    }

    /// Moves to the next entry: adds its levels, gives the definition level.
    fn take(&mut self, rep: &mut Vec<u32>, def: &mut Vec<u32>) -> Result<u32> {
        self.rep.read(1, rep)?;
        self.def.read(1, def)?;
        self.left -= 1;
        Ok(def[def.len() - 1])
    }
}

/// Bits of a level up to `max`.
fn bits(max: u16) -> u32 {
    16 - max.leading_zeros()
}
