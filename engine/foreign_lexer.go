package engine

import (
	"strings"
	"unicode/utf8"

	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/wasql/wasql/engine/sqlerr"
)

// own is a statement that vitess does not know, as read.
type own interface {
	// statement is what go-mysql-server runs in its place.
	statement(p parser) sqlparser.Statement
}

// ownForms are the statements that vitess does not know, by the words they begin with.
var ownForms = []struct {
	words []string
	form  string
	read  func(*lexer) (own, error)
}{
	{[]string{"CREATE", "VIRTUAL", "TABLE"}, virtualForm, readAs((*lexer).virtual)},
	{[]string{"CREATE", "FOREIGN", "TABLE"}, foreignForm, readAs((*lexer).foreignTable)},
	{[]string{"DROP", "FOREIGN", "TABLE"}, dropForeignForm, readAs((*lexer).dropForeign)},
	{[]string{"CREATE", "SERVER"}, createServerForm, readAs((*lexer).createServer)},
	{[]string{"ALTER", "SERVER"}, alterServerForm, readAs((*lexer).alterServer)},
	{[]string{"DROP", "SERVER"}, dropServerForm, readAs((*lexer).dropServer)},
	{[]string{"IMPORT", "FOREIGN", "SCHEMA"}, importForm, readAs((*lexer).importSchema)},
	{[]string{"INSTALL", "PLUGIN"}, installForm, readAs((*lexer).install)},
	{[]string{"UNINSTALL", "PLUGIN"}, uninstallForm, readAs((*lexer).uninstall)},
	{[]string{"CHECK"}, checkForm, readAs((*lexer).check)},
	{[]string{"CHECKSUM"}, checksumForm, readAs((*lexer).checksum)},
	{[]string{"OPTIMIZE"}, optimizeForm, readAs((*lexer).optimize)},
	{[]string{"REPAIR"}, repairForm, readAs((*lexer).repair)},
	{[]string{"START", "TRANSACTION"}, startForm, readAs((*lexer).startTransaction)},
	{[]string{"XA", "COMMIT"}, xaCommitForm, readAs((*lexer).xaCommit)},
	{[]string{"XA", "ROLLBACK"}, xaRollbackForm, readAs((*lexer).xaRollback)},
}

func readAs[S own](read func(*lexer) (S, error)) func(*lexer) (own, error) {
	return func(l *lexer) (own, error) { return read(l) }
}

// readOwn reads text that begins like a statement of wasql's own; false: it does not. end is where
// the statement ends: at the delimiter, or behind the text.
func readOwn(text string, delimiter rune) (_ own, end int, is bool, err error) {
	for _, f := range ownForms {
		l := &lexer{text: text, form: f.form}
		if !l.keywords(f.words...) {
			continue
		}
		if !utf8.ValidString(text) {
			return nil, 0, true, sqlerr.New(1300, "HY000", "invalid utf8mb4 character string in %s", strings.Join(f.words, " "))
		}
		statement, err := f.read(l)
		if err == nil {
			l.skip()
			if l.at < len(text) && !strings.HasPrefix(text[l.at:], string(delimiter)) {
				err = l.wrong()
			}
		}
		return statement, l.at, true, err
	}
	return nil, 0, false, nil
}

// lexer reads a statement that vitess does not know.
type lexer struct {
	text string
	at   int
	// form of the statement, for the hint of a syntax error.
	form string
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

// keywords passes all the words; false leaves them.
func (l *lexer) keywords(words ...string) bool {
	start := l.at
	for _, word := range words {
		if !l.keyword(word) {
			l.at = start
			return false
		}
	}
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
func (l *lexer) identifier() (string, error) { return l.name("`") }

// name reads a name, bare or in one of the quotes.
func (l *lexer) name(quotes string) (string, error) {
	l.skip()
	start := l.at
	if start < len(l.text) && strings.IndexByte(quotes, l.text[start]) >= 0 {
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

// tableName reads [database.]name.
func (l *lexer) tableName() (database, name string, err error) {
	if name, err = l.identifier(); err != nil || !l.mark('.') {
		return "", name, err
	}
	database = name
	name, err = l.identifier()
	return database, name, err
}

func (l *lexer) ifNotExists() (bool, error) { return l.optional("IF", "NOT", "EXISTS") }

func (l *lexer) ifExists() (bool, error) { return l.optional("IF", "EXISTS") }

// optional passes words that are there all or none.
func (l *lexer) optional(words ...string) (bool, error) {
	if !l.keyword(words[0]) {
		return false, nil
	}
	for _, word := range words[1:] {
		if !l.keyword(word) {
			return false, l.wrong()
		}
	}
	return true, nil
}

// inName tells whether a byte may stand in a bare name; those of other than ASCII letters all may.
func inName(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '$' || c >= utf8.RuneSelf
}

// wrong is the syntax error at the place reached.
func (l *lexer) wrong() error {
	near := l.text[l.at:]
	if near == "" {
		return sqlerr.New(1064, "42000", "you have an error in your SQL syntax at position %d: the statement ends too early", l.at+1).WithHint("%s", l.form)
	}
	if len(near) > 40 {
		near = strings.ToValidUTF8(near[:40], "")
	}
	return sqlerr.New(1064, "42000", "you have an error in your SQL syntax at position %d near '%s'", l.at+1, near).WithHint("%s", l.form)
}
