package vec

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/big"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/wasql/wasql/abi/col"
)

// table is random rows as batches: a whole number, a float, a decimal, a text.
type table struct {
	batches []*col.Batch
	rows    [][]string
}

var schema = col.Schema{
	{Name: "k", Type: col.Int32, Nullable: true}, {Name: "x", Type: col.Float64, Nullable: true},
	{Name: "d", Type: col.Decimal128, Precision: 20, Scale: 2, Nullable: true}, {Name: "s", Type: col.UTF8, Nullable: true},
}

func randomTable(r *rand.Rand) table {
	var t table
	for range r.IntN(5) {
		b := col.NewBuilder(schema, 100, 0)
		n := r.IntN(60)
		for range n {
			if r.IntN(5) > 0 {
				b.Int64(0, int64(r.IntN(7)))
			}
			if r.IntN(5) > 0 {
				b.Float64(1, float64(r.IntN(9))/4)
			}
			if r.IntN(5) > 0 {
				b.Decimal(2, fmt.Sprintf("%d.%02d", r.IntN(2_000_000_000)*r.IntN(2_000_000_000)/7-(1<<40), r.IntN(100)))
			}
			if r.IntN(5) > 0 {
				b.String(3, []string{"", "a", "A", "b", "é", "E", "zz"}[r.IntN(7)])
			}
			b.EndRow()
		}
		batch := b.Batch().Clone()
		if r.IntN(2) == 0 {
			batch.Sel = []uint32{}
			for i := range uint32(n) {
				if r.IntN(3) > 0 {
					batch.Sel = append(batch.Sel, i)
				}
			}
		}
		t.batches = append(t.batches, batch)
		t.rows = append(t.rows, shown(batch)...)
	}
	return t
}

// shown writes the rows of a batch that count.
func shown(b *col.Batch) [][]string {
	var rows [][]string
	for i := range b.Len() {
		row := make([]string, len(b.Cols))
		for c := range b.Cols {
			row[c] = Show(&b.Cols[c], b.Row(i))
		}
		rows = append(rows, row)
	}
	return rows
}

func all(t *testing.T, s Source) [][]string {
	t.Helper()
	var rows [][]string
	for {
		b, err := s.Next(context.Background())
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, shown(b)...)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return rows
}

// folded takes upper and lower case, and é and e, for the same.
var folded = NewCollation(func(r rune) int32 {
	switch {
	case r == 'é' || r == 'É':
		return 'e'
	case r >= 'A' && r <= 'Z':
		return r + 'a' - 'A'
	}
	return r
})

func fold(s string) string { return strings.ReplaceAll(strings.ToLower(s), "é", "e") }

func columns() []Expr {
	out := make([]Expr, len(schema))
	for i, f := range schema {
		out[i] = Column(i, f)
	}
	return out
}

func TestGroupsAreThoseOfANaiveLoop(t *testing.T) {
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 1))
		data := randomTable(r)
		c := columns()
		var keys []Key
		var at []int
		for _, i := range r.Perm(len(c))[:r.IntN(3)] {
			at = append(at, i)
			key := Key{Expr: c[i]}
			if schema[i].Type == col.UTF8 {
				key.Collation = folded
			}
			keys = append(keys, key)
		}
		aggregates := []Aggregate{
			{Kind: Count}, {Kind: Count, Argument: c[3]}, {Kind: First, Argument: c[0]},
			{Kind: Sum, Argument: c[0], Class: Whole, Result: col.Field{Type: col.Decimal256}},
			{Kind: Sum, Argument: c[2], Class: Decimal, Result: col.Field{Type: col.Decimal256, Scale: 2}},
			{Kind: Min, Argument: c[2], Class: Decimal}, {Kind: Max, Argument: c[1], Class: Float},
			{Kind: Max, Argument: c[3], Class: Text, Collation: folded}, {Kind: Avg, Argument: c[1], Class: Float},
		}
		got := all(t, Group(Slice(data.batches...), keys, aggregates))
		if want := naiveGroups(data.rows, at); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("seed %d, keys %v:\n%v\nmust be\n%v", seed, at, got, want)
		}
	}
}

func naiveGroups(rows [][]string, at []int) [][]string {
	var order []string
	groups := map[string][][]string{}
	if len(at) == 0 {
		order, groups[""] = []string{""}, nil
	}
	for _, row := range rows {
		key := ""
		for _, i := range at {
			key += fold(row[i]) + "|"
		}
		if _, there := groups[key]; !there {
			order = append(order, key)
		}
		groups[key] = append(groups[key], row)
	}
	var out [][]string
	for _, key := range order {
		out = append(out, naiveGroup(groups[key]))
	}
	return out
}

func naiveGroup(rows [][]string) []string {
	column := func(i int) []string {
		var out []string
		for _, row := range rows {
			if row[i] != "NULL" {
				out = append(out, row[i])
			}
		}
		return out
	}
	number := func(s string) *big.Rat { x, _ := new(big.Rat).SetString(s); return x }
	sum := func(i, digits int) string {
		if len(column(i)) == 0 {
			return "NULL"
		}
		total := new(big.Rat)
		for _, s := range column(i) {
			total.Add(total, number(s))
		}
		return total.FloatString(digits)
	}
	best := func(i int, better func(a, b string) bool) string {
		if len(column(i)) == 0 {
			return "NULL"
		}
		out := column(i)[0]
		for _, s := range column(i) {
			if better(s, out) {
				out = s
			}
		}
		return out
	}
	first := "NULL"
	if len(rows) > 0 {
		first = rows[0][0]
	}
	average := "NULL"
	if n := len(column(1)); n > 0 {
		total := 0.0
		for _, s := range column(1) {
			f, _ := number(s).Float64()
			total += f
		}
		average = strings.TrimSuffix(fmt.Sprint(total/float64(n)), ".0")
	}
	return []string{
		fmt.Sprint(len(rows)), fmt.Sprint(len(column(3))), first, sum(0, 0), sum(2, 2),
		best(2, func(a, b string) bool { return number(a).Cmp(number(b)) < 0 }),
		best(1, func(a, b string) bool { return number(a).Cmp(number(b)) > 0 }),
		best(3, func(a, b string) bool { return fold(a) > fold(b) }), average,
	}
}

func TestSortedRowsAreThoseOfAStableSort(t *testing.T) {
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 2))
		data := randomTable(r)
		classes := []Class{Whole, Float, Decimal, Text}
		c := columns()
		var keys []SortKey
		for _, i := range r.Perm(len(c))[:1+r.IntN(2)] {
			key := SortKey{Expr: c[i], Class: classes[i], Descending: r.IntN(2) == 0}
			if key.Class == Text {
				key.Collation = folded
			}
			keys = append(keys, key)
		}
		want := slices.Clone(data.rows)
		sort.SliceStable(want, func(i, j int) bool { return before(keys, want[i], want[j]) < 0 })
		if got := all(t, Sort(Slice(data.batches...), c, keys)); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("seed %d:\n%v\nmust be\n%v", seed, got, want)
		}
		top := r.IntN(9)
		want = want[:min(top, len(want))]
		if got := all(t, Top(Slice(data.batches...), c, keys, top)); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("seed %d, top %d:\n%v\nmust be\n%v", seed, top, got, want)
		}
	}
}

// before orders two rows by keys that are columns of the table.
func before(keys []SortKey, a, b []string) int {
	for _, k := range keys {
		i := k.Expr.(*column).i
		x, y := a[i], b[i]
		if k.Descending {
			x, y = y, x
		}
		order := 0
		switch {
		case x == "NULL" || y == "NULL":
			order = truthOf(y == "NULL") - truthOf(x == "NULL")
		case k.Class == Text:
			order = strings.Compare(fold(x), fold(y))
		default:
			p, _ := new(big.Rat).SetString(x)
			q, _ := new(big.Rat).SetString(y)
			order = p.Cmp(q)
		}
		if order != 0 {
			return order
		}
	}
	return 0
}

// Many rows, so that what cannot be among the first is dropped on the way.
func TestTopDropsRowsOnTheWay(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	var batches []*col.Batch
	var values []int64
	for range 30 {
		b := col.NewBuilder(col.Schema{{Name: "k", Type: col.Int64}}, 4096, 0)
		for range 4096 {
			x := int64(r.IntN(1 << 30))
			values = append(values, x)
			b.Int64(0, x)
			b.EndRow()
		}
		batches = append(batches, b.Batch().Clone())
	}
	slices.Sort(values)
	key := Column(0, col.Field{Type: col.Int64})
	got := all(t, Top(Slice(batches...), []Expr{key}, []SortKey{{Expr: key, Class: Whole}}, 100))
	for i, row := range got {
		if row[0] != fmt.Sprint(values[i]) {
			t.Fatalf("row %d is %s, must be %d", i, row[0], values[i])
		}
	}
	if len(got) != 100 {
		t.Fatalf("%d rows", len(got))
	}
}

func TestArithmeticIsExactOrFails(t *testing.T) {
	edge := []int64{0, 1, -1, 2, 7, 1 << 31, -1 << 31, 1<<63 - 1, -1 << 63, 3037000500, -3037000500}
	full := errors.New("out of range")
	for _, op := range []Operation{Add, Sub, Mul} {
		for _, x := range edge {
			for _, y := range edge {
				p, q := big.NewInt(x), big.NewInt(y)
				want := map[Operation]*big.Int{Add: new(big.Int).Add(p, q), Sub: new(big.Int).Sub(p, q), Mul: new(big.Int).Mul(p, q)}[op]
				field := col.Field{Type: col.Int64}
				b := &col.Batch{Rows: 1, Cols: []col.Vec{wholes([]int64{x}), wholes([]int64{y})}}
				e := Arithmetic(op, Column(0, field), Column(1, field), Whole, field, func(a, b string) error { return full })
				v, err := e.Eval(b)
				switch {
				case want.IsInt64() && (err != nil || v.Int64(0) != want.Int64()):
					t.Errorf("%d %d %d: %v, must be %v", op, x, y, err, want)
				case !want.IsInt64() && !errors.Is(err, full):
					t.Errorf("%d %d %d: no error", op, x, y)
				}
				d := Arithmetic(op, Column(0, field), Column(1, field), Decimal, col.Field{Type: col.Decimal256}, func(a, b string) error { return full })
				if v, err := d.Eval(b); err != nil || v.Decimal(0).Text(0) != want.String() {
					t.Errorf("%d %d %d as decimals: %v", op, x, y, err)
				}
			}
		}
	}
}
