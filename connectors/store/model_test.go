package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/wasql/wasql/abi/pb"
	wasql "github.com/wasql/wasql/sdk/go"
	"github.com/wasql/wasql/sdk/go/wasqltest"
)

// A naive model of a store with one table: rows are copied for every transaction, statement and savepoint.

// modelRow is a row of table items: its columns but the key.
type modelRow struct {
	name string
	n    int64
}

type modelTable map[int64]modelRow

// modelTransaction has the state before the statement, and the keys that were written since the beginning.
type modelTransaction struct {
	base, rows modelTable
	written    []int64
	saved      []modelSavepoint
}

type modelSavepoint struct {
	rows    modelTable
	written int
}

// model drives a store and itself.
type model struct {
	tester
	committed    modelTable
	transactions map[uint64]*modelTransaction
	numbers      uint64
	statements   uint64
	// scans are open, with what they must give.
	scans []openScan
	open  func() tester
}

type openScan struct {
	scan    *pb.OpenScanResponse
	request *pb.OpenScanRequest
	want    []string
}

func (t modelTable) lines() []string {
	var lines []string
	for _, id := range slices.Sorted(maps.Keys(t)) {
		lines = append(lines, fmt.Sprintf("%d %q %d", id, t[id].name, t[id].n))
	}
	return lines
}

// insert does what INSERT does, and says whether it breaks a key.
func (t modelTable) insert(id int64, row modelRow) bool {
	if _, there := t[id]; there {
		return false
	}
	for _, other := range t {
		if other.name == row.name {
			return false
		}
	}
	t[id] = row
	return true
}

func (t modelTable) replace(id int64, row modelRow) (gone []int64) {
	for other, old := range t {
		if other == id || old.name == row.name {
			delete(t, other)
			gone = append(gone, other)
		}
	}
	t[id] = row
	return gone
}

func lines(rows [][]wasql.Value) []string {
	r := &wasqltest.Result{Rows: rows}
	return r.Strings()
}

func (m *model) read(r *rapid.T, transaction uint64) []string {
	rows, err := m.Scan(&pb.OpenScanRequest{Table: &pb.TableRef{Name: "items", Transaction: transaction}, Columns: []uint32{0, 1, 2}})
	if err != nil {
		r.Fatal(err)
	}
	return lines(rows)
}

func (m *model) check(r *rapid.T) {
	if got, want := m.read(r, 0), m.committed.lines(); !slices.Equal(got, want) {
		r.Fatalf("committed are\n%q\nwant\n%q", got, want)
	}
	for number, t := range m.transactions {
		if got, want := m.read(r, number), t.rows.lines(); !slices.Equal(got, want) {
			r.Fatalf("transaction %d sees\n%q\nwant\n%q", number, got, want)
		}
	}
	var found pb.IntegrityResponse
	if err := m.Call(pb.Op_OP_INTEGRITY, &pb.IntegrityRequest{Table: &pb.TableRef{Name: "items"}}, &found); err != nil || len(found.GetFindings()) > 0 {
		r.Fatalf("the table is not sound: %v, %v", found.GetFindings(), err)
	}
}

func (m *model) draw(r *rapid.T) (uint64, *modelTransaction) {
	if len(m.transactions) == 0 {
		r.Skip("no transaction is open")
	}
	number := rapid.SampledFrom(slices.Sorted(maps.Keys(m.transactions))).Draw(r, "transaction")
	return number, m.transactions[number]
}

func drawRow(r *rapid.T) (int64, modelRow) {
	return int64(rapid.IntRange(1, 30).Draw(r, "id")), modelRow{rapid.StringMatching("[a-z]").Draw(r, "name"), int64(rapid.IntRange(0, 3).Draw(r, "n"))}
}

// statement runs one, in a transaction or alone: some rows through one sink each or one sink for all, which is flushed or discarded.
func (m *model) statement(r *rapid.T, number uint64, table modelTable) (after modelTable, written []int64) {
	after = maps.Clone(table)
	m.statements++
	discard := rapid.IntRange(0, 3).Draw(r, "discard") == 0
	kind := rapid.SampledFrom([]pb.WriteKind{pb.WriteKind_WRITE_KIND_INSERT, pb.WriteKind_WRITE_KIND_UPDATE, pb.WriteKind_WRITE_KIND_DELETE,
		pb.WriteKind_WRITE_KIND_REPLACE}).Draw(r, "kind")
	conflict := rapid.SampledFrom([]pb.Conflict{pb.Conflict_CONFLICT_ABORT, pb.Conflict_CONFLICT_IGNORE, pb.Conflict_CONFLICT_REPORT}).Draw(r, "conflict")
	c := wasqltest.Change{Kind: kind, Conflict: conflict, Values: itemColumns, Transaction: number, Discard: discard}
	failed := false
	for range rapid.SampledFrom([]int{1, 2, 3, 4, 9}).Draw(r, "rows") {
		id, row := drawRow(r)
		switch kind {
		case pb.WriteKind_WRITE_KIND_INSERT:
			c.Rows = append(c.Rows, item(id, row.name, row.n))
			if failed {
				break
			}
			if after.insert(id, row) {
				written = append(written, id)
			} else {
				failed = conflict == pb.Conflict_CONFLICT_ABORT
			}
		case pb.WriteKind_WRITE_KIND_REPLACE:
			c.Rows = append(c.Rows, item(id, row.name, row.n))
			written = append(append(written, after.replace(id, row)...), id)
		case pb.WriteKind_WRITE_KIND_DELETE:
			c.Keys, c.Values = []string{"id"}, nil
			c.Rows = append(c.Rows, []wasql.Value{wasql.IntValue(id)})
			if _, there := after[id]; there {
				delete(after, id)
				written = append(written, id)
			}
		case pb.WriteKind_WRITE_KIND_UPDATE:
			to, _ := drawRow(r)
			c.Keys, c.Values = []string{"id"}, itemColumns
			c.Rows = append(c.Rows, append([]wasql.Value{wasql.IntValue(id)}, item(to, row.name, row.n)...))
			old, there := after[id]
			if failed || !there || to == id && old == row {
				break
			}
			delete(after, id)
			if after.insert(to, row) {
				written = append(written, id, to)
			} else {
				after[id] = old
				failed = conflict == pb.Conflict_CONFLICT_ABORT
			}
		}
	}
	_, err := m.Change("items", c)
	if failed != (errno(err) == 1062) || !failed && err != nil {
		r.Fatalf("%v of %v with %v gives %v, and should fail: %v", kind, c.Rows, conflict, err, failed)
	}
	if failed || discard {
		return table, nil
	}
	return after, written
}

// commit says what the rest of the world must look like after a commit, or that it must fail.
func (m *model) commit(t *modelTransaction) (modelTable, bool) {
	merged := maps.Clone(m.committed)
	for _, id := range t.written {
		before, had := t.base[id]
		now, has := m.committed[id]
		if had != has || before != now {
			return nil, false
		}
		if row, stays := t.rows[id]; stays {
			merged[id] = row
		} else {
			delete(merged, id)
		}
	}
	names := map[string]bool{}
	for _, row := range merged {
		if names[row.name] {
			return nil, false
		}
		names[row.name] = true
	}
	return merged, true
}

func (m *model) actions() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"": m.check,
		"begin": func(r *rapid.T) {
			if len(m.transactions) == 3 {
				r.Skip("enough")
			}
			m.numbers++
			m.ask(pb.Op_OP_BEGIN, &pb.BeginRequest{Transaction: m.numbers}, &pb.BeginResponse{})
			m.transactions[m.numbers] = &modelTransaction{base: m.committed, rows: m.committed}
		},
		"write": func(r *rapid.T) {
			number, t := m.draw(r)
			rows, written := m.statement(r, number, t.rows)
			t.rows, t.written = rows, append(t.written, written...)
		},
		"write alone": func(r *rapid.T) { m.committed, _ = m.statement(r, 0, m.committed) },
		"savepoint": func(r *rapid.T) {
			number, t := m.draw(r)
			depth := rapid.IntRange(1, len(t.saved)+1).Draw(r, "depth")
			t.saved = append(t.saved[:depth-1:depth-1], modelSavepoint{t.rows, len(t.written)})
			m.ask(pb.Op_OP_SAVEPOINT, &pb.SavepointRequest{Transaction: number, Depth: uint32(depth)}, &pb.SavepointResponse{})
		},
		"rollback to": func(r *rapid.T) {
			number, t := m.draw(r)
			if len(t.saved) == 0 {
				r.Skip("no savepoint")
			}
			depth := rapid.IntRange(1, len(t.saved)).Draw(r, "depth")
			t.saved = t.saved[:depth]
			t.rows, t.written = t.saved[depth-1].rows, t.written[:t.saved[depth-1].written:t.saved[depth-1].written]
			m.ask(pb.Op_OP_ROLLBACK_TO, &pb.RollbackToRequest{Transaction: number, Depth: uint32(depth)}, &pb.RollbackToResponse{})
		},
		"commit": func(r *rapid.T) {
			number, t := m.draw(r)
			delete(m.transactions, number)
			after, can := m.commit(t)
			err := m.Call(pb.Op_OP_COMMIT, &pb.CommitRequest{Transaction: number}, &pb.CommitResponse{})
			var e *wasql.Error
			switch {
			case err == nil && can:
				m.committed = after
			case err == nil:
				r.Fatalf("transaction %d that conflicts is committed", number)
			case !errors.As(err, &e) || e.Errno != 1213 || e.SQLState != "40001" || !e.Retryable || maps.Equal(t.base, m.committed) && can:
				r.Fatalf("commit of transaction %d says %v", number, err)
			}
		},
		"rollback": func(r *rapid.T) {
			number, _ := m.draw(r)
			delete(m.transactions, number)
			m.ask(pb.Op_OP_ROLLBACK, &pb.RollbackRequest{Transaction: number}, &pb.RollbackResponse{})
		},
		"open a scan": func(r *rapid.T) {
			want, number := m.committed, uint64(0)
			if len(m.transactions) > 0 && rapid.Bool().Draw(r, "inside") {
				var t *modelTransaction
				number, t = m.draw(r)
				want = t.rows
			}
			s := openScan{scan: &pb.OpenScanResponse{}, want: want.lines(),
				request: &pb.OpenScanRequest{Table: &pb.TableRef{Name: "items", Transaction: number}, Columns: []uint32{0, 1, 2}, BatchRows: 2}}
			m.ask(pb.Op_OP_OPEN_SCAN, s.request, s.scan)
			m.scans = append(m.scans, s)
		},
		"read a scan": func(r *rapid.T) {
			if len(m.scans) == 0 {
				r.Skip("no scan is open")
			}
			i := rapid.IntRange(0, len(m.scans)-1).Draw(r, "scan")
			s := m.scans[i]
			m.scans = slices.Delete(m.scans, i, i+1)
			rows, err := m.ReadAll(s.scan, s.request)
			if got := lines(rows); err != nil || !slices.Equal(got, s.want) {
				r.Fatalf("a scan that was open gives\n%q, %v\nwant\n%q", got, err, s.want)
			}
		},
		"index": func(r *rapid.T) {
			if rapid.IntRange(0, 5).Draw(r, "rare") != 0 {
				r.Skip("another time")
			}
			// Whoever wrote before must not meet another definition.
			for number, t := range m.transactions {
				if len(t.written) > 0 || len(t.saved) > 0 {
					delete(m.transactions, number)
					m.ask(pb.Op_OP_ROLLBACK, &pb.RollbackRequest{Transaction: number}, &pb.RollbackResponse{})
					continue
				}
				// For the others the table is as it is now.
				t.base, t.rows = m.committed, m.committed
			}
			ref := &pb.TableRef{Name: "items"}
			m.ask(pb.Op_OP_DROP_INDEX, &pb.DropIndexRequest{Table: ref, Name: "by_n"}, &pb.DropIndexResponse{})
			m.ask(pb.Op_OP_CREATE_INDEX, &pb.CreateIndexRequest{Table: ref, Index: &pb.Index{Name: "by_n", Columns: []*pb.IndexColumn{{Column: 2}, {Column: 1, PrefixLength: 1}}}}, &pb.CreateIndexResponse{})
		},
		"kill": func(r *rapid.T) {
			if m.open == nil || rapid.IntRange(0, 3).Draw(r, "rare") != 0 {
				r.Skip("another time")
			}
			m.transactions, m.scans = map[uint64]*modelTransaction{}, nil
			m.tester = m.open()
		},
	}
}

// TestModel does what comes to mind, and compares with a model that cannot be wrong.
//
// checklist: G22 T27 T28 T29
func TestModel(t *testing.T) {
	smallBlocks(t)
	rapid.Check(t, func(r *rapid.T) {
		m := &model{tester: start(t), committed: modelTable{}, transactions: map[uint64]*modelTransaction{}}
		m.create(items("items"))
		r.Repeat(m.actions())
	})
}

// TestModelThatDies is TestModel with a store that is killed and opened again.
func TestModelThatDies(t *testing.T) {
	smallBlocks(t)
	rapid.Check(t, func(r *rapid.T) {
		folder := t.TempDir()
		host := &wasqltest.Host{}
		checkpoint := rapid.SampledFrom([]string{"1KiB", "4KiB", "16MiB"}).Draw(r, "checkpoint")
		m := &model{committed: modelTable{}, transactions: map[uint64]*modelTransaction{}}
		m.open = func() tester {
			host.Kill()
			host = &wasqltest.Host{Files: map[string]string{"data": folder}, Writable: true}
			return reopen(t, host, map[string]string{"checkpoint": checkpoint, "sync": "off"})
		}
		m.tester = m.open()
		m.create(items("items"))
		r.Repeat(m.actions())
		host.Kill()
	})
}
