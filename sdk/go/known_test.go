//go:build !wasm

package wasql_test

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
	wasql "github.com/wasql/wasql/sdk/go"
	"github.com/wasql/wasql/sdk/go/internal/guest"
	"github.com/wasql/wasql/sdk/go/wasqltest"
)

// numbers is a table n with its rows, whose scans give those that equal the first conjunct's value.
type numbers struct {
	columns []wasql.Column
	seen    []uint64
	plans   []*wasql.Plan
}

func (*numbers) Name() string              { return "t" }
func (t *numbers) Columns() []wasql.Column { return t.columns }

func (t *numbers) Table(ref *wasql.TableRef) (wasql.Table, error) {
	t.seen = append(t.seen, ref.Transaction)
	return t, nil
}

func (t *numbers) Plan(p *wasql.Plan) error {
	p.Claim("n", wasql.EQ, wasql.Exact)
	return nil
}

func (t *numbers) Scan(p *wasql.Plan) (wasql.Cursor, error) {
	t.plans = append(t.plans, p)
	v, _ := p.Conjuncts()[0].Operands[0].Value()
	n, _ := v.Int64()
	if n == 13 {
		panic("unlucky")
	}
	left := n % 4
	return cursor(func(out *wasql.Rows) error {
		for ; left > 0 && out.Room(); left-- {
			out.Int64(0, n)
			out.EndRow()
		}
		if n == 7 {
			return errors.New("no sevens")
		}
		if left == 0 {
			return io.EOF
		}
		return nil
	}), nil
}

func openNumbers(t *testing.T) (*wasqltest.Instance, *numbers, *pb.OpenScanRequest) {
	t.Helper()
	table := &numbers{columns: []wasql.Column{{Name: "n", Type: wasql.Int64}}}
	in := wasqltest.Open(t, wasql.New(wasql.Manifest{Name: "numbers"}, func(*wasql.Config) (*numbers, error) { return table, nil }, (*numbers)(nil)))
	var plan pb.PlanResponse
	filter := &pb.Filter{Op: pb.FilterOp_FILTER_OP_EQ, Column: new(uint32), Operands: []*pb.Operand{{Kind: &pb.Operand_Param{}, Type: pb.Type_TYPE_INT64}}}
	ref := &pb.TableRef{Name: "t"}
	if err := in.Call(pb.Op_OP_PLAN, &pb.PlanRequest{Table: ref, Columns: []uint32{0}, Filters: []*pb.Conjunct{{Usable: true, Filter: filter}}}, &plan); err != nil {
		t.Fatal(err)
	}
	return in, table, &pb.OpenScanRequest{Table: ref, Plan: plan.Plan, Columns: []uint32{0}, First: true, BatchRows: 2, BatchBytes: 1 << 20}
}

// lookFor opens the scan for n, and gives the rows that came with the answer, and the answer.
func lookFor(t *testing.T, in *wasqltest.Instance, request *pb.OpenScanRequest, n int64) ([]int64, *pb.OpenScanResponse) {
	t.Helper()
	request.Params = []*pb.Value{{Kind: &pb.Value_Int64{Int64: n}}}
	answer := &pb.OpenScanResponse{}
	if err := in.Call(pb.Op_OP_OPEN_SCAN, request, answer); err != nil {
		t.Fatal(err)
	}
	if answer.Batch == 0 {
		return nil, answer
	}
	return slices.Clone(col.Values[int64](&guest.Given().Cols[0])), answer
}

func TestScansThatComeAgain(t *testing.T) {
	in, table, request := openNumbers(t)
	for _, n := range []int64{1, 2, 1, 4, 5} {
		rows, answer := lookFor(t, in, request, n)
		if int64(len(rows)) != n%4 || len(rows) > 0 && rows[0] != n || !answer.Finished || answer.Scan != 0 || len(answer.Columns) != 1 {
			t.Errorf("%d: %v, %v", n, rows, answer)
		}
	}
	if table.plans[0] == table.plans[1] {
		t.Error("two scans have one plan, which cursors may keep")
	}
	// Other transactions are other requests of the same kind; the table hears which.
	for _, transaction := range []uint64{5, 0, 6} {
		request.Table = &pb.TableRef{Name: "t", Transaction: transaction}
		if rows, _ := lookFor(t, in, request, 2); len(rows) != 2 || table.seen[len(table.seen)-1] != transaction {
			t.Errorf("transaction %d: %v, the table heard %v", transaction, rows, table.seen)
		}
	}
	// The columns are told as they are now.
	table.columns[0].NotNull = true
	if _, answer := lookFor(t, in, request, 1); answer.Columns[0].Nullable {
		t.Error("a column that is NOT NULL now is told as nullable")
	}
	for i := range uint32(200) { // more kinds than are kept
		request.BatchRows = 1000 + i
		if rows, _ := lookFor(t, in, request, 3); len(rows) != 3 {
			t.Fatalf("kind %d: %v", i, rows)
		}
	}
	request.Columns = []uint32{1}
	if err := in.Call(pb.Op_OP_OPEN_SCAN, request, &pb.OpenScanResponse{}); err == nil || !strings.Contains(err.Error(), "column 1 is asked for") {
		t.Errorf("a column that is not there: %v", err)
	}
}

func TestFirstBatchOfALongerScan(t *testing.T) {
	in, _, request := openNumbers(t)
	request.BatchRows = 1
	rows, answer := lookFor(t, in, request, 2)
	if len(rows) != 1 || answer.Finished || answer.Scan == 0 || guest.Given().Lease == 0 {
		t.Fatalf("%v, %v", rows, answer)
	}
	if b, err := in.Next(answer.Scan, 1, 1<<20); err != nil || b.Len() != 1 {
		t.Errorf("second batch: %v, %v", b, err)
	}
	if _, err := in.Next(answer.Scan, 1, 1<<20); !errors.Is(err, io.EOF) {
		t.Errorf("end: %v", err)
	}
	request.BatchRows, request.Keep = 100, true
	if rows, answer = lookFor(t, in, request, 2); len(rows) != 2 || !answer.Finished || answer.Scan == 0 {
		t.Fatalf("kept: %v, %v", rows, answer)
	}
	again := &pb.RescanResponse{}
	err := in.Call(pb.Op_OP_RESCAN, &pb.RescanRequest{Scan: answer.Scan, First: true, Params: []*pb.Value{{Kind: &pb.Value_Int64{Int64: 3}}}}, again)
	if err != nil || again.Batch == 0 || !again.Finished || guest.Given().Len() != 3 {
		t.Errorf("rescan: %v, %v", again, err)
	}
}

// A first batch that fails does not fail OPEN_SCAN: the next read does.
func TestFirstBatchThatFails(t *testing.T) {
	in, _, request := openNumbers(t)
	rows, answer := lookFor(t, in, request, 7)
	if rows != nil || answer.Finished || answer.Scan == 0 {
		t.Fatalf("%v, %v", rows, answer)
	}
	if _, err := in.Next(answer.Scan, 2, 1<<20); err == nil || !strings.Contains(err.Error(), "no sevens") {
		t.Errorf("the first read: %v", err)
	}
	request.Params[0].Kind = &pb.Value_Int64{Int64: 13}
	if err := in.Call(pb.Op_OP_OPEN_SCAN, request, &pb.OpenScanResponse{}); err == nil || !strings.Contains(err.Error(), "unlucky") {
		t.Errorf("a scan that panics: %v", err)
	}
}

// writeOnce opens a sink with rows, to be flushed.
func writeOnce(in *wasqltest.Instance, request *pb.OpenSinkRequest, ids ...int64) (*pb.OpenSinkResponse, error) {
	b := col.NewBuilder(col.Schema{{Type: col.Int64}, {Type: col.UTF8}}, len(ids), 0)
	for _, id := range ids {
		b.Int64(0, id)
		b.String(1, "one")
		b.EndRow()
	}
	request.Kind, request.ValueColumns, request.Flush = pb.WriteKind_WRITE_KIND_INSERT, []uint32{0, 1}, true
	request.Batch = guest.Place(b.Batch())
	answer := &pb.OpenSinkResponse{}
	return answer, in.Call(pb.Op_OP_OPEN_SINK, request, answer)
}

func TestWritesInOneCall(t *testing.T) {
	in, s := openStore(t)
	items := &pb.TableRef{Name: "items"}
	for id := range int64(3) {
		answer, err := writeOnce(in, &pb.OpenSinkRequest{Table: items, Statement: uint64(id)}, id)
		if err != nil || !answer.Taken || answer.Flushed.GetRowsAffected() != 1 || answer.Sink != 0 || len(answer.Answer) != 2 {
			t.Fatalf("%v, %v", answer, err)
		}
	}
	answer, err := writeOnce(in, &pb.OpenSinkRequest{Table: items, Conflict: pb.Conflict_CONFLICT_REPORT, Returning: []uint32{0, 1}}, 5, 2)
	if err != nil || answer.Flushed != nil || answer.Sink == 0 || answer.Batch == 0 || guest.Given().Cols[1].Uint64(1) != 3 {
		t.Errorf("a row in the way: %v, %v", answer, err)
	}
	if err := in.Close(answer.Sink); err != nil || len(s.tables["items"].rows) != 3 {
		t.Errorf("%v, rows are %v", err, s.tables["items"].rows)
	}
	begin := &pb.BeginRequest{Transaction: 9, GlobalId: "g9"}
	within := &pb.TableRef{Name: "items", Transaction: 9, Begin: begin}
	if _, err := writeOnce(in, &pb.OpenSinkRequest{Table: within, Transaction: 9}, 6); err != nil || len(s.begun) != 1 {
		t.Fatalf("%v, begun %v", err, s.begun)
	}
	if err := in.Call(pb.Op_OP_BEGIN, begin, &pb.BeginResponse{}); err != nil {
		t.Errorf("begin of what was begun: %v", err)
	}
	if _, err := writeOnce(in, &pb.OpenSinkRequest{Table: within, Transaction: 9, Commit: &pb.CommitRequest{Transaction: 9, GlobalId: "g9"}}, 7); err != nil {
		t.Fatal(err)
	}
	if len(s.begun) != 0 || !slices.Equal(s.done, []string{"commit g9"}) || len(s.tables["items"].rows) != 5 {
		t.Errorf("begun %v, done %v, rows %v", s.begun, s.done, s.tables["items"].rows)
	}
}
