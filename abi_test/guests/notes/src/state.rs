//! The states of the tables: what is committed, what transactions see, what statements are about to do.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use wasql::{Code, Collation, Error, Result, Value, pb};

/// All tables at one moment.
pub type State = BTreeMap<String, Data>;

/// A table: its rows are sorted by their primary key, as the engine compares it.
#[derive(Clone)]
pub struct Data {
    pub declared: Rc<pb::Table>,
    collations: Rc<Vec<Option<Collation>>>,
    pub rows: BTreeMap<Vec<u8>, Vec<Value>>,
}

impl Data {
    pub fn new(declared: pb::Table) -> Result<Self> {
        let of = |c: &pb::Column| if c.r#type() == pb::Type::Utf8 { Collation::new(&c.collation).map(Some) } else { Ok(None) };
        let collations = declared.columns.iter().map(of).collect::<Result<_>>()?;
        Ok(Data { declared: Rc::new(declared), collations: Rc::new(collations), rows: BTreeMap::new() })
    }

    /// The key of values of one column: equal when the values are; None for NULL, which equals nothing.
    pub fn key(&self, column: usize, value: &Value) -> Result<Option<Vec<u8>>> {
        match (value, &self.collations[column]) {
            (Value::Null, _) => Ok(None),
            (Value::Text(text), Some(collation)) => {
                let mut key = Vec::new();
                collation.append_key(&mut key, text)?;
                Ok(Some(key))
            }
            (value, _) => match value.as_int() {
                Some(n) => Ok(Some((n as u64 ^ 1 << 63).to_be_bytes().to_vec())),
                None => Err(Error::invalid(format!("{value:?} is no value to store"))),
            },
        }
    }

    pub fn primary(&self) -> usize {
        self.declared.primary_key.first().map_or(0, |&c| c as usize)
    }

    /// The columns that no two rows have in common, with the names of their keys.
    fn unique(&self) -> Vec<(usize, String)> {
        let of = |i: &pb::Index| i.unique.then(|| (i.columns[0].column as usize, i.name.clone()));
        let primary = (self.primary(), "PRIMARY".to_owned());
        std::iter::once(primary).chain(self.declared.indexes.iter().filter_map(of)).collect()
    }

    /// The key of the row in the way of another, which may itself be stored under `own`.
    pub fn conflict(&self, row: &[Value], own: Option<&Vec<u8>>) -> Result<Option<(Vec<u8>, Error)>> {
        for (column, name) in self.unique() {
            let Some(wanted) = self.key(column, &row[column])? else { continue };
            for (key, other) in &self.rows {
                if Some(key) != own && self.key(column, &other[column])?.as_ref() == Some(&wanted) {
                    let shown =
                        row[column].as_text().map_or_else(|| row[column].as_int().unwrap_or(0).to_string(), str::to_owned);
                    let text = format!("Duplicate entry '{shown}' for key '{}.{name}'", self.declared.name);
                    return Ok(Some((key.clone(), Error::new(Code::Constraint, text).sql("23000", 1062))));
                }
            }
        }
        Ok(None)
    }
}

/// A transaction, by what its flushed statements made.
pub struct Transaction {
    pub flushed: State,
    pub savepoints: Vec<(u32, State)>,
}

/// A statement with the sinks that it has open.
pub struct Statement {
    pub work: State,
    pub sinks: usize,
}

/// Everything.
#[derive(Default)]
pub struct Store {
    pub committed: State,
    pub transactions: BTreeMap<u64, Transaction>,
    pub finished: BTreeSet<u64>,
    /// By transaction and statement.
    pub statements: BTreeMap<(u64, u64), Statement>,
}

impl Store {
    pub fn transaction(&mut self, number: u64) -> Result<&mut Transaction> {
        let gone = || Error::new(Code::Aborted, format!("transaction {number} is not open"));
        self.transactions.get_mut(&number).ok_or_else(gone)
    }

    /// What a request sees (SPEC 8.17).
    pub fn seen(&self, transaction: u64, statement: u64) -> Result<&State> {
        if statement != 0
            && let Some(s) = self.statements.get(&(transaction, statement))
        {
            return Ok(&s.work);
        }
        match (transaction, self.transactions.get(&transaction)) {
            (0, _) => Ok(&self.committed),
            (_, Some(t)) => Ok(&t.flushed),
            _ => Err(Error::new(Code::Aborted, format!("transaction {transaction} is not open"))),
        }
    }

    /// A sink of a statement is opened.
    pub fn open(&mut self, at: (u64, u64)) -> Result<()> {
        if !self.statements.contains_key(&at) {
            let work = self.seen(at.0, 0)?.clone();
            self.statements.insert(at, Statement { work, sinks: 0 });
        }
        if let Some(s) = self.statements.get_mut(&at) {
            s.sinks += 1;
        }
        Ok(())
    }

    /// A sink of a statement ends: what the statement did so far is kept, or taken back whole.
    pub fn end(&mut self, at: (u64, u64), discard: bool) -> Result<()> {
        let before = self.seen(at.0, 0)?.clone();
        let Some(s) = self.statements.get_mut(&at) else { return Ok(()) };
        s.sinks -= 1;
        let (over, work) = (s.sinks == 0, s.work.clone());
        if discard {
            s.work = before;
        } else if at.0 == 0 {
            self.committed = work;
        } else {
            self.transaction(at.0)?.flushed = work;
        }
        if over {
            self.statements.remove(&at);
        }
        Ok(())
    }
}
