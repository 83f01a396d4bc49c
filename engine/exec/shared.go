package exec

import (
	"context"
	"encoding/binary"
	"strings"
	"sync"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/transform"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/function"
	"github.com/wasql/wasql/engine/vec"
)

// A derived table that stands in a statement more than once, as a common table expression or a view does that is named twice, is computed
// once when it makes groups, sorts or the like. That saves its work, and it gives all places the same rows: sums of floats that are added
// in another order differ in their last digits, and are looked for by equality (SELECT … WHERE total = (SELECT MAX(total) …)).

// sharing are the derived tables of one statement that stand in it more than once.
type sharing struct {
	once sync.Once
	of   map[string]*vec.Kept
}

type sharingKey struct{}

// WithSharing gives a context for one statement, in which what stands there twice is computed once.
func WithSharing(ctx context.Context) context.Context {
	return context.WithValue(ctx, sharingKey{}, &sharing{})
}

func sharingOf(ctx context.Context) *sharing {
	s, _ := ctx.Value(sharingKey{}).(*sharing)
	return s
}

// look finds what a statement has twice, when its first node is built. One that is no query is left alone: its parts may run
// before and behind a change of what they read.
func (s *sharing) look(ctx *sql.Context, root sql.Node) {
	if s == nil {
		return
	}
	s.once.Do(func() {
		if described, ok := root.(*plan.DescribeQuery); ok {
			root = described.Query()
		}
		switch root.(type) {
		case *plan.Project, *plan.Filter, *plan.Having, *plan.Sort, *plan.TopN, *plan.Limit, *plan.Offset, *plan.GroupBy, *plan.Distinct, *plan.Window,
			*plan.JoinNode, *plan.SetOp, *plan.TableAlias, *plan.SubqueryAlias, *plan.CachedResults:
		default:
			return
		}
		texts := map[string][]*plan.SubqueryAlias{}
		derived(ctx, root, func(alias *plan.SubqueryAlias) {
			if alias.TextDefinition != "" {
				texts[alias.TextDefinition] = append(texts[alias.TextDefinition], alias)
			}
		})
		for _, same := range texts {
			s.count(ctx, same)
		}
	})
}

// count keeps what is the same not only by its text.
func (s *sharing) count(ctx *sql.Context, same []*plan.SubqueryAlias) {
	if len(same) < 2 {
		return
	}
	readers := map[string]int{}
	for _, alias := range same {
		if mark, ok := markOf(ctx, alias); ok {
			readers[mark]++
		}
	}
	for mark, n := range readers {
		if n < 2 {
			continue
		}
		if s.of == nil {
			s.of = map[string]*vec.Kept{}
		}
		s.of[mark] = vec.NewKept(n)
	}
}

// kept has the rows of a derived table; nil: it stands in the statement once.
func (s *sharing) kept(ctx *sql.Context, alias *plan.SubqueryAlias) *vec.Kept {
	if s == nil || s.of == nil || alias.TextDefinition == "" {
		return nil
	}
	mark, ok := markOf(ctx, alias)
	if !ok {
		return nil
	}
	return s.of[mark]
}

// derived visits the derived tables of a plan, those in sub-queries included.
func derived(ctx *sql.Context, node sql.Node, visit func(*plan.SubqueryAlias)) {
	if alias, ok := node.(*plan.SubqueryAlias); ok {
		visit(alias)
	}
	for _, child := range node.Children() {
		derived(ctx, child, visit)
	}
	eachSubquery(ctx, node, func(sub *plan.Subquery) { derived(ctx, sub.Query, visit) })
}

// eachSubquery visits the sub-queries in a node's own expressions.
func eachSubquery(ctx *sql.Context, node sql.Node, visit func(*plan.Subquery)) {
	expressioner, ok := node.(sql.Expressioner)
	if !ok {
		return
	}
	for _, e := range expressioner.Expressions() {
		transform.InspectExpr(ctx, e, func(_ *sql.Context, e sql.Expression) bool {
			if sub, ok := e.(*plan.Subquery); ok {
				visit(sub)
			}
			return false
		})
	}
}

// markOf gives what tells a derived table's rows and their order: two of one statement with equal marks have the same. false: it is not
// computed on columns, is not worth keeping, or may give other rows each time.
func markOf(ctx *sql.Context, alias *plan.SubqueryAlias) (string, bool) {
	if !blind(alias) || !blocks(alias.Child) || !covers(ctx, alias) || !steady(ctx, alias.Child) {
		return "", false
	}
	var mark strings.Builder
	mark.WriteString(alias.TextDefinition)
	mark.WriteByte(0)
	mark.WriteString(sql.DebugString(ctx, alias.Child))
	sound := true
	Scans(ctx, alias.Child, func(s *Scan) { sound = sound && s.Plan.mark(&mark) })
	return mark.String(), sound
}

// mark writes what a scan reads; false: that is known only when it starts.
func (p *ScanPlan) mark(to *strings.Builder) bool {
	if len(p.Params) > 0 || p.Keys != nil || p.Empty {
		return false
	}
	add := func(b []byte) {
		var size [8]byte
		binary.LittleEndian.PutUint64(size[:], uint64(len(b)))
		to.Write(size[:])
		to.Write(b)
	}
	add([]byte(p.Source.Connector()))
	request := &pb.OpenScanRequest{Table: p.Main.Table, Plan: p.Main.Plan, Params: p.Known, Arguments: p.Main.arguments(p.Known), Columns: p.Main.Columns}
	b, err := request.MarshalVT()
	if err != nil {
		return false
	}
	add(b)
	for _, column := range p.Row {
		add([]byte{byte(column.Column), byte(column.Column >> 8), byte(column.Column >> 16)})
	}
	return true
}

// blocks tells whether a node's rows come only when all of its own were read, so that keeping them makes nobody wait, and costs less
// than to make them again.
func blocks(node sql.Node) bool {
	switch n := node.(type) {
	case *plan.GroupBy, *plan.Distinct, *plan.Window, *plan.Sort, *plan.TopN:
		return true
	case *plan.Project, *plan.Filter, *plan.Having, *plan.TableAlias, *plan.SubqueryAlias, *plan.Limit, *plan.Offset:
		return blocks(n.Children()[0])
	}
	return false
}

// steady tells whether all that is computed in a plan depends on the rows that it reads alone.
func steady(ctx *sql.Context, node sql.Node) bool {
	sound := true
	if expressioner, ok := node.(sql.Expressioner); ok {
		for _, e := range expressioner.Expressions() {
			transform.InspectExpr(ctx, e, func(_ *sql.Context, e sql.Expression) bool {
				if _, call := function.CallOf(e); call {
					sound = false
					return true
				}
				_, aggregation := e.(sql.Aggregation)
				_, window := e.(sql.WindowAdaptableExpression)
				sub, value := e.(*plan.Subquery)
				sound = sound && (aggregation || window || dependsOnRow(e)) && (!value || steady(ctx, sub.Query))
				return !sound
			})
		}
	}
	for _, child := range node.Children() {
		sound = sound && steady(ctx, child)
	}
	return sound
}

// derivedTable compiles a derived table.
func (v *vectorizer) derivedTable(n *plan.SubqueryAlias) (*vectors, bool) {
	lateral := v.lateral
	v.lateral = 0 // it sees nothing beside it
	defer func() { v.lateral = lateral }()
	kept := sharingOf(v.ctx).kept(v.ctx, n)
	if kept == nil || v.piece != nil {
		return v.lazy(n.Child)
	}
	built, ok := v.node(n.Child)
	if !ok {
		return nil, false
	}
	read, columns := wide(built.columns)
	return &vectors{source: kept.Source(vec.Project(built.source, read...)), columns: columns}, true
}
