package exec

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/types"
)

// alikeTexts gives texts of the branches of UNION, INTERSECT and EXCEPT one type again. Branches were made alike before the results of
// functions got the collation of their arguments, and go-mysql-server refuses those of two types.
func alikeTexts(ctx *sql.Context, left, right sql.Node) (leftOut, rightOut sql.Node, changed bool, err error) {
	ls, rs := left.Schema(ctx), right.Schema(ctx)
	for i := range min(len(ls), len(rs)) {
		lt, rt := ls[i].Type, rs[i].Type
		if !types.IsTextOnly(lt) || !types.IsTextOnly(rt) || lt.Equals(rt) {
			continue
		}
		changed = true
		if lt.(sql.StringType).Collation() != sql.Collation_Default {
			left, right, err = oneType(ctx, left, right, i, lt, rt)
		} else {
			right, left, err = oneType(ctx, right, left, i, rt, lt)
		}
		if err != nil {
			return nil, nil, false, err
		}
	}
	return left, right, changed, nil
}

// oneType makes a column of other one of the type of the same column of first, or that of first one of other's, where it can.
func oneType(ctx *sql.Context, first, other sql.Node, i int, t, otherType sql.Type) (firstOut, otherOut sql.Node, err error) {
	if out, err := retyped(ctx, other, i, t); out != nil || err != nil {
		return first, out, err
	}
	out, err := retyped(ctx, first, i, otherType)
	if out == nil {
		out = first
	}
	return out, other, err
}

// retyped makes a column of a branch one of another type; nil: it is not computed there.
func retyped(ctx *sql.Context, n sql.Node, i int, t sql.Type) (sql.Node, error) {
	switch n := n.(type) {
	case *plan.Project:
		e := n.Projections[i]
		switch x := e.(type) {
		case *expression.Alias:
			out, err := x.WithChildren(ctx, retypedText(x.Child, t))
			if err != nil {
				return nil, err
			}
			e = out
		case *merged:
			e = retypedText(x, t)
		default:
			return nil, nil
		}
		projections := append([]sql.Expression{}, n.Projections...)
		projections[i] = e
		return plan.NewProject(ctx, projections, n.Child), nil
	case *plan.Distinct, *plan.Sort, *plan.TopN, *plan.Limit, *plan.Offset, *plan.Filter, *plan.Having:
		child, err := retyped(ctx, n.Children()[0], i, t)
		if child == nil || err != nil {
			return nil, err
		}
		return n.WithChildren(ctx, child)
	}
	return nil, nil
}

// retypedText is a text as one of a type, whatever it was made of before.
func retypedText(e sql.Expression, t sql.Type) sql.Expression {
	if x, ok := e.(*merged); ok {
		e = x.Child
	}
	return newMerged(e, t)
}
