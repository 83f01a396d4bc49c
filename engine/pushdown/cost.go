package pushdown

import (
	"math"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/memo"
	"github.com/dolthub/go-mysql-server/sql/plan"
)

// Costs in units of one row read in sequence from a connector, which takes about a tenth of a
// microsecond.
const (
	// crossing is what it costs to start a scan again and to fetch its first batch.
	crossing = 60
	// never is the cost of a plan that would give other rows.
	never = math.MaxFloat64 / 4
)

// coster prices joins over connectors' tables. go-mysql-server's own believes that looking a key up
// costs little more than reading a row, where here each is two calls into a guest; and it turns
// joins that a NULL excludes, as NOT IN is one, into lookups and merges that do not.
type coster struct{ memo.Coster }

// NewCoster makes the coster for an analyzer.
func NewCoster() memo.Coster { return coster{memo.NewDefaultCoster()} }

// EstimateCost implements memo.Coster.
func (c coster) EstimateCost(ctx *sql.Context, n memo.RelExpr, s sql.StatsProvider) (float64, error) {
	switch join := n.(type) {
	case *memo.LookupJoin:
		if excludesNulls(join.Group()) {
			return never, nil
		}
		return c.lookup(ctx, join, s)
	case *memo.MergeJoin:
		if excludesNulls(join.Group()) {
			return never, nil
		}
	}
	return c.Coster.EstimateCost(ctx, n, s)
}

// excludesNulls tells whether the join that a group stands for gives no row for a left row whose
// condition is NULL with some right row.
func excludesNulls(g *memo.ExprGroup) bool {
	for e := g.First; e != nil; e = e.Next() {
		if join, ok := e.(memo.JoinRel); ok && join.JoinPrivate().Op.IsExcludeNulls() {
			return true
		}
	}
	return false
}

// lookup adds to each row of the left what starting a scan costs.
func (c coster) lookup(ctx *sql.Context, join *memo.LookupJoin, s sql.StatsProvider) (float64, error) {
	cost, err := c.Coster.EstimateCost(ctx, join, s)
	if err != nil || !isConnectors(join.Lookup.Table) {
		return cost, err
	}
	left := math.Max(1, float64(join.JoinPrivate().Left.RelProps.GetStats().RowCount()))
	return cost + left*crossing, nil
}

func isConnectors(access *plan.IndexedTableAccess) bool {
	_, _, ok := lookupOf(access)
	return ok
}
