package txn

import (
	"context"
	"errors"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/sqlerr"
)

// savepoint is a place in a transaction. The client's have a name; those of statements have none.
type savepoint struct {
	name  string
	depth uint32
}

// savepoint sets the client's savepoint; an older one of that name is gone. Connectors hear of it
// when they are next written to.
func (t *transaction) savepoint(_ context.Context, name string) error {
	for _, p := range t.participants {
		if p.wrote && !p.can(pb.Feature_FEATURE_SAVEPOINTS) {
			return sqlerr.New(1178, "42000", "the storage engine for the table doesn't support SAVEPOINT: connector %s", p.connector.Name())
		}
	}
	point := savepoint{name: name, depth: t.deepest() + 1}
	if i := t.find(name); i >= 0 {
		t.savepoints = append(t.savepoints[:i:i], t.savepoints[i+1:]...)
	}
	t.savepoints = append(t.savepoints, point)
	return nil
}

func (t *transaction) deepest() uint32 {
	if n := len(t.savepoints); n > 0 {
		return t.savepoints[n-1].depth
	}
	return 0
}

// find gives the position of a client's savepoint, or -1. Names are compared without case.
func (t *transaction) find(name string) int {
	for i := len(t.savepoints) - 1; i >= 0; i-- {
		if point := t.savepoints[i].name; point != "" && strings.EqualFold(point, name) {
			return i
		}
	}
	return -1
}

// rollbackTo takes back what came after a savepoint, which stays.
func (t *transaction) rollbackTo(ctx context.Context, name string) error {
	i := t.find(name)
	if i < 0 {
		return sql.ErrSavepointDoesNotExist.New(name)
	}
	t.savepoints = t.savepoints[:i+1]
	return t.back(ctx, t.savepoints[i].depth)
}

// back takes participants back to a depth.
func (t *transaction) back(ctx context.Context, depth uint32) error {
	ctx = context.WithoutCancel(ctx)
	var failures []error
	for _, p := range t.participants {
		if !p.instance.Poisoned() {
			failures = append(failures, p.rollbackTo(ctx, t, depth))
		}
	}
	return errors.Join(failures...)
}

// release forgets a savepoint and those set after it, as MySQL does.
func (t *transaction) release(ctx context.Context, name string) error {
	i := t.find(name)
	if i < 0 {
		return sql.ErrSavepointDoesNotExist.New(name)
	}
	return t.forget(ctx, i)
}

// forget forgets the savepoints from position i on.
func (t *transaction) forget(ctx context.Context, i int) error {
	depth := t.savepoints[i].depth
	t.savepoints = t.savepoints[:i]
	ctx = context.WithoutCancel(ctx)
	var failures []error
	for _, p := range t.participants {
		if !p.instance.Poisoned() {
			failures = append(failures, p.release(ctx, t, depth, t.deepest()))
		}
	}
	return errors.Join(failures...)
}
