//! What a table is: its columns, keys and what is known about its rows.

use crate::pb;

pub use crate::pb::Type;

/// One column of a table.
///
/// The natural MySQL type of `kind` is used unless [`Column::sql_type`] names another.
#[derive(Clone, Debug, PartialEq)]
pub struct Column(pub(crate) pb::Column);

impl Column {
    /// A nullable column of a physical type.
    pub fn new(name: impl Into<String>, kind: Type) -> Self {
        Column(pb::Column { name: name.into(), r#type: kind as i32, ..Default::default() })
    }

    /// A decimal column of up to 76 digits, `scale` of them behind the point.
    pub fn decimal(name: impl Into<String>, precision: u32, scale: u32) -> Self {
        let kind = if precision <= 38 { Type::Decimal128 } else { Type::Decimal256 };
        let mut column = Self::new(name, kind);
        column.0.precision = precision;
        column.0.scale = scale;
        column
    }

    /// MySQL type text, such as `varchar(20)`; its physical type must be the column's.
    pub fn sql_type(mut self, text: impl Into<String>) -> Self {
        self.0.sql_type = text.into();
        self
    }

    /// No NULLs.
    pub fn not_null(mut self) -> Self {
        self.0.not_null = true;
        self
    }

    /// Text for SHOW FULL COLUMNS.
    pub fn comment(mut self, text: impl Into<String>) -> Self {
        self.0.comment = text.into();
        self
    }

    /// Collation of a text column.
    pub fn collation(mut self, name: impl Into<String>) -> Self {
        self.0.collation = name.into();
        self
    }

    /// Characters of text, bytes of binary, bits of bit.
    pub fn length(mut self, length: u32) -> Self {
        self.0.length = length;
        self
    }

    /// Fractional digits of a time or datetime column, 0 to 6.
    pub fn fraction(mut self, digits: u32) -> Self {
        self.0.scale = digits;
        self
    }

    /// Members of an enum or set column, in order.
    pub fn members<S: Into<String>>(mut self, members: impl IntoIterator<Item = S>) -> Self {
        self.0.members = members.into_iter().map(Into::into).collect();
        self
    }

    /// SQL text of the default expression.
    pub fn default_sql(mut self, sql: impl Into<String>) -> Self {
        self.0.default_sql = Some(sql.into());
        self
    }

    /// Not part of `SELECT *`.
    pub fn hidden(mut self) -> Self {
        self.0.hidden = true;
        self
    }

    /// Hidden, and the `position`-th argument (from 1) when the table is called as a function: the
    /// argument arrives as an equality filter on this column.
    pub fn argument(mut self, position: u32) -> Self {
        self.0.hidden = true;
        self.0.argument = position;
        self
    }

    /// A query must constrain this column.
    pub fn required(mut self) -> Self {
        self.0.required = true;
        self
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The physical type.
    pub fn kind(&self) -> Type {
        self.0.r#type()
    }

    /// Tells whether NULLs may come.
    pub fn nullable(&self) -> bool {
        !self.0.not_null
    }

    /// Digits of a decimal.
    pub fn precision(&self) -> u32 {
        self.0.precision
    }

    /// Digits behind the point of a decimal, fractional digits of a time.
    pub fn scale(&self) -> u32 {
        self.0.scale
    }

    /// MySQL type text as given in SQL or by [`Column::sql_type`]; may be empty.
    pub fn sql_text(&self) -> &str {
        &self.0.sql_type
    }

    /// Members of an enum or set.
    pub fn member_list(&self) -> &[String] {
        &self.0.members
    }

    /// Per-column options as given in SQL.
    pub fn option(&self, name: &str) -> Option<&str> {
        self.0.options.get(name).map(String::as_str)
    }
}

/// A table: the answer to DESCRIBE.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schema {
    pub(crate) table: pb::Table,
}

impl Schema {
    /// A table of these columns. Its name is the one it was asked for by.
    pub fn new(columns: impl IntoIterator<Item = Column>) -> Self {
        let columns = columns.into_iter().map(|c| c.0).collect();
        Schema { table: pb::Table { columns, ..Default::default() } }
    }

    /// The table of a row type made by [`crate::row!`].
    pub fn of<R: crate::Row>() -> Self {
        Self::new(R::columns())
    }

    /// A table declared by CREATE TABLE text. Such a table must list its columns too (with
    /// [`Schema::new`]) for the scan; the text adds keys, checks and defaults.
    pub fn create_sql(mut self, sql: impl Into<String>) -> Self {
        self.table.create_sql = sql.into();
        self
    }

    /// Positions of the primary key columns, in key order.
    pub fn primary_key(mut self, columns: impl IntoIterator<Item = u32>) -> Self {
        self.table.primary_key = columns.into_iter().collect();
        self
    }

    /// The column that tells rows apart for UPDATE and DELETE, when there is no primary key; it may be
    /// hidden and made up.
    pub fn row_id(mut self, column: u32) -> Self {
        self.table.row_id = Some(column);
        self
    }

    /// How the table comes to be: by CREATE, without, or only without.
    pub fn kind(mut self, kind: pb::TableKind) -> Self {
        self.table.kind = kind as i32;
        self
    }

    /// Number of rows; the engine answers COUNT(*) from an exact one.
    pub fn rows(mut self, rows: u64, exact: bool) -> Self {
        self.table.row_count = Some(rows);
        self.table.row_count_exact = exact;
        self
    }

    /// Average bytes of a row.
    pub fn row_bytes(mut self, bytes: u64) -> Self {
        self.table.row_bytes = bytes;
        self
    }

    /// A table function: called with arguments only.
    pub fn function(mut self) -> Self {
        self.table.kind = pb::TableKind::Function as i32;
        self
    }

    /// Text for SHOW TABLE STATUS.
    pub fn comment(mut self, text: impl Into<String>) -> Self {
        self.table.comment = text.into();
        self
    }

    /// Two scans in one statement may give different rows.
    pub fn volatile(mut self) -> Self {
        self.table.volatile = true;
        self
    }

    /// Bytes that come back in every later [`crate::TableName`], so that other instances need not
    /// work the schema out again. At most 64 KiB. They must not hold secrets.
    pub fn data(mut self, data: Vec<u8>) -> Self {
        self.table.data = data;
        self
    }

    /// Text that changes whenever the columns do.
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.table.version = version.into();
        self
    }

    /// An index the connector keeps itself.
    pub fn index(mut self, index: pb::Index) -> Self {
        self.table.indexes.push(index);
        self
    }

    /// Announces powers of this table.
    pub fn power(mut self, feature: pb::TableFeature) -> Self {
        self.table.features |= feature as u64;
        self
    }

    /// Number of columns.
    pub fn len(&self) -> usize {
        self.table.columns.len()
    }

    /// Tells whether there are no columns.
    pub fn is_empty(&self) -> bool {
        self.table.columns.is_empty()
    }

    /// The columns in order.
    pub fn columns(&self) -> Vec<Column> {
        self.table.columns.iter().cloned().map(Column).collect()
    }

    /// Position of a column by its exact name.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.table.columns.iter().position(|c| c.name == name)
    }

    /// The message, for what has no method here.
    pub fn message(&mut self) -> &mut pb::Table {
        &mut self.table
    }
}

/// Which table a request is about. Nothing but the options of the connector and this may be needed
/// to serve it, because any instance may be asked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TableName(pub(crate) pb::TableRef);

impl TableName {
    /// A name without anything else.
    pub fn new(name: impl Into<String>) -> Self {
        TableName(pb::TableRef { name: name.into(), ..Default::default() })
    }

    /// Adds a table option.
    pub fn with_option(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.options.insert(name.into(), value.into());
        self
    }

    /// The name, or the path of a file.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The bytes that [`Schema::data`] gave; empty at DESCRIBE.
    pub fn data(&self) -> &[u8] {
        &self.0.data
    }

    /// Columns given in SQL, when they were.
    pub fn columns(&self) -> Vec<Column> {
        self.0.columns.iter().cloned().map(Column).collect()
    }

    /// Version the engine saw at DESCRIBE.
    pub fn version(&self) -> &str {
        &self.0.version
    }

    /// Arguments of USING module(...), positional ones with an empty name.
    pub fn arguments(&self) -> &[pb::Argument] {
        &self.0.arguments
    }

    /// Transaction the request runs in; 0: none.
    pub fn transaction(&self) -> u64 {
        self.0.transaction
    }

    /// Statement whose writes the request sees although they are not flushed; 0: none.
    pub fn statement(&self) -> u64 {
        self.0.statement
    }

    /// Token of [`crate::Snapshots`]: the table as it was then; empty: as it is.
    pub fn snapshot(&self) -> &[u8] {
        &self.0.snapshot
    }

    /// The connector's database that the table is in.
    pub fn database(&self) -> &str {
        &self.0.database
    }

    /// The whole reference.
    pub fn message(&self) -> &pb::TableRef {
        &self.0
    }
}

/// Bytes of one value of a type; 0 for null, bool (bits) and the types of varying length.
pub fn width(kind: Type) -> usize {
    match kind {
        Type::Int8 | Type::Uint8 => 1,
        Type::Int16 | Type::Uint16 | Type::Enum | Type::Year => 2,
        Type::Int32 | Type::Uint32 | Type::Float32 | Type::Date => 4,
        Type::Int64 | Type::Uint64 | Type::Float64 | Type::Time | Type::Datetime | Type::Set | Type::Bit => 8,
        Type::Decimal128 => 16,
        Type::Decimal256 => 32,
        _ => 0,
    }
}

/// Tells whether values of a type have their own length each.
pub fn varying(kind: Type) -> bool {
    matches!(kind, Type::Utf8 | Type::Binary | Type::Json | Type::Geometry | Type::Vector)
}
