package pushdown_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/wasql/wasql/engine"
)

// TestIndexesChangeNothing runs random statements over tables with random indexes, with pushdown on
// and off, and over the same tables without indexes. Everybody must agree on every row, also after
// UPDATE and DELETE.
//
// checklist: G16 G26 M16
func TestIndexesChangeNothing(t *testing.T) {
	statements := 1200
	if testing.Short() {
		statements = 250
	}
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			e, s := newStore(t)
			p := &property{T: t, rand: rand.New(rand.NewPCG(seed, 3)), on: s, off: e.NewSession("off"), single: e.NewSession("single"), random: e.NewSession("random"), plans: map[string]int{}}
			t.Cleanup(p.off.Close)
			t.Cleanup(p.single.Close)
			t.Cleanup(p.random.Close)
			p.must(p.off, "SET wasql_pushdown = 0")
			p.must(p.single, "SET wasql_pushdown_lookups = 0")
			p.tables()
			for range statements {
				p.step()
				if t.Failed() {
					return
				}
			}
			for _, used := range []string{"index: ", "order taken", "groups taken", "groups by keys", "distinct taken", "having taken", "join taken", "LookupJoin", "MergeJoin", "HashJoin", "keys: "} {
				if p.plans[used] == 0 {
					t.Errorf("no plan had %q: nothing was tested", used)
				}
			}
		})
	}
}

// property is one run: tables t and u have indexes, t0 and u0 have none.
type property struct {
	*testing.T
	rand    *rand.Rand
	on, off *engine.Session
	// single asks for the keys of a join one by one.
	single *engine.Session
	// random leaves parts of each query to the engine.
	random *engine.Session
	next   int
	// indexes are those of t and u, to be dropped again.
	indexes []string
	// plans counts what was seen in the plans of SELECTs.
	plans map[string]int
}

var propertyColumns = []string{"k", "n", "d", "s", "c", "day", "f", "e"}

func (p *property) of(list ...string) string { return list[p.rand.IntN(len(list))] }

// ask runs a statement and gives its rows as text, and how many it changed.
func (p *property) ask(s *engine.Session, text string) ([]string, error) {
	ctx := context.Background()
	result, err := s.Query(ctx, text)
	if err != nil {
		return nil, err
	}
	var rows []string
	for {
		row, err := result.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return rows, errors.Join(err, result.Close(ctx))
		}
		rows = append(rows, fmt.Sprint([]any(row)))
	}
	if n := result.RowsAffected(); n > 0 {
		rows = append(rows, fmt.Sprint("changed ", n))
	}
	return rows, result.Close(ctx)
}

func (p *property) must(s *engine.Session, text string) []string {
	p.Helper()
	rows, err := p.ask(s, text)
	if err != nil {
		p.Fatalf("%s: %v", text, err)
	}
	return rows
}

const propertyTable = "(id BIGINT PRIMARY KEY, k INT, n TINYINT UNSIGNED NOT NULL, d DECIMAL(8,2), s VARCHAR(12), c VARCHAR(12) COLLATE utf8mb4_0900_bin NOT NULL, day DATE, f DOUBLE, e ENUM('red','green','blue'))"

func (p *property) tables() {
	for _, name := range []string{"t", "u"} {
		p.must(p.on, "CREATE TABLE "+name+" "+propertyTable)
		p.must(p.on, "CREATE TABLE "+name+"0 "+propertyTable)
	}
	for _, table := range []string{"t", "u"} {
		// What the joins of step are often on.
		p.must(p.on, "CREATE INDEX kd ON "+table+" (k, day)")
	}
	p.index()
	p.insert("t", 60)
	p.insert("u", 25)
	p.crowd()
	p.index()
	p.index()
}

// crowd makes tables w and w0, which stay as they are, with many rows for each value.
func (p *property) crowd() {
	const columns = "(id BIGINT PRIMARY KEY, k INT, n TINYINT UNSIGNED NOT NULL, d DECIMAL(8,2), c VARCHAR(12) COLLATE utf8mb4_0900_bin, day DATE"
	p.must(p.on, "CREATE TABLE w "+columns+", KEY kn (k, n DESC), KEY n (n), KEY cd (c, day, d), KEY day (day DESC, k))")
	p.must(p.on, "CREATE TABLE w0 "+columns+")")
	var values []string
	for id := range 700 {
		values = append(values, fmt.Sprintf("(%d, %s, %s, %s, %s, %s)", id, p.of("1", "2", "3", "NULL"), p.of("0", "7", "255"), p.literal("d"), p.of("'a'", "'A'", "''", "NULL"), p.literal("day")))
	}
	for _, name := range []string{"w", "w0"} {
		p.must(p.on, "INSERT INTO "+name+" VALUES "+strings.Join(values, ", "))
	}
}

// wholes reads groups of w, or values that differ.
func (p *property) wholes() {
	where := p.of("", "", "", "", " WHERE k = 2", " WHERE k > 1", " WHERE n = 7", " WHERE k IN (1, 3) AND n IN (0, 7)", " WHERE day >= '2024-02-01'", " WHERE c = 'a'", " WHERE c IS NULL AND day IS NOT NULL", " WHERE d > 0")
	if p.rand.IntN(3) == 0 {
		columns := p.of("k", "n", "k, n", "n, k", "c, day", "day", "c", "k, day", "d, c, day", "k + 1")
		p.read("SELECT DISTINCT " + columns + " FROM {w}" + where + " ORDER BY " + columns + p.of("", " LIMIT 2", " LIMIT 3 OFFSET 1"))
		return
	}
	keys := p.of("k", "k", "n", "k, n", "c", "c, day", "day", "day, k")
	calls := p.of("count(*)", "count(*), count(id)", "count(*)", "count(id), count(*)", "count(n), max(n)", "min(n), max(n)", "max(day)", "max(d), count(*)", "min(k)", "avg(n), sum(d)", "count(DISTINCT n)")
	having := p.of("", "", " HAVING count(*) > 50", " HAVING count(*) BETWEEN 40 AND 90", " HAVING max(n) > 7", " HAVING sum(n) > 10")
	p.read("SELECT " + keys + ", " + calls + " FROM {w}" + where + " GROUP BY " + keys + having + " ORDER BY " + p.of("", "", "count(*) DESC, ") + keys + p.of("", " LIMIT 2", " LIMIT 3 OFFSET 1"))
}

// index makes an index on t and u, or drops one.
func (p *property) index() {
	if len(p.indexes) > 5 {
		gone := p.indexes[0]
		p.indexes = p.indexes[1:]
		for _, table := range []string{"t", "u"} {
			p.must(p.on, "DROP INDEX "+gone+" ON "+table)
		}
		return
	}
	p.next++
	name := fmt.Sprint("x", p.next)
	columns := slices.Clone(propertyColumns)
	p.rand.Shuffle(len(columns), func(i, j int) { columns[i], columns[j] = columns[j], columns[i] })
	columns = columns[:1+p.rand.IntN(3)]
	for i, c := range columns {
		if (c == "s" || c == "c") && p.rand.IntN(3) == 0 {
			columns[i] += "(2)"
		}
	}
	for _, table := range []string{"t", "u"} {
		p.must(p.on, "CREATE INDEX "+name+" ON "+table+" ("+strings.Join(columns, ", ")+")")
	}
	p.indexes = append(p.indexes, name)
}

func (p *property) literal(column string) string {
	switch column {
	case "id":
		return fmt.Sprint(p.rand.IntN(90))
	case "k":
		return p.of("0", "1", "2", "3", "5", "8", "-1", "NULL")
	case "n":
		return p.of("0", "1", "7", "200", "255")
	case "d":
		return p.of("0", "1.50", "-2.25", "99.99", "NULL")
	case "s":
		return p.of("'a'", "'A'", "'ab'", "'Abc'", "'b'", "''", "'zz'", "NULL")
	case "c":
		return p.of("'a'", "'A'", "'ab'", "'Ab'", "'b'", "''")
	case "day":
		return p.of("'2024-01-01'", "'2024-02-29'", "'2025-12-31'", "NULL")
	case "f":
		return p.of("0", "0.5", "-1.5", "1e9", "NULL")
	}
	return p.of("'red'", "'green'", "'blue'", "NULL")
}

func (p *property) insert(table string, n int) {
	for range n {
		p.next++
		values := []string{fmt.Sprint(p.next)}
		for _, c := range propertyColumns {
			values = append(values, p.literal(c))
		}
		for _, name := range []string{table, table + "0"} {
			p.must(p.on, "INSERT INTO "+name+" VALUES ("+strings.Join(values, ", ")+")")
		}
	}
}

// leaf is a condition on one column of the table called t.
func (p *property) leaf(t string) string {
	c := p.of(append([]string{"id"}, propertyColumns...)...)
	switch p.rand.IntN(9) {
	case 0:
		return t + "." + c + p.of(" IS NULL", " IS NOT NULL")
	case 1:
		return t + "." + c + p.of(" IN (", " NOT IN (") + p.literal(c) + ", " + p.literal(c) + ", " + p.literal(c) + ")"
	case 2:
		return t + "." + c + " BETWEEN " + p.literal(c) + " AND " + p.literal(c)
	case 3:
		return t + "." + p.of("s", "c") + p.of(" LIKE ", " NOT LIKE ") + p.of("'a%'", "'A%'", "'%b'", "'a_'", "'ab%c'", "'%'")
	}
	return t + "." + c + p.of(" = ", " = ", " = ", " < ", " <= ", " > ", " >= ", " <> ", " <=> ") + p.literal(c)
}

func (p *property) condition(t string) string {
	switch p.rand.IntN(5) {
	case 0:
		return p.leaf(t)
	case 1:
		return "(" + p.leaf(t) + " OR " + p.leaf(t) + ")"
	case 2:
		return p.leaf(t) + " AND " + p.leaf(t) + " AND " + p.leaf(t)
	}
	return p.leaf(t) + " AND " + p.leaf(t)
}

func (p *property) order(t string) string {
	keys := []string{}
	for range p.rand.IntN(3) {
		keys = append(keys, t+"."+p.of(propertyColumns...)+p.of("", " DESC"))
	}
	return " ORDER BY " + strings.Join(append(keys, t+".id"+p.of("", " DESC")), ", ") + p.of("", "", " LIMIT 3", " LIMIT 7 OFFSET 2")
}

// step runs one statement. {t} and {u} stand for the tables.
func (p *property) step() {
	on := p.of("{t}.k = {u}.k", "{t}.id = {u}.id", "{t}.k = {u}.id", "{t}.s = {u}.s", "{t}.c = {u}.c AND {t}.n = {u}.n", "{t}.k = {u}.k AND {t}.day = {u}.day",
		"{t}.k <=> {u}.k", "{t}.d = {u}.d", "{t}.k = {u}.n", "{t}.e = {u}.e", "{t}.f < {u}.f")
	hint := p.of("", "", "/*+ LOOKUP_JOIN({t},{u}) */ ", "/*+ LOOKUP_JOIN({u},{t}) */ ", "/*+ MERGE_JOIN({t},{u}) */ ", "/*+ HASH_JOIN({t},{u}) */ ")
	a, b := "{t}", "{u}"
	switch p.rand.IntN(19) {
	case 17, 18:
		for range 3 {
			p.wholes()
		}
		p.read("SELECT /*+ LOOKUP_JOIN({u},{w}) */ {u}.id, {w}.id, {w}.d, {w}.c FROM {u} " + p.of("JOIN", "LEFT JOIN") + " {w} ON {w}.id = {u}.k" +
			p.of("", "", " AND {w}.k = {u}.k", " AND {w}.n > 0") + " WHERE " + p.of("{u}.id > 0", "{u}.s < 'b'", "{u}.n > 3", "{w}.n > 0") + " ORDER BY 1, 2")
	case 16:
		c := p.of("id", "k", "k", "n", "d", "day", "c")
		p.read("SELECT count(*), min(id), count({t}." + c + "), min({t}." + c + "), max({t}." + c + ")" + p.of("", "", ", sum(id)") + " FROM {t}" + p.of("", "", " WHERE {t}."+c+p.of(" > ", " <= ", " = ")+p.literal(c), " WHERE "+p.leaf(a)))
	case 0, 1, 2, 3:
		p.read("SELECT * FROM {t} WHERE " + p.condition(a) + p.order(a))
	case 4:
		p.read("SELECT {t}.id, {t}." + p.of(propertyColumns...) + " FROM {t}" + p.order(a))
	case 5:
		p.read("SELECT count(*), min({t}." + p.of(propertyColumns...) + "), max({t}." + p.of(propertyColumns...) + "), min(id), max(id) FROM {t} WHERE " + p.condition(a))
	case 6, 7, 8:
		p.read("SELECT " + hint + "{t}.id, {u}.id, {u}.s FROM {t} " + p.of("JOIN", "LEFT JOIN", "JOIN") + " {u} ON " + on + " WHERE " + p.condition(a) + " ORDER BY 1, 2")
	case 9:
		p.read("SELECT {t}.id FROM {t} WHERE " + p.of("EXISTS", "NOT EXISTS") + " (SELECT 1 FROM {u} WHERE " + on + " AND " + p.leaf(b) + ") ORDER BY 1")
	case 10:
		c := p.of("k", "s", "id")
		p.read("SELECT {t}.id FROM {t} WHERE {t}." + c + p.of(" IN ", " NOT IN ") + "(SELECT {u}." + c + " FROM {u} WHERE " + p.leaf(b) + ") ORDER BY 1")
	case 11:
		c := p.of(propertyColumns...)
		p.write("UPDATE {t} SET " + c + " = " + p.literal(c) + p.of("", ", k = k + 1", ", f = id / 2") + " WHERE " + p.condition(a) + p.of("", " ORDER BY id LIMIT 3", " ORDER BY id DESC LIMIT 1"))
	case 12:
		p.write("UPDATE {t} JOIN {u} ON " + on + " SET {t}.f = {u}.id WHERE " + p.leaf(b) + " AND {u}.id = (SELECT x.id FROM (SELECT min(id) AS id FROM {u}) x)")
	case 13:
		p.write("DELETE FROM {t} WHERE " + p.condition(a) + " AND id % 5 = " + fmt.Sprint(p.rand.IntN(5)) + p.of("", " ORDER BY id LIMIT 2"))
	case 14:
		p.insert(p.of("t", "u"), 3)
	case 15:
		if p.rand.IntN(3) == 0 {
			p.index()
		}
	}
}

// read compares the rows of a SELECT.
func (p *property) read(q string) {
	p.Helper()
	indexed, plain := p.named(q, ""), p.named(q, "0")
	want, wantErr := p.ask(p.off, plain)
	p.must(p.random, fmt.Sprint("SET wasql_pushdown_refuse = ", 1+p.rand.IntN(1000)))
	p.plan(indexed)
	for what, run := range map[string]func() ([]string, error){
		"indexed, pushdown on":     func() ([]string, error) { return p.ask(p.on, indexed) },
		"indexed, key by key":      func() ([]string, error) { return p.ask(p.single, indexed) },
		"indexed, parts refused":   func() ([]string, error) { return p.ask(p.random, indexed) },
		"indexed, pushdown off":    func() ([]string, error) { return p.ask(p.off, indexed) },
		"not indexed, pushdown on": func() ([]string, error) { return p.ask(p.on, plain) },
	} {
		got, err := run()
		if (err == nil) != (wantErr == nil) || err == nil && !slices.Equal(got, want) {
			p.Errorf("%s\n%s:\n  got  %v %v\n  want %v %v\n%s", q, what, got, err, want, wantErr, strings.Join(p.must(p.on, "EXPLAIN "+indexed), "\n"))
		}
	}
}

// plan notes how a SELECT is run.
func (p *property) plan(q string) {
	rows, err := p.ask(p.on, "EXPLAIN "+q)
	if err != nil {
		return // the statement itself fails too, and is compared
	}
	text := strings.Join(rows, "\n")
	for _, line := range strings.Split(text, "\n") {
		if strings.Contains(line, "order: ") && strings.Contains(line, " taken") && !strings.Contains(line, "not taken") {
			p.plans["order taken"]++
		}
		p.taken(line)
	}
	for _, part := range []string{"index: ", "LookupJoin", "MergeJoin", "HashJoin"} {
		p.plans[part] += strings.Count(text, part)
	}
	if strings.Contains(text, "Join") && p.plans["keys: "] < 3 {
		if rows, err = p.ask(p.on, "EXPLAIN ANALYZE "+q); err == nil {
			p.plans["keys: "] += strings.Count(strings.Join(rows, "\n"), "keys: ")
		}
	}
}

// taken notes what a line of a plan says of groups and DISTINCT.
func (p *property) taken(line string) {
	if !strings.HasSuffix(strings.TrimRight(line, "]"), " taken") {
		return
	}
	for _, part := range []string{"groups", "distinct", "having", "join"} {
		if strings.Contains(line, part+": ") {
			p.plans[part+" taken"]++
		}
	}
	if strings.Contains(line, "groups: ") && strings.Contains(line, " by ") {
		p.plans["groups by keys"]++
	}
}

// write compares what an UPDATE or DELETE leaves.
func (p *property) write(q string) {
	p.Helper()
	got, err := p.ask(p.on, p.named(q, ""))
	want, wantErr := p.ask(p.off, p.named(q, "0"))
	if (err == nil) != (wantErr == nil) || err == nil && !slices.Equal(got, want) {
		p.Errorf("%s\n  got  %v %v\n  want %v %v", q, got, err, want, wantErr)
	}
	for _, table := range []string{"t", "u"} {
		got, want := p.must(p.off, "SELECT * FROM "+table+" ORDER BY id"), p.must(p.off, "SELECT * FROM "+table+"0 ORDER BY id")
		if !slices.Equal(got, want) {
			p.Errorf("%s\nleaves in %s\n  %v\nwanted\n  %v", q, table, strings.Join(got, "\n  "), strings.Join(want, "\n  "))
		}
	}
}

func (p *property) named(q, suffix string) string {
	return strings.NewReplacer("{t}", "t"+suffix, "{u}", "u"+suffix, "{w}", "w"+suffix).Replace(q)
}
