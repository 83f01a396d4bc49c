package engine

import (
	"errors"
	"strconv"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/planbuilder"
	"github.com/dolthub/go-mysql-server/sql/types"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/wasql/wasql/engine/exec"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/pushdown"
	"github.com/wasql/wasql/engine/shape"
	"github.com/wasql/wasql/engine/txn"
)

// knownPlan is a statement as it was planned, to be run again with other literals.
type knownPlan struct {
	statement sqlparser.Statement
	kind      txn.Kind
	writes    bool
	node      sql.Node
	flags     *sql.QueryFlags
	// literals are those of node that may change, in the order of the text; nonZero those that must not become 0.
	literals []*expression.Literal
	nonZero  []bool
	scans    []*exec.ScanPlan
	// kept is the plan of a SELECT of which a node is made for each run.
	kept *kept
	// tables are those that it was planned with.
	tables []*gms.Table
	// failed: it turned out not to serve other statements.
	failed bool

	columns []Column
	readers []valueReader
}

// bind puts the literals of the statement that was read last into the plan; false: they do not fit it.
func (k *knownPlan) bind(ctx *sql.Context, p *plans, bound []place) bool {
	number := 0
	for i, at := range bound {
		if at == placeFixed {
			continue
		}
		value, typ, ok := p.literal(ctx, i)
		if !ok || k.kept == nil && k.nonZero[number] && mayBeZero(value) {
			return false
		}
		*k.literals[number] = *expression.NewLiteral(value, typ)
		number++
	}
	if k.kept != nil {
		return true
	}
	for _, scan := range k.scans {
		if !scan.Rebind(ctx) {
			return false
		}
	}
	return true
}

// mayBeZero tells whether a literal may ask for a key to be made. Only whole numbers are looked at.
func mayBeZero(value any) bool {
	switch n := value.(type) {
	case int8:
		return n == 0
	case uint8, int16, uint16, int32, uint32, int64:
		return false // they are too large for the smallest type
	}
	return true
}

// literal gives the value and type that go-mysql-server gives a literal; false: it is left to go-mysql-server.
func (p *plans) literal(ctx *sql.Context, i int) (any, sql.Type, bool) {
	if p.given != nil {
		return p.given.literal(i, p.text)
	}
	source := p.read.Source(i)
	switch p.read.Literals[i].Kind {
	case shape.Integer:
		n, err := strconv.ParseInt(source, 10, 64)
		value, typ := smallest(n)
		return value, typ, err == nil
	case shape.Text:
		return p.read.Unquoted(i), p.text, true
	case shape.Float:
		f, err := strconv.ParseFloat(source, 64)
		return f, types.Float64, err == nil
	case shape.Decimal:
		digits, scale := expression.GetDecimalPrecisionAndScale(source)
		typ := types.CreateLiteralDecimalType(digits, scale)
		value, _, err := typ.Convert(ctx, source)
		return value, typ, err == nil
	}
	return nil, nil, false
}

// smallest is a whole number in the smallest type that holds it, signed before unsigned.
func smallest(n int64) (any, sql.Type) {
	switch {
	case n == int64(int8(n)):
		return int8(n), types.Int8
	case n == int64(uint8(n)):
		return uint8(n), types.Uint8
	case n == int64(int16(n)):
		return int16(n), types.Int16
	case n == int64(uint16(n)):
		return uint16(n), types.Uint16
	case n == int64(int32(n)):
		return int32(n), types.Int32
	case n == int64(uint32(n)):
		return uint32(n), types.Uint32
	}
	return n, types.Int64
}

// find gives what is known of a statement, or can be; nil: it is planned as ever.
func (r *result) find(text string) *match {
	m := r.session.plans.find(r.session, r.ctx, text, r.given)
	if m != nil && m.plan == nil {
		m.plan = r.learn(m)
	}
	if m == nil || m.plan == nil {
		return nil
	}
	return m
}

// learn prepares for planning a statement with literals that can be told apart. What comes of it serves this
// statement, and those of its shape when checkPlan says so. nil: it cannot be told.
func (r *result) learn(m *match) *knownPlan {
	s := r.session
	p := &s.plans
	statement, err := r.withParams(m)
	if err != nil {
		return nil // told when the statement itself is parsed
	}
	_, reads := statement.(sqlparser.SelectStatement)
	k := &knownPlan{statement: statement, kind: txn.KindOf(r.ctx, statement), writes: !reads, failed: true}
	for i, at := range m.family.bound {
		if at == placeFixed {
			continue
		}
		value, typ, ok := p.literal(r.ctx, i)
		if !ok {
			return nil
		}
		k.literals = append(k.literals, expression.NewLiteral(value, typ))
	}
	if m.family.plans == nil {
		m.family.plans = map[string]*knownPlan{}
	}
	m.family.plans[m.key] = k
	return k
}

// withParams is the statement that is learned, with question marks for the literals that may change.
func (r *result) withParams(m *match) (sqlparser.Statement, error) {
	if r.given != nil {
		return r.session.parse(r.ctx, r.given.text)
	}
	return r.session.parse(r.ctx, r.session.plans.withParams(m.family.bound))
}

// plan plans a statement that is learned.
func (r *result) plan(text string, m *match, k *knownPlan) error {
	e := r.session.engine.sql
	bindings, ok := r.bindings(m.family, k)
	if !ok {
		return errNotKept
	}
	binder := planbuilder.New(r.ctx, e.Analyzer.Catalog, e.EventScheduler)
	// Building the plan counts the statement, which is counted where it runs.
	if name := counterOf(k.statement); name != counterOfSelects {
		sql.IncrementStatusVariable(r.ctx, name, -1)
	}
	binder.SetBindingsWithExpr(bindings)
	before := len(r.ctx.Session.Warnings())
	node, flags, err := binder.BindOnly(k.statement, text, nil)
	if err != nil {
		return err
	}
	r.warn(r.ctx.Session.Warnings()[before:])
	keeping := k.keeps(r.ctx, node)
	if node, err = e.Analyzer.Analyze(r.ctx.WithContext(pushdown.Keep(r.ctx.Context, &keeping.noted)), node, nil, flags); err != nil {
		return err
	}
	k.node, k.flags = node, flags
	sound := k.kept != nil || checkPlan(k)
	if !sound && !k.writes {
		if k.node, err = keeping.keep(r.ctx, keeping.noted.Node); err != nil {
			return err // nor is it tried again with values that are like these
		}
		if k.node, err = pushdown.Finish(r.ctx, e.Analyzer, k.node, flags, &k.kept.offers); err != nil {
			return err
		}
		sound = true
	}
	k.failed = !sound || len(r.ctx.Session.Warnings()) > 0 || !r.holds(k)
	return nil
}

// errNotKept: a statement is planned as if nothing was known of it.
var errNotKept = errors.New("the plan is not one that is kept")

// bindings are the literals of a statement that is learned, by the names of its question marks.
func (r *result) bindings(f *family, k *knownPlan) (map[string]sql.Expression, bool) {
	bindings := make(map[string]sql.Expression, len(f.bound))
	bound, named := 0, 0
	for i, at := range f.bound {
		var e sql.Expression
		switch {
		case at != placeFixed:
			e = k.literals[bound]
			if at == placeCompared {
				e = exec.Placeholder{Literal: k.literals[bound]}
			}
			bound++
		case r.given == nil:
			continue // it stands in the text
		default:
			value, typ, ok := r.session.plans.literal(r.ctx, i)
			if !ok {
				return nil, false
			}
			e = expression.NewLiteral(value, typ)
		}
		named++
		bindings["v"+strconv.Itoa(named)] = e
	}
	return bindings, true
}

// warn puts warnings in the place of those that there are. They are in the order in which the session has them, the last first.
func (r *result) warn(warnings []*sql.Warning) {
	r.ctx.ClearWarnings()
	for i := len(warnings) - 1; i >= 0; i-- {
		r.ctx.Session.Warn(warnings[i])
	}
}

// holds tells whether the tables are still those that a statement was planned with.
func (r *result) holds(k *knownPlan) bool {
	provider := r.session.engine.catalog.Provider()
	for _, planned := range k.tables {
		if !provider.Holds(r.ctx, planned) {
			return false
		}
	}
	return true
}

// anew plans and runs a statement within its Runner's care, as if nothing was known of it.
func (r *result) anew(text string) (sql.Schema, sql.RowIter, *sql.QueryFlags, error) {
	e := r.session.engine.sql
	if r.given == nil {
		return e.QueryWithBindings(r.ctx, text, nil, nil, nil)
	}
	statement, err := r.session.parse(r.ctx, text)
	if err != nil {
		return nil, nil, nil, err
	}
	bindings, forget := r.given.bind(r.session, statement)
	defer forget()
	return e.QueryWithBindings(r.ctx, text, statement, bindings, nil)
}

// runKnown runs a statement whose plan is known, or plans it so that it is known.
func (r *result) runKnown(text string, m *match) error {
	k, e := m.plan, r.session.engine
	before := r.ctx.Session.Warnings()
	schema, iter, err := e.runner.Run(r.ctx, k.kind, func() (sql.Schema, sql.RowIter, *sql.QueryFlags, error) {
		if err := r.beginTransaction(); err != nil {
			return nil, nil, nil, err
		}
		node := k.node
		switch t := r.ctx.GetTransaction(); {
		case k.writes && t != nil && t.IsReadOnly():
			return r.anew(text) // which refuses it, or not
		case k.node == nil && k.kept == nil:
			if err := r.plan(text, m, k); err != nil {
				// What is wrong is told in the words of the statement itself.
				r.warn(before)
				return r.anew(text)
			}
			if node = k.node; k.kept != nil {
				k.node = nil
			}
		case k.kept != nil:
			var err error
			r.ctx.ClearWarnings()
			if node, err = k.kept.plan(r, k.flags); err != nil {
				r.warn(before)
				return r.anew(text)
			}
			r.session.plans.hits++
		default:
			r.session.plans.hits++
			r.ctx.ClearWarnings()
		}
		sql.IncrementStatusVariable(r.ctx, "Questions", 1)
		sql.IncrementStatusVariable(r.ctx, counterOf(k.statement), 1)
		return e.sql.PrepQueryPlanForExecution(r.ctx, text, node, k.flags)
	})
	if err != nil {
		return err
	}
	r.iter = iter
	if len(schema) == 0 || types.IsOkResultSchema(schema) {
		return r.drain()
	}
	if k.columns == nil {
		if k.columns, k.readers, err = describe(r.ctx, schema); err != nil {
			return err
		}
	}
	r.columns, r.readers, r.row = k.columns, k.readers, make(Row, len(schema))
	return nil
}

const counterOfSelects = "Com_select"

// counterOf is the status variable that a statement is counted in.
func counterOf(statement sqlparser.Statement) string {
	switch statement.(type) {
	case *sqlparser.Insert:
		return "Com_insert"
	case *sqlparser.Update:
		return "Com_update"
	case *sqlparser.Delete:
		return "Com_delete"
	}
	return counterOfSelects
}

// beginTransaction makes sure that there is a transaction.
func (r *result) beginTransaction() error {
	if err := r.ctx.Session.ValidateSession(r.ctx); err != nil || r.ctx.GetTransaction() != nil {
		return err
	}
	t, err := r.session.base.StartTransaction(r.ctx, sql.ReadWrite)
	if err == nil {
		r.ctx.SetTransaction(t)
	}
	return err
}
