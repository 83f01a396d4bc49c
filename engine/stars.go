package engine

import (
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/wasql/wasql/engine/catalog"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/sqlerr"
)

// stars writes out the star of SELECTs over tables with hidden columns, which go-mysql-server would
// show: it leaves out only columns that cannot be named at all.
type stars struct {
	ctx      *sql.Context
	provider catalog.Provider
	// ctes are the names of the statement's common table expressions, in lower case.
	ctes map[string]bool
}

// item is a table of a FROM clause.
type item struct {
	qualifier string
	// visible has the columns of a connector's table; nil for any other.
	visible []string
	hides   bool
}

func (s stars) expand(statement sqlparser.Statement) error {
	var selects []*sqlparser.Select
	s.ctes = map[string]bool{}
	walk(statement, func(node sqlparser.SQLNode) {
		switch n := node.(type) {
		case *sqlparser.Select:
			if hasStar(n.SelectExprs) {
				selects = append(selects, n)
			}
		case *sqlparser.CommonTableExpr:
			s.ctes[strings.ToLower(n.As.String())] = true
		}
	})
	for _, one := range selects {
		if err := s.expandSelect(one); err != nil {
			return err
		}
	}
	return nil
}

func hasStar(expressions sqlparser.SelectExprs) bool {
	for _, e := range expressions {
		if _, ok := e.(*sqlparser.StarExpr); ok {
			return true
		}
	}
	return false
}

func (s stars) expandSelect(one *sqlparser.Select) error {
	var items []item
	merges := false
	for _, from := range one.From {
		items, merges = s.gather(items, merges, from)
	}
	hides := false
	for _, it := range items {
		hides = hides || it.hides
	}
	if !hides {
		return nil
	}
	var out sqlparser.SelectExprs
	for _, e := range one.SelectExprs {
		star, ok := e.(*sqlparser.StarExpr)
		if !ok {
			out = append(out, e)
			continue
		}
		table := star.TableName.Name.String()
		if table == "" && merges {
			columns, ok := s.merged(one.From)
			if ok {
				for _, r := range columns {
					out = append(out, named(r.qualifier, r.column))
				}
				continue
			}
			return sqlerr.New(1235, "42000", "SELECT * over a join that merges columns, of a table with hidden columns, is not supported").
				WithHint("name the columns, or the tables: SELECT a.*, b.*")
		}
		out = append(out, write(items, star, table)...)
	}
	one.SelectExprs = out
	return nil
}

// write gives what a star stands for.
func write(items []item, star *sqlparser.StarExpr, table string) sqlparser.SelectExprs {
	var out sqlparser.SelectExprs
	known := false
	for _, it := range items {
		if table != "" && !strings.EqualFold(table, it.qualifier) {
			continue
		}
		known = true
		name := sqlparser.TableName{Name: sqlparser.NewTableIdent(it.qualifier)}
		if !it.hides {
			out = append(out, &sqlparser.StarExpr{TableName: name})
			continue
		}
		for _, column := range it.visible {
			out = append(out, named(it.qualifier, column))
		}
	}
	if !known {
		return sqlparser.SelectExprs{star}
	}
	return out
}

// named selects one column.
func named(qualifier, column string) sqlparser.SelectExpr {
	return &sqlparser.AliasedExpr{Expr: &sqlparser.ColName{Name: sqlparser.NewColIdent(column),
		Qualifier: sqlparser.TableName{Name: sqlparser.NewTableIdent(qualifier)}}}
}

// gather lists the tables of a FROM clause, in order, and tells whether a join merges columns.
func (s stars) gather(items []item, merges bool, from sqlparser.TableExpr) ([]item, bool) {
	switch e := from.(type) {
	case *sqlparser.AliasedTableExpr:
		return append(items, s.aliased(e)), merges
	case *sqlparser.TableFuncExpr:
		it := item{qualifier: e.Name}
		if !e.Alias.IsEmpty() {
			it.qualifier = e.Alias.String()
		}
		if f, ok := s.provider.TableFunction(s.ctx, e.Name); ok && len(e.Columns) == 0 {
			if function, ok := f.(*gms.Function); ok {
				// A wrong call is told when the statement is planned.
				if table, err := function.Called(s.ctx, len(e.Exprs)); err == nil {
					it.show(table)
				}
			}
		}
		return append(items, it), merges
	case *sqlparser.JSONTableExpr:
		return append(items, item{qualifier: e.Alias.String()}), merges
	case *sqlparser.ParenTableExpr:
		for _, inner := range e.Exprs {
			items, merges = s.gather(items, merges, inner)
		}
	case *sqlparser.JoinTableExpr:
		items, merges = s.gather(items, merges, e.LeftExpr)
		items, merges = s.gather(items, merges, e.RightExpr)
		merges = merges || len(e.Condition.Using) > 0 || strings.Contains(strings.ToLower(e.Join), "natural")
	}
	return items, merges
}

func (s stars) aliased(e *sqlparser.AliasedTableExpr) item {
	it := item{qualifier: e.As.String()}
	name, ok := e.Expr.(sqlparser.TableName)
	if !ok {
		return it
	}
	table := name.Name.String()
	if it.qualifier == "" {
		it.qualifier = table
	}
	database := name.DbQualifier.String()
	if database == "" {
		if s.ctes[strings.ToLower(table)] {
			return it
		}
		database = s.ctx.GetCurrentDatabase()
	}
	// Whatever is wrong with a table is told when the statement is planned.
	if db, err := s.provider.Database(s.ctx, database); err == nil {
		if found, ok, err := db.GetTableInsensitive(s.ctx, table); err == nil && ok {
			if t := gms.Of(found); t != nil {
				it.show(t)
			}
		}
	}
	return it
}

// show notes the visible columns of a table.
func (it *item) show(t *gms.Table) {
	it.hides = t.Hides()
	for _, c := range t.FullSchema() {
		if !c.HiddenSystem {
			it.visible = append(it.visible, c.Name)
		}
	}
}
