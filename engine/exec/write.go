package exec

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/plan"

	"github.com/wasql/wasql/engine/gms"
)

// target stands between a node that writes and the node with its table, and says how rows are to be
// written. Its rows are those of the node below. go-mysql-server finds a table by looking for the
// methods of one on the way down, so a target has them.
type target struct {
	plan.UnaryNode
	sql.Table
	writing gms.Writing
}

var (
	_ sql.Node            = (*target)(nil)
	_ sql.InsertableTable = (*target)(nil)
	_ sql.UpdatableTable  = (*target)(nil)
	_ sql.DeletableTable  = (*target)(nil)
)

// Inserter implements sql.InsertableTable.
func (t *target) Inserter(ctx *sql.Context) sql.RowInserter { return t.stored().Inserter(ctx) }

// Deleter implements sql.DeletableTable.
func (t *target) Deleter(ctx *sql.Context) sql.RowDeleter { return t.stored().Deleter(ctx) }

// Updater implements sql.UpdatableTable.
func (t *target) Updater(ctx *sql.Context) sql.RowUpdater {
	if stored, ok := t.Table.(*gms.Stored); ok {
		return stored.WithWriting(t.writing).Updater(ctx)
	}
	return t.Table.(sql.UpdatableTable).Updater(ctx)
}

func (t *target) stored() *gms.Stored { return t.Table.(*gms.Stored).WithWriting(t.writing) }

// Schema implements sql.Node and sql.Table.
func (t *target) Schema(ctx *sql.Context) sql.Schema { return t.Table.Schema(ctx) }

// String implements sql.Node and sql.Table.
func (t *target) String() string { return t.Child.String() }

// Resolved implements sql.Node.
func (t *target) Resolved() bool { return t.Child.Resolved() }

// IsReadOnly implements sql.Node.
func (t *target) IsReadOnly() bool { return t.Child.IsReadOnly() }

// Children implements sql.Node.
func (t *target) Children() []sql.Node { return []sql.Node{t.Child} }

// WithChildren implements sql.Node.
func (t *target) WithChildren(_ *sql.Context, children ...sql.Node) (sql.Node, error) {
	if len(children) != 1 {
		return nil, sql.ErrInvalidChildrenNumber.New(t, len(children), 1)
	}
	other := *t
	other.Child = children[0]
	return &other, nil
}

// buildInsert has the rows of an INSERT sent in batches, when it needs nothing of a row before the
// next one; nil when it does, or when this was arranged already. Most are a BulkInsert before they
// come here; what is left are parts of statements.
func (b Builder) buildInsert(ctx *sql.Context, n *plan.InsertInto, row sql.Row) (sql.RowIter, error) {
	out := pad(ctx, n)
	if t := insertTarget(n); t != nil {
		written := *out
		written.Destination = t
		out = &written
	}
	if out == n {
		return nil, nil
	}
	return b.Base.Build(ctx, out, row)
}

// insertTarget is the destination of an INSERT whose rows can go in batches; nil: they cannot.
func insertTarget(n *plan.InsertInto) sql.Node {
	if n.IsReplace || n.Ignore || n.OnDupExprs.HasUpdates() || len(n.Returning) > 0 || n.HasAfterTrigger || triggers(n.Source) {
		return nil
	}
	table, err := plan.GetInsertable(n.Destination)
	if err != nil {
		return nil // told by who builds it
	}
	stored, ok := table.(*gms.Stored)
	if !ok || stored.MakesKeys() {
		return nil
	}
	wrap := func(node sql.Node) sql.Node {
		return &target{UnaryNode: plan.UnaryNode{Child: node}, Table: stored, writing: gms.Writing{Batched: true}}
	}
	if destination, ok := n.Destination.(*plan.InsertDestination); ok {
		writes := *destination
		writes.Child = wrap(destination.Child)
		return &writes
	}
	return wrap(n.Destination)
}

// buildDelete has the keys of the rows of a DELETE sent in batches.
func (b Builder) buildDelete(ctx *sql.Context, n *plan.DeleteFrom, row sql.Row) (sql.RowIter, error) {
	targets, changed := deleteTargets(n, gms.Writing{Batched: !triggers(n.Child), Alone: len(n.GetDeleteTargets()) == 1})
	if !changed {
		return nil, nil
	}
	return b.Base.Build(ctx, n.WithTargets(targets), row)
}

// deleteTargets has the tables of a DELETE written like that; changed is false when it was said
// before how, or when none is a connector's.
func deleteTargets(n *plan.DeleteFrom, writing gms.Writing) (targets []sql.Node, changed bool) {
	targets = append(targets, n.GetDeleteTargets()...)
	for i, node := range targets {
		if _, done := node.(*target); done {
			return nil, false
		}
		table, err := plan.GetDeletable(node)
		if err != nil {
			continue // told by who builds it
		}
		if stored, ok := table.(*gms.Stored); ok {
			targets[i] = &target{UnaryNode: plan.UnaryNode{Child: node}, Table: stored, writing: writing}
			changed = true
		}
	}
	return targets, changed
}

// triggers tells whether rows on their way from n fire a trigger.
func triggers(n sql.Node) bool {
	switch n := n.(type) {
	case *plan.TriggerExecutor:
		return true
	case *plan.Project, *plan.ForeignKeyHandler, *plan.UpdateSource, *inner, *target, *updated, *foreseen:
		for _, child := range n.Children() {
			if triggers(child) {
				return true
			}
		}
	}
	return false
}
