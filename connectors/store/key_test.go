package main

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
	wasql "github.com/wasql/wasql/sdk/go"
	"github.com/wasql/wasql/sdk/go/wasqltest"
)

// drawCell draws a value of a type, often one of few, so that equal ones meet.
func drawCell(t *rapid.T, typ col.Type) cell {
	raw := make([]byte, width(typ))
	switch {
	case typ.Varying():
		return cell{raw: rapid.OneOf(rapid.StringMatching(`[aAbB]{0,3}`), rapid.StringMatching("[\x00\x01\x02é€𝄞z]{0,3}")).Draw(t, "text")}
	case typ == col.Bool:
		raw[0] = byte(rapid.IntRange(0, 1).Draw(t, "bool"))
	case typ == col.Float32:
		binary.LittleEndian.PutUint32(raw, math.Float32bits(rapid.OneOf(rapid.Float32(), rapid.SampledFrom([]float32{0, float32(math.Copysign(0, -1)), 1, -1})).Draw(t, "float")))
	case typ == col.Float64:
		binary.LittleEndian.PutUint64(raw, math.Float64bits(rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{0, math.Copysign(0, -1), 1, -1})).Draw(t, "float")))
	default:
		sign := byte(rapid.SampledFrom([]int{0, 0xff}).Draw(t, "sign"))
		for i := range raw {
			raw[i] = sign
		}
		for i := range rapid.IntRange(0, len(raw)).Draw(t, "bytes") {
			raw[i] = rapid.Byte().Draw(t, "byte")
		}
	}
	return cell{raw: string(raw)}
}

// compareCells is the order of SQL, ascending, NULL apart.
func compareCells(typ col.Type, collation *wasql.Collation, a, b cell) int {
	switch {
	case typ == col.UTF8:
		return collation.Compare(a.raw, b.raw)
	case typ.Varying():
		return strings.Compare(a.raw, b.raw)
	case typ == col.Float32 || typ == col.Float64:
		return cmp.Compare(a.float(typ), b.float(typ))
	case typ == col.Decimal128 || typ == col.Decimal256:
		return bigOf(a).Cmp(bigOf(b))
	case typ == col.Uint64 || typ == col.Set || typ == col.Bit:
		return cmp.Compare(load64(a.raw), load64(b.raw))
	}
	return cmp.Compare(a.number(typ), b.number(typ))
}

func bigOf(c cell) *big.Int {
	n, ok := new(big.Int).SetString(c.decimal().Text(0), 10)
	if !ok {
		panic("no number")
	}
	return n
}

var allTypes = []col.Type{col.Bool, col.Int8, col.Int16, col.Int32, col.Int64, col.Uint8, col.Uint16, col.Uint32, col.Uint64, col.Float32, col.Float64,
	col.Decimal128, col.Decimal256, col.Date, col.Time, col.Datetime, col.UTF8, col.Binary, col.JSON, col.Enum, col.Set, col.Bit, col.Year, col.Geometry, col.Vector}

// TestKeysCompareAsValuesDo draws keys of several parts of any type and compares two of them.
func TestKeysCompareAsValuesDo(t *testing.T) {
	// A table with these characters in a key makes the weights known, which only a call can ask for.
	s := start(t)
	s.create(&pb.Table{Name: "t", Collation: "utf8mb4_0900_ai_ci", PrimaryKey: []uint32{0}, Columns: []*pb.Column{{Name: "x", Type: pb.Type_TYPE_UTF8}}})
	if _, err := s.Change("t", wasqltest.Change{Kind: pb.WriteKind_WRITE_KIND_INSERT, Values: []string{"x"}, Rows: [][]wasql.Value{{wasql.TextValue("aé€𝄞")}}}); err != nil {
		t.Fatal(err)
	}
	var collations []*wasql.Collation
	for _, name := range []string{"utf8mb4_0900_bin", "utf8mb4_0900_ai_ci", "binary"} {
		c, err := wasql.CollationOf(name)
		if err != nil {
			t.Fatal(err)
		}
		collations = append(collations, c)
	}
	rapid.Check(t, func(t *rapid.T) {
		var spec keySpec
		var a, b []cell
		want := 0
		for i := range rapid.IntRange(1, 3).Draw(t, "parts") {
			p := keyPart{column: i, typ: rapid.SampledFrom(allTypes).Draw(t, "type"), nullable: rapid.Bool().Draw(t, "nullable"), desc: rapid.Bool().Draw(t, "desc")}
			p.collation = rapid.SampledFrom(collations).Draw(t, "collation")
			x, y := drawCell(t, p.typ), drawCell(t, p.typ)
			if p.typ == col.UTF8 || p.typ == col.Binary {
				p.prefix = rapid.IntRange(0, 2).Draw(t, "prefix")
			}
			x.null, y.null = p.nullable && rapid.Bool().Draw(t, "null"), p.nullable && rapid.Bool().Draw(t, "null")
			spec.parts, a, b = append(spec.parts, p), append(a, x), append(b, y)
			if want == 0 {
				want = compareParts(&p, x, y)
			}
		}
		ka, kb := spec.append(nil, a), spec.append(nil, b)
		if got := bytes.Compare(ka, kb); got != want {
			t.Fatalf("%x and %x compare as %d, want %d", ka, kb, got, want)
		}
		if want != 0 && (bytes.HasPrefix(ka, kb) || bytes.HasPrefix(kb, ka)) {
			t.Fatalf("%x begins as %x", ka, kb)
		}
		if n := prefixLength(spec.parts, string(ka)); n != len(ka) {
			t.Fatalf("%x is read as %d bytes", ka, n)
		}
	})
}

func compareParts(p *keyPart, x, y cell) int {
	order := 0
	switch {
	case x.null && y.null:
	case x.null:
		order = -1
	case y.null:
		order = 1
	default:
		if p.prefix > 0 {
			x.raw, y.raw = cutTo(p, x.raw), cutTo(p, y.raw)
		}
		order = compareCells(p.typ, p.collation, x, y)
	}
	if p.desc {
		order = -order
	}
	return order
}

func cutTo(p *keyPart, raw string) string {
	if p.typ == col.UTF8 {
		return string([]rune(raw)[:min(p.prefix, len([]rune(raw)))])
	}
	return raw[:min(p.prefix, len(raw))]
}

// TestKeysAreReadAgain: of a reversible part the value can be made again, whatever stands behind it.
func TestKeysAreReadAgain(t *testing.T) {
	types := []col.Type{col.Bool, col.Int8, col.Int16, col.Int32, col.Int64, col.Uint8, col.Uint16, col.Uint32, col.Uint64, col.Enum, col.Set, col.Bit,
		col.Year, col.Date, col.Time, col.Datetime, col.Decimal128, col.Decimal256, col.Binary}
	rapid.Check(t, func(t *rapid.T) {
		var spec keySpec
		var cells []cell
		for i := range rapid.IntRange(1, 4).Draw(t, "parts") {
			p := keyPart{column: i, typ: rapid.SampledFrom(types).Draw(t, "type"), nullable: rapid.Bool().Draw(t, "nullable"), desc: rapid.Bool().Draw(t, "desc")}
			if !p.reversible() {
				t.Fatalf("%s is not reversible", p.typ)
			}
			c := drawCell(t, p.typ)
			if p.nullable && rapid.Bool().Draw(t, "null") {
				c = cell{null: true}
			}
			spec.parts, cells = append(spec.parts, p), append(cells, c)
		}
		key := string(spec.append(nil, cells))
		c := covering{own: spec.parts, cells: make([]cell, len(cells))}
		c.read(key, "")
		for i := range cells {
			if c.cells[i] != cells[i] {
				t.Fatalf("part %d, %s: %x became %x", i, spec.parts[i].typ, cells[i].raw, c.cells[i].raw)
			}
		}
	})
}
