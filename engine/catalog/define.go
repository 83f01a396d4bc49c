package catalog

import (
	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/sqlerr"
)

var _ gms.Definer = (*home)(nil)

// Forget implements gms.Definer.
func (h *home) Forget(database, name string) {
	h.mount.mu.Lock()
	s := h.mount.whole
	h.mount.mu.Unlock()
	if s != nil {
		s.forget(database, name)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.parents = nil
}

// Described implements gms.Definer.
func (h *home) Described(ctx *sql.Context, database, name string) (*gms.Table, error) {
	s, err := h.opened(ctx)
	if err != nil {
		return nil, err
	}
	listed, err := s.findIn(ctx, database, name)
	if err != nil {
		return nil, err
	}
	if listed != nil {
		name = listed.Name
	}
	t, err := s.table(ctx, database, name, &pb.TableRef{Database: database, Name: name})
	if gms.Said(err, abi.NotFound) {
		return nil, nil
	}
	return t, err
}

// Database implements gms.Definer.
func (h *home) Database(ctx *sql.Context, name string) (sql.Database, error) {
	d, err := h.database(ctx, name)
	if err == nil && d == nil {
		err = sql.ErrDatabaseNotFound.New(name)
	}
	if err != nil {
		return nil, err
	}
	return d, nil
}

// Create implements gms.Definer.
func (h *home) Create(ctx *sql.Context, database string, table *pb.Table) (*gms.Table, error) {
	s, err := h.opened(ctx)
	if err != nil {
		return nil, err
	}
	if err := h.definable(s, database); err != nil {
		return nil, err
	}
	request := &pb.CreateRequest{Database: database, Table: table, Temporary: table.Temporary}
	err = s.Send(ctx, pb.Op_OP_CREATE, request, &pb.CreateResponse{})
	h.Forget(database, table.Name)
	if gms.Said(err, abi.AlreadyExists) {
		return nil, sql.ErrTableAlreadyExists.New(table.Name)
	}
	if err != nil {
		return nil, err
	}
	return h.Described(ctx, database, table.Name)
}

// definable refuses when the connector makes no tables.
func (h *home) definable(s *source, database string) error {
	if h.can(s, pb.Feature_FEATURE_DEFINITION) {
		return nil
	}
	return sqlerr.New(1036, "HY000", "database %s is read only: connector %s makes no tables", database, h.mount.mount.Name)
}

// Destroy implements gms.Definer.
func (h *home) Destroy(ctx *sql.Context, database, name string) error {
	err := h.destroy(ctx, &pb.TableRef{Database: database, Name: name})
	if sql.ErrTableNotFound.Is(err) {
		return nil
	}
	return err
}

func (h *home) destroy(ctx *sql.Context, ref *pb.TableRef) error {
	s, err := h.opened(ctx)
	if err != nil {
		return err
	}
	err = s.Send(ctx, pb.Op_OP_DESTROY, &pb.DestroyRequest{Table: ref}, &pb.DestroyResponse{})
	h.Forget(ref.Database, ref.Name)
	if gms.Said(err, abi.NotFound) {
		return sql.ErrTableNotFound.New(ref.Name)
	}
	return err
}

// rename gives a table another name, or another database.
func (h *home) rename(ctx *sql.Context, from *kept, name string, to *kept, newName string) error {
	if err := checkTableName(newName); err != nil {
		return err
	}
	if over, err := from.overlaid(ctx, name); err != nil {
		return err
	} else if over {
		return sqlerr.New(1036, "HY000", "table %s.%s is read only: it cannot be renamed", from.name, name)
	}
	t, err := from.table(ctx, name)
	if err != nil {
		return err
	}
	if t == nil {
		return sql.ErrTableNotFound.New(name)
	}
	there, err := to.table(ctx, newName)
	if err != nil {
		return err
	}
	over, err := to.overlaid(ctx, newName)
	if err != nil {
		return err
	}
	if over || there != nil && there.Ref().Name != t.Ref().Name {
		return sql.ErrTableAlreadyExists.New(newName)
	}
	s, err := h.opened(ctx)
	if err != nil {
		return err
	}
	err = s.Send(ctx, pb.Op_OP_RENAME, &pb.RenameRequest{Table: t.Ref(), Database: to.name, Name: newName}, &pb.RenameResponse{})
	h.Forget(from.name, t.Ref().Name)
	h.Forget(to.name, newName)
	if gms.Said(err, abi.AlreadyExists) {
		return sql.ErrTableAlreadyExists.New(newName)
	}
	if err != nil {
		return err
	}
	return h.catalog.renamed(ctx, TableName{from.name, t.Name()}, TableName{to.name, newName})
}
