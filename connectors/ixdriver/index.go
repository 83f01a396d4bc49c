package main

import (
	"errors"
	"strconv"

	"github.com/wasql/wasql/abi/pb"
	wasql "github.com/wasql/wasql/sdk/go"
)

// changesMax is the number of bytes of changes in memory at which they become a run; tests make it small.
var changesMax = 8 << 20

// index is an open one.
type index struct {
	// dir is its folder; empty: it is in memory only.
	dir   string
	seed  uint64
	shape *shape
	manifest
	runs []*run
	// changes since the last run was written, and about how many bytes they are.
	changes *changes
	bytes   int
	// old are files that the manifest on disk may name: they are removed after the next one is written.
	old []string
}

// newIndex makes an empty one in the place of what is there.
func newIndex(root string, x *pb.DriverIndex) (*index, error) {
	s, err := shapeOf(x)
	if err != nil {
		return nil, err
	}
	ix := &index{seed: seedOf(x), shape: s, changes: newChanges(), manifest: manifest{definition: x.CloneVT()}}
	ix.definition.Ready, ix.definition.TableVersion, ix.definition.Checksum = false, "", nil
	if root == "" {
		return ix, nil
	}
	ix.dir = root + "/" + folderOf(x)
	before := uint64(0)
	if m, err := readManifest(ix.dir, nil); err == nil {
		before = m.generation
	}
	if err := removeFolder(ix.dir); err != nil {
		return nil, err
	}
	if err := wasql.MakeFolder(ix.dir); err != nil {
		return nil, err
	}
	ix.generation = before
	return ix, nil
}

// openIndex opens what was saved.
func openIndex(root string, x *pb.DriverIndex) (*index, error) {
	s, err := shapeOf(x)
	if err != nil {
		return nil, err
	}
	ix := &index{dir: root + "/" + folderOf(x), seed: seedOf(x), shape: s, changes: newChanges()}
	m, err := readManifest(ix.dir, x)
	if err != nil {
		return nil, err
	}
	ix.manifest = *m
	for _, info := range m.runs {
		r, err := openRun(ix.dir, info, ix.seed)
		if err != nil {
			ix.close()
			return nil, err
		}
		ix.runs = append(ix.runs, r)
	}
	return ix, nil
}

func (ix *index) close() {
	for _, r := range ix.runs {
		ix.leave(r)
	}
	ix.runs = nil
}

// leave lets go of a run that is not part of the index any more.
func (ix *index) leave(r *run) {
	r.gone = true
	if r.scans == 0 {
		r.close()
	}
}

// put takes an entry, or says that it was removed.
func (ix *index) put(e entry, removed bool) error {
	ix.changes.Set(e.bytes, change{e.keyLen, removed})
	ix.bytes += len(e.bytes) + 64
	if ix.dir != "" && ix.bytes >= changesMax {
		return ix.spill()
	}
	return nil
}

// spill writes the changes as a run, and merges the last runs while they are of similar size.
func (ix *index) spill() error {
	if ix.changes.Len() == 0 || ix.dir == "" {
		return nil
	}
	c := &changesCursor{it: ix.changes.Copy().Iter()}
	r, err := ix.write(&merged{[]cursor{c}}, len(ix.runs) == 0)
	if err != nil {
		return err
	}
	if r != nil {
		ix.runs = append(ix.runs, r)
	}
	ix.changes, ix.bytes = newChanges(), 0
	for n := len(ix.runs); n >= 2 && ix.runs[n-2].entries <= 2*ix.runs[n-1].entries; n = len(ix.runs) {
		a, b := ix.runs[n-2], ix.runs[n-1]
		both, err := ix.write(&merged{[]cursor{&runCursor{run: a}, &runCursor{run: b}}}, n == 2)
		if err != nil {
			return err
		}
		ix.runs = ix.runs[:n-2]
		if both != nil {
			ix.runs = append(ix.runs, both)
		}
		for _, r := range []*run{a, b} {
			ix.old = append(ix.old, r.name)
			ix.leave(r)
		}
	}
	return nil
}

// write makes a run of entries; of the lowest those that were removed are left out. nil: there was none.
func (ix *index) write(m *merged, lowest bool) (*run, error) {
	if err := m.seek(""); err != nil {
		return nil, err
	}
	ix.nextRun++
	w, err := newRun(ix.dir, "run-"+strconv.FormatUint(ix.generation+1, 36)+"-"+strconv.FormatUint(ix.nextRun, 36), ix.seed)
	if err != nil {
		return nil, err
	}
	for {
		e, err := m.next()
		if err != nil || e == nil {
			info, ended := w.end()
			switch {
			case err != nil:
			case ended != nil:
				err = ended
			case info.entries > 0:
				return openRun(ix.dir, info, ix.seed)
			}
			_ = wasql.RemoveFile(ix.dir + "/" + info.name) // nobody names it
			return nil, err
		}
		if e.removed && lowest {
			continue
		}
		if err := w.add(e); err != nil {
			_, _ = w.end() // the error is the one to tell
			return nil, err
		}
	}
}

// save makes all of it durable.
func (ix *index) save(version string) error {
	if err := ix.spill(); err != nil {
		return err
	}
	ix.definition.Ready, ix.definition.TableVersion = true, version
	ix.generation++
	ix.manifest.runs = nil
	for _, r := range ix.runs {
		ix.manifest.runs = append(ix.manifest.runs, r.runInfo)
	}
	if ix.dir == "" {
		b, err := ix.encode()
		if err != nil {
			return err
		}
		ix.definition.Checksum = checksum(ix.generation, b)
		return nil
	}
	if err := ix.manifest.write(ix.dir); err != nil {
		return err
	}
	for _, name := range ix.old {
		_ = wasql.RemoveFile(ix.dir + "/" + name) // what stays is removed with the folder
	}
	ix.old = nil
	return nil
}

// removeFolder removes an index from disk; the manifest first, so that what is left is none.
func removeFolder(dir string) error {
	for _, name := range []string{manifestName, manifestName + ".new"} {
		if err := wasql.RemoveFile(dir + "/" + name); err != nil && !errors.Is(err, wasql.NotFound) {
			return err
		}
	}
	files, err := wasql.ListFiles(dir)
	if err != nil {
		if errors.Is(err, wasql.NotFound) {
			return nil
		}
		return err
	}
	for _, f := range files {
		if err := wasql.RemoveFile(f.Path); err != nil && !errors.Is(err, wasql.NotFound) {
			return err
		}
	}
	if err := wasql.RemoveFile(dir); err != nil && !errors.Is(err, wasql.NotFound) {
		return err
	}
	return nil
}
