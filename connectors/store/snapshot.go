package main

import (
	"slices"
	"strconv"
	"strings"

	"github.com/wasql/wasql/abi/pb"
	wasql "github.com/wasql/wasql/sdk/go"
)

// kept is a state that has a name. It is in the log, so that it is there as long as it is wanted.
type kept struct {
	name  string
	state *state
}

// named finds a state by its name, whatever its case.
func (s *state) named(name string) *kept {
	for _, k := range s.kept {
		if fold(k.name) == fold(name) {
			return k
		}
	}
	return nil
}

// keep gives the present state a name. Temporary tables are their session's, and not in it.
func (s *state) keep(name string) {
	root := s.root.copy()
	s.root.tables.Scan(func(id uint64, v *version) bool {
		if v.temporary {
			root.tables.Delete(id)
		}
		return true
	})
	s.forget(name)
	s.kept = append(s.kept, &kept{name: name, state: &state{names: s.names, root: root, ids: s.ids}})
}

func (s *state) forget(name string) {
	s.kept = slices.DeleteFunc(slices.Clone(s.kept), func(k *kept) bool { return fold(k.name) == fold(name) })
}

// The first letter of a token says whether a name or a number is behind it.
const (
	tokenName   = "n"
	tokenNumber = "s"
)

// Snapshot finds a state: by its name, by a time, or the present one, which can be given a name.
func (s *store) Snapshot(r wasql.SnapshotRequest) (wasql.Snapshot, error) {
	if r.KeepAs != "" {
		return s.keepAs(r)
	}
	if k := s.committed.named(r.AsOf); k != nil && r.AsOf != "" {
		return wasql.Snapshot{Token: []byte(tokenName + k.name), Text: k.name, Pinned: true}, nil
	}
	p := s.history.present()
	switch {
	case !r.Time.IsZero() && !s.history.timed:
		e := failure(wasql.NotFound, errWrongValue, "the store keeps no states by time: AS OF a name only")
		e.Hint = "option history says how long they are kept, and the grant clock lets the store know the time"
		return wasql.Snapshot{}, e
	case !r.Time.IsZero():
		if p = s.history.at(r.Time); p == nil {
			oldest := s.history.all[0].at.Format("2006-01-02 15:04:05.000000")
			e := failure(wasql.NotFound, errWrongValue, "the state of %s UTC is not kept: the oldest is of %s UTC", r.Time.Format("2006-01-02 15:04:05.000000"), oldest)
			e.Hint = "options history, history_versions and history_bytes bound what is kept; CALL wasql.snapshot('name') keeps a state for good"
			return wasql.Snapshot{}, e
		}
	case r.AsOf != "":
		e := failure(wasql.NotFound, errWrongValue, "no snapshot is called %q", r.AsOf)
		e.Hint = "CALL wasql.snapshot('name') makes one"
		if names := s.committed.snapshots(); len(names) > 0 {
			e.Hint = "there are: " + strings.Join(names, ", ")
		}
		return wasql.Snapshot{}, e
	}
	s.history.pin(p)
	return wasql.Snapshot{Token: strconv.AppendUint([]byte(tokenNumber), p.serial, 36), Text: "state " + strconv.FormatUint(p.serial, 10), Pinned: true}, nil
}

func (s *state) snapshots() []string {
	names := make([]string, len(s.kept))
	for i, k := range s.kept {
		names[i] = k.name
	}
	return names
}

func (s *store) keepAs(r wasql.SnapshotRequest) (wasql.Snapshot, error) {
	switch {
	case r.AsOf != "" || !r.Time.IsZero():
		return wasql.Snapshot{}, wasql.Errorf(wasql.InvalidArgument, "only the present state can be kept under a name")
	case len(r.KeepAs) > 255:
		return wasql.Snapshot{}, failure(wasql.InvalidArgument, errWrongValue, "the name of a snapshot has at most 255 bytes, not %d", len(r.KeepAs))
	case s.committed.named(r.KeepAs) != nil:
		return wasql.Snapshot{}, failure(wasql.AlreadyExists, errSnapshotExists, "snapshot %q exists", r.KeepAs)
	}
	if err := s.change(&step{kind: keepState, name: r.KeepAs}); err != nil {
		return wasql.Snapshot{}, err
	}
	return wasql.Snapshot{Token: []byte(tokenName + r.KeepAs), Text: r.KeepAs, Pinned: true}, nil
}

// ReleaseSnapshot lets a state go.
func (s *store) ReleaseSnapshot(token []byte, name string) error {
	if name == "" {
		if number, ok := strings.CutPrefix(string(token), tokenNumber); ok {
			serial, _ := strconv.ParseUint(number, 36, 64) // an unknown token is no error
			s.history.unpin(serial)
		}
		return nil
	}
	k := s.committed.named(name)
	if k == nil {
		return failure(wasql.NotFound, errWrongValue, "no snapshot is called %q", name)
	}
	return s.change(&step{kind: forgetState, name: k.name})
}

// then is the state of a token.
func (s *store) then(token []byte) (*state, error) {
	if name, ok := strings.CutPrefix(string(token), tokenName); ok {
		if k := s.committed.named(name); k != nil {
			return k.state, nil
		}
	}
	if number, ok := strings.CutPrefix(string(token), tokenNumber); ok {
		if serial, err := strconv.ParseUint(number, 36, 64); err == nil && s.history.pins[serial] != nil {
			return s.history.pins[serial].state, nil
		}
	}
	return nil, failure(wasql.NotFound, errWrongValue, "the snapshot was released")
}

// seeThen finds a table as it was.
func (s *store) seeThen(ref *wasql.TableRef) (*version, error) {
	was, err := s.then(ref.Snapshot)
	if err != nil {
		return nil, err
	}
	id, err := was.names.id(ref.Database, ref.Name)
	if err != nil {
		return nil, err
	}
	v, _ := was.root.tables.Get(id)
	return v, nil
}

// ListSnapshot names the tables that a database had.
func (s *store) ListSnapshot(database string, token []byte) ([]string, error) {
	was, err := s.then(token)
	if err != nil {
		return nil, err
	}
	return was.list(database)
}

// putKept writes the states that have names into a checkpoint, each as what differs from the one before.
func (l *logbook) putKept(s *state, put func([]byte) error) (last *state, err error) {
	last = newState()
	for _, k := range s.kept {
		if err := l.putState(last, k.state, put); err != nil {
			return nil, err
		}
		if err := put((&step{kind: keepState, name: k.name}).append([]byte{recordSteps})); err != nil {
			return nil, err
		}
		last = k.state
	}
	return last, nil
}

// putGone writes the steps that take away what another state does not have, and gives the tables that it has as they are.
func putGone(from, to *state, put func([]byte) error) (same map[uint64]bool, err error) {
	same = map[uint64]bool{}
	send := func(p *step) {
		if err == nil {
			err = put(p.append([]byte{recordSteps}))
		}
	}
	for key, was := range from.names.databases {
		now := to.names.databases[key]
		if now == nil || now.name != was.name {
			send(&step{kind: dropDatabase, name: was.name})
			continue
		}
		for name, id := range was.tables {
			old, _ := from.root.tables.Get(id)
			v, _ := to.root.tables.Get(id)
			switch {
			case old == nil || old.temporary:
			case v == old && now.tables[name] == id:
				same[id] = true
			default:
				send(&step{kind: dropTable, database: was.name, name: old.name(), id: id})
			}
		}
		for name := range was.objects {
			if now.objects[name] == nil {
				send(&step{kind: dropObject, database: was.name, object: &pb.Object{Kind: name.kind, Name: name.name}})
			}
		}
	}
	return same, err
}
