package wasql

import (
	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/sdk/go/internal/guest"
	"github.com/wasql/wasql/sdk/go/internal/wire"
)

// knownSink is an OpenSinkRequest that was read, apart from what differs from statement to statement.
type knownSink struct {
	knownRef
	request *pb.OpenSinkRequest
	// keys and the others are made with the first sink; back are the columns of the answer behind ordinal and outcome.
	keys, values, old, back *sent
}

// openSink answers OPEN_SINK.
func (in *instance) openSink(raw []byte) ([]byte, error) {
	c, ok := in.asked.splitSink(raw)
	if !ok {
		return nil, unlawful(wire.ErrMalformed)
	}
	k := in.asked.sinks[string(in.asked.key)]
	if k == nil {
		request := &pb.OpenSinkRequest{}
		if err := sinkCodec.unmarshal(request, raw); err != nil {
			return nil, unlawful(err)
		}
		ref, err := in.refOf(request.GetTable())
		if err != nil {
			return nil, err
		}
		k = &knownSink{knownRef: knownRef{*ref}, request: request}
		if in.asked.sinks == nil || len(in.asked.sinks) == knownMax {
			in.asked.sinks = make(map[string]*knownSink, knownMax)
		}
		in.asked.sinks[string(in.asked.key)] = k
	}
	table, err := k.table(in, &c)
	if err != nil {
		return nil, err
	}
	out, err := in.openKnownSink(k, &c, table)
	return out, named(err, table.Name())
}

// columns finds the columns that the request names, as they are now.
func (k *knownSink) columns(columns []Column) (err error) {
	for _, list := range []struct {
		at    **sent
		asked []uint32
	}{{&k.keys, k.request.GetKeyColumns()}, {&k.values, k.request.GetValueColumns()}, {&k.old, k.request.GetOldColumns()}, {&k.back, k.request.GetReturning()}} {
		if *list.at == nil || !(*list.at).of(columns) {
			if *list.at, err = sentOf(columns, list.asked); err != nil {
				return err
			}
		}
	}
	return nil
}

// openKnownSink opens a sink, and writes the batch that came with the request.
func (in *instance) openKnownSink(k *knownSink, c *changing, table Table) ([]byte, error) {
	// One that was flushed at once is nobody's any more, and serves again.
	s := in.spare
	if in.spare = nil; s == nil {
		s = new(sink)
	}
	*s = sink{table: table, columns: table.Columns()}
	if err := k.columns(s.columns); err != nil {
		return nil, err
	}
	s.statement = Write{
		OnConflict: Conflicts(k.request.GetConflict()), Keys: k.keys.positions, Values: k.values.positions, Old: k.old.positions, Returning: k.back.positions,
		Transaction: c.writes, Statement: c.numbers, RowsExpected: k.request.GetRowsExpected(),
	}
	var err error
	if s.inner, err = openWrite(table, k.request.GetKind(), &s.statement); err != nil {
		return nil, err
	}
	number := in.number()
	var answer *col.Batch
	var flushed *pb.FlushSinkResponse
	if c.batch != 0 {
		if answer, flushed, err = in.writeFirst(s, k, c); err != nil {
			return nil, err
		}
	}
	out := in.sinkOpened(k, c, number, guest.Give(number, answer), flushed)
	if flushed == nil {
		in.handles[number] = s
	} else {
		in.spare = s
	}
	return out, nil
}

// writeFirst writes the batch that came with the request, and ends the write and the transaction as it says. After an
// error, or a panic, nothing of the sink is left.
func (in *instance) writeFirst(s *sink, k *knownSink, c *changing) (answer *col.Batch, flushed *pb.FlushSinkResponse, err error) {
	done := false
	defer func() {
		if !done {
			_ = s.close() // the first error is the one to tell
		}
	}()
	answer, err = s.write(in, guest.Read(c.batch))
	if err == nil && k.request.GetFlush() && !s.refused {
		if flushed, err = s.flush(); err == nil && len(c.commit) > 0 {
			err = in.commitWith(c.commit)
		}
	}
	done = err == nil
	return answer, flushed, err
}

// sinkOpened writes the answer to OPEN_SINK.
func (in *instance) sinkOpened(k *knownSink, c *changing, number, answer uint32, flushed *pb.FlushSinkResponse) []byte {
	const sinkField, takenField, batchField, flushedField = 1, 3, 4, 5
	out := in.asked.out[:0]
	if flushed == nil {
		out = wire.AppendNumber(out, sinkField, uint64(number))
	}
	out = append(out, outcomeFields...)
	out = append(out, k.back.nullable...)
	if c.batch != 0 {
		out = wire.AppendNumber(out, takenField, 1)
	}
	out = wire.AppendNumber(out, batchField, uint64(answer))
	switch {
	case flushed == nil:
	case len(flushed.Errors) > 0:
		out = wire.AppendBytes(out, flushedField, wire.Marshal(flushed))
	default:
		var sums [3 * 11]byte
		raw := wire.AppendNumber(sums[:0], 1, flushed.RowsAffected)
		raw = wire.AppendNumber(raw, 2, flushed.RowsMatched)
		raw = wire.AppendNumber(raw, 3, flushed.LastInsertId)
		out = wire.AppendBytes(out, flushedField, raw)
	}
	in.asked.out = out
	return out
}

// outcomeFields are the first two columns of an answer: ordinal and outcome.
var outcomeFields = appendColumn(appendColumn(nil, &pb.ScanColumn{Type: pb.Type(col.Uint32)}), &pb.ScanColumn{Type: pb.Type(col.Uint8)})
