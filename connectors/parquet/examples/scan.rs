//! Reads columns of a Parquet file with the connector compiled for this machine, and prints nanoseconds a row: what the sandbox is
//! compared with.
//!
//! cargo run --release --example scan -p wasql-parquet -- FILE [COLUMN...] [column=NUMBER | column<NUMBER]

use std::time::Instant;
use wasql::native::{Instance, Native, filter};
use wasql::pb::{self, Op};
use wasql::{Op as F, TableName, Value};
use wasql_parquet::Files;

/// Times the file is read; the fastest one counts.
const TURNS: usize = 5;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = std::path::PathBuf::from(arguments.next().ok_or("usage: scan FILE [COLUMN...] [column=NUMBER | column<NUMBER]")?);
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(std::path::Path::new("."));
    let name = path.file_name().and_then(|n| n.to_str()).ok_or("no file")?;
    let mut files = Instance::<Files>::start(Native::with_files(folder), &[])?;
    let table = TableName::new(name);
    let described = files.describe(&table)?;
    let position = |name: &str| described.columns.iter().position(|c| c.name == name).ok_or(format!("no column {name}"));
    let (mut columns, mut filters) = (Vec::new(), Vec::new());
    for argument in arguments {
        match argument.find(['=', '<']) {
            Some(at) => {
                let op = if argument.as_bytes()[at] == b'=' { F::Eq } else { F::Lt };
                let value = Value::Decimal(argument[at + 1..].to_owned());
                let f = filter(position(&argument[..at])? as u32, op, vec![value]);
                filters.push(pb::Conjunct { filter: Some(f), usable: true });
            }
            None => columns.push(position(&argument)? as u32),
        }
    }
    columns.sort_unstable();
    let (mut best, mut rows) = (f64::INFINITY, 0);
    for _ in 0..TURNS {
        let begin = Instant::now();
        let plan =
            files.plan(&table, pb::PlanRequest { columns: columns.clone(), filters: filters.clone(), ..Default::default() })?;
        let request = pb::OpenScanRequest {
            table: Some(table.message().clone()),
            plan: plan.plan,
            columns: columns.clone(),
            ..Default::default()
        };
        let open: pb::OpenScanResponse = files.ask(Op::OpenScan, &request)?;
        rows = 0;
        while let Some(batch) = files.guest.next(open.scan, 4096, 0)? {
            rows += batch.rows();
        }
        files.guest.close(open.scan);
        best = best.min(begin.elapsed().as_nanos() as f64);
    }
    let all = described.row_count.unwrap_or(0).max(1);
    println!("{rows} of {all} rows, {:.2} ns for each of the file", best / all as f64);
    Ok(())
}
