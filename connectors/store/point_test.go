package main

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/wasql/wasql/abi/pb"
	wasql "github.com/wasql/wasql/sdk/go"
	"github.com/wasql/wasql/sdk/go/wasqltest"
)

// pointTester looks rows up by key as the engine does: with a plan that is kept.
type pointTester struct {
	tester
	store    *store
	requests map[string]*pb.OpenScanRequest
}

func startPoints(t *testing.T) *pointTester {
	p := &pointTester{requests: map[string]*pb.OpenScanRequest{}}
	p.tester = tester{t, wasqltest.Open(t, connect(func(c *wasql.Config) (*store, error) {
		s, err := open(c)
		p.store = s
		return s, err
	}))}
	return p
}

// lookup finds the row of a table by all columns of its key.
func (p *pointTester) lookup(transaction uint64, table string, key ...wasql.Value) ([][]wasql.Value, error) {
	request := p.requests[table]
	if request == nil {
		declared := p.Definition(table)
		plan := &pb.PlanRequest{Table: &pb.TableRef{Name: table}}
		for i, c := range declared.GetColumns() {
			if plan.Columns = append(plan.Columns, uint32(i)); i < len(key) {
				at := uint32(i)
				plan.Filters = append(plan.Filters, &pb.Conjunct{Usable: true, Filter: &pb.Filter{Op: pb.FilterOp_FILTER_OP_EQ, Column: &at, Collation: "utf8mb4_0900_bin",
					Operands: []*pb.Operand{{Kind: &pb.Operand_Param{Param: at}, Type: c.GetType()}}}})
			}
		}
		answer := &pb.PlanResponse{}
		if err := p.Call(pb.Op_OP_PLAN, plan, answer); err != nil {
			return nil, err
		}
		request = &pb.OpenScanRequest{Plan: answer.GetPlan(), Columns: plan.Columns, First: true, BatchRows: 100, BatchBytes: 1 << 20}
		p.requests[table] = request
	}
	request.Table, request.Params = &pb.TableRef{Name: table, Transaction: transaction}, nil
	for _, v := range key {
		request.Params = append(request.Params, v.Message())
	}
	return p.Scan(request)
}

// TestPointsGiveWhatAScanGives looks up keys of several columns and types while the table changes.
func TestPointsGiveWhatAScanGives(t *testing.T) {
	smallBlocks(t)
	found := 0
	rapid.Check(t, func(r *rapid.T) {
		p := startPoints(t)
		p.create(mixed("t", true))
		rows := map[string][]wasql.Value{}
		name := func(row []wasql.Value) string { return fmt.Sprint(row[0], row[1]) }
		draw := func() []wasql.Value {
			var row []wasql.Value
			for _, c := range mixedColumns {
				row = append(row, drawMixed(r, c))
			}
			return row
		}
		for range rapid.IntRange(1, 30).Draw(r, "steps") {
			row := draw()
			switch _, there := rows[name(row)]; {
			case rapid.IntRange(0, 2).Draw(r, "change") > 0:
			case there:
				if _, err := p.Change("t", wasqltest.Change{Kind: pb.WriteKind_WRITE_KIND_DELETE, Keys: []string{"a", "b"}, Rows: [][]wasql.Value{row[:2]}}); err != nil {
					r.Fatal(err)
				}
				delete(rows, name(row))
			default:
				if _, err := p.Change("t", wasqltest.Change{Kind: pb.WriteKind_WRITE_KIND_INSERT, Values: mixedColumns, Rows: [][]wasql.Value{row}}); err != nil {
					r.Fatal(err)
				}
				rows[name(row)] = row
			}
			got, err := p.lookup(0, "t", row[0], row[1])
			if err != nil {
				r.Fatal(err)
			}
			var want [][]wasql.Value
			if row, there := rows[name(row)]; there {
				want = [][]wasql.Value{row}
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				r.Fatalf("%v %v gives %v, want %v", row[0], row[1], got, want)
			}
			found += len(p.store.points)
		}
	})
	if found == 0 {
		t.Error("no lookup was a point's")
	}
}

// TestPointsFollowTheirTable changes what a name stands for.
func TestPointsFollowTheirTable(t *testing.T) {
	p := startPoints(t)
	ref := &pb.TableRef{Database: "main", Name: "items"}
	look := func(want string, key wasql.Value) {
		t.Helper()
		got, err := p.lookup(0, "items", key)
		if text := fmt.Sprint(got, err); text != want {
			t.Errorf("the key %v gives %s, want %s", key, text, want)
		}
	}
	p.create(items("items"))
	if _, err := p.insert("items", 0, item(1, "one", 10), item(2, "two", 20), []wasql.Value{wasql.IntValue(3), {}, {}}); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		look(`[[1 "one" 10]] <nil>`, wasql.IntValue(1))
		look(`[[3 null null]] <nil>`, wasql.IntValue(3))
		look(`[] <nil>`, wasql.IntValue(4))
		look(`[] <nil>`, wasql.NullValue())
		look(`[[2 "two" 20]] <nil>`, wasql.DecimalValue("2.00"))
		look(`[] <nil>`, wasql.DecimalValue("2.5"))
	}
	if len(p.store.points) != 1 {
		t.Fatalf("%d points", len(p.store.points))
	}
	// What a transaction reads, and what it has written, no point knows of.
	p.ask(pb.Op_OP_BEGIN, &pb.BeginRequest{Transaction: 7}, &pb.BeginResponse{})
	if _, err := p.insert("items", 7, item(4, "four", 40)); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if got, err := p.lookup(7, "items", wasql.IntValue(4)); err != nil || len(got) != 1 {
			t.Errorf("within the transaction: %v, %v", got, err)
		}
	}
	look(`[] <nil>`, wasql.IntValue(4))
	p.ask(pb.Op_OP_COMMIT, &pb.CommitRequest{Transaction: 7}, &pb.CommitResponse{})
	if len(p.store.points) != 0 {
		t.Error("a point holds what was committed before")
	}
	look(`[[4 "four" 40]] <nil>`, wasql.IntValue(4))

	// What it reads so as to write by it is noted.
	p.ask(pb.Op_OP_BEGIN, &pb.BeginRequest{Transaction: 8, Isolation: pb.Isolation_ISOLATION_SERIALIZABLE}, &pb.BeginResponse{})
	if got, err := p.lookup(8, "items", wasql.IntValue(5)); err != nil || got != nil {
		t.Errorf("within the transaction: %v, %v", got, err)
	}
	if _, err := p.insert("items", 0, item(5, "five", 50)); err != nil {
		t.Fatal(err)
	}
	if got, err := p.lookup(8, "items", wasql.IntValue(5)); err != nil || got != nil {
		t.Errorf("within the transaction: %v, %v", got, err)
	}
	if _, err := p.insert("items", 8, item(6, "six", 60)); err != nil {
		t.Fatal(err)
	}
	if err := p.Call(pb.Op_OP_COMMIT, &pb.CommitRequest{Transaction: 8}, &pb.CommitResponse{}); errno(err) != errDeadlock {
		t.Errorf("a transaction that read what was not there any more: %v", err)
	}

	p.ask(pb.Op_OP_RENAME, &pb.RenameRequest{Table: ref, Database: "main", Name: "others"}, &pb.RenameResponse{})
	if _, err := p.lookup(0, "items", wasql.IntValue(1)); errno(err) != errNoTable {
		t.Errorf("a table that was renamed: %v", err)
	}
	p.create(items("items"))
	look(`[] <nil>`, wasql.IntValue(1))
	p.ask(pb.Op_OP_DESTROY, &pb.DestroyRequest{Table: ref}, &pb.DestroyResponse{})
	if _, err := p.lookup(0, "items", wasql.IntValue(1)); errno(err) != errNoTable {
		t.Errorf("a table that was dropped: %v", err)
	}
}
