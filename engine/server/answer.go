package server

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"strings"

	"github.com/wasql/wasql/engine"
	"github.com/wasql/wasql/engine/sqlerr"
)

// The status flags of an answer.
const (
	statusInTransaction      = 1
	statusAutocommit         = 2
	statusMoreResults        = 8
	statusNoBackslashEscapes = 512
)

// messageMax is how many bytes of an error's message are told, as by MySQL.
const messageMax = 512

// status is what a client is told of its session.
func (c *conn) status(more bool) uint16 {
	var flags uint16
	if c.state.Autocommit {
		flags |= statusAutocommit
	}
	if c.state.InTransaction {
		flags |= statusInTransaction
	}
	if c.state.NoBackslashEscapes {
		flags |= statusNoBackslashEscapes
	}
	if more {
		flags |= statusMoreResults
	}
	return flags
}

// ok tells that a command is done which gives no rows.
func (c *conn) ok(affected, inserted uint64, warnings uint16, info string, more bool) error {
	c.begin()
	c.out = append(c.out, 0)
	c.okFields(affected, inserted, c.status(more), warnings, info)
	return c.end()
}

func (c *conn) okFields(affected, inserted uint64, status, warnings uint16, info string) {
	out := appendLength(appendLength(c.out, affected), inserted)
	out = binary.LittleEndian.AppendUint16(out, status)
	out = binary.LittleEndian.AppendUint16(out, warnings)
	if info != "" {
		out = appendText(out, info)
	}
	c.out = out
}

// done tells that a command without any numbers is done.
func (c *conn) done() error { return c.ok(0, 0, 0, "", false) }

// eof ends a list of definitions or rows.
func (c *conn) eof(warnings, status uint16) error {
	c.begin()
	c.out = append(c.out, 0xfe)
	c.out = binary.LittleEndian.AppendUint16(c.out, warnings)
	c.out = binary.LittleEndian.AppendUint16(c.out, status)
	return c.end()
}

// endOfRows ends an answer with rows.
func (c *conn) endOfRows(warnings uint16, more bool) error {
	if !c.deprecatesEOF {
		return c.eof(warnings, c.status(more))
	}
	c.begin()
	c.out = append(c.out, 0xfe)
	c.okFields(0, 0, c.status(more), warnings, "")
	return c.end()
}

// fail tells an error, which may come behind some rows.
func (c *conn) fail(err error) error {
	e := sqlerr.From(err)
	message := e.Message
	if e.Hint != "" && !strings.Contains(message, e.Hint) {
		message += "; " + e.Hint
	}
	if len(message) > messageMax {
		message = strings.ToValidUTF8(message[:messageMax], "")
	}
	state := e.State
	if len(state) != 5 {
		state = "HY000"
	}
	c.begin()
	c.out = binary.LittleEndian.AppendUint16(append(c.out, 0xff), e.Errno)
	c.out = append(append(append(c.out, '#'), state...), message...)
	return c.end()
}

// answer writes what a statement gives, and ends it. It gives an error when nothing more can be written; told is whether the statement
// ended well.
func (c *conn) answer(ctx context.Context, result engine.Result, inBinary, more bool) (told bool, err error) {
	columns := result.Columns()
	if len(columns) == 0 {
		if err := result.Close(ctx); err != nil {
			return false, c.fail(err)
		}
		c.state = c.session.State(ctx)
		return true, c.ok(result.RowsAffected(), result.LastInsertID(), warnings(result), result.Info(), more)
	}
	if err := c.definitions(columns); err != nil {
		return false, errors.Join(err, result.Close(ctx))
	}
	failed := c.rows(ctx, result, columns, inBinary)
	if closed := result.Close(ctx); failed == nil {
		failed = closed
	}
	if c.failed != nil {
		return false, c.failed
	}
	c.state = c.session.State(ctx)
	if failed != nil {
		return false, c.fail(failed)
	}
	return true, c.endOfRows(warnings(result), more)
}

// rows writes the rows of an answer, as columns when it has them.
func (c *conn) rows(ctx context.Context, result engine.Result, columns []engine.Column, inBinary bool) error {
	out := newRows(&c.packets, columns, inBinary)
	for {
		batch, err := result.NextBatch(ctx)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case batch == nil:
			return c.singly(ctx, result, out)
		}
		if err := out.batch(batch); err != nil {
			return err
		}
	}
}

// singly writes the rows of an answer that is made of rows.
func (c *conn) singly(ctx context.Context, result engine.Result, out *rows) error {
	for {
		row, err := result.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := out.row(row); err != nil {
			return err
		}
	}
}

func warnings(result engine.Result) uint16 {
	return uint16(min(len(result.Warnings()), 1<<16-1))
}
