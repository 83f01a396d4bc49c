package main

import (
	wasql "github.com/wasql/wasql/sdk/go"
)

// access is a way to the rows: a tree, and what of a query its keys say.
type access struct {
	d *definition
	// index is the number of the secondary index; -1: the tree of the rows.
	index int
	// parts are the columns of the keys, those of the primary key behind the index's own included.
	parts []keyPart
	// own is how many parts are the index's own.
	own int
	// used are the conditions of each part, in order; parts behind the last used one have none.
	used [][]*wasql.Filter
	// points: at most so many combinations of values of the used parts; 0: there is no such bound.
	points int
	// branches are ORs over several columns, each child with its own conditions.
	branches []branches
}

// branches are the children of an OR.
type branches []*access

// pointsMax bounds how many runs of keys a scan may be made of.
const pointsMax = 1 << 14

// accessOf gives the way by an index, with nothing used.
func (d *definition) accessOf(index int) *access {
	a := &access{d: d, index: index, parts: d.rowParts()}
	a.own = len(a.parts)
	if index >= 0 {
		x := &d.indexes[index]
		a.parts, a.own = x.spec.parts, len(x.spec.parts)
		if !x.unique {
			a.parts = append(a.parts[:a.own:a.own], d.rowParts()...)
		}
	}
	return a
}

// rowParts are the parts of the key of a row: the primary key, or the row number.
func (d *definition) rowParts() []keyPart {
	if len(d.primary.parts) == 0 {
		return []keyPart{{column: d.layout.hidden, typ: d.columns[d.layout.hidden].Type}}
	}
	return d.primary.parts
}

// use takes the filters that spans of this way's keys can say, and tells for each whether it is taken and whether
// no row that fails it is left.
func (a *access) use(filters []*wasql.Filter) (taken, exact []bool) {
	taken, exact = make([]bool, len(filters)), make([]bool, len(filters))
	conditions := make([]condition, len(filters))
	for i, f := range filters {
		var ok bool
		if conditions[i], ok = a.d.condition(f); !ok {
			conditions[i].column = -1
		}
	}
	a.points = 1
	for p := range a.parts {
		points := 0
		var used []*wasql.Filter
		for i, c := range conditions {
			if c.column == a.parts[p].column && !taken[i] {
				used = append(used, filters[i])
				taken[i], exact[i] = true, a.parts[p].prefix == 0
				if c.points > 0 && (points == 0 || c.points < points) {
					points = c.points
				}
			}
		}
		if used == nil {
			break
		}
		a.used = append(a.used, used)
		if a.points *= points; points == 0 || a.points > pointsMax {
			break
		}
	}
	if len(a.used) == 0 || a.points > pointsMax {
		a.points = 0
	}
	for i, f := range filters {
		if !taken[i] && f.Op == wasql.Or {
			taken[i], exact[i] = a.branch(f)
		}
	}
	return taken, exact
}

// branch takes an OR whose children are about several columns.
func (a *access) branch(f *wasql.Filter) (taken, exact bool) {
	var all branches
	exact = true
	for i := range f.Children {
		child := a.d.accessOf(a.index)
		leaves := conjunction(&f.Children[i], nil)
		used, sharp := child.use(leaves)
		if len(child.used) == 0 {
			return false, false
		}
		for l := range leaves {
			exact = exact && used[l] && sharp[l]
		}
		all = append(all, child)
	}
	a.branches = append(a.branches, all)
	return true, exact
}

// conjunction gives the filters that an AND is made of.
func conjunction(f *wasql.Filter, all []*wasql.Filter) []*wasql.Filter {
	if f.Op != wasql.And {
		return append(all, f)
	}
	for i := range f.Children {
		all = conjunction(&f.Children[i], all)
	}
	return all
}

// narrows tells whether less than the whole tree is read.
func (a *access) narrows() bool { return len(a.used) > 0 || len(a.branches) > 0 }

// unique tells whether each combination of values names at most one row.
func (a *access) unique() bool {
	if a.points == 0 || len(a.used) < a.own {
		return false
	}
	if a.index < 0 {
		return true
	}
	x := &a.d.indexes[a.index]
	if !x.unique {
		return len(a.used) == len(a.parts)
	}
	for i := range x.spec.parts {
		if x.spec.parts[i].prefix > 0 || x.spec.parts[i].nullable && takesNull(a.used[i]) {
			return false
		}
	}
	return true
}

// takesNull tells whether NULL may pass.
func takesNull(filters []*wasql.Filter) bool {
	for _, f := range filters {
		if f.Op == wasql.EQ || f.Op == wasql.IN {
			return false
		}
	}
	return true
}

// keys gives the spans to read, when all values are known.
func (a *access) keys() (spans, error) {
	all, err := a.parted()
	if err != nil {
		return nil, err
	}
	for _, b := range a.branches {
		var any spans
		for _, child := range b {
			one, err := child.keys()
			if err != nil {
				return nil, err
			}
			any = append(any, one...)
		}
		all = all.and(union(any))
	}
	return all, nil
}

// parted are the spans of the conditions of the parts.
func (a *access) parted() (spans, error) {
	all := spans{{point: true}}
	for i, filters := range a.used {
		part := &a.parts[i]
		of, err := part.spans(a.d, filters[0])
		for _, f := range filters[1:] {
			var more spans
			if err == nil {
				more, err = part.spans(a.d, f)
				of = of.and(more)
			}
		}
		if err != nil {
			return nil, err
		}
		all = all.then(of)
	}
	return all, nil
}

// then puts the spans of the next part behind each span, which is a point.
func (all spans) then(next spans) spans {
	longer := make(spans, 0, len(all)*len(next))
	for _, first := range all {
		for _, s := range next {
			joined := span{low: first.low + s.low, high: first.high, point: s.point}
			if s.high != "" {
				joined.high = first.low + s.high
			}
			longer = append(longer, joined)
		}
	}
	return longer
}
