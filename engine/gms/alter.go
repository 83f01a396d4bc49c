package gms

import (
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/sqlerr"
)

var (
	_ sql.AlterableTable           = (*Stored)(nil)
	_ sql.CommentAlterableTable    = (*Stored)(nil)
	_ sql.CollationAlterableTable  = (*Stored)(nil)
	_ sql.PrimaryKeyAlterableTable = (*Stored)(nil)
)

// alter makes the table what next says. The connector does it in its own way, when it can; otherwise
// the rows are copied into a new table that takes the place of this one.
func (t *Stored) alter(ctx *sql.Context, next *definition, actions ...*pb.AlterAction) error {
	if err := t.definable(pb.TableFeature_TABLE_FEATURE_ALTER, "alter tables"); err != nil {
		return err
	}
	if t.staged != nil {
		return t.restage(next.Table)
	}
	answer := &pb.AlterResponse{}
	err := t.source.Send(ctx, pb.Op_OP_ALTER, &pb.AlterRequest{Table: t.ref, Actions: actions, Result: next.Table}, answer)
	if err != nil {
		return err
	}
	if answer.Rewrite {
		return t.copyInto(ctx, next)
	}
	return t.again(ctx)
}

// definable refuses when definitions cannot be changed, or not in this way.
func (t *Stored) definable(feature pb.TableFeature, verb string) error {
	if t.source.Definer != nil && t.Has(feature) {
		return nil
	}
	return sqlerr.New(1036, "HY000", "table %s is read-only: connector %s cannot %s", t.name, t.source.Connector.Name(), verb)
}

// again takes in what the table is now: go-mysql-server goes on with the same table after a change.
func (t *Stored) again(ctx *sql.Context) error {
	t.source.Definer.Forget(t.ref.Database, t.ref.Name)
	t.source.Definer.Altered(ctx, t.ref.Database, t.ref.Name)
	now, err := t.now(ctx)
	if err != nil {
		return err
	}
	*t.Table = *now
	return nil
}

// now is the table as it is defined by now.
func (t *Stored) now(ctx *sql.Context) (*Table, error) {
	now, err := t.source.Definer.Described(ctx, t.ref.Database, t.ref.Name)
	if err == nil && now == nil {
		err = sql.ErrTableNotFound.New(t.name)
	}
	if err == nil && now.name != t.name {
		now, err = now.As(t.database, t.name)
	}
	return now, err
}

// AddColumn implements sql.AlterableTable.
func (t *Stored) AddColumn(ctx *sql.Context, column *sql.Column, order *sql.ColumnOrder) error {
	declared, err := Column(column)
	if err != nil {
		return err
	}
	next := t.definition()
	at, err := next.placeFor(order, -1, len(next.Columns))
	if err != nil {
		return err
	}
	next.insertColumn(at, declared)
	return t.alter(ctx, next, &pb.AlterAction{Kind: pb.AlterKind_ALTER_KIND_ADD_COLUMN, Name: declared.Name, Column: declared, Position: int32(at)})
}

// DropColumn implements sql.AlterableTable.
func (t *Stored) DropColumn(ctx *sql.Context, name string) error {
	next := t.definition()
	at := next.column(name)
	if at < 0 {
		return sql.ErrTableColumnNotFound.New(t.name, name)
	}
	next.dropColumn(at)
	return t.alter(ctx, next, &pb.AlterAction{Kind: pb.AlterKind_ALTER_KIND_DROP_COLUMN, Name: name})
}

// ModifyColumn implements sql.AlterableTable. The name may change too.
func (t *Stored) ModifyColumn(ctx *sql.Context, name string, column *sql.Column, order *sql.ColumnOrder) error {
	declared, err := Column(column)
	if err != nil {
		return err
	}
	next := t.definition()
	from := next.column(name)
	if from < 0 {
		return sql.ErrTableColumnNotFound.New(t.name, name)
	}
	to, err := next.placeFor(order, from, from)
	if err != nil {
		return err
	}
	declared.Options = next.Columns[from].Options
	next.replaceColumn(from, declared, to)
	return t.alter(ctx, next, &pb.AlterAction{Kind: pb.AlterKind_ALTER_KIND_MODIFY_COLUMN, Name: name, Column: declared, Position: int32(to)})
}

// CreatePrimaryKey implements sql.PrimaryKeyAlterableTable. go-mysql-server rewrites the table instead.
func (t *Stored) CreatePrimaryKey(ctx *sql.Context, columns []sql.IndexColumn) error {
	next := t.definition()
	action := &pb.AlterAction{Kind: pb.AlterKind_ALTER_KIND_ADD_PRIMARY_KEY}
	for _, c := range columns {
		at := next.column(c.Name)
		if at < 0 {
			return sql.ErrKeyColumnDoesNotExist.New(c.Name)
		}
		next.PrimaryKey = append(next.PrimaryKey, uint32(at))
		next.Columns[at].NotNull = true
		action.Key = append(action.Key, &pb.IndexColumn{Column: uint32(at)})
	}
	return t.alter(ctx, next, action)
}

// DropPrimaryKey implements sql.PrimaryKeyAlterableTable.
func (t *Stored) DropPrimaryKey(ctx *sql.Context) error {
	next := t.definition()
	next.PrimaryKey = nil
	return t.alter(ctx, next, &pb.AlterAction{Kind: pb.AlterKind_ALTER_KIND_DROP_PRIMARY_KEY})
}

// ModifyComment implements sql.CommentAlterableTable.
func (t *Stored) ModifyComment(ctx *sql.Context, comment string) error {
	next := t.definition()
	next.Comment = comment
	return t.alter(ctx, next, &pb.AlterAction{Kind: pb.AlterKind_ALTER_KIND_SET_COMMENT, Text: comment})
}

// ModifyDefaultCollation implements sql.CollationAlterableTable: columns keep theirs.
func (t *Stored) ModifyDefaultCollation(ctx *sql.Context, collation sql.CollationID) error {
	next := t.definition()
	next.Collation = collation.Name()
	return t.alter(ctx, next, &pb.AlterAction{Kind: pb.AlterKind_ALTER_KIND_SET_COLLATION, Text: next.Collation})
}

// ModifyStoredCollation implements sql.CollationAlterableTable: the columns of text get it too, so that
// their keys are sorted anew.
func (t *Stored) ModifyStoredCollation(ctx *sql.Context, collation sql.CollationID) error {
	next := t.definition()
	next.Collation = collation.Name()
	for _, c := range next.Columns {
		if c.Collation != "" && !strings.EqualFold(c.Collation, sql.Collation_binary.Name()) {
			c.Collation = next.Collation
		}
	}
	return t.copyInto(ctx, next)
}
