//! The table: schema, plan, partitions, statistics and check.

use crate::data::{Data, Unit};
use crate::groups;
use crate::lookup::{self, has_ids};
use crate::prune::{full_bounds, supported};
use crate::scan::Reading;
use crate::sieve::claim;
use std::cmp::Ordering;
use std::rc::Rc;
use wasql::pb::{self, TableFeature};
use wasql::{
    Batch, Batches, Column, Error, Field, Lookup, Lookups, Partition, Plan, Result, Rows, Scan, Schema, Step, Table, Type, Use,
    Value, compare,
};

/// Most findings CHECK TABLE lists.
const FINDINGS_MAX: usize = 20;

/// Parquet files as one table.
pub struct Parquet(pub Rc<Data>);

impl Table for Parquet {
    fn schema(&self) -> Result<Schema> {
        let all: Vec<usize> = (0..self.0.columns.len()).collect();
        let ids = has_ids(&self.0);
        let id = ids.then(|| Column::new(self.id_name(), Type::Uint64).not_null().hidden());
        let schema = Schema::new(self.0.columns.iter().cloned().chain(id));
        let schema = if ids { schema.row_id(all.len() as u32) } else { schema };
        let schema = schema
            .rows(self.0.rows(), true)
            .row_bytes(self.0.row_bytes(&all) as u64)
            .power(TableFeature::Partitions)
            .power(TableFeature::Statistics)
            .power(TableFeature::Integrity);
        Ok(schema)
    }

    fn plan(&self, plan: &mut Plan) -> Result<()> {
        let data = &self.0;
        let fields = &data.sources[0].fields;
        let mut filters = Vec::new();
        for (i, conjunct) in plan.conjuncts().to_vec().into_iter().enumerate() {
            if !conjunct.usable {
                continue;
            }
            let by_groups = supported(&conjunct.filter, fields, data.binary_as_text);
            let claims = data.sources.iter().map(|s| claim(&conjunct.filter, &s.fields, data.binary_as_text));
            let claimed = match claims.min().unwrap_or(Use::Ignored) {
                Use::Ignored if by_groups => Use::Inexact,
                claimed => claimed,
            };
            if claimed == Use::Ignored || !plan.take(i, claimed) {
                plan.refuse(i, "neither row group statistics nor single values tell");
            } else if by_groups {
                filters.push(conjunct.filter);
            }
        }
        let units = data.pruned(&filters);
        let mut whole = true;
        for (i, conjunct) in plan.conjuncts().to_vec().iter().enumerate() {
            // Statistics may say of a whole row group that its rows pass.
            if plan.taken(i) != Use::Ignored && data.all_pass(&units, &conjunct.filter) {
                plan.take(i, Use::Exact);
            } else {
                whole = false;
            }
        }
        if let Some(asked) = plan.aggregation() {
            if whole && groups::answers(data, &units, asked).is_some() && plan.take_aggregation() {
                (plan.rows, plan.cost, plan.unique) = (Some(1.0), Some(1.0), true);
                plan.explain("row groups", "none: the footers tell");
                plan.token = token(data, &units);
                return Ok(());
            }
            plan.refuse_aggregation("the footers do not tell");
        }
        let rows: f64 = units.iter().map(|&u| data.group(u).rows as f64).sum();
        let columns: Vec<usize> = plan.columns().into_iter().filter(|&c| c < data.columns.len()).collect();
        plan.rows = Some(if plan.take_limit() { limited(rows, plan.limit_taken()) } else { rows });
        plan.row_bytes = Some(data.row_bytes(&columns));
        plan.startup_cost = Some(data.sources.len() as f64);
        plan.cost = plan.rows.map(|rows| rows + data.sources.len() as f64);
        // A limit holds for the whole, not for each piece.
        plan.partitionable = plan.limit_taken().is_none();
        plan.explain("row groups", format!("{} of {}", units.len(), data.units().len()));
        plan.explain("columns", format!("{} of {}", columns.len(), data.columns.len()));
        if data.sources.len() > 1 {
            plan.explain("files", data.sources.len().to_string());
        }
        plan.token = token(data, &units);
        Ok(())
    }

    fn partitions(&self, plan_token: &[u8], wanted: u32) -> Result<Vec<Partition>> {
        let data = &self.0;
        let units = units_of(data, plan_token)?;
        let all: Vec<usize> = (0..data.columns.len()).collect();
        let row_bytes = data.row_bytes(&all);
        let pieces = units.len().min(wanted as usize).max(1);
        let piece = |i: usize| {
            let own = &units[i * units.len() / pieces..(i + 1) * units.len() / pieces];
            let rows: f64 = own.iter().map(|&u| data.group(u).rows as f64).sum();
            let label = match own {
                [] => "no row groups".into(),
                [(file, group)] => format!("{} row group {group}", data.sources[*file].info.path),
                [(file, group), ..] => format!("{} row groups from {group}, {} in all", data.sources[*file].info.path, own.len()),
            };
            Partition { token: token(data, own), rows, bytes: rows * row_bytes, label }
        };
        Ok((0..pieces).map(piece).collect())
    }

    fn scan(&self, scan: &Scan) -> Result<Rows> {
        let data = &self.0;
        let mut units = data.pruned(scan.filters());
        if !scan.token().is_empty() {
            units_of(data, scan.token())?; // what was exact then still is
        }
        if let Some(asked) = scan.aggregation() {
            let values = groups::answers(data, &units, asked).ok_or_else(changed)?;
            return Ok(Rows::batches(groups::Answers::new(values, scan.columns().to_vec())));
        }
        if !scan.partition().is_empty() {
            let own = units_of(data, scan.partition())?;
            units.retain(|u| own.contains(u));
        }
        let mut filters = scan.filters().to_vec();
        // What statistics say of all rows need not be asked of each.
        filters.retain(|f| !data.all_pass(&units, f));
        Ok(Rows::batches(Reading::new(data.clone(), units, scan.columns().to_vec(), filters, scan.limit())))
    }

    /// Rows by their ids.
    fn lookup(&self, lookup: &Lookup) -> Result<Box<dyn Lookups>> {
        let data = &self.0;
        if !has_ids(data) || lookup.keys != [data.columns.len()] {
            return Err(Error::unsupported("lookup by other columns than the row id"));
        }
        if !lookup.scan.filters().is_empty() {
            return Err(Error::unsupported("lookup by row id with further conditions"));
        }
        Ok(Box::new(lookup::Rows::new(data.clone(), lookup.scan.columns().to_vec())))
    }

    fn statistics(&self, columns: &[usize]) -> Result<pb::StatisticsResponse> {
        let data = &self.0;
        let known = |&&c: &&usize| c < data.columns.len();
        let columns = columns.iter().filter(known).map(|&c| column_statistics(data, c)).collect();
        let bytes = data.sources.iter().map(|s| s.info.size_bytes).sum();
        Ok(pb::StatisticsResponse { rows: Some(data.rows()), rows_exact: true, bytes, columns })
    }

    fn check(&self, _mode: &str) -> Result<Vec<pb::Finding>> {
        let mut findings = Vec::new();
        for unit in self.0.units() {
            for column in 0..self.0.columns.len() {
                if let Err(e) = read_all(&self.0, unit, column) {
                    findings.push(pb::Finding { kind: "error".into(), text: format!("row group {}: {e}", unit.1) });
                }
                if findings.len() >= FINDINGS_MAX {
                    return Ok(findings);
                }
            }
        }
        Ok(findings)
    }
}

impl Parquet {
    /// A name for the row id that no column has.
    fn id_name(&self) -> String {
        let mut name = "_row".to_string();
        while self.0.columns.iter().any(|c| c.name().eq_ignore_ascii_case(&name)) {
            name.push('_');
        }
        name
    }
}

fn limited(rows: f64, limit: Option<(u64, u64)>) -> f64 {
    limit.map_or(rows, |(limit, offset)| (rows - offset as f64).max(0.0).min(limit as f64))
}

/// Row groups as bytes: how many there are in all and of how many rows, so that changed files are
/// noticed, then file and number of each.
fn token(data: &Data, units: &[Unit]) -> Vec<u8> {
    let mut bytes = (data.units().len() as u64).to_le_bytes().to_vec();
    bytes.extend(data.rows().to_le_bytes());
    for (file, group) in units {
        bytes.extend((*file as u32).to_le_bytes());
        bytes.extend((*group as u32).to_le_bytes());
    }
    bytes
}

fn units_of(data: &Data, bytes: &[u8]) -> Result<Vec<Unit>> {
    let head = token(data, &[]);
    let Some(rest) = bytes.strip_prefix(head.as_slice()) else {
        return Err(changed());
    };
    let (chunks, tail) = rest.as_chunks::<8>();
    let unit = |c: &[u8; 8]| {
        let unit = (u32::from_le_bytes([c[0], c[1], c[2], c[3]]) as usize, u32::from_le_bytes([c[4], c[5], c[6], c[7]]) as usize);
        data.sources.get(unit.0).filter(|s| unit.1 < s.groups.len()).map(|_| unit)
    };
    let units: Option<Vec<Unit>> = chunks.iter().map(unit).collect();
    units.filter(|_| tail.is_empty()).ok_or_else(|| Error::invalid("plan bytes of another connector"))
}

fn changed() -> Error {
    Error::new(wasql::Code::Aborted, "the files changed since the plan was made").retry_after_ms(0)
}

fn column_statistics(data: &Data, column: usize) -> pb::ColumnStatistics {
    let (mut nulls, mut min, mut max) = (Some(0u64), None::<Value>, None::<Value>);
    let mut complete = true;
    for unit in data.units() {
        let field = &data.sources[unit.0].fields[column];
        let group = data.group(unit);
        let bounds = full_bounds(field, group, data.binary_as_text);
        nulls = nulls.zip(bounds.nulls).and_then(|(a, b)| a.checked_add(b));
        if bounds.nulls == Some(group.rows) {
            continue;
        }
        complete &= bounds.min.is_some() && bounds.max.is_some();
        min = extreme(min, bounds.min, Ordering::Less);
        max = extreme(max, bounds.max, Ordering::Greater);
    }
    let bound = |v: Option<Value>| v.filter(|_| complete).map(Into::into);
    let average_bytes = data.row_bytes(&[column]);
    pb::ColumnStatistics {
        columns: vec![column as u32],
        nulls,
        min: bound(min),
        max: bound(max),
        average_bytes,
        ..Default::default()
    }
}

fn extreme(a: Option<Value>, b: Option<Value>, wanted: Ordering) -> Option<Value> {
    match (a, b) {
        (Some(a), Some(b)) => Some(if compare(&b, &a) == Some(wanted) { b } else { a }),
        (a, b) => a.or(b),
    }
}

/// Decodes everything of one column in one row group.
fn read_all(data: &Rc<Data>, unit: Unit, column: usize) -> Result<()> {
    let c = &data.columns[column];
    let field =
        Field { column, name: c.name().into(), kind: c.kind(), precision: c.precision(), scale: c.scale(), nullable: true };
    let mut reading = Reading::new(data.clone(), vec![unit], vec![column], Vec::new(), None);
    let mut batch = Batch::new(vec![field], 4096, 1 << 20);
    while reading.next(&mut batch)? == Step::More {
        batch.clear();
    }
    Ok(())
}
