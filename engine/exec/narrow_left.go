package exec

import (
	"context"
	"io"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/plan"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/engine/vec"
)

// When the left side of a hash join has few rows and the right one reads many, the left side is read first, and the scans on
// the right are told of its keys: rows, and groups, that nobody looks for are neither hashed nor made then.

const (
	// leftTimes is how many times the rows expected on the right must be those on the left.
	leftTimes = 4
	// leftRowsMost is the number of rows of the left side that are kept at most; when there are more, the right side is read whole.
	leftRowsMost = 1 << 19
)

// narrowedByLeft has the keys of a join's left side told to the scans on its right, where that pays; false: it does not.
func (v *vectorizer) narrowedByLeft(n *plan.JoinNode, lookup *plan.HashLookup, l, q *vec.Side, classes []vectorColumn) bool {
	left, right := expected(n.Left()), expected(lookup.Child)
	if left.rows < 0 || right.rows < 0 || left.rows*leftTimes > right.rows {
		return false
	}
	var watches []*keyWatch
	for i, entry := range columnsOf(lookup.RightEntryKey) {
		field, ok := entry.(*expression.GetField)
		if !ok || classes[i].class != vec.Whole && classes[i].class != vec.Unsigned {
			continue
		}
		scan, position, ok := leafOf(v.ctx, lookup.Child, field.Index())
		if !ok || scan.Plan.short() && vectorsOf(v.ctx) < 2 {
			continue
		}
		w := &keyWatch{Source: l.Source, ctx: v.ctx, scan: scan.Plan, key: l.Keys[i].Expr, sieves: v.sieves,
			found: JoinKeys{Position: position, Unsigned: classes[i].class == vec.Unsigned}}
		l.Source, watches = w, append(watches, w)
	}
	if watches == nil {
		return false
	}
	ahead := vec.NewAhead(l.Source)
	l.Source = ahead
	q.Source = &behindLeft{Source: q.Source, left: ahead, watches: watches}
	return true
}

// behindLeft is the right side of a join whose left side is read first.
type behindLeft struct {
	vec.Source
	left    *vec.Ahead
	watches []*keyWatch
	begun   bool
	// none: the left side has no row, so that nobody looks for any.
	none bool
}

// Next implements vec.Source.
func (r *behindLeft) Next(ctx context.Context) (*col.Batch, error) {
	if !r.begun {
		r.begun = true
		rows, all, err := r.left.Read(ctx, leftRowsMost)
		if err != nil {
			return nil, err
		}
		r.none = all && rows == 0
		for _, w := range r.watches {
			w.late = !all
		}
	}
	if r.none {
		return nil, io.EOF
	}
	return r.Source.Next(ctx)
}

// expectation is a rough guess of how many rows a node gives, and what part that is of those that its scans read; rows below 0:
// nobody knows.
type expectation struct{ rows, part float64 }

// Parts of the rows for which conditions are true, as planners guess them.
const (
	partEqual = 0.1
	partOther = 1.0 / 3
)

// expected guesses for the nodes that run on columns.
func expected(node sql.Node) expectation {
	switch n := node.(type) {
	case *Scan:
		rows, all := n.Plan.Info.Rows, max(n.Plan.Info.Rows, n.Plan.Info.Cost)
		if rows < 0 || all == 0 {
			return expectation{rows, 1}
		}
		return expectation{rows, rows / all}
	case *plan.Filter:
		return expected(n.Child).where(n.Expression)
	case *plan.Having:
		return expected(n.Child).where(n.Cond)
	case *plan.JoinNode:
		return expectedOfJoin(n)
	case *plan.GroupBy:
		if len(n.GroupByExprs) == 0 {
			return expectation{1, 1}
		}
		return expected(n.Child)
	case *plan.HashLookup, *plan.TableAlias, *plan.SubqueryAlias, *plan.CachedResults, *plan.Project, *plan.Distinct, *plan.Sort, *plan.Window, *plan.Limit, *plan.TopN, *plan.Offset:
		return expected(node.Children()[0])
	}
	return expectation{-1, 1}
}

func (e expectation) where(condition sql.Expression) expectation {
	if r, is := condition.(*residual); is {
		condition = r.Child
	}
	for _, c := range expression.SplitConjunction(nil, condition) {
		part := partOther
		switch c.(type) {
		case *expression.Equals, *expression.Like:
			part = partEqual
		}
		e.rows, e.part = e.rows*part, e.part*part
	}
	return e
}

func expectedOfJoin(n *plan.JoinNode) expectation {
	left, right := expected(n.Left()), expected(n.Right())
	if left.rows < 0 || right.rows < 0 {
		return expectation{-1, 1}
	}
	kind, _, _ := joinInputs(n)
	switch kind {
	case vec.Semi:
		return expectation{left.rows * right.part, left.part * right.part}
	case vec.Anti, excluding:
		return expectation{left.rows / 2, left.part / 2}
	case vec.LeftOuter:
		return expectation{max(left.rows, right.rows*left.part), left.part}
	}
	return expectation{max(left.rows*right.part, right.rows*left.part), left.part * right.part}
}
