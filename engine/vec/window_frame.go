package vec

// Frame is the part of a partition, around a row, of which a function is computed.
type Frame struct {
	// Rows: bounds count rows. Else the rows that are equal to the current one in all keys stand where it does, and N is not used.
	Rows       bool
	Start, End Bound
}

// Bound is where a frame starts or ends, itself included.
type Bound struct {
	// Unbounded: at the partition's own start or end. Else N rows behind the current one, or before it when N is negative.
	Unbounded bool
	N         int64
}

// DefaultFrame goes from the start of the partition to the last row that is equal to the current one; without an order that is all of it.
var DefaultFrame = Frame{Start: Bound{Unbounded: true}}

// bounds gives the places from one to before another, of the row at a place of the partition from start to before end.
func (f *Frame) bounds(s *sortedRows, at, start, end int) (from, to int) {
	from, to = start, end
	switch {
	case f.Start.Unbounded:
	case f.Rows:
		from = reach(at, f.Start.N, start, end)
	default:
		from = int(s.peers[at])
	}
	switch {
	case f.End.Unbounded:
	case f.Rows:
		to = reach(at+1, f.End.N, start, end)
	default:
		to = int(s.after[at])
	}
	return from, max(from, to)
}

// reach is a place n further on, held within the partition.
func reach(at int, n int64, start, end int) int {
	switch {
	case n >= int64(end-at):
		return end
	case n <= int64(start-at):
		return start
	}
	return at + int(n)
}
