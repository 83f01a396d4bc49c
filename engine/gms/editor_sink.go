package gms

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/host"
)

// A batch of rows is sent when it has this many rows, or bytes of text.
const (
	batchRows  = 4096
	batchBytes = 1 << 20
)

// sink gathers rows for one sink of the connector.
type sink struct {
	editor *editor
	kind   pb.WriteKind
	// host is there when the first batch was sent, with request.
	host    *host.Sink
	request *pb.OpenSinkRequest
	// flushed sums the statement up when its only batch ended it.
	flushed  *pb.FlushSinkResponse
	builder  *col.Builder
	encoders []encoder
	// keys, values and returning are declared positions; a batch holds the keys, then the values.
	keys, values, returning []int
	// makes is the key column that the connector makes, where 0 stands for NULL; -1: none.
	makes int
	// first is the number in the statement of the first row in the builder, from 1.
	first uint64
	// delivered counts the rows that were sent.
	delivered uint64
}

// open makes a sink of a kind; the connector hears of it with the first batch. Without batches each row is answered with what is stored, or with
// the row that is in its way.
func (e *editor) open(ctx *sql.Context, kind pb.WriteKind, keys, values []int) (*sink, error) {
	if err := e.begin(ctx); err != nil {
		return nil, err
	}
	if err := e.watch(ctx); err != nil {
		return nil, err
	}
	if kind != pb.WriteKind_WRITE_KIND_DELETE && !e.bulk && e.compared(values) {
		e.batched, e.alone = false, false // each row is compared before the next one comes
	}
	s := &sink{editor: e, kind: kind, keys: keys, values: values, makes: -1}
	request := &pb.OpenSinkRequest{Table: e.ref(), Kind: kind, KeyColumns: numbers32(keys), ValueColumns: numbers32(values),
		Transaction: e.transaction, Statement: e.statement}
	rows := batchRows
	if e.batched && s.comes() && e.watched() && e.makesParts() {
		e.alone, s.returning = false, slices.Clone(e.indexes.Columns())
		request.Returning = numbers32(s.returning)
	}
	if kind == pb.WriteKind_WRITE_KIND_REPLACE {
		request.Conflict = pb.Conflict_CONFLICT_REPLACE
	}
	if !e.batched {
		rows = 1
		if kind != pb.WriteKind_WRITE_KIND_DELETE {
			s.returning = everyColumn(len(e.table.declared.Schema))
			request.Conflict, request.Returning = pb.Conflict_CONFLICT_REPORT, numbers32(s.returning)
		}
	}
	var schema col.Schema
	for _, position := range append(append([]int{}, keys...), values...) {
		encoder, err := newEncoder(e.table.declared.Schema[position])
		if err != nil {
			return nil, err
		}
		s.encoders = append(s.encoders, encoder)
		schema = append(schema, encoder.field)
	}
	s.builder, s.request = col.NewBuilder(schema, rows, batchBytes), request
	return s, nil
}

// start opens the sink with its first batch.
func (s *sink) start(ctx *sql.Context, batch *col.Batch) (*col.Batch, error) {
	e := s.editor
	connector := e.table.source.Connector
	ender, ends := ctx.Session.(OneCall)
	if ends && s.request.Flush && !e.watched() {
		s.request.Commit = ender.CommitWith(ctx, connector)
	}
	opened, first, err := connector.OpenSinkWith(ctx, SessionOf(ctx), s.request, batch)
	if s.request.Commit != nil && (err != nil || first.Flushed != nil) {
		lost := err != nil
		if err = ender.Committed(ctx, connector, err); err == nil && lost {
			// It is committed, and only the answer was lost.
			return nil, nil
		}
	}
	if err != nil {
		return nil, err
	}
	s.host, s.flushed = opened, first.Flushed
	if first.Answer != nil && s.returning != nil && len(opened.Answer()) != 2+len(s.returning) {
		return nil, fmt.Errorf("connector %s: open sink %s: the answer has %d columns, and %d were asked back behind ordinal and outcome",
			connector.Name(), e.table.name, len(opened.Answer()), len(s.returning))
	}
	return first.Answer, nil
}

// ref names the table to the connector, and begins the transaction where that is to be done.
func (e *editor) ref() *pb.TableRef {
	if e.starts == nil {
		return e.table.ref
	}
	ref := *e.table.ref //nolint:govet // messages of protobuf-go-lite hold no lock
	ref.Begin = e.starts
	return &ref
}

func numbers32(positions []int) []uint32 {
	out := make([]uint32, len(positions))
	for i, position := range positions {
		out[i] = uint32(position)
	}
	return out
}

func everyColumn(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

// comes tells whether the rows of the sink are new ones.
func (s *sink) comes() bool {
	return s.kind == pb.WriteKind_WRITE_KIND_INSERT || s.kind == pb.WriteKind_WRITE_KIND_REPLACE
}

// add puts a row into the batch: the key columns of key, the value columns of value.
func (s *sink) add(ctx *sql.Context, key, value sql.Row) error {
	if !s.builder.Room() {
		if err := s.send(ctx); err != nil {
			return err
		}
	}
	e := s.editor
	e.sent++
	if s.builder.Rows() == 0 {
		s.first = e.sent
	}
	at := 0
	for _, position := range s.keys {
		if err := s.put(ctx, at, key[position]); err != nil {
			return err
		}
		at++
	}
	for _, position := range s.values {
		v := value[position]
		if position == s.makes && isZero(v) {
			v = nil
		}
		if err := s.put(ctx, at, v); err != nil {
			return err
		}
		at++
	}
	if e.indexes != nil && !s.comes() {
		if err := e.indexes.Gone(ctx, key); err != nil {
			return err
		}
	}
	if s.kind == pb.WriteKind_WRITE_KIND_UPDATE && e.watched() {
		if err := e.indexes.Row(ctx, value); err != nil {
			return err
		}
	}
	s.builder.EndRow()
	if err := s.builder.Err(); err != nil {
		return fmt.Errorf("table %s: row %d: %w", e.table.name, e.sent, err)
	}
	return nil
}

func (s *sink) put(ctx *sql.Context, at int, value any) error {
	if err := s.encoders[at].encode(ctx, s.builder, at, value); err != nil {
		return fmt.Errorf("table %s: row %d: %w", s.editor.table.name, s.editor.sent, err)
	}
	return nil
}

// send writes the gathered rows and fails when one of them was not stored.
func (s *sink) send(ctx *sql.Context) error {
	if s.builder.Rows() == 0 {
		return nil
	}
	defer s.builder.Reset()
	return s.deliver(ctx, s.builder.Batch())
}

// deliver writes a batch and fails when one of its rows was not stored.
func (s *sink) deliver(ctx *sql.Context, batch *col.Batch) error {
	answer, err := s.writeBatch(ctx, batch)
	if answer == nil || err != nil {
		return err
	}
	for i := range answer.Len() {
		at := answer.Row(i)
		switch answer.Cols[1].Uint64(at) {
		case abi.OutcomeStored, abi.OutcomeReplaced:
			if s.returning != nil && s.editor.watched() {
				if err := s.addAnswered(ctx, answer, at); err != nil {
					return err
				}
			}
		case abi.OutcomeIgnored:
		default:
			return s.rowFailed(ctx, s.first+answer.Cols[0].Uint64(at))
		}
	}
	return nil
}

// write sends what the builder holds and empties it. The answer is valid until the next use.
func (s *sink) write(ctx *sql.Context) (*col.Batch, error) {
	if s.builder.Rows() == 0 {
		return nil, nil
	}
	defer s.builder.Reset()
	return s.writeBatch(ctx, s.builder.Batch())
}

func (s *sink) writeBatch(ctx *sql.Context, batch *col.Batch) (*col.Batch, error) {
	s.editor.changed = true
	if s.comes() {
		if err := s.editor.checkBatch(ctx, batch, s.values); err != nil {
			return nil, err
		}
	}
	if s.comes() && s.returning == nil && s.editor.watched() {
		if err := s.editor.indexes.Batch(ctx, batch, s.values); err != nil {
			return nil, err
		}
	}
	before := s.delivered
	s.delivered += uint64(batch.Len())
	var answer *col.Batch
	var err error
	if s.host == nil {
		answer, err = s.start(ctx, batch)
	} else {
		answer, err = s.host.Write(ctx, batch)
	}
	if err != nil {
		return nil, s.editor.refused(behind(err, before))
	}
	if answer != nil && len(answer.Cols) < 2 {
		return nil, fmt.Errorf("table %s: the answer to a write has %d columns: ordinal and outcome are missing", s.editor.table.name, len(answer.Cols))
	}
	return answer, nil
}

// behind is an error about a row of a batch, counted from the first row of the statement.
func behind(err error, before uint64) error {
	var refusal *host.Error
	if before == 0 || !errors.As(err, &refusal) || refusal.Status.GetRow() == 0 {
		return err
	}
	moved := *refusal
	moved.Status = refusal.Status.CloneVT()
	moved.Status.Row += before
	return &moved
}

// rowFailed finds out why a row was not stored: the connector tells when the statement ends.
func (s *sink) rowFailed(ctx *sql.Context, row uint64) error {
	summary, err := s.host.Flush(context.WithoutCancel(ctx), true)
	if err == nil {
		for _, e := range summary.Errors {
			if e.Status != nil {
				return s.editor.rowError(e.Status, row)
			}
		}
	}
	return fmt.Errorf("connector %s: table %s: row %d was not stored, and no reason was given", s.editor.table.source.Connector.Name(), s.editor.table.name, row)
}

// end flushes or discards, and closes.
func (s *sink) end(ctx *sql.Context, discard bool) error {
	switch {
	case s.host == nil:
		return nil // nothing was sent, or all of it was refused
	case s.flushed != nil:
		err := s.sum(s.flushed)
		if closed := s.host.Close(); err == nil {
			err = closed
		}
		return err
	}
	live := context.Context(ctx)
	if discard {
		live = context.WithoutCancel(ctx)
	}
	summary, err := s.host.Flush(live, discard)
	if err != nil && !discard {
		err = s.editor.refused(err)
		// What was written in part must go.
		_, _ = s.host.Flush(context.WithoutCancel(ctx), true)
	}
	if err == nil && !discard {
		err = s.sum(summary)
	}
	if closed := s.host.Close(); err == nil && closed != nil && !discard {
		err = closed
	}
	if discard {
		return nil // the statement failed with another error, which is the one to tell
	}
	return err
}

// sum takes in what the connector says of a statement that it kept.
func (s *sink) sum(summary *pb.FlushSinkResponse) error {
	s.editor.affected += summary.RowsAffected
	if len(summary.Errors) > 0 {
		return s.editor.rowError(summary.Errors[0].Status, summary.Errors[0].Row+1)
	}
	return nil
}
