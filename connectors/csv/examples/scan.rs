//! Scans a CSV file natively and tells how fast: `cargo run --release --example scan FILE OPTIONS COLUMN,COLUMN…`
//! with options such as `null=NA&header=true`. No columns: rows are only counted.

use std::time::Instant;

use wasql::TableName;
use wasql::native::{Instance as Native, Native as Host};
use wasql::pb;
use wasql_csv::Csv;

fn main() -> wasql::Result<()> {
    let args: Vec<String> = std::env::args().collect();
    let [_, path, options, columns] = &args[..] else {
        return Err(wasql::Error::invalid("usage: scan FILE OPTIONS COLUMN,COLUMN…"));
    };
    let (folder, file) = path.rsplit_once('/').unwrap_or((".", path));
    let mut table = TableName::new(file);
    for (name, value) in options.split('&').filter_map(|pair| pair.split_once('=')) {
        table = table.with_option(name, value);
    }
    let mut csv = Native::<Csv>::start(Host::with_files(folder), &[])?;
    let began = Instant::now();
    let described = csv.describe(&table)?;
    println!("describe: {:?}", began.elapsed());
    for column in &described.columns {
        print!("{} {}, ", column.name, column.sql_type);
    }
    println!();
    let position = |name: &str| described.columns.iter().position(|c| c.name == name).map(|p| p as u32);
    let columns: Vec<u32> = columns.split(',').filter_map(position).collect();
    let mut reference = table.message().clone();
    reference.data = described.data;
    let table = Some(reference);
    let plan: pb::PlanResponse =
        csv.ask(pb::Op::Plan, &pb::PlanRequest { table: table.clone(), columns: columns.clone(), ..Default::default() })?;
    let bytes = std::fs::metadata(path)?.len() as f64;
    for _ in 0..5 {
        let began = Instant::now();
        let request =
            pb::OpenScanRequest { table: table.clone(), plan: plan.plan.clone(), columns: columns.clone(), ..Default::default() };
        let open: pb::OpenScanResponse = csv.ask(pb::Op::OpenScan, &request)?;
        let mut rows = 0;
        while let Some(batch) = csv.guest.next(open.scan, 4096, 0)? {
            rows += batch.rows();
        }
        csv.guest.close(open.scan);
        let seconds = began.elapsed().as_secs_f64();
        println!("{rows} rows, {:.1} ns/row, {:.0} MB/s", seconds * 1e9 / rows.max(1) as f64, bytes / 1e6 / seconds);
    }
    Ok(())
}
