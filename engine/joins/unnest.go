package joins

import (
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/expression/function/aggregation"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/transform"

	"github.com/wasql/wasql/engine/function"
	"github.com/wasql/wasql/engine/gms"
)

// unnest makes a join of a condition that compares with an aggregate of a sub-query, computed for values of the row:
//
//	x < (SELECT avg(y) FROM u WHERE u.k = t.k)
//
// becomes a semi join with the groups of the sub-query by k, whose average is greater than x. Each row meets one group at most; one
// that meets none would have compared with NULL. So u is read once, and not for every row of t.
func unnest(ctx *sql.Context, n sql.Node) (sql.Node, transform.TreeIdentity, error) {
	filter, ok := n.(*plan.Filter)
	if !ok {
		return n, transform.SameTree, nil
	}
	child := filter.Child
	var rest []sql.Expression
	for _, part := range expression.SplitConjunction(ctx, filter.Expression) {
		compared, sub, ok := comparison(part)
		if !ok {
			rest = append(rest, part)
			continue
		}
		groups, on, ok := groupsOf(ctx, sub, child)
		if !ok {
			rest = append(rest, part)
			continue
		}
		value := on[len(on)-1]
		holds, err := compared(ctx, value)
		if err != nil {
			return n, transform.SameTree, err
		}
		child = plan.NewJoin(ctx, child, groups, plan.JoinTypeSemi, expression.JoinAnd(append(on[:len(on)-1:len(on)-1], holds)...))
	}
	if child == filter.Child {
		return n, transform.SameTree, nil
	}
	if len(rest) == 0 {
		return child, transform.NewTree, nil
	}
	return plan.NewFilter(ctx, expression.JoinAnd(rest...), child), transform.NewTree, nil
}

// comparison takes a comparison with a sub-query apart: with gives the same one with another value in the sub-query's place.
func comparison(e sql.Expression) (with func(*sql.Context, sql.Expression) (sql.Expression, error), sub *plan.Subquery, ok bool) {
	switch e.(type) {
	case *expression.Equals, *expression.LessThan, *expression.LessThanOrEqual, *expression.GreaterThan, *expression.GreaterThanOrEqual:
	default:
		return nil, nil, false
	}
	sides := e.Children()
	for i := range sides {
		if sub, ok = sides[i].(*plan.Subquery); ok {
			return func(ctx *sql.Context, value sql.Expression) (sql.Expression, error) {
				both := []sql.Expression{sides[0], sides[1]}
				both[i] = value
				return e.WithChildren(ctx, both...)
			}, sub, !sub.Correlated().Empty() && !sub.Volatile() && repeatable(nil, sides[1-i])
		}
	}
	return nil, nil, false
}

// made numbers the tables and columns that rules make, from above those of any statement.
var made atomic.Uint32

const madeFirst, madeCount = 30_000, 30_000

func nextID() int { return madeFirst + int(made.Add(1)%madeCount) }

// correlation is an equality between a column of a sub-query and a value of the row around it.
type correlation struct {
	inner *expression.GetField
	outer sql.Expression
}

// groupsOf makes a table of a sub-query's aggregate, grouped by the columns that it compares with those of outer. on has the equalities
// of the columns, and last the aggregate's column.
func groupsOf(ctx *sql.Context, sub *plan.Subquery, outer sql.Node) (table sql.Node, on []sql.Expression, ok bool) {
	project, ok := sub.Query.(*plan.Project)
	if !ok || len(project.Projections) != 1 {
		return nil, nil, false
	}
	group, ok := project.Child.(*plan.GroupBy)
	if !ok || len(group.GroupByExprs) != 0 || !nullWithoutRows(ctx, project.Projections[0], group.SelectDeps) {
		return nil, nil, false
	}
	around := columnsOf(ctx, outer)
	source, pairs, ok := decorrelate(ctx, group.Child, around)
	if !ok || len(pairs) == 0 || !standsAlone(ctx, source) || called(ctx, source, pairs) || looksUp(ctx, source, pairs, outer) {
		return nil, nil, false
	}
	var keys []sql.Expression
	for _, pair := range pairs {
		if position(ctx, keys, pair.inner) < 0 {
			keys = append(keys, pair.inner)
		}
	}
	deps := append(append([]sql.Expression{}, group.SelectDeps...), keys...)
	inner := plan.NewProject(ctx, append(append([]sql.Expression{}, keys...), project.Projections[0]), plan.NewGroupBy(deps, keys, source))
	name, id := fmt.Sprintf("groups_%d", made.Load()), nextID()
	var ids sql.ColSet
	var names []string
	var fields []sql.Expression
	previous := 0
	for i, column := range inner.Schema(ctx) {
		number := nextID()
		if number < previous {
			return nil, nil, false // the numbers began anew; columns are in their order
		}
		previous = number
		ids.Add(sql.ColumnId(number))
		names = append(names, fmt.Sprintf("column_%d", i))
		fields = append(fields, expression.NewGetFieldWithTable(number, id, column.Type, "", name, names[i], true))
	}
	alias := plan.NewSubqueryAlias(name, sub.QueryString, inner)
	alias.ColumnNames = names
	for _, pair := range pairs {
		on = append(on, expression.NewEquals(pair.outer, fields[position(ctx, keys, pair.inner)]))
	}
	return alias.WithId(sql.TableId(id)).WithColumns(ids), append(on, fields[len(fields)-1]), true
}

// nullWithoutRows tells whether a value made of aggregates is NULL when there are no rows.
func nullWithoutRows(ctx *sql.Context, value sql.Expression, aggregates []sql.Expression) bool {
	for _, e := range aggregates {
		switch e.(type) {
		case *function.Total, *aggregation.Sum, *aggregation.Avg, *aggregation.Min, *aggregation.Max:
		default:
			return false
		}
	}
	sound := len(aggregates) > 0
	transform.InspectExpr(ctx, value, func(_ *sql.Context, e sql.Expression) bool {
		switch e.(type) {
		case *expression.GetField, *expression.Literal, *expression.Alias, *expression.Arithmetic, *expression.UnaryMinus, *expression.Div, *expression.Mod:
		default:
			sound = false
		}
		return !sound
	})
	_, constant := value.(*expression.Literal)
	return sound && !constant
}

// decorrelate takes the equalities with outer columns out of the conditions of a query's source.
func decorrelate(ctx *sql.Context, n sql.Node, outer columns) (sql.Node, []correlation, bool) {
	switch n := n.(type) {
	case *plan.Filter:
		child, pairs, ok := decorrelate(ctx, n.Child, outer)
		rest, own, sound := apartFrom(ctx, n.Expression, outer)
		if !ok || !sound {
			return nil, nil, false
		}
		if rest != nil {
			child = plan.NewFilter(ctx, rest, child)
		}
		return child, append(pairs, own...), true
	case *plan.JoinNode:
		if !n.Op.IsInner() || len(n.UsingCols) > 0 {
			return n, nil, true // what it reads of outside is seen by standsAlone
		}
		left, pairs, ok := decorrelate(ctx, n.Left(), outer)
		right, more, sound := decorrelate(ctx, n.Right(), outer)
		if !ok || !sound {
			return nil, nil, false
		}
		pairs = append(pairs, more...)
		if n.Filter == nil {
			return plan.NewCrossJoin(ctx, left, right), pairs, true
		}
		rest, own, sound := apartFrom(ctx, n.Filter, outer)
		if !sound {
			return nil, nil, false
		}
		pairs = append(pairs, own...)
		if rest == nil {
			return plan.NewCrossJoin(ctx, left, right), pairs, true
		}
		return plan.NewInnerJoin(ctx, left, right, rest), pairs, true
	}
	return n, nil, true
}

// apartFrom parts a condition into the equalities of a column with outer ones, and the rest; false: it says something else of outer columns.
func apartFrom(ctx *sql.Context, condition sql.Expression, outer columns) (rest sql.Expression, pairs []correlation, ok bool) {
	var others []sql.Expression
	for _, part := range expression.SplitConjunction(ctx, condition) {
		if !outer.in(ctx, part) {
			others = append(others, part)
			continue
		}
		equal, is := part.(*expression.Equals)
		if !is {
			return nil, nil, false
		}
		a, b := equal.Left(), equal.Right()
		if outer.has(ctx, a) {
			a, b = b, a
		}
		inner, is := a.(*expression.GetField)
		if !is || outer.in(ctx, a) || !outer.has(ctx, b) || !alike(ctx, a, b) {
			return nil, nil, false
		}
		pairs = append(pairs, correlation{inner, b})
	}
	return expression.JoinAnd(others...), pairs, true
}

// alike tells whether two values are equal in a comparison just when they are of one group.
func alike(ctx *sql.Context, a, b sql.Expression) bool {
	x, y := a.Type(ctx), b.Type(ctx)
	if !hashesAlike(x, y) {
		return false
	}
	if text, ok := x.(sql.StringType); ok {
		other, ok := y.(sql.StringType)
		return ok && text.Collation() == other.Collation()
	}
	return true
}

// in tells whether an expression reads a column of a side, perhaps within a sub-query.
func (c columns) in(ctx *sql.Context, e sql.Expression) bool {
	found := false
	transform.InspectExpr(ctx, e, func(_ *sql.Context, e sql.Expression) bool {
		switch e := e.(type) {
		case *expression.GetField:
			found = found || c.ids.Contains(e.Id()) && c.tables[e.TableId()]
		case *plan.Subquery:
			e.Correlated().ForEach(func(id sql.ColumnId) { found = found || c.ids.Contains(id) })
		}
		return found
	})
	return found
}

// lookupRows is how many rows can be read in the time of one lookup.
const lookupRows = 1000

// looksUp tells whether the sub-query's rows are better looked up for each row around it: an index leads to them, and few rows ask.
func looksUp(ctx *sql.Context, source sql.Node, pairs []correlation, outer sql.Node) bool {
	indexed := false
	var inside uint64
	eachTable(ctx, source, func(table sql.Table) {
		inside = max(inside, rowsOf(ctx, table))
		addressable, ok := table.(sql.IndexAddressable)
		if !ok {
			return
		}
		indexes, err := addressable.GetIndexes(ctx)
		for i := 0; err == nil && i < len(indexes); i++ {
			first := indexes[i].Expressions()
			for _, pair := range pairs {
				indexed = indexed || len(first) > 0 && strings.EqualFold(first[0], table.Name()+"."+pair.inner.Name())
			}
		}
	})
	if !indexed {
		return false
	}
	around := uint64(1)
	eachTable(ctx, outer, func(table sql.Table) { around = max(around, rowsOf(ctx, table)) })
	return around < inside/lookupRows
}

// called tells whether a table of the sub-query is read by values of the row around it: without them it has other rows, or none.
func called(ctx *sql.Context, source sql.Node, pairs []correlation) bool {
	for _, pair := range pairs {
		if needed(ctx, source, pair.inner) {
			return true
		}
	}
	return false
}

// needed tells whether a column is one without whose value a table below n cannot be read.
func needed(ctx *sql.Context, n sql.Node, e sql.Expression) bool {
	field, ok := e.(*expression.GetField)
	if !ok {
		return false
	}
	found := false
	eachTable(ctx, n, func(table sql.Table) {
		t := gms.Of(table)
		found = found || t != nil && t.Needs(field.Name())
	})
	return found
}

// eachTable visits the tables below a node.
func eachTable(ctx *sql.Context, n sql.Node, visit func(sql.Table)) {
	transform.InspectWithOpaque(ctx, n, func(_ *sql.Context, n sql.Node) bool {
		if table, ok := n.(sql.TableNode); ok {
			visit(table.UnderlyingTable())
		}
		return true
	})
}

// rowsOf is how many rows a table says it has; 0: it does not say.
func rowsOf(ctx *sql.Context, table sql.Table) uint64 {
	counted, ok := table.(sql.StatisticsTable)
	if !ok {
		return 0
	}
	rows, _, err := counted.RowCount(ctx)
	if err != nil {
		return 0 // whoever reads the table hears of it
	}
	return rows
}
