package driver

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/host"
)

// Entries are sent to the driver when there are this many, or this many bytes of text, and before anybody looks for any.
const (
	batchRows  = 4096
	batchBytes = 1 << 20
)

// tableKey is a table as its connector knows it, whatever SQL calls it.
type tableKey struct {
	connector      *host.Connector
	database, name string
}

func keyOf(t *gms.Table) tableKey {
	return tableKey{t.Connector(), strings.ToLower(t.Ref().GetDatabase()), strings.ToLower(t.Ref().GetName())}
}

// written is a table that rows are written to, and who writes.
type written struct {
	mu sync.Mutex
	// alone counts statements outside of transactions; within has the transactions. Their rows may not be seen yet by who
	// builds an index.
	alone   int
	within  map[uint64]bool
	indexes []*Index
	// going has what transactions took away, for unique indexes.
	going map[owner]*going
}

// table gives what is known of the writers to a table.
func (s *Set) table(t *gms.Table) *written {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := keyOf(t)
	w := s.tables[key]
	if w == nil {
		w = &written{within: map[uint64]bool{}, going: map[owner]*going{}}
		s.tables[key] = w
	}
	return w
}

// bind makes those who write to the table write to the index.
func (w *written) bind(x *Index) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.prune()
	if !slices.Contains(w.indexes, x) {
		w.indexes = append(w.indexes, x)
	}
}

// Outcomes is a session that tells when its transaction is over.
type Outcomes interface {
	// AtOutcome has f called once, when the transaction that the session is in has ended; at once when it is in none.
	AtOutcome(f func())
}

// Writer implements gms.Indexer.
func (s *Set) Writer(ctx *sql.Context, t *gms.Table, transaction uint64) (gms.IndexWriter, error) {
	all, err := s.of(ctx, nameOf(t))
	if err != nil {
		return nil, err
	}
	if err := s.ready(ctx, t, all); err != nil {
		return nil, err
	}
	w := s.table(t)
	for _, x := range all {
		w.bind(x)
	}
	w.enter(ctx, transaction)
	out := &writer{table: w, of: t, transaction: transaction, owner: owner{transaction: transaction}}
	if transaction == 0 {
		if out.owner.statement = ctx.Pid(); out.owner.statement == 0 {
			out.owner.writer = out
		}
	}
	for _, x := range w.bound() {
		if err := x.opens(ctx, t); err != nil {
			out.End()
			return nil, err
		}
	}
	return out, nil
}

// enter notes a writer.
func (w *written) enter(ctx *sql.Context, transaction uint64) {
	w.mu.Lock()
	if transaction == 0 {
		w.alone++
	}
	known := transaction == 0 || w.within[transaction]
	if !known {
		w.within[transaction] = true
	}
	w.mu.Unlock()
	if known {
		return
	}
	leave := func() {
		w.over(owner{transaction: transaction})
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.within, transaction)
	}
	if session, ok := ctx.Session.(Outcomes); ok {
		session.AtOutcome(leave)
	}
}

// prune leaves out indexes that were dropped; w.mu is held.
func (w *written) prune() {
	w.indexes = slices.DeleteFunc(w.indexes, func(x *Index) bool {
		x.mu.Lock()
		defer x.mu.Unlock()
		return x.gone
	})
}

// bound are the indexes of the table.
func (w *written) bound() []*Index {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.prune()
	return slices.Clone(w.indexes)
}

// busy tells whether somebody has written rows that are not seen by all yet; else what is done is done before anybody writes.
func (w *written) busy(do func()) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.alone > 0 || len(w.within) > 0 {
		return true
	}
	do()
	return false
}

// opens marks the index as open where the catalog keeps it, before rows are written that its files will lack.
func (x *Index) opens(ctx *sql.Context, t *gms.Table) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.gone || x.State == open {
		return nil
	}
	if !x.looked {
		// Before the first write it can still be told whether the files are right: afterwards they count as what they
		// were at that moment.
		if s, err := shapeOf(&x.Definition, t); err == nil {
			x.shape = s
			x.look(ctx, t)
		}
	}
	x.State = open
	if err := x.put(ctx, true); err != nil {
		x.State = ready
		return err
	}
	return nil
}

// writer takes the rows of one statement for all indexes of a table.
type writer struct {
	table       *written
	of          *gms.Table
	owner       owner
	transaction uint64
	ended       bool
}

// Columns implements gms.IndexWriter.
func (w *writer) Columns() []int {
	var all []int
	for _, x := range w.table.bound() {
		x.mu.Lock()
		if x.shape != nil && (x.live || x.collects) {
			all = append(all, x.shape.positions...)
		}
		x.mu.Unlock()
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Batch implements gms.IndexWriter.
func (w *writer) Batch(ctx *sql.Context, b *col.Batch, positions []int) error {
	for _, x := range w.table.bound() {
		x.addBatch(ctx, b, positions)
	}
	return nil
}

// Row implements gms.IndexWriter.
func (w *writer) Row(ctx *sql.Context, row sql.Row) error {
	for _, x := range w.table.bound() {
		x.addRow(ctx, row)
	}
	return nil
}

// End implements gms.IndexWriter.
func (w *writer) End() {
	if w.ended || w.transaction != 0 {
		return
	}
	w.ended = true
	w.table.over(w.owner)
	w.table.mu.Lock()
	defer w.table.mu.Unlock()
	w.table.alone--
}

// passed counts an entry that leads to a row which was changed or is gone.
func (x *Index) passed() *shape {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.dead++
	return x.shape
}

// takes tells whether the index takes entries now; x.mu is held.
func (x *Index) takes() bool { return x.shape != nil && (x.live || x.collects) }

// addRow adds the entry of a row. An index that cannot take it is not used any more, which costs no statement its success.
func (x *Index) addRow(ctx *sql.Context, row sql.Row) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.takes() {
		return
	}
	if !x.builder().Room() {
		if err := x.flush(ctx); err != nil {
			x.lost(err)
			return
		}
	}
	for i, at := range x.shape.positions {
		if err := gms.Encode(ctx, x.shape.columns[i], x.pending, i, row[at]); err != nil {
			x.lost(err)
			return
		}
	}
	x.pending.EndRow()
	x.adds.Add(1)
	x.added++
	if err := x.pending.Err(); err != nil {
		x.lost(err)
	}
}

// addBatch adds the entries of rows whose columns have these positions.
func (x *Index) addBatch(ctx *sql.Context, b *col.Batch, positions []int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.takes() {
		return
	}
	entries := &col.Batch{Rows: b.Rows, Sel: b.Sel, Cols: make([]col.Vec, len(x.shape.positions))}
	for i, position := range x.shape.positions {
		at := slices.Index(positions, position)
		if at < 0 {
			x.lost(errNoColumn)
			return
		}
		entries.Cols[i] = b.Cols[at]
	}
	x.adds.Add(1)
	x.added += uint64(b.Len())
	err := x.flush(ctx)
	if err == nil {
		err = x.send(ctx, entries)
	}
	if err != nil {
		x.lost(err)
	}
}

// lost notes that the index lacks entries; x.mu is held.
func (x *Index) lost(err error) {
	x.live, x.collects, x.pending, x.why = false, false, nil, "entries could not be added: "+err.Error()
	x.set.config.Log.Warn("an index is not used any more", "index", x.Name, "table", x.Database+"."+x.Table, "error", err)
}

func (x *Index) builder() *col.Builder {
	if x.pending == nil {
		x.pending = col.NewBuilder(x.shape.schema, batchRows, batchBytes)
	}
	return x.pending
}

// flush sends what was gathered; x.mu is held.
func (x *Index) flush(ctx context.Context) error {
	if x.pending == nil || x.pending.Rows() == 0 {
		return nil
	}
	defer x.pending.Reset()
	return x.send(ctx, x.pending.Batch())
}

// send gives the driver entries; x.mu is held. A statement that is cancelled may have written its rows by now.
func (x *Index) send(ctx context.Context, b *col.Batch) error {
	ctx = context.WithoutCancel(ctx)
	c, err := x.set.config.Driver(ctx, x.Driver)
	if err != nil {
		return err
	}
	sink, err := c.DriverFeed(ctx, &pb.DriverOpenSinkRequest{Index: x.shape.message})
	if err != nil {
		return err
	}
	_, err = sink.Write(ctx, b)
	if closed := sink.Close(); err == nil {
		err = closed
	}
	return err
}
