//! Broken files give an error or rows, never a panic, and never more memory than a file can mean.

mod common;

use common::{Style, styles, write};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};
use wasql::native::{Instance, Native, filter};
use wasql::{Op, TableName, Value};
use wasql_parquet::Files;

/// Counts what is allocated, to see the largest single allocation.
struct Counting;

static LARGEST: AtomicUsize = AtomicUsize::new(0);

// Sound: everything is handed to the system's allocator as it came.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LARGEST.fetch_max(layout.size(), Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        unsafe { System.dealloc(ptr, layout) }
    }
    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        LARGEST.fetch_max(size, Ordering::Relaxed);
        unsafe { System.realloc(ptr, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// A file of a few tens of kilobytes must not make one allocation as large as this.
const ALLOCATION_MAX: usize = 160 << 20;

struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % n
    }
}

/// Reads everything of the broken bytes; only a panic or too much memory fails. True when there was an error.
fn read(folder: &std::path::Path, bytes: &[u8], what: &str) -> bool {
    std::fs::write(folder.join("broken.parquet"), bytes).unwrap();
    let mut files = Instance::<Files>::start(Native::with_files(folder), &[]).unwrap();
    // What is asked differs from file to file: all rows, those with values, those of one value.
    let outcome = all(&mut files, bytes.iter().map(|&b| usize::from(b)).sum::<usize>() % 3);
    let largest = LARGEST.swap(0, Ordering::Relaxed);
    assert!(largest < ALLOCATION_MAX, "{what}: an allocation of {largest} bytes");
    if let Err(e) = &outcome {
        assert!(e.status().file.contains("broken.parquet"), "{what}: no file in {e}");
    }
    outcome.is_err()
}

/// Scans all columns batch by batch, without keeping rows, up to a million: a broken count may say more.
fn all(files: &mut Instance<Files>, kind: usize) -> wasql::Result<()> {
    let table = TableName::new("broken.parquet");
    let columns: Vec<u32> = (0..files.describe(&table)?.columns.iter().filter(|c| !c.hidden).count() as u32).collect();
    for column in columns {
        let filters = match kind {
            0 => vec![],
            1 => vec![filter(column, Op::IsNotNull, vec![])],
            _ => vec![filter(0, Op::Lt, vec![Value::Int(40)]), filter(1, Op::Eq, vec![Value::Text("city 7".into())])],
        };
        let filters = filters.into_iter().map(|mut f| {
            f.collation = "utf8mb4_0900_bin".into();
            wasql::pb::Conjunct { filter: Some(f), usable: true }
        });
        let request = wasql::pb::PlanRequest { columns: vec![column], filters: filters.collect(), ..Default::default() };
        let plan = files.plan(&table, request)?;
        let request = wasql::pb::OpenScanRequest {
            table: Some(table.message().clone()),
            plan: plan.plan,
            columns: vec![column],
            ..Default::default()
        };
        let open: wasql::pb::OpenScanResponse = files.ask(wasql::pb::Op::OpenScan, &request)?;
        let mut rows = 0;
        while let Some(batch) = files.guest.next(open.scan, 4096, 0)? {
            rows += batch.rows();
            if rows > 1_000_000 {
                break;
            }
        }
    }
    Ok(())
}

#[test]
fn flipped_and_cut_files_never_panic() {
    let folder = tempfile::tempdir().unwrap();
    let mut random = Random(42);
    let rounds: usize = std::env::var("WASQL_MUTATIONS").ok().and_then(|n| n.parse().ok()).unwrap_or(400);
    let mut seeds: Vec<(String, Vec<u8>)> = styles()
        .into_iter()
        .map(|style: Style| {
            let path = folder.path().join("seed.parquet");
            write(&path, 2, 150, style);
            (format!("{style:?}"), std::fs::read(path).unwrap())
        })
        .collect();
    // More kinds of files, when testdata/make.py made them.
    if let Ok(more) = std::env::var("WASQL_PARQUET_DIR") {
        for entry in std::fs::read_dir(more).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|e| e == "parquet") {
                seeds.push((path.display().to_string(), std::fs::read(path).unwrap()));
            }
        }
    }
    let mut errors = 0;
    for (name, seed) in &seeds {
        assert!(!read(folder.path(), seed, name), "{name} is whole");
        for round in 0..rounds {
            let mut bytes = seed.clone();
            // The footer and page headers are the most interesting: half of the flips go to the last part.
            let from = if round % 2 == 0 { 0 } else { bytes.len() - bytes.len().min(2500) };
            for _ in 0..=random.below(4) {
                let at = from + random.below(bytes.len() - from);
                bytes[at] = [bytes[at] ^ 1 << random.below(8), 0, 0xff, 0x7f, random.below(256) as u8][random.below(5)];
            }
            errors += usize::from(read(folder.path(), &bytes, &format!("{name}, round {round}")));
        }
        for cut in (0..seed.len()).step_by(seed.len() / 25 + 1) {
            assert!(read(folder.path(), &seed[..cut], &format!("{name}, cut at {cut}")), "{name}: cut at {cut} gave rows");
        }
    }
    assert!(errors > seeds.len() * rounds / 20, "only {errors} errors: the flips hit nothing");
}
