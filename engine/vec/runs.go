package vec

import (
	"context"
	"errors"
	"io"
	"slices"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/engine/vec/spill"
)

// fanIn is the largest number of runs that are merged at a time.
const fanIn = 64

// mergeRuns gives the rows of runs, each of which is in the order of keys, in that order. The columns of the keys are at the positions
// at. Of equal rows those of the earlier run come first. When there are too many runs some are merged into longer ones: left are those
// that are to be removed behind the merger.
func mergeRuns(ctx context.Context, a *account, runs []*spill.Run, keys []SortKey, at []int) (m *merger, left []*spill.Run, err error) {
	for len(runs) > fanIn {
		var longer []*spill.Run
		for len(runs) > 0 {
			n := min(fanIn, len(runs))
			run := runs[0]
			if n > 1 {
				run, err = mergeInto(ctx, a, runs[:n], keys, at)
			}
			if run != nil {
				longer = append(longer, run)
			}
			if err != nil {
				return nil, append(longer, runs...), err
			}
			runs = runs[n:]
		}
		runs = longer
	}
	return &merger{account: a, runs: runs, keys: keys, at: at, rows: outRows}, runs, nil
}

// mergeInto makes one run of several, and removes these.
func mergeInto(ctx context.Context, a *account, runs []*spill.Run, keys []SortKey, at []int) (*spill.Run, error) {
	m := &merger{account: a, runs: runs, keys: keys, at: at}
	m.short()
	run, err := writeRun(ctx, a, m)
	if err = errors.Join(err, m.close()); err != nil {
		return run, err
	}
	for _, r := range runs {
		r.Remove()
	}
	return run, nil
}

// writeRun writes all batches of a source, of plain columns of which all rows count, as a run. A run that it gives with an error is to be
// removed.
func writeRun(ctx context.Context, a *account, s Source) (*spill.Run, error) {
	space, err := a.space()
	if err != nil {
		return nil, err
	}
	run, err := space.Create()
	if err != nil {
		return nil, err
	}
	for {
		b, err := s.Next(ctx)
		if errors.Is(err, io.EOF) {
			return run, run.Seal()
		}
		if err == nil {
			err = run.Write(b)
		}
		if err != nil {
			return run, err
		}
	}
}

// merger merges runs, by a tree in which each node has the loser of a match.
type merger struct {
	account *account
	runs    []*spill.Run
	keys    []SortKey
	at      []int
	// rows of a batch.
	rows   int
	inputs []mergeInput
	tree   []int
	picks  []mergePick
	stores []store
	batch  col.Batch
	held   int64
}

// mergeInput is a run that is read, at the row that comes next; without a batch it has ended.
type mergeInput struct {
	reader *spill.Reader
	batch  *col.Batch
	row    int
}

type mergePick struct{ input, row uint32 }

// short makes the batches such that they are written.
func (m *merger) short() {
	var bytes, rows int64
	for _, run := range m.runs {
		bytes, rows = bytes+run.Bytes(), rows+run.Rows()
	}
	m.rows = rowsOf(m.account.frame(), bytes, int(rows))
}

// Next implements Source.
func (m *merger) Next(ctx context.Context) (*col.Batch, error) {
	if m.inputs == nil {
		if err := m.open(ctx); err != nil {
			return nil, err
		}
	}
	for i := range m.stores {
		m.stores[i].reset()
	}
	n := 0
	for ; n < m.rows && len(m.inputs) > 0; n++ {
		first := m.tree[0]
		in := &m.inputs[first]
		if in.batch == nil {
			break
		}
		m.picks = append(m.picks, mergePick{uint32(first), uint32(in.row)})
		if in.row++; in.row == in.batch.Rows {
			if err := m.take(); err != nil { // the batch is gone with the next
				return nil, err
			}
			if err := in.advance(ctx); err != nil {
				return nil, err
			}
		}
		m.replay(first)
	}
	if n == 0 {
		return nil, io.EOF
	}
	if err := m.take(); err != nil {
		return nil, err
	}
	m.batch = col.Batch{Rows: n, Cols: slices.Grow(m.batch.Cols[:0], len(m.stores))[:len(m.stores)]}
	for i := range m.stores {
		m.batch.Cols[i] = m.stores[i].vec()
	}
	return &m.batch, nil
}

// take copies the rows that were picked.
func (m *merger) take() error {
	for i := range m.stores {
		to := &m.stores[i]
		for _, p := range m.picks {
			if err := to.add(&m.inputs[p.input].batch.Cols[i], int(p.row)); err != nil {
				return err
			}
		}
	}
	m.picks = m.picks[:0]
	return nil
}

// open reads the first batch of each run.
func (m *merger) open(ctx context.Context) error {
	m.inputs = make([]mergeInput, len(m.runs))
	for i, run := range m.runs {
		reader, err := run.Open()
		if err != nil {
			return err
		}
		in := &m.inputs[i]
		in.reader = reader
		if err := in.advance(ctx); err != nil {
			return err
		}
		if in.batch != nil && m.stores == nil {
			m.stores = make([]store, len(in.batch.Cols))
		}
		m.held += int64(reader.Bytes())
	}
	m.account.hold(m.account.held + m.held)
	m.tree = make([]int, max(1, len(m.inputs)))
	if len(m.inputs) > 0 {
		m.tree[0] = m.play(1)
	}
	return nil
}

// advance reads the next batch that has rows.
func (in *mergeInput) advance(ctx context.Context) error {
	for {
		b, err := in.reader.Next(ctx)
		if errors.Is(err, io.EOF) {
			in.batch = nil
			return in.reader.Close()
		}
		if err != nil {
			return err
		}
		if b.Rows > 0 {
			in.batch, in.row = b, 0
			return nil
		}
	}
}

// play fills the tree below a node and gives who wins there.
func (m *merger) play(node int) int {
	if node >= len(m.inputs) {
		return node - len(m.inputs)
	}
	a, b := m.play(2*node), m.play(2*node+1)
	if m.before(b, a) {
		a, b = b, a
	}
	m.tree[node] = b
	return a
}

// replay plays the matches of an input again, which has another row now.
func (m *merger) replay(winner int) {
	for node := (winner + len(m.inputs)) / 2; node > 0; node /= 2 {
		if m.before(m.tree[node], winner) {
			m.tree[node], winner = winner, m.tree[node]
		}
	}
	m.tree[0] = winner
}

// before tells whether the row of input a comes before that of b.
func (m *merger) before(a, b int) bool {
	x, y := &m.inputs[a], &m.inputs[b]
	switch {
	case x.batch == nil:
		return false
	case y.batch == nil:
		return true
	}
	for i := range m.keys {
		at := m.at[i]
		if order := m.keys[i].compare(&x.batch.Cols[at], x.row, &y.batch.Cols[at], y.row); order != 0 {
			return order < 0
		}
	}
	return a < b
}

// close ends the reading; the runs stay. A nil merger has nothing to end.
func (m *merger) close() error {
	if m == nil {
		return nil
	}
	var errs []error
	for i := range m.inputs {
		if r := m.inputs[i].reader; r != nil {
			errs = append(errs, r.Close())
		}
	}
	m.inputs, m.stores = []mergeInput{}, nil
	m.account.hold(m.account.held - m.held)
	m.held = 0
	return errors.Join(errs...)
}

// Close implements Source.
func (m *merger) Close() error { return m.close() }
