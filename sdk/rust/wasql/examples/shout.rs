//! Functions: SELECT shout('a'); SELECT longest(name) FROM t GROUP BY kind

use wasql::{
    Accumulator, Column, Connector, Error, Feature, Function, Manifest, Options, Result, Setup, Table, TableName, Type, Value,
};

struct Shout;

#[derive(Default)]
struct Longest(Option<String>);

impl Accumulator for Longest {
    fn add(&mut self, arguments: &[Value]) -> Result<()> {
        let text = arguments[0].as_text();
        if self.0.as_deref().map(str::len) < text.map(str::len) {
            self.0 = text.map(str::to_string);
        }
        Ok(())
    }
    fn result(&mut self) -> Result<Value> {
        Ok(self.0.take().map_or(Value::Null, Value::Text))
    }
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
        let shout = |a: &[Value]| Ok(Value::Text(a[0].as_text().unwrap_or_default().to_uppercase() + "!"));
        vec![
            Function::scalar("shout", [text()], text(), shout).deterministic().null_propagates(),
            Function::aggregate("longest", [text()], text(), Longest::default).deterministic().null_propagates(),
        ]
    }
}

wasql::connector!(Shout);

fn main() -> Result<()> {
    use wasql::native::{Instance, Native};
    use wasql::pb::{FunctionsRequest, FunctionsResponse, Op};
    let mut shout = Instance::<Shout>::start(Native::default(), &[])?;
    let listed: FunctionsResponse = shout.ask(Op::Functions, &FunctionsRequest {})?;
    for f in listed.functions {
        println!("{}", f.name);
    }
    Ok(())
}
