package gms

import (
	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
)

// Stored is a Table whose connector takes changes. go-mysql-server finds out what a table can do by
// looking at its methods, so all of them are here, and one that the connector does not have fails
// with MySQL's own error when it is used:
//
//   - insert.go, update.go, delete.go and editor.go write rows;
//   - generate.go makes the values of AUTO_INCREMENT columns;
//   - alter.go, check.go and indexes.go change what the table is;
//   - foreignkey.go keeps references.
type Stored struct {
	*Table
	writing Writing
	// created are the FULLTEXT indexes that were made through this table; see GetIndexes.
	created []string
}

// Writing says how the rows of a statement go to the connector.
type Writing struct {
	// Batched: many at a time. The statement must need neither what was stored nor an error before the
	// next row, and must change the table in one way only.
	Batched bool
	// Assigned has the positions of the columns that an UPDATE sets; nil: each row tells.
	Assigned []int
	// Alone: the statement writes to nothing else, and reads nothing behind its last row.
	Alone bool
}

// WithWriting is the table for a statement that writes like that.
func (t *Stored) WithWriting(w Writing) *Stored { return &Stored{Table: t.Table, writing: w} }

// Writing tells how the statement writes.
func (t *Stored) Writing() Writing { return t.writing }

// changes are the features that make a table a Stored one.
const changes = pb.TableFeature_TABLE_FEATURE_INSERT | pb.TableFeature_TABLE_FEATURE_UPDATE | pb.TableFeature_TABLE_FEATURE_DELETE |
	pb.TableFeature_TABLE_FEATURE_REPLACE | pb.TableFeature_TABLE_FEATURE_TRUNCATE | pb.TableFeature_TABLE_FEATURE_ALTER |
	pb.TableFeature_TABLE_FEATURE_INDEX

// SQL is the table as go-mysql-server shall see it: a *Stored, or t itself when nothing can change it.
func (t *Table) SQL() sql.Table {
	if t.Has(changes) {
		return &Stored{Table: t}
	}
	return t
}

// Has tells whether the connector declared one of the features.
func (t *Table) Has(any pb.TableFeature) bool { return t.declared.Table.Features&uint64(any) != 0 }

// WithProjections implements sql.ProjectedTable.
func (t *Stored) WithProjections(ctx *sql.Context, names []string) (sql.Table, error) {
	projected, err := t.Table.WithProjections(ctx, names)
	if err != nil {
		return nil, err
	}
	return &Stored{Table: projected.(*Table), writing: t.writing}, nil
}

// WithRowEstimate is Table's, for a Stored one.
func (t *Stored) WithRowEstimate(rows uint64) sql.Table {
	return &Stored{Table: t.Table.WithRowEstimate(rows).(*Table), writing: t.writing}
}

// Of finds the connector's table below the wrappers; nil when there is none.
func Of(t sql.Table) *Table {
	for {
		switch x := t.(type) {
		case *Table:
			return x
		case *Stored:
			return x.Table
		case sql.TableWrapper:
			t = x.Underlying()
		default:
			return nil
		}
	}
}
