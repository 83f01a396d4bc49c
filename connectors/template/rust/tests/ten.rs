//! The connector in this process: no WebAssembly is needed to test one.

use wasql::native::{Instance, Native};
use wasql::{Single, TableName, Value};
use wasql_template::Ten;

#[test]
fn ten_counts_to_ten_and_names_the_first_two() {
    let mut ten = Instance::<Single<Ten>>::start(Native::default(), &[]).unwrap();
    let rows = ten.all(&TableName::new("ten")).unwrap();
    assert_eq!(rows.len(), 10);
    assert_eq!(rows[1], [Value::Int(2), Value::Text("n2".into())]);
    assert_eq!(rows[2], [Value::Int(3), Value::Null]);
}

#[test]
fn another_table_is_not_found() {
    let mut ten = Instance::<Single<Ten>>::start(Native::default(), &[]).unwrap();
    let e = ten.all(&TableName::new("eleven")).unwrap_err();
    assert_eq!(e.code(), wasql::Code::NotFound);
}
