//! Sorted is an index driver in Rust: indexes in memory, as lists of entries that are sorted when they are read. It shows
//! what [`wasql::IndexDriver`] asks for, and passes the cases of drivers; a driver for use keeps files.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::rc::Rc;
use wasql::pb::{DriverIndex, DriverState, KeyRange};
use wasql::{
    Batch, Batches, Connector, Entries, EntryOrder, Error, IndexDriver, Lifetime, Manifest, Options, Result, Setup, Step, Table,
    TableName, Value,
};

/// Names of an index, in lower case.
type Name = (String, String, String);

/// One index.
struct Kept {
    index: DriverIndex,
    order: EntryOrder,
    entries: Vec<Vec<Value>>,
    sorted: bool,
    /// Counts the changes: the checksum of a state.
    changes: u64,
    saved: Option<DriverIndex>,
}

impl Kept {
    /// Puts the entries in order, each once.
    fn sort(&mut self) -> Result<()> {
        if self.sorted {
            return Ok(());
        }
        let mut failed = None;
        let order = &self.order;
        let mut by = |a: &Vec<Value>, b: &Vec<Value>| {
            order.entries(a, b).unwrap_or_else(|e| {
                failed = Some(e);
                Ordering::Equal
            })
        };
        self.entries.sort_by(&mut by);
        self.entries.dedup_by(|a, b| by(a, b) == Ordering::Equal);
        if let Some(e) = failed {
            return Err(e);
        }
        self.sorted = true;
        Ok(())
    }

    fn change(&mut self) {
        self.changes += 1;
        self.saved = None;
    }
}

type Shared = Rc<RefCell<BTreeMap<Name, Kept>>>;

/// The connector.
#[derive(Clone, Default)]
pub struct Sorted(Shared);

fn name(index: &DriverIndex) -> Name {
    (index.database.to_lowercase(), index.table.to_lowercase(), index.name.to_lowercase())
}

fn missing(index: &DriverIndex) -> Error {
    Error::not_found(format!("there is no index {}", index.name)).table(&index.table)
}

impl Connector for Sorted {
    fn manifest() -> Manifest {
        Manifest::new("sorted", "0.1.0").about("an index driver in memory").lifetime(Lifetime::Shared).index_driver("sorted")
    }

    fn configure(_: Setup) -> Result<Self> {
        Ok(Sorted::default())
    }

    fn table(&self, table: &TableName, _: &Options) -> Result<Box<dyn Table>> {
        Err(Error::not_found("it keeps indexes, and has no tables").table(table.name()))
    }

    fn index_driver(&self) -> Option<&dyn IndexDriver> {
        Some(self)
    }
}

impl IndexDriver for Sorted {
    fn create(&self, index: DriverIndex) -> Result<DriverIndex> {
        let order = EntryOrder::new(&index)?;
        let kept = Kept { index: index.clone(), order, entries: Vec::new(), sorted: true, changes: 0, saved: None };
        self.0.borrow_mut().insert(name(&index), kept);
        Ok(index)
    }

    fn indexes(&self, database: &str, table: &str) -> Result<Vec<DriverIndex>> {
        let asked = |index: &DriverIndex| {
            (database.is_empty() && table.is_empty())
                || index.database.eq_ignore_ascii_case(database) && index.table.eq_ignore_ascii_case(table)
        };
        Ok(self.0.borrow().values().filter(|kept| asked(&kept.index)).filter_map(|kept| kept.saved.clone()).collect())
    }

    fn feed(&self, index: &DriverIndex, remove: bool) -> Result<Box<dyn Entries>> {
        self.0.borrow().get(&name(index)).ok_or_else(|| missing(index))?;
        Ok(Box::new(Feed { all: self.0.clone(), index: index.clone(), remove }))
    }

    fn save(&self, index: &DriverIndex, table_version: &str) -> Result<DriverIndex> {
        let mut all = self.0.borrow_mut();
        let kept = all.get_mut(&name(index)).ok_or_else(|| missing(index))?;
        kept.sort()?;
        let saved = DriverIndex {
            table_version: table_version.into(),
            ready: true,
            checksum: (kept.changes + 1).to_be_bytes().to_vec(),
            ..kept.index.clone()
        };
        kept.saved = Some(saved.clone());
        Ok(saved)
    }

    fn delete(&self, index: &DriverIndex) -> Result<()> {
        self.0.borrow_mut().remove(&name(index));
        Ok(())
    }

    fn probe(&self, index: &DriverIndex, ranges: &[KeyRange], reverse: bool) -> Result<Box<dyn Batches>> {
        let mut all = self.0.borrow_mut();
        let kept = all.get_mut(&name(index)).ok_or_else(|| missing(index))?;
        kept.sort()?;
        let mut found = Vec::new();
        for entry in &kept.entries {
            let mut inside = ranges.is_empty();
            for range in ranges {
                inside = inside || kept.order.contains(range, entry)?;
            }
            if inside {
                found.push(entry.clone());
            }
        }
        if reverse {
            found.reverse();
        }
        Ok(Box::new(Found(found.into_iter())))
    }

    fn check(&self, index: &DriverIndex, table_version: &str) -> Result<(DriverState, String)> {
        let all = self.0.borrow();
        let Some(kept) = all.get(&name(index)) else { return Ok((DriverState::Missing, "there is none".into())) };
        Ok(match &kept.saved {
            None => (DriverState::Stale, "it was not saved".into()),
            Some(saved) if !index.checksum.is_empty() && saved.checksum != index.checksum => {
                (DriverState::Stale, "it is of another save".into())
            }
            Some(saved) if saved.table_version != table_version => (DriverState::Stale, "the table has changed".into()),
            Some(_) => (DriverState::Sound, String::new()),
        })
    }
}

struct Feed {
    all: Shared,
    index: DriverIndex,
    remove: bool,
}

impl Entries for Feed {
    fn write(&mut self, entries: Vec<Vec<Value>>) -> Result<()> {
        let mut all = self.all.borrow_mut();
        let kept = all.get_mut(&name(&self.index)).ok_or_else(|| missing(&self.index))?;
        kept.change();
        if !self.remove {
            kept.entries.extend(entries);
            kept.sorted = false;
            return Ok(());
        }
        kept.sort()?;
        for gone in entries {
            let mut at = None;
            for (i, entry) in kept.entries.iter().enumerate() {
                if kept.order.entries(entry, &gone)? == Ordering::Equal {
                    at = Some(i);
                }
            }
            at.map(|i| kept.entries.remove(i));
        }
        Ok(())
    }
}

struct Found(std::vec::IntoIter<Vec<Value>>);

impl Batches for Found {
    fn next(&mut self, out: &mut Batch) -> Result<Step> {
        while !out.full() {
            let Some(entry) = self.0.next() else { return Ok(Step::End) };
            for (slot, value) in entry.iter().enumerate() {
                out.vector(slot).push_value(value)?;
            }
            out.end_row();
        }
        Ok(Step::More)
    }
}

wasql::connector!(Sorted);
