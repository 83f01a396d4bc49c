package main

import (
	"strings"

	"github.com/wasql/wasql/abi/col"
	wasql "github.com/wasql/wasql/sdk/go"
)

// values gives all columns of a row.
func (v *version) values(at spot) []wasql.Value {
	cells := make([]cell, len(v.columns))
	v.layout.read(cells, at)
	return v.valuesOf(cells, at.key())
}

// valuesOf gives all columns of the row that cells make under key.
func (v *version) valuesOf(cells []cell, key string) []wasql.Value {
	values := make([]wasql.Value, len(cells))
	for i, c := range cells {
		if i == v.layout.hidden {
			c = rowNumberCell(key)
		}
		values[i] = valueOf(&v.columns[i], c)
	}
	return values
}

// valueOf gives a cell as a value of its own memory.
func valueOf(column *wasql.Column, c cell) wasql.Value {
	if c.null {
		return wasql.NullValue()
	}
	switch t := column.Type; t {
	case col.Bool:
		return wasql.BoolValue(c.raw[0] != 0)
	case col.Uint8, col.Uint16, col.Uint32, col.Uint64, col.Set, col.Bit, col.Enum, col.Year:
		return wasql.UintValue(uint64(c.number(t)))
	case col.Float32, col.Float64:
		return wasql.FloatValue(c.float(t))
	case col.Decimal128, col.Decimal256:
		return wasql.DecimalValue(c.decimal().Text(uint32(column.Scale)))
	case col.Date:
		return wasql.DateValue(int32(c.number(t)))
	case col.Time:
		return wasql.TimeValue(c.number(t))
	case col.Datetime:
		return wasql.DatetimeValue(c.number(t))
	case col.JSON:
		return wasql.JSONValue(strings.Clone(c.raw))
	case col.UTF8:
		return wasql.TextValue(strings.Clone(c.raw))
	case col.Binary, col.Geometry, col.Vector:
		return wasql.BinaryValue([]byte(c.raw))
	}
	return wasql.IntValue(c.number(column.Type))
}

// text writes a cell as MySQL does in the message of a duplicate key.
func (v *version) text(i int, c cell) string {
	column := &v.columns[i]
	switch {
	case c.null:
		return "NULL"
	case column.Type == col.Enum:
		if n := c.number(col.Enum); n > 0 && int(n) <= len(column.Members) {
			return column.Members[n-1]
		}
		return ""
	case column.Type == col.Datetime:
		return string(col.AppendDatetime(nil, c.number(col.Datetime), uint32(column.Scale)))
	case column.Type == col.Time:
		return string(col.AppendTime(nil, c.number(col.Time), uint32(column.Scale)))
	}
	value := valueOf(column, c)
	if text, ok := value.Text(); ok {
		return text
	}
	return value.String()
}
