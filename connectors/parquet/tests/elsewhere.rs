//! Files written by pyarrow and DuckDB, compared with the rows they say they wrote.
//!
//! Run `testdata/make.py FOLDER`, then `WASQL_PARQUET_DIR=FOLDER cargo test -p wasql-parquet -- --ignored`.

use serde_json::Value as Expected;
use wasql::native::{Instance, Native, filter};
use wasql::{Op, TableName, Use, Value, compare, pb};
use wasql_parquet::Files;

#[test]
#[ignore = "needs files made by testdata/make.py"]
fn files_of_other_writers_give_the_rows_they_were_written_from() {
    let folder = std::env::var("WASQL_PARQUET_DIR").expect("WASQL_PARQUET_DIR names the folder");
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .filter_map(|e| e.unwrap().file_name().to_string_lossy().strip_suffix(".parquet").map(str::to_owned))
        .collect();
    names.sort();
    assert!(names.len() >= 25, "only {} files in {folder}", names.len());
    let mut files = Instance::<Files>::start(Native::with_files(&folder), &[]).unwrap();
    let mut wrong = Vec::new();
    for name in names {
        let want = std::fs::read_to_string(format!("{folder}/{name}.json")).unwrap();
        let want: Vec<Vec<Expected>> = want.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        match files.all(&TableName::new(format!("{name}.parquet"))) {
            Err(e) => wrong.push(format!("{name}: {e}")),
            Ok(got) if got.len() != want.len() => wrong.push(format!("{name}: {} rows, want {}", got.len(), want.len())),
            Ok(got) => {
                let bad = got.iter().zip(&want).enumerate().find_map(|(row, (got, want))| {
                    let column = got.iter().zip(want).position(|(g, w)| !same(g, w))?;
                    Some(format!("{name}: row {row} column {column}: {:?}, want {}", got[column], want[column]))
                });
                wrong.extend(bad);
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What bloom filters, page bounds and dictionaries of other writers leave out is what does not pass.
#[test]
#[ignore = "needs files made by testdata/make.py"]
fn conditions_on_files_of_other_writers_leave_the_rows_that_pass() {
    let folder = std::env::var("WASQL_PARQUET_DIR").expect("WASQL_PARQUET_DIR names the folder");
    let mut files = Instance::<Files>::start(Native::with_files(&folder), &[]).unwrap();
    let (mut exact, mut left_out) = (0, std::collections::BTreeSet::new());
    for entry in std::fs::read_dir(&folder).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        let Some(_) = name.strip_suffix(".parquet") else { continue };
        let table = TableName::new(&name);
        let all = files.all(&table).unwrap();
        let width = all.first().map_or(0, Vec::len) as u32;
        for (column, at) in (0..width).flat_map(|c| [1, 3].map(|part| (c, all.len() * part / 4))) {
            let value = all[at][column as usize].clone();
            let above = match &value {
                Value::Int(v) => Value::Int(v.saturating_add(1)),
                Value::Text(v) => Value::Text(format!("{v}\u{1}")),
                other => other.clone(),
            };
            for (op, value) in [(Op::Eq, value.clone()), (Op::Eq, above), (Op::Lt, value.clone()), (Op::Ge, value)] {
                let mut f = filter(column, op, vec![value.clone()]);
                f.collation = "utf8mb4_0900_bin".into();
                let request = pb::PlanRequest {
                    columns: (0..width).collect(),
                    filters: vec![pb::Conjunct { filter: Some(f), usable: true }],
                    ..Default::default()
                };
                let plan = files.plan(&table, request).unwrap();
                let request = pb::OpenScanRequest {
                    table: Some(table.message().clone()),
                    plan: plan.plan,
                    columns: (0..width).collect(),
                    ..Default::default()
                };
                let open: pb::OpenScanResponse = files.ask(pb::Op::OpenScan, &request).unwrap();
                let mut got = files.drain(open.scan, 1000).unwrap();
                let counters: pb::ScanCountersResponse =
                    files.ask(pb::Op::ScanCounters, &pb::ScanCountersRequest { scan: open.scan }).unwrap();
                left_out.extend(counters.counters.into_iter().map(|c| c.key).filter(|k| k.contains("left out")));
                files.guest.close(open.scan);
                let passes = |row: &Vec<Value>| {
                    compare(&row[column as usize], &value).is_some_and(|o| match op {
                        Op::Eq => o.is_eq(),
                        Op::Lt => o.is_lt(),
                        _ => o.is_ge(),
                    })
                };
                if plan.filters[0].r#use() == Use::Exact {
                    exact += 1;
                } else {
                    got.retain(passes);
                }
                let want: Vec<&Vec<Value>> = all.iter().filter(|r| passes(r)).collect();
                let told = |rows: Vec<&Vec<Value>>| rows.iter().map(|r| format!("{r:?}")).collect::<Vec<_>>();
                assert!(
                    told(got.iter().collect()) == told(want),
                    "{name}, column {column}, {op:?} {value:?}: {} rows",
                    got.len()
                );
            }
        }
    }
    assert!(exact > 1000, "only {exact} exact");
    assert!(left_out.len() >= 2, "only {left_out:?}");
}

fn same(got: &Value, want: &Expected) -> bool {
    match (got, want) {
        (Value::Null, want) => want.is_null(),
        (Value::Bool(v), want) => want.as_bool() == Some(*v),
        (Value::Int(v) | Value::Time(v) | Value::Datetime(v), want) => want.as_i64() == Some(*v),
        (Value::Date(v), want) => want.as_i64() == Some(i64::from(*v)),
        (Value::Uint(v), want) => want.as_u64() == Some(*v),
        (Value::Float(v), want) => want.as_f64() == Some(*v),
        (Value::Decimal(v) | Value::Text(v), want) => want.as_str() == Some(v),
        (Value::Bytes(v), want) => want.as_str() == Some(&v.iter().map(|b| format!("{b:02x}")).collect::<String>()),
        (Value::Json(v), want) => serde_json::from_str::<Expected>(v).is_ok_and(|v| alike(&v, want)),
    }
}

/// JSON values that are equal, whole numbers and floats alike.
fn alike(a: &Expected, b: &Expected) -> bool {
    match (a, b) {
        (Expected::Number(a), Expected::Number(b)) => a.as_f64() == b.as_f64(),
        (Expected::Array(a), Expected::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| alike(a, b)),
        (Expected::Object(a), Expected::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(k, v)| b.get(k).is_some_and(|w| alike(v, w)))
        }
        _ => a == b,
    }
}
