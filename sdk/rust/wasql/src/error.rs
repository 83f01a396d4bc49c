//! Errors: one type, with the place where it went wrong.

use crate::pb;
use std::fmt;

pub use crate::pb::Code;

/// What every function of a connector returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failure: what kind, what happened, where, and what helps.
///
/// The place (table, column, row, file, line, value) is shown by the host beside the message, so
/// the message need not repeat it.
///
/// ```
/// use wasql::{Code, Error};
/// let e = Error::new(Code::InvalidData, "not a number").file("a.csv").line(7).value("x1");
/// assert_eq!(e.to_string(), "not a number (file a.csv, line 7, value \"x1\")");
/// ```
#[derive(Clone, PartialEq)]
pub struct Error(Box<pb::Status>);

/// Bytes of a message, hint or value beyond which it is cut (SPEC 9.2).
const TEXT_BYTES_MAX: usize = 4096;
const VALUE_CHARS_MAX: usize = 80;

impl Error {
    /// Makes an error of a kind with a message: lower case, the operation first.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        let message = cut(message.into());
        Error(Box::new(pb::Status { code: code as i32, message, ..Default::default() }))
    }

    /// A wrong option or argument.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(Code::InvalidArgument, message)
    }

    /// Input that is not what its format demands.
    pub fn data(message: impl Into<String>) -> Self {
        Self::new(Code::InvalidData, message)
    }

    /// A table or file that does not exist.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(Code::NotFound, message)
    }

    /// A power the connector does not have.
    pub fn unsupported(what: impl fmt::Display) -> Self {
        Self::new(Code::Unimplemented, format!("{what} is not supported by this connector"))
    }

    /// A power the host did not grant.
    pub fn denied(message: impl Into<String>) -> Self {
        Self::new(Code::Denied, message)
    }

    /// A mistake of the connector itself.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(Code::Internal, message)
    }

    /// What the reader can do about it.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = cut(hint.into());
        self
    }

    /// The table it happened in.
    pub fn table(mut self, table: impl Into<String>) -> Self {
        self.0.table = table.into();
        self
    }

    /// The column it happened in, by name.
    pub fn column(mut self, column: impl Into<String>) -> Self {
        self.0.column = column.into();
        self
    }

    /// The 1-based row of the source it happened in.
    pub fn row(mut self, row: u64) -> Self {
        self.0.row = row;
        self
    }

    /// The file it happened in.
    pub fn file(mut self, file: impl Into<String>) -> Self {
        self.0.file = file.into();
        self
    }

    /// The 1-based line of the file it happened in.
    pub fn line(mut self, line: u64) -> Self {
        self.0.line = line;
        self
    }

    /// The value that was wrong; long ones are shortened.
    pub fn value(mut self, value: impl Into<String>) -> Self {
        let value = value.into();
        self.0.value = match value.char_indices().nth(VALUE_CHARS_MAX) {
            Some((end, _)) => format!("{}…", &value[..end]),
            None => value,
        };
        self
    }

    /// The option, limit or setting to change.
    pub fn setting(mut self, setting: impl Into<String>) -> Self {
        self.0.setting = setting.into();
        self
    }

    /// A retry of the same work may succeed, after so many milliseconds (0: unknown).
    pub fn retry_after_ms(mut self, ms: u64) -> Self {
        self.0.retryable = true;
        self.0.retry = pb::Retry::Safe as i32;
        self.0.retry_after_ms = ms;
        self
    }

    /// The SQLSTATE (five characters) and MySQL error number clients shall see.
    pub fn sql(mut self, sqlstate: &str, mysql_errno: u32) -> Self {
        self.0.sqlstate = sqlstate.into();
        self.0.mysql_errno = mysql_errno;
        self
    }

    /// Puts the operation that failed before the message.
    pub fn context(mut self, operation: impl fmt::Display) -> Self {
        self.0.message = cut(format!("{operation}: {}", self.0.message));
        self
    }

    /// The kind.
    pub fn code(&self) -> Code {
        match self.0.code() {
            Code::Ok => Code::Internal,
            code => code,
        }
    }

    /// The message alone, without the place.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The full status, as it crosses to the host.
    pub fn status(&self) -> &pb::Status {
        &self.0
    }

    #[cfg(target_family = "wasm")]
    pub(crate) fn from_status(mut status: pb::Status, code: Code) -> Self {
        status.code = code as i32;
        if status.message.is_empty() {
            status.message = format!("host answered {}", code.as_str_name());
        }
        Error(Box::new(status))
    }

    pub(crate) fn no_plan(required: Vec<String>, message: String) -> Self {
        let mut e = Self::new(Code::NoPlan, message);
        e.0.required_columns = required;
        e
    }
}

fn cut(mut text: String) -> String {
    if text.len() > TEXT_BYTES_MAX {
        let end = (0..=TEXT_BYTES_MAX - 3).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let s = &*self.0;
        f.write_str(&s.message)?;
        let mut places = Vec::new();
        for (name, text) in [("table", &s.table), ("column", &s.column), ("file", &s.file)] {
            if !text.is_empty() {
                places.push(format!("{name} {text}"));
            }
        }
        for (name, number) in [("line", s.line), ("row", s.row)] {
            if number > 0 {
                places.push(format!("{name} {number}"));
            }
        }
        if !s.value.is_empty() {
            places.push(format!("value {:?}", s.value));
        }
        if !places.is_empty() {
            write!(f, " ({})", places.join(", "))?;
        }
        if !s.hint.is_empty() {
            write!(f, "; {}", s.hint)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {self}", self.code().as_str_name())
    }
}

impl std::error::Error for Error {}

impl From<std::io::Error> for Error {
    /// Gives back the `Error` that a [`crate::fs::File`] put in, or wraps the text of another one.
    fn from(e: std::io::Error) -> Self {
        let code = match e.kind() {
            std::io::ErrorKind::NotFound => Code::NotFound,
            std::io::ErrorKind::PermissionDenied => Code::Denied,
            std::io::ErrorKind::InvalidData => Code::InvalidData,
            std::io::ErrorKind::UnexpectedEof => Code::Corrupt,
            _ => Code::Io,
        };
        let text = e.to_string();
        match e.into_inner().map(|inner| inner.downcast::<Error>()) {
            Some(Ok(own)) => *own,
            _ => Error::new(code, text),
        }
    }
}

impl From<Error> for std::io::Error {
    fn from(e: Error) -> Self {
        let kind = match e.code() {
            Code::NotFound => std::io::ErrorKind::NotFound,
            Code::Denied => std::io::ErrorKind::PermissionDenied,
            Code::InvalidData | Code::Corrupt => std::io::ErrorKind::InvalidData,
            _ => std::io::ErrorKind::Other,
        };
        std::io::Error::new(kind, e)
    }
}
