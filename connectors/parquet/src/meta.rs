//! The footer of a file: its schema, row groups and column chunks.

use crate::thrift::{Reader, TRUE};
use wasql::fs::File;
use wasql::{Code, Error, Result};

/// Most bytes of a footer.
const FOOTER_BYTES_MAX: u64 = 256 << 20;

/// Logical types, from the newer or the older annotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Logical {
    None,
    String,
    Map,
    List,
    Enum,
    Decimal { precision: u32, scale: u32 },
    Date,
    Time(Unit),
    Timestamp(Unit),
    Integer { bits: u8, signed: bool },
    Json,
    Uuid,
    Float16,
}

/// Units of times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Unit {
    Millis,
    Micros,
    Nanos,
}

/// Physical types, by their numbers in the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Physical {
    Bool,
    Int32,
    Int64,
    Int96,
    Float,
    Double,
    Bytes,
    Fixed(usize),
}

/// One element of the schema, in depth-first order.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Element {
    pub name: String,
    pub physical: Option<Physical>,
    /// 0 required, 1 optional, 2 repeated.
    pub repetition: i32,
    pub children: usize,
    pub logical: Logical,
}

/// Statistics of a column chunk.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct Statistics {
    pub nulls: Option<u64>,
    pub distinct: Option<u64>,
    /// Bounds in the order of the logical type.
    pub min: Option<Vec<u8>>,
    pub max: Option<Vec<u8>>,
    /// Bounds of old writers, in signed order whatever the type.
    pub old_min: Option<Vec<u8>>,
    pub old_max: Option<Vec<u8>>,
    /// The bounds are values of the chunk, not only beyond them.
    pub min_exact: bool,
    pub max_exact: bool,
}

/// Where something lies in the file, and its bytes.
pub type Place = (u64, u64);

/// The pages of one column in one row group.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct Chunk {
    pub codec: i32,
    pub values: u64,
    pub start: u64,
    pub end: u64,
    pub uncompressed_bytes: u64,
    pub statistics: Statistics,
    /// All pages of values are indexes into the dictionary, the first page.
    pub indexed: bool,
    /// Where its bloom filter begins.
    pub bloom: Option<u64>,
    /// Where its pages are listed, and their bounds.
    pub offset_index: Option<Place>,
    pub column_index: Option<Place>,
}

/// A horizontal slice of the table.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct RowGroup {
    pub rows: u64,
    pub chunks: Vec<Chunk>,
}

/// What the footer says.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Meta {
    pub elements: Vec<Element>,
    pub rows: u64,
    pub groups: Vec<RowGroup>,
}

fn corrupt(message: impl Into<String>) -> Error {
    Error::new(Code::Corrupt, message)
}

impl Meta {
    /// Reads the footer of an open file.
    pub fn read(file: &File) -> Result<Self> {
        Self::of(file).map_err(|e| if e.status().file.is_empty() { e.file(file.path()) } else { e })
    }

    fn of(file: &File) -> Result<Self> {
        let size = file.size_bytes();
        if size < 12 {
            return Err(corrupt(format!("not a Parquet file: {size} bytes are too few")));
        }
        let mut ends = [0u8; 12];
        file.read_exact_at(0, &mut ends[..4])?;
        file.read_exact_at(size - 8, &mut ends[4..])?;
        if &ends[..4] != b"PAR1" && &ends[..4] != b"PARE" {
            let found = ends[..4].escape_ascii().to_string();
            return Err(corrupt("not a Parquet file: it does not begin with PAR1").value(found));
        }
        if &ends[8..] == b"PARE" || &ends[..4] == b"PARE" {
            return Err(Error::unsupported("a Parquet file with an encrypted footer"));
        }
        if &ends[8..] != b"PAR1" {
            let hint = "the file was cut, or is still being written";
            return Err(corrupt(format!("no PAR1 at byte {}, the end of the file", size - 4)).hint(hint));
        }
        let len = u64::from(u32::from_le_bytes([ends[4], ends[5], ends[6], ends[7]]));
        if len > size - 12 || len > FOOTER_BYTES_MAX {
            return Err(corrupt(format!("footer of {len} bytes, told at byte {}, in a file of {size}", size - 8)));
        }
        let start = size - 8 - len;
        let mut bytes = vec![0; len as usize];
        file.read_exact_at(start, &mut bytes)?;
        Self::parse(&bytes, start).map_err(|e| e.context(format!("footer at byte {start}")))
    }

    fn parse(bytes: &[u8], data_end: u64) -> Result<Self> {
        let (mut elements, mut groups, mut rows, mut encrypted) = (Vec::new(), Vec::new(), 0i64, false);
        Reader::new(bytes).fields(|r, id, _| {
            match id {
                2 => elements = r.list(element)?,
                3 => rows = r.int()?,
                4 => groups = r.list(|r| row_group(r, data_end))?,
                8 => encrypted = true,
                _ => return Ok(false),
            }
            Ok(id != 8)
        })?;
        if encrypted {
            return Err(Error::unsupported("an encrypted Parquet file"));
        }
        let sum = groups.iter().try_fold(0u64, |sum, g| sum.checked_add(g.rows));
        if sum != u64::try_from(rows).ok() {
            return Err(corrupt(format!("{rows} rows, but the row groups hold {}", sum.unwrap_or(u64::MAX))));
        }
        Ok(Meta { elements, rows: rows as u64, groups })
    }
}

fn element(r: &mut Reader) -> Result<Element> {
    let (mut physical, mut length, mut converted, mut scale, mut precision) = (None, 0, None, 0, 0);
    let mut e = Element { name: String::new(), physical: None, repetition: 0, children: 0, logical: Logical::None };
    let mut logical = None;
    r.fields(|r, id, _| {
        match id {
            1 => physical = Some(r.int32()?),
            2 => length = r.size()?,
            3 => e.repetition = r.int32()?,
            4 => e.name = r.string()?,
            5 => e.children = r.size()?,
            6 => converted = Some(r.int32()?),
            7 => scale = r.int32()?,
            8 => precision = r.int32()?,
            10 => logical = logical_type(r)?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    if !(0..=2).contains(&e.repetition) {
        return Err(corrupt(format!("repetition {} of column {}", e.repetition, e.name)));
    }
    e.physical = match physical {
        None => None,
        Some(0) => Some(Physical::Bool),
        Some(1) => Some(Physical::Int32),
        Some(2) => Some(Physical::Int64),
        Some(3) => Some(Physical::Int96),
        Some(4) => Some(Physical::Float),
        Some(5) => Some(Physical::Double),
        Some(6) => Some(Physical::Bytes),
        Some(7) if (1..=1 << 20).contains(&length) => Some(Physical::Fixed(length)),
        Some(other) => return Err(corrupt(format!("physical type {other}, length {length}, of column {}", e.name))),
    };
    let decimal = || Logical::Decimal { precision: precision.max(0) as u32, scale: scale.max(0) as u32 };
    e.logical = logical.unwrap_or_else(|| converted.map_or(Logical::None, |c| converted_type(c, decimal)));
    Ok(e)
}

fn converted_type(number: i32, decimal: impl Fn() -> Logical) -> Logical {
    let integer = |bits, signed| Logical::Integer { bits, signed };
    match number {
        0 => Logical::String,
        1 | 2 => Logical::Map,
        3 => Logical::List,
        4 => Logical::Enum,
        5 => decimal(),
        6 => Logical::Date,
        7 => Logical::Time(Unit::Millis),
        8 => Logical::Time(Unit::Micros),
        9 => Logical::Timestamp(Unit::Millis),
        10 => Logical::Timestamp(Unit::Micros),
        11 => integer(8, false),
        12 => integer(16, false),
        13 => integer(32, false),
        14 => integer(64, false),
        15 => integer(8, true),
        16 => integer(16, true),
        19 => Logical::Json,
        _ => Logical::None,
    }
}

fn logical_type(r: &mut Reader) -> Result<Option<Logical>> {
    let mut found = None;
    r.fields(|r, id, _| {
        let logical = match id {
            1 => Logical::String,
            2 => Logical::Map,
            3 => Logical::List,
            4 => Logical::Enum,
            6 => Logical::Date,
            12 => Logical::Json,
            14 => Logical::Uuid,
            15 => Logical::Float16,
            5 => {
                let (mut scale, mut precision) = (0, 0);
                r.fields(|r, id, _| {
                    match id {
                        1 => scale = r.int32()?.max(0) as u32,
                        2 => precision = r.int32()?.max(0) as u32,
                        _ => return Ok(false),
                    }
                    Ok(true)
                })?;
                found = Some(Logical::Decimal { precision, scale });
                return Ok(true);
            }
            7 | 8 => {
                let unit = time_unit(r)?;
                found = Some(if id == 7 { Logical::Time(unit) } else { Logical::Timestamp(unit) });
                return Ok(true);
            }
            10 => {
                found = Some(integer(r)?);
                return Ok(true);
            }
            _ => return Ok(false),
        };
        found = Some(logical);
        Ok(false)
    })?;
    Ok(found)
}

fn time_unit(r: &mut Reader) -> Result<Unit> {
    let mut unit = Unit::Micros;
    r.fields(|r, id, _| {
        if id != 2 {
            return Ok(false);
        }
        r.fields(|_, id, _| {
            unit = match id {
                1 => Unit::Millis,
                2 => Unit::Micros,
                _ => Unit::Nanos,
            };
            Ok(false)
        })?;
        Ok(true)
    })?;
    Ok(unit)
}

fn integer(r: &mut Reader) -> Result<Logical> {
    let (mut bits, mut signed) = (64u8, true);
    r.fields(|r, id, kind| {
        match id {
            1 => bits = r.raw_byte()?,
            2 => signed = kind == TRUE,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    Ok(Logical::Integer { bits, signed })
}

fn row_group(r: &mut Reader, data_end: u64) -> Result<RowGroup> {
    let (mut rows, mut chunks) = (0i64, Vec::new());
    r.fields(|r, id, _| {
        match id {
            1 => chunks = r.list(|r| chunk(r, data_end))?,
            3 => rows = r.int()?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    let rows = u64::try_from(rows).map_err(|_| corrupt(format!("row group of {rows} rows")))?;
    Ok(RowGroup { rows, chunks })
}

fn chunk(r: &mut Reader, data_end: u64) -> Result<Chunk> {
    let (mut found, mut elsewhere, mut encrypted) = (None, false, false);
    let mut index = [-1i64; 4];
    r.fields(|r, id, _| {
        match id {
            1 => elsewhere = !r.binary()?.is_empty(),
            3 => found = Some(column_meta(r, data_end)?),
            4..=7 => index[id as usize - 4] = r.int()?,
            8 => {
                encrypted = true;
                return Ok(false);
            }
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    if elsewhere || encrypted {
        return Err(Error::unsupported(if encrypted { "an encrypted column" } else { "a column kept in another file" }));
    }
    let mut found: Chunk = found.ok_or_else(|| corrupt("column chunk without metadata"))?;
    let place = |at: i64, len: i64| u64::try_from(at).ok().filter(|&at| at > 0).zip(u64::try_from(len).ok().filter(|&n| n > 0));
    (found.offset_index, found.column_index) = (place(index[0], index[1]), place(index[2], index[3]));
    Ok(found)
}

/// Pages of a type and encoding in a chunk: true when they are values that no dictionary has.
fn unindexed(r: &mut Reader) -> Result<bool> {
    let (mut kind, mut encoding, mut count) = (0, 0, 0);
    r.fields(|r, id, _| {
        match id {
            1 => kind = r.int32()?,
            2 => encoding = r.int32()?,
            3 => count = r.int32()?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    Ok(matches!(kind, 0 | 3) && !matches!(encoding, 2 | 8) && count != 0)
}

fn column_meta(r: &mut Reader, data_end: u64) -> Result<Chunk> {
    let (mut codec, mut values, mut compressed, mut uncompressed) = (0, 0i64, 0i64, 0i64);
    let (mut data, mut dictionary, mut statistics) = (0i64, None, Statistics::default());
    let (mut pages, mut bloom) = (Vec::new(), None);
    r.fields(|r, id, _| {
        match id {
            4 => codec = r.int32()?,
            5 => values = r.int()?,
            6 => uncompressed = r.int()?,
            7 => compressed = r.int()?,
            9 => data = r.int()?,
            11 => dictionary = Some(r.int()?),
            12 => statistics = chunk_statistics(r)?,
            13 => pages = r.list(unindexed)?,
            14 => bloom = u64::try_from(r.int()?).ok().filter(|&at| at > 0),
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    // Some writers say 0 for "no dictionary page".
    let start = dictionary.filter(|&d| d > 0 && d < data).unwrap_or(data);
    let end = start.checked_add(compressed);
    match (u64::try_from(start), end.and_then(|e| u64::try_from(e).ok()), u64::try_from(values)) {
        (Ok(start), Some(end), Ok(values)) if start <= end && end <= data_end && (start >= 4 || values == 0) => {
            let indexed = !pages.is_empty() && !pages.contains(&true) && start < data as u64;
            let uncompressed_bytes = uncompressed.max(0) as u64;
            Ok(Chunk { codec, values, start, end, uncompressed_bytes, statistics, indexed, bloom, ..Default::default() })
        }
        _ => Err(corrupt(format!("column chunk of {compressed} bytes at byte {start}, where data ends at {data_end}"))),
    }
}

fn chunk_statistics(r: &mut Reader) -> Result<Statistics> {
    let mut s = Statistics::default();
    r.fields(|r, id, kind| {
        match id {
            1 => s.old_max = Some(r.binary()?.to_vec()),
            2 => s.old_min = Some(r.binary()?.to_vec()),
            3 => s.nulls = u64::try_from(r.int()?).ok(),
            4 => s.distinct = u64::try_from(r.int()?).ok(),
            5 => s.max = Some(r.binary()?.to_vec()),
            6 => s.min = Some(r.binary()?.to_vec()),
            7 => s.max_exact = kind == TRUE,
            8 => s.min_exact = kind == TRUE,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    Ok(s)
}
