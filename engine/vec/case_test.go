package vec

import (
	"errors"
	"math"
	"testing"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/engine/vec/kernel"
)

// numbers is a batch of one column of int64; a missing one is NULL.
func numbers(values ...any) *col.Batch {
	b := col.NewBuilder(col.Schema{{Name: "n", Type: col.Int64, Nullable: true}}, len(values)+1, 0)
	for _, value := range values {
		if n, ok := value.(int); ok {
			b.Int64(0, int64(n))
		}
		b.EndRow()
	}
	return b.Batch().Clone()
}

// valuesOf are the values of a column in the rows that count.
func valuesOf(b *col.Batch, v *col.Vec) []string {
	out := make([]string, b.Len())
	for i := range out {
		out[i] = Show(v, b.Row(i))
	}
	return out
}

func whole(x int64) Expr {
	return Constant(col.Field{Type: col.Int64}, col.Vec{Type: col.Int64, Encoding: col.Constant, Fixed: col.BytesOf([]int64{x})})
}

var number = Column(0, col.Field{Type: col.Int64, Nullable: true})

func expect(t *testing.T, b *col.Batch, e Expr, want ...string) {
	t.Helper()
	v, err := e.Eval(b)
	if err != nil {
		t.Fatal(err)
	}
	got := valuesOf(b, v)
	if len(got) != len(want) {
		t.Fatalf("%d values, want %d", len(got), len(want))
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("row %d is %s, want %s", i, got[i], want[i])
		}
	}
}

var errEvaluated = errors.New("evaluated where it does not count")

// only fails when it is computed for a row whose number is not wanted.
type only struct {
	want func(n int64) bool
}

func (only) Field() col.Field { return col.Field{Type: col.Int64} }

func (o only) Eval(b *col.Batch) (*col.Vec, error) {
	for i := range b.Len() {
		if row := b.Row(i); b.Cols[0].IsNull(row) || !o.want(b.Cols[0].Int64(row)) {
			return nil, errEvaluated
		}
	}
	return &b.Cols[0], nil
}

// TestCaseComputesOnlyWhatIsTaken: a value, or a condition, that fails for rows that do not come to it is no failure.
func TestCaseComputesOnlyWhatIsTaken(t *testing.T) {
	big := func(n int64) bool { return n > 10 }
	small := func(n int64) bool { return n <= 10 }
	e := Case(col.Field{Type: col.Int64}, []Branch{
		{When: IsNull(number), Then: whole(-1)},
		{When: Range(number, 11, math.MaxInt64, false), Then: only{big}},
		{When: Range(only{small}, 5, 10, false), Then: whole(0)},
	}, only{func(n int64) bool { return n < 5 }})
	b := numbers(1, 20, nil, 7, 30, 10, 4)
	expect(t, b, e, "1", "20", "-1", "0", "30", "0", "4")
	b.Sel = []uint32{1, 3, 6}
	expect(t, b, e, "20", "0", "4")
	b.Sel = []uint32{}
	expect(t, b, e)
	if _, err := Case(col.Field{Type: col.Int64}, nil, only{big}).Eval(numbers(1)); !errors.Is(err, errEvaluated) {
		t.Errorf("the failure of a value that counts is %v", err)
	}
}

func TestCaseWithoutOtherwiseIsNull(t *testing.T) {
	e := Case(col.Field{Type: col.Int64}, []Branch{{When: Range(number, 2, 3, false), Then: number}}, nil)
	expect(t, numbers(1, 2, nil, 3), e, "NULL", "2", "NULL", "3")
}

func TestCaseWidens(t *testing.T) {
	half := Constant(col.Field{Type: col.Decimal128, Precision: 2, Scale: 1},
		col.Vec{Type: col.Decimal128, Encoding: col.Constant, Fixed: col.BytesOf([]uint64{5, 0}), Precision: 2, Scale: 1})
	branches := []Branch{{When: IsNull(number), Then: half}}
	b := numbers(-3, nil)
	expect(t, b, Case(col.Field{Type: col.Decimal128, Precision: 20, Scale: 1}, branches, number), "-3.0", "0.5")
	expect(t, b, Case(col.Field{Type: col.Decimal256, Precision: 65, Scale: 2}, branches, number), "-3.00", "0.50")
	expect(t, b, Case(col.Field{Type: col.Float64}, branches, number), "-3", "0.5")
}

func TestCoalesceComputesOnlyWhatIsNull(t *testing.T) {
	never := only{func(int64) bool { return false }}
	expect(t, numbers(1, 2), Coalesce(col.Field{Type: col.Int64}, number, never), "1", "2")
	expect(t, numbers(1, nil, 3), Coalesce(col.Field{Type: col.Int64}, number, whole(9), never), "1", "9", "3")
	expect(t, numbers(nil), Coalesce(col.Field{Type: col.Int64}, number), "NULL")
}

// TestConditionsAskForRowsLeft: the second part of AND is computed for the rows that the first leaves.
func TestConditionsAskForRowsLeft(t *testing.T) {
	positive := Range(number, 1, math.MaxInt64, false)
	guarded := only{func(n int64) bool { return n > 0 }}
	for name, second := range map[string]Condition{
		"range":   Range(guarded, 2, 5, false),
		"compare": Compare(guarded, number, kernel.Equal, Whole, nil),
		"null":    Not(IsNull(guarded)),
	} {
		rows, err := And(positive, second).Select(numbers(-1, 2, nil, 0, 3), true, nil, nil)
		if err != nil || len(rows) != 2 || rows[0] != 1 || rows[1] != 4 {
			t.Errorf("%s: %v %v", name, rows, err)
		}
	}
	expect(t, numbers(-1, 2, nil), Truth(positive), "0", "1", "NULL")
}
