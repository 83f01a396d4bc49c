package host

import (
	"context"
	"log/slog"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/host/internal/hostcall"
)

// Notice is a record of level WARNING or above that a guest logged during a call.
type Notice struct {
	Level         pb.LogLevel
	Connector     string
	Message, Hint string
	// Details are its fields, such as page=5.
	Details []Detail
}

// Detail is a field of a record.
type Detail struct{ Key, Value string }

func details(r hostcall.Record) []Detail {
	var all []Detail
	for _, p := range r.Fields {
		all = append(all, Detail{p.GetKey(), p.GetValue()})
	}
	return all
}

type noticesKey struct{}

// WithNotices makes notices of calls under the context reach f, on the goroutine of the call.
// f must not call into the connector.
func WithNotices(ctx context.Context, f func(Notice)) context.Context {
	return context.WithValue(ctx, noticesKey{}, f)
}

// record takes what a guest logged.
func (c *Connector) record(ctx context.Context, r hostcall.Record) {
	if r.Level >= pb.LogLevel_LOG_LEVEL_WARNING {
		if f, ok := ctx.Value(noticesKey{}).(func(Notice)); ok {
			f(Notice{Level: r.Level, Connector: c.name, Message: r.Message, Hint: r.Hint, Details: details(r)})
		}
	}
	if !c.grant.Log {
		return
	}
	attrs := []slog.Attr{slog.String("connector", c.name)}
	if r.Hint != "" {
		attrs = append(attrs, slog.String("hint", r.Hint))
	}
	for _, p := range r.Fields {
		attrs = append(attrs, slog.String(p.Key, p.Value))
	}
	c.module.runtime.log.LogAttrs(ctx, logLevel(r.Level), r.Message, attrs...)
}

func logLevel(l pb.LogLevel) slog.Level {
	switch {
	case l <= pb.LogLevel_LOG_LEVEL_DEBUG:
		return slog.LevelDebug
	case l == pb.LogLevel_LOG_LEVEL_INFO:
		return slog.LevelInfo
	case l == pb.LogLevel_LOG_LEVEL_WARNING:
		return slog.LevelWarn
	}
	return slog.LevelError
}
