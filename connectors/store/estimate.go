package main

import (
	"math"
)

// Estimates. When the values are known the keys are counted: a tree knows how many each of its shelves
// and blocks has. When they come later, runs of equal keys are looked at in some places.

// estimate tells how many rows a way reads.
func (v *version) estimate(a *access) float64 {
	n := float64(v.rows.Len())
	if !a.narrows() || n == 0 {
		return n
	}
	if a.unique() {
		return min(n, float64(a.points))
	}
	if all, err := a.keys(); err == nil {
		return v.count(a, all)
	}
	rows := n
	for i := range a.used {
		if points := a.bound(i); points > 0 {
			rows = min(rows, float64(points)*v.run(a, i+1))
		} else {
			rows = max(1, rows/3)
		}
	}
	return max(rows, 1)
}

// bound is how many values of a part pass at most; 0: no bound.
func (a *access) bound(part int) int {
	points := 0
	for _, f := range a.used[part] {
		if c, ok := a.d.condition(f); ok && c.points > 0 && (points == 0 || c.points < points) {
			points = c.points
		}
	}
	return points
}

// countedMax is how many spans are counted; the others are taken for like them.
const countedMax = 16

func (v *version) count(a *access, all spans) float64 {
	t := v.tree(a.index)
	counted := all[:min(len(all), countedMax)]
	rows := t.within(counted)
	if len(counted) == 0 {
		return 0
	}
	return math.Round(float64(rows) * float64(len(all)) / float64(len(counted)))
}

func (v *version) tree(index int) *tree {
	if index < 0 {
		return v.rows
	}
	return v.indexes[index]
}

// run is about how many keys share the values of the first parts.
func (v *version) run(a *access, parts int) float64 {
	t := v.tree(a.index)
	if t.Len() == 0 {
		return 0
	}
	const places = 4
	total := 0
	for i := range places {
		key := t.at((2*i + 1) * t.Len() / (2 * places)).key()
		first := key[:prefixLength(a.parts[:parts], key)]
		end := t.Len()
		if high := after([]byte(first)); high != nil {
			end = t.rank(textOf(high))
		}
		total += end - t.rank(first)
	}
	return float64(total) / places
}
