package exec

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/transform"

	"github.com/wasql/wasql/engine/function"
)

// remembered is a deterministic call in a place whose rows nobody may widen: a key or a condition of a join,
// SET of an UPDATE. Foreseen computes it for many rows before they come to that place, where the value is found by
// the arguments; a call that was not foreseen is made.
type remembered struct {
	*function.Call
	memory *memory
}

// memory has results by arguments: those for the rows read ahead last, and as many before them. A right side that
// is read again for each left row is computed once when it is no longer than that.
type memory struct {
	// call has its arguments over the rows of the foreseen node.
	call *function.Call

	mu            sync.Mutex
	values, older map[string]any
}

// WithChildren implements sql.Expression.
func (r *remembered) WithChildren(ctx *sql.Context, children ...sql.Expression) (sql.Expression, error) {
	call, err := r.Call.WithChildren(ctx, children...)
	if err != nil {
		return nil, err
	}
	return &remembered{call.(*function.Call), r.memory}, nil
}

// Eval implements sql.Expression.
func (r *remembered) Eval(ctx *sql.Context, row sql.Row) (any, error) {
	arguments := make([]any, len(r.Arguments))
	if err := r.Values(ctx, row, arguments); err != nil {
		return nil, err
	}
	key, known := argumentsKey(arguments)
	if known {
		if value, ok := r.memory.find(key); ok {
			return value, nil
		}
	}
	result := []any{nil}
	if err := r.Of.Keeper.Call(ctx, r.Of, 1, arguments, result); err != nil {
		return nil, err
	}
	return result[0], nil
}

func (m *memory) find(key string) (any, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if value, ok := m.values[key]; ok {
		return value, true
	}
	value, ok := m.older[key]
	return value, ok
}

// turn begins a run: what is older than the last callsMost results is forgotten.
func (m *memory) turn() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.values == nil || len(m.values) >= callsMost {
		m.values, m.older = map[string]any{}, m.values
	}
}

func (m *memory) put(key string, value any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.values[key] = value
}

// argumentsKey is a text that the same arguments, and no others, have; false: there is none.
func argumentsKey(arguments []any) (string, bool) {
	var key []byte
	for _, a := range arguments {
		text := ""
		switch v := a.(type) {
		case nil:
		case string:
			text = v
		case []byte:
			text = string(v)
		case bool, int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64, float32, float64:
			text = fmt.Sprint(v)
		default:
			return "", false
		}
		key = fmt.Appendf(key, "%T", a)
		key = strconv.AppendInt(append(key, ' '), int64(len(text)), 10)
		key = append(append(key, ' '), text...)
	}
	return string(key), true
}

// foreseen reads the rows of the node below ahead, and has calls computed for them that the nodes above make.
// Its rows are those below.
type foreseen struct {
	plan.UnaryNode
	memories []*memory
}

// Schema implements sql.Node.
func (f *foreseen) Schema(ctx *sql.Context) sql.Schema { return f.Child.Schema(ctx) }

// IsReadOnly implements sql.Node.
func (f *foreseen) IsReadOnly() bool { return f.Child.IsReadOnly() }

// WithChildren implements sql.Node.
func (f *foreseen) WithChildren(_ *sql.Context, children ...sql.Node) (sql.Node, error) {
	if len(children) != 1 {
		return nil, sql.ErrInvalidChildrenNumber.New(f, len(children), 1)
	}
	return &foreseen{plan.UnaryNode{Child: children[0]}, f.memories}, nil
}

// String implements fmt.Stringer.
func (f *foreseen) String() string { return f.print(f.Child.String()) }

// DebugString implements sql.DebugStringer.
func (f *foreseen) DebugString(ctx *sql.Context) string {
	return f.print(sql.DebugString(ctx, f.Child))
}

// Describe implements sql.Describable.
func (f *foreseen) Describe(ctx *sql.Context, options sql.DescribeOptions) string {
	return f.print(sql.Describe(ctx, f.Child, options))
}

func (f *foreseen) print(child string) string {
	list := make([]*slot, len(f.memories))
	for i, m := range f.memories {
		list[i] = &slot{call: m.call}
	}
	return (&Calls{slots: list}).print(child)
}

func (b Builder) buildForeseen(ctx *sql.Context, n *foreseen, row sql.Row) (sql.RowIter, error) {
	child, err := b.Base.Build(ctx, n.Child, row)
	if err != nil {
		return nil, err
	}
	return &foreseenIter{child: child, memories: n.memories, size: callsLeast}, nil
}

// foreseenIter gives the rows of a foreseen.
type foreseenIter struct {
	child    sql.RowIter
	memories []*memory
	size     int
	rows     []sql.Row
	next     int
	// err is what the child ended with.
	err error
}

// Next implements sql.RowIter.
func (f *foreseenIter) Next(ctx *sql.Context) (sql.Row, error) {
	if f.next == len(f.rows) {
		if f.err != nil {
			return nil, f.err
		}
		if err := f.fill(ctx); err != nil {
			return nil, err
		}
		if len(f.rows) == 0 {
			return nil, f.err
		}
	}
	row := f.rows[f.next]
	f.rows[f.next] = nil
	f.next++
	return row, nil
}

func (f *foreseenIter) fill(ctx *sql.Context) error {
	f.rows, f.next = f.rows[:0], 0
	for len(f.rows) < f.size {
		row, err := f.child.Next(ctx)
		if err != nil {
			f.err = err
			break
		}
		f.rows = append(f.rows, row)
	}
	f.size = min(4*f.size, callsMost)
	for _, m := range f.memories {
		if err := m.foresee(ctx, f.rows); err != nil {
			return err
		}
	}
	return nil
}

// foresee computes the call for rows. One that fails is left to who wants it.
func (m *memory) foresee(ctx *sql.Context, rows []sql.Row) error {
	m.turn()
	n := len(m.call.Arguments)
	var keys []string
	var all []any
	asked := map[string]bool{}
	for _, row := range rows {
		arguments := make([]any, n)
		if m.call.Values(ctx, row, arguments) != nil {
			continue
		}
		key, ok := argumentsKey(arguments)
		if !ok || asked[key] {
			continue
		}
		asked[key] = true
		if value, known := m.find(key); known {
			m.put(key, value)
			continue
		}
		keys, all = append(keys, key), append(all, arguments...)
	}
	for len(keys) > 0 {
		results := make([]any, len(keys))
		// The values are converted in place; a second attempt begins with those of the first.
		err := m.call.Of.Keeper.Call(ctx, m.call.Of, len(keys), all[:len(keys)*n], results)
		var wrong *function.RowError
		if err != nil && (!errors.As(err, &wrong) || wrong.Row < 0 || wrong.Row >= len(keys)) {
			return err
		}
		if err == nil {
			for i, key := range keys {
				m.put(key, results[i])
			}
			return nil
		}
		keys = keys[:wrong.Row]
	}
	return nil
}

// Close implements sql.RowIter.
func (f *foreseenIter) Close(ctx *sql.Context) error {
	f.rows, f.next, f.err = nil, 0, fmt.Errorf("the rows are closed: %w", io.EOF)
	return f.child.Close(ctx)
}

// side is one input of a node: the fields of expressions from first to end are of its rows, whose fields count from 0.
type side struct {
	first, end int
	memories   []*memory
	byText     map[string]*memory
}

// remember takes the deterministic calls over one side alone out of expressions.
func (h *hoister) remember(expressions []sql.Expression, sides []*side) (out []sql.Expression, changed bool, err error) {
	out = make([]sql.Expression, len(expressions))
	for i, e := range expressions {
		if out[i] = e; e == nil || defaults(h.ctx, e) {
			continue
		}
		replaced, same, err := transform.Expr(h.ctx, e, func(_ *sql.Context, e sql.Expression) (sql.Expression, transform.TreeIdentity, error) {
			call, ok := e.(*function.Call)
			if !ok || !call.Of.Declared.Deterministic {
				return e, transform.SameTree, nil
			}
			if constant := h.constant(call); constant != nil {
				return constant, transform.NewTree, nil
			}
			for _, s := range sides {
				m, err := s.memoryOf(h.ctx, call)
				if err != nil {
					return nil, transform.SameTree, err
				}
				if m != nil {
					return &remembered{call, m}, transform.NewTree, nil
				}
			}
			return e, transform.SameTree, nil
		})
		if err != nil {
			return nil, false, err
		}
		if !same {
			out[i], changed = replaced, true
		}
	}
	return out, changed, nil
}

// memoryOf is the memory of a call over the side alone; nil: it is not.
func (s *side) memoryOf(ctx *sql.Context, call *function.Call) (*memory, error) {
	fields, alone := 0, true
	sql.Inspect(ctx, call, func(_ *sql.Context, e sql.Expression) bool {
		switch x := e.(type) {
		case *expression.GetField:
			fields++
			alone = alone && x.Index() >= s.first && x.Index() < s.end
		case *plan.Subquery:
			alone = false
		}
		return alone
	})
	if fields == 0 || !alone {
		return nil, nil
	}
	shifted, _, err := transform.Expr(ctx, call, func(_ *sql.Context, e sql.Expression) (sql.Expression, transform.TreeIdentity, error) {
		if x, ok := e.(*expression.GetField); ok && s.first > 0 {
			return x.WithIndex(x.Index() - s.first), transform.NewTree, nil
		}
		return e, transform.SameTree, nil
	})
	if err != nil {
		return nil, err
	}
	text := call.String()
	if m := s.byText[text]; m != nil {
		return m, nil
	}
	m := &memory{call: shifted.(*function.Call)}
	if s.byText == nil {
		s.byText = map[string]*memory{}
	}
	s.byText[text], s.memories = m, append(s.memories, m)
	return m, nil
}

// over puts the side's calls above its node.
func (s *side) over(n sql.Node) sql.Node {
	if len(s.memories) == 0 {
		return n
	}
	return &foreseen{plan.UnaryNode{Child: n}, s.memories}
}

// updateSource has the calls in SET computed for many rows at a time.
func (h *hoister) updateSource(n *plan.UpdateSource) (sql.Node, error) {
	if _, join := n.Child.(*plan.UpdateJoin); join {
		return n, nil
	}
	rows := &side{end: len(n.Child.Schema(h.ctx))}
	expressions, changed, err := h.remember(n.Expressions(), []*side{rows})
	if err != nil || !changed {
		return n, err
	}
	out, err := n.WithExpressions(h.ctx, expressions...)
	if err != nil {
		return nil, err
	}
	return out.WithChildren(h.ctx, rows.over(n.Child))
}

// rememberJoin has the calls in keys and conditions of a join computed for many rows of a side at a time.
func (h *hoister) rememberJoin(n *plan.JoinNode) (sql.Node, error) {
	if n.Op.IsLateral() || n.Op.IsMerge() || n.Op.IsLookup() {
		return n, nil
	}
	width := len(n.Left().Schema(h.ctx))
	right := n.Right()
	lookup, hash := right.(*plan.HashLookup)
	if hash {
		right = lookup.Child
	}
	left, behind := &side{end: width}, &side{first: width, end: width + len(right.Schema(h.ctx))}
	changed := false
	out := *n
	if n.Filter != nil {
		conditions, is, err := h.remember([]sql.Expression{n.Filter}, []*side{left, behind})
		if err != nil {
			return nil, err
		}
		if is {
			out.Filter, changed = conditions[0], true
		}
	}
	if hash {
		keys, err := h.rememberKeys(lookup, left, behind)
		if err != nil {
			return nil, err
		}
		if keys != nil {
			lookup, changed = keys, true
		}
	}
	if !changed {
		return n, nil
	}
	right = behind.over(right)
	if hash {
		var err error
		if right, err = lookup.WithChildren(h.ctx, right); err != nil {
			return nil, err
		}
	}
	return out.WithChildren(h.ctx, left.over(n.Left()), right)
}

// rememberKeys has the calls in the keys of a hash join remembered; nil: there are none. A key of the right side
// has its fields from 0.
func (h *hoister) rememberKeys(n *plan.HashLookup, left, right *side) (*plan.HashLookup, error) {
	own := &side{end: right.end - right.first, byText: right.byText, memories: right.memories}
	probe, probes, err := h.remember([]sql.Expression{n.LeftProbeKey}, []*side{left})
	if err != nil {
		return nil, err
	}
	entry, entries, err := h.remember([]sql.Expression{n.RightEntryKey}, []*side{own})
	if err != nil {
		return nil, err
	}
	right.memories, right.byText = own.memories, own.byText
	if !probes && !entries {
		return nil, nil
	}
	out := *n
	out.LeftProbeKey, out.RightEntryKey = probe[0], entry[0]
	return &out, nil
}
