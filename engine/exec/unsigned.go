package exec

import (
	"math/bits"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/transform"
	"github.com/dolthub/go-mysql-server/sql/types"

	"github.com/wasql/wasql/engine/sqlerr"
)

// unsigned is + - or * of whole numbers of which one is a BIGINT UNSIGNED: a BIGINT UNSIGNED, or error 1690. go-mysql-server takes
// both for BIGINT, and lets them wrap.
type unsigned struct{ *expression.Arithmetic }

var (
	_ sql.Expression         = (*unsigned)(nil)
	_ sql.CollationCoercible = (*unsigned)(nil)
)

// ofUnsigned is arithmetic as unsigned; false: it is none of such numbers, or the SQL mode wants differences that are signed.
func ofUnsigned(ctx *sql.Context, x *expression.Arithmetic) (sql.Expression, bool) {
	if divides(x) {
		return nil, false // an interval, or a division, which is rounded at the end of all
	}
	left, right := x.LeftChild.Type(ctx), x.RightChild.Type(ctx)
	if left == nil || right == nil || !types.IsInteger(left) || !types.IsInteger(right) || left != types.Uint64 && right != types.Uint64 {
		return nil, false
	}
	if x.Op == "-" && sql.LoadSqlMode(ctx).ModeEnabled("NO_UNSIGNED_SUBTRACTION") {
		return nil, false
	}
	return &unsigned{x}, x.Op == "+" || x.Op == "-" || x.Op == "*"
}

// Type implements sql.Expression.
func (*unsigned) Type(*sql.Context) sql.Type { return types.Uint64 }

// WithChildren implements sql.Expression.
func (u *unsigned) WithChildren(ctx *sql.Context, children ...sql.Expression) (sql.Expression, error) {
	out, err := u.Arithmetic.WithChildren(ctx, children...)
	if err != nil {
		return nil, err
	}
	return &unsigned{out.(*expression.Arithmetic)}, nil
}

// Eval implements sql.Expression.
func (u *unsigned) Eval(ctx *sql.Context, row sql.Row) (any, error) {
	a, null, err := magnitudeOf(ctx, u.LeftChild, row)
	if err != nil || null {
		return nil, err
	}
	b, null, err := magnitudeOf(ctx, u.RightChild, row)
	if err != nil || null {
		return nil, err
	}
	n, fits := a.operate(u.Op, b)
	if !fits {
		return nil, sqlerr.New(1690, "22003", "BIGINT UNSIGNED value is out of range in '%s'", u)
	}
	return n, nil
}

// magnitude is a whole number of 65 bits.
type magnitude struct {
	negative bool
	size     uint64
}

func magnitudeOf(ctx *sql.Context, e sql.Expression, row sql.Row) (m magnitude, null bool, err error) {
	value, err := e.Eval(ctx, row)
	if err != nil || value == nil {
		return m, true, err
	}
	if n, is := value.(uint64); is {
		return magnitude{size: n}, false, nil
	}
	converted, _, err := types.Int64.Convert(ctx, value)
	n, ok := converted.(int64)
	if err != nil || !ok {
		return m, true, err
	}
	if n < 0 {
		return magnitude{negative: true, size: -uint64(n)}, false, nil
	}
	return magnitude{size: uint64(n)}, false, nil
}

// operate computes a number that is not below 0; false: it is none of 64 bits.
func (m magnitude) operate(op string, other magnitude) (uint64, bool) {
	if op == "*" {
		high, low := bits.Mul64(m.size, other.size)
		return low, high == 0 && (low == 0 || m.negative == other.negative)
	}
	if op == "-" {
		other.negative = !other.negative
	}
	switch {
	case m.negative && other.negative:
		return 0, m.size == 0 && other.size == 0
	case m.negative:
		return other.size - m.size, other.size >= m.size
	case other.negative:
		return m.size - other.size, m.size >= other.size
	}
	sum, carry := bits.Add64(m.size, other.size, 0)
	return sum, carry == 0
}

// unsignedIn has the arithmetic of a statement computed so, and gives the columns above that were made of it its type.
func unsignedIn(ctx *sql.Context, n sql.Node) (sql.Node, transform.TreeIdentity, error) {
	known := map[sql.ColumnId]sql.Type{}
	same := transform.SameTree
	for range 16 { // a derived table within another each time
		before := len(known)
		out, identity, err := unsignedOnce(ctx, n, known)
		if err != nil {
			return n, transform.SameTree, err
		}
		if n = out; identity == transform.NewTree {
			same = transform.NewTree
		}
		if noteUnsigned(ctx, n, known); len(known) == before {
			break
		}
	}
	return n, same, nil
}

func unsignedOnce(ctx *sql.Context, n sql.Node, known map[sql.ColumnId]sql.Type) (sql.Node, transform.TreeIdentity, error) {
	return transform.NodeExprsWithOpaque(ctx, n, func(ctx *sql.Context, e sql.Expression) (sql.Expression, transform.TreeIdentity, error) {
		switch x := e.(type) {
		case *plan.Subquery:
			query, same, err := unsignedIn(ctx, x.Query)
			if err != nil || same {
				return e, transform.SameTree, err
			}
			return x.WithQuery(query), transform.NewTree, nil
		case *expression.GetField:
			if t, ok := known[x.Id()]; ok && x.Type(ctx) == types.Int64 {
				return expression.NewGetFieldWithTable(int(x.Id()), int(x.TableId()), t, x.Database(), x.Table(), x.Name(), x.IsNullable(ctx)).WithIndex(x.Index()), transform.NewTree, nil
			}
		case *expression.Arithmetic:
			if out, ok := ofUnsigned(ctx, x); ok {
				return out, transform.NewTree, nil
			}
		}
		return e, transform.SameTree, nil
	})
}

// noteUnsigned notes the columns that are BIGINT UNSIGNED: those of derived tables, and what is computed for those above it.
func noteUnsigned(ctx *sql.Context, n sql.Node, known map[sql.ColumnId]sql.Type) {
	note := func(all []sql.Expression) {
		for _, e := range all {
			if with, ok := e.(sql.IdExpression); ok && with.Id() != 0 && e.Type(ctx) == types.Uint64 {
				known[with.Id()] = types.Uint64
			}
		}
	}
	transform.InspectWithOpaque(ctx, n, func(ctx *sql.Context, n sql.Node) bool {
		switch x := n.(type) {
		case *plan.Project:
			note(x.Projections)
		case *plan.GroupBy:
			note(x.SelectDeps)
		case *plan.Window:
			note(x.SelectExprs)
		case *plan.SubqueryAlias:
			schema, columns := x.Child.Schema(ctx), x.Columns()
			if columns.Len() != len(schema) {
				break
			}
			i := 0
			columns.ForEach(func(id sql.ColumnId) {
				if schema[i].Type == types.Uint64 {
					known[id] = types.Uint64
				}
				i++
			})
		}
		return true
	})
}
