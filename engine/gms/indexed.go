package gms

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/dolthub/go-mysql-server/sql"
)

// Lookup reads the rows of an index that are in one of the ranges. With ordered they come in the
// order of the key, or, with reverse, backwards. engine/pushdown provides it.
type Lookup func(ctx *sql.Context, t *Indexed, ranges sql.MySQLRangeCollection, reverse bool) (sql.RowIter, error)

var lookup Lookup

// InstallLookup makes f read index lookups, for all tables of the process. It is called before the
// first statement.
func InstallLookup(f Lookup) { lookup = f }

// Indexed is a Table read through one of its indexes. It is what joins, foreign keys and a few
// other nodes of go-mysql-server read from; the filters of a statement do not need it.
type Indexed struct {
	*Table
	index *Index

	// mu guards what the reader of lookups keeps here between two of them.
	mu   sync.Mutex
	kept any
}

var (
	_ sql.IndexedTable          = (*Indexed)(nil)
	_ sql.ProjectedTable        = (*Indexed)(nil)
	_ sql.TableWrapper          = (*Indexed)(nil)
	_ sql.IndexSearchableTable  = (*Table)(nil)
	_ sql.IndexAddressableTable = (*Stored)(nil)
)

// GetIndexes implements sql.IndexAddressable, in the order of their names behind the primary key. An index on an expression is the connector's affair:
// nothing here can name it.
func (t *Table) GetIndexes(ctx *sql.Context) ([]sql.Index, error) {
	keys := t.Keys()
	all := make([]sql.Index, 0, len(keys))
	for _, x := range keys {
		if !slices.Contains(x.Columns(), -1) {
			all = append(all, x)
		}
	}
	attached, err := t.seen(ctx)
	if err != nil {
		return nil, err
	}
	for _, x := range attached {
		all = append(all, x)
	}
	slices.SortFunc(all[min(primaries(keys), len(all)):], func(a, b sql.Index) int { return strings.Compare(strings.ToLower(a.ID()), strings.ToLower(b.ID())) })
	return append(all, t.matched(ctx)...), nil
}

// primaries is 1 when the first key is the primary one.
func primaries(keys []*Index) int {
	if len(keys) > 0 && keys[0].primary {
		return 1
	}
	return 0
}

// PreciseMatch implements sql.IndexAddressable: lookups give the rows of their ranges and no other.
func (t *Table) PreciseMatch() bool { return true }

// SkipIndexCosting implements sql.IndexSearchable: which index serves a filter is the connector's
// choice, told in its answer to PLAN.
func (t *Table) SkipIndexCosting() bool { return true }

// LookupForExpressions implements sql.IndexSearchable: filters are put to the connector by
// engine/pushdown.
func (t *Table) LookupForExpressions(*sql.Context, ...sql.Expression) (sql.IndexLookup, *sql.FuncDepSet, sql.Expression, bool, error) {
	return sql.IndexLookup{}, nil, nil, false, nil
}

// IndexedAccess implements sql.IndexAddressable; nil when the index is none of this package's.
func (t *Table) IndexedAccess(_ *sql.Context, l sql.IndexLookup) sql.IndexedTable {
	index, ok := l.Index.(*Index)
	if !ok {
		return nil
	}
	return &Indexed{Table: t, index: index}
}

// During is the table as it is while a statement runs, that statement's unflushed rows included, as
// checks of foreign keys and of duplicates want it.
func (t *Table) During(statement uint64) *Table {
	within := *t
	within.ref = t.ref.CloneVT()
	within.ref.Statement = statement
	return &within
}

// Index is the one that the table is read through.
func (t *Indexed) Index() *Index { return t.index }

// Underlying implements sql.TableWrapper: the table as it was before an index was chosen.
func (t *Indexed) Underlying() sql.Table { return t.SQL() }

// WithProjections implements sql.ProjectedTable.
func (t *Indexed) WithProjections(ctx *sql.Context, names []string) (sql.Table, error) {
	projected, err := t.Table.WithProjections(ctx, names)
	if err != nil {
		return nil, err
	}
	return &Indexed{Table: projected.(*Table), index: t.index}, nil
}

// Keep exchanges what a reader leaves here for the next lookup of the same statement.
func (t *Indexed) Keep(v any) (before any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	before, t.kept = t.kept, v
	return before
}

// lookupPartition is the ranges of one lookup.
type lookupPartition struct {
	ranges  sql.MySQLRangeCollection
	reverse bool
}

// Key implements sql.Partition.
func (lookupPartition) Key() []byte { return []byte{0} }

// LookupPartitions implements sql.IndexedTable. The ranges are copied: go-mysql-server changes them
// for the next lookup while this one may still be read.
func (t *Indexed) LookupPartitions(_ *sql.Context, l sql.IndexLookup) (sql.PartitionIter, error) {
	ranges, ok := l.Ranges.(sql.MySQLRangeCollection)
	if !ok {
		return nil, fmt.Errorf("internal error: ranges of %T for an index of table %s", l.Ranges, t.name)
	}
	p := lookupPartition{ranges: make(sql.MySQLRangeCollection, len(ranges)), reverse: l.IsReverse}
	for i, r := range ranges {
		p.ranges[i] = slices.Clone(r)
	}
	return sql.PartitionsToPartitionIter(p), nil
}

// PartitionRows implements sql.Table: the rows of a lookup, or of the whole table.
func (t *Indexed) PartitionRows(ctx *sql.Context, partition sql.Partition) (sql.RowIter, error) {
	p, ok := partition.(lookupPartition)
	if !ok {
		return t.Table.PartitionRows(ctx, partition)
	}
	if lookup == nil {
		return nil, fmt.Errorf("internal error: table %s is read through an index, and nothing is installed that reads one", t.name)
	}
	return lookup(ctx, t, p.ranges, p.reverse)
}
