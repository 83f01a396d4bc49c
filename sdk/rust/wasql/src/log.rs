//! The log. Warnings and above reach SHOW WARNINGS; an error fails the statement when the call returns.

use crate::host::host;
use crate::pb::LogLevel;

/// Details for people who debug the connector.
pub fn debug(message: impl AsRef<str>, hint: impl AsRef<str>) {
    host().log(LogLevel::Debug, message.as_ref(), hint.as_ref());
}

/// What an operator may want to know.
pub fn info(message: impl AsRef<str>, hint: impl AsRef<str>) {
    host().log(LogLevel::Info, message.as_ref(), hint.as_ref());
}

/// What the user should know: it reaches SHOW WARNINGS.
pub fn warn(message: impl AsRef<str>, hint: impl AsRef<str>) {
    host().log(LogLevel::Warning, message.as_ref(), hint.as_ref());
}

/// Fails the statement when the call returns.
pub fn error(message: impl AsRef<str>, hint: impl AsRef<str>) {
    host().log(LogLevel::Error, message.as_ref(), hint.as_ref());
}
