//! The guest: answers the operations of the ABI with a connector.
//!
//! It knows nothing of WebAssembly, so the same code runs in tests.

use crate::connector::{Connector, Lookup, Lookups, Setup, Sink, Table};
use crate::driver::{Entries, IndexDriver, asked, entry_fields};
use crate::function::{OpenFunction, listed};
use crate::keep::{database, object};
use crate::like::like;
use crate::pb::{self, Feature, Op};
use crate::plan::Plan;
use crate::powers::{definition, feature_of, outcomes, plain_enough, shadow, transaction};
use crate::scan::{Scan, State};
use crate::{Batch, Batches, Code, Error, Field, Options, OutcomeKind, Result, Step, TableName, Type, Value};
use prost::Message;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

mod open;

/// The minor version of the ABI this SDK speaks.
pub const MINOR: u32 = 0;

/// Batch encodings the SDK can send.
const ENCODINGS: u64 =
    Feature::Dictionary as u64 | Feature::StringView as u64 | Feature::Constant as u64 | Feature::Selection as u64;

/// Bytes of varying length in a batch when the host names no bound.
const BATCH_BYTES: usize = 1 << 20;

/// Memory that the guest and the host share, for what one call brings beside its request and its answer (SPEC 7.6).
pub trait Shared {
    /// Where the host may write requests, and how many bytes there are.
    fn space(&self) -> (u32, u32);
    /// The address of a batch that stays as it is until the next call.
    fn give(&mut self, batch: &Batch) -> u32;
    /// The rows of a batch that the host wrote into the space.
    fn read(&self, batch: u32, fields: &[Field]) -> Result<Vec<Vec<Value>>>;
}

/// One instance of a connector.
pub struct Guest<C: Connector> {
    connector: Option<C>,
    options: Options,
    features: u64,
    handles: BTreeMap<u32, Handle>,
    handle_last: u32,
    error: Option<Error>,
    shared: Option<Box<dyn Shared>>,
    /// A handle that is closed already, and whose batch the host still reads.
    closed: Option<Handle>,
    /// Transactions that were begun here.
    begun: RefCell<BTreeSet<u64>>,
}

enum Handle {
    Scan(Box<OpenScan>),
    Lookup { lookups: Box<dyn Lookups>, keys: Vec<Field>, batch: Batch, done: bool },
    Function(Box<OpenFunction>),
    Feed { entries: Box<dyn Entries>, fields: Vec<Field> },
    Sink { sink: Box<dyn Sink>, fields: Vec<Field>, answer: Batch, flushed: bool },
}

struct OpenScan {
    request: pb::OpenScanRequest,
    rows: Box<dyn Batches>,
    batch: Batch,
    done: bool,
    /// Why there is no first batch: the next call tells.
    failed: Option<Error>,
}

impl<C: Connector> Default for Guest<C> {
    fn default() -> Self {
        Guest {
            connector: None,
            options: Options::default(),
            features: 0,
            handles: BTreeMap::new(),
            handle_last: 0,
            error: None,
            shared: None,
            closed: None,
            begun: RefCell::default(),
        }
    }
}

impl<C: Connector> Guest<C> {
    /// Shares memory with the host, so that small scans and writes are one call (feature ONE_CALL).
    pub fn share(&mut self, shared: Box<dyn Shared>) {
        self.shared = Some(shared);
    }

    /// `wasql_call`: answers an operation. A failure is kept for LAST_ERROR.
    pub fn call(&mut self, op: u32, request: &[u8]) -> Result<Vec<u8>> {
        self.closed = None;
        let op = Op::try_from(op as i32).unwrap_or(Op::Unspecified);
        if op == Op::LastError {
            let status = self.error.as_ref().map(|e| e.status().clone());
            return Ok(pb::LastErrorResponse { status }.encode_to_vec());
        }
        let answer = self.dispatch(op, request);
        self.keep(answer)
    }

    fn keep<T>(&mut self, answer: Result<T>) -> Result<T> {
        if let Err(e) = &answer {
            self.error = Some(e.clone());
        }
        answer
    }

    fn dispatch(&mut self, op: Op, request: &[u8]) -> Result<Vec<u8>> {
        // What HELLO does not announce is not there, whatever the request says.
        if let Some(feature) = feature_of(op)
            && C::manifest().message.features & feature as u64 == 0
        {
            return Err(match feature {
                Feature::Writes => Error::new(Code::ReadOnly, "the tables of this connector cannot be written"),
                _ => Error::unsupported(op.as_str_name()),
            });
        }
        match op {
            Op::Hello => answer(request, |r| self.hello(&r)),
            Op::Configure => answer(request, |r| self.configure(r)),
            Op::List => answer(request, |r| self.list(&r)),
            Op::Describe => answer(request, |r| self.describe(r)),
            Op::Statistics => answer(request, |r: pb::StatisticsRequest| {
                let columns: Vec<usize> = r.columns.iter().map(|&c| c as usize).collect();
                self.table(r.table)?.1.statistics(&columns)
            }),
            Op::Integrity => answer(request, |r: pb::IntegrityRequest| {
                let findings = self.table(r.table)?.1.check(&r.mode)?;
                Ok(pb::IntegrityResponse { findings })
            }),
            Op::Plan => answer(request, |r| self.plan(r)),
            Op::Partitions => answer(request, |r| self.partitions(r)),
            Op::OpenScan => answer(request, |r| self.open_scan(r)),
            Op::Rescan => answer(request, |r| self.rescan(r)),
            Op::Explain => answer(request, |r| self.explain(r)),
            Op::ScanCounters => answer(request, |r| self.counters(&r)),
            Op::Suspend => answer(request, |r| self.suspend(&r)),
            Op::OpenLookup => answer(request, |r| self.open_lookup(r)),
            Op::OpenSink => answer(request, |r| self.open_sink(r)),
            Op::FlushSink => answer(request, |r| self.flush_sink(&r)),
            Op::Truncate => answer(request, |r: pb::TruncateRequest| {
                let rows = self.table(r.table)?.1.truncate()?;
                Ok(pb::TruncateResponse { rows })
            }),
            Op::AutoIncrement => answer(request, |r: pb::AutoIncrementRequest| {
                let next = self.table(r.table)?.1.auto_increment(r.set, r.reserve)?;
                Ok(pb::AutoIncrementResponse { next })
            }),
            Op::OpenFunction => answer(request, |r| self.open_function(&r)),
            Op::FinishFunction => answer(request, |r| self.finish_function(&r)),
            Op::ShadowName => answer(request, |r: pb::ShadowNameRequest| Ok(shadow::<C>(&r.name))),
            _ => self.powers(op, request),
        }
    }

    fn hello(&mut self, request: &pb::HelloRequest) -> Result<pb::HelloResponse> {
        let manifest = C::manifest();
        let mut message = manifest.message;
        // Zero is the lowest minor there is: nothing to lower to what the host knows.
        message.minor = MINOR;
        message.features |= ENCODINGS;
        if self.shared.is_some() {
            message.features |= Feature::OneCall as u64;
        }
        message.options = manifest.options.into_iter().map(|o| o.0).collect();
        self.features = message.features & request.features;
        Ok(message)
    }

    fn configure(&mut self, request: pb::ConfigureRequest) -> Result<pb::ConfigureResponse> {
        let options = Options::new(&C::manifest().options, request.options.clone())?;
        self.options = options.clone();
        self.connector = Some(C::configure(Setup { options, message: request })?);
        let (request_ptr, request_bytes) = self.shared.as_ref().map_or((0, 0), |shared| shared.space());
        Ok(pb::ConfigureResponse { request_ptr, request_bytes, ..Default::default() })
    }

    fn connector(&self) -> Result<&C> {
        self.connector.as_ref().ok_or_else(|| Error::internal("called before CONFIGURE"))
    }

    fn table(&self, table: Option<pb::TableRef>) -> Result<(TableName, Box<dyn Table>)> {
        let name = TableName(table.unwrap_or_default());
        let options = self.options.with(name.0.options.clone())?;
        options.complete()?;
        if let Some(begin) = &name.0.begin {
            self.begin(begin)?;
        }
        let table = self.connector()?.table(&name, &options)?;
        Ok((name, table))
    }

    /// Begins a transaction, unless it was begun here.
    fn begin(&self, request: &pb::BeginRequest) -> Result<pb::BeginResponse> {
        if self.begun.borrow().contains(&request.transaction) {
            return Ok(pb::BeginResponse::default());
        }
        let power = self.connector()?.transactions().ok_or_else(|| Error::unsupported(Op::Begin.as_str_name()))?;
        let given = power.begin(request)?;
        self.begun.borrow_mut().insert(request.transaction);
        Ok(given)
    }

    /// Commits; also one that fails may be begun again.
    fn commit(&self, request: &pb::CommitRequest) -> Result<()> {
        let power = self.connector()?.transactions().ok_or_else(|| Error::unsupported(Op::Commit.as_str_name()))?;
        self.begun.borrow_mut().remove(&request.transaction);
        power.commit(request)
    }

    fn list(&self, request: &pb::ListRequest) -> Result<pb::ListResponse> {
        let fits = |t: &TableName| request.pattern.is_empty() || like(&request.pattern, t.name());
        let tables = self.connector()?.list()?.into_iter().filter(fits).map(|t| t.0).collect();
        Ok(pb::ListResponse { tables })
    }

    fn describe(&self, request: pb::DescribeRequest) -> Result<pb::DescribeResponse> {
        let (name, table) = self.table(request.table)?;
        let mut table = table.schema()?.table;
        if table.name.is_empty() {
            table.name = name.0.name;
        }
        Ok(pb::DescribeResponse { table: Some(table) })
    }

    fn counters(&self, request: &pb::ScanCountersRequest) -> Result<pb::ScanCountersResponse> {
        match self.handles.get(&request.scan) {
            Some(Handle::Scan(scan)) => {
                Ok(pb::ScanCountersResponse { counters: scan.rows.counters().into_iter().map(pair).collect() })
            }
            _ => Err(bad_handle(request.scan)),
        }
    }

    fn suspend(&self, request: &pb::SuspendRequest) -> Result<pb::SuspendResponse> {
        match self.handles.get(&request.scan) {
            Some(Handle::Scan(scan)) => Ok(pb::SuspendResponse { resume: scan.rows.suspend()? }),
            _ => Err(bad_handle(request.scan)),
        }
    }

    fn open_lookup(&mut self, request: pb::OpenLookupRequest) -> Result<pb::OpenLookupResponse> {
        let (name, table) = self.table(request.table)?;
        let state = State::read(&request.plan)?;
        let schema = table.schema()?;
        let params: Vec<Value> = request.params.into_iter().map(Value::from).collect();
        let mut scan = Scan::new(name.clone(), &schema, &state, &request.columns, &params)?;
        scan.snapshot = request.snapshot;
        let keys = Scan::new(name, &schema, &State::default(), &request.key_columns, &[])?.fields();
        let mut fields =
            vec![Field { column: schema.len(), name: "key".into(), kind: Type::Uint32, precision: 0, scale: 0, nullable: false }];
        fields.extend(scan.fields());
        let lookups = table.lookup(&Lookup { keys: keys.iter().map(|f| f.column).collect(), scan })?;
        let (key_columns, columns) = (keys.iter().map(scan_column).collect(), fields.iter().map(scan_column).collect());
        let batch = Batch::new(fields, request.batch_rows.max(1) as usize, BATCH_BYTES);
        let scan = self.add(Handle::Lookup { lookups, keys, batch, done: true })?;
        Ok(pb::OpenLookupResponse { scan, keys: key_columns, columns })
    }

    fn open_function(&mut self, request: &pb::OpenFunctionRequest) -> Result<pb::OpenFunctionResponse> {
        let (function, result) = OpenFunction::open(self.connector()?, request)?;
        let handle = self.add(Handle::Function(Box::new(function)))?;
        Ok(pb::OpenFunctionResponse { handle, result: Some(result) })
    }

    fn finish_function(&mut self, request: &pb::FinishFunctionRequest) -> Result<pb::FinishFunctionResponse> {
        match self.handles.get_mut(&request.handle) {
            Some(Handle::Function(f)) => f.finish(request.groups).map(|()| pb::FinishFunctionResponse::default()),
            _ => Err(bad_handle(request.handle)),
        }
    }

    fn powers(&mut self, op: Op, request: &[u8]) -> Result<Vec<u8>> {
        let unsupported = || Error::unsupported(op.as_str_name());
        match op {
            Op::Begin => answer(request, |r| self.begin(&r)),
            Op::Commit => answer(request, |r| self.commit(&r).map(|()| pb::CommitResponse::default())),
            Op::Rollback => answer(request, |r: pb::RollbackRequest| {
                self.connector()?.transactions().ok_or_else(unsupported)?.rollback(&r)?;
                self.begun.borrow_mut().remove(&r.transaction);
                Ok(pb::RollbackResponse::default())
            }),
            Op::Sync | Op::Savepoint | Op::Release | Op::RollbackTo | Op::Recover | Op::Statement => {
                transaction(self.connector()?.transactions().ok_or_else(unsupported)?, op, request)
            }
            Op::ListDatabases | Op::CreateDatabase | Op::AlterDatabase | Op::DropDatabase => {
                database(self.connector()?.databases().ok_or_else(unsupported)?, op, request)
            }
            Op::ListObjects | Op::PutObject | Op::DropObject => {
                object(self.connector()?.objects().ok_or_else(unsupported)?, op, request)
            }
            Op::Create | Op::Connect | Op::Disconnect | Op::Destroy | Op::Rename | Op::Alter => {
                definition(self.connector()?.definition().ok_or_else(unsupported)?, op, request)
            }
            Op::CreateIndex | Op::DropIndex | Op::RenameIndex => {
                definition(self.connector()?.definition().ok_or_else(unsupported)?, op, request)
            }
            Op::DriverCreate | Op::DriverLoadAll | Op::DriverDelete | Op::DriverCheck => asked(self.driver()?, op, request),
            Op::DriverOpenSink => answer(request, |r: pb::DriverOpenSinkRequest| {
                let index = r.index.unwrap_or_default();
                let entries = self.driver()?.feed(&index, r.delete)?;
                let sink = self.add(Handle::Feed { entries, fields: entry_fields(&index) })?;
                Ok(pb::DriverOpenSinkResponse { sink })
            }),
            Op::DriverSave => answer(request, |r: pb::DriverSaveRequest| {
                if let Some(Handle::Feed { mut entries, .. }) = self.handles.remove(&r.sink) {
                    entries.close()?;
                }
                let index = self.driver()?.save(&r.index.unwrap_or_default(), &r.table_version)?;
                Ok(pb::DriverSaveResponse { index: Some(index) })
            }),
            Op::DriverProbe => answer(request, |r: pb::DriverProbeRequest| {
                let (scan, columns) = self.probe(&r.index.unwrap_or_default(), &r.ranges, r.reverse)?;
                Ok(pb::DriverProbeResponse { scan, columns })
            }),
            Op::DriverValues => answer(request, |r: pb::DriverValuesRequest| {
                let (scan, columns) = self.probe(&r.index.unwrap_or_default(), &[], false)?;
                Ok(pb::DriverValuesResponse { scan, columns })
            }),
            Op::Functions | Op::FindFunction => listed(self.connector()?, op, request),
            Op::Snapshot => {
                let snapshots = self.connector()?.snapshots().ok_or_else(unsupported)?;
                answer(request, |r| snapshots.snapshot(&r))
            }
            Op::ReleaseSnapshot => {
                let snapshots = self.connector()?.snapshots().ok_or_else(unsupported)?;
                answer(request, |r: pb::ReleaseSnapshotRequest| {
                    snapshots.release(&r.token, &r.name).map(|()| pb::ReleaseSnapshotResponse::default())
                })
            }
            _ => Err(unsupported()),
        }
    }

    fn add(&mut self, handle: Handle) -> Result<u32> {
        // Handles are never used again (SPEC 7.4); i32::MAX is the largest positive one.
        if self.handle_last >= i32::MAX as u32 {
            return Err(Error::new(Code::Resource, "this instance has no handles left"));
        }
        self.handle_last += 1;
        self.handles.insert(self.handle_last, handle);
        Ok(self.handle_last)
    }

    /// `wasql_next`: the next batch of a scan or lookup, or None at the end. `bytes_max` 0 means the
    /// SDK's own bound. The batch is valid until the next call.
    pub fn next(&mut self, scan: u32, rows_max: u32, bytes_max: u32) -> Result<Option<&Batch>> {
        self.closed = None;
        match Self::advance(&mut self.handles, self.features, scan, rows_max, bytes_max) {
            Ok(true) => Ok(self.handles.get(&scan).and_then(Handle::batch)),
            Ok(false) => Ok(None),
            Err(e) => {
                self.error = Some(e.clone());
                Err(e)
            }
        }
    }

    fn advance(handles: &mut BTreeMap<u32, Handle>, features: u64, scan: u32, rows_max: u32, bytes_max: u32) -> Result<bool> {
        enum Source<'a> {
            Scan(&'a mut dyn Batches),
            Lookup(&'a mut dyn Lookups),
        }
        let (batch, done, mut source) = match handles.get_mut(&scan) {
            Some(Handle::Scan(open)) => {
                let OpenScan { rows, batch, done, failed, .. } = &mut **open;
                if let Some(e) = failed.take() {
                    return Err(e);
                }
                (batch, done, Source::Scan(rows.as_mut()))
            }
            Some(Handle::Lookup { lookups, batch, done, .. }) => (batch, done, Source::Lookup(lookups.as_mut())),
            Some(Handle::Function(f)) => return f.next(rows_max),
            _ => return Err(bad_handle(scan)),
        };
        let bytes = if bytes_max == 0 { BATCH_BYTES } else { bytes_max as usize };
        batch.bound(rows_max as usize, bytes);
        // An empty batch says nothing: go on until there are rows.
        while !*done {
            batch.clear();
            let step = match &mut source {
                Source::Scan(rows) => rows.next(batch)?,
                Source::Lookup(lookups) => lookups.next(batch)?,
            };
            *done = step == Step::End;
            batch.check()?;
            if batch.rows() > 0 {
                plain_enough(batch, features)?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// `wasql_write`: takes a batch of keys or rows; a sink gives an answer batch.
    pub fn write(&mut self, handle: u32, rows: Vec<Vec<Value>>) -> Result<Option<&Batch>> {
        self.closed = None;
        let outcome = self.write_rows(handle, rows);
        self.keep(outcome)?;
        Ok(match self.handles.get(&handle) {
            // Rows without an answer are stored as they came.
            Some(Handle::Sink { answer, .. }) if answer.rows() > 0 => Some(answer),
            Some(Handle::Function(f)) if f.answer.rows() > 0 => Some(&f.answer),
            _ => None,
        })
    }

    /// Takes rows or keys; tells whether a row was refused.
    fn write_rows(&mut self, handle: u32, rows: Vec<Vec<Value>>) -> Result<bool> {
        match self.handles.get_mut(&handle) {
            Some(Handle::Lookup { lookups, done, .. }) => lookups.keys(rows).map(|()| *done = false)?,
            Some(Handle::Function(f)) => f.write(&rows)?,
            Some(Handle::Feed { entries, .. }) => entries.write(rows)?,
            Some(Handle::Sink { sink, answer, flushed: false, .. }) => {
                let made = sink.write(rows)?;
                outcomes(&made, answer)?;
                return Ok(made.iter().any(|o| matches!(o.kind, OutcomeKind::Conflict | OutcomeKind::Failed)));
            }
            _ => return Err(bad_handle(handle)),
        }
        Ok(false)
    }

    /// The columns that batches written to a handle must have.
    pub fn written_fields(&self, handle: u32) -> Result<&[Field]> {
        match self.handles.get(&handle) {
            Some(Handle::Lookup { keys, .. }) => Ok(keys),
            Some(Handle::Sink { fields, .. } | Handle::Feed { fields, .. }) => Ok(fields),
            Some(Handle::Function(f)) => Ok(&f.fields),
            _ => Err(bad_handle(handle)),
        }
    }

    /// `wasql_close`: lets a handle go; unknown ones are no error.
    pub fn close(&mut self, handle: u32) {
        let closed = match self.handles.remove(&handle) {
            Some(Handle::Sink { mut sink, flushed: false, .. }) => sink.flush(true).map(|_| ()),
            Some(Handle::Feed { mut entries, .. }) => entries.close(),
            _ => Ok(()),
        };
        if let Err(e) = closed {
            self.error = Some(e);
        }
    }

    /// Keeps a failure that happened outside a call, for LAST_ERROR.
    pub fn fail(&mut self, e: Error) {
        self.error = Some(e);
    }
}

impl Handle {
    fn batch(&self) -> Option<&Batch> {
        match self {
            Handle::Scan(open) => Some(&open.batch),
            Handle::Function(f) => Some(&f.answer),
            Handle::Lookup { batch, .. } | Handle::Sink { answer: batch, .. } => Some(batch),
            Handle::Feed { .. } => None,
        }
    }
}

pub(crate) fn answer<Q: Message + Default, A: Message>(request: &[u8], f: impl FnOnce(Q) -> Result<A>) -> Result<Vec<u8>> {
    let request = Q::decode(request).map_err(|e| Error::invalid(format!("request: {e}")))?;
    Ok(f(request)?.encode_to_vec())
}

fn bad_handle(handle: u32) -> Error {
    Error::new(Code::BadHandle, format!("handle {handle} is not open"))
}

fn pair((key, value): (String, String)) -> pb::Pair {
    pb::Pair { key, value }
}

fn scan_column(field: &Field) -> pb::ScanColumn {
    pb::ScanColumn {
        column: field.column as u32,
        r#type: field.kind as i32,
        precision: field.precision,
        scale: field.scale,
        nullable: field.nullable,
    }
}
