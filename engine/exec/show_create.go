package exec

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/plan"

	"github.com/wasql/wasql/engine/gms"
)

// buildShowCreate shows a table with virtual columns as it is: go-mysql-server shows the wrapper that it
// puts around such tables, which has no checks, no comment and no references. nil: another table.
func (b Builder) buildShowCreate(ctx *sql.Context, n *plan.ShowCreateTable, row sql.Row) (sql.RowIter, error) {
	resolved, ok := n.Child.(*plan.ResolvedTable)
	if !ok {
		return nil, nil
	}
	if rows, err := b.showAttached(ctx, n, resolved, row); rows != nil || err != nil {
		return rows, err
	}
	wrapper, ok := plan.FindVirtualColumnTable(resolved.Table)
	if !ok {
		return nil, nil
	}
	stored, ok := wrapper.Underlying().(*gms.Stored)
	if !ok {
		return nil, nil
	}
	checks, err := stored.Constraints(ctx)
	if err != nil {
		return nil, err
	}
	plain, err := n.WithChildren(ctx, plan.NewResolvedTable(stored, resolved.SqlDatabase, nil))
	if err != nil {
		return nil, err
	}
	return b.Base.Build(ctx, plain.(*plan.ShowCreateTable).WithChecks(checks), row)
}
