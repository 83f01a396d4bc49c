package pushdown

import (
	"math"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/memo"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/types"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/gms"
)

// Costs in units of one row read in sequence from a connector, which takes about a tenth of a
// microsecond.
const (
	// crossing is what it costs to start a scan again and to fetch its first batch.
	crossing = 60
	// fetching is what a row costs that an index leads to.
	fetching = 2.5
	// keyCost is what a row costs whose key is sent to its table in a batch with others.
	keyCost = 15
	// What a key costs a connector that takes many in one call, sent and looked up, by what leads to its row: a whole number that is
	// all of the primary key, another primary key, or an index, which leads to the key of the row first.
	primaryKey = 35
	treeKey    = 100
	indexKey   = 200
	// keysTogether are sent in one call.
	keysTogether = 4096
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
	if unindexed(ctx, n.Group()) {
		estimate(ctx, n.Group())
	}
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
		return c.merge(ctx, join, s)
	case *memo.InnerJoin:
		return c.loop(ctx, join, s)
	case *memo.LeftJoin:
		return c.loop(ctx, join, s)
	}
	return c.Coster.EstimateCost(ctx, n, s)
}

// loop adds what starting the right side again for each row of the left costs.
func (c coster) loop(ctx *sql.Context, join memo.JoinRel, s sql.StatsProvider) (float64, error) {
	cost, err := c.Coster.EstimateCost(ctx, join, s)
	return cost + rowsOf(join.JoinPrivate().Left)*crossing, err
}

// merge adds what rows in the order of an index cost when they do not lie in it: each is fetched, or
// all are sorted.
func (c coster) merge(ctx *sql.Context, join *memo.MergeJoin, s sql.StatsProvider) (float64, error) {
	cost, err := c.Coster.EstimateCost(ctx, join, s)
	for _, side := range []struct {
		scan *memo.IndexScan
		rows float64
	}{{join.InnerScan, rowsOf(join.Left)}, {join.OuterScan, rowsOf(join.Right)}} {
		if isConnectors(side.scan.Table) && !strings.EqualFold(side.scan.Index.SqlIdx().ID(), gms.PrimaryName) {
			cost += side.rows * fetching
		}
	}
	return cost, err
}

// rowsOf is how many rows a group gives, at least one.
func rowsOf(g *memo.ExprGroup) float64 { return math.Max(1, float64(g.RelProps.GetStats().RowCount())) }

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

// lookup adds what looking up the keys of the left rows costs: each starts a scan, or they are sent together.
func (c coster) lookup(ctx *sql.Context, join *memo.LookupJoin, s sql.StatsProvider) (float64, error) {
	cost, err := c.Coster.EstimateCost(ctx, join, s)
	if err != nil || !isConnectors(join.Lookup.Table) {
		return cost, err
	}
	if renumbers(ctx, join.Lookup) {
		return never, nil
	}
	if index, ok := join.Lookup.Index.SqlIdx().(*gms.Index); ok && index.DriverID() != "" {
		if driversOf(ctx) == driversOff {
			return never, nil
		}
		cost += rowsOf(join.Left) * probing // another guest is asked first
		return cost + rowsOf(join.Left)*crossing, nil
	}
	rows := rowsOf(join.Left)
	if key := keyCostOf(ctx, join.Lookup.Table); key > 0 {
		return cost + crossing*(2+rows/keysTogether) + rows*key, nil
	}
	return cost + rows*crossing, nil
}

// keyCostOf is what a key of a lookup costs when many are sent together; 0: they are not.
func keyCostOf(ctx *sql.Context, access *plan.IndexedTableAccess) float64 {
	table, _, ok := lookupOf(access)
	if !ok || table.Declared().GetFeatures()&uint64(pb.TableFeature_TABLE_FEATURE_LOOKUP) == 0 || !switchesOf(ctx).lookups {
		return 0
	}
	columns := table.Index().Columns()
	switch {
	case !strings.EqualFold(table.Index().ID(), gms.PrimaryName):
		return indexKey
	case len(columns) == 1 && types.IsInteger(table.FullSchema()[columns[0]].Type):
		return primaryKey
	}
	return treeKey
}

// renumbers tells whether a key is a member of another ENUM or SET than the column: they are equal by
// their names, and looked up by their numbers.
func renumbers(ctx *sql.Context, scan *memo.IndexScan) bool {
	columns := scan.Index.SqlIdx().ColumnExpressionTypes(ctx)
	for i, key := range scan.Table.Expressions() {
		t := key.Type(ctx)
		if (types.IsEnum(t) || types.IsSet(t)) && i < len(columns) && !t.Equals(columns[i].Type) {
			return true
		}
	}
	return false
}

func isConnectors(access *plan.IndexedTableAccess) bool {
	_, _, ok := lookupOf(access)
	return ok
}
