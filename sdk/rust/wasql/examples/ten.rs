//! Ten: the numbers from 1 to 10. The smallest connector: `cargo run --example ten` prints its rows.
use wasql::{Open, Options, Result, Rows, Scan, Schema, Table, row};

row! {
    /// A field is a column, an `Option` a nullable one.
    struct Number { value: i64, name: Option<String> }
}

/// The table, and with it the connector.
pub struct Ten;

impl Table for Ten {
    fn schema(&self) -> Result<Schema> {
        Ok(Schema::of::<Number>())
    }

    fn scan(&self, _: &Scan) -> Result<Rows> {
        Ok(Rows::new((1..=10).map(|value| Ok(Number { value, name: (value < 3).then(|| format!("n{value}")) }))))
    }
}

impl Open for Ten {
    const NAME: &'static str = "ten";
    fn open(_: &Options) -> Result<Self> {
        Ok(Ten)
    }
}

wasql::connector!(table Ten);

fn main() -> Result<()> {
    use wasql::native::{Instance, Native};
    let mut ten = Instance::<wasql::Single<Ten>>::start(Native::default(), &[])?;
    for row in ten.all(&wasql::TableName::new("ten"))? {
        println!("{row:?}");
    }
    Ok(())
}
