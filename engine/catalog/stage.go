package catalog

import (
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/plan"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/gms"
)

// stage is the table that a CREATE TABLE is putting together. go-mysql-server makes a table first and
// adds its indexes, references and checks after; the home gets them in one request, when it is done.
type stage struct {
	// query and number tell the statement, so that what a failed one left behind is not seen by others.
	query  string
	number uint64
	// database and name are those of the statement; other tables made meanwhile are no part of it.
	database, name string
	staged         *gms.Staged
	// made: the table is there, and the statement is not done: what it made goes if it fails.
	made bool
}

// CreateTableHooks have go-mysql-server say when a CREATE TABLE begins and when it has succeeded.
func (c *Catalog) CreateTableHooks() sql.CreateTable {
	return sql.CreateTable{
		PreSQLExecution: func(ctx *sql.Context, _ sql.StatementRunner, n sql.Node) (sql.Node, error) {
			if create, ok := n.(*plan.CreateTable); ok {
				c.beginCreate(ctx, create)
			}
			return n, nil
		},
		PostSQLExecution: func(ctx *sql.Context, _ sql.StatementRunner, _ sql.Node) error {
			if h := c.keeper(); h != nil {
				return h.finishCreate(ctx)
			}
			return nil
		},
	}
}

func (c *Catalog) beginCreate(ctx *sql.Context, create *plan.CreateTable) {
	h := c.keeper()
	if h == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.stages[gms.SessionOf(ctx)] = &stage{query: ctx.Query(), number: ctx.Pid(), database: create.Db.Name(), name: create.Name()}
}

// stageOf gives what the statement of ctx is putting together; nil: nothing.
func (h *home) stageOf(ctx *sql.Context) *stage {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.stages[gms.SessionOf(ctx)]
	if s == nil || s.number != ctx.Pid() || s.query != ctx.Query() {
		return nil
	}
	return s
}

// finishCreate makes the table that was put together.
func (h *home) finishCreate(ctx *sql.Context) error {
	s := h.stageOf(ctx)
	h.mu.Lock()
	delete(h.stages, gms.SessionOf(ctx))
	h.mu.Unlock()
	if s == nil || s.staged == nil || s.made {
		return nil
	}
	return h.makeStaged(ctx, s)
}

// makeStaged makes the table that a statement is putting together.
func (h *home) makeStaged(ctx *sql.Context, s *stage) error {
	table := s.staged.Declared()
	if _, err := h.Create(ctx, s.database, table); err != nil {
		return err
	}
	s.staged.Done()
	s.made = true
	if table.Temporary {
		h.addTemporary(ctx, s.database, s.name, table.Name)
	}
	return nil
}

// make makes a table, now or, while its CREATE TABLE goes on, when that is done. name is SQL's.
func (d *kept) make(ctx *sql.Context, name string, table *pb.Table) error {
	if s := d.home.stageOf(ctx); s != nil && s.staged == nil && s.is(d, name) {
		source, err := d.home.opened(ctx)
		if err != nil {
			return err
		}
		if err := d.home.definable(source, d.name); err != nil {
			return err
		}
		s.staged = gms.NewStaged(&source.Source, d.name, name, table)
		return nil
	}
	if _, err := d.home.Create(ctx, d.name, table); err != nil {
		return err
	}
	if table.Temporary {
		d.home.addTemporary(ctx, d.name, name, table.Name)
	}
	return nil
}

func (s *stage) is(d *kept, name string) bool {
	return strings.EqualFold(s.database, d.name) && strings.EqualFold(s.name, name)
}

// stagedTable is the table of that name that the statement is putting together; nil: there is none.
func (d *kept) stagedTable(ctx *sql.Context, name string) (*gms.Table, error) {
	s := d.home.stageOf(ctx)
	if s == nil || s.staged == nil || s.made || !s.is(d, name) {
		return nil, nil
	}
	return s.staged.Table()
}

// alterations are the tables that one statement has altered.
type alterations struct {
	query  string
	number uint64
	tables map[string]bool
}

// Altered implements gms.Definer.
func (h *home) Altered(ctx *sql.Context, database, name string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	a := h.altered[gms.SessionOf(ctx)]
	if a == nil || a.number != ctx.Pid() || a.query != ctx.Query() {
		a = &alterations{query: ctx.Query(), number: ctx.Pid(), tables: map[string]bool{}}
		h.altered[gms.SessionOf(ctx)] = a
	}
	a.tables[knownKey(database, name)] = true
}

// WasAltered implements gms.Definer.
func (h *home) WasAltered(ctx *sql.Context, database, name string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	a := h.altered[gms.SessionOf(ctx)]
	return a != nil && a.number == ctx.Pid() && a.query == ctx.Query() && a.tables[knownKey(database, name)]
}
