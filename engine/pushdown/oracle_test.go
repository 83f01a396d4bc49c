package pushdown

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/apd/v3"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/types"
	"github.com/dolthub/vitess/go/sqltypes"

	"github.com/wasql/wasql/abi/pb"
)

// testColumns are the columns of the random table: one of each class that is pushed.
func testColumns(table string) sql.Schema {
	text := types.MustCreateString(sqltypes.VarChar, 20, sql.Collation_utf8mb4_0900_ai_ci)
	exactText := types.MustCreateString(sqltypes.VarChar, 20, sql.Collation_utf8mb4_0900_bin)
	schema := sql.Schema{
		{Name: "id", Type: types.Int64}, {Name: "tiny", Type: types.Int8, Nullable: true}, {Name: "big", Type: types.Int64, Nullable: true},
		{Name: "ubig", Type: types.Uint64, Nullable: true}, {Name: "flag", Type: types.Boolean, Nullable: true},
		{Name: "dbl", Type: types.Float64, Nullable: true}, {Name: "flt", Type: types.Float32, Nullable: true},
		{Name: "num", Type: types.MustCreateColumnDecimalType(10, 2), Nullable: true},
		{Name: "ci", Type: text, Nullable: true}, {Name: "cs", Type: exactText, Nullable: true},
		{Name: "day", Type: types.Date, Nullable: true}, {Name: "at", Type: types.DatetimeMaxPrecision, Nullable: true},
		{Name: "tod", Type: types.Time, Nullable: true}, {Name: "k", Type: types.Int32, Nullable: true},
	}
	for _, c := range schema {
		c.Source, c.DatabaseSource = table, "w"
	}
	return schema
}

func declare(schema sql.Schema) *pb.Table {
	t := &pb.Table{}
	for _, c := range schema {
		declared := &pb.Column{Name: c.Name, NotNull: !c.Nullable}
		if c.Type == types.Boolean {
			declared.Type = pb.Type_TYPE_BOOL
		}
		t.Columns = append(t.Columns, declared)
	}
	return t
}

func decimal(s string) *apd.Decimal {
	d, _, err := apd.NewFromString(s)
	if err != nil {
		panic(err)
	}
	return d
}

func date(y, m, d int) time.Time { return time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC) }

// testRows makes rows with few different values, so that conditions hit.
func testRows(r *rand.Rand, n int) []sql.Row {
	words := []string{"a", "A", "ab", "Ab", "b", "", "a%", "a_c", "zz", "10", "1.5"}
	numbers := []string{"0.00", "1.50", "-2.25", "12345678.90", "3.00"}
	pick := func(v any) any {
		if r.IntN(6) == 0 {
			return nil
		}
		return v
	}
	rows := make([]sql.Row, n)
	for i := range rows {
		big := []int64{0, 1, -1, 9007199254740993, 9007199254740992, -9223372036854775808, 9223372036854775807}[r.IntN(7)]
		rows[i] = sql.Row{int64(i), pick(int8(r.IntN(11) - 5)), pick(big), pick([]uint64{0, 1, 5, 18446744073709551615}[r.IntN(4)]), pick(int8(r.IntN(2))),
			pick([]float64{0, 0.5, 0.1, -1.5, 3, 1e15}[r.IntN(6)]), pick([]float32{0, 0.5, 0.1, -1.5, 3}[r.IntN(5)]), pick(decimal(numbers[r.IntN(5)])),
			pick(words[r.IntN(len(words))]), pick(words[r.IntN(len(words))]), pick(date(2024, 1+r.IntN(3), 1+r.IntN(2))),
			pick(date(2024, 1, 1+r.IntN(3)).Add(time.Duration(r.IntN(3)) * 12 * time.Hour)),
			pick(types.Timespan(int64(r.IntN(5)) * 3_600_000_000)), pick(int32(r.IntN(8)))}
	}
	return rows
}

func newData(r *rand.Rand, name string, n int) *fakeData {
	schema := testColumns(name)
	return &fakeData{name: name, schema: schema, declared: declare(schema), rows: testRows(r, n)}
}

// randomPlan claims at random, and within what it claims does what it says, except that a connector
// that is not trusted may claim exactly what it does not do.
func randomPlan(r *rand.Rand) func(*fakeData, *pb.PlanRequest) *pb.PlanResponse {
	return func(d *fakeData, q *pb.PlanRequest) *pb.PlanResponse {
		response := &pb.PlanResponse{}
		var apply []bool
		var leak *rand.Rand
		all, argument := true, uint32(0)
		greedy := r.IntN(3) == 0
		for _, f := range q.Filters {
			answer := &pb.FilterAnswer{}
			does := false
			if f.Usable {
				switch r.IntN(4) {
				case 0:
				case 1:
					answer.Use, does = pb.Use_USE_INEXACT, r.IntN(2) == 0
				default:
					answer.Use, does = pb.Use_USE_EXACT, true
				}
				if greedy {
					answer.Use, does = pb.Use_USE_EXACT, true
				}
				if answer.Use == pb.Use_USE_EXACT && !d.trusted && r.IntN(3) == 0 {
					does = false
				}
				if _, ok := operandsOf(f.Filter, nil); ok && r.IntN(2) == 0 {
					argument++
					answer.Argument = argument
				}
			}
			all = all && answer.Use == pb.Use_USE_EXACT && (does || !d.trusted)
			response.Filters = append(response.Filters, answer)
			apply = append(apply, does)
		}
		if r.IntN(4) == 0 && len(response.Filters) > 0 && response.Filters[len(response.Filters)-1].Argument == 0 {
			response.Filters = response.Filters[:len(response.Filters)-1]
			apply, all = apply[:len(apply)-1], false
		}
		sorted := len(q.Order) == 0 || r.IntN(3) > 0
		if len(q.Order) > 0 {
			response.Order = &pb.Answer{Taken: sorted, Reason: "not today"}
		}
		claimWholes(r, q, response, all)
		// Sometimes the limit is claimed although the filters are not, which the engine must notice.
		if q.Limit != nil && (all && sorted && wholesTaken(q, response) || r.IntN(4) == 0) {
			response.Limit = &pb.Answer{Taken: r.IntN(3) > 0}
		}
		if r.IntN(2) == 0 {
			rows := float64(r.IntN(100))
			response.Rows, response.Cost = &rows, &rows
		}
		a := d.answer(q, response, apply)
		a.leak = leak
		return response
	}
}

// generator makes random conditions and queries. strict adds the conditions where go-mysql-server
// by itself is not MySQL.
type generator struct {
	*rand.Rand
	strict bool
}

func (g generator) of(list ...string) string { return list[g.IntN(len(list))] }

// literals fit the columns, or just do not. Left out is where go-mysql-server by itself is not
// MySQL: BIGINT against numbers beyond it, huge doubles against decimals, <=> and IN under a
// collation that ignores case.
var literals = map[string][]string{
	"id": {"0", "3", "7", "'5'", "2.5", "-1", "NULL", "1e0"}, "tiny": {"0", "1", "-5", "127", "128", "300", "-200", "'2'", "2.5", "1e0", "NULL", "'x'", "true"},
	"big":  {"0", "1", "9007199254740993", "9223372036854775807", "-9223372036854775809", "0.5", "'1'", "NULL"},
	"ubig": {"0", "1", "5", "18446744073709551615", "-1", "18446744073709551616", "'1'", "NULL"},
	"flag": {"0", "1", "2", "true", "false", "NULL", "'1'"},
	"dbl":  {"0", "0.5", "0.1", "-1.5", "3", "1e15", "'0.1'", "'abc'", "NULL", "0.10000000000000000555"},
	"flt":  {"0", "0.5", "-1.5", "3", "'0.5'", "NULL"},
	"num":  {"0", "1.5", "-2.25", "1.505", "12345678.9", "99999999999", "3", "NULL", "'1.5'"},
	"ci":   {"'a'", "'AB'", "''", "'zz'", "'a%'", "NULL", "10"}, "cs": {"'a'", "'A'", "'Ab'", "'a_c'", "NULL", "10"},
	"day": {"'2024-01-01'", "'2024-02-02'", "'2024-01-01 12:00:00'", "NULL", "date '2024-03-01'"},
	"at":  {"'2024-01-01'", "'2024-01-01 12:00:00'", "'2024-01-02T00:00:00.000000'", "timestamp '2024-01-03 00:00:00'", "NULL"},
	"tod": {"'01:00:00'", "'00:00:00'", "'03:00:00.5'", "'-01:00:00'", "NULL"},
	"k":   {"0", "3", "5", "7", "8", "NULL"},
}

// strictLiterals are those left out above.
var strictLiterals = map[string][]string{
	"big": {"9223372036854775808", "18446744073709551615", "1e300", "-0.5", "'9007199254740992'"}, "ubig": {"18446744073709551614.5", "-9223372036854775808", "1e19"},
	"dbl": {"1e300", "1e15", "99999999999999999999999999999999999"}, "tiny": {"9223372036854775808", "1e300"}, "id": {"18446744073709551615"},
}

var columnNames = []string{"id", "tiny", "big", "ubig", "flag", "dbl", "flt", "num", "ci", "cs", "day", "at", "tod", "k"}

// leaf is a comparison of one column of table t.
func (g generator) leaf(t string) string {
	name := g.of(columnNames...)
	c, lit := t+"."+name, func() string {
		if more := strictLiterals[name]; g.strict && more != nil && g.IntN(3) == 0 {
			return g.of(more...)
		}
		return g.of(literals[name]...)
	}
	switch g.IntN(12) {
	case 0:
		return c + g.of(" IS NULL", " IS NOT NULL")
	case 1:
		members := []string{lit(), lit(), lit()}
		// Members of different kinds are compared by the reference itself in ways of its own.
		if g.strict {
			// The reference takes lists member by member there.
		} else if name == "big" || name == "ubig" || name == "tiny" || name == "id" || name == "num" || name == "dbl" || name == "flag" || name == "day" || name == "ci" || name == "tod" {
			members = slices.DeleteFunc(members, func(m string) bool { return !plainMember(name, m) })
			// It takes the type of the list from the first.
			slices.SortStableFunc(members, func(a, b string) int { return strings.Compare(b, a) * strings.Count(a+b, "NULL") })
		}
		if len(members) == 0 {
			members = []string{"NULL"}
		}
		return c + g.of(" IN (", " NOT IN (") + strings.Join(members, ", ") + ")"
	case 2:
		return c + " BETWEEN " + lit() + " AND " + lit()
	case 3:
		return t + "." + g.of("ci", "cs") + g.of(" LIKE ", " NOT LIKE ") + g.of("'a%'", "'%b'", "'a_'", "'a|_c' ESCAPE '|'", "'A'", "NULL", "'a\\\\%'")
	case 4:
		return t + "." + g.of("cs") + g.of(" REGEXP ", " NOT REGEXP ") + g.of("'^a'", "'b$'", "'[0-9]'")
	case 5:
		return t + "." + g.of("flag", "tiny", "k") + g.of(" IS TRUE", " IS FALSE", " IS NOT TRUE", "")
	case 6:
		return g.of(t+".tiny < "+t+".k", t+".id > "+t+".big", t+".ci = "+t+".ci", t+".dbl <= "+t+".dbl", "abs("+t+".tiny) > 2", t+".k + 1 = 4")
	}
	op := g.of(" = ", " <> ", " < ", " <= ", " > ", " >= ", " <=> ")
	if name == "ci" && op == " <=> " && !g.strict {
		op = " = "
	}
	if g.IntN(3) == 0 {
		return lit() + op + c
	}
	return c + op + lit()
}

// plainMember keeps lists to members that the reference compares as MySQL does.
func plainMember(name, m string) bool {
	switch name {
	case "ci", "tod":
		return false
	case "day":
		return m == "'2024-01-01'" || m == "'2024-02-02'"
	case "num", "dbl":
		return m == "0" || m == "3" || m == "NULL"
	case "big":
		return m == "0" || m == "1" || m == "NULL" // with NULL among them it compares larger ones as doubles
	}
	return !strings.ContainsAny(m, "'.et") && len(m) < 18
}

func (g generator) condition(t string, depth int) string {
	if depth == 0 || g.IntN(3) == 0 {
		return g.leaf(t)
	}
	switch g.IntN(4) {
	case 0:
		return "NOT (" + g.condition(t, depth-1) + ")"
	case 1:
		return "(" + g.condition(t, depth-1) + " OR " + g.condition(t, depth-1) + ")"
	}
	return "(" + g.condition(t, depth-1) + " AND " + g.condition(t, depth-1) + ")"
}

// order is an ORDER BY that leaves no ties, so that LIMIT is deterministic.
func (g generator) order(t string) string {
	keys := []string{}
	for range g.IntN(3) {
		keys = append(keys, t+"."+g.of(columnNames...)+g.of("", " DESC"))
	}
	return " ORDER BY " + strings.Join(append(keys, t+".id"+g.of("", " DESC")), ", ")
}

func (g generator) limit() string {
	return g.of("", " LIMIT 3", " LIMIT 5 OFFSET 2", " LIMIT 0", " LIMIT 100")
}

// where is a condition on all rows of a table, or none.
func (g generator) where(t string) string {
	switch g.IntN(3) {
	case 0:
		return ""
	case 1:
		return " WHERE " + t + g.of(".id > 7", ".k <= 5", ".tiny IS NOT NULL", ".flag = 1", ".day >= '2024-02-01'")
	}
	return " WHERE " + g.condition(t, g.IntN(3))
}

// wholes is a random SELECT of groups or with DISTINCT.
func (g generator) wholes() string {
	switch g.IntN(5) {
	case 0, 1:
		return "SELECT x.k, x.flag, avg(x.num), count(DISTINCT x.tiny) AS n, sum(x.big), max(x.cs) FROM t x" + g.where("x") + " GROUP BY x.k, x.flag" +
			g.of("", " HAVING n > 1", " HAVING sum(x.big) > 0 AND x.k > 2", " HAVING count(x.id) BETWEEN 1 AND 3", " HAVING avg(x.num) > 1 AND n >= 1", " HAVING max(x.day) > '2024-01-01' OR min(x.tiny) = 0") +
			" ORDER BY " + g.of("", "n DESC, ", "sum(x.big), ", "x.flag DESC, ", "avg(x.num), ", "max(x.cs), ") + "x.k, x.flag" + g.of("", " DESC") + g.limit()
	case 2:
		return "SELECT count(*), avg(t.tiny), count(DISTINCT t.cs), sum(t.num) AS s, min(t.ubig) FROM t" + g.where("t") + g.of("", " HAVING s > 0", " HAVING count(*) > 10")
	case 3:
		return "SELECT DISTINCT " + g.of("t.k, t.flag", "t.flag, t.k AS x", "t.k, t.day", "t.cs, t.tiny", "t.num, t.big AS y", "t.k, t.k + 1", "t.k, t.ci") + " FROM t" + g.where("t") + " ORDER BY " + g.of("1, 2", "2 DESC, 1") + g.limit()
	default:
		return "SELECT s.x, s.n FROM (SELECT t.k AS x, count(*) AS n FROM t" + g.where("t") + " GROUP BY t.k) s WHERE s.n > 1 ORDER BY s.n, s.x" + g.limit()
	}
}

// query is a random SELECT over t and u.
func (g generator) query() string {
	where := func(t string) string {
		if g.IntN(5) == 0 {
			return ""
		}
		return " WHERE " + g.condition(t, 2)
	}
	join := g.of("JOIN", "LEFT JOIN", "JOIN")
	on := g.of("t.k = u.k", "t.k = u.k AND "+g.leaf("u"), "t.k < u.k", "t.tiny = u.k AND u.id < 9", "t.ci = u.ci", "t.k <=> u.k", "t.day = u.day AND t.dbl >= u.dbl",
		"t.id = u.k", "t.big = u.big", "t.num = u.num", "t.ubig = u.id", "t.k = u.dbl OR u.id = 1")
	// By itself go-mysql-server answers EXISTS over text that differs in case with a row too many.
	same := strings.ReplaceAll(on, "t.ci = u.ci", "t.cs = u.cs")
	switch g.IntN(23) {
	case 22:
		return g.wholes()
	case 20:
		return "SELECT t.id, s.m FROM t, LATERAL (SELECT max(u.id) AS m FROM u WHERE u.k " + g.of("=", "<") + " t.k AND " + g.leaf("u") + ") s" + where("t") + " ORDER BY t.id" + g.limit()
	case 21:
		return "SELECT a.id, b.id, c.id FROM t a JOIN u b ON a.k = b.k " + g.of("JOIN", "LEFT JOIN") + " t c ON c.k " + g.of("=", "<") + " b.k AND c.tiny > a.tiny" + where(g.of("a", "b")) + " ORDER BY 1, 2, 3" + g.limit()
	case 0, 1, 2:
		return "SELECT * FROM t" + where("t") + g.order("t") + g.limit()
	case 3, 4:
		return "SELECT t.id, t.ci FROM t" + where("t") + g.order("t") + g.limit()
	case 5:
		return "SELECT count(*) FROM t" + where("t")
	case 6:
		return "SELECT x.k, count(*), min(x.big), sum(x.tiny) FROM t x" + where("x") + " GROUP BY x.k HAVING count(*) > 1 ORDER BY x.k"
	case 7:
		return "SELECT DISTINCT t.k, t.flag FROM t" + where("t") + " ORDER BY t.k, t.flag" + g.limit()
	case 8, 9, 10:
		return "SELECT t.id, u.id, u.cs FROM t " + join + " u ON " + on + where(g.of("t", "u")) + " ORDER BY t.id, u.id" + g.limit()
	case 11:
		return "SELECT t.id FROM t WHERE EXISTS (SELECT 1 FROM u WHERE " + same + " AND " + g.leaf("u") + ") AND " + g.leaf("t") + " ORDER BY t.id"
	case 12:
		return "SELECT t.id FROM t WHERE NOT EXISTS (SELECT * FROM u WHERE " + same + " AND " + g.leaf("u") + ") ORDER BY t.id"
	case 13:
		return "SELECT t.id, (SELECT max(u.id) FROM u WHERE u.k " + g.of("=", "<", "<=>") + " t.k AND " + g.leaf("u") + ") FROM t" + where("t") + " ORDER BY t.id"
	case 14:
		return "SELECT t.id FROM t WHERE t.k " + g.of("IN", "NOT IN") + " (SELECT u.k FROM u WHERE " + g.leaf("u") + ") ORDER BY t.id"
	case 15:
		return "SELECT id, k FROM t WHERE " + g.condition("t", 1) + g.of(" UNION ", " UNION ALL ") + "SELECT id, k FROM u WHERE " + g.condition("u", 1) + " ORDER BY 1, 2" + g.limit()
	case 16:
		return "WITH c AS (SELECT * FROM t WHERE " + g.condition("t", 1) + ") SELECT a.id, b.ci FROM c a JOIN c b ON a.k = b.k WHERE " + g.leaf("b") + " ORDER BY a.id, b.id" + g.limit()
	case 17:
		return "SELECT s.id FROM (SELECT t.id, t.k FROM t" + where("t") + g.order("t") + " LIMIT 7) s WHERE s.k > 1 ORDER BY s.id"
	case 18:
		return "SELECT t.id, row_number() OVER (PARTITION BY t.k ORDER BY t.id) FROM t" + where("t") + " ORDER BY t.id" + g.limit()
	}
	return "SELECT t.id FROM t WHERE t.k > (SELECT avg(u.k) FROM u WHERE " + g.leaf("u") + ") AND t.id <= (SELECT max(id) FROM u) ORDER BY t.id"
}

// switchings are subsets of the switches.
func (g generator) switching() []string {
	var off []string
	if g.IntN(4) == 0 {
		return nil
	}
	for _, name := range []string{VariableFilters, VariableColumns, VariableOrder, VariableLimit, VariableJoins, VariableGroups, VariableDistinct, VariableJoined, VariableSample} {
		if g.IntN(3) == 0 {
			off = append(off, "SET "+name+" = 0")
		}
	}
	if g.IntN(3) == 0 {
		off = append(off, fmt.Sprint("SET ", VariableRefuse, " = ", 1+g.IntN(1000)))
	}
	if g.IntN(8) == 0 {
		off = append(off, "SET wasql_pushdown = 0")
	}
	return off
}

// TestOracle runs random queries over random connectors with random switches, and compares the
// rows with those of the same tables without any connector.
func TestOracle(t *testing.T) {
	queries := 3000
	if testing.Short() {
		queries = 600
	}
	for _, trusted := range []bool{true, false} {
		for _, strict := range []bool{false, true} {
			t.Run(fmt.Sprintf("trusted=%v/strict=%v", trusted, strict), func(t *testing.T) { oracle(t, trusted, strict, queries/4, 1, generator.query) })
		}
	}
}

// joins is a random SELECT of two tables or more.
func (g generator) joins() string {
	on := g.of("t.k = u.k", "t.id = u.id", "t.big = u.big AND t.k = u.k", "t.cs = u.cs", "t.day = u.day", "t.num = u.num AND t.tiny > 0", "t.k = u.k AND u.tiny < 3", "t.id = u.k", "t.k = u.k AND t.id < u.id")
	where := func(t string) string {
		return g.of("", " WHERE "+t+".id > 4", " WHERE "+t+".tiny <= 3", " WHERE "+g.leaf(t))
	}
	switch g.IntN(6) {
	case 0:
		return "SELECT t.id FROM t WHERE " + g.of("EXISTS", "NOT EXISTS") + " (SELECT 1 FROM u WHERE " + on + g.of("", " AND u.id > 2") + ") ORDER BY t.id"
	case 1:
		return "SELECT t.id FROM t WHERE t.k IN (SELECT u.k FROM u" + where("u") + ") AND t.id < 30 ORDER BY t.id"
	case 2:
		return "SELECT a.id, b.cs, c.id FROM t a JOIN u b ON a.k = b.k " + g.of("JOIN", "LEFT JOIN") + " t c ON c.id = b.id" + where(g.of("a", "b")) + " ORDER BY 1, 2, 3" + g.limit()
	case 3:
		return "SELECT t.k, count(*), max(u.id) FROM t " + g.of("JOIN", "LEFT JOIN") + " u ON " + on + where(g.of("t", "u")) + " GROUP BY t.k ORDER BY t.k"
	}
	return "SELECT t.id, u.id, u.cs, t.dbl FROM t " + g.of("JOIN", "LEFT JOIN") + " u ON " + on + where(g.of("t", "u")) + " ORDER BY t.id, u.id" + g.limit()
}

// TestOracleOfJoins does the same with joins.
func TestOracleOfJoins(t *testing.T) {
	queries := 4000
	if testing.Short() {
		queries = 1000
	}
	var fakes []*fakeData
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			fakes = append(fakes, oracle(t, true, seed%2 > 0, queries/4, seed, generator.joins)...)
		})
	}
	claims(t, []string{"JOIN_KIND_INNER", "JOIN_KIND_LEFT"}, fakes...)
}

// TestOracleOfWholes does the same with queries of groups and with DISTINCT.
func TestOracleOfWholes(t *testing.T) {
	queries := 4000
	if testing.Short() {
		queries = 1000
	}
	var fakes []*fakeData
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			fakes = append(fakes, oracle(t, true, seed%2 > 0, queries/4, seed, generator.wholes)...)
		})
	}
	claims(t, []string{"order", "limit", "distinct", "limit of distinct", "groups", "having", "order of groups", "limit of groups"}, fakes...)
}

// oracle compares with plain tables, or, when strict, with the same connectors taking nothing.
func oracle(t *testing.T, trusted, strict bool, queries int, seed uint64, make func(generator) string) []*fakeData {
	r := rand.New(rand.NewPCG(seed, 7))
	a, b := newData(r, "t", 40), newData(r, "u", 15)
	for _, d := range []*fakeData{a, b} {
		d.trusted, d.plan, d.joins = trusted, randomPlan(r), true
	}
	bench := newBench(t, a, b)
	reference, database := bench, "p"
	if strict {
		c, d := &fakeData{name: "t", schema: a.schema, declared: a.declared, rows: a.rows}, &fakeData{name: "u", schema: b.schema, declared: b.declared, rows: b.rows}
		reference, database = newBench(t, c, d), "w"
	}
	g := generator{r, strict}
	failed, compared := 0, 0
	for range queries {
		q := make(g)
		want, wantErr := reference.query(reference.context(database), q)
		ctx := bench.context("w")
		off := g.switching()
		for _, set := range off {
			if _, err := bench.query(ctx, set); err != nil {
				t.Fatal(err)
			}
		}
		a.noRescan, b.noRescan = r.IntN(2) == 0, r.IntN(2) == 0
		got, err := bench.query(ctx, q)
		bench.noneOpen(t, q)
		if wantErr != nil {
			continue
		}
		compared++
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s\n  with %v\n  got  %v %v\n  want %v", q, off, got, err, want)
			if failed++; failed > 10 {
				t.FailNow()
			}
		}
	}
	if compared < queries*9/10 {
		t.Errorf("only %d of %d queries ran without the connectors", compared, queries)
	}
	return []*fakeData{a, b}
}
