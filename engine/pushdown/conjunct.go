package pushdown

import (
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/exec"
	"github.com/wasql/wasql/engine/function"
)

// conjunct is one ANDed condition on a scan.
type conjunct struct {
	// expr is the condition in SQL, compiled for the node it came from.
	expr sql.Expression
	text string
	// filter is what is put to the connector; nil when it cannot be said, for the reason given.
	filter *pb.Filter
	reason string
	// params are the operands of filter that get their value from the outer row: operand i of the
	// filter with kind Param p is params[p].
	params []exec.Param
	// fixed is the value of the only operand of filter, which is a param although the value is known:
	// see point.
	fixed *pb.Value
	// sample is what is put to the connector in the place of a filter, when the condition is a sample of the rows.
	sample *pb.Sample
	// never: the condition is true for no row.
	never bool
	// sole: only the connector can evaluate it, so that its exact answer counts whether it is trusted or not.
	sole bool
	// weak: filter lets through more than the condition, so that even an exact answer is checked.
	weak bool
	// advisory conditions come from a join above, or are implied by others: they are checked anyway.
	advisory bool
	// implied: it follows from another condition of the same scan.
	implied bool
}

// sendable tells whether there is something to put to the connector.
func (c *conjunct) sendable() bool { return c.filter != nil }

// asked tells whether the connector can take it over, as a filter or as a sample.
func (c *conjunct) asked() bool { return c.filter != nil || c.sample != nil }

// use is the judged answer to one conjunct.
type use struct {
	use      pb.Use
	argument uint32
	reason   string
}

// exactly tells whether the condition need not be looked at again.
func (c *conjunct) exactly(u use, trusted bool) bool {
	return c.asked() && u.use == pb.Use_USE_EXACT && (trusted || c.sole) && len(c.params) == 0
}

// conjuncts translates the filters of a chain.
func (p *planner) conjuncts(c *chain) ([]*conjunct, error) {
	var all []*conjunct
	for _, f := range c.filters {
		planned, _, err := p.expression(f.Expression)
		if err != nil {
			return nil, err
		}
		for _, e := range split(p.ctx, planned) {
			if e, err = withoutNulls(p.ctx, e); err != nil {
				return nil, err
			}
			all = append(all, p.translate(c.scope, e, true))
		}
	}
	all = withoutBounds(all)
	if p.switches.filters {
		all = append(all, c.scope.implied(p.ctx, all)...)
	}
	return all, nil
}

// withoutBounds drops the lower bound that go-mysql-server adds to LIKE 'a%' for indexes that are
// not there: it says nothing that the LIKE does not.
func withoutBounds(all []*conjunct) []*conjunct {
	bounds := map[string]bool{}
	for _, c := range all {
		if like, ok := c.expr.(*expression.Like); ok && like.Escape == nil {
			if literal, ok := constantOf(like.RightChild); ok {
				if pattern, ok := literal.Value().(string); ok && strings.HasSuffix(pattern, "%") {
					bound := expression.NewLiteral(strings.TrimSuffix(pattern, "%"), literal.Typ)
					bounds[expression.NewGreaterThanOrEqual(like.LeftChild, bound).String()] = true
				}
			}
		}
	}
	return slices.DeleteFunc(all, func(c *conjunct) bool { return bounds[c.text] })
}

// translate makes a conjunct, within what the switches allow. Conditions that a table cannot do
// without, those on arguments and required columns, and what only the connector can evaluate, are not switched off.
func (p *planner) translate(s *tableScope, e sql.Expression, outer bool) *conjunct {
	c := s.translate(p.ctx, e, outer)
	if of, is := e.(*function.Sampled); is {
		p.sample(s, c, of)
		return c
	}
	random := p.switches.refuses(c.text)
	if p.switches.filters && !random || c.sole || !c.sendable() {
		return c
	}
	for position, declared := range s.table.Declared().GetColumns() {
		if (declared.GetArgument() != 0 || declared.GetRequired()) && constrains(c.filter, uint32(position)) {
			return c
		}
	}
	c.filter, c.params, c.reason = nil, nil, "wasql_pushdown_filters is 0"
	if random {
		c.reason = refusedAtRandom
	}
	return c
}

// split takes ANDs and BETWEENs apart.
func split(ctx *sql.Context, e sql.Expression) []sql.Expression {
	var out []sql.Expression
	for _, part := range expression.SplitConjunction(ctx, e) {
		if b, ok := part.(*expression.Between); ok {
			out = append(out, expression.NewGreaterThanOrEqual(b.Val, b.Lower), expression.NewLessThanOrEqual(b.Val, b.Upper))
			continue
		}
		out = append(out, part)
	}
	return out
}
