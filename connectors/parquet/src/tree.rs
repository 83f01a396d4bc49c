//! The schema as a tree, and the SQL column each of its top-level fields becomes.

use crate::meta::{Element, Logical, Physical};
use wasql::{Code, Column, Error, Result, Type};

/// Fields inside fields beyond which a schema is refused.
const DEPTH_MAX: usize = 32;
/// Most columns of a table, as MySQL has it.
const COLUMNS_MAX: usize = 4096;

/// A field: a leaf with values, or a group of fields.
#[derive(Clone, Debug)]
pub struct Node {
    /// Name.
    pub name: String,
    /// 0 required, 1 optional, 2 repeated.
    pub repetition: i32,
    /// Annotation.
    pub logical: Logical,
    /// Definition level at which this field is there.
    pub def: u16,
    /// Repetition level of this field's elements.
    pub rep: u16,
    /// What is below.
    pub kind: Kind,
}

/// What is below a field.
#[derive(Clone, Debug)]
pub enum Kind {
    /// Values: number of the leaf among all, and physical type.
    Leaf {
        /// Position of the column chunk in a row group.
        number: usize,
        /// Physical type.
        physical: Physical,
    },
    /// Fields.
    Group(Vec<Node>),
}

/// How values of a leaf become SQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Convert {
    Bool,
    Int(Type),
    Float16,
    Float,
    Double,
    Decimal {
        scale: u32,
    },
    /// More digits than MySQL has: as text.
    DecimalText {
        scale: u32,
    },
    Date,
    /// Units of the file in a microsecond: 1000 nanoseconds, or microseconds a unit.
    Time {
        times: i64,
        per: i64,
    },
    Datetime {
        times: i64,
        per: i64,
    },
    Int96,
    Text(Type),
    Binary,
    Uuid,
    /// A tree, as JSON.
    Json,
}

fn corrupt(message: impl Into<String>) -> Error {
    Error::new(Code::Corrupt, message)
}

/// The top-level fields of a schema, and the number of leaves.
pub fn fields(elements: &[Element]) -> Result<(Vec<Node>, usize)> {
    let root = elements.first().ok_or_else(|| corrupt("schema without elements"))?;
    let mut build = Build { elements, at: 1, leaves: 0 };
    let mut fields = Vec::new();
    for _ in 0..root.children {
        fields.push(build.node(0, 0, 0)?);
    }
    if build.at != elements.len() {
        return Err(corrupt(format!("schema has {} elements, {} are used", elements.len(), build.at)));
    }
    if fields.is_empty() || fields.len() > COLUMNS_MAX {
        return Err(corrupt(format!("schema of {} columns, 1 to {COLUMNS_MAX} are allowed", fields.len())));
    }
    Ok((fields, build.leaves))
}

struct Build<'a> {
    elements: &'a [Element],
    at: usize,
    leaves: usize,
}

impl Build<'_> {
    fn node(&mut self, def: u16, rep: u16, depth: usize) -> Result<Node> {
        let e = self.elements.get(self.at).ok_or_else(|| corrupt("schema ends inside a group"))?;
        self.at += 1;
        if depth > DEPTH_MAX {
            return Err(corrupt(format!("schema is nested deeper than {DEPTH_MAX} levels")));
        }
        let def = def + u16::from(e.repetition > 0);
        let rep = rep + u16::from(e.repetition == 2);
        let kind = match e.physical {
            Some(physical) if e.children == 0 => {
                self.leaves += 1;
                Kind::Leaf { number: self.leaves - 1, physical }
            }
            None if e.children > 0 => {
                let mut children = Vec::new();
                for _ in 0..e.children {
                    children.push(self.node(def, rep, depth + 1)?);
                }
                Kind::Group(children)
            }
            _ => {
                return Err(corrupt(format!("column {} has {} children and physical type {:?}", e.name, e.children, e.physical)));
            }
        };
        Ok(Node { name: e.name.clone(), repetition: e.repetition, logical: e.logical, def, rep, kind })
    }
}

impl Node {
    /// All leaves below, in order.
    pub fn leaves<'a>(&'a self, out: &mut Vec<&'a Node>) {
        match &self.kind {
            Kind::Leaf { .. } => out.push(self),
            Kind::Group(children) => children.iter().for_each(|c| c.leaves(out)),
        }
    }

    /// How the values become SQL.
    pub fn convert(&self, binary_as_text: bool) -> Convert {
        match &self.kind {
            Kind::Leaf { physical, .. } if self.rep == 0 => convert(*physical, self.logical, binary_as_text),
            _ => Convert::Json,
        }
    }

    /// How the values of a leaf become SQL, or part of a JSON text.
    pub fn leaf_convert(&self, binary_as_text: bool) -> Convert {
        match &self.kind {
            Kind::Leaf { physical, .. } => convert(*physical, self.logical, binary_as_text),
            Kind::Group(_) => Convert::Json,
        }
    }

    /// The SQL column of a top-level field.
    pub fn column(&self, binary_as_text: bool) -> Column {
        let convert = self.convert(binary_as_text);
        let column = match convert {
            Convert::Bool => Column::new(&self.name, Type::Bool),
            Convert::Int(kind) => Column::new(&self.name, kind),
            Convert::Float16 | Convert::Float => Column::new(&self.name, Type::Float32),
            Convert::Double => Column::new(&self.name, Type::Float64),
            Convert::Decimal { scale } => {
                let precision = if let Logical::Decimal { precision, .. } = self.logical { precision } else { 38 };
                Column::decimal(&self.name, precision, scale)
            }
            Convert::Date => Column::new(&self.name, Type::Date),
            Convert::Time { times, .. } => Column::new(&self.name, Type::Time).fraction(if times > 1 { 3 } else { 6 }),
            Convert::Datetime { times, .. } => Column::new(&self.name, Type::Datetime).fraction(if times > 1 { 3 } else { 6 }),
            Convert::Int96 => Column::new(&self.name, Type::Datetime).fraction(6),
            Convert::Text(kind) => Column::new(&self.name, kind),
            Convert::DecimalText { .. } => Column::new(&self.name, Type::Utf8),
            Convert::Uuid => Column::new(&self.name, Type::Utf8).sql_type("char(36)").length(36),
            Convert::Json => Column::new(&self.name, Type::Json),
            Convert::Binary => match self.kind {
                Kind::Leaf { physical: Physical::Fixed(n), .. } if n <= 255 => {
                    Column::new(&self.name, Type::Binary).sql_type(format!("binary({n})")).length(n as u32)
                }
                _ => Column::new(&self.name, Type::Binary),
            },
        };
        if self.repetition == 0 { column.not_null() } else { column }
    }
}

fn convert(physical: Physical, logical: Logical, binary_as_text: bool) -> Convert {
    use crate::meta::Unit;
    let unit = |unit| match unit {
        Unit::Millis => (1000, 1),
        Unit::Micros => (1, 1),
        Unit::Nanos => (1, 1000),
    };
    match (physical, logical) {
        (_, Logical::Decimal { precision, scale })
            if matches!(physical, Physical::Int32 | Physical::Int64 | Physical::Bytes | Physical::Fixed(_)) =>
        {
            if precision <= 65 && scale <= 30 && scale <= precision && precision > 0 {
                Convert::Decimal { scale }
            } else {
                Convert::DecimalText { scale }
            }
        }
        (Physical::Bool, _) => Convert::Bool,
        (Physical::Int32, Logical::Date) => Convert::Date,
        (Physical::Int32 | Physical::Int64, Logical::Time(u)) => {
            let (times, per) = unit(u);
            Convert::Time { times, per }
        }
        (Physical::Int64, Logical::Timestamp(u)) => {
            let (times, per) = unit(u);
            Convert::Datetime { times, per }
        }
        (Physical::Int32 | Physical::Int64, Logical::Integer { bits, signed }) => Convert::Int(match (bits, signed) {
            (8, true) => Type::Int8,
            (8, false) => Type::Uint8,
            (16, true) => Type::Int16,
            (16, false) => Type::Uint16,
            (32, true) => Type::Int32,
            (32, false) => Type::Uint32,
            (_, false) => Type::Uint64,
            _ if physical == Physical::Int32 => Type::Int32,
            _ => Type::Int64,
        }),
        (Physical::Int32, _) => Convert::Int(Type::Int32),
        (Physical::Int64, _) => Convert::Int(Type::Int64),
        (Physical::Int96, _) => Convert::Int96,
        (Physical::Float, _) => Convert::Float,
        (Physical::Double, _) => Convert::Double,
        (Physical::Fixed(2), Logical::Float16) => Convert::Float16,
        (Physical::Fixed(16), Logical::Uuid) => Convert::Uuid,
        (_, Logical::String | Logical::Enum) => Convert::Text(Type::Utf8),
        (_, Logical::Json) => Convert::Text(Type::Json),
        (Physical::Bytes, Logical::None) if binary_as_text => Convert::Text(Type::Utf8),
        _ => Convert::Binary,
    }
}
