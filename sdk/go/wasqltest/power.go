package wasqltest

import (
	"errors"
	"fmt"
	"io"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
	wasql "github.com/wasql/wasql/sdk/go"
)

// Lookup looks keys up, and gives the rows: the position of the key, then the columns.
func (in *Instance) Lookup(table string, keys, columns []string, values [][]wasql.Value) ([][]wasql.Value, error) {
	s, err := in.prepare(table, Query{Columns: columns})
	if err != nil {
		return nil, err
	}
	request := &pb.OpenLookupRequest{Table: s.request.Table}
	for _, name := range columns {
		column, err := s.column(name)
		if err != nil {
			return nil, err
		}
		request.Columns = append(request.Columns, column)
	}
	for _, name := range keys {
		column, err := s.column(name)
		if err != nil {
			return nil, err
		}
		request.KeyColumns = append(request.KeyColumns, column)
	}
	var response pb.OpenLookupResponse
	if err := in.Call(pb.Op_OP_OPEN_LOOKUP, request, &response); err != nil {
		return nil, err
	}
	if _, err := in.Write(response.GetScan(), Rows(response.GetKeys(), values)); err != nil {
		return nil, errors.Join(err, in.Close(response.GetScan()))
	}
	rows, err := in.drain(response.GetScan(), response.GetColumns())
	return rows, errors.Join(err, in.Close(response.GetScan()))
}

// drain reads all rows of a handle, with all their columns.
func (in *Instance) drain(handle uint32, columns []*pb.ScanColumn) ([][]wasql.Value, error) {
	var rows [][]wasql.Value
	for {
		batch, err := in.Next(handle, 3, 1<<20)
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, err
		}
		rows = append(rows, Values(batch, columns)...)
		if batch.Lease != 0 {
			if err := in.Release(handle, batch.Lease); err != nil {
				return nil, err
			}
		}
	}
}

// Values gives the rows of a batch.
func Values(batch *col.Batch, columns []*pb.ScanColumn) [][]wasql.Value {
	var rows [][]wasql.Value
	for i := range batch.Len() {
		row := make([]wasql.Value, len(batch.Cols))
		for c := range batch.Cols {
			row[c] = ValueAt(&batch.Cols[c], batch.Row(i), columns[c].GetScale())
		}
		rows = append(rows, row)
	}
	return rows
}

// Rows makes a batch of rows, as the host writes it. A value that does not fit its column is a panic: the
// test is wrong.
func Rows(columns []*pb.ScanColumn, rows [][]wasql.Value) *col.Batch {
	schema := make(col.Schema, len(columns))
	for i, c := range columns {
		schema[i] = col.Field{Name: fmt.Sprint(i), Type: col.Type(c.GetType()), Scale: c.GetScale(), Nullable: true}
	}
	b := col.NewBuilder(schema, len(rows), 0)
	for _, row := range rows {
		for i, v := range row {
			put(b, i, v)
		}
		b.EndRow()
	}
	if err := b.Err(); err != nil {
		panic("wasqltest: " + err.Error())
	}
	return b.Batch()
}

func put(b *col.Builder, column int, v wasql.Value) {
	if n, ok := v.Int64(); ok {
		b.Int64(column, n)
	} else if n, ok := v.Uint64(); ok {
		b.Uint64(column, n)
	} else if n, ok := v.Temporal(); ok {
		b.Int64(column, n)
	} else if v.Kind() == wasql.KindDecimal {
		b.Decimal(column, v.String())
	} else if f, ok := v.Float64(); ok {
		b.Float64(column, f)
	} else if s, ok := v.Text(); ok {
		b.String(column, s)
	}
}

// types has the type that a value alone stands for.
var types = map[wasql.Kind]pb.Type{
	wasql.KindNull: pb.Type_TYPE_NULL, wasql.KindBool: pb.Type_TYPE_BOOL, wasql.KindInt64: pb.Type_TYPE_INT64, wasql.KindUint64: pb.Type_TYPE_UINT64,
	wasql.KindFloat64: pb.Type_TYPE_FLOAT64, wasql.KindDecimal: pb.Type_TYPE_DECIMAL128, wasql.KindText: pb.Type_TYPE_UTF8, wasql.KindBinary: pb.Type_TYPE_BINARY,
	wasql.KindDate: pb.Type_TYPE_DATE, wasql.KindTime: pb.Type_TYPE_TIME, wasql.KindDatetime: pb.Type_TYPE_DATETIME, wasql.KindJSON: pb.Type_TYPE_JSON,
}

// function finds the function for arguments like those of the first row, and opens it.
func (in *Instance) function(name string, aggregate bool, rows [][]wasql.Value) (*pb.OpenFunctionResponse, []*pb.ScanColumn, error) {
	request := &pb.FindFunctionRequest{Name: name}
	if len(rows) > 0 {
		for _, v := range rows[0] {
			request.Arguments = append(request.Arguments, &pb.Column{Type: types[v.Kind()]})
		}
	}
	var found pb.FindFunctionResponse
	if err := in.Call(pb.Op_OP_FIND_FUNCTION, request, &found); err != nil {
		return nil, nil, err
	}
	if found.GetFunction() == nil {
		return nil, nil, wasql.Errorf(wasql.NotFound, "function %q is not found", name)
	}
	var columns []*pb.ScanColumn
	declared := found.GetFunction().GetArguments()
	for i := range request.Arguments {
		a := declared[min(i, len(declared)-1)]
		columns = append(columns, &pb.ScanColumn{Type: a.GetType(), Precision: a.GetPrecision(), Scale: a.GetScale(), Nullable: true})
	}
	var response pb.OpenFunctionResponse
	err := in.Call(pb.Op_OP_OPEN_FUNCTION, &pb.OpenFunctionRequest{Name: name, Arguments: columns, Aggregate: aggregate}, &response)
	return &response, columns, err
}

// CallFunction calls a scalar function once a row of arguments.
func (in *Instance) CallFunction(name string, arguments [][]wasql.Value) ([]wasql.Value, error) {
	response, columns, err := in.function(name, false, arguments)
	if err != nil {
		return nil, err
	}
	answer, err := in.Write(response.GetHandle(), Rows(columns, arguments))
	if err != nil {
		return nil, errors.Join(err, in.Close(response.GetHandle()))
	}
	var results []wasql.Value
	for _, row := range Values(answer, []*pb.ScanColumn{response.GetResult()}) {
		results = append(results, row[0])
	}
	if len(results) != len(arguments) {
		err = fmt.Errorf("function %q gives %d results for %d rows", name, len(results), len(arguments))
	}
	return results, errors.Join(err, in.Close(response.GetHandle()))
}

// CallAggregate feeds an aggregate, each row to the group of that number, and gives the result of each group.
func (in *Instance) CallAggregate(name string, groups []uint32, arguments [][]wasql.Value) ([]wasql.Value, error) {
	response, columns, err := in.function(name, true, arguments)
	if err != nil {
		return nil, err
	}
	handle := response.GetHandle()
	columns = append([]*pb.ScanColumn{{Type: pb.Type_TYPE_UINT32}}, columns...)
	rows, count := make([][]wasql.Value, len(arguments)), uint32(0)
	for i, row := range arguments {
		rows[i] = append([]wasql.Value{wasql.UintValue(uint64(groups[i]))}, row...)
		count = max(count, groups[i]+1)
	}
	if _, err := in.Write(handle, Rows(columns, rows)); err != nil {
		return nil, errors.Join(err, in.Close(handle))
	}
	if err := in.Call(pb.Op_OP_FINISH_FUNCTION, &pb.FinishFunctionRequest{Handle: handle, Groups: uint64(count)}, &pb.FinishFunctionResponse{}); err != nil {
		return nil, errors.Join(err, in.Close(handle))
	}
	all, err := in.drain(handle, []*pb.ScanColumn{response.GetResult()})
	var results []wasql.Value
	for _, row := range all {
		results = append(results, row[0])
	}
	return results, errors.Join(err, in.Close(handle))
}

// Change is a statement that writes.
type Change struct {
	Kind     pb.WriteKind
	Conflict pb.Conflict
	// Keys, Values and Returning name columns; a row holds keys, then values.
	Keys, Values, Returning []string
	Rows                    [][]wasql.Value
	Transaction             uint64
	// Discard takes everything back instead of flushing.
	Discard bool
}

// Changed is what a statement answered.
type Changed struct {
	*pb.FlushSinkResponse
	// Answers has none when all rows are stored as they were given and nothing was asked back.
	Answers [][]wasql.Value
}

// Change writes one statement.
func (in *Instance) Change(table string, c Change) (*Changed, error) {
	s, err := in.prepare(table, Query{})
	if err != nil {
		return nil, err
	}
	request := &pb.OpenSinkRequest{Table: s.request.Table, Kind: c.Kind, Conflict: c.Conflict, Transaction: c.Transaction}
	var columns []*pb.ScanColumn
	for _, list := range []struct {
		names  []string
		target *[]uint32
		sent   bool
	}{{c.Keys, &request.KeyColumns, true}, {c.Values, &request.ValueColumns, true}, {c.Returning, &request.Returning, false}} {
		for _, name := range list.names {
			at, err := s.column(name)
			if err != nil {
				return nil, err
			}
			*list.target = append(*list.target, at)
			if declared := s.table.GetColumns()[at]; list.sent {
				columns = append(columns, &pb.ScanColumn{Column: at, Type: declared.GetType(), Precision: declared.GetPrecision(), Scale: declared.GetScale()})
			}
		}
	}
	var open pb.OpenSinkResponse
	if err := in.Call(pb.Op_OP_OPEN_SINK, request, &open); err != nil {
		return nil, err
	}
	changed := &Changed{FlushSinkResponse: &pb.FlushSinkResponse{}}
	answer, err := in.Write(open.GetSink(), Rows(columns, c.Rows))
	if err != nil {
		return nil, errors.Join(err, in.Close(open.GetSink()))
	}
	if answer != nil {
		changed.Answers = Values(answer, open.GetAnswer())
	}
	err = in.Call(pb.Op_OP_FLUSH_SINK, &pb.FlushSinkRequest{Sink: open.GetSink(), Discard: c.Discard}, changed.FlushSinkResponse)
	return changed, errors.Join(err, in.Close(open.GetSink()))
}
