package engine

import (
	"context"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/wasql/wasql/engine/catalog"
	"github.com/wasql/wasql/engine/sqlerr"
)

// foreign takes over the statements that make, rename or drop tables which a connector keeps for the
// catalog, and refuses those that would change a connector's companion table.
func (p parser) foreign(ctx context.Context, statement sqlparser.Statement) (sqlparser.Statement, error) {
	within, ok := ctx.(*sql.Context)
	if !ok {
		return statement, nil
	}
	if err := p.guard(within, statement); err != nil {
		return statement, err
	}
	switch s := statement.(type) {
	case *sqlparser.DDL:
		return p.foreignDDL(within, s)
	case *sqlparser.AlterTable:
		return p.foreignAlter(within, s)
	}
	return statement, nil
}

func (p parser) foreignDDL(ctx *sql.Context, s *sqlparser.DDL) (sqlparser.Statement, error) {
	switch s.Action {
	case sqlparser.CreateStr:
		made, err := p.engineTable(ctx, s)
		if made != nil || err != nil {
			return made, err
		}
	case sqlparser.DropStr:
		return p.dropTables(ctx, s), nil
	case sqlparser.RenameStr:
		return p.renameTables(ctx, s)
	}
	return s, nil
}

// named are the tables of a list as the statement means them, and how many of them a connector keeps.
func (p parser) named(ctx *sql.Context, tables sqlparser.TableNames) (names []catalog.TableName, ours int) {
	names = make([]catalog.TableName, len(tables))
	for i, table := range tables {
		names[i] = catalog.TableName{Database: in(ctx, table.DbQualifier.String()), Name: table.Name.String()}
		if p.catalog.IsForeign(ctx, names[i]) {
			ours++
		}
	}
	return names, ours
}

// dropTables takes over a DROP TABLE that names such tables; any other statement stays.
func (p parser) dropTables(ctx *sql.Context, drop *sqlparser.DDL) sqlparser.Statement {
	if drop.Temporary || len(drop.FromTables) == 0 {
		return drop
	}
	names, ours := p.named(ctx, drop.FromTables)
	if ours == 0 {
		return drop
	}
	run := func(ctx *sql.Context) error { return p.catalog.DropForeign(ctx, names, drop.IfExists) }
	return sqlparser.InjectedStatement{Statement: &command{name: "DROP TABLE", run: run}, Auth: drop.Auth}
}

// renameTables takes over a RENAME TABLE of such tables.
func (p parser) renameTables(ctx *sql.Context, rename *sqlparser.DDL) (sqlparser.Statement, error) {
	from, ours := p.named(ctx, rename.FromTables)
	if ours == 0 || len(rename.ToTables) != len(from) {
		return rename, nil
	}
	if ours < len(from) {
		return nil, sqlerr.New(1235, "42000", "one RENAME TABLE cannot rename tables of connectors and of the database together").
			WithHint("use a statement for each")
	}
	to, _ := p.named(ctx, rename.ToTables)
	run := func(ctx *sql.Context) error { return p.catalog.RenameForeign(ctx, from, to) }
	return sqlparser.InjectedStatement{Statement: &command{name: "RENAME TABLE", run: run}, Auth: rename.Auth}, nil
}

// foreignAlter takes over ALTER TABLE … RENAME of such a table, and refuses its other changes: the
// columns are the connector's.
func (p parser) foreignAlter(ctx *sql.Context, alter *sqlparser.AlterTable) (sqlparser.Statement, error) {
	names, ours := p.named(ctx, sqlparser.TableNames{alter.Table})
	if ours == 0 {
		return alter, nil
	}
	if len(alter.Statements) == 1 && alter.Statements[0].Action == sqlparser.RenameStr && len(alter.Statements[0].ToTables) == 1 {
		rename := *alter.Statements[0]
		rename.FromTables, rename.Auth = sqlparser.TableNames{alter.Table}, alter.Auth
		return p.renameTables(ctx, &rename)
	}
	return nil, sqlerr.New(1031, "HY000", "table %s.%s stands for a table of a connector: ALTER TABLE can only rename it", names[0].Database, names[0].Name).
		WithHint("drop it, and create it as it shall be")
}

// guard refuses a statement that would write to a table that is never written to, or would write to,
// change or drop a companion table.
func (p parser) guard(ctx *sql.Context, statement sqlparser.Statement) error {
	tables, rows := targets(statement)
	for _, target := range tables {
		if target.Name.IsEmpty() {
			continue
		}
		name := catalog.TableName{Database: in(ctx, target.DbQualifier.String()), Name: target.Name.String()}
		if err := p.catalog.CheckChange(ctx, name, rows); err != nil {
			return err
		}
	}
	return nil
}

// targets are the tables that a statement changes; rows: it changes their rows. Of an UPDATE of several
// tables they are not known when a column stands without its table; the tables themselves refuse then.
func targets(statement sqlparser.Statement) (names sqlparser.TableNames, rows bool) {
	switch s := statement.(type) {
	case *sqlparser.Insert:
		return sqlparser.TableNames{s.Table}, true
	case *sqlparser.Load:
		return sqlparser.TableNames{s.Table}, true
	case *sqlparser.Delete:
		return targetsOf(s.TableExprs, s.Targets), true
	case *sqlparser.Update:
		set := assigned(s.Exprs)
		all := targetsOf(s.TableExprs, set)
		if len(set) == 0 && len(all) > 1 {
			return nil, true
		}
		return all, true
	case *sqlparser.AlterTable:
		return sqlparser.TableNames{s.Table}, false
	case *sqlparser.DDL:
		switch {
		case s.Action == sqlparser.CreateStr && s.TriggerSpec == nil && s.IndexSpec == nil:
			return nil, false // a table: its name must be free
		case s.Action == sqlparser.DropStr, s.Action == sqlparser.RenameStr:
			return s.FromTables, false
		}
		return sqlparser.TableNames{s.Table}, s.Action == sqlparser.TruncateStr
	}
	return nil, false
}

// assigned are the qualifiers of the columns that an UPDATE sets; nil when one has none.
func assigned(exprs sqlparser.AssignmentExprs) (names sqlparser.TableNames) {
	for _, e := range exprs {
		if e.Name.Qualifier.IsEmpty() {
			return nil
		}
		names = append(names, e.Name.Qualifier)
	}
	return names
}

// targetsOf finds the tables behind the names and aliases that are meant; all without any.
func targetsOf(exprs sqlparser.TableExprs, meant sqlparser.TableNames) (names sqlparser.TableNames) {
	_ = sqlparser.Walk(func(node sqlparser.SQLNode) (bool, error) { // the visitor never fails
		aliased, ok := node.(*sqlparser.AliasedTableExpr)
		if !ok {
			_, subquery := node.(*sqlparser.Subquery)
			return !subquery, nil
		}
		table, ok := aliased.Expr.(sqlparser.TableName)
		if !ok {
			return false, nil
		}
		known := table.Name.String()
		if !aliased.As.IsEmpty() {
			known = aliased.As.String()
		}
		wanted := len(meant) == 0
		for _, m := range meant {
			wanted = wanted || strings.EqualFold(known, m.Name.String())
		}
		if wanted {
			names = append(names, table)
		}
		return true, nil
	}, exprs)
	return names
}
