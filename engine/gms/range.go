package gms

import (
	"github.com/dolthub/go-mysql-server/sql"
)

// RangeOp is how a condition of an index range compares.
type RangeOp uint8

// The conditions of a range. RangeLess and RangeLessEqual hold for NULL too when OrNull is set.
const (
	RangeEqual RangeOp = iota
	RangeNull
	RangeNotNull
	RangeLess
	RangeLessEqual
	RangeGreater
	RangeGreaterEqual
)

// RangeCondition is one comparison of a column with a value of its own type.
type RangeCondition struct {
	// Column is the declared position.
	Column int
	Type   sql.Type
	Op     RangeOp
	OrNull bool
	// Value is nil for RangeNull and RangeNotNull.
	Value any
}

// Conditions says what a range of the index asks of its columns: all must hold. none tells that no
// row can be in the range, a bound being NULL, upside down, or beyond what the column can hold.
func (x *Index) Conditions(ctx *sql.Context, r sql.MySQLRange) (all []RangeCondition, none bool, err error) {
	for i, bounds := range r {
		p, ok := x.part(i)
		if !ok {
			return nil, false, sql.ErrInvalidArgument.New("index lookup")
		}
		conditions, none, err := conditionsOn(ctx, p, bounds)
		if err != nil || none {
			return nil, none, err
		}
		all = append(all, conditions...)
	}
	return all, false, nil
}

// Points are the conditions of a range that holds one value in each of the first n columns; the
// values are not known yet.
func (x *Index) Points(n int) []RangeCondition {
	all := make([]RangeCondition, n)
	for i := range all {
		all[i] = RangeCondition{Column: x.parts[i].position, Type: x.parts[i].typ, Op: RangeEqual}
	}
	return all
}

// part gives the i-th column of the key, the columns of the primary key behind it included.
func (x *Index) part(i int) (part, bool) {
	switch {
	case i < len(x.parts):
		return x.parts[i], x.parts[i].position >= 0
	case i < len(x.parts)+len(x.extended):
		return x.extended[i-len(x.parts)], true
	}
	return part{}, false
}

// conditionsOn reads the two ends of the range of one column.
func conditionsOn(ctx *sql.Context, p part, bounds sql.MySQLRangeColumnExpr) ([]RangeCondition, bool, error) {
	lower, none, err := p.lower(ctx, bounds)
	if err != nil || none {
		return nil, none, err
	}
	upper, none, err := p.upper(ctx, bounds)
	if err != nil || none {
		return nil, none, err
	}
	switch {
	case lower == nil && upper == nil:
		return nil, false, nil
	case lower == nil:
		// From before NULL on: NULL is in, unless the range ends right behind it.
		upper.OrNull = upper.Op != RangeNull
		return []RangeCondition{*upper}, false, nil
	case upper == nil:
		return []RangeCondition{*lower}, false, nil
	case upper.Op == RangeNull:
		return nil, true, nil
	case lower.Op == RangeNotNull:
		return []RangeCondition{*upper}, false, nil
	}
	order, err := p.typ.Compare(ctx, lower.Value, upper.Value)
	if err != nil {
		return nil, false, err
	}
	closed := lower.Op == RangeGreaterEqual && upper.Op == RangeLessEqual
	switch {
	case order > 0 || order == 0 && !closed:
		return nil, true, nil
	case order == 0:
		equal := *lower
		equal.Op = RangeEqual
		return []RangeCondition{equal}, false, nil
	}
	return []RangeCondition{*lower, *upper}, false, nil
}

// lower reads the lower end; nil is below NULL.
func (p part) lower(ctx *sql.Context, bounds sql.MySQLRangeColumnExpr) (*RangeCondition, bool, error) {
	switch cut := bounds.LowerBound.(type) {
	case sql.BelowNull:
		return nil, false, nil
	case sql.AboveNull:
		return &RangeCondition{Column: p.position, Type: p.typ, Op: RangeNotNull}, false, nil
	case sql.Below:
		return p.bound(ctx, bounds, cut.Key, RangeGreaterEqual)
	case sql.Above:
		return p.bound(ctx, bounds, cut.Key, RangeGreater)
	}
	return nil, true, nil
}

// upper reads the upper end; nil is above everything.
func (p part) upper(ctx *sql.Context, bounds sql.MySQLRangeColumnExpr) (*RangeCondition, bool, error) {
	switch cut := bounds.UpperBound.(type) {
	case sql.AboveAll:
		return nil, false, nil
	case sql.AboveNull:
		return &RangeCondition{Column: p.position, Type: p.typ, Op: RangeNull}, false, nil
	case sql.Below:
		return p.bound(ctx, bounds, cut.Key, RangeLess)
	case sql.Above:
		return p.bound(ctx, bounds, cut.Key, RangeLessEqual)
	}
	return nil, true, nil
}

// bound puts a key into the column's type. Keys come converted, but not always to this column: a
// foreign key's have the type of the column that refers to it. One that does not fit equals nothing.
func (p part) bound(ctx *sql.Context, bounds sql.MySQLRangeColumnExpr, key any, op RangeOp) (*RangeCondition, bool, error) {
	if key == nil {
		return nil, true, nil
	}
	key, err := sql.UnwrapAny(ctx, key)
	if err != nil {
		return nil, false, err
	}
	if bounds.Typ == nil || !bounds.Typ.Equals(p.typ) {
		converted, inRange, err := p.typ.Convert(ctx, key)
		if err != nil || inRange != sql.InRange {
			return nil, true, nil //nolint:nilerr // a key that the column cannot hold is in no row
		}
		key = converted
	}
	return &RangeCondition{Column: p.position, Type: p.typ, Op: op, Value: key}, false, nil
}

// Holds tells whether a value of the column is in the range.
func (c *RangeCondition) Holds(ctx *sql.Context, value any) (bool, error) {
	if value == nil {
		return c.OrNull || c.Op == RangeNull, nil
	}
	switch c.Op {
	case RangeNull:
		return false, nil
	case RangeNotNull:
		return true, nil
	}
	order, err := c.Type.Compare(ctx, value, c.Value)
	if err != nil {
		return false, err
	}
	switch c.Op {
	case RangeEqual:
		return order == 0, nil
	case RangeLess:
		return order < 0, nil
	case RangeLessEqual:
		return order <= 0, nil
	case RangeGreater:
		return order > 0, nil
	}
	return order >= 0, nil
}
