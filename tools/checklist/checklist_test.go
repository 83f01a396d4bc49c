package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestEveryOpenIDIsKnown(t *testing.T) {
	var known []string
	for _, f := range parseFeatures(idsText, "") {
		if slices.Contains(known, f.id) {
			t.Errorf("%s stands twice in ids.txt", f.id)
		}
		if !idPattern.MatchString(f.id) {
			t.Errorf("%s is no id", f.id)
		}
		known = append(known, f.id)
	}
	for line := range strings.Lines(openText) {
		if id := strings.TrimSpace(line); !strings.HasPrefix(id, "#") && !slices.Contains(known, id) {
			t.Errorf("open.txt names %q, which ids.txt has not", id)
		}
	}
}

func TestIDsOfASubtest(t *testing.T) {
	cases := map[string]string{
		"G27_index_driver": "G27", "G4_G19_projection": "G4 G19", "T15b_operators": "T15b",
		"index_G27": "", "G_x": "", "G1": "G1", "Go_fast": "",
	}
	for name, want := range cases {
		if got := strings.Join(idsOf(name), " "); got != want {
			t.Errorf("idsOf(%q) = %q, want %q", name, got, want)
		}
	}
}

// tree writes files into a module of its own.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	files["go.mod"] = "module example.com/m\n\ngo 1.26\n"
	for name, text := range files {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestFailingSkippedAndMissingTestsAreTold(t *testing.T) {
	root := tree(t, map[string]string{
		"a/a_test.go": `package a
import "testing"
func TestChecklist(t *testing.T) {
	t.Run("G1_G4_good", func(t *testing.T) {})
	t.Run("G10_bad", func(t *testing.T) { t.Error("no") })
	t.Run("G19_skipped", func(t *testing.T) { t.Skip("no") })
}
// TestNamed does things.
// checklist: M3
func TestNamed(t *testing.T) {}
func TestCases(t *testing.T) { t.Run("one.slt", func(t *testing.T) { t.Run("line_1", func(t *testing.T) {}) }); t.Run("two", func(t *testing.T) {}) }
`,
		"a/testdata/deep/one.slt":   "# checklist: M5 M6\n",
		"a/testdata/two.txtar":      "# title\n# checklist: T1\n",
		"a/testdata/nobody.slt":     "# checklist: T2\n",
		"a/testdata/misspelled.slt": "# checklist: Z9\n",
		"a/testdata/none.slt":       "statement ok\n",
	})
	tests, err := find(root)
	if err != nil {
		t.Fatal(err)
	}
	if tests, err = run(root, tests); err != nil {
		t.Fatal(err)
	}
	ids := "G1 a\nG4 b\nG10 c\nG19 d\nM3 e\nM5 f\nM6 g\nT1 h\nT2 i\nT3 j\nT4 k\n"
	lines, failures := judge(parseFeatures(ids, "T4\n"), tests, false)
	text := strings.Join(lines, "\n")
	for _, want := range []string{
		"G1   ok", "G4   ok", "G10  FAIL", "G19  FAIL", "M3   ok", "M5   ok", "M6   ok", "T1   ok",
		"T2   FAIL", "T3   NO TEST", "T4   open", "Z9   UNKNOWN", "nobody.slt (not run)", "TestChecklist/G19_skipped (skip)",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if failures != 5 {
		t.Errorf("%d failures, want 5:\n%s", failures, text)
	}
}
