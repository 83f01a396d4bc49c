package engine

import (
	"context"
	"math"
	"slices"
	"strconv"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/types"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/wasql/wasql/engine/shape"
	"github.com/wasql/wasql/engine/sqlerr"
)

// Prepared is a statement with question marks where values are to stand. A small one, or a SELECT, is parsed and planned once, until
// definitions, privileges or variables of the session change, any other each time. It belongs to its session, and costs nothing to keep.
type Prepared struct {
	session *Session
	text    string
	params  int
}

// Prepare reads one statement. What it is about is looked up when it runs.
func (s *Session) Prepare(ctx context.Context, text string) (*Prepared, error) {
	s.running.Lock()
	defer s.running.Unlock()
	if s.closed || s.base.Released() {
		return nil, sqlerr.New(1317, "70100", "the session is closed")
	}
	sqlCtx := s.newContext(ctx, text)
	statement, err := s.parse(sqlCtx, text)
	if err != nil {
		return nil, sqlerr.InContext(sqlCtx, err)
	}
	return &Prepared{session: s, text: sql.RemoveSpaceAndDelimiter(text, ';'), params: paramsOf(statement)}, nil
}

// Params is the number of question marks.
func (p *Prepared) Params() int { return p.params }

// Query runs the statement as Session.Query does, with a value for each question mark: nil for NULL, or a bool, int64, uint64,
// float64, string or []byte.
func (p *Prepared) Query(ctx context.Context, values ...any) (Result, error) {
	if len(values) != p.params {
		return nil, sqlerr.New(1210, "HY000", "incorrect arguments to a prepared statement: it has %d parameters, %d values were given", p.params, len(values))
	}
	for i, value := range values {
		switch value.(type) {
		case nil, bool, int64, uint64, float64, string, []byte:
		default:
			return nil, sqlerr.New(1210, "HY000", "incorrect arguments to a prepared statement: parameter %d is a %T", i+1, value)
		}
	}
	return p.session.query(ctx, p.text, &given{p, values})
}

// paramsOf counts the question marks of a statement.
func paramsOf(statement sqlparser.Statement) int {
	most := 0
	walk(statement, func(node sqlparser.SQLNode) {
		if e, ok := node.(*sqlparser.SQLVal); ok {
			if number, ok := paramNumber(e); ok {
				most = max(most, number+1)
			}
		}
	})
	return most
}

// given is a prepared statement with its values.
type given struct {
	*Prepared
	values []any
}

// bind gives the values as go-mysql-server takes them, by the parser's names of the question marks. It looks for the statement
// itself among those that are prepared, until forget.
func (g *given) bind(s *Session, statement sqlparser.Statement) (_ map[string]sqlparser.Expr, forget func()) {
	if g == nil || len(g.values) == 0 {
		return nil, func() {}
	}
	all := make(map[string]sqlparser.Expr, len(g.values))
	for i, value := range g.values {
		all[paramPrefix[1:]+strconv.Itoa(i+1)] = expressionOf(value)
	}
	s.base.PrepareQuery(g.text, statement)
	return all, func() { s.base.UnprepareQuery(g.text) }
}

func expressionOf(value any) sqlparser.Expr {
	switch v := value.(type) {
	case bool:
		return sqlparser.NewIntVal([]byte(strconv.Itoa(number(v))))
	case int64:
		return sqlparser.NewIntVal(strconv.AppendInt(nil, v, 10))
	case uint64:
		return sqlparser.NewIntVal(strconv.AppendUint(nil, v, 10))
	case float64:
		return sqlparser.NewFloatVal(strconv.AppendFloat(nil, v, 'e', -1, 64))
	case string:
		return sqlparser.NewStrVal([]byte(v))
	case []byte:
		return sqlparser.NewStrVal(v)
	}
	return &sqlparser.NullVal{}
}

// literal gives value i and its type, text being that of texts. False: it is left to go-mysql-server.
func (g *given) literal(i int, text sql.Type) (any, sql.Type, bool) {
	switch v := g.values[i].(type) {
	case int64:
		value, typ := smallest(v)
		return value, typ, true
	case uint64:
		value, typ := smallest(int64(v))
		return value, typ, v <= math.MaxInt64
	case float64:
		return v, types.Float64, true
	case string:
		return v, text, true
	}
	return nil, nil, false
}

// kind is what value i would look like in a text; false: nothing that plans are kept for.
func (g *given) kind(i int) (shape.Kind, bool) {
	switch v := g.values[i].(type) {
	case int64:
		return shape.Integer, true
	case uint64:
		return shape.Integer, v <= math.MaxInt64
	case float64:
		return shape.Float, !math.IsInf(v, 0) && !math.IsNaN(v)
	case string:
		return shape.Text, true
	}
	return 0, false
}

// findGiven is find for a prepared statement.
func (p *plans) findGiven(s *Session, ctx *sql.Context, text string) *match {
	// No shape of a text begins so.
	p.key = append(append(append(append(p.key[:0], 0), text...), 0), ctx.GetCurrentDatabase()...)
	f := p.shapes[string(p.key)]
	if f == nil {
		f = &family{seen: true, bound: s.boundOf(ctx, p.given)}
		p.shapes[string(p.key)] = f
	}
	if f.bound == nil {
		return nil
	}
	p.key = p.key[:0]
	for i := range p.given.values {
		kind, ok := p.given.kind(i)
		if !ok {
			return nil
		}
		if p.key = append(p.key, byte(kind)); f.bound[i] == placeFixed {
			if p.key, ok = p.given.appendKey(p.key, i); !ok {
				return nil
			}
		}
	}
	return p.match(ctx, f)
}

// boundOf finds out where the values of a prepared statement stand. nil: it is none of those that are remembered.
func (s *Session) boundOf(ctx *sql.Context, g *given) []place {
	if !s.plans.read.ReadPrepared(g.text, s.plans.ansi) {
		return nil
	}
	statement, err := s.parse(ctx, g.text)
	if err != nil {
		return nil
	}
	b := binder{bound: make([]place, g.params)}
	if readsMetadata(statement) || !b.statement(statement) {
		return nil
	}
	if _, reads := statement.(sqlparser.SelectStatement); !reads && slices.Contains(b.bound, placeFixed) {
		return nil
	}
	return b.bound
}

// appendKey appends value i to the key of a plan that is for this value only; false: it is too long for that.
func (g *given) appendKey(key []byte, i int) ([]byte, bool) {
	const longest = 256
	switch v := g.values[i].(type) {
	case int64:
		key = strconv.AppendInt(key, v, 10)
	case uint64:
		key = strconv.AppendUint(key, v, 10)
	case float64:
		key = strconv.AppendFloat(key, v, 'x', -1, 64)
	case string:
		if len(v) > longest {
			return key, false
		}
		key = strconv.AppendQuote(key, v)
	}
	return append(key, 0), true
}
