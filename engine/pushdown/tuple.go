package pushdown

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"

	"github.com/wasql/wasql/abi/pb"
)

// tuplesMax is how many members of (a, b) IN (…) are put to a connector.
const tuplesMax = 64

// tupleList sees (a, b) IN ((…), …).
func tupleList(e sql.Expression) (left, list expression.Tuple, ok bool) {
	var comparer expression.Comparer
	switch e := e.(type) {
	case *expression.InTuple:
		comparer = e
	case *expression.HashInTuple:
		comparer = e
	default:
		return nil, nil, false
	}
	if left, ok = comparer.Left().(expression.Tuple); !ok || len(left) < 2 {
		return nil, nil, false
	}
	list, ok = comparer.Right().(expression.Tuple)
	return left, list, ok
}

// tuples translates (a, b) IN ((1, 2), (3, 4)) as (a = 1 AND b = 2) OR (a = 3 AND b = 4).
func (t *translator) tuples(left, list expression.Tuple) (*pb.Filter, error) {
	if len(list) > tuplesMax {
		return nil, refuse("its list has more than %d members", tuplesMax)
	}
	or := &pb.Filter{Op: pb.FilterOp_FILTER_OP_OR}
	for _, e := range list {
		member, ok := e.(expression.Tuple)
		if !ok || len(member) != len(left) {
			return nil, refuse("its list holds more than constants")
		}
		and := &pb.Filter{Op: pb.FilterOp_FILTER_OP_AND}
		for i := range left {
			equal, err := t.comparison(operator{pb.FilterOp_FILTER_OP_EQ, pb.FilterOp_FILTER_OP_EQ}, left[i], member[i], false)
			if err != nil {
				return nil, err
			}
			and.Children = append(and.Children, equal)
		}
		or.Children = append(or.Children, and)
	}
	switch len(or.Children) {
	case 0:
		return nil, errNever
	case 1:
		return or.Children[0], nil
	}
	return or, nil
}

// withoutNulls drops the members of (a, b) IN (…) that hold a NULL, of a condition that only matters
// where it is true: go-mysql-server takes the NULL for a value. Nothing is left of a list of such.
func withoutNulls(ctx *sql.Context, e sql.Expression) (sql.Expression, error) {
	left, list, ok := tupleList(e)
	if !ok {
		return e, nil
	}
	var kept expression.Tuple
	for _, member := range list {
		null := false
		if parts, ok := member.(expression.Tuple); ok {
			for _, part := range parts {
				literal, ok := constantOf(part)
				null = null || ok && literal.Value() == nil
			}
		}
		if !null {
			kept = append(kept, member)
		}
	}
	switch {
	case len(kept) == len(list):
		return e, nil
	case len(kept) == 0:
		return expression.NewInTuple(left[0], expression.NewTuple(expression.NewLiteral(nil, left[0].Type(ctx)))), nil
	}
	if _, hashed := e.(*expression.HashInTuple); hashed {
		return expression.NewHashInTuple(ctx, left, kept)
	}
	return expression.NewInTuple(left, kept), nil
}
