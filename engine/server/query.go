package server

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/wasql/wasql/engine"
)

// query answers COM_QUERY. Of several statements those behind one that fails are not run.
func (c *conn) query(ctx context.Context, text string) error {
	for {
		rest := ""
		if c.multi {
			text, rest = c.session.First(ctx, text)
		}
		result, err := c.session.Query(engine.WithBatches(ctx), text)
		if err != nil {
			c.state = c.session.State(ctx)
			return c.fail(err)
		}
		well, err := c.answer(ctx, result, false, rest != "")
		if err != nil || !well || rest == "" {
			return err
		}
		text = rest
	}
}

// fieldList answers COM_FIELD_LIST, by which MySQL's client learns of the columns that it completes.
func (c *conn) fieldList(p *parser) error {
	table, _, _ := bytes.Cut(p.rest, []byte{0})
	result, err := c.session.Query(c.ctx, "SELECT * FROM `"+strings.ReplaceAll(string(table), "`", "``")+"` LIMIT 0")
	if err != nil {
		return c.fail(err)
	}
	columns := result.Columns()
	if err := result.Close(c.ctx); err != nil {
		return c.fail(err)
	}
	for _, column := range columns {
		if err := c.definition(column, true); err != nil {
			return err
		}
	}
	return c.endOfRows(0, false)
}

// statistics answers COM_STATISTICS: a line for a person.
func (c *conn) statistics() error {
	c.begin()
	c.out = fmt.Appendf(c.out, "Uptime: %d  Threads: %d", int(time.Since(c.server.started).Seconds()), c.server.Connections())
	return c.end()
}
