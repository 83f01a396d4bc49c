//! Series: the integers, as a table and as a table function.
//!
//! ```sql
//! SELECT value FROM series(1, 10);
//! SELECT value FROM series WHERE value BETWEEN 5 AND 8 ORDER BY value DESC LIMIT 2;
//! ```
//!
//! Columns: `value`, and the hidden arguments `start`, `stop` and `step`. Comparisons of `value` with
//! whole numbers, any order, DISTINCT and LIMIT are taken over exactly; a plan splits into any number
//! of pieces. The definition is `../golden/README.md`.

mod plan;
mod scan;
mod sequence;

use wasql::pb::{TableFeature, TableKind};
use wasql::{Column, Connector, Error, Feature, Manifest, Options, Partition, Plan, Result, Rows, Scan, Schema, Setup};
use wasql::{Table, TableName, Type};

const ABOUT: &str = "The integers from start to stop, counted by step";

/// Positions of the columns.
const VALUE: usize = 0;
const START: usize = 1;
const STOP: usize = 2;
const STEP: usize = 3;
const NAMES: [&str; 4] = ["value", "start", "stop", "step"];

/// Values of start, stop and step when they are not given.
const DEFAULTS: [i64; 3] = [0, 4_294_967_295, 1];

/// The connector; it has no options.
pub struct Series;

impl Connector for Series {
    fn manifest() -> Manifest {
        Manifest::new("series", "1.0.0").about(ABOUT).license("Apache-2.0").power(Feature::Partitions)
    }

    fn configure(_: Setup) -> Result<Self> {
        Ok(Series)
    }

    fn list(&self) -> Result<Vec<TableName>> {
        Ok(vec![TableName::new("series")])
    }

    fn table(&self, name: &TableName, _: &Options) -> Result<Box<dyn Table>> {
        match name.name() {
            "series" => Ok(Box::new(Series)),
            other => Err(Error::not_found(format!("table {other:?} does not exist"))),
        }
    }
}

impl Table for Series {
    fn schema(&self) -> Result<Schema> {
        let column =
            |position: usize, comment| Column::new(NAMES[position], Type::Int64).sql_type("bigint").not_null().comment(comment);
        let mut schema = Schema::new([
            column(VALUE, "the number"),
            column(START, "first number, 0 unless given").argument(1),
            column(STOP, "last number, 4294967295 unless given").argument(2),
            column(STEP, "distance of two numbers, 1 unless given").argument(3),
        ]);
        schema.message().kind = TableKind::EponymousOnly as i32;
        Ok(schema.comment(ABOUT).power(TableFeature::Partitions))
    }

    fn plan(&self, plan: &mut Plan) -> Result<()> {
        plan::plan(plan)
    }

    fn partitions(&self, plan_token: &[u8], wanted: u32) -> Result<Vec<Partition>> {
        scan::partitions(plan_token, wanted)
    }

    fn scan(&self, scan: &Scan) -> Result<Rows> {
        scan::open(scan)
    }
}

wasql::connector!(Series);
