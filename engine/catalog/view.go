package catalog

import (
	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
)

var _ sql.ViewDatabase = (*kept)(nil)

// CreateView implements sql.ViewDatabase.
func (d *kept) CreateView(ctx *sql.Context, name, selectText, createText string) error {
	if err := checkTableName(name); err != nil {
		return err
	}
	there, err := d.object(ctx, pb.ObjectKind_OBJECT_KIND_VIEW, name)
	if err != nil {
		return err
	}
	over, err := d.overlaid(ctx, name)
	if err != nil {
		return err
	}
	if over || there != nil {
		return sql.ErrExistingView.New(d.name, name)
	}
	now := ctx.QueryTime().UnixMicro()
	return d.put(ctx, &pb.Object{Kind: pb.ObjectKind_OBJECT_KIND_VIEW, Name: name, CreateSql: createText, BodySql: selectText,
		SqlMode: sql.LoadSqlMode(ctx).String(), CreatedAt: now, ModifiedAt: now}, false)
}

// DropView implements sql.ViewDatabase.
func (d *kept) DropView(ctx *sql.Context, name string) error {
	dropped, err := d.dropObject(ctx, pb.ObjectKind_OBJECT_KIND_VIEW, name)
	if err == nil && !dropped {
		err = sql.ErrViewDoesNotExist.New(d.name, name)
	}
	return err
}

// GetViewDefinition implements sql.ViewDatabase. It is asked for every table that a statement names,
// so an alias costs no look at the home.
func (d *kept) GetViewDefinition(ctx *sql.Context, name string) (sql.ViewDefinition, bool, error) {
	if over, err := d.overlaid(ctx, name); err != nil || over || d.own(ctx, name) != nil {
		return sql.ViewDefinition{}, false, err
	}
	o, err := d.object(ctx, pb.ObjectKind_OBJECT_KIND_VIEW, name)
	if err != nil || o == nil {
		return sql.ViewDefinition{}, false, err
	}
	return viewOf(o), true, nil
}

// AllViews implements sql.ViewDatabase.
func (d *kept) AllViews(ctx *sql.Context) ([]sql.ViewDefinition, error) {
	all, err := d.objects(ctx, pb.ObjectKind_OBJECT_KIND_VIEW)
	if err != nil && tolerant(ctx) {
		leaveOut(ctx, "views of database "+d.name, err)
		return nil, nil
	}
	views := make([]sql.ViewDefinition, len(all))
	for i, o := range all {
		views[i] = viewOf(o)
	}
	return views, err
}

func viewOf(o *pb.Object) sql.ViewDefinition {
	return sql.ViewDefinition{Name: o.Name, TextDefinition: o.BodySql, CreateViewStatement: o.CreateSql, SqlMode: o.SqlMode}
}
