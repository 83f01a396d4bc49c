package gms

import (
	"context"
	"sync"
	"time"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
)

// defaultRows stands in for the row count of a connector that does not tell one.
const defaultRows = 1000

// countKept is how long the row count of a table that can change is used without asking again.
const countKept = time.Second

// RowCount is what is known of a table besides its declaration: how many rows it has, its keys, and
// what was negotiated for lookups. Statements that use the same declaration share it.
type RowCount struct {
	mu    sync.Mutex
	known bool
	rows  uint64
	exact bool
	at    time.Time

	// keys has the indexes by the names that SQL has for database and table.
	keys sync.Map
	// lookups has what engine/pushdown negotiated, by the shape of the ranges.
	lookups sync.Map
	// spreads has how the values of columns lie.
	spreads spreads
}

// forget makes the number of rows be asked again.
func (r *RowCount) forget() {
	r.mu.Lock()
	r.known = false
	r.mu.Unlock()
}

// Keys lists the indexes, the primary key's first.
func (t *Table) Keys() []*Index {
	name := [2]string{t.database, t.name}
	if keys, ok := t.rows.keys.Load(name); ok {
		return keys.([]*Index)
	}
	keys, _ := t.rows.keys.LoadOrStore(name, Indexes(t.database, t.name, t.declared.Table, t.declared.Schema))
	return keys.([]*Index)
}

// Negotiated is a store for what was negotiated for this declaration of the table; whoever keeps
// something there chooses keys of a type of its own.
func (t *Table) Negotiated() *sync.Map { return &t.rows.lookups }

// Changed tells that rows were written: what is known of their number is asked again.
func (t *Table) Changed() { t.rows.forget() }

// RowCount implements sql.StatisticsTable. The count is exact only when the connector says so and
// nothing changes it; without any it is a guess.
func (t *Table) RowCount(ctx *sql.Context) (uint64, bool, error) {
	if t.estimate != nil {
		return *t.estimate, false, nil
	}
	changes := t.Has(changes)
	r := t.rows
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.known || changes && time.Since(r.at) > countKept {
		r.rows, r.exact = t.countRows(ctx)
		r.known, r.at = true, time.Now()
	}
	return r.rows, r.exact && !changes && t.arguments == nil, nil
}

func (t *Table) countRows(ctx *sql.Context) (uint64, bool) {
	declared := t.declared.Table
	if declared.RowCount != nil && !t.Has(changes) {
		return *declared.RowCount, declared.RowCountExact
	}
	if t.Has(pb.TableFeature_TABLE_FEATURE_STATISTICS) {
		if answer, err := t.Statistics(ctx, nil); err == nil && answer.Rows != nil {
			return *answer.Rows, answer.RowsExact
		}
	}
	if declared.RowCount != nil {
		return *declared.RowCount, false
	}
	return defaultRows, false
}

// Statistics asks the connector about the table, and about columns by declared position. A failure
// costs a worse plan, never the statement.
func (t *Table) Statistics(ctx context.Context, columns []uint32) (*pb.StatisticsResponse, error) {
	session, ref := uint64(0), t.ref
	if sqlContext, ok := ctx.(*sql.Context); ok {
		session = SessionOf(sqlContext)
		var err error
		if ref, err = t.RefIn(sqlContext); err != nil {
			return nil, err
		}
	}
	instance, err := t.source.Connector.Acquire(ctx, session)
	if err != nil {
		return nil, err
	}
	defer instance.Release()
	return instance.Statistics(ctx, &pb.StatisticsRequest{Table: ref, Columns: columns})
}

// DataLength implements sql.StatisticsTable.
func (t *Table) DataLength(ctx *sql.Context) (uint64, error) {
	rows, _, err := t.RowCount(ctx)
	if err != nil {
		return 0, err
	}
	width := t.declared.Table.RowBytes
	if width == 0 {
		width = t.guessWidth()
	}
	return rows * width, nil
}

// guessWidth is a plain guess: eight bytes for a fixed value, sixteen for a varying one.
func (t *Table) guessWidth() uint64 {
	width := uint64(0)
	for _, c := range t.declared.Schema {
		width += 8
		if field, err := Physical(c.Type); err == nil && field.Type.Varying() {
			width += 8
		}
	}
	return width
}
