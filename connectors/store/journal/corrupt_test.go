package journal_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/wasql/wasql/connectors/store/journal"
	"github.com/wasql/wasql/connectors/store/journal/journaltest"
)

const (
	log1, check1 = "0000000000000001.log", "0000000000000001.checkpoint"
	log0, log2   = "0000000000000000.log", "0000000000000002.log"
	check2       = "0000000000000002.checkpoint"
)

var (
	someChunks  = []string{"alpha", "", strings.Repeat("gamma", 30)}
	someRecords = []string{"one", strings.Repeat("two", 20), "", "four is the last"}
)

// full is a folder with a checkpoint and records, each synced before the next, the last one too or not.
func full(t testing.TB, seed uint64, marked bool) *journaltest.FS {
	fs := journaltest.New(seed)
	l, _ := open(t, fs)
	do(t, l.Append([]byte("zero")), checkpoint(l, someChunks...))
	for i, r := range someRecords {
		do(t, l.Append([]byte(r)))
		if marked || i < len(someRecords)-1 {
			do(t, l.Sync())
		}
	}
	return fs.Killed(seed)
}

func isCorrupt(err error) bool {
	var corrupt *journal.CorruptError
	return errors.As(err, &corrupt)
}

// TestEveryFlippedBitIsNoticed flips each bit of each file. Only the last mark, and the last record without one, look like a torn tail.
func TestEveryFlippedBitIsNoticed(t *testing.T) {
	for _, marked := range []bool{true, false} {
		sound := full(t, 1, marked)
		// The last mark, with the record behind it that was never synced.
		last := len(sound.Content(log1)) - 32
		if !marked {
			last -= 48
		}
		for _, name := range []string{log1, check1} {
			for bit := range 8 * len(sound.Content(name)) {
				fs := sound.Killed(1)
				fs.Flip(name, bit)
				l, s, err := tryOpen(fs)
				switch {
				case err != nil && !isCorrupt(err):
					t.Fatalf("%s, bit %d: %v", name, bit, err)
				case err != nil:
				case name == check1 || bit < 8*last || !marked && len(s.records) != 3 || marked && len(s.records) != 4:
					t.Fatalf("marked %v, %s, bit %d is not noticed: %q", marked, name, bit, s)
				default:
					expect(t, s, someChunks, someRecords[:len(s.records)])
					if l.Recovery().Cut == 0 || !l.Recovery().Unclean {
						t.Fatalf("%s, bit %d: %+v", name, bit, l.Recovery())
					}
					do(t, l.Append([]byte("more")), l.Close())
					_, s = open(t, fs)
					expect(t, s, someChunks, append(slices.Clone(someRecords[:len(s.records)-1]), "more"))
				}
			}
		}
	}
}

// TestEveryCutIsNoticed cuts each file at each length: a checkpoint must be whole, a log may end earlier.
func TestEveryCutIsNoticed(t *testing.T) {
	sound := full(t, 1, true)
	for _, name := range []string{log1, check1} {
		for length := range len(sound.Content(name)) {
			fs := sound.Killed(1)
			fs.Put(name, fs.Content(name)[:length])
			_, s, err := tryOpen(fs)
			switch {
			case err != nil && !isCorrupt(err):
				t.Fatalf("%s, %d bytes: %v", name, length, err)
			case err == nil && (name == check1 || length < 48):
				t.Fatalf("%s, %d bytes: not noticed", name, length)
			case err == nil:
				expect(t, s, someChunks, someRecords[:len(s.records)])
			}
		}
	}
}

// parts of a file, made by hand as the package's documentation says.
type part struct {
	number, synced uint64
	kind           uint32
	payload        string
}

func record(number uint64, payload string) part { return part{number, number, 1, payload} }

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func build(magic string, generation, salt, first uint64, parts ...part) []byte {
	le := binary.LittleEndian
	b := append(le.AppendUint32([]byte(magic), 2), 0, 0, 0, 0)
	b = le.AppendUint64(le.AppendUint64(le.AppendUint64(b, generation), salt), first)
	b = append(b, 0, 0, 0, 0)
	seed := crc32.Checksum(b, castagnoli)
	b = le.AppendUint32(b, seed)
	for _, p := range parts {
		head := le.AppendUint64(le.AppendUint64(le.AppendUint32(nil, uint32(len(p.payload))), p.number), p.synced)
		head = le.AppendUint32(le.AppendUint32(head, p.kind), crc32.Update(seed, castagnoli, []byte(p.payload)))
		b = append(append(le.AppendUint32(b, crc32.Update(seed, castagnoli, head)), head...), p.payload...)
		for len(b)%8 != 0 {
			b = append(b, 0)
		}
	}
	return b
}

// TestFormat writes what the documentation says, byte for byte.
func TestFormat(t *testing.T) {
	fs := full(t, 1, true)
	salt := func(name string) uint64 { return binary.LittleEndian.Uint64(fs.Content(name)[24:]) }
	var parts []part
	for i, text := range someRecords {
		number := uint64(i + 2)
		parts = append(parts, record(number, text), part{number + 1, number + 1, 2, ""})
	}
	want := build("WASQLLOG", 1, salt(log1), 2, parts...)
	if got := fs.Content(log1); string(got) != string(want) {
		t.Errorf("log\n%x, want\n%x", got, want)
	}
	want = build("WASQLCHK", 1, salt(check1), 2, part{1, 0, 1, someChunks[0]}, part{2, 0, 1, someChunks[1]}, part{3, 0, 1, someChunks[2]}, part{4, 0, 2, ""})
	if got := fs.Content(check1); string(got) != string(want) {
		t.Errorf("checkpoint\n%x, want\n%x", got, want)
	}
	if salt(log1) == salt(check1) {
		t.Error("the log and the checkpoint have one salt")
	}
}

// TestFilesThatNoCrashLeaves are refused, each for its reason.
func TestFilesThatNoCrashLeaves(t *testing.T) {
	check := build("WASQLCHK", 1, 5, 2, part{1, 0, 1, "chunk"}, part{2, 0, 2, ""})
	for name, c := range map[string]struct {
		files map[string][]byte
		want  string
	}{
		"a number twice":        {map[string][]byte{log0: build("WASQLLOG", 0, 3, 1, record(1, "a"), record(1, "b"))}, "record 1 in the place of record 2"},
		"a gap":                 {map[string][]byte{log0: build("WASQLLOG", 0, 3, 1, record(1, "a"), record(3, "b"))}, "record 3 in the place of record 2"},
		"a mark of another":     {map[string][]byte{log0: build("WASQLLOG", 0, 3, 1, record(1, "a"), part{9, 9, 2, ""})}, "record 9 in the place of record 2"},
		"first of another":      {map[string][]byte{log1: build("WASQLLOG", 1, 3, 7), check1: check}, "begins with record 7, record 2 comes next"},
		"chunks swapped":        {map[string][]byte{log1: build("WASQLLOG", 1, 3, 2), check1: build("WASQLCHK", 1, 5, 2, part{2, 0, 1, "b"}, part{1, 0, 1, "a"}, part{3, 0, 2, ""})}, "chunk 2 in the place of chunk 1"},
		"chunk behind the end":  {map[string][]byte{log1: build("WASQLLOG", 1, 3, 2), check1: append(slices.Clone(check), 0)}, "bytes behind the end"},
		"checkpoint unfinished": {map[string][]byte{log1: build("WASQLLOG", 1, 3, 2), check1: build("WASQLCHK", 1, 5, 2, part{1, 0, 1, "a"})}, "chunk 2 is not there"},
		"no log":                {map[string][]byte{check1: check}, log1 + " at byte 0: the file is missing"},
		"no checkpoint":         {map[string][]byte{log1: build("WASQLLOG", 1, 3, 2)}, log0 + " at byte 0: the file is missing"},
		"records of no checkpoint": {map[string][]byte{log0: build("WASQLLOG", 0, 3, 1), log1: build("WASQLLOG", 1, 3, 2, record(2, "x"))},
			check1 + " at byte 0: the file is missing"},
		"another kind":       {map[string][]byte{log0: build("WASQLCHK", 0, 3, 1)}, "another kind"},
		"another generation": {map[string][]byte{log0: build("WASQLLOG", 1, 3, 1)}, "another generation"},
		"a later version":    {map[string][]byte{log0: later(build("WASQLLOG", 0, 3, 1))}, "version 3, this program reads 2"},
		"empty":              {map[string][]byte{log0: {}}, "shorter than a header"},
		"proved by the mark": {map[string][]byte{log0: damage(build("WASQLLOG", 0, 3, 1, record(1, "a"), part{2, 2, 2, ""}), 81)}, "was on disk and is damaged"},
		"zeros behind a payload": {map[string][]byte{log0: damage(build("WASQLLOG", 0, 3, 1, record(1, "a"), record(2, "b")), 85)},
			"was on disk and is damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			fs := journaltest.New(1)
			for file, content := range c.files {
				fs.Put(file, content)
			}
			before := maps.Collect(everything(fs))
			l, _, err := tryOpen(fs)
			if !isCorrupt(err) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %s", err, c.want)
			}
			if err == nil {
				do(t, l.Close())
			}
			if !maps.Equal(before, maps.Collect(everything(fs))) {
				t.Error("a corrupt folder was changed")
			}
		})
	}
}

func later(b []byte) []byte {
	b[8] = 3
	binary.LittleEndian.PutUint32(b[44:], crc32.Checksum(b[:44], castagnoli))
	return b
}

func damage(b []byte, at int) []byte {
	b[at] ^= 1
	return b
}

func everything(fs *journaltest.FS) func(yield func(string, string) bool) {
	return func(yield func(string, string) bool) {
		names, _ := fs.List()
		for _, name := range names {
			if !yield(name, string(fs.Content(name))) {
				return
			}
		}
	}
}

// TestUnsyncedRecordsMayTear: what no frame proves to have been on disk is a torn tail, however much follows.
func TestUnsyncedRecordsMayTear(t *testing.T) {
	fs := journaltest.New(1)
	l, _ := open(t, fs)
	do(t, l.Append([]byte("a")), l.Sync(), l.Append([]byte("b")), l.Append([]byte("c")), l.Append([]byte("d")))
	fs = fs.Killed(1)
	fs.Flip(log0, 8*(48+40+33)) // in b, which was not synced when c and d were written
	l, s := open(t, fs)
	expect(t, s, nil, []string{"a"})
	if l.Recovery().Cut != 120 {
		t.Errorf("%+v", l.Recovery())
	}
	do(t, l.Close())
}

// TestWhatWasSyncedInPassingIsProved: a copy of the log and a failed record both sync what was there before.
func TestWhatWasSyncedInPassingIsProved(t *testing.T) {
	for _, copied := range []bool{true, false} {
		fs := journaltest.New(1)
		l, _ := open(t, fs)
		do(t, l.Append([]byte("a")), l.Append([]byte("b")))
		if copied {
			fs = fs.Killed(1)
			l, _ = open(t, fs)
		} else {
			fs.Fault = func(_ int, operation, _ string) journaltest.Fault {
				if operation == "write" {
					return journaltest.Fault{Err: errFull, Bytes: 9}
				}
				return journaltest.Fault{}
			}
			if l.Append([]byte("x")) == nil {
				t.Fatal("no failure")
			}
			fs.Fault = nil
		}
		do(t, l.Append([]byte("c")))
		fs = fs.Killed(1)
		fs.Flip(log0, 8*(48+33))
		if _, s, err := tryOpen(fs); !isCorrupt(err) {
			t.Errorf("copied %v: %v %q", copied, err, s)
		}
	}
}

// TestRecordsProveToo: where a mark could not be written the next record says the same.
func TestRecordsProveToo(t *testing.T) {
	fs := journaltest.New(1)
	l, _ := open(t, fs)
	do(t, l.Append([]byte("a")))
	writes := 0
	fs.Fault = func(_ int, operation, _ string) journaltest.Fault {
		if operation == "write" {
			writes++
			return journaltest.Fault{Err: errFull, Bytes: 5}
		}
		return journaltest.Fault{}
	}
	do(t, l.Sync())
	fs.Fault = nil
	do(t, l.Append([]byte("b")))
	fs = fs.Killed(1)
	if writes != 1 || len(fs.Content(log0)) != 48+40+40 {
		t.Fatalf("%d writes, %d bytes", writes, len(fs.Content(log0)))
	}
	fs.Flip(log0, 8*(48+33))
	if _, s, err := tryOpen(fs); !isCorrupt(err) {
		t.Errorf("%v %q", err, s)
	}
}

// between is a folder as a crash leaves it between the new checkpoint's name and the removal of the old files; the last record before the checkpoint
// was never synced by the caller.
func between(t *testing.T) *journaltest.FS {
	fs := full(t, 1, true)
	l, _ := open(t, fs)
	do(t, l.Append([]byte("five")))
	fs.Fault = func(_ int, operation, _ string) journaltest.Fault {
		return journaltest.Fault{Crash: operation == "remove"}
	}
	_ = checkpoint(l, "all of it")
	fs = fs.PowerCut(journaltest.LoseAll, 1)
	for _, name := range []string{log1, log2, check1, check2} {
		if fs.Content(name) == nil {
			t.Fatalf("%s is not there", name)
		}
	}
	return fs
}

// TestDamagedCheckpoint falls back on the one before while everything since is there, and takes records only after another checkpoint.
func TestDamagedCheckpoint(t *testing.T) {
	records := append(slices.Clone(someRecords), "five")
	fs := between(t)
	l, s := open(t, fs.Killed(1))
	expect(t, s, []string{"all of it"}, nil)
	do(t, l.Close())

	for bit := range 8 * len(fs.Content(check2)) {
		fs := fs.Killed(1)
		fs.Flip(check2, bit)
		l, s := open(t, fs)
		expect(t, s, someChunks, records)
		if !isCorrupt(l.Recovery().Damaged) {
			t.Fatalf("bit %d: %+v", bit, l.Recovery())
		}
		if err := l.Append([]byte("x")); err == nil || fs.Content(check1) == nil {
			t.Fatalf("bit %d: a record was taken", bit)
		}
		do(t, checkpoint(l, "anew"), l.Append([]byte("x")), l.Close())
		_, s = open(t, fs)
		expect(t, s, []string{"anew"}, []string{"x"})
	}
	for _, other := range []string{check1, log1} {
		fs := fs.Killed(1)
		fs.Flip(check2, 1000)
		fs.Flip(other, 8*90)
		if _, s, err := tryOpen(fs); !isCorrupt(err) {
			t.Errorf("%s damaged too: %v %q", other, err, s)
		}
		fs = fs.Killed(1)
		do(t, fs.Remove(other))
		if _, s, err := tryOpen(fs); !isCorrupt(err) {
			t.Errorf("%s missing too: %v %q", other, err, s)
		}
	}
	short := fs.Killed(1)
	short.Flip(check2, 1000)
	short.Put(log1, short.Content(log1)[:len(short.Content(log1))-8])
	if _, s, err := tryOpen(short); !isCorrupt(err) {
		t.Errorf("the log before is torn: %v %q", err, s)
	}
}

func FuzzOpen(f *testing.F) {
	f.Add([]byte{}, true)
	f.Add([]byte{0, 0, 60, 9, 1, 4, 0, 50, 80}, false)
	f.Fuzz(func(t *testing.T, script []byte, marked bool) {
		fs := full(t, 1, marked)
		for len(script) >= 5 {
			edit(fs, script[0], int(binary.LittleEndian.Uint16(script[1:])), int(script[3]), script[4])
			script = script[5:]
		}
		l, s, err := tryOpen(fs)
		if err != nil {
			return
		}
		// Whatever was done to the files: what comes back was written, from the beginning on, and in order.
		n := len(s.records)
		if s.chunks == nil && n == 0 {
			return // the log itself was emptied or removed
		}
		if n > len(someRecords) {
			t.Fatalf("%q", s)
		}
		expect(t, s, someChunks, someRecords[:n])
		do(t, l.Append([]byte("more")), l.Close())
		_, s = open(t, fs)
		expect(t, s, someChunks, append(slices.Clone(someRecords[:n]), "more"))
	})
}

// edit does one thing to a file.
func edit(fs *journaltest.FS, what byte, at, length int, value byte) {
	name := log1
	if what&1 == 1 {
		name = check1
	}
	b := fs.Content(name)
	at = min(at%(len(b)+1), len(b))
	end := min(at+length, len(b))
	switch what >> 1 % 6 {
	case 0:
		fs.Flip(name, at*8+int(value%8))
		return
	case 1:
		b = b[:at]
	case 2: // a hole
		b = slices.Delete(b, at, end)
	case 3: // a piece twice
		b = slices.Insert(b, at, slices.Clone(b[at:end])...)
	case 4: // bytes over others
		for i := at; i < end; i++ {
			b[i] = value
		}
	case 5: // a piece over another place
		copy(b[min(len(b), int(value)*8):], slices.Clone(b[at:end]))
	}
	fs.Put(name, b)
}

// FuzzFiles gives arbitrary bytes as files: an error or not, but never a panic, and what was opened can be used.
func FuzzFiles(f *testing.F) {
	fs := full(f, 1, false)
	f.Add(fs.Content(log1), fs.Content(check1))
	f.Add([]byte("WASQLLOG"), []byte{})
	f.Fuzz(func(t *testing.T, log, check []byte) {
		fs := journaltest.New(1)
		fs.Put(log1, log)
		fs.Put(check1, check)
		l, s, err := tryOpen(fs)
		if err != nil {
			return
		}
		do(t, l.Append([]byte("more")), l.Close())
		_, again := open(t, fs)
		if fmt.Sprint(again) != fmt.Sprint(state{s.chunks, append(s.records, "more")}) {
			t.Errorf("%q, then %q", s, again)
		}
	})
}
