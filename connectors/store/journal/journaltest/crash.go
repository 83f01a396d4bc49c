package journaltest

import (
	"maps"
	"math/rand/v2"
	"slices"
)

// Sector is what a disk writes as a whole, in bytes.
const Sector = 512

// Killed is the folder after kill -9: the system lives on and writes what it was given.
func (f *FS) Killed(seed uint64) *FS {
	return f.after(seed, f.names, func(file *file) []byte { return file.now })
}

// Loss says how much of what was not synced a power cut takes.
type Loss uint8

// All of it; nothing; only the content of files, or only the names; or of every change and every sector of a write, by chance, in any order.
const (
	LoseAll Loss = iota
	LoseNothing
	LoseContent
	LoseNames
	LoseSome
	losses
)

// Losses lists them.
func Losses() []Loss {
	all := make([]Loss, losses)
	for i := range all {
		all[i] = Loss(i)
	}
	return all
}

// PowerCut is the folder after the power failed.
func (f *FS) PowerCut(loss Loss, seed uint64) *FS {
	random := rand.New(rand.NewPCG(seed, uint64(loss)))
	names := clone(f.disk)
	for _, c := range f.changes {
		if loss == LoseNothing || loss == LoseContent || loss == LoseSome && random.IntN(2) == 0 {
			for name, file := range c {
				names[name] = file
			}
		}
	}
	return f.after(seed, names, func(file *file) []byte {
		b := slices.Clone(file.disk)
		for _, w := range file.writes {
			switch loss {
			case LoseNothing, LoseNames:
				b = w.apply(b)
			case LoseSome:
				b = w.some(b, random)
			}
		}
		return b
	})
}

func (f *FS) after(seed uint64, names map[string]*file, content func(*file) []byte) *FS {
	out := New(seed)
	// In the order of the names, so that the same seed loses the same.
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if names[name] != nil {
			b := content(names[name])
			out.names[name] = &file{disk: b, now: slices.Clone(b)}
		}
	}
	out.disk = clone(out.names)
	return out
}

// some puts some of the sectors of a write on disk. One that is not may hold what it held, zeros or, at the end of the
// file, anything.
func (w write) some(b []byte, random *rand.Rand) []byte {
	if w.content == nil {
		if random.IntN(2) == 0 {
			return b
		}
		return w.apply(b)
	}
	end := w.offset + len(w.content)
	for at := w.offset; at < end; {
		to := min(end, (at/Sector+1)*Sector)
		switch old := len(b); random.IntN(4) {
		case 0:
			// The length may be on disk without the content.
			b = grow(b, to)
		case 1:
			b = grow(b, to)
			for i := max(old, at); i < to; i++ {
				b[i] = byte(random.Uint32())
			}
		case 2, 3:
			b = write{at, w.content[at-w.offset : to-w.offset]}.apply(b)
		}
		at = to
	}
	return b
}

// Flip changes a bit of a file on disk; false: the file has no such bit.
func (f *FS) Flip(name string, bit int) bool {
	file := f.names[name]
	if file == nil || bit < 0 || bit >= 8*len(file.now) {
		return false
	}
	file.now = slices.Clone(file.now)
	file.now[bit/8] ^= 1 << (bit % 8)
	file.disk, file.writes = slices.Clone(file.now), nil
	return true
}

// Content gives a copy of a file, nil when there is none.
func (f *FS) Content(name string) []byte {
	if f.names[name] == nil {
		return nil
	}
	return slices.Clone(f.names[name].now)
}

// Put makes a file that is on disk.
func (f *FS) Put(name string, content []byte) {
	f.names[name] = &file{disk: slices.Clone(content), now: slices.Clone(content)}
	f.disk[name] = f.names[name]
}
