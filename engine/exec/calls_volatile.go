package exec

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/transform"

	"github.com/wasql/wasql/engine/function"
	"github.com/wasql/wasql/engine/sqlerr"
)

// refuseVolatile refuses definitions of columns whose generated value or default calls a function that is not
// deterministic: what is stored must not depend on when it is computed. CHECK has a rule of go-mysql-server's own.
// Keys of an index call no function of a connector at all, as in MySQL no loadable function.
func refuseVolatile(ctx *sql.Context, n sql.Node) error {
	var err error
	column := func(c *sql.Column) {
		if sql.IsHiddenSystemColumn(c.Name) && callIn(ctx, c.Generated, false) != nil && err == nil {
			err = sqlerr.New(3758, "HY000", "expression of a functional index contains a disallowed function: %s", callIn(ctx, c.Generated, false).FunctionName())
		}
		if call := callIn(ctx, c.Generated, true); call != nil && err == nil {
			err = sqlerr.New(3763, "HY000", "expression of generated column '%s' contains a disallowed function: %s", c.Name, call.FunctionName())
		}
		if call := callIn(ctx, c.Default, true); call != nil && err == nil {
			err = sqlerr.New(3770, "HY000", "default value expression of column '%s' contains a disallowed function: %s", c.Name, call.FunctionName())
		}
	}
	transform.Inspect(n, func(n sql.Node) bool {
		switch n := n.(type) {
		case *plan.CreateTable:
			for _, c := range n.PkSchema().Schema {
				column(c)
			}
		case *plan.AddColumn:
			column(n.Column())
		case *plan.ModifyColumn:
			column(n.NewColumn())
		case *plan.AlterIndex:
			if call := callInIndex(ctx, n); call != nil && err == nil {
				err = sqlerr.New(3758, "HY000", "expression of functional index '%s' contains a disallowed function: %s", n.IndexName, call.FunctionName())
			}
		case *plan.AlterDefaultSet:
			column(&sql.Column{Name: n.ColumnName, Default: n.Default})
		}
		return err == nil
	})
	return err
}

// callInIndex is a call in a key of an index that is made; nil: there is none.
func callInIndex(ctx *sql.Context, n *plan.AlterIndex) *function.Call {
	for i := range n.Columns {
		if e := n.Columns[i].Expression; e != nil {
			if call := callWithin(ctx, e, false); call != nil {
				return call
			}
		}
	}
	return nil
}

// callIn is a call in a definition's expression, with volatile one that is not deterministic; nil: there is none.
func callIn(ctx *sql.Context, of *sql.ColumnDefaultValue, volatile bool) *function.Call {
	if of == nil || of.Expr == nil {
		return nil
	}
	return callWithin(ctx, of.Expr, volatile)
}

func callWithin(ctx *sql.Context, e sql.Expression, volatile bool) *function.Call {
	var found *function.Call
	sql.Inspect(ctx, e, func(_ *sql.Context, e sql.Expression) bool {
		if call, ok := function.CallOf(e); ok && (!volatile || !call.Of.Declared.Deterministic) {
			found = call
		}
		return found == nil
	})
	return found
}
