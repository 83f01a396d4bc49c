package driver

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/host"
)

// againTime is how long an index that could not be built for a version of its table is left alone.
const againTime = time.Minute

var errNoColumn = errors.New("a batch of rows lacks a column of the index")

// usable tells whether the index may be read for a statement over t. One that is stale, damaged or missing is built anew
// now; when that fails the reason is given, and the statement goes without it.
func (x *Index) usable(ctx *sql.Context, t *gms.Table) (bool, string) {
	s, err := shapeOf(&x.Definition, t)
	if err != nil {
		return false, err.Error()
	}
	version, err := versionOf(t, s)
	if err != nil {
		return false, err.Error()
	}
	w := x.set.table(t)
	w.bind(x)
	idle := !w.busy(func() {})
	x.mu.Lock()
	if x.gone {
		x.mu.Unlock()
		return false, "it was dropped"
	}
	if !x.looked {
		x.shape = s
		x.look(ctx, t)
	}
	if x.live && x.version != version {
		x.live, x.why = false, "the table has changed"
	}
	if x.live && idle && x.outnumbered() {
		x.live, x.why = false, "most of its entries are of rows that are gone"
	}
	live, failed, why := x.live, x.failedVersion == version && time.Since(x.failed) < againTime, x.why
	x.mu.Unlock()
	switch {
	case live && !x.covers(ctx, t):
		return false, errOlder
	case live:
		return true, ""
	case failed:
		return false, why
	}
	x.set.config.Log.Info("an index is built anew", "index", x.Name, "table", x.Database+"."+x.Table, "because", why)
	if err := x.build(ctx, t); err != nil {
		x.mu.Lock()
		defer x.mu.Unlock()
		x.why = err.Error()
		if !errors.Is(err, errBusy) {
			x.failed, x.failedVersion = time.Now(), version
			x.set.config.Log.Warn("an index cannot be built", "index", x.Name, "table", x.Database+"."+x.Table, "error", err)
		}
		return false, x.why
	}
	if !x.covers(ctx, t) {
		return false, errOlder
	}
	return true, ""
}

// deadLeast is how many entries of rows that are gone are no reason to build an index anew.
const deadLeast = 4096

// outnumbered tells whether the entries of rows that are gone, or have another key, outnumber the others: then they are got
// rid of by building the index anew. x.mu is held.
func (x *Index) outnumbered() bool {
	return x.dead > deadLeast && 2*x.dead > x.Rows+x.added
}

const errOlder = "the transaction began before the index was built"

// Joins is a session that tells since when its transaction sees a connector's rows.
type Joins interface {
	Joined(c *host.Connector) (time.Time, bool)
}

// covers tells whether the index has entries for all that the transaction of ctx may see: it was built before.
func (x *Index) covers(ctx *sql.Context, t *gms.Table) bool {
	session, ok := ctx.Session.(Joins)
	if !ok {
		return true
	}
	joined, within := session.Joined(t.Connector())
	x.mu.Lock()
	defer x.mu.Unlock()
	return !within || joined.After(x.since)
}

// look compares the driver's files with what the catalog says of them, once in the life of the process; x.mu is held, and
// the shape is set.
func (x *Index) look(ctx *sql.Context, t *gms.Table) {
	x.looked = true
	if x.State != ready {
		x.why = "it was not saved when it was written to last"
		return
	}
	version, err := versionOf(t, x.shape)
	switch {
	case err != nil:
		x.why = err.Error()
		return
	case version != x.kept.Version:
		x.why = "the table has changed"
		return
	}
	state, text, err := x.check(ctx)
	switch {
	case err != nil:
		x.why = err.Error()
	case state != pb.DriverState_DRIVER_STATE_SOUND:
		x.why = text
	default:
		x.live, x.version = true, version
	}
}

// check asks the driver for the index, and believes it only with the checksum that the catalog has; x.mu is held.
func (x *Index) check(ctx context.Context) (state pb.DriverState, text string, err error) {
	message := x.messageLocked()
	err = x.ask(ctx, func(i *host.Instance) error {
		if state, text, err = i.DriverCheck(ctx, message, x.kept.Version); err != nil || state != pb.DriverState_DRIVER_STATE_SOUND {
			return err
		}
		all, err := i.DriverLoadAll(ctx, x.Database, x.Table)
		if err != nil {
			return err
		}
		state, text = pb.DriverState_DRIVER_STATE_MISSING, "the driver does not list it"
		for _, m := range all {
			if m.GetName() != x.Name {
				continue
			}
			state, text = pb.DriverState_DRIVER_STATE_SOUND, ""
			if !m.GetReady() || !bytes.Equal(m.GetChecksum(), x.Checksum) {
				state, text = pb.DriverState_DRIVER_STATE_STALE, "its files are of another save than the last"
			}
		}
		return nil
	})
	return state, text, err
}

// damaged notes that the driver could not read the index: it is built anew before it is used again.
func (x *Index) damaged(err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.live {
		return
	}
	x.live, x.pending, x.why = false, nil, err.Error()
	x.set.config.Log.Warn("an index cannot be read, and is built anew", "index", x.Name, "table", x.Database+"."+x.Table, "error", err)
}

// Close saves the indexes that were written to, so that the next process finds them ready. What cannot be saved is built
// anew by it.
func (s *Set) Close(ctx *sql.Context) error {
	s.mu.Lock()
	var all []*Index
	busy := map[*Index]bool{}
	for _, x := range s.indexes {
		all = append(all, x)
	}
	tables := s.tables
	s.mu.Unlock()
	for _, w := range tables {
		w.mu.Lock()
		if w.alone > 0 || len(w.within) > 0 {
			for _, x := range w.indexes {
				busy[x] = true
			}
		}
		w.mu.Unlock()
	}
	var failures []error
	for _, x := range all {
		if !busy[x] {
			failures = append(failures, x.settle(ctx))
		}
	}
	return errors.Join(failures...)
}

// settle saves an index and marks it as ready.
func (x *Index) settle(ctx *sql.Context) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.live || x.gone || x.State == ready {
		return nil
	}
	if err := x.flush(ctx); err != nil {
		return err
	}
	if err := x.save(ctx); err != nil {
		return err
	}
	x.State = ready
	if err := x.put(ctx, true); err != nil {
		x.State = open
		return err
	}
	return nil
}

// save has the driver make all entries durable; x.mu is held.
func (x *Index) save(ctx context.Context) error {
	return x.ask(ctx, func(i *host.Instance) error {
		saved, err := i.DriverSave(ctx, x.shape.message, nil, x.version)
		if err != nil {
			return err
		}
		if !saved.GetReady() || len(saved.GetChecksum()) == 0 {
			return errors.New("the driver saved the index without a checksum")
		}
		x.kept.Version, x.Checksum = x.version, saved.GetChecksum()
		return nil
	})
}
