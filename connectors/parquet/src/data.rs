//! The files behind a table: their footers, kept while the files do not change.

use crate::meta::{Meta, RowGroup};
use crate::tree::{Node, fields};
use std::cell::RefCell;
use std::rc::Rc;
use wasql::fs::{File, FileInfo, Folder};
use wasql::{Code, Column, Error, Result};

/// Most footers kept.
const KEPT_MAX: usize = 64;

/// One file: where it is, and what its footer says.
#[derive(Debug)]
pub struct Source {
    /// Path, size and time.
    pub info: FileInfo,
    /// Row groups.
    pub groups: Vec<RowGroup>,
    /// Number of rows.
    pub rows: u64,
    /// Top-level fields.
    pub fields: Vec<Node>,
}

impl Source {
    fn open(info: &FileInfo) -> Result<Self> {
        let file = File::open(&info.path)?;
        let meta = Meta::read(&file)?;
        let place = |e: Error| e.file(file.path());
        let (fields, leaves) = fields(&meta.elements).map_err(place)?;
        for (i, group) in meta.groups.iter().enumerate() {
            if group.chunks.len() != leaves {
                let message = format!("row group {i} has {} column chunks where the schema has {leaves}", group.chunks.len());
                return Err(place(Error::new(Code::Corrupt, message)));
            }
        }
        Ok(Source { info: file.info().clone(), groups: meta.groups, rows: meta.rows, fields })
    }
}

/// The footers read last.
#[derive(Debug, Default)]
pub struct Kept(RefCell<Vec<Rc<Source>>>);

impl Kept {
    fn get(&self, info: &FileInfo) -> Result<Rc<Source>> {
        let same = |s: &FileInfo| s.path == info.path && s.size_bytes == info.size_bytes && s.modified_ns == info.modified_ns;
        if let Some(source) = self.0.borrow().iter().find(|s| same(&s.info) && info.modified_ns != 0) {
            return Ok(source.clone());
        }
        let source = Rc::new(Source::open(info)?);
        let mut kept = self.0.borrow_mut();
        kept.retain(|s| s.info.path != info.path);
        if kept.len() >= KEPT_MAX {
            kept.remove(0);
        }
        kept.push(source.clone());
        Ok(source)
    }
}

/// All files of a table, of one schema.
#[derive(Debug)]
pub struct Data {
    /// The files, by path.
    pub sources: Vec<Rc<Source>>,
    /// The columns of all of them.
    pub columns: Vec<Column>,
    /// Unannotated bytes are text.
    pub binary_as_text: bool,
}

/// One row group: number of the file, and of the row group in it.
pub type Unit = (usize, usize);

impl Data {
    /// Opens the files of a table and checks that they agree.
    pub fn open(folder: &Folder, table: &str, binary_as_text: bool, kept: &Kept) -> Result<Self> {
        let mut sources = Vec::new();
        for info in folder.files(table)? {
            sources.push(kept.get(&info)?);
        }
        let first: &Rc<Source> = sources.first().ok_or_else(|| Error::not_found("no files").file(table))?;
        let mut columns: Vec<Column> = first.fields.iter().map(|f| f.column(binary_as_text)).collect();
        unique(&columns).map_err(|e| e.file(&first.info.path))?;
        for source in &sources[1..] {
            agree(&mut columns, source, &first.info.path, binary_as_text)?;
        }
        Ok(Data { sources, columns, binary_as_text })
    }

    /// All row groups with rows, in order.
    pub fn units(&self) -> Vec<Unit> {
        let of = |(i, s): (usize, &Rc<Source>)| {
            let with_rows = s.groups.iter().enumerate().filter(|(_, g)| g.rows > 0);
            with_rows.map(|(g, _)| (i, g)).collect::<Vec<Unit>>()
        };
        self.sources.iter().enumerate().flat_map(of).collect()
    }

    /// A row group.
    pub fn group(&self, unit: Unit) -> &RowGroup {
        &self.sources[unit.0].groups[unit.1]
    }

    /// The row groups that may hold rows that pass all filters.
    pub fn pruned(&self, filters: &[wasql::Filter]) -> Vec<Unit> {
        let may = |unit: &Unit| {
            let fields = &self.sources[unit.0].fields;
            filters.iter().all(|f| crate::prune::may_match(f, fields, self.group(*unit), self.binary_as_text))
        };
        self.units().into_iter().filter(may).collect()
    }

    /// Tells whether every row of these row groups is known to pass a filter.
    pub fn all_pass(&self, units: &[Unit], filter: &wasql::Filter) -> bool {
        let passes = |&unit: &Unit| {
            let fields = &self.sources[unit.0].fields;
            crate::prune::all_match(filter, fields, self.group(unit), self.binary_as_text)
        };
        units.iter().all(passes)
    }

    /// Number of rows.
    pub fn rows(&self) -> u64 {
        self.sources.iter().fold(0, |sum, s| sum.saturating_add(s.rows))
    }

    /// Average bytes of a row over some columns.
    pub fn row_bytes(&self, columns: &[usize]) -> f64 {
        let mut bytes = 0.0;
        for unit in self.units() {
            let fields = &self.sources[unit.0].fields;
            for leaf in columns.iter().filter_map(|&c| fields.get(c)).flat_map(numbers) {
                bytes += self.group(unit).chunks[leaf].uncompressed_bytes as f64;
            }
        }
        bytes / (self.rows() as f64).max(1.0)
    }
}

/// Numbers of the leaves below a field.
pub fn numbers(field: &Node) -> Vec<usize> {
    let mut leaves = Vec::new();
    field.leaves(&mut leaves);
    let number = |leaf: &&Node| if let crate::tree::Kind::Leaf { number, .. } = leaf.kind { Some(number) } else { None };
    leaves.iter().filter_map(number).collect()
}

fn unique(columns: &[Column]) -> Result<()> {
    let mut names: Vec<String> = columns.iter().map(|c| c.name().to_lowercase()).collect();
    names.sort();
    match names.windows(2).find(|w| w[0] == w[1]) {
        Some(twice) => Err(Error::unsupported("two columns whose names differ only in case").column(&twice[0])),
        None => Ok(()),
    }
}

/// Checks a further file; a column is nullable when it is in any file.
fn agree(columns: &mut [Column], source: &Source, first: &str, binary_as_text: bool) -> Result<()> {
    let wrong = |message: String| {
        Error::data(format!("{message}, in the first file {first}"))
            .file(&source.info.path)
            .hint("all files of a table must agree on their columns")
    };
    if source.fields.len() != columns.len() {
        return Err(wrong(format!("{} columns where there are {}", source.fields.len(), columns.len())));
    }
    for (column, field) in columns.iter_mut().zip(&source.fields) {
        let other = field.column(binary_as_text);
        let describe = |c: &Column| format!("{} {}({}, {})", c.name(), c.kind().as_str_name(), c.precision(), c.scale());
        if describe(column) != describe(&other) {
            return Err(wrong(format!("column {} where there is {}", describe(&other), describe(column))).column(other.name()));
        }
        if other.nullable() {
            *column = other;
        }
    }
    Ok(())
}
