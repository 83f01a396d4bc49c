package main

import (
	"io"
	"slices"

	wasql "github.com/wasql/wasql/sdk/go"
)

// probe reads the entries of spans, as the index was when it was opened. Spans that overlap are read together, so that
// no entry comes twice.
type probe struct {
	shape   *shape
	entries merged
	runs    []*run
	spans   []span
	// group are the spans that are read now: they overlap, and end before high; empty: they do not end.
	group   []span
	high    string
	open    bool
	scratch []byte
}

func newProbe(ix *index, spans []span) *probe {
	p := &probe{shape: ix.shape, spans: spans, runs: slices.Clone(ix.runs)}
	for _, r := range p.runs {
		r.scans++
		p.entries.parts = append(p.entries.parts, &runCursor{run: r})
	}
	p.entries.parts = append(p.entries.parts, &changesCursor{it: ix.changes.Copy().Iter()})
	return p
}

// next gives the next entry, or nil at the end.
func (p *probe) next() (*entry, error) {
	for {
		if !p.open {
			if len(p.spans) == 0 {
				return nil, nil
			}
			p.turn()
			if err := p.entries.seek(p.group[0].low); err != nil {
				return nil, err
			}
			p.open = true
		}
		e, err := p.entries.next()
		if err != nil {
			return nil, err
		}
		if e == nil || p.high != "" && e.bytes >= p.high {
			p.open = false
			continue
		}
		if e.removed {
			continue
		}
		for i := range p.group {
			var in bool
			if in, p.scratch = p.group[i].holds(p.shape, e, p.scratch); in {
				return e, nil
			}
		}
	}
}

// turn goes to the next spans that overlap.
func (p *probe) turn() {
	n := 1
	p.high = p.spans[0].high
	for n < len(p.spans) && (p.high == "" || p.spans[n].low < p.high) {
		if high := p.spans[n].high; high == "" || p.high != "" && high > p.high {
			p.high = high
		}
		n++
	}
	p.group, p.spans = p.spans[:n], p.spans[n:]
}

// Next adds entries while there is room.
func (p *probe) Next(out *wasql.Rows) error {
	for out.Room() {
		e, err := p.next()
		if err != nil {
			return err
		}
		if e == nil {
			return io.EOF
		}
		p.shape.put(out, e)
	}
	return nil
}

// Close lets the runs go.
func (p *probe) Close() error {
	for _, r := range p.runs {
		r.scans--
		if r.gone && r.scans == 0 {
			r.close()
		}
	}
	p.runs = nil
	return nil
}

// reversed reads all of it, and gives it backwards.
func (p *probe) reversed() (wasql.Cursor, error) {
	defer func() { _ = p.Close() }() // it gives no error
	b := &backwards{shape: p.shape}
	for {
		e, err := p.next()
		if err != nil {
			return nil, err
		}
		if e == nil {
			return b, nil
		}
		b.entries = append(b.entries, *e)
	}
}

// backwards gives entries from the last to the first.
type backwards struct {
	shape   *shape
	entries []entry
}

// Next adds entries while there is room.
func (b *backwards) Next(out *wasql.Rows) error {
	for out.Room() {
		n := len(b.entries)
		if n == 0 {
			return io.EOF
		}
		b.shape.put(out, &b.entries[n-1])
		b.entries = b.entries[:n-1]
	}
	return nil
}
