package gms

import (
	"context"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/host"
)

// Transactor is a session that keeps transactions with connectors; engine/txn has the one of wasql.
type Transactor interface {
	sql.Session
	// TransactionWith gives the number of the session's transaction with a connector, which is begun now
	// when the session is in a transaction, or is about to write, and it is not yet. 0: the request
	// stands alone, since the connector keeps no transactions or nothing asks for one.
	TransactionWith(ctx *sql.Context, c *host.Connector, write bool) (uint64, error)
	// Statement numbers the statements of the session, from 1. Sinks of one statement share its number.
	Statement() uint64
}

// OneCall is a Transactor whose transactions can begin and end with other requests, when the connector has feature ONE_CALL.
type OneCall interface {
	// TransactionBy is TransactionWith for a request that can begin the transaction itself, when begin is not nil: it goes
	// into the request's TableRef.
	TransactionBy(ctx *sql.Context, c *host.Connector, write bool) (number uint64, begin *pb.BeginRequest, err error)
	// CommitWith gives what the request with a statement's last write commits with, or nil when that is not the end of
	// the transaction. Committed must follow when the request was answered with a flush, or failed.
	CommitWith(ctx *sql.Context, c *host.Connector) *pb.CommitRequest
	// Committed takes in what became of the request, and gives the error for the statement: it may be none although the
	// request failed, when the connector has committed all the same.
	Committed(ctx *sql.Context, c *host.Connector, err error) error
}

// TransactionBy is TransactionOf for a request that may begin the transaction; see OneCall.
func TransactionBy(ctx *sql.Context, c *host.Connector, write bool) (transaction, statement uint64, begin *pb.BeginRequest, err error) {
	if ctx == nil || ctx.Session == nil {
		return 0, 0, nil, nil
	}
	session, ok := ctx.Session.(interface {
		Transactor
		OneCall
	})
	if !ok {
		transaction, statement, err = TransactionOf(ctx, c, write)
		return transaction, statement, nil, err
	}
	transaction, begin, err = session.TransactionBy(ctx, c, write)
	return transaction, session.Statement(), begin, err
}

// TransactionOf is what requests of the session of ctx to a connector carry.
func TransactionOf(ctx *sql.Context, c *host.Connector, write bool) (transaction, statement uint64, err error) {
	if ctx == nil || ctx.Session == nil {
		return 0, 0, nil
	}
	session, ok := ctx.Session.(Transactor)
	if !ok {
		return 0, 0, nil
	}
	transaction, err = session.TransactionWith(ctx, c, write)
	return transaction, session.Statement(), err
}

// RefIn is Ref with the transaction of the session of ctx: what a request that reads carries.
func (t *Table) RefIn(ctx *sql.Context) (*pb.TableRef, error) {
	return InTransaction(ctx, t.source.Connector, t.ref)
}

// InTransaction is ref with the transaction of the session of ctx, and within a statement with that.
func InTransaction(ctx *sql.Context, c *host.Connector, ref *pb.TableRef) (*pb.TableRef, error) {
	number, statement, begin, err := TransactionBy(ctx, c, false)
	if ref.GetStatement() != 0 || !isWithin(ctx) {
		statement = ref.GetStatement()
	}
	if err != nil || number == ref.GetTransaction() && statement == ref.GetStatement() {
		return ref, err
	}
	within := *ref //nolint:govet // messages of protobuf-go-lite hold no lock
	within.Transaction, within.Statement, within.Begin = number, statement, begin
	return &within, nil
}

// within marks a context; see WithinStatement.
type within struct{}

// WithinStatement is ctx for what runs as a part of the session's statement, such as a trigger: reads
// see what the statement has written so far.
func WithinStatement(ctx *sql.Context) *sql.Context {
	if isWithin(ctx) {
		return ctx
	}
	return ctx.WithContext(context.WithValue(ctx.Context, within{}, true))
}

func isWithin(ctx *sql.Context) bool { return ctx != nil && ctx.Value(within{}) != nil }
