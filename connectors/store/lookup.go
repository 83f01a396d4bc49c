package main

import (
	"io"
	"slices"

	"github.com/wasql/wasql/abi/col"
	wasql "github.com/wasql/wasql/sdk/go"
)

// Find looks rows up by columns.
func (t *table) Find(p *wasql.Plan, keys []int) (wasql.Lookup, error) {
	l, err := t.way(p, keys)
	if err != nil {
		return nil, err
	}
	if l.exactly && len(l.parts) == 1 && len(l.rest)+len(l.checks) == 0 && !l.t.reader.noting() && t.columns[l.parts[0].column].Type.Integer() {
		return newPointLookup(l), nil
	}
	return l, nil
}

// way is the way to rows by columns: the key that begins with most of them.
func (t *table) way(p *wasql.Plan, keys []int) (*lookup, error) {
	l := &lookup{t: t, columns: p.Columns}
	best := -1
	for i := -1; i < len(t.definition.indexes); i++ {
		if i >= 0 && !t.definition.indexes[i].kept {
			continue
		}
		a := t.accessOf(i)
		n := leading(a.parts, keys)
		better := n > best
		if n == best && n > 0 && i >= 0 {
			better = n == a.own && t.definition.indexes[i].unique && (l.a.index >= 0 || n != l.a.own)
		}
		if better {
			best, l.a = n, a
		}
	}
	for _, part := range l.a.parts[:best] {
		l.parts = append(l.parts, lookupPart{part, slices.Index(keys, part.column)})
	}
	l.exactly = l.a.index < 0 && best == l.a.own
	for i, at := range keys {
		if used := slices.IndexFunc(l.parts, func(p lookupPart) bool { return p.column == at && p.prefix == 0 }); used < 0 {
			part, err := t.partOf(at)
			if err != nil {
				return nil, err
			}
			l.rest = append(l.rest, lookupPart{part, i})
		}
	}
	for _, f := range claimed(p) {
		check, err := t.check(f)
		if err != nil {
			return nil, err
		}
		l.checks = append(l.checks, check)
	}
	if of := p.Sampler(); of != nil {
		l.checks = append(l.checks, drawnFrom(of))
	}
	return l, nil
}

// leading is how many parts of a key, from the first on, are among the columns.
func leading(parts []keyPart, columns []int) int {
	n := 0
	for n < len(parts) && slices.Contains(columns, parts[n].column) {
		n++
	}
	return n
}

// partOf is a key of one column, for comparing.
func (d *definition) partOf(column int) (keyPart, error) {
	c := &d.columns[column]
	part := keyPart{column: column, typ: c.Type, nullable: !c.NotNull}
	var err error
	if c.Type == col.UTF8 {
		part.collation, err = wasql.CollationOf(d.collation(c))
	}
	return part, err
}

// lookup finds the rows of one key after another in a frozen version. One cursor serves them all.
type lookup struct {
	t       *table
	a       *access
	columns []int
	// parts are made of the key, rest is compared with the rows found; checks are the plan's.
	parts, rest []lookupPart
	checks      []check
	exactly     bool
	// key and high bound the rows of the key that is looked up, room has its value; all are used again for the next.
	key, high []byte
	room      [32]byte
	wanted    [][]byte
	cursor    foundRows
}

// lookupPart is a part with the position of its value in the keys.
type lookupPart struct {
	keyPart
	at int
}

// Rows reads the rows of a key; no part of it is NULL.
func (l *lookup) Rows(key []wasql.Value) (wasql.Cursor, error) {
	c := &l.cursor
	c.l, c.found = l, nil
	var ok bool
	l.key = l.key[:0]
	for i := range l.parts {
		if l.key, ok = l.append(l.key, &l.parts[i], key); !ok {
			c.walk.nothing()
			return c, nil
		}
	}
	l.wanted = l.wanted[:0]
	for i := range l.rest {
		one, ok := l.append(nil, &l.rest[i], key)
		if !ok {
			c.walk.nothing()
			return c, nil
		}
		l.wanted = append(l.wanted, one)
	}
	if c.one[0] = (span{low: textOf(l.key)}); !l.exactly {
		l.high = append(l.high[:0], l.key...)
		c.one[0].high = textOf(after(l.high))
	}
	if l.t.reader != nil {
		l.t.reader.note(l.t.id, l.a.index, span{low: string(l.key), high: string(after(slices.Clone(l.key)))})
	}
	near := c.walk.near
	c.walk.start(l.t, l.a, c.one[:], false)
	c.walk.exactly, c.walk.near = l.exactly, near
	return c, nil
}

// append adds the value of a part; false: no row can have it.
func (l *lookup) append(dst []byte, p *lookupPart, key []wasql.Value) ([]byte, bool) {
	c, at, ok := locate(&l.t.columns[p.column], key[p.at], &l.room)
	if !ok || at != equal {
		return dst, false
	}
	return p.keyPart.append(dst, c), true
}

// foundRows reads the rows of one key.
type foundRows struct {
	walk
	l     *lookup
	one   [1]span
	found []byte
}

// Next adds rows while there is room.
func (c *foundRows) Next(out *wasql.Rows) error {
	for out.Room() {
		at, ok := c.find()
		if !ok {
			return io.EOF
		}
		for _, i := range c.l.columns {
			putCell(out, i, c.t.columns[i].Type, uint32(c.t.columns[i].Scale), c.t.layout.get(at, i))
		}
		out.EndRow()
	}
	return nil
}

// find gives the next row.
func (c *foundRows) find() (spot, bool) {
	for {
		at, ok := c.walk.next()
		if !ok {
			return spot{}, false
		}
		if c.index >= 0 {
			at = c.walk.row(at.holder())
		}
		if c.passes(at) {
			return at, true
		}
	}
}

// passes tells whether a row has the rest of the key, and passes the plan's checks.
func (c *foundRows) passes(at spot) bool {
	for i := range c.l.rest {
		p := &c.l.rest[i]
		c.found = p.keyPart.append(c.found[:0], c.t.layout.get(at, p.column))
		if textOf(c.found) != textOf(c.l.wanted[i]) {
			return false
		}
	}
	for _, check := range c.l.checks {
		if !check(at) {
			return false
		}
	}
	return true
}

// check tells whether a row passes a filter.
type check func(at spot) bool

// check makes one of a filter that Plan has claimed.
func (t *table) check(f *wasql.Filter) (check, error) {
	if c, ok := t.condition(f); ok {
		part, err := t.partOf(c.column)
		if err != nil {
			return nil, err
		}
		pass, err := part.spans(t.definition, f)
		return func(at spot) bool {
			return pass.holds(string(part.append(nil, t.layout.get(at, part.column))))
		}, err
	}
	if f.Op != wasql.Or && f.Op != wasql.And {
		return func(spot) bool { return true }, nil // claimed by its place in an OR: the engine looks again
	}
	var children []check
	for i := range f.Children {
		child, err := t.check(&f.Children[i])
		if err != nil {
			return nil, err
		}
		children = append(children, child)
	}
	all := f.Op == wasql.And
	return func(at spot) bool {
		for _, child := range children {
			if child(at) != all {
				return !all
			}
		}
		return all
	}, nil
}

// putCell sets a column of a row to a cell.
func putCell(out *wasql.Rows, at int, t col.Type, scale uint32, c cell) {
	switch {
	case c.null:
		out.Null(at)
	case t == col.Decimal128 || t == col.Decimal256:
		out.Decimal(at, c.decimal().Text(scale))
	case t == col.Float32 || t == col.Float64:
		out.Float64(at, c.float(t))
	case t.Varying():
		out.String(at, c.raw)
	case t == col.Uint64, t == col.Set, t == col.Bit:
		out.Uint64(at, load64(c.raw))
	default:
		out.Int64(at, c.number(t))
	}
}
