package engine

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/dolthub/go-mysql-server/server"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/vitess/go/mysql"
	"github.com/dolthub/vitess/go/sqltypes"
	querypb "github.com/dolthub/vitess/go/vt/proto/query"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/engine/sqlerr"
)

// wire lets MySQL's clients speak to the sessions of an engine, as far as tests need it.
type wire struct {
	mysql.Handler
	engine *Engine

	mu       sync.Mutex
	sessions map[uint32]*Session
}

// serve listens on a port of this machine until the test ends.
func serve(t *testing.T, e *Engine) (host, port string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	session := func(_ context.Context, c *mysql.Conn, address string) (sql.Session, error) {
		return sql.NewBaseSessionWithClientServer(address, sql.Client{User: "root", Address: "localhost", Capabilities: c.Capabilities}, c.ConnectionID), nil
	}
	config := server.Config{Protocol: "tcp", Address: listener.Addr().String(), Listener: listener, Version: "8.0.36-wasql"}
	s, err := server.NewServerWithHandler(config, e.SQL(), sql.NewContext, session, nil, func(h mysql.Handler) (mysql.Handler, error) {
		return &wire{Handler: h, engine: e, sessions: map[uint32]*Session{}}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Start() }()
	t.Cleanup(func() {
		if err := errors.Join(s.Close(), <-ended); err != nil {
			t.Logf("the server: %v", err)
		}
	})
	if host, port, err = net.SplitHostPort(listener.Addr().String()); err != nil {
		t.Fatal(err)
	}
	return host, port
}

func (w *wire) session(c *mysql.Conn) *Session {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.sessions[c.ConnectionID] == nil {
		w.sessions[c.ConnectionID] = w.engine.NewSession("root")
	}
	return w.sessions[c.ConnectionID]
}

// NewConnection implements mysql.Handler. go-mysql-server's own would number the session again.
func (*wire) NewConnection(*mysql.Conn) {}

// ConnectionAuthenticated implements mysql.Handler.
func (*wire) ConnectionAuthenticated(*mysql.Conn) error { return nil }

// ConnectionClosed implements mysql.Handler.
func (w *wire) ConnectionClosed(c *mysql.Conn) { w.session(c).Close() }

// ComInitDB implements mysql.Handler.
func (w *wire) ComInitDB(c *mysql.Conn, database string) error {
	if database == "" {
		return nil
	}
	return told(w.session(c).Use(context.Background(), database))
}

// WarningCount implements mysql.Handler.
func (*wire) WarningCount(*mysql.Conn) uint16 { return 0 }

// ComMultiQuery implements mysql.Handler.
func (w *wire) ComMultiQuery(ctx context.Context, c *mysql.Conn, query string, callback mysql.ResultSpoolFn) (string, error) {
	script := NewScript(strings.NewReader(query))
	statement, err := script.Next()
	if err != nil {
		return "", told(err)
	}
	rest, err := io.ReadAll(script.source)
	if err != nil {
		return "", err
	}
	remainder := script.text + string(rest)
	if more, err := Split(remainder); err == nil && len(more) == 0 {
		remainder = ""
	}
	return remainder, w.run(ctx, c, statement, callback, remainder != "")
}

// ComQuery implements mysql.Handler.
func (w *wire) ComQuery(ctx context.Context, c *mysql.Conn, query string, callback mysql.ResultSpoolFn) error {
	return w.run(ctx, c, query, callback, false)
}

func (w *wire) run(ctx context.Context, c *mysql.Conn, query string, callback mysql.ResultSpoolFn, more bool) (err error) {
	result, err := w.session(c).Query(ctx, query)
	if err != nil {
		return told(err)
	}
	defer func() {
		if closed := result.Close(ctx); err == nil {
			err = told(closed)
		}
	}()
	out := &sqltypes.Result{RowsAffected: result.RowsAffected()}
	columns := result.Columns()
	for _, column := range columns {
		out.Fields = append(out.Fields, wireField(column))
	}
	for len(columns) > 0 {
		row, err := result.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return told(err)
		}
		values := make([]sqltypes.Value, len(row))
		for i, v := range row {
			if v != nil {
				values[i] = sqltypes.MakeTrusted(out.Fields[i].Type, wireValue(columns[i], v))
			}
		}
		out.Rows = append(out.Rows, values)
	}
	return callback(out, more)
}

// told is an error with its number, as clients get it.
func told(err error) error {
	if err == nil {
		return nil
	}
	e := sqlerr.From(err)
	return mysql.NewSQLError(int(e.Errno), e.State, "%s", e.Message)
}

var wireTypes = map[col.Type]querypb.Type{
	col.Bool: sqltypes.Int8, col.Int8: sqltypes.Int8, col.Int16: sqltypes.Int16, col.Int32: sqltypes.Int32, col.Int64: sqltypes.Int64,
	col.Uint8: sqltypes.Uint8, col.Uint16: sqltypes.Uint16, col.Uint32: sqltypes.Uint32, col.Uint64: sqltypes.Uint64,
	col.Float32: sqltypes.Float32, col.Float64: sqltypes.Float64, col.Decimal128: sqltypes.Decimal, col.Decimal256: sqltypes.Decimal,
	col.Date: sqltypes.Date, col.Time: sqltypes.Time, col.Datetime: sqltypes.Datetime, col.Year: sqltypes.Year, col.UTF8: sqltypes.VarChar,
	col.Binary: sqltypes.VarBinary, col.JSON: sqltypes.TypeJSON, col.Enum: sqltypes.Enum, col.Set: sqltypes.Set, col.Bit: sqltypes.Bit,
	col.Geometry: sqltypes.Geometry, col.Vector: sqltypes.VarBinary, col.Null: sqltypes.Null,
}

func wireField(column Column) *querypb.Field {
	field := &querypb.Field{Name: column.Name, OrgName: column.Name, Type: wireTypes[column.Type], Charset: 45, ColumnLength: 1 << 20}
	switch {
	case column.Type == col.UTF8 && strings.Contains(column.SQLType, "text"):
		field.Type = sqltypes.Text
	case column.Type == col.Binary && strings.Contains(column.SQLType, "blob"):
		field.Type = sqltypes.Blob
	}
	if !column.Type.Text() && column.Type != col.Enum && column.Type != col.Set {
		field.Charset = 63
	}
	return field
}

func wireValue(column Column, v any) []byte {
	switch x := v.(type) {
	case []byte:
		return x
	case float64:
		bits := 64
		if column.Type == col.Float32 {
			bits = 32
		}
		return strconv.AppendFloat(nil, x, 'g', -1, bits)
	case uint64:
		if column.Type == col.Bit {
			var bits int
			if _, err := fmt.Sscanf(column.SQLType, "bit(%d)", &bits); err != nil {
				bits = 64
			}
			return binary.BigEndian.AppendUint64(nil, x)[8-(bits+7)/8:]
		}
	case bool:
		if x {
			return []byte("1")
		}
		return []byte("0")
	}
	return fmt.Append(nil, v)
}
