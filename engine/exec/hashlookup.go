package exec

import (
	"errors"
	"io"
	"slices"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/plan"
)

// nullRows is the key in a lookup table of the rows whose own key has a NULL in it. No other key
// can be equal to it.
type nullRows struct{}

// buildHashLookup builds the inner side of a hash join. go-mysql-server fills its table while the
// first outer row reads the inner side, and keeps it only when that row read to the end. Semi joins
// stop at the first match and joins that exclude NULL at the first NULL, so that the inner side may
// be read again for every outer row: 3,322 scans of a 31 MB file in one NOT IN. Here the table is
// filled first.
func (b Builder) buildHashLookup(ctx *sql.Context, lookup *plan.HashLookup, row sql.Row) (sql.RowIter, error) {
	if lookup.Lookup == nil {
		if err := b.fill(ctx, lookup, row); err != nil {
			return nil, err
		}
	}
	if !lookup.JoinType.IsExcludeNulls() {
		return nil, nil // the table is there: the rest is as usual
	}
	return probe(ctx, lookup, row)
}

// fill reads the inner side whole.
func (b Builder) fill(ctx *sql.Context, lookup *plan.HashLookup, row sql.Row) (err error) {
	inner, err := b.Base.Build(ctx, lookup.Child, row)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, inner.Close(ctx)) }()
	table := map[any][]sql.Row{}
	for {
		entry, err := inner.Next(ctx)
		if errors.Is(err, io.EOF) {
			lookup.Lookup = &table
			return nil
		}
		if err != nil {
			return err
		}
		key, _, err := lookup.GetHashKey(ctx, lookup.RightEntryKey, entry)
		if err != nil {
			return err
		}
		table[key] = append(table[key], entry)
		if lookup.JoinType.IsExcludeNulls() {
			value, err := lookup.RightEntryKey.Eval(ctx, entry)
			if err != nil {
				return err
			}
			if hasNull(value) {
				table[nullRows{}] = append(table[nullRows{}], entry)
			}
		}
	}
}

func hasNull(value any) bool {
	if parts, ok := value.([]any); ok {
		return slices.ContainsFunc(parts, hasNull)
	}
	return value == nil
}

// probe serves a join that a NULL on either side excludes. Beside the rows with the same key it
// must see those whose comparison is NULL, and, to tell an empty inner side from another, at least
// one row when there are any.
func probe(ctx *sql.Context, lookup *plan.HashLookup, row sql.Row) (sql.RowIter, error) {
	key, _, err := lookup.GetHashKey(ctx, lookup.LeftProbeKey, row)
	if err != nil {
		return nil, err
	}
	table := *lookup.Lookup
	if same, null := table[key], table[nullRows{}]; len(same)+len(null) > 0 {
		return sql.RowsToRowIter(slices.Concat(same, null)...), nil
	}
	for _, rows := range table {
		return sql.RowsToRowIter(rows[0]), nil
	}
	return sql.RowsToRowIter(), nil
}
