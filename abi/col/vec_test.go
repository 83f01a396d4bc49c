package col

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"
	"unsafe"
)

func view(s string, buffer, offset uint32) StringView {
	v := StringView{Length: uint32(len(s))}
	if len(s) <= 12 {
		copy(v.Inline[:], s)
		return v
	}
	copy(v.Inline[:4], s)
	binary.LittleEndian.PutUint32(v.Inline[4:], buffer)
	binary.LittleEndian.PutUint32(v.Inline[8:], offset)
	return v
}

// encoded is one column in all encodings, with its values.
func encoded() map[string]struct {
	vec  Vec
	want []string
} {
	const long = "a text of more than twelve bytes"
	return map[string]struct {
		vec  Vec
		want []string
	}{
		"plain text":    {Vec{Type: UTF8, Len: 3, Offsets: []int32{0, 1, 1, 3}, Data: []byte("xyz"), Valid: Bitmap{0b101}}, []string{"x", "null", "yz"}},
		"offsets later": {Vec{Type: UTF8, Len: 2, Offsets: []int32{2, 3, 4}, Data: []byte("__ab")}, []string{"a", "b"}},
		"plain bool":    {Vec{Type: Bool, Len: 10, Fixed: []byte{0b01010101, 0b10}, Valid: Bitmap{0xff, 0b10}}, []string{"true", "false", "true", "false", "true", "false", "true", "false", "null", "true"}},
		"constant":      {Vec{Type: Int64, Encoding: Constant, Len: 3, Fixed: BytesOf([]int64{-7})}, []string{"-7", "-7", "-7"}},
		"constant null": {Vec{Type: Int64, Encoding: Constant, Len: 2, Fixed: BytesOf([]int64{0}), Valid: Bitmap{0}}, []string{"null", "null"}},
		"constant text": {Vec{Type: UTF8, Encoding: Constant, Len: 2, Offsets: []int32{0, 2}, Data: []byte("hi")}, []string{"hi", "hi"}},
		"constant view": {Vec{Type: UTF8, Encoding: Constant, Len: 2, Views: []StringView{view(long, 0, 0)}, Buffers: [][]byte{[]byte(long)}}, []string{long, long}},
		"constant bool": {Vec{Type: Bool, Encoding: Constant, Len: 2, Fixed: []byte{1}}, []string{"true", "true"}},
		"view":          {Vec{Type: UTF8, Encoding: View, Len: 4, Views: []StringView{view("short", 0, 0), view(long, 1, 2), {}, view("", 0, 0)}, Buffers: [][]byte{nil, []byte("__" + long)}, Valid: Bitmap{0b1011}}, []string{"short", long, "null", ""}},
		"dictionary": {Vec{Type: UTF8, Encoding: Dictionary, Len: 5, Index: []uint32{2, 0, 1, 9, 2}, Valid: Bitmap{0b10111},
			Dict: &Vec{Type: UTF8, Len: 3, Offsets: []int32{0, 1, 2, 3}, Data: []byte("abc"), Valid: Bitmap{0b101}}}, []string{"c", "a", "null", "null", "c"}},
		"dictionary of decimals": {Vec{Type: Decimal128, Scale: 1, Encoding: Dictionary, Len: 2, Index: []uint32{1, 0},
			Dict: &Vec{Type: Decimal128, Len: 2, Fixed: append(make([]byte, 16), 25, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)}}, []string{"2.5", "0.0"}},
		"null": {Vec{Type: Null, Len: 2}, []string{"null", "null"}},
	}
}

func values(v *Vec) []string {
	all := make([]string, v.Len)
	for i := range all {
		all[i] = text(v, i)
	}
	return all
}

func TestEncodingsReadTheSameAfterCloneAndPlain(t *testing.T) {
	for name, c := range encoded() {
		nulls := 0
		for _, w := range c.want {
			if w == "null" {
				nulls++
			}
		}
		if got := values(&c.vec); !slices.Equal(got, c.want) || c.vec.Nulls() != nulls {
			t.Errorf("%s reads %q with %d nulls, want %q", name, got, c.vec.Nulls(), c.want)
		}
		clone := c.vec.Clone()
		if got := values(&clone); !slices.Equal(got, c.want) || clone.bytes() != c.vec.bytes() {
			t.Errorf("%s cloned reads %q", name, got)
		}
		plain := c.vec.Plain()
		if got := values(&plain); !slices.Equal(got, c.want) || plain.Encoding != Plain || plain.Scale != c.vec.Scale {
			t.Errorf("%s plain reads %q, encoding %v", name, got, plain.Encoding)
		}
	}
}

func TestDenseKeepsTheSelectedRows(t *testing.T) {
	for name, c := range encoded() {
		var sel []uint32
		var want []string
		for i := 1; i < c.vec.Len; i += 2 {
			sel, want = append(sel, uint32(i)), append(want, c.want[i])
		}
		b := &Batch{Cols: []Vec{c.vec}, Rows: c.vec.Len, Sel: sel, Last: true}
		if b.Len() != len(sel) || b.Len() > 0 && b.Row(0) != 1 {
			t.Fatalf("%s: Len %d, Row %d", name, b.Len(), b.Row(0))
		}
		d := b.Dense()
		if got := values(&d.Cols[0]); !slices.Equal(got, want) || d.Sel != nil || d.Rows != len(sel) || !d.Last {
			t.Errorf("%s dense reads %q, want %q", name, got, want)
		}
	}
	plain := &Batch{Rows: 2, Cols: []Vec{{Type: Null, Len: 2}}}
	if plain.Dense() != plain || plain.Len() != 2 || plain.Row(1) != 1 {
		t.Error("a batch without selection is changed")
	}
}

func TestCloneOwnsItsMemory(t *testing.T) {
	data, fixed := []byte("abc"), []int64{1, 2}
	b := &Batch{Rows: 2, Lease: 7, Sel: []uint32{1}, Cols: []Vec{
		{Type: UTF8, Len: 2, Offsets: []int32{0, 1, 3}, Data: data, Valid: Bitmap{0b10}},
		{Type: Int64, Len: 2, Fixed: BytesOf(fixed)},
	}}
	c := b.Clone()
	data[1], fixed[1], b.Sel[0], b.Cols[0].Valid[0], b.Cols[0].Offsets[1] = 'X', 99, 0, 0, 0
	if c.Cols[0].Text(1) != "bc" || c.Cols[1].Int64(1) != 2 || c.Row(0) != 1 || !c.Cols[0].IsNull(0) || c.Lease != 0 {
		t.Errorf("the clone changed with the original: %+v", c)
	}
	if p := uintptr(unsafe.Pointer(unsafe.SliceData(c.Cols[1].Fixed))); p%8 != 0 {
		t.Errorf("fixed values of a clone lie at %#x", p)
	}
	if c.Bytes() != 3+12+1+16+4 {
		t.Errorf("Bytes is %d", c.Bytes())
	}
}

func TestBitmap(t *testing.T) {
	for _, n := range []int{0, 1, 7, 8, 9, 64, 65} {
		if got, want := BitmapBytes(n), (n+7)/8; got != want {
			t.Errorf("%d bits need %d bytes, want %d", n, got, want)
		}
		b := make(Bitmap, BitmapBytes(n)+1)
		count := 0
		for i := range n {
			if i%3 == 0 {
				b.Set(i)
				count++
			}
		}
		b[len(b)-1] = 0xff // bits behind the end do not count
		if n%8 != 0 {
			b[n/8] |= 0xff << (n % 8)
		}
		if b.Count(n) != count {
			t.Errorf("Count(%d) is %d, want %d", n, b.Count(n), count)
		}
		for i := range n {
			if b.Get(i) != (i%3 == 0) {
				t.Errorf("bit %d of %d is %v", i, n, b.Get(i))
			}
			b.Set(i)
			b.Clear(i)
			if b.Get(i) {
				t.Errorf("bit %d of %d is not cleared", i, n)
			}
		}
	}
	if none := Bitmap(nil); !none.Get(5) || none.Count(9) != 9 {
		t.Error("nil does not stand for all bits")
	}
}

func TestValuesSharesTheMemory(t *testing.T) {
	v := &Vec{Type: Int32, Len: 3, Fixed: BytesOf([]int32{1, -2, 3})}
	s := Values[int32](v)
	if !slices.Equal(s, []int32{1, -2, 3}) {
		t.Errorf("Values is %v", s)
	}
	s[1] = 5
	if v.Int64(1) != 5 {
		t.Error("Values copies")
	}
	if Values[int64](&Vec{}) != nil || BytesOf[int64](nil) != nil {
		t.Error("nothing is something")
	}
}

func TestTypesAndNames(t *testing.T) {
	for typ := Invalid; typ <= typeEnd; typ++ {
		known := typ > Invalid && typ < typeEnd
		if typ.Known() != known || typ.String() == "" {
			t.Errorf("type %d: known %v, %q", typ, typ.Known(), typ)
		}
		if typ.Varying() && typ.Width() != 0 || typ.Integer() != (typ.Signed() || typ.Unsigned()) {
			t.Errorf("type %v: width %d, varying %v", typ, typ.Width(), typ.Varying())
		}
		if known && typ.Width() == 0 && !typ.Varying() && typ != Null && typ != Bool {
			t.Errorf("type %v has no width", typ)
		}
	}
	if typeEnd.String() != "type(27)" || Encoding(9).String() != "encoding(9)" || !UTF8.Text() || Binary.Text() {
		t.Errorf("names: %v, %v", typeEnd, Encoding(9))
	}
	for e, want := range map[Encoding]string{Plain: "plain", Constant: "constant", Dictionary: "dictionary", View: "view"} {
		if e.String() != want {
			t.Errorf("%d is %v", e, e)
		}
	}
	if strings.Contains(strings.Join(typeNames[:], " "), "  ") {
		t.Error("a type has no name")
	}
}
