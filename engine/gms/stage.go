package gms

import (
	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
)

// Staged is a table that CREATE TABLE is putting together: go-mysql-server makes it, and then adds the
// indexes, references and checks one after the other. They are gathered here, so that the connector
// gets one request: a statement that fails leaves nothing, also when the machine stops in between.
type Staged struct {
	source   *Source
	database string
	// name is SQL's; the declaration has the connector's.
	name  string
	table *pb.Table
	// done: the table was made.
	done bool
}

// Done tells that the table was made. What is changed from now on is changed in the connector.
func (s *Staged) Done() { s.done = true }

// NewStaged begins a table of a source.
func NewStaged(source *Source, database, name string, table *pb.Table) *Staged {
	return &Staged{source: source, database: database, name: name, table: table}
}

// Declared is what was gathered.
func (s *Staged) Declared() *pb.Table { return s.table }

// stagedFeatures let go-mysql-server do with the table what can be gathered.
const stagedFeatures = pb.TableFeature_TABLE_FEATURE_ALTER | pb.TableFeature_TABLE_FEATURE_INDEX | pb.TableFeature_TABLE_FEATURE_AUTO_INCREMENT |
	pb.TableFeature_TABLE_FEATURE_INSERT

// Table is the table as it is so far. It has no rows.
func (s *Staged) Table() (*Table, error) {
	declaration := s.table.CloneVT()
	declaration.Features = uint64(stagedFeatures)
	declared, err := Declare(s.database, s.name, declaration)
	if err != nil {
		return nil, err
	}
	t := NewTable(s.source, s.database, s.name, &pb.TableRef{Database: s.database, Name: s.table.Name}, declared, &RowCount{})
	t.staged = s
	return t, nil
}

// restage takes in what the table has become.
func (t *Stored) restage(next *pb.Table) error {
	next.Features = 0
	t.staged.table = next
	now, err := t.staged.Table()
	if err != nil {
		return err
	}
	*t.Table = *now
	return nil
}

// Partitions implements sql.Table.
func (t *Stored) Partitions(ctx *sql.Context) (sql.PartitionIter, error) {
	if t.staged != nil || t.unread {
		return sql.PartitionsToPartitionIter(), nil
	}
	return t.Table.Partitions(ctx)
}

// PartitionRows implements sql.Table. A statement that has altered the table reads it as it is by now:
// ALTER TABLE adds a column, and then checks the rows with it.
func (t *Stored) PartitionRows(ctx *sql.Context, p sql.Partition) (sql.RowIter, error) {
	from := t.Table
	if d := t.source.Definer; d != nil && !t.projected && t.staged == nil && d.WasAltered(ctx, t.ref.Database, t.ref.Name) {
		now, err := t.now(ctx)
		if err != nil {
			return nil, err
		}
		from = now
	}
	rows, err := from.PartitionRows(ctx, p)
	if err != nil {
		return nil, err
	}
	return closeAtEnd(ctx, rows), nil
}
