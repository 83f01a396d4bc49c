//! [`JsonReader`]: the records of some files, one after the other.

use prost::Message;
use wasql::fs::FileInfo;
use wasql::{Code, Error, Result};
use wasql_textfile::files::{placed, unique_names};
use wasql_textfile::formats::Formats;
use wasql_textfile::json::{Stop, unescape};
use wasql_textfile::kind::Field;
use wasql_textfile::records::Records;
use wasql_textfile::table::{Format, Known};
use wasql_textfile::token::{BLOCK_ROWS, Block, Token};

use crate::cut::boundaries;
use crate::file::{JsonFile, State};
use crate::infer::Sample;
use crate::options::JsonFormat;
use crate::record::Names;

/// What DESCRIBE found out beside the columns.
#[derive(Clone, PartialEq, prost::Message)]
struct Shape {
    /// Names in the file, when they differ from those of the columns.
    #[prost(string, repeated, tag = "1")]
    keys: Vec<String>,
    /// Rows are values, not objects.
    #[prost(bool, tag = "2")]
    values: bool,
}

/// Reads the records of files.
pub struct JsonReader {
    format: JsonFormat,
    names: Names,
    /// Files to read, the next one last.
    files: Vec<String>,
    file: Option<JsonFile>,
    stored: bool,
    /// What goes wrong behind the rows that were given.
    pending: Option<Error>,
    files_opened: u64,
    bytes_read: u64,
}

impl JsonReader {
    fn new(format: JsonFormat, names: Names, mut files: Vec<String>, stored: bool) -> Self {
        files.reverse();
        JsonReader { format, names, files, file: None, stored, pending: None, files_opened: 0, bytes_read: 0 }
    }

    fn open_next(&mut self) -> Result<bool> {
        if let Some(file) = self.file.take() {
            self.bytes_read += file.window.bytes_read();
        }
        let Some(path) = self.files.pop() else { return Ok(false) };
        self.file = Some(JsonFile::open(&path, &self.format)?);
        self.files_opened += 1;
        Ok(true)
    }

    /// Splits records of the file in memory. Tells whether the file is at its end.
    fn fill(file: &mut JsonFile, names: &Names, rows_max: usize, block: &mut Block) -> Result<bool> {
        loop {
            // Between records the window may move only while no row of the block points into it.
            if block.rows == rows_max || block.rows > 0 && !file.ready() {
                return Ok(false);
            }
            if !file.advance()? {
                return Ok(true);
            }
            let from = file.at;
            if block.rows == 0 {
                block.span = from..from;
                block.places.clear();
            }
            match names.split(file.bytes(), from, file.window.ended(), block.rows, block) {
                Ok(end) => {
                    block.rows += 1;
                    if block.placed {
                        block.places.push(file.window.base() + from as u64);
                    }
                    block.span.end = end;
                    file.passed(end);
                }
                Err(Stop::More) if block.rows > 0 => return Ok(false),
                Err(Stop::More) if file.refill()? => {}
                Err(stop) => return Err(file.syntax(stop)),
            }
        }
    }
}

impl JsonFile {
    /// True when going to the next record needs no more bytes.
    fn ready(&self) -> bool {
        use wasql_textfile::json::space;
        let bytes = self.bytes();
        let at = space(bytes, self.at);
        match self.state {
            State::Next if bytes.get(at) == Some(&b',') => space(bytes, at + 1) < bytes.len(),
            State::First | State::Next if bytes.get(at) == Some(&b']') => false,
            _ => at < bytes.len(),
        }
    }

    /// Goes to the next record. False when there is none.
    pub fn advance(&mut self) -> Result<bool> {
        let byte = self.peek()?;
        match (self.state, byte) {
            (State::Done, _) => Ok(false),
            (State::Value | State::End, None) => Ok(false),
            (State::End, Some(_)) => Err(self.syntax(Stop::Expected(self.at, "the end of the file"))),
            (_, None) => Err(self.syntax(Stop::More)),
            (State::Value | State::Only, Some(_)) => Ok(true),
            (State::First | State::Next, Some(b']')) => {
                self.at += 1;
                // Behind rows inside a document anything may follow; a document of rows ends here.
                self.state = if self.rooted { State::Done } else { State::End };
                self.advance()
            }
            (State::First, Some(_)) => Ok(true),
            (State::Next, Some(b',')) => {
                self.at += 1;
                self.state = State::First;
                match self.peek()? {
                    None => Err(self.syntax(Stop::More)),
                    Some(b']') => Err(self.syntax(Stop::Expected(self.at, "a value"))),
                    Some(_) => Ok(true),
                }
            }
            (State::Next, Some(_)) => Err(self.syntax(Stop::Expected(self.at, "a comma or ]"))),
        }
    }

    /// Goes behind a record.
    pub fn passed(&mut self, end: usize) {
        self.at = end;
        self.state = match self.state {
            State::First | State::Next => State::Next,
            State::Only => State::Done,
            state => state,
        };
    }
}

impl Records for JsonReader {
    fn block(&mut self, rows_max: usize, block: &mut Block) -> Result<()> {
        block.rows = 0;
        if let Some(error) = self.pending.take() {
            return Err(error);
        }
        let rows_max = if self.stored { rows_max.min(BLOCK_ROWS) } else { rows_max };
        loop {
            let Some(file) = &mut self.file else {
                if self.open_next()? {
                    continue;
                }
                return Ok(());
            };
            match Self::fill(file, &self.names, rows_max, block) {
                Ok(_) if block.rows > 0 => return Ok(()),
                Ok(true) => {
                    if !self.open_next()? {
                        return Ok(());
                    }
                }
                Ok(false) => return Ok(()),
                Err(error) if block.rows > 0 => {
                    self.pending = Some(error);
                    return Ok(());
                }
                Err(error) => return Err(error),
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
        let file = self.file.as_ref().filter(|file| self.pending.is_none() && file.resumes())?;
        Some((self.files_opened.checked_sub(1)?, file.window.base() + file.at as u64))
    }

    fn window(&self) -> &[u8] {
        self.file.as_ref().map_or(&[], |file| file.window.bytes())
    }

    fn unescape(&self, token: Token, into: &mut Vec<u8>) -> std::result::Result<(), String> {
        unescape(token.of(self.window()), into)
    }

    #[inline]
    fn is_null(&self, _window: &[u8], token: Token, _textual: bool) -> bool {
        token.is_null()
    }

    fn nulls_first(&self) -> bool {
        false
    }

    fn json(&self, token: Token) -> Option<&[u8]> {
        let window = self.window();
        let (start, end) = (token.start(), token.start() + token.len());
        Some(if token.has(Token::QUOTED) { &window[start - 1..end + 1] } else { &window[start..end] })
    }

    fn remedy(&self) -> &'static str {
        "JSON, or use a larger sample"
    }

    fn place(&self, error: Error, at: usize) -> Error {
        match &self.file {
            Some(file) => placed(error, &file.path, &file.window, at, b'\n'),
            None => error,
        }
    }

    fn progress(&self) -> (u64, u64) {
        let here = self.file.as_ref().map_or(0, |file| file.window.bytes_read());
        (self.files_opened, self.bytes_read + here)
    }
}

impl Format for JsonFormat {
    type Records = JsonReader;

    fn discover(&self, files: &[FileInfo]) -> Result<Known> {
        let mut sample = Sample::default();
        let rows_max = if self.sample == 0 { u64::MAX } else { self.sample };
        let (mut bytes, mut compressed) = (0, false);
        for info in files {
            let mut file = JsonFile::open(&info.path, self)?;
            compressed |= file.window.compressed();
            let begin = file.window.base() + file.at as u64;
            while sample.rows < rows_max && file.advance()? {
                match sample.add(file.bytes(), file.at, file.window.ended()) {
                    Ok(end) => file.passed(end),
                    Err(Stop::More) if file.refill()? => {}
                    // A scan will tell, at the row where it is wrong.
                    Err(stop) if sample.rows == 0 => return Err(file.syntax(stop)),
                    Err(_) => break,
                }
            }
            sample.check().map_err(|error| error.file(&info.path))?;
            bytes += file.window.base() + file.at as u64 - begin;
            if sample.rows >= rows_max {
                break;
            }
        }
        if sample.keys.is_empty() {
            let hint = "a table needs at least one object with a name, or a value";
            return Err(Error::new(Code::InvalidData, "the file has no rows").file(&files[0].path).hint(hint));
        }
        self.types.check(sample.keys.iter().map(String::as_str))?;
        let names = unique_names(sample.keys.iter().cloned());
        let field = |(at, name): (usize, &String)| {
            let (kind, sql) = match self.types.of(name) {
                Some((kind, sql)) => (kind, sql.to_string()),
                None => (sample.seen[at].kind(), sample.seen[at].kind().sql()),
            };
            Field { name: name.clone(), kind, sql }
        };
        let keys = if names == sample.keys { Vec::new() } else { sample.keys.clone() };
        Ok(Known {
            fields: names.iter().enumerate().map(field).collect(),
            sample_rows: sample.rows,
            sample_bytes: bytes,
            compressed,
            extra: Shape { keys, values: sample.values }.encode_to_vec(),
        })
    }

    fn boundaries(&self, file: &FileInfo, _known: &Known, near: &[u64]) -> Result<Vec<u64>> {
        boundaries(&mut JsonFile::open(&file.path, self)?, near)
    }

    fn open(&self, files: Vec<String>, known: &Known, wanted: &[usize]) -> Result<JsonReader> {
        let mut shape = Shape::decode(&known.extra[..]).map_err(|e| Error::internal(format!("table data: {e}")))?;
        if shape.keys.is_empty() {
            shape.keys = known.fields.iter().map(|field| field.name.clone()).collect();
        }
        if shape.keys.len() != known.fields.len() {
            return Err(Error::internal("table data: names and columns do not match"));
        }
        let names = Names::new(&shape.keys, wanted, shape.values);
        Ok(JsonReader::new(self.clone(), names, files, !wanted.is_empty()))
    }

    fn formats(&self) -> &Formats {
        &self.formats
    }
}
