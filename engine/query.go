package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime/debug"
	"strings"
	"time"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/types"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/catalog"
	"github.com/wasql/wasql/engine/exec"
	"github.com/wasql/wasql/engine/sqlerr"
	"github.com/wasql/wasql/engine/vec"
	"github.com/wasql/wasql/host"
)

// Query runs one statement. The result must be closed; until then the session runs no other. Errors
// are *sqlerr.Error, with what failed underneath.
//
// A statement that is a transaction of its own runs again when a connector gives it up in favour of
// another transaction: clients of MySQL never see that of a single statement.
func (s *Session) Query(ctx context.Context, text string) (Result, error) {
	return s.query(ctx, text, nil)
}

// query runs a statement, with what was given for its question marks when it was prepared.
func (s *Session) query(ctx context.Context, text string, given *given) (Result, error) {
	s.running.Lock()
	for attempt := 1; ; attempt++ {
		r, err := s.start(ctx, text, given)
		if err == nil {
			return r, nil
		}
		if attempt == attemptsMax || !s.base.Again() || !pause(ctx, attempt) {
			s.running.Unlock()
			return nil, err
		}
	}
}

// attemptsMax is how often a statement is run that others get in the way of.
const attemptsMax = 20

// pause waits before another attempt, for a time that grows and is left to chance, so that two
// sessions do not go on getting in each other's way. False: ctx has ended.
func pause(ctx context.Context, attempt int) bool {
	longest := min(time.Millisecond<<min(attempt, 10), 100*time.Millisecond)
	timer := time.NewTimer(rand.N(longest))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (s *Session) start(ctx context.Context, text string, given *given) (_ *result, err error) {
	if s.closed || s.base.Released() {
		return nil, sqlerr.New(1317, "70100", "the session is closed")
	}
	r := &result{session: s, given: given}
	defer func() {
		if p := recover(); p != nil {
			err = s.panicked(p)
		}
		if err != nil {
			err = r.abandon(err)
		}
	}()
	ctx, r.cancel = context.WithCancelCause(ctx)
	r.ctx = s.newContext(ctx, text)
	known := r.find(text)
	statement, err := r.statement(text, known)
	if err != nil {
		return nil, err
	}
	if err := r.limitTime(statement, known != nil); err != nil {
		return nil, err
	}
	statementCtx, pins := catalog.WithStatement(r.ctx.Context)
	pins.Tolerant = known == nil && readsMetadata(statement)
	if known == nil {
		if e, ok := statement.(*sqlparser.Execute); ok {
			if prepared, ok := s.base.GetPreparedQuery(e.Name); ok {
				noteMatches(pins, prepared)
			}
		}
		noteMatches(pins, statement)
	}
	r.pins = pins
	r.budget = s.engine.memory.Statement(r.ctx)
	statementCtx = s.engine.catalog.WithAggregates(host.WithNotices(statementCtx, s.notice))
	r.ctx = r.ctx.WithContext(exec.WithSharing(vec.WithBudget(statementCtx, r.budget)))
	r.asked = r.ctx.Context
	begun, err := s.engine.sql.ProcessList.BeginQuery(r.ctx, text)
	if err != nil {
		return nil, err // begun is nil, and the context is still needed
	}
	r.ctx = begun
	r.begun = true
	if known != nil {
		if known.plan.node == nil || r.holds(known.plan) {
			return r, r.runKnown(text, known)
		}
		if statement, err = r.statement(text, nil); err != nil {
			return nil, err
		}
	}
	return r, ofDefinition(statement, r.run(text, statement))
}

// statement is what runs: what is known of it, or what text says.
func (r *result) statement(text string, known *match) (sqlparser.Statement, error) {
	if known != nil {
		return known.plan.statement, nil
	}
	return r.session.parse(r.ctx, text)
}

// newContext makes the context of one statement.
func (s *Session) newContext(ctx context.Context, text string) *sql.Context {
	return sql.NewContext(ctx, sql.WithSession(s.base), sql.WithPid(s.engine.statements.Add(1)),
		sql.WithProcessList(s.engine.sql.ProcessList), sql.WithMemoryManager(s.engine.sql.MemoryManager), sql.WithQuery(text), sql.WithServices(s.services))
}

// parse reads exactly one statement.
func (s *Session) parse(ctx *sql.Context, text string) (sqlparser.Statement, error) {
	statement, _, rest, err := s.engine.sql.Parser.Parse(ctx, text, true)
	if err != nil {
		return nil, err
	}
	if more, err := Split(rest); err != nil || len(more) > 0 {
		return nil, sqlerr.New(1064, "42000", "one statement is run at a time, and behind it is another: %.60s", strings.TrimSpace(rest))
	}
	return statement, nil
}

// notice takes what a connector logged while it worked for the session.
func (s *Session) notice(n host.Notice) {
	message := fmt.Sprintf("connector %s: %s", n.Connector, n.Message)
	if len(n.Details) > 0 {
		details := make([]string, len(n.Details))
		for i, d := range n.Details {
			details[i] = d.Key + "=" + d.Value
		}
		message += " (" + strings.Join(details, ", ") + ")"
	}
	if n.Hint != "" {
		message += "; " + n.Hint
	}
	level := "Warning"
	if n.Level >= pb.LogLevel_LOG_LEVEL_ERROR {
		level = "Error"
	}
	// 1642 is MySQL's number for a warning that a user's code raised.
	s.base.Warn(&sql.Warning{Level: level, Message: message, Code: 1642})
}

// panicked makes an error of a panic in go-mysql-server or in here.
func (s *Session) panicked(p any) error {
	s.engine.log.Error("a statement panicked", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
	return sqlerr.New(1815, "HY000", "internal error: %v", p).WithHint("this is a defect of wasql, not of the statement")
}

// result is the answer to one statement of a session.
type result struct {
	session *Session
	// given is what a prepared statement runs with; nil: it is none.
	given *given
	ctx   *sql.Context
	// asked is ctx without go-mysql-server's own, which ends with the last row: before what was written is stored.
	asked  context.Context
	cancel context.CancelCauseFunc
	timer  context.CancelFunc
	pins   *catalog.Statement
	budget *vec.Budget
	begun  bool

	iter     sql.RowIter
	columns  []Column
	readers  []valueReader
	polish   polisher
	row      Row
	affected uint64
	inserted uint64
	info     string
	warnings []Warning
	batches  *batches
	ended    bool
	closed   bool
}

var _ Result = (*result)(nil)

// run starts the statement. One without rows is done when it returns.
func (r *result) run(text string, statement sqlparser.Statement) error {
	bindings, forget := r.given.bind(r.session, statement)
	defer forget()
	schema, iter, _, err := r.session.engine.runner.QueryWithBindings(r.ctx, text, statement, bindings, nil)
	if err != nil {
		return err
	}
	r.iter = iter
	if len(schema) == 0 || types.IsOkResultSchema(schema) {
		return r.drain()
	}
	if changes(statement) {
		// INSERT … RETURNING is done now, however many of its rows the client will read.
		if err := r.gather(); err != nil {
			return err
		}
	}
	r.columns, r.readers, err = describe(r.ctx, schema)
	r.row = make(Row, len(schema))
	r.polish = polish(r.ctx, r.session.engine.catalog.Provider(), statement, r.columns)
	return err
}

// gather reads all rows and ends what they came from.
func (r *result) gather() error {
	var rows []sql.Row
	for {
		row, err := r.iter.Next(r.ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		rows = append(rows, row)
	}
	if err := r.closeIter(); err != nil {
		return err
	}
	// Who reads the rows is bound by what the client asked for, not by the statement that is over.
	r.iter, r.ctx = sql.RowsToRowIter(rows...), r.ctx.WithContext(r.asked)
	return nil
}

// drain runs a statement without rows to its end.
func (r *result) drain() error {
	for {
		row, err := r.iter.Next(r.ctx)
		if errors.Is(err, io.EOF) {
			return r.end(nil)
		}
		if err != nil {
			return err
		}
		if len(row) == 1 {
			if ok, is := row[0].(types.OkResult); is {
				r.affected += ok.RowsAffected
				if ok.InsertID != 0 {
					r.inserted = ok.InsertID
				}
				if ok.Info != nil {
					r.info = ok.Info.String()
				}
			}
		}
	}
}

// Columns implements Result.
func (r *result) Columns() []Column { return r.columns }

// RowsAffected implements Result.
func (r *result) RowsAffected() uint64 { return r.affected }

// LastInsertID implements Result.
func (r *result) LastInsertID() uint64 { return r.inserted }

// Info implements Result.
func (r *result) Info() string { return r.info }

// Warnings implements Result.
func (r *result) Warnings() []Warning { return r.warnings }

// Next implements Result.
func (r *result) Next(ctx context.Context) (row Row, err error) {
	if r.ended {
		return nil, io.EOF
	}
	defer func() {
		if p := recover(); p != nil {
			err = r.end(r.session.panicked(p))
		}
	}()
	if ctx.Err() != nil {
		r.cancel(context.Cause(ctx))
	}
	values, err := r.iter.Next(r.ctx)
	if errors.Is(err, io.EOF) && r.ctx.Err() == nil {
		if err := r.end(nil); err != nil {
			return nil, err
		}
		return nil, io.EOF
	}
	if err == nil && r.ctx.Err() != nil {
		err = context.Cause(r.ctx)
	}
	if err != nil {
		return nil, r.end(err)
	}
	if len(values) != len(r.readers) {
		return nil, r.end(sqlerr.New(1815, "HY000", "internal error: a row of %d values where %d columns were announced", len(values), len(r.readers)))
	}
	for i, read := range r.readers {
		if r.row[i], err = read(r.ctx, values[i]); err != nil {
			return nil, r.end(err)
		}
	}
	if r.polish != nil {
		r.polish(r.row)
	}
	return r.row, nil
}

// Close implements Result.
func (r *result) Close(context.Context) error {
	if r.closed {
		return nil
	}
	r.closed = true
	r.cancel(sqlerr.ErrKilled)
	err := r.end(nil)
	r.session.running.Unlock()
	return err
}

// end finishes the statement, once: iterators are closed, warnings kept, connectors let go. It gives
// the error the client shall see: cause, or what closing failed with.
func (r *result) end(cause error) error {
	if r.ended {
		return numbered(cause)
	}
	r.ended = true
	// Finishing ends the context too, so what ended it before is looked up first.
	var told error
	if cause != nil {
		told = sqlerr.InContext(r.ctx, cause)
	}
	if r.iter != nil {
		if err := r.closeIter(); err != nil && told == nil && !r.closed {
			told = sqlerr.InContext(r.asked, err)
		}
		r.batches.counted(r.ctx)
	}
	constants := map[string]bool{}
	for _, w := range r.ctx.Warnings() {
		if untrue(r.ctx.Query(), w.Message) || repeated(constants, r.ctx.Query(), w.Message) {
			continue
		}
		r.warnings = append(r.warnings, Warning{Level: w.Level, Errno: w.Code, Message: w.Message})
	}
	r.finish()
	return told
}

// closeIter closes the iterators even when the statement was cancelled or closing panics.
func (r *result) closeIter() (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = r.session.panicked(p)
		}
	}()
	return r.iter.Close(r.ctx)
}

// finish lets go of what the statement held.
func (r *result) finish() {
	if r.begun {
		r.session.engine.sql.ProcessList.EndQuery(r.ctx)
	}
	if r.timer != nil {
		r.timer()
	}
	if r.pins != nil {
		r.pins.End()
		r.budget.Close()
	}
}

// abandon ends a statement that did not start; err is told with its number.
func (r *result) abandon(err error) error {
	told := sqlerr.From(err)
	if !r.ended {
		told = sqlerr.InContext(r.ctx, err)
	}
	if r.iter != nil && !r.ended {
		_ = r.closeIter() // the first error is the one to tell
	}
	if !r.ended {
		r.ended = true
		r.finish()
	}
	r.cancel(sqlerr.ErrKilled)
	return told
}

// numbered numbers an error without a context; nil stays nil.
func numbered(err error) error {
	if err == nil {
		return nil
	}
	return sqlerr.From(err)
}

// limitTime puts a deadline on the statement: the engine's, and for a SELECT the session's
// max_execution_time or its hint, of which a plain statement has none.
func (r *result) limitTime(statement sqlparser.Statement, plain bool) error {
	limit := r.session.engine.config.StatementTime
	if selects(statement) {
		value, err := r.ctx.GetSessionVariable(r.ctx, "max_execution_time")
		if err != nil {
			return err
		}
		milliseconds, _ := value.(int64)
		if !plain {
			if hint, ok := timeHint(statement); ok {
				milliseconds = hint
			}
		}
		if asked := time.Duration(milliseconds) * time.Millisecond; asked > 0 && (limit == 0 || asked < limit) {
			limit = asked
		}
	}
	if limit <= 0 {
		return nil
	}
	timed, cancel := context.WithTimeoutCause(r.ctx.Context, limit, sqlerr.ErrDeadline)
	r.timer = cancel
	r.ctx = r.ctx.WithContext(timed)
	return nil
}
