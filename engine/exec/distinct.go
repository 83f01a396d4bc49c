package exec

import (
	"io"

	"github.com/cockroachdb/apd/v3"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/hash"
	"github.com/dolthub/go-mysql-server/sql/plan"
)

// distinct lets the first of equal rows through. Two rows are equal when each column compares so
// under its own type and collation, and NULL equals NULL. go-mysql-server's own operator hashes
// texts byte by byte and never compares: 'a' and 'A' are two values to it, NULL and '<nil>' one.
type distinct struct {
	child  sql.RowIter
	schema sql.Schema
	seen   map[uint64][]sql.Row
}

func newDistinct(child sql.RowIter, schema sql.Schema) *distinct {
	return &distinct{child: child, schema: schema, seen: map[uint64][]sql.Row{}}
}

// Next implements sql.RowIter.
func (d *distinct) Next(ctx *sql.Context) (sql.Row, error) {
	for {
		row, err := d.child.Next(ctx)
		if err != nil {
			return nil, err
		}
		// In a sub-query the values of the outer row stand before its own, on some rows of a UNION.
		own := row[max(0, len(row)-len(d.schema)):]
		added, err := d.add(ctx, own)
		if err != nil {
			return nil, err
		}
		if added {
			return row, nil
		}
	}
}

// add keeps a row that was not there; false: it was.
func (d *distinct) add(ctx *sql.Context, row sql.Row) (bool, error) {
	key, err := rowHash(ctx, d.schema, row)
	if err != nil {
		return false, err
	}
	known, err := d.contains(ctx, d.seen[key], row)
	if err != nil || known {
		return false, err
	}
	d.seen[key] = append(d.seen[key], row)
	return true, nil
}

func (d *distinct) contains(ctx *sql.Context, rows []sql.Row, row sql.Row) (bool, error) {
	for _, other := range rows {
		if same, err := sameRow(ctx, d.schema, row, other); err != nil || same {
			return same, err
		}
	}
	return false, nil
}

// rowHash is the same for equal rows. go-mysql-server hashes the digits of a decimal as they are written: 1.5, 1.50 and -0 apart from 0.
func rowHash(ctx *sql.Context, schema sql.Schema, row sql.Row) (uint64, error) {
	plain := row
	for i, value := range row {
		d, ok := value.(*apd.Decimal)
		if !ok {
			continue
		}
		if &plain[0] == &row[0] {
			plain = append(sql.Row{}, row...)
		}
		shortest := new(apd.Decimal)
		shortest.Reduce(d)
		if shortest.IsZero() {
			shortest.Negative = false
		}
		plain[i] = shortest
	}
	return hash.HashOf(ctx, schema, plain)
}

// sameRow tells whether two rows are equal under the types and collations of a schema, NULL being equal to NULL.
func sameRow(ctx *sql.Context, schema sql.Schema, row, other sql.Row) (bool, error) {
	for i := range row {
		if row[i] == nil || other[i] == nil {
			if row[i] != nil || other[i] != nil {
				return false, nil
			}
			continue
		}
		order, err := schema[i].Type.Compare(ctx, row[i], other[i])
		if err != nil || order != 0 {
			return false, err
		}
	}
	return true, nil
}

// Close implements sql.RowIter.
func (d *distinct) Close(ctx *sql.Context) error {
	d.seen = nil
	return d.child.Close(ctx)
}

// buildDistinct builds SELECT DISTINCT.
func (b Builder) buildDistinct(ctx *sql.Context, node *plan.Distinct, row sql.Row) (sql.RowIter, error) {
	child, err := b.Base.Build(ctx, node.Child, row)
	if err != nil {
		return nil, err
	}
	return newDistinct(child, node.Schema(ctx)), nil
}

// built is a leaf over rows that are being read already; Node lends it its schema.
type built struct {
	sql.Node
	rows sql.RowIter
}

// Children implements sql.Node.
func (*built) Children() []sql.Node { return nil }

// WithChildren implements sql.Node.
func (n *built) WithChildren(_ *sql.Context, children ...sql.Node) (sql.Node, error) {
	if len(children) != 0 {
		return nil, sql.ErrInvalidChildrenNumber.New(n, len(children), 0)
	}
	return n, nil
}

// RowIter implements sql.ExecSourceRel. The rows can be read once.
func (n *built) RowIter(*sql.Context, sql.Row) (sql.RowIter, error) {
	rows := n.rows
	if rows == nil {
		return nil, io.ErrUnexpectedEOF
	}
	n.rows = nil
	return rows, nil
}
