//! Files written by pyarrow and DuckDB, compared with the rows they say they wrote.
//!
//! Run `testdata/make.py FOLDER`, then `WASQL_PARQUET_DIR=FOLDER cargo test -p wasql-parquet -- --ignored`.

use serde_json::Value as Expected;
use wasql::native::{Instance, Native};
use wasql::{TableName, Value};
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
