package vec

import "github.com/wasql/wasql/abi/col"

// scope narrows a batch to some of its rows, without a copy: what is computed for a condition is computed for the rows that are asked
// about, and fails for no other.
type scope struct{ narrow col.Batch }

// to gives b with rows as those that count, nil for all. It is valid until the next call.
func (s *scope) to(b *col.Batch, rows []uint32) *col.Batch {
	if sameRows(b.Sel, rows) {
		return b
	}
	s.narrow = *b
	s.narrow.Sel = rows
	return &s.narrow
}

// sameRows tells whether two lists are the same memory.
func sameRows(a, b []uint32) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}
