package exec

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/plan"

	"github.com/wasql/wasql/engine/sqlerr"
)

// Builder builds some nodes itself and leaves the rest to go-mysql-server: it is the
// PriorityBuilder of its execution builder, for operators whose own are wrong or repeat work.
type Builder struct {
	// Base builds everything else.
	Base sql.NodeExecBuilder
	// OpenFile opens the files of LOAD DATA; nil: there are none.
	OpenFile OpenFile
}

// Build implements sql.NodeExecBuilder; nil means that the node is left to Base.
func (b Builder) Build(ctx *sql.Context, node sql.Node, row sql.Row) (sql.RowIter, error) {
	if a := apartOf(ctx); a != nil && a.scan == nil {
		if err := a.take(ctx, node); err != nil {
			return nil, err
		}
	}
	sharingOf(ctx).look(ctx, node)
	if rows, err := b.buildVectors(ctx, node, row); rows != nil || err != nil {
		return rows, err
	}
	switch n := node.(type) {
	case *BulkInsert:
		return b.buildBulkInsert(ctx, n, row)
	case *replaceReturning:
		return b.buildReplaceReturning(ctx, n, row)
	case *plan.InsertInto:
		return b.buildInsert(ctx, n, row)
	case *plan.Update:
		return b.buildUpdate(ctx, n, row)
	case *plan.DeleteFrom:
		return b.buildDelete(ctx, n, row)
	case *plan.TriggerExecutor:
		return b.buildTrigger(ctx, n, row)
	case *inner:
		return b.buildInner(ctx, n, row)
	case *padded:
		return b.buildPadded(ctx, n, row)
	case *target:
		return b.Base.Build(ctx, n.Child, row)
	case *updated:
		return b.Base.Build(ctx, n.Child, row)
	case *plan.ShowIndexes:
		return b.buildShowIndexes(ctx, n, row)
	case *plan.ShowCreateTable:
		return b.buildShowCreate(ctx, n, row)
	case *plan.TableCopier:
		return b.buildTableCopier(ctx, n, row)
	case *plan.Kill:
		return nil, checkKill(ctx, n)
	case *plan.LoadData:
		return b.buildLoad(ctx, n)
	case *plan.JoinNode:
		return b.buildJoin(ctx, n, row)
	case *ahead:
		return b.buildAhead(ctx, n, row)
	case *plan.HashLookup:
		return b.buildHashLookup(ctx, n, row)
	case *Calls:
		return b.buildCalls(ctx, n, row)
	case *foreseen:
		return b.buildForeseen(ctx, n, row)
	case *trimmed:
		return b.buildTrimmed(ctx, n, row)
	case *plan.Window:
		return b.buildWindow(ctx, n, row)
	case *plan.GroupBy:
		return b.buildGroupBy(ctx, n, row)
	case *plan.Distinct:
		if len(n.DistinctOn()) == 0 {
			return b.buildDistinct(ctx, n, row)
		}
	case *plan.SetOp:
		return b.buildSetOp(ctx, n, row)
	}
	return nil, nil
}

// checkKill refuses what go-mysql-server passes over: a session that is not there.
func checkKill(ctx *sql.Context, n *plan.Kill) error {
	for _, process := range ctx.ProcessList.Processes() {
		if process.Connection == n.ConnID {
			return nil
		}
	}
	return sqlerr.New(1094, "HY000", "Unknown thread id: %d", n.ConnID)
}
