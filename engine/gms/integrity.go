package gms

import (
	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/host"
)

// Send sends the table's connector one request and waits for the answer, on an instance of the session of ctx.
func (t *Table) Send(ctx *sql.Context, op pb.Op, request, response host.Message) error {
	return t.source.Send(ctx, op, request, response)
}
