package exec

import (
	"errors"
	"io"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/plan"
)

// buildSetOp builds UNION, INTERSECT and EXCEPT: the rows of both sides, compared under their types and collations, then sorted and cut.
// go-mysql-server compares texts byte by byte, takes NULL and '<nil>' for one value, and leaves the rows of an OFFSET out before it sorts.
func (b Builder) buildSetOp(ctx *sql.Context, n *plan.SetOp, row sql.Row) (sql.RowIter, error) {
	over := len(n.SortConditions) > 0 || n.Offset != nil
	if n.SetOpType == plan.UnionType && !n.Distinct && !over {
		return nil, nil // nothing is compared
	}
	rows, err := b.setRows(ctx, n, row)
	if err != nil {
		return nil, err
	}
	if !over && n.Limit == nil {
		return rows, nil
	}
	var above sql.Node = &built{Node: n, rows: rows}
	if len(n.SortConditions) > 0 {
		above = plan.NewSort(n.SortConditions, above)
	}
	if n.Offset != nil {
		above = plan.NewOffset(n.Offset, above)
	}
	if n.Limit != nil {
		above = plan.NewLimit(n.Limit, above)
	}
	iter, err := b.Base.Build(ctx, above, row)
	if err != nil {
		return nil, errors.Join(err, rows.Close(ctx))
	}
	return iter, nil
}

// setRows gives the rows of both sides, combined.
func (b Builder) setRows(ctx *sql.Context, n *plan.SetOp, row sql.Row) (sql.RowIter, error) {
	schema := n.Schema(ctx)
	if n.SetOpType == plan.UnionType {
		all, err := b.Base.Build(ctx, plan.NewSetOp(plan.UnionType, n.Left(), n.Right(), false, nil, nil, nil), row)
		if err != nil || !n.Distinct {
			return all, err
		}
		return newDistinct(all, schema), nil
	}
	left, err := b.Base.Build(ctx, n.Left(), row)
	if err != nil {
		return nil, err
	}
	right, err := b.Base.Build(ctx, n.Right(), row)
	if err != nil {
		return nil, errors.Join(err, left.Close(ctx))
	}
	return &setRows{left: left, right: right, schema: schema, except: n.SetOpType == plan.ExceptType, all: !n.Distinct}, nil
}

// setRows are the rows of one side that the other one has too, or that it has not.
type setRows struct {
	left, right sql.RowIter
	schema      sql.Schema
	except, all bool
	// seen has the rows of the right side, and, when each comes once only, those of the left that came.
	seen map[uint64][]*setRow
}

// setRow is a row with how often it may still be taken for one of the left side.
type setRow struct {
	row   sql.Row
	count int
}

// Next implements sql.RowIter.
func (s *setRows) Next(ctx *sql.Context) (sql.Row, error) {
	if s.seen == nil {
		if err := s.fill(ctx); err != nil {
			return nil, err
		}
	}
	for {
		row, err := s.left.Next(ctx)
		if err != nil {
			return nil, err
		}
		passes, err := s.passes(ctx, s.own(row))
		if err != nil {
			return nil, err
		}
		if passes {
			return row, nil
		}
	}
}

// own is a row without the values of an outer one, which stand before its own in some sub-queries.
func (s *setRows) own(row sql.Row) sql.Row { return row[max(0, len(row)-len(s.schema)):] }

func (s *setRows) fill(ctx *sql.Context) error {
	s.seen = map[uint64][]*setRow{}
	for {
		row, err := s.right.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		known, err := s.find(ctx, s.own(row), true)
		if err != nil {
			return err
		}
		known.count++
	}
}

// find gives what is known of a row; nil: it did not come, and is not to be added.
func (s *setRows) find(ctx *sql.Context, row sql.Row, add bool) (*setRow, error) {
	key, err := rowHash(ctx, s.schema, row)
	if err != nil {
		return nil, err
	}
	for _, known := range s.seen[key] {
		if same, err := sameRow(ctx, s.schema, known.row, row); err != nil || same {
			return known, err
		}
	}
	if !add {
		return nil, nil
	}
	known := &setRow{row: row}
	s.seen[key] = append(s.seen[key], known)
	return known, nil
}

// gone is the count of a row that need not come again.
const gone = -1

func (s *setRows) passes(ctx *sql.Context, row sql.Row) (bool, error) {
	known, err := s.find(ctx, row, s.except && !s.all)
	switch {
	case err != nil:
		return false, err
	case s.except && !s.all:
		first := known.count == 0
		known.count = gone
		return first, nil
	case known == nil || known.count <= 0:
		return s.except, nil
	}
	if known.count--; !s.all {
		known.count = gone
	}
	return !s.except, nil
}

// Close implements sql.RowIter.
func (s *setRows) Close(ctx *sql.Context) error {
	s.seen = nil
	return errors.Join(s.left.Close(ctx), s.right.Close(ctx))
}
