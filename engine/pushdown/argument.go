package pushdown

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/plan"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/exec"
	"github.com/wasql/wasql/engine/sqlerr"
)

// argument tells whether a column is an argument of the table: what it is compared with for equality is what
// the table is called with, so the comparison must reach the connector, or the rows are those of another call.
func (s *tableScope) argument(position uint32) bool {
	return s.table.Declared().GetColumns()[position].GetArgument() != 0
}

// equality takes `argument = value` apart, in whichever order it is written. The value has no column of the
// table's own.
func (s *tableScope) equality(ctx *sql.Context, e sql.Expression) (c *column, value sql.Expression, ok bool) {
	equals, ok := e.(*expression.Equals)
	if !ok {
		return nil, nil, false
	}
	for _, side := range [][2]sql.Expression{{equals.Left(), equals.Right()}, {equals.Right(), equals.Left()}} {
		field, is := side[0].(*expression.GetField)
		if !is {
			continue
		}
		if i, own := s.field(field); own && s.argument(s.columns[i].position) && !names(ctx, s, side[1]) {
			return &s.columns[i], side[1], true
		}
	}
	return nil, nil, false
}

// notArgument says why an expression cannot be an argument; empty when it can. It is computed when the scan
// starts, and again where the condition is checked.
func (s *tableScope) notArgument(ctx *sql.Context, e sql.Expression) string {
	reason := ""
	sql.Inspect(ctx, e, func(_ *sql.Context, e sql.Expression) bool {
		switch x := e.(type) {
		case *expression.GetField:
			if _, own := s.field(x); !own && (x.Id() == 0 || x.Index() < 0 || x.Index() >= s.offset) {
				reason = "its value is not known when the scan starts"
			}
		case *plan.Subquery:
			if x.Volatile() {
				reason = "its sub-query gives another value each time"
			}
		case sql.NonDeterministicExpression:
			if x.IsNonDeterministic() {
				reason = "it gives another value each time"
			}
		}
		return reason == ""
	})
	return reason
}

// argumentOf makes the filter of `argument = value` for a value that is no constant.
func (t *translator) argumentOf(c *column, e sql.Expression, collation string, top bool) (*pb.Filter, error) {
	if !top || !t.outer && hasField(t.ctx, e) {
		return nil, refuse("its value comes from another table, inside OR or NOT or where it is not known in time")
	}
	if hasField(t.ctx, e) {
		if reason := t.scope.notArgument(t.ctx, e); reason != "" {
			return nil, refusal(reason)
		}
	} else if n, ok := volatileIn(t.ctx, e); ok {
		return nil, refuse("%s gives another value each time", n)
	}
	if c.class == classOther || c.class == classYear {
		return nil, refusal(beyondClass)
	}
	column, typ := *c, e.Type(t.ctx)
	t.params = append(t.params, t.scope.param(t.ctx, e, func(ctx *sql.Context, value any) (*pb.Value, exec.Bound) {
		if value == nil {
			return nil, exec.Never
		}
		result, reason := column.assign(ctx, value, typ)
		switch {
		case reason != "":
			return nil, exec.Inexpressible
		case result.never || result.op != pb.FilterOp_FILTER_OP_EQ:
			return nil, exec.Never
		}
		return result.value, exec.Fits
	}))
	operand := &pb.Operand{Kind: &pb.Operand_Param{Param: uint32(len(t.params) - 1)}, Type: paramTypes[c.class]}
	return &pb.Filter{Op: pb.FilterOp_FILTER_OP_EQ, Column: &column.position, Operands: []*pb.Operand{operand}, Collation: collation}, nil
}

// assign compares an argument with a value of any type: one that has no exact form in the column's is
// converted as in an assignment.
func (c *column) assign(ctx *sql.Context, value any, t sql.Type) (compared, string) {
	result, reason := c.compare(pb.FilterOp_FILTER_OP_EQ, value, t)
	if reason == "" {
		return result, ""
	}
	converted, in, err := c.typ.Convert(ctx, value)
	if err != nil || in != sql.InRange || converted == nil {
		return compared{}, reason
	}
	if converted, err = sql.UnwrapAny(ctx, converted); err != nil {
		return compared{}, reason
	}
	return c.compare(pb.FilterOp_FILTER_OP_EQ, converted, c.typ)
}

func hasField(ctx *sql.Context, e sql.Expression) bool {
	found := false
	sql.Inspect(ctx, e, func(_ *sql.Context, e sql.Expression) bool {
		switch x := e.(type) {
		case *expression.GetField:
			found = true
		case *plan.Subquery:
			found = found || !x.Correlated().Empty()
		}
		return !found
	})
	return found
}

// volatileIn names the part of an expression that is not deterministic.
func volatileIn(ctx *sql.Context, e sql.Expression) (name string, found bool) {
	sql.Inspect(ctx, e, func(_ *sql.Context, e sql.Expression) bool {
		switch x := e.(type) {
		case *plan.Subquery:
			found = found || x.Volatile()
		case sql.NonDeterministicExpression:
			found = found || x.IsNonDeterministic()
		}
		if found && name == "" {
			name = e.String()
		}
		return !found
	})
	return name, found
}

// withheld finds an argument whose value the connector would not be told: the rows would be those of
// another call.
func (a *ask) withheld(ctx *sql.Context) *refusedPlan {
	told := func(position uint32) bool {
		for i, c := range a.conjuncts {
			if c.sendable() && (a.usable == nil || a.usable[i]) && c.filter.Op == pb.FilterOp_FILTER_OP_EQ && c.filter.GetColumn() == position && c.filter.Column != nil {
				return true
			}
		}
		return false
	}
	for i, c := range a.conjuncts {
		column, _, is := a.scope.equality(ctx, c.expr)
		if !is || c.never || told(column.position) {
			continue
		}
		reason := c.reason
		if c.sendable() && a.usable != nil && !a.usable[i] {
			reason = "its value is not known when the table is read"
		}
		return &refusedPlan{argument: column.name, text: c.text, message: reason}
	}
	return nil
}

// error is the failure of a table that cannot be told one of its arguments.
func (r *refusedPlan) argumentError(s *tableScope) error {
	return sqlerr.New(1210, "HY000", "table %s cannot be read without the value of %s in %s: %s", s.name(), r.argument, r.text,
		orElse(r.message, "it is not known when the table is read")).
		WithHint("%s is an argument of %s: a constant gives it, or a table that stands before it", r.argument, s.table.Name())
}

// want is an equality of a join that an argument may get its value from.
type want struct {
	equals *expression.Equals
}

// heldArgument is an argument column of a table of the statement.
type heldArgument struct {
	scope  *tableScope
	column *column
}

// hold notes the arguments of a table that is planned, and which of them the connector is told by q; without
// q nothing is read.
func (p *planner) hold(a *attempt, q *ask) {
	first, ok := a.scope.ids.Next(1)
	if !ok {
		return
	}
	for i := range a.scope.columns {
		c := &a.scope.columns[i]
		if !a.scope.argument(c.position) {
			continue
		}
		id := first + sql.ColumnId(c.position)
		if p.arguments == nil {
			p.arguments, p.told = map[sql.ColumnId]heldArgument{}, map[sql.ColumnId]bool{}
		}
		p.arguments[id] = heldArgument{a.scope, c}
		if q == nil {
			p.told[id] = true
			continue
		}
		for j, conjunct := range q.conjuncts {
			usable := q.usable == nil || q.usable[j]
			if conjunct.sendable() && usable && constrains(conjunct.filter, c.position) && conjunct.filter.Op == pb.FilterOp_FILTER_OP_EQ {
				p.told[id] = true
			}
		}
	}
}

// note remembers the equalities of a condition over several tables.
func (p *planner) note(condition sql.Expression) {
	if condition == nil {
		return
	}
	for _, e := range expression.SplitConjunction(p.ctx, condition) {
		if equals, ok := e.(*expression.Equals); ok {
			p.wants = append(p.wants, want{equals})
		}
	}
}

// untold finds an equality that should have given an argument its value and did not: the tables stand in an
// order in which it cannot.
func (p *planner) untold() error {
	for _, w := range p.wants {
		var held *heldArgument
		told := false
		for _, side := range [][2]sql.Expression{{w.equals.Left(), w.equals.Right()}, {w.equals.Right(), w.equals.Left()}} {
			field, ok := side[0].(*expression.GetField)
			if !ok {
				continue
			}
			h, ok := p.arguments[field.Id()]
			if !ok || !hasField(p.ctx, side[1]) || names(p.ctx, h.scope, side[1]) {
				continue
			}
			told = told || p.told[field.Id()]
			held = &h
		}
		if held != nil && !told {
			return (&refusedPlan{argument: held.column.name, text: w.equals.String(), message: "no order of the tables gives it in time"}).argumentError(held.scope)
		}
	}
	return nil
}
