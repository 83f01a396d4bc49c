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

// spot is where a row stands in the order of all rows, partition after partition.
type spot struct {
	at int
	// start and end are where its partition begins and, not included, ends; first and after are that of the rows equal to it in all keys.
	start, end, first, after int
	// dense is the number of different keys in the partition up to it.
	dense int
}

// bounds gives the places from one to before another. Neither is before that of the row in front, in the same partition.
func (f *Frame) bounds(p spot) (from, to int) {
	from, to = p.start, p.end
	switch {
	case f.Start.Unbounded:
	case f.Rows:
		from = reach(p.at, f.Start.N, p.start, p.end)
	default:
		from = p.first
	}
	switch {
	case f.End.Unbounded:
	case f.Rows:
		to = reach(p.at+1, f.End.N, p.start, p.end)
	default:
		to = p.after
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
