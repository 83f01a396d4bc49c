package main

import (
	"maps"
	"slices"

	wasql "github.com/wasql/wasql/sdk/go"
)

// accounts is the table as a request sees it.
type accounts struct {
	purse *purse
	// t is the transaction of the request; nil: it stands alone.
	t *transaction
}

func (a *accounts) Name() string { return "accounts" }

func (a *accounts) Columns() []wasql.Column {
	return []wasql.Column{{Name: "id", Type: wasql.Int64, SQLType: "bigint", NotNull: true}, {Name: "balance", Type: wasql.Int64, SQLType: "bigint", NotNull: true}}
}

// Define implements wasql.Definer.
func (a *accounts) Define(d *wasql.Definition) { d.PrimaryKey = []string{"id"} }

// now gives the accounts that the request sees.
func (a *accounts) now() map[int64]int64 {
	if a.t == nil {
		return maps.Clone(a.purse.balances)
	}
	seen := content{balances: maps.Clone(a.t.base)}
	seen.apply(a.t.changes, "")
	return seen.balances
}

func (a *accounts) Scan(*wasql.Plan) (wasql.Cursor, error) {
	seen := a.now()
	return wasql.Values(func(yield func([]any, error) bool) {
		for _, id := range slices.Sorted(maps.Keys(seen)) {
			if !yield([]any{id, seen[id]}, nil) {
				return
			}
		}
	}), nil
}

func (a *accounts) Insert(w *wasql.Write) (wasql.Sink, error) { return a.sink(w, "insert") }
func (a *accounts) Update(w *wasql.Write) (wasql.Sink, error) { return a.sink(w, "update") }
func (a *accounts) Delete(w *wasql.Write) (wasql.Sink, error) { return a.sink(w, "delete") }

func (a *accounts) sink(w *wasql.Write, how string) (wasql.Sink, error) {
	of := &accounts{purse: a.purse, t: a.purse.open[w.Transaction]}
	if w.Transaction != 0 && of.t == nil {
		return nil, wasql.Errorf(wasql.Aborted, "transaction %d is not open", w.Transaction)
	}
	return &sink{accounts: of, how: how, changes: map[int64]*int64{}}, nil
}

// sink is one write, which is put into the transaction when it is flushed.
type sink struct {
	*accounts
	how     string
	changes map[int64]*int64
}

func (s *sink) Write(rows *wasql.Changes) error {
	return s.purse.may("write", func() error {
		seen := s.now()
		for i := range rows.Len() {
			id, _ := value(rows.Key(i, 0))
			if to, given := value(rows.Value(i, 0)); given && (s.how == "insert" || to != id) {
				if _, there := seen[to]; there {
					e := wasql.Errorf(wasql.Constraint, "Duplicate entry '%d' for key 'accounts.PRIMARY'", to)
					e.Errno, e.SQLState = 1062, "23000"
					return e
				}
				if s.how == "update" {
					s.changes[id] = nil
				}
				id = to
			}
			switch balance, given := value(rows.Value(i, 1)); {
			case s.how == "delete":
				s.changes[id] = nil
			case given:
				s.changes[id] = &balance
			}
		}
		return nil
	})
}

func value(v wasql.Value, given bool) (int64, bool) {
	n, ok := v.Int64()
	return n, given && ok
}

func (s *sink) Flush() (wasql.Written, error) {
	return wasql.Written{}, s.purse.may("flush", func() error {
		if s.t != nil {
			maps.Copy(s.t.changes, s.changes)
			return nil
		}
		next := s.purse.clone()
		next.apply(s.changes, "")
		return s.purse.keep(next)
	})
}

func (s *sink) Discard() error { return nil }
