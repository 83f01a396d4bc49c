//go:build !wasm

package wasql_test

import (
	"fmt"
	"testing"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
	wasql "github.com/wasql/wasql/sdk/go"
	"github.com/wasql/wasql/sdk/go/wasqltest"
)

// repeating is a table n that answers scans which come again: n rows of n, none for 0, and leaves odd numbers to Scan.
type repeating struct {
	numbers
	repeats int
	asked   []string
}

func (t *repeating) Table(*wasql.TableRef) (wasql.Table, error) { return t, nil }

func (t *repeating) Repeat(p *wasql.Plan) wasql.Repeated {
	t.repeats++
	if n, ok := p.Conjuncts()[0].Operands[0].Param(); !ok || n != 0 || len(p.Columns) != 1 {
		return nil
	}
	return t
}

func (t *repeating) Rows(transaction, statement uint64, params []wasql.Value) (*col.Batch, bool) {
	n, _ := params[0].Int64()
	t.asked = append(t.asked, fmt.Sprint(transaction, statement, n))
	if n%2 != 0 || n == 0 {
		return nil, n == 0
	}
	b := col.NewBuilder(col.Schema{{Type: col.Int64}}, int(n), 0)
	for range n {
		b.Int64(0, n)
		b.EndRow()
	}
	return b.Batch(), true
}

func TestScansThatAreRepeated(t *testing.T) {
	table := &repeating{numbers: numbers{columns: []wasql.Column{{Name: "n", Type: wasql.Int64}}}}
	in := wasqltest.Open(t, wasql.New(wasql.Manifest{Name: "numbers"}, func(*wasql.Config) (*repeating, error) { return table, nil }, (*repeating)(nil)))
	_, _, request := openNumbers(t) // the plan is the same
	for i, c := range []struct {
		n, rows, statement uint64
		asked              string
	}{
		{n: 2, rows: 2}, // the first of its kind
		{n: 2, rows: 2, asked: "[0 0 2]"}, {n: 0, asked: "[0 0 0]"}, {n: 6, rows: 6, asked: "[0 0 6]"},
		{n: 5, rows: 1, asked: "[0 0 5 0 0 5]"}, // it is opened after all
		{n: 4, rows: 4, statement: 9, asked: "[0 9 4]"}, {n: 8, rows: 8, asked: "[0 0 8]"},
	} {
		request.Table, table.asked = &pb.TableRef{Name: "t", Statement: c.statement}, nil
		rows, answer := lookFor(t, in, request, int64(c.n))
		if uint64(len(rows)) != c.rows || !answer.Finished || answer.Scan != 0 || len(answer.Columns) != 1 {
			t.Errorf("%d: %v, %v", i, rows, answer)
		}
		if asked := fmt.Sprint(table.asked); c.asked != "" && asked != c.asked || c.asked == "" && table.asked != nil {
			t.Errorf("%d: it was asked for %s, want %s", i, asked, c.asked)
		}
	}
	if table.repeats != 1 || len(table.plans) != 2 {
		t.Errorf("it was made ready %d times, and %d scans were opened", table.repeats, len(table.plans))
	}
	// A scan that is to be kept is opened.
	request.Keep, table.asked = true, nil
	for range 3 {
		if _, answer := lookFor(t, in, request, 1); answer.Scan == 0 || table.asked != nil {
			t.Errorf("a scan to be kept: %v, asked for %v", answer, table.asked)
		}
	}
	// More kinds than are kept by their bytes.
	request.Keep = false
	for range 3 {
		for i := range uint32(12) {
			request.BatchRows = 100 + i
			if rows, _ := lookFor(t, in, request, 2); len(rows) != 2 {
				t.Errorf("kind %d: %v", i, rows)
			}
		}
	}
}
