//! JSON files as tables, driven as the host drives the module.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use wasql::native::{Instance, Native, filter};
use wasql::{Op, Result, TableName, Value, pb};
use wasql_json::Json;

/// An empty folder of its own for each call.
fn folder(name: &str) -> PathBuf {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let path = std::env::temp_dir().join(format!("wasql-json-{}-{count}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    path
}

fn start(folder: &Path) -> Instance<Json> {
    Instance::start(Native::with_files(folder), &[]).unwrap()
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// A table of options written as in a path: `root=$.a&sample=1`.
fn table(file: &str, options: &str) -> TableName {
    let pairs = options.split('&').filter_map(|pair| pair.split_once('='));
    pairs.fold(TableName::new(file), |table, (name, value)| table.with_option(name, value))
}

/// Columns and rows of one file, as text: `name type,…; value|value; …`.
fn show(file: &str, text: &[u8], options: &str) -> Result<String> {
    let folder = folder("show");
    fs::write(folder.join(file), text).unwrap();
    let mut json = start(&folder);
    let table = table(file, options);
    let described = json.describe(&table)?;
    let columns: Vec<String> =
        described.columns.iter().filter(|c| !c.hidden).map(|c| format!("{} {}", c.name, c.sql_type)).collect();
    let rows = json.all(&table)?;
    fs::remove_dir_all(&folder).unwrap();
    let rows = rows.iter().map(|row| row.iter().map(plain).collect::<Vec<_>>().join("|"));
    Ok(std::iter::once(columns.join(",")).chain(rows).collect::<Vec<_>>().join("; "))
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => "~".into(),
        Value::Int(v) => v.to_string(),
        Value::Float(v) => v.to_string(),
        Value::Decimal(v) | Value::Text(v) | Value::Json(v) => v.clone(),
        other => format!("{other:?}"),
    }
}

#[test]
fn files_of_every_kind() {
    for (text, options, want) in [
        (r#"[{"a":1,"b":"x"},{"b":"y","a":null}]"#, "", "a bigint,b longtext; 1|x; ~|y"),
        ("{\"a\":1}\n{\"a\":2,\"c\":true}\n", "", "a bigint,c tinyint(1); 1|~; 2|1"),
        ("{\"a\":1}", "", "a bigint; 1"),
        ("\u{feff} {\"a\":1} {\"a\":2}\r\n\r\n{\"a\":3}", "", "a bigint; 1; 2; 3"),
        ("{\n \"a\": 1.5,\n \"n\": {\n\"x\": [1, \"]\"]}\n}\n", "", "a double,n json; 1.5|{\n\"x\": [1, \"]\"]}"),
        (r#"{"d":{"items":[{"a":1},{"a":2}],"z":[}"#, "root=$.d.items", "a bigint; 1; 2"),
        (r#"{"x":[1,{"items":3}],"it\u0065ms":[{"a":1}]}"#, "root=items", "a bigint; 1"),
        (r#"{"d":{"a":1,"b":[2]},"e":0}"#, "root=d", "a bigint,b json; 1|[2]"),
        (r#"[{"s":"\u00e9\ud83d\ude00\n\"\\\/"}]"#, "", "s longtext; é\u{1f600}\n\"\\/"),
        (r#"[{"a":9223372036854775808},{"a":1}]"#, "", "a decimal(38,0); 9223372036854775808; 1"),
        (r#"[{"a":1e400}]"#, "types=a:VARCHAR", "a longtext; 1e400"),
        (r#"[{"a":12345678901234567890123}]"#, "types=a:DOUBLE", "a double; 12345678901234568000000"),
        (r#"[{"a":1,"a":2}]"#, "", "a bigint; 2"),
        (r#"[{"a":1,"A":2,"":3}]"#, "", "a bigint,A_1 bigint,c3 bigint; 1|2|3"),
        (r#"[{"a":"x"},{"a":1},{"a":[1]},{"a":"\u0041"}]"#, "", "a json; \"x\"; 1; [1]; \"\\u0041\""),
        (r#"[{"a":"2013-01-02"}]"#, "types=a:DATE", "a date; Date(15707)"),
        (r#"[{"a":"1970-01-01T00:00:01Z"}]"#, "types=a:DATETIME", "a datetime; Datetime(1000000)"),
        (r#"[{"a":"12"},{"a":7}]"#, "types=a:INT", "a int; 12; 7"),
        (r#"[{"a":null}]"#, "", "a json; ~"),
        (r#"[{"a":"x"},{"a":{"b":1}}]"#, "sample=1", "a longtext; x; {\"b\":1}"),
        (r#"[1,2,null]"#, "", "value bigint; 1; 2; ~"),
        ("\"x\"\n\"y\"\n", "", "value longtext; x; y"),
        (r#"[{},{"a":1}]"#, "", "a bigint; ~; 1"),
        (r#"{"a":1}{"b":2}"#, "sample=1", "a bigint; 1; ~"),
        ("[ ]\n", "root=", "the file has no rows (file t.json); a table needs at least one object with a name, or a value"),
    ] {
        let shown = |file: &str, text: &[u8]| show(file, text, options).unwrap_or_else(|e| e.to_string().replace(".gz", ""));
        assert_eq!(shown("t.json", text.as_bytes()), want, "{text} {options}");
        assert_eq!(shown("t.json.gz", &gzip(text.as_bytes())), want, "gzip of {text} {options}");
    }
}

#[test]
fn wrong_files_give_one_clear_line() {
    let cut = gzip(&b"{\"a\":1}\n".repeat(100));
    let deep = format!("{{\"a\":{}", "[".repeat(1000));
    for (text, options, want) in [
        (&b""[..], "", "the file has no rows (file t.json); a table needs at least one object with a name, or a value"),
        (
            b"{\"a\":1}\n{\"a\" 1}\n",
            "",
            "expected a colon at byte 6 of the line, found \"1}\\n\" (file t.json, line 2); the file is not JSON here",
        ),
        (
            b"[{\"a\":1},\n",
            "",
            "the text ends inside a value at byte 1 of the line (file t.json, line 2); the file may be cut off",
        ),
        (
            b"[{\"a\":1},]",
            "",
            "expected a value at byte 10 of the line, found \"]\" (file t.json, line 1); the file is not JSON here",
        ),
        (
            b"[{\"a\":1}]x",
            "",
            "expected the end of the file at byte 10 of the line, found \"x\" (file t.json, line 1); the file is not JSON here",
        ),
        (
            b"[{\"a\":01}]",
            "",
            "expected a number at byte 7 of the line, found \"01}]\" (file t.json, line 1); the file is not JSON here",
        ),
        (
            b"[{\"a\":1}\n,2]",
            "",
            "expected an object at byte 2 of the line, found \"2]\" (file t.json, line 2); the file is not JSON here",
        ),
        (
            b"[{\"a\":\"\\x\"}]",
            "",
            "an unknown escape inside a string at byte 8 of the line, found \"\\x\"}]\" (file t.json, line 1); the file is not JSON here",
        ),
        (
            b"[{\"a\":\"x\ny\"}]",
            "",
            "a control character inside a string at byte 9 of the line (file t.json, line 1); the file is not JSON here",
        ),
        (
            b"[{\"a\":\"\\ud800\"}]",
            "",
            "\"\\ud800\" has the lone surrogate \\ud800 (column a, file t.json, line 1, value \"\\\\ud800\"); set types=a:TEXT",
        ),
        (
            b"{\"a\":1}\n{\"a\":\"x\"}",
            "sample=1",
            "\"x\" is not a BIGINT (column a, file t.json, line 2, value \"x\"); set types=a:JSON, or use a larger sample",
        ),
        (
            b"{\"a\":\"\xff\"}",
            "",
            "\"\u{fffd}\" is not UTF-8: byte 0xff at position 1 of the value (column a, file t.json, line 1, value \"\u{fffd}\"); set types=a:BLOB, or convert the file, for example with iconv -f LATIN1 -t UTF-8",
        ),
        (
            deep.as_bytes(),
            "",
            "nested deeper than 512 levels at byte 518 of the line (file t.json, line 1); deeper values cannot be read",
        ),
        (
            b"{\"a\":1}",
            "root=$.b",
            "there is no \"b\" where the option root looks for it (file t.json); root names the way from the document to its rows",
        ),
        (b"{\"a\":1}", "types=z:INT", "option types cannot be \"z\"; the columns are a"),
        (&cut[..cut.len() - 9], "", "the gzip data ends early: the file is cut off (file t.json); copy or download it again"),
    ] {
        let text = show("t.json", text, options).unwrap_err().to_string();
        assert_eq!(text, want);
        assert_eq!(text.lines().count(), 1);
    }
    let many: String = (0..100_000).map(|i| format!("\"k{i}\":1,")).collect();
    let text = show("t.json", format!("{{{many}\"z\":1}}").as_bytes(), "").unwrap_err().to_string();
    let hint = "set root to an array of objects with the same names";
    assert_eq!(text, format!("the objects have more than 4096 different names (file t.json); {hint}"));
    let long = [&b"{\"a\":1}\n{\"a\":\""[..], &b"x".repeat(2 << 20)].concat();
    let text = show("t.json", &long, "record_bytes=1MiB&sample=1").unwrap_err().to_string();
    assert!(text.starts_with("a record is longer than 1048576 bytes (file t.json, line 2)"), "{text}");
}

#[test]
fn projections_and_filters_see_the_same_rows() {
    let folder = folder("filters");
    let mut text = String::new();
    for i in 0..12_000 {
        let extra = ["", r#""x":[{"a":"}"}],"#, r#""zz":"\"","#][i % 3];
        text += &format!("{{{extra}\"a\":{i},\"s\":\"k{}\",\"f\":{}.5}}\n", i % 7, i % 10);
    }
    fs::write(folder.join("t.ndjson"), &text).unwrap();
    let array = format!("[{}]", text.trim_end().replace('\n', ",\n "));
    fs::write(folder.join("t.json"), array).unwrap();
    let mut json = start(&folder);
    for file in ["t.ndjson", "t.json"] {
        let table = TableName::new(file);
        let names: Vec<String> =
            json.describe(&table).unwrap().columns.into_iter().filter(|c| !c.hidden).map(|c| c.name).collect();
        assert_eq!(names, ["a", "s", "f", "x", "zz"]);
        assert_eq!(json.select(&table, &[], vec![]).unwrap().len(), 12_000);
        let rows = json.select(&table, &[1, 0], vec![]).unwrap();
        assert_eq!(rows[11_999], vec![Value::from("k1"), Value::Int(11_999)]);
        let below = filter(0, Op::Lt, vec![100.into()]);
        let half = filter(2, Op::Eq, vec![Value::Float(3.5)]);
        let rows = json.select(&table, &[0, 3], vec![below.clone(), half.clone()]).unwrap();
        assert_eq!(rows.len(), 10);
        assert_eq!(rows[1], vec![Value::Int(13), Value::Json(r#"[{"a":"}"}]"#.into())]);
        let nested = filter(3, Op::IsNotNull, vec![]);
        assert_eq!(json.select(&table, &[0], vec![nested]).unwrap().len(), 4_000);
    }
}

#[test]
fn pieces_of_big_files_have_the_rows_and_ids_of_the_whole() {
    let folder = folder("pieces");
    let value = |n: usize| match n % 5 {
        0 => format!("{{\n  \"n\": {n},\n  \"s\": [\n{{\"a\": 1}},\n{{\"a\": 2}}\n]\n}}\n"),
        _ => format!("{{\"n\": {n}, \"s\": [\"{n}\\n{{}}\"]}}\n"),
    };
    let text: String = (0..20_000).map(value).collect();
    fs::write(folder.join("t.json"), &text).unwrap();
    let mut json = start(&folder);
    let mut reference = TableName::new("t.json").message().clone();
    reference.data = json.describe(&TableName::new("t.json")).unwrap().data;
    let columns = vec![2, 0, 1];
    let request = pb::PlanRequest { table: Some(reference.clone()), columns: columns.clone(), ..Default::default() };
    let plan: pb::PlanResponse = json.ask(pb::Op::Plan, &request).unwrap();
    let table = Some(reference);
    let ask = pb::PartitionsRequest { table: table.clone(), plan: plan.plan.clone(), wanted: 4, ..Default::default() };
    let pieces: pb::PartitionsResponse = json.ask(pb::Op::Partitions, &ask).unwrap();
    assert!(plan.partitionable && pieces.partitions.len() > 1, "{}", pieces.partitions.len());
    let mut read = |partition: Vec<u8>| {
        let (table, plan, columns) = (table.clone(), plan.plan.clone(), columns.clone());
        json.rows(&pb::OpenScanRequest { table, plan, partition, columns, ..Default::default() }, 1000).unwrap()
    };
    let rows: Vec<Vec<Value>> = pieces.partitions.iter().flat_map(|piece| read(piece.token.clone())).collect();
    assert_eq!(rows.len(), 20_000);
    assert!(rows == read(Vec::new()), "rows and ids of the pieces differ from those of the whole");
    let Value::Uint(id) = rows[19_999][0] else { panic!("{:?}", rows[19_999]) };
    assert!(text[id as usize..].starts_with("{\"n\": 19999,"), "{id}");
}

/// Every cut and many flipped bytes: rows or an error, never a panic.
#[test]
fn damaged_files_never_panic() {
    let lines = "\u{feff}{\"id\":1,\"n\u{e4}me\":\"\\u00e9\\ud83d\\ude00\",\"x\":[1,{\"y\":null}],\"t\":true}\r\n{\"id\":-2.5e3,\"x\":{\"a\":\"\\\"\"},\"t\":false}\n";
    let array = "[{\"id\":1,\"x\":\"a\"}, {\"id\":2,\"x\":[[],{}]} ,{\"id\":null}]\n";
    let rooted = "{\"k\":[1,2,{\"d\":[]}],\"d\":{\"items\":[{\"a\":1},{\"a\":\"x\"}]},\"e\":1}";
    let folder = folder("damaged");
    let mut json = start(&folder);
    let mut state = 1u64;
    let mut random = move |n: usize| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) as usize % n
    };
    for round in 0..1500 {
        let (whole, options) = match round % 4 {
            0 => (lines.as_bytes().to_vec(), ""),
            1 => (array.as_bytes().to_vec(), "sample=1"),
            2 => (rooted.as_bytes().to_vec(), "root=$.d.items&types=a:INT"),
            _ => (gzip(lines.as_bytes()), ""),
        };
        let mut bytes = whole;
        for _ in 0..random(4) {
            let at = random(bytes.len());
            bytes[at] = if random(2) == 0 { random(256) as u8 } else { b"{}[],:\"\\nu0-"[random(12)] };
        }
        bytes.truncate(random(bytes.len() + 1));
        fs::write(folder.join("t.json"), &bytes).unwrap();
        if let Err(error) = json.all(&table("t.json", options)) {
            let text = error.to_string();
            assert!(!text.is_empty() && text.lines().count() == 1, "{text:?}");
        }
    }
}
