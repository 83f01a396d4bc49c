//! Scans: what was claimed of a plan, as it comes back when the plan is opened.

use crate::pb;
use crate::{Column, Error, Field, Filter, Op, OrderKey, Result, Schema, TableName, Type, Value};
use prost::Message;

/// The plan bytes: what was claimed. Version-free, because only the module that made them reads them.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct State {
    #[prost(uint32, repeated, tag = "1")]
    pub(crate) columns: Vec<u32>,
    #[prost(message, repeated, tag = "2")]
    pub(crate) filters: Vec<pb::Filter>,
    #[prost(message, repeated, tag = "3")]
    pub(crate) order: Vec<pb::OrderKey>,
    #[prost(uint64, optional, tag = "4")]
    pub(crate) limit: Option<u64>,
    #[prost(uint64, tag = "5")]
    pub(crate) offset: u64,
    #[prost(bytes = "vec", tag = "6")]
    pub(crate) token: Vec<u8>,
    #[prost(message, repeated, tag = "7")]
    pub(crate) explain: Vec<pb::Pair>,
    #[prost(message, optional, tag = "8")]
    pub(crate) aggregation: Option<pb::Aggregation>,
    #[prost(bool, tag = "9")]
    pub(crate) distinct: bool,
    #[prost(message, optional, tag = "10")]
    pub(crate) sample: Option<pb::Sample>,
}

impl State {
    pub(crate) fn read(plan: &[u8]) -> Result<Self> {
        State::decode(plan).map_err(|e| Error::invalid(format!("plan bytes: {e}")))
    }
}

/// A scan to open: the plan, with all values filled in.
#[derive(Clone, Debug)]
pub struct Scan {
    pub(crate) table: TableName,
    pub(crate) schema: Vec<Column>,
    columns: Vec<usize>,
    filters: Vec<Filter>,
    aggregation: Option<pb::Aggregation>,
    distinct: bool,
    sample: Option<pb::Sample>,
    order: Vec<OrderKey>,
    limit: Option<u64>,
    offset: u64,
    token: Vec<u8>,
    pub(crate) partition: Vec<u8>,
    pub(crate) snapshot: Vec<u8>,
    pub(crate) resume: Vec<u8>,
    pub(crate) batch_rows: usize,
    pub(crate) batch_bytes: usize,
}

impl Scan {
    pub(crate) fn new(table: TableName, schema: &Schema, state: &State, columns: &[u32], params: &[Value]) -> Result<Self> {
        let schema = schema.columns();
        let outputs = state.aggregation.as_ref().map_or(schema.len(), |a| a.keys.len() + a.calls.len());
        let wanted = if columns.is_empty() && state.aggregation.is_none() { &state.columns } else { columns };
        let columns: Vec<usize> = wanted.iter().map(|&c| c as usize).collect();
        if let Some(bad) = columns.iter().find(|&&c| c >= outputs) {
            return Err(Error::invalid(format!("column {bad} of a table with {outputs} columns")));
        }
        let mut filters: Vec<Filter> = state.filters.iter().map(Filter::from_message).collect();
        for filter in &mut filters {
            filter.bind(params)?;
        }
        Ok(Scan {
            table,
            schema,
            columns,
            filters,
            aggregation: state.aggregation.clone(),
            distinct: state.distinct,
            sample: state.sample,
            order: state.order.clone(),
            limit: state.limit,
            offset: state.offset,
            token: state.token.clone(),
            partition: Vec::new(),
            snapshot: Vec::new(),
            resume: Vec::new(),
            batch_rows: 4096,
            batch_bytes: 1 << 20,
        })
    }

    /// The table.
    pub fn table(&self) -> &TableName {
        &self.table
    }

    /// Positions of the columns to read, in the order of the batches; when groups were promised, positions among their keys
    /// and, behind them, calls.
    pub fn columns(&self) -> &[usize] {
        &self.columns
    }

    /// Position of a column of the table.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.schema.iter().position(|c| c.name() == name)
    }

    /// The claimed conjuncts, all values known.
    pub fn filters(&self) -> &[Filter] {
        &self.filters
    }

    /// The first claimed comparison of a column by this operator: its value.
    pub fn value(&self, column: &str, op: Op) -> Option<&Value> {
        let position = self.position(column)?;
        self.filters.iter().find(|f| f.op == op && f.column == Some(position))?.value()
    }

    /// The text a column was claimed to be equal to, such as an argument of a table function.
    pub fn text(&self, column: &str) -> Option<&str> {
        self.value(column, Op::Eq)?.as_text()
    }

    /// The integer a column was claimed to be equal to.
    pub fn int(&self, column: &str) -> Option<i64> {
        self.value(column, Op::Eq)?.as_int()
    }

    /// The integers a column may have under all claimed comparisons `=`, `<`, `<=`, `>` and `>=`.
    pub fn ints(&self, column: &str) -> crate::Ints {
        let mut range = crate::Ints::ALL;
        let Some(position) = self.position(column) else { return range };
        for filter in self.filters.iter().filter(|f| f.column == Some(position)) {
            if let Some(value) = filter.value() {
                range.narrow(filter.op, value);
            }
        }
        range
    }

    /// The groups that were promised instead of rows.
    pub fn aggregation(&self) -> Option<&pb::Aggregation> {
        self.aggregation.as_ref()
    }

    /// The conditions on groups that were promised.
    pub fn having(&self) -> Vec<Filter> {
        self.aggregation.iter().flat_map(|a| &a.having).map(Filter::from_message).collect()
    }

    /// Whether distinct rows were promised.
    pub fn distinct(&self) -> bool {
        self.distinct
    }

    /// The sample that was promised.
    pub fn sampler(&self) -> Option<crate::Sampler> {
        self.sample.as_ref().map(crate::Sampler::new)
    }

    /// The order that was promised.
    pub fn order(&self) -> &[OrderKey] {
        &self.order
    }

    /// The limit and offset that were promised.
    pub fn limit(&self) -> Option<(u64, u64)> {
        self.limit.map(|limit| (limit, self.offset))
    }

    /// The bytes from [`Plan::token`].
    pub fn token(&self) -> &[u8] {
        &self.token
    }

    /// The partition to read; empty: all of it.
    pub fn partition(&self) -> &[u8] {
        &self.partition
    }

    /// The snapshot to read; empty: the current state.
    pub fn snapshot(&self) -> &[u8] {
        &self.snapshot
    }

    /// Where to go on, from [`crate::Batches::suspend`]; empty: from the start.
    pub fn resume(&self) -> &[u8] {
        &self.resume
    }

    /// Most rows of a batch the engine will ask for.
    pub fn batch_rows(&self) -> usize {
        self.batch_rows
    }

    /// The columns of the batches.
    pub fn fields(&self) -> Vec<Field> {
        let outputs = self.aggregation.as_ref().map(|a| {
            let keys =
                a.keys.iter().map(|&key| self.schema.get(key as usize).cloned().unwrap_or_else(|| Column::new("", Type::Null)));
            keys.chain(a.calls.iter().map(|call| Column(call.result.clone().unwrap_or_default()))).collect::<Vec<Column>>()
        });
        let outputs = outputs.as_ref().unwrap_or(&self.schema);
        let field = |&column: &usize| {
            let c = &outputs[column];
            Field {
                column,
                name: c.name().into(),
                kind: c.kind(),
                precision: c.precision(),
                scale: c.scale(),
                nullable: c.nullable(),
            }
        };
        self.columns.iter().map(field).collect()
    }

    /// Names of all columns of the table.
    pub fn names(&self) -> Vec<String> {
        self.schema.iter().map(|c| c.name().to_owned()).collect()
    }
}
