package exec

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/hash"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/types"
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
	return probe(ctx, lookup, row)
}

// fill reads the inner side whole.
func (b Builder) fill(ctx *sql.Context, lookup *plan.HashLookup, row sql.Row) (err error) {
	inner, err := b.Base.Build(ctx, lookup.Child, row)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, inner.Close(ctx)) }()
	schema := keySchema(ctx, lookup)
	table := map[any][]sql.Row{keyTypes{}: {{schema}}}
	for {
		entry, err := inner.Next(ctx)
		if errors.Is(err, io.EOF) {
			lookup.Lookup = &table
			return nil
		}
		if err != nil {
			return err
		}
		key, err := hashKey(ctx, lookup, schema, lookup.RightEntryKey, entry)
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

// keyTypes is the key in a lookup table of the types that its keys are hashed by.
type keyTypes struct{}

// keySchema has the types by which keys of several columns are hashed: texts under the collation that
// the join compares them in. go-mysql-server has one type there, the tuple's, and hashes their bytes, so
// that 'A' is not found by 'a'. It is nil for keys of one column.
func keySchema(ctx *sql.Context, lookup *plan.HashLookup) sql.Schema {
	left, isTuple := lookup.LeftProbeKey.(expression.Tuple)
	right, both := lookup.RightEntryKey.(expression.Tuple)
	if !isTuple || !both || len(left) < 2 || len(left) != len(right) {
		return nil
	}
	schema := make(sql.Schema, len(left))
	for i := range left {
		schema[i] = &sql.Column{Type: left[i].Type(ctx)}
		if !types.IsText(left[i].Type(ctx)) || !types.IsText(right[i].Type(ctx)) {
			if types.IsText(left[i].Type(ctx)) {
				schema[i].Type = types.Null // it was converted to the other side's type
			}
			continue
		}
		leftID, leftForce := sql.GetCoercibility(ctx, left[i])
		rightID, rightForce := sql.GetCoercibility(ctx, right[i])
		id, _ := sql.ResolveCoercibility(leftID, leftForce, rightID, rightForce)
		schema[i].Type = types.CreateLongText(id)
	}
	return schema
}

// hashKey is a comparable form of a key; keys that are equal have the same.
func hashKey(ctx *sql.Context, lookup *plan.HashLookup, schema sql.Schema, key sql.Expression, row sql.Row) (any, error) {
	if schema == nil {
		plain, _, err := lookup.GetHashKey(ctx, key, row)
		return plain, err
	}
	values, err := key.Eval(ctx, row)
	if err != nil {
		return nil, err
	}
	converted, _, err := lookup.CompareType.Convert(ctx, values)
	switch {
	case types.ErrValueNotNil.Is(err):
		return nil, nil
	case err != nil && !sql.ErrTruncatedIncorrect.Is(err):
		return nil, err
	}
	parts, ok := converted.([]any)
	if !ok {
		return nil, fmt.Errorf("internal error: a key of a hash join is a %T", converted)
	}
	return hash.HashOf(ctx, schema, parts)
}

// probe gives the inner rows for an outer one. A join that a NULL on either side excludes must see,
// beside the rows with the same key, those whose comparison is NULL, and, to tell an empty inner side
// from another, at least one row when there are any.
func probe(ctx *sql.Context, lookup *plan.HashLookup, row sql.Row) (sql.RowIter, error) {
	table := *lookup.Lookup
	schema, _ := table[keyTypes{}][0][0].(sql.Schema)
	key, err := hashKey(ctx, lookup, schema, lookup.LeftProbeKey, row)
	if err != nil {
		return nil, err
	}
	if !lookup.JoinType.IsExcludeNulls() {
		return sql.RowsToRowIter(table[key]...), nil
	}
	if same, null := table[key], table[nullRows{}]; len(same)+len(null) > 0 {
		return sql.RowsToRowIter(slices.Concat(same, null)...), nil
	}
	for key, rows := range table {
		if key != any(keyTypes{}) {
			return sql.RowsToRowIter(rows[0]), nil
		}
	}
	return sql.RowsToRowIter(), nil
}
