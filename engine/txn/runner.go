package txn

import (
	"errors"
	"fmt"
	"io"

	sqle "github.com/dolthub/go-mysql-server"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/types"
	"github.com/dolthub/vitess/go/vt/sqlparser"
)

// Runner runs statements of an engine so that each is all or nothing. The session must be a Session.
type Runner struct{ engine *sqle.Engine }

var _ sql.StatementRunner = Runner{}

// NewRunner makes a runner, and has the engine run the statements of procedures by it.
func NewRunner(engine *sqle.Engine) Runner {
	r := Runner{engine}
	engine.Analyzer.Runner = r
	engine.Analyzer.ExecBuilder.Runner = r
	return r
}

// Query runs a statement given as text. See QueryWithBindings.
func (r Runner) Query(ctx *sql.Context, text string) (sql.Schema, sql.RowIter, *sql.QueryFlags, error) {
	return r.QueryWithBindings(ctx, text, nil, nil, nil)
}

// QueryWithBindings implements sql.StatementRunner. The statement ends when its iterator is closed,
// which must happen also after an error; what closing fails with counts.
func (r Runner) QueryWithBindings(ctx *sql.Context, text string, parsed sqlparser.Statement, bindings map[string]sqlparser.Expr,
	flags *sql.QueryFlags) (schema sql.Schema, _ sql.RowIter, _ *sql.QueryFlags, err error) {
	s, ok := ctx.Session.(*Session)
	if !ok {
		return r.engine.QueryWithBindings(ctx, text, parsed, bindings, flags)
	}
	return r.run(ctx, s, KindOf(ctx, r.parsed(ctx, text, parsed)), func() (sql.Schema, sql.RowIter, *sql.QueryFlags, error) {
		return r.engine.QueryWithBindings(ctx, text, parsed, bindings, flags)
	})
}

// Run runs a statement that begin plans and starts, as QueryWithBindings does.
func (r Runner) Run(ctx *sql.Context, k Kind, begin func() (sql.Schema, sql.RowIter, *sql.QueryFlags, error)) (sql.Schema, sql.RowIter, error) {
	schema, iter, _, err := r.run(ctx, ctx.Session.(*Session), k, begin)
	return schema, iter, err
}

func (r Runner) run(ctx *sql.Context, s *Session, k Kind, begin func() (sql.Schema, sql.RowIter, *sql.QueryFlags, error)) (
	schema sql.Schema, _ sql.RowIter, flags *sql.QueryFlags, err error) {
	running := &statementIter{session: s, cause: errPanicked}
	defer func() {
		if running.cause != nil { // also while panicking
			s.fail()
			err = also(err, s.finish(ctx, running.cause))
		}
	}()
	if running.cause = s.start(ctx, k.kind); running.cause != nil {
		return nil, nil, nil, running.cause
	}
	if set, err := s.setNext(ctx); set {
		running.cause, running.child = err, sql.RowsToRowIter(sql.NewRow(types.NewOkResult(0)))
		return types.OkResultSchema, running, &sql.QueryFlags{}, err
	}
	running.cause = errPanicked
	schema, running.child, flags, err = begin()
	running.cause = err
	return schema, running, flags, err
}

// parsed finds the syntax tree of a statement, or nil when it has none.
func (r Runner) parsed(ctx *sql.Context, text string, parsed sqlparser.Statement) sqlparser.Statement {
	if parsed != nil {
		return parsed
	}
	text = sql.RemoveSpaceAndDelimiter(text, ';')
	if prepared, ok := ctx.Session.GetPreparedQuery(text); ok {
		return prepared
	}
	// An error shows again, and is told, when the engine reads the text.
	parsed, _, _ = r.engine.Parser.ParseOneWithOptions(ctx, text, sql.LoadSqlMode(ctx).ParserOptions())
	return parsed
}

// also is err, with what failed because of it. Either may be nil. Callers look for the kind of err, so
// it stays the only one in the chain.
func also(err, next error) error {
	switch {
	case err == nil:
		return next
	case next == nil:
		return err
	}
	return fmt.Errorf("%w; and then: %v", err, next)
}

var errPanicked = errors.New("the statement panicked")

// statementIter ends its statement when it is closed.
type statementIter struct {
	session *Session
	child   sql.RowIter
	cause   error
	closed  bool
}

// Next implements sql.RowIter.
func (i *statementIter) Next(ctx *sql.Context) (sql.Row, error) {
	i.cause = errPanicked
	row, err := i.child.Next(ctx)
	i.cause = nil
	if err != nil && !errors.Is(err, io.EOF) {
		i.cause = err
		i.session.fail()
	}
	return row, err
}

// GetIter gives the statement's own iterator.
func (i *statementIter) GetIter() sql.RowIter { return i.child }

// Close implements sql.RowIter.
func (i *statementIter) Close(ctx *sql.Context) (err error) {
	if i.closed {
		return nil
	}
	i.closed = true
	cause := i.cause
	if cause != nil {
		i.session.fail()
	}
	panicking := true
	defer func() {
		switch {
		case panicking:
			cause = errPanicked
		case cause == nil:
			cause = err
		}
		err = also(err, i.session.finish(ctx, cause))
	}()
	err = i.child.Close(ctx)
	panicking = false
	return err
}
