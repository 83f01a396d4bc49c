package wasql

import (
	"io"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
)

// lookup is an open lookup: keys come in batches, rows go out behind the position of their key.
type lookup struct {
	buffers
	table   Table
	columns []Column
	sent    []int
	plan    *Plan
	inner   Lookup
	keys    *col.Batch
	key     []Value
	// keyed are the positions of the columns of a key.
	keyed    []int
	position int
	cursor   Cursor
}

func (in *instance) openLookup(request *pb.OpenLookupRequest) (message, error) {
	table, err := in.table(request.GetTable())
	if err != nil {
		return nil, err
	}
	finder, err := power[Finder](table, "look keys up")
	if err != nil {
		return nil, err
	}
	l := &lookup{table: table, columns: table.Columns()}
	response := &pb.OpenLookupResponse{Columns: []*pb.ScanColumn{{Type: pb.Type(col.Uint32)}}}
	if l.sent, err = sentColumns(l.columns, request.GetColumns()); err != nil {
		return nil, named(err, table.Name())
	}
	keys, err := sentColumns(l.columns, request.GetKeyColumns())
	if err != nil {
		return nil, named(err, table.Name())
	}
	for _, c := range keys {
		response.Keys = append(response.Keys, l.columns[c].scanColumn(c))
	}
	for _, c := range l.sent {
		response.Columns = append(response.Columns, l.columns[c].scanColumn(c))
	}
	if l.plan, err = decodePlan(request.GetPlan(), l.columns, valuesFrom(request.GetParams()), true); err != nil {
		return nil, named(err, table.Name())
	}
	l.plan.Columns = l.sent
	if l.inner, err = finder.Find(l.plan, keys); err != nil {
		return nil, named(err, table.Name())
	}
	l.key, l.keyed = make([]Value, len(keys)), keys
	response.Scan = in.open(l)
	return response, nil
}

// sentColumns checks the positions of a request.
func sentColumns(columns []Column, asked []uint32) ([]int, error) {
	sent := make([]int, len(asked))
	for i, c := range asked {
		if uint64(c) >= uint64(len(columns)) {
			return nil, Errorf(InvalidArgument, "column %d is asked for, the table has %d", c, len(columns))
		}
		sent[i] = int(c)
	}
	return sent, nil
}

func (l *lookup) name() string { return l.table.Name() }

func (l *lookup) close() error {
	err := closeCursor(l.cursor)
	if closer, ok := l.inner.(io.Closer); ok {
		if also := closer.Close(); err == nil {
			err = also
		}
	}
	return err
}

func closeCursor(c Cursor) error {
	if closer, ok := c.(io.Closer); ok {
		return closer.Close()
	}
	return nil
}

// write takes the next keys; those of the batch before are done with.
func (l *lookup) write(_ *instance, batch *col.Batch) (*col.Batch, error) {
	if len(batch.Cols) != len(l.key) {
		return nil, Errorf(InvalidArgument, "a key has %d columns, %d came", len(l.key), len(batch.Cols))
	}
	for i, c := range l.keyed {
		batch.Cols[i].Scale = uint32(l.columns[c].Scale) // a batch does not tell it
	}
	err := closeCursor(l.cursor)
	l.keys, l.position, l.cursor = batch, 0, nil
	return nil, err
}

func (l *lookup) next(in *instance, rowsMax, bytesMax int) (*col.Batch, error) {
	if whole, ok := l.inner.(BatchLookup); ok {
		return l.nextWhole(in, whole, rowsMax, bytesMax)
	}
	rows := l.take(rowsMax, bytesMax, func() *Rows { return newLookupRows(l.columns, l.sent, rowsMax, bytesMax) })
	rows.bind(l.plan)
	for l.keys != nil && rows.Room() {
		if l.cursor == nil {
			if l.position == l.keys.Len() {
				l.keys = nil
				break
			}
			if !l.read() {
				l.position++
				continue
			}
			cursor, err := l.inner.Rows(l.key)
			if err != nil {
				return nil, err
			}
			l.cursor = cursor
		}
		rows.key = uint64(l.keys.Row(l.position))
		end, err := fill(l.cursor, rows)
		if err != nil {
			return nil, err
		}
		if end {
			if err := closeCursor(l.cursor); err != nil {
				return nil, err
			}
			l.cursor = nil
			l.position++
		}
	}
	return l.found(in, rows)
}

// nextWhole passes a batch of the author on.
func (l *lookup) nextWhole(in *instance, whole BatchLookup, rowsMax, bytesMax int) (*col.Batch, error) {
	for l.keys != nil {
		batch, next, err := whole.Found(l.keys, l.position, rowsMax, bytesMax)
		switch {
		case err != nil:
			return nil, err
		case next <= l.position && next < l.keys.Len():
			return nil, Errorf(Internal, "Found did nothing for key %d of %d", l.position, l.keys.Len())
		}
		if l.position = next; next >= l.keys.Len() {
			l.keys = nil
		}
		if batch == nil || batch.Len() == 0 {
			continue
		}
		if len(batch.Cols) != len(l.sent)+1 || batch.Rows > rowsMax {
			return nil, Errorf(Internal, "Found gave %d columns and %d rows, not %d and at most %d", len(batch.Cols), batch.Rows, len(l.sent)+1, rowsMax)
		}
		batch.Lease, batch.Last = 0, false
		return in.known(batch), nil
	}
	return nil, nil
}

// found gives the rows that were found; nil: there are none.
func (l *lookup) found(in *instance, rows *Rows) (*col.Batch, error) {
	if rows.Len() == 0 {
		l.spare = append(l.spare, rows)
		return nil, nil
	}
	return l.give(in, rows, false), nil
}

// read takes the next key; false when a part of it is NULL, which equals nothing.
func (l *lookup) read() bool {
	row := l.keys.Row(l.position)
	for i := range l.key {
		v := &l.keys.Cols[i]
		if v.IsNull(row) {
			return false
		}
		l.key[i] = valueAt(v, row)
	}
	return true
}

// newLookupRows has the position of the key before the columns.
func newLookupRows(columns []Column, sent []int, rowsMax, bytesMax int) *Rows {
	r := newRows(columns, sent, 1, 1)
	schema := append(col.Schema{{Name: "key", Type: col.Uint32}}, r.builder.Schema()...)
	r.builder = col.NewBuilder(schema, rowsMax, bytesMax)
	for i := range r.at {
		if r.at[i] >= 0 {
			r.at[i]++
		}
	}
	r.rowsMax, r.bytesMax, r.keyed = rowsMax, bytesMax, true
	return r
}

// valueAt gives one value of a column. Enum, set, bit and year are numbers.
func valueAt(v *col.Vec, row int) Value {
	if v.IsNull(row) {
		return Value{}
	}
	switch t := v.Type; {
	case t == Bool:
		return BoolValue(v.Bool(row))
	case t.Unsigned(), t == Set, t == Bit, t == Enum, t == Year:
		return UintValue(v.Uint64(row))
	case t == Float32, t == Float64:
		return FloatValue(v.Float64(row))
	case t == Decimal128, t == Decimal256:
		return DecimalValue(v.Decimal(row).Text(v.Scale))
	case t == Date:
		return DateValue(int32(v.Int64(row)))
	case t == Time:
		return TimeValue(v.Int64(row))
	case t == Datetime:
		return DatetimeValue(v.Int64(row))
	case t == JSON:
		return JSONValue(string(v.Bytes(row)))
	case t == UTF8:
		return TextValue(string(v.Bytes(row)))
	case t.Varying():
		return BinaryValue(v.Bytes(row))
	}
	return IntValue(v.Int64(row))
}
