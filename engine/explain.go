package engine

import (
	"regexp"
	"strings"

	"github.com/dolthub/vitess/go/vt/sqlparser"
)

// analyzeTree is the form of EXPLAIN ANALYZE that MySQL has and vitess does not read; the tree is
// what it gives in any case.
var analyzeTree = regexp.MustCompile(`(?is)^(\s*(?:explain|describe|desc)\s+analyze\s+)(format\s*=\s*(?:tree|'tree'|"tree")\s)`)

// verbose is PostgreSQL's word for more of EXPLAIN, which MySQL has not: it is passed on to the connectors.
var verbose = regexp.MustCompile(`(?is)^(\s*(?:explain|describe|desc)\s+(?:analyze\s+)?)(verbose\s)`)

// withoutFormat blanks the FORMAT=TREE of EXPLAIN ANALYZE, and VERBOSE, so that places in the text stay right.
func withoutFormat(query string) string {
	if m := verbose.FindStringSubmatchIndex(query); m != nil {
		query = query[:m[4]] + strings.Repeat(" ", m[5]-m[4]) + query[m[5]:]
	}
	m := analyzeTree.FindStringSubmatchIndex(query)
	if m == nil {
		return query
	}
	return query[:m[4]] + strings.Repeat(" ", m[5]-m[4]) + query[m[5]:]
}

// explainAsTree gives EXPLAIN without a format the tree: go-mysql-server's table is made up.
func explainAsTree(statement sqlparser.Statement) {
	if e, ok := statement.(*sqlparser.Explain); ok && e.ExplainFormat == "" {
		e.ExplainFormat = sqlparser.TreeStr
	}
}
