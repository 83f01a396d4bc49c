package server

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"time"

	"github.com/dolthub/vitess/go/mysql"
	"github.com/dolthub/vitess/go/sqltypes"
	querypb "github.com/dolthub/vitess/go/vt/proto/query"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/wasql/wasql/engine"
	"github.com/wasql/wasql/engine/sqlerr"
)

// greetingMax is how long a packet may be before the client is known, in bytes.
const greetingMax = 64 << 10

var errNoCommand = errors.New("commands are not vitess' to answer")

// greeted is a connection as vitess sees it, which greets the client and finds out who it is. Once that is done, vitess says OK, and that
// is where the connection is taken over: for vitess it ends while the OK is written.
type greeted struct {
	net.Conn
	conn *conn
	// ready: the client is known, and what is written next ends the greeting.
	ready bool
	// packet is what is written of one that is not whole yet.
	packet []byte
	// header and left follow the packets that come in.
	header [headerBytes]byte
	seen   int
	left   int
}

// Read implements net.Conn. A stranger's packets are short.
func (g *greeted) Read(to []byte) (int, error) {
	n, err := g.Conn.Read(to)
	for _, b := range to[:n] {
		if g.left > 0 {
			g.left--
			continue
		}
		g.header[g.seen] = b
		if g.seen++; g.seen == headerBytes {
			g.seen = 0
			if g.left = int(g.header[0]) | int(g.header[1])<<8 | int(g.header[2])<<16; g.left > greetingMax {
				return 0, tooLargeError{greetingMax}
			}
		}
	}
	return n, err
}

// Write implements net.Conn. Vitess writes the header of a packet by itself; it leaves with the rest.
func (g *greeted) Write(from []byte) (int, error) {
	g.packet = append(g.packet, from...)
	if len(g.packet) < headerBytes || len(g.packet)-headerBytes < int(g.packet[0])|int(g.packet[1])<<8|int(g.packet[2])<<16 {
		return len(from), nil
	}
	_, err := g.Conn.Write(g.packet)
	ok := len(g.packet) > headerBytes && g.packet[headerBytes] == 0
	g.packet = g.packet[:0]
	if err != nil || !g.ready || !ok {
		return len(from), err
	}
	g.ready = false
	if err := g.SetDeadline(time.Time{}); err != nil {
		return len(from), err
	}
	g.conn.run()
	return len(from), io.ErrClosedPipe
}

// handler has vitess greet clients, and nothing else.
type handler struct{ *Server }

// NewConnection implements mysql.Handler.
func (h handler) NewConnection(v *mysql.Conn) {
	g, ok := v.Conn.(*greeted)
	if !ok {
		return
	}
	c := g.conn
	c.session = h.engine.Connect(engine.Client{User: "unauthenticated user", Address: c.raw.RemoteAddr().String()})
	v.ConnectionID, v.ClientData = c.session.ID(), c
	v.StatusFlags |= mysql.ServerStatusAutocommit
	h.add(c)
}

// ConnectionAuthenticated implements mysql.Handler.
func (h handler) ConnectionAuthenticated(v *mysql.Conn) error {
	c := v.ClientData.(*conn)
	g := v.Conn.(*greeted)
	c.known(v, g.Conn)
	if h.config.Database != "" {
		if err := h.ComInitDB(v, h.config.Database); err != nil {
			return err
		}
	}
	g.ready = true
	return nil
}

// ComInitDB implements mysql.Handler: it is what the greeting asked for.
func (h handler) ComInitDB(v *mysql.Conn, database string) error {
	c := v.ClientData.(*conn)
	if err := c.session.Use(c.ctx, database); err != nil {
		e := sqlerr.From(err)
		return mysql.NewSQLError(int(e.Errno), e.State, "%s", e.Message)
	}
	c.state = c.session.State(c.ctx)
	return nil
}

// ConnectionAborted implements mysql.Handler.
func (h handler) ConnectionAborted(v *mysql.Conn, reason string) error {
	h.log.Debug("a connection came to nothing", "session", v.ConnectionID, "reason", reason)
	return nil
}

// ConnectionClosed implements mysql.Handler.
func (h handler) ConnectionClosed(v *mysql.Conn) {
	if c, ok := v.ClientData.(*conn); ok {
		c.stop(sqlerr.ErrKilled)
		c.session.Close()
		h.remove(c)
	}
}

// The rest of mysql.Handler is commands.

// ComQuery implements mysql.Handler.
func (handler) ComQuery(context.Context, *mysql.Conn, string, mysql.ResultSpoolFn) error {
	return errNoCommand
}

// ComMultiQuery implements mysql.Handler.
func (handler) ComMultiQuery(context.Context, *mysql.Conn, string, mysql.ResultSpoolFn) (string, error) {
	return "", errNoCommand
}

// ComPrepare implements mysql.Handler.
func (handler) ComPrepare(context.Context, *mysql.Conn, string, *mysql.PrepareData) ([]*querypb.Field, error) {
	return nil, errNoCommand
}

// ComStmtExecute implements mysql.Handler.
func (handler) ComStmtExecute(context.Context, *mysql.Conn, *mysql.PrepareData, func(*sqltypes.Result) error) error {
	return errNoCommand
}

// WarningCount implements mysql.Handler.
func (handler) WarningCount(*mysql.Conn) uint16 { return 0 }

// ComResetConnection implements mysql.Handler.
func (handler) ComResetConnection(*mysql.Conn) error { return errNoCommand }

// ParserOptionsForConnection implements mysql.Handler.
func (handler) ParserOptionsForConnection(*mysql.Conn) (sqlparser.ParserOptions, error) {
	return sqlparser.ParserOptions{}, errNoCommand
}

// turnAway tells a client that there are too many, before anything else is said.
func turnAway(c net.Conn) {
	const message = "\x10\x04#08004Too many connections"
	packet := binary.LittleEndian.AppendUint32(nil, uint32(len(message)+1))
	_ = c.SetWriteDeadline(time.Now().Add(time.Second)) // it is told if it listens
	_, _ = c.Write(append(append(packet, 0xff), message...))
	_ = c.Close()
}
