//go:build unix

package crashtest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/wasql/wasql/engine"
	"github.com/wasql/wasql/host/hosttest"
)

// fault is a way in which operations fail.
type fault struct {
	name  string
	err   error
	bytes int
	// length is how many operations fail, one after another; 0: all, until the statement has failed twice.
	length int
	// reads: those that read fail too, and are counted.
	reads bool
}

var faults = []fault{
	{"the disk is full once", syscall.ENOSPC, 0, 1, false},
	{"the disk is full and takes a part", syscall.ENOSPC, 33, 1, false},
	{"an input/output error, and it was done all the same", syscall.EIO, 1 << 30, 1, false},
	{"the disk is full for three operations", syscall.ENOSPC, 7, 3, false},
	{"the disk is full", syscall.ENOSPC, 0, 0, false},
	{"an input/output error, reading too", syscall.EIO, 0, 1, true},
}

// disk fails its operations from the one numbered at on.
type disk struct {
	fault
	at         int64
	operations atomic.Int64
	healed     atomic.Bool
	failed     atomic.Int64
}

func (d *disk) decide(op hosttest.FileOperation) hosttest.FileOutcome {
	if !d.reads && !changes(op.Name) {
		return hosttest.FileOutcome{}
	}
	n := d.operations.Add(1)
	if n < d.at || d.healed.Load() || d.length > 0 && n >= d.at+int64(d.length) {
		return hosttest.FileOutcome{}
	}
	d.failed.Add(1)
	outcome := hosttest.FileOutcome{Err: d.err, Bytes: d.bytes}
	if d.bytes < 1<<30 && op.Name != "write" {
		outcome.Bytes = 0
	}
	return outcome
}

// block gives the statement with which the transaction of a statement begins, itself outside of one.
func block(i int) int {
	for j := i; j >= 0; j-- {
		switch {
		case script[j] == "BEGIN":
			return j
		case j < i && (script[j] == "COMMIT" || script[j] == "ROLLBACK"):
			return i
		}
	}
	return i
}

// finish does the rest of a statement that was left unfinished.
func finish(ctx context.Context, s *engine.Session, statement string) error {
	rest := strings.Replace(statement, "DROP TABLE", "DROP TABLE IF EXISTS", 1)
	if strings.Contains(statement, " AS SELECT ") {
		rest = "INSERT INTO other.copied SELECT id, v FROM plain"
	}
	_, err := query(ctx, s, rest)
	return err
}

// sweep runs the script on a disk that fails, and again what failed. It gives how many statements failed,
// and how many of them left one of the states of an unfinished statement.
func (d *disk) sweep(t *testing.T, told story) (refused, gaps int) {
	ctx := t.Context()
	folder := t.TempDir()
	hosttest.InjectFiles(d.decide)
	defer hosttest.InjectFiles(nil)
	db, err := openDatabase(ctx, folder)
	if err != nil {
		t.Fatal(err)
	}
	s := db.newSession()
	for i := 0; i < len(script); i++ {
		_, err := query(ctx, s, script[i])
		if err == nil {
			continue
		}
		what := fmt.Sprintf("%s from operation %d on: %s: %v", d.name, d.at, script[i], err)
		if d.failed.Load() == 0 {
			t.Fatalf("%s: nothing had failed", what)
		}
		refused++
		if refused > 20 {
			t.Fatalf("%s: the end", what)
		}
		if start := block(i); start < i {
			_, _ = query(ctx, s, "ROLLBACK") // there may be nothing to roll back any more
			i = start
		}
		if state, err := db.dump(ctx); err == nil && state != told.states[i] {
			if !slices.Contains(told.between[i], state) {
				t.Errorf("%s: it left\n%s", what, difference(state, told.states[i]))
				return refused, gaps
			}
			gaps++
			d.healed.Store(true)
			if err := finish(ctx, s, script[i]); err != nil {
				t.Errorf("%s: and cannot be finished: %v", what, err)
				return refused, gaps
			}
			continue
		} else if err != nil && i > 0 && !d.reads {
			t.Errorf("%s: then nothing can be read: %v", what, err)
			return refused, gaps
		}
		if refused >= 2 {
			d.healed.Store(true)
		}
		i--
	}
	s.Close()
	if err := db.close(ctx); err != nil {
		t.Errorf("%s from operation %d on: close: %v", d.name, d.at, err)
	}
	hosttest.InjectFiles(nil)
	recovered(t, folder, fmt.Sprintf("%s from operation %d on, then opened again", d.name, d.at), told.states[len(script)])
	return refused, gaps
}

// TestEveryOperationFails fails the Nth operation on files, for each N, and in each way.
//
// checklist: G34
func TestEveryOperationFails(t *testing.T) {
	told := reference(t)
	if i := slices.IndexFunc(told.failed, func(err error) bool { return err != nil }); i >= 0 {
		t.Fatalf("%s: %v", script[i], told.failed[i])
	}
	clean := map[bool]int{}
	for _, reads := range []bool{false, true} {
		d := &disk{fault: fault{name: "no fault", reads: reads}, at: 1 << 60}
		if refused, _ := d.sweep(t, told); refused != 0 {
			t.Fatalf("%d statements fail without a fault", refused)
		}
		clean[reads] = int(d.operations.Load())
	}
	for _, f := range faults {
		every, runs, refused, gaps := 1, 0, 0, 0
		if !long {
			every = clean[f.reads] / 3
		}
		for n := 1 + every/2; n <= clean[f.reads] && !t.Failed(); n += every {
			d := &disk{fault: f, at: int64(n)}
			no, unfinished := d.sweep(t, told)
			refused, gaps, runs = refused+no, gaps+unfinished, runs+1
		}
		figures(t, f.name+", at each operation", "%d runs over %d operations: %d statements refused, nothing answered lost; in part: %d, of the statements done in steps", runs, clean[f.reads], refused, gaps)
	}
}

// TestFailsAndEnds fails every operation from the Nth on, or every sync, until a statement fails; then the process ends. What failed is not there,
// unless its error says that it may be.
//
// checklist: G34
func TestFailsAndEnds(t *testing.T) {
	told := reference(t)
	for _, name := range []string{"all operations", "sync"} {
		counted := &disk{fault: fault{name: "no fault"}, at: 1 << 60}
		counted.sweep(t, told)
		operations := int(counted.operations.Load())
		every := 1
		if !long {
			every = operations / 4
		}
		runs, doubtful, there := 0, 0, 0
		for n := 1 + every/2; n <= operations && !t.Failed(); n += every {
			said, did := endsFailing(t, told, name, int64(n))
			runs++
			if said {
				doubtful++
			}
			if did {
				there++
			}
		}
		figures(t, fmt.Sprintf("an input/output error for good (%s), then the end of the process", name), "%d runs over %d operations: nothing answered lost; %d statements failed with the warning that they may be found done, %d were", runs, operations, doubtful, there)
	}
}

func endsFailing(t *testing.T, told story, name string, at int64) (said, did bool) {
	ctx := t.Context()
	folder := t.TempDir()
	var operations atomic.Int64
	hosttest.InjectFiles(func(op hosttest.FileOperation) hosttest.FileOutcome {
		if !changes(op.Name) || operations.Add(1) < at || name != "all operations" && op.Name != name {
			return hosttest.FileOutcome{}
		}
		return hosttest.FileOutcome{Err: syscall.EIO}
	})
	defer hosttest.InjectFiles(nil)
	db, err := openDatabase(ctx, folder)
	if err != nil {
		t.Fatal(err)
	}
	s := db.newSession()
	i := 0
	for ; i < len(script); i++ {
		if _, err = query(ctx, s, script[i]); err != nil {
			break
		}
	}
	what := fmt.Sprintf("%s operations fail from %d on: %v", name, at, err)
	said = err != nil && strings.Contains(err.Error(), "may be found done")
	s.Close()
	if err := db.close(ctx); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	hosttest.InjectFiles(nil)
	may := []string{told.states[min(block(min(i, len(script)-1)), i)]}
	if i < len(script) {
		may = append(may, told.between[i]...)
	} else {
		may = []string{told.states[i]} // what failed was behind the last statement
	}
	after := told.states[min(i+1, len(script))]
	if said {
		may = append(may, after)
	}
	state := recovered(t, folder, what, may...)
	return said, said && state == after && state != may[0]
}
