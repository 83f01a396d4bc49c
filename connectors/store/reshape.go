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
	v := &version{definition: to, counters: old.counters}
	if sameRows(old.definition, to, m) {
		v.rows, v.bytes, v.top = old.rows.Copy(), old.bytes, old.top
		return v, v.reindex(old)
	}
	v.clear()
	if err := v.refill(old, m); err != nil {
		return nil, err
	}
	v.changes, v.room = nil, nil
	return v, nil
}

// sameRows tells whether keys and rows stay as they are, byte for byte.
func sameRows(old, to *definition, m mapping) bool {
	if len(old.columns) != len(to.columns) || !slices.Equal(old.layout.slots, to.layout.slots) || !sameSpec(&old.primary, &to.primary) {
		return false
	}
	for i, from := range m {
		if from != i || to.columns[i].NotNull && !old.columns[i].NotNull {
			return false
		}
	}
	return true
}

func sameSpec(a, b *keySpec) bool { return slices.Equal(a.parts, b.parts) }

// reindex makes the trees of the indexes, given the rows.
func (v *version) reindex(old *version) error {
	v.indexes = make([]*tree, len(v.definition.indexes))
	for i := range v.definition.indexes {
		x := &v.definition.indexes[i]
		if !x.kept {
			continue
		}
		if from := slices.IndexFunc(old.definition.indexes, func(o index) bool {
			return o.kept && o.unique == x.unique && sameSpec(&o.spec, &x.spec)
		}); from >= 0 {
			v.indexes[i] = old.indexes[from].Copy()
			continue
		}
		if err := v.build(i); err != nil {
			return err
		}
	}
	return nil
}

// build fills one index from the rows.
func (v *version) build(i int) (err error) {
	v.indexes[i] = newTree()
	cells := make([]cell, len(v.columns))
	v.rows.Scan(func(key, row string) bool {
		v.layout.read(cells, key, row)
		if holder, taken := v.taken(i, nil, cells); taken {
			err = (&brokenKey{index: i, key: holder}).failure(v, cells)
			return false
		}
		v.enterOne(i, key, cells)
		return true
	})
	return err
}

// refill makes all rows and index entries from the rows of the old version.
func (v *version) refill(old *version, m mapping) (err error) {
	before, cells := make([]cell, len(old.columns)), make([]cell, len(v.columns))
	numbered := old.layout.hidden >= 0 && v.layout.hidden >= 0
	for i, from := range m {
		if from < 0 {
			cells[i], _ = v.fallback(i)
		}
	}
	var key []byte
	number := uint64(0)
	old.rows.Scan(func(oldKey, row string) bool {
		old.layout.read(before, oldKey, row)
		for i, from := range m {
			if from >= 0 {
				cells[i] = before[from]
			}
			if cells[i].null && v.columns[i].NotNull && i != v.layout.hidden {
				e := failure(wasql.Constraint, errNullUse, "Invalid use of NULL value")
				e.Column, err = v.columns[i].Name, e
				return false
			}
		}
		switch {
		case numbered:
			key = append(key[:0], oldKey...)
		case v.layout.hidden >= 0:
			number++
			key = rowNumberKey(key[:0], number)
		default:
			key = v.primary.append(key[:0], cells)
		}
		if broken := v.breaks(cells, key, "", true); broken != nil {
			err = broken.failure(v, cells)
			return false
		}
		v.insert(key, cells)
		v.changes = nil // the chunk in room goes on: nobody asks for these changes
		return true
	})
	v.counters.row = max(v.counters.row, number+1)
	return err
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
