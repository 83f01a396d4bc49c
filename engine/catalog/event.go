package catalog

import (
	"strconv"
	"strings"
	"time"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
)

var _ sql.QuiescableEventDatabase = (*kept)(nil)

// GetEvent implements sql.EventDatabase.
func (d *kept) GetEvent(ctx *sql.Context, name string) (sql.EventDefinition, bool, error) {
	o, err := d.object(ctx, pb.ObjectKind_OBJECT_KIND_EVENT, name)
	if err != nil || o == nil {
		return sql.EventDefinition{}, false, err
	}
	return eventOf(o), true, nil
}

// GetEvents implements sql.EventDatabase.
func (d *kept) GetEvents(ctx *sql.Context) ([]sql.EventDefinition, any, error) {
	all, err := d.objects(ctx, pb.ObjectKind_OBJECT_KIND_EVENT)
	if err != nil {
		return nil, nil, err
	}
	events := make([]sql.EventDefinition, len(all))
	for i, o := range all {
		events[i] = eventOf(o)
	}
	return events, nil, nil
}

// SaveEvent implements sql.EventDatabase.
func (d *kept) SaveEvent(ctx *sql.Context, e sql.EventDefinition) (bool, error) {
	there, err := d.object(ctx, pb.ObjectKind_OBJECT_KIND_EVENT, e.Name)
	if err != nil {
		return false, err
	}
	if there != nil {
		return false, sql.ErrEventAlreadyExists.New(e.Name)
	}
	return enabled(e), d.put(ctx, eventObject(e), false)
}

// DropEvent implements sql.EventDatabase.
func (d *kept) DropEvent(ctx *sql.Context, name string) error {
	dropped, err := d.dropObject(ctx, pb.ObjectKind_OBJECT_KIND_EVENT, name)
	if err == nil && !dropped {
		err = sql.ErrEventDoesNotExist.New(name)
	}
	return err
}

// UpdateEvent implements sql.EventDatabase. A renamed event is stored under its new name before the
// old one goes.
func (d *kept) UpdateEvent(ctx *sql.Context, name string, e sql.EventDefinition) (bool, error) {
	there, err := d.object(ctx, pb.ObjectKind_OBJECT_KIND_EVENT, name)
	if err != nil {
		return false, err
	}
	if there == nil {
		return false, sql.ErrEventDoesNotExist.New(name)
	}
	if strings.EqualFold(name, e.Name) {
		e.Name = there.Name
		return enabled(e), d.put(ctx, eventObject(e), true)
	}
	if _, err := d.SaveEvent(ctx, e); err != nil {
		return false, err
	}
	return enabled(e), d.DropEvent(ctx, name)
}

// UpdateLastExecuted implements sql.EventDatabase.
func (d *kept) UpdateLastExecuted(ctx *sql.Context, name string, at time.Time) error {
	e, there, err := d.GetEvent(ctx, name)
	if err != nil {
		return err
	}
	if !there {
		return sql.ErrEventDoesNotExist.New(name)
	}
	e.LastExecuted = at
	return d.put(ctx, eventObject(e), true)
}

// NeedsToReloadEvents implements sql.EventDatabase: nobody else changes them.
func (d *kept) NeedsToReloadEvents(*sql.Context, any) (bool, error) { return false, nil }

// QuiescableEvents implements sql.QuiescableEventDatabase.
func (d *kept) QuiescableEvents() bool { return true }

func enabled(e sql.EventDefinition) bool { return e.Status == sql.EventStatus_Enable.String() }

// eventObject writes an event down: its body as text, everything else as attributes.
func eventObject(e sql.EventDefinition) *pb.Object {
	a := map[string]string{
		"status": e.Status, "definer": e.Definer, "comment": e.Comment, "every": e.ExecuteEvery, "zone": e.TimezoneOffset,
		"preserve": strconv.FormatBool(e.OnCompletionPreserve),
	}
	when := func(key string, at time.Time, has bool) {
		if has {
			a[key] = strconv.FormatInt(at.UnixMicro(), 10)
		}
	}
	when("at", e.ExecuteAt, e.HasExecuteAt)
	when("starts", e.Starts, !e.Starts.IsZero())
	when("ends", e.Ends, e.HasEnds)
	when("executed", e.LastExecuted, !e.LastExecuted.IsZero())
	return &pb.Object{Kind: pb.ObjectKind_OBJECT_KIND_EVENT, Name: e.Name, BodySql: e.EventBody, SqlMode: e.SqlMode,
		CreatedAt: e.CreatedAt.UnixMicro(), ModifiedAt: e.LastAltered.UnixMicro(), Attributes: a}
}

func eventOf(o *pb.Object) sql.EventDefinition {
	a := o.Attributes
	when := func(key string) time.Time {
		at, err := strconv.ParseInt(a[key], 10, 64)
		if err != nil {
			return time.Time{}
		}
		return time.UnixMicro(at).UTC()
	}
	_, hasAt := a["at"]
	_, hasEnds := a["ends"]
	return sql.EventDefinition{
		Name: o.Name, EventBody: o.BodySql, SqlMode: o.SqlMode, CreatedAt: time.UnixMicro(o.CreatedAt).UTC(), LastAltered: time.UnixMicro(o.ModifiedAt).UTC(),
		Status: a["status"], Definer: a["definer"], Comment: a["comment"], ExecuteEvery: a["every"], TimezoneOffset: a["zone"],
		OnCompletionPreserve: a["preserve"] == "true", ExecuteAt: when("at"), HasExecuteAt: hasAt, Starts: when("starts"),
		Ends: when("ends"), HasEnds: hasEnds, LastExecuted: when("executed"),
	}
}
