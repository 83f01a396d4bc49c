package vec

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/wasql/wasql/engine/vec/spill"
)

// looked is a context that ends when it is looked at for the nth time.
type looked struct {
	context.Context
	looks, end int
	last       time.Time
	longest    time.Duration
}

// Err implements context.Context.
func (c *looked) Err() error {
	now := time.Now()
	if c.looks++; c.looks > 1 {
		c.longest = max(c.longest, now.Sub(c.last))
	}
	if c.last = now; c.end > 0 && c.looks >= c.end {
		return context.Canceled
	}
	return nil
}

// Value implements context.Context. Only the budget is handed on: the cause of the end is that of this context.
func (c *looked) Value(key any) any {
	if key == (budgetKey{}) {
		return c.Context.Value(key)
	}
	return nil
}

// TestOperatorsEndWhereverTheyLook ends each operator at many of the moments at which it looks at its context, in memory and on disk: it
// gives the context's error and leaves nothing. The log says how far apart these moments are.
func TestOperatorsEndWhereverTheyLook(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 14))
	for name, operator := range manyRows(9_000) {
		for _, memory := range []int64{1 << 40, 100 << 10} {
			t.Run(name, func(t *testing.T) {
				ctx, _ := limited(t, memory, nil)
				whole := &looked{Context: ctx}
				if _, err := rowsUnder(whole, operator()); err != nil {
					t.Fatal(err)
				}
				t.Logf("memory %d: %d looks, at most %v apart", memory, whole.looks, whole.longest.Round(100*time.Microsecond))
				for range 6 {
					part := &looked{Context: ctx, end: 1 + r.IntN(whole.looks)}
					// Rows are spread by chance, so that there may be fewer looks.
					if _, err := rowsUnder(part, operator()); !errors.Is(err, context.Canceled) && part.looks >= part.end {
						t.Fatalf("ended at look %d of %d it gives %v", part.end, whole.looks, err)
					}
				}
			})
		}
	}
}

// failingFiles fail at one of their actions: making, writing, closing, opening, reading.
type failingFiles struct {
	spill.Machine
	actions, end atomic.Int64
}

func (f *failingFiles) act() error {
	if f.actions.Add(1) == f.end.Load() {
		return &os.PathError{Op: "act", Path: "run", Err: syscall.EIO}
	}
	return nil
}

func (f *failingFiles) Create(path string) (spill.File, error) {
	if err := f.act(); err != nil {
		return nil, err
	}
	file, err := f.Machine.Create(path)
	return failingWriter{file, f}, err
}

func (f *failingFiles) Open(path string) (io.ReadSeekCloser, error) {
	if err := f.act(); err != nil {
		return nil, err
	}
	file, err := f.Machine.Open(path)
	return failingReader{file, f}, err
}

type failingWriter struct {
	spill.File
	files *failingFiles
}

func (w failingWriter) Write(p []byte) (int, error) {
	if err := w.files.act(); err != nil {
		return 0, err
	}
	return w.File.Write(p)
}

func (r failingReader) Seek(offset int64, whence int) (int64, error) {
	if err := r.files.act(); err != nil {
		return 0, err
	}
	return r.ReadSeekCloser.Seek(offset, whence)
}

func (w failingWriter) Close() error { return errors.Join(w.files.act(), w.File.Close()) }

type failingReader struct {
	io.ReadSeekCloser
	files *failingFiles
}

func (r failingReader) Read(p []byte) (int, error) {
	if err := r.files.act(); err != nil {
		return 0, err
	}
	return r.ReadSeekCloser.Read(p)
}

// TestEveryFailureOfADiskIsTold fails one action of the files at a time: the operator gives an error with MySQL's number, and leaves
// nothing.
func TestEveryFailureOfADiskIsTold(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 15))
	for name, operator := range manyRows(7_000) {
		t.Run(name, func(t *testing.T) {
			files := &failingFiles{}
			ctx, _ := limited(t, 80<<10, files)
			if _, err := rowsUnder(ctx, operator()); err != nil {
				t.Fatal(err)
			}
			all := files.actions.Load()
			for range 8 {
				files.actions.Store(0)
				files.end.Store(1 + r.Int64N(all))
				_, err := rowsUnder(ctx, operator())
				if files.actions.Load() < files.end.Load() {
					continue // rows are spread by chance, so that there may be fewer actions
				}
				var e *spill.Error
				if !errors.As(err, &e) || e.Errno() != 1004 && e.Errno() != 1024 && e.Errno() != 1026 || !errors.Is(err, syscall.EIO) {
					t.Fatalf("action %d of %d fails, which gives %v", files.end.Load(), all, err)
				}
			}
		})
	}
}
