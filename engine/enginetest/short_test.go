package enginetest

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/dolthub/go-mysql-server/enginetest"
)

// short are the tests of the suite that every go test runs: quick ones without gaps, of each kind.
var short = map[string]func(*testing.T, enginetest.Harness){
	"Truncate":          enginetest.TestTruncate,
	"ReplaceInto":       enginetest.TestReplaceInto,
	"Update":            enginetest.TestUpdate,
	"Delete":            enginetest.TestDelete,
	"OnUpdateExpr":      enginetest.TestOnUpdateExprScripts,
	"DropTable":         enginetest.TestDropTable,
	"RenameColumn":      enginetest.TestRenameColumn,
	"ModifyColumn":      enginetest.TestModifyColumn,
	"AddDropPks":        enginetest.TestAddDropPks,
	"ChecksOnUpdate":    enginetest.TestChecksOnUpdate,
	"DropForeignKeys":   enginetest.TestDropForeignKeys,
	"Triggers":          enginetest.TestTriggers,
	"Views":             enginetest.TestViews,
	"ColumnDefaults":    enginetest.TestColumnDefaults,
	"LoadData":          enginetest.TestLoadData,
	"Transactions":      enginetest.TestTransactionScripts,
	"NaturalJoin":       enginetest.TestNaturalJoin,
	"WindowFunctions":   enginetest.TestWindowFunctions,
	"NullRanges":        enginetest.TestNullRanges,
	"JSONTable":         enginetest.TestJSONTableQueries,
	"AmbiguousColumns":  enginetest.TestAmbiguousColumnResolution,
	"TriggersRollBack":  enginetest.TestRollbackTriggers,
	"SpatialInsertInto": enginetest.TestSpatialInsertInto,
}

// TestShortForm runs a part of the suite over the store; make enginetest runs all of it.
//
// checklist: G33
func TestShortForm(t *testing.T) {
	if over != "" {
		t.Skip("the whole suite runs")
	}
	for name, test := range short {
		t.Run(name, func(t *testing.T) {
			if missing != "" {
				if os.Getenv("WASQL_NEED_GUESTS") != "" {
					t.Fatal(missing)
				}
				t.Skip(missing)
			}
			test(t, &storeHarness{t: t})
		})
	}
}

// TestListsHoldTogether compares the committed lists: what the memory backend passes is passed, or is
// a gap, and no more than one in two hundred of it is a gap for another reason than its plan, or AS OF.
func TestListsHoldTogether(t *testing.T) {
	memory, pass := counts(t, "memory.txt"), counts(t, "pass.txt")
	gaps, apart := map[string]int{}, 0
	for line := range strings.Lines(list(t, "gaps.txt")) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Fields(line)
		n := 1
		if len(fields) == 4 {
			n, _ = strconv.Atoi(fields[3])
		}
		if len(fields) < 3 || n == 0 {
			t.Fatalf("gaps.txt: %q", line)
		}
		if fields[1] != "memory" {
			continue
		}
		test, _, _ := strings.Cut(fields[2], "/")
		gaps[test] += n
		if strings.HasPrefix(fields[0], "plan-") {
			apart += n
		}
	}
	all, missing := 0, 0
	for test, n := range memory {
		all, missing = all+n, missing+gaps[test]
		if pass[test]+gaps[test] < n {
			t.Errorf("%s: memory passes %d, and wasql %d with %d gaps", test, n, pass[test], gaps[test])
		}
	}
	if share := float64(all-missing) / float64(all-apart); share < 0.995 {
		t.Errorf("wasql passes %.2f %% of what memory passes, plans and AS OF apart", 100*share)
	}
}

// list reads a list of the package's folder; tests run in another.
func list(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(home, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func counts(t *testing.T, name string) map[string]int {
	t.Helper()
	tests := map[string]int{}
	for line := range strings.Lines(list(t, name)) {
		var test, digest string
		var n int
		if _, err := fmt.Sscan(line, &test, &n, &digest); err != nil {
			t.Fatalf("%s: %q: %v", name, line, err)
		}
		tests[test] = n
	}
	return tests
}
