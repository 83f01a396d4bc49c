package engine

import (
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/types"

	"github.com/wasql/wasql/engine/shape"
	"github.com/wasql/wasql/engine/txn"
)

// VariablePlanCache is a session variable: at 0 every statement is planned anew.
const VariablePlanCache = "wasql_plan_cache"

const (
	// shapesMax and plansMax bound what a session remembers: shapes of statements, and plans of one.
	shapesMax = 256
	plansMax  = 8
)

// plans remembers how the statements of one session are run, by their shape. Those that come again with
// other literals are then neither parsed nor planned. What it is not sure of is planned as ever. The
// session's lock guards it.
type plans struct {
	epoch  txn.Epoch
	on     bool
	ansi   bool
	text   sql.Type
	shapes map[string]*family

	read shape.Statement
	// given are the values of the statement at hand, when it is a prepared one, instead of read.
	given *given
	key   []byte
	// hits counts the statements that were not planned.
	hits uint64
}

// family is the statements of one shape in one database.
type family struct {
	// seen: it came before, so that planning it to be kept is worth the trouble.
	seen bool
	// bound tells for each literal whether it may change; nil: the shape is not one that is kept.
	bound []place
	plans map[string]*knownPlan
}

// match is a statement whose shape is remembered. plan is nil when it is still to be made.
type match struct {
	family *family
	key    string
	plan   *knownPlan
}

// find looks a statement up. nil: it is planned as ever. The literals of a plan that is found are those of text, or what was given.
func (p *plans) find(s *Session, ctx *sql.Context, text string, given *given) *match {
	if epoch := s.base.Epoch(); p.shapes == nil || epoch != p.epoch || len(p.shapes) >= shapesMax {
		p.begin(ctx, epoch)
	}
	if p.given = given; !p.on {
		return nil
	}
	if given != nil {
		return p.findGiven(s, ctx, text)
	}
	if !p.read.Read(text, p.ansi) {
		return nil
	}
	p.key = append(append(append(p.key[:0], p.read.Shape...), 0), ctx.GetCurrentDatabase()...)
	f := p.shapes[string(p.key)]
	switch {
	case f == nil:
		p.shapes[string(p.key)] = &family{}
		return nil
	case !f.seen:
		f.seen = true
		f.bound = s.bound(ctx, &p.read)
	}
	if f.bound == nil || len(f.bound) != len(p.read.Literals) {
		return nil
	}
	p.key = p.key[:0]
	for i, l := range p.read.Literals {
		if p.key = append(p.key, byte(l.Kind)); f.bound[i] == placeFixed {
			p.key = append(append(p.key, p.read.Source(i)...), 0)
		}
	}
	return p.match(ctx, f)
}

// match is the plan, which is known or to be made, for the statement at hand; p.key is its key in the family.
func (p *plans) match(ctx *sql.Context, f *family) *match {
	m := &match{family: f, plan: f.plans[string(p.key)]}
	if m.plan != nil && m.plan.kept.over() {
		delete(f.plans, string(p.key))
		m.plan = nil
	}
	if m.plan != nil {
		if m.plan.failed || !m.plan.bind(ctx, p, f.bound) {
			return nil
		}
		return m
	}
	if len(f.plans) >= plansMax {
		return nil
	}
	m.key = string(p.key)
	return m
}

// begin forgets all: an epoch has ended.
func (p *plans) begin(ctx *sql.Context, epoch txn.Epoch) {
	p.epoch, p.shapes = epoch, map[string]*family{}
	p.on = switchedOn(ctx, VariablePlanCache)
	p.ansi = sql.LoadSqlMode(ctx).AnsiQuotes()
	p.text = types.CreateLongText(ctx.GetCollation())
}

// switchedOn reads a boolean variable that starts at 1.
func switchedOn(ctx *sql.Context, name string) bool {
	value, err := ctx.GetSessionVariable(ctx, name)
	if err != nil {
		return true // the session is older than the variable
	}
	on, err := sql.ConvertToBool(ctx, value)
	return err != nil || on
}

// withParams is the statement that was read last with question marks for the literals that may change.
func (p *plans) withParams(bound []place) string {
	var out strings.Builder
	at := 0
	text := p.read.Text()
	for i, l := range p.read.Literals {
		if bound[i] != placeFixed {
			out.WriteString(text[at:l.Start])
			out.WriteByte('?')
			at = l.End
		}
	}
	out.WriteString(text[at:])
	return out.String()
}
