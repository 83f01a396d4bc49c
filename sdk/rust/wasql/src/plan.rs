//! Plans: what a connector offers to do.

use crate::pb;
use crate::scan::State;
use crate::{Column, Filter, Op, Operand, Schema, Type, Value};
use prost::Message;

pub use crate::pb::{OrderKey, Use};

/// One ANDed part of the WHERE clause.
#[derive(Clone, Debug)]
pub struct Conjunct {
    /// The condition.
    pub filter: Filter,
    /// False: shown for information only, and must not be claimed.
    pub usable: bool,
}

/// Why the part that this SDK never takes was not taken.
#[derive(Debug, Default)]
struct Refused {
    join: String,
}

/// How many further offers a connector may make (SPEC 8.34).
pub const ALTERNATIVES_MAX: usize = 8;

/// The negotiation of one scan. Everything that is not claimed, the engine does itself; a connector
/// that claims nothing is slow, never wrong.
#[derive(Debug)]
pub struct Plan {
    columns: Vec<Column>,
    request: pb::PlanRequest,
    conjuncts: Vec<Conjunct>,
    answers: Vec<pb::FilterAnswer>,
    order: pb::Answer,
    limit: pb::Answer,
    distinct: pb::Answer,
    aggregation: pb::Answer,
    having: pb::Answer,
    sample: pb::Answer,
    refused: Refused,
    no_plan: Option<pb::NoPlan>,
    explain: Vec<pb::Pair>,
    alternatives: Vec<Plan>,
    /// Estimated rows of one run.
    pub rows: Option<f64>,
    /// Estimated bytes of a row.
    pub row_bytes: Option<f64>,
    /// Cost before the first row, in units of one sequentially read row.
    pub startup_cost: Option<f64>,
    /// Cost of the whole run, in the same unit.
    pub cost: Option<f64>,
    /// At most one row comes.
    pub unique: bool,
    /// [`crate::Table::partitions`] can split this plan.
    pub partitionable: bool,
    /// Bytes of the connector's own that come back in [`Scan::token`]; no pointers, no secrets.
    pub token: Vec<u8>,
    /// Number and name of the index used, shown in EXPLAIN.
    pub index: Option<(i32, String)>,
}

impl Plan {
    pub(crate) fn new(schema: &Schema, request: pb::PlanRequest) -> Self {
        let conjuncts: Vec<Conjunct> = request
            .filters
            .iter()
            .map(|c| Conjunct { filter: c.filter.as_ref().map(Filter::from_message).unwrap_or_else(unknown), usable: c.usable })
            .collect();
        let answers = vec![pb::FilterAnswer::default(); conjuncts.len()];
        Plan { columns: schema.columns(), request, conjuncts, answers, ..Plan::empty() }
    }

    /// A plan of nothing.
    fn empty() -> Self {
        Plan {
            columns: Vec::new(),
            request: pb::PlanRequest::default(),
            conjuncts: Vec::new(),
            answers: Vec::new(),
            order: pb::Answer::default(),
            limit: pb::Answer::default(),
            distinct: pb::Answer::default(),
            aggregation: pb::Answer::default(),
            having: pb::Answer::default(),
            sample: pb::Answer::default(),
            refused: Refused::default(),
            no_plan: None,
            explain: Vec::new(),
            alternatives: Vec::new(),
            rows: None,
            row_bytes: None,
            startup_cost: None,
            cost: None,
            unique: false,
            partitionable: false,
            token: Vec::new(),
            index: None,
        }
    }

    /// The conjuncts, in the order of the request.
    pub fn conjuncts(&self) -> &[Conjunct] {
        &self.conjuncts
    }

    /// Positions of the columns the query reads.
    pub fn columns(&self) -> Vec<usize> {
        self.request.columns.iter().map(|&c| c as usize).collect()
    }

    /// Position of a column of the table.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|c| c.name() == name)
    }

    /// Claims the i-th conjunct. False, and nothing claimed, when it is not usable or not understood.
    ///
    /// `Use::Exact` promises that no row that fails it comes; `Use::Inexact` only that no row that
    /// passes it is lost.
    pub fn take(&mut self, i: usize, how: Use) -> bool {
        match self.conjuncts.get(i) {
            Some(c) if c.usable && c.filter.op != Op::Unspecified => {
                self.answers[i] = pb::FilterAnswer { r#use: how as i32, ..Default::default() };
                true
            }
            _ => false,
        }
    }

    /// Leaves the i-th conjunct to the engine, with a reason for EXPLAIN.
    pub fn refuse(&mut self, i: usize, reason: impl Into<String>) {
        if let Some(answer) = self.answers.get_mut(i) {
            *answer = pb::FilterAnswer { reason: reason.into(), ..Default::default() };
        }
    }

    /// What the connector does with the i-th conjunct so far.
    pub fn taken(&self, i: usize) -> Use {
        self.answers.get(i).map_or(Use::Ignored, pb::FilterAnswer::r#use)
    }

    /// Claims every comparison of `column` by `op` with plain operands: numbers, dates, times and
    /// bytes compare as [`crate::compare`] says, text only under a collation that compares bytes.
    /// True when there was one. The values are then in the [`Scan`].
    pub fn claim(&mut self, column: &str, op: Op, how: Use) -> bool {
        let Some(position) = self.position(column) else { return false };
        let kind = self.columns[position].kind();
        let mut any = false;
        for i in 0..self.conjuncts.len() {
            let filter = &self.conjuncts[i].filter;
            if filter.op == op && filter.column == Some(position) && plain(filter, kind) {
                any |= self.take(i, how);
            }
        }
        any
    }

    /// The order asked for; empty when there is none.
    pub fn order(&self) -> &[OrderKey] {
        &self.request.order
    }

    /// Promises that rows come in the order asked for.
    pub fn take_order(&mut self) {
        self.order = pb::Answer { taken: true, reason: String::new() };
    }

    /// Promises the order when it is by this one column, rising or falling as told by the answer:
    /// `Some(descending)`. None, and nothing promised, when no order or another one was asked for.
    pub fn take_order_by(&mut self, column: &str) -> Option<bool> {
        let position = self.position(column)?;
        match self.request.order.as_slice() {
            [key] if key.column as usize == position => {
                let descending = key.descending;
                self.take_order();
                Some(descending)
            }
            _ => None,
        }
    }

    /// Leaves the order to the engine, with a reason.
    pub fn refuse_order(&mut self, reason: impl Into<String>) {
        self.order = pb::Answer { taken: false, reason: reason.into() };
    }

    /// The limit and offset asked for; `u64::MAX` is a limit when there is only an offset.
    pub fn limit(&self) -> Option<(u64, u64)> {
        let asked = self.request.limit.is_some() || self.request.offset > 0;
        asked.then(|| (self.request.limit.unwrap_or(u64::MAX), self.request.offset))
    }

    /// Promises to give only the rows behind the offset, up to the limit. False, and nothing promised,
    /// when there is no limit, or a conjunct is not exact, or an order was asked for and not taken.
    pub fn take_limit(&mut self) -> bool {
        let whole = self.limit().is_some() && self.may_limit();
        self.limit.taken = whole;
        whole
    }

    /// The limit and offset promised so far.
    pub fn limit_taken(&self) -> Option<(u64, u64)> {
        self.limit().filter(|_| self.limit.taken)
    }

    /// Leaves the limit to the engine, with a reason.
    pub fn refuse_limit(&mut self, reason: impl Into<String>) {
        self.limit = pb::Answer { taken: false, reason: reason.into() };
    }

    /// Promises that the rows are distinct over the columns read, when that was asked for.
    pub fn take_distinct(&mut self) {
        self.distinct.taken = self.request.distinct;
    }

    /// Leaves DISTINCT to the engine, with a reason.
    pub fn refuse_distinct(&mut self, reason: impl Into<String>) {
        self.distinct = pb::Answer { taken: false, reason: reason.into() };
    }

    /// The groups asked for instead of rows: keys, then calls.
    pub fn aggregation(&self) -> Option<&pb::Aggregation> {
        self.request.aggregation.as_ref()
    }

    /// Promises the groups asked for, whose batches [`Scan::fields`] describes. False, and nothing promised, when none were
    /// asked for or a conjunct is not exact.
    pub fn take_aggregation(&mut self) -> bool {
        self.aggregation.taken = self.request.aggregation.is_some() && self.exact();
        self.aggregation.taken
    }

    /// Leaves the groups to the engine, with a reason.
    pub fn refuse_aggregation(&mut self, reason: impl Into<String>) {
        self.aggregation = pb::Answer { taken: false, reason: reason.into() };
    }

    /// The conditions on groups, whose columns count keys, then calls.
    pub fn having(&self) -> Vec<Filter> {
        self.request.aggregation.iter().flat_map(|a| &a.having).map(Filter::from_message).collect()
    }

    /// Promises only groups that pass the conditions on them. False, and nothing promised, when there are none or the groups are
    /// not promised.
    pub fn take_having(&mut self) -> bool {
        self.having.taken = self.aggregation.taken && self.request.aggregation.as_ref().is_some_and(|a| !a.having.is_empty());
        self.having.taken
    }

    /// Leaves the conditions on groups to the engine, with a reason.
    pub fn refuse_having(&mut self, reason: impl Into<String>) {
        self.having = pb::Answer { taken: false, reason: reason.into() };
    }

    /// Says why groups, samples and joins are left to the engine, where they are asked for.
    pub fn refuse_others(&mut self, aggregation: &str, sample: &str, join: &str) {
        self.refuse_aggregation(aggregation);
        self.refuse_sample(sample);
        self.refused = Refused { join: join.into() };
    }

    /// The sample asked for.
    pub fn sample(&self) -> Option<&pb::Sample> {
        self.request.sample.as_ref()
    }

    /// Promises the rows of the sample and no others, which [`Scan::sampler`] tells. False, and nothing promised, when none was asked
    /// for. To be promised before what stands on it: distinct, groups and the limit; and always or never (SPEC 8.36).
    pub fn take_sample(&mut self) -> bool {
        self.sample.taken = self.request.sample.is_some();
        self.sample.taken
    }

    /// Leaves the sample to the engine, with a reason.
    pub fn refuse_sample(&mut self, reason: impl Into<String>) {
        self.sample = pb::Answer { taken: false, reason: reason.into() };
    }

    /// Whether nothing of the rows is left to the engine: no condition, and no sample.
    fn exact(&self) -> bool {
        self.answers.iter().all(|a| a.r#use() == Use::Exact) && (self.request.sample.is_none() || self.sample.taken)
    }

    fn may_limit(&self) -> bool {
        self.exact()
            && (self.request.order.is_empty() || self.order.taken)
            && (!self.request.distinct || self.distinct.taken)
            && self
                .request
                .aggregation
                .as_ref()
                .is_none_or(|a| self.aggregation.taken && (a.having.is_empty() || self.having.taken))
            && self.request.join.is_none()
    }

    /// How often the plan will probably run.
    pub fn loops(&self) -> f64 {
        self.request.loops.max(1.0)
    }

    /// How many partitions the engine could use.
    pub fn partitions_wanted(&self) -> u32 {
        self.request.partitions_wanted
    }

    /// Snapshot the plan is for; empty: the current state.
    pub fn snapshot(&self) -> &[u8] {
        &self.request.snapshot
    }

    /// Says that the table cannot be read unless these columns are constrained.
    pub fn require(&mut self, columns: &[&str], message: impl Into<String>) {
        let required_columns = columns.iter().map(ToString::to_string).collect();
        self.no_plan = Some(pb::NoPlan { required_columns, message: message.into() });
    }

    /// Adds a line to EXPLAIN.
    pub fn explain(&mut self, key: impl Into<String>, value: impl Into<String>) {
        self.explain.push(pb::Pair { key: key.into(), value: value.into() });
    }

    /// Begins another offer to the same query, of which nothing is claimed yet, such as one by an index whose rows come in order
    /// beside the cheaper one that the engine must sort. The engine opens the offer that costs least with what it has to do itself
    /// counted in, so each needs `rows` and `cost`; of offers that cost the same, the first. Those of an alternative are its own
    /// plan's no more: only the plan that the table was given may have them, [`ALTERNATIVES_MAX`] at most; others are left out.
    pub fn alternative(&mut self) -> &mut Plan {
        let conjuncts = self.conjuncts.clone();
        let answers = vec![pb::FilterAnswer::default(); conjuncts.len()];
        let plain = Plan { columns: self.columns.clone(), request: self.request.clone(), conjuncts, answers, ..Plan::empty() };
        self.alternatives.push(plain);
        let last = self.alternatives.len() - 1;
        &mut self.alternatives[last]
    }

    /// The whole request, for what has no method here.
    pub fn request(&self) -> &pb::PlanRequest {
        &self.request
    }

    pub(crate) fn answer(mut self) -> pb::PlanResponse {
        let alternatives = std::mem::take(&mut self.alternatives);
        let mut first = self.offer();
        first.alternatives = alternatives.into_iter().take(ALTERNATIVES_MAX).map(Plan::offer).collect();
        first
    }

    fn offer(mut self) -> pb::PlanResponse {
        let exact = self.exact();
        self.aggregation.taken &= exact;
        self.distinct.taken &= exact;
        self.having.taken &= self.aggregation.taken;
        // Without the groups its columns mean nothing.
        self.order.taken &= self.request.aggregation.is_none() || self.aggregation.taken;
        self.limit.taken &= self.may_limit();
        let limited = self.limit();
        let refused = |asked: bool, reason: String| asked.then_some(pb::Answer { taken: false, reason });
        let claimed = |(c, _): &(&pb::Conjunct, &pb::FilterAnswer)| c.filter.clone();
        let state = State {
            columns: self.request.columns.clone(),
            filters: self
                .request
                .filters
                .iter()
                .zip(&self.answers)
                .filter(|(_, a)| a.r#use() != Use::Ignored)
                .filter_map(|p| claimed(&p))
                .collect(),
            order: if self.order.taken { self.request.order.clone() } else { Vec::new() },
            limit: limited.filter(|_| self.limit.taken).map(|(limit, _)| limit),
            offset: limited.filter(|_| self.limit.taken).map_or(0, |(_, offset)| offset),
            token: self.token,
            explain: self.explain.clone(),
            aggregation: self.request.aggregation.clone().filter(|_| self.aggregation.taken).map(|mut a| {
                if !self.having.taken {
                    a.having.clear();
                }
                a
            }),
            distinct: self.distinct.taken,
            sample: self.request.sample.filter(|_| self.sample.taken),
        };
        let conditions = self.request.aggregation.as_ref().is_some_and(|a| !a.having.is_empty());
        let (index_number, index_name) = self.index.unwrap_or_default();
        pb::PlanResponse {
            filters: self.answers,
            order: (!self.request.order.is_empty()).then_some(self.order),
            limit: limited.map(|_| self.limit),
            distinct: self.request.distinct.then_some(self.distinct),
            aggregation: self.request.aggregation.is_some().then_some(self.aggregation),
            sample: self.request.sample.is_some().then_some(self.sample),
            join: refused(self.request.join.is_some(), self.refused.join),
            rows: self.rows,
            row_bytes: self.row_bytes,
            startup_cost: self.startup_cost,
            cost: self.cost,
            unique: self.unique,
            partitionable: self.partitionable,
            plan: state.encode_to_vec(),
            no_plan: self.no_plan,
            explain: self.explain,
            index_number,
            index_name,
            having: conditions.then_some(self.having),
            alternatives: Vec::new(),
        }
    }
}

fn unknown() -> Filter {
    Filter::from_message(&pb::Filter::default())
}

fn plain(filter: &Filter, kind: Type) -> bool {
    match kind {
        Type::Utf8 => {
            let text = |o: &Operand| match o {
                Operand::Value(v) => matches!(v, Value::Text(_) | Value::Null),
                Operand::Param { kind, .. } => *kind == Type::Utf8,
                Operand::Column(_) => false,
            };
            crate::binary_collation(&filter.collation) && filter.operands.iter().all(text)
        }
        _ => filter.plain_for(kind),
    }
}
