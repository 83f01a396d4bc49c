package joins

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/transform"
	"github.com/dolthub/go-mysql-server/sql/types"
)

// hashed are the joins that may hash the equalities of their condition and look at the rest row by row.
// Where NULL excludes a row the rest could be what is NULL, so these are left alone.
var hashed = map[plan.JoinType]plan.JoinType{
	plan.JoinTypeInner: plan.JoinTypeHash, plan.JoinTypeLeftOuter: plan.JoinTypeLeftOuterHash,
	plan.JoinTypeSemi: plan.JoinTypeSemiHash, plan.JoinTypeAntiIncludeNulls: plan.JoinTypeAntiHashIncludeNulls,
}

// hash makes hash joins of those that were left to compare each row of one side with each of the other,
// when their condition has an equality between both sides.
func hash(ctx *sql.Context, n sql.Node) (sql.Node, transform.TreeIdentity, error) {
	join, ok := n.(*plan.JoinNode)
	if !ok || join.Filter == nil || hashed[join.Op] == 0 || len(join.UsingCols) > 0 {
		return n, transform.SameTree, nil
	}
	if !standsAlone(ctx, join.Right()) {
		return n, transform.SameTree, nil
	}
	left, right := columnsOf(ctx, join.Left()), columnsOf(ctx, join.Right())
	var probes, entries []sql.Expression
	for _, part := range expression.SplitConjunction(ctx, join.Filter) {
		equal, ok := part.(*expression.Equals)
		if !ok {
			continue
		}
		a, b := equal.Left(), equal.Right()
		switch {
		case left.has(ctx, a) && right.has(ctx, b):
		case left.has(ctx, b) && right.has(ctx, a):
			a, b = b, a
		default:
			continue
		}
		if needed(ctx, join.Right(), b) {
			return n, transform.SameTree, nil
		}
		if !hashesAlike(a.Type(ctx), b.Type(ctx)) {
			continue
		}
		probes, entries = append(probes, a), append(entries, b)
	}
	if len(probes) == 0 {
		return n, transform.SameTree, nil
	}
	op := hashed[join.Op]
	lookup := plan.NewHashLookup(ctx, join.Right(), expression.Tuple(entries), expression.Tuple(probes), op)
	return plan.NewJoin(ctx, join.Left(), lookup, op, join.Filter).WithComment(join.Comment()), transform.NewTree, nil
}

// hashesAlike tells whether values of two types are equal just when they hash to the same: a hash table has the
// values of both in one type, which must hold them all.
func hashesAlike(a, b sql.Type) bool {
	switch {
	case types.IsInteger(a), types.IsFloat(a):
		return types.IsInteger(a) == types.IsInteger(b) && types.IsFloat(a) == types.IsFloat(b)
	case types.IsTextOnly(a):
		return types.IsTextOnly(b)
	}
	return kindOf(a) != 0 && a.Equals(b)
}

// standsAlone tells whether the right side of a join gives the same rows whatever the left side's row,
// or a row around the query, is.
func standsAlone(ctx *sql.Context, n sql.Node) bool {
	alone := true
	defined := map[sql.ColumnId]bool{}
	transform.Inspect(n, func(n sql.Node) bool {
		switch n := n.(type) {
		case *plan.SubqueryAlias:
			alone = alone && !n.IsLateral && !n.OuterScopeVisibility && n.Correlated.Empty()
		case *plan.IndexedTableAccess:
			alone = alone && n.Typ == plan.ItaTypeStatic
		case *plan.JoinNode:
			alone = alone && !n.Op.IsLateral()
		case *plan.JSONTable, sql.TableFunction, *plan.RecursiveTable, *plan.RecursiveCte:
			alone = false
		}
		define(n, defined)
		return alone
	})
	return alone && reads(ctx, n, defined)
}

// define notes the columns that a node makes.
func define(n sql.Node, defined map[sql.ColumnId]bool) {
	if table, ok := n.(plan.TableIdNode); ok {
		table.Columns().ForEach(func(id sql.ColumnId) { defined[id] = true })
	}
	made, ok := n.(sql.Expressioner)
	if !ok {
		return
	}
	for _, e := range made.Expressions() {
		if _, field := e.(*expression.GetField); field {
			continue
		}
		if named, ok := e.(sql.IdExpression); ok {
			defined[named.Id()] = true
		}
	}
}

// reads tells whether the expressions below a node, and those of the sub-queries in them, read columns
// that are made there, and no others.
func reads(ctx *sql.Context, n sql.Node, defined map[sql.ColumnId]bool) bool {
	sound := true
	transform.Inspect(n, func(n sql.Node) bool {
		with, ok := n.(sql.Expressioner)
		if !ok {
			return sound
		}
		for _, e := range with.Expressions() {
			transform.InspectExpr(ctx, e, func(_ *sql.Context, e sql.Expression) bool {
				switch e := e.(type) {
				case *expression.GetField:
					sound = sound && defined[e.Id()]
				case *plan.Subquery:
					e.Correlated().ForEach(func(id sql.ColumnId) { sound = sound && defined[id] })
				}
				return !sound
			})
		}
		return sound
	})
	return sound
}

// columns are those that a node's rows have.
type columns struct {
	ids    sql.ColSet
	tables map[sql.TableId]bool
	// made are those that are no table's: aggregates, and what has a name of its own.
	made map[sql.ColumnId]bool
}

// columnsOf collects the columns that the tables of a side have.
func columnsOf(ctx *sql.Context, n sql.Node) columns {
	c := columns{tables: map[sql.TableId]bool{}, made: map[sql.ColumnId]bool{}}
	transform.Inspect(n, func(n sql.Node) bool {
		define(n, c.made)
		table, ok := n.(plan.TableIdNode)
		if !ok {
			return true
		}
		c.tables[table.Id()] = true
		c.ids = c.ids.Union(table.Columns())
		return false
	})
	return c
}

// has tells whether an expression reads columns of a side, and nothing else.
func (c columns) has(ctx *sql.Context, e sql.Expression) bool {
	if _, ok := e.(*expression.GetField); !ok && !repeatable(ctx, e) {
		return false
	}
	reads, sound := false, true
	transform.InspectExpr(ctx, e, func(_ *sql.Context, e sql.Expression) bool {
		if field, ok := e.(*expression.GetField); ok {
			reads = true
			own := c.tables[field.TableId()] && c.ids.Contains(field.Id())
			sound = sound && (own || field.TableId() == 0 && c.made[field.Id()])
		}
		return !sound
	})
	return reads && sound
}
