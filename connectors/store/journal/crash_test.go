package journal_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/wasql/wasql/connectors/store/journal"
	"github.com/wasql/wasql/connectors/store/journal/journaltest"
)

// writer is a caller of the log that knows what must be there and what may be.
type writer struct {
	fs  *journaltest.FS
	log *journal.Log
	// state is what the caller holds: every kill leaves it, and perhaps more of maybe, which begins with it.
	// durable of it survive a power cut.
	state, maybe []string
	durable      int
	// careless: an operation that failed is not tried again.
	careless bool
	// touched: something was written since the log was opened.
	touched bool
	written int
	random  *rand.Rand
}

func newWriter(fs *journaltest.FS, seed uint64) *writer {
	return &writer{fs: fs, random: rand.New(rand.NewPCG(seed, 7))}
}

// lostError is what must never come.
type lostError struct{ error }

func lost(format string, args ...any) error { return lostError{fmt.Errorf(format, args...)} }

// start opens the log, and judges what is there.
func (w *writer) start(powerCut bool) error {
	l, s, err := tryOpen(w.fs)
	if err != nil {
		return err
	}
	got := append(s.chunks, s.records...)
	least := len(w.state)
	if powerCut {
		least = w.durable
	}
	if len(got) < least || len(got) > len(w.maybe) || !slices.Equal(got, w.maybe[:len(got)]) {
		_ = l.Close()
		return lost("recovered %d records %.60q, %d must be there of %d %.60q", len(got), got, least, len(w.maybe), w.maybe)
	}
	if damaged := l.Recovery().Damaged; damaged != nil {
		return lost("a crash damaged a checkpoint: %w", damaged)
	}
	w.log, w.state, w.maybe, w.touched = l, got, slices.Clone(got), false
	return nil
}

func (w *writer) append() error {
	w.written++
	payload := fmt.Sprint(w.written, strings.Repeat("x", w.random.IntN(1500)*w.random.IntN(2)))
	err := w.log.Append([]byte(payload))
	var failed *journal.FailedError
	switch {
	case err == nil:
		w.touched = true
		w.state = append(w.state, payload)
		w.maybe = slices.Clone(w.state)
	case errors.As(err, &failed) || errors.Is(err, journaltest.ErrCrashed):
		if len(w.maybe) == len(w.state) {
			w.maybe = append(w.maybe, payload)
		}
	}
	return err
}

// unknown takes back what is not known to be on disk.
func (w *writer) unknown() {
	if len(w.maybe) == len(w.state) {
		w.maybe = slices.Clone(w.state)
	}
	w.state = w.state[:w.durable:w.durable]
}

func (w *writer) sync() error {
	err := w.log.Sync()
	if err == nil {
		w.durable, w.touched = len(w.state), true
	} else if failed := (*journal.FailedError)(nil); errors.As(err, &failed) && !errors.Is(err, journaltest.ErrCrashed) {
		w.unknown()
	}
	return err
}

func (w *writer) checkpoint() error {
	err := w.log.Checkpoint(func(put func([]byte) error) error {
		for _, record := range w.state {
			if err := put([]byte(record)); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		w.durable, w.maybe, w.touched = len(w.state), slices.Clone(w.state), true
	}
	return err
}

func (w *writer) reopen() error {
	if err := w.log.Close(); err == nil {
		// What it found and did not touch is as certain as before.
		if w.touched || !w.log.Recovery().Unclean {
			w.durable = len(w.state)
		}
	} else if errors.Is(err, journaltest.ErrCrashed) {
		return err
	} else {
		w.unknown()
	}
	return w.start(false)
}

// run does the steps, one letter each, and goes on after errors as a careful caller does; it ends with a crash.
func (w *writer) run(t testing.TB, steps string) (crashed bool) {
	t.Helper()
	for _, step := range steps {
		do := map[rune]func() error{'a': w.append, 's': w.sync, 'c': w.checkpoint, 'o': w.reopen}[step]
		err := do()
		for try := 0; err != nil; try++ {
			var failed *journal.FailedError
			var corrupt *journal.CorruptError
			var lost lostError
			switch {
			case errors.Is(err, journaltest.ErrCrashed):
				return true
			case errors.As(err, &corrupt) || errors.As(err, &lost) || try > 100:
				t.Fatalf("step %c after %d operations: %v", step, w.fs.Operations(), err)
			case step == 'o':
				err = w.start(false)
			case errors.As(err, &failed):
				err = w.checkpoint()
			case w.careless:
				err = nil
			default:
				err = do()
			}
		}
	}
	return false
}

// start0 opens a new folder; a crash may come even then.
func (w *writer) start0(t testing.TB) (crashed bool) {
	err := w.start(false)
	for try := 0; err != nil; try++ {
		if errors.Is(err, journaltest.ErrCrashed) {
			return true
		}
		if try > 100 {
			t.Fatal(err)
		}
		err = w.start(false)
	}
	return false
}

// survives opens what a crash left, twice, with records in between.
func (w *writer) survives(t testing.TB, fs *journaltest.FS, powerCut bool, what string) {
	t.Helper()
	after := *w
	after.fs = fs
	// Opening alone, and then no power.
	again := after
	again.fs = fs.PowerCut(journaltest.LoseNothing, 1)
	err := again.start(powerCut)
	if err == nil {
		again.fs, again.state = again.fs.PowerCut(journaltest.LoseSome, uint64(len(what))), again.maybe
		err = again.start(true)
	}
	if err != nil {
		t.Fatalf("%s, opened, power cut: %v", what, err)
	}
	if err := after.start(powerCut); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	if after.run(t, "asoaco") {
		t.Fatalf("%s: crashed again", what)
	}
	do(t, after.log.Close())
}

// afterwards tries every way in which a crash may have ended.
func (w *writer) afterwards(t testing.TB, what string, seeds int) {
	t.Helper()
	w.survives(t, w.fs.Killed(1), false, what+", killed")
	for _, loss := range journaltest.Losses() {
		for seed := range seeds {
			w.survives(t, w.fs.PowerCut(loss, uint64(seed)), true, fmt.Sprintf("%s, power cut %d seed %d", what, loss, seed))
			if loss != journaltest.LoseSome {
				break
			}
		}
	}
}

const workload = "asaasacasoaasocaasasco"

// TestCrashAtEveryOperation stops the machine at every operation of a workload, with none, one, half and all of the bytes of
// a write done.
func TestCrashAtEveryOperation(t *testing.T) {
	clean := newWriter(journaltest.New(1), 1)
	clean.start0(t)
	clean.run(t, workload)
	for n := 1; n <= clean.fs.Operations(); n++ {
		for _, bytes := range []int{0, 1, 20, 40, 100, 1 << 30} {
			w := newWriter(journaltest.New(1), 1)
			w.fs.Fault = func(at int, _, _ string) journaltest.Fault {
				return journaltest.Fault{Crash: at == n, Bytes: bytes}
			}
			if !w.start0(t) && !w.run(t, workload) {
				t.Fatalf("no crash at operation %d", n)
			}
			w.afterwards(t, fmt.Sprintf("crash at operation %d after %d bytes", n, bytes), 8)
		}
	}
	t.Logf("figures: the log alone, in memory: a crash at each operation | %d operations, after none to all bytes of each, killed and without power: nothing synced lost", clean.fs.Operations())
}

// TestTornAtEveryByte tears the last record at every byte.
func TestTornAtEveryByte(t *testing.T) {
	for bytes := range 400 {
		w := newWriter(journaltest.New(1), 1)
		w.start0(t)
		w.run(t, "asas")
		w.fs.Fault = func(int, string, string) journaltest.Fault { return journaltest.Fault{Crash: true, Bytes: bytes} }
		w.run(t, "a")
		w.afterwards(t, fmt.Sprintf("torn after %d bytes", bytes), 2)
	}
}

// TestCrashDuringRecovery stops the machine a second time, at every operation of the first opener after the first crash.
func TestCrashDuringRecovery(t *testing.T) {
	clean := newWriter(journaltest.New(1), 1)
	clean.start0(t)
	clean.run(t, workload)
	for n := 1; n <= clean.fs.Operations(); n++ {
		for m := 1; ; m++ {
			w := newWriter(journaltest.New(1), 1)
			w.fs.Fault = func(at int, _, _ string) journaltest.Fault {
				return journaltest.Fault{Crash: at == n, Bytes: n * 17 % 90}
			}
			if !w.start0(t) {
				w.run(t, workload)
			}
			for i, fs := range []*journaltest.FS{w.fs.Killed(2), w.fs.PowerCut(journaltest.LoseSome, uint64(n))} {
				second := *w
				second.fs = fs
				fs.Fault = func(at int, _, _ string) journaltest.Fault {
					return journaltest.Fault{Crash: at == m, Bytes: m * 31 % 90}
				}
				err := second.start(i == 1)
				if err != nil && !errors.Is(err, journaltest.ErrCrashed) {
					t.Fatalf("operations %d, %d: %v", n, m, err)
				}
				if err == nil {
					second.run(t, "asasca")
				}
				second.afterwards(t, fmt.Sprintf("crash at operation %d and again at %d", n, m), 2)
			}
			if m > 14 {
				break
			}
		}
	}
}

var errFull = errors.New("no space left on device")

// TestEveryOperationFails fails one operation, or it and the ones after it, with and without its effect, and expects that nothing
// is lost.
func TestEveryOperationFails(t *testing.T) {
	clean := newWriter(journaltest.New(1), 1)
	clean.fs.CountReads = true
	clean.start0(t)
	clean.run(t, workload)
	for n := 1; n <= clean.fs.Operations(); n++ {
		for _, length := range []int{1, 2, 3, 9} {
			for _, bytes := range []int{0, 1, 33, 1 << 30} {
				w := newWriter(journaltest.New(1), 1)
				w.careless = n%2 == length%2
				w.fs.CountReads = true
				w.fs.Fault = func(at int, operation, _ string) journaltest.Fault {
					if at < n || at >= n+length || (operation == "read" || operation == "open" || operation == "lock" || operation == "list") && bytes > 0 {
						return journaltest.Fault{}
					}
					return journaltest.Fault{Err: errFull, Bytes: bytes}
				}
				w.start0(t)
				w.run(t, workload)
				w.fs.Fault = nil
				w.afterwards(t, fmt.Sprintf("operations %d to %d failed after %d bytes", n, n+length-1, bytes), 2)
			}
		}
	}
	t.Logf("figures: the log alone, in memory: each operation fails | %d operations, 1 to 9 in a row, in 4 ways: nothing synced lost", clean.fs.Operations())
}

// TestRandomLives runs random steps with random faults and crashes, many of them in one life of a folder.
func TestRandomLives(t *testing.T) {
	lives := 1000
	if os.Getenv("WASQL_CRASH") != "" {
		lives = 50_000 // make crash
	}
	for seed := range uint64(lives) {
		life(t, seed)
	}
	t.Logf("figures: the log alone, in memory: random operations, faults, kills and power cuts | %d folders of 6 crashes each: nothing synced lost", lives)
}

func life(t testing.TB, seed uint64) {
	random := rand.New(rand.NewPCG(seed, 3))
	w := newWriter(journaltest.New(seed), seed)
	w.careless = seed%2 == 0
	powerCut := false
	for range 6 {
		end := w.fs.Operations() + 1 + random.IntN(60)
		w.fs.Fault = func(at int, _, _ string) journaltest.Fault {
			fault := journaltest.Fault{Crash: at >= end, Bytes: random.IntN(2000) * random.IntN(2)}
			if random.IntN(25) == 0 {
				fault.Err = errFull
			}
			return fault
		}
		err := w.start(powerCut)
		for err != nil && !errors.Is(err, journaltest.ErrCrashed) {
			var corrupt *journal.CorruptError
			if errors.As(err, &corrupt) || !errors.Is(err, errFull) {
				t.Fatalf("seed %d: %v", seed, err)
			}
			err = w.start(powerCut)
		}
		if err == nil {
			steps := make([]byte, 40)
			for i := range steps {
				steps[i] = "aaaaassssco"[random.IntN(11)]
			}
			w.run(t, string(steps))
		}
		if powerCut = random.IntN(2) == 0; powerCut {
			w.fs = w.fs.PowerCut(journaltest.Losses()[random.IntN(len(journaltest.Losses()))], seed)
		} else {
			w.fs = w.fs.Killed(seed)
		}
	}
	w.survives(t, w.fs, powerCut, fmt.Sprint("seed ", seed))
}
