//! Vectors: the columns of a batch, in Arrow's layout.

use crate::schema::{varying, width};
use crate::{Code, Error, Result, Type, Value};
use std::borrow::Cow;
use std::rc::Rc;

/// How the values of a vector lie (SPEC section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// One value a row.
    Plain = 0,
    /// One value for all rows.
    Constant = 1,
    /// An index a row into another vector.
    Dictionary = 2,
    /// A 16-byte view a row into shared buffers; types of varying length only.
    View = 3,
}

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
    fn of(kind: Type) -> Self {
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

    fn len(&self) -> usize {
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

    fn clear(&mut self) {
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

    fn push_zeros(&mut self, n: usize) {
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

    fn push_from(&mut self, other: &Fixed, i: usize) {
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

/// One bit a row, least significant first.
#[derive(Clone, Debug, Default)]
pub struct Bits {
    pub(crate) bytes: Vec<u8>,
    len: usize,
}

impl Bits {
    /// Number of bits.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Tells whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The i-th bit.
    pub fn get(&self, i: usize) -> bool {
        self.bytes[i / 8] >> (i % 8) & 1 == 1
    }

    /// Adds a bit.
    #[inline]
    pub fn push(&mut self, bit: bool) {
        if self.len.is_multiple_of(8) {
            self.bytes.push(0);
        }
        if bit {
            self.bytes[self.len / 8] |= 1 << (self.len % 8);
        }
        self.len += 1;
    }

    /// Adds the same bit n times.
    pub fn push_run(&mut self, bit: bool, mut n: usize) {
        while n > 0 && !self.len.is_multiple_of(8) {
            self.push(bit);
            n -= 1;
        }
        self.bytes.resize(self.bytes.len() + n / 8, if bit { 0xff } else { 0 });
        self.len += n / 8 * 8;
        for _ in 0..n % 8 {
            self.push(bit);
        }
    }

    /// Forgets all bits, keeping the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.len = 0;
    }
}

/// A column of a batch that is being filled. Buffers are kept from batch to batch.
///
/// Values are pushed one after the other; [`Vector::push_int`] and its kind check type and range.
/// For hot loops, [`Vector::numbers`] gives the bare buffer of a type and [`Vector::bytes`] one for
/// values of varying length.
#[derive(Clone, Debug)]
pub struct Vector {
    kind: Type,
    scale: u32,
    pub(crate) encoding: Encoding,
    pub(crate) fixed: Fixed,
    pub(crate) bits: Bits,
    pub(crate) offsets: Vec<i32>,
    pub(crate) data: Vec<u8>,
    pub(crate) views: Vec<[u32; 4]>,
    pub(crate) buffers: Vec<Rc<Vec<u8>>>,
    pub(crate) index: Vec<u32>,
    pub(crate) dictionary: Option<Rc<Vector>>,
    /// Empty until the first NULL of the batch.
    pub(crate) valid: Bits,
    pub(crate) nulls: usize,
    /// Rows of a vector of type null.
    void: usize,
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
    values: &'a mut Vec<T::Raw>,
    valid: &'a mut Bits,
    nulls: &'a mut usize,
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
    offsets: &'a mut Vec<i32>,
    data: &'a mut Vec<u8>,
    valid: &'a mut Bits,
    nulls: &'a mut usize,
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

impl Vector {
    /// An empty vector.
    pub fn new(kind: Type, scale: u32) -> Self {
        Vector {
            kind,
            scale,
            encoding: Encoding::Plain,
            fixed: Fixed::of(kind),
            bits: Bits::default(),
            offsets: if varying(kind) { vec![0] } else { Vec::new() },
            data: Vec::new(),
            views: Vec::new(),
            buffers: Vec::new(),
            index: Vec::new(),
            dictionary: None,
            valid: Bits::default(),
            nulls: 0,
            void: 0,
        }
    }

    /// The physical type.
    pub fn kind(&self) -> Type {
        self.kind
    }

    /// Digits behind the point of a decimal.
    pub fn scale(&self) -> u32 {
        self.scale
    }

    /// How the values lie.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Number of values pushed since [`Vector::clear`]; 1 at most for a constant.
    pub fn len(&self) -> usize {
        match (self.encoding, self.kind) {
            (Encoding::Dictionary, _) => self.index.len(),
            (Encoding::View, _) => self.views.len(),
            (_, Type::Null) => self.void,
            (_, Type::Bool) => self.bits.len(),
            (_, kind) if varying(kind) => self.offsets.len() - 1,
            _ => self.fixed.len(),
        }
    }

    /// Tells whether nothing was pushed.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of NULLs pushed.
    pub fn nulls(&self) -> usize {
        self.nulls
    }

    /// Bytes of varying length held, which count towards the budget of a batch.
    pub fn data_bytes(&self) -> usize {
        self.data.len() + 16 * self.views.len()
    }

    /// Forgets all values and goes back to the plain encoding, keeping the memory.
    pub fn clear(&mut self) {
        self.encoding = Encoding::Plain;
        self.fixed.clear();
        self.bits.clear();
        self.offsets.truncate(1);
        self.data.clear();
        self.views.clear();
        self.buffers.clear();
        self.index.clear();
        self.dictionary = None;
        self.valid.clear();
        self.nulls = 0;
        self.void = 0;
    }

    #[inline]
    fn mark_valid(&mut self) {
        if self.nulls > 0 {
            self.valid.push(true);
        }
    }

    /// Adds NULL.
    pub fn push_null(&mut self) {
        self.push_nulls(1);
    }

    /// Adds n NULLs.
    pub fn push_nulls(&mut self, n: usize) {
        if n == 0 {
            return;
        }
        if self.nulls == 0 {
            let before = self.len();
            self.valid.clear();
            self.valid.push_run(true, before);
        }
        self.nulls += n;
        self.valid.push_run(false, n);
        match (self.encoding, self.kind) {
            (Encoding::Dictionary, _) => self.index.resize(self.index.len() + n, 0),
            (Encoding::View, _) => self.views.resize(self.views.len() + n, [0; 4]),
            (_, Type::Null) => self.void += n,
            (_, Type::Bool) => self.bits.push_run(false, n),
            (_, kind) if varying(kind) => {
                let end = self.offsets[self.offsets.len() - 1];
                self.offsets.resize(self.offsets.len() + n, end);
            }
            _ => self.fixed.push_zeros(n),
        }
    }

    /// The bare buffer, when the vector is made of numbers of type T.
    pub fn numbers<T: Number>(&mut self) -> Result<Numbers<'_, T>> {
        self.plain()?;
        if !T::fits(self.kind) {
            return Err(self.wrong(std::any::type_name::<T>()));
        }
        match T::buffer(&mut self.fixed) {
            Some(values) => Ok(Numbers { values, valid: &mut self.valid, nulls: &mut self.nulls }),
            None => Err(Error::internal("a vector without the buffer of its type")),
        }
    }

    /// The bare buffers, when the values are of varying length.
    pub fn bytes(&mut self) -> Result<Bytes<'_>> {
        self.plain()?;
        if !varying(self.kind) {
            return Err(self.wrong("bytes"));
        }
        Ok(Bytes { offsets: &mut self.offsets, data: &mut self.data, valid: &mut self.valid, nulls: &mut self.nulls })
    }

    fn plain(&self) -> Result<()> {
        match self.encoding {
            Encoding::Plain => Ok(()),
            other => Err(Error::internal(format!("values pushed to a vector of encoding {other:?}"))),
        }
    }

    fn wrong(&self, what: impl std::fmt::Display) -> Error {
        Error::new(Code::InvalidData, format!("{what} does not fit type {}", self.kind.as_str_name()))
    }

    /// Adds a whole number to an integer, float, bool, decimal, date, time, datetime, year, set, bit or
    /// enum vector. Dates and times take it as their days or microseconds.
    pub fn push_int(&mut self, value: i64) -> Result<()> {
        self.push_wide(i128::from(value))
    }

    /// Adds an unsigned number, as [`Vector::push_int`].
    pub fn push_uint(&mut self, value: u64) -> Result<()> {
        self.push_wide(i128::from(value))
    }

    fn push_wide(&mut self, value: i128) -> Result<()> {
        self.plain()?;
        let fits = match (&mut self.fixed, self.kind) {
            (Fixed::W1(v), Type::Int8) => i8::try_from(value).map(|x| v.push(x as u8)).is_ok(),
            (Fixed::W1(v), _) => u8::try_from(value).map(|x| v.push(x)).is_ok(),
            (Fixed::W2(v), Type::Int16) => i16::try_from(value).map(|x| v.push(x as u16)).is_ok(),
            (Fixed::W2(v), _) => u16::try_from(value).map(|x| v.push(x)).is_ok(),
            (Fixed::W4(v), Type::Float32) => {
                v.push((value as f32).to_bits());
                true
            }
            (Fixed::W4(v), Type::Uint32) => u32::try_from(value).map(|x| v.push(x)).is_ok(),
            (Fixed::W4(v), _) => i32::try_from(value).map(|x| v.push(x as u32)).is_ok(),
            (Fixed::W8(v), Type::Float64) => {
                v.push((value as f64).to_bits());
                true
            }
            (Fixed::W8(v), Type::Uint64 | Type::Set | Type::Bit) => u64::try_from(value).map(|x| v.push(x)).is_ok(),
            (Fixed::W8(v), _) => i64::try_from(value).map(|x| v.push(x as u64)).is_ok(),
            (Fixed::None, Type::Bool) => {
                self.bits.push(value != 0);
                true
            }
            (_, Type::Decimal128 | Type::Decimal256) => return self.push_decimal(&value.to_string()),
            _ => return Err(self.wrong("a whole number")),
        };
        if !fits {
            return Err(self.wrong(value).value(value.to_string()));
        }
        self.mark_valid();
        Ok(())
    }

    /// Adds a number to a float vector.
    pub fn push_float(&mut self, value: f64) -> Result<()> {
        self.plain()?;
        match (&mut self.fixed, self.kind) {
            (Fixed::W4(v), Type::Float32) => v.push((value as f32).to_bits()),
            (Fixed::W8(v), Type::Float64) => v.push(value.to_bits()),
            _ => return Err(self.wrong(value)),
        }
        self.mark_valid();
        Ok(())
    }

    /// Adds a truth value to a bool vector, or 0 and 1 to a number vector.
    pub fn push_bool(&mut self, value: bool) -> Result<()> {
        self.push_int(i64::from(value))
    }

    /// Adds text to a vector of varying length, or digits to a decimal vector.
    pub fn push_str(&mut self, value: &str) -> Result<()> {
        if matches!(self.kind, Type::Decimal128 | Type::Decimal256) {
            return self.push_decimal(value);
        }
        self.push_bytes(value.as_bytes())
    }

    /// Adds bytes to a vector of varying length.
    pub fn push_bytes(&mut self, value: &[u8]) -> Result<()> {
        self.bytes()?.push(value)
    }

    /// Adds a decimal from its digits, rounded half away from zero to the scale.
    pub fn push_decimal(&mut self, digits: &str) -> Result<()> {
        let unscaled = crate::decimal::parse(digits, self.scale).ok_or_else(|| self.wrong("text").value(digits))?;
        self.push_unscaled(unscaled)
    }

    /// Adds a decimal as its 256-bit integer, least significant word first: the value times 10^scale.
    pub fn push_unscaled(&mut self, value: [u64; 4]) -> Result<()> {
        self.plain()?;
        match &mut self.fixed {
            Fixed::W16(v) => match crate::decimal::narrow(value) {
                Some(x) => v.push(x),
                None => return Err(self.wrong("a decimal of more than 38 digits")),
            },
            Fixed::W32(v) => v.push(value),
            _ => return Err(self.wrong("a decimal")),
        }
        self.mark_valid();
        Ok(())
    }

    /// Adds a value of any kind that fits the type.
    pub fn push_value(&mut self, value: &Value) -> Result<()> {
        match value {
            Value::Null => {
                self.push_null();
                Ok(())
            }
            Value::Bool(v) => self.push_bool(*v),
            Value::Int(v) | Value::Time(v) | Value::Datetime(v) => self.push_int(*v),
            Value::Uint(v) => self.push_uint(*v),
            Value::Float(v) => self.push_float(*v),
            Value::Date(v) => self.push_int(i64::from(*v)),
            Value::Decimal(v) | Value::Text(v) | Value::Json(v) => self.push_str(v),
            Value::Bytes(v) => self.push_bytes(v),
        }
    }

    /// Makes the vector a constant: the one value pushed so far stands for all rows of the batch.
    pub fn set_constant(&mut self) -> Result<()> {
        if self.encoding != Encoding::Plain || self.len() != 1 {
            return Err(Error::internal("a constant is made of a plain vector with one value"));
        }
        self.encoding = Encoding::Constant;
        Ok(())
    }

    /// Makes the empty vector one of indexes into `dictionary`, a plain vector of the same type; then
    /// use [`Vector::indexes`] and [`Vector::push_null`].
    pub fn set_dictionary(&mut self, dictionary: Rc<Vector>) -> Result<()> {
        if !self.is_empty() || dictionary.kind != self.kind || dictionary.encoding != Encoding::Plain {
            return Err(Error::internal("a dictionary vector starts empty, over a plain vector of its type"));
        }
        self.encoding = Encoding::Dictionary;
        self.dictionary = Some(dictionary);
        Ok(())
    }

    /// Adds indexes into the dictionary, each checked to be below its length.
    pub fn push_indexes(&mut self, indexes: &[u32]) -> Result<()> {
        let size = self.dictionary.as_ref().map_or(0, |d| d.len());
        if let Some(bad) = indexes.iter().find(|&&i| i as usize >= size) {
            return Err(Error::new(Code::Corrupt, format!("index {bad} into a dictionary of {size} values")));
        }
        self.index.extend_from_slice(indexes);
        if self.nulls > 0 {
            self.valid.push_run(true, indexes.len());
        }
        Ok(())
    }

    /// Makes the empty vector one of views, over buffers that are shared, not copied.
    pub fn set_views(&mut self, buffers: Vec<Rc<Vec<u8>>>) -> Result<()> {
        if !self.is_empty() || !varying(self.kind) {
            return Err(Error::internal("a view vector starts empty and is of varying length"));
        }
        self.encoding = Encoding::View;
        self.buffers = buffers;
        Ok(())
    }

    /// Adds the value that lies at `offset` in the buffer of that number.
    #[inline]
    pub fn push_view(&mut self, buffer: u32, offset: u32, len: u32) -> Result<()> {
        let bytes = self
            .buffers
            .get(buffer as usize)
            .and_then(|b| b.get(offset as usize..(offset as usize).checked_add(len as usize)?))
            .ok_or_else(|| Error::internal(format!("view of {len} bytes at {offset} is outside buffer {buffer}")))?;
        let mut head = [0u8; 12];
        let view = if len <= 12 {
            head[..bytes.len()].copy_from_slice(bytes);
            [len, word(&head, 0), word(&head, 4), word(&head, 8)]
        } else {
            head[..4].copy_from_slice(&bytes[..4]);
            [len, word(&head, 0), buffer, offset]
        };
        self.views.push(view);
        self.mark_valid();
        Ok(())
    }

    /// Turns any encoding into the plain one, for a host that does not know it. `rows` is the number of
    /// rows a constant stands for.
    pub fn flatten(&mut self, rows: usize) -> Result<()> {
        if self.encoding == Encoding::Plain {
            return Ok(());
        }
        let mut plain = Vector::new(self.kind, self.scale);
        for i in 0..rows {
            if self.is_null(i) {
                plain.push_null();
                continue;
            }
            match (self.encoding, &self.dictionary) {
                (Encoding::Constant, _) => plain.push_from(self, 0)?,
                (Encoding::Dictionary, Some(dictionary)) => plain.push_from(dictionary, self.index[i] as usize)?,
                _ => plain.push_bytes(&self.raw_bytes(i))?,
            }
        }
        *self = plain;
        Ok(())
    }

    /// A plain vector of some rows of this plain one.
    pub(crate) fn pick(&self, rows: &[u32]) -> Result<Vector> {
        let mut picked = Vector::new(self.kind, self.scale);
        for &row in rows {
            picked.push_from(self, row as usize)?;
        }
        Ok(picked)
    }

    fn push_from(&mut self, other: &Vector, i: usize) -> Result<()> {
        if other.is_null(i) {
            self.push_null();
            return Ok(());
        }
        match self.kind {
            Type::Bool => self.bits.push(other.bits.get(i)),
            kind if varying(kind) => {
                return self.push_bytes(&other.data[other.offsets[i] as usize..other.offsets[i + 1] as usize]);
            }
            _ => self.fixed.push_from(&other.fixed, i),
        }
        self.mark_valid();
        Ok(())
    }

    /// The bytes of row i of a vector of varying length; a copy when it is a short view.
    fn raw_bytes(&self, i: usize) -> Cow<'_, [u8]> {
        match (self.encoding, &self.dictionary) {
            (Encoding::Dictionary, Some(dictionary)) => dictionary.raw_bytes(self.index[i] as usize),
            (Encoding::Constant, _) => Cow::Borrowed(&self.data),
            (Encoding::View, _) => {
                let [len, a, b, c] = self.views[i];
                if len <= 12 {
                    let mut bytes: Vec<u8> = [a, b, c].iter().flat_map(|w| w.to_le_bytes()).collect();
                    bytes.truncate(len as usize);
                    return Cow::Owned(bytes);
                }
                Cow::Borrowed(&self.buffers[b as usize][c as usize..c as usize + len as usize])
            }
            _ => Cow::Borrowed(&self.data[self.offsets[i] as usize..self.offsets[i + 1] as usize]),
        }
    }

    /// The value of row i, for tests and for batches that came from the host.
    pub fn get(&self, i: usize) -> Value {
        if self.is_null(i) {
            return Value::Null;
        }
        if varying(self.kind) {
            let bytes = self.raw_bytes(i).into_owned();
            return match self.kind {
                Type::Utf8 => Value::Text(String::from_utf8_lossy(&bytes).into_owned()),
                Type::Json => Value::Json(String::from_utf8_lossy(&bytes).into_owned()),
                _ => Value::Bytes(bytes),
            };
        }
        match (self.encoding, &self.dictionary) {
            (Encoding::Dictionary, Some(dictionary)) => dictionary.number(self.index[i] as usize),
            (Encoding::Constant, _) => self.number(0),
            _ => self.number(i),
        }
    }

    fn number(&self, i: usize) -> Value {
        match (&self.fixed, self.kind) {
            (Fixed::W1(v), Type::Int8) => Value::Int(i64::from(v[i] as i8)),
            (Fixed::W1(v), _) => Value::Uint(u64::from(v[i])),
            (Fixed::W2(v), Type::Int16) => Value::Int(i64::from(v[i] as i16)),
            (Fixed::W2(v), _) => Value::Uint(u64::from(v[i])),
            (Fixed::W4(v), Type::Int32) => Value::Int(i64::from(v[i] as i32)),
            (Fixed::W4(v), Type::Date) => Value::Date(v[i] as i32),
            (Fixed::W4(v), Type::Float32) => Value::Float(f64::from(f32::from_bits(v[i]))),
            (Fixed::W4(v), _) => Value::Uint(u64::from(v[i])),
            (Fixed::W8(v), Type::Int64) => Value::Int(v[i] as i64),
            (Fixed::W8(v), Type::Time) => Value::Time(v[i] as i64),
            (Fixed::W8(v), Type::Datetime) => Value::Datetime(v[i] as i64),
            (Fixed::W8(v), Type::Float64) => Value::Float(f64::from_bits(v[i])),
            (Fixed::W8(v), _) => Value::Uint(v[i]),
            (Fixed::W16(v), _) => Value::Decimal(crate::decimal::text(crate::decimal::widen(v[i]), self.scale)),
            (Fixed::W32(v), _) => Value::Decimal(crate::decimal::text(v[i], self.scale)),
            (Fixed::None, _) => Value::Bool(self.bits.get(i)),
        }
    }

    /// Tells whether the value of row i is NULL.
    pub fn is_null(&self, i: usize) -> bool {
        let i = if self.encoding == Encoding::Constant { 0 } else { i };
        self.kind == Type::Null || self.nulls > 0 && !self.valid.get(i)
    }
}

fn word(bytes: &[u8; 12], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}
