package main

import "slices"

// span is a run of keys: those not below low, and below high. Without high there is no end.
type span struct {
	low, high string
	// point: the span holds the keys that begin with low, which is the whole of one value or of several.
	point bool
}

// spans are in order, and no two of them touch a key in common.
type spans []span

var everything = spans{{}}

// pointAt is the span of the keys that begin with key.
func pointAt(key []byte) span {
	low := string(key)
	return span{low: low, high: string(after(key)), point: true}
}

// empty tells whether there can be no key in it.
func (s span) empty() bool { return s.high != "" && s.low >= s.high }

func (s span) holds(key string) bool { return key >= s.low && (s.high == "" || key < s.high) }

// holds tells whether a key is in one of the spans.
func (all spans) holds(key string) bool {
	for _, s := range all {
		if s.holds(key) {
			return true
		}
	}
	return false
}

// and gives the keys that are in both.
func (all spans) and(others spans) spans {
	var both spans
	for i, j := 0, 0; i < len(all) && j < len(others); {
		a, b := all[i], others[j]
		common := span{low: max(a.low, b.low), high: lower(a.high, b.high)}
		common.point = a.point && a.low == common.low && a.high == common.high || b.point && b.low == common.low && b.high == common.high
		if !common.empty() {
			both = append(both, common)
		}
		if b.high == "" || a.high != "" && a.high <= b.high {
			i++
		} else {
			j++
		}
	}
	return both
}

// lower is the end that comes first; no end comes last.
func lower(a, b string) string {
	if a == "" || b != "" && b < a {
		return b
	}
	return a
}

// or gives the keys that are in one of the two.
func (all spans) or(others spans) spans { return union(append(slices.Clone(all), others...)) }

// union puts spans in order and joins those that have keys in common.
func union(all spans) spans {
	slices.SortFunc(all, func(a, b span) int {
		switch {
		case a.low < b.low:
			return -1
		case a.low > b.low:
			return 1
		}
		return 0
	})
	var joined spans
	for _, s := range all {
		if s.empty() {
			continue
		}
		if last := len(joined) - 1; last >= 0 && (joined[last].high == "" || s.low < joined[last].high) {
			l := &joined[last]
			same := l.low == s.low && l.high == s.high
			if l.high != "" && (s.high == "" || s.high > l.high) {
				l.high = s.high
			}
			l.point = l.point && s.point && same
			continue
		}
		joined = append(joined, s)
	}
	return joined
}
