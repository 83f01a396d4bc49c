package gms

import "context"

type endingKey struct{}

// Ending hears what is to be done when a statement ends, however it ends.
type Ending interface{ AtEnd(f func()) }

// WithEnding is ctx for a statement whose end e brings about.
func WithEnding(ctx context.Context, e Ending) context.Context {
	return context.WithValue(ctx, endingKey{}, e)
}

// AtEnd has f called when the statement of ctx ends. Without a statement it is never called.
func AtEnd(ctx context.Context, f func()) {
	if e, ok := ctx.Value(endingKey{}).(Ending); ok {
		e.AtEnd(f)
	}
}
