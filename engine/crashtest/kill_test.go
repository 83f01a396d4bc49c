//go:build unix

package crashtest

import (
	"fmt"
	"strings"
	"testing"
)

// scriptRun runs the script in a process and tells how many statements were answered.
func scriptRun(t testing.TB, c child) (answered, operations int, killed bool) {
	t.Helper()
	p := c.start(t)
	for line := range p.lines {
		if n, ok := strings.CutPrefix(line, "operations "); ok {
			if _, err := fmt.Sscan(n, &operations); err != nil {
				t.Fatal(err)
			}
			continue
		}
		answered++
	}
	return answered, operations, p.killed(t)
}

// usable writes to a folder, and finds it after another opening.
func usable(t testing.TB, folder string) {
	t.Helper()
	ctx := t.Context()
	for _, round := range []string{"first", "second"} {
		d, err := openDatabase(ctx, folder)
		if err != nil {
			t.Fatal(err)
		}
		s := d.newSession()
		want := 1
		if round == "first" {
			for _, statement := range []string{"CREATE TABLE afterwards (id INT PRIMARY KEY)", "INSERT INTO afterwards VALUES (1), (2)", "DELETE FROM afterwards WHERE id = 1"} {
				if _, err := query(ctx, s, statement); err != nil {
					t.Fatalf("%s: %v", statement, err)
				}
			}
		}
		rows, err := query(ctx, s, "SELECT id FROM afterwards")
		if err != nil || len(rows) != want {
			t.Fatalf("%s opening: %v, %v", round, rows, err)
		}
		s.Close()
		if err := d.close(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if err := check(ctx, folder); err != nil {
		t.Fatal(err)
	}
}

// recovered compares what a crash left with the states that it may have left, and gives it.
func recovered(t testing.TB, folder, what string, may ...string) string {
	t.Helper()
	ctx := t.Context()
	if err := check(ctx, folder); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	d, err := openDatabase(ctx, folder)
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	got, err := d.dump(ctx)
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	if err := d.close(ctx); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	for _, state := range may {
		if got == state {
			return got
		}
	}
	t.Errorf("%s: neither before nor after; against before:\n%s", what, difference(got, may[0]))
	return got
}

// TestKilledAtEveryOperation ends the process with SIGKILL at each operation on its files, before it, after it and, of a write, in the
// middle.
//
// checklist: G34
func TestKilledAtEveryOperation(t *testing.T) {
	told := reference(t)
	_, operations, killed := scriptRun(t, child{Folder: t.TempDir()})
	if killed || operations < len(script)/2 {
		t.Fatalf("%d operations, killed %v", operations, killed)
	}
	every := 1
	if !long {
		every = max(1, operations*3/18)
	}
	kills := 0
	for i := 0; i < operations*3; i++ {
		if i%every != every/2 {
			continue
		}
		at, bytes := i/3+1, []int{0, 33, 1 << 30}[i%3]
		folder := t.TempDir()
		answered, _, killed := scriptRun(t, child{Folder: folder, At: at, Bytes: bytes})
		what := fmt.Sprintf("killed at operation %d after %d bytes, %d statements answered", at, bytes, answered)
		if !killed {
			t.Fatalf("%s: it was not", what)
		}
		kills++
		recovered(t, folder, what, told.may(answered)...)
		usable(t, folder)
	}
	figures(t, "SIGKILL before, in and after each operation on files", "%d kills over %d operations: nothing answered lost, nothing in part", kills, operations)
}
