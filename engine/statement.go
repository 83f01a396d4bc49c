package engine

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/wasql/wasql/engine/catalog"
)

// selects tells whether a statement only reads rows, as max_execution_time wants to know.
func selects(statement sqlparser.Statement) bool {
	_, ok := statement.(sqlparser.SelectStatement)
	return ok
}

// changes tells whether a statement changes rows.
func changes(statement sqlparser.Statement) bool {
	switch statement.(type) {
	case *sqlparser.Insert, *sqlparser.Update, *sqlparser.Delete:
		return true
	}
	return false
}

var timeHintText = regexp.MustCompile(`(?i)\bMAX_EXECUTION_TIME\s*\(\s*([0-9]{1,18})\s*\)`)

// timeHint reads /*+ MAX_EXECUTION_TIME(ms) */ of the first SELECT.
func timeHint(statement sqlparser.Statement) (int64, bool) {
	var comments sqlparser.Comments
	found := false
	walkSelects(statement, func(s *sqlparser.Select) {
		if !found {
			comments, found = s.Comments, true
		}
	})
	for _, comment := range comments {
		text := string(comment)
		if !strings.HasPrefix(text, "/*+") {
			continue
		}
		if m := timeHintText.FindStringSubmatch(text); m != nil {
			milliseconds, err := strconv.ParseInt(m[1], 10, 64)
			return milliseconds, err == nil
		}
	}
	return 0, false
}

// readsMetadata tells whether a statement looks at the tables of many databases, so that one broken
// connector must not hide the others.
func readsMetadata(statement sqlparser.Statement) bool {
	if show, ok := statement.(*sqlparser.Show); ok {
		return strings.EqualFold(show.Type, "table status") || strings.EqualFold(show.Type, "tables")
	}
	found := false
	walk(statement, func(node sqlparser.SQLNode) {
		if name, ok := node.(sqlparser.TableName); ok && strings.EqualFold(name.DbQualifier.String(), "information_schema") {
			found = true
		}
	})
	return found
}

// walkSelects visits the SELECTs of a statement, outer ones first.
func walkSelects(statement sqlparser.Statement, visit func(*sqlparser.Select)) {
	walk(statement, func(node sqlparser.SQLNode) {
		if s, ok := node.(*sqlparser.Select); ok {
			visit(s)
		}
	})
}

func walk(statement sqlparser.Statement, visit func(sqlparser.SQLNode)) {
	// The visitor never fails, so neither does Walk.
	_ = sqlparser.Walk(func(node sqlparser.SQLNode) (bool, error) {
		visit(node)
		return true, nil
	}, statement)
}

// explained is the statement that an EXPLAIN is of, where Walk does not go; any other statement is itself.
func explained(statement sqlparser.Statement) sqlparser.Statement {
	if e, ok := statement.(*sqlparser.Explain); ok {
		return e.Statement
	}
	return statement
}

// noteMatches tells a statement which columns its MATCH … AGAINST are over.
func noteMatches(to *catalog.Statement, statement sqlparser.Statement) {
	walk(explained(statement), func(node sqlparser.SQLNode) {
		match, ok := node.(*sqlparser.MatchExpr)
		if !ok {
			return
		}
		var columns []string
		for _, c := range match.Columns {
			if aliased, ok := c.(*sqlparser.AliasedExpr); ok {
				if name, ok := aliased.Expr.(*sqlparser.ColName); ok {
					columns = append(columns, name.Name.Lowered())
				}
			}
		}
		if len(columns) == len(match.Columns) {
			to.AddMatch(columns)
		}
	})
}
