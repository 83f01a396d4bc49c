package main

import (
	"strconv"

	wasql "github.com/wasql/wasql/sdk/go"
)

// findingsMax is how many wrong entries of a table are told.
const findingsMax = 20

// Check looks whether rows can be read, lie under their keys, and are what the indexes say.
func (t *table) Check(mode string) ([]*wasql.Finding, error) {
	var found []*wasql.Finding
	wrong := func(text string) {
		if len(found) < findingsMax {
			found = append(found, &wasql.Finding{Kind: "error", Text: text})
		}
	}
	t.rows.check("the rows", wrong)
	for i, x := range t.version.indexes {
		if x == nil {
			continue
		}
		name := "index " + t.definition.indexes[i].name
		x.check(name, wrong)
		if x.Len() != t.rows.Len() {
			wrong(name + " has " + strconv.Itoa(x.Len()) + " entries, the table has " + strconv.Itoa(t.rows.Len()) + " rows")
		}
	}
	cells := make([]cell, len(t.columns))
	var key []byte
	t.rows.each(func(at spot) bool {
		k := at.key()
		t.layout.read(cells, at)
		if key = t.primary.append(key[:0], cells); len(t.primary.parts) > 0 && string(key) != k {
			wrong("row " + strconv.Quote(k) + " has the primary key " + strconv.Quote(string(key)))
		}
		for i := range t.definition.indexes {
			x := &t.definition.indexes[i]
			if !x.kept {
				continue
			}
			key = x.entry(key[:0], cells, k)
			if entry, there := t.version.indexes[i].find(string(key)); !there || entry.holder() != k {
				wrong("row " + strconv.Quote(k) + " is not in index " + x.name)
			}
		}
		return true
	})
	return found, nil
}

// check looks whether a tree is one: keys ascend, no block or shelf is empty, and all is counted.
func (t *tree) check(name string, wrong func(string)) {
	rows, bytes, last, first := 0, int64(0), "", true
	for _, s := range t.shelves {
		onShelf := 0
		if len(s.blocks) == 0 {
			wrong(name + " have a shelf without blocks")
		}
		for _, b := range s.blocks {
			if b.n == 0 || *b.used < b.n {
				wrong(name + " have a block of " + strconv.Itoa(b.n) + " rows in memory of " + strconv.Itoa(*b.used))
			}
			for i := range b.n {
				key := b.keys.raw(i)
				if !first && key <= last {
					wrong(name + " have key " + strconv.Quote(key) + " behind " + strconv.Quote(last))
				}
				last, first = key, false
			}
			onShelf += b.n
			bytes += int64(b.bytes())
		}
		if onShelf != s.rows {
			wrong(name + " have a shelf of " + strconv.Itoa(onShelf) + " rows, " + strconv.Itoa(s.rows) + " were counted")
		}
		rows += onShelf
	}
	if rows != t.rows || bytes != t.bytes {
		wrong(name + " are " + strconv.Itoa(rows) + " with " + strconv.FormatInt(bytes, 10) + " bytes, counted were " +
			strconv.Itoa(t.rows) + " with " + strconv.FormatInt(t.bytes, 10))
	}
}
