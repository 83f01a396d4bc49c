//! Reading a vector back: single values, and plain copies of the other encodings.

use crate::number::Fixed;
use crate::schema::varying;
use crate::{Encoding, Result, Type, Value, Vector};
use std::borrow::Cow;

impl Vector {
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

    /// Adds the values at some positions of another plain vector of the same type and scale, which has no NULLs: what a dictionary
    /// stands for, to a vector that is no dictionary's.
    pub fn gather(&mut self, from: &Vector, at: &[u32]) -> Result<()> {
        let sound =
            self.encoding == Encoding::Plain && from.encoding == Encoding::Plain && self.kind == from.kind && from.nulls == 0;
        if !sound {
            return Err(crate::Error::internal("values are gathered from a plain vector of the same type without NULLs"));
        }
        if let Some(&most) = at.iter().max().filter(|&&most| most as usize >= from.len()) {
            return Err(crate::Error::new(
                crate::Code::Corrupt,
                format!("index {most} into a dictionary of {} values", from.len()),
            ));
        }
        if varying(self.kind) || self.kind == Type::Bool {
            return at.iter().try_for_each(|&i| self.push_from(from, i as usize));
        }
        self.fixed.gather(&from.fixed, at);
        if self.nulls > 0 {
            self.valid.push_run(true, at.len());
        }
        Ok(())
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
