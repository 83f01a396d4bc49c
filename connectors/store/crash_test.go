package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/connectors/store/journal/journaltest"
	wasql "github.com/wasql/wasql/sdk/go"
	"github.com/wasql/wasql/sdk/go/wasqltest"
)

// over opens a store over a folder in memory.
func over(t *testing.T, fs *journaltest.FS, limit int64) (tester, error) {
	in, err := wasqltest.TryOpen(t, connect(func(*wasql.Config) (*store, error) {
		s := newStore()
		if err := s.load(fs, logbook{synced: true, limit: limit, dir: "data"}); err != nil {
			return nil, err
		}
		return s, s.CreateDatabase(&pb.Database{Name: mainDatabase}, true)
	}), wasqltest.Options{})
	return tester{t, in}, err
}

// life is what happens to a store: each step is acknowledged or fails as a whole.
func life() []func(t tester) error {
	insert := func(table string, first, n int) func(tester) error {
		return func(t tester) error {
			var rows [][]wasql.Value
			for i := first; i < first+n; i++ {
				rows = append(rows, item(int64(i), fmt.Sprint(table, i), int64(i%3)))
			}
			_, err := t.insert(table, 0, rows...)
			return err
		}
	}
	return []func(t tester) error{
		func(t tester) error {
			return t.Call(pb.Op_OP_CREATE, &pb.CreateRequest{Table: items("a")}, &pb.CreateResponse{})
		},
		insert("a", 1, 1),
		insert("a", 2, 5),
		func(t tester) error {
			return t.Call(pb.Op_OP_CREATE, &pb.CreateRequest{Table: items("b")}, &pb.CreateResponse{})
		},
		insert("b", 10, 40), // more than one record: see partMax
		func(t tester) error { // a transaction over both tables
			if err := t.Call(pb.Op_OP_BEGIN, &pb.BeginRequest{Transaction: 7}, &pb.BeginResponse{}); err != nil {
				return err
			}
			if _, err := t.insert("a", 7, item(20, "x", 1)); err != nil {
				return err
			}
			if _, err := t.Change("b", wasqltest.Change{Kind: pb.WriteKind_WRITE_KIND_DELETE, Keys: []string{"id"}, Transaction: 7,
				Rows: [][]wasql.Value{{wasql.IntValue(10)}, {wasql.IntValue(11)}}}); err != nil {
				return err
			}
			return t.Call(pb.Op_OP_COMMIT, &pb.CommitRequest{Transaction: 7}, &pb.CommitResponse{})
		},
		func(t tester) error {
			return t.Call(pb.Op_OP_CREATE_DATABASE, &pb.CreateDatabaseRequest{Database: &pb.Database{Name: "other"}, IfNotExists: true}, &pb.CreateDatabaseResponse{})
		},
		func(t tester) error {
			return t.Call(pb.Op_OP_RENAME, &pb.RenameRequest{Table: &pb.TableRef{Name: "b"}, Name: "c"}, &pb.RenameResponse{})
		},
		func(t tester) error {
			return t.Call(pb.Op_OP_DROP_INDEX, &pb.DropIndexRequest{Table: &pb.TableRef{Name: "c"}, Name: "by_name"}, &pb.DropIndexResponse{})
		},
		insert("c", 60, 3),
		func(t tester) error {
			return t.Call(pb.Op_OP_TRUNCATE, &pb.TruncateRequest{Table: &pb.TableRef{Name: "a"}}, &pb.TruncateResponse{})
		},
		insert("a", 1, 2),
		func(t tester) error {
			return t.Call(pb.Op_OP_DESTROY, &pb.DestroyRequest{Table: &pb.TableRef{Name: "c"}}, &pb.DestroyResponse{})
		},
	}
}

// dump tells all there is.
func (t tester) dump() (string, error) {
	var out []string
	var databases pb.ListDatabasesResponse
	if err := t.Call(pb.Op_OP_LIST_DATABASES, &pb.ListDatabasesRequest{}, &databases); err != nil {
		return "", err
	}
	for _, d := range databases.GetDatabases() {
		var tables pb.ListResponse
		if err := t.Call(pb.Op_OP_LIST, &pb.ListRequest{Database: d.GetName()}, &tables); err != nil {
			return "", err
		}
		out = append(out, d.GetName())
		for _, ref := range tables.GetTables() {
			var described pb.DescribeResponse
			if err := t.Call(pb.Op_OP_DESCRIBE, &pb.DescribeRequest{Table: ref}, &described); err != nil {
				return "", err
			}
			rows, err := t.Scan(&pb.OpenScanRequest{Table: ref, Columns: []uint32{0, 1, 2}})
			if err != nil {
				return "", err
			}
			var found pb.IntegrityResponse
			if err := t.Call(pb.Op_OP_INTEGRITY, &pb.IntegrityRequest{Table: ref}, &found); err != nil || len(found.GetFindings()) > 0 {
				return "", fmt.Errorf("%v, %w", found.GetFindings(), err)
			}
			out = append(out, fmt.Sprint(ref.GetName(), " ", len(described.GetTable().GetIndexes())), strings.Join(lines(rows), ", "))
		}
	}
	return strings.Join(out, "\n"), nil
}

// lived runs a life without faults, and gives what there is before it and after each step, and the number of operations.
func lived(t *testing.T, limit int64) ([]string, int) {
	fs := journaltest.New(1)
	s, err := over(t, fs, limit)
	if err != nil {
		t.Fatal(err)
	}
	dumps := []string{must(s.dump())}
	for i, step := range life() {
		if err := step(s); err != nil {
			t.Fatalf("step %d: %v", i, err)
		}
		dumps = append(dumps, must(s.dump()))
	}
	return dumps, fs.Operations()
}

func must(text string, err error) string {
	if err != nil {
		panic(err)
	}
	return text
}

// limits of the log: a checkpoint after every commit, now and then, never.
var crashLimits = []int64{1, 2000, 1 << 30}

func smallParts(t *testing.T) {
	was := partMax
	partMax = 300
	t.Cleanup(func() { partMax = was })
}

// TestNothingIsLostByACrash ends everything at every operation on files, and opens what is left.
func TestNothingIsLostByACrash(t *testing.T) {
	smallBlocks(t)
	smallParts(t)
	for _, limit := range crashLimits {
		dumps, operations := lived(t, limit)
		for n := 1; n <= operations; n++ {
			for torn := range 3 {
				fs := journaltest.New(uint64(n))
				fs.Fault = func(at int, _, _ string) journaltest.Fault {
					return journaltest.Fault{Crash: at == n, Bytes: torn * 50}
				}
				done := -1
				s, err := over(t, fs, limit)
				for i, step := range life() {
					if err != nil {
						break
					}
					if done, err = i, step(s); err == nil {
						done++
					}
				}
				after := []*journaltest.FS{fs.Killed(1)}
				for _, loss := range journaltest.Losses() {
					after = append(after, fs.PowerCut(loss, uint64(n)))
				}
				for i, left := range after {
					again, err := over(t, left, limit)
					if err != nil {
						t.Fatalf("limit %d, crash at %d, %d bytes, way %d: %v", limit, n, torn*50, i, err)
					}
					got := must(again.dump())
					if allowed := dumps[max(done, 0):min(max(done, 0)+2, len(dumps))]; !slices.Contains(allowed, got) {
						t.Fatalf("limit %d, crash at %d, %d bytes, way %d: after %d steps there is\n%s\nwant\n%s", limit, n, torn*50, i, done, got, strings.Join(allowed, "\nor\n"))
					}
				}
			}
		}
	}
}

// TestAFailureTakesBackOneStep fails every operation on files once: the step that meets it fails and leaves nothing, what
// was there can be read, and the next try works.
func TestAFailureTakesBackOneStep(t *testing.T) {
	smallBlocks(t)
	smallParts(t)
	full := errors.New("no space left on device")
	for _, limit := range crashLimits {
		dumps, operations := lived(t, limit)
		for n := 2; n <= operations; n++ {
			fs := journaltest.New(uint64(n))
			failing := 0
			fs.Fault = func(at int, _, _ string) journaltest.Fault {
				// A disk that is full is so for a while.
				if at >= n && failing < 1+n%4 {
					failing++
					return journaltest.Fault{Err: full, Bytes: n % 3 * 30}
				}
				return journaltest.Fault{}
			}
			s, err := over(t, fs, limit)
			for err != nil && failing > 0 {
				if errno(err) != 1021 && !strings.Contains(err.Error(), "no space") {
					t.Fatalf("opening says %v", err)
				}
				fs = fs.Killed(1)
				s, err = over(t, fs, limit)
			}
			for i, step := range life() {
				for {
					err := step(s)
					if err == nil {
						break
					}
					if errno(err) != 1021 || !strings.Contains(err.Error(), "nothing was committed") {
						t.Fatalf("limit %d, failure at %d, step %d says %d %v", limit, n, i, errno(err), err)
					}
					if got := must(s.dump()); got != dumps[i] {
						t.Fatalf("limit %d, failure at %d, step %d leaves\n%s\nwant\n%s", limit, n, i, got, dumps[i])
					}
				}
				if got := must(s.dump()); got != dumps[i+1] {
					t.Fatalf("limit %d, failure at %d, step %d gives\n%s\nwant\n%s", limit, n, i, got, dumps[i+1])
				}
			}
			again, err := over(t, fs.Killed(1), limit)
			if err != nil {
				t.Fatalf("limit %d, failure at %d: %v", limit, n, err)
			}
			if got := must(again.dump()); got != dumps[len(dumps)-1] {
				t.Fatalf("limit %d, failure at %d: after a kill there is\n%s\nwant\n%s", limit, n, got, dumps[len(dumps)-1])
			}
		}
	}
}

func TestOneProcessAtATime(t *testing.T) {
	folder := t.TempDir()
	files := map[string]string{"data": folder}
	reopen(t, &wasqltest.Host{Files: files, Writable: true}, nil)
	_, err := wasqltest.TryOpen(t, connector, wasqltest.Options{Options: map[string]string{"dir": "data"}, Host: &wasqltest.Host{Files: files, Writable: true}})
	if !errors.Is(err, wasql.Unavailable) || !strings.Contains(err.Error(), "in use by another process") {
		t.Errorf("a second opening says %v", err)
	}
}
