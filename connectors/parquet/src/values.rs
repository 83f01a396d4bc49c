//! Decoded values of one physical type, and the decoders of a page.

use crate::bits::{Delta, Hybrid};
use crate::meta::Physical;
use crate::part::Part;
use wasql::{Code, Error, Result};

/// Most bytes of varying length decoded for one batch of one column.
pub const BATCH_BYTES_MAX: usize = 128 << 20;

/// Values that are decoded at a time when they are left out.
const SKIPPED: usize = 4096;

/// Values side by side.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum Values {
    Bool(Vec<bool>),
    I32(Vec<i32>),
    I64(Vec<i64>),
    F32(Vec<f32>),
    F64(Vec<f64>),
    /// Byte arrays, fixed ones and INT96: all bytes, and where each ends.
    Bytes {
        data: Vec<u8>,
        ends: Vec<usize>,
    },
}

fn corrupt(message: impl Into<String>) -> Error {
    Error::new(Code::Corrupt, message)
}

impl Values {
    /// No values of a type.
    pub fn new(physical: Physical) -> Self {
        match physical {
            Physical::Bool => Values::Bool(Vec::new()),
            Physical::Int32 => Values::I32(Vec::new()),
            Physical::Int64 => Values::I64(Vec::new()),
            Physical::Float => Values::F32(Vec::new()),
            Physical::Double => Values::F64(Vec::new()),
            Physical::Int96 | Physical::Bytes | Physical::Fixed(_) => Values::Bytes { data: Vec::new(), ends: Vec::new() },
        }
    }

    /// No values of the same type.
    pub fn like(&self) -> Self {
        match self {
            Values::Bool(_) => Values::Bool(Vec::new()),
            Values::I32(_) => Values::I32(Vec::new()),
            Values::I64(_) => Values::I64(Vec::new()),
            Values::F32(_) => Values::F32(Vec::new()),
            Values::F64(_) => Values::F64(Vec::new()),
            Values::Bytes { .. } => Values::Bytes { data: Vec::new(), ends: Vec::new() },
        }
    }

    /// Number of values.
    pub fn len(&self) -> usize {
        match self {
            Values::Bool(v) => v.len(),
            Values::I32(v) => v.len(),
            Values::I64(v) => v.len(),
            Values::F32(v) => v.len(),
            Values::F64(v) => v.len(),
            Values::Bytes { ends, .. } => ends.len(),
        }
    }

    /// Forgets all values.
    pub fn clear(&mut self) {
        match self {
            Values::Bool(v) => v.clear(),
            Values::I32(v) => v.clear(),
            Values::I64(v) => v.clear(),
            Values::F32(v) => v.clear(),
            Values::F64(v) => v.clear(),
            Values::Bytes { data, ends } => {
                data.clear();
                ends.clear();
            }
        }
    }

    /// The bytes of value i.
    #[inline]
    pub fn bytes(&self, i: usize) -> &[u8] {
        match self {
            Values::Bytes { data, ends } => {
                let start = if i == 0 { 0 } else { ends[i - 1] };
                &data[start..ends[i]]
            }
            _ => &[],
        }
    }

    /// Adds the values of a dictionary, or of a page, that the indexes name.
    pub fn pick(&mut self, dictionary: &Values, indexes: &[u32]) -> Result<()> {
        fn take<T: Copy>(out: &mut Vec<T>, from: &[T], indexes: &[u32]) -> Option<()> {
            let most = indexes.iter().copied().max().unwrap_or(0) as usize;
            if most >= from.len() && !indexes.is_empty() {
                return None;
            }
            out.extend(indexes.iter().map(|&i| from[i as usize]));
            Some(())
        }
        let found = match (&mut *self, dictionary) {
            (Values::Bool(out), Values::Bool(from)) => take(out, from, indexes),
            (Values::I32(out), Values::I32(from)) => take(out, from, indexes),
            (Values::I64(out), Values::I64(from)) => take(out, from, indexes),
            (Values::F32(out), Values::F32(from)) => take(out, from, indexes),
            (Values::F64(out), Values::F64(from)) => take(out, from, indexes),
            (Values::Bytes { data, ends }, Values::Bytes { ends: from, .. }) => {
                for &i in indexes {
                    if i as usize >= from.len() {
                        return Err(outside(i, from.len()));
                    }
                    data.extend_from_slice(dictionary.bytes(i as usize));
                    ends.push(data.len());
                    if data.len() > BATCH_BYTES_MAX {
                        return Err(too_much());
                    }
                }
                Some(())
            }
            _ => None,
        };
        found.ok_or_else(|| outside(indexes.iter().copied().max().unwrap_or(0), dictionary.len()))
    }
}

/// The error for an index outside its dictionary.
pub fn outside(index: u32, len: usize) -> Error {
    corrupt(format!("index {index} into a dictionary of {len} values"))
}

/// The error for a batch of too many bytes.
pub fn too_much() -> Error {
    Error::new(Code::Resource, format!("values of one batch take more than {BATCH_BYTES_MAX} bytes"))
}

/// How the values of a page are encoded, and what of it is left.
pub enum Decoder {
    /// One after the other.
    Plain { bytes: Part, at: usize },
    /// Bools, eight a byte.
    Bits { bytes: Part, at: usize },
    /// Bools as runs.
    Runs(Hybrid),
    /// Indexes into the dictionary, and room for those of a batch.
    Dictionary(Hybrid, Vec<u32>),
    /// Integers as differences.
    Deltas(Delta),
    /// Lengths as differences, then all bytes.
    Lengths { lengths: Delta, bytes: Part, at: usize },
    /// Length shared with the value before, then what is new.
    Prefixes { shared: Delta, lengths: Delta, bytes: Part, at: usize, last: Vec<u8> },
    /// The first bytes of all values, then the second ones, and so on.
    Split { bytes: Part, at: usize, width: usize },
}

impl Decoder {
    /// The decoder of a page's values.
    pub fn new(encoding: i32, physical: Physical, bytes: Part) -> Result<Self> {
        Ok(match (encoding, physical) {
            (0, Physical::Bool) => Decoder::Bits { bytes, at: 0 },
            (0, _) => Decoder::Plain { bytes, at: 0 },
            (2 | 8, _) => {
                let width = bytes.first().copied().unwrap_or(0);
                Decoder::Dictionary(Hybrid::new(bytes.rest(1), u32::from(width))?, Vec::new())
            }
            (3, Physical::Bool) => {
                let body = bytes.part(4, bytes.len()).ok_or_else(|| corrupt("page of bools ends before its length"))?;
                Decoder::Runs(Hybrid::new(body, 1)?)
            }
            (5, Physical::Int32 | Physical::Int64) => Decoder::Deltas(Delta::new(bytes)?),
            (6, Physical::Bytes) => {
                let end = Delta::end(&bytes)?;
                Decoder::Lengths { lengths: Delta::new(bytes.clone())?, bytes, at: end }
            }
            (7, Physical::Bytes | Physical::Fixed(_)) => {
                let second = Delta::end(&bytes)?;
                let end = second + Delta::end(&bytes.rest(second))?;
                let lengths = Delta::new(bytes.rest(second))?;
                Decoder::Prefixes { shared: Delta::new(bytes.clone())?, lengths, bytes, at: end, last: Vec::new() }
            }
            (9, Physical::Float | Physical::Int32) => Decoder::Split { bytes, at: 0, width: 4 },
            (9, Physical::Double | Physical::Int64) => Decoder::Split { bytes, at: 0, width: 8 },
            (9, Physical::Fixed(width)) => Decoder::Split { bytes, at: 0, width },
            (other, physical) => {
                return Err(corrupt(format!("encoding {other} of {physical:?} values")));
            }
        })
    }

    /// The indexes, when the values are named by them.
    pub fn indexes(&mut self) -> Option<&mut Hybrid> {
        if let Decoder::Dictionary(hybrid, _) = self { Some(hybrid) } else { None }
    }

    /// Leaves out the next n values; `scratch` takes those that must be decoded for it, and is left as it was.
    pub fn skip(&mut self, n: usize, physical: Physical, scratch: &mut Values) -> Result<()> {
        let fixed = |width: usize, bytes: &Part, at: &mut usize| {
            let end = n.checked_mul(width).and_then(|b| at.checked_add(b)).filter(|&end| end <= bytes.len());
            *at = end.ok_or_else(|| short(n))?;
            Ok(())
        };
        match (&mut *self, physical) {
            (Decoder::Dictionary(hybrid, _) | Decoder::Runs(hybrid), _) => hybrid.skip(n),
            (Decoder::Plain { bytes, at }, Physical::Int32 | Physical::Float) => fixed(4, bytes, at),
            (Decoder::Plain { bytes, at }, Physical::Int64 | Physical::Double) => fixed(8, bytes, at),
            (Decoder::Plain { bytes, at }, Physical::Int96) => fixed(12, bytes, at),
            (Decoder::Plain { bytes, at }, Physical::Fixed(width)) => fixed(width, bytes, at),
            (Decoder::Plain { bytes, at }, Physical::Bytes) => (0..n).try_for_each(|_| next_bytes(bytes, at).map(|_| ())),
            _ => {
                let mut left = n;
                while left > 0 {
                    let some = left.min(SKIPPED);
                    scratch.clear();
                    self.read(some, physical, None, scratch)?;
                    left -= some;
                }
                scratch.clear();
                Ok(())
            }
        }
    }

    /// Adds the next n values.
    pub fn read(&mut self, n: usize, physical: Physical, dictionary: Option<&Values>, out: &mut Values) -> Result<()> {
        match self {
            Decoder::Plain { bytes, at } => plain(bytes, at, n, physical, out),
            Decoder::Bits { bytes, at } => {
                let Values::Bool(out) = out else { return Err(mixed()) };
                if n > (8 * bytes.len()).saturating_sub(*at) {
                    return Err(short(n));
                }
                out.extend((*at..*at + n).map(|i| bytes[i / 8] >> (i % 8) & 1 == 1));
                *at += n;
                Ok(())
            }
            Decoder::Runs(hybrid) => {
                let Values::Bool(out) = out else { return Err(mixed()) };
                let mut numbers = Vec::new();
                hybrid.read(n, &mut numbers)?;
                out.extend(numbers.iter().map(|&b| b != 0));
                Ok(())
            }
            Decoder::Dictionary(hybrid, indexes) => {
                let dictionary = dictionary.ok_or_else(|| corrupt("indexes into a dictionary that is not there"))?;
                indexes.clear();
                hybrid.read(n, indexes)?;
                out.pick(dictionary, indexes)
            }
            Decoder::Deltas(delta) => match out {
                Values::I32(out) => delta.read(n, |v| out.push(v as i32)),
                Values::I64(out) => delta.read(n, |v| out.push(v)),
                _ => Err(mixed()),
            },
            Decoder::Lengths { lengths, bytes, at } => {
                let mut sizes = Vec::with_capacity(n.min(4096));
                lengths.read(n, |v| sizes.push(v))?;
                for size in sizes {
                    let value = slice(bytes, *at, size)?;
                    *at += value.len();
                    push(out, value)?;
                }
                Ok(())
            }
            Decoder::Prefixes { shared, lengths, bytes, at, last } => {
                let (mut keep, mut sizes) = (Vec::new(), Vec::new());
                shared.read(n, |v| keep.push(v))?;
                lengths.read(n, |v| sizes.push(v))?;
                for (keep, size) in keep.into_iter().zip(sizes) {
                    let value = slice(bytes, *at, size)?;
                    *at += value.len();
                    let keep = usize::try_from(keep).ok().filter(|&k| k <= last.len());
                    last.truncate(keep.ok_or_else(|| corrupt("value shares more bytes than the one before has"))?);
                    last.extend_from_slice(value);
                    if let Physical::Fixed(width) = physical
                        && last.len() != width
                    {
                        return Err(corrupt(format!("value of {} bytes where {width} are fixed", last.len())));
                    }
                    push(out, last)?;
                }
                Ok(())
            }
            Decoder::Split { bytes, at, width } => split(bytes, at, *width, n, out),
        }
    }
}

fn mixed() -> Error {
    Error::internal("values of two physical types in one column")
}

fn short(n: usize) -> Error {
    corrupt(format!("page ends before the {n} values it should hold"))
}

fn slice(bytes: &[u8], at: usize, size: i64) -> Result<&[u8]> {
    let end = usize::try_from(size).ok().and_then(|size| at.checked_add(size));
    end.and_then(|end| bytes.get(at..end))
        .ok_or_else(|| corrupt(format!("value of {size} bytes at byte {at} of a page of {}", bytes.len())))
}

/// The bytes behind their length at a position, which moves behind them.
#[inline]
fn next_bytes<'a>(bytes: &'a [u8], at: &mut usize) -> Result<&'a [u8]> {
    let head = bytes.get(*at..).and_then(|b| b.first_chunk::<4>()).ok_or_else(|| short(1))?;
    let value = slice(bytes, *at + 4, i64::from(u32::from_le_bytes(*head)))?;
    *at += 4 + value.len();
    Ok(value)
}

fn push(out: &mut Values, value: &[u8]) -> Result<()> {
    let Values::Bytes { data, ends } = out else { return Err(mixed()) };
    data.extend_from_slice(value);
    ends.push(data.len());
    if data.len() > BATCH_BYTES_MAX { Err(too_much()) } else { Ok(()) }
}

fn plain(bytes: &[u8], at: &mut usize, n: usize, physical: Physical, out: &mut Values) -> Result<()> {
    /// The next n values of a width, as chunks.
    fn fixed<'a>(bytes: &'a [u8], at: &mut usize, n: usize, width: usize) -> Result<&'a [u8]> {
        let end = n.checked_mul(width).and_then(|b| at.checked_add(b));
        let part = end.and_then(|end| bytes.get(*at..end)).ok_or_else(|| short(n))?;
        *at += part.len();
        Ok(part)
    }
    macro_rules! numbers {
        ($out:expr, $t:ty, $width:literal) => {{
            let (chunks, _) = fixed(bytes, at, n, $width)?.as_chunks::<$width>();
            $out.extend(chunks.iter().map(|c| <$t>::from_le_bytes(*c)));
            Ok(())
        }};
    }
    let width = match physical {
        Physical::Int96 => Some(12),
        Physical::Fixed(width) => Some(width),
        _ => None,
    };
    match (out, width) {
        (Values::I32(out), _) => numbers!(out, i32, 4),
        (Values::I64(out), _) => numbers!(out, i64, 8),
        (Values::F32(out), _) => numbers!(out, f32, 4),
        (Values::F64(out), _) => numbers!(out, f64, 8),
        (Values::Bytes { data, ends }, Some(width)) => {
            let part = fixed(bytes, at, n, width)?;
            let start = data.len();
            data.extend_from_slice(part);
            ends.extend((1..=n).map(|i| start + i * width));
            Ok(())
        }
        (Values::Bytes { data, ends }, None) => {
            for _ in 0..n {
                let value = next_bytes(bytes, at)?;
                data.extend_from_slice(value);
                ends.push(data.len());
            }
            if data.len() > BATCH_BYTES_MAX { Err(too_much()) } else { Ok(()) }
        }
        (Values::Bool(_), _) => Err(mixed()),
    }
}

fn split(bytes: &[u8], at: &mut usize, width: usize, n: usize, out: &mut Values) -> Result<()> {
    let count = bytes.len() / width;
    if n > count.saturating_sub(*at) {
        return Err(short(n));
    }
    let byte = |i: usize, b: usize| bytes[b * count + i];
    for i in *at..*at + n {
        match out {
            Values::I32(v) => v.push(i32::from_le_bytes([byte(i, 0), byte(i, 1), byte(i, 2), byte(i, 3)])),
            Values::F32(v) => v.push(f32::from_le_bytes([byte(i, 0), byte(i, 1), byte(i, 2), byte(i, 3)])),
            Values::I64(v) => v.push(i64::from_le_bytes(std::array::from_fn(|b| byte(i, b)))),
            Values::F64(v) => v.push(f64::from_le_bytes(std::array::from_fn(|b| byte(i, b)))),
            Values::Bytes { data, ends } => {
                data.extend((0..width).map(|b| byte(i, b)));
                ends.push(data.len());
            }
            Values::Bool(_) => return Err(mixed()),
        }
    }
    *at += n;
    Ok(())
}
