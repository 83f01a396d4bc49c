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
func refuseVolatile(ctx *sql.Context, n sql.Node) error {
	var err error
	column := func(c *sql.Column) {
		if call := volatileIn(ctx, c.Generated); call != nil && err == nil {
			err = sqlerr.New(3763, "HY000", "expression of generated column '%s' contains a disallowed function: %s", c.Name, call.FunctionName())
		}
		if call := volatileIn(ctx, c.Default); call != nil && err == nil {
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
		case *plan.AlterDefaultSet:
			column(&sql.Column{Name: n.ColumnName, Default: n.Default})
		}
		return err == nil
	})
	return err
}

// volatileIn is a call in a definition's expression that is not deterministic; nil: there is none.
func volatileIn(ctx *sql.Context, of *sql.ColumnDefaultValue) *function.Call {
	if of == nil || of.Expr == nil {
		return nil
	}
	var found *function.Call
	sql.Inspect(ctx, of.Expr, func(_ *sql.Context, e sql.Expression) bool {
		if call, ok := function.CallOf(e); ok && !call.Of.Declared.Deterministic {
			found = call
		}
		return found == nil
	})
	return found
}
