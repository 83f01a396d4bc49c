package gms

import (
	"fmt"
	"strings"
	"sync"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/analyzer"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/transform"
)

// Function is a table that is called with arguments: series(1, 10). A call means the table with a
// conjunct for each argument, column = argument (SPEC 8.5). So that the conjuncts are planned,
// pushed and checked like any others, the planner sees no function at all: NewInstance gives the
// plain table with its arguments noted, and the rule installed by InstallCalls turns them into a
// filter as soon as the columns have their ids.
type Function struct {
	name     string
	table    *Table
	database sql.Database
	// pick gives the table for so many arguments, of a function that has several.
	pick func(ctx *sql.Context, arguments int) (*Table, error)
}

var _ sql.TableFunction = (*Function)(nil)

// NewFunction makes the function of a table that can be called.
func NewFunction(table *Table, database sql.Database) *Function {
	return &Function{name: table.name, table: table, database: database}
}

// NewPickedFunction makes a function whose table depends on how many arguments it is called with.
func NewPickedFunction(name string, database sql.Database, pick func(ctx *sql.Context, arguments int) (*Table, error)) *Function {
	return &Function{name: name, database: database, pick: pick}
}

// NewInstance implements sql.TableFunction.
func (f *Function) NewInstance(ctx *sql.Context, _ sql.Database, arguments []sql.Expression) (sql.Node, error) {
	table, err := f.Called(ctx, len(arguments))
	if err != nil {
		return nil, err
	}
	return plan.NewResolvedTable(table.withArguments(arguments), f.database, nil), nil
}

// Called is the table that is called with so many arguments.
func (f *Function) Called(ctx *sql.Context, arguments int) (*Table, error) {
	table := f.table
	if f.pick != nil {
		var err error
		if table, err = f.pick(ctx, arguments); err != nil {
			return nil, err
		}
	}
	if most := len(table.declared.Arguments); arguments > most {
		return nil, sql.ErrInvalidArgumentNumber.New(f.name, fmt.Sprintf("at most %d", most), arguments)
	}
	return table, nil
}

// Argument names the column of an argument, counted from 0.
func (t *Table) Argument(i int) string { return t.declared.Schema[t.declared.Arguments[i]].Name }

// Needs tells whether the table is read by the values of a column: it is an argument, or required.
func (t *Table) Needs(column string) bool {
	for i, c := range t.declared.Schema {
		if strings.EqualFold(c.Name, column) {
			declared := t.declared.Table.Columns[i]
			return declared.Argument != 0 || declared.Required
		}
	}
	return false
}

// Name implements sql.Nameable.
func (f *Function) Name() string { return f.name }

// String implements fmt.Stringer.
func (f *Function) String() string { return f.name + "()" }

// Schema implements sql.Node.
func (f *Function) Schema(ctx *sql.Context) sql.Schema {
	if f.table == nil {
		return nil
	}
	return f.table.Schema(ctx)
}

// Children implements sql.Node.
func (f *Function) Children() []sql.Node { return nil }

// WithChildren implements sql.Node.
func (f *Function) WithChildren(_ *sql.Context, children ...sql.Node) (sql.Node, error) {
	if len(children) != 0 {
		return nil, sql.ErrInvalidChildrenNumber.New(f, len(children), 0)
	}
	return f, nil
}

// Expressions implements sql.Expressioner.
func (f *Function) Expressions() []sql.Expression { return nil }

// WithExpressions implements sql.Expressioner.
func (f *Function) WithExpressions(_ *sql.Context, expressions ...sql.Expression) (sql.Node, error) {
	if len(expressions) != 0 {
		return nil, sql.ErrInvalidChildrenNumber.New(f, len(expressions), 0)
	}
	return f, nil
}

// Database implements sql.Databaser.
func (f *Function) Database() sql.Database { return f.database }

// WithDatabase implements sql.Databaser.
func (f *Function) WithDatabase(database sql.Database) (sql.Node, error) {
	out := *f
	out.database = database
	return &out, nil
}

// Resolved implements sql.Node.
func (f *Function) Resolved() bool { return true }

// IsReadOnly implements sql.Node.
func (f *Function) IsReadOnly() bool { return true }

// callRuleID is the rule's number, far from go-mysql-server's own.
const callRuleID analyzer.RuleId = 20_001

var installCalls sync.Once

// InstallCalls adds the rule for table functions to go-mysql-server's rules. The list is a variable
// of its package, so it holds for every engine of the process; calling it again does nothing. That
// the list is not empty also turns off the short way that skips all rules added by integrators.
func InstallCalls() {
	installCalls.Do(func() {
		analyzer.AlwaysBeforeDefault = append([]analyzer.Rule{{Id: callRuleID, Apply: expandCalls}}, analyzer.AlwaysBeforeDefault...)
	})
}

func expandCalls(ctx *sql.Context, _ *analyzer.Analyzer, n sql.Node, _ *plan.Scope, _ analyzer.RuleSelector, _ *sql.QueryFlags) (sql.Node, transform.TreeIdentity, error) {
	return expandCallsIn(ctx, n)
}

// expandCallsIn works on the whole tree at once, subqueries included: rules that run before the
// subqueries' own analysis may move their parts into the outer plan.
func expandCallsIn(ctx *sql.Context, n sql.Node) (sql.Node, transform.TreeIdentity, error) {
	return transform.NodeWithOpaque(ctx, n, func(ctx *sql.Context, n sql.Node) (sql.Node, transform.TreeIdentity, error) {
		if alias, ok := n.(*plan.TableAlias); ok {
			return expandCall(ctx, alias)
		}
		return transform.OneNodeExpressions(ctx, n, func(ctx *sql.Context, e sql.Expression) (sql.Expression, transform.TreeIdentity, error) {
			subquery, ok := e.(*plan.Subquery)
			if !ok {
				return e, transform.SameTree, nil
			}
			query, same, err := expandCallsIn(ctx, subquery.Query)
			if err != nil || same {
				return e, transform.SameTree, err
			}
			return subquery.WithQuery(query), transform.NewTree, nil
		})
	})
}

func expandCall(ctx *sql.Context, alias *plan.TableAlias) (sql.Node, transform.TreeIdentity, error) {
	resolved, ok := alias.Child.(*plan.ResolvedTable)
	if !ok {
		return alias, transform.SameTree, nil
	}
	table, ok := resolved.Table.(*Table)
	if !ok || table.arguments == nil {
		return alias, transform.SameTree, nil
	}
	plain := *table
	plain.arguments = nil
	child := plan.NewResolvedTable(&plain, resolved.SqlDatabase, nil).WithId(alias.Id()).WithColumns(alias.Columns())
	expanded, err := alias.WithChildren(ctx, child)
	if err != nil || len(table.arguments) == 0 {
		return expanded, transform.NewTree, err
	}
	first, _ := alias.Columns().Next(1)
	schema := alias.Schema(ctx)
	conjuncts := make([]sql.Expression, len(table.arguments))
	for i, argument := range table.arguments {
		position := table.declared.Arguments[i]
		c := schema[position]
		field := expression.NewGetFieldWithTable(int(first)+position, int(alias.Id()), c.Type, table.database, alias.Name(), c.Name, c.Nullable)
		conjuncts[i] = expression.NewEquals(field, argument)
	}
	return plan.NewFilter(ctx, expression.JoinAnd(conjuncts...), expanded), transform.NewTree, nil
}
