package txn

import (
	"context"
	"errors"
	"regexp"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/sqlerr"
)

// nextTransaction is what SET TRANSACTION, without SESSION or GLOBAL, says of the next transaction.
type nextTransaction struct {
	isolation pb.Isolation
	readOnly  *bool
}

// nextOf reads SET TRANSACTION, and SET @@transaction_isolation, which mean the next transaction only; nil: the statement
// sets something else.
func nextOf(n *sqlparser.Set) *nextTransaction {
	next := &nextTransaction{}
	for _, e := range n.Exprs {
		value, literal := e.Expr.(*sqlparser.SQLVal)
		if e.Scope != sqlparser.SetScope_None || !literal || !next.set(strings.ToLower(e.Name.String()), string(value.Val)) {
			return nil
		}
	}
	if len(n.Exprs) == 0 {
		return nil
	}
	return next
}

// set takes one characteristic; false: there is none of that name and value.
func (n *nextTransaction) set(name, value string) bool {
	switch value = strings.ToLower(value); name {
	case sqlparser.TransactionStr:
		if value == sqlparser.TxReadOnly || value == sqlparser.TxReadWrite {
			only := value == sqlparser.TxReadOnly
			n.readOnly = &only
			return true
		}
		value = strings.TrimPrefix(value, "isolation level ")
	case "@@transaction_isolation":
	case "@@transaction_read_only":
		only := value == "1" || value == "on" || value == "true"
		n.readOnly = &only
		return only || value == "0" || value == "off" || value == "false"
	default:
		return false
	}
	n.isolation = levelOf(value)
	return n.isolation != 0
}

// setNext takes what the statement that runs says of the next transaction, if it says something.
func (s *Session) setNext(ctx *sql.Context) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := s.top().kind.next
	if next == nil {
		return false, nil
	}
	if ctx.GetIgnoreAutoCommit() || s.current != nil && len(s.current.participants) > 0 {
		return true, sqlerr.New(1568, "25001", "Transaction characteristics can't be changed while a transaction is in progress")
	}
	if s.next == nil {
		s.next = &nextTransaction{}
	}
	if next.isolation != 0 {
		s.next.isolation = next.isolation
	}
	if next.readOnly != nil {
		s.next.readOnly = next.readOnly
	}
	if s.current != nil {
		// go-mysql-server began it for an earlier statement without autocommit, and nothing has used it.
		s.current.characteristics = s.characteristics(ctx)
	}
	return true, nil
}

// characteristics are those that the next transaction begins with.
func (s *Session) characteristics(ctx *sql.Context) characteristics {
	c := s.defaults(ctx)
	if s.next != nil {
		if s.next.isolation != 0 {
			c.isolation = s.next.isolation
		}
		if s.next.readOnly != nil {
			c.readOnly = *s.next.readOnly
		}
	}
	return c
}

// begin begins a transaction of the session.
func (s *Session) begin(ctx *sql.Context) *transaction {
	return s.beginWith(s.characteristics(ctx))
}

func (s *Session) beginWith(c characteristics) *transaction {
	t := s.coordinator.begin(c)
	t.session = uint64(s.ID())
	t.warning = func(message string) { s.Warn(&sql.Warning{Level: "Warning", Code: OutcomeUnknown, Message: message}) }
	s.current = t
	return t
}

// ended notes that a transaction of the session is over.
func (s *Session) ended(t *transaction) {
	s.chained = t.characteristics
	if top := s.top(); len(t.participants) > 0 || t.started && (top == nil || !top.kind.begins) {
		s.next = nil
	}
}

// chain begins the transaction behind COMMIT AND CHAIN, which is like the one before.
func (s *Session) chain(ctx *sql.Context) {
	t := s.beginWith(s.chained)
	t.started = true
	ctx.SetTransaction(t)
	ctx.SetIgnoreAutoCommit(true)
}

// Released tells whether the client has ended its session with COMMIT RELEASE or ROLLBACK RELEASE.
func (s *Session) Released() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.released
}

var (
	comment            = regexp.MustCompile(`(?s)/\*.*?\*/|(?:--\s|#)[^\n]*`)
	chainClause        = regexp.MustCompile(`(?i)\bAND\s+(NO\s+)?CHAIN\b`)
	releaseClause      = regexp.MustCompile(`(?i)\b(NO\s+)?RELEASE\b`)
	consistentSnapshot = regexp.MustCompile(`(?i)\bCONSISTENT\s+SNAPSHOT\b`)
)

// completion tells whether COMMIT or ROLLBACK chains, and whether it ends the session: as it says, else as
// completion_type says. vitess reads these clauses and forgets them.
func completion(ctx *sql.Context, text string) (chain, release bool) {
	text = comment.ReplaceAllString(text, " ")
	chains, releases := chainClause.FindStringSubmatch(text), releaseClause.FindStringSubmatch(text)
	if chains == nil && releases == nil {
		value, err := ctx.GetSessionVariable(ctx, "completion_type")
		name, _ := value.(string)
		return err == nil && strings.EqualFold(name, "CHAIN"), err == nil && strings.EqualFold(name, "RELEASE")
	}
	return chains != nil && chains[1] == "", releases != nil && releases[1] == ""
}

// readsOf tells what matters of a statement that reads.
func readsOf(n sqlparser.SelectStatement) (locks, several bool) {
	tables := 0
	// The visitor never fails, so neither does Walk.
	_ = sqlparser.Walk(func(node sqlparser.SQLNode) (bool, error) {
		switch n := node.(type) {
		case *sqlparser.Select:
			locks = locks || n.Lock != nil && n.Lock.Type != ""
		case *sqlparser.SetOp:
			locks = locks || n.Lock != nil && n.Lock.Type != ""
		case *sqlparser.AliasedTableExpr:
			if _, named := n.Expr.(sqlparser.TableName); named {
				tables++
			}
		}
		return true, nil
	}, n)
	return locks, tables > 1
}

// locks tells whether a statement that runs locks what it reads.
func (s *Session) locks() bool {
	for _, n := range s.running {
		if n.kind.locks {
			return true
		}
	}
	return false
}

// beginEverywhere begins the transaction with all open connectors, at one moment: no commit over several of them is
// halfway then.
func (s *Session) beginEverywhere(ctx *sql.Context) error {
	if s.coordinator.config.Open == nil {
		return nil
	}
	s.coordinator.phases.Lock()
	defer s.coordinator.phases.Unlock()
	for _, c := range s.coordinator.config.Open() {
		if c.Features()&uint64(pb.Feature_FEATURE_TRANSACTIONS) == 0 || c.Manifest().GetLifetime() == pb.Lifetime_LIFETIME_STATELESS {
			continue
		}
		if _, err := s.current.join(ctx, c, false); err != nil {
			return errors.Join(err, s.rollback(context.WithoutCancel(ctx)))
		}
	}
	return nil
}
