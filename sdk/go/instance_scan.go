package wasql

import (
	"errors"
	"io"
	"math"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/sdk/go/internal/guest"
)

// scan is an open scan: a cursor and the buffers its batches lie in.
type scan struct {
	buffers
	table   Table
	known   *knownScan
	columns []Column
	// out are the columns that batches may have: those of the table, or of groups.
	out []Column
	// sent are the positions of the columns of each batch.
	sent []int
	plan *Plan
	// bound is room for the plan of the first run.
	bound  Plan
	cursor Cursor
	whole  BatchCursor
	done   bool
	// once: the batch being made is to be the only one, and the scan closed behind it, when that is all.
	once bool
	// failed is why there is no first batch; the next call of next tells.
	failed  error
	batches int
	rows    uint64
}

func (s *scan) name() string { return s.table.Name() }

// first makes the first batch of a scan, gives its address, and tells whether it is all.
func (in *instance) first(s *scan, number uint32) (batch uint32, finished bool) {
	defer func() {
		if caught := recover(); caught != nil {
			s.failed, batch, finished = Errorf(Internal, "panic: %v", caught), 0, false
		}
	}()
	made, err := s.next(in, int(s.known.request.GetBatchRows()), int(min(s.known.request.GetBatchBytes(), math.MaxInt32)))
	if err != nil {
		s.failed = err
		return 0, false
	}
	return guest.Give(number, made), s.done
}

// bind makes the plan of a run from the request and its params.
func (s *scan) bind(params []Value) (*Plan, error) {
	plan := &s.bound
	if s.plan != nil {
		plan = &Plan{} // a cursor may keep the one before
	}
	if err := s.known.plan.openInto(plan, s.columns, params, true); err != nil {
		return nil, err
	}
	if plan.Partition = s.known.request.GetPartition(); plan.Aggregation == nil && plan.Join == nil {
		plan.Columns = s.sent
	} else {
		plan.Columns, plan.Outputs = positions(s.known.plan.request.GetColumns()), s.sent
	}
	if snapshot := s.known.request.GetSnapshot(); len(snapshot) > 0 {
		plan.Snapshot = snapshot
	}
	return plan, nil
}

// start opens the cursor.
func (s *scan) start(params []Value) error {
	plan, err := s.bind(params)
	if err != nil {
		return err
	}
	cursor, err := s.cursorOf(plan)
	if err != nil {
		return err
	}
	if cursor == nil {
		return Errorf(Internal, "Scan gave no cursor")
	}
	s.cursor, s.whole, s.done, s.plan = cursor, nil, false, plan
	if w, ok := cursor.(wholeBatches); ok {
		s.whole = w.inner
	}
	return nil
}

// cursorOf asks the table for a cursor, or for one that goes on.
func (s *scan) cursorOf(plan *Plan) (Cursor, error) {
	token := s.known.request.GetResume()
	if len(token) == 0 {
		return s.table.Scan(plan)
	}
	resumer, err := power[Resumer](s.table, "resume a scan")
	if err != nil {
		return nil, err
	}
	return resumer.Resume(plan, token)
}

// inner is the author's own cursor, whose methods say what it can do.
func (s *scan) inner() any {
	if s.whole != nil {
		return s.whole
	}
	return s.cursor
}

func (s *scan) close() error {
	if closer, ok := s.inner().(io.Closer); ok {
		return closer.Close()
	}
	return nil
}

func (in *instance) rescan(request *pb.RescanRequest) (message, error) {
	s, err := in.scan(request.GetScan())
	if err != nil {
		return nil, err
	}
	if again, ok := s.inner().(Rescanner); ok {
		plan, err := s.bind(valuesFrom(request.GetParams()))
		if err == nil {
			s.plan = plan
			err = again.Rescan(plan)
		}
		if err != nil {
			return nil, named(err, s.table.Name())
		}
		s.done = false
		return in.again(s, request), nil
	}
	if err := s.close(); err != nil {
		return nil, named(err, s.table.Name())
	}
	if err := s.start(valuesFrom(request.GetParams())); err != nil {
		s.done = true
		return nil, named(err, s.table.Name())
	}
	return in.again(s, request), nil
}

// again answers for a scan that has started again.
func (in *instance) again(s *scan, request *pb.RescanRequest) *pb.RescanResponse {
	response := &pb.RescanResponse{}
	s.failed = nil
	s.reclaim()
	if request.GetFirst() {
		response.Batch, response.Finished = in.first(s, request.GetScan())
	}
	return response
}

func (in *instance) scan(number uint32) (*scan, error) {
	return handleOf[*scan](in, number, "scan")
}

// next gives the next batch, or nil.
func (s *scan) next(in *instance, rowsMax, bytesMax int) (batch *col.Batch, err error) {
	if s.failed != nil {
		err, s.failed, s.done = s.failed, nil, true
		return nil, err
	}
	if s.done {
		return nil, nil
	}
	if limit := int(s.known.request.GetBatchRows()); limit > 0 {
		rowsMax = min(rowsMax, limit)
	}
	if limit := s.known.request.GetBatchBytes(); limit > 0 && limit < math.MaxInt32 {
		bytesMax = min(bytesMax, int(limit))
	}
	if s.whole != nil {
		batch, err = in.nextWhole(s, rowsMax, bytesMax)
	} else {
		batch, err = in.nextRows(s, rowsMax, bytesMax)
	}
	if err != nil || batch == nil {
		s.done = true
		return nil, err
	}
	s.batches++
	s.rows += uint64(batch.Len())
	return batch, nil
}

// nextRows lets the cursor fill a buffer of the SDK.
func (in *instance) nextRows(s *scan, rowsMax, bytesMax int) (*col.Batch, error) {
	rows := s.take(rowsMax, bytesMax, func() *Rows { return newRows(s.out, s.sent, rowsMax, bytesMax) })
	if s.plan.Aggregation == nil && s.plan.Join == nil {
		rows.bind(s.plan)
	}
	end, err := fill(s.cursor, rows)
	if err != nil {
		return nil, err
	}
	if s.once && !end && rows.Room() {
		// A cursor that gave all it has may say so only when it is asked again.
		if end, err = fill(s.cursor, rows); err != nil {
			return nil, err
		}
	}
	s.done = end
	if rows.Len() == 0 {
		s.spare = append(s.spare, rows)
		return nil, nil
	}
	if s.once && end {
		return s.last(rows), nil
	}
	return s.give(in, rows, end), nil
}

// nextWhole passes a batch of the author on, in encodings the host knows.
func (in *instance) nextWhole(s *scan, rowsMax, bytesMax int) (*col.Batch, error) {
	for empty := 0; ; empty++ {
		batch, err := s.whole.NextBatch(rowsMax, bytesMax)
		if err != nil && !errors.Is(err, io.EOF) || batch == nil {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return nil, err
		}
		if err != nil {
			s.done = true
		}
		if err := s.check(batch, rowsMax); err != nil {
			return nil, err
		}
		if batch.Len() > 0 {
			batch.Lease, batch.Last = 0, batch.Last || s.done
			s.done = batch.Last
			return in.known(batch), nil
		}
		if empty == emptyMax || batch.Last || s.done {
			return nil, nil
		}
	}
}

func (s *scan) check(batch *col.Batch, rowsMax int) error {
	if len(batch.Cols) != len(s.sent) {
		return Errorf(Internal, "NextBatch gave %d columns, the plan has %d", len(batch.Cols), len(s.sent))
	}
	if batch.Rows > rowsMax {
		return Errorf(Internal, "NextBatch gave %d rows, at most %d were asked for", batch.Rows, rowsMax)
	}
	for i := range batch.Cols {
		v, want := &batch.Cols[i], &s.out[s.sent[i]]
		if v.Type != want.Type {
			return Errorf(Internal, "NextBatch gave type %v for column %s, which is declared as %v", v.Type, want.Name, want.Type)
		}
		if v.Len != batch.Rows {
			return Errorf(Internal, "NextBatch gave %d values for column %s of a batch of %d rows", v.Len, want.Name, batch.Rows)
		}
	}
	return nil
}

// known rewrites the encodings that the host does not know.
func (in *instance) known(batch *col.Batch) *col.Batch {
	for i := range batch.Cols {
		v := &batch.Cols[i]
		switch {
		case v.Encoding == col.Constant && !in.has(pb.Feature_FEATURE_CONSTANT),
			v.Encoding == col.Dictionary && !in.has(pb.Feature_FEATURE_DICTIONARY),
			v.Encoding == col.View && !in.has(pb.Feature_FEATURE_STRING_VIEW):
			*v = v.Plain()
		}
	}
	if batch.Sel != nil && !in.has(pb.Feature_FEATURE_SELECTION) {
		return batch.Dense()
	}
	return batch
}
