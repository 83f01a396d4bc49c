package wasqltest

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
	wasql "github.com/wasql/wasql/sdk/go"
	"github.com/wasql/wasql/sdk/go/internal/guest"
)

// Query is a SELECT over one table, in parts.
type Query struct {
	// Columns to read, by name; nil: all that are not hidden.
	Columns []string
	// Args are the arguments of a table function.
	Args []wasql.Value
	// Where holds conjuncts such as "value >= 3", "name = 'x'", "id in 1 2 3", "note is null", "price < 1.5" or
	// "id = ?0"; texts are compared byte by byte.
	Where []string
	// Order holds keys such as "name" or "value desc".
	Order []string
	// Limit is -1 or 0 for none.
	Limit  int64
	Offset uint64
	// Sample is a share of the rows; the rows are all of them unless the table takes it.
	Sample *pb.Sample
	// Params are the values of ?0, ?1, ..., which the plan does not know yet.
	Params []wasql.Value
	// BatchRows is how many rows a batch may have; 0: 3, so that tests meet more than one batch.
	BatchRows int
}

// Result is what a query gave.
type Result struct {
	// Plan is what the table answered to PLAN.
	Plan *pb.PlanResponse
	// Rows are the rows, filtered, ordered and limited as asked: what the table did not claim, is done here.
	Rows [][]wasql.Value
}

// Query plans and scans as the engine does. It checks what the plan promised: no row that fails an
// exact filter, the order when it was taken, the limit when it was taken, one row when it is unique. A
// failure of the table fails the test.
func (in *Instance) Query(table string, q Query) *Result {
	in.t.Helper()
	r, err := in.Try(table, q)
	if err != nil {
		in.t.Fatal(err)
	}
	return r
}

// Try is Query for a query that may fail: the error is the table's *wasql.Error.
func (in *Instance) Try(table string, q Query) (*Result, error) {
	s, err := in.prepare(table, q)
	if err != nil {
		return nil, err
	}
	result := &Result{Plan: &pb.PlanResponse{}}
	if err := in.Call(pb.Op_OP_PLAN, s.request, result.Plan); err != nil {
		return nil, err
	}
	if no := result.Plan.GetNoPlan(); no != nil {
		return nil, wasql.Errorf(wasql.NoPlan, "%s: %s", no.GetMessage(), strings.Join(no.GetRequiredColumns(), ", "))
	}
	if len(result.Plan.GetFilters()) != len(s.request.GetFilters()) {
		return nil, fmt.Errorf("PLAN answers %d of %d conjuncts", len(result.Plan.GetFilters()), len(s.request.GetFilters()))
	}
	rows, err := in.Scan(&pb.OpenScanRequest{
		Table: s.request.Table, Plan: result.Plan.GetPlan(), Params: messages(q.Params), Columns: s.request.Columns,
		BatchRows: uint32(s.batchRows),
	})
	if err != nil {
		return nil, err
	}
	result.Rows, err = s.finish(result.Plan, rows)
	return result, err
}

// Definition gives what DESCRIBE answers. A failure fails the test.
func (in *Instance) Definition(table string) *pb.Table {
	in.t.Helper()
	var response pb.DescribeResponse
	if err := in.Call(pb.Op_OP_DESCRIBE, &pb.DescribeRequest{Table: &pb.TableRef{Name: table}}, &response); err != nil {
		in.t.Fatal(err)
	}
	return response.GetTable()
}

// Tables gives the names that LIST answers. A failure fails the test.
func (in *Instance) Tables() []string {
	in.t.Helper()
	var response pb.ListResponse
	if err := in.Call(pb.Op_OP_LIST, &pb.ListRequest{}, &response); err != nil {
		in.t.Fatal(err)
	}
	var names []string
	for _, t := range response.GetTables() {
		names = append(names, t.GetName())
	}
	return names
}

// Scan opens a scan, reads it to its end and closes it. Columns of the rows are those of the request. With First the
// first batch may come with the answer.
func (in *Instance) Scan(request *pb.OpenScanRequest) (rows [][]wasql.Value, err error) {
	var response pb.OpenScanResponse
	if err := in.Call(pb.Op_OP_OPEN_SCAN, request, &response); err != nil {
		return nil, err
	}
	if response.GetScan() != 0 {
		defer func() {
			if closed := in.Close(response.GetScan()); err == nil {
				err = closed
			}
		}()
	}
	if response.GetBatch() != 0 {
		places, err := place(response.GetColumns(), request.GetColumns())
		if err != nil {
			return nil, err
		}
		rows = placed(guest.Given(), response.GetColumns(), places)
	}
	if response.GetFinished() {
		return rows, nil
	}
	more, err := in.ReadAll(&response, request)
	return append(rows, more...), err
}

// placed are the rows of a batch, with the columns in other places.
func placed(batch *col.Batch, columns []*pb.ScanColumn, places []int) (rows [][]wasql.Value) {
	for i := range batch.Len() {
		row := make([]wasql.Value, len(places))
		for j, at := range places {
			row[j] = ValueAt(&batch.Cols[at], batch.Row(i), columns[at].GetScale())
		}
		rows = append(rows, row)
	}
	return rows
}

// ReadAll reads an open scan to its end.
func (in *Instance) ReadAll(scan *pb.OpenScanResponse, request *pb.OpenScanRequest) (rows [][]wasql.Value, err error) {
	places, err := place(scan.GetColumns(), request.GetColumns())
	if err != nil {
		return nil, err
	}
	rowsMax := int(request.GetBatchRows())
	if rowsMax == 0 {
		rowsMax = 4096
	}
	for {
		batch, err := in.Next(scan.GetScan(), rowsMax, 1<<20)
		if errors.Is(err, io.EOF) {
			if _, again := in.Next(scan.GetScan(), rowsMax, 1<<20); !errors.Is(again, io.EOF) {
				return nil, fmt.Errorf("after the end of the scan comes %w", again)
			}
			return rows, nil
		}
		if err != nil {
			return nil, err
		}
		if batch.Rows > rowsMax {
			return nil, fmt.Errorf("a batch has %d rows, at most %d were asked for", batch.Rows, rowsMax)
		}
		rows = append(rows, placed(batch, scan.GetColumns(), places)...)
		if batch.Lease != 0 {
			if err := in.Release(scan.GetScan(), batch.Lease); err != nil {
				return nil, err
			}
		}
	}
}

// place finds the columns asked for among those that come.
func place(sent []*pb.ScanColumn, asked []uint32) ([]int, error) {
	places := make([]int, len(asked))
	for i, column := range asked {
		places[i] = slices.IndexFunc(sent, func(c *pb.ScanColumn) bool { return c.GetColumn() == column })
		if places[i] < 0 {
			return nil, fmt.Errorf("column %d was asked for and does not come", column)
		}
	}
	return places, nil
}

// ValueAt gives one value of a column. Enum, set, bit and year come as numbers, scale is that of a decimal.
func ValueAt(v *col.Vec, row int, scale uint32) wasql.Value {
	if v.IsNull(row) {
		return wasql.NullValue()
	}
	switch t := v.Type; {
	case t == col.Bool:
		return wasql.BoolValue(v.Bool(row))
	case t.Unsigned(), t == col.Set, t == col.Bit, t == col.Enum, t == col.Year:
		return wasql.UintValue(v.Uint64(row))
	case t == col.Float32, t == col.Float64:
		return wasql.FloatValue(v.Float64(row))
	case t == col.Decimal128, t == col.Decimal256:
		return wasql.DecimalValue(v.Decimal(row).Text(scale))
	case t == col.Date:
		return wasql.DateValue(int32(v.Int64(row)))
	case t == col.Time:
		return wasql.TimeValue(v.Int64(row))
	case t == col.Datetime:
		return wasql.DatetimeValue(v.Int64(row))
	case t == col.JSON:
		return wasql.JSONValue(string(v.Bytes(row)))
	case t == col.UTF8:
		return wasql.TextValue(string(v.Bytes(row)))
	case t.Varying():
		return wasql.BinaryValue(v.Bytes(row))
	}
	return wasql.IntValue(v.Int64(row))
}

// Strings formats the rows, values separated by spaces: numbers plain, text in quotes, NULL as null.
func (r *Result) Strings() []string {
	lines := make([]string, len(r.Rows))
	for i, row := range r.Rows {
		cells := make([]string, len(row))
		for j, v := range row {
			cells[j] = v.String()
		}
		lines[i] = strings.Join(cells, " ")
	}
	return lines
}

// Uses gives the answers to the conjuncts: "exact", "inexact", "ignored".
func (r *Result) Uses() []string {
	var uses []string
	for _, f := range r.Plan.GetFilters() {
		uses = append(uses, strings.ToLower(strings.TrimPrefix(f.GetUse().String(), "USE_")))
	}
	return uses
}

// Equal fails the test unless the rows are these, in this order; see Result.Strings.
func Equal(t testing.TB, got *Result, want ...string) {
	t.Helper()
	if lines := got.Strings(); !slices.Equal(lines, want) {
		t.Errorf("rows are\n  %s\nwant\n  %s", strings.Join(lines, "\n  "), strings.Join(want, "\n  "))
	}
}

func messages(values []wasql.Value) []*pb.Value {
	ms := make([]*pb.Value, len(values))
	for i, v := range values {
		ms[i] = v.Message()
	}
	return ms
}
