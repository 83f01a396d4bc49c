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

// setRows are the rows of one side that the other one has too, or that it has not. Equal rows come together, in the order in which the
// first of each came, as on columns.
type setRows struct {
	left, right sql.RowIter
	schema      sql.Schema
	except, all bool
	read        bool
	// groups are the different rows of the left side in order, and known has them by their hash.
	groups []*setRow
	known  map[uint64][]*setRow
	given  int
}

// setRow is a row with how often it came on each side.
type setRow struct {
	row         sql.Row
	left, right int
}

// Next implements sql.RowIter.
func (s *setRows) Next(ctx *sql.Context) (sql.Row, error) {
	if !s.read {
		s.read, s.known = true, map[uint64][]*setRow{}
		if err := s.fill(ctx, s.left, true); err != nil {
			return nil, err
		}
		if err := s.fill(ctx, s.right, false); err != nil {
			return nil, err
		}
	}
	for len(s.groups) > 0 {
		if g := s.groups[0]; s.given < s.times(g) {
			s.given++
			return g.row, nil
		}
		s.groups, s.given = s.groups[1:], 0
	}
	return nil, io.EOF
}

// times tells how often a row is given.
func (s *setRows) times(g *setRow) int {
	switch {
	case s.all && s.except:
		return g.left - g.right
	case s.all:
		return min(g.left, g.right)
	case (g.right > 0) != s.except:
		return 1
	}
	return 0
}

// fill counts the rows of one side.
func (s *setRows) fill(ctx *sql.Context, rows sql.RowIter, left bool) error {
	for {
		row, err := rows.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		group, err := s.find(ctx, row, left)
		switch {
		case err != nil:
			return err
		case left:
			group.left++
		case group != nil:
			group.right++
		}
	}
}

// own is a row without the values of an outer one, which stand before its own in some sub-queries.
func (s *setRows) own(row sql.Row) sql.Row { return row[max(0, len(row)-len(s.schema)):] }

// find gives what is known of a row; nil: it did not come, and is not to be added.
func (s *setRows) find(ctx *sql.Context, row sql.Row, add bool) (*setRow, error) {
	key, err := rowHash(ctx, s.schema, s.own(row))
	if err != nil {
		return nil, err
	}
	for _, group := range s.known[key] {
		if same, err := sameRow(ctx, s.schema, s.own(group.row), s.own(row)); err != nil || same {
			return group, err
		}
	}
	if !add {
		return nil, nil
	}
	group := &setRow{row: row}
	s.known[key] = append(s.known[key], group)
	s.groups = append(s.groups, group)
	return group, nil
}

// Close implements sql.RowIter.
func (s *setRows) Close(ctx *sql.Context) error {
	s.known, s.groups, s.read = nil, nil, true
	return errors.Join(s.left.Close(ctx), s.right.Close(ctx))
}
