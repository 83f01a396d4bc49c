package main

import (
	"errors"
	"strings"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
	wasql "github.com/wasql/wasql/sdk/go"
)

// driver is the source: the indexes of a folder. Calls never overlap.
type driver struct {
	dir  string
	lock *wasql.File
	// open are those that were asked for, by their folder.
	open map[string]*index
}

var _ wasql.IndexDriver = (*driver)(nil)

// Table finds none: the driver has indexes.
func (d *driver) Table(ref *wasql.TableRef) (wasql.Table, error) {
	return nil, wasql.NoTable(ref.Name)
}

// CreateIndex starts an empty index in the place of one of that name.
func (d *driver) CreateIndex(x *pb.DriverIndex) (*pb.DriverIndex, error) {
	if err := d.DeleteIndex(x); err != nil {
		return nil, err
	}
	ix, err := newIndex(d.dir, x)
	if err != nil {
		return nil, err
	}
	d.open[folderOf(x)] = ix
	return ix.definition.CloneVT(), nil
}

// find gives an index, opened now unless it is.
func (d *driver) find(x *pb.DriverIndex) (*index, error) {
	key := folderOf(x)
	if ix := d.open[key]; ix != nil {
		if !sameShape(ix.definition, x) {
			return nil, wasql.Errorf(wasql.Conflict, "index %s of %s.%s has other columns", x.GetName(), x.GetDatabase(), x.GetTable())
		}
		return ix, nil
	}
	if d.dir == "" {
		return nil, missing(x)
	}
	ix, err := openIndex(d.dir, x)
	if errors.Is(err, wasql.NotFound) {
		return nil, missing(x)
	}
	if err != nil {
		return nil, err
	}
	d.open[key] = ix
	return ix, nil
}

func missing(x *pb.DriverIndex) error {
	return wasql.Errorf(wasql.NotFound, "there is no index %s of %s.%s", x.GetName(), x.GetDatabase(), x.GetTable())
}

// Indexes lists what is saved; those that are damaged are left out, as CHECK tells.
func (d *driver) Indexes(database, table string) ([]*pb.DriverIndex, error) {
	var all []*pb.DriverIndex
	take := func(x *pb.DriverIndex) {
		if x.GetReady() && (database == "" && table == "" || strings.EqualFold(x.GetDatabase(), database) && strings.EqualFold(x.GetTable(), table)) {
			all = append(all, x.CloneVT())
		}
	}
	if d.dir == "" {
		for _, ix := range d.open {
			take(ix.definition)
		}
		return all, nil
	}
	folders, err := wasql.ListFiles(d.dir)
	if err != nil {
		return nil, err
	}
	for _, f := range folders {
		if !f.Folder {
			continue
		}
		if m, err := readManifest(f.Path, nil); err == nil {
			take(m.definition)
		}
	}
	return all, nil
}

// Feed takes entries, or takes them out.
func (d *driver) Feed(x *pb.DriverIndex, remove bool, _ uint64) (wasql.EntrySink, error) {
	ix, err := d.find(x)
	if err != nil {
		return nil, err
	}
	return &feeding{ix: ix, remove: remove}, nil
}

// feeding is an open sink.
type feeding struct {
	ix      *index
	remove  bool
	scratch []byte
}

// Write takes a batch of entries.
func (f *feeding) Write(b *col.Batch) error {
	if len(b.Cols) != len(f.ix.shape.columns) {
		return wasql.Errorf(wasql.InvalidArgument, "entries have %d columns, %d came", len(f.ix.shape.columns), len(b.Cols))
	}
	for i := range b.Len() {
		var e entry
		e, f.scratch = f.ix.shape.entryOf(f.scratch, b, i)
		if err := f.ix.put(e, f.remove); err != nil {
			return err
		}
	}
	return nil
}

// SaveIndex makes an index durable.
func (d *driver) SaveIndex(x *pb.DriverIndex, version string) (*pb.DriverIndex, error) {
	ix, err := d.find(x)
	if err != nil {
		return nil, err
	}
	if err := ix.save(version); err != nil {
		return nil, err
	}
	return ix.definition.CloneVT(), nil
}

// DeleteIndex drops one, whatever state it is in.
func (d *driver) DeleteIndex(x *pb.DriverIndex) error {
	key := folderOf(x)
	if ix := d.open[key]; ix != nil {
		ix.close()
		delete(d.open, key)
	}
	if d.dir == "" {
		return nil
	}
	return removeFolder(d.dir + "/" + key)
}

// CheckIndex reads the manifest and the directories again: what they vouch for is checked when it is read.
func (d *driver) CheckIndex(x *pb.DriverIndex, version string) (pb.DriverState, string, error) {
	if d.dir == "" {
		ix, err := d.find(x)
		switch {
		case errors.Is(err, wasql.NotFound):
			return pb.DriverState_DRIVER_STATE_MISSING, err.Error(), nil
		case err != nil:
			return pb.DriverState_DRIVER_STATE_STALE, err.Error(), nil
		}
		state, text := fits(ix.definition, x, version)
		return state, text, nil
	}
	ix, err := openIndex(d.dir, x)
	switch {
	case errors.Is(err, wasql.NotFound):
		return pb.DriverState_DRIVER_STATE_MISSING, "it has no manifest", nil
	case errors.Is(err, wasql.Corrupt):
		return pb.DriverState_DRIVER_STATE_DAMAGED, err.Error(), nil
	case errors.Is(err, wasql.Conflict):
		return pb.DriverState_DRIVER_STATE_STALE, err.Error(), nil
	case err != nil:
		return pb.DriverState_DRIVER_STATE_UNSPECIFIED, "", err
	}
	ix.close()
	state, text := fits(ix.definition, x, version)
	if kept := d.open[folderOf(x)]; kept != nil && kept.generation != ix.generation {
		return pb.DriverState_DRIVER_STATE_STALE, "its files are not those that were saved last", nil
	}
	return state, text, nil
}

// fits compares what is there with what the host knows.
func fits(have, want *pb.DriverIndex, version string) (pb.DriverState, string) {
	switch {
	case !have.GetReady():
		return pb.DriverState_DRIVER_STATE_STALE, "it was not saved"
	case have.GetTableVersion() != version:
		return pb.DriverState_DRIVER_STATE_STALE, "it was built from version " + have.GetTableVersion() + " of the table, which is at " + version
	case len(want.GetChecksum()) > 0 && string(want.GetChecksum()) != string(have.GetChecksum()):
		return pb.DriverState_DRIVER_STATE_STALE, "its files are of another save than the last"
	}
	return pb.DriverState_DRIVER_STATE_SOUND, ""
}

// Probe reads entries in order.
func (d *driver) Probe(x *pb.DriverIndex, ranges []*pb.KeyRange, reverse bool) (wasql.Cursor, error) {
	ix, err := d.find(x)
	if err != nil {
		return nil, err
	}
	spans, err := ix.shape.spansOf(ranges)
	if err != nil {
		return nil, err
	}
	p := newProbe(ix, spans)
	if reverse {
		return p.reversed()
	}
	return p, nil
}
