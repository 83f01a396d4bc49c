package view

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
)

const allFeatures = uint64(pb.Feature_FEATURE_DICTIONARY | pb.Feature_FEATURE_STRING_VIEW | pb.Feature_FEATURE_CONSTANT |
	pb.Feature_FEATURE_SELECTION | pb.Feature_FEATURE_LEASES)

const testBytesMax = 1 << 24

// memory is a guest's memory that a test fills by hand.
type memory struct{ b []byte }

func newMemory() *memory { return &memory{b: aligned(64)} }

// aligned gives memory whose base is 8-aligned, as a page is.
func aligned(n int) []byte { return col.BytesOf(make([]uint64, (n+7)/8))[:n] }

func (m *memory) put(b []byte) uint32 {
	at := (len(m.b) + 63) &^ 63
	grown := aligned(at + len(b))
	copy(grown, m.b)
	copy(grown[at:], b)
	m.b = grown
	return uint32(at)
}

func numbers[T col.Number](values ...T) []byte { return append([]byte{}, col.BytesOf(values)...) }

// pair is a {ptr, bytes} of a descriptor.
type pair struct{ ptr, bytes uint32 }

func (m *memory) buffer(b []byte) pair { return pair{m.put(b), uint32(len(b))} }

// column is a descriptor.
type column struct {
	typ         col.Type
	encoding    col.Encoding
	nulls       uint64
	valid       pair
	b1, b2      pair
	children    pair
	dict, dictN uint32
}

func (c column) encode() []byte {
	b := make([]byte, abi.ColumnBytes)
	binary.LittleEndian.PutUint16(b[abi.ColumnType:], uint16(c.typ))
	binary.LittleEndian.PutUint16(b[abi.ColumnEncoding:], uint16(c.encoding))
	binary.LittleEndian.PutUint64(b[abi.ColumnNullCount:], c.nulls)
	for at, p := range map[uint64]pair{abi.ColumnValidity: c.valid, abi.ColumnBuffer1: c.b1, abi.ColumnBuffer2: c.b2, abi.ColumnChildren: c.children} {
		put32(b, at, p.ptr)
		put32(b, at+4, p.bytes)
	}
	put32(b, abi.ColumnDict, c.dict)
	put32(b, abi.ColumnDictRows, c.dictN)
	return b
}

// batch places a header over columns.
func (m *memory) batch(rows uint64, columns ...column) uint32 {
	var all []byte
	for _, c := range columns {
		all = append(all, c.encode()...)
	}
	at := m.put(all)
	h := make([]byte, abi.HeaderBytes)
	put32(h, abi.HeaderSize, abi.HeaderBytes)
	put32(h, abi.HeaderColumns, uint32(len(columns)))
	binary.LittleEndian.PutUint64(h[abi.HeaderRows:], rows)
	put32(h, abi.HeaderColumnsPtr, at)
	put32(h, abi.HeaderStride, abi.ColumnBytes)
	return m.put(h)
}

// everyType is a schema with one column of each type.
func everyType() col.Schema {
	var s col.Schema
	for t := col.Null; t.Known(); t++ {
		s = append(s, col.Field{Name: t.String(), Type: t, Nullable: true})
	}
	return s
}

// sample makes rows with a value, a NULL, a value … in each column.
func sample(t testing.TB, schema col.Schema, rows int) *col.Batch {
	t.Helper()
	b := &col.Batch{Rows: rows}
	for _, f := range schema {
		v := col.Vec{Type: f.Type, Len: rows}
		if f.Type != col.Null {
			v.Valid = make(col.Bitmap, col.BitmapBytes(rows))
		}
		switch {
		case f.Type == col.Bool:
			v.Fixed = make([]byte, col.BitmapBytes(rows))
		case f.Type.Varying():
			v.Offsets = make([]int32, 1, rows+1)
		default:
			v.Fixed = aligned(rows * f.Type.Width())
		}
		for i := range rows {
			if i%2 == 0 && v.Valid != nil {
				v.Valid.Set(i)
				fill(&v, i)
			}
			if v.Offsets != nil {
				v.Offsets = append(v.Offsets, int32(len(v.Data)))
			}
		}
		b.Cols = append(b.Cols, v)
	}
	return b
}

func fill(v *col.Vec, i int) {
	switch {
	case v.Type == col.Bool:
		col.Bitmap(v.Fixed).Set(i)
	case v.Type == col.Year:
		binary.LittleEndian.PutUint16(v.Fixed[2*i:], uint16(2000+i%100))
	case v.Type == col.Float64:
		binary.LittleEndian.PutUint64(v.Fixed[8*i:], math.Float64bits(float64(i)/3))
	case v.Type == col.Vector, v.Type == col.Geometry:
		v.Data = append(v.Data, 1, 2, 3, byte(i))
	case v.Type.Varying():
		v.Data = append(v.Data, "é東"[:2+i%2*3]...)
	default:
		v.Fixed[i*v.Type.Width()] = byte(i + 1)
	}
}
