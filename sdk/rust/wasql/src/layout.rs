//! How a batch lies in memory (SPEC section 6): written for the host, and read from it.

#[cfg(test)]
use crate::number::Fixed;
use crate::schema::{varying, width};
use crate::{Batch, Encoding, Error, Field, Result, Type, Value, Vector};

const HEADER_BYTES: usize = 64;
const COLUMN_BYTES: usize = 64;

/// Writes the header and the columns of a batch; the buffers stay where they are.
pub(crate) fn frame(batch: &Batch, out: &mut Vec<u64>) {
    let vectors = batch.read();
    let extra: usize = vectors.iter().map(|v| if v.dictionary.is_some() { COLUMN_BYTES } else { 8 * v.buffers.len() }).sum();
    let selection = batch.selection();
    out.clear();
    out.resize((HEADER_BYTES + COLUMN_BYTES * vectors.len() + extra) / 8, 0);
    let base = out.as_ptr() as usize;
    let columns = base + HEADER_BYTES;
    let flags: u64 = if selection.is_some() { 2 } else { 0 };
    out[0] = HEADER_BYTES as u64 | (vectors.len() as u64) << 32;
    out[1] = batch.rows() as u64;
    out[3] = pack(if vectors.is_empty() { 0 } else { columns }, COLUMN_BYTES);
    out[4] = selection.map_or(0, |s| if s.is_empty() { 0 } else { pack(s.as_ptr() as usize, s.len()) });
    out[5] = flags;
    let mut free = (HEADER_BYTES + COLUMN_BYTES * vectors.len()) / 8;
    for (i, vector) in vectors.iter().enumerate() {
        let at = (HEADER_BYTES + COLUMN_BYTES * i) / 8;
        column(vector, &mut out[at..at + 8]);
        if let Some(dictionary) = &vector.dictionary {
            out[at + 7] = pack(base + 8 * free, dictionary.len());
            column(dictionary, &mut out[free..free + 8]);
            free += COLUMN_BYTES / 8;
        } else if !vector.buffers.is_empty() {
            out[at + 6] = pack(base + 8 * free, vector.buffers.len());
            for buffer in &vector.buffers {
                out[free] = range(buffer.as_ptr() as usize, buffer.len());
                free += 1;
            }
        }
    }
}

/// Two u32 side by side.
fn pack(low: usize, high: usize) -> u64 {
    low as u32 as u64 | (high as u64) << 32
}

/// `{ptr, bytes}`; `{0, 0}` for nothing.
fn range(ptr: usize, bytes: usize) -> u64 {
    if bytes == 0 { 0 } else { pack(ptr, bytes) }
}

fn column(vector: &Vector, out: &mut [u64]) {
    out[0] = vector.kind() as u64 | (vector.encoding() as u64) << 16;
    out[1] = vector.nulls() as u64;
    if vector.nulls() > 0 && vector.kind() != Type::Null {
        out[2] = range(vector.valid.bytes.as_ptr() as usize, vector.valid.bytes.len());
    }
    match vector.encoding() {
        Encoding::Dictionary => out[3] = range(vector.index.as_ptr() as usize, 4 * vector.index.len()),
        Encoding::View => out[3] = range(vector.views.as_ptr() as usize, 16 * vector.views.len()),
        Encoding::Plain | Encoding::Constant if vector.kind() == Type::Bool => {
            out[3] = range(vector.bits.bytes.as_ptr() as usize, vector.bits.bytes.len());
        }
        Encoding::Plain | Encoding::Constant if varying(vector.kind()) => {
            out[3] = range(vector.offsets.as_ptr() as usize, 4 * vector.offsets.len());
            out[4] = range(vector.data.as_ptr() as usize, vector.data.len());
        }
        Encoding::Plain | Encoding::Constant => {
            let (ptr, bytes) = vector.fixed.address();
            out[3] = range(ptr, bytes);
        }
    }
}

/// Memory of the host's batch: the bytes of a range, or an error when it may not be read.
pub(crate) type Memory<'a> = dyn Fn(u32, u32) -> Result<&'a [u8]> + 'a;

/// Reads a plain or constant batch that the host wrote.
pub(crate) fn read<'a>(batch: u32, fields: &[Field], memory: &Memory<'a>) -> Result<Vec<Vec<Value>>> {
    let header = memory(batch, HEADER_BYTES as u32)?;
    let (columns, rows) = (u32_at(header, 4)? as usize, u64_at(header, 8)?);
    let (start, stride) = (u32_at(header, 24)?, u32_at(header, 28)?);
    if columns != fields.len() || rows > 1 << 24 || stride < COLUMN_BYTES as u32 || u32_at(header, 40)? & 2 != 0 {
        let message = format!("written batch of {columns} columns and {rows} rows, {} columns wanted", fields.len());
        return Err(Error::invalid(message));
    }
    let rows = rows as usize;
    let mut out = vec![Vec::with_capacity(columns); rows];
    for (i, field) in fields.iter().enumerate() {
        let at = u64::from(start) + i as u64 * u64::from(stride);
        let at = u32::try_from(at).map_err(|_| Error::invalid("columns beyond the memory"))?;
        let column = Reader::new(memory(at, COLUMN_BYTES as u32)?, rows, memory)?;
        for (row, values) in out.iter_mut().enumerate() {
            values.push(column.value(row, field).map_err(|e| e.column(&field.name))?);
        }
    }
    Ok(out)
}

struct Reader<'a> {
    kind: Type,
    constant: bool,
    valid: &'a [u8],
    first: &'a [u8],
    second: &'a [u8],
}

impl<'a> Reader<'a> {
    fn new(column: &[u8], rows: usize, memory: &Memory<'a>) -> Result<Self> {
        let kind = u32::from(u16_at(column, 0)?);
        let encoding = u16_at(column, 2)?;
        let kind = Type::try_from(kind as i32).map_err(|_| Error::invalid(format!("type {kind} of a written column")))?;
        if encoding > 1 {
            return Err(Error::invalid(format!("encoding {encoding} of a written column")));
        }
        let buffer = |at: usize| memory(u32_at(column, at)?, u32_at(column, at + 4)?);
        let reader = Reader { kind, constant: encoding == 1, valid: buffer(16)?, first: buffer(24)?, second: buffer(32)? };
        if !reader.constant && !reader.valid.is_empty() && reader.valid.len() < rows.div_ceil(8) {
            return Err(Error::invalid("validity bits of a written column are too few"));
        }
        Ok(reader)
    }

    fn value(&self, row: usize, field: &Field) -> Result<Value> {
        let row = if self.constant { 0 } else { row };
        if self.kind == Type::Null || !self.valid.is_empty() && self.valid[row / 8] >> (row % 8) & 1 == 0 {
            return Ok(Value::Null);
        }
        if self.kind == Type::Bool {
            let byte = self.first.get(row / 8).ok_or_else(|| Error::invalid("bits of a written column are too few"))?;
            return Ok(Value::Bool(byte >> (row % 8) & 1 == 1));
        }
        if varying(self.kind) {
            let (from, to) = (u32_at(self.first, 4 * row)? as usize, u32_at(self.first, 4 * row + 4)? as usize);
            let bytes =
                self.second.get(from..to).ok_or_else(|| Error::invalid(format!("offsets {from} to {to} of a written column")))?;
            let mut value = Vector::new(self.kind, 0);
            value.push_bytes(bytes)?;
            return Ok(value.get(0));
        }
        let width = width(self.kind);
        let bytes = self
            .first
            .get(width * row..width * (row + 1))
            .ok_or_else(|| Error::invalid("values of a written column are too few"))?;
        let mut words = [0u64; 4];
        for (i, byte) in bytes.iter().enumerate() {
            words[i / 8] |= u64::from(*byte) << (8 * (i % 8));
        }
        let mut value = Vector::new(self.kind, field.scale);
        match self.kind {
            Type::Decimal128 => {
                value.push_unscaled(crate::decimal::widen((u128::from(words[1]) << 64 | u128::from(words[0])) as i128))?
            }
            Type::Decimal256 => value.push_unscaled(words)?,
            Type::Float32 => value.push_float(f64::from(f32::from_bits(words[0] as u32)))?,
            Type::Float64 => value.push_float(f64::from_bits(words[0]))?,
            Type::Int8 => value.push_int(i64::from(words[0] as i8))?,
            Type::Int16 => value.push_int(i64::from(words[0] as i16))?,
            Type::Int32 | Type::Date => value.push_int(i64::from(words[0] as i32))?,
            Type::Int64 | Type::Time | Type::Datetime => value.push_int(words[0] as i64)?,
            _ => value.push_uint(words[0])?,
        }
        Ok(value.get(0))
    }
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Result<[u8; N]> {
    let part = bytes.get(at..at + N).and_then(|b| b.try_into().ok());
    part.ok_or_else(|| Error::invalid(format!("written batch ends before byte {}", at + N)))
}

fn u16_at(bytes: &[u8], at: usize) -> Result<u16> {
    array(bytes, at).map(u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Result<u32> {
    array(bytes, at).map(u32::from_le_bytes)
}

fn u64_at(bytes: &[u8], at: usize) -> Result<u64> {
    array(bytes, at).map(u64::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The memory of this process, seen through the low 32 bits of its addresses.
    struct Seen<'a>(Vec<(u32, &'a [u8])>);

    impl<'a> Seen<'a> {
        fn get(&self, ptr: u32, len: u32) -> Result<&'a [u8]> {
            if len == 0 {
                return Ok(&[]);
            }
            let hit = self.0.iter().find_map(|(start, bytes)| {
                let from = ptr.checked_sub(*start)? as usize;
                bytes.get(from..from + len as usize)
            });
            hit.ok_or_else(|| Error::internal("outside"))
        }
    }

    fn bytes_of<T: Copy, const N: usize>(values: &[T], bytes: impl Fn(T) -> [u8; N]) -> Vec<u8> {
        values.iter().flat_map(|v| bytes(*v)).collect()
    }

    #[test]
    fn a_framed_batch_reads_back() {
        let field =
            |column: usize, kind, scale| Field { column, name: format!("c{column}"), kind, precision: 0, scale, nullable: true };
        let fields = vec![
            field(0, Type::Int64, 0),
            field(1, Type::Utf8, 0),
            field(2, Type::Bool, 0),
            field(3, Type::Decimal128, 2),
            field(4, Type::Null, 0),
        ];
        let mut batch = Batch::new(fields.clone(), 100, 1 << 20);
        for i in 0..20i64 {
            if i % 3 > 0 {
                batch.vector(0).push_int(i - 10).unwrap();
                batch.vector(1).push_str(&format!("text {i}")).unwrap();
                batch.vector(2).push_bool(i % 2 == 0).unwrap();
                batch.vector(3).push_str("-1.25").unwrap();
            }
            batch.end_row();
        }
        let mut out = Vec::new();
        frame(&batch, &mut out);
        let v = batch.read();
        let Fixed::W8(ints) = &v[0].fixed else { panic!("ints") };
        let Fixed::W16(decimals) = &v[3].fixed else { panic!("decimals") };
        let copies = [
            (out.as_ptr() as usize, bytes_of(&out, u64::to_le_bytes)),
            (ints.as_ptr() as usize, bytes_of(ints, u64::to_le_bytes)),
            (decimals.as_ptr() as usize, bytes_of(decimals, i128::to_le_bytes)),
            (v[1].offsets.as_ptr() as usize, bytes_of(&v[1].offsets, i32::to_le_bytes)),
            (v[1].data.as_ptr() as usize, v[1].data.clone()),
            (v[2].bits.bytes.as_ptr() as usize, v[2].bits.bytes.clone()),
        ];
        let mut seen: Vec<(u32, &[u8])> = copies.iter().map(|(at, b)| (*at as u32, b.as_slice())).collect();
        seen.extend(v.iter().map(|v| (v.valid.bytes.as_ptr() as usize as u32, v.valid.bytes.as_slice())));
        let seen = Seen(seen);
        let rows = read(out.as_ptr() as usize as u32, &fields, &|ptr, len| seen.get(ptr, len)).unwrap();
        assert_eq!(rows, batch.values());
        // A batch of other columns than asked for, and one whose header lies elsewhere, are refused.
        assert!(read(out.as_ptr() as usize as u32, &fields[1..], &|ptr, len| seen.get(ptr, len)).is_err());
        assert!(read(12, &fields, &|ptr, len| seen.get(ptr, len)).is_err());
    }
}
