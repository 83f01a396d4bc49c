package exec

import (
	"fmt"

	"github.com/dolthub/go-mysql-server/sql"
)

// OrderError is a connector that claimed an order and broke it. The rows already given may be
// out of order, so the statement fails.
type OrderError struct {
	Connector, Table, Column string
	// Row counts from 1 within the scan.
	Row uint64
	// Before and After are the two values in the order they came.
	Before, After any
}

// Error implements error.
func (e *OrderError) Error() string {
	return fmt.Sprintf("connector %s: scan %s: rows promised in order came out of it: column %s, row %d: %v after %v (turn it off with SET wasql_pushdown_order = 0)",
		e.Connector, e.Table, e.Column, e.Row, text(e.After), text(e.Before))
}

func text(v any) any {
	if v == nil {
		return "NULL"
	}
	return v
}

// watch checks that row does not come before the one last seen.
func (it *scanIter) watch(ctx *sql.Context, row sql.Row) error {
	last := it.last
	it.last = row
	if last == nil {
		return nil
	}
	for i := range it.plan.Watch {
		key := &it.plan.Watch[i]
		before, after := last[key.Position], row[key.Position]
		order, err := compareKey(ctx, key, before, after)
		if err != nil {
			return err
		}
		if order < 0 {
			return nil
		}
		if order > 0 {
			return &OrderError{Connector: it.plan.Source.Connector(), Table: it.plan.Info.Table, Column: key.Name,
				Row: it.rows + 1, Before: before, After: after}
		}
	}
	return nil
}

// compareKey orders two values as ORDER BY does: NULLs first, and last when descending.
func compareKey(ctx *sql.Context, key *WatchKey, a, b any) (int, error) {
	if key.Descending {
		a, b = b, a
	}
	switch {
	case a == nil && b == nil:
		return 0, nil
	case a == nil:
		return -1, nil
	case b == nil:
		return 1, nil
	}
	return key.Type.Compare(ctx, a, b)
}
