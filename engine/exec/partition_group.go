package exec

import (
	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/engine/vec"
)

// grouping is a GROUP BY, compiled over what is below it.
type grouping struct {
	keys       []vec.Key
	aggregates []vec.Aggregate
	columns    []vectorColumn
}

// grouped compiles a GROUP BY, or what is one: the groups of each piece of its scan are made on a goroutine, and put together in the
// order of the pieces.
func (v *vectorizer) grouped(child sql.Node, compile func(v *vectorizer, below *vectors) (*grouping, bool)) (*vectors, bool) {
	if out, ok := v.groupedInPieces(child, compile); ok {
		return out, true
	}
	below, ok := v.node(child)
	if !ok {
		return nil, false
	}
	g, ok := compile(v, below)
	if !ok {
		return nil, false
	}
	return &vectors{source: vec.Group(below.source, g.keys, g.aggregates), columns: g.columns}, true
}

func (v *vectorizer) groupedInPieces(child sql.Node, compile func(v *vectorizer, below *vectors) (*grouping, bool)) (*vectors, bool) {
	scan, lanes := v.lanesBelow(child)
	if lanes < 2 {
		return nil, false
	}
	halves := func(ctx *sql.Context, piece input) (*vectors, *grouping, *vec.Halves, bool) {
		part := &vectorizer{ctx: ctx, lateral: v.lateral, offset: v.offset, piece: piece, sieves: v.sieves}
		below, ok := part.node(child)
		if !ok {
			return nil, nil, nil, false
		}
		g, ok := compile(part, below)
		if !ok {
			return nil, nil, nil, false
		}
		h, ok := vec.Halve(g.keys, g.aggregates)
		return below, g, h, ok
	}
	_, g, h, ok := halves(v.ctx, nothing{})
	if !ok {
		return nil, false
	}
	all := v.exchange(scan, lanes, func(ctx *sql.Context, piece input) (vec.Source, bool) {
		below, g, h, ok := halves(ctx, piece)
		if !ok {
			return nil, false
		}
		if len(g.keys) > 0 {
			return vec.Group(below.source, g.keys, h.First), true
		}
		return vec.Some(below.source, func(rows vec.Source) vec.Source { return vec.Group(rows, nil, h.First) }), true
	})
	out := &vectors{source: vec.Group(all, h.Keys, h.Second), columns: g.columns}
	for i := range out.columns {
		out.columns[i].expr = h.Results[i]
	}
	return out, true
}

// topInPieces compiles ORDER BY with LIMIT over a scan: each piece gives the first of its rows.
func (v *vectorizer) topInPieces(child sql.Node, compile func(v *vectorizer, below *vectors) ([]vec.SortKey, bool), rows int) (*vectors, bool) {
	scan, lanes := v.lanesBelow(child)
	if lanes < 2 {
		return nil, false
	}
	firsts := func(ctx *sql.Context, piece input) (*vectors, []vec.Expr, []vec.SortKey, bool) {
		part := &vectorizer{ctx: ctx, lateral: v.lateral, offset: v.offset, piece: piece, sieves: v.sieves}
		below, ok := part.node(child)
		if !ok {
			return nil, nil, nil, false
		}
		keys, ok := compile(part, below)
		read, _ := wide(below.columns)
		for _, k := range keys {
			read = append(read, k.Expr)
		}
		return below, read, keys, ok
	}
	below, read, keys, ok := firsts(v.ctx, nothing{})
	if !ok {
		return nil, false
	}
	all := v.exchange(scan, lanes, func(ctx *sql.Context, piece input) (vec.Source, bool) {
		below, read, keys, ok := firsts(ctx, piece)
		if !ok {
			return nil, false
		}
		return vec.Top(below.source, read, keys, rows), true
	})
	_, columns := wide(below.columns)
	var given []vec.Expr
	for _, c := range columns {
		if c.expr != nil {
			given = append(given, c.expr)
		}
	}
	width := len(read) - len(keys)
	for i := range keys {
		keys[i].Expr = vec.Column(width+i, keys[i].Field())
	}
	return &vectors{source: vec.Top(all, given, keys, rows), columns: columns}, true
}
