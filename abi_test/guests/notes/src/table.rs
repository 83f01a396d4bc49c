//! Reading and writing a table.

use crate::state::{Data, Store};
use std::cell::RefCell;
use std::rc::Rc;
use wasql::pb::{self, Conflict, WriteKind};
use wasql::{
    Batch, Batches, Error, Lookup, Lookups, Outcome, OutcomeKind, Plan, Result, Rows, Scan, Schema, Sink, Step, Table, Value,
};

/// A table as a request sees it.
pub struct Notes {
    pub store: Rc<RefCell<Store>>,
    pub data: Data,
}

impl Table for Notes {
    fn schema(&self) -> Result<Schema> {
        let mut schema = Schema::new([]);
        *schema.message() = (*self.data.declared).clone();
        use pb::TableFeature::{Delete, Insert, Lookup, Update};
        Ok([Insert, Update, Delete, Lookup].into_iter().fold(schema, Schema::power))
    }

    fn plan(&self, plan: &mut Plan) -> Result<()> {
        if let [key] = plan.order()
            && key.column as usize == self.data.primary()
            && !key.descending
        {
            plan.take_order();
        }
        Ok(())
    }

    fn scan(&self, scan: &Scan) -> Result<Rows> {
        let pick = |row: &Vec<Value>| scan.columns().iter().map(|&c| row[c].clone()).collect();
        let rows: Vec<Vec<Value>> = self.data.rows.values().map(pick).collect();
        Ok(Rows::batches(All { rows: rows.into_iter() }))
    }

    fn lookup(&self, lookup: &Lookup) -> Result<Box<dyn Lookups>> {
        let found =
            Found { data: self.data.clone(), column: lookup.keys[0], columns: lookup.scan.columns().to_vec(), rows: Vec::new() };
        Ok(Box::new(found))
    }

    fn sink(&self, request: &pb::OpenSinkRequest) -> Result<Box<dyn Sink>> {
        let at = (request.transaction, request.statement);
        self.store.borrow_mut().open(at)?;
        Ok(Box::new(Writing { store: self.store.clone(), name: self.data.declared.name.clone(), request: request.clone(), at }))
    }
}

struct All {
    rows: std::vec::IntoIter<Vec<Value>>,
}

impl Batches for All {
    fn next(&mut self, out: &mut Batch) -> Result<Step> {
        while !out.full() {
            let Some(row) = self.rows.next() else { return Ok(Step::End) };
            for (slot, value) in row.iter().enumerate() {
                out.vector(slot).push_value(value)?;
            }
            out.end_row();
        }
        Ok(Step::More)
    }
}

struct Found {
    data: Data,
    column: usize,
    columns: Vec<usize>,
    /// What is left to give, the last first.
    rows: Vec<(u64, Vec<Value>)>,
}

impl Lookups for Found {
    fn keys(&mut self, keys: Vec<Vec<Value>>) -> Result<()> {
        self.rows.clear();
        for (position, key) in keys.iter().enumerate() {
            let Some(wanted) = self.data.key(self.column, &key[0])? else { continue };
            for row in self.data.rows.values() {
                if self.data.key(self.column, &row[self.column])?.as_ref() == Some(&wanted) {
                    self.rows.push((position as u64, row.clone()));
                }
            }
        }
        self.rows.reverse();
        Ok(())
    }

    fn next(&mut self, out: &mut Batch) -> Result<Step> {
        while !out.full() {
            let Some((position, row)) = self.rows.pop() else { return Ok(Step::End) };
            out.vector(0).push_uint(position)?;
            for (slot, &column) in self.columns.iter().enumerate() {
                out.vector(slot + 1).push_value(&row[column])?;
            }
            out.end_row();
        }
        Ok(Step::More)
    }
}

struct Writing {
    store: Rc<RefCell<Store>>,
    name: String,
    request: pb::OpenSinkRequest,
    at: (u64, u64),
}

impl Sink for Writing {
    fn write(&mut self, rows: Vec<Vec<Value>>) -> Result<Vec<Outcome>> {
        let mut store = self.store.borrow_mut();
        let work = store.statements.get_mut(&self.at).map(|s| &mut s.work);
        let data = work.and_then(|w| w.get_mut(&self.name)).ok_or_else(|| Error::internal("the statement is over"))?;
        let mut outcomes = Vec::new();
        for row in rows {
            let (kind, stored) = self.one(data, &row)?;
            let returning =
                self.request.returning.iter().map(|&c| stored.get(c as usize).cloned().unwrap_or(Value::Null)).collect();
            outcomes.push(Outcome { kind, returning });
        }
        // No answer says that all rows are stored as they came.
        if outcomes.iter().all(|o| o.kind == OutcomeKind::Stored) {
            outcomes.clear();
        }
        Ok(outcomes)
    }

    fn flush(&mut self, discard: bool) -> Result<pb::FlushSinkResponse> {
        self.store.borrow_mut().end(self.at, discard).map(|()| pb::FlushSinkResponse::default())
    }
}

impl Writing {
    /// Writes one row; gives what became of it, and what is stored or in its way.
    fn one(&self, data: &mut Data, row: &[Value]) -> Result<(OutcomeKind, Vec<Value>)> {
        let (keys, values) = row.split_at(self.request.key_columns.len());
        let own = match self.request.kind() {
            WriteKind::Insert => None,
            _ => Some(data.key(data.primary(), &keys[0])?.unwrap_or_default()),
        };
        let old =
            own.as_ref().map(|k| data.rows.get(k).cloned().ok_or_else(|| Error::not_found("no such row").table(&self.name)));
        let mut new = old.transpose()?.unwrap_or_else(|| vec![Value::Null; data.declared.columns.len()]);
        if self.request.kind() == WriteKind::Delete {
            data.rows.remove(own.as_ref().unwrap_or(&Vec::new()));
            return Ok((OutcomeKind::Stored, new));
        }
        for (&column, value) in self.request.value_columns.iter().zip(values) {
            new[column as usize] = value.clone();
        }
        let mut kind = OutcomeKind::Stored;
        while let Some((other, error)) = data.conflict(&new, own.as_ref())? {
            match self.request.conflict() {
                Conflict::Abort => return Err(error),
                Conflict::Ignore => return Ok((OutcomeKind::Ignored, new)),
                Conflict::Report => return Ok((OutcomeKind::Conflict, data.rows[&other].clone())),
                Conflict::Replace => {
                    data.rows.remove(&other);
                    kind = OutcomeKind::Replaced;
                }
            }
        }
        let key = data.key(data.primary(), &new[data.primary()])?.ok_or_else(|| Error::invalid("the primary key is NULL"))?;
        if let Some(own) = &own {
            data.rows.remove(own);
        }
        data.rows.insert(key, new.clone());
        Ok((kind, new))
    }
}
