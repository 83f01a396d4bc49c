package vec

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"sort"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/engine/vec/spill"
)

// windowWalk computes the functions of a window whose rows are on disk, sorted. It goes through the rows once, and looks at others where
// they lie: the end of the partition, equal rows, the frame. What it gives has the number of the row in front.
type windowWalk struct {
	*Over
	account   *account
	columns   windowColumns
	sorted    Source
	pages     *pages
	cursors   []*cursor
	functions []walked
	// here is at the row, and ahead looks for the ends of its partition and of the rows equal to it.
	here, ahead, equal *cursor
	row                int
	spot
	key     []byte
	numbers []int64
	out     col.Batch
	read    bool
}

// walked is a function that is computed on a walk.
type walked interface {
	// add computes it for the row where the walk is.
	add(ctx context.Context, w *windowWalk) error
	// column gives what was computed since the last call. It is valid until the next one of add.
	column() (col.Vec, error)
}

// newWindowWalk walks over the rows of a run.
func newWindowWalk(a *account, over *Over, columns windowColumns, rows *spill.Run) *windowWalk {
	given := make([]Expr, len(columns.from)+1)
	for i := range given {
		given[i] = Column(i, col.Field{})
	}
	var keys []SortKey
	if columns.partition >= 0 {
		keys = append(keys, SortKey{Expr: given[columns.partition], Class: Text})
	}
	for i, at := range columns.order {
		key := over.Order[i]
		key.Expr = given[at]
		keys = append(keys, key)
	}
	var sorted Source = &numberedRun{run: rows, columns: columns.from, number: true}
	if keys != nil {
		sorted = newSorter(sorted, given, keys, -1)
	}
	return &windowWalk{Over: over, account: a, columns: columns, sorted: sorted}
}

// Next implements Source.
func (w *windowWalk) Next(ctx context.Context) (*col.Batch, error) {
	if !w.read {
		w.read = true
		if err := w.open(ctx); err != nil {
			return nil, err
		}
	}
	if w.pages == nil || w.at == w.pages.rows {
		return nil, errors.Join(io.EOF, w.Close())
	}
	w.numbers = w.numbers[:0]
	for len(w.numbers) < outRows && w.at < w.pages.rows {
		if err := w.step(ctx); err != nil {
			return nil, err
		}
	}
	w.out.Rows, w.out.Cols = len(w.numbers), append(w.out.Cols[:0], wholes(w.numbers))
	for _, f := range w.functions {
		v, err := f.column()
		if err != nil {
			return nil, err
		}
		w.out.Cols = append(w.out.Cols, v)
	}
	return &w.out, nil
}

// open sorts the rows.
func (w *windowWalk) open(ctx context.Context) (err error) {
	if w.pages, err = writePages(ctx, w.account, w.sorted); err != nil {
		return err
	}
	if err := w.sorted.Close(); err != nil {
		return err
	}
	w.here, w.ahead, w.equal = w.cursor(), w.cursor(), w.cursor()
	for i := range w.Functions {
		w.functions = append(w.functions, w.walk(&w.Functions[i], w.columns.value[i], w.columns.otherwise[i]))
	}
	w.pages.held = int64(len(w.cursors)*w.account.frame() + 16*len(w.pages.first))
	w.account.hold(w.account.held + w.pages.held)
	return nil
}

// cursor gives a new one over the rows.
func (w *windowWalk) cursor() *cursor {
	c := &cursor{pages: w.pages}
	w.cursors = append(w.cursors, c)
	return c
}

// step computes the functions for the row, and goes on to the next.
func (w *windowWalk) step(ctx context.Context) (err error) {
	if w.row, err = w.here.to(ctx, w.at); err != nil {
		return err
	}
	if w.at == w.end {
		w.start, w.after, w.dense = w.at, w.at, 0
		if err := w.partition(ctx); err != nil {
			return err
		}
	}
	if w.at == w.after {
		w.first = w.at
		w.dense++
		if err := w.peers(ctx); err != nil {
			return err
		}
	}
	w.numbers = append(w.numbers, w.here.batch.Cols[0].Int64(w.row))
	for _, f := range w.functions {
		if err := f.add(ctx, w); err != nil {
			return err
		}
	}
	w.at++
	return nil
}

// partition finds the end of the partition that begins with the row.
func (w *windowWalk) partition(ctx context.Context) error {
	at := w.columns.partition
	if w.end = w.pages.rows; at < 0 {
		return nil
	}
	w.key = append(w.key[:0], w.here.batch.Cols[at].Bytes(w.row)...)
	for place := w.at + 1; place < w.pages.rows; place++ {
		row, err := w.ahead.to(ctx, place)
		if err != nil {
			return err
		}
		if !bytes.Equal(w.ahead.batch.Cols[at].Bytes(row), w.key) {
			w.end = place
			break
		}
	}
	return nil
}

// peers finds the first row behind this one that differs from it in a key.
func (w *windowWalk) peers(ctx context.Context) error {
	if w.after = w.end; len(w.Order) == 0 {
		return nil
	}
	for place := w.at + 1; place < w.end; place++ {
		row, err := w.equal.to(ctx, place)
		if err != nil {
			return err
		}
		for i, at := range w.columns.order {
			if w.Order[i].compare(&w.here.batch.Cols[at], w.row, &w.equal.batch.Cols[at], row) != 0 {
				w.after = place
				return nil
			}
		}
	}
	return nil
}

// Close implements Source.
func (w *windowWalk) Close() error {
	errs := []error{w.sorted.Close()}
	for _, c := range w.cursors {
		errs = append(errs, c.close())
	}
	if w.pages != nil {
		w.account.hold(w.account.held - w.pages.held)
		w.pages.run.Remove()
	}
	w.cursors, w.pages, w.read = nil, nil, true
	return errors.Join(errs...)
}

// pages are rows on disk of which each can be looked at.
type pages struct {
	run  *spill.Run
	rows int
	// first are the numbers of the rows that batches begin with, and bytes where these stand.
	first []int
	bytes []int64
	held  int64
}

// writePages writes the rows of a source.
func writePages(ctx context.Context, a *account, s Source) (*pages, error) {
	space, err := a.space()
	if err != nil {
		return nil, err
	}
	p := &pages{}
	if p.run, err = space.Create(); err != nil {
		return nil, err
	}
	plain := &plainRows{Source: s, account: a}
	for {
		b, err := plain.Next(ctx)
		if errors.Is(err, io.EOF) {
			return p, p.run.Seal()
		}
		if err != nil {
			return p, err
		}
		p.first, p.bytes = append(p.first, p.rows), append(p.bytes, p.run.Bytes())
		if err := p.run.Write(b); err != nil {
			return p, err
		}
		p.rows += b.Rows
	}
}

// cursor looks at rows, one batch being in memory.
type cursor struct {
	pages  *pages
	reader *spill.Reader
	batch  *col.Batch
	// first and end are the rows of the batch.
	first, end int
	work       int
}

// to gives the position in the batch of a row, which may be any.
func (c *cursor) to(ctx context.Context, row int) (int, error) {
	if c.work++; c.work >= looks {
		if c.work = 0; ctx.Err() != nil {
			return 0, context.Cause(ctx)
		}
	}
	if row >= c.first && row < c.end {
		return row - c.first, nil
	}
	if c.reader == nil {
		reader, err := c.pages.run.Open()
		if err != nil {
			return 0, err
		}
		c.reader = reader
	}
	page := sort.SearchInts(c.pages.first, row+1) - 1
	if first := c.pages.first[page]; first != c.end {
		if err := c.reader.GoTo(c.pages.bytes[page]); err != nil {
			return 0, err
		}
	}
	c.first, c.end = 0, 0 // should it fail
	b, err := c.reader.Next(ctx)
	if err != nil {
		return 0, err
	}
	c.batch, c.first, c.end = b, c.pages.first[page], c.pages.first[page]+b.Rows
	return row - c.first, nil
}

func (c *cursor) close() error {
	if c.reader == nil {
		return nil
	}
	return c.reader.Close()
}

// numberedRun gives columns of the rows of a run, and in front of them, when that is wanted, the number of each row.
type numberedRun struct {
	run     *spill.Run
	columns []int
	number  bool
	reader  *spill.Reader
	row     int64
	numbers []int64
	out     col.Batch
}

// Next implements Source.
func (n *numberedRun) Next(ctx context.Context) (*col.Batch, error) {
	if n.reader == nil {
		reader, err := n.run.Open()
		if err != nil {
			return nil, err
		}
		n.reader = reader
	}
	b, err := n.reader.Next(ctx)
	if err != nil {
		return nil, err
	}
	n.out.Rows, n.out.Cols = b.Rows, n.out.Cols[:0]
	if n.number {
		n.numbers = slices.Grow(n.numbers[:0], b.Rows)[:b.Rows]
		for i := range n.numbers {
			n.numbers[i] = n.row + int64(i)
		}
		n.row += int64(b.Rows)
		n.out.Cols = append(n.out.Cols, wholes(n.numbers))
	}
	for _, at := range n.columns {
		n.out.Cols = append(n.out.Cols, b.Cols[at])
	}
	return &n.out, nil
}

// Close implements Source.
func (n *numberedRun) Close() error {
	if n.reader == nil {
		return nil
	}
	return n.reader.Close()
}
