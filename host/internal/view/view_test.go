package view

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"testing"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/col"
)

// same compares two batches value by value, whatever their encodings.
func same(t *testing.T, got, want *col.Batch) {
	t.Helper()
	if got.Len() != want.Len() || len(got.Cols) != len(want.Cols) {
		t.Fatalf("%d rows of %d columns, want %d of %d", got.Len(), len(got.Cols), want.Len(), len(want.Cols))
	}
	for c := range want.Cols {
		g, w := &got.Cols[c], &want.Cols[c]
		for i := range want.Len() {
			gi, wi := got.Row(i), want.Row(i)
			if g.IsNull(gi) != w.IsNull(wi) {
				t.Fatalf("column %v row %d: null %v, want %v", w.Type, i, g.IsNull(gi), w.IsNull(wi))
			}
			if !w.IsNull(wi) && !equalValue(g, gi, w, wi) {
				t.Fatalf("column %v row %d differs", w.Type, i)
			}
		}
	}
}

func equalValue(g *col.Vec, gi int, w *col.Vec, wi int) bool {
	switch {
	case w.Type.Varying():
		return bytes.Equal(g.Bytes(gi), w.Bytes(wi))
	case w.Type == col.Bool:
		return g.Bool(gi) == w.Bool(wi)
	case w.Type == col.Float32, w.Type == col.Float64:
		return g.Float64(gi) == w.Float64(wi)
	case w.Type == col.Decimal128, w.Type == col.Decimal256:
		return g.Decimal(gi) == w.Decimal(wi)
	}
	return g.Uint64(gi) == w.Uint64(wi)
}

func TestWrittenBatchReadsBackTheSame(t *testing.T) {
	schema := everyType()
	for _, rows := range []int{0, 1, 2, 7, 8, 9, 63, 64, 65, 1000} {
		b := sample(t, schema, rows)
		layout, err := NewLayout(b)
		if err != nil {
			t.Fatal(err)
		}
		mem := aligned(64 + int(layout.Size()))
		layout.Put(mem, 64)
		got, err := NewReader(schema, 0, testBytesMax).Read(mem, 64, rows)
		if err != nil {
			t.Fatal(err)
		}
		same(t, got, b)
	}
}

func TestWriterFlattensEncodingsAndSelection(t *testing.T) {
	m, schema := encodings()
	r := NewReader(schema, allFeatures, testBytesMax)
	b, err := r.Read(m.b, uint64(m.batch(4, encodedColumns(m)...)), 4)
	if err != nil {
		t.Fatal(err)
	}
	b.Sel = []uint32{1, 3}
	layout, err := NewLayout(b)
	if err != nil {
		t.Fatal(err)
	}
	mem := aligned(int(layout.Size()))
	layout.Put(mem, 0)
	got, err := NewReader(schema, 0, testBytesMax).Read(mem, 0, 4)
	if err != nil {
		t.Fatal(err)
	}
	same(t, got, b)
}

const longText = "a text longer than twelve bytes"

// encodings gives an empty memory, and the schema of encodedColumns.
func encodings() (*memory, col.Schema) {
	return newMemory(), col.Schema{{Type: col.Int64}, {Type: col.UTF8}, {Type: col.UTF8}, {Type: col.Int32}, {Type: col.UTF8}, {Type: col.UTF8}}
}

// encodedColumns are columns of four rows, in every encoding.
func encodedColumns(m *memory) []column {
	unknown := abi.NullCountUnknown
	view := func(s string, start uint32) []byte {
		b := make([]byte, 16)
		put32(b, 0, uint32(len(s)))
		copy(b[4:], s[:min(len(s), 12)])
		if len(s) > 12 {
			put32(b, 8, 1)
			put32(b, 12, start)
		}
		return b
	}
	buffers := m.put(append(numbers(m.put([]byte("unused")), uint32(6)), numbers(m.put([]byte("xx"+longText)), uint32(len(longText)+2))...))
	var views []byte
	for _, s := range []string{"", "twelve bytes", longText, "ü"} {
		views = append(views, view(s, 2)...)
	}
	dict := column{typ: col.UTF8, nulls: 1, valid: m.buffer([]byte{0b101}), b1: m.buffer(numbers[int32](0, 3, 3, 5)), b2: m.buffer([]byte("one" + "ß"))}
	dictInts := column{typ: col.Int32, b1: m.buffer(numbers[int32](10, 20))}
	return []column{
		{typ: col.Int64, encoding: col.Constant, nulls: unknown, b1: m.buffer(numbers[int64](-5))},
		{typ: col.UTF8, encoding: col.Constant, b1: m.buffer(numbers[int32](1, 4)), b2: m.buffer([]byte("xabcx"))},
		{typ: col.UTF8, encoding: col.View, nulls: 1, valid: m.buffer([]byte{0b0111}), b1: m.buffer(views), children: pair{buffers, 2}},
		// Row 2 is NULL: its index may be anything.
		{typ: col.Int32, encoding: col.Dictionary, nulls: 1, valid: m.buffer([]byte{0b1011}), b1: m.buffer(numbers[uint32](1, 0, 999, 1)), dict: m.put(dictInts.encode()), dictN: 2},
		{typ: col.UTF8, encoding: col.Dictionary, b1: m.buffer(numbers[uint32](2, 1, 0, 2)), dict: m.put(dict.encode()), dictN: 3},
		{typ: col.UTF8, encoding: col.Constant, b1: m.buffer(view(longText, 2)), children: pair{buffers, 2}},
	}
}

func TestEveryEncoding(t *testing.T) {
	m, schema := encodings()
	ptr := m.batch(4, encodedColumns(m)...)
	b, err := NewReader(schema, allFeatures, testBytesMax).Read(m.b, uint64(ptr), 4)
	if err != nil {
		t.Fatal(err)
	}
	want := [][]any{
		{int64(-5), int64(-5), int64(-5), int64(-5)},
		{"abc", "abc", "abc", "abc"},
		{"", "twelve bytes", longText, nil},
		{int64(20), int64(10), nil, int64(20)},
		{"ß", nil, "one", "ß"},
		{longText, longText, longText, longText},
	}
	for c, rows := range want {
		v := &b.Cols[c]
		nulls := 0
		for i, x := range rows {
			switch x := x.(type) {
			case nil:
				nulls++
				if !v.IsNull(i) {
					t.Errorf("column %d row %d is not NULL", c, i)
				}
			case int64:
				if v.IsNull(i) || v.Int64(i) != x {
					t.Errorf("column %d row %d is %d, want %d", c, i, v.Int64(i), x)
				}
			case string:
				if v.IsNull(i) || v.Text(i) != x {
					t.Errorf("column %d row %d is %q, want %q", c, i, v.Text(i), x)
				}
			}
		}
		if v.Nulls() != nulls {
			t.Errorf("column %d has %d NULLs, want %d", c, v.Nulls(), nulls)
		}
	}
}

func TestEncodingNeedsItsFeature(t *testing.T) {
	m, schema := encodings()
	for n, clause := range []string{"6.7", "6.7", "6.9", "6.8", "6.8", "6.7"} {
		_, err := NewReader(schema[n:n+1], 0, testBytesMax).Read(m.b, uint64(m.batch(4, encodedColumns(m)[n])), 4)
		checkClause(t, err, clause)
	}
}

func checkClause(t *testing.T, err error, clause string) {
	t.Helper()
	var v *Violation
	if !errors.As(err, &v) || v.Clause != clause {
		t.Errorf("got %v, want a breach of clause %s", err, clause)
	}
}

func TestSelection(t *testing.T) {
	for _, c := range []struct {
		sel    []uint32
		length uint32
		clause string
	}{
		{[]uint32{0, 2}, 2, ""}, {nil, 0, ""}, {[]uint32{2, 0}, 2, "6.10"}, {[]uint32{1, 1}, 2, "6.10"}, {[]uint32{3}, 1, "6.10"},
		{[]uint32{0, 1, 2, 2}, 4, "6.10"}, {[]uint32{0}, 1 << 30, "6.10"},
	} {
		m := newMemory()
		ptr := m.batch(3, column{typ: col.Int8, b1: m.buffer([]byte{1, 2, 3})})
		sel := m.put(numbers(c.sel...))
		put32(m.b, uint64(ptr)+abi.HeaderFlags, abi.FlagSelection|abi.FlagLast)
		put32(m.b, uint64(ptr)+abi.HeaderSelPtr, sel)
		put32(m.b, uint64(ptr)+abi.HeaderSelLen, c.length)
		b, err := NewReader(col.Schema{{Type: col.Int8}}, allFeatures, testBytesMax).Read(m.b, uint64(ptr), 3)
		if c.clause != "" {
			checkClause(t, err, c.clause)
			continue
		}
		if err != nil || b.Len() != len(c.sel) || !b.Last {
			t.Errorf("selection %v: %v rows, error %v", c.sel, b, err)
		}
		if _, err := NewReader(col.Schema{{Type: col.Int8}}, 0, testBytesMax).Read(m.b, uint64(ptr), 3); err == nil {
			t.Error("a selection without the feature was taken")
		}
	}
}

// TestViolations changes one thing of a lawful batch at a time.
func TestViolations(t *testing.T) {
	type change struct {
		name   string
		typ    col.Type
		make   func(m *memory, c *column)
		clause string
	}
	ints := func(m *memory, c *column) { c.b1 = m.buffer(numbers[int32](1, 2, 3, 4)) }
	text := func(offsets []int32, data string) func(m *memory, c *column) {
		return func(m *memory, c *column) { c.b1, c.b2 = m.buffer(numbers(offsets...)), m.buffer([]byte(data)) }
	}
	and := func(fs ...func(m *memory, c *column)) func(m *memory, c *column) {
		return func(m *memory, c *column) {
			for _, f := range fs {
				f(m, c)
			}
		}
	}
	set := func(f func(c *column)) func(m *memory, c *column) { return func(_ *memory, c *column) { f(c) } }
	for _, x := range []change{
		{"lawful", col.Int32, ints, ""},
		{"buffer too short", col.Int32, func(m *memory, c *column) { c.b1 = m.buffer(numbers[int32](1, 2, 3)) }, "6.4"},
		{"buffer outside", col.Int32, and(ints, set(func(c *column) { c.b1.ptr = math.MaxUint32 - 7 })), "6.4"},
		{"length wraps", col.Int32, and(ints, set(func(c *column) { c.b1.bytes = math.MaxUint32 })), "6.4"},
		{"unaligned", col.Int32, func(m *memory, c *column) { c.b1 = pair{m.put(make([]byte, 24)) + 2, 16} }, "6.4"},
		{"unknown encoding", col.Int32, and(ints, set(func(c *column) { c.encoding = 9 })), "6.1"},
		{"another type", col.Int32, and(ints, set(func(c *column) { c.typ = col.Uint32 })), "6.2"},
		{"view of a number", col.Int32, and(ints, set(func(c *column) { c.encoding = col.View })), "6.9"},
		{"null count without bitmap", col.Int32, and(ints, set(func(c *column) { c.nulls = 1 })), "6.5"},
		{"null count lies", col.Int32, and(ints, func(m *memory, c *column) { c.valid, c.nulls = m.buffer([]byte{0b0101}), 3 }), "6.5"},
		{"bitmap outside", col.Int32, and(ints, set(func(c *column) { c.valid, c.nulls = pair{math.MaxUint32, 1}, abi.NullCountUnknown })), "6.4"},
		{"offsets lawful", col.UTF8, text([]int32{0, 1, 1, 2, 3}, "abc"), ""},
		{"offsets fall", col.UTF8, text([]int32{0, 2, 1, 2, 3}, "abc"), "6.6"},
		{"offset negative", col.UTF8, text([]int32{-1, 0, 1, 2, 3}, "abc"), "6.6"},
		{"offsets leap and wrap", col.UTF8, text([]int32{0, math.MaxInt32, math.MinInt32, 2, 3}, "abc"), "6.6"},
		{"last offset behind the data", col.UTF8, text([]int32{0, 1, 2, 3, 4}, "abc"), "6.6"},
		{"offsets too few", col.UTF8, text([]int32{0, 1, 2, 3}, "abc"), "6.4"},
		{"data outside", col.UTF8, and(text([]int32{0, 1, 1, 2, 3}, "abc"), set(func(c *column) { c.b2.bytes = math.MaxUint32 })), "6.4"},
		{"invalid UTF-8", col.UTF8, text([]int32{0, 1, 1, 2, 3}, "ab\xff"), "6.11"},
		{"character cut in two", col.UTF8, text([]int32{0, 1, 1, 2, 2}, "é"), "6.11"},
		{"overlong UTF-8", col.JSON, text([]int32{0, 2, 2, 2, 2}, "\xc0\xaf"), "6.11"},
		{"surrogate", col.UTF8, text([]int32{0, 3, 3, 3, 3}, "\xed\xa0\x80"), "6.11"},
		{"bytes need no UTF-8", col.Binary, text([]int32{0, 1, 1, 2, 3}, "ab\xff"), ""},
		{"a NULL row needs no UTF-8", col.UTF8, and(text([]int32{0, 1, 1, 2, 3}, "ab\xff"), func(m *memory, c *column) { c.valid, c.nulls = m.buffer([]byte{0b0111}), 1 }), ""},
		{"date", col.Date, func(m *memory, c *column) { c.b1 = m.buffer(numbers[int32](math.MinInt32, dateMin, dateMax, 0)) }, ""},
		{"date too late", col.Date, func(m *memory, c *column) { c.b1 = m.buffer(numbers[int32](0, 0, 0, dateMax+1)) }, "5.1"},
		{"date too early", col.Date, func(m *memory, c *column) { c.b1 = m.buffer(numbers[int32](0, 0, 0, dateMin-1)) }, "5.1"},
		{"datetime", col.Datetime, func(m *memory, c *column) {
			c.b1 = m.buffer(numbers[int64](math.MinInt64, datetimeMin, datetimeMax, 0))
		}, ""},
		{"datetime too late", col.Datetime, func(m *memory, c *column) { c.b1 = m.buffer(numbers[int64](0, 0, 0, datetimeMax+1)) }, "5.1"},
		{"time", col.Time, func(m *memory, c *column) { c.b1 = m.buffer(numbers[int64](-timeMax, timeMax, 0, 1)) }, ""},
		{"time too long", col.Time, func(m *memory, c *column) { c.b1 = m.buffer(numbers[int64](0, 0, 0, timeMax+1)) }, "5.1"},
		{"year", col.Year, func(m *memory, c *column) { c.b1 = m.buffer(numbers[uint16](0, 1901, 2155, 2000)) }, ""},
		{"year out of range", col.Year, func(m *memory, c *column) { c.b1 = m.buffer(numbers[uint16](0, 1900, 2155, 2000)) }, "5.1"},
		{"enum", col.Enum, func(m *memory, c *column) { c.b1 = m.buffer(numbers[uint16](0, 1, 2, 3)) }, ""},
		{"enum without member", col.Enum, func(m *memory, c *column) { c.b1 = m.buffer(numbers[uint16](0, 1, 2, 4)) }, "5.1"},
		{"set without member", col.Set, func(m *memory, c *column) { c.b1 = m.buffer(numbers[uint64](0, 1, 7, 8)) }, "5.1"},
		{"decimal", col.Decimal128, func(m *memory, c *column) { c.b1 = m.buffer(numbers[int64](99999, 0, -99999, -1, 0, 0, 5, 0)) }, ""},
		{"decimal with too many digits", col.Decimal128, func(m *memory, c *column) { c.b1 = m.buffer(numbers[int64](100000, 0, 0, 0, 0, 0, 0, 0)) }, "5.1"},
		{"vector", col.Vector, text([]int32{0, 4, 8, 8, 8}, "abcdefgh"), ""},
		{"vector of half a number", col.Vector, text([]int32{0, 4, 6, 6, 6}, "abcdefgh"), "5.1"},
		{"geometry without SRID", col.Geometry, text([]int32{0, 4, 6, 6, 6}, "abcdefgh"), "5.1"},
	} {
		t.Run(x.name, func(t *testing.T) {
			m := newMemory()
			c := column{typ: x.typ}
			x.make(m, &c)
			schema := col.Schema{{Type: x.typ, Precision: 5, Members: []string{"a", "b", "c"}}}
			_, err := NewReader(schema, allFeatures, testBytesMax).Read(m.b, uint64(m.batch(4, c)), 4)
			if x.clause == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			checkClause(t, err, x.clause)
		})
	}
}

func TestDictionaryViolations(t *testing.T) {
	for name, change := range map[string]func(m *memory, c, dict *column){
		"index out of range":       func(m *memory, c, _ *column) { c.b1 = m.buffer(numbers[uint32](0, 1, 2, 0)) },
		"index huge":               func(m *memory, c, _ *column) { c.b1 = m.buffer(numbers[uint32](0, 1, math.MaxUint32, 0)) },
		"dictionary of dictionary": func(_ *memory, _, d *column) { d.encoding = col.Dictionary },
		"dictionary of views":      func(_ *memory, _, d *column) { d.encoding = col.View },
		"another type":             func(_ *memory, _, d *column) { d.typ = col.Uint32 },
		"more rows than values":    func(_ *memory, c, _ *column) { c.dictN = 3 },
	} {
		t.Run(name, func(t *testing.T) {
			m := newMemory()
			d := column{typ: col.Int32, b1: m.buffer(numbers[int32](10, 20))}
			c := column{typ: col.Int32, encoding: col.Dictionary, b1: m.buffer(numbers[uint32](0, 1, 1, 0)), dictN: 2}
			change(m, &c, &d)
			if c.dict == 0 {
				c.dict = m.put(d.encode())
			}
			_, err := NewReader(col.Schema{{Type: col.Int32}}, allFeatures, testBytesMax).Read(m.b, uint64(m.batch(4, c)), 4)
			var v *Violation
			if !errors.As(err, &v) || v.Clause != "6.8" && v.Clause != "6.4" {
				t.Error(err)
			}
		})
	}
	t.Run("itself", func(t *testing.T) {
		m := newMemory()
		c := column{typ: col.Int32, encoding: col.Dictionary, b1: m.buffer(numbers[uint32](0, 0, 0, 0)), dictN: 1}
		ptr := m.batch(4, c)
		put32(m.b, uint64(u32(m.b, uint64(ptr)+abi.HeaderColumnsPtr))+abi.ColumnDict, u32(m.b, uint64(ptr)+abi.HeaderColumnsPtr))
		_, err := NewReader(col.Schema{{Type: col.Int32}}, allFeatures, testBytesMax).Read(m.b, uint64(ptr), 4)
		checkClause(t, err, "6.8")
	})
}

func TestHeaderViolations(t *testing.T) {
	for name, c := range map[string]struct {
		change func(b []byte)
		clause string
	}{
		"size too small":    {func(b []byte) { put32(b, abi.HeaderSize, 63) }, "6.1"},
		"size beyond":       {func(b []byte) { put32(b, abi.HeaderSize, math.MaxUint32) }, "6.1"},
		"columns":           {func(b []byte) { put32(b, abi.HeaderColumns, 2) }, "6.2"},
		"rows":              {func(b []byte) { put32(b, abi.HeaderRows, 5) }, "6.3"},
		"rows huge":         {func(b []byte) { put32(b, abi.HeaderRows+4, math.MaxUint32) }, "6.3"},
		"stride too small":  {func(b []byte) { put32(b, abi.HeaderStride, 56) }, "6.1"},
		"stride crooked":    {func(b []byte) { put32(b, abi.HeaderStride, 68) }, "6.1"},
		"stride huge":       {func(b []byte) { put32(b, abi.HeaderStride, math.MaxUint32-7) }, "6.1"},
		"columns outside":   {func(b []byte) { put32(b, abi.HeaderColumnsPtr, math.MaxUint32-63) }, "6.1"},
		"columns unaligned": {func(b []byte) { put32(b, abi.HeaderColumnsPtr, u32(b, abi.HeaderColumnsPtr)+4) }, "6.1"},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMemory()
			ptr := m.batch(4, column{typ: col.Int8, b1: m.buffer([]byte{1, 2, 3, 4})})
			c.change(m.b[ptr:])
			_, err := NewReader(col.Schema{{Type: col.Int8}}, 0, testBytesMax).Read(m.b, uint64(ptr), 4)
			checkClause(t, err, c.clause)
		})
	}
	for _, ptr := range []uint64{1, 4, 1 << 32, math.MaxUint64, math.MaxUint64 - 7} {
		_, err := NewReader(nil, 0, testBytesMax).Read(aligned(256), ptr, 4)
		checkClause(t, err, "6.1")
	}
}

func TestEmptyBatchLooksAtNothing(t *testing.T) {
	m := newMemory()
	wild := pair{math.MaxUint32, math.MaxUint32}
	ptr := m.batch(0, column{typ: 77, encoding: 99, valid: wild, b1: wild, b2: wild}, column{})
	b, err := NewReader(col.Schema{{Type: col.Int64}, {Type: col.UTF8}}, 0, testBytesMax).Read(m.b, uint64(ptr), 4)
	if err != nil || b.Rows != 0 || b.Cols[1].Nulls() != 0 {
		t.Error(b, err)
	}
}

func TestBytesAreBounded(t *testing.T) {
	m := newMemory()
	big := make([]byte, 1000)
	data := m.buffer(big)
	c := column{typ: col.Binary, b1: m.buffer(numbers[int32](0, 1000)), b2: data}
	_, err := NewReader(col.Schema{{Type: col.Binary}, {Type: col.Binary}}, 0, 1500).Read(m.b, uint64(m.batch(1, c, c)), 4)
	var v *Violation
	if !errors.As(err, &v) || v.Code != abi.Resource {
		t.Errorf("two columns over the same 1000 bytes: %v", err)
	}
}

func TestReaderAllocatesNothing(t *testing.T) {
	m, schema := encodings()
	ptr := uint64(m.batch(4, encodedColumns(m)...))
	r := NewReader(schema, allFeatures, testBytesMax)
	if n := testing.AllocsPerRun(100, func() {
		if _, err := r.Read(m.b, ptr, 4); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations a batch", n)
	}
}

func TestRisingOffsetsFindsTheFirstFall(t *testing.T) {
	for n := range 40 {
		offsets := make([]int32, n)
		for i := range offsets {
			offsets[i] = int32(3 * i)
		}
		if got := risingOffsets(offsets); got != -1 {
			t.Fatalf("%d rising offsets: %d", n, got)
		}
		for at := range offsets {
			for _, x := range []int32{-1, math.MinInt32, int32(3*at - 4)} {
				if x >= 0 && (at == 0 || x >= offsets[at-1]) {
					continue
				}
				old := offsets[at]
				offsets[at] = x
				if got := risingOffsets(offsets); got != at {
					t.Fatalf("%v: got %d, want %d", offsets, got, at)
				}
				offsets[at] = old
			}
			if at+1 < n {
				old := offsets[at]
				offsets[at] = math.MaxInt32
				if got := risingOffsets(offsets); got != at+1 {
					t.Fatalf("%v: got %d, want %d", offsets, got, at+1)
				}
				offsets[at] = old
			}
		}
	}
}

func TestDecimalFits(t *testing.T) {
	for _, c := range []struct {
		value     int64
		precision uint32
		want      bool
	}{{0, 1, true}, {9, 1, true}, {10, 1, false}, {-9, 1, true}, {-10, 1, false}, {math.MinInt64, 18, false}, {math.MinInt64, 19, true}} {
		for _, width := range []int{16, 32} {
			b := bytes.Repeat([]byte{byte(c.value >> 63)}, width)
			binary.LittleEndian.PutUint64(b, uint64(c.value))
			if got := decimalFits(b, c.precision); got != c.want {
				t.Errorf("decimalFits(%d, %d) of %d bytes = %v", c.value, c.precision, width, got)
			}
		}
	}
	lowest := append(make([]byte, 31), 0x80)
	if decimalFits(lowest, 76) || !decimalFits(lowest, 77) {
		t.Error("the lowest 256-bit number has 77 digits")
	}
}
