package vec

import (
	"context"
	"slices"

	"github.com/wasql/wasql/abi/col"
)

// Intersect gives the rows of the left branch that the right one has, too; Except gives those that it has not. NULL is equal to NULL, and
// texts are compared by the collations of the fields. With all a row stands for one on the other side; else each comes once. Equal rows
// come together, in the order in which the first of each came. They are groups, and go to disk as these do.
func Intersect(fields []col.Field, collations []*Collation, all bool, left, right Member) Source {
	return newSetOp(fields, collations, all, false, left, right)
}

// Except is told of with Intersect.
func Except(fields []col.Field, collations []*Collation, all bool, left, right Member) Source {
	return newSetOp(fields, collations, all, true, left, right)
}

func newSetOp(fields []col.Field, collations []*Collation, all, except bool, left, right Member) Source {
	width := len(fields)
	left.Columns, right.Columns = slices.Clone(left.Columns[:width:width]), slices.Clone(right.Columns[:width:width])
	sides := slices.Clone(fields)
	// Behind the columns, what to count: of each branch its own rows.
	none := Constant(flagField, col.Vec{Type: col.Null})
	here := Constant(flagField, col.Vec{Type: col.Int8, Encoding: col.Constant, Fixed: []byte{1}})
	left.Columns, right.Columns = append(left.Columns, here, none), append(right.Columns, none, here)
	sides = append(sides, flagField, flagField)
	var keys []Key
	var aggregates []Aggregate
	for i, f := range fields {
		keys = append(keys, Key{Expr: Column(i, f), Collation: collations[i], Scale: f.Scale})
		aggregates = append(aggregates, Aggregate{Kind: First, Argument: Column(i, f)})
	}
	for i := range 2 {
		aggregates = append(aggregates, Aggregate{Kind: Count, Argument: Column(width+i, flagField)})
	}
	return &setOp{Source: Group(Union(sides, left, right), keys, aggregates), width: width, all: all, except: except}
}

var flagField = col.Field{Type: col.Int8, Nullable: true}

// setOp gives each group as often as it is wanted.
type setOp struct {
	Source
	width       int
	all, except bool
	rows        []uint32
	out         col.Batch
	// The rows of the batch from next on are to come, the first of them so often less as done.
	batch *col.Batch
	next  int
	done  int64
}

// Next implements Source.
func (s *setOp) Next(ctx context.Context) (*col.Batch, error) {
	for s.batch == nil || s.next >= s.batch.Len() {
		b, err := s.Source.Next(ctx)
		if err != nil {
			return nil, err
		}
		s.batch, s.next, s.done = b, 0, 0
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	s.rows = s.rows[:0]
	for ; s.next < s.batch.Len() && len(s.rows) < outRows; s.next++ {
		row := s.batch.Row(s.next)
		for times := s.times(row); s.done < times && len(s.rows) < outRows; s.done++ {
			s.rows = append(s.rows, uint32(row))
		}
		if s.done < s.times(row) {
			break
		}
		s.done = 0
	}
	s.out.Cols = s.out.Cols[:0]
	for i := range s.width {
		v := &s.batch.Cols[i]
		if v.Type == col.Null {
			s.out.Cols = append(s.out.Cols, col.Vec{Type: col.Null, Len: len(s.rows)})
			continue
		}
		s.out.Cols = append(s.out.Cols, col.Vec{Type: v.Type, Encoding: col.Dictionary, Len: len(s.rows), Index: s.rows, Dict: v, Precision: v.Precision, Scale: v.Scale})
	}
	s.out.Rows = len(s.rows)
	return &s.out, nil
}

// times tells how often a group is given.
func (s *setOp) times(row int) int64 {
	left, right := s.batch.Cols[s.width].Int64(row), s.batch.Cols[s.width+1].Int64(row)
	switch {
	case s.all && s.except:
		return max(0, left-right)
	case s.all:
		return min(left, right)
	case left > 0 && (right > 0) != s.except:
		return 1
	}
	return 0
}

// Close implements Source.
func (s *setOp) Close() error {
	s.batch = nil
	return s.Source.Close()
}
