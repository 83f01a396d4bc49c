package gms

import (
	"context"
	"errors"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/sqlerr"
)

// editor writes rows of one statement to one table. It opens a sink of the connector for each kind
// of change when the first row of the kind comes, and flushes them when it is closed: until then
// nothing of the statement is seen by others, and a statement that fails takes everything back.
//
// Rows go one at a time, so that an error and what was stored are known before the next one; or,
// in a statement that needs neither, gathered in batches. Used by one goroutine.
type editor struct {
	table *Table
	// batched: rows are gathered, and their errors come when a batch is sent.
	batched bool
	// alone: the statement changes nothing but this table, so that its last batch may end it.
	alone bool
	// assigned has the positions of the columns that a batched UPDATE sets; nil: each row tells.
	assigned []int

	transaction, statement uint64
	// starts begins the transaction with the first request; nil: it is begun.
	starts         *pb.BeginRequest
	begun          bool
	insert, delete *sink
	updates        []*sink
	// sent counts the rows of the statement that were given to a sink.
	sent uint64
	// affected is the sum of what the connector said at the end.
	affected uint64
	// changed: rows went to the connector, so that what is known about the table is old.
	changed bool
	// bulk: the rows come in whole batches, and are checked with these.
	bulk bool
	// indexes is told of the rows, when there are indexes outside of the connector; nil: there are none.
	indexes IndexWriter
	// failed is why nothing of the statement may stay.
	failed error
	closed bool
}

var (
	_ sql.RowInserter = (*editor)(nil)
	_ sql.RowUpdater  = (*editor)(nil)
	_ sql.RowDeleter  = (*editor)(nil)
	_ sql.RowReplacer = (*editor)(nil)
	_ sql.TableEditor = (*editor)(nil)
)

func (t *Stored) editor() *editor {
	return &editor{table: t.Table, batched: t.writing.Batched, assigned: t.writing.Assigned, alone: t.writing.Batched && t.writing.Alone}
}

// begin finds out which transaction and statement the rows belong to.
func (e *editor) begin(ctx *sql.Context) error {
	if e.begun {
		return nil
	}
	var err error
	if e.transaction, e.statement, e.starts, err = TransactionBy(ctx, e.table.source.Connector, true); err != nil {
		return err
	}
	if number := ctx.Pid(); e.transaction == 0 && number != 0 {
		// Outside a transaction the statements of all sessions meet: the engine's number tells them apart.
		e.statement = number
	}
	// What a trigger writes is not the end of the statement that fired it.
	e.alone = e.alone && !isWithin(ctx)
	e.begun = true
	return nil
}

// watch finds out who has to be told of the rows, until the end.
func (e *editor) watch(ctx *sql.Context) (err error) {
	if indexer := e.table.source.Indexer; indexer != nil && e.indexes == nil {
		e.indexes, err = indexer.Writer(ctx, e.table, e.transaction)
	}
	return err
}

// needs fails when the connector does not have the feature.
func (e *editor) needs(feature pb.TableFeature, verb string) error {
	if e.table.Has(feature) {
		return nil
	}
	return sqlerr.New(1036, "HY000", "table '%s' is read-only: connector %s cannot %s", e.table.name, e.table.source.Connector.Name(), verb).
		WithHint("it declares what its tables take; see DESCRIBE in the connector's documentation")
}

// StatementBegin implements sql.EditOpenerCloser. INSERT IGNORE calls it for every row.
func (e *editor) StatementBegin(*sql.Context) {}

// StatementComplete implements sql.EditOpenerCloser: what was gathered is sent, so that its errors
// are the statement's. What was sent is kept when the editor is closed.
func (e *editor) StatementComplete(ctx *sql.Context) error {
	if e.failed != nil {
		return nil
	}
	if ctx.Err() != nil {
		e.failed = context.Cause(ctx)
	} else if e.only() == nil {
		e.failed = e.send(ctx)
	}
	return e.failed
}

// only is the one sink whose rows are the whole statement and all still here: one request writes and keeps
// them when the editor is closed. nil: there is more to it.
func (e *editor) only() *sink {
	if sinks := e.sinks(); e.alone && len(sinks) == 1 && sinks[0].host == nil {
		return sinks[0]
	}
	return nil
}

// DiscardChanges implements sql.EditOpenerCloser. A row that is left out has changed nothing.
func (e *editor) DiscardChanges(ctx *sql.Context, cause error) error {
	var leftOut sql.IgnorableError
	if errors.As(cause, &leftOut) {
		return nil
	}
	e.failed = cause
	if e.failed == nil {
		e.failed = errors.New("the changes are discarded")
	}
	return e.end(ctx)
}

// Close implements sql.Closer: it keeps what the statement wrote, unless it has failed.
func (e *editor) Close(ctx *sql.Context) error {
	if e.closed {
		return nil
	}
	e.closed = true
	if e.failed != nil {
		_ = e.end(ctx) // the failure is told already
		return nil
	}
	if ctx.Err() != nil {
		// Who ends a statement because it was cancelled closes it like any other.
		e.failed = context.Cause(ctx)
	} else {
		if s := e.only(); s != nil {
			s.request.Flush = true
		}
		e.failed = e.send(ctx)
	}
	failed := e.failed
	if err := e.end(ctx); failed == nil {
		return err
	}
	return failed
}

// send gives the connector all rows that were gathered.
func (e *editor) send(ctx *sql.Context) error {
	for _, s := range e.sinks() {
		if err := s.send(ctx); err != nil {
			return err
		}
	}
	return nil
}

// end flushes the sinks, or discards them when the statement has failed, and closes them.
func (e *editor) end(ctx *sql.Context) error {
	sinks := e.sinks()
	e.insert, e.delete, e.updates = nil, nil, nil
	var first error
	for _, s := range sinks {
		if err := s.end(ctx, e.failed != nil || first != nil); err != nil && first == nil {
			first = err
		}
	}
	if e.indexes != nil {
		e.indexes.End()
		e.indexes = nil
	}
	if e.changed {
		e.changed = false
		e.table.rows.forget()
	}
	return first
}

// sinks lists the open sinks.
func (e *editor) sinks() []*sink {
	all := make([]*sink, 0, 2+len(e.updates))
	for _, s := range append([]*sink{e.delete, e.insert}, e.updates...) {
		if s != nil {
			all = append(all, s)
		}
	}
	return all
}
