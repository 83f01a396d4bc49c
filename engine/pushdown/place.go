package pushdown

import (
	"slices"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/types"

	"github.com/wasql/wasql/engine/exec"
)

// placed is a scan with the conditions that must still be checked above it.
type placed struct {
	scan     *exec.Scan
	residual []sql.Expression
	order    bool
	limit    bool
	distinct bool
	having   bool
	count    uint64
}

// rebuild puts the chain together again above its scan, without what was taken over.
func (c *chain) rebuild(ctx *sql.Context, p *placed) (sql.Node, error) {
	var n sql.Node = p.scan
	var err error
	if c.alias != nil {
		if n, err = c.alias.WithChildren(ctx, n); err != nil {
			return nil, err
		}
	}
	if len(p.residual) > 0 {
		n = plan.NewFilter(ctx, exec.Residual(p.scan.Plan, expression.JoinAnd(p.residual...)), n)
	}
	for i := len(c.upper) - 1; i >= 0; i-- {
		if n, err = c.upperNode(ctx, p, i, n); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// upperNode puts the i-th node above child, or what remains of it.
func (c *chain) upperNode(ctx *sql.Context, p *placed, i int, child sql.Node) (sql.Node, error) {
	switch {
	case i == c.sort && p.order:
		top, ok := c.upper[i].(*plan.TopN)
		if !ok {
			return child, nil
		}
		if p.limit {
			return plan.NewLimit(expression.NewLiteral(int64(p.count), types.Int64), child), nil
		}
		return plan.NewLimit(top.Limit, child).WithCalcFoundRows(top.CalcFoundRows), nil
	case i == c.offset && p.limit, i == c.distinct && p.distinct, p.having && slices.Contains(c.having, i):
		return child, nil
	}
	return c.upper[i].WithChildren(ctx, child)
}
