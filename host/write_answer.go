package host

import (
	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/col"
)

// answered checks the answer to a write of so many rows (SPEC 8.18): each row at most once, in order, with an
// outcome that there is. Sinks that write no rows of a table have answers of their own.
func (s *Sink) answered(answer *col.Batch, rows int) error {
	if !s.rows {
		return nil
	}
	next := uint64(0)
	for n := range answer.Len() {
		at := answer.Row(n)
		if answer.Cols[0].IsNull(at) || answer.Cols[1].IsNull(at) {
			return s.instance.broken(s.call, "8.18", abi.InvalidData, "answer %d has no ordinal or no outcome", n)
		}
		ordinal, outcome := answer.Cols[0].Uint64(at), answer.Cols[1].Uint64(at)
		switch {
		case ordinal >= uint64(rows):
			return s.instance.broken(s.call, "8.18", abi.InvalidData, "answer %d is about row %d, and %d were written", n, ordinal, rows)
		case ordinal < next:
			return s.instance.broken(s.call, "8.18", abi.InvalidData, "answer %d is about row %d, which was answered or passed", n, ordinal)
		case outcome > abi.OutcomeError:
			return s.instance.broken(s.call, "8.18", abi.InvalidData, "answer %d has the outcome %d", n, outcome)
		}
		next = ordinal + 1
	}
	return nil
}

// answers checks the columns that a sink of rows announces: ordinal, outcome, then what was asked back.
func (s *Sink) answers(returning int) error {
	if s.answer == nil && returning == 0 {
		return nil
	}
	if len(s.answer) != 2+returning || s.answer[0].Type != col.Uint32 || s.answer[1].Type != col.Uint8 {
		return s.instance.broken(s.call, "8.18", abi.InvalidData,
			"the answer is announced with %d columns: it has a uint32 ordinal, a uint8 outcome, and the %d columns asked back", len(s.answer), returning)
	}
	return nil
}

// keyed checks the positions of the keys in the rows of a lookup (SPEC 8.16).
type keyed struct {
	keys    uint64
	current uint64
}

func (k *keyed) reset(keys int) { *k = keyed{keys: uint64(keys)} }

// check takes the rows of a batch; it gives what is wrong, or nothing.
func (k *keyed) check(b *col.Batch) string {
	for n := range b.Len() {
		at := b.Row(n)
		if b.Cols[0].IsNull(at) {
			return "a row has no position of a key"
		}
		position := b.Cols[0].Uint64(at)
		switch {
		case position >= k.keys:
			return "a row is of a key behind the last that was written"
		case position < k.current:
			return "a row is of a key whose rows are over, or that was passed"
		}
		k.current = position
	}
	return ""
}
