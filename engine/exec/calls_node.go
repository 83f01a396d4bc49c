package exec

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/plan"

	"github.com/wasql/wasql/engine/function"
)

// A run of Calls grows from callsLeast rows to callsMost: who wants few rows does not wait for many.
const (
	callsLeast = 64
	callsMost  = 4096
)

// Calls computes the calls of connectors' functions that the node above it needs, for many rows at a
// time. Its rows are those of the node below, with a value for each slot behind their own. The node
// above has the slots in place of the calls; a trimmed between, where its rows are the same ones,
// takes the values off again.
type Calls struct {
	plan.UnaryNode
	slots []*slot
}

var (
	_ sql.Node        = (*Calls)(nil)
	_ sql.Describable = (*Calls)(nil)
)

// Schema implements sql.Node.
func (c *Calls) Schema(ctx *sql.Context) sql.Schema {
	schema := append(sql.Schema{}, c.Child.Schema(ctx)...)
	for _, s := range c.slots {
		schema = append(schema, &sql.Column{Name: s.String(), Type: s.Type(ctx), Nullable: true})
	}
	return schema
}

// IsReadOnly implements sql.Node.
func (c *Calls) IsReadOnly() bool { return c.Child.IsReadOnly() }

// WithChildren implements sql.Node.
func (c *Calls) WithChildren(_ *sql.Context, children ...sql.Node) (sql.Node, error) {
	if len(children) != 1 {
		return nil, sql.ErrInvalidChildrenNumber.New(c, len(children), 1)
	}
	return &Calls{plan.UnaryNode{Child: children[0]}, c.slots}, nil
}

// String implements fmt.Stringer.
func (c *Calls) String() string { return c.print(c.Child.String()) }

// DebugString implements sql.DebugStringer.
func (c *Calls) DebugString(ctx *sql.Context) string { return c.print(sql.DebugString(ctx, c.Child)) }

// Describe implements sql.Describable.
func (c *Calls) Describe(ctx *sql.Context, options sql.DescribeOptions) string {
	return c.print(sql.Describe(ctx, c.Child, options))
}

func (c *Calls) print(child string) string {
	names := make([]string, len(c.slots))
	for i, s := range c.slots {
		names[i] = s.call.String() + " by " + s.of().Of.Keeper.Connector.Name()
	}
	p := sql.NewTreePrinter()
	_ = p.WriteNode("WasqlCalls(%s), up to %d rows at a time", strings.Join(names, "; "), callsMost)
	_ = p.WriteChildren(child)
	return p.String()
}

// trimmed takes the values of slots off the rows.
type trimmed struct {
	plan.UnaryNode
	slots int
}

// Schema implements sql.Node.
func (t *trimmed) Schema(ctx *sql.Context) sql.Schema {
	schema := t.Child.Schema(ctx)
	return schema[:len(schema)-t.slots]
}

// IsReadOnly implements sql.Node.
func (t *trimmed) IsReadOnly() bool { return t.Child.IsReadOnly() }

// WithChildren implements sql.Node.
func (t *trimmed) WithChildren(_ *sql.Context, children ...sql.Node) (sql.Node, error) {
	if len(children) != 1 {
		return nil, sql.ErrInvalidChildrenNumber.New(t, len(children), 1)
	}
	return &trimmed{plan.UnaryNode{Child: children[0]}, t.slots}, nil
}

// String implements fmt.Stringer: it is no step of the work, so EXPLAIN does not have it.
func (t *trimmed) String() string { return t.Child.String() }

// DebugString implements sql.DebugStringer.
func (t *trimmed) DebugString(ctx *sql.Context) string { return sql.DebugString(ctx, t.Child) }

// Describe implements sql.Describable.
func (t *trimmed) Describe(ctx *sql.Context, options sql.DescribeOptions) string {
	return sql.Describe(ctx, t.Child, options)
}

type trimmedRows struct {
	sql.RowIter
	slots int
}

// Next implements sql.RowIter.
func (t trimmedRows) Next(ctx *sql.Context) (sql.Row, error) {
	row, err := t.RowIter.Next(ctx)
	if err != nil {
		return nil, err
	}
	n := len(row) - t.slots
	return row[:n:n], nil
}

// slot stands for a call whose value Calls has put into the row.
type slot struct {
	call sql.Expression
	// fromEnd is the distance of the value from the end of the row.
	fromEnd int
}

// later is the value of a slot that could not be computed with the others: whoever needs it, if
// anybody does, has it computed alone, and hears what is wrong.
type later struct{ number uint64 }

func (s *slot) of() *function.Call {
	c, _ := function.CallOf(s.call)
	return c
}

// Eval implements sql.Expression.
func (s *slot) Eval(ctx *sql.Context, row sql.Row) (any, error) {
	value := row[len(row)-s.fromEnd]
	put, ok := value.(later)
	if !ok {
		return value, nil
	}
	value, err := s.call.Eval(ctx, row)
	var wrong *function.RowError
	if errors.As(err, &wrong) && wrong.Number == 0 {
		numbered := *wrong
		numbered.Number = put.number
		return nil, &numbered
	}
	return value, err
}

// Type implements sql.Expression.
func (s *slot) Type(ctx *sql.Context) sql.Type { return s.call.Type(ctx) }

// IsNullable implements sql.Expression.
func (s *slot) IsNullable(ctx *sql.Context) bool { return s.call.IsNullable(ctx) }

// CollationCoercibility implements sql.CollationCoercible.
func (s *slot) CollationCoercibility(ctx *sql.Context) (collation sql.CollationID, coercibility byte) {
	return sql.GetCoercibility(ctx, s.call)
}

// Resolved implements sql.Expression.
func (s *slot) Resolved() bool { return true }

// String implements fmt.Stringer.
func (s *slot) String() string { return s.call.String() }

// Children implements sql.Expression: what the call is made of is Calls' affair.
func (s *slot) Children() []sql.Expression { return nil }

// WithChildren implements sql.Expression.
func (s *slot) WithChildren(_ *sql.Context, children ...sql.Expression) (sql.Expression, error) {
	if len(children) != 0 {
		return nil, sql.ErrInvalidChildrenNumber.New(s, len(children), 0)
	}
	return s, nil
}

func (b Builder) buildCalls(ctx *sql.Context, n *Calls, row sql.Row) (sql.RowIter, error) {
	child, err := b.Base.Build(ctx, n.Child, row)
	if err != nil {
		return nil, err
	}
	return &callsIter{child: child, slots: n.slots, size: callsLeast}, nil
}

func (b Builder) buildTrimmed(ctx *sql.Context, n *trimmed, row sql.Row) (sql.RowIter, error) {
	child, err := b.Base.Build(ctx, n.Child, row)
	if err != nil {
		return nil, err
	}
	return trimmedRows{child, n.slots}, nil
}

// callsIter gives the rows of a Calls.
type callsIter struct {
	child sql.RowIter
	slots []*slot
	size  int
	rows  []sql.Row
	next  int
	// before counts the rows of earlier runs.
	before uint64
	// err is what the child ended with.
	err error
	// scratch
	arguments, results []any
	places             []int
}

// Next implements sql.RowIter.
func (c *callsIter) Next(ctx *sql.Context) (sql.Row, error) {
	if c.next == len(c.rows) {
		if c.err != nil {
			return nil, c.err
		}
		if err := c.fill(ctx); err != nil {
			return nil, err
		}
		if len(c.rows) == 0 {
			return nil, c.err
		}
	}
	row := c.rows[c.next]
	c.rows[c.next] = nil
	c.next++
	return row, nil
}

// fill reads the next run of rows and computes the slots, one after the other: those of inner calls
// come first.
func (c *callsIter) fill(ctx *sql.Context) error {
	c.before += uint64(len(c.rows))
	c.rows, c.next = c.rows[:0], 0
	for len(c.rows) < c.size {
		row, err := c.child.Next(ctx)
		if err != nil {
			if err != io.EOF && len(c.rows) == 0 {
				return err
			}
			c.err = err
			break
		}
		wide := make(sql.Row, len(row)+len(c.slots))
		copy(wide, row)
		c.rows = append(c.rows, wide)
	}
	c.size = min(4*c.size, callsMost)
	for _, s := range c.slots {
		if err := c.compute(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

func (c *callsIter) compute(ctx *sql.Context, s *slot) error {
	call := s.of()
	n := len(call.Arguments)
	c.arguments, c.places = c.arguments[:0], c.places[:0]
	for i, row := range c.rows {
		at := len(c.arguments)
		for range n {
			c.arguments = append(c.arguments, nil)
		}
		if err := call.Values(ctx, row, c.arguments[at:]); err != nil {
			// It is the row's affair whether anybody wants the value.
			c.arguments = c.arguments[:at]
			c.put(s, i, later{c.before + uint64(i) + 1})
			continue
		}
		c.places = append(c.places, i)
	}
	rows := len(c.places)
	for rows > 0 {
		if cap(c.results) < rows {
			c.results = make([]any, max(rows, c.size))
		}
		results := c.results[:rows]
		err := call.Of.Keeper.Call(ctx, call.Of, rows, c.arguments[:rows*n], results)
		var wrong *function.RowError
		if err != nil && (!errors.As(err, &wrong) || wrong.Row < 0 || wrong.Row >= rows) {
			return err
		}
		if err == nil {
			for i, v := range results {
				c.put(s, c.places[i], v)
			}
			return nil
		}
		// The rows from there on are computed when they are wanted, those before it now.
		for i := wrong.Row; i < rows; i++ {
			c.put(s, c.places[i], later{c.before + uint64(c.places[i]) + 1})
		}
		rows = wrong.Row
	}
	return nil
}

func (c *callsIter) put(s *slot, at int, v any) {
	row := c.rows[at]
	row[len(row)-s.fromEnd] = v
}

// Close implements sql.RowIter.
func (c *callsIter) Close(ctx *sql.Context) error {
	c.rows, c.next, c.err = nil, 0, fmt.Errorf("the rows are closed: %w", io.EOF)
	return c.child.Close(ctx)
}
