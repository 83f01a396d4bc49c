package server

import (
	"bufio"
	"context"
	"errors"
	"net"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/dolthub/vitess/go/mysql"

	"github.com/wasql/wasql/engine"
	"github.com/wasql/wasql/engine/sqlerr"
)

// conn is a connection of a client behind its authentication. One goroutine runs it.
type conn struct {
	packets
	server  *Server
	session *engine.Session
	state   engine.State
	// raw is the connection to the machine.
	raw net.Conn
	// ctx ends with the connection, by stop.
	ctx  context.Context
	stop context.CancelCauseFunc

	charset       uint16
	deprecatesEOF bool
	// multi: a command may hold several statements.
	multi         bool
	statements    map[uint32]*statement
	lastStatement uint32

	// busy is when the command at hand began, in nanoseconds; 0: there is none.
	busy atomic.Int64
	// leaving: the connection ends behind the command at hand.
	leaving atomic.Bool
}

// known takes over what the greeting was about, and the connection behind it.
func (c *conn) known(v *mysql.Conn, behind net.Conn) {
	c.conn = behind
	c.reader = bufio.NewReaderSize(behind, readBuffer)
	c.deprecatesEOF = v.Capabilities&mysql.CapabilityClientDeprecateEOF != 0
	c.multi = v.Capabilities&mysql.CapabilityClientMultiStatements != 0
	c.charset = answeredIn(uint16(v.CharacterSet))
	c.session.Known(engine.Client{User: v.User, Address: c.raw.RemoteAddr().String(), FoundRows: v.Capabilities&mysql.CapabilityClientFoundRows != 0,
		KillConnection: c.server.kill, LoadInfile: c.loadInfile})
	c.state = c.session.State(c.ctx)
}

// answeredIn is the collation that texts are said to have: the client's when it reads UTF-8, else one that it shall know.
func answeredIn(collation uint16) uint16 {
	const generalUTF8MB4 = 45
	switch {
	case collation == 33, collation == 83, collation >= 192 && collation <= 215, collation == 45, collation == 46, collation >= 224 && collation <= 247, collation == 255:
		return collation
	}
	return generalUTF8MB4
}

// run answers commands until the client or the server has enough.
func (c *conn) run() {
	defer func() {
		if p := recover(); p != nil {
			c.server.log.Error("a connection panicked", "session", c.session.ID(), "panic", p, "stack", string(debug.Stack()))
		}
	}()
	for {
		c.sequence = 0
		packet, err := c.next(c.idle)
		if err == nil && len(packet) == 0 {
			err = errMalformed
		}
		if err != nil {
			c.refuse(err)
			return
		}
		c.busy.Store(time.Now().UnixNano())
		goOn := c.command(packet)
		c.busy.Store(0)
		if c.flush() != nil || !goOn || c.leaving.Load() || c.ctx.Err() != nil {
			return
		}
	}
}

// refuse tells why the client is heard no more, if it can still be told.
func (c *conn) refuse(err error) {
	var large tooLargeError
	switch {
	case errors.As(err, &large):
		err = sqlerr.New(1153, "08S01", "Got a packet bigger than 'max_allowed_packet' bytes").WithHint("it is %d here", large.limit)
	case errors.Is(err, errOutOfOrder):
		err = sqlerr.New(1156, "08S01", "Got packets out of order")
	case errors.Is(err, errMalformed):
		err = sqlerr.New(1835, "HY000", "Malformed communication packet")
	default:
		return // the client is gone, or was silent for too long
	}
	if c.fail(err) == nil && c.flush() == nil {
		c.drop()
	}
}

// drop reads for a moment what the client still sends, so that it gets to read what it was told.
func (c *conn) drop() {
	if tcp, ok := c.raw.(interface{ CloseWrite() error }); ok && tcp.CloseWrite() == nil {
		_ = c.raw.SetReadDeadline(time.Now().Add(time.Second)) // without it there is nothing to lose
		for left := c.limit; left > 0; {
			n, err := c.reader.Discard(min(left, readBuffer))
			if left -= n; err != nil {
				return
			}
		}
	}
}

// The commands of a client.
const (
	comQuit            = 0x01
	comInitDB          = 0x02
	comQuery           = 0x03
	comFieldList       = 0x04
	comStatistics      = 0x09
	comPing            = 0x0e
	comStmtPrepare     = 0x16
	comStmtExecute     = 0x17
	comStmtSendLong    = 0x18
	comStmtClose       = 0x19
	comStmtReset       = 0x1a
	comSetOption       = 0x1b
	comStmtFetch       = 0x1c
	comResetConnection = 0x1f
)

// command answers one; false ends the connection.
func (c *conn) command(packet []byte) bool {
	p := &parser{rest: packet[1:]}
	var err error
	switch packet[0] {
	case comQuit:
		return false
	case comQuery:
		err = c.query(c.ctx, string(p.rest))
	case comStmtExecute:
		err = c.execute(c.ctx, p)
	case comStmtPrepare:
		err = c.prepare(c.ctx, string(p.rest))
	case comStmtClose:
		delete(c.statements, uint32(p.number(4)))
	case comStmtSendLong:
		c.longData(p)
	case comStmtReset:
		err = c.reset(p)
	case comStmtFetch:
		err = c.fail(sqlerr.New(1421, "HY000", "The statement (%d) has no open cursor.", p.number(4)))
	case comInitDB:
		err = c.use(string(p.rest))
	case comPing:
		err = c.done()
	case comFieldList:
		err = c.fieldList(p)
	case comStatistics:
		err = c.statistics()
	case comSetOption:
		err = c.setOption(p)
	case comResetConnection:
		err = c.resetSession()
	default:
		err = c.fail(sqlerr.New(1047, "08S01", "Unknown command").WithHint("wasql has no command %d of the protocol", packet[0]))
	}
	return err == nil && !c.state.Released
}

func (c *conn) use(database string) error {
	if database == "" {
		return c.fail(sqlerr.New(1046, "3D000", "No database selected"))
	}
	if err := c.session.Use(c.ctx, database); err != nil {
		return c.fail(err)
	}
	c.state = c.session.State(c.ctx)
	return c.done()
}

func (c *conn) setOption(p *parser) error {
	switch option := p.number(2); {
	case p.failed || option > 1:
		return c.fail(sqlerr.New(1047, "08S01", "Unknown command"))
	default:
		c.multi = option == 0
	}
	if c.deprecatesEOF {
		return c.endOfRows(0, false)
	}
	return c.eof(0, c.status(false))
}

// resetSession makes the session as it was at first, but for its current database.
func (c *conn) resetSession() error {
	clear(c.statements)
	c.session = c.session.Reset()
	c.state = c.session.State(c.ctx)
	return c.done()
}
