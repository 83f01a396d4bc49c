//! Functions, driven as the host drives them; what comes out is what the Go SDK gives, too.

use wasql::native::{Instance, Native};
use wasql::pb::{self, Op};
use wasql::*;

struct Shout;

#[derive(Default)]
struct Longest(Option<String>);

impl Accumulator for Longest {
    fn add(&mut self, arguments: &[Value]) -> Result<()> {
        let text = arguments[0].as_text();
        if text == Some("refuse") {
            return Err(Error::data("this one is not taken"));
        }
        if self.0.as_deref().map(str::len) < text.map(str::len) {
            self.0 = text.map(str::to_string);
        }
        Ok(())
    }
    fn result(&mut self) -> Result<Value> {
        Ok(self.0.take().map_or(Value::Null, Value::Text))
    }
}

fn shout(a: &[Value]) -> Result<Value> {
    let text = a[0].as_text().ok_or_else(|| Error::data("NULL cannot be shouted"))?;
    let times = a.get(1).and_then(Value::as_int).unwrap_or(1);
    Ok(Value::Text(text.to_uppercase() + &"!".repeat(times as usize)))
}

impl Connector for Shout {
    fn manifest() -> Manifest {
        Manifest::new("shout", "1.0.0").power(Feature::Functions)
    }
    fn configure(_: Setup) -> Result<Self> {
        Ok(Shout)
    }
    fn table(&self, name: &TableName, _: &Options) -> Result<Box<dyn Table>> {
        Err(Error::not_found("there are no tables").table(name.name()))
    }
    fn functions(&self) -> Vec<Function> {
        let text = || Column::new("text", Type::Utf8);
        let times = || Column::new("times", Type::Int64);
        vec![
            Function::scalar("shout", [text()], text(), shout).deterministic().about("in capitals"),
            Function::scalar("shout", [text(), times()], text(), shout).deterministic().constraint(),
            Function::aggregate("longest", [text()], text(), Longest::default).deterministic().null_propagates(),
        ]
    }
}

fn sent(kind: Type) -> pb::ScanColumn {
    pb::ScanColumn { r#type: kind as i32, nullable: true, ..Default::default() }
}

fn text(s: &str) -> Value {
    Value::Text(s.into())
}

fn shown(rows: &[Vec<Value>]) -> String {
    let texts: Vec<&str> = rows.iter().map(|row| row[0].as_text().unwrap_or("NULL")).collect();
    texts.join(" ") + "\n"
}

#[test]
fn the_same_as_in_go() {
    let mut instance = Instance::<Shout>::start(Native::default(), &[]).unwrap();
    let listed = instance.guest.call(Op::Functions as u32, &[]).unwrap();
    let mut said = format!("functions {}\n", listed.iter().map(|b| format!("{b:02x}")).collect::<String>());
    for kinds in [vec![Type::Utf8], vec![Type::Utf8, Type::Int8], vec![], vec![Type::Utf8, Type::Utf8, Type::Utf8]] {
        let arguments = kinds.iter().map(|&k| pb::Column { r#type: k as i32, ..Default::default() }).collect();
        let request = pb::FindFunctionRequest { name: "SHOUT".into(), arguments, table: None };
        let found: pb::FindFunctionResponse = instance.ask(Op::FindFunction, &request).unwrap();
        said += &format!("shout of {}: {}\n", kinds.len(), found.function.map_or(0, |f| f.arguments.len()));
    }
    let open = |instance: &mut Instance<Shout>, name: &str, kinds: &[Type], aggregate: bool| -> u32 {
        let arguments = kinds.iter().map(|&k| sent(k)).collect();
        let request = pb::OpenFunctionRequest { name: name.into(), arguments, aggregate };
        instance.ask::<_, pb::OpenFunctionResponse>(Op::OpenFunction, &request).unwrap().handle
    };
    let handle = open(&mut instance, "shout", &[Type::Utf8, Type::Int64], false);
    let rows = vec![vec![text("a"), Value::Int(1)], vec![text("b"), Value::Int(3)]];
    let answer = instance.guest.write(handle, rows).unwrap().unwrap().values();
    said += &shown(&answer);
    let wrong = instance.guest.write(handle, vec![vec![text("c"), Value::Int(1)], vec![Value::Null, Value::Int(1)]]).unwrap_err();
    said += &format!("row {}: {}\n", wrong.status().row, wrong.message());
    let handle = open(&mut instance, "longest", &[Type::Utf8], true);
    let rows = vec![vec![Value::Uint(0), text("aa")], vec![Value::Uint(2), text("b")], vec![Value::Uint(0), text("aaa")]];
    assert!(instance.guest.write(handle, rows).unwrap().is_none());
    let wrong = instance.guest.write(handle, vec![vec![Value::Uint(0), text("refuse")]]).unwrap_err();
    said += &format!("row {}: {}\n", wrong.status().row, wrong.message());
    assert!(instance.guest.next(handle, 10, 0).is_err());
    let _: pb::FinishFunctionResponse =
        instance.ask(Op::FinishFunction, &pb::FinishFunctionRequest { handle, groups: 3 }).unwrap();
    said += &shown(&instance.drain(handle, 2).unwrap());
    assert_eq!(said, include_str!("../../../testdata/functions.txt").replace("\r", ""));
}

struct Split;

impl Connector for Split {
    fn manifest() -> Manifest {
        Manifest::new("split", "1.0.0").power(Feature::Functions)
    }
    fn configure(_: Setup) -> Result<Self> {
        Ok(Split)
    }
    fn table(&self, name: &TableName, _: &Options) -> Result<Box<dyn Table>> {
        Err(Error::not_found("the test reads none").table(name.name()))
    }
    fn functions(&self) -> Vec<Function> {
        let text = || Column::new("text", Type::Utf8);
        vec![Function::table("split", [text()], "pieces"), Function::table("split", [text(), text()], "pieces_by")]
    }
}

/// Functions that give tables are listed by their name; FIND_FUNCTION names the table.
#[test]
fn calls_of_tables() {
    let mut instance = Instance::<Split>::start(Native::default(), &[]).unwrap();
    let listed: pb::FunctionsResponse = instance.ask(Op::Functions, &pb::FunctionsRequest {}).unwrap();
    let said: Vec<_> = listed.functions.iter().map(|f| (f.name.as_str(), f.kind(), f.result.is_none())).collect();
    assert_eq!(said, [("split", pb::FunctionKind::Table, true); 2]);
    for (n, table) in [(1, Some("pieces")), (2, Some("pieces_by")), (3, None)] {
        let arguments = vec![pb::Column { r#type: Type::Utf8 as i32, ..Default::default() }; n];
        let request = pb::FindFunctionRequest { name: "split".into(), arguments, table: None };
        let found: pb::FindFunctionResponse = instance.ask(Op::FindFunction, &request).unwrap();
        assert_eq!(found.function.map(|f| f.name).as_deref(), table);
    }
    let arguments = vec![sent(Type::Utf8)];
    let open = pb::OpenFunctionRequest { name: "split".into(), arguments, aggregate: false };
    assert!(instance.ask::<_, pb::OpenFunctionResponse>(Op::OpenFunction, &open).is_err());
}
