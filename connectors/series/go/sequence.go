package main

import (
	"math"
	"math/bits"
	"slices"
	"strconv"

	wasql "github.com/wasql/wasql/sdk/go"
)

// bounds are the arguments of the table function, with what they are when nobody gives them.
type bounds struct {
	start, stop, step int64
	// null is set when one of them is NULL, late when one is not known yet.
	null, late bool
}

// sequence is the rows of a scan: numbers of an arithmetic progression, or a list of them.
type sequence struct {
	// list holds the numbers of an IN; nil means first, first+stride, ...
	list   []int64
	isList bool
	first  int64
	// stride is added modulo 2^64, so that every step fits.
	stride uint64
	// last is the index of the last row: 2^64 rows have no count that fits. empty: there is none.
	last  uint64
	empty bool
}

// argumentsOf reads the arguments from the claimed conjuncts.
func argumentsOf(plan *wasql.Plan) (bounds, error) {
	b := bounds{start: 0, stop: math.MaxUint32, step: 1}
	for i, target := range []*int64{&b.start, &b.stop, &b.step} {
		if err := b.read(plan, start+i, target); err != nil {
			return b, err
		}
	}
	if b.step == 0 && !b.null {
		return b, wasql.Errorf(wasql.InvalidArgument, "step must not be 0").In(columnNames[step], "0").
			WithHint("give a step above 0 to count up, or below 0 to count down")
	}
	return b, nil
}

func (b *bounds) read(plan *wasql.Plan, n int, target *int64) error {
	for _, c := range plan.Conjuncts() {
		if c.Use() != wasql.Exact || c.Column != n {
			continue
		}
		v, known := c.Operands[0].Value()
		switch {
		case !known:
			b.late = true
		case v.IsNull():
			b.null = true
		default:
			var err error
			*target, err = wholeArgument(n, v)
			return err
		}
	}
	return nil
}

// wholeArgument gives v as a bigint, or says what is wrong with it.
func wholeArgument(n int, v wasql.Value) (int64, error) {
	name := columnNames[n]
	number, fits := v.Int64()
	switch {
	case !v.Whole():
		return 0, wasql.Errorf(wasql.InvalidArgument, "%s must be a whole number", name).In(name, v.String())
	case !fits:
		return 0, wasql.Errorf(wasql.OutOfRange, "%s must be at most 9223372036854775807", name).In(name, v.String())
	}
	return number, nil
}

// progression gives the numbers from start to stop.
func (b *bounds) progression() sequence {
	if b.null || (b.step > 0) != (b.start <= b.stop) && b.start != b.stop {
		return sequence{empty: true}
	}
	return sequence{first: b.start, stride: uint64(b.step), last: b.distance(b.start, b.stop) / b.stride()}
}

// distance is how far to lies from from, in the direction of step.
func (b *bounds) distance(from, to int64) uint64 {
	if b.step < 0 {
		return uint64(from) - uint64(to)
	}
	return uint64(to) - uint64(from)
}

// stride is the absolute value of step, which has one also for the smallest bigint.
func (b *bounds) stride() uint64 {
	if b.step < 0 {
		return -uint64(b.step)
	}
	return uint64(b.step)
}

// within narrows a progression to low <= number <= high.
func (b *bounds) within(s sequence, low, high int64) sequence {
	if s.empty || low > high {
		return sequence{empty: true}
	}
	near, far := low, high
	if b.step < 0 {
		near, far = high, low
	}
	end := s.at(s.last)
	before := func(x, y int64) bool { return b.step > 0 && x < y || b.step < 0 && x > y }
	if before(end, near) || before(far, s.first) {
		return sequence{empty: true}
	}
	var skip uint64
	if before(s.first, near) {
		// Rounded up without overflow: the first number at or behind near.
		skip = (b.distance(s.first, near)-1)/b.stride() + 1
	}
	last := s.last
	if before(far, end) {
		last = b.distance(s.first, far) / b.stride()
	}
	if skip > last {
		return sequence{empty: true}
	}
	s.first = s.at(skip)
	s.last = last - skip
	return s
}

// only keeps the numbers of a list, in the direction of the progression.
func (b *bounds) only(s sequence, list []int64) sequence {
	list = slices.Clone(list)
	slices.Sort(list)
	list = slices.Compact(list)
	kept := list[:0]
	for _, n := range list {
		if b.contains(s, n) {
			kept = append(kept, n)
		}
	}
	if len(kept) == 0 {
		return sequence{empty: true}
	}
	if b.step < 0 {
		slices.Reverse(kept)
	}
	return sequence{list: kept, isList: true, last: uint64(len(kept) - 1)}
}

func (b *bounds) contains(s sequence, n int64) bool {
	return !b.within(s, n, n).empty
}

// at is the number with that index.
func (s *sequence) at(index uint64) int64 {
	if s.isList {
		return s.list[index]
	}
	return int64(uint64(s.first) + s.stride*index)
}

// reversed turns the order around.
func (s sequence) reversed() sequence {
	if s.empty {
		return s
	}
	if s.isList {
		slices.Reverse(s.list)
		return s
	}
	s.first, s.stride = s.at(s.last), -s.stride
	return s
}

// cut keeps the rows from index from to index to, both included.
func (s sequence) cut(from, to uint64) sequence {
	if s.empty || from > to || from > s.last {
		return sequence{empty: true}
	}
	to = min(to, s.last)
	if s.isList {
		s.list = s.list[from : to+1]
	} else {
		s.first = s.at(from)
	}
	s.last = to - from
	return s
}

// limited applies OFFSET and LIMIT.
func (s sequence) limited(limit, offset uint64) sequence {
	if limit == 0 {
		return sequence{empty: true}
	}
	to, over := bits.Add64(offset, limit-1, 0)
	if over != 0 {
		to = math.MaxUint64
	}
	return s.cut(offset, to)
}

// piece gives part i of so many: q rows each, and one more for the first r.
func (s sequence) piece(i, of uint64) sequence {
	if s.empty || of <= 1 {
		return s
	}
	q, r := s.last/of, s.last%of+1
	if r == of {
		q, r = q+1, 0
	}
	from, end := q*i+min(i, r), q*(i+1)+min(i+1, r)
	if from == end {
		return sequence{empty: true}
	}
	return s.cut(from, end-1)
}

// rows is the number of rows, as an estimate.
func (s *sequence) rows() float64 {
	if s.empty {
		return 0
	}
	return float64(s.last) + 1
}

// show writes an argument for EXPLAIN.
func show(plan *wasql.Plan, n int, fallback int64) string {
	for _, c := range plan.Conjuncts() {
		if c.Use() == wasql.Exact && c.Column == n {
			return c.Operands[0].String()
		}
	}
	return strconv.FormatInt(fallback, 10)
}
