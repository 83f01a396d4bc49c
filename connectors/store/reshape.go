package main

import (
	"slices"

	"github.com/wasql/wasql/abi/pb"
	wasql "github.com/wasql/wasql/sdk/go"
)

// mapping says, for each column of a new definition, which column of the old one has its values: its
// position, or -1 when it is new and has its default everywhere.
type mapping []int

// reshape gives a table another definition. Trees that the new one would make just so are taken over; the
// others are made anew from the rows. It depends on nothing but what it is given, so that recovery does it again.
func reshape(old *version, to *definition, m mapping) (*version, error) {
	v := &version{definition: to, counters: old.counters, owner: newOwner()}
	v.clear()
	err := error(nil)
	if sameRows(old.definition, to, m) {
		v.rows = old.rows.copy()
		err = v.reindex(old)
	} else {
		err = v.refill(old, m)
	}
	v.owner = 0
	return v, err
}

// sameRows tells whether keys and rows stay as they are, byte for byte.
func sameRows(old, to *definition, m mapping) bool {
	if len(old.columns) != len(to.columns) || !old.layout.equal(&to.layout) || !sameSpec(&old.primary, &to.primary) {
		return false
	}
	for i, from := range m {
		if from != i || to.columns[i].Type != old.columns[i].Type || to.columns[i].NotNull && !old.columns[i].NotNull {
			return false
		}
	}
	return true
}

func sameSpec(a, b *keySpec) bool { return slices.Equal(a.parts, b.parts) }

// reindex makes the trees of the indexes, given the rows.
func (v *version) reindex(old *version) error {
	for i := range v.definition.indexes {
		x := &v.definition.indexes[i]
		if !x.kept {
			continue
		}
		if from := slices.IndexFunc(old.definition.indexes, func(o index) bool {
			return o.kept && o.unique == x.unique && sameSpec(&o.spec, &x.spec)
		}); from >= 0 {
			v.indexes[i] = old.indexes[from].copy()
			continue
		}
		if err := v.build(i); err != nil {
			return err
		}
	}
	return nil
}

// build fills one index from the rows: all entries are put in order first.
func (v *version) build(i int) error {
	x, all := &v.definition.indexes[i], rowset{columns: make([]strip, 1)}
	all.keys.width, all.columns[0].width = x.layout.key, x.layout.widths[0]
	for _, s := range v.rows.shelves {
		for _, b := range s.blocks {
			e := x.entriesOf(&b.rowset)
			x.layout.append(&all, &e, 0, e.n)
		}
	}
	if !all.keys.ascend(all.n) {
		all = x.layout.gather(&all, all.keys.order(all.n))
	}
	if x.unique && !all.keys.ascend(all.n) {
		return v.twice(i, &all)
	}
	v.indexes[i].extend(v.owner, &all, 0)
	return nil
}

// twice is the error of a unique index in whose entries a value is twice.
func (v *version) twice(i int, entries *rowset) error {
	for n := 1; n < entries.n; n++ {
		if entries.keys.raw(n-1) == entries.keys.raw(n) {
			at, _ := v.rows.find(entries.columns[0].raw(n))
			cells := make([]cell, len(v.columns))
			v.layout.read(cells, at)
			return (&brokenKey{index: i}).failure(v, cells)
		}
	}
	return nil
}

// refill makes all rows and index entries from the rows of the old version, block by block.
func (v *version) refill(old *version, m mapping) error {
	number := v.counters.row
	if old.layout.hidden < 0 {
		number = 1
	}
	for _, s := range old.rows.shelves {
		for _, b := range s.blocks {
			r, err := v.mapped(old, b, m)
			if err != nil {
				return err
			}
			switch {
			case old.layout.hidden >= 0 && v.layout.hidden >= 0:
				r.keys = b.keys
			case v.layout.hidden >= 0:
				r.keys.number(number, r.n)
				number += uint64(r.n)
			default:
				v.primary.keysOf(&r)
			}
			if a, ok := v.arrive(&r); ok {
				v.add(a)
			} else if err := v.refuse(&r); err != nil {
				return err
			}
		}
	}
	v.counters.row = max(v.counters.row, number)
	return nil
}

// mapped gives the rows of a block as the new definition has them.
func (v *version) mapped(old *version, b *block, m mapping) (rowset, error) {
	r := rowset{n: b.n, columns: make([]strip, len(v.columns))}
	for i, from := range m {
		w := v.layout.widths[i]
		switch {
		case w < 0:
			continue
		case from < 0:
			c, _ := v.fallback(i)
			r.columns[i] = repeat(w, b.n, c)
		default:
			r.columns[i] = b.columns[from]
		}
		if valid := r.columns[i].valid; v.columns[i].NotNull && valid != nil && valid.Count(b.n) < b.n {
			e := failure(wasql.Constraint, errNullUse, "Invalid use of NULL value")
			e.Column = v.columns[i].Name
			return r, e
		}
	}
	return r, nil
}

// refuse finds the row that breaks a key, and says so.
func (v *version) refuse(r *rowset) error {
	cells := make([]cell, len(v.columns))
	for i := range r.n {
		v.layout.cells(cells, r, i)
		key := r.keys.raw(i)
		if broken := v.breaks(cells, []byte(key), "", true); broken != nil {
			return broken.failure(v, cells)
		}
		v.link(key, cells)
	}
	return nil
}

// columnsFrom finds the mapping of an ALTER TABLE: columns keep their names, unless an action says otherwise.
func columnsFrom(old *definition, to *definition, actions []*pb.AlterAction) mapping {
	was := map[string]string{}
	for _, a := range actions {
		switch a.GetKind() {
		case pb.AlterKind_ALTER_KIND_RENAME_COLUMN, pb.AlterKind_ALTER_KIND_MODIFY_COLUMN:
			now := a.GetText()
			if a.GetColumn() != nil {
				now = a.GetColumn().GetName()
			}
			if now != "" {
				was[fold(now)] = fold(a.GetName())
			}
		case pb.AlterKind_ALTER_KIND_ADD_COLUMN:
			was[fold(a.GetColumn().GetName())] = ""
		}
	}
	m := make(mapping, len(to.columns))
	for i := range to.columns {
		name := fold(to.columns[i].Name)
		if before, changed := was[name]; changed {
			name = before
		}
		m[i] = slices.IndexFunc(old.columns, func(c wasql.Column) bool { return fold(c.Name) == name })
	}
	return m
}
