package pushdown

import (
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/plan"
)

// chain is a table and what stands straight above it:
//
//	(Limit | Offset | TopN | Sort | Distinct | Project)*  Filter*  TableAlias?  ResolvedTable
//
// with the nodes from the top down.
type chain struct {
	upper   []sql.Node
	filters []*plan.Filter
	alias   *plan.TableAlias
	scope   *tableScope

	// Places in upper of the sort, offset, limit and DISTINCT next to the table; -1 when there is none.
	sort, offset, limit, distinct int
	// having are the places of conditions on groups, for those of which a chain stands above groups.
	having []int
}

// newChain follows the nodes down from n to a connector's table.
func newChain(ctx *sql.Context, n sql.Node) (*chain, bool) {
	c := &chain{sort: -1, offset: -1, limit: -1, distinct: -1}
	for {
		switch x := n.(type) {
		case *plan.Limit, *plan.Offset, *plan.TopN, *plan.Sort, *plan.Distinct, *plan.OrderedDistinct, *plan.Project:
			if len(c.filters) > 0 {
				return nil, false
			}
			c.upper = append(c.upper, n)
			n = n.Children()[0]
		case *plan.Filter:
			c.filters = append(c.filters, x)
			n = x.Child
		case *plan.TableAlias:
			if c.alias != nil {
				return nil, false
			}
			c.alias = x
			n = x.Child
		case *plan.ResolvedTable:
			scope, ok := newTableScope(ctx, x, c.alias)
			if !ok {
				return nil, false
			}
			c.scope = scope
			c.find()
			return c, true
		default:
			return nil, false
		}
		if c.alias != nil {
			if _, ok := n.(*plan.ResolvedTable); !ok {
				return nil, false
			}
		}
	}
}

// find looks from the table up for the first sort and DISTINCT, then for offset and limit.
func (c *chain) find() {
	for i := len(c.upper) - 1; i >= 0; i-- {
		switch n := c.upper[i].(type) {
		case *plan.Project:
			if n.IncludesNestedIters {
				return
			}
		case *plan.Having, *plan.Filter:
			if c.sort >= 0 || c.offset >= 0 || c.limit >= 0 {
				return
			}
			c.having = append(c.having, i)
		case *plan.Distinct, *plan.OrderedDistinct:
			if c.distinct >= 0 || c.offset >= 0 || c.limit >= 0 {
				return
			}
			c.distinct = i
		case *plan.Sort, *plan.TopN:
			if c.sort >= 0 || c.offset >= 0 || c.limit >= 0 {
				return
			}
			c.sort = i
			if _, ok := n.(*plan.TopN); ok {
				c.limit = i
			}
		case *plan.Offset:
			if c.offset >= 0 || c.limit >= 0 && c.limit != c.sort {
				return
			}
			c.offset = i
		case *plan.Limit:
			if c.limit < 0 {
				c.limit = i
			}
			return
		}
	}
}

// sortConditions are those of the sort next to the table.
func (c *chain) sortConditions() sql.SortConditions {
	if c.sort < 0 {
		return nil
	}
	return c.upper[c.sort].(plan.Sortable).GetSortConditions()
}

// behind resolves a field of the rows at the sort to what it is below the projections under it.
func (c *chain) behind(e sql.Expression) sql.Expression { return c.below(c.sort+1, e) }

// below resolves a field of the rows above upper[i].
func (c *chain) below(i int, e sql.Expression) sql.Expression {
	for ; i < len(c.upper); i++ {
		project, ok := c.upper[i].(*plan.Project)
		if !ok {
			continue // it hands the columns on as they are
		}
		field, ok := e.(*expression.GetField)
		if !ok {
			return e
		}
		if _, own := c.scope.field(field); own {
			return e
		}
		if e, ok = aliasOf(project, field); !ok {
			return nil
		}
	}
	return e
}

// aliasOf finds what a projection gives the name that a field without a table refers to.
func aliasOf(project *plan.Project, field *expression.GetField) (sql.Expression, bool) {
	var found sql.Expression
	for _, projected := range project.Projections {
		alias, ok := projected.(*expression.Alias)
		if !ok || field.Table() != "" || !strings.EqualFold(alias.Name(), field.Name()) {
			continue
		}
		if found != nil {
			return nil, false
		}
		found = alias.Child
	}
	return found, found != nil
}

// limitOf computes limit and offset; false when they are not plain numbers, or when the rows
// beyond them are counted.
func (c *chain) limitOf(ctx *sql.Context) (limit, offset uint64, ok bool) {
	if c.limit < 0 {
		return 0, 0, false
	}
	var counted bool
	var bound sql.Expression
	top, isTop := c.upper[c.limit].(*plan.TopN)
	if isTop {
		counted, bound = top.CalcFoundRows, top.Limit
	} else {
		l := c.upper[c.limit].(*plan.Limit)
		counted, bound = l.CalcFoundRows, l.Limit
	}
	if counted {
		return 0, 0, false
	}
	if limit, ok = count(ctx, bound); !ok {
		return 0, 0, false
	}
	if c.offset >= 0 {
		if offset, ok = count(ctx, c.upper[c.offset].(*plan.Offset).Offset); !ok {
			return 0, 0, false
		}
		// The limit of a TopN includes what its offset skips.
		if isTop {
			if offset > limit {
				return 0, 0, false
			}
			limit -= offset
		}
	}
	return limit, offset, true
}

// count evaluates a LIMIT or OFFSET.
func count(ctx *sql.Context, e sql.Expression) (uint64, bool) {
	value, err := e.Eval(ctx, nil)
	if err != nil {
		return 0, false
	}
	r, _, reason := rational(value)
	if reason != "" || !r.IsInt() || !r.Num().IsUint64() || r.Num().Uint64() > 1<<62 {
		return 0, false
	}
	return r.Num().Uint64(), true
}
