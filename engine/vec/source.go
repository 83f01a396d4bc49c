package vec

import (
	"context"
	"io"

	"github.com/wasql/wasql/abi/col"
)

// Source gives the batches of an operator, or of a scan.
type Source interface {
	// Next gives a batch that is valid until the next call, or io.EOF at the end and ever after. A batch may have no row that counts.
	Next(ctx context.Context) (*col.Batch, error)
	// Close ends it and what it reads from; twice is harmless.
	Close() error
}

// Slice is a Source over batches in memory, given in order. They must stay as they are.
func Slice(batches ...*col.Batch) Source { return &slice{batches: batches} }

type slice struct{ batches []*col.Batch }

// Next implements Source.
func (s *slice) Next(context.Context) (*col.Batch, error) {
	if len(s.batches) == 0 {
		return nil, io.EOF
	}
	b := s.batches[0]
	s.batches = s.batches[1:]
	return b, nil
}

// Close implements Source.
func (s *slice) Close() error {
	s.batches = nil
	return nil
}
