package pushdown

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/transform"
	"github.com/dolthub/go-mysql-server/sql/types"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/sqlerr"
)

// match translates MATCH (column, others…) AGAINST (text): the operands are the text, then the other columns. Only
// the connector can answer it: go-mysql-server searches the indexes whose words it keeps itself.
func (t *translator) match(e *expression.MatchAgainst, top bool) (*pb.Filter, error) {
	if !gms.ByConnector(e.GetIndex()) {
		return nil, refuse("MATCH is evaluated by the engine, which keeps the words of the index")
	}
	filter := &pb.Filter{Op: pb.FilterOp_FILTER_OP_MATCH}
	var others []*pb.Operand
	for i, field := range e.Columns {
		c, ok := t.scope.column(t.ctx, field)
		if !ok {
			return nil, t.noColumn(field)
		}
		if c.class != classText {
			return nil, refuse("column %s is no text", c.name)
		}
		collation, err := t.collation(c, field, field)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			filter.Column, filter.Collation = &c.position, collation
			continue
		}
		if collation != filter.Collation {
			return nil, refuse("the columns of MATCH have different collations")
		}
		others = append(others, &pb.Operand{Kind: &pb.Operand_Column{Column: c.position}})
	}
	literal, ok := constantOf(e.Expr)
	if !ok {
		return nil, refuse("what is searched for is no constant")
	}
	if literal.Value() == nil {
		if top {
			return nil, errNever
		}
		return nil, refuse("AGAINST (NULL) inside OR or NOT")
	}
	text, ok := literal.Value().(string)
	if !ok || !types.IsTextOnly(literal.Typ) {
		return nil, refusal(beyondKind)
	}
	words := constant(&pb.Value{Kind: &pb.Value_Utf8{Utf8: text}})
	filter.Operands = append([]*pb.Operand{words}, others...)
	return filter, nil
}

// matched finds the MATCH in a condition that nobody but the connector can answer; nil: there is none.
func matched(ctx *sql.Context, e sql.Expression) *expression.MatchAgainst {
	var found *expression.MatchAgainst
	sql.Inspect(ctx, e, func(_ *sql.Context, e sql.Expression) bool {
		if m, ok := e.(*expression.MatchAgainst); ok && gms.ByConnector(m.GetIndex()) {
			found = m
		}
		return found == nil
	})
	return found
}

// unmatched fails a statement in which a MATCH is left that no connector has taken exactly.
func unmatched(ctx *sql.Context, n sql.Node) error {
	if !gms.HasMatches(ctx) {
		return nil
	}
	var left *expression.MatchAgainst
	var look func(n sql.Node)
	look = func(n sql.Node) {
		transform.InspectWithOpaque(ctx, n, func(ctx *sql.Context, n sql.Node) bool {
			if insert, ok := n.(*plan.InsertInto); ok {
				look(insert.Source)
			}
			if e, ok := n.(sql.Expressioner); ok && left == nil {
				for _, e := range e.Expressions() {
					if left = matched(ctx, e); left != nil {
						break
					}
					sql.Inspect(ctx, e, func(_ *sql.Context, e sql.Expression) bool {
						if sub, ok := e.(*plan.Subquery); ok && left == nil {
							look(sub.Query)
						}
						return left == nil
					})
				}
			}
			return left == nil
		})
	}
	look(n)
	if left == nil {
		return nil
	}
	return sqlerr.New(1191, "HY000", "can't find FULLTEXT index matching the column list of %s", left).
		WithHint("table %s has no such index of the engine's, and its connector does not take this MATCH as an exact condition of WHERE", left.ParentTable.Name())
}
