package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/wasql/wasql/engine/exec"
	"github.com/wasql/wasql/engine/sqlerr"
	"github.com/wasql/wasql/engine/vec/spill"
	"github.com/wasql/wasql/host"
)

// diskFiles are the machine's files with counters, on a disk that can be full.
type diskFiles struct {
	spill.Machine
	created, written atomic.Int64
	// room is the number of bytes after which writing fails; 0: it never does.
	room atomic.Int64
	// fail is what it fails with.
	fail error
}

type diskFile struct {
	spill.File
	disk *diskFiles
}

func (d *diskFiles) Create(path string) (spill.File, error) {
	d.created.Add(1)
	file, err := d.Machine.Create(path)
	return diskFile{file, d}, err
}

func (f diskFile) Write(p []byte) (int, error) {
	if room := f.disk.room.Load(); f.disk.written.Add(int64(len(p))) > room && room > 0 {
		return 0, &os.PathError{Op: "write", Path: "run", Err: f.disk.fail}
	}
	return f.File.Write(p)
}

// newMemoryEngine makes an engine that spills to disk through files that are counted, over connectors that give few rows at a time. When
// the test ends nothing may be left on disk.
func newMemoryEngine(t *testing.T, batchRows int, connectors ...string) (*Engine, *Session, *diskFiles) {
	t.Helper()
	var config Config
	for _, name := range connectors {
		database, _, _ := strings.Cut(name, "-")
		config.Connectors = append(config.Connectors, ConnectorSource{Name: database, Trusted: true, Wasm: guest(t, name), Limits: host.Limits{BatchRows: batchRows}})
		if name == "store" {
			config.Home = name
		}
	}
	e, s := newEngine(t, config)
	parent, disk := t.TempDir(), &diskFiles{fail: syscall.ENOSPC}
	e.memory = exec.NewMemory(0, "all", spill.NewFolder(parent, disk))
	t.Cleanup(func() { noFiles(t, parent) })
	return e, s, disk
}

// noFiles checks that no run is left.
func noFiles(t *testing.T, parent string) {
	t.Helper()
	if left, err := filepath.Glob(filepath.Join(parent, "*", "run*")); err != nil || len(left) > 0 {
		t.Errorf("runs are left: %v %v", left, err)
	}
}

// TestMemoryDoesNotChangeAnswers asks random questions with all memory and with one byte of it: rows and their order are the same.
func TestMemoryDoesNotChangeAnswers(t *testing.T) {
	_, s, disk := newMemoryEngine(t, 7, "store")
	tables, questions := 8, 150
	if testing.Short() {
		tables = 2
	}
	failed := 0
	for seed := range uint64(tables) {
		random := rand.New(rand.NewPCG(seed, 12))
		q := &vectorQuestions{random: random}
		makeVectorTable(t, s, random, seed)
		for i := range vectorColumns {
			q.columns = append(q.columns, i)
		}
		for range questions {
			text, _ := q.question()
			tell(t, s, "SET wasql_memory = DEFAULT")
			want, wantErr := answerWith(t, s, 2, text, true)
			tell(t, s, "SET wasql_memory = 1")
			got, gotErr := answerWith(t, s, 2, text, true)
			if (wantErr == nil) != (gotErr == nil) || want != got {
				t.Fatalf("seed %d: %s\nwith one byte: %v\n%swith all memory: %v\n%s", seed, text, gotErr, got, wantErr, want)
			}
			if wantErr != nil {
				failed++
			}
		}
	}
	if failed > tables*questions/4 || disk.created.Load() < int64(tables*questions) {
		t.Errorf("%d of %d questions fail, and %d files were written, which says little", failed, tables*questions, disk.created.Load())
	}
}

// spilling are statements over series, each of which keeps rows of one operator.
var spilling = map[string]string{
	"sort":           "SELECT value, REPEAT('x', 30) AS pad FROM series(1, %d) ORDER BY value * -1",
	"top":            "SELECT value FROM series(1, %d) ORDER BY value * -1, value LIMIT 1000000",
	"long top":       "SELECT value FROM series(1, %d) ORDER BY value * -1, value LIMIT 100000000",
	"group":          "SELECT value * 3, COUNT(*) FROM series(1, %d) GROUP BY value * 3",
	"distinct":       "SELECT DISTINCT value + 1 FROM series(1, %d)",
	"count distinct": "SELECT COUNT(DISTINCT value * 2) FROM series(1, %d)",
	"join":           "SELECT /*+ HASH_JOIN(a,b) */ COUNT(*), SUM(b.value) FROM series(1, %d) a JOIN series(1, %[1]d) b ON a.value = b.value",
	"window":         "SELECT value, ROW_NUMBER() OVER (PARTITION BY value %% 7 ORDER BY value * -1), SUM(value) OVER (ORDER BY value %% 1000) FROM series(1, %d)",
	"not in":         "SELECT COUNT(*) FROM series(1, %d) a WHERE (value, step) NOT IN (SELECT value, step FROM series(1, %[1]d) b)",
}

// TestWideAnswersKeepToTheirMemory runs each operator over 100,000 rows with a megabyte, and compares with all memory.
func TestWideAnswersKeepToTheirMemory(t *testing.T) {
	_, s, disk := newMemoryEngine(t, 0, "series-go")
	rows := 100_000
	if testing.Short() {
		rows = 30_000
	}
	for name, text := range spilling {
		t.Run(name, func(t *testing.T) {
			text := fmt.Sprintf(text, rows)
			tell(t, s, "SET wasql_memory = DEFAULT")
			before := disk.created.Load()
			want, err := answerWith(t, s, 2, text, true)
			if err != nil {
				t.Fatal(err)
			}
			if disk.created.Load() > before {
				t.Error("it goes to disk with all memory")
			}
			tell(t, s, "SET wasql_memory = 1000000")
			got, err := answerWith(t, s, 2, text, true)
			if err != nil || got != want {
				t.Errorf("another answer (%v): %d bytes, and %d with all memory", err, len(got), len(want))
			}
			if disk.created.Load() == before {
				t.Error("nothing went to disk")
			}
		})
	}
}

// TestAFullDiskFailsTheStatement fails the writes behind some bytes: the statement fails with MySQL's number and leaves nothing.
func TestAFullDiskFailsTheStatement(t *testing.T) {
	e, s, disk := newMemoryEngine(t, 0, "series-go")
	for name, text := range spilling {
		for _, room := range []int64{1, 100_000, 400_000} {
			for _, c := range []struct {
				err   error
				errno uint16
			}{{syscall.ENOSPC, 1021}, {syscall.EIO, 1026}} {
				disk.written.Store(0)
				disk.room.Store(room)
				disk.fail = c.err
				tell(t, s, "SET wasql_vectors = 2, wasql_memory = 100000")
				_, _, _, err := ask(t.Context(), s, fmt.Sprintf(text, 60_000))
				wantErrno(t, err, c.errno)
				disk.room.Store(0)
				noFiles(t, e.memory.Folder())
				if t.Failed() {
					t.Fatalf("%s, room for %d bytes, %v", name, room, c.err)
				}
			}
		}
	}
	if got := one(t, s, "SELECT COUNT(*) FROM series(1, 10)"); got != "10" {
		t.Errorf("after it there are %s rows", got)
	}
}

// TestMemoryHasAnEnd: what may not go to disk fails, naming the setting, with MySQL's number.
func TestMemoryHasAnEnd(t *testing.T) {
	e, s, _ := newMemoryEngine(t, 0, "series-go")
	numbers := map[string]uint16{"sort": 1038, "top": 1038, "long top": 1038, "group": 3170, "distinct": 3170, "count distinct": 3170, "join": 3170, "window": 3170, "not in": 3170}
	ask1 := func(t *testing.T, set, text string, errno uint16, setting string) {
		t.Helper()
		tell(t, s, "SET wasql_vectors = 2, wasql_memory = DEFAULT, wasql_spill_bytes = DEFAULT", set)
		_, _, _, err := ask(t.Context(), s, fmt.Sprintf(text, 60_000))
		wantErrno(t, err, errno)
		if err == nil || !strings.Contains(err.Error(), setting) {
			t.Errorf("the error does not name %s: %v", setting, err)
		}
	}
	for name, text := range spilling {
		t.Run(name, func(t *testing.T) {
			ask1(t, "SET wasql_memory = 100000, wasql_spill_bytes = 0", text, numbers[name], "the 100000 bytes that wasql_memory allows")
			ask1(t, "SET wasql_memory = 100000, wasql_spill_bytes = 200000", text, 3170, "wasql_spill_bytes")
		})
	}
	t.Run("of the engine", func(t *testing.T) {
		e.memory = exec.NewMemory(100_000, "engine.Config.Memory", spill.NewFolder(t.TempDir(), nil))
		ask1(t, "SET wasql_spill_bytes = 0", spilling["group"], 3170, "engine.Config.Memory")
		ask1(t, "SET wasql_spill_bytes = 100000000", "SELECT COUNT(*) FROM (SELECT DISTINCT value FROM series(1, %d)) q WHERE value < 0 AND nope = 1", 1054, "")
		if got := one(t, s, "SELECT COUNT(DISTINCT value) FROM series(1, 60000)"); got != "60000" {
			t.Errorf("beyond the engine's memory there are %s values", got)
		}
		if err := e.memory.Close(); err != nil {
			t.Error(err)
		}
	})
}

// TestKillStopsEveryOperator ends statements at moments left to chance: by KILL, by time, by the caller. They return soon, and leave no
// file, instance or goroutine. The log says how long they took.
func TestKillStopsEveryOperator(t *testing.T) {
	e, s, _ := newMemoryEngine(t, 0, "series-go")
	killer := e.NewSession("")
	defer killer.Close()
	statements := map[string]string{
		"cross join": "SELECT COUNT(*) FROM series(1, %d) a JOIN series(1, %[1]d) b ON a.value + b.value < 0",
		"filter":     "SELECT COUNT(*) FROM series(1, %d) WHERE value * 7 < 0",
	}
	for name, text := range spilling {
		statements[name], statements[name+" on disk"] = text, text
	}
	random := rand.New(rand.NewPCG(1, 13))
	tell(t, s, "SET wasql_vectors = 2")
	goroutines := runtime.NumGoroutine()
	for name, text := range statements {
		tell(t, s, "SET wasql_memory = "+map[bool]string{true: "400000", false: "100000000000"}[strings.HasSuffix(name, "disk")])
		text = fmt.Sprintf(text, 1_000_000_000)
		for _, way := range []string{"KILL", "time", "caller"} {
			wait := time.Duration(50+random.IntN(300)) * time.Millisecond
			errno, ended := uint16(1317), make(chan time.Time, 1)
			ctx, cancel := context.WithCancel(t.Context())
			tell(t, s, "SET max_execution_time = 0")
			switch way {
			case "KILL":
				time.AfterFunc(wait, func() {
					ended <- time.Now()
					if _, _, _, err := ask(context.Background(), killer, fmt.Sprint("KILL QUERY ", s.ID())); err != nil {
						t.Error(err)
					}
				})
			case "time":
				tell(t, s, fmt.Sprint("SET max_execution_time = ", wait.Milliseconds()))
				errno = 3024
				time.AfterFunc(wait, func() { ended <- time.Now() })
			case "caller":
				time.AfterFunc(wait, func() {
					ended <- time.Now()
					cancel()
				})
			}
			_, _, _, err := ask(ctx, s, text)
			late := time.Since(<-ended)
			cancel()
			wantErrno(t, err, errno)
			t.Logf("%s, %s after %v: %v late", name, way, wait, late.Round(100*time.Microsecond))
			if late > 2*time.Second { // it hangs
				t.Errorf("%s by %s returns %v late", name, way, late)
			}
			noFiles(t, e.memory.Folder())
		}
	}
	for tries := 0; runtime.NumGoroutine() > goroutines && tries < 50; tries++ {
		time.Sleep(20 * time.Millisecond)
	}
	if n := runtime.NumGoroutine(); n > goroutines {
		t.Errorf("%d goroutines, before there were %d", n, goroutines)
	}
	if memory, _ := e.memory.Used(); memory != 0 {
		t.Errorf("%d bytes are booked when no statement runs", memory)
	}
}

// TestAnAbandonedAnswerLeavesNothing closes results early.
func TestAnAbandonedAnswerLeavesNothing(t *testing.T) {
	e, s, disk := newMemoryEngine(t, 0, "series-go")
	tell(t, s, "SET wasql_vectors = 2, wasql_memory = 100000")
	for _, text := range spilling {
		result, err := s.Query(t.Context(), fmt.Sprintf(text, 60_000))
		if err == nil {
			_, err = result.Next(t.Context())
		}
		if err != nil && !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
		if err := result.Close(t.Context()); err != nil {
			t.Error(sqlerr.From(err))
		}
		noFiles(t, e.memory.Folder())
	}
	if memory, _ := e.memory.Used(); memory != 0 || disk.created.Load() == 0 {
		t.Errorf("%d bytes are booked when no statement runs; %d files were made", memory, disk.created.Load())
	}
}
