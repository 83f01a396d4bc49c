package vec

import (
	"encoding/binary"
	"math"
	"strconv"

	"github.com/wasql/wasql/abi/col"
)

// output is memory for a computed column whose rows are set in any order, used again for each batch. Rows that are not set are NULL.
type output struct {
	field   col.Field
	flat    flat
	texts   [][]byte
	offsets []int32
	data    []byte
	digits  []byte
}

// reset begins a column of n rows.
func (o *output) reset(n int) {
	v := o.flat.reset(o.field.Type, n)
	v.Precision, v.Scale = o.field.Precision, o.field.Scale
	v.Valid = o.flat.bits(n)
	if o.field.Type.Varying() {
		if cap(o.texts) < n {
			o.texts = make([][]byte, n)
		}
		o.texts = o.texts[:n]
		clear(o.texts)
	}
}

// set copies the rows of v, nil for all of n. Texts are shared with v until the column is made. A number is widened to the column's type.
func (o *output) set(v *col.Vec, rows []uint32, n int) error {
	if rows == nil {
		for i := range n {
			if err := o.one(v, i); err != nil {
				return err
			}
		}
		return nil
	}
	for _, i := range rows {
		if err := o.one(v, int(i)); err != nil {
			return err
		}
	}
	return nil
}

func (o *output) one(v *col.Vec, i int) error {
	if v.IsNull(i) {
		return nil
	}
	switch o.field.Type {
	case col.Float64:
		x, err := o.float(v, i)
		if err != nil {
			return err
		}
		binary.LittleEndian.PutUint64(o.flat.v.Fixed[8*i:], math.Float64bits(x))
	case col.Decimal128:
		d := decimalAt(v, i, o.field.Scale)
		binary.LittleEndian.PutUint64(o.flat.v.Fixed[16*i:], d[0])
		binary.LittleEndian.PutUint64(o.flat.v.Fixed[16*i+8:], d[1])
	case col.Decimal256:
		d := decimalAt(v, i, o.field.Scale)
		copy(o.flat.words[4*i:4*i+4], d[:])
	default:
		if o.field.Type.Varying() {
			o.texts[i] = v.Bytes(i)
		} else {
			putInt(o.flat.v.Fixed, o.field.Type.Width(), i, v.Int64(i))
		}
	}
	o.flat.v.Valid.Set(i)
	return nil
}

// float is a number as a float64.
func (o *output) float(v *col.Vec, i int) (float64, error) {
	switch v.Type {
	case col.Float32, col.Float64:
		return v.Float64(i), nil
	case col.Decimal128, col.Decimal256:
		o.digits = v.Decimal(i).Append(o.digits[:0], v.Scale)
		return strconv.ParseFloat(string(o.digits), 64)
	case col.Uint64:
		return float64(v.Uint64(i)), nil
	}
	return float64(v.Int64(i)), nil
}

// putInt stores row i of a column of whole numbers of that width.
func putInt(fixed []byte, width, i int, x int64) {
	switch width {
	case 1:
		fixed[i] = byte(x)
	case 2:
		binary.LittleEndian.PutUint16(fixed[2*i:], uint16(x))
	case 4:
		binary.LittleEndian.PutUint32(fixed[4*i:], uint32(x))
	default:
		binary.LittleEndian.PutUint64(fixed[8*i:], uint64(x))
	}
}

// vec makes the column, which is valid until the next reset.
func (o *output) vec() (*col.Vec, error) {
	v := &o.flat.v
	if o.field.Type.Varying() {
		o.data, o.offsets = o.data[:0], append(o.offsets[:0], 0)
		for _, text := range o.texts {
			if len(o.data)+len(text) > math.MaxInt32 {
				return nil, errStoreFull
			}
			o.data = append(o.data, text...)
			o.offsets = append(o.offsets, int32(len(o.data)))
		}
		v.Offsets, v.Data, v.Fixed = o.offsets, o.data, nil
	}
	return v, nil
}
