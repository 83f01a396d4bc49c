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
	cells := make([]cell, len(t.columns))
	var key []byte
	bytes := int64(0)
	t.rows.Scan(func(k, row string) bool {
		bytes += int64(len(k) + len(row))
		if len(row) < t.layout.head {
			wrong("row " + strconv.Quote(k) + " is too short")
			return true
		}
		t.layout.read(cells, k, row)
		if key = t.primary.append(key[:0], cells); len(t.primary.parts) > 0 && string(key) != k {
			wrong("row " + strconv.Quote(k) + " has the primary key " + strconv.Quote(string(key)))
		}
		for i := range t.definition.indexes {
			x := &t.definition.indexes[i]
			if !x.kept {
				continue
			}
			key = x.entry(key[:0], cells, k)
			if holder, there := t.version.indexes[i].Get(string(key)); !there || holder != k {
				wrong("row " + strconv.Quote(k) + " is not in index " + x.name)
			}
		}
		return true
	})
	for i, x := range t.version.indexes {
		if x != nil && x.Len() != t.rows.Len() {
			wrong("index " + t.definition.indexes[i].name + " has " + strconv.Itoa(x.Len()) + " entries, the table has " + strconv.Itoa(t.rows.Len()) + " rows")
		}
	}
	if bytes != t.bytes {
		wrong("the rows have " + strconv.FormatInt(bytes, 10) + " bytes, " + strconv.FormatInt(t.bytes, 10) + " were counted")
	}
	if top, _, ok := t.rows.Max(); ok && top > t.top {
		wrong("key " + strconv.Quote(top) + " is above the highest one")
	}
	return found, nil
}
