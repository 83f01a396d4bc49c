package exec

import (
	"sync"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"

	"github.com/wasql/wasql/abi/pb"
)

// Binding says how one of ScanPlan.Known is made.
type Binding struct {
	// Literal has the value as the statement says it.
	Literal *expression.Literal
	// Value puts a value of an SQL type into the column's form; false: with this value the scan would
	// have to be planned anew.
	Value func(v any, t sql.Type) (*pb.Value, bool)
}

// Rebind makes the plan that of another statement, whose literals have been put into those of the
// bindings. The statement before must have ended. False: the plan does not fit the values.
func (p *ScanPlan) Rebind(ctx *sql.Context) bool {
	known := make([]*pb.Value, len(p.Bindings))
	for i := range p.Bindings {
		b := &p.Bindings[i]
		value, ok := b.Value(b.Literal.Val, b.Literal.Typ)
		if !ok {
			return false
		}
		known[i] = value
	}
	p.Known, p.ctx = known, ctx
	p.mu.Lock()
	defer p.mu.Unlock()
	p.idle, p.idleOf, p.idleKeys, p.fallback, p.open = nil, nil, nil, nil, nil
	p.done, p.disposed, p.watched = Counters{}, false, false
	p.explained = sync.Once{}
	return true
}

// Rebindable tells whether Rebind serves every statement that differs in the bound literals only.
func (p *ScanPlan) Rebindable() bool {
	return len(p.Bindings) > 0 && len(p.Bindings) == len(p.Known) && len(p.Params) == 0 && !p.Empty && !p.Reuse &&
		len(p.Watch) == 0 && p.Passed == nil && p.Keys == nil
}
