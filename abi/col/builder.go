package col

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Builder makes batches row by row. Set the columns of a row in any order, then call EndRow:
// columns not set become NULL. The buffers are kept between batches: a batch from Batch is
// valid until the next Reset. A wrong value (out of range, wrong type, bad decimal) makes Err
// non-nil and is kept as NULL.
type Builder struct {
	schema Schema
	cols   []columnBuilder
	rows   int
	// space is the number of rows there is memory for; it grows up to rowsMax.
	space    int
	rowsMax  int
	bytes    int
	bytesMax int
	err      error
	batch    Batch
}

type columnBuilder struct {
	typ     Type
	scale   uint32
	fixed   []byte
	offsets []int32
	data    []byte
	valid   Bitmap
	// n counts the rows set; it is rows or rows+1.
	n     int
	nulls int
}

// NewBuilder makes a builder for batches of at most rowsMax rows and about bytesMax bytes
// (0: 16 MiB) of varying-length data.
func NewBuilder(schema Schema, rowsMax, bytesMax int) *Builder {
	if bytesMax <= 0 {
		bytesMax = 16 << 20
	}
	b := &Builder{schema: schema, rowsMax: max(rowsMax, 1), bytesMax: bytesMax, cols: make([]columnBuilder, len(schema))}
	b.space = min(b.rowsMax, spaceFirst)
	for i, field := range schema {
		c := &b.cols[i]
		c.typ, c.scale = field.Type, field.Scale
		if c.typ.Varying() {
			c.offsets = make([]int32, 1, b.space+1)
		}
		c.grow(b.space)
	}
	return b
}

// spaceFirst is the number of rows a builder has memory for at first: most batches of a server have a row or two.
const spaceFirst = 16

// grow makes memory for so many rows.
func (c *columnBuilder) grow(rows int) {
	valid := make(Bitmap, BitmapBytes(rows))
	for i := copy(valid, c.valid); i < len(valid); i++ {
		valid[i] = 0xff
	}
	c.valid = valid
	fixed := c.fixed
	switch {
	case c.typ == Bool:
		c.fixed = make([]byte, BitmapBytes(rows))
	case !c.typ.Varying():
		c.fixed = aligned(rows * c.typ.Width())
	}
	copy(c.fixed, fixed)
}

// aligned allocates n bytes on an 8-byte boundary.
func aligned(n int) []byte {
	return BytesOf(make([]uint64, (n+7)/8))[:n:n]
}

// Schema is what the builder was made for.
func (b *Builder) Schema() Schema { return b.schema }

// Rows is the number of finished rows.
func (b *Builder) Rows() int { return b.rows }

// Room tells whether another row fits.
func (b *Builder) Room() bool { return b.rows < b.rowsMax && b.bytes < b.bytesMax && b.err == nil }

// Err is the first wrong value, or nil.
func (b *Builder) Err() error { return b.err }

func (b *Builder) fail(column int, format string, args ...any) {
	if b.err == nil {
		b.err = fmt.Errorf("column %s, row %d of the batch: %s", b.schema[column].Name, b.rows+1, fmt.Sprintf(format, args...))
	}
	b.Null(column)
}

// open prepares column for the value of the current row; it is nil when the value must be dropped.
func (b *Builder) open(column int) *columnBuilder {
	c := &b.cols[column]
	if c.n != b.rows || b.rows >= b.rowsMax {
		if b.err == nil {
			b.err = fmt.Errorf("column %s, row %d of the batch: set twice, or the batch is full", b.schema[column].Name, b.rows+1)
		}
		return nil
	}
	return c
}

// Null sets the column to NULL.
func (b *Builder) Null(column int) {
	if c := b.open(column); c != nil {
		c.null()
	}
}

// allValid sets the bits of all rows that fit: only a NULL touches its bit.
func (c *columnBuilder) allValid() {
	for i := range c.valid {
		c.valid[i] = 0xff
	}
}

func (c *columnBuilder) null() {
	c.valid.Clear(c.n)
	c.nulls++
	if c.offsets != nil {
		c.offsets = append(c.offsets, int32(len(c.data)))
	} else if w := c.typ.Width(); w > 0 {
		clear(c.fixed[c.n*w : c.n*w+w])
	}
	c.n++
}

// Int64 sets an integer column, checking its range; also bool, date, time, datetime, year, bit,
// set, enum, float and decimal columns take it as their number.
func (b *Builder) Int64(column int, value int64) {
	if c := &b.cols[column]; c.typ == Int64 && c.n == b.rows && b.rows < b.rowsMax {
		binary.LittleEndian.PutUint64(c.fixed[8*c.n:], uint64(value))
		c.n++
		return
	}
	c := b.open(column)
	if c == nil {
		return
	}
	if !c.putInt(value) {
		b.misfit(column, c, value)
	}
}

// putInt stores value when it fits.
func (c *columnBuilder) putInt(value int64) bool {
	switch c.typ {
	case Int64, Time, Datetime:
		binary.LittleEndian.PutUint64(c.fixed[8*c.n:], uint64(value))
	case Int32, Date:
		if value != int64(int32(value)) {
			return false
		}
		binary.LittleEndian.PutUint32(c.fixed[4*c.n:], uint32(value))
	case Int16:
		if value != int64(int16(value)) {
			return false
		}
		binary.LittleEndian.PutUint16(c.fixed[2*c.n:], uint16(value))
	case Int8:
		if value != int64(int8(value)) {
			return false
		}
		c.fixed[c.n] = byte(value)
	case Uint64, Set, Bit, Uint32, Uint16, Enum, Year, Uint8:
		return value >= 0 && c.putUint(uint64(value))
	case Float64, Float32:
		c.putFloat(float64(value))
		return true
	case Bool:
		c.putBool(value != 0)
		return true
	default:
		return false
	}
	c.n++
	return true
}

func (c *columnBuilder) putUint(value uint64) bool {
	switch c.typ {
	case Uint64, Set, Bit:
		binary.LittleEndian.PutUint64(c.fixed[8*c.n:], value)
	case Uint32:
		if value > math.MaxUint32 {
			return false
		}
		binary.LittleEndian.PutUint32(c.fixed[4*c.n:], uint32(value))
	case Uint16, Enum, Year:
		if value > math.MaxUint16 {
			return false
		}
		binary.LittleEndian.PutUint16(c.fixed[2*c.n:], uint16(value))
	case Uint8:
		if value > math.MaxUint8 {
			return false
		}
		c.fixed[c.n] = byte(value)
	default:
		return value <= math.MaxInt64 && c.putInt(int64(value))
	}
	c.n++
	return true
}

func (b *Builder) misfit(column int, c *columnBuilder, value any) {
	if c.typ == Decimal128 || c.typ == Decimal256 {
		b.Decimal(column, fmt.Sprint(value))
		return
	}
	b.fail(column, "value %v does not fit type %s", value, c.typ)
}

// Uint64 sets an unsigned integer, set, bit, enum or year column.
func (b *Builder) Uint64(column int, value uint64) {
	c := b.open(column)
	if c == nil {
		return
	}
	if !c.putUint(value) {
		b.misfit(column, c, value)
	}
}

// Float64 sets a float column.
func (b *Builder) Float64(column int, value float64) {
	c := b.open(column)
	if c == nil {
		return
	}
	if c.typ != Float64 && c.typ != Float32 {
		b.fail(column, "value %v does not fit type %s", value, c.typ)
		return
	}
	c.putFloat(value)
}

func (c *columnBuilder) putFloat(value float64) {
	if c.typ == Float32 {
		binary.LittleEndian.PutUint32(c.fixed[4*c.n:], math.Float32bits(float32(value)))
	} else {
		binary.LittleEndian.PutUint64(c.fixed[8*c.n:], math.Float64bits(value))
	}
	c.n++
}

// Bool sets a bool column, or 0 and 1 in a number column.
func (b *Builder) Bool(column int, value bool) {
	c := b.open(column)
	if c == nil {
		return
	}
	if c.typ == Bool {
		c.putBool(value)
		return
	}
	n := int64(0)
	if value {
		n = 1
	}
	b.Int64(column, n)
}

func (c *columnBuilder) putBool(value bool) {
	if value {
		Bitmap(c.fixed).Set(c.n)
	} else {
		Bitmap(c.fixed).Clear(c.n)
	}
	c.n++
}

// String sets a column of varying length, or a decimal from its digits.
func (b *Builder) String(column int, value string) {
	c := b.open(column)
	if c == nil {
		return
	}
	if c.offsets == nil {
		if c.typ == Decimal128 || c.typ == Decimal256 {
			b.Decimal(column, value)
			return
		}
		b.fail(column, "text %.40q does not fit type %s", value, c.typ)
		return
	}
	if len(c.data)+len(value) > math.MaxInt32 {
		b.fail(column, "more than 2 GiB of text in one batch")
		return
	}
	c.data = append(c.data, value...)
	b.endVarying(c, len(value))
}

// Bytes sets a column of varying length.
func (b *Builder) Bytes(column int, value []byte) {
	c := b.open(column)
	if c == nil {
		return
	}
	if c.offsets == nil {
		b.fail(column, "bytes do not fit type %s", c.typ)
		return
	}
	if len(c.data)+len(value) > math.MaxInt32 {
		b.fail(column, "more than 2 GiB of bytes in one batch")
		return
	}
	c.data = append(c.data, value...)
	b.endVarying(c, len(value))
}

func (b *Builder) endVarying(c *columnBuilder, n int) {
	c.offsets = append(c.offsets, int32(len(c.data)))
	c.n++
	b.bytes += n
}

// Decimal sets a decimal column from digits such as -12.50, rounded to the column's scale.
func (b *Builder) Decimal(column int, digits string) {
	c := b.open(column)
	if c == nil {
		return
	}
	d, err := ParseDecimal(digits, c.scale)
	if err != nil {
		b.fail(column, "%v", err)
		return
	}
	b.Dec256(column, d)
}

// Dec256 sets a decimal column to an integer of the column's scale.
func (b *Builder) Dec256(column int, d Dec256) {
	c := b.open(column)
	switch {
	case c == nil:
		return
	case c.typ == Decimal256:
		d.put256(c.fixed[32*c.n:])
	case c.typ == Decimal128 && d.Fits128():
		d.put128(c.fixed[16*c.n:])
	default:
		b.fail(column, "decimal %s does not fit type %s", d.Text(c.scale), c.typ)
		return
	}
	c.n++
}

// Filled tells whether the column of the current row was set.
func (b *Builder) Filled(column int) bool { return b.cols[column].n > b.rows }

// EndRow finishes the row; columns not set become NULL. A row more than the batch takes is an error.
func (b *Builder) EndRow() {
	if b.rows >= b.rowsMax {
		if b.err == nil {
			b.err = fmt.Errorf("row %d of the batch: the batch is full", b.rows+1)
		}
		return
	}
	b.rows++
	for i := range b.cols {
		if b.cols[i].n < b.rows {
			b.cols[i].null()
		}
	}
	if b.rows == b.space && b.rows < b.rowsMax {
		b.space = min(4*b.space, b.rowsMax)
		for i := range b.cols {
			b.cols[i].grow(b.space)
		}
	}
}

// Batch gives the finished rows, sharing the builder's memory: valid until Reset or further rows.
func (b *Builder) Batch() *Batch {
	if b.batch.Cols == nil {
		b.batch.Cols = make([]Vec, len(b.cols))
	}
	b.batch.Rows = b.rows
	for i := range b.cols {
		c := &b.cols[i]
		v := &b.batch.Cols[i]
		*v = Vec{Type: c.typ, Len: b.rows, Precision: b.schema[i].Precision, Scale: c.scale}
		if c.nulls > 0 {
			v.Valid = c.valid[:BitmapBytes(b.rows)]
		}
		switch {
		case c.typ == Bool:
			v.Fixed = c.fixed[:BitmapBytes(b.rows)]
		case c.offsets != nil:
			v.Offsets, v.Data = c.offsets[:b.rows+1], c.data
		default:
			v.Fixed = c.fixed[:b.rows*c.typ.Width()]
		}
	}
	return &b.batch
}

// Reset forgets all rows and the error, keeping the memory.
func (b *Builder) Reset() {
	b.rows, b.bytes, b.err = 0, 0, nil
	for i := range b.cols {
		c := &b.cols[i]
		if c.nulls > 0 {
			c.allValid()
		}
		c.n, c.nulls, c.data = 0, 0, c.data[:0]
		if c.offsets != nil {
			c.offsets = c.offsets[:1]
		}
	}
}
