//! [`CsvReader`]: the records of some files, one after the other; and what a sample of them says.

use wasql::fs::FileInfo;
use wasql::{Code, Error, Result};
use wasql_textfile::cell::{Cells, Picked};
use wasql_textfile::files::unique_names;
use wasql_textfile::formats::Formats;
use wasql_textfile::infer::Guess;
use wasql_textfile::kind::{Field, Kind};
use wasql_textfile::records::Records;
use wasql_textfile::table::{Format, Known};
use wasql_textfile::token::{BLOCK_ROWS, Block, Token};

use crate::cut::boundaries;
use crate::file::{CsvFile, unescape};
use crate::options::{CsvFormat, Header};
use crate::split::{Splitter, Stop};

/// Reads the records of files that all have the same columns.
pub struct CsvReader {
    format: CsvFormat,
    shape: Shape,
    /// Files to read, the next one last.
    files: Vec<String>,
    file: Option<CsvFile>,
    wanted: Vec<usize>,
    nulls: Nulls,
    splitter: Splitter,
    /// Where the tokens of the first column are in a block, when they are wanted: they tell where rows begin.
    first: Option<usize>,
    /// What goes wrong behind the rows that were given.
    pending: Option<Error>,
    files_opened: u64,
    bytes_read: u64,
}

/// The texts that mean NULL, made ready to be compared as words.
struct Nulls {
    /// Bit n is set when one is n bytes long.
    lengths: u64,
    /// Those of up to eight bytes, with their length.
    short: Vec<(usize, u64)>,
    long: Vec<Vec<u8>>,
}

impl Nulls {
    fn new(texts: &[Vec<u8>]) -> Self {
        let mut nulls = Nulls { lengths: 0, short: Vec::new(), long: Vec::new() };
        for text in texts {
            nulls.lengths |= 1 << text.len().min(63);
            if text.len() <= 8 {
                let mut word = [0; 8];
                word[..text.len()].copy_from_slice(text);
                nulls.short.push((text.len(), u64::from_le_bytes(word)));
            } else {
                nulls.long.push(text.clone());
            }
        }
        nulls
    }

    #[inline(always)]
    fn contains(&self, window: &[u8], token: Token) -> bool {
        let length = token.len();
        if self.lengths >> length.min(63) & 1 == 0 {
            return false;
        }
        self.compare(window, token)
    }

    fn compare(&self, window: &[u8], token: Token) -> bool {
        let length = token.len();
        if length > 8 {
            return self.long.iter().any(|text| text == token.of(window));
        }
        // The window goes on behind its last record, so that eight bytes are always there.
        let Some(bytes) = window.get(token.start()..).and_then(|rest| rest.first_chunk::<8>()) else { return false };
        let mask = if length == 8 { !0 } else { (1u64 << (8 * length)) - 1 };
        let word = u64::from_le_bytes(*bytes) & mask;
        self.short.iter().any(|&(n, text)| n == length && text == word)
    }
}

/// What the first file says about all.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Shape {
    names: Vec<String>,
    delim: u8,
    header: bool,
    /// Path of the file the names are from.
    path: String,
}

impl Shape {
    /// Looks at the first record of a file.
    fn of(file: &mut CsvFile, format: &CsvFormat) -> Result<Self> {
        let first = file.record(true)?;
        let header = match format.header {
            Header::Yes => true,
            Header::No => false,
            Header::Auto => looks_like_names(&first, &format.formats),
        };
        let names = if header { unique_names(first) } else { (1..=first.len()).map(|n| format!("c{n}")).collect() };
        Ok(Shape { names, delim: file.dialect.delim, header, path: file.path.clone() })
    }

    fn known(known: &Known, path: &str) -> Result<Self> {
        let [delim, header] = known.extra[..] else { return Err(Error::internal("table data of another version")) };
        let names = known.fields.iter().map(|field| field.name.clone()).collect();
        Ok(Shape { names, delim, header: header == 1, path: path.to_string() })
    }
}

/// True when no field is empty, a number, a date or there twice.
fn looks_like_names(fields: &[String], formats: &Formats) -> bool {
    fields.iter().enumerate().all(|(at, field)| {
        let mut guess = Guess::default();
        guess.add(field.as_bytes(), formats);
        !field.is_empty() && guess.settled() && !fields[..at].contains(field)
    })
}

impl CsvReader {
    fn new(format: CsvFormat, shape: Shape, mut files: Vec<String>, wanted: &[usize]) -> Self {
        files.reverse();
        let nulls = Nulls::new(&format.nulls);
        let splitter = Splitter::new(format.dialect, shape.names.len(), wanted);
        CsvReader {
            format,
            shape,
            files,
            file: None,
            wanted: wanted.to_vec(),
            nulls,
            splitter,
            first: wanted.iter().position(|&column| column == 0),
            pending: None,
            files_opened: 0,
            bytes_read: 0,
        }
    }

    /// Opens the next file that is not empty. False when there is none.
    fn open_next(&mut self) -> Result<bool> {
        while let Some(path) = self.files.pop() {
            self.leave();
            let mut file = CsvFile::open(&path, &self.format, Some(self.shape.delim))?;
            self.files_opened += 1;
            if file.is_empty()? {
                continue;
            }
            if self.shape.header {
                let names = unique_names(file.record(false)?);
                if names != self.shape.names {
                    return Err(self.differs(&file, &names));
                }
            }
            self.splitter = Splitter::new(file.dialect, self.shape.names.len(), &self.wanted);
            self.file = Some(file);
            return Ok(true);
        }
        self.leave();
        Ok(false)
    }

    fn leave(&mut self) {
        if let Some(file) = self.file.take() {
            self.bytes_read += file.window.bytes_read();
        }
    }

    fn differs(&self, file: &CsvFile, names: &[String]) -> Error {
        let want = &self.shape.names;
        let message = match want.iter().zip(names).find(|(a, b)| a != b) {
            Some((want, have)) => format!("the header has column {have} where {} has {want}", self.shape.path),
            None => format!("the header has {} columns, {} has {}", names.len(), self.shape.path, want.len()),
        };
        let hint = if self.shape.path == file.path {
            "the file changed; ask again"
        } else {
            "all files of a table have the same header; name fewer files"
        };
        Error::data(message).file(&file.path).line(1).hint(hint)
    }

    /// Writes down where the rows of a block begin: at their first field, or at the quote before it.
    fn place_rows(first: Option<usize>, file: &CsvFile, block: &mut Block) {
        let Some(first) = first.filter(|_| block.placed) else { return };
        let begin = |token: &Token| file.window.base() + (token.start() - usize::from(token.has(Token::QUOTED))) as u64;
        let places = block.column(first).iter().map(begin).collect();
        block.places = places;
    }

    /// Goes on behind the last whole record in memory. False at the end of the file.
    fn more(&mut self) -> Result<bool> {
        let Some(file) = &mut self.file else { return Ok(false) };
        if file.refill(file.at)? {
            return Ok(true);
        }
        if file.at < file.window.end() {
            return Err(file.fault(Stop::More, self.shape.names.len()));
        }
        Ok(false)
    }
}

impl Records for CsvReader {
    fn block(&mut self, rows_max: usize, block: &mut Block) -> Result<()> {
        block.rows = 0;
        if let Some(error) = self.pending.take() {
            return Err(error);
        }
        loop {
            let Some(file) = &mut self.file else {
                if self.open_next()? {
                    continue;
                }
                return Ok(());
            };
            let from = file.at;
            let (at, stop) = self.splitter.split(file.window.bytes(), from, file.window.end(), rows_max, block);
            file.at = at;
            block.span = from..at;
            Self::place_rows(self.first, file, block);
            match stop {
                Stop::Full => return Ok(()),
                Stop::More if block.rows > 0 => return Ok(()),
                Stop::More => {
                    if !self.more()? && !self.open_next()? {
                        return Ok(());
                    }
                }
                stop => {
                    let error = file.fault(stop, self.shape.names.len());
                    if block.rows == 0 {
                        return Err(error);
                    }
                    self.pending = Some(error);
                    return Ok(());
                }
            }
        }
    }

    fn seek(&mut self, place: u64) -> Result<bool> {
        if self.file.is_none() && !self.open_next()? {
            return Ok(true);
        }
        self.pending = None;
        self.file.as_mut().map_or(Ok(true), |file| file.seek(place))
    }

    fn narrow(&mut self, from: u64, to: Option<u64>) -> Result<()> {
        if self.file.is_none() && !self.open_next()? {
            return Ok(());
        }
        let Some(file) = &mut self.file else { return Ok(()) };
        if from > 0 {
            file.seek(from)?;
        }
        if let Some(to) = to {
            file.window.cut(to);
        }
        Ok(())
    }

    fn position(&self) -> Option<(u64, u64)> {
        let file = self.file.as_ref().filter(|file| self.pending.is_none() && !file.window.compressed())?;
        Some((self.files_opened.checked_sub(1)?, file.window.base() + file.at as u64))
    }

    fn window(&self) -> &[u8] {
        self.file.as_ref().map_or(&[], |file| file.window.bytes())
    }

    fn unescape(&self, token: Token, into: &mut Vec<u8>) -> std::result::Result<(), String> {
        unescape(self.splitter.dialect(), token.of(self.window()), token, into);
        Ok(())
    }

    #[inline]
    fn is_null(&self, window: &[u8], token: Token, textual: bool) -> bool {
        if !textual && token.is_empty() {
            return true;
        }
        (!textual || !token.has(Token::QUOTED)) && self.nulls.contains(window, token)
    }

    fn nulls_first(&self) -> bool {
        self.format.nulls_first
    }

    fn json(&self, _token: Token) -> Option<&[u8]> {
        None
    }

    fn remedy(&self) -> &'static str {
        "VARCHAR, name it in null=, or use a larger sample"
    }

    fn place(&self, error: Error, at: usize) -> Error {
        match &self.file {
            Some(file) => file.place(error, at),
            None => error,
        }
    }

    fn progress(&self) -> (u64, u64) {
        let here = self.file.as_ref().map_or(0, |file| file.window.bytes_read());
        (self.files_opened, self.bytes_read + here)
    }
}

impl Format for CsvFormat {
    type Records = CsvReader;

    fn discover(&self, files: &[FileInfo]) -> Result<Known> {
        let paths: Vec<String> = files.iter().map(|file| file.path.clone()).collect();
        let mut shape = None;
        let mut compressed = false;
        for path in &paths {
            let mut file = CsvFile::open(path, self, None)?;
            if !file.is_empty()? {
                compressed = file.window.compressed();
                shape = Some(Shape::of(&mut file, self)?);
                break;
            }
        }
        let Some(shape) = shape else {
            let hint = "a table needs at least a line with the column names";
            return Err(Error::new(Code::InvalidData, "the file is empty").file(&paths[0]).hint(hint));
        };
        self.types.check(shape.names.iter().map(String::as_str))?;
        let wanted: Vec<usize> = (0..shape.names.len()).collect();
        let mut reader = CsvReader::new(self.clone(), shape.clone(), paths, &wanted);
        let (guesses, rows, bytes) = sample(&mut reader, self.sample)?;
        let field = |(name, guess): (String, Guess)| {
            let (kind, sql) = match self.types.of(&name) {
                Some((kind, sql)) => (kind, sql.to_string()),
                None => (guess.kind(), guess.kind().sql()),
            };
            Field { name, kind, sql }
        };
        Ok(Known {
            fields: shape.names.into_iter().zip(guesses).map(field).collect(),
            sample_rows: rows,
            sample_bytes: bytes,
            compressed,
            extra: vec![shape.delim, u8::from(shape.header)],
        })
    }

    fn open(&self, files: Vec<String>, known: &Known, wanted: &[usize]) -> Result<CsvReader> {
        let shape = Shape::known(known, files.first().map_or("", String::as_str))?;
        Ok(CsvReader::new(self.clone(), shape, files, wanted))
    }

    fn boundaries(&self, file: &FileInfo, known: &Known, near: &[u64]) -> Result<Vec<u64>> {
        let shape = Shape::known(known, &file.path)?;
        let columns = shape.names.len();
        let mut reader = CsvReader::new(self.clone(), shape, vec![file.path.clone()], &[]);
        if !reader.open_next()? {
            return Ok(Vec::new());
        }
        reader.file.as_mut().map_or(Ok(Vec::new()), |file| boundaries(file, columns, near))
    }

    fn formats(&self) -> &Formats {
        &self.formats
    }
}

/// Guesses of all columns from the first rows, how many these were, and their bytes.
fn sample(reader: &mut CsvReader, rows_max: u64) -> Result<(Vec<Guess>, u64, u64)> {
    let columns = reader.shape.names.len();
    let formats = reader.format.formats.clone();
    let mut guesses = vec![Guess::default(); columns];
    let mut block = Block::new(columns);
    let (mut rows, mut bytes) = (0, 0);
    let rows_max = if rows_max == 0 { u64::MAX } else { rows_max };
    while rows < rows_max {
        let want = (rows_max - rows).min(BLOCK_ROWS as u64) as usize;
        match reader.block(want, &mut block) {
            Ok(()) if block.rows == 0 => break,
            Ok(()) => {}
            // A scan will tell, at the row where it is wrong; a first record that is wrong says it here.
            Err(error) if rows == 0 => return Err(error),
            Err(_) => break,
        }
        let field = Field { name: String::new(), kind: Kind::Int(64), sql: String::new() };
        for (column, guess) in guesses.iter_mut().enumerate().filter(|(_, guess)| !guess.settled()) {
            let cells = Cells {
                records: &*reader,
                tokens: block.column(column),
                picked: Picked::All(block.rows),
                field: &field,
                formats: &formats,
                ascii: false,
            };
            cells.texts_of_values(|text| guess.add(text, &formats))?;
        }
        rows += block.rows as u64;
        bytes += block.span.len() as u64;
    }
    Ok((guesses, rows, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_from_values() {
        let auto =
            |fields: &[&str]| looks_like_names(&fields.iter().map(|f| f.to_string()).collect::<Vec<_>>(), &Formats::default());
        assert!(auto(&["id", "name"]));
        assert!(!auto(&["1", "name"]));
        assert!(!auto(&["id", ""]));
        assert!(!auto(&["id", "id"]));
        assert!(!auto(&["id", "2013-01-01"]));
    }
}
