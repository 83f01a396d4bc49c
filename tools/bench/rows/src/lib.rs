//! A table of a million rows (id, k, v, s) that costs next to nothing to make: what is measured is what stands around it.
//! `rows.c` beside it is the same table for SQLite.
//!
//! k is `id * 7919 % 1000`, v is `id % 4096 / 8`, s is one of sixteen words; a scan makes the columns it is asked for.

use wasql::pb::TableFeature;
use wasql::{
    Batch, Batches, Column, Connector, Error, Feature, Manifest, Opt, Options, Partition, Plan, Result, Rows, Scan, Schema,
    Setup, Step, Table, TableName, Type,
};

/// The values of s.
const WORDS: [&str; 16] = [
    "amber", "birch", "cedar", "dune", "ember", "fjord", "grove", "heath", "inlet", "jade", "knoll", "larch", "marsh", "north",
    "onyx", "pine",
];

/// Most rows that may be asked for.
const ROWS_MAX: i64 = 1 << 40;

/// The connector, and its table.
#[derive(Clone)]
pub struct Bench {
    rows: u64,
}

impl Connector for Bench {
    fn manifest() -> Manifest {
        Manifest::new("bench", "1.0.0")
            .about("A table of numbers and words, for measurements")
            .option(Opt::int("rows").default("1000000").about("how many rows"))
            .power(Feature::Partitions)
    }

    fn configure(setup: Setup) -> Result<Self> {
        Ok(Bench { rows: setup.options.int("rows", 0..=ROWS_MAX)? as u64 })
    }

    fn list(&self) -> Result<Vec<TableName>> {
        Ok(vec![TableName::new("t")])
    }

    fn table(&self, name: &TableName, _: &Options) -> Result<Box<dyn Table>> {
        match name.name() {
            "t" => Ok(Box::new(self.clone())),
            other => Err(Error::not_found(format!("table {other:?} does not exist"))),
        }
    }
}

impl Table for Bench {
    fn schema(&self) -> Result<Schema> {
        let columns = [
            Column::new("id", Type::Int64).not_null(),
            Column::new("k", Type::Int64).not_null(),
            Column::new("v", Type::Float64).not_null(),
            Column::new("s", Type::Utf8).sql_type("varchar(8)").not_null(),
        ];
        Ok(Schema::new(columns).rows(self.rows, true).power(TableFeature::Partitions))
    }

    fn plan(&self, plan: &mut Plan) -> Result<()> {
        plan.rows = Some(self.rows as f64);
        plan.partitionable = true;
        Ok(())
    }

    fn partitions(&self, _: &[u8], wanted: u32) -> Result<Vec<Partition>> {
        let wanted = u64::from(wanted.clamp(1, 1024));
        let start = |i: u64| self.rows / wanted * i + (self.rows % wanted).min(i);
        let piece = |i: u64| Partition {
            token: [start(i).to_le_bytes(), start(i + 1).to_le_bytes()].concat(),
            rows: (start(i + 1) - start(i)) as f64,
            bytes: (start(i + 1) - start(i)) as f64 * 32.0,
            label: format!("{}/{wanted}", i + 1),
        };
        Ok((0..wanted).map(piece).collect())
    }

    fn scan(&self, scan: &Scan) -> Result<Rows> {
        let number = |at: usize| scan.partition().get(at..at + 8).and_then(|b| b.try_into().ok()).map(u64::from_le_bytes);
        let (next, end) = match (number(0), number(8)) {
            (Some(next), Some(end)) => (next, end.min(self.rows)),
            _ => (0, self.rows),
        };
        Ok(Rows::batches(Making { next, end }))
    }
}

struct Making {
    next: u64,
    end: u64,
}

impl Batches for Making {
    fn next(&mut self, out: &mut Batch) -> Result<Step> {
        let ids = self.next..self.end.min(self.next + out.room() as u64);
        if let Some(slot) = out.slot(0) {
            out.vector(slot).numbers::<i64>()?.extend(ids.clone().map(|id| id as i64));
        }
        if let Some(slot) = out.slot(1) {
            out.vector(slot).numbers::<i64>()?.extend(ids.clone().map(|id| (id * 7919 % 1000) as i64));
        }
        if let Some(slot) = out.slot(2) {
            out.vector(slot).numbers::<f64>()?.extend(ids.clone().map(|id| (id % 4096) as f64 / 8.0));
        }
        if let Some(slot) = out.slot(3) {
            let vector = out.vector(slot);
            for id in ids.clone() {
                vector.push_str(WORDS[(id % 16) as usize])?;
            }
        }
        out.set_rows((ids.end - ids.start) as usize);
        self.next = ids.end;
        Ok(if self.next < self.end { Step::More } else { Step::End })
    }
}

wasql::connector!(Bench);
