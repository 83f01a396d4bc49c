package abitest

import (
	"context"
	"testing"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
)

// scans reads the table in several ways that must agree.
// clause: 5.4 6.2 6.3 7.3 8.3 8.12 8.13 8.14
func (s *subject) scans(ctx context.Context, t *testing.T) {
	answer := s.plan(ctx, t, &pb.PlanRequest{Columns: s.columns})
	limit := s.opts.rowsMax()
	all := read{table: s.ref, plan: answer.GetPlan(), columns: s.columns, rowsMax: limit}
	rows, err := s.suite.rows(ctx, all)
	if err != nil {
		t.Fatalf("full scan: %v", err)
	}
	s.rows, s.whole = rows, len(rows) < limit && !s.opts.Endless
	for _, size := range []uint32{1, 7, 4096} {
		r := all
		r.batchRows = size
		if size == 1 {
			r.rowsMax = min(limit, 300)
		}
		again, err := s.suite.rows(ctx, r)
		if err != nil {
			t.Errorf("batches of %d rows: %v", size, err)
			continue
		}
		if diff, ok := sameRows(again, rows[:min(len(rows), r.rowsMax)]); !ok {
			t.Errorf("batches of %d rows differ from the first scan: %s", size, diff)
		}
	}
	s.oneColumn(ctx, t)
	s.rescan(ctx, t, answer.GetPlan())
	s.noColumn(ctx, t)
}

// oneColumn reads each column alone.
func (s *subject) oneColumn(ctx context.Context, t *testing.T) {
	for n, c := range s.columns {
		answer := s.plan(ctx, t, &pb.PlanRequest{Columns: []uint32{c}})
		alone, err := s.suite.rows(ctx, read{table: s.ref, plan: answer.GetPlan(), columns: []uint32{c}, rowsMax: s.opts.rowsMax()})
		if err != nil {
			t.Errorf("column %s alone: %v", s.name(c), err)
			continue
		}
		want := make([][]any, len(s.rows))
		for i, row := range s.rows {
			want[i] = []any{row[n]}
			if row[n] == nil && s.table.GetColumns()[c].GetNotNull() {
				t.Errorf("column %s is NOT NULL and is NULL in row %d", s.name(c), i)
			}
		}
		if diff, ok := sameRows(alone, want); !ok {
			t.Errorf("column %s alone differs from the full scan: %s", s.name(c), diff)
		}
	}
}

// noColumn counts rows without reading any column, as COUNT(*) does.
func (s *subject) noColumn(ctx context.Context, t *testing.T) {
	answer := s.plan(ctx, t, &pb.PlanRequest{})
	rows, err := s.suite.rows(ctx, read{table: s.ref, plan: answer.GetPlan(), rowsMax: s.opts.rowsMax()})
	if err != nil || len(rows) != len(s.rows) {
		t.Errorf("a scan of no columns gives %d rows, want %d (%v)", len(rows), len(s.rows), err)
	}
}

// rescan starts a scan again after a few rows, which a host that wants to do so says when it opens it.
func (s *subject) rescan(ctx context.Context, t *testing.T, plan []byte) {
	scan, err := s.connector.OpenScan(ctx, 1, &pb.OpenScanRequest{Table: s.ref, Plan: plan, Columns: s.columns, BatchRows: 5, Keep: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := scan.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}()
	if _, err := drain(ctx, scan, s.columns, 3); err != nil {
		t.Fatal(err)
	}
	if err := scan.Rescan(ctx, &pb.RescanRequest{}); err != nil {
		t.Errorf("RESCAN: %v", err)
		return
	}
	rows, err := drain(ctx, scan, s.columns, min(len(s.rows), 50))
	if err != nil {
		t.Fatal(err)
	}
	if diff, ok := sameRows(rows, s.rows[:len(rows)]); !ok {
		t.Errorf("after RESCAN: %s", diff)
	}
}

func (s *subject) name(column uint32) string { return s.table.GetColumns()[column].GetName() }

func (s *subject) typeOf(column uint32) col.Type {
	return col.Type(s.table.GetColumns()[column].GetType())
}
