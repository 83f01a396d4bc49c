package vec

import (
	"context"
	"errors"
	"io"

	"github.com/wasql/wasql/abi/col"
)

// Halves are a Group in two steps: the first over each piece of the rows, the second over what the first gives of all pieces, in order.
type Halves struct {
	// First has the keys, as they came first, then what the aggregates need.
	First []Aggregate
	// Keys and Second are over the columns of First.
	Keys   []Key
	Second []Aggregate
	// Results are the aggregates over the columns of Second.
	Results []Expr
}

// Halve takes a Group apart; false: one of its aggregates needs all rows at once.
func Halve(keys []Key, aggregates []Aggregate) (*Halves, bool) {
	h := &Halves{}
	for _, k := range keys {
		k.Expr = h.first(Aggregate{Kind: First, Argument: k.Expr}, k.Field())
		h.Keys = append(h.Keys, k)
	}
	for i := range aggregates {
		result, ok := h.halve(aggregates[i])
		if !ok {
			return nil, false
		}
		h.Results = append(h.Results, result)
	}
	return h, true
}

// first adds a column to the first step, unless it has it: SUM and AVG of one column need the same sum, and one count.
func (h *Halves) first(a Aggregate, field col.Field) Expr {
	field.Nullable = true
	for i := range h.First {
		if h.First[i].same(&a) {
			return Column(i, field)
		}
	}
	h.First = append(h.First, a)
	return Column(len(h.First)-1, field)
}

// second adds a column to the second step.
func (h *Halves) second(a Aggregate, field col.Field) Expr {
	field.Nullable = true
	for i := range h.Second {
		if h.Second[i].same(&a) {
			return Column(i, field)
		}
	}
	h.Second = append(h.Second, a)
	return Column(len(h.Second)-1, field)
}

// same tells whether two aggregates of one step surely have the same values.
func (a *Aggregate) same(b *Aggregate) bool {
	x, is := a.Argument.(*column)
	y, too := b.Argument.(*column)
	arguments := is && too && x.i == y.i || a.Argument == nil && b.Argument == nil
	return arguments && a.Kind == b.Kind && a.Class == b.Class && a.Collation == b.Collation &&
		a.Result.Type == b.Result.Type && a.Result.Precision == b.Result.Precision && a.Result.Scale == b.Result.Scale
}

// exact is the type in which whole numbers are added.
var exact = col.Field{Type: col.Decimal256, Precision: col.DigitsMax}

func (h *Halves) halve(a Aggregate) (Expr, bool) {
	if len(a.Distinct) > 0 {
		return nil, false
	}
	switch a.Kind {
	case Count:
		return h.count(a.Argument), true
	case First, Min, Max:
		field := a.Argument.Field()
		again := a
		again.Argument = h.first(a, field)
		return h.second(again, field), true
	case Sum, Avg:
		sum, ok := h.sum(a)
		if !ok || a.Kind == Sum {
			return sum, ok
		}
		if a.Result.Type != col.Float64 && a.Class != Float {
			return &exactQuotient{sum: sum, count: h.count(a.Argument), field: a.Result}, true
		}
		return &quotient{sum: sum, count: h.count(a.Argument)}, a.Class != Decimal
	}
	return nil, false
}

func (h *Halves) count(argument Expr) Expr {
	number := col.Field{Type: col.Int64}
	counts := h.first(Aggregate{Kind: Count, Argument: argument}, number)
	return h.second(Aggregate{Kind: total, Argument: counts}, number)
}

func (h *Halves) sum(a Aggregate) (Expr, bool) {
	first := Aggregate{Kind: Sum, Argument: a.Argument, Class: a.Class, Result: a.Result}
	switch a.Class {
	case Float:
		first.Result = col.Field{Type: col.Float64}
	case Decimal:
		if a.Kind == Avg {
			first.Result.Scale = a.Argument.Field().Scale
		}
	default:
		first.Result = exact
	}
	second := Aggregate{Kind: Sum, Argument: h.first(first, first.Result), Class: Decimal, Result: first.Result}
	if a.Class == Float {
		second.Class = Float
	}
	sum := h.second(second, second.Result)
	if a.Class != Float && a.Class != Decimal && a.Kind == Sum && a.Result.Type == col.Float64 {
		return &rounded{of: sum}, true
	}
	return sum, true
}

// Some is a source for the first step without keys: it gives no row of a piece without rows.
func Some(child Source, group func(Source) Source) Source {
	seen := &seen{Source: child}
	return &some{Source: group(seen), seen: seen}
}

type seen struct {
	Source
	rows int
}

// Next implements Source.
func (s *seen) Next(ctx context.Context) (*col.Batch, error) {
	b, err := s.Source.Next(ctx)
	if err == nil {
		s.rows += b.Len()
	}
	return b, err
}

type some struct {
	Source
	seen *seen
}

// Next implements Source.
func (s *some) Next(ctx context.Context) (*col.Batch, error) {
	b, err := s.Source.Next(ctx)
	if err == nil && s.seen.rows == 0 {
		return nil, io.EOF
	}
	return b, err
}

// totals adds counts; it is 0 where there are none.
type totals struct {
	sums []int64
	read reading
}

func (t *totals) add(v *col.Vec, b *col.Batch, ids []uint32, count int) error {
	t.sums = grow(t.sums, count)
	values, valid := t.read.ints(v, b.Rows)
	for i := range b.Len() {
		if row := b.Row(i); valid.Get(row) {
			t.sums[group0(ids, i)] += values[row]
		}
	}
	return nil
}

func (t *totals) result(from, to int) (col.Vec, error) {
	t.sums = grow(t.sums, to)
	return wholes(t.sums[from:to]), nil
}

func (t *totals) size() int64 { return 8 * int64(cap(t.sums)) }

// rounded is an exact sum of whole numbers as a float.
type rounded struct {
	of   Expr
	flat flat
}

// Field implements Expr.
func (r *rounded) Field() col.Field { return col.Field{Type: col.Float64, Nullable: true} }

// Eval implements Expr.
func (r *rounded) Eval(b *col.Batch) (*col.Vec, error) {
	v, err := r.of.Eval(b)
	if err != nil {
		return nil, err
	}
	return floats(&r.flat, b, v, func(i int) (float64, bool) { return floatOf(v, i), !v.IsNull(i) })
}

// quotient is an average: a sum divided by how many were added.
type quotient struct {
	sum, count Expr
	flat       flat
}

// Field implements Expr.
func (q *quotient) Field() col.Field { return col.Field{Type: col.Float64, Nullable: true} }

// Eval implements Expr.
func (q *quotient) Eval(b *col.Batch) (*col.Vec, error) {
	sum, err := q.sum.Eval(b)
	if err != nil {
		return nil, err
	}
	n, err := q.count.Eval(b)
	if err != nil {
		return nil, err
	}
	return floats(&q.flat, b, sum, func(i int) (float64, bool) {
		if n.IsNull(i) || n.Int64(i) == 0 || sum.IsNull(i) {
			return 0, false
		}
		return floatOf(sum, i) / float64(n.Int64(i)), true
	})
}

// exactQuotient is an average of exact numbers.
type exactQuotient struct {
	sum, count Expr
	field      col.Field
	sums       []col.Dec256
	counts     []int64
	v          col.Vec
}

// Field implements Expr.
func (q *exactQuotient) Field() col.Field {
	field := q.field
	field.Nullable = true
	return field
}

// Eval implements Expr.
func (q *exactQuotient) Eval(b *col.Batch) (*col.Vec, error) {
	sum, err := q.sum.Eval(b)
	if err != nil {
		return nil, err
	}
	n, err := q.count.Eval(b)
	if err != nil {
		return nil, err
	}
	q.sums, q.counts = grow(q.sums, b.Rows)[:b.Rows], grow(q.counts, b.Rows)[:b.Rows]
	for i := range b.Rows {
		if q.counts[i] = 0; !sum.IsNull(i) && !n.IsNull(i) {
			q.sums[i], q.counts[i] = sum.Decimal(i), n.Int64(i)
		}
	}
	q.v, err = decimals(q.sums, q.counts, true, sum.Scale, q.field)
	return &q.v, err
}

// errNotSums is a column that no sum has made.
var errNotSums = errors.New("vec: a sum that is neither a float nor a decimal")

func floats(f *flat, b *col.Batch, of *col.Vec, value func(i int) (float64, bool)) (*col.Vec, error) {
	switch of.Type {
	case col.Float64, col.Decimal256, col.Null:
	default:
		return nil, errNotSums
	}
	v := f.reset(col.Float64, b.Rows)
	v.Valid = f.bits(b.Rows)
	out := col.Values[float64](v)
	for i := range b.Rows {
		if x, ok := value(i); ok {
			out[i] = x
			v.Valid.Set(i)
		}
	}
	return v, nil
}

// floatOf is a sum as a float, rounded once.
func floatOf(v *col.Vec, i int) float64 {
	if v.Type == col.Float64 {
		return v.Float64(i)
	}
	d := v.Decimal(i)
	return floatOfWhole(d[0], d[1], int64(d[3]) < 0)
}
