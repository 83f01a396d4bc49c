package pushdown

import (
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/plan"
)

// onlyOnce puts a DISTINCT above the table to its connector, with the order and the limit that stand above it. It gives nil
// when there is none, or when it stays the engine's: what stands above it is then not asked for.
func (a *attempt) onlyOnce() (*placed, error) {
	c := a.chain
	if c.distinct < 0 {
		return nil, nil
	}
	columns, reason := c.distinctColumns()
	names := make([]string, len(columns))
	for i, position := range columns {
		names[i] = a.scope.columns[position].name
	}
	text := strings.Join(names, ", ")
	if reason == "" {
		reason = a.notDistinct(text)
	}
	if reason == "" {
		placed, why, err := a.askDistinct(text, columns)
		if placed != nil || err != nil {
			return placed, err
		}
		reason = why
	}
	a.distinct, a.distinctReason = orElse(text, "of expressions"), reason
	c.withoutDistinct()
	return nil, nil
}

// notDistinct says why DISTINCT is not asked for; empty when it is.
func (a *attempt) notDistinct(text string) string {
	switch {
	case !a.planner.switches.distinct:
		return VariableDistinct + " is 0"
	case a.planner.switches.refuses("distinct " + text):
		return refusedAtRandom
	case !a.scope.table.TrustPushdown():
		return "a connector that is not trusted may give rows twice"
	}
	for _, x := range a.conjuncts {
		if !x.advisory && (x.never || !x.asked() || len(x.params) > 0) {
			return "a condition is checked by the engine"
		}
	}
	return ""
}

// askDistinct gives the scan, or why it is none.
func (a *attempt) askDistinct(text string, columns []int) (*placed, string, error) {
	once := *a
	once.conjuncts = slices.DeleteFunc(slices.Clone(a.conjuncts), func(x *conjunct) bool { return x.advisory })
	once.distinct = text
	q := once.question()
	q.columns, q.distinct = columns, true
	o, err := q.negotiate(a.planner.ctx)
	switch {
	case err != nil:
		return nil, "", err
	case o.refused != nil:
		return nil, "the connector cannot read the table so", nil
	case !o.distinct:
		return nil, orElse(o.distinctReason, "the connector does not take it"), nil
	}
	for i, x := range once.conjuncts {
		if !x.exactly(o.uses[i], true) {
			return nil, "the connector took it without taking " + x.text + " exactly", nil
		}
	}
	placed, err := once.build(q, o)
	return placed, "", err
}

// distinctColumns are the columns of the rows at the DISTINCT, ascending; a reason says why they are none of the table's own.
func (c *chain) distinctColumns() ([]int, string) {
	var columns []int
	add := func(position int) string {
		if !c.scope.columns[position].exact() {
			return "values of " + c.scope.columns[position].name + " that differ may be equal"
		}
		columns = append(columns, position)
		return ""
	}
	top := slices.IndexFunc(c.upper[c.distinct+1:], func(n sql.Node) bool { _, is := n.(*plan.Project); return is })
	if top < 0 {
		for position := range c.scope.columns {
			if reason := add(position); reason != "" {
				return columns, reason
			}
		}
		return columns, ""
	}
	top += c.distinct + 1
	for _, e := range c.upper[top].(*plan.Project).Projections {
		if alias, ok := e.(*expression.Alias); ok {
			e = alias.Child
		}
		field, ok := c.below(top+1, e).(*expression.GetField)
		if !ok {
			return columns, "it is of an expression, not of a column"
		}
		position, own := c.scope.field(field)
		if !own {
			return columns, "it is of a column of another table"
		}
		if reason := add(position); reason != "" {
			return columns, reason
		}
	}
	slices.Sort(columns)
	columns = slices.Compact(columns)
	if c.sort > c.distinct && !c.sortsBy(columns) {
		return columns, "the rows are ordered by something else before it"
	}
	return columns, ""
}

// sortsBy tells whether the sort is by some of these columns alone.
func (c *chain) sortsBy(columns []int) bool {
	for _, condition := range c.sortConditions() {
		field, ok := c.behind(condition.Expr).(*expression.GetField)
		if !ok {
			return false
		}
		if position, own := c.scope.field(field); !own || !slices.Contains(columns, position) {
			return false
		}
	}
	return true
}

// withoutDistinct leaves the DISTINCT, and what stands above it, to the engine.
func (c *chain) withoutDistinct() {
	for _, at := range []*int{&c.sort, &c.offset, &c.limit} {
		if *at < c.distinct {
			*at = -1
		}
	}
	c.distinct = -1
}
