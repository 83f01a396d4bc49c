package vec

import (
	"context"
	"errors"
	"io"

	"github.com/wasql/wasql/engine/vec/spill"
)

// keySet tells keys that come again from new ones. Beyond its memory it writes those that it does not know to disk, and tells later which
// of them are different.
type keySet struct {
	account account
	seen    packedTable
	parts   *partitions
	depth   int
}

func newKeySet(ctx context.Context, depth int) *keySet {
	s := &keySet{depth: depth}
	s.account.open(ctx, operatorGroup)
	s.seen.init()
	return s
}

// room makes sure that there is room for about n more keys, or has them written.
func (s *keySet) room(n int) error {
	if s.parts != nil {
		s.parts.book()
		return nil
	}
	size := s.seen.size()
	if s.account.fits(size+s.seen.more(n)) || s.seen.count == 0 {
		s.account.hold(size)
		return nil
	}
	if s.depth >= depthMax {
		return s.account.full()
	}
	parts, err := newPartitions(&s.account)
	s.parts = parts
	return err
}

// add tells whether a key is a new one. Of one that it cannot tell drain will.
func (s *keySet) add(key []byte) (bool, error) {
	if s.parts == nil {
		before := s.seen.count
		s.seen.id(key)
		return s.seen.count > before, nil
	}
	if _, known := s.seen.find(key); known {
		return false, nil
	}
	return false, s.parts.addKey(key)
}

// drain visits the different keys of which add could not tell.
func (s *keySet) drain(ctx context.Context, visit func(key []byte)) error {
	if s.parts == nil {
		return nil
	}
	runs, err := s.parts.seal()
	if err != nil {
		return err
	}
	defer removeRuns(runs)
	s.seen = packedTable{}
	s.account.hold(0)
	for i, run := range runs {
		if run == nil {
			continue
		}
		below := newKeySet(ctx, s.depth+1)
		err := below.drainRun(ctx, run, visit)
		below.close()
		if err != nil {
			return err
		}
		run.Remove()
		runs[i] = nil
	}
	return nil
}

// drainRun visits the different keys of a run.
func (s *keySet) drainRun(ctx context.Context, run *spill.Run, visit func(key []byte)) error {
	reader, err := run.Open()
	if err != nil {
		return err
	}
	for {
		b, err := reader.Next(ctx)
		if errors.Is(err, io.EOF) {
			if err := reader.Close(); err != nil {
				return err
			}
			return s.drain(ctx, visit)
		}
		if err == nil {
			err = s.room(b.Rows)
		}
		for i := 0; err == nil && i < b.Rows; i++ {
			key, fresh := b.Cols[0].Bytes(i), false
			if fresh, err = s.add(key); fresh {
				visit(key)
			}
		}
		if err != nil {
			return errors.Join(err, reader.Close())
		}
	}
}

func (s *keySet) close() {
	s.parts.close()
	s.seen = packedTable{}
	s.account.close()
}

// removeRuns removes those that are there.
func removeRuns(runs []*spill.Run) {
	for _, run := range runs {
		if run != nil {
			run.Remove()
		}
	}
}
