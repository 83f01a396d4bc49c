package vec

import (
	"context"
	"errors"
	"io"
	"sync"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/engine/vec/spill"
)

// Kept has the rows of a source for several readers: it is read once, by the first of them, and whole. What does not fit into the memory of
// the context's Budget goes to disk. It is safe for concurrent use, the sources that it gives are not.
type Kept struct {
	mu      sync.Mutex
	account account
	// readers is how many are still to end, before the rows are let go.
	readers int
	filled  bool
	err     error
	batches []*col.Batch
	held    int64
	run     *spill.Run
}

// NewKept makes one for so many readers. When all of them have ended, the rows are let go, and a further one reads anew. Those of
// a statement that ends before are gone with its Budget.
func NewKept(readers int) *Kept { return &Kept{readers: readers} }

// Source is a reader: from is read when it is the first one. All that are given to a Kept must have the same rows.
func (k *Kept) Source(from Source) Source { return &keptReader{kept: k, from: from} }

type keptReader struct {
	kept  *Kept
	from  Source
	rows  Source
	ended bool
}

// Next implements Source.
func (r *keptReader) Next(ctx context.Context) (*col.Batch, error) {
	if r.ended {
		return nil, io.EOF
	}
	if r.rows == nil {
		rows, err := r.kept.open(ctx, r.from)
		if err != nil {
			return nil, err
		}
		r.rows = rows
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return r.rows.Next(ctx)
}

// Close implements Source.
func (r *keptReader) Close() error {
	if r.ended {
		return nil
	}
	r.ended = true
	var err error
	if r.rows != nil {
		err = r.rows.Close()
		r.rows = nil
		r.kept.end()
	}
	return errors.Join(err, r.from.Close())
}

// open gives the rows, which are read from a source when they are not there yet.
func (k *Kept) open(ctx context.Context, from Source) (Source, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.filled {
		k.filled = true
		if k.err = k.fill(ctx, from); k.err != nil {
			k.drop()
		}
	}
	if k.err != nil {
		return nil, k.err
	}
	if k.run != nil {
		return k.run.Open()
	}
	return Slice(k.batches...), nil
}

// fill reads a source whole.
func (k *Kept) fill(ctx context.Context, from Source) error {
	k.account = account{}
	k.account.open(ctx, operatorShared)
	for {
		b, err := from.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil && ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		if err != nil {
			return err
		}
		if b.Len() == 0 {
			continue
		}
		if b, err = copied(b); err != nil {
			return err
		}
		size := k.held + int64(b.Bytes())
		if k.batches = append(k.batches, b); !k.account.fits(size) {
			return k.spread(ctx, from)
		}
		k.held = size
	}
}

// spread puts what is there, and what is still to come, on disk.
func (k *Kept) spread(ctx context.Context, from Source) (err error) {
	rows := &plainRows{Source: &chained{sources: []Source{Slice(k.batches...), from}}, account: &k.account}
	k.run, err = writeRun(ctx, &k.account, rows)
	k.batches, k.held = nil, 0
	k.account.hold(0)
	return err
}

// end notes that a reader is done.
func (k *Kept) end() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.readers--; k.readers == 0 {
		k.drop()
		k.filled = k.err != nil
	}
}

func (k *Kept) drop() {
	if k.run != nil {
		k.run.Remove()
	}
	k.run, k.batches, k.held = nil, nil, 0
	k.account.close()
}

// chained gives the batches of one source behind those of another. Whoever made these closes them.
type chained struct{ sources []Source }

// Next implements Source.
func (c *chained) Next(ctx context.Context) (*col.Batch, error) {
	for len(c.sources) > 0 {
		b, err := c.sources[0].Next(ctx)
		if !errors.Is(err, io.EOF) {
			return b, err
		}
		c.sources = c.sources[1:]
	}
	return nil, io.EOF
}

// Close implements Source.
func (c *chained) Close() error {
	c.sources = nil
	return nil
}
