package exec

import (
	"errors"
	"io"
	"slices"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/plan"

	"github.com/wasql/wasql/abi/pb"
)

// Lookup is the leaf of a plan that reads a table of a connector by an index that go-mysql-server
// chose: for the keys of the outer row, in a join or a sub-query, or for ranges known when planning.
// It stands where there was an IndexedTableAccess, and gives rows of the same shape.
type Lookup struct {
	*plan.IndexedTableAccess
	scan  *Scan
	read  ReadLookup
	keyOf KeyOf
	// run is set while the lookup is a part of one.
	run *keyRun
}

// KeyOf gives the key that a lookup of one value in each column asks for.
type KeyOf func(ctx *sql.Context, l sql.IndexLookup) (Key, error)

// ReadLookup reads the rows of one lookup.
type ReadLookup func(ctx *sql.Context, l sql.IndexLookup) (sql.RowIter, error)

var (
	_ sql.Node          = (*Lookup)(nil)
	_ sql.ExecSourceRel = (*Lookup)(nil)
	_ sql.Disposable    = (*Lookup)(nil)
	_ sql.Describable   = (*Lookup)(nil)
	_ sql.DebugStringer = (*Lookup)(nil)
	_ sql.TableWrapper  = (*Lookup)(nil)
)

// NewLookup makes the node that replaces access. p is what was negotiated for it; read opens it, or
// something else for lookups of another kind. keyOf is needed when p has Keys. ctx is the statement's.
func NewLookup(ctx *sql.Context, access *plan.IndexedTableAccess, p *ScanPlan, read ReadLookup, keyOf KeyOf) *Lookup {
	p.ctx = ctx
	return &Lookup{IndexedTableAccess: access, scan: &Scan{Plan: p}, read: read, keyOf: keyOf}
}

// Underlying implements sql.TableWrapper.
func (l *Lookup) Underlying() sql.Table { return l.Table }

// Plan is what was negotiated for lookups of the usual kind.
func (l *Lookup) Plan() *ScanPlan { return l.scan.Plan }

// WithChildren implements sql.Node.
func (l *Lookup) WithChildren(_ *sql.Context, children ...sql.Node) (sql.Node, error) {
	if len(children) != 0 {
		return nil, sql.ErrInvalidChildrenNumber.New(l, len(children), 0)
	}
	return l, nil
}

// WithExpressions implements sql.Expressioner.
func (l *Lookup) WithExpressions(ctx *sql.Context, expressions ...sql.Expression) (sql.Node, error) {
	access, err := l.IndexedTableAccess.WithExpressions(ctx, expressions...)
	if err != nil {
		return nil, err
	}
	out := *l
	out.IndexedTableAccess = access.(*plan.IndexedTableAccess)
	return &out, nil
}

// RowIter implements sql.ExecSourceRel. The row holds the values that the keys are computed from.
func (l *Lookup) RowIter(ctx *sql.Context, row sql.Row) (sql.RowIter, error) {
	if l.run != nil {
		if rows, ok, err := l.run.rows(ctx); ok || err != nil {
			return rows, err
		}
	}
	lookup, inRange, err := l.GetLookup(ctx, row)
	if err != nil {
		return nil, err
	}
	if !inRange {
		return sql.RowsToRowIter(), nil // a key that the column cannot hold
	}
	return l.read(ctx, lookup)
}

// Dispose implements sql.Disposable.
func (l *Lookup) Dispose(ctx *sql.Context) { l.scan.Dispose(ctx) }

// String implements fmt.Stringer: the tree EXPLAIN shows.
func (l *Lookup) String() string { return l.scan.String() }

// DebugString implements sql.DebugStringer.
func (l *Lookup) DebugString(*sql.Context) string { return l.String() }

// Describe implements sql.Describable.
func (l *Lookup) Describe(ctx *sql.Context, options sql.DescribeOptions) string {
	return l.scan.Describe(ctx, options)
}

// Run starts the scan with params that are bound already; the connector is asked when the first row
// is wanted.
func (p *ScanPlan) Run(params []*pb.Value) sql.RowIter {
	if p.Empty {
		return sql.RowsToRowIter()
	}
	return &scanIter{plan: p, access: &p.Main, params: params}
}

// SortedRows reads rows to the end, closes them, and gives them in the order of the keys: NULLs
// first, or last where a key descends. Rows that are equal stay as they came.
func SortedRows(ctx *sql.Context, rows sql.RowIter, keys []WatchKey) (_ sql.RowIter, err error) {
	defer func() { err = errors.Join(err, rows.Close(ctx)) }()
	var all []sql.Row
	for {
		row, err := rows.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		all = append(all, row)
	}
	slices.SortStableFunc(all, func(a, b sql.Row) int {
		for i := range keys {
			order, failed := compareKey(ctx, &keys[i], a[keys[i].Position], b[keys[i].Position])
			if failed != nil && err == nil {
				err = failed
			}
			if order != 0 {
				return order
			}
		}
		return 0
	})
	return sql.RowsToRowIter(all...), err
}
