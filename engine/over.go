package engine

import (
	"context"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/wasql/wasql/engine/sqlerr"
)

// vitess reads OVER behind the aggregates of SQL alone. A connector's, longest(doc) OVER (…), is read as one of them,
// max(`mark`, doc) OVER (…), whose first argument keeps what was written, and gets its name back in the tree.
const overMark = "wasql over "

var overMarked = regexp.MustCompile("max\\(`" + overMark + "([0-9a-f]+)`(?:, )?")

// overNames are the functions that vitess reads OVER behind.
var overNames = []string{
	"avg", "bit_and", "bit_or", "bit_xor", "count", "json_arrayagg", "json_objectagg", "max", "min", "std", "stddev", "stddev_pop", "stddev_samp",
	"sum", "var_pop", "var_samp", "variance", "cume_dist", "dense_rank", "first_value", "lag", "last_value", "lead", "nth_value", "ntile",
	"percent_rank", "rank", "row_number",
}

// overCall is a call in a text: of the tokens from its name on, or that of its database, to behind its opening bracket.
type overCall struct{ name, open int }

// withOver marks the calls of other functions that have OVER behind them; false: there are none.
func withOver(query string) (string, bool) {
	tokens := significant(query)
	if !slices.ContainsFunc(tokens, func(t [2]int) bool { return strings.EqualFold(query[t[0]:t[1]], "over") }) {
		return query, false
	}
	text := func(i int) string {
		if i < 0 || i >= len(tokens) {
			return ""
		}
		return query[tokens[i][0]:tokens[i][1]]
	}
	var open, calls []overCall
	for i := range tokens {
		switch text(i) {
		case "(":
			call := overCall{name: -1, open: i}
			if before := text(i - 1); before != "" && (before[0] == '`' || inName(before[0])) {
				if call.name = i - 1; text(i-2) == "." {
					call.name = i - 3
				}
			}
			open = append(open, call)
		case ")":
			if len(open) == 0 {
				return query, false
			}
			call := open[len(open)-1]
			open = open[:len(open)-1]
			if call.name < 0 || !strings.EqualFold(text(i+1), "over") || call.name == call.open-1 && isOne(text(call.name), overNames) {
				continue
			}
			calls = append(calls, call)
		}
	}
	slices.SortFunc(calls, func(a, b overCall) int { return a.name - b.name })
	var out strings.Builder
	from := 0
	for _, call := range calls {
		end := call.open
		if strings.EqualFold(text(end+1), "distinct") {
			end++
		}
		start, behind := tokens[call.name][0], tokens[end][1]
		out.WriteString(query[from:start] + "max(`" + overMark + hex.EncodeToString([]byte(query[start:behind])) + "`")
		if text(end+1) != ")" {
			out.WriteString(", ")
		}
		from = behind
	}
	return out.String() + query[from:], len(calls) > 0
}

// significant gives where the words, texts and signs of a query begin and end.
func significant(query string) [][2]int {
	var tokens [][2]int
	for i := 0; i < len(query); {
		end, kind := token(query, i, "\x00")
		if inName(query[i]) {
			for kind, end = word, i; end < len(query) && inName(query[end]); {
				end++
			}
		}
		if kind == word {
			tokens = append(tokens, [2]int{i, end})
		}
		i = end
	}
	return tokens
}

// withoutOver is a text as it was before it was marked.
func withoutOver(text string) string {
	return overMarked.ReplaceAllStringFunc(text, func(call string) string {
		written, _ := hex.DecodeString(overMarked.FindStringSubmatch(call)[1]) // it is of digits
		return string(written)
	})
}

// takeOver gives the marked calls of a statement their names, and positions and texts in it back what they were in the query
// before it was marked. A call of what is no aggregate of a connector fails with otherwise, which vitess said of the query.
func (p parser) takeOver(ctx context.Context, statement sqlparser.Statement, marked string, otherwise error) error {
	var err error
	place := func(at int) int {
		if at <= 0 || at > len(marked) {
			return at
		}
		return len(withoutOver(marked[:at]))
	}
	walk(statement, func(node sqlparser.SQLNode) {
		switch n := node.(type) {
		case *sqlparser.AliasedExpr:
			n.InputExpression = withoutOver(n.InputExpression)
		case *sqlparser.DDL:
			n.SubStatementPositionStart, n.SubStatementPositionEnd = place(n.SubStatementPositionStart), place(n.SubStatementPositionEnd)
		case *sqlparser.Where, sqlparser.GroupBy, sqlparser.JoinCondition:
			if name, has := hasOver(n); has && err == nil {
				err = sqlerr.New(3593, "HY000", "you cannot use the window function '%s' in this context", name)
			}
		case *sqlparser.FuncExpr:
			if written, ok := overWritten(n); ok && err == nil {
				err = p.nameOver(ctx, n, written, otherwise)
			}
		}
	})
	return err
}

// overWritten is what was written of a call that was marked.
func overWritten(call *sqlparser.FuncExpr) (string, bool) {
	if call.Over == nil || len(call.Exprs) == 0 {
		return "", false
	}
	first, ok := call.Exprs[0].(*sqlparser.AliasedExpr)
	if !ok {
		return "", false
	}
	column, ok := first.Expr.(*sqlparser.ColName)
	if !ok || !strings.HasPrefix(column.Name.String(), overMark) {
		return "", false
	}
	written, err := hex.DecodeString(strings.TrimPrefix(column.Name.String(), overMark))
	return string(written), err == nil
}

// hasOver finds a marked call within a clause, but for its sub-queries.
func hasOver(clause sqlparser.SQLNode) (name string, has bool) {
	// The visitor never fails, so neither does Walk.
	_ = sqlparser.Walk(func(n sqlparser.SQLNode) (bool, error) {
		switch n := n.(type) {
		case *sqlparser.Subquery:
			return false, nil
		case *sqlparser.FuncExpr:
			if written, ok := overWritten(n); ok {
				_, name, _ = (&lexer{text: written}).tableName() // it was read before
				has = true
			}
		}
		return true, nil
	}, clause)
	return name, has
}

func (p parser) nameOver(ctx context.Context, call *sqlparser.FuncExpr, written string, otherwise error) error {
	l := &lexer{text: written}
	database, name, err := l.tableName()
	if err != nil {
		return otherwise
	}
	if sqlContext, ok := ctx.(*sql.Context); ok {
		if is, err := p.catalog.IsAggregate(sqlContext, database, name); err != nil || !is {
			return otherwise
		}
	}
	if l.mark('('); l.keyword("DISTINCT") {
		return sqlerr.New(1235, "42000", "this version of wasql doesn't yet support '%s(DISTINCT …) OVER'", name)
	}
	call.Name, call.Exprs = sqlparser.NewColIdent(name), call.Exprs[1:]
	if database != "" {
		call.Qualifier = sqlparser.NewTableIdent(database)
	}
	return nil
}
