package gms

import (
	"bytes"
	"slices"
	"time"

	"github.com/cockroachdb/apd/v3"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/types"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/sqlerr"
)

var _ sql.UpdatableTable = (*Stored)(nil)

// Updater implements sql.UpdatableTable.
func (t *Stored) Updater(ctx *sql.Context) sql.RowUpdater { return t.writer(ctx) }

// updatesMax is the number of sinks for different sets of changed columns that are kept open.
const updatesMax = 8

// Update implements sql.RowUpdater: the key and the changed columns go to the connector. Without
// batches after holds what is stored when Update returns.
func (e *editor) Update(ctx *sql.Context, before, after sql.Row) error {
	changed := e.assigned
	if changed == nil || !e.batched {
		changed = e.changedColumns(before, after)
	}
	if len(changed) == 0 {
		return nil
	}
	s, err := e.updating(ctx, changed)
	if err != nil {
		return err
	}
	if err := e.check(ctx, s.values, before, after); err != nil {
		return err
	}
	if err := s.add(ctx, before, after); err != nil {
		return err
	}
	if e.batched {
		return nil
	}
	return s.settle(ctx, after)
}

// updating gives the sink for a set of changed columns.
func (e *editor) updating(ctx *sql.Context, changed []int) (*sink, error) {
	for _, s := range e.updates {
		if slices.Equal(s.values, changed) {
			return s, nil
		}
	}
	if err := e.needs(pb.TableFeature_TABLE_FEATURE_UPDATE, "update rows"); err != nil {
		return nil, err
	}
	keys, err := e.key()
	if err != nil {
		return nil, err
	}
	if len(e.updates) >= updatesMax {
		// Rows that change any column fit a sink for all of them.
		changed = everyColumn(len(e.table.declared.Schema))
		for _, s := range e.updates {
			if len(s.values) == len(changed) {
				return s, nil
			}
		}
	}
	s, err := e.open(ctx, pb.WriteKind_WRITE_KIND_UPDATE, keys, changed)
	if err != nil {
		return nil, e.refused(err)
	}
	e.updates = append(e.updates, s)
	return s, nil
}

// key has the positions of the columns that name a row to the connector.
func (e *editor) key() ([]int, error) {
	declared := e.table.declared
	if ordinals := declared.PrimaryKey.PkOrdinals; len(ordinals) > 0 {
		return ordinals, nil
	}
	if id := declared.Table.RowId; id != nil && int64(*id) < int64(len(declared.Schema)) {
		return []int{int(*id)}, nil
	}
	return nil, sqlerr.New(1105, "HY000", "table '%s' cannot be updated or deleted from: it has no primary key, and connector %s declares no row id column for it",
		e.table.name, e.table.source.Connector.Name()).WithHint("insert and read it, or give it a primary key")
}

// changedColumns has the positions of the columns that differ. What is equal only to a
// collation differs.
func (e *editor) changedColumns(before, after sql.Row) []int {
	changed := make([]int, 0, len(after))
	for i := range e.table.declared.Schema {
		if !identical(before[i], after[i]) {
			changed = append(changed, i)
		}
	}
	return changed
}

// identical tells whether two values of a column are surely the same.
func identical(a, b any) bool {
	switch x := a.(type) {
	case nil:
		return b == nil
	case []byte:
		y, ok := b.([]byte)
		return ok && bytes.Equal(x, y)
	case time.Time:
		y, ok := b.(time.Time)
		return ok && x.Equal(y)
	case *apd.Decimal:
		y, ok := b.(*apd.Decimal)
		return ok && x.Cmp(y) == 0
	case string, int8, int16, int32, int64, uint8, uint16, uint32, uint64, float32, float64:
		return a == b
	case types.Timespan:
		y, ok := b.(types.Timespan)
		return ok && x == y
	}
	return false
}
