//! Vectors: the columns of a batch, in Arrow's layout.

use crate::bits::Bits;
use crate::number::{Bytes, Fixed, Number, Numbers};
use crate::schema::varying;
use crate::{Code, Error, Result, Type, Value};
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

/// A column of a batch that is being filled. Buffers are kept from batch to batch.
///
/// Values are pushed one after the other; [`Vector::push_int`] and its kind check type and range.
/// For hot loops, [`Vector::numbers`] gives the bare buffer of a type and [`Vector::bytes`] one for
/// values of varying length.
#[derive(Clone, Debug)]
pub struct Vector {
    pub(crate) kind: Type,
    pub(crate) scale: u32,
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
    pub(crate) void: usize,
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

    /// What the values are indexes into, when they are.
    pub fn dictionary(&self) -> Option<&Rc<Vector>> {
        self.dictionary.as_ref()
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
    pub(crate) fn mark_valid(&mut self) {
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
}

fn word(bytes: &[u8; 12], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}
