package gms

import (
	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
)

var _ sql.DeletableTable = (*Stored)(nil)

// Deleter implements sql.DeletableTable.
func (t *Stored) Deleter(ctx *sql.Context) sql.RowDeleter { return t.writer(ctx) }

// Delete implements sql.RowDeleter: the key goes to the connector.
func (e *editor) Delete(ctx *sql.Context, row sql.Row) error {
	if e.delete == nil {
		if err := e.needs(pb.TableFeature_TABLE_FEATURE_DELETE, "delete rows"); err != nil {
			return err
		}
		keys, err := e.key()
		if err != nil {
			return err
		}
		s, err := e.open(ctx, pb.WriteKind_WRITE_KIND_DELETE, keys, nil)
		if err != nil {
			return e.refused(err)
		}
		e.delete = s
	}
	if err := e.delete.add(ctx, row, nil); err != nil {
		return err
	}
	if e.batched {
		return nil
	}
	return e.delete.send(ctx)
}
