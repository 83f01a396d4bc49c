package exec

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/plan"

	"github.com/wasql/wasql/abi/pb"
)

// Scan is the leaf of a plan that reads one table of a connector as it was negotiated. It stands
// where go-mysql-server had a ResolvedTable and gives rows of the same shape; columns nobody reads
// are NULL. What the connector did not take over exactly stays in the nodes above. When the connector
// makes the groups of a GROUP BY too, the scan stands where the GROUP BY stood, and its rows are the groups.
//
// The node is immutable; what its runs share lives in ScanPlan.
type Scan struct {
	*plan.ResolvedTable
	Plan *ScanPlan
	// schema is that of the rows when they are not the table's own.
	schema sql.Schema
	// run is set while the scan is a part of one.
	run *keyRun
}

var (
	_ sql.Node          = (*Scan)(nil)
	_ sql.Table         = (*Scan)(nil)
	_ sql.ExecSourceRel = (*Scan)(nil)
	_ sql.Disposable    = (*Scan)(nil)
	_ sql.Describable   = (*Scan)(nil)
	_ sql.DebugStringer = (*Scan)(nil)
	_ sql.TableWrapper  = (*Scan)(nil)
)

// ScanPlan is a negotiated scan: what to open, which values to bind, what to watch, and what to
// say about it. It belongs to one statement.
type ScanPlan struct {
	Source Source
	// Row says what the rows look like.
	Row []ColumnRead
	// Main is the negotiated way in. With Params it has operands that get their value from the
	// outer row each time the scan starts.
	Main   Access
	Params []Param
	// Known are the values of operands that Main has as params although no outer row is needed;
	// there are no Params then.
	Known []*pb.Value
	// Bindings say, for each of Known, which literal of the statement it was made of; see Rebind.
	Bindings []Binding
	// Fallback gives the way in that needs no params, for an outer value that has no exact form
	// in the column's type. It is called at most once.
	Fallback func(ctx *sql.Context) (Access, error)
	// Empty: a condition can never be true, so that nothing is read.
	Empty bool
	// Reuse: the scan may run many times in the statement, so a finished one is started again
	// rather than opened anew.
	Reuse bool
	// Watch lists the sort keys whose order is checked row by row.
	Watch []WatchKey
	// Passed counts the rows that came through the engine's own check above the scan; nil when
	// there is none.
	Passed *atomic.Uint64
	Info   *ScanInfo
	// Narrow gives another way in, with words for EXPLAIN ANALYZE, that leaves out rows whose value of a column is none of the keys
	// of a join; nil: there is none. The scan promises as much as before then. It is called when the statement runs.
	Narrow func(ctx *sql.Context, keys *JoinKeys) (*Access, string, error)
	// Keys, when the scan is the right side of a join and takes the keys of many left rows at once.
	Keys *Keys

	ctx       *sql.Context
	explained sync.Once
	// ending is held while cursors are closed for good, so that none is still open when Release returns.
	ending sync.Mutex

	mu       sync.Mutex
	fallback *Access
	// narrowed is the way in that Narrow gave, and narrowedBy says why.
	narrowed   *Access
	narrowedBy string
	// sifted is how many rows the engine left out for joins.
	sifted   atomic.Uint64
	idle     Cursor
	idleOf   *Access
	idleKeys KeyCursor
	// keysOff: the keys cannot be sent together after all.
	keysOff  atomic.Bool
	open     []opened
	done     Counters
	disposed bool
	watched  bool
	// onColumns names the last node above that ran on columns.
	onColumns string
}

// opened is what a plan holds open: a Cursor or a KeyCursor.
type opened interface {
	Counters() Counters
	Close() error
}

// Access is a plan a connector answered, ready to be opened.
type Access struct {
	Table *pb.TableRef
	Plan  []byte
	// Columns are the declared positions to read, ascending.
	Columns []uint32
	// Partitionable: the connector can name pieces of it that may be read side by side.
	Partitionable bool
	// Arguments has, for each position the connector asked for, the operands in order.
	Arguments [][]Operand
	// Rows, or a negative number when the connector gave no estimate.
	Rows float64
	Cost float64
}

// Operand is a value known now, or the number of a param.
type Operand struct {
	Value *pb.Value
	Param int
}

// WatchKey is one sort key the connector claims to keep.
type WatchKey struct {
	// Position in the row.
	Position   int
	Type       sql.Type
	Descending bool
	Name       string
}

// NewScan makes the node that replaces table. ctx is the statement's: a node is printed without one.
func NewScan(ctx *sql.Context, table *plan.ResolvedTable, p *ScanPlan) *Scan {
	p.ctx = ctx
	return &Scan{ResolvedTable: table, Plan: p}
}

// NewGroups makes the node that replaces a GROUP BY over table: its rows have the schema, one for each group. ctx is as in NewScan.
func NewGroups(ctx *sql.Context, table *plan.ResolvedTable, p *ScanPlan, schema sql.Schema) *Scan {
	s := NewScan(ctx, table, p)
	s.schema = schema
	return s
}

// Schema implements sql.Node.
func (s *Scan) Schema(ctx *sql.Context) sql.Schema {
	if s.schema != nil {
		return s.schema
	}
	return s.ResolvedTable.Schema(ctx)
}

// Underlying implements sql.TableWrapper: UPDATE and DELETE find there what they write to.
func (s *Scan) Underlying() sql.Table { return s.Table }

// Children implements sql.Node: a scan is a leaf.
func (s *Scan) Children() []sql.Node { return nil }

// WithChildren implements sql.Node.
func (s *Scan) WithChildren(_ *sql.Context, children ...sql.Node) (sql.Node, error) {
	if len(children) != 0 {
		return nil, sql.ErrInvalidChildrenNumber.New(s, len(children), 0)
	}
	return s, nil
}

// IsReadOnly implements sql.Node.
func (s *Scan) IsReadOnly() bool { return true }

// RowIter implements sql.ExecSourceRel. The row holds the values of the enclosing scopes, and of
// the tables joined before this one: params are computed from it now, the connector is not asked
// before the first row is wanted.
func (s *Scan) RowIter(ctx *sql.Context, row sql.Row) (sql.RowIter, error) {
	p := s.Plan
	if p.Empty {
		return sql.RowsToRowIter(), nil
	}
	if s.run != nil {
		if rows, ok, err := s.run.rows(ctx); ok || err != nil {
			return rows, err
		}
	}
	it := &scanIter{plan: p, access: &p.Main, params: p.Known}
	if len(p.Params) == 0 {
		return it, nil
	}
	none, err := it.bind(ctx, row)
	if err != nil {
		return nil, err
	}
	if none {
		return sql.RowsToRowIter(), nil
	}
	return it, nil
}

func (p *ScanPlan) fallbackAccess(ctx *sql.Context) (*Access, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fallback == nil {
		access, err := p.Fallback(ctx)
		if err != nil {
			return nil, err
		}
		p.fallback = &access
	}
	return p.fallback, nil
}

// take gives a cursor left by an earlier run of the same access, or nil.
func (p *ScanPlan) take(access *Access) Cursor {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.idle == nil || p.idleOf != access {
		return nil
	}
	cursor := p.idle
	p.idle, p.idleOf = nil, nil
	return cursor
}

// keep leaves a cursor to the next run; false when it must be closed instead.
func (p *ScanPlan) keep(ctx context.Context, cursor Cursor, access *Access) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.Reuse || p.disposed || p.idle != nil {
		return false
	}
	p.idle, p.idleOf = cursor, access
	p.watch(ctx)
	return true
}

// watch has what is idle closed with its statement. One that ends without disposing of its plan, as
// EXPLAIN ANALYZE does, must not keep an instance.
func (p *ScanPlan) watch(ctx context.Context) {
	if !p.watched {
		p.watched = true
		context.AfterFunc(ctx, p.dropIdle)
	}
}

// dropIdle closes the cursor that was left to a next run. It runs beside the statement when the context of a
// part of it ends, as that of a trigger's body does; Release waits for it.
func (p *ScanPlan) dropIdle() {
	p.ending.Lock()
	defer p.ending.Unlock()
	p.mu.Lock()
	cursor, keys := p.idle, p.idleKeys
	p.idle, p.idleOf, p.idleKeys = nil, nil, nil
	p.mu.Unlock()
	// Their rows were read; nobody is left to tell.
	if cursor != nil {
		_ = p.close(cursor)
	}
	if keys != nil {
		_ = p.close(keys)
	}
}

func (p *ScanPlan) opened(ctx *sql.Context, cursor opened) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open == nil {
		// go-mysql-server leaves iterators open: those of cursors that nobody closes, of sub-queries
		// whose first rows were enough. They must not keep an instance.
		atEnd(ctx, func() { _ = p.Release() }) // the statement has been answered
	}
	p.open = append(p.open, cursor)
	p.done.Scans++
	p.disposed = false
}

// atEnd has f called when the statement of ctx is over, where the session knows when that is; forget
// takes it back.
func atEnd(ctx *sql.Context, f func()) (forget func()) {
	if session, ok := ctx.Session.(interface{ AtEnd(func()) func() }); ok {
		return session.AtEnd(f)
	}
	return func() {}
}

func (p *ScanPlan) rescanned() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done.Rescans++
}

func (p *ScanPlan) close(cursor opened) error {
	p.mu.Lock()
	if i := slices.Index(p.open, cursor); i >= 0 {
		p.open = slices.Delete(p.open, i, i+1)
		p.done.Add(cursor.Counters())
	}
	p.mu.Unlock()
	return cursor.Close()
}

// Counters sums what all runs of the scan did so far.
func (p *ScanPlan) Counters() Counters {
	p.mu.Lock()
	defer p.mu.Unlock()
	total := p.done
	for _, cursor := range p.open {
		total.Add(cursor.Counters())
	}
	return total
}

// Removed counts the rows that the check above the scan removed. It is right once the scan was
// read to its end.
func (p *ScanPlan) Removed() int64 {
	if p.Passed == nil {
		return 0
	}
	rows := p.Counters().Rows
	return rows - min(rows, int64(p.Passed.Load()))
}

// Dispose implements sql.Disposable: the statement is over, whatever is still open is closed.
func (s *Scan) Dispose(ctx *sql.Context) {
	if err := s.Plan.Release(); err != nil {
		ctx.GetLogger().WithError(err).Warn("close a scan")
	}
}

// Release closes whatever is still open, and gives the first error. Counters stay.
func (p *ScanPlan) Release() error {
	p.ending.Lock()
	defer p.ending.Unlock()
	p.mu.Lock()
	p.disposed = true
	p.idle, p.idleOf, p.idleKeys = nil, nil, nil
	left := slices.Clone(p.open)
	p.mu.Unlock()
	var first error
	for _, cursor := range left {
		if err := p.close(cursor); err != nil && first == nil {
			first = err
		}
	}
	return first
}
