package engine

import (
	"regexp"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/vitess/go/vt/sqlparser"
)

const (
	startForm      = "the form is START TRANSACTION [WITH CONSISTENT SNAPSHOT] [, READ ONLY | , READ WRITE]"
	xaCommitForm   = "the form is XA COMMIT 'id', of a transaction in information_schema.WASQL_TRANSACTIONS that cannot be decided otherwise"
	xaRollbackForm = "the form is XA ROLLBACK 'id', of a transaction in information_schema.WASQL_TRANSACTIONS that cannot be decided otherwise"
)

// startTransaction is START TRANSACTION as read. vitess reads one characteristic, and no list of them.
type startTransaction struct{ mode string }

func (l *lexer) startTransaction() (s startTransaction, err error) {
	snapshot := false
	for first := true; ; first = false {
		switch {
		case !snapshot && l.keywords("WITH", "CONSISTENT", "SNAPSHOT"):
			snapshot = true // engine/txn finds it in the text
		case s.mode == "" && l.keywords("READ", "ONLY"):
			s.mode = sqlparser.TxReadOnly
		case s.mode == "" && l.keywords("READ", "WRITE"):
			s.mode = sqlparser.TxReadWrite
		case first:
			return s, nil
		default:
			return s, l.wrong()
		}
		if !l.mark(',') {
			return s, nil
		}
	}
}

// statement implements own.
func (s startTransaction) statement(parser) sqlparser.Statement {
	return &sqlparser.Begin{TransactionCharacteristic: s.mode}
}

// xaEnd is XA COMMIT or XA ROLLBACK as read: somebody decides about a transaction that nobody else can decide about.
type xaEnd struct {
	id     string
	commit bool
}

func (l *lexer) xaCommit() (xaEnd, error) { return l.xaEnd(true) }

func (l *lexer) xaRollback() (xaEnd, error) { return l.xaEnd(false) }

func (l *lexer) xaEnd(commit bool) (s xaEnd, err error) {
	s.commit = commit
	s.id, err = l.name("'\"")
	return s, err
}

// statement implements own. It wants the privilege that MySQL wants for looking at XA transactions at all: SUPER.
func (s xaEnd) statement(p parser) sqlparser.Statement {
	name := "XA ROLLBACK"
	if s.commit {
		name = "XA COMMIT"
	}
	return serverStatement(name, func(ctx *sql.Context) error { return p.engine.transactions.Decide(ctx, s.id, s.commit) })
}

var forShare = regexp.MustCompile(`(?i)\bFOR\s+SHARE\b`)

// sharedLocks makes FOR SHARE, which vitess does not read, FOR UPDATE, which is kept in the same way: nobody waits for a lock, and what was
// read must be as it was when the transaction is committed.
func sharedLocks(query string) string {
	if !forShare.MatchString(query) {
		return query
	}
	l := &lexer{text: query}
	for at := 0; at < len(query); {
		end, kind := token(query, at, ";")
		l.at = at
		if kind == word && (at == 0 || !inName(query[at-1])) && l.keywords("FOR", "SHARE") {
			return query[:at] + "FOR UPDATE" + sharedLocks(query[l.at:])
		}
		at = end
	}
	return query
}
