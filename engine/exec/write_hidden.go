package exec

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/plan"
)

// padded gives the rows of CREATE TABLE … SELECT the hidden columns of the new table, which its
// SELECT knows nothing of: NULL, the connector fills them.
type padded struct {
	plan.UnaryNode
	schema sql.Schema
}

var _ sql.Node = (*padded)(nil)

// pad puts a padded over the source of an INSERT when its rows lack just the hidden columns.
func pad(ctx *sql.Context, n *plan.InsertInto) *plan.InsertInto {
	schema := n.Destination.Schema(ctx)
	hidden := 0
	for _, c := range schema {
		if hidesRows(c) {
			hidden++
		}
	}
	if hidden == 0 || len(n.Source.Schema(ctx)) != len(schema)-hidden {
		return n
	}
	return n.WithSource(&padded{plan.UnaryNode{Child: n.Source}, schema})
}

// hidesRows tells whether a column is a hidden one that tells the rows of a table without a key apart.
func hidesRows(c *sql.Column) bool {
	return c.HiddenSystem && c.Generated == nil && sql.IsHiddenSystemColumn(c.Name)
}

// Schema implements sql.Node.
func (p *padded) Schema(*sql.Context) sql.Schema { return p.schema }

// String implements sql.Node.
func (p *padded) String() string { return p.Child.String() }

// IsReadOnly implements sql.Node.
func (p *padded) IsReadOnly() bool { return p.Child.IsReadOnly() }

// WithChildren implements sql.Node.
func (p *padded) WithChildren(_ *sql.Context, children ...sql.Node) (sql.Node, error) {
	if len(children) != 1 {
		return nil, sql.ErrInvalidChildrenNumber.New(p, len(children), 1)
	}
	return &padded{plan.UnaryNode{Child: children[0]}, p.schema}, nil
}

func (b Builder) buildPadded(ctx *sql.Context, p *padded, row sql.Row) (sql.RowIter, error) {
	rows, err := b.Base.Build(ctx, p.Child, row)
	if err != nil {
		return nil, err
	}
	return &paddedRows{rows, p.schema}, nil
}

type paddedRows struct {
	rows   sql.RowIter
	schema sql.Schema
}

// Next implements sql.RowIter.
func (r *paddedRows) Next(ctx *sql.Context) (sql.Row, error) {
	row, err := r.rows.Next(ctx)
	if err != nil {
		return nil, err
	}
	whole := make(sql.Row, 0, len(r.schema))
	for _, c := range r.schema {
		if hidesRows(c) {
			whole = append(whole, nil)
			continue
		}
		whole, row = append(whole, row[0]), row[1:]
	}
	return whole, nil
}

// Close implements sql.RowIter.
func (r *paddedRows) Close(ctx *sql.Context) error { return r.rows.Close(ctx) }
