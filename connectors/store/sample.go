package main

import wasql "github.com/wasql/wasql/sdk/go"

// draw is a sample that is read: of rows by their keys, so that they are the same ones by each index, or of whole blocks of the tree of
// the rows, which is the only one that is read then. A block is known by its first key.
type draw struct {
	of *wasql.Sampler
	// from and end are the entries of the walk's block that nobody has looked at.
	from, end int
}

// sampled gives a walk the sample of a plan; without one all rows are read.
func (w *walk) sampled(p *wasql.Plan) {
	if of := p.Sampler(); of != nil {
		w.draw = &draw{of: of}
	}
}

// consider takes the stretch that the walk has come to as one that is to be drawn from.
func (w *walk) consider() {
	d := w.draw
	switch {
	case w.from == w.end:
	case !d.of.Blocks:
		d.from, d.end, w.from, w.end = w.from, w.end, 0, 0
	case !d.of.Takes(bytesOf(w.block.first())):
		w.from, w.end = 0, 0
	}
}

// drawn makes the next rows in a row that are in the sample the stretch; false: there are none in what is left of the block.
func (w *walk) drawn() bool {
	d := w.draw
	for d.from < d.end {
		if w.reverse {
			d.end--
			if !w.takes(d.end) {
				continue
			}
			for w.end = d.end + 1; d.from < d.end && w.takes(d.end-1); {
				d.end--
			}
			w.from = d.end
			return true
		}
		w.from = d.from
		d.from++
		if !w.takes(w.from) {
			continue
		}
		for d.from < d.end && w.takes(d.from) {
			d.from++
		}
		w.end = d.from
		return true
	}
	w.from, w.end = 0, 0
	return false
}

// takes tells whether a row of the block is in the sample: it is known by its own key.
func (w *walk) takes(i int) bool {
	at := spot{w.block, i}
	if w.index >= 0 {
		return w.draw.of.Takes(bytesOf(at.holder()))
	}
	return w.draw.of.Takes(bytesOf(at.key()))
}

// drawnFrom is the check that a row of the tree of the rows is in a sample.
func drawnFrom(of *wasql.Sampler) check {
	if of.Blocks {
		return func(at spot) bool { return of.Takes(bytesOf(at.b.first())) }
	}
	return func(at spot) bool { return of.Takes(bytesOf(at.key())) }
}

// part is what a sample leaves of the rows, and of what reading them costs.
func part(p *wasql.Plan) (rows, cost float64) {
	if !p.Asked(wasql.Sampling) {
		return 1, 1
	}
	rows = p.Sample.GetFraction()
	if p.Sample.GetBlocks() {
		return rows, rows
	}
	return rows, 1
}
