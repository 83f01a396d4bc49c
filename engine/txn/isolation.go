package txn

import (
	"context"
	"fmt"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/sqlerr"
)

// characteristics are what SET TRANSACTION and START TRANSACTION say of a transaction.
type characteristics struct {
	isolation pb.Isolation
	readOnly  bool
}

// level gives the level to ask the connector for: the one that the transaction wants, or the next stronger one that the connector
// keeps. One that does not say which it keeps is asked for what is wanted, and its answer looked at.
func (p *participant) level(wanted pb.Isolation) (pb.Isolation, error) {
	all := p.connector.Manifest().GetIsolationLevels()
	found := pb.Isolation_ISOLATION_UNSPECIFIED
	for _, name := range all {
		if level := levelOf(name); level >= wanted && (found == 0 || level < found) {
			found = level
		}
	}
	if found == 0 && len(all) > 0 {
		return 0, sqlerr.New(1235, "42000", "connector %s keeps isolation level %s at most, and the transaction wants %s", p.connector.Name(),
			strings.ReplaceAll(all[len(all)-1], "-", " "), levelName(wanted)).
			WithHint("SET SESSION TRANSACTION ISOLATION LEVEL %s, or leave the connector out of the transaction", strings.ReplaceAll(all[len(all)-1], "-", " "))
	}
	return max(found, wanted), nil
}

// defaults are the characteristics of a transaction for which none were set: those of the session.
func defaults(ctx *sql.Context) characteristics {
	c := characteristics{isolation: pb.Isolation_ISOLATION_REPEATABLE_READ, readOnly: on(ctx, "transaction_read_only")}
	if value, err := ctx.GetSessionVariable(ctx, "transaction_isolation"); err == nil {
		if level := levelOf(fmt.Sprint(value)); level != 0 {
			c.isolation = level
		}
	}
	return c
}

// levelOf reads a level as MySQL's variable has it; 0: there is none of the name.
func levelOf(name string) pb.Isolation {
	switch name { // as they are mostly written; each write asks
	case "READ-COMMITTED":
		return pb.Isolation_ISOLATION_READ_COMMITTED
	case "REPEATABLE-READ":
		return pb.Isolation_ISOLATION_REPEATABLE_READ
	case "SERIALIZABLE":
		return pb.Isolation_ISOLATION_SERIALIZABLE
	}
	return pb.Isolation(pb.Isolation_value["ISOLATION_"+levelWords.Replace(strings.ToUpper(name))])
}

var levelWords = strings.NewReplacer("-", "_", " ", "_")

func levelName(level pb.Isolation) string {
	return strings.ReplaceAll(strings.TrimPrefix(pb.Isolation_name[int32(level)], "ISOLATION_"), "_", " ")
}

// startStatement tells a connector that another statement begins, where that matters: with READ COMMITTED, and when
// what it reads shall not be changed by others before the transaction is committed.
func (p *participant) startStatement(ctx context.Context, t *transaction, number uint64, locks bool) error {
	if p.statement == number {
		return nil
	}
	if locks = locks && p.given < pb.Isolation_ISOLATION_SERIALIZABLE; !locks && p.given > pb.Isolation_ISOLATION_READ_COMMITTED && !p.locks {
		p.statement = number
		return nil
	}
	if !locks && !p.begun {
		p.statement = number
		return nil // it is the first, with which the transaction begins
	}
	if err := p.ensure(ctx, t); err != nil {
		return err
	}
	err := p.instance.Call(ctx, pb.Op_OP_STATEMENT, &pb.StatementRequest{Transaction: t.number, Statement: number, Locks: locks}, &pb.StatementResponse{})
	if gms.Said(err, abi.Unimplemented) && !locks {
		err = nil // each of its requests sees what is committed
	}
	switch {
	case gms.Said(err, abi.Unimplemented):
		return sqlerr.New(1235, "42000", "connector %s does not lock rows that are read: FOR UPDATE and FOR SHARE are not kept", p.connector.Name())
	case err != nil:
		return err // and it fails again, should somebody ask who does not mind: go-mysql-server, for the number of rows
	}
	p.statement, p.locks, p.locked = number, locks, p.locked || locks
	return nil
}
