package engine

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/wasql/wasql/engine/function"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/sqlerr"
)

// sampled is TABLESAMPLE as written, behind a table and its alias. vitess does not know it: it is read as an index hint of the same length,
// USE INDEX(`~0`), which takeSamples finds in the tree.
type sampled struct {
	written, mark string
	// share and seed are what stands in brackets; seed is empty without REPEATABLE.
	share, seed string
	rows        bool
}

// sampleMark begins the names of the indexes.
const sampleMark = "~"

// withSamples marks the samples of a query.
func withSamples(query string) (string, []sampled) {
	if !strings.Contains(strings.ToLower(query), "tablesample") {
		return query, nil
	}
	tokens := significant(query)
	text := func(i int) string {
		if i >= len(tokens) {
			return ""
		}
		return query[tokens[i][0]:tokens[i][1]]
	}
	// bracket gives what stands in brackets from token i on, and the token behind.
	bracket := func(i int) (inner string, next int, ok bool) {
		if text(i) != "(" {
			return "", i, false
		}
		for next = i + 1; next < len(tokens) && text(next) != ")" && text(next) != "("; next++ {
		}
		if text(next) != ")" {
			return "", i, false
		}
		return strings.TrimSpace(query[tokens[i][1]:tokens[next][0]]), next + 1, true
	}
	var all []sampled
	var out strings.Builder
	from := 0
	for i := range tokens {
		if !strings.EqualFold(text(i), "tablesample") || !isOne(text(i+1), []string{"system", "bernoulli"}) {
			continue
		}
		s := sampled{rows: strings.EqualFold(text(i+1), "bernoulli")}
		inner, next, ok := bracket(i + 2)
		if !ok {
			continue
		}
		if words := strings.Fields(inner); len(words) > 1 && strings.EqualFold(words[len(words)-1], "percent") {
			inner = strings.TrimSpace(inner[:len(inner)-len("percent")])
		}
		s.share = inner
		if strings.EqualFold(text(next), "repeatable") {
			if s.seed, next, ok = bracket(next + 1); !ok || s.seed == "" {
				continue
			}
		}
		start, end := tokens[i][0], tokens[next-1][1]
		s.written = query[start:end]
		name := fmt.Sprintf("USE INDEX(`%s%d`", sampleMark, len(all))
		if len(name)+1 > len(s.written) {
			continue // there is no room: more samples than a statement has
		}
		s.mark = name + strings.Repeat(" ", len(s.written)-len(name)-1) + ")"
		out.WriteString(query[from:start] + s.mark)
		from, all = end, append(all, s)
	}
	return out.String() + query[from:], all
}

// asWritten is a part of a marked query as it was.
func asWritten(text string, samples []sampled) string {
	for _, s := range samples {
		text = strings.ReplaceAll(text, s.mark, s.written)
	}
	return text
}

// takeSamples makes derived tables of the tables that have a sample: (SELECT * FROM t WHERE …) AS t.
func (p parser) takeSamples(ctx context.Context, statement sqlparser.Statement) error {
	if p.samples == nil {
		return nil
	}
	sqlContext, ok := ctx.(*sql.Context)
	if !ok {
		return sqlerr.New(1235, "42000", "TABLESAMPLE is not supported in this statement")
	}
	tables := stars{ctx: sqlContext, provider: p.catalog.Provider(), ctes: map[string]bool{}}
	taken := 0
	var err error
	visit := func(node sqlparser.SQLNode) {
		switch n := node.(type) {
		case *sqlparser.AliasedExpr:
			n.InputExpression = asWritten(n.InputExpression, p.samples)
		case *sqlparser.CommonTableExpr:
			tables.ctes[strings.ToLower(n.As.String())] = true
		case *sqlparser.Update, *sqlparser.Delete:
			err = sqlerr.New(1235, "42000", "TABLESAMPLE is not supported in UPDATE and DELETE")
		case *sqlparser.AliasedTableExpr:
			if n.Hints == nil || len(n.Hints.Indexes) != 1 || err != nil {
				return
			}
			at, number := strings.CutPrefix(n.Hints.Indexes[0].String(), sampleMark)
			i, wrong := strconv.Atoi(at)
			if !number || wrong != nil || i >= len(p.samples) {
				return
			}
			taken++
			err = tables.sample(n, p.samples[i])
		}
	}
	walk(explained(statement), visit)
	if err == nil && taken < len(p.samples) {
		err = sqlerr.New(1235, "42000", "TABLESAMPLE is not supported in this statement")
	}
	if err != nil {
		return sqlerr.From(err)
	}
	return nil
}

// sample makes a derived table of a table.
func (s stars) sample(n *sqlparser.AliasedTableExpr, of sampled) error {
	name, is := n.Expr.(sqlparser.TableName)
	if !is {
		return sqlerr.New(1347, "HY000", "the derived table '%s' is not BASE TABLE: TABLESAMPLE is of tables", n.As.String())
	}
	fraction, seed, err := of.numbers()
	if err != nil {
		return err
	}
	columns, err := s.told(name)
	if err != nil {
		return err
	}
	number := func(x uint64) sqlparser.SelectExpr {
		return &sqlparser.AliasedExpr{Expr: sqlparser.NewIntVal(strconv.AppendUint(nil, x, 10))}
	}
	truth := map[bool]uint64{true: 1}
	arguments := append(sqlparser.SelectExprs{number(math.Float64bits(fraction)), number(seed), number(truth[of.seed != ""]), number(truth[of.rows])}, columns...)
	inner := &sqlparser.AliasedTableExpr{Expr: name, AsOf: n.AsOf, Partitions: n.Partitions, Auth: n.Auth}
	condition := &sqlparser.FuncExpr{Name: sqlparser.NewColIdent(function.Sample), Exprs: arguments}
	if n.As.IsEmpty() {
		n.As = name.Name
	}
	n.Expr = &sqlparser.Subquery{Select: &sqlparser.Select{SelectExprs: sqlparser.SelectExprs{&sqlparser.StarExpr{}},
		From: sqlparser.TableExprs{inner}, Where: sqlparser.NewWhere(sqlparser.WhereStr, condition)}}
	n.Hints, n.AsOf, n.Partitions, n.Auth = nil, nil, nil, sqlparser.AuthInformation{AuthType: sqlparser.AuthType_IGNORE}
	return nil
}

// numbers reads the share and the seed. Without one it is another each time.
func (s *sampled) numbers() (fraction float64, seed uint64, err error) {
	if fraction, err = strconv.ParseFloat(s.share, 64); err != nil || !(fraction >= 0 && fraction <= 100) {
		return 0, 0, sqlerr.New(1210, "HY000", "incorrect arguments to TABLESAMPLE: '%s' is no number from 0 to 100, percent of the rows", s.share)
	}
	if s.seed == "" {
		return fraction / 100, rand.Uint64(), nil
	}
	whole, err := strconv.ParseInt(s.seed, 10, 64)
	if err != nil {
		return 0, 0, sqlerr.New(1210, "HY000", "incorrect arguments to REPEATABLE: '%s' is no whole number", s.seed)
	}
	return fraction / 100, uint64(whole), nil
}

// told are the columns that tell the rows of a table apart: those of its primary key, or all.
func (s stars) told(name sqlparser.TableName) (sqlparser.SelectExprs, error) {
	database := name.DbQualifier.String()
	if database == "" {
		if s.ctes[strings.ToLower(name.Name.String())] {
			return nil, notSampled(name)
		}
		database = s.ctx.GetCurrentDatabase()
	}
	db, err := s.provider.Database(s.ctx, database)
	if err != nil {
		return nil, err
	}
	found, ok, err := db.GetTableInsensitive(s.ctx, name.Name.String())
	if err != nil {
		return nil, err
	}
	if !ok {
		if views, has := db.(sql.ViewDatabase); has {
			if _, is, err := views.GetViewDefinition(s.ctx, name.Name.String()); err != nil || is {
				return nil, notSampled(name)
			}
		}
		return nil, sql.ErrTableNotFound.New(name.Name.String())
	}
	if keyed, is := found.(sql.PrimaryKeyTable); is {
		if key := keyed.PrimaryKeySchema(s.ctx); len(key.PkOrdinals) > 0 {
			var out sqlparser.SelectExprs
			for _, at := range key.PkOrdinals {
				out = append(out, named("", key.Schema[at].Name))
			}
			return out, nil
		}
	}
	var all item
	if t := gms.Of(found); t != nil {
		all.show(t)
	} else {
		for _, c := range found.Schema(s.ctx) {
			all.visible = append(all.visible, c.Name)
		}
	}
	var out sqlparser.SelectExprs
	for _, c := range all.visible {
		out = append(out, named("", c))
	}
	return out, nil
}

func notSampled(name sqlparser.TableName) error {
	return sqlerr.New(1347, "HY000", "'%s' is not BASE TABLE: TABLESAMPLE is of tables", sqlparser.String(name))
}
