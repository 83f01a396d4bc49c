package view

import (
	"math"
	"testing"
	"unicode/utf8"
	"unsafe"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/host/internal/backend"
)

// guarded copies b to the end of mapped memory, so that reading behind it is a fault.
type guarded struct{ region *backend.Region }

func newGuarded(t testing.TB) *guarded {
	region, err := backend.Reserve(4 * backend.PageBytes)
	if err != nil || region.Grow(2*backend.PageBytes) == nil {
		t.Fatal(err)
	}
	return &guarded{region}
}

func (g *guarded) copy(b []byte) []byte {
	all := g.region.Bytes()
	n := min(len(b)&^7, len(all))
	mem := all[len(all)-n:]
	copy(mem, b)
	return mem[:n:n]
}

// FuzzView gives the reader any memory. It never panics, never reads outside, and what it accepts
// has every property that package col relies on.
func FuzzView(f *testing.F) {
	m, schema := encodings()
	ptr := m.batch(4, encodedColumns(m)...)
	f.Add(m.b, ptr, uint16(4), types(schema), allFeatures, uint16(0))
	all := everyType()
	b := sample(f, all, 9)
	layout, err := NewLayout(b)
	if err != nil {
		f.Fatal(err)
	}
	mem := aligned(64 + int(layout.Size()))
	layout.Put(mem, 64)
	f.Add(mem, uint32(64), uint16(9), types(all), uint64(0), uint16(0))
	guard := newGuarded(f)
	f.Fuzz(func(t *testing.T, b []byte, ptr uint32, rows uint16, spec []byte, features uint64, change uint16) {
		schema := make(col.Schema, 0, len(spec))
		for _, x := range spec[:min(len(spec), 64)] {
			schema = append(schema, col.Field{Type: col.Type(x&31) % 27, Precision: uint32(x >> 5), Members: []string{"a", "b"}[:x>>7]})
		}
		mem := guard.copy(b)
		r := NewReader(schema, features, 1<<20)
		for n := range 2 {
			got, err := r.Read(mem, uint64(ptr), int(rows))
			if err == nil {
				checkInvariants(t, mem, got, schema, int(rows))
			}
			// The reader is used again on memory that changed.
			if n == 0 && len(mem) > 0 {
				mem[int(change)%len(mem)] ^= 1 << (change >> 13)
			}
		}
	})
}

func types(s col.Schema) []byte {
	var out []byte
	for _, f := range s {
		out = append(out, byte(f.Type))
	}
	return out
}

// inside tells whether b lies in mem.
func inside[T any](mem []byte, b []T) bool {
	if len(b) == 0 {
		return true
	}
	low := uintptr(unsafe.Pointer(unsafe.SliceData(mem)))
	start := uintptr(unsafe.Pointer(unsafe.SliceData(b)))
	end := start + uintptr(len(b))*unsafe.Sizeof(b[0])
	return start >= low && end <= low+uintptr(len(mem)) && start%unsafe.Alignof(b[0]) == 0
}

func checkInvariants(t *testing.T, mem []byte, b *col.Batch, schema col.Schema, rowsMax int) {
	t.Helper()
	if b.Rows < 0 || b.Rows > rowsMax || len(b.Cols) != len(schema) {
		t.Fatalf("%d rows of %d columns", b.Rows, len(b.Cols))
	}
	if !inside(mem, b.Sel) {
		t.Fatal("selection outside memory")
	}
	last := -1
	for _, row := range b.Sel {
		if int(row) <= last || int(row) >= b.Rows {
			t.Fatalf("selection %v of %d", b.Sel, b.Rows)
		}
		last = int(row)
	}
	for c := range b.Cols {
		checkVec(t, mem, &b.Cols[c], schema[c].Type, b.Rows)
	}
	if clone := b.Clone(); clone.Len() != b.Len() {
		t.Fatal("clone differs")
	}
	if layout, err := NewLayout(b); err == nil {
		out := make([]byte, layout.Size())
		layout.Put(out, 0)
	}
	_ = b.Bytes()
}

func checkVec(t *testing.T, mem []byte, v *col.Vec, typ col.Type, rows int) {
	t.Helper()
	if v.Type != typ || v.Len != rows {
		t.Fatalf("type %v, %d rows", v.Type, v.Len)
	}
	if !inside(mem, v.Valid) || !inside(mem, v.Fixed) || !inside(mem, v.Data) || !inside(mem, v.Index) || !inside(mem, v.Views) || rows > 0 && !inside(mem, v.Offsets) {
		t.Fatal("buffer outside memory")
	}
	for _, buffer := range v.Buffers {
		if !inside(mem, buffer) {
			t.Fatal("buffer outside memory")
		}
	}
	if w := typ.Width(); w > 0 && len(v.Fixed) > 0 && uintptr(unsafe.Pointer(&v.Fixed[0]))%uintptr(min(w, 8)) != 0 {
		t.Fatal("not aligned")
	}
	nulls := 0
	for i := range rows {
		if v.IsNull(i) {
			nulls++
			continue
		}
		checkValue(t, v, i)
	}
	if nulls != v.Nulls() {
		t.Fatalf("%d NULLs, Nulls says %d", nulls, v.Nulls())
	}
}

func checkValue(t *testing.T, v *col.Vec, i int) {
	t.Helper()
	switch {
	case v.Type == col.Null:
	case v.Type.Varying():
		if b := v.Bytes(i); v.Type.Text() && !utf8.Valid(b) {
			t.Fatalf("row %d is not UTF-8", i)
		}
	case v.Type == col.Bool:
		_ = v.Bool(i)
	case v.Type == col.Decimal128, v.Type == col.Decimal256:
		_ = v.Decimal(i)
	case v.Type == col.Float32, v.Type == col.Float64:
		_ = v.Float64(i)
	case v.Type == col.Date:
		if x := v.Int64(i); x != math.MinInt32 && (x < dateMin || x > dateMax) {
			t.Fatalf("date %d", x)
		}
	case v.Type == col.Year:
		if x := v.Int64(i); x != 0 && (x < yearMin || x > yearMax) {
			t.Fatalf("year %d", x)
		}
	default:
		_ = v.Int64(i)
	}
}

// FuzzDescriptor changes a lawful batch, so that checks deep inside are reached.
func FuzzDescriptor(f *testing.F) {
	for n := range 6 {
		f.Add(uint8(n), uint16(n*4), uint32(n), uint16(8*n), uint32(1)<<(4*n))
	}
	guard := newGuarded(f)
	m, schema := encodings()
	ptr := m.batch(4, encodedColumns(m)...)
	header := m.b[ptr:]
	columns := u32(header, abi.HeaderColumnsPtr)
	f.Fuzz(func(t *testing.T, column uint8, field uint16, value uint32, at uint16, xor uint32) {
		mem := guard.copy(m.b)
		place := uint64(columns) + uint64(column)%6*abi.ColumnBytes + uint64(field)%16*4
		put32(mem, place, value)
		other := uint64(at) % uint64(len(mem)/4) * 4
		put32(mem, other, u32(mem, other)^xor)
		if b, err := NewReader(schema, allFeatures, 1<<20).Read(mem, uint64(ptr), 4); err == nil {
			checkInvariants(t, mem, b, schema, 4)
		}
	})
}
