package gms

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/sqlerr"
)

var (
	_ sql.IndexAlterableTable = (*Stored)(nil)
	_ sql.IndexBuildingTable  = (*Stored)(nil)
)

// CreateIndex implements sql.IndexAlterableTable: the connector makes the index over the rows there are.
func (t *Stored) CreateIndex(ctx *sql.Context, def sql.IndexDef) error {
	if t.staged == nil && t.source.Definer != nil && slices.ContainsFunc(def.Columns, func(c sql.IndexColumn) bool { return sql.IsHiddenSystemColumn(c.Name) }) {
		// The column of an indexed expression was added to another table of go-mysql-server's, just now.
		if err := t.again(ctx); err != nil {
			return err
		}
	}
	next := t.definition()
	index, err := indexOf(next, def)
	if err != nil {
		return err
	}
	return t.addIndex(ctx, next, index)
}

func (t *Stored) addIndex(ctx *sql.Context, next *definition, index *pb.Index) error {
	if strings.EqualFold(index.Name, PrimaryName) {
		return sql.ErrInvalidIndexName.New(index.Name)
	}
	if indexIn(next, index.Name) >= 0 {
		return sql.ErrDuplicateKey.New(index.Name)
	}
	if err := t.definable(pb.TableFeature_TABLE_FEATURE_INDEX, "make indexes"); err != nil {
		return err
	}
	if t.staged != nil {
		next.Indexes = append(next.Indexes, index)
		return t.restage(next.Table)
	}
	err := t.source.Send(ctx, pb.Op_OP_CREATE_INDEX, &pb.CreateIndexRequest{Table: t.ref, Index: index}, &pb.CreateIndexResponse{})
	if Said(err, abi.AlreadyExists) {
		return sql.ErrDuplicateKey.New(index.Name)
	}
	if err != nil {
		return err
	}
	return t.again(ctx)
}

// DropIndex implements sql.IndexAlterableTable.
func (t *Stored) DropIndex(ctx *sql.Context, name string) error {
	next := t.definition()
	if strings.EqualFold(name, PrimaryName) {
		return t.DropPrimaryKey(ctx)
	}
	at := indexIn(next, name)
	if at < 0 {
		return sql.ErrIndexNotFound.New(name)
	}
	if err := t.definable(pb.TableFeature_TABLE_FEATURE_INDEX, "drop indexes"); err != nil {
		return err
	}
	request := &pb.DropIndexRequest{Table: t.ref, Name: next.Indexes[at].Name}
	if err := t.source.Send(ctx, pb.Op_OP_DROP_INDEX, request, &pb.DropIndexResponse{}); err != nil {
		return err
	}
	return t.again(ctx)
}

// RenameIndex implements sql.IndexAlterableTable.
func (t *Stored) RenameIndex(ctx *sql.Context, from, to string) error {
	next := t.definition()
	at := indexIn(next, from)
	if at < 0 {
		return sqlerr.New(1176, "42000", "key '%s' doesn't exist in table '%s'", from, t.name)
	}
	if there := indexIn(next, to); there >= 0 && there != at || strings.EqualFold(to, PrimaryName) {
		return sql.ErrDuplicateKey.New(to)
	}
	if err := t.definable(pb.TableFeature_TABLE_FEATURE_INDEX, "rename indexes"); err != nil {
		return err
	}
	request := &pb.RenameIndexRequest{Table: t.ref, From: next.Indexes[at].Name, To: to}
	if err := t.source.Send(ctx, pb.Op_OP_RENAME_INDEX, request, &pb.RenameIndexResponse{}); err != nil {
		return err
	}
	return t.again(ctx)
}

func indexIn(d *definition, name string) int {
	return slices.IndexFunc(d.Indexes, func(x *pb.Index) bool { return strings.EqualFold(x.Name, name) })
}

// indexOf declares an index that SQL defines.
func indexOf(d *definition, def sql.IndexDef) (*pb.Index, error) {
	comment, descending := CutDescending(def.Comment)
	index := &pb.Index{Name: def.Name, Comment: comment, Kind: pb.IndexKind_INDEX_KIND_BTREE}
	if def.Storage == sql.IndexUsing_Hash {
		index.Kind = pb.IndexKind_INDEX_KIND_HASH
	}
	switch def.Constraint {
	case sql.IndexConstraint_Unique:
		index.Unique = true
	case sql.IndexConstraint_Fulltext:
		index.Kind = pb.IndexKind_INDEX_KIND_FULLTEXT
	case sql.IndexConstraint_Spatial:
		index.Kind = pb.IndexKind_INDEX_KIND_SPATIAL
	case sql.IndexConstraint_Vector:
		index.Kind = pb.IndexKind_INDEX_KIND_VECTOR
	}
	for i, c := range def.Columns {
		at := d.column(c.Name)
		if at < 0 {
			return nil, sql.ErrKeyColumnDoesNotExist.New(c.Name)
		}
		index.Columns = append(index.Columns, &pb.IndexColumn{Column: uint32(at), PrefixLength: uint32(max(c.Length, 0)), Descending: descending[i]})
	}
	if index.Name == "" {
		index.Name = freeIndexName(d, def.Columns[0].Name)
	}
	return index, nil
}

// freeIndexName is how MySQL calls an index without a name: like its first column, with a number when
// that is taken.
func freeIndexName(d *definition, column string) string {
	name := column
	for i := 2; indexIn(d, name) >= 0; i++ {
		name = fmt.Sprintf("%s_%d", column, i)
	}
	return name
}

// ShouldBuildIndex implements sql.IndexBuildingTable. The connector has filled the index when it was
// created: the values of virtual columns are stored like any others.
func (t *Stored) ShouldBuildIndex(*sql.Context, sql.IndexDef) (bool, error) { return false, nil }

// BuildIndex implements sql.IndexBuildingTable. go-mysql-server has every unique index built by giving
// all rows to an inserter. There is nothing to build, so this table, which is the statement's own,
// shows no rows any more.
func (t *Stored) BuildIndex(*sql.Context, sql.IndexDef) (sql.RowInserter, error) {
	t.unread = true
	return nothing{}, nil
}

// nothing is an inserter that is not given any rows.
type nothing struct{}

func (nothing) StatementBegin(*sql.Context)              {}
func (nothing) DiscardChanges(*sql.Context, error) error { return nil }
func (nothing) StatementComplete(*sql.Context) error     { return nil }
func (nothing) Insert(*sql.Context, sql.Row) error       { return nil }
func (nothing) Close(*sql.Context) error                 { return nil }
