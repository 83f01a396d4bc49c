package catalog

import (
	"time"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
)

var _ sql.StoredProcedureDatabase = (*kept)(nil)

// GetStoredProcedure implements sql.StoredProcedureDatabase.
func (d *kept) GetStoredProcedure(ctx *sql.Context, name string) (sql.StoredProcedureDetails, bool, error) {
	o, err := d.object(ctx, pb.ObjectKind_OBJECT_KIND_PROCEDURE, name)
	if err != nil || o == nil {
		return sql.StoredProcedureDetails{}, false, err
	}
	return procedureOf(o), true, nil
}

// GetStoredProcedures implements sql.StoredProcedureDatabase.
func (d *kept) GetStoredProcedures(ctx *sql.Context) ([]sql.StoredProcedureDetails, error) {
	all, err := d.objects(ctx, pb.ObjectKind_OBJECT_KIND_PROCEDURE)
	if err != nil {
		return nil, err
	}
	procedures := make([]sql.StoredProcedureDetails, len(all))
	for i, o := range all {
		procedures[i] = procedureOf(o)
	}
	return procedures, nil
}

func procedureOf(o *pb.Object) sql.StoredProcedureDetails {
	return sql.StoredProcedureDetails{Name: o.Name, CreateStatement: o.CreateSql, SqlMode: o.SqlMode,
		CreatedAt: time.UnixMicro(o.CreatedAt).UTC(), ModifiedAt: time.UnixMicro(o.ModifiedAt).UTC()}
}

// SaveStoredProcedure implements sql.StoredProcedureDatabase.
func (d *kept) SaveStoredProcedure(ctx *sql.Context, p sql.StoredProcedureDetails) error {
	there, err := d.object(ctx, pb.ObjectKind_OBJECT_KIND_PROCEDURE, p.Name)
	if err != nil {
		return err
	}
	if there != nil {
		return sql.ErrStoredProcedureAlreadyExists.New(p.Name)
	}
	return d.put(ctx, &pb.Object{Kind: pb.ObjectKind_OBJECT_KIND_PROCEDURE, Name: p.Name, CreateSql: p.CreateStatement, SqlMode: p.SqlMode,
		CreatedAt: p.CreatedAt.UnixMicro(), ModifiedAt: p.ModifiedAt.UnixMicro()}, false)
}

// DropStoredProcedure implements sql.StoredProcedureDatabase.
func (d *kept) DropStoredProcedure(ctx *sql.Context, name string) error {
	dropped, err := d.dropObject(ctx, pb.ObjectKind_OBJECT_KIND_PROCEDURE, name)
	if err == nil && !dropped {
		err = sql.ErrStoredProcedureDoesNotExist.New(name)
	}
	return err
}
