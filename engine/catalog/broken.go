package catalog

import (
	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/engine/gms"
)

// broken stands for a table that cannot be described, in statements that look at many: it has a
// name and nothing else.
type broken struct{ name string }

var _ sql.Table = broken{}

// Name implements sql.Nameable.
func (b broken) Name() string { return b.name }

// String implements sql.Table.
func (b broken) String() string { return b.name }

// Schema implements sql.Table.
func (b broken) Schema(*sql.Context) sql.Schema { return sql.Schema{} }

// Collation implements sql.Table.
func (b broken) Collation() sql.CollationID { return gms.DefaultCollation }

// Partitions implements sql.Table.
func (b broken) Partitions(*sql.Context) (sql.PartitionIter, error) {
	return sql.PartitionsToPartitionIter(), nil
}

// PartitionRows implements sql.Table.
func (b broken) PartitionRows(*sql.Context, sql.Partition) (sql.RowIter, error) {
	return sql.RowsToRowIter(), nil
}
