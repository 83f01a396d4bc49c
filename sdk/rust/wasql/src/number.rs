//! Buffers of a vector: the numbers of a fixed width, the bytes of a varying one, and their fast writers.

use crate::bits::Bits;
use crate::schema::width;
use crate::{Code, Error, Result, Type};

/// Values of a fixed width, kept as the numbers they are so that they are aligned.
#[derive(Clone, Debug)]
pub enum Fixed {
    None,
    W1(Vec<u8>),
    W2(Vec<u16>),
    W4(Vec<u32>),
    W8(Vec<u64>),
    W16(Vec<i128>),
    W32(Vec<[u64; 4]>),
}

impl Fixed {
    pub(crate) fn of(kind: Type) -> Self {
        match width(kind) {
            1 => Fixed::W1(Vec::new()),
            2 => Fixed::W2(Vec::new()),
            4 => Fixed::W4(Vec::new()),
            8 => Fixed::W8(Vec::new()),
            16 => Fixed::W16(Vec::new()),
            32 => Fixed::W32(Vec::new()),
            _ => Fixed::None,
        }
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Fixed::None => 0,
            Fixed::W1(v) => v.len(),
            Fixed::W2(v) => v.len(),
            Fixed::W4(v) => v.len(),
            Fixed::W8(v) => v.len(),
            Fixed::W16(v) => v.len(),
            Fixed::W32(v) => v.len(),
        }
    }

    pub(crate) fn clear(&mut self) {
        match self {
            Fixed::None => {}
            Fixed::W1(v) => v.clear(),
            Fixed::W2(v) => v.clear(),
            Fixed::W4(v) => v.clear(),
            Fixed::W8(v) => v.clear(),
            Fixed::W16(v) => v.clear(),
            Fixed::W32(v) => v.clear(),
        }
    }

    pub(crate) fn push_zeros(&mut self, n: usize) {
        let end = self.len() + n;
        match self {
            Fixed::None => {}
            Fixed::W1(v) => v.resize(end, 0),
            Fixed::W2(v) => v.resize(end, 0),
            Fixed::W4(v) => v.resize(end, 0),
            Fixed::W8(v) => v.resize(end, 0),
            Fixed::W16(v) => v.resize(end, 0),
            Fixed::W32(v) => v.resize(end, [0; 4]),
        }
    }

    pub(crate) fn push_from(&mut self, other: &Fixed, i: usize) {
        match (self, other) {
            (Fixed::W1(to), Fixed::W1(from)) => to.push(from[i]),
            (Fixed::W2(to), Fixed::W2(from)) => to.push(from[i]),
            (Fixed::W4(to), Fixed::W4(from)) => to.push(from[i]),
            (Fixed::W8(to), Fixed::W8(from)) => to.push(from[i]),
            (Fixed::W16(to), Fixed::W16(from)) => to.push(from[i]),
            (Fixed::W32(to), Fixed::W32(from)) => to.push(from[i]),
            _ => {}
        }
    }

    /// Adds the values of another buffer at these positions, which are in it.
    pub(crate) fn gather(&mut self, other: &Fixed, at: &[u32]) {
        fn pick<T: Copy>(to: &mut Vec<T>, from: &[T], at: &[u32]) {
            to.extend(at.iter().map(|&i| from[i as usize]));
        }
        match (self, other) {
            (Fixed::W1(to), Fixed::W1(from)) => pick(to, from, at),
            (Fixed::W2(to), Fixed::W2(from)) => pick(to, from, at),
            (Fixed::W4(to), Fixed::W4(from)) => pick(to, from, at),
            (Fixed::W8(to), Fixed::W8(from)) => pick(to, from, at),
            (Fixed::W16(to), Fixed::W16(from)) => pick(to, from, at),
            (Fixed::W32(to), Fixed::W32(from)) => pick(to, from, at),
            _ => {}
        }
    }

    pub(crate) fn address(&self) -> (usize, usize) {
        match self {
            Fixed::None => (0, 0),
            Fixed::W1(v) => (v.as_ptr() as usize, v.len()),
            Fixed::W2(v) => (v.as_ptr() as usize, 2 * v.len()),
            Fixed::W4(v) => (v.as_ptr() as usize, 4 * v.len()),
            Fixed::W8(v) => (v.as_ptr() as usize, 8 * v.len()),
            Fixed::W16(v) => (v.as_ptr() as usize, 16 * v.len()),
            Fixed::W32(v) => (v.as_ptr() as usize, 32 * v.len()),
        }
    }
}

/// A number type that vectors of a fixed width are made of: the integers, `f32`, `f64`, `i128` for
/// decimal128 and `[u64; 4]` for decimal256.
pub trait Number: Copy + private::Sealed {
    #[doc(hidden)]
    type Raw: Copy + Default;
    #[doc(hidden)]
    fn fits(kind: Type) -> bool;
    #[doc(hidden)]
    fn raw(self) -> Self::Raw;
    #[doc(hidden)]
    fn buffer(fixed: &mut Fixed) -> Option<&mut Vec<Self::Raw>>;
}

mod private {
    pub trait Sealed {}
}

macro_rules! numbers {
    ($($t:ty, $raw:ty, $variant:ident, $($kind:ident)|+, $conv:expr;)*) => {$(
        impl private::Sealed for $t {}
        impl Number for $t {
            type Raw = $raw;
            fn fits(kind: Type) -> bool {
                matches!(kind, $(Type::$kind)|+)
            }
            #[inline(always)]
            fn raw(self) -> $raw {
                let convert: fn($t) -> $raw = $conv;
                convert(self)
            }
            fn buffer(fixed: &mut Fixed) -> Option<&mut Vec<$raw>> {
                match fixed {
                    Fixed::$variant(v) => Some(v),
                    _ => None,
                }
            }
        }
    )*};
}

numbers! {
    i8, u8, W1, Int8, |v| v as u8;
    u8, u8, W1, Uint8, |v| v;
    i16, u16, W2, Int16, |v| v as u16;
    u16, u16, W2, Uint16 | Enum | Year, |v| v;
    i32, u32, W4, Int32 | Date, |v| v as u32;
    u32, u32, W4, Uint32, |v| v;
    f32, u32, W4, Float32, |v| v.to_bits();
    i64, u64, W8, Int64 | Time | Datetime, |v| v as u64;
    u64, u64, W8, Uint64 | Set | Bit, |v| v;
    f64, u64, W8, Float64, |v| v.to_bits();
    i128, i128, W16, Decimal128, |v| v;
    [u64; 4], [u64; 4], W32, Decimal256, |v| v;
}

/// Fast writer of a fixed-width vector: no check but the type, once.
pub struct Numbers<'a, T: Number> {
    pub(crate) values: &'a mut Vec<T::Raw>,
    pub(crate) valid: &'a mut Bits,
    pub(crate) nulls: &'a mut usize,
}

impl<T: Number> Numbers<'_, T> {
    /// Adds a value.
    #[inline(always)]
    pub fn push(&mut self, value: T) {
        self.values.push(value.raw());
        if *self.nulls > 0 {
            self.valid.push(true);
        }
    }

    /// Adds NULL.
    #[inline]
    pub fn push_null(&mut self) {
        if *self.nulls == 0 {
            self.valid.clear();
            self.valid.push_run(true, self.values.len());
        }
        *self.nulls += 1;
        self.values.push(T::Raw::default());
        self.valid.push(false);
    }

    /// Adds values.
    #[inline]
    pub fn extend(&mut self, values: impl Iterator<Item = T>) {
        let before = self.values.len();
        self.values.extend(values.map(T::raw));
        if *self.nulls > 0 {
            self.valid.push_run(true, self.values.len() - before);
        }
    }
}

/// Fast writer of a vector of varying length: no check but the type, once.
pub struct Bytes<'a> {
    pub(crate) offsets: &'a mut Vec<i32>,
    pub(crate) data: &'a mut Vec<u8>,
    pub(crate) valid: &'a mut Bits,
    pub(crate) nulls: &'a mut usize,
}

impl Bytes<'_> {
    /// Adds a value. Text must be valid UTF-8: the host refuses a batch with text that is not.
    #[inline]
    pub fn push(&mut self, value: &[u8]) -> Result<()> {
        self.data.extend_from_slice(value);
        self.end()
    }

    /// The bytes of the value being made; [`Bytes::end`] finishes it.
    #[inline(always)]
    pub fn open(&mut self) -> &mut Vec<u8> {
        self.data
    }

    /// Finishes the value whose bytes were added to [`Bytes::open`].
    #[inline]
    pub fn end(&mut self) -> Result<()> {
        let end = i32::try_from(self.data.len()).map_err(|_| too_long())?;
        self.offsets.push(end);
        if *self.nulls > 0 {
            self.valid.push(true);
        }
        Ok(())
    }

    /// Adds NULL.
    #[inline]
    pub fn push_null(&mut self) {
        if *self.nulls == 0 {
            self.valid.clear();
            self.valid.push_run(true, self.offsets.len() - 1);
        }
        *self.nulls += 1;
        self.offsets.push(self.offsets[self.offsets.len() - 1]);
        self.valid.push(false);
    }

    /// Bytes in the vector so far.
    #[inline]
    pub fn len(&self) -> usize {
        self.data.len()
    }

    /// Tells whether no bytes are in the vector yet.
    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }
}

fn too_long() -> Error {
    Error::new(Code::Resource, "more than 2 GiB of bytes in one column of a batch").setting("batch_bytes")
}
