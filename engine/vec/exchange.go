package vec

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"sync"

	"github.com/wasql/wasql/abi/col"
)

// Pieces are the parts of a whole that can be read side by side.
type Pieces interface {
	// Start is called once, by whoever reads the exchange: it gives how many pieces there are, and how many are read at once.
	Start(ctx context.Context) (pieces, lanes int, err error)
	// Open gives a piece. It is called by goroutines of the exchange, for each piece once, and its source is read and closed by the
	// same one.
	Open(ctx context.Context, piece int) (Source, error)
	// Passed is called by whoever reads the exchange, in order, when it has had all batches of a piece, or the error that ended it.
	Passed(piece int)
}

// aheadBytes is how much is kept of a piece until it is read.
const aheadBytes = 16 << 20

// Exchange gives the batches of all pieces, those of the first one first, as a single reader of all of them would. Some pieces are read
// ahead, each on a goroutine. An error comes where its piece comes: it is that of the first piece that fails.
func Exchange(pieces Pieces) Source { return &exchange{pieces: pieces} }

type exchange struct {
	pieces Pieces
	cancel context.CancelFunc
	forget func() bool
	lanes  sync.WaitGroup
	window int

	mu sync.Mutex
	// changed is told of every change of what follows.
	changed *sync.Cond
	slots   []slot
	// head is the piece that is being given, next the first that nobody reads yet, limit the number of those that are wanted.
	head, next, limit int
	stopped           bool
	// account has what is there and not read yet, in bytes: kept.
	account account
	kept    int64
}

// slot is what is there of a piece.
type slot struct {
	batches []*col.Batch
	bytes   int
	ended   bool
	err     error
	// panicked is what the goroutine said when it went down.
	panicked string
	cancel   context.CancelFunc
}

// Next implements Source.
func (e *exchange) Next(ctx context.Context) (*col.Batch, error) {
	if e.changed == nil {
		if err := e.start(ctx); err != nil {
			return nil, err
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for !e.stopped && e.head < e.limit {
		s := &e.slots[e.head]
		switch {
		case len(s.batches) > 0:
			b := s.batches[0]
			s.batches = s.batches[1:]
			size := b.Bytes()
			s.bytes -= size
			e.kept -= int64(size)
			e.account.hold(e.kept)
			e.changed.Broadcast()
			return b, nil
		case s.panicked != "":
			panic(s.panicked)
		case s.ended:
			e.pieces.Passed(e.head)
			if s.err != nil {
				e.stopped = true
				e.changed.Broadcast()
				return nil, failure(ctx, s.err)
			}
			e.head++
			e.changed.Broadcast()
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		default:
			e.changed.Wait()
		}
	}
	return nil, io.EOF
}

// failure is why the reader stops: what its context says comes before what became of a piece by it.
func failure(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

func (e *exchange) start(ctx context.Context) error {
	e.changed = sync.NewCond(&e.mu)
	pieces, lanes, err := e.pieces.Start(ctx)
	if err != nil {
		return err
	}
	e.slots, e.limit = make([]slot, pieces), pieces
	lanes = max(1, min(lanes, pieces))
	e.window = 2 * lanes
	e.account.open(ctx, operatorScan)
	var within context.Context
	within, e.cancel = context.WithCancel(ctx)
	e.forget = context.AfterFunc(ctx, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.changed.Broadcast()
	})
	e.lanes.Add(lanes)
	for range lanes {
		go e.lane(within)
	}
	return nil
}

// lane reads one piece after the other.
func (e *exchange) lane(ctx context.Context) {
	defer e.lanes.Done()
	for {
		piece, within := e.claim(ctx)
		if piece < 0 {
			return
		}
		panicked, err := e.read(within, piece)
		e.end(piece, err, panicked)
	}
}

// claim gives the next piece that is not too far ahead, and a context for it; -1: there is none any more.
func (e *exchange) claim(ctx context.Context) (int, context.Context) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for !e.stopped && e.next < e.limit && e.next >= e.head+e.window {
		e.changed.Wait()
	}
	if e.stopped || e.next >= e.limit {
		return -1, nil
	}
	piece := e.next
	e.next++
	within, cancel := context.WithCancel(ctx)
	e.slots[piece].cancel = cancel
	return piece, within
}

func (e *exchange) read(ctx context.Context, piece int) (panicked string, err error) {
	defer func() {
		if p := recover(); p != nil {
			panicked = fmt.Sprintf("%v\n%s", p, debug.Stack())
		}
	}()
	source, err := e.pieces.Open(ctx, piece)
	if err != nil {
		return "", err
	}
	defer func() {
		if closed := source.Close(); err == nil {
			err = closed
		}
	}()
	for {
		b, err := source.Next(ctx)
		if errors.Is(err, io.EOF) {
			return "", nil
		}
		if err != nil {
			return "", err
		}
		if b.Len() == 0 {
			continue
		}
		if b, err = copied(b); err != nil {
			return "", err
		}
		if !e.give(piece, b) {
			return "", nil
		}
	}
}

// give puts a batch into the piece's slot once there is room; false: nobody wants it any more.
func (e *exchange) give(piece int, b *col.Batch) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := &e.slots[piece]
	size := b.Bytes()
	for !e.stopped && piece < e.limit && !e.room(piece, size) {
		e.changed.Wait()
	}
	if e.stopped || piece >= e.limit {
		return false
	}
	s.batches = append(s.batches, b)
	s.bytes += size
	e.kept += int64(size)
	e.changed.Broadcast()
	return true
}

// room tells whether a batch of a piece can be kept, and books it. What is read next always can.
func (e *exchange) room(piece, size int) bool {
	s := &e.slots[piece]
	if piece == e.head && s.bytes == 0 {
		e.account.hold(e.kept + int64(size))
		return true
	}
	return s.bytes <= aheadBytes && e.account.fits(e.kept+int64(size))
}

// end notes that a piece was read. When it failed, those behind it are not wanted any more; those before it are, since one of them
// may fail too.
func (e *exchange) end(piece int, err error, panicked string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := &e.slots[piece]
	s.cancel()
	s.ended, s.err, s.panicked = true, err, panicked
	if err != nil || panicked != "" {
		for i := piece + 1; i < e.next; i++ {
			e.slots[i].cancel()
		}
		e.limit = min(e.limit, piece+1)
	}
	e.changed.Broadcast()
}

// Close implements Source. It waits for the goroutines.
func (e *exchange) Close() error {
	if e.cancel == nil {
		return nil
	}
	e.mu.Lock()
	e.stopped = true
	e.changed.Broadcast()
	e.mu.Unlock()
	e.cancel()
	e.forget()
	e.lanes.Wait()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.account.close()
	return nil
}
