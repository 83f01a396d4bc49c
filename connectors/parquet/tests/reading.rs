//! What is read, and what is not.

mod common;

use common::{Style, styles, write};
use wasql::native::{Instance, Native, filter};
use wasql::pb::{self, Op, value::Kind};
use wasql::{Code, TableName, Value};
use wasql_parquet::Files;

struct Bench {
    folder: tempfile::TempDir,
    files: Instance<Files>,
}

impl Bench {
    fn new(groups: i64, rows: i64, style: Style) -> Self {
        let folder = tempfile::tempdir().unwrap();
        write(&folder.path().join("cities.parquet"), groups, rows, style);
        let files = Instance::start(Native::with_files(folder.path()), &[]).unwrap();
        Bench { folder, files }
    }

    fn table() -> TableName {
        TableName::new("cities.parquet")
    }

    fn plan(&mut self, columns: &[u32], filters: Vec<pb::Filter>, limit: Option<(u64, u64)>) -> pb::PlanResponse {
        let filters = filters.into_iter().map(|f| pb::Conjunct { filter: Some(f), usable: true }).collect();
        let mut request = pb::PlanRequest { columns: columns.to_vec(), filters, ..Default::default() };
        if let Some((limit, offset)) = limit {
            (request.limit, request.offset) = (Some(limit), offset);
        }
        self.files.plan(&Self::table(), request).unwrap()
    }

    fn open(plan: &pb::PlanResponse, columns: &[u32]) -> pb::OpenScanRequest {
        let table = Some(Self::table().message().clone());
        pb::OpenScanRequest { table, plan: plan.plan.clone(), columns: columns.to_vec(), ..Default::default() }
    }
}

#[test]
fn every_way_of_writing_gives_the_same_rows() {
    let mut first = None;
    for style in styles() {
        let mut bench = Bench::new(3, 500, style);
        let rows = bench.files.all(&Bench::table()).unwrap();
        assert_eq!(rows.len(), 1500);
        let want = [
            Value::Int(7),
            Value::Text("city 7".into()),
            Value::Decimal("8.75".into()),
            Value::Date(7),
            Value::Float(1.75),
            Value::Json("[\"t7.0\",null,\"t7.2\"]".into()),
        ];
        assert_eq!(rows[7], want, "{style:?}");
        assert_eq!(rows[4][5], Value::Null, "{style:?}");
        assert_eq!(rows[5][5], Value::Json("[]".into()), "{style:?}");
        assert_eq!(first.get_or_insert_with(|| rows.clone()), &rows, "{style:?}");
    }
}

#[test]
fn row_groups_that_cannot_match_are_not_read() {
    let mut bench = Bench::new(12, 100, Style::default());
    use wasql::Op as F;
    let int = Value::Int;
    let or = |children| pb::Filter { op: F::Or as i32, children, ..Default::default() };
    let text = |op, v: &str, collation: &str| {
        let mut f = filter(1, op, vec![Value::Text(v.into())]);
        f.collation = collation.into();
        f
    };
    let decimal = |v: &str| Value::Decimal(v.into());
    for (what, filters, want) in [
        ("no filter", vec![], 12),
        ("=", vec![filter(0, F::Eq, vec![int(250)])], 1),
        ("= nowhere", vec![filter(0, F::Eq, vec![int(-1)])], 0),
        ("<", vec![filter(0, F::Lt, vec![int(200)])], 2),
        ("<= at the edge", vec![filter(0, F::Le, vec![int(200)])], 3),
        (">=", vec![filter(0, F::Ge, vec![Value::Float(899.5)])], 3),
        (">", vec![filter(0, F::Gt, vec![int(1099)])], 1),
        ("between", vec![filter(0, F::Ge, vec![int(150)]), filter(0, F::Le, vec![int(399)])], 3),
        ("in", vec![filter(0, F::In, vec![int(5), Value::Null, int(1100)])], 2),
        ("or", vec![or(vec![filter(0, F::Lt, vec![int(100)]), filter(0, F::Ge, vec![int(1100)])])], 2),
        ("date", vec![filter(3, F::Eq, vec![Value::Datetime(550 * 86_400_000_000)])], 1),
        ("decimal", vec![filter(2, F::Le, vec![decimal("124.999")])], 1),
        ("double", vec![filter(4, F::Lt, vec![Value::Float(25.0)])], 1),
        ("null", vec![filter(0, F::Eq, vec![Value::Null])], 0),
        ("is null, never", vec![filter(0, F::IsNull, vec![])], 0),
        ("is null", vec![filter(1, F::IsNull, vec![])], 12),
        ("is not null", vec![filter(1, F::IsNotNull, vec![])], 12),
        ("text by bytes", vec![text(F::Gt, "city 99", "utf8mb4_0900_bin")], 0),
        ("text by a collation", vec![text(F::Gt, "city 99", "utf8mb4_0900_ai_ci")], 12),
    ] {
        let plan = bench.plan(&[0], filters.clone(), None);
        assert_eq!(plan.explain[0].value, format!("{want} of 12"), "{what}");
        assert_eq!(plan.rows, Some(f64::from(want) * 100.0), "{what}");
        let rows = bench.files.rows(&Bench::open(&plan, &[0]), 4096).unwrap();
        assert!(rows.len() <= want as usize * 100, "{what}");
        let claimed = plan.filters.iter().all(|f| f.r#use() != wasql::Use::Ignored);
        assert!(claimed, "{what}");
        let exact = plan.filters.iter().all(|f| f.r#use() == wasql::Use::Exact);
        assert_eq!(exact, !matches!(what, "double" | "text by a collation"), "{what}");
    }
}

#[test]
fn values_known_only_at_open_prune_too() {
    let mut bench = Bench::new(12, 100, Style::default());
    let mut late = filter(0, wasql::Op::Eq, vec![]);
    late.operands = vec![pb::Operand { kind: Some(pb::operand::Kind::Param(0)), r#type: pb::Type::Int64 as i32 }];
    let plan = bench.plan(&[0], vec![late], None);
    assert_eq!(plan.explain[0].value, "12 of 12");
    let mut open = Bench::open(&plan, &[0]);
    open.params = vec![pb::Value { kind: Some(Kind::Int64(777)) }];
    let rows = bench.files.rows(&open, 4096).unwrap();
    assert_eq!(rows, [[Value::Int(777)]]);
}

#[test]
fn only_the_pages_of_the_columns_asked_for_are_read() {
    let mut bench = Bench::new(2, 2000, Style { dictionary: false, ..Default::default() });
    let mut read = |columns: &[u32]| {
        let plan = bench.plan(columns, vec![], None);
        let open: pb::OpenScanResponse = bench.files.ask(Op::OpenScan, &Bench::open(&plan, columns)).unwrap();
        assert_eq!(bench.files.drain(open.scan, 4096).unwrap().len(), 4000);
        let counters: pb::ScanCountersResponse =
            bench.files.ask(Op::ScanCounters, &pb::ScanCountersRequest { scan: open.scan }).unwrap();
        counters.counters.iter().find(|c| c.key == "bytes read").unwrap().value.parse::<u64>().unwrap()
    };
    let (none, one, all) = (read(&[]), read(&[0]), read(&[0, 1, 2, 3, 4, 5]));
    assert_eq!(none, 0);
    assert!((32_000..40_000).contains(&one), "{one} bytes for 4000 numbers of 8 bytes");
    assert!(all > 3 * one, "{all} bytes for all columns");
}

#[test]
fn a_limit_is_taken_with_its_offset_and_leaves_row_groups_unread() {
    let mut bench = Bench::new(12, 100, Style::default());
    for (limit, offset, want) in [(5, 0, 0..5), (10, 95, 95..105), (300, 1000, 1000..1200), (0, 3, 0..0), (9, 1200, 0..0)] {
        let plan = bench.plan(&[0], vec![], Some((limit, offset)));
        assert!(plan.limit.as_ref().unwrap().taken && !plan.partitionable);
        let rows = bench.files.rows(&Bench::open(&plan, &[0]), 64).unwrap();
        let want: Vec<Vec<Value>> = want.map(|i: i64| vec![Value::Int(i)]).collect();
        assert_eq!(rows, want, "limit {limit} offset {offset}");
    }
    let plan = bench.plan(&[0], vec![filter(4, wasql::Op::Lt, vec![Value::Float(12.5)])], Some((5, 0)));
    assert!(!plan.limit.unwrap().taken, "a filter that is not exact stands before the limit");
}

#[test]
fn partitions_hold_every_row_once_and_notice_changed_files() {
    let mut bench = Bench::new(7, 50, Style::default());
    for wanted in [1, 3, 7, 20] {
        let plan = bench.plan(&[0], vec![filter(0, wasql::Op::Ge, vec![Value::Int(60)])], None);
        let request = pb::PartitionsRequest {
            table: Some(Bench::table().message().clone()),
            plan: plan.plan.clone(),
            wanted,
            ..Default::default()
        };
        let answer: pb::PartitionsResponse = bench.files.ask(Op::Partitions, &request).unwrap();
        assert_eq!(answer.partitions.len(), wanted.min(6) as usize);
        let mut ids = Vec::new();
        for partition in answer.partitions {
            let mut open = Bench::open(&plan, &[0]);
            open.partition = partition.token;
            ids.extend(bench.files.rows(&open, 4096).unwrap().into_iter().map(|r| r[0].as_int().unwrap()));
        }
        assert_eq!(ids, (60..350).collect::<Vec<i64>>());
    }
    let plan = bench.plan(&[0], vec![], None);
    write(&bench.folder.path().join("cities.parquet"), 6, 50, Style::default());
    let request =
        pb::PartitionsRequest { table: Some(Bench::table().message().clone()), plan: plan.plan, wanted: 2, ..Default::default() };
    let e = bench.files.ask::<_, pb::PartitionsResponse>(Op::Partitions, &request).unwrap_err();
    assert_eq!(e.code(), Code::Aborted);
}

#[test]
fn the_footer_answers_counts_and_statistics() {
    let mut bench = Bench::new(3, 100, Style::default());
    let described = bench.files.describe(&Bench::table()).unwrap();
    assert_eq!((described.row_count, described.row_count_exact), (Some(300), true));
    let request = pb::StatisticsRequest { table: Some(Bench::table().message().clone()), columns: vec![0, 1, 5] };
    let answer: pb::StatisticsResponse = bench.files.ask(Op::Statistics, &request).unwrap();
    let int = |v| Some(pb::Value { kind: Some(Kind::Int64(v)) });
    assert_eq!((answer.rows, &answer.columns[0].min, &answer.columns[0].max), (Some(300), &int(0), &int(299)));
    assert_eq!(answer.columns[1].nulls, Some(100));
    assert_eq!((&answer.columns[2].min, answer.columns[2].nulls), (&None, None));
}

#[test]
fn a_folder_and_a_glob_are_one_table_and_must_agree() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("d")).unwrap();
    write(&folder.path().join("d/a.parquet"), 1, 10, Style::default());
    write(&folder.path().join("d/b.parquet"), 2, 10, Style::default());
    std::fs::write(folder.path().join("d/readme.txt"), "no table").unwrap();
    let mut files = Instance::<Files>::start(Native::with_files(folder.path()), &[]).unwrap();
    for name in ["d", "d/*.parquet", "d/[ab].parquet"] {
        assert_eq!(files.all(&TableName::new(name)).unwrap().len(), 30, "{name}");
    }
    let mut server = Instance::<Files>::again(&[("path", "d")]).unwrap();
    let list: pb::ListResponse = server.ask(Op::List, &pb::ListRequest::default()).unwrap();
    assert_eq!(list.tables.iter().map(|t| t.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(server.all(&TableName::new("b")).unwrap().len(), 20);
    let other = folder.path().join("d/c.parquet");
    let schema = std::sync::Arc::new(parquet::schema::parser::parse_message_type("message m { required int32 id; }").unwrap());
    let out = std::fs::File::create(other).unwrap();
    parquet::file::writer::SerializedFileWriter::new(out, schema, Default::default()).unwrap().close().unwrap();
    let e = files.all(&TableName::new("d")).unwrap_err().to_string();
    assert!(e.contains("1 columns where there are 6") && e.contains("d/c.parquet") && e.contains("d/a.parquet"), "{e}");
}

#[test]
fn what_is_no_parquet_file_is_told_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    write(&path("good.parquet"), 2, 100, Style::default());
    let good = std::fs::read(path("good.parquet")).unwrap();
    std::fs::write(path("empty.parquet"), "").unwrap();
    std::fs::write(path("text.parquet"), "id,name\n1,a\n2,b\n").unwrap();
    std::fs::write(path("cut.parquet"), &good[..good.len() / 2]).unwrap();
    let mut hole = good.clone();
    hole[4..400].fill(0xff);
    std::fs::write(path("hole.parquet"), hole).unwrap();
    let mut files = Instance::<Files>::start(Native::with_files(folder.path()), &[]).unwrap();
    for (name, say) in [
        ("missing.parquet", "missing.parquet"),
        ("empty.parquet", "0 bytes are too few"),
        ("text.parquet", "does not begin with PAR1"),
        ("cut.parquet", "the file was cut"),
        ("hole.parquet", "page at byte"),
        ("../good.parquet", "leaves the granted folder"),
        ("nothing*.parquet", "no file matches"),
    ] {
        let e = files.all(&TableName::new(name)).unwrap_err().to_string();
        assert!(e.contains(say) && e.contains(name) && !e.contains('\n'), "{name}: {e}");
    }
    let check = |files: &mut Instance<Files>, name: &str| -> Vec<pb::Finding> {
        let table = Some(TableName::new(name).message().clone());
        let answer: pb::IntegrityResponse =
            files.ask(Op::Integrity, &pb::IntegrityRequest { table, mode: String::new() }).unwrap();
        answer.findings
    };
    assert_eq!(check(&mut files, "good.parquet"), []);
    assert!(!check(&mut files, "hole.parquet").is_empty());
}
