package vec

import (
	"context"
	"errors"
	"io"

	"github.com/wasql/wasql/abi/col"
)

// Ahead is a source whose first rows can be read before they are wanted.
type Ahead struct {
	from    Source
	account account
	batches []*col.Batch
	rows    int
	// err ends it behind the batches: io.EOF, or what went wrong.
	err error
}

// NewAhead makes one of a source.
func NewAhead(from Source) *Ahead { return &Ahead{from: from} }

// Read keeps the rows up to the end of the source, or until there are too many of them: more than most, or than there is memory for. It
// gives how many there are, and whether they are all. It is called once, before Next.
func (a *Ahead) Read(ctx context.Context, most int) (rows int, all bool, err error) {
	a.account.open(ctx, operatorJoin)
	for a.rows <= most {
		b, err := a.from.Next(ctx)
		if err == nil && ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		if err != nil {
			if a.err = err; errors.Is(err, io.EOF) {
				return a.rows, true, nil
			}
			return a.rows, false, err
		}
		if b.Len() == 0 {
			continue
		}
		if b, err = copied(b); err != nil {
			return a.rows, false, err
		}
		a.batches, a.rows = append(a.batches, b), a.rows+b.Len()
		if !a.account.fits(a.account.held + int64(b.Bytes())) {
			break
		}
	}
	return a.rows, false, nil
}

// Next implements Source.
func (a *Ahead) Next(ctx context.Context) (*col.Batch, error) {
	if len(a.batches) > 0 {
		b := a.batches[0]
		a.batches = a.batches[1:]
		return b, nil
	}
	if a.batches != nil {
		a.batches = nil
		a.account.hold(0)
	}
	if a.err != nil {
		return nil, a.err
	}
	return a.from.Next(ctx)
}

// Close implements Source.
func (a *Ahead) Close() error {
	a.batches = nil
	a.account.close()
	return a.from.Close()
}
