package vec

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"math/rand/v2"
	"sort"
	"strings"
	"testing"

	"github.com/wasql/wasql/abi/col"
)

// naiveWindow computes one function over one window by SQL's own words: for each row it makes the partition, puts it in order, and
// picks the frame.
type naiveWindow struct {
	rows      [][]string
	partition []int
	order     []SortKey
	function  WindowFunction
	argument  int
}

func (n *naiveWindow) at(row int) string {
	var members []int
	for i := range n.rows {
		same := true
		for _, k := range n.partition {
			same = same && fold(n.rows[i][k]) == fold(n.rows[row][k])
		}
		if same {
			members = append(members, i)
		}
	}
	sort.SliceStable(members, func(i, j int) bool { return before(n.order, n.rows[members[i]], n.rows[members[j]]) < 0 })
	here := 0
	ahead, peers, groups := 0, 0, 0
	for place, i := range members {
		if i == row {
			here = place
		}
		switch c := before(n.order, n.rows[i], n.rows[row]); {
		case c < 0:
			ahead++
		case c == 0:
			peers++
		}
		if place == 0 || before(n.order, n.rows[members[place-1]], n.rows[i]) != 0 {
			if before(n.order, n.rows[i], n.rows[row]) <= 0 {
				groups++
			}
		}
	}
	other := func(place int) string {
		if place < 0 || place >= len(members) {
			if n.function.Default != nil {
				return n.rows[row][n.argument]
			}
			return "NULL"
		}
		return n.rows[members[place]][n.argument]
	}
	f := n.function
	switch f.Kind {
	case RowNumber:
		return fmt.Sprint(here + 1)
	case Rank:
		return fmt.Sprint(ahead + 1)
	case DenseRank:
		return fmt.Sprint(groups)
	case PercentRank:
		if len(members) == 1 {
			return "0"
		}
		return fmt.Sprint(float64(ahead) / float64(len(members)-1))
	case CumeDist:
		return fmt.Sprint(float64(ahead+peers) / float64(len(members)))
	case Tile:
		return fmt.Sprint(naiveTile(len(members), int(f.N), here))
	case Lag:
		return other(here - int(f.N))
	case Lead:
		return other(here + int(f.N))
	}
	return n.aggregate(n.frame(members, row, here))
}

// naiveTile deals the rows out, one to each part in turn, and counts.
func naiveTile(rows, parts, here int) int {
	sizes := make([]int, parts)
	for i := range rows {
		sizes[i%parts]++
	}
	for part, size := range sizes {
		if here < size {
			return part + 1
		}
		here -= size
	}
	return 0
}

// frame gives the values of the argument in the frame's rows.
func (n *naiveWindow) frame(members []int, row, here int) []string {
	var out []string
	for place, i := range members {
		c, f := before(n.order, n.rows[i], n.rows[row]), n.function.Frame
		in := true
		switch {
		case f.Start.Unbounded:
		case f.Rows:
			in = int64(place) >= int64(here)+f.Start.N
		default:
			in = c >= 0
		}
		switch {
		case f.End.Unbounded:
		case f.Rows:
			in = in && int64(place) <= int64(here)+f.End.N
		default:
			in = in && c <= 0
		}
		if in {
			out = append(out, n.rows[i][n.argument])
		}
	}
	return out
}

func (n *naiveWindow) aggregate(frame []string) string {
	f := n.function
	var values []string
	for _, s := range frame {
		if s != "NULL" {
			values = append(values, s)
		}
	}
	pick := func(i int) string {
		if i < 0 || i >= len(frame) {
			return "NULL"
		}
		return frame[i]
	}
	switch f.Kind {
	case FirstValue:
		return pick(0)
	case LastValue:
		return pick(len(frame) - 1)
	case NthValue:
		return pick(int(f.N) - 1)
	case FrameCount:
		if f.Argument == nil {
			return fmt.Sprint(len(frame))
		}
		return fmt.Sprint(len(values))
	}
	if len(values) == 0 {
		return "NULL"
	}
	total := new(big.Rat)
	best := values[0]
	for _, s := range values {
		if x, ok := new(big.Rat).SetString(s); ok {
			total.Add(total, x)
		}
		key := SortKey{Expr: &column{i: 0}, Class: f.Class}
		c := before([]SortKey{key}, []string{s}, []string{best})
		if f.Kind == FrameMin && c < 0 || f.Kind == FrameMax && c > 0 {
			best = s
		}
	}
	if f.Kind == FrameMin || f.Kind == FrameMax {
		return best
	}
	if f.Kind == FrameAvg {
		total.Quo(total, big.NewRat(int64(len(values)), 1))
	}
	if f.Class == Float {
		x, _ := total.Float64()
		return fmt.Sprint(x)
	}
	return total.FloatString(int(f.Result.Scale))
}

func TestWindowsAreThoseOfANaiveLoop(t *testing.T) {
	classes := []Class{Whole, Float, Decimal, Text}
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 5))
		data := randomTable(r)
		c := columns()
		n := naiveWindow{rows: data.rows, argument: r.IntN(4)}
		var over Over
		for _, i := range r.Perm(len(c))[:r.IntN(3)] {
			key := Key{Expr: c[i]}
			if classes[i] == Text {
				key.Collation = folded
			}
			n.partition, over.Partition = append(n.partition, i), append(over.Partition, key)
		}
		for _, i := range r.Perm(len(c))[:r.IntN(3)] {
			key := SortKey{Expr: c[i], Class: classes[i], Descending: r.IntN(2) == 0}
			if key.Class == Text {
				key.Collation = folded
			}
			over.Order = append(over.Order, key)
		}
		n.order = over.Order
		n.function = randomWindowFunction(r, c, n.argument, classes[n.argument])
		over.Functions = []WindowFunction{{Kind: RowNumber}, n.function}
		got := all(t, Windows(Slice(data.batches...), c[:1], over))
		if len(got) != len(data.rows) {
			t.Fatalf("seed %d: %d rows, must be %d", seed, len(got), len(data.rows))
		}
		for i, row := range got {
			if r.IntN(len(got)) > 8 {
				continue // the loop is slow
			}
			if want := n.at(i); row[0] != data.rows[i][0] || strings.TrimSuffix(row[2], ".0") != want {
				t.Fatalf("seed %d, row %d: %v, must be %v; %+v", seed, i, row, want, n.function)
			}
		}
	}
}

func randomWindowFunction(r *rand.Rand, c []Expr, argument int, class Class) WindowFunction {
	f := WindowFunction{Kind: RowNumber + WindowKind(r.IntN(int(FrameMax))), N: int64(r.IntN(5)), Class: class, Frame: DefaultFrame}
	if f.Kind == FrameSum || f.Kind == FrameAvg {
		switch class {
		case Text:
			f.Kind = FrameMax
		case Float:
			f.Result = col.Field{Type: col.Float64}
		default:
			f.Result = col.Field{Type: col.Decimal256, Scale: c[argument].Field().Scale}
			if f.Kind == FrameAvg {
				f.Result.Scale += 4
			}
		}
	}
	if f.Kind != FrameCount || r.IntN(2) == 0 {
		f.Argument = c[argument]
	}
	switch f.Kind {
	case Tile, NthValue:
		f.N++
	case Lag, Lead:
		if r.IntN(2) == 0 {
			f.Default = c[argument]
		}
	case FrameMin, FrameMax:
		if class == Text {
			f.Collation = folded
		}
	}
	if r.IntN(3) > 0 {
		bound := func() Bound { return Bound{Unbounded: r.IntN(4) == 0, N: int64(r.IntN(9)) - 4} }
		f.Frame = Frame{Rows: r.IntN(2) == 0, Start: bound(), End: bound()}
	}
	return f
}

// A window over many rows ends soon when nobody wants it any more.
func TestWindowsEndWithTheirContext(t *testing.T) {
	const rows = 1 << 17
	values := make([]int64, rows)
	for i := range values {
		values[i] = int64(i * 2654435761 % rows)
	}
	key := Column(0, col.Field{Type: col.Int64})
	ctx, cancel := context.WithCancelCause(context.Background())
	gone := errors.New("gone")
	cancel(gone)
	s := Windows(Slice(&col.Batch{Rows: rows, Cols: []col.Vec{wholes(values)}}), nil, Over{
		Order: []SortKey{{Expr: key, Class: Whole}}, Functions: []WindowFunction{{Kind: RowNumber}},
	})
	if _, err := s.Next(ctx); !errors.Is(err, gone) {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestAveragesOfDecimalsAreRoundedHalfAwayFromZero(t *testing.T) {
	for _, c := range []struct {
		sum    int64
		count  uint64
		digits uint32
		want   string
	}{{5, 3, 4, "1.6667"}, {-5, 3, 4, "-1.6667"}, {1, 8, 2, "0.13"}, {-1, 8, 2, "-0.13"}, {1, 3, 4, "0.3333"}, {0, 7, 4, "0.0000"}, {1 << 62, 1, 4, "4611686018427387904.0000"}} {
		d, fits := divideDecimal(decimalOf(c.sum), c.count, c.digits)
		if got := d.Text(c.digits); !fits || got != c.want {
			t.Errorf("%d / %d is %s, must be %s", c.sum, c.count, got, c.want)
		}
	}
	if _, fits := divideDecimal(col.Dec256{0, 0, 0, 1 << 62}, 3, 4); fits {
		t.Error("the product left 256 bits")
	}
}
