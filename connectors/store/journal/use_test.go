package journal_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/wasql/wasql/connectors/store/journal"
	"github.com/wasql/wasql/connectors/store/journal/journaltest"
)

func TestOneOpenerAtATime(t *testing.T) {
	fs := journaltest.New(1)
	l, _ := open(t, fs)
	if _, err := journal.Open(fs); err == nil || !strings.Contains(err.Error(), "lock") {
		t.Errorf("a second opener: %v", err)
	}
	do(t, l.Close(), l.Close())
	l, _ = open(t, fs)
	do(t, l.Close())
	for name, err := range map[string]error{
		"Append": l.Append(nil), "Sync": l.Sync(), "Checkpoint": checkpoint(l), "Replay": l.Replay(func(journal.Kind, []byte) error { return nil }),
	} {
		if err == nil {
			t.Errorf("%s of a closed log", name)
		}
	}
}

func TestReplayComesFirst(t *testing.T) {
	fs := full(t, 1, true)
	stop := errors.New("stop")
	l, err := journal.Open(fs)
	do(t, err)
	if l.Append(nil) == nil || l.Sync() == nil || checkpoint(l) == nil {
		t.Error("used before Replay")
	}
	if err := l.Replay(func(journal.Kind, []byte) error { return stop }); err != stop {
		t.Errorf("the caller's error became %v", err)
	}
	if l.Append(nil) == nil || checkpoint(l) == nil || l.Replay(func(journal.Kind, []byte) error { return nil }) == nil {
		t.Error("used after half a Replay")
	}
	do(t, l.Close())
	_, s := open(t, fs)
	expect(t, s, someChunks, someRecords)
}

// TestReadingChangesNothing: a full disk stays readable, with a torn tail or without.
func TestReadingChangesNothing(t *testing.T) {
	for _, marked := range []bool{true, false} {
		fs := full(t, 1, marked)
		fs.Fault = func(int, string, string) journaltest.Fault { return journaltest.Fault{Err: errFull} }
		l, s := open(t, fs)
		expect(t, s, someChunks, someRecords)
		for range 3 {
			if err := l.Append([]byte("x")); !errors.Is(err, errFull) {
				t.Errorf("a record on a full disk: %v", err)
			}
			if err := checkpoint(l, "x"); !errors.Is(err, errFull) {
				t.Errorf("a checkpoint on a full disk: %v", err)
			}
		}
		fs.Fault = nil
		do(t, l.Append([]byte("x")), l.Sync(), l.Close())
		_, s = open(t, fs)
		expect(t, s, someChunks, append(slices.Clone(someRecords), "x"))
	}
}

// TestFailedSync: the log says so until a checkpoint has written everything anew.
func TestFailedSync(t *testing.T) {
	fs := journaltest.New(1)
	l, _ := open(t, fs)
	do(t, l.Append([]byte("a")), l.Sync(), l.Append([]byte("b")))
	fs.Fault = func(_ int, operation, _ string) journaltest.Fault {
		if operation == "sync" {
			return journaltest.Fault{Err: errFull}
		}
		return journaltest.Fault{}
	}
	var failed *journal.FailedError
	if err := l.Sync(); !errors.As(err, &failed) || !errors.Is(err, errFull) {
		t.Fatalf("sync: %v", err)
	}
	fs.Fault = nil
	for name, err := range map[string]error{"sync": l.Sync(), "append": l.Append(nil)} {
		if !errors.As(err, &failed) || !errors.Is(err, errFull) {
			t.Errorf("%s after a failed sync: %v", name, err)
		}
	}
	do(t, checkpoint(l, "a"), l.Append([]byte("c")), l.Sync(), l.Close())
	_, s := open(t, fs.PowerCut(journaltest.LoseAll, 1))
	expect(t, s, []string{"a"}, []string{"c"})

	l, _ = open(t, fs)
	do(t, l.Append([]byte("d")))
	fs.Fault = func(int, string, string) journaltest.Fault { return journaltest.Fault{Err: errFull} }
	if err := l.Sync(); !errors.As(err, &failed) {
		t.Errorf("sync: %v", err)
	}
	if err := l.Close(); !errors.As(err, &failed) {
		t.Errorf("a log that failed is closed as if it had not: %v", err)
	}
}

// TestLeftoversAreRemoved leaves nothing but what counts, and other people's files.
func TestLeftoversAreRemoved(t *testing.T) {
	fs := between(t)
	fs.Put(log2+".new", []byte("x"))
	fs.Put(check2+".new", nil)
	fs.Put("notes.txt", nil)
	fs.Put("2.log", nil)
	l, _ := open(t, fs)
	do(t, l.Close())
	if names, _ := fs.List(); !slices.Equal(names, []string{check2, log2, "2.log", "notes.txt"}) {
		t.Errorf("%v", names)
	}
}

// constant is a folder without randomness.
type constant struct{ *journaltest.FS }

func (constant) Random([]byte) error { return nil }

// TestSaltsDiffer: even without randomness no file takes another's frames for its own.
func TestSaltsDiffer(t *testing.T) {
	memory := journaltest.New(1)
	fs := constant{memory}
	seen := map[string]string{}
	look := func(when string) {
		t.Helper()
		names, _ := memory.List()
		for _, name := range names {
			if b := memory.Content(name); len(b) >= 48 {
				if salt := string(b[24:32]); seen[salt] != "" {
					t.Errorf("%s: %s has the salt of %s", when, name, seen[salt])
				} else {
					seen[salt] = when + " " + name
				}
			}
		}
	}
	l, _ := open(t, fs)
	do(t, l.Append([]byte("a")))
	look("new")
	fs = constant{memory.Killed(1)}
	memory = fs.FS
	l, _ = open(t, fs)
	do(t, l.Append([]byte("b")))
	look("copied")
	do(t, checkpoint(l, "c"))
	look("checkpoint")
	do(t, checkpoint(l, "c"), l.Close())
	look("another")
}

// TestLongRecords crosses the sizes at which writing and reading change their way.
func TestLongRecords(t *testing.T) {
	fs := journaltest.New(1)
	l, _ := open(t, fs)
	var chunks, records []string
	for _, n := range []int{0, 1, 7, 8, 9, 64<<10 - 1, 64 << 10, 64<<10 + 1, 256<<10 - 33, 256<<10 - 32, 256 << 10, 256<<10 + 1, 1<<20 + 3, 5} {
		text := string(bytes.Repeat([]byte{byte(n%250 + 1)}, n))
		records = append(records, text)
		do(t, l.Append([]byte(text)))
		if n%2 == 1 {
			chunks = append(chunks, text, "small")
		}
	}
	before := l.Size()
	if before != int64(len(fs.Content(log0))) {
		t.Errorf("size %d, the file has %d", before, len(fs.Content(log0)))
	}
	fs = fs.Killed(1)
	l, s := open(t, fs)
	expect(t, s, nil, records)
	do(t, l.Append([]byte("x")))
	if want := before + 40; l.Size() != want || l.Size() != int64(len(fs.Content(log0))) {
		t.Errorf("size %d after the copy, want %d", l.Size(), want)
	}
	do(t, checkpoint(l, chunks...), l.Append([]byte("y")), l.Close())
	l, s = open(t, fs)
	expect(t, s, chunks, []string{"y"})
	do(t, l.Append([]byte("z")), l.Close())
	_, s = open(t, fs)
	expect(t, s, chunks, []string{"y", "z"})
}

// TestFailedCheckpointChangesNothing, the caller's own failure among them.
func TestFailedCheckpointChangesNothing(t *testing.T) {
	fs := full(t, 1, true)
	l, _ := open(t, fs)
	stop := errors.New("stop")
	err := l.Checkpoint(func(put func([]byte) error) error {
		do(t, put([]byte("half")))
		return stop
	})
	if err != stop {
		t.Errorf("the caller's error became %v", err)
	}
	if names, _ := fs.List(); !slices.Equal(names, []string{check1, log1}) {
		t.Errorf("%v", names)
	}
	do(t, l.Append([]byte("x")), l.Close())
	_, s := open(t, fs)
	expect(t, s, someChunks, append(slices.Clone(someRecords), "x"))
}
