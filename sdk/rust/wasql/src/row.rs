//! Rows: typed ones made by [`row!`](crate::row!), tuples of names and values, and how they become batches.

use crate::{Batch, Column, Error, Result, Type, Value, Vector};
use std::collections::BTreeMap;

/// A row whose fields are the columns of the table, in order. [`row!`](crate::row!) implements it.
pub trait Row {
    /// The columns.
    fn columns() -> Vec<Column>
    where
        Self: Sized;

    /// Puts the fields that the scan reads into the batch. The caller ends the row.
    fn put(self, out: &mut Batch) -> Result<()>;
}

/// A type that can be a field of a [`Row`].
pub trait Cell {
    /// Its physical type.
    const KIND: Type;
    /// NULLs may come.
    const NULLABLE: bool = false;
    /// Adds the value to a vector of that type.
    fn put(self, out: &mut Vector) -> Result<()>;
}

impl<T: Cell> Cell for Option<T> {
    const KIND: Type = T::KIND;
    const NULLABLE: bool = true;
    fn put(self, out: &mut Vector) -> Result<()> {
        match self {
            Some(value) => value.put(out),
            None => {
                out.push_null();
                Ok(())
            }
        }
    }
}

macro_rules! cells {
    ($($t:ty, $kind:ident, |$v:ident, $out:ident| $put:expr;)*) => {$(
        impl Cell for $t {
            const KIND: Type = Type::$kind;
            #[inline]
            fn put(self, $out: &mut Vector) -> Result<()> {
                let $v = self;
                $put
            }
        }
    )*};
}

cells! {
    bool, Bool, |v, out| out.push_bool(v);
    i8, Int8, |v, out| { out.numbers()?.push(v); Ok(()) };
    i16, Int16, |v, out| { out.numbers()?.push(v); Ok(()) };
    i32, Int32, |v, out| { out.numbers()?.push(v); Ok(()) };
    i64, Int64, |v, out| { out.numbers()?.push(v); Ok(()) };
    u8, Uint8, |v, out| { out.numbers()?.push(v); Ok(()) };
    u16, Uint16, |v, out| { out.numbers()?.push(v); Ok(()) };
    u32, Uint32, |v, out| { out.numbers()?.push(v); Ok(()) };
    u64, Uint64, |v, out| { out.numbers()?.push(v); Ok(()) };
    f32, Float32, |v, out| { out.numbers()?.push(v); Ok(()) };
    f64, Float64, |v, out| { out.numbers()?.push(v); Ok(()) };
    String, Utf8, |v, out| out.push_str(&v);
    &str, Utf8, |v, out| out.push_str(v);
    Vec<u8>, Binary, |v, out| out.push_bytes(&v);
    Date, Date, |v, out| { out.numbers()?.push(v.0); Ok(()) };
    Time, Time, |v, out| { out.numbers()?.push(v.0); Ok(()) };
    Datetime, Datetime, |v, out| { out.numbers()?.push(v.0); Ok(()) };
    Json, Json, |v, out| out.push_str(&v.0);
}

/// Days since 1970-01-01, as a field of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date(pub i32);

/// Signed microseconds, as a field of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time(pub i64);

/// Microseconds since 1970-01-01T00:00:00, as a field of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Datetime(pub i64);

/// JSON text, as a field of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Json(pub String);

/// A row of named values; names that are missing are NULL, names the table does not have are errors.
pub type Record = BTreeMap<String, Value>;

/// Puts a named row into the batch. `names` are all columns of the table.
pub(crate) fn put_record(record: Record, names: &[String], out: &mut Batch) -> Result<()> {
    for (name, value) in record {
        let Some(column) = names.iter().position(|n| *n == name) else {
            let hint = format!("columns are {}", names.join(", "));
            return Err(Error::internal("a row has a value for a column the table does not have").column(name).hint(hint));
        };
        if let Some(slot) = out.slot(column) {
            out.vector(slot).push_value(&value).map_err(|e| e.column(name))?;
        }
    }
    Ok(())
}

/// Declares a row type: each field is a column, an `Option` is a nullable one.
///
/// ```
/// wasql::row! {
///     /// A city.
///     pub struct City { name: String, people: Option<i64> }
/// }
/// use wasql::Row;
/// assert_eq!(City::columns()[1].name(), "people");
/// ```
#[macro_export]
macro_rules! row {
    ($(#[$meta:meta])* $vis:vis struct $name:ident { $($(#[$field_meta:meta])* $field_vis:vis $field:ident : $type:ty),+ $(,)? }) => {
        $(#[$meta])*
        $vis struct $name { $($(#[$field_meta])* $field_vis $field: $type),+ }

        impl $crate::Row for $name {
            fn columns() -> ::std::vec::Vec<$crate::Column> {
                ::std::vec![$({
                    let column = $crate::Column::new(
                        ::std::stringify!($field).trim_start_matches("r#"),
                        <$type as $crate::Cell>::KIND,
                    );
                    if <$type as $crate::Cell>::NULLABLE { column } else { column.not_null() }
                }),+]
            }

            fn put(self, out: &mut $crate::Batch) -> $crate::Result<()> {
                let mut position = 0usize;
                $(
                    if let Some(slot) = out.slot(position) {
                        $crate::Cell::put(self.$field, out.vector(slot))?;
                    }
                    position += 1;
                )+
                let _ = position;
                Ok(())
            }
        }
    };
}
