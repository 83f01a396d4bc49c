package catalog

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/gms"
)

var (
	_ sql.TemporaryTableCreator  = (*kept)(nil)
	_ sql.TemporaryTableDatabase = (*kept)(nil)
)

// temporaryName is what a session's own table is called by the connector, which keeps all sessions'.
func temporaryName(session uint64, name string) string {
	return fmt.Sprintf("%s%d_%s", gms.TemporaryPrefix, session, strings.ToLower(name))
}

// ownKey is where a session's own table is kept.
func ownKey(database, name string) string { return database + "\x00" + strings.ToLower(name) }

// CreateTemporaryTable implements sql.TemporaryTableCreator: a table of the session's own, which hides
// the one of the same name that all sessions see, and goes when the session ends.
func (d *kept) CreateTemporaryTable(ctx *sql.Context, name string, schema sql.PrimaryKeySchema, collation sql.CollationID) error {
	table, err := gms.TableOf(name, schema, collation, "")
	if err != nil {
		return err
	}
	return d.makeTemporary(ctx, name, table)
}

func (d *kept) makeTemporary(ctx *sql.Context, name string, table *pb.Table) error {
	if err := checkTableName(name); err != nil {
		return err
	}
	there, err := d.temporary(ctx, name)
	if err != nil {
		return err
	}
	if there != nil {
		return sql.ErrTableAlreadyExists.New(name)
	}
	table.Name, table.Temporary = temporaryName(gms.SessionOf(ctx), name), true
	return d.make(ctx, name, table)
}

// addTemporary notes a session's own table.
func (h *home) addTemporary(ctx *sql.Context, database, name, stored string) {
	session := gms.SessionOf(ctx)
	h.mu.Lock()
	defer h.mu.Unlock()
	own := h.temporaries[session]
	if own == nil {
		own = map[string]*pb.TableRef{}
		h.temporaries[session] = own
	}
	own[ownKey(database, name)] = &pb.TableRef{Database: database, Name: stored}
}

// own gives the connector's name of a session's own table; nil: the session has none of that name.
func (d *kept) own(ctx *sql.Context, name string) *pb.TableRef {
	d.home.mu.Lock()
	defer d.home.mu.Unlock()
	return d.home.temporaries[gms.SessionOf(ctx)][ownKey(d.name, name)]
}

// hides tells whether the session has tables of its own.
func (d *kept) hides(ctx *sql.Context) bool {
	d.home.mu.Lock()
	defer d.home.mu.Unlock()
	return len(d.home.temporaries[gms.SessionOf(ctx)]) > 0
}

// temporary finds a table of the session's own; nil: there is none.
func (d *kept) temporary(ctx *sql.Context, name string) (*gms.Table, error) {
	ref := d.own(ctx, name)
	if ref == nil {
		return nil, nil
	}
	s, err := d.home.opened(ctx)
	if err != nil {
		return nil, err
	}
	t, err := s.table(ctx, d.name, ref.Name, ref)
	if err != nil {
		return nil, err
	}
	return t.As(d.name, name)
}

// GetAllTemporaryTables implements sql.TemporaryTableDatabase.
func (d *kept) GetAllTemporaryTables(ctx *sql.Context) ([]sql.Table, error) {
	d.home.mu.Lock()
	var names []string
	for key := range d.home.temporaries[gms.SessionOf(ctx)] {
		if database, name, _ := strings.Cut(key, "\x00"); database == d.name {
			names = append(names, name)
		}
	}
	d.home.mu.Unlock()
	slices.Sort(names)
	var tables []sql.Table
	for _, name := range names {
		t, err := d.temporary(ctx, name)
		if err != nil {
			return nil, err
		}
		tables = append(tables, t.SQL())
	}
	return tables, nil
}

// dropTemporary drops a session's own table; done tells that there was one.
func (d *kept) dropTemporary(ctx *sql.Context, name string) (done bool, err error) {
	ref := d.own(ctx, name)
	if ref == nil {
		return false, nil
	}
	d.home.mu.Lock()
	delete(d.home.temporaries[gms.SessionOf(ctx)], ownKey(d.name, name))
	d.home.mu.Unlock()
	return true, d.home.destroyWhole(ctx, ref)
}

// endSession drops the tables of a session that has ended.
func (h *home) endSession(session uint64) {
	h.mu.Lock()
	own := h.temporaries[session]
	delete(h.temporaries, session)
	delete(h.stages, session)
	delete(h.altered, session)
	h.mu.Unlock()
	if len(own) == 0 {
		return
	}
	ctx := sql.NewContext(context.Background())
	for _, ref := range own {
		if err := h.destroyWhole(ctx, ref); err != nil {
			ctx.GetLogger().WithError(err).Warn("drop a temporary table of a session that ended")
		}
	}
}
