package spill_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/engine/vec"
	"github.com/wasql/wasql/engine/vec/spill"
)

var schema = col.Schema{
	{Name: "i", Type: col.Int16, Nullable: true}, {Name: "x", Type: col.Float64}, {Name: "d", Type: col.Decimal256, Precision: 50, Scale: 3, Nullable: true},
	{Name: "s", Type: col.UTF8, Nullable: true}, {Name: "b", Type: col.Binary},
}

func randomBatch(r *rand.Rand, rows int) *col.Batch {
	b := col.NewBuilder(schema, rows, 0)
	for range rows {
		if r.IntN(3) > 0 {
			b.Int64(0, int64(r.IntN(1<<15)))
		}
		b.Float64(1, r.Float64())
		if r.IntN(3) > 0 {
			b.Decimal(2, fmt.Sprintf("%d.%03d", r.Int64(), r.IntN(1000)))
		}
		if r.IntN(3) > 0 {
			b.String(3, fmt.Sprint("é", r.IntN(1<<r.IntN(30))))
		}
		b.String(4, fmt.Sprint(r.IntN(1<<r.IntN(30))))
		b.EndRow()
	}
	batch := b.Batch().Clone()
	return batch
}

func show(b *col.Batch) string {
	out := ""
	for i := range b.Rows {
		for c := range b.Cols {
			out += vec.Show(&b.Cols[c], i) + "|"
		}
		out += "\n"
	}
	return out
}

// read gives all that is in a run.
func read(t *testing.T, r *spill.Run) string {
	t.Helper()
	reader, err := r.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := reader.Close(); err != nil {
			t.Error(err)
		}
	}()
	out := ""
	for {
		b, err := reader.Next(t.Context())
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		out += show(b)
	}
}

func TestARunGivesWhatWasWritten(t *testing.T) {
	parent := t.TempDir()
	folder := spill.NewFolder(parent, nil)
	space := folder.Space(1<<30, "limit")
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 1))
		run, err := space.Create()
		if err != nil {
			t.Fatal(err)
		}
		want := ""
		for range r.IntN(5) {
			b := randomBatch(r, r.IntN(300))
			want += show(b)
			if err := run.Write(b); err != nil {
				t.Fatal(err)
			}
		}
		if err := run.Seal(); err != nil {
			t.Fatal(err)
		}
		for range 2 { // as often as it is opened
			if got := read(t, run); got != want {
				t.Fatalf("seed %d:\n%s\nmust be\n%s", seed, got, want)
			}
		}
		run.Remove()
		run.Remove()
	}
	if now, peak, _ := space.Used(); now != 0 || peak == 0 {
		t.Errorf("%d bytes are booked, %d at most", now, peak)
	}
	if err := folder.Close(); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(parent); err != nil || len(left) != 0 {
		t.Errorf("left: %v %v", left, err)
	}
}

func TestASpaceHasALimit(t *testing.T) {
	folder := spill.NewFolder(t.TempDir(), nil)
	defer folder.Close() //nolint:errcheck // a folder of the test's
	space := folder.Space(1000, "wasql_spill_bytes")
	run, err := space.Create()
	if err != nil {
		t.Fatal(err)
	}
	err = run.Write(randomBatch(rand.New(rand.NewPCG(1, 1)), 300))
	var full *spill.FullError
	if !errors.As(err, &full) || full.Errno() != 3170 || full.Limit != 1000 {
		t.Errorf("%v", err)
	}
	space.Close()
	if now, _, _ := space.Used(); now != 0 {
		t.Errorf("%d bytes are booked", now)
	}
}

// Every bit of a file counts: a changed one is an error, never another row.
func TestDamageIsAnError(t *testing.T) {
	parent := t.TempDir()
	folder := spill.NewFolder(parent, nil)
	defer folder.Close() //nolint:errcheck // a folder of the test's
	run, err := folder.Space(1<<30, "limit").Create()
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(2, 2))
	if err := errors.Join(run.Write(randomBatch(r, 20)), run.Write(randomBatch(r, 20)), run.Seal()); err != nil {
		t.Fatal(err)
	}
	paths, err := filepath.Glob(filepath.Join(parent, "*", "run*"))
	if err != nil || len(paths) != 1 {
		t.Fatal(paths, err)
	}
	sound, err := os.ReadFile(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	for range 400 {
		bad := append([]byte{}, sound...)
		if r.IntN(8) == 0 {
			bad = bad[:r.IntN(len(bad))]
		} else {
			bad[r.IntN(len(bad))] ^= 1 << r.IntN(8)
		}
		if err := os.WriteFile(paths[0], bad, 0o600); err != nil {
			t.Fatal(err)
		}
		reader, err := run.Open()
		if err != nil {
			t.Fatal(err)
		}
		for err == nil {
			_, err = reader.Next(t.Context())
		}
		var e *spill.Error
		if !errors.As(err, &e) || e.Errno() != 1024 {
			t.Fatalf("damage gives %v", err)
		}
		_ = reader.Close()
	}
}

// What a process left that is gone is removed by the next, and what one that lives has made is not.
func TestTheNextRemovesWhatWasLeft(t *testing.T) {
	parent := t.TempDir()
	dead := filepath.Join(parent, "wasql-spill-1")
	if err := errors.Join(os.Mkdir(dead, 0o700), os.WriteFile(filepath.Join(dead, "lock"), nil, 0o600), os.WriteFile(filepath.Join(dead, "run7"), []byte("x"), 0o600)); err != nil {
		t.Fatal(err)
	}
	stranger := filepath.Join(parent, "other")
	if err := os.Mkdir(stranger, 0o700); err != nil {
		t.Fatal(err)
	}
	first, second := spill.NewFolder(parent, nil), spill.NewFolder(parent, nil)
	for _, f := range []*spill.Folder{first, second} {
		run, err := f.Space(1<<20, "limit").Create()
		if err == nil {
			err = run.Write(randomBatch(rand.New(rand.NewPCG(1, 1)), 3))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(dead); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what was left is there: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(parent, "wasql-spill-*", "run*")); len(left) != 2 {
		t.Errorf("runs of two that live: %v", left)
	}
	if err := errors.Join(first.Close(), second.Close()); err != nil {
		t.Error(err)
	}
	if left, _ := os.ReadDir(parent); len(left) != 1 || left[0].Name() != "other" {
		t.Errorf("left: %v", left)
	}
}

// failing has a full disk.
type failing struct{ spill.Machine }

type failingFile struct{ spill.File }

func (failing) Create(path string) (spill.File, error) {
	f, err := spill.Machine{}.Create(path)
	return failingFile{f}, err
}

func (failingFile) Write(p []byte) (int, error) {
	return 0, &os.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}
}

func TestFailuresHaveNumbers(t *testing.T) {
	folder := spill.NewFolder(t.TempDir(), failing{})
	defer folder.Close() //nolint:errcheck // a folder of the test's
	run, err := folder.Space(1<<20, "limit").Create()
	if err != nil {
		t.Fatal(err)
	}
	err = run.Write(&col.Batch{Rows: 1, Cols: []col.Vec{{Type: col.Null, Len: 1}}})
	var e *spill.Error
	if !errors.As(err, &e) || e.Errno() != 1021 {
		t.Errorf("a full disk gives %v", err)
	}
	run.Remove()

	under := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(under, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := spill.NewFolder(under, nil).Space(1, "limit").Create(); !errors.As(err, &e) || e.Errno() != 1004 {
		t.Errorf("a folder that cannot be made gives %v", err)
	}
	if e := (&spill.Error{Action: spill.Writing, Err: errors.New("io")}); e.Errno() != 1026 {
		t.Errorf("another failure has number %d", e.Errno())
	}
	ended, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("enough"))
	sound := spill.NewFolder(t.TempDir(), nil)
	defer sound.Close() //nolint:errcheck // a folder of the test's
	run, err = sound.Space(1<<20, "limit").Create()
	if err == nil {
		err = errors.Join(run.Write(randomBatch(rand.New(rand.NewPCG(1, 1)), 3)), run.Seal())
	}
	if err != nil {
		t.Fatal(err)
	}
	reader, err := run.Open()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := reader.Next(ended); err == nil || err.Error() != "enough" {
		t.Errorf("reading goes on when the statement has ended: %v", err)
	}
	_ = reader.Close()
}
