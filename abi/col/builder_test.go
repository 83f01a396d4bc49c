package col

import (
	"math"
	"strings"
	"testing"
)

// text formats row i of any column, for comparing.
func text(v *Vec, i int) string {
	if v.IsNull(i) {
		return "null"
	}
	switch {
	case v.Type == Bool:
		if v.Bool(i) {
			return "true"
		}
		return "false"
	case v.Type.Varying():
		return v.Text(i)
	case v.Type == Decimal128 || v.Type == Decimal256:
		return v.Decimal(i).Text(v.Scale)
	case v.Type == Float32 || v.Type == Float64:
		return Dec256{uint64(int64(v.Float64(i) * 4))}.Text(0)
	case v.Type == Date:
		return string(AppendDate(nil, int32(v.Int64(i))))
	case v.Type == Uint64 || v.Type == Set || v.Type == Bit:
		return Dec256{v.Uint64(i)}.Text(0)
	}
	n := v.Int64(i)
	sign := uint64(n >> 63)
	return Dec256{uint64(n), sign, sign, sign}.Text(0)
}

// samples has a setter and the text of the value for each type.
var samples = []struct {
	typ  Type
	set  func(b *Builder)
	want string
}{
	{Bool, func(b *Builder) { b.Bool(0, true) }, "true"},
	{Bool, func(b *Builder) { b.Int64(0, 0) }, "false"},
	{Int8, func(b *Builder) { b.Int64(0, math.MinInt8) }, "-128"},
	{Int16, func(b *Builder) { b.Int64(0, math.MinInt16) }, "-32768"},
	{Int32, func(b *Builder) { b.Int64(0, math.MinInt32) }, "-2147483648"},
	{Int64, func(b *Builder) { b.Int64(0, math.MinInt64) }, "-9223372036854775808"},
	{Int64, func(b *Builder) { b.Uint64(0, math.MaxInt64) }, "9223372036854775807"},
	{Uint8, func(b *Builder) { b.Uint64(0, math.MaxUint8) }, "255"},
	{Uint16, func(b *Builder) { b.Int64(0, math.MaxUint16) }, "65535"},
	{Uint32, func(b *Builder) { b.Uint64(0, math.MaxUint32) }, "4294967295"},
	{Uint64, func(b *Builder) { b.Uint64(0, math.MaxUint64) }, "18446744073709551615"},
	{Uint8, func(b *Builder) { b.Bool(0, true) }, "1"},
	{Float32, func(b *Builder) { b.Float64(0, 1.5) }, "6"},
	{Float64, func(b *Builder) { b.Float64(0, 0.25) }, "1"},
	{Float64, func(b *Builder) { b.Int64(0, 3) }, "12"},
	{Decimal128, func(b *Builder) { b.Decimal(0, "-1.005") }, "-1.01"},
	{Decimal128, func(b *Builder) { b.Int64(0, -7) }, "-7.00"},
	{Decimal256, func(b *Builder) { b.String(0, strings.Repeat("9", 60)) }, strings.Repeat("9", 60) + ".00"},
	{Decimal256, func(b *Builder) { b.Uint64(0, math.MaxUint64) }, "18446744073709551615.00"},
	{Date, func(b *Builder) { b.Int64(0, 1) }, "1970-01-02"},
	{Date, func(b *Builder) { b.Int64(0, int64(ZeroDate)) }, "0000-00-00"},
	{Time, func(b *Builder) { b.Int64(0, -5) }, "-5"},
	{Datetime, func(b *Builder) { b.Int64(0, ZeroDatetime) }, "-9223372036854775808"},
	{UTF8, func(b *Builder) { b.String(0, "größer") }, "größer"},
	{UTF8, func(b *Builder) { b.String(0, "") }, ""},
	{Binary, func(b *Builder) { b.Bytes(0, []byte{0, 255}) }, "\x00\xff"},
	{JSON, func(b *Builder) { b.String(0, `{"a":1}`) }, `{"a":1}`},
	{Enum, func(b *Builder) { b.Uint64(0, 2) }, "2"},
	{Set, func(b *Builder) { b.Uint64(0, 1<<63) }, "9223372036854775808"},
	{Bit, func(b *Builder) { b.Uint64(0, 5) }, "5"},
	{Year, func(b *Builder) { b.Int64(0, 2155) }, "2155"},
	{Geometry, func(b *Builder) { b.Bytes(0, []byte{1, 2}) }, "\x01\x02"},
	{Vector, func(b *Builder) { b.Bytes(0, []byte{1, 2, 3, 4}) }, "\x01\x02\x03\x04"},
	{Null, func(b *Builder) { b.Null(0) }, "null"},
}

func TestBuilderKeepsValuesOfEveryType(t *testing.T) {
	seen := map[Type]bool{}
	for _, s := range samples {
		seen[s.typ] = true
		b := NewBuilder(Schema{{Name: "c", Type: s.typ, Scale: 2, Precision: 62}}, 20, 0)
		for range 2 { // the second time in used memory
			b.Reset()
			for i := range 9 {
				if i%3 != 1 {
					s.set(b)
				}
				b.EndRow()
			}
			if err := b.Err(); err != nil {
				t.Fatalf("%v: %v", s.typ, err)
			}
			batch := b.Batch()
			v := &batch.Cols[0]
			if batch.Rows != 9 || v.Len != 9 || v.Scale != 2 || v.Type != s.typ || v.Nulls() != map[bool]int{true: 9, false: 3}[s.typ == Null] {
				t.Fatalf("%v: batch of %d rows, vec %+v with %d nulls", s.typ, batch.Rows, v, v.Nulls())
			}
			for i := range 9 {
				want := s.want
				if i%3 == 1 {
					want = "null"
				}
				if got := text(v, i); got != want {
					t.Errorf("%v row %d is %q, want %q", s.typ, i, got, want)
				}
			}
		}
	}
	for typ := Null; typ < typeEnd; typ++ {
		if !seen[typ] {
			t.Errorf("no sample of type %v", typ)
		}
	}
}

func TestBuilderRefusesWhatDoesNotFit(t *testing.T) {
	for name, c := range map[string]struct {
		typ Type
		set func(*Builder)
	}{
		"int8 above":         {Int8, func(b *Builder) { b.Int64(0, 128) }},
		"int16 below":        {Int16, func(b *Builder) { b.Int64(0, -32769) }},
		"int32 above":        {Int32, func(b *Builder) { b.Uint64(0, 1<<31) }},
		"int64 above":        {Int64, func(b *Builder) { b.Uint64(0, 1<<63) }},
		"uint8 below":        {Uint8, func(b *Builder) { b.Int64(0, -1) }},
		"uint16 above":       {Uint16, func(b *Builder) { b.Uint64(0, 1<<16) }},
		"uint32 above":       {Uint32, func(b *Builder) { b.Int64(0, 1<<32) }},
		"uint64 below":       {Uint64, func(b *Builder) { b.Int64(0, -1) }},
		"year above":         {Year, func(b *Builder) { b.Int64(0, 1<<16) }},
		"float as integer":   {Int64, func(b *Builder) { b.Float64(0, 1) }},
		"text as integer":    {Int64, func(b *Builder) { b.String(0, "1") }},
		"bytes as integer":   {Int64, func(b *Builder) { b.Bytes(0, nil) }},
		"integer as text":    {UTF8, func(b *Builder) { b.Int64(0, 1) }},
		"decimal as text":    {UTF8, func(b *Builder) { b.Decimal(0, "1") }},
		"decimal of letters": {Decimal128, func(b *Builder) { b.Decimal(0, "one") }},
		"decimal too long":   {Decimal128, func(b *Builder) { b.Decimal(0, strings.Repeat("9", 40)) }},
		"value of null":      {Null, func(b *Builder) { b.Int64(0, 1) }},
		"set twice":          {Int64, func(b *Builder) { b.Int64(0, 1); b.Int64(0, 2) }},
	} {
		b := NewBuilder(Schema{{Name: "price", Type: c.typ, Scale: 2}}, 4, 0)
		b.Null(0)
		b.EndRow()
		c.set(b)
		b.EndRow()
		err := b.Err()
		if err == nil || !strings.Contains(err.Error(), "column price, row 2 of the batch") {
			t.Errorf("%s: %v", name, err)
		}
		if b.Room() {
			t.Errorf("%s: there is room after an error", name)
		}
		if batch := b.Batch(); batch.Rows != 2 || name != "set twice" && !batch.Cols[0].IsNull(1) {
			t.Errorf("%s: %d rows, the wrong value is kept", name, batch.Rows)
		}
		if b.Reset(); b.Err() != nil || b.Rows() != 0 || !b.Room() {
			t.Errorf("%s: Reset forgets nothing", name)
		}
	}
}

func TestBuilderRoom(t *testing.T) {
	b := NewBuilder(Schema{{Name: "a", Type: Int64}, {Name: "s", Type: UTF8}}, 2, 10)
	for i := range 2 {
		if !b.Room() {
			t.Fatalf("no room for row %d", i)
		}
		b.Int64(0, int64(i))
		if !b.Filled(0) || b.Filled(1) {
			t.Error("Filled is wrong")
		}
		b.EndRow()
	}
	if b.Room() || b.Rows() != 2 {
		t.Error("a full batch has room")
	}
	b.EndRow()
	if b.Err() == nil {
		t.Error("a row too many is no error")
	}
	b.Reset()
	b.String(1, "more than ten bytes")
	b.EndRow()
	if b.Room() || b.Err() != nil {
		t.Errorf("bytes are not counted, or are an error: %v", b.Err())
	}
	if got := b.Schema().Index("s"); got != 1 || b.Schema().Index("x") != -1 {
		t.Errorf("Index is %d", got)
	}
}

func TestBuilderDoesNotAllocatePerRow(t *testing.T) {
	b := NewBuilder(Schema{{Name: "a", Type: Int64}, {Name: "s", Type: UTF8}, {Name: "b", Type: Bool}}, 100, 0)
	fill := func() {
		b.Reset()
		for i := range 100 {
			b.Int64(0, int64(i))
			b.String(1, "text")
			b.Bool(2, i%2 == 0)
			b.EndRow()
		}
		b.Batch()
	}
	fill()
	if n := testing.AllocsPerRun(10, fill); n > 0 {
		t.Errorf("%v allocations for 100 rows", n)
	}
}
