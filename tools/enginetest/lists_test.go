package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
)

// printed is what a test binary prints, with the marks of -test.v=test2json.
const printed = "\x16=== RUN   TestA\n\x16=== RUN   TestA/one\n    a_test.go:1: expected plan to have index\n\x16--- FAIL: TestA/one (0.01s)\n" +
	"\x16=== RUN   TestA/two\n\x16--- PASS: TestA/two (0.00s)\n\x16=== RUN   TestA/three\nhello\x16--- SKIP: TestA/three (0.00s)\n" +
	"\x16--- FAIL: TestA (0.01s)\n\x16=== RUN   TestB\n\x16=== RUN   TestB/x\npanic: no\n"

func read(t *testing.T) *results {
	t.Helper()
	r := &results{outcomes: map[string]outcome{}, output: map[string]*bytes.Buffer{}}
	if err := r.read(strings.NewReader(printed)); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestWhatATestBinaryPrintsIsRead(t *testing.T) {
	want := map[string]outcome{"TestA": failed, "TestA/one": failed, "TestA/two": passed, "TestA/three": skipped, "TestB": started, "TestB/x": started}
	r := read(t)
	for name, o := range want {
		if got, ok := r.outcomes[name]; !ok || got != o {
			t.Errorf("%s is %v, want %v", name, got, o)
		}
	}
	if len(r.outcomes) != len(want) {
		t.Errorf("%d outcomes: %v", len(r.outcomes), r.outcomes)
	}
	if got := r.printed("TestA/one"); !strings.Contains(got, "expected plan") {
		t.Errorf("TestA/one printed %q", got)
	}
}

func TestGapsHaveReasons(t *testing.T) {
	gaps := read(t).gaps([]string{"TestA", "TestA/one", "TestA/one/below", "TestA/two", "TestB", "TestB/x"})
	want := map[string]gap{
		"TestA":           {"plan-nodes", true, 1},
		"TestA/one":       {"plan-nodes", true, 1},
		"TestA/one/below": {"plan-nodes", true, 1},
		"TestA/three":     {"skipped", false, 1},
		"TestB":           {"parent", true, 1},
		"TestB/x":         {"not-yet", true, 1},
	}
	for name, g := range want {
		if gaps[name] != g {
			t.Errorf("%s is %+v, want %+v", name, gaps[name], g)
		}
	}
	if len(gaps) != len(want) {
		t.Errorf("the gaps are %v", gaps)
	}
}

func TestListsComeBackAsTheyWereWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), gapList)
	long := "TestLong/" + strings.Repeat("x", 200)
	gaps := map[string]gap{"TestA/one": {"plan-nodes", true, 1}, "TestQueryPlans/*": {"plan-text", true, 17}, key(long): {"not-yet", false, 1}}
	if err := writeGaps(path, "", gaps); err != nil {
		t.Fatal(err)
	}
	head, back, err := readGaps(path)
	if err != nil || head != gapHead || len(back) != len(gaps) {
		t.Fatalf("%q, %v, %v", head, back, err)
	}
	for name, g := range gaps {
		if back[name] != g {
			t.Errorf("%s is %+v, was %+v", name, back[name], g)
		}
	}
	for name, is := range map[string]bool{"TestA/one": true, long: true, long + "y": false, "TestQueryPlans/whatever": true, "TestTpchPlans/x": false} {
		if known(back, name) != is {
			t.Errorf("%.40s is known: %v", name, !is)
		}
	}
	sums := tallies([]string{"TestA/two", "TestA", "TestB"})
	if err := writeTallies(path, sums); err != nil {
		t.Fatal(err)
	}
	again, err := readTallies(path)
	if err != nil || again["TestA"] != sums["TestA"] || again["TestA"].count != 2 || again["TestB"].digest == again["TestA"].digest {
		t.Errorf("%v, %v", again, err)
	}
}
