//! [`JsonFile`]: one open file, at its rows.

use wasql::{Error, Result};
use wasql_textfile::files::{self, open_text, place_of};
use wasql_textfile::json::{Stop, skip, space, string};
use wasql_textfile::piece::within_record;
use wasql_textfile::window::Window;

use crate::options::JsonFormat;

/// Where a reader stands between two records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Before a value of the document or of a line.
    Value,
    /// Behind the bracket that opens the rows.
    First,
    /// Behind an element of the rows.
    Next,
    /// The one object the root names, which is the only row.
    Only,
    /// Behind the rows.
    Done,
    /// Behind the rows of a whole document: nothing may follow.
    End,
}

/// One open file.
pub struct JsonFile {
    /// Its path.
    pub path: String,
    /// What is in memory of it.
    pub window: Window,
    /// First byte that was not read yet.
    pub at: usize,
    /// Where that is.
    pub state: State,
    /// Where it was before the first record.
    begun: State,
    /// The rows are inside a document.
    pub rooted: bool,
}

impl JsonFile {
    /// Opens a file and goes to its first row.
    pub fn open(path: &str, format: &JsonFormat) -> Result<Self> {
        let mut file = Self::begin(path, format)?;
        file.begun = file.state;
        Ok(file)
    }

    fn begin(path: &str, format: &JsonFormat) -> Result<Self> {
        let (window, at) = open_text(path, format.record_bytes)?;
        let rooted = !format.root.is_empty();
        let mut file = JsonFile { path: path.to_string(), window, at, state: State::Value, begun: State::Value, rooted };
        let first = file.peek()?;
        if format.root.is_empty() {
            if first == Some(b'[') {
                file.at += 1;
                file.state = State::First;
            }
            return Ok(file);
        }
        for name in &format.root {
            file.descend(name)?;
        }
        match file.peek()? {
            Some(b'[') => {
                file.at += 1;
                file.state = State::First;
            }
            _ => file.state = State::Only,
        }
        Ok(file)
    }

    /// Goes to a byte where a record begins. False when it is one that cannot be read any more.
    pub fn seek(&mut self, place: u64) -> Result<bool> {
        let Some(at) = self.window.seek(place).map_err(|error| files::named(error, &self.path))? else { return Ok(false) };
        (self.at, self.state) = (at, self.begun);
        // Behind a record of an array: no record begins so.
        if self.begun == State::First && matches!(self.peek()?, Some(b',' | b']')) {
            self.state = State::Next;
        }
        Ok(true)
    }

    /// True when a new reader can go on from here.
    pub fn resumes(&self) -> bool {
        !self.window.compressed() && matches!(self.state, State::Value | State::First | State::Next)
    }

    /// The bytes in memory.
    pub fn bytes(&self) -> &[u8] {
        &self.window.bytes()[..self.window.end()]
    }

    /// The next byte that is not white space, which is then the one at the position.
    pub fn peek(&mut self) -> Result<Option<u8>> {
        loop {
            self.at = space(self.bytes(), self.at);
            if let Some(&byte) = self.bytes().get(self.at) {
                return Ok(Some(byte));
            }
            if !self.refill()? {
                return Ok(None);
            }
        }
    }

    /// Reads more; the position is then 0. False at the end of the file.
    pub fn refill(&mut self) -> Result<bool> {
        if self.window.ended() {
            return Ok(false);
        }
        let more = files::refill(&mut self.window, self.at, &self.path, b'\n')?;
        self.at = 0;
        Ok(more)
    }

    /// Goes into the object at the position, to the value of a name.
    fn descend(&mut self, name: &str) -> Result<()> {
        let missing = |file: &Self| {
            Error::data(format!("there is no {name:?} where the option root looks for it"))
                .file(&file.path)
                .setting("root")
                .hint("root names the way from the document to its rows")
        };
        if self.peek()? != Some(b'{') {
            return Err(missing(self));
        }
        self.at += 1;
        loop {
            match self.peek()? {
                Some(b'"') => {}
                Some(b'}') => return Err(missing(self)),
                _ => return Err(self.syntax(Stop::Expected(self.at, "a name in double quotes"))),
            }
            let found = self.whole(|bytes, at, _| {
                let (end, escaped) = string(bytes, at + 1)?;
                let key = &bytes[at + 1..end];
                let mut text = Vec::new();
                let same = if escaped {
                    wasql_textfile::json::unescape(key, &mut text).is_ok() && text == name.as_bytes()
                } else {
                    key == name.as_bytes()
                };
                Ok((same, end + 1))
            })?;
            match self.peek()? {
                Some(b':') => self.at += 1,
                _ => return Err(self.syntax(Stop::Expected(self.at, "a colon"))),
            }
            self.peek()?;
            if found {
                return Ok(());
            }
            self.whole(|bytes, at, last| Ok(((), skip(bytes, at, last)?)))?;
            match self.peek()? {
                Some(b',') => self.at += 1,
                Some(b'}') => return Err(missing(self)),
                _ => return Err(self.syntax(Stop::Expected(self.at, "a comma or }"))),
            }
        }
    }

    /// Reads something that must be whole in memory, reading more until it is.
    pub fn whole<T>(&mut self, read: impl Fn(&[u8], usize, bool) -> std::result::Result<(T, usize), Stop>) -> Result<T> {
        loop {
            match read(self.bytes(), self.at, self.window.ended()) {
                Ok((value, end)) => {
                    self.at = end;
                    return Ok(value);
                }
                Err(Stop::More) if self.refill()? => {}
                Err(stop) => return Err(self.syntax(stop)),
            }
        }
    }

    /// The error for text that is not JSON, with its line and the byte of the line.
    pub fn syntax(&self, stop: Stop) -> Error {
        if matches!(stop, Stop::More) && self.window.is_cut() {
            return within_record(&self.path);
        }
        let (what, at) = stop.explain(self.window.end());
        let shown = match self.bytes().get(at..) {
            Some(rest) if !rest.is_empty() && matches!(stop, Stop::Expected(..) | Stop::Escape(_)) => {
                format!(", found {}", wasql_textfile::fault::show(&rest[..rest.len().min(12)]))
            }
            _ => String::new(),
        };
        let hint = match stop {
            Stop::More => "the file may be cut off",
            Stop::Deep(_) => "deeper values cannot be read",
            _ => "the file is not JSON here",
        };
        let offset = self.window.base() + at as u64;
        match place_of(&self.path, offset, b'\n') {
            Some(place) => {
                let message = format!("{what} at byte {} of the line{shown}", place.byte);
                Error::data(message).file(&self.path).line(place.line).hint(hint)
            }
            None => Error::data(format!("{what} at byte {offset}{shown}")).file(&self.path).hint(hint),
        }
    }
}
