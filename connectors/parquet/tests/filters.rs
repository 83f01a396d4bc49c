//! Rows that conditions leave out: the ones that SQL leaves out, whatever way of writing, size of batch or limit; and what is not read for it.

mod common;

use common::{Style, styles, write};
use std::cmp::Ordering;
use wasql::native::{Instance, Native, filter};
use wasql::pb::{self, Op};
use wasql::{Op as F, TableName, Use, Value, compare};
use wasql_parquet::Files;

const TABLE: &str = "cities.parquet";

struct Random(u64);

impl Random {
    fn below(&mut self, n: i64) -> i64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as i64 % n
    }
}

/// SQL's OR of conditions.
fn any(conditions: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut out = Some(false);
    for condition in conditions {
        match condition {
            Some(true) => return Some(true),
            Some(false) => {}
            None => out = None,
        }
    }
    out
}

/// What SQL says of a condition: true, false or NULL.
fn holds(f: &pb::Filter, row: &[Value]) -> Option<bool> {
    match f.op() {
        F::And => any(f.children.iter().map(|c| holds(c, row).map(|b| !b))).map(|b| !b),
        F::Or => any(f.children.iter().map(|c| holds(c, row))),
        op => {
            let value = &row[f.column.unwrap() as usize];
            let operands: Vec<Value> = f
                .operands
                .iter()
                .map(|o| match &o.kind {
                    Some(pb::operand::Kind::Value(v)) => v.clone().into(),
                    _ => panic!("no value"),
                })
                .collect();
            let one = |v: &Value, test: fn(Ordering) -> bool| {
                if value.is_null() || v.is_null() { None } else { compare(value, v).map(test) }
            };
            let some = |test| any(operands.iter().map(|v| one(v, test)));
            match op {
                F::IsNull => Some(value.is_null()),
                F::IsNotNull => Some(!value.is_null()),
                F::NullSafeEq if value.is_null() || operands[0].is_null() => Some(value.is_null() && operands[0].is_null()),
                F::Eq | F::In | F::NullSafeEq => some(Ordering::is_eq),
                F::Ne | F::NotIn => some(Ordering::is_eq).map(|b| !b),
                F::Lt => some(Ordering::is_lt),
                F::Le => some(Ordering::is_le),
                F::Gt => some(Ordering::is_gt),
                F::Ge => some(Ordering::is_ge),
                other => panic!("{other:?}"),
            }
        }
    }
}

/// A condition of a column of rows whose ids are below `rows`.
fn leaf(random: &mut Random, column: u32, rows: i64) -> pb::Filter {
    let ops = [F::Eq, F::Ne, F::Lt, F::Le, F::Gt, F::Ge, F::NullSafeEq, F::In, F::NotIn, F::IsNull, F::IsNotNull];
    let op = ops[random.below(ops.len() as i64) as usize];
    let count = match op {
        F::IsNull | F::IsNotNull => 0,
        F::In | F::NotIn if random.below(4) == 0 => 1 + random.below(200),
        F::In | F::NotIn => 1 + random.below(4),
        _ => 1,
    };
    let values = (0..count).map(|_| {
        let i = random.below(rows + 20) - 10;
        match column {
            _ if random.below(30) == 0 => Value::Null,
            0 if random.below(3) == 0 => Value::Decimal(format!("{i}.5")),
            0 => Value::Int(i),
            1 => Value::Text(format!("city {}", i % 45)),
            2 => Value::Decimal(format!("{}.{:03}", i * 5 / 4, random.below(8) * 125)),
            3 if random.below(3) == 0 => Value::Datetime(i * 86_400_000_000 + random.below(2)),
            3 => Value::Date(i as i32),
            _ => Value::Float(i as f64 / 4.0),
        }
    });
    let mut f = filter(column, op, values.collect());
    if column == 1 {
        f.collation = "utf8mb4_0900_bin".into();
    }
    f
}

fn tree(random: &mut Random, column: u32, rows: i64) -> pb::Filter {
    if random.below(3) > 0 {
        return leaf(random, column, rows);
    }
    let op = if random.below(2) == 0 { F::And } else { F::Or };
    let children = (0..2 + random.below(2)).map(|_| tree(random, column, rows)).collect();
    pb::Filter { op: op as i32, children, ..Default::default() }
}

fn conjuncts(filters: &[pb::Filter]) -> Vec<pb::Conjunct> {
    filters.iter().map(|f| pb::Conjunct { filter: Some(f.clone()), usable: true }).collect()
}

fn open(plan: &pb::PlanResponse, columns: &[u32]) -> pb::OpenScanRequest {
    let table = Some(TableName::new(TABLE).message().clone());
    pb::OpenScanRequest { table, plan: plan.plan.clone(), columns: columns.to_vec(), ..Default::default() }
}

// checklist: P1
#[test]
fn random_conditions_leave_the_rows_that_sql_leaves() {
    let folder = tempfile::tempdir().unwrap();
    let (groups, rows) = (3, 300);
    let rounds: usize = std::env::var("WASQL_QUESTIONS").ok().and_then(|n| n.parse().ok()).unwrap_or(40);
    for (number, style) in styles().into_iter().enumerate() {
        write(&folder.path().join(TABLE), groups, rows, style);
        let mut files = Instance::<Files>::start(Native::with_files(folder.path()), &[]).unwrap();
        let all = files.all(&TableName::new(TABLE)).unwrap();
        let mut random = Random(number as u64 + 1);
        let mut exact = 0;
        for round in 0..rounds {
            let filters: Vec<pb::Filter> = (0..1 + random.below(3))
                .map(|_| {
                    let column = random.below(5) as u32;
                    tree(&mut random, column, groups * rows)
                })
                .collect();
            let columns: Vec<u32> = (0..6).filter(|_| random.below(2) == 0).collect();
            let limit = (random.below(3) == 0).then(|| (random.below(40) as u64, random.below(20) as u64));
            let (most, offset) = limit.unzip();
            let request = pb::PlanRequest {
                columns: columns.clone(),
                filters: conjuncts(&filters),
                limit: most,
                offset: offset.unwrap_or(0),
                ..Default::default()
            };
            let what = format!("{style:?}, round {round}: {filters:?}");
            let plan = files.plan(&TableName::new(TABLE), request).unwrap();
            let uses: Vec<Use> = plan.filters.iter().map(|f| f.r#use()).collect();
            let passing = |f: &pb::Filter, row: &[Value]| holds(f, row) == Some(true);
            let sure: Vec<&pb::Filter> = filters.iter().zip(&uses).filter(|(_, u)| **u == Use::Exact).map(|(f, _)| f).collect();
            let of = |row: &Vec<Value>| columns.iter().map(|&c| row[c as usize].clone()).collect::<Vec<Value>>();
            let want: Vec<&Vec<Value>> = all.iter().filter(|r| sure.iter().all(|f| passing(f, r))).collect();
            let taken = plan.limit.as_ref().is_some_and(|l| l.taken);
            assert_eq!(taken, limit.is_some() && sure.len() == filters.len(), "{what}");
            let (skip, take) = if taken { (offset.unwrap(), most.unwrap()) } else { (0, u64::MAX) };
            let batch = [1, 7, 64, 4096][random.below(4) as usize];
            let got = files.rows(&open(&plan, &columns), batch).unwrap();
            if sure.len() == filters.len() {
                exact += 1;
                let want: Vec<Vec<Value>> = want.into_iter().map(of).skip(skip as usize).take(take as usize).collect();
                assert!(got == want, "{what}: {} rows, want {}", got.len(), want.len());
                continue;
            }
            // More rows may come, but none that passes is lost, and none that is sure not to.
            let must: Vec<Vec<Value>> = all.iter().filter(|r| filters.iter().all(|f| passing(f, r))).map(of).collect();
            let mut rest = got.iter();
            assert!(must.iter().all(|row| rest.any(|r| r == row)), "{what}: a row is lost");
            let mut may = want.into_iter().map(of);
            assert!(got.iter().all(|row| may.any(|r| r == *row)), "{what}: a row too many");
        }
        assert!(exact > rounds / 4, "{style:?}: only {exact} of {rounds} were exact");
    }
}

/// The rows of a question, and the counters of its scan.
fn ask(files: &mut Instance<Files>, columns: &[u32], filters: Vec<pb::Filter>) -> (Vec<Vec<Value>>, Vec<(String, String)>) {
    let request = pb::PlanRequest { columns: columns.to_vec(), filters: conjuncts(&filters), ..Default::default() };
    let plan = files.plan(&TableName::new(TABLE), request).unwrap();
    let scan: pb::OpenScanResponse = files.ask(Op::OpenScan, &open(&plan, columns)).unwrap();
    let rows = files.drain(scan.scan, 4096).unwrap();
    let counters: pb::ScanCountersResponse = files.ask(Op::ScanCounters, &pb::ScanCountersRequest { scan: scan.scan }).unwrap();
    (rows, counters.counters.into_iter().map(|c| (c.key, c.value)).collect())
}

fn counted(counters: &[(String, String)], key: &str) -> String {
    counters.iter().find(|(k, _)| k == key).map_or_else(String::new, |(_, v)| v.clone())
}

#[test]
fn pages_and_row_groups_are_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let plain = Style { dictionary: false, ..Default::default() };
    let text = |op, v: &str| {
        let mut f = filter(1, op, vec![Value::Text(v.into())]);
        f.collation = "utf8mb4_0900_bin".into();
        f
    };
    for (what, style, columns, filters, rows, key, want) in [
        // Pages hold 64 rows, of the ids 0 to 999 and 1000 to 1999.
        (
            "page bounds",
            plain,
            vec![0, 2, 5],
            vec![filter(0, F::Eq, vec![Value::Int(500)])],
            1,
            "pages left out by their bounds",
            "15",
        ),
        ("page bounds", plain, vec![2], vec![filter(0, F::Lt, vec![Value::Int(70)])], 70, "rows looked at", "128"),
        ("page bounds of texts", plain, vec![0], vec![text(F::Gt, "city 99")], 0, "pages read", "0"),
        (
            "bloom filters",
            Style { bloom: true, ..plain },
            vec![0],
            vec![text(F::Eq, "city 05")],
            0,
            "row groups left out by bloom filters",
            "2",
        ),
        (
            "bloom filters",
            Style { bloom: true, ..plain },
            vec![0],
            vec![filter(2, F::In, vec![Value::Int(5), Value::Int(1500)])],
            2,
            "row groups read",
            "2 of 2",
        ),
        (
            "dictionaries",
            Style { bounds: false, ..Default::default() },
            vec![0],
            vec![text(F::Eq, "city 05")],
            0,
            "row groups left out by dictionaries",
            "2",
        ),
        (
            "dictionaries",
            Style { bounds: false, ..Default::default() },
            vec![0],
            vec![text(F::Eq, "city 5")],
            33,
            "row groups read",
            "2 of 2",
        ),
    ] {
        write(&folder.path().join(TABLE), 2, 1000, style);
        let mut files = Instance::<Files>::start(Native::with_files(folder.path()), &[]).unwrap();
        let (got, counters) = ask(&mut files, &columns, filters);
        assert_eq!((got.len(), counted(&counters, key).as_str()), (rows, want), "{what}: {counters:?}");
    }
}

#[test]
fn a_column_is_decoded_for_the_rows_that_are_left() {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join(TABLE), 1, 5000, Style { dictionary: false, ..Default::default() });
    let mut files = Instance::<Files>::start(Native::with_files(folder.path()), &[]).unwrap();
    // Heights lie in the order of ids, but their conditions are not pushed to pages: 79 pages of prices, of which one is needed.
    let (rows, counters) = ask(&mut files, &[2], vec![filter(0, F::Eq, vec![Value::Int(4321)])]);
    assert_eq!(rows, [[Value::Decimal("5401.25".into())]]);
    assert_eq!(counted(&counters, "pages read"), "2");
}

#[test]
fn a_wrong_index_of_pages_is_an_error_or_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(TABLE);
    write(&path, 1, 1000, Style { dictionary: false, ..Default::default() });
    let whole = std::fs::read(&path).unwrap();
    let wanted = || vec![filter(0, F::Eq, vec![Value::Int(700)])];
    let read = |bytes: &[u8]| -> wasql::Result<Vec<Vec<Value>>> {
        std::fs::write(&path, bytes).unwrap();
        let mut files = Instance::<Files>::start(Native::with_files(folder.path()), &[]).unwrap();
        let request = pb::PlanRequest { columns: vec![0], filters: conjuncts(&wanted()), ..Default::default() };
        let plan = files.plan(&TableName::new(TABLE), request)?;
        files.rows(&open(&plan, &[0]), 4096)
    };
    assert_eq!(read(&whole).unwrap(), [[Value::Int(700)]]);
    // The indexes lie between the pages and the footer: 16 pages a column.
    let footer = u32::from_le_bytes(whole[whole.len() - 8..whole.len() - 4].try_into().unwrap()) as usize;
    let end = whole.len() - 8 - footer;
    let (mut errors, mut random) = (0, Random(3));
    for _ in 0..1500 {
        let mut broken = whole.clone();
        let at = end - 1 - random.below(2500) as usize;
        broken[at] ^= 1 << random.below(8);
        match read(&broken) {
            Err(e) => {
                errors += 1;
                assert!(e.to_string().contains(TABLE), "{e}");
            }
            // A bound that lies may lose the row; it never gives another one.
            Ok(rows) => assert!(rows.is_empty() || rows == [[Value::Int(700)]], "flipped at {at}: {rows:?}"),
        }
    }
    assert!(errors > 0, "no flip was noticed");
}
