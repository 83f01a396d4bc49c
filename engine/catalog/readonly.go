package catalog

import (
	"time"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/sqlerr"
)

// readOnly is what all databases have in common: a name, MySQL's default collation, no views,
// triggers, procedures or events, and a refusal for whatever would make one.
type readOnly struct{ name string }

var (
	_ sql.ReadOnlyDatabase        = (*database)(nil)
	_ sql.CollatedDatabase        = (*database)(nil)
	_ sql.ViewDatabase            = (*database)(nil)
	_ sql.TriggerDatabase         = (*database)(nil)
	_ sql.StoredProcedureDatabase = (*database)(nil)
	_ sql.QuiescableEventDatabase = (*database)(nil)
)

// refuse is the answer to every change.
func (r readOnly) refuse(what string) error {
	return sqlerr.New(1036, "HY000", "database %s is read only: it cannot have a %s", r.name, what)
}

// Name implements sql.Nameable.
func (r readOnly) Name() string { return r.name }

// IsReadOnly implements sql.ReadOnlyDatabase.
func (r readOnly) IsReadOnly() bool { return true }

// GetCollation implements sql.CollatedDatabase.
func (r readOnly) GetCollation(*sql.Context) sql.CollationID { return gms.DefaultCollation }

// SetCollation implements sql.CollatedDatabase.
func (r readOnly) SetCollation(*sql.Context, sql.CollationID) error {
	return r.refuse("collation of its own")
}

// CreateView implements sql.ViewDatabase.
func (r readOnly) CreateView(*sql.Context, string, string, string) error { return r.refuse("view") }

// DropView implements sql.ViewDatabase.
func (r readOnly) DropView(_ *sql.Context, name string) error {
	return sql.ErrViewDoesNotExist.New(r.name, name)
}

// GetViewDefinition implements sql.ViewDatabase.
func (r readOnly) GetViewDefinition(*sql.Context, string) (sql.ViewDefinition, bool, error) {
	return sql.ViewDefinition{}, false, nil
}

// AllViews implements sql.ViewDatabase.
func (r readOnly) AllViews(*sql.Context) ([]sql.ViewDefinition, error) { return nil, nil }

// GetTriggers implements sql.TriggerDatabase.
func (r readOnly) GetTriggers(*sql.Context) ([]sql.TriggerDefinition, error) { return nil, nil }

// CreateTrigger implements sql.TriggerDatabase.
func (r readOnly) CreateTrigger(*sql.Context, sql.TriggerDefinition) error {
	return r.refuse("trigger")
}

// DropTrigger implements sql.TriggerDatabase.
func (r readOnly) DropTrigger(_ *sql.Context, name string) error {
	return sql.ErrTriggerDoesNotExist.New(name)
}

// GetStoredProcedure implements sql.StoredProcedureDatabase.
func (r readOnly) GetStoredProcedure(*sql.Context, string) (sql.StoredProcedureDetails, bool, error) {
	return sql.StoredProcedureDetails{}, false, nil
}

// GetStoredProcedures implements sql.StoredProcedureDatabase.
func (r readOnly) GetStoredProcedures(*sql.Context) ([]sql.StoredProcedureDetails, error) {
	return nil, nil
}

// SaveStoredProcedure implements sql.StoredProcedureDatabase.
func (r readOnly) SaveStoredProcedure(*sql.Context, sql.StoredProcedureDetails) error {
	return r.refuse("procedure")
}

// DropStoredProcedure implements sql.StoredProcedureDatabase.
func (r readOnly) DropStoredProcedure(_ *sql.Context, name string) error {
	return sql.ErrStoredProcedureDoesNotExist.New(name)
}

// GetEvent implements sql.EventDatabase.
func (r readOnly) GetEvent(*sql.Context, string) (sql.EventDefinition, bool, error) {
	return sql.EventDefinition{}, false, nil
}

// GetEvents implements sql.EventDatabase.
func (r readOnly) GetEvents(*sql.Context) ([]sql.EventDefinition, any, error) { return nil, nil, nil }

// SaveEvent implements sql.EventDatabase.
func (r readOnly) SaveEvent(*sql.Context, sql.EventDefinition) (bool, error) {
	return false, r.refuse("event")
}

// DropEvent implements sql.EventDatabase.
func (r readOnly) DropEvent(_ *sql.Context, name string) error {
	return sql.ErrEventDoesNotExist.New(name)
}

// UpdateEvent implements sql.EventDatabase.
func (r readOnly) UpdateEvent(_ *sql.Context, name string, _ sql.EventDefinition) (bool, error) {
	return false, sql.ErrEventDoesNotExist.New(name)
}

// UpdateLastExecuted implements sql.EventDatabase.
func (r readOnly) UpdateLastExecuted(_ *sql.Context, name string, _ time.Time) error {
	return sql.ErrEventDoesNotExist.New(name)
}

// NeedsToReloadEvents implements sql.EventDatabase.
func (r readOnly) NeedsToReloadEvents(*sql.Context, any) (bool, error) { return false, nil }

// QuiescableEvents implements sql.QuiescableEventDatabase.
func (r readOnly) QuiescableEvents() bool { return true }
