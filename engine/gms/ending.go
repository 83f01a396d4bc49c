package gms

import (
	"context"

	"github.com/dolthub/go-mysql-server/sql"
)

type endingKey struct{}

// Ending hears what is to be done when a statement ends, however it ends.
type Ending interface {
	// AtEnd has f called at the end, unless cancel is called before.
	AtEnd(f func()) (cancel func())
}

// WithEnding is ctx for a statement whose end e brings about.
func WithEnding(ctx context.Context, e Ending) context.Context {
	return context.WithValue(ctx, endingKey{}, e)
}

// AtEnd has f called when the statement of ctx ends, unless cancel is called before. Without a
// statement it is never called.
func AtEnd(ctx context.Context, f func()) (cancel func()) {
	if e, ok := ctx.Value(endingKey{}).(Ending); ok {
		return e.AtEnd(f)
	}
	return func() {}
}

// closing are rows that are closed with their statement at the latest: go-mysql-server forgets to when
// a definition fails halfway.
type closing struct {
	sql.RowIter
	cancel func()
}

func closeAtEnd(ctx *sql.Context, rows sql.RowIter) sql.RowIter {
	return closing{rows, AtEnd(ctx, func() { _ = rows.Close(ctx) })} // the statement's error is told already
}

// Close implements sql.RowIter.
func (c closing) Close(ctx *sql.Context) error {
	c.cancel()
	return c.RowIter.Close(ctx)
}

// StatementOf is the statement of ctx, for what is kept until it ends; nil: there is none.
func StatementOf(ctx context.Context) Ending {
	e, _ := ctx.Value(endingKey{}).(Ending)
	return e
}
