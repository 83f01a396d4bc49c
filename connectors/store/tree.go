package main

import "github.com/tidwall/btree"

// tree is an ordered map that is copied in one step: both copies share their nodes until one changes them.
// The tree of the rows has key and row; that of an index has its key and the key of the row, where
// the key of an index that may repeat ends with the key of the row.
type tree = btree.Map[string, string]

// degree of the nodes. Half of MapDefault: a statement that writes one row copies a path of nodes.
const degree = 16

func newTree() *tree { return btree.NewMap[string, string](degree) }
