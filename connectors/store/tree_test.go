package main

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// smallBlocks makes blocks and shelves so small that few rows divide and join them.
func smallBlocks(t testing.TB) {
	rows, bytes, shelf, weave := blockRows, blockBytes, shelfBlocks, weaveMin
	blockRows, blockBytes, shelfBlocks, weaveMin = 4, 400, 3, 3
	t.Cleanup(func() { blockRows, blockBytes, shelfBlocks, weaveMin = rows, bytes, shelf, weave })
}

// treeModel is a tree beside a map, and versions of both that must not change any more.
type treeModel struct {
	layout layout
	owner  owner
	tree   *tree
	rows   map[string]treeRow
	frozen []frozenTree
}

// treeRow has the values of the columns: a number that may be NULL, and a text that may be.
type treeRow struct {
	number int64
	text   string
	nulls  [2]bool
}

type frozenTree struct {
	tree *tree
	rows map[string]treeRow
}

func (r treeRow) cells() []cell {
	cells := []cell{{raw: string(binary.LittleEndian.AppendUint64(nil, uint64(r.number)))}, {raw: r.text}}
	for i, null := range r.nulls {
		if null {
			cells[i] = nullCell
		}
	}
	return cells
}

func drawTreeRow(r *rapid.T) treeRow {
	row := treeRow{number: int64(rapid.IntRange(-5, 5).Draw(r, "number")), text: rapid.StringMatching(`[a-z]{0,9}`).Draw(r, "text")}
	if rapid.IntRange(0, 30).Draw(r, "large") == 0 {
		row.text = fmt.Sprintf("%0300d", row.number)
	}
	for i := range row.nulls {
		if row.nulls[i] = rapid.IntRange(0, 5).Draw(r, "null") == 0; row.nulls[i] && i == 0 {
			row.number = 0
		} else if row.nulls[i] {
			row.text = ""
		}
	}
	return row
}

func (m *treeModel) drawKey(r *rapid.T) string {
	n := rapid.IntRange(0, 300).Draw(r, "key")
	if m.layout.key > 0 {
		return string(binary.BigEndian.AppendUint32(nil, uint32(n)))
	}
	return fmt.Sprint(n)
}

// check compares what a tree has with what it shall have, forwards, backwards, by key and by rank.
func (m *treeModel) check(r *rapid.T, t *tree, rows map[string]treeRow) {
	t.check("the rows", func(text string) { r.Fatal(text) })
	keys := slices.Sorted(maps.Keys(rows))
	i := 0
	t.each(func(at spot) bool {
		if i == len(keys) || at.key() != keys[i] {
			r.Fatalf("row %d has key %q of %q", i, at.key(), keys)
		}
		got, want := make([]cell, 2), rows[keys[i]].cells()
		t.layout.read(got, at)
		if !slices.Equal(got, want) {
			r.Fatalf("row %q has %v, want %v", at.key(), got, want)
		}
		if again := t.at(i); again != at || t.rank(at.key()) != i || t.rank(at.key()+"\x00") != i+1 {
			r.Fatalf("row %d of %q is %v, its rank %d", i, keys, again, t.rank(at.key()))
		}
		i++
		return true
	})
	t.back(func(at spot) bool {
		i--
		return at.key() == keys[i]
	})
	if i != 0 {
		r.Fatalf("backwards ends before row %d", i)
	}
	if key := m.drawKey(r); t.above(key) != (len(keys) == 0 || key > keys[len(keys)-1]) {
		r.Fatalf("above %q is not so", key)
	} else if _, there := t.find(key); there != slices.Contains(keys, key) {
		r.Fatalf("find %q says %v", key, there)
	}
}

// bulk makes rows under new keys, in order.
func (m *treeModel) bulk(r *rapid.T) (rowset, map[string]treeRow) {
	rows := map[string]treeRow{}
	for range rapid.IntRange(1, 60).Draw(r, "rows") {
		if key := m.drawKey(r); m.rows[key] == (treeRow{}) {
			if _, there := m.rows[key]; !there {
				rows[key] = drawTreeRow(r)
			}
		}
	}
	b := m.layout.newBlock(0, 1)
	for _, key := range slices.Sorted(maps.Keys(rows)) {
		m.layout.insert(b, b.n, key, rows[key].cells())
	}
	return b.rowset, rows
}

// TestTree does what comes to mind with a tree, and compares with a map.
func TestTree(t *testing.T) {
	smallBlocks(t)
	for _, width := range []int{0, 4} {
		t.Run(fmt.Sprint("width", width), func(t *testing.T) {
			rapid.Check(t, func(r *rapid.T) {
				m := &treeModel{layout: layout{key: width, widths: []int{8, 0}, hidden: -1}, owner: newOwner(), rows: map[string]treeRow{}}
				m.tree = newTree(&m.layout)
				r.Repeat(map[string]func(*rapid.T){
					"": func(r *rapid.T) {
						m.check(r, m.tree, m.rows)
						for _, f := range m.frozen {
							m.check(r, f.tree, f.rows)
						}
					},
					"insert": func(r *rapid.T) {
						key, row := m.drawKey(r), drawTreeRow(r)
						if _, there := m.rows[key]; !there {
							m.tree.insert(m.owner, key, row.cells())
							m.rows[key] = row
						}
					},
					"merge": func(r *rapid.T) {
						set, rows := m.bulk(r)
						m.tree.merge(m.owner, &set)
						maps.Copy(m.rows, rows)
					},
					"remove": func(r *rapid.T) {
						for range rapid.IntRange(1, 20).Draw(r, "count") {
							key := m.drawKey(r)
							_, there := m.rows[key]
							if m.tree.remove(m.owner, key) != there {
								r.Fatalf("%q was removed, or not, against %v", key, there)
							}
							delete(m.rows, key)
						}
					},
					"set": func(r *rapid.T) {
						key, row := m.drawKey(r), drawTreeRow(r)
						if old, there := m.rows[key]; there {
							m.tree.set(m.owner, key, old.cells(), row.cells())
							m.rows[key] = row
						}
					},
					"freeze": func(r *rapid.T) {
						m.frozen = append(m.frozen, frozenTree{m.tree, maps.Clone(m.rows)})
						m.tree, m.owner = m.tree.copy(), newOwner()
					},
					"go back": func(r *rapid.T) {
						if len(m.frozen) == 0 {
							r.Skip("nothing is frozen")
						}
						f := rapid.SampledFrom(m.frozen).Draw(r, "version")
						m.tree, m.owner, m.rows = f.tree.copy(), newOwner(), maps.Clone(f.rows)
					},
				})
			})
		})
	}
}

// TestOrder sorts keys of all lengths.
func TestOrder(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		keys := rapid.SliceOf(rapid.StringMatching(`[ab\x00]{0,11}`)).Draw(r, "keys")
		var s strip
		s.each(len(keys), func(dst []byte, i int) []byte { return append(dst, keys[i]...) })
		var got []string
		for _, at := range s.order(len(keys)) {
			got = append(got, s.raw(int(at)))
		}
		slices.Sort(keys)
		if !slices.Equal(got, keys) {
			r.Fatalf("got %q, want %q", got, keys)
		}
	})
}
