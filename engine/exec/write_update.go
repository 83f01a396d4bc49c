package exec

import (
	"context"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/plan"

	"github.com/wasql/wasql/engine/gms"
)

// buildUpdate has the rows of an UPDATE of one table compared exactly, and sent in batches when it
// needs nothing of a row before the next one; nil when this was arranged already.
func (b Builder) buildUpdate(ctx *sql.Context, n *plan.Update, row sql.Row) (sql.RowIter, error) {
	table, err := updatable(n)
	if err != nil || table == nil {
		return nil, nil // an error is told by who builds it
	}
	var writing gms.Writing
	source, direct := n.Child.(*plan.UpdateSource)
	if stored, ok := table.(*gms.Stored); ok && direct && !n.Ignore && len(n.Returning) == 0 {
		writing.Assigned = assigned(stored.FullSchema(), source.UpdateExprs)
		writing.Batched = writing.Assigned != nil
		writing.Alone = !triggers(source)
	}
	return b.Base.Build(ctx, withUpdated(n, table, writing), row)
}

// updatable is the one table that an UPDATE changes; nil: there are several, or it was said before
// how it is written.
func updatable(n *plan.Update) (sql.UpdatableTable, error) {
	switch n.Child.(type) {
	case *updated, *plan.UpdateJoin:
		return nil, nil
	}
	return plan.GetUpdatable(n.Child)
}

func withUpdated(n *plan.Update, table sql.UpdatableTable, writing gms.Writing) *plan.Update {
	out := *n
	out.Child = &updated{target{UnaryNode: plan.UnaryNode{Child: n.Child}, Table: table, writing: writing}}
	return &out
}

// assigned has the positions of the columns that an UPDATE may change, in order; nil: not known.
func assigned(schema sql.Schema, expressions *plan.UpdateExprs) []int {
	set := make([]bool, len(schema))
	for _, e := range expressions.AllExpressions() {
		field, ok := e.(*expression.SetField)
		if !ok {
			return nil
		}
		column, ok := field.LeftChild.(*expression.GetField)
		if !ok {
			return nil
		}
		position := schema.IndexOfColName(strings.ToLower(column.Name()))
		if position < 0 {
			return nil
		}
		set[position] = true
	}
	var positions []int
	for i, is := range set {
		if is {
			positions = append(positions, i)
		}
	}
	return positions
}

// updated is the target of an UPDATE. It shows columns whose values are the same only when they are
// identical: 'a' becomes 'A' also under a collation that takes them for the same.
type updated struct{ target }

// Schema implements sql.Node and sql.Table.
func (t *updated) Schema(ctx *sql.Context) sql.Schema {
	schema := t.Table.Schema(ctx)
	exact := make(sql.Schema, len(schema))
	for i, c := range schema {
		exact[i] = c
		if text, ok := c.Type.(sql.StringType); ok && text.Collation() != sql.Collation_binary {
			copied := *c
			copied.Type = exactText{text}
			exact[i] = &copied
		}
	}
	return exact
}

// WithChildren implements sql.Node.
func (t *updated) WithChildren(_ *sql.Context, children ...sql.Node) (sql.Node, error) {
	if len(children) != 1 {
		return nil, sql.ErrInvalidChildrenNumber.New(t, len(children), 1)
	}
	other := *t
	other.Child = children[0]
	return &other, nil
}

// exactText compares texts by their bytes.
type exactText struct{ sql.StringType }

// Compare implements sql.Type.
func (t exactText) Compare(ctx context.Context, a, b any) (int, error) {
	x, plain := a.(string)
	y, both := b.(string)
	if plain && both {
		return strings.Compare(x, y), nil
	}
	order, err := t.StringType.Compare(ctx, a, b)
	if err != nil || order != 0 || a == nil || b == nil {
		return order, err
	}
	left, err := sql.UnwrapAny(ctx, a)
	if err != nil {
		return 0, err
	}
	right, err := sql.UnwrapAny(ctx, b)
	if err != nil {
		return 0, err
	}
	return strings.Compare(textOf(left), textOf(right)), nil
}

func textOf(v any) string {
	switch x := v.(type) {
	case string:
		return x
	case []byte:
		return string(x)
	}
	return ""
}
