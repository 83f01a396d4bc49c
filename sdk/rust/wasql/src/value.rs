//! Values of the control plane: constants of filters, parameters, cells of named rows.

use crate::pb;
use pb::value::Kind;

/// One SQL value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// NULL.
    Null,
    /// A truth value.
    Bool(bool),
    /// A signed integer.
    Int(i64),
    /// An unsigned integer.
    Uint(u64),
    /// A double.
    Float(f64),
    /// Decimal digits with an optional sign and point, such as `-12.50`.
    Decimal(String),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Days since 1970-01-01; `i32::MIN` is MySQL's zero date.
    Date(i32),
    /// Signed microseconds.
    Time(i64),
    /// Microseconds since 1970-01-01T00:00:00; `i64::MIN` is the zero datetime.
    Datetime(i64),
    /// JSON text.
    Json(String),
}

impl Value {
    /// Tells whether it is NULL.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// The value as an integer, when it is one.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Value::Int(v) => Some(*v),
            Value::Uint(v) => i64::try_from(*v).ok(),
            Value::Bool(v) => Some(i64::from(*v)),
            _ => None,
        }
    }

    /// The value as text, when it is text, a decimal or JSON.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(v) | Value::Decimal(v) | Value::Json(v) => Some(v),
            _ => None,
        }
    }
}

impl From<pb::Value> for Value {
    /// A kind this SDK does not know reads as NULL; filters with one are never offered for claiming.
    fn from(value: pb::Value) -> Self {
        match value.kind {
            None | Some(Kind::Null(_)) => Value::Null,
            Some(Kind::Bool(v)) => Value::Bool(v),
            Some(Kind::Int64(v)) => Value::Int(v),
            Some(Kind::Uint64(v)) => Value::Uint(v),
            Some(Kind::Float64(v)) => Value::Float(v),
            Some(Kind::Decimal(v)) => Value::Decimal(v),
            Some(Kind::Utf8(v)) => Value::Text(v),
            Some(Kind::Binary(v)) => Value::Bytes(v),
            Some(Kind::Date(v)) => Value::Date(v),
            Some(Kind::Time(v)) => Value::Time(v),
            Some(Kind::Datetime(v)) => Value::Datetime(v),
            Some(Kind::Json(v)) => Value::Json(v),
        }
    }
}

impl From<Value> for pb::Value {
    fn from(value: Value) -> Self {
        let kind = match value {
            Value::Null => Kind::Null(true),
            Value::Bool(v) => Kind::Bool(v),
            Value::Int(v) => Kind::Int64(v),
            Value::Uint(v) => Kind::Uint64(v),
            Value::Float(v) => Kind::Float64(v),
            Value::Decimal(v) => Kind::Decimal(v),
            Value::Text(v) => Kind::Utf8(v),
            Value::Bytes(v) => Kind::Binary(v),
            Value::Date(v) => Kind::Date(v),
            Value::Time(v) => Kind::Time(v),
            Value::Datetime(v) => Kind::Datetime(v),
            Value::Json(v) => Kind::Json(v),
        };
        pb::Value { kind: Some(kind) }
    }
}

macro_rules! from {
    ($($from:ty => $variant:ident as $to:ty),* $(,)?) => {$(
        impl From<$from> for Value {
            fn from(value: $from) -> Self {
                Value::$variant(<$to>::from(value))
            }
        }
    )*};
}

from! {
    bool => Bool as bool,
    i8 => Int as i64, i16 => Int as i64, i32 => Int as i64, i64 => Int as i64,
    u8 => Uint as u64, u16 => Uint as u64, u32 => Uint as u64, u64 => Uint as u64,
    f32 => Float as f64, f64 => Float as f64,
    &str => Text as String, String => Text as String, Vec<u8> => Bytes as Vec<u8>,
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}
