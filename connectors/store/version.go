package main

import "github.com/tidwall/btree"

// version is a table at one moment: what it is and its rows. Versions share what they have in common. One that
// was handed out does not change any more; the work that made it may change it before.
type version struct {
	*definition
	// counters belong to the table, not to the moment: a number is given once, whatever becomes of the row.
	counters *counters
	rows     *tree
	// indexes has a tree for each of the definition, nil for one that is not kept.
	indexes []*tree
	// changes since the last commit, the newest first.
	changes *chunk
	// owner is the work that may change this version.
	owner owner
	// room is the chunk of changes that takes more; nil: a new one is needed.
	room *chunk
}

// owner is a name for the right to change versions; 0 is nobody.
type owner uint64

// owners counts those that were named: a store has one thread.
var owners owner

func newOwner() owner {
	owners++
	return owners
}

// counters give numbers that are never given again.
type counters struct {
	// next is the next AUTO_INCREMENT value, row the next row number.
	next, row uint64
}

// newVersion makes an empty table.
func newVersion(d *definition) *version {
	v := &version{definition: d, counters: &counters{next: 1, row: 1}}
	v.clear()
	return v
}

// clear takes all rows.
func (v *version) clear() {
	v.rows = newTree(&v.layout)
	v.indexes = make([]*tree, len(v.definition.indexes))
	for i := range v.indexes {
		if x := &v.definition.indexes[i]; x.kept {
			v.indexes[i] = newTree(&x.layout)
		}
	}
}

// copy makes a version that o may change.
func (v *version) copy(o owner) *version {
	c := *v
	c.owner, c.room = o, nil
	c.rows = v.rows.copy()
	c.indexes = make([]*tree, len(v.indexes))
	for i, x := range v.indexes {
		if x != nil {
			c.indexes[i] = x.copy()
		}
	}
	return &c
}

// bytes is the size of all rows with their keys.
func (v *version) bytes() int64 { return v.rows.bytes }

// root is the rows of all tables at one moment, by the id of the table. What they are called is in names.
type root struct{ tables *btree.Map[uint64, *version] }

func newRoot() *root { return &root{btree.NewMap[uint64, *version](8)} }

func (r *root) copy() *root { return &root{r.tables.Copy()} }
