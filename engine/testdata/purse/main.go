// Purse is the connector that tests of transactions over several connectors use: accounts with a balance, kept in one small
// file. Built as it is it cannot prepare a commit, and remembers what it committed; linked with -X main.kind=prepares it can. With the
// option obey it misbehaves on command: see obey.go. It is built by the tests; it is no example to follow.
package main

import (
	"maps"
	"slices"

	"github.com/wasql/wasql/abi/pb"
	wasql "github.com/wasql/wasql/sdk/go"
)

// kind is set when the module is linked: empty, "prepares", or "forgets".
var kind string

func main() {}

func init() {
	manifest := wasql.Manifest{
		Name: "purse", Version: "1.0.0", Description: "accounts in a file", License: "Apache-2.0", Lifetime: wasql.Shared,
		Options: []wasql.Option{
			{Name: "dir", Description: "the folder of the file", Type: wasql.PathOption},
			{Name: "obey", Description: "misbehave as the file obey says", Type: wasql.BoolOption, Default: "false"},
		},
		IsolationLevels: []string{"REPEATABLE-READ"},
	}
	var c *wasql.Connector
	switch kind {
	case "prepares":
		c = wasql.New(manifest, func(c *wasql.Config) (*preparing, error) {
			p, err := open(c)
			return &preparing{telling{p}}, err
		}, wasql.Table(&accounts{}))
	case "forgets":
		c = wasql.New(manifest, open, wasql.Table(&accounts{}))
	default:
		c = wasql.New(manifest, func(c *wasql.Config) (*telling, error) {
			p, err := open(c)
			return &telling{p}, err
		}, wasql.Table(&accounts{}))
	}
	wasql.Register(c.With(wasql.Writes, wasql.Transactions))
}

// purse is the accounts and what changes them.
type purse struct {
	dir  string
	obey bool
	content
	open map[uint64]*transaction
}

// transaction has the accounts as they were when it began, and its changes; nil: the account is gone.
type transaction struct {
	base    map[int64]int64
	changes map[int64]*int64
	// points are the changes at each savepoint, by depth.
	points []map[int64]*int64
}

func open(c *wasql.Config) (*purse, error) {
	p := &purse{dir: c.String("dir"), obey: c.Options.Bool("obey"), open: map[uint64]*transaction{}}
	p.content = newContent()
	return p, p.load()
}

// Table implements wasql.Source.
func (p *purse) Table(ref *wasql.TableRef) (wasql.Table, error) {
	if ref.Name != "accounts" {
		return nil, wasql.NoTable(ref.Name)
	}
	t := p.open[ref.Transaction]
	if ref.Transaction != 0 && t == nil {
		return nil, wasql.Errorf(wasql.Aborted, "transaction %d is not open", ref.Transaction)
	}
	return &accounts{purse: p, t: t}, nil
}

// List implements wasql.Lister.
func (p *purse) List(string) ([]string, error) { return []string{"accounts"}, nil }

// Begin implements wasql.Transactor.
func (p *purse) Begin(t wasql.Transaction) (pb.Isolation, error) {
	return pb.Isolation_ISOLATION_REPEATABLE_READ, p.may("begin", func() error {
		p.open[t.Number] = &transaction{base: maps.Clone(p.balances), changes: map[int64]*int64{}}
		return nil
	})
}

// Commit implements wasql.Transactor.
func (p *purse) Commit(t wasql.Transaction) error {
	return p.may("commit", func() error {
		if changes, prepared := p.prepared[t.GlobalID]; prepared {
			next := p.clone()
			delete(next.prepared, t.GlobalID)
			next.apply(changes, t.GlobalID)
			return p.keep(next)
		}
		open := p.open[t.Number]
		if open == nil {
			if slices.Contains(p.committed, t.GlobalID) {
				return nil
			}
			return wasql.Errorf(wasql.Aborted, "transaction %d is not open", t.Number)
		}
		delete(p.open, t.Number)
		if err := p.agrees(open); err != nil {
			return err
		}
		next := p.clone()
		next.apply(open.changes, t.GlobalID)
		return p.keep(next)
	})
}

// Rollback implements wasql.Transactor.
func (p *purse) Rollback(t wasql.Transaction) error {
	return p.may("rollback", func() error {
		delete(p.open, t.Number)
		if _, prepared := p.prepared[t.GlobalID]; !prepared {
			return nil
		}
		next := p.clone()
		delete(next.prepared, t.GlobalID)
		return p.keep(next)
	})
}

// Savepoint implements wasql.Savepointer.
func (p *purse) Savepoint(number uint64, depth int) error {
	return p.may("savepoint", func() error {
		t := p.open[number]
		for len(t.points) < depth {
			t.points = append(t.points, nil)
		}
		t.points = t.points[:depth]
		t.points[depth-1] = maps.Clone(t.changes)
		return nil
	})
}

// ReleaseSavepoint implements wasql.Savepointer.
func (p *purse) ReleaseSavepoint(uint64, int) error { return nil }

// RollbackTo implements wasql.Savepointer.
func (p *purse) RollbackTo(number uint64, depth int) error {
	t := p.open[number]
	t.changes = maps.Clone(t.points[depth-1])
	return nil
}

// agrees fails when others have changed what a transaction changes, or have prepared to.
func (p *purse) agrees(t *transaction) error {
	for id := range t.changes {
		was, had := t.base[id]
		now, has := p.balances[id]
		taken := false
		for _, changes := range p.prepared {
			_, both := changes[id]
			taken = taken || both
		}
		if taken || had != has || was != now {
			e := wasql.Errorf(wasql.Conflict, "account %d was changed by another transaction", id)
			e.Errno, e.SQLState = 1213, "40001"
			return e
		}
	}
	return nil
}

// telling is a purse that tells what it has committed.
type telling struct{ *purse }

// Committed implements wasql.Teller.
func (p *telling) Committed(ids []string) (committed []string, err error) {
	for _, id := range ids {
		if slices.Contains(p.committed, id) {
			committed = append(committed, id)
		}
	}
	return committed, nil
}

// preparing is a purse that can prepare.
type preparing struct{ telling }

// Sync implements wasql.Preparer.
func (p *preparing) Sync(t wasql.Transaction, _ bool) error {
	return p.may("sync", func() error {
		open := p.open[t.Number]
		if open == nil {
			return wasql.Errorf(wasql.Aborted, "transaction %d is not open", t.Number)
		}
		if err := p.agrees(open); err != nil {
			return err
		}
		delete(p.open, t.Number)
		next := p.clone()
		next.prepared[t.GlobalID] = open.changes
		return p.keep(next)
	})
}

// Recover implements wasql.Preparer.
func (p *preparing) Recover() (ids []string, err error) {
	err = p.may("recover", func() error {
		ids = slices.Sorted(maps.Keys(p.prepared))
		return nil
	})
	return ids, err
}
