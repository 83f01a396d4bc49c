package wasql

import (
	"slices"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
)

// Inserter is a table that takes new rows.
type Inserter interface{ Insert(w *Write) (Sink, error) }

// Updater is a table whose rows can change. The rows are named by the primary key or the row id.
type Updater interface{ Update(w *Write) (Sink, error) }

// Deleter is a table whose rows can go.
type Deleter interface{ Delete(w *Write) (Sink, error) }

// Replacer is a table that replaces rows with the same key.
type Replacer interface{ Replace(w *Write) (Sink, error) }

// Truncater is a table that can be emptied at once.
type Truncater interface {
	// Truncate gives the number of rows that went.
	Truncate(transaction uint64) (rows uint64, err error)
}

// Conflicts says what happens to a row that breaks a key.
type Conflicts int32

// What happens to a row that breaks a key.
const (
	// AbortOnConflict: the statement fails and leaves nothing.
	AbortOnConflict = Conflicts(pb.Conflict_CONFLICT_ABORT)
	// IgnoreConflict: the row is left out and reported with Changes.Ignore.
	IgnoreConflict = Conflicts(pb.Conflict_CONFLICT_IGNORE)
	// ReplaceConflict: the older row goes; report with Changes.Replace.
	ReplaceConflict = Conflicts(pb.Conflict_CONFLICT_REPLACE)
	// ReportConflict: the stored row is reported with Changes.Conflict.
	ReportConflict = Conflicts(pb.Conflict_CONFLICT_REPORT)
)

// Write is a statement that writes to a table.
type Write struct {
	OnConflict Conflicts
	// Keys identify the row (update and delete), Values are given, Old are the columns of the whole old row, when it
	// is sent too; Returning are wanted back. All are positions in the table.
	Keys, Values, Old, Returning []int
	// Transaction it belongs to, 0: none; Statement differs between statements of a transaction.
	Transaction, Statement uint64
	// RowsExpected is a guess; 0: unknown.
	RowsExpected uint64
}

// Sink takes the rows of one statement. Nothing of it may be seen by others before Flush, or stay after Discard.
type Sink interface {
	// Write takes rows, which are valid during the call.
	Write(rows *Changes) error
	// Flush ends the statement.
	Flush() (Written, error)
	// Discard takes back everything the sink wrote.
	Discard() error
}

// Written sums a statement up.
type Written struct {
	Affected, Matched uint64
	// LastInsertID is the first key that was generated; 0: none.
	LastInsertID uint64
}

// Changes are the rows of a batch to write, and the answers to them. A row with no answer counts as
// stored as it was given.
type Changes struct {
	write   *Write
	table   Table
	columns []Column
	batch   *col.Batch
	// base is the position in the statement of the first row.
	base    uint64
	outcome []uint8
	stored  [][]Value
	errors  []*pb.RowError
}

// Len is the number of rows.
func (c *Changes) Len() int { return c.batch.Len() }

// Batch is the rows as they came: the key columns, then the given values, then the old columns, in the order of
// Write. It is valid during the call, and may have a selection or encodings other than plain.
func (c *Changes) Batch() *col.Batch { return c.batch }

// Key gives the value of a key column (a position in the table) that identifies the row.
func (c *Changes) Key(row, column int) (Value, bool) { return c.find(c.write.Keys, 0, row, column) }

// Value gives the new value of a column, and whether the statement sets it.
func (c *Changes) Value(row, column int) (Value, bool) {
	return c.find(c.write.Values, len(c.write.Keys), row, column)
}

// Old gives the old value of a column, and whether it was sent.
func (c *Changes) Old(row, column int) (Value, bool) {
	return c.find(c.write.Old, len(c.write.Keys)+len(c.write.Values), row, column)
}

func (c *Changes) find(columns []int, first, row, column int) (Value, bool) {
	for i, at := range columns {
		if at == column {
			v := &c.batch.Cols[first+i]
			v.Scale = uint32(c.columns[column].Scale)
			return valueAt(v, c.batch.Row(row)), true
		}
	}
	return Value{}, false
}

// Stored answers a row with what is now in the table: a value a column of the table, in order. It is needed
// only when that differs from what was given, such as generated keys.
func (c *Changes) Stored(row int, values []Value) { c.answers(row, abi.OutcomeStored, values) }

// answers notes what became of a row.
func (c *Changes) answers(row int, outcome uint8, values []Value) {
	if c.outcome == nil {
		c.outcome, c.stored = make([]uint8, c.Len()), make([][]Value, c.Len())
	}
	if outcome != abi.OutcomeStored {
		c.outcome[row] = outcome
	}
	if values != nil {
		c.stored[row] = values
	}
}

// Ignore answers that the row was left out.
func (c *Changes) Ignore(row int) { c.answers(row, abi.OutcomeIgnored, nil) }

// Replace answers that an older row had to go.
func (c *Changes) Replace(row int) { c.answers(row, abi.OutcomeReplaced, nil) }

// Conflict answers that the row is not stored because of another one, whose values these are.
func (c *Changes) Conflict(row int, values []Value) {
	c.answers(row, abi.OutcomeConflict, values)
}

// Fail answers that the row alone failed.
func (c *Changes) Fail(row int, err error) {
	c.answers(row, abi.OutcomeError, nil)
	c.errors = append(c.errors, &pb.RowError{Row: c.base + uint64(row), Status: toError(named(err, c.table.Name())).status()})
}

// sink is an open sink.
type sink struct {
	table     Table
	columns   []Column
	statement Write
	inner     Sink
	rows      uint64
	errors    []*pb.RowError
	// refused: a row of the last batch has the outcome conflict or error.
	refused bool
	// changes are those of the batch that is written, and flushed is the answer to the end.
	changes Changes
	flushed pb.FlushSinkResponse
}

// openWrite asks the table for a sink of the kind, or says that it cannot.
func openWrite(table Table, kind pb.WriteKind, w *Write) (Sink, error) {
	verb := "be written"
	switch kind {
	case pb.WriteKind_WRITE_KIND_INSERT:
		if t, ok := table.(Inserter); ok {
			return t.Insert(w)
		}
		verb = "take new rows"
	case pb.WriteKind_WRITE_KIND_UPDATE:
		if t, ok := table.(Updater); ok {
			return t.Update(w)
		}
		verb = "change rows"
	case pb.WriteKind_WRITE_KIND_DELETE:
		if t, ok := table.(Deleter); ok {
			return t.Delete(w)
		}
		verb = "delete rows"
	case pb.WriteKind_WRITE_KIND_REPLACE:
		if t, ok := table.(Replacer); ok {
			return t.Replace(w)
		}
		verb = "replace rows"
	}
	if writes(table) {
		return nil, Errorf(Unimplemented, "table %q cannot %s", table.Name(), verb)
	}
	return nil, Errorf(ReadOnly, "table %q is read-only", table.Name())
}

func writes(table Table) bool {
	const any = pb.TableFeature_TABLE_FEATURE_INSERT | pb.TableFeature_TABLE_FEATURE_UPDATE | pb.TableFeature_TABLE_FEATURE_DELETE | pb.TableFeature_TABLE_FEATURE_REPLACE
	return tableFeatures(table)&uint64(any) != 0
}

func (s *sink) name() string { return s.table.Name() }

// close without a flush takes everything back.
func (s *sink) close() error {
	if s.inner == nil {
		return nil
	}
	inner := s.inner
	s.inner = nil
	return inner.Discard()
}

func (s *sink) write(_ *instance, batch *col.Batch) (*col.Batch, error) {
	if s.inner == nil {
		return nil, Errorf(BadHandle, "the sink is flushed")
	}
	if want := len(s.statement.Keys) + len(s.statement.Values) + len(s.statement.Old); len(batch.Cols) != want {
		return nil, Errorf(InvalidArgument, "a row to write has %d columns, %d came", want, len(batch.Cols))
	}
	c := &s.changes
	*c = Changes{write: &s.statement, table: s.table, columns: s.columns, batch: batch, base: s.rows}
	if err := s.inner.Write(c); err != nil {
		return nil, err
	}
	s.rows += uint64(batch.Len())
	s.errors = append(s.errors, c.errors...)
	s.refused = slices.ContainsFunc(c.outcome, func(outcome uint8) bool { return outcome >= abi.OutcomeConflict })
	return c.answer()
}

// answer is the batch of outcomes, with what was asked back; nil when all rows are stored as they were given.
func (c *Changes) answer() (*col.Batch, error) {
	if c.plain() {
		return nil, nil
	}
	schema := col.Schema{{Name: "row", Type: col.Uint32}, {Name: "outcome", Type: col.Uint8}}
	for _, at := range c.write.Returning {
		schema = append(schema, c.columns[at].field())
	}
	out := col.NewBuilder(schema, max(c.Len(), 1), 0)
	rows := &Rows{builder: out, columns: c.columns, at: make([]int, len(c.columns))}
	for i := range rows.at {
		rows.at[i] = -1
	}
	for i, at := range c.write.Returning {
		rows.at[at] = i + 2
	}
	for i := range c.Len() {
		out.Uint64(0, uint64(i))
		out.Uint64(1, uint64(c.outcome[i]))
		for _, at := range c.write.Returning {
			v, _ := c.Value(i, at)
			if c.stored[i] != nil {
				if len(c.stored[i]) != len(c.columns) {
					return nil, Errorf(Internal, "row %d is answered with %d values, the table has %d columns", i, len(c.stored[i]), len(c.columns))
				}
				v = c.stored[i][at]
			}
			rows.value(at, v)
		}
		out.EndRow()
	}
	if err := out.Err(); err != nil {
		return nil, Errorf(InvalidData, "%w", err)
	}
	return out.Batch(), nil
}

// plain tells whether all rows are stored as they were given.
func (c *Changes) plain() bool {
	for i, outcome := range c.outcome {
		if outcome != abi.OutcomeStored || c.stored[i] != nil && len(c.write.Returning) > 0 {
			return false
		}
	}
	return true
}

func (in *instance) flushSink(request *pb.FlushSinkRequest) (message, error) {
	s, err := handleOf[*sink](in, request.GetSink(), "sink")
	if err != nil {
		return nil, err
	}
	if s.inner == nil {
		return nil, named(Errorf(BadHandle, "the sink is flushed"), s.name())
	}
	if request.GetDiscard() {
		inner := s.inner
		s.inner = nil
		return &pb.FlushSinkResponse{Errors: s.errors}, named(inner.Discard(), s.name())
	}
	response, err := s.flush()
	if err != nil {
		return nil, named(err, s.name())
	}
	return response, nil
}

// flush ends the write.
func (s *sink) flush() (*pb.FlushSinkResponse, error) {
	inner := s.inner
	s.inner = nil
	w, err := inner.Flush()
	if err != nil {
		return nil, err
	}
	f := &s.flushed
	f.RowsAffected, f.RowsMatched, f.LastInsertId, f.Errors = w.Affected, w.Matched, w.LastInsertID, s.errors
	return f, nil
}

func (in *instance) truncate(request *pb.TruncateRequest) (message, error) {
	table, err := in.table(request.GetTable())
	if err != nil {
		return nil, err
	}
	t, ok := table.(Truncater)
	if !ok && !writes(table) {
		return nil, Errorf(ReadOnly, "table %q is read-only", table.Name())
	}
	if !ok {
		return nil, Errorf(Unimplemented, "table %q cannot be emptied at once", table.Name())
	}
	rows, err := t.Truncate(request.GetTable().GetTransaction())
	return &pb.TruncateResponse{Rows: rows}, named(err, table.Name())
}
