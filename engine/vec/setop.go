package vec

import (
	"context"
	"errors"
	"io"

	"github.com/wasql/wasql/abi/col"
)

// Intersect gives the rows of the left branch that the right one has, too; Except gives those that it has not. NULL is equal to NULL, and
// texts are compared by the collations of the fields. With all a row stands for one on the other side; else each comes once.
func Intersect(fields []col.Field, collations []*Collation, all bool, left, right Member) Source {
	return newSetOp(fields, collations, all, false, left, right)
}

// Except is told of with Intersect.
func Except(fields []col.Field, collations []*Collation, all bool, left, right Member) Source {
	return newSetOp(fields, collations, all, true, left, right)
}

func newSetOp(fields []col.Field, collations []*Collation, all, except bool, left, right Member) Source {
	s := &setOp{Source: left.fitting(fields), right: right.fitting(fields), all: all, except: except}
	for i, f := range fields {
		s.keys = append(s.keys, Key{Expr: Column(i, f), Collation: collations[i], Scale: f.Scale})
	}
	s.cols = make([]*col.Vec, len(s.keys))
	return s
}

type setOp struct {
	Source
	right       Source
	keys        []Key
	cols        []*col.Vec
	all, except bool
	built       bool
	table       packedTable
	// counts has, by the number of a key, how often the right side has it and no row of the left stands for it; given: it came.
	counts  []int64
	key     []byte
	rows    []uint32
	out     col.Batch
	account account
}

// given stands for a key that need not come again.
const given = -1

// Next implements Source.
func (s *setOp) Next(ctx context.Context) (*col.Batch, error) {
	if !s.built {
		s.account.open(ctx, operatorSet)
		if err := s.build(ctx); err != nil {
			return nil, err
		}
		s.built = true
	}
	b, err := s.Source.Next(ctx)
	if err != nil {
		return nil, err
	}
	if err := evaluateKeys(s.cols, s.keys, b); err != nil {
		return nil, err
	}
	s.rows = s.rows[:0]
	for i := range b.Len() {
		if row := b.Row(i); s.passes(row) {
			s.rows = append(s.rows, uint32(row))
		}
	}
	if err := s.book(); err != nil {
		return nil, err
	}
	s.out = *b
	if s.out.Sel = s.rows; s.rows == nil {
		s.out.Sel = []uint32{}
	}
	return &s.out, nil
}

// build counts the rows of the right side.
func (s *setOp) build(ctx context.Context) error {
	s.table.init()
	for {
		b, err := s.right.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := evaluateKeys(s.cols, s.keys, b); err != nil {
			return err
		}
		for i := range b.Len() {
			s.counts[s.number(b.Row(i))]++
		}
		if err := s.book(); err != nil {
			return err
		}
	}
}

// book books the memory of the rows that are known.
func (s *setOp) book() error {
	if !s.account.fits(s.table.size() + 8*int64(cap(s.counts))) {
		return s.account.full()
	}
	return nil
}

// number gives the number of a row.
func (s *setOp) number(row int) uint32 {
	id := s.table.id(s.pack(row))
	if int(id) == len(s.counts) {
		s.counts = append(s.counts, 0)
	}
	return id
}

func (s *setOp) pack(row int) []byte {
	s.key = s.key[:0]
	for i, v := range s.cols {
		s.key = s.keys[i].append(s.key, v, row)
	}
	return s.key
}

// passes tells whether a row of the left side is given.
func (s *setOp) passes(row int) bool {
	if s.except && !s.all {
		id := s.number(row)
		new := s.counts[id] == 0
		s.counts[id] = given
		return new
	}
	id, known := s.table.find(s.pack(row))
	if !known || s.counts[id] <= 0 {
		return s.except
	}
	if s.counts[id]--; !s.all {
		s.counts[id] = given
	}
	return !s.except
}

// Close implements Source.
func (s *setOp) Close() error {
	s.table, s.counts = packedTable{}, nil
	s.account.close()
	return errors.Join(s.Source.Close(), s.right.Close())
}
