package exec

import (
	"slices"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/plan"

	"github.com/wasql/wasql/engine/gms"
)

// buildShowCreate shows a table with virtual columns as it is: go-mysql-server shows the wrapper that it
// puts around such tables, which has no checks, no comment and no references. Keys that descend are shown
// so. nil: another table.
func (b Builder) buildShowCreate(ctx *sql.Context, n *plan.ShowCreateTable, row sql.Row) (sql.RowIter, error) {
	resolved, ok := n.Child.(*plan.ResolvedTable)
	if !ok {
		return nil, nil
	}
	shows := slices.ContainsFunc(n.Indexes, func(x sql.Index) bool { _, is := x.(shownIndex); return is })
	if !shows {
		if rows, err := b.showAttached(ctx, n, resolved, row); rows != nil || err != nil {
			return rows, err
		}
	}
	if indexes, descend := shownIndexes(n.Indexes); descend {
		shown := *n
		shown.Indexes = indexes
		return b.Base.Build(ctx, &shown, row)
	}
	wrapper, ok := plan.FindVirtualColumnTable(resolved.Table)
	if !ok {
		return nil, nil
	}
	stored, ok := wrapper.Underlying().(*gms.Stored)
	if !ok {
		return nil, nil
	}
	checks, err := stored.Constraints(ctx)
	if err != nil {
		return nil, err
	}
	plain, err := n.WithChildren(ctx, plan.NewResolvedTable(stored, resolved.SqlDatabase, nil))
	if err != nil {
		return nil, err
	}
	return b.Base.Build(ctx, plain.(*plan.ShowCreateTable).WithChecks(checks), row)
}

// shownIndex is an index on its way to the Formatter: its name tells too which columns descend.
type shownIndex struct{ *gms.Index }

// ID implements sql.Index.
func (x shownIndex) ID() string {
	var positions []int
	for i, descends := range x.Descending() {
		if descends {
			positions = append(positions, i)
		}
	}
	return gms.MarkDescending(x.Index.ID(), positions)
}

// shownIndexes puts the indexes with columns that descend in their shown form; descend is false when there
// are none that were not.
func shownIndexes(indexes []sql.Index) (_ []sql.Index, descend bool) {
	for i, x := range indexes {
		if own, ok := x.(*gms.Index); ok && own.Descending() != nil {
			if !descend {
				indexes, descend = slices.Clone(indexes), true
			}
			indexes[i] = shownIndex{own}
		}
	}
	return indexes, descend
}

// Formatter writes SHOW CREATE TABLE as MySQL does, with DESC behind the columns of a key that descend.
type Formatter struct{ sql.SchemaFormatter }

// NewFormatter makes a Formatter.
func NewFormatter() Formatter { return Formatter{sql.GetSchemaFormatter(sql.EngineOverrides{})} }

// GenerateCreateTableIndexDefinition implements sql.SchemaFormatter.
func (f Formatter) GenerateCreateTableIndexDefinition(isUnique, isSpatial, isFullText, isVector bool, indexID string, indexCols []string, comment string) (string, bool) {
	name, descending := gms.CutDescending(indexID)
	if descending != nil {
		indexCols = slices.Clone(indexCols)
		for i := range indexCols {
			if descending[i] {
				indexCols[i] += " DESC"
			}
		}
	}
	return f.SchemaFormatter.GenerateCreateTableIndexDefinition(isUnique, isSpatial, isFullText, isVector, name, indexCols, comment)
}
