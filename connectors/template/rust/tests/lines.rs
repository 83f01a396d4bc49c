//! The connector in this process: no WebAssembly is needed to test one.

use wasql::native::{Instance, Native, filter};
use wasql::{Code, Op, Single, TableName, Value};
use wasql_template::Lines;

/// An instance over a file of that content, which is all it is granted.
fn file(content: &[u8], options: &[(&str, &str)]) -> (tempfile::TempDir, Instance<Single<Lines>>) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("notes.txt"), content).unwrap();
    let options: Vec<_> = options.iter().copied().chain([("path", "notes.txt")]).collect();
    let lines = Instance::start(Native::with_files(folder.path()), &options).unwrap();
    (folder, lines)
}

fn table() -> TableName {
    TableName::new("lines")
}

fn row(number: i64, line: &str) -> Vec<Value> {
    vec![number.into(), line.into()]
}

#[test]
fn lines_are_rows() {
    let (_folder, mut lines) = file(b"one\r\ntwo\n\n four", &[]);
    let want = [row(1, "one"), row(2, "two"), row(3, ""), row(4, " four")];
    assert_eq!(lines.all(&table()).unwrap(), want);
}

#[test]
fn ranges_are_taken_over_exactly() {
    let (_folder, mut lines) = file(b"a\nb\nc\nd\ne\n", &[]);
    let filters = vec![filter(0, Op::Ge, vec![2.into()]), filter(0, Op::Lt, vec![4.into()])];
    assert_eq!(lines.select(&table(), &[0, 1], filters).unwrap(), [row(2, "b"), row(3, "c")]);
}

#[test]
fn trim_cuts_white_space() {
    let (_folder, mut lines) = file(b"  a  \n", &[("trim", "yes")]);
    assert_eq!(lines.all(&table()).unwrap(), [row(1, "a")]);
}

#[test]
fn bad_input_says_where() {
    let (_folder, mut lines) = file(b"fine\n\xff\n", &[]);
    let e = lines.all(&table()).unwrap_err();
    assert_eq!((e.code(), e.status().line, e.status().file.as_str()), (Code::InvalidData, 2, "notes.txt"));
}

#[test]
fn without_a_grant_nothing_is_read_and_wrong_options_are_refused() {
    let start = |options| Instance::<Single<Lines>>::start(Native::default(), options);
    let denied = start(&[("path", "notes.txt")]).unwrap().all(&table()).unwrap_err();
    assert_eq!(denied.code(), Code::Denied);
    for options in [&[][..], &[("path", "x"), ("color", "red")], &[("path", "x"), ("trim", "perhaps")]] {
        assert_eq!(start(options).map(|_| ()).unwrap_err().code(), Code::InvalidArgument, "{options:?}");
    }
}
