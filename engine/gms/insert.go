package gms

import (
	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/pb"
)

var (
	_ sql.InsertableTable  = (*Stored)(nil)
	_ sql.ReplaceableTable = (*Stored)(nil)
)

// Inserter implements sql.InsertableTable.
func (t *Stored) Inserter(ctx *sql.Context) sql.RowInserter { return t.writer(ctx) }

// Replacer implements sql.ReplaceableTable: go-mysql-server inserts, and deletes the row in the way.
func (t *Stored) Replacer(ctx *sql.Context) sql.RowReplacer { return t.writer(ctx) }

// Insert implements sql.RowInserter. Without batches row holds what is stored when Insert returns:
// keys and values that the connector made are in it. A key that is there already is an error of
// go-mysql-server's kinds for it, with the stored row.
func (e *editor) Insert(ctx *sql.Context, row sql.Row) error {
	row = e.table.whole(row)
	if e.insert == nil {
		if err := e.needs(pb.TableFeature_TABLE_FEATURE_INSERT, "insert rows"); err != nil {
			return err
		}
		s, err := e.open(ctx, pb.WriteKind_WRITE_KIND_INSERT, nil, everyColumn(len(e.table.declared.Schema)))
		if err != nil {
			return e.refused(err)
		}
		s.makes = e.table.madeKey()
		e.insert = s
	}
	if err := e.check(ctx, e.insert.values, nil, row); err != nil {
		return err
	}
	if err := e.insert.add(ctx, nil, row); err != nil {
		return err
	}
	if e.batched {
		return nil
	}
	return e.insert.settle(ctx, row)
}

// madeKey has the position of the column whose keys the connector makes, or -1. For a key that is to
// be made go-mysql-server gives 0; see GetNextAutoIncrementValue.
func (t *Table) madeKey() int {
	if !t.generates() {
		for i, c := range t.declared.Schema {
			if c.AutoIncrement {
				return i
			}
		}
	}
	return -1
}

func isZero(v any) bool {
	switch x := v.(type) {
	case int64:
		return x == 0
	case uint64:
		return x == 0
	case int32:
		return x == 0
	case uint32:
		return x == 0
	case int16:
		return x == 0
	case uint16:
		return x == 0
	case int8:
		return x == 0
	case uint8:
		return x == 0
	case float32:
		return x == 0
	case float64:
		return x == 0
	}
	return false
}

// settle sends the one row in the builder and takes in the answer: into row goes what was stored.
func (s *sink) settle(ctx *sql.Context, row sql.Row) error {
	answer, err := s.write(ctx)
	if err != nil {
		return err
	}
	if answer == nil || answer.Len() == 0 {
		return s.settled(ctx, row)
	}
	if answer.Len() != 1 {
		return s.editor.broken("%d rows answer one", answer.Len())
	}
	at := answer.Row(0)
	switch outcome := answer.Cols[1].Uint64(at); outcome {
	case abi.OutcomeStored, abi.OutcomeReplaced:
		if err := s.take(ctx, answer, at, row); err != nil {
			return err
		}
		return s.settled(ctx, row)
	case abi.OutcomeConflict:
		existing := make(sql.Row, len(s.returning), len(s.returning)+1)
		if err := s.take(ctx, answer, at, existing); err != nil {
			return err
		}
		return s.editor.duplicate(ctx, row, existing)
	default:
		return s.rowFailed(ctx, s.first)
	}
}

// settled tells those who keep indexes of a row that was stored.
func (s *sink) settled(ctx *sql.Context, row sql.Row) error {
	if !s.editor.watched() {
		return nil
	}
	return s.editor.indexes.Row(ctx, row)
}
