package gms

import (
	"errors"
	"io"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
)

var _ sql.TruncateableTable = (*Stored)(nil)

// Truncate implements sql.TruncateableTable: the connector empties the table, or, when it has no
// operation for that, all rows are deleted.
func (t *Stored) Truncate(ctx *sql.Context) (int, error) {
	if !t.Has(pb.TableFeature_TABLE_FEATURE_TRUNCATE) {
		return t.deleteAll(ctx)
	}
	number, _, err := TransactionOf(ctx, t.source.Connector, true)
	if err != nil {
		return 0, err
	}
	ref := *t.ref //nolint:govet // messages of protobuf-go-lite hold no lock
	ref.Transaction = number
	instance, err := t.source.Connector.Acquire(ctx, SessionOf(ctx))
	if err != nil {
		return 0, err
	}
	defer instance.Release()
	answer := &pb.TruncateResponse{}
	if err := instance.Call(ctx, pb.Op_OP_TRUNCATE, &pb.TruncateRequest{Table: &ref}, answer); err != nil {
		return 0, err
	}
	t.rows.forget()
	return int(answer.Rows), t.rebuildWords(ctx)
}

// deleteAll reads the table as it was before and deletes row by row.
func (t *Stored) deleteAll(ctx *sql.Context) (removed int, err error) {
	e := &editor{table: t.Table, batched: true}
	rows, err := t.source.Open(ctx, t.unprojected())
	if err != nil {
		return 0, err
	}
	defer func() {
		if err != nil {
			_ = e.DiscardChanges(ctx, err) // err is the one to tell
		}
		err = errors.Join(err, rows.Close(ctx), e.Close(ctx))
	}()
	for {
		row, err := rows.Next(ctx)
		if errors.Is(err, io.EOF) {
			return removed, e.StatementComplete(ctx)
		}
		if err != nil {
			return 0, err
		}
		if err := e.Delete(ctx, row); err != nil {
			return 0, err
		}
		removed++
	}
}

// unprojected is the table with all columns.
func (t *Stored) unprojected() *Table {
	return NewTable(t.source, t.database, t.name, t.ref, t.declared, t.rows)
}
