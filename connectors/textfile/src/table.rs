//! [`TextTable`]: a table over files of one text format. The format says how to look at a sample and how to read
//! records; everything a query needs beyond that is here.

use std::sync::Arc;

use prost::Message;
use wasql::fs::FileInfo;
use wasql::{Column, Error, Lookup, Lookups, Partition, Plan, Result, Rows, Scan, Schema, Table, TableName, Type, Use};

use crate::claim::claim;
use crate::files::total_bytes;
use crate::formats::Formats;
use crate::kind::{Field, Kind};
use crate::lookup::{BYTES_MAX, FILES_MAX, TextLookup};
use crate::piece::{PIECE_BYTES_MIN, Piece, near};
use crate::records::Records;
use crate::scan::{Order, Resume, TextScan};

/// A text format with its options.
pub trait Format: Clone + 'static {
    /// Its reader.
    type Records: Records + 'static;

    /// Looks at a sample of the files.
    fn discover(&self, files: &[FileInfo]) -> Result<Known>;

    /// Opens files to read the wanted columns, in this order.
    fn open(&self, files: Vec<String>, known: &Known, wanted: &[usize]) -> Result<Self::Records>;

    /// Bytes where records of a file begin, one near each of these where that can be told. They rise, as do those given.
    fn boundaries(&self, file: &FileInfo, known: &Known, near: &[u64]) -> Result<Vec<u64>>;

    /// How numbers and dates are written.
    fn formats(&self) -> &Formats;
}

/// What DESCRIBE found out, and later requests need.
#[derive(Debug, Clone)]
pub struct Known {
    /// Columns.
    pub fields: Arc<[Field]>,
    /// Rows looked at.
    pub sample_rows: u64,
    /// Bytes they took.
    pub sample_bytes: u64,
    /// True when the files are compressed.
    pub compressed: bool,
    /// What the format wants to know again.
    pub extra: Vec<u8>,
}

/// Most bytes of `Table.data` (SPEC, schema.proto).
const DATA_BYTES_MAX: usize = 64 * 1024;

/// How much larger text is than its gzip form, for estimates.
const GZIP_RATIO: f64 = 5.0;

#[derive(Clone, PartialEq, prost::Message)]
struct Stored {
    #[prost(string, repeated, tag = "1")]
    names: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    types: Vec<String>,
    #[prost(uint64, tag = "3")]
    sample_rows: u64,
    #[prost(uint64, tag = "4")]
    sample_bytes: u64,
    #[prost(bool, tag = "5")]
    compressed: bool,
    #[prost(bytes = "vec", tag = "6")]
    extra: Vec<u8>,
}

impl Known {
    /// The bytes for `Table.data`; none when they would be too many.
    pub fn encode(&self) -> Vec<u8> {
        let stored = Stored {
            names: self.fields.iter().map(|field| field.name.clone()).collect(),
            types: self.fields.iter().map(|field| field.sql.clone()).collect(),
            sample_rows: self.sample_rows,
            sample_bytes: self.sample_bytes,
            compressed: self.compressed,
            extra: self.extra.clone(),
        };
        let bytes = stored.encode_to_vec();
        if bytes.len() <= DATA_BYTES_MAX { bytes } else { Vec::new() }
    }

    /// Reads what [`Known::encode`] wrote.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let wrong = |detail: &str| Error::internal(format!("table data: {detail}"));
        let stored = Stored::decode(bytes).map_err(|error| wrong(&error.to_string()))?;
        if stored.names.len() != stored.types.len() || stored.names.is_empty() {
            return Err(wrong("names and types do not match"));
        }
        let fields = stored.names.into_iter().zip(stored.types).map(|(name, sql)| {
            let (kind, sql) = Kind::parse(&sql)?;
            Ok(Field { name, kind, sql })
        });
        Ok(Known {
            fields: fields.collect::<Result<_>>()?,
            sample_rows: stored.sample_rows,
            sample_bytes: stored.sample_bytes,
            compressed: stored.compressed,
            extra: stored.extra,
        })
    }

    /// Average bytes of a record.
    fn record_bytes(&self) -> f64 {
        if self.sample_rows == 0 { 100.0 } else { (self.sample_bytes as f64 / self.sample_rows as f64).max(1.0) }
    }

    fn rows(&self, file_bytes: u64) -> f64 {
        let bytes = file_bytes as f64 * if self.compressed { GZIP_RATIO } else { 1.0 };
        if self.sample_rows == 0 { 0.0 } else { (bytes / self.record_bytes()).ceil() }
    }
}

/// The column as the engine sees it.
fn column(field: &Field) -> Column {
    let name = field.name.as_str();
    let plain = |kind| Column::new(name, kind).sql_type(field.sql.as_str());
    match field.kind {
        Kind::Bool | Kind::Int(8) => plain(Type::Int8),
        Kind::Int(16) => plain(Type::Int16),
        Kind::Int(24 | 32) => plain(Type::Int32),
        Kind::Int(_) => plain(Type::Int64),
        Kind::UInt(8) => plain(Type::Uint8),
        Kind::UInt(16) => plain(Type::Uint16),
        Kind::UInt(24 | 32) => plain(Type::Uint32),
        Kind::UInt(_) => plain(Type::Uint64),
        Kind::Float32 => plain(Type::Float32),
        Kind::Float64 => plain(Type::Float64),
        Kind::Decimal(precision, scale) => Column::decimal(name, precision.into(), scale.into()).sql_type(field.sql.as_str()),
        Kind::Date => plain(Type::Date),
        Kind::Time(scale) => plain(Type::Time).fraction(scale.into()),
        Kind::DateTime(scale) => plain(Type::Datetime).fraction(scale.into()),
        Kind::Year => plain(Type::Year),
        Kind::Text(chars) => plain(Type::Utf8).length(chars),
        Kind::Binary(bytes) => plain(Type::Binary).length(bytes),
        Kind::Json => plain(Type::Json),
    }
}

/// A table over one or more files.
pub struct TextTable<F> {
    format: F,
    files: Vec<FileInfo>,
    known: Known,
}

impl<F: Format> TextTable<F> {
    /// The table of these files: looked at, unless the request brings what was found earlier.
    pub fn new(format: F, files: Vec<FileInfo>, name: &TableName) -> Result<Self> {
        let known = if name.data().is_empty() { format.discover(&files)? } else { Known::decode(name.data())? };
        Ok(TextTable { format, files, known })
    }

    fn rows(&self) -> f64 {
        self.known.rows(total_bytes(&self.files))
    }

    /// Tells whether rows have ids: compressed files can only be read from their start.
    fn locates(&self) -> bool {
        !self.known.compressed && self.files.len() <= FILES_MAX && self.files.iter().all(|file| file.size_bytes < BYTES_MAX)
    }

    /// The numbers of these files among those of the table.
    fn numbers(&self, paths: &[String]) -> Vec<u64> {
        let number = |path: &String| self.files.iter().position(|file| file.path == *path).unwrap_or(0) as u64;
        match paths.len() == self.files.len() {
            true => (0..paths.len() as u64).collect(),
            false => paths.iter().map(number).collect(),
        }
    }

    fn order(&self, scan: &Scan) -> Result<Order> {
        let mut predicates = Vec::new();
        for filter in scan.filters() {
            let claim = claim(filter, &self.known.fields)
                .map_err(|why| Error::internal(format!("a filter of the plan cannot be run: {} ({why})", filter.text)))?;
            predicates.push(claim.predicate);
        }
        Ok(Order {
            fields: self.known.fields.clone(),
            output: scan.columns().to_vec(),
            predicates,
            limit: scan.limit(),
            formats: self.format.formats().clone(),
            numbers: Vec::new(),
        })
    }

    /// The file of a piece, which must be as it was when it was cut, or all files.
    fn paths(&self, piece: Option<&Piece>) -> Result<Vec<String>> {
        match piece {
            None => Ok(self.files.iter().map(|file| file.path.clone()).collect()),
            Some(piece) => piece.check(&self.files).map(|()| vec![piece.path.clone()]),
        }
    }

    /// The pieces of a file of about so many bytes each.
    fn cut(&self, file: &FileInfo, bytes: u64) -> Result<Vec<Piece>> {
        let pieces = if self.known.compressed { 1 } else { file.size_bytes.div_ceil(bytes) };
        let cuts = match near(file.size_bytes, pieces).as_slice() {
            [] => Vec::new(),
            near => self.format.boundaries(file, &self.known, near)?,
        };
        Ok(Piece::of(file, &cuts))
    }
}

impl<F: Format> Table for TextTable<F> {
    fn schema(&self) -> Result<Schema> {
        let mut columns: Vec<Column> = self.known.fields.iter().map(column).collect();
        let data = self.known.encode();
        let version = version(&self.known.fields);
        let comment = match &self.files[..] {
            [file] => file.path.clone(),
            files => format!("{} files, first {}", files.len(), files[0].path),
        };
        let id = columns.len() as u32;
        if self.locates() {
            columns.push(Column::new(id_name(&self.known.fields), Type::Uint64).not_null().hidden());
        }
        let schema = Schema::new(columns);
        let schema = if self.locates() { schema.row_id(id) } else { schema };
        Ok(schema
            .data(data)
            .version(version)
            .comment(comment)
            .rows(self.rows() as u64, false)
            .row_bytes(self.known.record_bytes() as u64))
    }

    fn plan(&self, plan: &mut Plan) -> Result<()> {
        let rows = self.rows();
        let mut kept = rows;
        for at in 0..plan.conjuncts().len() {
            let conjunct = &plan.conjuncts()[at];
            if !conjunct.usable {
                continue;
            }
            match claim(&conjunct.filter, &self.known.fields) {
                Ok(claim) => {
                    kept *= selectivity(&conjunct.filter);
                    plan.take(at, if claim.exact { Use::Exact } else { Use::Inexact });
                }
                Err(why) => plan.refuse(at, why),
            }
        }
        if !plan.order().is_empty() {
            plan.refuse_order("rows come in the order of the file");
        }
        if let Some((limit, _)) = plan.limit()
            && plan.take_limit()
        {
            kept = kept.min(limit as f64);
        }
        plan.rows = Some(kept.ceil());
        plan.row_bytes = Some(self.known.record_bytes());
        plan.cost = Some(rows.max(1.0));
        let divisible = self.files.len() > 1 || !self.known.compressed && total_bytes(&self.files) >= 2 * PIECE_BYTES_MIN;
        // A limit holds for the whole, not for each piece.
        plan.partitionable = divisible && plan.limit_taken().is_none();
        if self.files.len() > 1 {
            plan.explain("files", self.files.len().to_string());
        }
        Ok(())
    }

    fn scan(&self, scan: &Scan) -> Result<Rows> {
        let mut order = self.order(scan)?;
        let piece = Piece::read(scan.partition())?;
        let mut paths = self.paths(piece.as_ref())?;
        order.numbers = self.numbers(&paths);
        let at = if scan.resume().is_empty() { None } else { Some(Resume::read(scan.resume())?) };
        if let Some(at) = &at {
            let read = usize::try_from(at.file).unwrap_or(usize::MAX);
            if read >= paths.len() {
                return Err(Error::new(wasql::Code::Aborted, "the files changed since the scan was suspended").retry_after_ms(0));
            }
            paths.drain(..read);
            order.numbers.drain(..read);
        }
        let mut records = self.format.open(paths, &self.known, &order.wanted())?;
        if let Some(piece) = piece.filter(|piece| piece.bytes() < piece.size_bytes) {
            records.narrow(piece.from, (piece.to < piece.size_bytes).then_some(piece.to))?;
        }
        let scan = TextScan::new(records, order);
        Ok(Rows::batches(match at {
            Some(at) => scan.resume(&at)?,
            None => scan,
        }))
    }

    /// Rows by their ids.
    fn lookup(&self, lookup: &Lookup) -> Result<Box<dyn Lookups>> {
        if !self.locates() || lookup.keys != [self.known.fields.len()] {
            return Err(Error::unsupported("lookup by other columns than the row id"));
        }
        let order = self.order(&lookup.scan)?;
        Ok(Box::new(TextLookup::new(self.format.clone(), self.known.clone(), order, self.paths(None)?)))
    }

    /// Files, and stretches of big ones, in order.
    fn partitions(&self, _plan: &[u8], wanted: u32) -> Result<Vec<Partition>> {
        let bytes = (total_bytes(&self.files) / u64::from(wanted.max(1))).max(PIECE_BYTES_MIN);
        let mut all = Vec::new();
        for file in &self.files {
            all.extend(self.cut(file, bytes)?.iter().map(|piece| Partition {
                token: piece.token(),
                rows: self.known.rows(piece.bytes()),
                bytes: piece.bytes() as f64,
                label: piece.label(),
            }));
        }
        Ok(all)
    }
}

/// The part of the rows that is expected to pass, by the rules of thumb of the trade.
fn selectivity(filter: &wasql::Filter) -> f64 {
    use wasql::Op;
    match filter.op {
        Op::Eq | Op::NullSafeEq | Op::IsNull => 0.1,
        Op::In => (0.1 * filter.operands.len() as f64).min(0.5),
        Op::Lt | Op::Le | Op::Gt | Op::Ge => 1.0 / 3.0,
        Op::Like => 0.2,
        Op::And => filter.children.iter().map(selectivity).product(),
        Op::Or => filter.children.iter().map(selectivity).sum::<f64>().min(1.0),
        _ => 0.9,
    }
}

/// A name for the row id that no column has.
fn id_name(fields: &[Field]) -> String {
    let mut name = "_row".to_string();
    while fields.iter().any(|field| field.name.eq_ignore_ascii_case(&name)) {
        name.push('_');
    }
    name
}

/// A text that differs when names or types do.
fn version(fields: &[Field]) -> String {
    let bytes = fields.iter().flat_map(|field| field.name.bytes().chain([0]).chain(field.sql.bytes()).chain([1]));
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    format!("{hash:016x}")
}
