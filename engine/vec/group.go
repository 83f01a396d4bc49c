package vec

import (
	"context"
	"errors"
	"io"
	"slices"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/engine/vec/spill"
)

// Group makes one row of all rows with equal keys, in the order in which the keys first come, with a column for each aggregate. Without
// keys it makes one row of all rows, also when there are none. When the groups do not fit into the memory of the context's Budget, rows
// of those that are not there yet go to disk, spread by their keys, and are grouped part by part.
func Group(child Source, keys []Key, aggregates []Aggregate) Source {
	return &group{Source: child, keys: keys, aggregates: aggregates}
}

type group struct {
	Source
	keys       []Key
	aggregates []Aggregate
	states     []state
	table      *groupTable
	// count of the groups in memory, of which next is the first that is not given yet.
	count, next int
	read        bool
	out         gatherer
	account     account
	// depth is 0, or how often the rows were spread. The last aggregate is the number of a group's first row then.
	depth int
	parts *groupParts
}

// Next implements Source.
func (g *group) Next(ctx context.Context) (*col.Batch, error) {
	if !g.read {
		if err := g.fill(ctx); err != nil {
			return nil, err
		}
		g.read = true
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if g.next < g.count {
		return g.give()
	}
	if g.parts == nil {
		return nil, io.EOF
	}
	if g.states != nil {
		g.letGo()
		g.account.hold(g.parts.booked)
	}
	b, err := g.parts.Next(ctx)
	if err != nil {
		return nil, err
	}
	return g.out.alias(b, len(g.aggregates)), nil
}

// give makes a batch of groups in memory.
func (g *group) give() (*col.Batch, error) {
	from, to := g.next, min(g.count, g.next+g.rows())
	g.next = to
	out := &col.Batch{Rows: to - from, Cols: make([]col.Vec, len(g.states)), Last: to == g.count && g.parts == nil}
	for i, s := range g.states {
		var err error
		if out.Cols[i], err = s.result(from, to); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// rows is how many go into a batch, a multiple of 8: those of a part are written, and read beside those of the others.
func (g *group) rows() int {
	if g.depth == 0 {
		return outRows
	}
	size := g.table.size()
	for _, s := range g.states {
		size += s.size()
	}
	return (rowsOf(g.account.frame(), size, g.count) + 7) &^ 7
}

// fill takes all rows in.
func (g *group) fill(ctx context.Context) error {
	g.account.open(ctx, operatorGroup)
	g.states = make([]state, len(g.aggregates))
	for i := range g.states {
		g.states[i] = g.aggregates[i].state(ctx)
	}
	g.count = 1
	if len(g.keys) > 0 {
		g.table, g.count = newGroupTable(g.keys), 0
	}
	for {
		b, err := g.Source.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if b.Len() == 0 {
			continue
		}
		if err := g.add(b); err != nil {
			return err
		}
	}
	for _, s := range g.states {
		if f, ok := s.(finisher); ok {
			if err := f.finish(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// add takes a batch in.
func (g *group) add(b *col.Batch) (err error) {
	if err := g.room(b.Len()); err != nil {
		return err
	}
	var ids []uint32
	switch {
	case g.parts != nil:
		var rows []uint32
		if rows, ids, err = g.table.find(b, g.parts.partitions); err != nil {
			return err
		}
		if err := g.parts.take(b); err != nil {
			return err
		}
		if len(rows) == 0 {
			return nil
		}
		known := *b
		known.Sel = rows
		b = &known
	case g.table != nil:
		if ids, err = g.table.number(b); err != nil {
			return err
		}
		g.count = g.table.count
	}
	for i, s := range g.states {
		var v *col.Vec
		if e := g.aggregates[i].Argument; e != nil {
			if v, err = e.Eval(b); err != nil {
				return err
			}
		}
		if err := s.add(v, b, ids, g.count); err != nil {
			return err
		}
	}
	return nil
}

// room makes sure that there is room for n more groups; if not, there will be no more of them.
func (g *group) room(n int) (err error) {
	if g.table == nil {
		return nil
	}
	size := g.table.size()
	more := g.table.more(n)
	for _, s := range g.states {
		one := s.size()
		size += one
		more += one / int64(max(g.count, 1)) * int64(n)
	}
	if g.parts != nil {
		g.account.hold(size + g.parts.booked)
		return nil
	}
	if g.account.fits(size+more) || g.count == 0 {
		g.account.hold(size)
		return nil
	}
	if g.depth >= depthMax {
		return g.account.full()
	}
	g.parts, err = newGroupParts(g)
	return err
}

// letGo frees what is in memory.
func (g *group) letGo() {
	for _, s := range g.states {
		if f, ok := s.(finisher); ok {
			f.close()
		}
	}
	g.states, g.table, g.count, g.next = nil, nil, 0, 0
}

// Close implements Source.
func (g *group) Close() error {
	g.letGo()
	g.read = true
	err := g.parts.close()
	g.parts = nil
	g.account.close()
	return errors.Join(err, g.Source.Close())
}

// groupParts are the rows of groups that are not in memory. Once all rows are there it is a Source of these groups.
type groupParts struct {
	*partitions
	depth int
	// wanted are the columns that are written. At depth 0 the row's number comes behind them, and below it is one of them.
	wanted     []Expr
	keys       []Key
	aggregates []Aggregate
	row        int64
	numbers    []int64
	columns    []*col.Vec
	runs       []*spill.Run
	merged     *merger
}

func newGroupParts(g *group) (*groupParts, error) {
	parts, err := newPartitions(&g.account)
	if err != nil {
		return nil, err
	}
	p := &groupParts{partitions: parts, depth: g.depth, keys: slices.Clone(g.keys), aggregates: slices.Clone(g.aggregates)}
	for i := range p.keys {
		p.keys[i] = p.key(p.keys[i])
	}
	for i := range p.aggregates {
		a := &p.aggregates[i]
		if a.Argument != nil {
			a.Argument = p.column(a.Argument)
		}
		a.Distinct = slices.Clone(a.Distinct)
		for k := range a.Distinct {
			a.Distinct[k] = p.key(a.Distinct[k])
		}
	}
	p.columns = make([]*col.Vec, len(p.wanted))
	if p.depth == 0 {
		p.columns = append(p.columns, nil)
		p.aggregates = append(p.aggregates, Aggregate{Kind: First, Argument: Column(len(p.wanted), col.Field{Type: col.Int64})})
	}
	return p, nil
}

// column is where an expression is found in the rows that are written.
func (p *groupParts) column(e Expr) Expr { return Column(place(&p.wanted, e), e.Field()) }

func (p *groupParts) key(k Key) Key {
	k.Expr = p.column(k.Expr)
	return k
}

// take writes the rows of a batch that are listed.
func (p *groupParts) take(b *col.Batch) error {
	for i, e := range p.wanted {
		v, err := e.Eval(b)
		if err != nil {
			return err
		}
		p.columns[i] = v
	}
	if p.depth == 0 {
		p.numbers = slices.Grow(p.numbers[:0], b.Rows)[:b.Rows]
		for i := range p.numbers {
			p.numbers[i] = p.row + int64(i)
		}
		p.row += int64(b.Rows)
		numbers := wholes(p.numbers)
		p.columns[len(p.wanted)] = &numbers
	}
	return p.add(p.columns, b.Rows)
}

// Next gives the groups that are on disk, in the order in which their first rows came, with the number of that row at the end.
func (p *groupParts) Next(ctx context.Context) (*col.Batch, error) {
	if p.merged == nil {
		if err := p.group(ctx); err != nil {
			return nil, err
		}
	}
	return p.merged.Next(ctx)
}

// group groups part by part.
func (p *groupParts) group(ctx context.Context) error {
	parts, err := p.seal()
	if err != nil {
		return err
	}
	defer removeRuns(parts)
	for i, part := range parts {
		if part == nil {
			continue
		}
		reader, err := part.Open()
		if err != nil {
			return err
		}
		below := &group{Source: reader, keys: p.keys, aggregates: p.aggregates, depth: p.depth + 1}
		run, err := writeRun(ctx, p.account, below)
		if run != nil {
			p.runs = append(p.runs, run)
		}
		if err := errors.Join(err, below.Close()); err != nil {
			return err
		}
		part.Remove()
		parts[i] = nil
	}
	number := len(p.aggregates) - 1
	p.merged, p.runs, err = mergeRuns(ctx, p.account, p.runs, []SortKey{{Class: Whole}}, []int{number})
	if err == nil && p.depth > 0 {
		p.merged.short()
	}
	return err
}

// close removes what is on disk; nil has nothing.
func (p *groupParts) close() error {
	if p == nil {
		return nil
	}
	p.partitions.close()
	err := p.merged.close()
	removeRuns(p.runs)
	p.runs = nil
	return err
}
