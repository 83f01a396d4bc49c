package main

import (
	"strconv"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
	wasql "github.com/wasql/wasql/sdk/go"
)

// table is a table as one request sees it.
type table struct {
	*version
	store *store
	// reader is the transaction of the request; nil: it stands alone.
	reader *transaction
	// number and statement are those of the request.
	number, statement uint64
	// frozen: the table as a snapshot has it, which nothing changes.
	frozen bool
}

// isFrozen is the error of a change to what was.
func isFrozen(t *table) error {
	return failure(wasql.ReadOnly, errReadOnly, "table %s.%s is read only AS OF a snapshot", t.database, t.Name())
}

// Name is the table's name in SQL.
func (t *table) Name() string { return t.declared.GetName() }

// Columns declares the columns, the hidden row number last.
func (t *table) Columns() []wasql.Column { return t.columns }

// Declare gives the whole declaration.
func (t *table) Declare() *pb.Table {
	declared := *t.declared //nolint:govet // messages of protobuf-go-lite hold no lock
	declared.Version = strconv.FormatUint(t.id, 36) + "." + strconv.FormatUint(t.definition.version, 36)
	if t.generates >= 0 {
		next := t.counters.next
		declared.AutoIncrementNext = &next
	}
	if rows := t.rows.Len(); rows > 0 {
		declared.RowBytes = uint64(t.rows.bytes) / uint64(rows)
	}
	return &declared
}

// RowCount gives the number of rows, which a transaction may see otherwise.
func (t *table) RowCount() (uint64, bool, error) { return uint64(t.rows.Len()), false, nil }

// AutoIncrement gives numbers that nobody else gets, whatever becomes of the transaction.
func (t *table) AutoIncrement(set *uint64, reserve uint64) (uint64, error) {
	if t.generates < 0 {
		return 0, wasql.Errorf(wasql.InvalidArgument, "table %s.%s has no AUTO_INCREMENT column", t.database, t.Name())
	}
	if t.frozen {
		return 0, isFrozen(t)
	}
	c := t.counters
	if set != nil {
		next := max(*set, 1)
		if next < c.next {
			// A number that is in the table is not given again.
			next = max(next, t.highest()+1)
		}
		if err := t.store.change(&step{kind: setCounter, database: t.database, id: t.id, next: next}); err != nil {
			return 0, err
		}
	}
	first := c.next
	if reserve > 0 {
		c.next += reserve
	}
	return first, nil
}

// highest is the greatest number in the AUTO_INCREMENT column; 0: there is none.
func (t *table) highest() uint64 {
	typ, most := t.columns[t.generates].Type, uint64(0)
	if typ == col.Float32 || typ == col.Float64 {
		return 0
	}
	look := func(at spot) bool {
		if c := t.layout.get(at, t.generates); !c.null {
			if n := c.number(typ); n > 0 || typ == col.Uint64 {
				most = max(most, uint64(n))
			}
		}
		return true
	}
	if len(t.primary.parts) == 1 && t.primary.parts[0].column == t.generates {
		if b := t.rows.bottom(); b != nil {
			look(spot{b, b.n - 1})
		}
		return most
	}
	t.rows.each(look)
	return most
}

// Truncate takes all rows.
func (t *table) Truncate(number uint64) (uint64, error) {
	w, err := t.store.writer(t, number, 0)
	if err != nil {
		return 0, err
	}
	v, err := w.version()
	if err != nil {
		return 0, err
	}
	rows := uint64(v.rows.Len())
	v.truncate()
	if err := w.flush(); err != nil {
		return 0, err
	}
	if t.generates >= 0 {
		t.counters.next = 1
	}
	return rows, nil
}
