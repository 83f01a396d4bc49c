//! Every optional power of the SDK, driven as the host drives it; and what is answered without them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use wasql::native::{Instance, Native, filter};
use wasql::pb::{self, Op};
use wasql::*;

row! {
    /// A pair.
    struct Pair { key: i64, text: Option<String> }
}

type Map = Rc<RefCell<BTreeMap<i64, Option<String>>>>;

/// A map with all powers; writes wait for the flush of their statement.
struct Store {
    rows: Map,
    log: Rc<RefCell<Vec<String>>>,
}

impl Connector for Store {
    fn manifest() -> Manifest {
        let powers = [Feature::Writes, Feature::Lookup, Feature::Transactions, Feature::Definition, Feature::Snapshots];
        powers.into_iter().fold(Manifest::new("store", "0.1.0").lifetime(Lifetime::Shared), Manifest::power)
    }
    fn configure(_: Setup) -> Result<Self> {
        let rows = (1..=3).map(|k| (k, (k != 2).then(|| format!("v{k}")))).collect();
        Ok(Store { rows: Rc::new(RefCell::new(rows)), log: Rc::default() })
    }
    fn list(&self) -> Result<Vec<TableName>> {
        Ok(["kv", "kw", "other"].map(TableName::new).to_vec())
    }
    fn table(&self, name: &TableName, _: &Options) -> Result<Box<dyn Table>> {
        match name.name() {
            "kv" => Ok(Box::new(Kv(self.rows.clone()))),
            "named" => Ok(Box::new(Named)),
            "encoded" => Ok(Box::new(Encoded)),
            "needy" => Ok(Box::new(Needy)),
            other => Err(Error::not_found("no such table").table(other)),
        }
    }
    fn transactions(&self) -> Option<&dyn Transactions> {
        Some(self)
    }
    fn definition(&self) -> Option<&dyn Definition> {
        Some(self)
    }
    fn snapshots(&self) -> Option<&dyn Snapshots> {
        Some(self)
    }
}

impl Store {
    fn note(&self, text: impl Into<String>) {
        self.log.borrow_mut().push(text.into());
    }
}

impl Transactions for Store {
    fn begin(&self, r: &pb::BeginRequest) -> Result<pb::BeginResponse> {
        self.note(format!("begin {}", r.transaction));
        Ok(pb::BeginResponse { isolation: r.isolation })
    }
    fn sync(&self, _: &pb::SyncRequest) -> Result<()> {
        Err(Error::new(Code::Conflict, "another writer was first"))
    }
    fn commit(&self, r: &pb::CommitRequest) -> Result<()> {
        self.note(format!("commit {}", r.global_id));
        Ok(())
    }
    fn rollback(&self, _: &pb::RollbackRequest) -> Result<()> {
        Ok(())
    }
}

impl Definition for Store {
    fn create(&self, r: &pb::CreateRequest) -> Result<pb::Table> {
        Ok(r.table.clone().unwrap_or_default())
    }
    fn connect(&self, r: &pb::ConnectRequest) -> Result<pb::Table> {
        Ok(r.table.clone().unwrap_or_default())
    }
    fn destroy(&self, _: &pb::DestroyRequest) -> Result<()> {
        Ok(())
    }
}

impl Snapshots for Store {
    fn snapshot(&self, _: &pb::SnapshotRequest) -> Result<pb::SnapshotResponse> {
        Ok(pb::SnapshotResponse { token: b"now".to_vec(), ..Default::default() })
    }
}

struct Kv(Map);

impl Table for Kv {
    fn schema(&self) -> Result<Schema> {
        Ok(Schema::of::<Pair>().primary_key([0]))
    }
    fn scan(&self, _: &Scan) -> Result<Rows> {
        let rows: Vec<_> = self.0.borrow().clone().into_iter().map(|(key, text)| Ok(Pair { key, text })).collect();
        Ok(Rows::new(rows))
    }
    fn lookup(&self, lookup: &Lookup) -> Result<Box<dyn Lookups>> {
        assert_eq!(lookup.keys, [0]);
        Ok(Box::new(Finding { rows: self.0.clone(), keys: Vec::new(), next: 0 }))
    }
    fn sink(&self, request: &pb::OpenSinkRequest) -> Result<Box<dyn Sink>> {
        assert_eq!(request.value_columns, [0, 1]);
        Ok(Box::new(Writing { rows: self.0.clone(), pending: Vec::new() }))
    }
    fn check(&self, mode: &str) -> Result<Vec<pb::Finding>> {
        Ok(vec![pb::Finding { kind: "status".into(), text: format!("{mode} OK") }])
    }
}

struct Finding {
    rows: Map,
    keys: Vec<Vec<Value>>,
    next: usize,
}

impl Lookups for Finding {
    fn keys(&mut self, keys: Vec<Vec<Value>>) -> Result<()> {
        (self.keys, self.next) = (keys, 0);
        Ok(())
    }
    fn next(&mut self, out: &mut Batch) -> Result<Step> {
        while !out.full() && self.next < self.keys.len() {
            let found = self.keys[self.next][0].as_int().and_then(|k| self.rows.borrow().get(&k).cloned());
            if let Some(text) = found {
                out.vector(0).push_uint(self.next as u64)?;
                out.vector(1).push_value(&text.into())?;
                out.end_row();
            }
            self.next += 1;
        }
        Ok(if self.next < self.keys.len() { Step::More } else { Step::End })
    }
}

struct Writing {
    rows: Map,
    pending: Vec<(i64, Option<String>)>,
}

impl Sink for Writing {
    fn write(&mut self, rows: Vec<Vec<Value>>) -> Result<Vec<Outcome>> {
        let mut outcomes = Vec::new();
        for row in rows {
            let key = row[0].as_int().ok_or_else(|| Error::invalid("key is no number"))?;
            let kind = if self.rows.borrow().contains_key(&key) { OutcomeKind::Conflict } else { OutcomeKind::Stored };
            if kind == OutcomeKind::Stored {
                self.pending.push((key, row[1].as_text().map(str::to_owned)));
            }
            outcomes.push(Outcome { kind, returning: vec![Value::Int(key * 10)] });
        }
        Ok(outcomes)
    }
    fn flush(&mut self, discard: bool) -> Result<pb::FlushSinkResponse> {
        let rows = std::mem::take(&mut self.pending);
        let rows_affected = if discard { 0 } else { rows.len() as u64 };
        if !discard {
            self.rows.borrow_mut().extend(rows);
        }
        Ok(pb::FlushSinkResponse { rows_affected, ..Default::default() })
    }
}

struct Named;

impl Table for Named {
    fn schema(&self) -> Result<Schema> {
        Ok(Schema::new([Column::new("a", Type::Int32), Column::decimal("b", 5, 2), Column::new("c", Type::Json)]))
    }
    fn scan(&self, scan: &Scan) -> Result<Rows> {
        let good: Record = [("c".to_owned(), Value::Json("{}".into())), ("b".to_owned(), "1.005".into())].into();
        let bad: Record = [("d".to_owned(), Value::Int(1))].into();
        Ok(Rows::named(scan, vec![Ok(good), Ok(bad)]))
    }
}

struct Encoded;

impl Table for Encoded {
    fn schema(&self) -> Result<Schema> {
        let text = |name: &str| Column::new(name, Type::Utf8);
        Ok(Schema::new([text("view"), text("dictionary"), text("constant"), Column::new("n", Type::Int16)]))
    }
    fn scan(&self, _: &Scan) -> Result<Rows> {
        Ok(Rows::batches(Once))
    }
}

struct Once;

impl Batches for Once {
    fn next(&mut self, out: &mut Batch) -> Result<Step> {
        let text = Rc::new(b"short, and one that is longer than twelve bytes".to_vec());
        out.vector(0).set_views(vec![text])?;
        out.vector(0).push_view(0, 0, 5)?;
        out.vector(0).push_null();
        out.vector(0).push_view(0, 7, 40)?;
        let mut words = Vector::new(Type::Utf8, 0);
        words.push_str("yes")?;
        words.push_str("no")?;
        out.vector(1).set_dictionary(Rc::new(words))?;
        out.vector(1).push_indexes(&[1, 0])?;
        out.vector(1).push_null();
        out.vector(2).push_str("same")?;
        out.vector(2).set_constant()?;
        out.vector(3).numbers::<i16>()?.extend([1, 2, 3].into_iter());
        out.set_rows(3);
        out.select(vec![0, 2]);
        Ok(Step::End)
    }
}

struct Needy;

impl Table for Needy {
    fn schema(&self) -> Result<Schema> {
        Ok(Schema::new([Column::new("url", Type::Utf8).argument(1).required()]))
    }
    fn plan(&self, plan: &mut Plan) -> Result<()> {
        plan.require(&["url"], "call it with a url");
        Ok(())
    }
    fn scan(&self, _: &Scan) -> Result<Rows> {
        Err(Error::internal("never planned"))
    }
}

fn start() -> Instance<Store> {
    Instance::start(Native::default(), &[]).unwrap()
}

fn table(name: &str) -> Option<pb::TableRef> {
    Some(TableName::new(name).message().clone())
}

#[test]
fn lookups_give_rows_with_the_position_of_their_key() {
    let mut store = start();
    let plan = store.plan(&TableName::new("kv"), pb::PlanRequest { columns: vec![1], ..Default::default() }).unwrap();
    let request = pb::OpenLookupRequest {
        table: table("kv"),
        plan: plan.plan,
        key_columns: vec![0],
        columns: vec![1],
        ..Default::default()
    };
    let open: pb::OpenLookupResponse = store.ask(Op::OpenLookup, &request).unwrap();
    assert_eq!((open.keys[0].r#type(), open.columns[0].r#type()), (Type::Int64, Type::Uint32));
    let keys = [3, 9, 2, 1].map(|k| vec![Value::Int(k)]).to_vec();
    for _ in 0..2 {
        store.guest.write(open.scan, keys.clone()).unwrap();
        let text = |t: &str| Value::Text(t.into());
        let want = [vec![Value::Uint(0), text("v3")], vec![Value::Uint(2), Value::Null], vec![Value::Uint(3), text("v1")]];
        assert_eq!(store.drain(open.scan, 2).unwrap(), want);
    }
}

#[test]
fn writes_are_seen_after_the_flush_and_not_after_a_discard() {
    let mut store = start();
    for (discard, rows) in [(true, 3), (false, 4)] {
        let request =
            pb::OpenSinkRequest { table: table("kv"), value_columns: vec![0, 1], returning: vec![0], ..Default::default() };
        let open: pb::OpenSinkResponse = store.ask(Op::OpenSink, &request).unwrap();
        assert_eq!(open.answer.len(), 3);
        let written = vec![vec![Value::Int(1), Value::Null], vec![Value::Int(7), "seven".into()]];
        let answer = store.guest.write(open.sink, written).unwrap().unwrap().values();
        assert_eq!(
            answer,
            [vec![Value::Uint(0), Value::Uint(3), Value::Int(10)], vec![Value::Uint(1), Value::Uint(0), Value::Int(70)],]
        );
        assert_eq!(store.all(&TableName::new("kv")).unwrap().len(), 3);
        let flushed: pb::FlushSinkResponse =
            store.ask(Op::FlushSink, &pb::FlushSinkRequest { sink: open.sink, discard }).unwrap();
        assert_eq!(flushed.rows_affected, u64::from(!discard));
        assert_eq!(store.all(&TableName::new("kv")).unwrap().len(), rows);
    }
}

#[test]
fn transactions_definitions_and_snapshots_reach_the_connector() {
    let mut store = start();
    let _: pb::BeginResponse = store.ask(Op::Begin, &pb::BeginRequest { transaction: 5, ..Default::default() }).unwrap();
    let e = store.ask::<_, pb::SyncResponse>(Op::Sync, &pb::SyncRequest::default()).unwrap_err();
    assert_eq!(e.code(), Code::Conflict);
    let _: pb::CommitResponse = store.ask(Op::Commit, &pb::CommitRequest { global_id: "g".into(), transaction: 5 }).unwrap();
    let e = store.ask::<_, pb::SavepointResponse>(Op::Savepoint, &pb::SavepointRequest::default()).unwrap_err();
    assert_eq!(e.code(), Code::Unimplemented);
    let request = pb::CreateRequest { table: Some(pb::Table { name: "new".into(), ..Default::default() }), ..Default::default() };
    let created: pb::CreateResponse = store.ask(Op::Create, &request).unwrap();
    assert_eq!(created.table.unwrap().name, "new");
    let snapshot: pb::SnapshotResponse = store.ask(Op::Snapshot, &pb::SnapshotRequest::default()).unwrap();
    assert_eq!(snapshot.token, b"now");
    let check: pb::IntegrityResponse =
        store.ask(Op::Integrity, &pb::IntegrityRequest { table: table("kv"), mode: "QUICK".into() }).unwrap();
    assert_eq!(check.findings[0].text, "QUICK OK");
}

#[test]
fn named_rows_fill_what_they_name_and_refuse_what_is_not_there() {
    let mut store = start();
    let e = store.all(&TableName::new("named")).unwrap_err();
    assert!(e.to_string().contains("columns are a, b, c") && e.status().column == "d", "{e}");
    let plan = store.plan(&TableName::new("named"), pb::PlanRequest { columns: vec![1, 0], ..Default::default() }).unwrap();
    let request = pb::OpenScanRequest { table: table("named"), plan: plan.plan, columns: vec![1, 0], ..Default::default() };
    let open: pb::OpenScanResponse = store.ask(Op::OpenScan, &request).unwrap();
    let first = store.guest.next(open.scan, 1, 0).unwrap().unwrap().values();
    assert_eq!(first, [vec![Value::Decimal("1.01".into()), Value::Null]]);
}

#[test]
fn encodings_the_host_does_not_know_are_flattened() {
    let text = |t: &str| Value::Text(t.into());
    let want = [
        vec![text("short"), text("no"), text("same"), Value::Int(1)],
        vec![text("and one that is longer than twelve bytes"), Value::Null, text("same"), Value::Int(3)],
    ];
    for features in [u64::MAX, 0, Feature::Dictionary as u64, Feature::Selection as u64] {
        let mut store = start();
        let _: pb::HelloResponse = store.ask(Op::Hello, &pb::HelloRequest { features, ..Default::default() }).unwrap();
        assert_eq!(store.all(&TableName::new("encoded")).unwrap(), want, "{features:x}");
        let plan = store.plan(&TableName::new("encoded"), pb::PlanRequest { columns: vec![0, 1], ..Default::default() }).unwrap();
        let request =
            pb::OpenScanRequest { table: table("encoded"), plan: plan.plan, columns: vec![0, 1, 2, 3], ..Default::default() };
        let open: pb::OpenScanResponse = store.ask(Op::OpenScan, &request).unwrap();
        let batch = store.guest.next(open.scan, 4096, 0).unwrap().unwrap();
        let kept = |slot: usize, plain: Encoding, feature: Feature| {
            assert_eq!(
                batch.read()[slot].encoding() == plain,
                features & feature as u64 != 0 && features != Feature::Selection as u64
            );
        };
        if features != Feature::Dictionary as u64 {
            kept(0, Encoding::View, Feature::StringView);
            kept(1, Encoding::Dictionary, Feature::Dictionary);
            kept(2, Encoding::Constant, Feature::Constant);
        }
    }
}

#[test]
fn what_a_connector_lacks_is_refused_by_name() {
    let mut store = start();
    let e =
        store.ask::<_, pb::StatisticsResponse>(Op::Statistics, &pb::StatisticsRequest { table: table("kv"), columns: vec![] });
    assert_eq!(e.unwrap_err().code(), Code::Unimplemented);
    let e = store.ask::<_, pb::TruncateResponse>(Op::Truncate, &pb::TruncateRequest { table: table("kv") }).unwrap_err();
    assert_eq!(e.code(), Code::ReadOnly);
    let e = store.ask::<_, pb::SuspendResponse>(Op::Suspend, &pb::SuspendRequest { scan: 1 }).unwrap_err();
    assert_eq!(e.code(), Code::Unimplemented, "SUSPEND is not announced");
    assert_eq!(store.guest.call(9999, &[]).unwrap_err().code(), Code::Unimplemented);
    assert_eq!(store.guest.call(Op::Plan as u32, &[0xff]).unwrap_err().code(), Code::InvalidArgument);
    assert_eq!(store.guest.next(77, 10, 0).unwrap_err().code(), Code::BadHandle);
    let last: pb::LastErrorResponse = store.ask(Op::LastError, &pb::LastErrorRequest {}).unwrap();
    assert!(last.status.unwrap().message.contains("handle 77"));
    let e = store.all(&TableName::new("needy")).unwrap_err();
    assert_eq!((e.code(), &e.status().required_columns), (Code::NoPlan, &vec!["url".to_owned()]));
    let list: pb::ListResponse = store.ask(Op::List, &pb::ListRequest { pattern: "k_".into(), ..Default::default() }).unwrap();
    assert_eq!(list.tables.len(), 2);
    let mut fresh = Instance { guest: wasql::guest::Guest::<Store>::default() };
    assert!(fresh.ask::<_, pb::ListResponse>(Op::List, &pb::ListRequest::default()).is_err());
}

// clause: 8.34
#[test]
fn a_plan_offers_alternatives() {
    struct Ways;
    impl Table for Ways {
        fn schema(&self) -> Result<Schema> {
            Ok(Schema::new([Column::new("n", Type::Int64)]))
        }
        fn plan(&self, plan: &mut Plan) -> Result<()> {
            plan.claim("n", wasql::Op::Ge, Use::Exact);
            (plan.cost, plan.token) = (Some(10.0), b"plain".to_vec());
            for _ in 0..9 {
                let other = plan.alternative();
                other.take_order_by("n");
                (other.cost, other.token) = (Some(30.0), b"ordered".to_vec());
            }
            Ok(())
        }
        fn scan(&self, scan: &Scan) -> Result<Rows> {
            Ok(Rows::named(scan, (0..0).map(|n: i64| Ok([("n".to_owned(), Value::Int(n))].into()))))
        }
    }
    impl Open for Ways {
        const NAME: &'static str = "t";
        fn open(_: &Options) -> Result<Self> {
            Ok(Ways)
        }
    }
    let mut guest = Instance::<Single<Ways>>::start(Native::default(), &[]).unwrap();
    let low = pb::Conjunct { filter: Some(filter(0, wasql::Op::Ge, vec![Value::Int(2)])), usable: true };
    let request =
        pb::PlanRequest { columns: vec![0], filters: vec![low], order: vec![pb::OrderKey::default()], ..Default::default() };
    let plan = guest.plan(&TableName::new("t"), request).unwrap();
    assert_eq!((plan.filters[0].r#use(), plan.order.unwrap().taken, plan.cost), (Use::Exact, false, Some(10.0)));
    assert_eq!(plan.alternatives.len(), 8, "the others are left out");
    for other in plan.alternatives {
        assert_eq!((other.filters[0].r#use(), other.order.unwrap().taken, other.cost), (Use::Ignored, true, Some(30.0)));
        assert_ne!(other.plan, plan.plan);
    }
}

#[test]
fn claims_are_kept_to_what_the_sdk_can_compare() {
    struct Claiming;
    impl Table for Claiming {
        fn schema(&self) -> Result<Schema> {
            Ok(Schema::new([Column::new("n", Type::Int64), Column::new("s", Type::Utf8)]))
        }
        fn plan(&self, plan: &mut Plan) -> Result<()> {
            plan.claim("n", wasql::Op::Ge, Use::Exact);
            plan.claim("s", wasql::Op::Eq, Use::Exact);
            plan.take_limit();
            Ok(())
        }
        fn scan(&self, scan: &Scan) -> Result<Rows> {
            let low = scan.ints("n").low as i64;
            let end = low + scan.limit().map_or(5, |(limit, _)| limit as i64);
            Ok(Rows::named(scan, (low..end).map(|n| Ok([("n".to_owned(), Value::Int(n))].into()))))
        }
    }
    impl Open for Claiming {
        const NAME: &'static str = "t";
        fn open(_: &Options) -> Result<Self> {
            Ok(Claiming)
        }
    }
    let mut guest = Instance::<Single<Claiming>>::start(Native::default(), &[]).unwrap();
    let mut text = filter(1, wasql::Op::Eq, vec!["a".into()]);
    text.collation = "utf8mb4_0900_ai_ci".into();
    let conjunct = |f: &pb::Filter, usable| pb::Conjunct { filter: Some(f.clone()), usable };
    let low = filter(0, wasql::Op::Ge, vec![Value::Decimal("41.5".into())]);
    let not_number = filter(0, wasql::Op::Ge, vec!["41".into()]);
    let request = pb::PlanRequest {
        columns: vec![0],
        filters: vec![conjunct(&low, true), conjunct(&text, true), conjunct(&not_number, true), conjunct(&low, false)],
        limit: Some(2),
        ..Default::default()
    };
    let plan = guest.plan(&TableName::new("t"), request.clone()).unwrap();
    let uses: Vec<Use> = plan.filters.iter().map(|f| f.r#use()).collect();
    assert_eq!(uses, [Use::Exact, Use::Ignored, Use::Ignored, Use::Ignored]);
    assert!(!plan.limit.unwrap().taken, "rows are still filtered by the engine");
    let request = pb::PlanRequest { filters: vec![conjunct(&low, true)], ..request };
    let plan = guest.plan(&TableName::new("t"), request).unwrap();
    assert!(plan.limit.unwrap().taken);
    let open = pb::OpenScanRequest { table: table("t"), plan: plan.plan, columns: vec![0], ..Default::default() };
    assert_eq!(guest.rows(&open, 4096).unwrap(), [vec![Value::Int(42)], vec![Value::Int(43)]]);
}
