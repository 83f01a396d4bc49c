package exec

import (
	"cmp"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/transform"

	"github.com/wasql/wasql/abi/pb"
)

// Bound says what became of a param.
type Bound int

// The outcomes of binding.
const (
	// Fits: the value has an exact form in the column's type.
	Fits Bound = iota
	// Never: with this value the condition is true for no row.
	Never
	// Inexpressible: the condition cannot be put to the connector with this value.
	Inexpressible
)

// Param is an operand whose value comes from the outer row. Expr is computed on the row given to
// RowIter; Bind turns the result into the column's form.
type Param struct {
	Expr sql.Expression
	Bind func(ctx *sql.Context, value any) (*pb.Value, Bound)
	// Width and PadTo: an expression that holds a sub-query was compiled for rows of PadTo
	// values, of which the first Width come from outside.
	Width, PadTo int
}

func (p *Param) eval(ctx *sql.Context, row sql.Row) (any, error) {
	if p.PadTo > 0 {
		padded := make(sql.Row, p.PadTo)
		copy(padded, row[:min(p.Width, len(row))])
		row = padded
	}
	value, err := p.Expr.Eval(ctx, row)
	if err != nil {
		return nil, err
	}
	return sql.UnwrapAny(ctx, value)
}

// bindAll computes all params. One Never decides; else one Inexpressible does.
func bindAll(ctx *sql.Context, params []Param, row sql.Row) ([]*pb.Value, Bound, error) {
	values := make([]*pb.Value, len(params))
	outcome := Fits
	for i := range params {
		value, err := params[i].eval(ctx, row)
		if err != nil {
			return nil, Fits, err
		}
		var bound Bound
		switch values[i], bound = params[i].Bind(ctx, value); bound {
		case Never:
			return nil, Never, nil
		case Inexpressible:
			outcome = Inexpressible
		}
	}
	return values, outcome, nil
}

// bind computes the params of a run for an outer row. none: no row of the table meets the conditions then.
func (it *scanIter) bind(ctx *sql.Context, row sql.Row) (none bool, err error) {
	p := it.plan
	values, outcome, err := bindAll(ctx, p.Params, row)
	if err != nil {
		// A sub-query of two rows, say. The check above the scan fails in the same way, for each row, as
		// INSERT IGNORE wants it, and not at all when there is none.
		outcome = Inexpressible
	}
	switch outcome {
	case Never:
		return true, nil
	case Inexpressible:
		access, refused := p.fallbackAccess(ctx)
		if refused != nil {
			return false, cmp.Or(err, refused)
		}
		it.access = access
	default:
		it.access, it.params = &p.Main, values
	}
	return false, nil
}

// knownAtStart tells whether params are computed of nothing but sub-queries that stand alone: no outer row is needed for them.
func knownAtStart(ctx *sql.Context, params []Param) bool {
	known := true
	for i := range params {
		transform.InspectExpr(ctx, params[i].Expr, func(_ *sql.Context, e sql.Expression) bool {
			switch e := e.(type) {
			case *expression.GetField:
				known = false
			case *plan.Subquery:
				known = known && standsAlone(e)
			}
			return !known
		})
	}
	return known
}

// arguments puts the values in the positions the connector asked for.
func (a *Access) arguments(params []*pb.Value) []*pb.Arguments {
	if len(a.Arguments) == 0 {
		return nil
	}
	all := make([]*pb.Arguments, len(a.Arguments))
	for i, operands := range a.Arguments {
		values := make([]*pb.Value, len(operands))
		for j, operand := range operands {
			if operand.Value != nil {
				values[j] = operand.Value
			} else {
				values[j] = params[operand.Param]
			}
		}
		all[i] = &pb.Arguments{Values: values}
	}
	return all
}
