package exec

import (
	"github.com/wasql/wasql/abi/col"
)

// takeIntegers gives plain integers in the column's physical type; false when one is out of range.
func (c *insertColumn) takeIntegers(v *col.Vec) (col.Vec, bool) {
	switch v.Type {
	case col.Int8:
		return integersFrom[int8](c, v)
	case col.Int16:
		return integersFrom[int16](c, v)
	case col.Int32:
		return integersFrom[int32](c, v)
	case col.Int64:
		return integersFrom[int64](c, v)
	case col.Uint8:
		return integersFrom[uint8](c, v)
	case col.Uint16:
		return integersFrom[uint16](c, v)
	case col.Uint32:
		return integersFrom[uint32](c, v)
	case col.Uint64:
		return integersFrom[uint64](c, v)
	}
	return col.Vec{}, false
}

type integer interface {
	int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64
}

func integersFrom[From integer](c *insertColumn, v *col.Vec) (col.Vec, bool) {
	values := col.Values[From](v)[:v.Len]
	for i, x := range values {
		// Within uint64 a negative number is large; which it is, the sign says.
		if (x < 0 && int64(x) < c.least || x >= 0 && uint64(x) > c.most) && !v.IsNull(i) {
			return col.Vec{}, false
		}
	}
	if v.Type == c.field.Type {
		return *v, true
	}
	switch c.field.Type {
	case col.Int8:
		return integersTo[From, int8](c, v, values), true
	case col.Int16:
		return integersTo[From, int16](c, v, values), true
	case col.Int32:
		return integersTo[From, int32](c, v, values), true
	case col.Int64:
		return integersTo[From, int64](c, v, values), true
	case col.Uint8:
		return integersTo[From, uint8](c, v, values), true
	case col.Uint16:
		return integersTo[From, uint16](c, v, values), true
	case col.Uint32:
		return integersTo[From, uint32](c, v, values), true
	case col.Uint64:
		return integersTo[From, uint64](c, v, values), true
	}
	return col.Vec{}, false
}

// integersTo copies numbers that are known to fit.
func integersTo[From, To integer](c *insertColumn, v *col.Vec, values []From) col.Vec {
	// Batches want columns aligned to 8 bytes.
	space := make([]uint64, (len(values)*int(widthOf[To]())+7)/8)
	out := col.Vec{Type: c.field.Type, Len: v.Len, Valid: v.Valid, Fixed: col.BytesOf(space)[:len(values)*int(widthOf[To]())]}
	for i, to := 0, col.Values[To](&out); i < len(values); i++ {
		to[i] = To(values[i])
	}
	return out
}

func widthOf[T integer]() uintptr {
	var zero T
	switch any(zero).(type) {
	case int8, uint8:
		return 1
	case int16, uint16:
		return 2
	case int32, uint32:
		return 4
	}
	return 8
}
