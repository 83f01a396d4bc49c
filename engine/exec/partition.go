package exec

import (
	"context"
	"math"
	"runtime"
	"sync"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/types"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/vec"
)

// The session variables of scans that several instances read at once. They change how a query runs; of its rows only sums of floats,
// which are added piece by piece.
const (
	// VariableParallel is how many instances of a connector may read one scan: 1 is one after the other.
	VariableParallel = "wasql_parallel"
	// VariableParallelRows is the number of rows from which a scan is read so.
	VariableParallelRows = "wasql_parallel_rows"
)

const (
	lanesMax        = 1024
	parallelRows    = 50_000
	piecesLeast     = 16
	piecesMost      = 1024
	pieceBytes      = 8 << 20
	pieceRowsLeast  = 8 << 10
	rowBytesUnknown = 64
)

func addParallelVariables() {
	lanes := int64(min(max(runtime.GOMAXPROCS(0), 1), lanesMax))
	number := func(name string, low, high, value int64) sql.SystemVariable {
		return &sql.MysqlSystemVariable{
			Name: name, Scope: sql.GetMysqlScope(sql.SystemVariableScope_Both), Dynamic: true, SetVarHintApplies: true,
			Type: types.NewSystemIntType(name, low, high, false), Default: value,
		}
	}
	sql.SystemVariables.AddSystemVariables([]sql.SystemVariable{
		number(VariableParallel, 1, lanesMax, lanes), number(VariableParallelRows, 0, math.MaxInt64, parallelRows),
	})
}

// Parted is a Source whose scans may come in pieces that several instances read at once.
type Parted interface {
	Source
	// Parted tells whether they can.
	Parted() bool
	// Pieces gives the pieces of a scan, about wanted of them; none: it is read as a whole. request says how each is opened, but for
	// the piece.
	Pieces(ctx *sql.Context, request *pb.OpenScanRequest, wanted int, columns []ColumnRead) (Pieces, error)
}

// Pieces are the pieces of one scan, in their order. Open may be called by several goroutines.
type Pieces interface {
	// Len is how many there are, and Lanes how many of them can be open at once.
	Len() int
	Lanes() int
	// Open starts reading one; the counters are final when its cursor is closed.
	Open(ctx context.Context, piece int) (PieceCursor, error)
}

// PieceCursor reads a piece. It is not safe for concurrent use.
type PieceCursor interface {
	// Rows has its batches.
	Rows() *Rows
	Counters() Counters
	Close() error
}

// integerVariable reads one; a session made before there was one has none.
func integerVariable(ctx *sql.Context, name string, otherwise int64) int64 {
	value, err := ctx.GetSessionVariable(ctx, name)
	if err != nil {
		return otherwise
	}
	n, ok := value.(int64)
	if !ok {
		return otherwise
	}
	return n
}

// lanesOf is how many instances may read a scan at once; 1: it is not read so.
func lanesOf(ctx *sql.Context, s *Scan) int {
	p := s.Plan
	source, ok := p.Source.(Parted)
	if !ok || !p.Main.Partitionable || p.Empty || p.Reuse || len(p.Params) > 0 || len(p.Watch) > 0 || s.run != nil || apartOf(ctx) != nil || !source.Parted() {
		return 1
	}
	lanes := integerVariable(ctx, VariableParallel, 1)
	least := float64(integerVariable(ctx, VariableParallelRows, parallelRows))
	if known := p.Info.Rows >= 0 || p.Info.Cost >= 0; known && max(p.Info.Rows, p.Info.Cost) < least {
		return 1
	}
	return int(lanes)
}

// piecesWanted is how many pieces a scan is asked for in: small enough that those read ahead fit memory and that no lane is left alone
// with the last one, large enough that opening them does not count. Up to four lanes it does not depend on their number.
func (p *ScanPlan) piecesWanted(ctx *sql.Context, lanes int) int {
	rows, bytes := max(p.Info.Rows, p.Info.Cost), p.Info.RowBytes
	if rows < 0 {
		return max(piecesLeast, 4*lanes)
	}
	if bytes < 0 {
		bytes = rowBytesUnknown
	}
	most := max(piecesLeast, 4*lanes, int(min(rows*bytes/pieceBytes, piecesMost)))
	// Of small scans that are read so all the same, pieces are smaller.
	least := min(pieceRowsLeast, max(1, integerVariable(ctx, VariableParallelRows, parallelRows)/4))
	return max(1, min(most, int(rows/float64(least))+1))
}

// chainScan gives the scan below a node when nothing but conditions, projections and names is between.
func chainScan(node sql.Node) *Scan {
	for {
		switch n := node.(type) {
		case *Scan:
			return n
		case *plan.TableAlias:
			node = n.Child
		case *plan.SubqueryAlias:
			if n.OuterScopeVisibility || n.IsLateral {
				return nil
			}
			node = n.Child
		case *plan.Filter:
			node = n.Child
		case *plan.Having:
			node = n.Child
		case *plan.Project:
			node = n.Child
		default:
			return nil
		}
	}
}

// lanesBelow tells whether a node's rows can be made piece by piece: lanes above 1.
func (v *vectorizer) lanesBelow(node sql.Node) (*Scan, int) {
	if v.piece != nil {
		return nil, 1
	}
	scan := chainScan(node)
	if scan == nil {
		return nil, 1
	}
	return scan, lanesOf(v.ctx, scan)
}

// pieceOf compiles a node for one piece of its scan.
func (v *vectorizer) pieceOf(node sql.Node, ctx *sql.Context, piece input) (*vectors, bool) {
	part := &vectorizer{ctx: ctx, lateral: v.lateral, offset: v.offset, piece: piece, sieves: v.sieves}
	return part.node(node)
}

// shape compiles a node as for a piece, without one: it tells what the columns are, and whether it can be.
func (v *vectorizer) shape(node sql.Node) (*vectors, bool) { return v.pieceOf(node, v.ctx, nothing{}) }

// nothing is the piece that shape compiles for.
type nothing struct{ input }

// pieces compiles a node that stands over a scan with only conditions and projections between: each piece is read, filtered and
// computed on a goroutine, and the rows come in the order of the pieces.
func (v *vectorizer) pieces(node sql.Node) (*vectors, bool) {
	scan, lanes := v.lanesBelow(node)
	if lanes < 2 {
		return nil, false
	}
	shape, ok := v.shape(node)
	if !ok {
		return nil, false
	}
	out := &vectors{columns: make([]vectorColumn, len(shape.columns))}
	_, columns := wide(shape.columns)
	copy(out.columns, columns)
	out.source = v.exchange(scan, lanes, func(ctx *sql.Context, piece input) (vec.Source, bool) {
		part, ok := v.pieceOf(node, ctx, piece)
		if !ok {
			return nil, false
		}
		exprs, _ := wide(part.columns)
		return vec.Project(part.source, exprs...), true
	})
	return out, true
}

// wide gives the columns that are read, and what they are when they stand side by side in a batch.
func wide(columns []vectorColumn) (read []vec.Expr, out []vectorColumn) {
	out = make([]vectorColumn, len(columns))
	for i, c := range columns {
		out[i] = c
		if c.expr != nil {
			out[i].expr = vec.Column(len(read), c.expr.Field())
			read = append(read, c.expr)
		}
	}
	return read, out
}

// exchange reads the pieces of a scan through what compile makes of each.
func (v *vectorizer) exchange(scan *Scan, lanes int, compile func(*sql.Context, input) (vec.Source, bool)) vec.Source {
	v.scans = append(v.scans, scan.Plan)
	x := &pieceReader{ctx: v.ctx, plan: scan.Plan, lanes: lanes, compile: compile}
	x.source = vec.Exchange(x)
	return x.source
}

// pieceReader is the vec.Pieces of a scan.
type pieceReader struct {
	ctx     *sql.Context
	plan    *ScanPlan
	lanes   int
	compile func(*sql.Context, input) (vec.Source, bool)
	source  vec.Source
	opened  Pieces
	parts   []compiledPiece

	mu       sync.Mutex
	counters Counters
}

// compiledPiece is one piece with what is made of it.
type compiledPiece struct {
	session *laneSession
	piece   *piece
	source  vec.Source
}

// Start implements vec.Pieces.
func (r *pieceReader) Start(context.Context) (pieces, lanes int, err error) {
	p := r.plan
	a := p.way()
	if !a.Partitionable {
		a = &p.Main
	}
	request := &pb.OpenScanRequest{Table: a.Table, Plan: a.Plan, Params: p.Known, Arguments: a.arguments(p.Known), Columns: a.Columns}
	if r.opened, err = p.Source.(Parted).Pieces(r.ctx, request, p.piecesWanted(r.ctx, r.lanes), p.Row); err != nil {
		return 0, 0, err
	}
	r.parts = make([]compiledPiece, r.opened.Len())
	for i := range r.parts {
		session := &laneSession{Session: r.ctx.Session}
		ctx := r.ctx.WithContext(r.ctx.Context)
		ctx.Session = session
		one := &piece{reader: r, number: i}
		source, ok := r.compile(ctx, one)
		if !ok {
			return 0, 0, errPieceDiffers
		}
		r.parts[i] = compiledPiece{session: session, piece: one, source: source}
	}
	r.lanes = max(1, min(r.lanes, r.opened.Lanes(), len(r.parts)))
	r.counters.Pieces, r.counters.Lanes = int64(len(r.parts)), int64(r.lanes)
	p.opened(r.ctx, r)
	return len(r.parts), r.lanes, nil
}

// Open implements vec.Pieces.
func (r *pieceReader) Open(ctx context.Context, i int) (vec.Source, error) {
	r.parts[i].piece.ctx = ctx
	return r.parts[i].source, nil
}

// Passed implements vec.Pieces: what was warned of in a piece is told where a single reader would.
func (r *pieceReader) Passed(i int) {
	for _, w := range r.parts[i].session.warnings {
		r.ctx.Session.Warn(w)
	}
	r.parts[i] = compiledPiece{}
}

// Counters implements opened: what the pieces did that were read.
func (r *pieceReader) Counters() Counters {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.counters
}

// Close implements opened: the statement is over.
func (r *pieceReader) Close() error { return r.source.Close() }

// piece is a piece as a vectorSource reads it.
type piece struct {
	reader *pieceReader
	number int
	// ctx is the goroutine's.
	ctx    context.Context
	cursor PieceCursor
}

// open implements input.
func (p *piece) open(*sql.Context) (_ *Rows, err error) {
	if p.cursor, err = p.reader.opened.Open(p.ctx, p.number); err != nil {
		return nil, err
	}
	return p.cursor.Rows(), nil
}

// end implements input.
func (p *piece) end(*sql.Context) error { return p.drop() }

// drop implements input.
func (p *piece) drop() error {
	if p.cursor == nil {
		return nil
	}
	cursor, r := p.cursor, p.reader
	p.cursor = nil
	err := cursor.Close()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counters.Add(cursor.Counters())
	return err
}

// laneSession is a session for a goroutine: it keeps the warnings until their turn comes.
type laneSession struct {
	sql.Session
	warnings []*sql.Warning
}

// Warn implements sql.Session.
func (s *laneSession) Warn(w *sql.Warning) { s.warnings = append(s.warnings, w) }
