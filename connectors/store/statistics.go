package main

import (
	"slices"

	"github.com/wasql/wasql/abi/pb"
	wasql "github.com/wasql/wasql/sdk/go"
)

// bucketsMax is how many buckets a histogram has at most.
const bucketsMax = 32

// Statistics tells, for the first columns of each key, how many different values they have and how these are spread. The trees
// hold the values in order, so one walk tells. Columns that no key begins with are not told.
func (t *table) Statistics(columns []int) (*wasql.Statistics, error) {
	rows := uint64(t.rows.Len())
	all := &wasql.Statistics{Rows: &rows, Bytes: uint64(t.rows.bytes)}
	if len(columns) == 0 || rows == 0 {
		return all, nil
	}
	for i := -1; i < len(t.definition.indexes); i++ {
		if i >= 0 && !t.definition.indexes[i].kept || i < 0 && len(t.primary.parts) == 0 {
			continue
		}
		a := t.accessOf(i)
		parts := a.parts[:a.own]
		asked := 0
		// Up to a change of direction, since bounds are in ascending order.
		for asked < len(parts) && slices.Contains(columns, parts[asked].column) && parts[asked].prefix == 0 && parts[asked].desc == parts[0].desc {
			asked++
		}
		if asked > 0 {
			all.Columns = append(all.Columns, t.spread(i, parts[:asked])...)
		}
	}
	return all, nil
}

// tally counts the values of the first columns of a key.
type tally struct {
	parts []keyPart
	of    *pb.ColumnStatistics
	// distinct and nulls of all, and of the bucket.
	distinct, nulls uint64
	bucket          pb.Bucket
	height          uint64
}

// spread walks through the tree of an index, and counts for one column, two and so on.
func (t *table) spread(i int, parts []keyPart) []*pb.ColumnStatistics {
	tree := t.tree(i)
	tallies := make([]tally, len(parts))
	for k := range tallies {
		tallies[k] = tally{parts: parts[:k+1], of: &pb.ColumnStatistics{}, height: uint64(tree.Len()+bucketsMax-1) / bucketsMax}
		for _, p := range parts[:k+1] {
			tallies[k].of.Columns = append(tallies[k].of.Columns, uint32(p.column))
		}
	}
	var last string
	var lastAt spot
	first := true
	walk := tree.each
	if parts[0].desc {
		walk = tree.back
	}
	walk(func(entry spot) bool {
		key := entry.key()
		at, hasNull := 0, false
		for k := range parts {
			isNull := parts[k].nullable && parts[k].length(key[at:]) == 1 && parts[k].isNull(key[at])
			hasNull = hasNull || isNull
			end := at + parts[k].length(key[at:])
			different := first || at > len(last) || end > len(last) || key[:end] != last[:end]
			tallies[k].count(t, different, hasNull, lastAt, i)
			at = end
		}
		last, lastAt, first = key, entry, false
		return true
	})
	var all []*pb.ColumnStatistics
	for k := range tallies {
		c := &tallies[k]
		c.close(t, lastAt, i)
		c.of.Distinct, c.of.Nulls = &c.distinct, &c.nulls
		all = append(all, c.of)
	}
	return all
}

// isNull tells whether the first byte of a nullable part stands for NULL.
func (p *keyPart) isNull(b byte) bool {
	if p.desc {
		return b == 0xff-keyNull
	}
	return b == keyNull
}

// count takes the next row. Different says that a new value begins, which may close the bucket before.
func (c *tally) count(t *table, different, hasNull bool, last spot, index int) {
	if different && c.bucket.Rows >= c.height {
		c.close(t, last, index)
	}
	c.bucket.Rows++
	if different {
		c.distinct++
		c.bucket.Distinct++
	}
	if hasNull {
		c.nulls++
		c.bucket.Nulls++
	}
}

// close ends the bucket with the row that came last.
func (c *tally) close(t *table, at spot, index int) {
	if c.bucket.Rows == 0 {
		return
	}
	if index >= 0 {
		at, _ = t.rows.find(at.holder())
	}
	for _, p := range c.parts {
		c.bucket.UpperBound = append(c.bucket.UpperBound, valueOf(&t.columns[p.column], t.layout.get(at, p.column)).Message())
	}
	closed := c.bucket //nolint:govet // messages of protobuf-go-lite hold no lock
	c.of.Histogram = append(c.of.Histogram, &closed)
	c.bucket = pb.Bucket{}
}
