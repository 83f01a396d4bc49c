package decision

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

var errFault = errors.New("input/output error")

func open(t *testing.T, folder string) *Log {
	t.Helper()
	l, err := Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// again closes a log and opens it anew.
func again(t *testing.T, l *Log, folder string) *Log {
	t.Helper()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return open(t, folder)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func states(l *Log, ids ...string) string {
	text := ""
	for _, id := range ids {
		text += fmt.Sprint(l.Of(id, "life").State)
	}
	return text
}

func TestDecisionsAreThereAgain(t *testing.T) {
	folder := t.TempDir()
	l := open(t, folder)
	if got := l.Of("a", "life"); got.State != Foreign {
		t.Errorf("before the life is known: %v", got)
	}
	must(t, l.Live("life"))
	must(t, l.Commit("a", []string{"x", "y"}))
	must(t, l.Ask("b", "last", []string{"x"}))
	must(t, l.Commit("c", []string{"x"}))
	must(t, l.Finish("c"))
	l = again(t, l, folder)
	want := []Decision{{ID: "a", State: Committed, Participants: []string{"x", "y"}}, {ID: "b", State: Asked, Decider: "last", Participants: []string{"x"}}}
	if got := l.Unfinished(); !reflect.DeepEqual(got, want) {
		t.Errorf("unfinished are %v, want %v", got, want)
	}
	if got := states(l, "a", "b", "c", "d"); got != "2100" {
		t.Errorf("states are %s", got)
	}
	must(t, l.Commit("b", []string{"x"}))
	must(t, l.Finish("a"))
	l = again(t, l, folder)
	if got := states(l, "a", "b"); got != "02" {
		t.Errorf("states are %s", got)
	}
	must(t, l.Finish("b"))
	must(t, l.Over("life"))
	l = again(t, l, folder)
	if got := l.Of("a", "life").State; got != Foreign || len(l.Unfinished()) > 0 {
		t.Errorf("a life that is over is known: %v", got)
	}
}

func TestOneProcessHasIt(t *testing.T) {
	folder := t.TempDir()
	l := open(t, folder)
	var locked *LockedError
	if _, err := Open(folder); !errors.As(err, &locked) {
		t.Errorf("a second opening gives %v", err)
	}
	again(t, l, folder)
}

// TestATornTail cuts the file, and turns a bit of it, at every byte: what was synced before is there, or the damage is told.
func TestATornTail(t *testing.T) {
	folder := t.TempDir()
	l := open(t, folder)
	must(t, l.Live("life"))
	ends := []int64{l.file.end}
	for i := range 4 {
		must(t, l.Commit(fmt.Sprint("t", i), []string{"x", "y"}))
		ends = append(ends, l.file.end)
	}
	must(t, l.Close())
	whole, err := os.ReadFile(filepath.Join(folder, FileName))
	must(t, err)
	for at := range whole {
		for _, way := range []string{"cut", "turned"} {
			text := append([]byte(nil), whole...)
			if way == "cut" {
				text = text[:at]
			} else {
				text[at] ^= 1
			}
			other := t.TempDir()
			must(t, os.WriteFile(filepath.Join(other, FileName), text, 0o600))
			torn, err := Open(other)
			var corrupt *CorruptError
			last := int64(at) >= ends[len(ends)-2]
			switch {
			case at < headerSize || way == "turned" && !last && !padding(whole, ends, at):
				if !errors.As(err, &corrupt) {
					t.Fatalf("%s at %d: %v, want a *CorruptError", way, at, err)
				}
				continue
			case err != nil:
				t.Fatalf("%s at %d: %v", way, at, err)
			}
			want := 0
			for i := range 4 {
				if int64(at) >= ends[i+1] || way == "turned" && padding(whole, ends, at) || way == "turned" && i < 3 {
					want++
				}
			}
			if way == "cut" && padding(whole, ends, at) && int64(at) >= ends[0] && want < 4 {
				want++ // the zeros behind a frame are no part of it
			}
			if got := len(torn.Unfinished()); got != want {
				t.Errorf("%s at %d: %d decisions, want %d", way, at, got, want)
			}
			must(t, torn.Commit("new", []string{"z"}))
			must(t, torn.Close())
			if torn = open(t, other); torn.Of("new", "life").State != Committed || len(torn.Unfinished()) != want+1 {
				t.Errorf("%s at %d: what comes behind it is lost", way, at)
			}
			must(t, torn.Close())
		}
	}
}

// padding tells whether a byte is one of the zeros behind a frame.
func padding(text []byte, ends []int64, at int) bool {
	f := &file{}
	_ = f.read(text, func(int, []string) error { return nil }) // for the seed
	start := int64(headerSize)
	for _, end := range ends {
		payload, _, ok := f.frame(text, start)
		if ok && int64(at) >= start+frameSize+int64(len(payload)) && int64(at) < end {
			return true
		}
		start = end
	}
	return false
}

func TestWhatCannotBeWrittenIsNotDecided(t *testing.T) {
	for _, operation := range []string{"write", "sync"} {
		t.Run(operation, func(t *testing.T) {
			folder := t.TempDir()
			l := open(t, folder)
			must(t, l.Live("life"))
			must(t, l.Commit("a", []string{"x"}))
			fail(t, operation, 1)
			var unknown *UnknownError
			if err := l.Commit("b", []string{"x"}); err == nil || errors.As(err, &unknown) {
				t.Fatalf("the failing decision gives %v", err)
			}
			if got := states(l, "a", "b"); got != "20" {
				t.Errorf("states are %s", got)
			}
			l = again(t, l, folder)
			if got := states(l, "a", "b"); got != "20" {
				t.Errorf("opened again, states are %s", got)
			}
			// For good: nobody knows.
			fail(t, operation, 100)
			if err := l.Commit("c", []string{"x"}); !errors.As(err, &unknown) {
				t.Fatalf("the failing decision gives %v", err)
			}
			if err := l.Commit("d", []string{"x"}); err == nil {
				t.Fatal("a decision is written behind one that is not known")
			}
			if err := l.Settle(); err == nil {
				t.Fatal("it is settled while the disk fails")
			}
			faults = nil
			must(t, l.Settle())
			must(t, l.Commit("e", []string{"x"}))
			l = again(t, l, folder)
			if got := states(l, "a", "c", "d", "e"); got != "2002" {
				t.Errorf("in the end states are %s", got)
			}
		})
	}
}

// fail has the next n operations of a kind fail.
func fail(t *testing.T, operation string, n int) {
	t.Helper()
	faults = func(o string) error {
		if o == operation && n > 0 {
			n--
			return errFault
		}
		return nil
	}
	t.Cleanup(func() { faults = nil })
}

func TestTheFileIsMadeShorter(t *testing.T) {
	folder := t.TempDir()
	l := open(t, folder)
	l.limit = 4 << 10
	must(t, l.Live("life"))
	must(t, l.Commit("kept", []string{"x"}))
	for i := range 1000 {
		id := fmt.Sprint("t", i)
		must(t, l.Commit(id, []string{"x", "y"}))
		must(t, l.Finish(id))
		l.limit = 4 << 10
	}
	if l.file.end > 5<<10 {
		t.Errorf("the file has %d bytes", l.file.end)
	}
	l = again(t, l, folder)
	if got := l.Unfinished(); len(got) != 1 || got[0].ID != "kept" || l.Of("t999", "life").State != Aborted {
		t.Errorf("left are %v", got)
	}
}

func TestAnUnfinishedRewriteIsForgotten(t *testing.T) {
	folder := t.TempDir()
	l := open(t, folder)
	must(t, l.Live("life"))
	must(t, l.Commit("a", nil))
	must(t, os.WriteFile(filepath.Join(folder, newName), []byte("half"), 0o600))
	fail(t, "rename", 1)
	l.broken = true
	if err := l.Settle(); !errors.Is(err, errFault) {
		t.Fatal(err)
	}
	l = again(t, l, folder)
	if got := states(l, "a"); got != "2" {
		t.Errorf("states are %s", got)
	}
	if _, err := os.Stat(filepath.Join(folder, newName)); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

func TestInMemory(t *testing.T) {
	l := Memory()
	must(t, l.Live("life"))
	must(t, l.Commit("a", []string{"x"}))
	must(t, l.Ask("b", "last", nil))
	if got := states(l, "a", "b", "c"); got != "210" || l.Durable() || l.Place() != "" {
		t.Errorf("states are %s", got)
	}
	must(t, l.Finish("a"))
	must(t, l.Over("life"))
	must(t, l.Close())
}
