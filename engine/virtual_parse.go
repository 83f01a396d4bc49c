package engine

import (
	"strings"
	"unicode/utf8"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/sqlerr"
)

// virtualTable is CREATE VIRTUAL TABLE [IF NOT EXISTS] [db.]name USING module [(arg, …)] as read.
type virtualTable struct {
	ifNotExists bool
	// database is empty when the statement names none.
	database, name, module string
	arguments              []*pb.Argument
}

// lexer reads a statement that vitess does not know.
type lexer struct {
	text string
	at   int
}

// readVirtual reads text that begins with CREATE VIRTUAL TABLE; false: it does not. end is where the
// statement ends: at the delimiter, or behind the text.
func readVirtual(text string, delimiter rune) (_ virtualTable, end int, is bool, err error) {
	l := &lexer{text: text}
	if !l.keyword("CREATE") || !l.keyword("VIRTUAL") || !l.keyword("TABLE") {
		return virtualTable{}, 0, false, nil
	}
	if !utf8.ValidString(text) {
		return virtualTable{}, 0, true, sqlerr.New(1300, "HY000", "invalid utf8mb4 character string in CREATE VIRTUAL TABLE")
	}
	v, err := l.virtual()
	if err == nil {
		l.skip()
		if l.at < len(text) && !strings.HasPrefix(text[l.at:], string(delimiter)) {
			err = l.wrong()
		}
	}
	return v, l.at, true, err
}

// virtual reads what follows CREATE VIRTUAL TABLE.
func (l *lexer) virtual() (v virtualTable, err error) {
	if l.keyword("IF") {
		if !l.keyword("NOT") || !l.keyword("EXISTS") {
			return v, l.wrong()
		}
		v.ifNotExists = true
	}
	if v.name, err = l.identifier(); err != nil {
		return v, err
	}
	if l.mark('.') {
		v.database = v.name
		if v.name, err = l.identifier(); err != nil {
			return v, err
		}
	}
	if !l.keyword("USING") {
		return v, l.wrong()
	}
	if v.module, err = l.identifier(); err != nil {
		return v, err
	}
	if l.mark('(') {
		v.arguments, err = l.arguments()
	}
	return v, err
}

// skip passes blanks and comments.
func (l *lexer) skip() {
	for l.at < len(l.text) {
		end, kind := token(l.text, l.at, ";")
		if kind != blank {
			return
		}
		l.at = end
	}
}

// keyword passes a word written in either case; false leaves it.
func (l *lexer) keyword(word string) bool {
	l.skip()
	end := l.at + len(word)
	if end > len(l.text) || !strings.EqualFold(l.text[l.at:end], word) || end < len(l.text) && inName(l.text[end]) {
		return false
	}
	l.at = end
	return true
}

// mark passes one character; false leaves it.
func (l *lexer) mark(c byte) bool {
	l.skip()
	if l.at >= len(l.text) || l.text[l.at] != c {
		return false
	}
	l.at++
	return true
}

// identifier reads a name, bare or in backticks.
func (l *lexer) identifier() (string, error) {
	l.skip()
	start := l.at
	if start < len(l.text) && l.text[start] == '`' {
		end, kind := quoted(l.text, start)
		if kind == unended || end == start+2 {
			return "", l.wrong()
		}
		l.at = end
		return unquote(l.text[start:end]), nil
	}
	for l.at < len(l.text) && inName(l.text[l.at]) {
		l.at++
	}
	if l.at == start {
		return "", l.wrong()
	}
	return l.text[start:l.at], nil
}

// inName tells whether a byte may stand in a bare name; those of other than ASCII letters all may.
func inName(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '$' || c >= utf8.RuneSelf
}

// wrong is the syntax error at the place reached.
func (l *lexer) wrong() error {
	near := l.text[l.at:]
	if near == "" {
		return sqlerr.New(1064, "42000", "you have an error in your SQL syntax at position %d: the statement ends too early", l.at+1).WithHint(virtualForm)
	}
	if len(near) > 40 {
		near = strings.ToValidUTF8(near[:40], "")
	}
	return sqlerr.New(1064, "42000", "you have an error in your SQL syntax at position %d near '%s'", l.at+1, near).WithHint(virtualForm)
}

const virtualForm = "the form is CREATE VIRTUAL TABLE [IF NOT EXISTS] [main.]name USING connector [(value, option = value, …)]"
