package exec

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/plan"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/engine/vec"
)

// The right side of a hash join is read whole before the first row of the left one. What its keys are is told to the scan on the
// left then, which need not send rows that match none of them: as a further condition, which the join checks in any case.
// What it sends all the same, the engine sifts before anything else is done with it.

// JoinKeys are the keys of the right side of a hash join: whole numbers, days or microseconds as int64.
type JoinKeys struct {
	// Position of the column in the rows of the scan that they are compared with.
	Position int
	// Unsigned: they are the bits of uint64s.
	Unsigned bool
	// Values are all of them, each once; nil when they are too many.
	Values []int64
	// Least and Most bound them.
	Least, Most int64
}

// joinKeysMax is how many keys are listed.
const joinKeysMax = 1000

// narrowFrom is the number of rows from which a scan is asked to leave some out.
const narrowFrom = 1000

// way is how the scan is opened now.
func (p *ScanPlan) way() *Access {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.narrowed != nil {
		return p.narrowed
	}
	return &p.Main
}

// narrow takes the keys of a join for the scans to come; nil: there are none.
func (p *ScanPlan) narrow(ctx *sql.Context, keys *JoinKeys) error {
	var access *Access
	text := ""
	if keys != nil {
		var err error
		if access, text, err = p.Narrow(ctx, keys); err != nil {
			return err
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.narrowed = access
	if access != nil {
		p.narrowedBy = text
	}
	return nil
}

func (p *ScanPlan) narrowedText() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.narrowedBy
}

// narrowed has the keys of a join's right side told to the scans on its left, where that changes no row of the join.
func (v *vectorizer) narrowed(n *plan.JoinNode, kind vec.JoinKind, lookup *plan.HashLookup, right vec.Source, keys []vec.Key, classes []vectorColumn) vec.Source {
	if kind != vec.Inner && kind != vec.Semi {
		return right
	}
	for i, probe := range columnsOf(lookup.LeftProbeKey) {
		field, ok := probe.(*expression.GetField)
		if !ok || classes[i].class != vec.Whole && classes[i].class != vec.Unsigned {
			continue
		}
		scan, position, ok := leafOf(v.ctx, n.Left(), field.Index()-v.lateral)
		if !ok || scan.Plan.short() && vectorsOf(v.ctx) < 2 {
			continue
		}
		right = &keyWatch{Source: right, ctx: v.ctx, scan: scan.Plan, key: keys[i].Expr, sieves: v.sieves,
			found: JoinKeys{Position: position, Unsigned: classes[i].class == vec.Unsigned}}
	}
	return right
}

// leafOf finds the scan that the i-th column of a node's rows comes from, when a row of the scan that is left out takes away only
// rows that have its value in that column.
func leafOf(ctx *sql.Context, node sql.Node, i int) (*Scan, int, bool) {
	if i < 0 {
		return nil, 0, false
	}
	switch n := node.(type) {
	case *Scan:
		return n, i, n.schema == nil && i < len(n.Plan.Row) && n.Plan.Row[i].Column >= 0
	case *plan.TableAlias:
		return leafOf(ctx, n.Child, i)
	case *plan.Filter, *plan.Having, *plan.Distinct, *plan.Sort, *plan.CachedResults:
		return leafOf(ctx, n.Children()[0], i)
	case *plan.SubqueryAlias:
		if blind(n) && sharingOf(ctx).kept(ctx, n) == nil { // what others read too stays whole
			return leafOf(ctx, n.Child, i)
		}
	case *plan.GroupBy:
		if i < len(n.SelectDeps) {
			if field, ok := n.SelectDeps[i].(*expression.GetField); ok && slices.ContainsFunc(n.GroupByExprs, func(e sql.Expression) bool { return sameField(e, field) }) {
				return leafOf(ctx, n.Child, field.Index())
			}
		}
	case *plan.Project:
		if i < len(n.Projections) {
			if field, ok := n.Projections[i].(*expression.GetField); ok {
				return leafOf(ctx, n.Child, field.Index())
			}
		}
	case *plan.JoinNode:
		width := len(n.Left().Schema(ctx))
		switch {
		case i < width && joinKinds[n.Op] != 0:
			return leafOf(ctx, n.Left(), i)
		case joinKinds[n.Op] == vec.Inner:
			if lookup, ok := n.Right().(*plan.HashLookup); ok {
				return leafOf(ctx, lookup.Child, i-width)
			}
		}
	}
	return nil, 0, false
}

// keyWatch looks at the keys of the rows that go by, and tells a scan about them at the end.
type keyWatch struct {
	vec.Source
	ctx   *sql.Context
	scan  *ScanPlan
	key   vec.Expr
	found JoinKeys
	seen  map[int64]struct{}
	some  bool
	begun bool
	sieve *vec.Sieve
	// late: whoever is to be told has begun.
	late bool
	// sieves are told at the end.
	sieves *sieves
}

// Next implements vec.Source.
func (w *keyWatch) Next(ctx context.Context) (*col.Batch, error) {
	if !w.begun {
		w.begun, w.seen, w.sieve = true, map[int64]struct{}{}, &vec.Sieve{}
		if w.asks() {
			if err := w.scan.narrow(w.ctx, nil); err != nil {
				return nil, err
			}
		}
	}
	b, err := w.Source.Next(ctx)
	if errors.Is(err, io.EOF) {
		if err := w.tell(); err != nil {
			return nil, err
		}
		return nil, io.EOF
	}
	if err != nil {
		return nil, err
	}
	return b, w.look(b)
}

func (w *keyWatch) look(b *col.Batch) error {
	v, err := w.key.Eval(b)
	if err != nil {
		return err
	}
	w.sieve.Add(v, b)
	for i := range b.Len() {
		row := b.Row(i)
		if v.IsNull(row) {
			continue // it matches nothing
		}
		x := v.Int64(row)
		if !w.some {
			w.some, w.found.Least, w.found.Most = true, x, x
		}
		if w.found.Unsigned {
			w.found.Least, w.found.Most = int64(min(uint64(w.found.Least), uint64(x))), int64(max(uint64(w.found.Most), uint64(x)))
		} else {
			w.found.Least, w.found.Most = min(w.found.Least, x), max(w.found.Most, x)
		}
		if w.seen != nil {
			w.seen[x] = struct{}{}
			if len(w.seen) > joinKeysMax {
				w.seen = nil
			}
		}
	}
	return nil
}

// asks tells whether the connector can leave rows out, too.
func (w *keyWatch) asks() bool {
	return w.scan.Narrow != nil && len(w.scan.Params) == 0 && !w.scan.short()
}

// short tells whether a scan has so few rows that none need be left out.
func (p *ScanPlan) short() bool { return p.Info.Rows >= 0 && p.Info.Rows < narrowFrom }

func (w *keyWatch) tell() error {
	if w.late {
		return nil
	}
	if w.sieve.Done() {
		w.sieves.tell(w.scan, &sieve{Sieve: w.sieve, position: w.found.Position})
	}
	if !w.some {
		return nil // the join gives nothing, or reads nothing
	}
	for x := range w.seen {
		w.found.Values = append(w.found.Values, x)
	}
	w.seen = nil
	if !w.asks() {
		return nil
	}
	return w.scan.narrow(w.ctx, &w.found)
}

// String says what the keys are, for EXPLAIN ANALYZE.
func (k *JoinKeys) String() string {
	if k.Values != nil {
		return fmt.Sprintf("%d keys of a join", len(k.Values))
	}
	return "the least and greatest key of a join"
}
