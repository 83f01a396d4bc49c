package engine

import (
	"regexp"
	"strings"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/sqlerr"
)

const (
	foreignForm = "the form is CREATE FOREIGN TABLE [IF NOT EXISTS] [main.]name (column type [OPTIONS (option 'value', …)], …) " +
		"SERVER server [OPTIONS (option 'value', …)]"
	dropForeignForm = "the form is DROP FOREIGN TABLE [IF EXISTS] name, …"
)

// foreignTable is CREATE FOREIGN TABLE as read.
type foreignTable struct {
	ifNotExists bool
	// database is empty when the statement names none.
	database, name, server string
	columns                *pb.Table
	options                map[string]string
}

// foreignTable reads what follows CREATE FOREIGN TABLE.
func (l *lexer) foreignTable() (f foreignTable, err error) {
	if f.ifNotExists, err = l.ifNotExists(); err != nil {
		return f, err
	}
	if f.database, f.name, err = l.tableName(); err != nil {
		return f, err
	}
	if f.columns, err = l.columns(); err != nil {
		return f, err
	}
	if !l.keyword("SERVER") {
		return f, l.wrong()
	}
	if f.server, err = l.name(serverQuotes); err != nil {
		return f, err
	}
	options, err := l.options(false)
	f.options = optionMap(options)
	return f, err
}

// columns reads a list of columns. OPTIONS, which vitess does not know, is taken out of it, and
// PostgreSQL's names of types become MySQL's; the rest is MySQL's own grammar. An empty list, as
// PostgreSQL has it, leaves the columns to the connector: nil.
func (l *lexer) columns() (*pb.Table, error) {
	if !l.mark('(') {
		return nil, l.wrong()
	}
	start := l.at
	if l.mark(')') {
		return nil, nil
	}
	var list strings.Builder
	options := map[int]map[string]string{} // by the position of the column
	for position := 0; ; position++ {
		element, given, err := l.element()
		if err != nil {
			return nil, err
		}
		list.WriteString(mysqlTypes(element))
		if given != nil {
			options[position] = given
		}
		l.at++
		if l.text[l.at-1] == ')' {
			break
		}
		list.WriteByte(',')
	}
	// What stands before the list is blank, so that the positions in vitess's complaints are right.
	const create = "CREATE TABLE t"
	table, err := gms.ParseCreateTable(create + strings.Repeat(" ", max(start-1-len(create), 1)) + "(" + list.String() + ")")
	if err != nil {
		_, told, _ := strings.Cut(err.Error(), ": ")
		return nil, sqlerr.New(1064, "42000", "you have an error in your SQL syntax in the list of columns: %s", told).WithHint("%s", l.form)
	}
	for position, given := range options {
		if position >= len(table.Columns) { // keys stand behind the columns
			return nil, sqlerr.New(1064, "42000", "you have an error in your SQL syntax: OPTIONS at an element that is no column").WithHint("%s", l.form)
		}
		table.Columns[position].Options = given
	}
	return table, nil
}

// element passes one element of the list, up to the comma or parenthesis that ends it, and gives its
// text with blanks where OPTIONS (…) stands.
func (l *lexer) element() (text string, options map[string]string, err error) {
	start, depth := l.at, 0
	var out []byte
	for l.at < len(l.text) {
		c := l.text[l.at]
		end, kind := token(l.text, l.at, ";")
		switch {
		case kind == unended || kind == delimiter:
			return "", nil, l.wrong()
		case c == '(':
			depth++
		case depth == 0 && (c == ')' || c == ','):
			return string(append(out, l.text[start:l.at]...)), options, nil
		case c == ')':
			depth--
		case depth == 0 && options == nil && l.atOptions():
			out = append(out, l.text[start:l.at]...)
			start = l.at
			given, err := l.options(false)
			if err != nil {
				return "", nil, err
			}
			options = optionMap(given)
			out = append(out, strings.Repeat(" ", l.at-start)...)
			start = l.at
			continue
		}
		l.at = end
	}
	return "", nil, l.wrong()
}

// atOptions tells whether OPTIONS ( begins here, as a word of its own.
func (l *lexer) atOptions() bool {
	if l.at == 0 || inName(l.text[l.at-1]) {
		return false
	}
	ahead := *l
	return ahead.keyword("OPTIONS") && ahead.mark('(')
}

// typeNames are PostgreSQL's names of types that vitess does not know, or takes for something else.
var typeNames = []struct {
	pattern *regexp.Regexp
	mysql   string
}{
	{typePattern(`character\s+varying(\s*\()`), "varchar("},
	{typePattern(`(?:character\s+varying|varchar)(\s*[^\s(]|\s*$)`), "longtext"},
	{typePattern(`(timestamp\s+without\s+time\s+zone)`), "datetime(6)"},
	{typePattern(`(timestamp\s+with\s+time\s+zone|timestamptz)`), "timestamp(6)"},
	{typePattern(`(time\s+without\s+time\s+zone)`), "time(6)"},
	{typePattern(`(bytea)`), "longblob"},
	{typePattern(`(jsonb)`), "json"},
	{typePattern(`(uuid)`), "char(36)"},
	{typePattern(`(int2)`), "smallint"},
	{typePattern(`(int4)`), "int"},
	{typePattern(`(int8)`), "bigint"},
	{typePattern(`(float4)`), "float"},
	{typePattern(`(float8)`), "double"},
}

func typePattern(name string) *regexp.Regexp {
	// Only the type's name is written in either case: folding all of Unicode took 6 ms for each pattern when the program starts.
	return regexp.MustCompile("(?s)^(\\s*(?:`(?:[^`]|``)+`|[\\w$\\x{80}-\\x{10ffff}]+)\\s+)(?i:" + name + ")")
}

// mysqlTypes writes the type of a column as MySQL does.
func mysqlTypes(element string) string {
	for _, t := range typeNames {
		at := t.pattern.FindStringSubmatchIndex(element)
		if at == nil {
			continue
		}
		name, end := at[3], at[5]
		switch {
		case strings.HasSuffix(t.mysql, "("):
		case t.mysql == "longtext": // what follows is not part of the name
			end = at[4]
		case end < len(element) && inName(element[end]): // a longer word
			continue
		}
		return element[:name] + t.mysql + strings.Repeat(" ", max(end-name-len(t.mysql), 0)) + element[end:]
	}
	return element
}
