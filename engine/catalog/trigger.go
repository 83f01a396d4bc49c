package catalog

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/sqlerr"
)

var _ sql.TriggerDatabase = (*kept)(nil)

// orderAttribute of a trigger says when it was made among the others: they fire in that order.
const orderAttribute = "order"

// GetTriggers implements sql.TriggerDatabase.
func (d *kept) GetTriggers(ctx *sql.Context) ([]sql.TriggerDefinition, error) {
	all, err := d.triggers(ctx)
	if err != nil {
		return nil, err
	}
	triggers := make([]sql.TriggerDefinition, 0, len(all))
	hides := d.hides(ctx)
	for _, o := range all {
		t := sql.TriggerDefinition{Name: o.Name, CreateStatement: o.CreateSql, CreatedAt: time.UnixMicro(o.CreatedAt).UTC(), SqlMode: o.SqlMode}
		// A temporary table has no triggers: not those of the table that it hides.
		if !hides || d.own(ctx, triggerTable(t)) == nil {
			triggers = append(triggers, t)
		}
	}
	return triggers, nil
}

// triggerTable is the name of a trigger's table; empty when its text cannot be read.
func triggerTable(t sql.TriggerDefinition) string {
	statement, err := sqlparser.ParseWithOptions(context.Background(), t.CreateStatement, sql.NewSqlModeFromString(t.SqlMode).ParserOptions())
	if err != nil {
		return ""
	}
	if ddl, ok := statement.(*sqlparser.DDL); ok {
		return ddl.Table.Name.String()
	}
	return ""
}

// triggers gives the triggers in the order in which they were made.
func (d *kept) triggers(ctx *sql.Context) ([]*pb.Object, error) {
	all, err := d.objects(ctx, pb.ObjectKind_OBJECT_KIND_TRIGGER)
	if err != nil || len(all) < 2 {
		return all, err
	}
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b *pb.Object) int { return triggerOrder(a) - triggerOrder(b) })
	return all, nil
}

func triggerOrder(o *pb.Object) int {
	order, err := strconv.Atoi(o.Attributes[orderAttribute])
	if err != nil {
		return 0 // not ours: first
	}
	return order
}

// CreateTrigger implements sql.TriggerDatabase.
func (d *kept) CreateTrigger(ctx *sql.Context, t sql.TriggerDefinition) error {
	there, err := d.object(ctx, pb.ObjectKind_OBJECT_KIND_TRIGGER, t.Name)
	if err != nil {
		return err
	}
	if there != nil {
		return sqlerr.New(1359, "HY000", "trigger %s already exists in database %s", t.Name, d.name)
	}
	all, err := d.triggers(ctx)
	if err != nil {
		return err
	}
	order := 1
	if len(all) > 0 {
		order = triggerOrder(all[len(all)-1]) + 1
	}
	return d.put(ctx, &pb.Object{Kind: pb.ObjectKind_OBJECT_KIND_TRIGGER, Name: t.Name, CreateSql: t.CreateStatement, SqlMode: t.SqlMode,
		CreatedAt: t.CreatedAt.UnixMicro(), Attributes: map[string]string{orderAttribute: strconv.Itoa(order)}}, false)
}

// DropTrigger implements sql.TriggerDatabase.
func (d *kept) DropTrigger(ctx *sql.Context, name string) error {
	dropped, err := d.dropObject(ctx, pb.ObjectKind_OBJECT_KIND_TRIGGER, name)
	if err == nil && !dropped {
		err = sql.ErrTriggerDoesNotExist.New(name)
	}
	return err
}
