package vec

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wasql/wasql/abi/col"
)

// fakePieces are pieces of numbers, which say when they are read.
type fakePieces struct {
	lanes  int
	pieces [][]int64
	// fails, panics and stalls name pieces that do so behind their rows.
	fails, panics, stalls map[int]bool
	passed                []int
	open, closed          atomic.Int64
}

func (f *fakePieces) Start(context.Context) (int, int, error) { return len(f.pieces), f.lanes, nil }

func (f *fakePieces) Open(_ context.Context, i int) (Source, error) {
	f.open.Add(1)
	return &fakePiece{of: f, number: i, left: f.pieces[i]}, nil
}

func (f *fakePieces) Passed(i int) { f.passed = append(f.passed, i) }

type fakePiece struct {
	of     *fakePieces
	number int
	left   []int64
	// values is used for every batch again.
	values [3]int64
}

func (p *fakePiece) Next(ctx context.Context) (*col.Batch, error) {
	if p.number%3 == 0 {
		time.Sleep(time.Duration(p.number%5) * 100 * time.Microsecond)
	}
	if len(p.left) == 0 {
		switch {
		case p.of.fails[p.number]:
			return nil, fmt.Errorf("piece %d fails", p.number)
		case p.of.panics[p.number]:
			panic(fmt.Sprintf("piece %d panics", p.number))
		case p.of.stalls[p.number]:
			<-ctx.Done()
			return nil, context.Cause(ctx)
		}
		return nil, io.EOF
	}
	n := copy(p.values[:], p.left)
	p.left = p.left[n:]
	return &col.Batch{Rows: n, Cols: []col.Vec{{Type: col.Int64, Len: n, Fixed: col.BytesOf(p.values[:n])}}}, nil
}

func (p *fakePiece) Close() error {
	p.of.closed.Add(1)
	return nil
}

func somePieces(n int) (*fakePieces, []int64) {
	f, next := &fakePieces{lanes: 3}, int64(0)
	var all []int64
	for range n {
		var piece []int64
		for range rand.IntN(10) {
			piece = append(piece, next)
			all = append(all, next)
			next++
		}
		f.pieces = append(f.pieces, piece)
	}
	return f, all
}

func readAll(ctx context.Context, s Source) (all []int64, err error) {
	for {
		b, err := s.Next(ctx)
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		all = append(all, col.Values[int64](&b.Cols[0])...)
	}
}

func TestExchangeKeepsTheOrderOfPieces(t *testing.T) {
	for n := range 40 {
		f, want := somePieces(n)
		e := Exchange(f)
		got, err := readAll(t.Context(), e)
		if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("%d pieces: %v, %v; want %v", n, got, err, want)
		}
		if err := e.Close(); err != nil || len(f.passed) != n {
			t.Fatalf("closed: %v, passed %v", err, f.passed)
		}
		if f.open.Load() != f.closed.Load() {
			t.Errorf("%d opened, %d closed", f.open.Load(), f.closed.Load())
		}
	}
}

func TestExchangeFailsWithItsFirstPiece(t *testing.T) {
	for range 50 {
		f, _ := somePieces(12)
		f.fails = map[int]bool{4: true, 5: true, 9: true}
		e := Exchange(f)
		got, err := readAll(t.Context(), e)
		if err == nil || err.Error() != "piece 4 fails" {
			t.Fatalf("%v", err)
		}
		want := 0
		for _, piece := range f.pieces[:5] {
			want += len(piece)
		}
		if len(got) != want {
			t.Fatalf("%d rows before the failure, want %d", len(got), want)
		}
		if _, err := e.Next(t.Context()); !errors.Is(err, io.EOF) {
			t.Fatalf("behind the failure: %v", err)
		}
		_ = e.Close()
		if f.open.Load() != f.closed.Load() {
			t.Errorf("%d opened, %d closed", f.open.Load(), f.closed.Load())
		}
	}
}

func TestExchangePanicsWhereItIsRead(t *testing.T) {
	f, _ := somePieces(6)
	f.panics = map[int]bool{2: true}
	e := Exchange(f)
	defer func() {
		if said, ok := recover().(string); !ok || !strings.HasPrefix(said, "piece 2 panics\n") || !strings.Contains(said, "fakePiece") {
			t.Errorf("recovered %q", said)
		}
		_ = e.Close()
	}()
	_, err := readAll(t.Context(), e)
	t.Errorf("no panic, but %v", err)
}

func TestExchangeStops(t *testing.T) {
	before := runtime.NumGoroutine()
	for _, how := range []string{"close", "cancel"} {
		f, _ := somePieces(20)
		f.stalls = map[int]bool{0: true, 1: true, 2: true, 3: true}
		e := Exchange(f)
		ctx, cancel := context.WithCancelCause(t.Context())
		done := make(chan error)
		go func() {
			_, err := readAll(ctx, e)
			done <- err
		}()
		reason := errors.New("enough")
		if how == "cancel" {
			time.Sleep(time.Millisecond)
			cancel(reason)
		} else {
			for f.open.Load() < 3 {
				runtime.Gosched()
			}
			if err := e.Close(); err != nil {
				t.Fatal(err)
			}
			reason = nil
		}
		if err := <-done; !errors.Is(err, reason) {
			t.Errorf("%s: %v", how, err)
		}
		_ = e.Close()
		cancel(nil)
		if f.open.Load() != f.closed.Load() {
			t.Errorf("%s: %d opened, %d closed", how, f.open.Load(), f.closed.Load())
		}
	}
	for range 100 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
}
