package exec

import (
	"errors"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/plan"
)

// buildJoin builds a join that reads its right side for each row of the left by keys, so that many keys are
// sent in one call. Which rows come, and in what order, is go-mysql-server's affair as before.
func (b Builder) buildJoin(ctx *sql.Context, n *plan.JoinNode, row sql.Row) (sql.RowIter, error) {
	if n.Op.IsFullOuter() || n.Op.IsCross() || n.Op.IsPlaceholder() || n.Op.IsMerge() || n.Op.IsLateral() || n.Op.IsRange() || n.Op.IsHash() {
		return nil, nil
	}
	if _, begun := n.Left().(*ahead); begun {
		return nil, nil
	}
	leaf := keyedLeaf(n.Right())
	if leaf == nil {
		return nil, nil
	}
	p := leaf.keyPlan()
	width := len(n.Left().Schema(ctx))
	run := &keyRun{leaf: leaf, plan: p, row: make(sql.Row, len(row)+width), width: width, size: keysMax}
	copy(run.row, row)
	if p.Keys.Few {
		run.size = keysFirst
	}
	right, err := within(ctx, n.Right(), run)
	if err != nil {
		return nil, err
	}
	join, err := n.WithChildren(ctx, &ahead{plan.UnaryNode{Child: n.Left()}, run}, right)
	if err != nil {
		return nil, err
	}
	return b.Base.Build(ctx, join, row)
}

// keyedLeaf finds the leaf below an alias and filters; nil when it is none that takes keys.
func keyedLeaf(n sql.Node) keyed {
	for {
		switch x := n.(type) {
		case *plan.Filter:
			n = x.Child
		case *plan.TableAlias:
			n = x.Child
		case keyed:
			if x.keyPlan() == nil {
				return nil
			}
			return x
		default:
			return nil
		}
	}
}

// within puts the leaf's part of a run into the right side.
func within(ctx *sql.Context, n sql.Node, run *keyRun) (sql.Node, error) {
	if leaf, ok := n.(keyed); ok {
		return leaf.within(run), nil
	}
	child, err := within(ctx, n.Children()[0], run)
	if err != nil {
		return nil, err
	}
	return n.WithChildren(ctx, child)
}

// ahead is the left side of a join, read ahead.
type ahead struct {
	plan.UnaryNode
	run *keyRun
}

var _ sql.Node = (*ahead)(nil)

// Schema implements sql.Node.
func (a *ahead) Schema(ctx *sql.Context) sql.Schema { return a.Child.Schema(ctx) }

// String implements fmt.Stringer.
func (a *ahead) String() string { return a.Child.String() }

// IsReadOnly implements sql.Node.
func (a *ahead) IsReadOnly() bool { return a.Child.IsReadOnly() }

// WithChildren implements sql.Node.
func (a *ahead) WithChildren(_ *sql.Context, children ...sql.Node) (sql.Node, error) {
	if len(children) != 1 {
		return nil, sql.ErrInvalidChildrenNumber.New(a, len(children), 1)
	}
	return &ahead{plan.UnaryNode{Child: children[0]}, a.run}, nil
}

func (b Builder) buildAhead(ctx *sql.Context, a *ahead, row sql.Row) (sql.RowIter, error) {
	left, err := b.Base.Build(ctx, a.Child, row)
	if err != nil {
		return nil, err
	}
	return &aheadRows{left, a.run}, nil
}

type aheadRows struct {
	left sql.RowIter
	run  *keyRun
}

// Next implements sql.RowIter.
func (a *aheadRows) Next(ctx *sql.Context) (sql.Row, error) { return a.run.advance(ctx, a.left) }

// Close implements sql.RowIter.
func (a *aheadRows) Close(ctx *sql.Context) error {
	return errors.Join(a.left.Close(ctx), a.run.close())
}
