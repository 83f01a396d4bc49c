//! Notes is what the cases of writes run on beside the store: tables in memory, with keys, statements,
//! transactions and savepoints, in Rust. Every state is a copy of all rows, which suits cases and
//! nothing else.

mod state;
mod table;

use state::{Data, Store};
use std::cell::RefCell;
use std::rc::Rc;
use table::Notes;
use wasql::pb;
use wasql::{
    Code, Connector, Definition, Error, Feature, Lifetime, Manifest, Options, Result, Setup, Table, TableName, Transactions,
};

/// The connector.
#[derive(Clone, Default)]
pub struct Keeper(Rc<RefCell<Store>>);

impl Connector for Keeper {
    fn manifest() -> Manifest {
        let powers = [Feature::Writes, Feature::Lookup, Feature::Transactions, Feature::Savepoints, Feature::Definition];
        let mut manifest = powers.into_iter().fold(Manifest::new("notes", "0.1.0").lifetime(Lifetime::Shared), Manifest::power);
        manifest.message().isolation_levels = vec!["REPEATABLE-READ".into()];
        manifest
    }

    fn configure(_: Setup) -> Result<Self> {
        Ok(Keeper::default())
    }

    fn list(&self) -> Result<Vec<TableName>> {
        Ok(self.0.borrow().committed.keys().map(TableName::new).collect())
    }

    fn table(&self, name: &TableName, _: &Options) -> Result<Box<dyn Table>> {
        let data = self.0.borrow().seen(name.transaction(), name.statement())?.get(name.name()).cloned();
        let data = data.ok_or_else(|| Error::not_found("no such table").table(name.name()))?;
        Ok(Box::new(Notes { store: self.0.clone(), data }))
    }

    fn transactions(&self) -> Option<&dyn Transactions> {
        Some(self)
    }

    fn definition(&self) -> Option<&dyn Definition> {
        Some(self)
    }
}

impl Transactions for Keeper {
    fn begin(&self, r: &pb::BeginRequest) -> Result<pb::BeginResponse> {
        let mut store = self.0.borrow_mut();
        let flushed = store.committed.clone();
        store.transactions.insert(r.transaction, state::Transaction { flushed, savepoints: Vec::new() });
        store.finished.remove(&r.transaction);
        Ok(pb::BeginResponse { isolation: pb::Isolation::RepeatableRead as i32 })
    }

    fn sync(&self, _: &pb::SyncRequest) -> Result<()> {
        Err(Error::unsupported("preparing transactions"))
    }

    fn commit(&self, r: &pb::CommitRequest) -> Result<()> {
        let mut store = self.0.borrow_mut();
        match store.transactions.remove(&r.transaction) {
            Some(t) => store.committed = t.flushed,
            None if store.finished.contains(&r.transaction) => return Ok(()),
            None => return Err(Error::new(Code::Aborted, format!("transaction {} is not open", r.transaction))),
        }
        store.finished.insert(r.transaction);
        Ok(())
    }

    fn rollback(&self, r: &pb::RollbackRequest) -> Result<()> {
        self.0.borrow_mut().transactions.remove(&r.transaction);
        Ok(())
    }

    fn savepoint(&self, transaction: u64, depth: u32) -> Result<()> {
        self.0.borrow_mut().transaction(transaction).map(|t| {
            t.savepoints.retain(|(d, _)| *d < depth);
            t.savepoints.push((depth, t.flushed.clone()));
        })
    }

    fn release(&self, transaction: u64, depth: u32) -> Result<()> {
        self.0.borrow_mut().transaction(transaction).map(|t| t.savepoints.retain(|(d, _)| *d < depth))
    }

    fn rollback_to(&self, transaction: u64, depth: u32) -> Result<()> {
        let mut store = self.0.borrow_mut();
        let t = store.transaction(transaction)?;
        let Some((_, kept)) = t.savepoints.iter().find(|(d, _)| *d == depth) else {
            return Err(Error::not_found(format!("savepoint {depth} of transaction {transaction} does not exist")));
        };
        t.flushed = kept.clone();
        t.savepoints.retain(|(d, _)| *d <= depth);
        Ok(())
    }
}

impl Definition for Keeper {
    fn create(&self, r: &pb::CreateRequest) -> Result<pb::Table> {
        let table = r.table.clone().unwrap_or_default();
        let mut store = self.0.borrow_mut();
        if store.committed.contains_key(&table.name) {
            return Err(Error::new(Code::AlreadyExists, format!("table '{}' already exists", table.name)));
        }
        let data = Data::new(table.clone())?;
        store.committed.insert(table.name.clone(), data);
        Ok(table)
    }

    fn connect(&self, r: &pb::ConnectRequest) -> Result<pb::Table> {
        let name = r.table.as_ref().map_or("", |t| &t.name);
        let found = self.0.borrow().committed.get(name).map(|d| (*d.declared).clone());
        found.ok_or_else(|| Error::not_found("no such table").table(name))
    }

    fn destroy(&self, r: &pb::DestroyRequest) -> Result<()> {
        let name = r.table.as_ref().map_or("", |t| &t.name);
        match self.0.borrow_mut().committed.remove(name) {
            Some(_) => Ok(()),
            None => Err(Error::not_found("no such table").table(name)),
        }
    }
}

wasql::connector!(Keeper);
