//! CSV files as tables, driven as the host drives the module.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use wasql::native::{Instance, Native, filter};
use wasql::{Op, Result, TableName, Value, pb};
use wasql_csv::Csv;

/// An empty folder of its own for each call.
fn folder(name: &str) -> PathBuf {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let path = std::env::temp_dir().join(format!("wasql-csv-{}-{count}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    path
}

fn start(folder: &PathBuf, options: &[(&str, &str)]) -> Instance<Csv> {
    Instance::start(Native::with_files(folder), options).unwrap()
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// A table of options written as in a path: `null=NA&header=true`.
fn table(file: &str, options: &str) -> TableName {
    let pairs = options.split('&').filter_map(|pair| pair.split_once('='));
    pairs.fold(TableName::new(file), |table, (name, value)| table.with_option(name, value))
}

/// Columns and rows of one file, as text: `name type, …; value|value; …`.
fn show(file: &str, text: &[u8], options: &str) -> Result<String> {
    let folder = folder("show");
    fs::write(folder.join(file), text).unwrap();
    let mut csv = start(&folder, &[]);
    let table = table(file, options);
    let described = csv.describe(&table)?;
    let columns: Vec<String> =
        described.columns.iter().filter(|c| !c.hidden).map(|c| format!("{} {}", c.name, c.sql_type)).collect();
    let rows = csv.all(&table)?;
    let rows = rows.iter().map(|row| row.iter().map(plain).collect::<Vec<_>>().join("|"));
    fs::remove_dir_all(&folder).unwrap();
    Ok(std::iter::once(columns.join(",")).chain(rows).collect::<Vec<_>>().join("; "))
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => "~".into(),
        Value::Int(v) => v.to_string(),
        Value::Uint(v) => v.to_string(),
        Value::Float(v) => v.to_string(),
        Value::Decimal(v) | Value::Text(v) | Value::Json(v) => v.clone(),
        Value::Date(v) => format!("d{v}"),
        Value::Time(v) | Value::Datetime(v) => format!("t{v}"),
        Value::Bool(v) => v.to_string(),
        Value::Bytes(v) => format!("{v:?}"),
    }
}

#[test]
fn files_of_every_kind() {
    for (file, text, options, want) in [
        ("a.csv", &b"a,b\n1,x\n2,\n"[..], "", "a bigint,b longtext; 1|x; 2|~"),
        ("a.csv", b"a,b\n1,x\n2,\"\"\n", "", "a bigint,b longtext; 1|x; 2|"),
        ("a.csv", b"\xef\xbb\xbfa,b\r\n1,x\r\n", "", "a bigint,b longtext; 1|x"),
        ("a.csv", b"a,b\r1,x\r2,y", "", "a bigint,b longtext; 1|x; 2|y"),
        ("a.csv", b"a;b\n1,5;2\n", "decimal=,", "a double,b bigint; 1.5|2"),
        ("a.tsv", b"a\tb\n1\t2.5\n", "", "a bigint,b double; 1|2.5"),
        ("a.csv", b"1,2\n3,4\n", "header=false", "c1 bigint,c2 bigint; 1|2; 3|4"),
        ("a.csv", b"1,2\n3,4\n", "header=auto", "c1 bigint,c2 bigint; 1|2; 3|4"),
        ("a.csv", b"x,y\n3,4\n", "header=auto", "x bigint,y bigint; 3|4"),
        ("a.csv", b"a,A,\n1,2,3\n", "", "a bigint,A_1 bigint,c3 bigint; 1|2|3"),
        ("a.csv", b"a,b\n", "", "a longtext,b longtext"),
        ("a.csv", b"a,b", "", "a longtext,b longtext"),
        ("a.csv", b"a\n1\n\n2\n", "", "a bigint; 1; ~; 2"),
        ("a.csv", b"a,b\n\n1,2\n\n", "", "a bigint,b bigint; 1|2"),
        ("a.csv", b"a,b\nNA,NA\n1,\"NA\"\n-9,\n", "null=NA|-9", "a bigint,b longtext; ~|~; 1|NA; ~|"),
        ("a.csv", b"a\n007\n008\n", "", "a longtext; 007; 008"),
        ("a.csv", b"a\n007\n", "types=a:INT", "a int; 7"),
        ("a.csv", b"a\n1.25\n", "types=a:DECIMAL(5,1)", "a decimal(5,1); 1.3"),
        ("a.csv", b"a\n9223372036854775808\n", "", "a decimal(38,0); 9223372036854775808"),
        ("a.csv", b"a\n18446744073709551615\n", "types=a:BIGINT UNSIGNED", "a bigint unsigned; 18446744073709551615"),
        ("a.csv", b"a\ntrue\nno\n", "types=a:BOOL", "a tinyint(1); 1; 0"),
        ("a.csv", b"a\n1970-01-02\n", "", "a date; d1"),
        ("a.csv", b"a\n1970-01-01T00:00:01Z\n1970-01-01 00:00:02\n", "", "a datetime; t1000000; t2000000"),
        ("a.csv", b"a\n1970-01-01 00:00:00.5\n", "", "a datetime(6); t500000"),
        ("a.csv", b"a\n02.01.1970\n", "dateformat=%d.%m.%Y", "a date; d1"),
        ("a.csv", b"a\n01/01/1970 01:00\n", "datetimeformat=%m/%d/%Y %H:%M", "a datetime; t3600000000"),
        ("a.csv", b"a\n-0:00:01\n", "", "a time; t-1000000"),
        ("a.csv", b"a\n1994\n", "types=a:YEAR", "a year; 1994"),
        ("a.csv", b"a\n\"{\"\"x\"\": [1]}\"\n", "types=a:JSON", "a json; {\"x\": [1]}"),
        ("a.csv", b"a,b\n\"x\n\"\"y\"\"\",1\n", "", "a longtext,b bigint; x\n\"y\"|1"),
        ("a.csv", b"a,b\n\"x\\\"y\\\\\",1\n", "escape=\\", "a longtext,b bigint; x\"y\\|1"),
        ("a.csv", b"a,b\n'x',1\n", "quote='", "a longtext,b bigint; x|1"),
        ("a.csv", b"a,b\n\"x,1\n", "quote=none", "a longtext,b bigint; \"x|1"),
        ("a.csv", b"junk\nmore\n#c\na,b\n#d\n1,2\n", "skip=2&comment=#", "a bigint,b bigint; 1|2"),
        ("a.csv", b" a , b \n 1 , x \n", "trim=true", "a bigint,b longtext; 1|x"),
        ("a.csv", b"a, b\n 1 , x \n", "", "a bigint, b longtext; 1| x "),
        ("a.csv", b"a,b\n1\n1,2,3\n", "ragged=pad", "a bigint,b bigint; 1|~; 1|2"),
        ("a.csv", "ä,b\né,\u{1f600}\n".as_bytes(), "", "ä longtext,b longtext; é|\u{1f600}"),
        ("a.csv", b"a,b\n1,nan\n2,inf\n", "", "a bigint,b longtext; 1|nan; 2|inf"),
        ("a.csv", b"\"a\",\"b\"\n\"1\",\"\"\n\"2\",\"3\"\n", "", "a bigint,b bigint; 1|~; 2|3"),
        ("a.csv", b"a\n\"1\"\"\"\n", "", "a longtext; 1\""),
    ] {
        assert_eq!(show(file, text, options).unwrap(), want, "{:?} {options}", String::from_utf8_lossy(text));
        let packed = show(&format!("{file}.gz"), &gzip(text), options).unwrap();
        assert_eq!(packed, want, "gzip of {:?} {options}", String::from_utf8_lossy(text));
    }
}

#[test]
fn wrong_files_give_one_clear_line() {
    let cut = gzip(&b"a,b\n1,2\n".repeat(100));
    for (text, options, want) in [
        (&b""[..], "", "the file is empty (file a.csv); a table needs at least a line with the column names"),
        (b"a,b\n1,2\n3\n", "", "the record has 1 field, the table 2 (file a.csv, line 3); set ragged=pad to take such records"),
        (
            b"a,b\n1,2\n\n3,4,5\n",
            "",
            "the record has 3 fields, the table 2 (file a.csv, line 4); set ragged=pad to take such records",
        ),
        (
            b"a,b\n1,\"2\n3,4\n",
            "",
            "a quote is opened in this record and never closed (file a.csv, line 2); close it, or set quote=none when quotes mean nothing",
        ),
        (
            b"a,b\n1,\"2\"3\n",
            "",
            "text follows a closing quote (file a.csv, line 2); double the quotes inside quoted fields, set escape=\\ if that is how they are written, or quote=none",
        ),
        (
            b"a,b\n1,2\n\"x\ny\",3\n",
            "sample=1",
            "\"x\\ny\" is not a BIGINT (column a, file a.csv, line 3, value \"x\\\\ny\"); set types=a:VARCHAR, name it in null=, or use a larger sample",
        ),
        (
            b"a\n1\n1.5\n",
            "sample=1",
            "\"1.5\" is not a BIGINT (column a, file a.csv, line 3, value \"1.5\"); set types=a:VARCHAR, name it in null=, or use a larger sample",
        ),
        (
            b"a\n300\n",
            "types=a:TINYINT",
            "\"300\" is out of the range of TINYINT (column a, file a.csv, line 2, value \"300\"); set types=a:VARCHAR, name it in null=, or use a larger sample",
        ),
        (
            b"a\nabc\n",
            "types=a:VARCHAR(2)",
            "\"abc\" is longer than VARCHAR(2) (column a, file a.csv, line 2, value \"abc\"); set types=a:TEXT",
        ),
        (
            b"a\n2013-01-01 10:00:00.5\n",
            "types=a:DATETIME",
            "\"2013-01-01 10:00:00.5\" has a fraction of a second, which DATETIME does not keep (column a, file a.csv, line 2, value \"2013-01-01 10:00:00.5\"); set types=a:DATETIME(6), or a larger sample",
        ),
        (
            b"a,b\n1,x\xffy\n",
            "",
            "\"x\u{fffd}y\" is not UTF-8: byte 0xff at position 2 of the value (column b, file a.csv, line 2, value \"x\u{fffd}y\"); set types=b:BLOB, or convert the file, for example with iconv -f LATIN1 -t UTF-8",
        ),
        (
            b"a\xff,b\n1,x\n",
            "",
            "a column name is not UTF-8: byte 0xff (file a.csv, line 1, value \"a\u{fffd}\"); convert the file, for example with iconv -f LATIN1 -t UTF-8",
        ),
        (b"\xff\xfea\0", "", "the file is UTF-16, not UTF-8 (file a.csv); convert it, for example with iconv -f UTF-16 -t UTF-8"),
        (b"a,b\n1,2\n", "types=z:INT", "option types cannot be \"z\"; the columns are a, b"),
        (
            b"a,b\n1,2\n",
            "delim=ab",
            "option delim cannot be \"ab\"; allowed: one ASCII character, or tab, space, comma, semicolon, pipe",
        ),
        (&cut[..cut.len() - 9], "", "the gzip data ends early: the file is cut off (file a.csv); copy or download it again"),
    ] {
        let text = show("a.csv", text, options).unwrap_err().to_string();
        assert_eq!(text, want);
        assert_eq!(text.lines().count(), 1);
    }
    let text = show("a.csv", &b",".repeat(1 << 20), "").unwrap_err().to_string();
    assert_eq!(text, "more than 4096 columns (file a.csv, line 1); is the delimiter right? Set delim=");
    let long = [&b"a,b\n1,\""[..], &b"x".repeat(2 << 20)].concat();
    let text = show("a.csv", &long, "record_bytes=1MiB").unwrap_err().to_string();
    assert_eq!(
        text,
        "a record is longer than 1048576 bytes (file a.csv, line 2); an open quote may be the cause; else raise the option record_bytes"
    );
}

#[test]
fn many_files_are_one_table() {
    let folder = folder("many");
    fs::create_dir_all(folder.join("logs")).unwrap();
    fs::write(folder.join("logs/1.csv"), "a,b\n1,x\n").unwrap();
    fs::write(folder.join("logs/2.csv"), "").unwrap();
    fs::write(folder.join("logs/3.csv.gz"), gzip(b"a,b\r\n3,z\r\n")).unwrap();
    fs::write(folder.join("logs/readme.txt"), "no table").unwrap();
    let mut csv = start(&folder, &[]);
    for name in ["logs", "logs/*.csv*", "logs/[13]*"] {
        let rows = csv.all(&TableName::new(name)).unwrap();
        assert_eq!(rows, [vec![Value::Int(1), "x".into()], vec![Value::Int(3), "z".into()]], "{name}");
    }
    fs::write(folder.join("logs/4.csv"), "a,c\n1,x\n").unwrap();
    let text = csv.all(&TableName::new("logs/*.csv")).unwrap_err().to_string();
    assert_eq!(
        text,
        "the header has column c where logs/1.csv has b (file logs/4.csv, line 1); all files of a table have the same header; name fewer files"
    );
    let text = csv.all(&TableName::new("logs/none*.csv")).unwrap_err().to_string();
    assert!(text.contains("no file matches"), "{text}");
    let mut server = start(&folder, &[("path", "logs"), ("null", "x")]);
    let tables: pb::ListResponse = server.ask(pb::Op::List, &pb::ListRequest::default()).unwrap();
    let names: Vec<&str> = tables.tables.iter().map(|t| t.name.as_str()).collect();
    assert_eq!(names, ["1", "2", "3", "4"]);
    assert_eq!(server.all(&TableName::new("1")).unwrap(), [vec![Value::Int(1), Value::Null]]);
}

/// Claims of each filter and the rows that come, over columns a BIGINT, s text, d DATE, f DOUBLE.
fn filtered(filters: Vec<pb::Filter>, limit: Option<u64>) -> (Vec<pb::FilterAnswer>, bool, Vec<Vec<Value>>) {
    let folder = folder("filtered");
    let text = "a,s,d,f\n1,UA,2013-01-01,0.5\n2,aa,2013-01-02,1.5\n,\u{dc}A,,\n4,ua ,2013-02-01,-0.0\n5,,2013-02-02,2e3\n";
    fs::write(folder.join("t.csv"), text).unwrap();
    let mut csv = start(&folder, &[]);
    let table = TableName::new("t.csv");
    let mut reference = table.message().clone();
    reference.data = csv.describe(&table).unwrap().data;
    let filters = filters.into_iter().map(|f| pb::Conjunct { filter: Some(f), usable: true }).collect();
    let request = pb::PlanRequest { table: Some(reference.clone()), columns: vec![0], filters, limit, ..Default::default() };
    let plan: pb::PlanResponse = csv.ask(pb::Op::Plan, &request).unwrap();
    let open = pb::OpenScanRequest { table: Some(reference), plan: plan.plan, columns: vec![0], ..Default::default() };
    (plan.filters, plan.limit.unwrap_or_default().taken, csv.rows(&open, 2).unwrap())
}

#[test]
fn filters_are_claimed_as_surely_as_they_are_answered() {
    use pb::Use::{Exact, Ignored, Inexact};
    let collated = |mut f: pb::Filter, name: &str| {
        f.collation = name.into();
        f
    };
    let tree = |op: Op, children: Vec<pb::Filter>| pb::Filter { op: op as i32, children, ..Default::default() };
    let day = 15_706; // 2013-01-01
    let column = pb::Operand { kind: Some(pb::operand::Kind::Column(1)), ..Default::default() };
    let cases = vec![
        (filter(0, Op::Ge, vec![2.into()]), Exact, "2 4 5"),
        (filter(0, Op::Ne, vec![2.into()]), Exact, "1 4 5"),
        (filter(0, Op::Gt, vec![Value::Decimal("1.5".into())]), Exact, "2 4 5"),
        (filter(0, Op::Eq, vec![Value::Float(2.5)]), Exact, ""),
        (filter(0, Op::In, vec![1.into(), Value::Null, 5.into()]), Exact, "1 5"),
        (filter(0, Op::NotIn, vec![1.into(), 5.into()]), Exact, "2 4"),
        (filter(0, Op::NotIn, vec![1.into(), Value::Null]), Exact, ""),
        (filter(0, Op::Eq, vec![Value::Null]), Exact, ""),
        (filter(0, Op::NullSafeEq, vec![Value::Null]), Exact, "~"),
        (filter(0, Op::IsNull, vec![]), Exact, "~"),
        (filter(0, Op::IsNotNull, vec![]), Exact, "1 2 4 5"),
        (filter(0, Op::Eq, vec!["2".into()]), Ignored, "1 2 ~ 4 5"),
        (filter(2, Op::Lt, vec![Value::Date(day + 1)]), Exact, "1"),
        (filter(2, Op::Le, vec![Value::Datetime((day as i64 + 1) * 86_400_000_000 - 1)]), Exact, "1"),
        (filter(2, Op::Gt, vec!["2013-01-31".into()]), Exact, "4 5"),
        (filter(2, Op::Gt, vec!["31.1.2013".into()]), Ignored, "1 2 ~ 4 5"),
        (filter(3, Op::Eq, vec![0.into()]), Exact, "4"),
        (filter(3, Op::Ge, vec![Value::Float(1.5)]), Exact, "2 5"),
        (filter(1, Op::Eq, vec!["ua".into()]), Inexact, "1 ~ 4"),
        (filter(1, Op::Eq, vec!["\u{fc}a".into()]), Inexact, "1 2 ~ 4"),
        (collated(filter(1, Op::Eq, vec!["UA".into()]), "utf8mb4_0900_bin"), Exact, "1"),
        (collated(filter(1, Op::Lt, vec!["b".into()]), "utf8mb4_0900_bin"), Exact, "1 2"),
        (collated(filter(1, Op::Like, vec!["_a%".into()]), "utf8mb4_0900_bin"), Exact, "2 4"),
        (filter(1, Op::Like, vec!["U%".into()]), Inexact, "1 ~ 4"),
        (filter(1, Op::Lt, vec!["b".into()]), Ignored, "1 2 ~ 4 5"),
        (collated(filter(1, Op::Eq, vec!["ua".into()]), "utf8mb4_da_0900_ai_ci"), Ignored, "1 2 ~ 4 5"),
        (tree(Op::Or, vec![filter(0, Op::Lt, vec![2.into()]), filter(2, Op::Gt, vec!["2013-02-01".into()])]), Exact, "1 5"),
        (tree(Op::Not, vec![filter(0, Op::Gt, vec![2.into()])]), Exact, "1 2"),
        (
            tree(Op::Not, vec![tree(Op::Or, vec![filter(0, Op::IsNull, vec![]), filter(0, Op::Eq, vec![4.into()])])]),
            Exact,
            "1 2 5",
        ),
        (tree(Op::Or, vec![filter(0, Op::Eq, vec![5.into()]), filter(1, Op::Eq, vec!["aa".into()])]), Inexact, "2 ~ 5"),
        (pb::Filter { op: Op::Eq as i32, column: Some(0), operands: vec![column], ..Default::default() }, Ignored, "1 2 ~ 4 5"),
        (
            pb::Filter { op: Op::Function as i32, column: Some(0), function: "abs".into(), ..Default::default() },
            Ignored,
            "1 2 ~ 4 5",
        ),
    ];
    for (filter, want, rows) in cases {
        let text = format!("{filter:?}");
        let (answers, limited, given) = filtered(vec![filter.clone()], None);
        let given: Vec<String> = given.iter().map(|row| plain(&row[0])).collect();
        assert_eq!((answers[0].r#use(), given.join(" ").as_str()), (want, rows), "{text}");
        assert_eq!(want == Ignored, !answers[0].reason.is_empty(), "{text}");
        assert!(!limited);
        let (_, limited, given) = filtered(vec![filter], Some(2));
        assert_eq!(limited, want == Exact, "{text}");
        if limited {
            let given: Vec<String> = given.iter().map(|row| plain(&row[0])).collect();
            let first: Vec<&str> = rows.split(' ').filter(|r| !r.is_empty()).take(2).collect();
            assert_eq!(given, first, "{text}");
        }
    }
}

#[test]
fn a_limit_stops_before_what_is_wrong_behind_it() {
    let folder = folder("limit");
    fs::write(folder.join("t.csv"), "a\n1\n2\n3\nx\n").unwrap();
    let mut csv = start(&folder, &[]);
    let table = table("t.csv", "types=a:INT");
    let plan = csv.plan(&table, pb::PlanRequest { columns: vec![0], limit: Some(2), offset: 1, ..Default::default() }).unwrap();
    let mut reference = table.message().clone();
    reference.data = csv.describe(&table).unwrap().data;
    let open = pb::OpenScanRequest { table: Some(reference), plan: plan.plan, columns: vec![0], ..Default::default() };
    assert_eq!(csv.rows(&open, 4096).unwrap(), [vec![Value::Int(2)], vec![Value::Int(3)]]);
    assert!(csv.all(&table).is_err());
}

#[test]
fn rows_are_counted_without_columns() {
    let folder = folder("count");
    fs::write(folder.join("t.csv"), format!("a,b\n{}", "1,\"x\ny\"\r\n".repeat(40_000))).unwrap();
    let mut csv = start(&folder, &[]);
    let table = TableName::new("t.csv");
    assert_eq!(csv.select(&table, &[], vec![]).unwrap().len(), 40_000);
    assert_eq!(csv.select(&table, &[1], vec![filter(0, Op::Eq, vec![1.into()])]).unwrap().len(), 40_000);
    assert_eq!(csv.select(&table, &[1, 0], vec![]).unwrap()[39_999], vec!["x\ny".into(), Value::Int(1)]);
}

#[test]
fn files_are_partitions() {
    let folder = folder("partitions");
    for n in 0..3 {
        fs::write(folder.join(format!("{n}.csv")), format!("a\n{n}\n1{n}\n")).unwrap();
    }
    let mut csv = start(&folder, &[]);
    let table = TableName::new("*.csv");
    let request = pb::PlanRequest { columns: vec![0], filters: vec![], ..Default::default() };
    let plan = csv.plan(&table, request).unwrap();
    assert!(plan.partitionable);
    let reference = Some(table.message().clone());
    let ask = pb::PartitionsRequest { table: reference.clone(), plan: plan.plan.clone(), wanted: 2, ..Default::default() };
    let pieces: pb::PartitionsResponse = csv.ask(pb::Op::Partitions, &ask).unwrap();
    let mut rows = Vec::new();
    for piece in &pieces.partitions {
        let open = pb::OpenScanRequest {
            table: reference.clone(),
            plan: plan.plan.clone(),
            partition: piece.token.clone(),
            columns: vec![0],
            ..Default::default()
        };
        rows.extend(csv.rows(&open, 4096).unwrap());
    }
    assert_eq!(pieces.partitions.len(), 3);
    assert_eq!(rows, csv.all(&table).unwrap());
    fs::remove_file(folder.join("1.csv")).unwrap();
    let gone = pb::OpenScanRequest {
        table: reference,
        plan: plan.plan,
        partition: pieces.partitions[1].token.clone(),
        columns: vec![0],
        ..Default::default()
    };
    let text = csv.rows(&gone, 4096).unwrap_err().to_string();
    assert_eq!(text, "the file of the partition is gone (file 1.csv)");
}

/// The rows of a table piece by piece, and of its whole, with their row ids; and how many pieces there are.
fn in_pieces(csv: &mut Instance<Csv>, table: &TableName, columns: &[u32]) -> (usize, Vec<Vec<Value>>, Vec<Vec<Value>>) {
    let mut reference = table.message().clone();
    reference.data = csv.describe(table).unwrap().data;
    let request = pb::PlanRequest { table: Some(reference.clone()), columns: columns.to_vec(), ..Default::default() };
    let plan: pb::PlanResponse = csv.ask(pb::Op::Plan, &request).unwrap();
    assert!(plan.partitionable);
    let reference = Some(reference);
    let ask = pb::PartitionsRequest { table: reference.clone(), plan: plan.plan.clone(), wanted: 4, ..Default::default() };
    let pieces: pb::PartitionsResponse = csv.ask(pb::Op::Partitions, &ask).unwrap();
    let mut read = |partition: Vec<u8>| {
        let (table, plan, columns) = (reference.clone(), plan.plan.clone(), columns.to_vec());
        csv.rows(&pb::OpenScanRequest { table, plan, partition, columns, ..Default::default() }, 1000).unwrap()
    };
    let rows = pieces.partitions.iter().flat_map(|piece| read(piece.token.clone())).collect();
    (pieces.partitions.len(), rows, read(Vec::new()))
}

#[test]
fn pieces_of_big_files_have_the_rows_and_ids_of_the_whole() {
    let folder = folder("pieces");
    // Of two lengths, so that the pieces of one do not begin where those of the other do.
    for (name, rows) in [("a.csv", 9_000), ("b.csv", 12_000)] {
        let rows: String = (0..rows).map(|n| format!("{n},\"line {n}\n{n},x\"\r\n")).collect();
        fs::write(folder.join(name), format!("n,s\n{rows}")).unwrap();
    }
    let mut csv = start(&folder, &[]);
    let (pieces, rows, whole) = in_pieces(&mut csv, &TableName::new("*.csv"), &[2, 0, 1]);
    // Where text in quotes looks like records a file is not cut.
    assert!(pieces > 2, "{pieces}");
    assert_eq!(rows.len(), 21_000);
    assert!(rows == whole, "rows and ids of the pieces differ from those of the whole");
    // An id is the byte of its file, also of a row that a later piece gives.
    let text = fs::read_to_string(folder.join("a.csv")).unwrap();
    let Value::Uint(id) = rows[8_999][0] else { panic!("{:?}", rows[8_999]) };
    assert!(text[id as usize..].starts_with("8999,"), "{id}");
    let (pieces, rows, whole) = in_pieces(&mut csv, &TableName::new("b.csv"), &[2]);
    assert!(pieces > 1 && rows == whole, "{pieces}");
}

#[test]
fn a_piece_of_a_file_that_changed_is_refused() {
    let folder = folder("piece-changed");
    let text = format!("a,b\n{}", "1,\"x\"\n".repeat(40_000));
    fs::write(folder.join("t.csv"), &text).unwrap();
    let mut csv = start(&folder, &[]);
    let table = Some(TableName::new("t.csv").message().clone());
    let plan = csv.plan(&TableName::new("t.csv"), pb::PlanRequest { columns: vec![0], ..Default::default() }).unwrap().plan;
    let ask = pb::PartitionsRequest { table: table.clone(), plan: plan.clone(), wanted: 2, ..Default::default() };
    let pieces: pb::PartitionsResponse = csv.ask(pb::Op::Partitions, &ask).unwrap();
    assert!(pieces.partitions.len() > 1);
    fs::write(folder.join("t.csv"), text + "2,y\n").unwrap();
    for piece in pieces.partitions {
        let open = pb::OpenScanRequest {
            table: table.clone(),
            plan: plan.clone(),
            partition: piece.token,
            columns: vec![0],
            ..Default::default()
        };
        let text = csv.rows(&open, 4096).unwrap_err().to_string();
        assert!(text.starts_with("the file changed since its partitions were named (file t.csv)"), "{text}");
    }
}

#[test]
fn a_file_that_changed_is_told() {
    let folder = folder("changed");
    fs::write(folder.join("t.csv"), "a,b\n1,2\n").unwrap();
    let mut csv = start(&folder, &[]);
    let table = TableName::new("t.csv");
    let mut reference = table.message().clone();
    reference.data = csv.describe(&table).unwrap().data;
    let request = pb::PlanRequest { table: Some(reference.clone()), columns: vec![0], ..Default::default() };
    let plan: pb::PlanResponse = csv.ask(pb::Op::Plan, &request).unwrap();
    fs::write(folder.join("t.csv"), "b,a\n1,2\n").unwrap();
    let open = pb::OpenScanRequest { table: Some(reference), plan: plan.plan, columns: vec![0], ..Default::default() };
    let text = csv.rows(&open, 4096).unwrap_err().to_string();
    assert!(text.ends_with("(file t.csv, line 1); the file changed; ask again"), "{text}");
}

/// Every cut and many flipped bytes of a file with everything in it: rows or an error, never a panic.
#[test]
fn damaged_files_never_panic() {
    let text = "\u{feff}id,n\u{e4}me,\"q\"\"x\",d,t\r\n1,\u{e9}a,\"a,\"\"b\"\"\nc\",2013-01-01,2013-01-01T10:00:00Z\r\n-2.5,,\"\",,\r\n3e5,x,y,2013-12-31,\"2013-01-01 05:00:00.25\"\r\n";
    let folder = folder("damaged");
    let mut csv = start(&folder, &[]);
    let mut state = 1u64;
    let mut random = move |n: usize| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) as usize % n
    };
    let packed = gzip(text.as_bytes());
    let options = ["", "trim=true", "ragged=pad&null=1|x", "quote=none&header=false", "sample=1", "escape=\\&comment=#&skip=1"];
    for round in 0..1500 {
        let whole = if round % 5 == 4 { packed.as_slice() } else { text.as_bytes() };
        let mut bytes = whole.to_vec();
        for _ in 0..random(4) {
            let at = random(bytes.len());
            bytes[at] = if random(2) == 0 { random(256) as u8 } else { b",\"\n\r'\\#\xc3"[random(8)] };
        }
        bytes.truncate(random(bytes.len() + 1));
        fs::write(folder.join("t.csv"), &bytes).unwrap();
        let table = table("t.csv", options[random(options.len())]);
        if let Err(error) = csv.all(&table) {
            let text = error.to_string();
            assert!(!text.is_empty() && text.lines().count() == 1, "{text:?}");
        }
    }
}
