package engine

import (
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/wasql/wasql/engine/catalog"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/sqlerr"
)

// lateral lets the arguments of a table function have columns of the tables to the left of it, as those of
// JSON_TABLE may in MySQL: o JOIN f(o.x) is written as the join with the table behind the function, o JOIN f()
// ON f.argument = o.x, since go-mysql-server looks arguments up outside of the join.
type lateral struct {
	stars
}

func (l lateral) rewrite(statement sqlparser.Statement) error {
	var err error
	walk(statement, func(node sqlparser.SQLNode) {
		if err != nil {
			return
		}
		switch n := node.(type) {
		case *sqlparser.Select:
			n.From, err = l.list(n.From)
		case *sqlparser.Update:
			n.TableExprs, err = l.list(n.TableExprs)
		case *sqlparser.Delete:
			n.TableExprs, err = l.list(n.TableExprs)
		}
	})
	return err
}

// list works on tables with commas between: those before a function that takes columns are joined with it, as
// go-mysql-server does with all of them.
func (l lateral) list(tables sqlparser.TableExprs) (sqlparser.TableExprs, error) {
	var out sqlparser.TableExprs
	for _, table := range tables {
		before := len(out) > 0
		joined, on, err := l.table(table, before)
		if err != nil {
			return nil, err
		}
		if on == nil {
			out = append(out, joined)
			continue
		}
		left := out[0]
		for _, next := range out[1:] {
			left = &sqlparser.JoinTableExpr{LeftExpr: left, Join: sqlparser.JoinStr, RightExpr: next}
		}
		out = sqlparser.TableExprs{&sqlparser.JoinTableExpr{LeftExpr: left, Join: sqlparser.JoinStr, RightExpr: joined, Condition: sqlparser.JoinCondition{On: on}}}
	}
	return out, nil
}

// table works on one table. on is the condition that stands for the arguments of a function, nil when they have
// no column, or when there is no table before it that could have it.
func (l lateral) table(table sqlparser.TableExpr, before bool) (out sqlparser.TableExpr, on sqlparser.Expr, err error) {
	switch t := table.(type) {
	case *sqlparser.ParenTableExpr:
		t.Exprs, err = l.list(t.Exprs)
	case *sqlparser.JoinTableExpr:
		err = l.join(t)
	case *sqlparser.TableFuncExpr:
		if before && takesColumns(t) {
			return l.function(t)
		}
	}
	return table, nil, err
}

func (l lateral) join(j *sqlparser.JoinTableExpr) error {
	left, _, err := l.table(j.LeftExpr, false)
	if err != nil {
		return err
	}
	right, on, err := l.table(j.RightExpr, true)
	if err != nil || on == nil {
		return err
	}
	switch strings.ToLower(j.Join) {
	case sqlparser.JoinStr, sqlparser.StraightJoinStr, sqlparser.LeftJoinStr:
	default:
		return sqlerr.New(3668, "42000", "INNER or LEFT JOIN must be used for LATERAL references made by '%s'", functionAlias(j.RightExpr.(*sqlparser.TableFuncExpr)))
	}
	if len(j.Condition.Using) > 0 {
		return sqlerr.New(1235, "42000", "JOIN … USING with a table function whose arguments have columns of other tables is not supported").
			WithHint("write ON a.x = b.x")
	}
	j.LeftExpr, j.RightExpr = left, right
	if given := j.Condition.On; given != nil && given != sqlparser.Expr(sqlparser.BoolVal(true)) {
		on = &sqlparser.AndExpr{Left: on, Right: &sqlparser.ParenExpr{Expr: given}}
	}
	j.Condition.On = on
	return nil
}

func functionAlias(f *sqlparser.TableFuncExpr) string {
	if f.Alias.IsEmpty() {
		return f.Name
	}
	return f.Alias.String()
}

// takesColumns tells whether an argument has a column; those of a sub-query within it are its own affair.
func takesColumns(f *sqlparser.TableFuncExpr) bool { return len(argumentColumns(f)) > 0 }

func argumentColumns(f *sqlparser.TableFuncExpr) []*sqlparser.ColName {
	var columns []*sqlparser.ColName
	for _, e := range f.Exprs {
		// The visitor never fails, so neither does Walk.
		_ = sqlparser.Walk(func(node sqlparser.SQLNode) (bool, error) {
			if c, ok := node.(*sqlparser.ColName); ok && !strings.HasPrefix(c.Name.String(), "@") {
				columns = append(columns, c)
			}
			_, sub := node.(*sqlparser.Subquery)
			return !sub, nil
		}, e)
	}
	return columns
}

// function gives the table of a function, uncalled, and the condition that calls it. What is wrong with the call
// is told when the statement is planned.
func (l lateral) function(f *sqlparser.TableFuncExpr) (sqlparser.TableExpr, sqlparser.Expr, error) {
	found, ok := l.provider.TableFunction(l.ctx, f.Name)
	function, ours := found.(*gms.Function)
	switch {
	case !ok:
		return nil, nil, sql.ErrTableFunctionNotFound.New(f.Name)
	case !ours || len(f.Columns) > 0:
		return f, nil, nil
	}
	table, err := function.Called(l.ctx, len(f.Exprs))
	if err != nil {
		return nil, nil, err
	}
	alias := functionAlias(f)
	if err := l.foreignColumns(f, table, alias); err != nil {
		return nil, nil, err
	}
	var on sqlparser.Expr
	for i, argument := range f.Exprs {
		aliased, ok := argument.(*sqlparser.AliasedExpr)
		if !ok {
			return f, nil, nil
		}
		equals := &sqlparser.ComparisonExpr{Operator: sqlparser.EqualStr, Right: aliased.Expr,
			Left: &sqlparser.ColName{Name: sqlparser.NewColIdent(table.Argument(i)), Qualifier: sqlparser.TableName{Name: sqlparser.NewTableIdent(alias)}}}
		if on == nil {
			on = equals
		} else {
			on = &sqlparser.AndExpr{Left: on, Right: equals}
		}
	}
	uncalled := &sqlparser.TableFuncExpr{Name: catalog.QualifiedFunction(table.Database(), table.Name()), Alias: sqlparser.NewTableIdent(alias)}
	return uncalled, on, nil
}

// foreignColumns refuses names in arguments that would come to mean the function's own columns.
func (l lateral) foreignColumns(f *sqlparser.TableFuncExpr, table *gms.Table, alias string) error {
	for _, c := range argumentColumns(f) {
		name := c.Name.String()
		if of := c.Qualifier.Name.String(); of != "" {
			if strings.EqualFold(of, alias) {
				return sqlerr.New(1109, "42S02", "unknown table '%s' in the arguments of table function %s", of, alias)
			}
			continue
		}
		for _, own := range table.FullSchema() {
			if strings.EqualFold(own.Name, name) {
				return sqlerr.New(1052, "23000", "column '%s' in the arguments of table function %s is ambiguous", name, alias).
					WithHint("name its table: the function has a column of that name, too")
			}
		}
	}
	return nil
}
