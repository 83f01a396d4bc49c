//! Index drivers: connectors that keep indexes over the tables of others (SPEC 8.23).

use crate::collation::Collation;
use crate::guest::answer;
use crate::pb::{self, Op};
use crate::{Batches, Error, Field, Result, Type, Value, compare};
use std::cmp::Ordering;

/// Keeps indexes over the tables of other connectors. Announce [`crate::Feature::IndexDriver`] with
/// [`crate::Manifest::index_driver`]. An index is named by a [`pb::DriverIndex`]: its columns are the key, its location
/// says how the indexed table finds a row again. Names are compared without case.
pub trait IndexDriver {
    /// Starts a new, empty index in the place of one of that name, and may fill in fields of it.
    fn create(&self, index: pb::DriverIndex) -> Result<pb::DriverIndex>;
    /// Those of a table that were saved, or all when both names are empty.
    fn indexes(&self, database: &str, table: &str) -> Result<Vec<pb::DriverIndex>>;
    /// Opens a sink for entries; with `remove` they go.
    fn feed(&self, index: &pb::DriverIndex, remove: bool) -> Result<Box<dyn Entries>>;
    /// Makes an index durable and ready, for that version of the table. The sink that fed it was closed before.
    fn save(&self, index: &pb::DriverIndex, table_version: &str) -> Result<pb::DriverIndex>;
    /// Drops an index; one that is not there is no error.
    fn delete(&self, index: &pb::DriverIndex) -> Result<()>;
    /// Reads the entries whose key lies in one of the ranges, each once, in the order of the key; no ranges mean all.
    fn probe(&self, index: &pb::DriverIndex, ranges: &[pb::KeyRange], reverse: bool) -> Result<Box<dyn Batches>>;
    /// Tells truthfully whether the index is whole and fits that version of the table, and why not.
    fn check(&self, index: &pb::DriverIndex, table_version: &str) -> Result<(pb::DriverState, String)>;
}

/// Takes the entries of an index.
pub trait Entries {
    /// Takes entries: the values of the key, then those of the location.
    fn write(&mut self, entries: Vec<Vec<Value>>) -> Result<()>;
    /// There are no more.
    fn close(&mut self) -> Result<()> {
        Ok(())
    }
}

/// The fields of an entry: key columns, then location columns.
pub fn entry_fields(index: &pb::DriverIndex) -> Vec<Field> {
    let field = |(column, c): (usize, &pb::Column)| Field {
        column,
        name: c.name.clone(),
        kind: Type::try_from(c.r#type).unwrap_or(Type::Null),
        precision: c.precision,
        scale: c.scale,
        nullable: true,
    };
    index.columns.iter().chain(&index.location).enumerate().map(field).collect()
}

/// How the entries of an index are ordered: NULL first, text by its collation.
pub struct EntryOrder {
    collations: Vec<Option<Collation>>,
    keys: usize,
}

impl EntryOrder {
    /// The order of an index.
    pub fn new(index: &pb::DriverIndex) -> Result<Self> {
        let of = |c: &pb::Column| match c.r#type() {
            Type::Utf8 if !c.collation.is_empty() => Collation::new(&c.collation).map(Some),
            _ => Ok(None),
        };
        let collations = index.columns.iter().chain(&index.location).map(of).collect::<Result<_>>()?;
        Ok(EntryOrder { collations, keys: index.columns.len() })
    }

    /// How a value of one column stands to another.
    pub fn column(&self, at: usize, a: &Value, b: &Value) -> Result<Ordering> {
        Ok(match (a, b, self.collations.get(at).and_then(Option::as_ref)) {
            (Value::Null, Value::Null, _) => Ordering::Equal,
            (Value::Null, ..) => Ordering::Less,
            (_, Value::Null, _) => Ordering::Greater,
            (Value::Text(a), Value::Text(b), Some(collation)) => collation.compare(a, b)?,
            _ => compare(a, b).ok_or_else(|| Error::invalid("two values of a key cannot be compared"))?,
        })
    }

    /// How an entry stands to another: by the key, then by the location. Texts that are equal to their collation and
    /// differ are two entries.
    pub fn entries(&self, a: &[Value], b: &[Value]) -> Result<Ordering> {
        for (at, (a, b)) in a.iter().zip(b).enumerate() {
            let order = self.column(at, a, b)?;
            if order != Ordering::Equal {
                return Ok(order);
            }
        }
        for (a, b) in a.iter().zip(b) {
            if let (Value::Text(a), Value::Text(b)) = (a, b)
                && a != b
            {
                return Ok(a.cmp(b));
            }
        }
        Ok(Ordering::Equal)
    }

    /// Tells whether the key of an entry lies in a range.
    pub fn contains(&self, range: &pb::KeyRange, entry: &[Value]) -> Result<bool> {
        for (at, value) in entry.iter().take(self.keys).enumerate() {
            if let Some(bound) = range.lower.get(at).filter(|b| !b.open) {
                let order = self.column(at, value, &bound.value.clone().unwrap_or_default().into())?;
                if order == Ordering::Less || order == Ordering::Equal && !bound.inclusive {
                    return Ok(false);
                }
            }
            if let Some(bound) = range.upper.get(at).filter(|b| !b.open) {
                let order = self.column(at, value, &bound.value.clone().unwrap_or_default().into())?;
                if order == Ordering::Greater || order == Ordering::Equal && !bound.inclusive {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }
}

/// Answers the operations that open nothing.
pub(crate) fn asked(power: &dyn IndexDriver, op: Op, request: &[u8]) -> Result<Vec<u8>> {
    match op {
        Op::DriverCreate => answer(request, |r: pb::DriverCreateRequest| {
            Ok(pb::DriverCreateResponse { index: Some(power.create(r.index.unwrap_or_default())?) })
        }),
        Op::DriverLoadAll => answer(request, |r: pb::DriverLoadAllRequest| {
            Ok(pb::DriverLoadAllResponse { indexes: power.indexes(&r.database, &r.table)? })
        }),
        Op::DriverDelete => answer(request, |r: pb::DriverDeleteRequest| {
            power.delete(&r.index.unwrap_or_default()).map(|()| pb::DriverDeleteResponse::default())
        }),
        _ => answer(request, |r: pb::DriverCheckRequest| {
            let (state, text) = power.check(&r.index.unwrap_or_default(), &r.table_version)?;
            Ok(pb::DriverCheckResponse { state: state as i32, text })
        }),
    }
}
