package engine

import (
	"slices"
	"testing"
)

func TestSplitCutsAtSemicolonsOutsideOfQuotesAndComments(t *testing.T) {
	cases := []struct {
		text string
		want []string
	}{
		{"", nil},
		{" ; ;; -- nothing\n # nothing\n /* nothing ; */ ;", nil},
		{"SELECT 1", []string{"SELECT 1"}},
		{"SELECT 1; SELECT 2 ;", []string{"SELECT 1", "SELECT 2"}},
		{"SELECT ';', \";\", `;` FROM t; SELECT 2", []string{"SELECT ';', \";\", `;` FROM t", "SELECT 2"}},
		{`SELECT 'it''s; \'', "\";" ; SELECT 2`, []string{`SELECT 'it''s; \'', "\";"`, "SELECT 2"}},
		{"SELECT 1 -- ;\n + 1; SELECT 2", []string{"SELECT 1 -- ;\n + 1", "SELECT 2"}},
		{"SELECT 1 # ;\n; SELECT 2 /* ; */", []string{"SELECT 1 # ;", "SELECT 2 /* ; */"}},
		{"SELECT 5--1; SELECT 2", []string{"SELECT 5--1", "SELECT 2"}},
		{"/*! SELECT 1 */; SELECT 2", []string{"/*! SELECT 1 */", "SELECT 2"}},
		{"SELECT 'ä;ö'; SELECT 2", []string{"SELECT 'ä;ö'", "SELECT 2"}},
	}
	for _, c := range cases {
		got, err := Split(c.text)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("Split(%q) = %q (%v), want %q", c.text, got, err, c.want)
		}
	}
}

func TestSplitRefusesWhatHasNoEnd(t *testing.T) {
	for _, text := range []string{"SELECT 'x", "SELECT `x;", `SELECT "x\"`, "SELECT 1 /* x"} {
		if got, err := Split(text); err == nil {
			t.Errorf("Split(%q) = %q", text, got)
		}
	}
}

func FuzzSplit(f *testing.F) {
	for _, text := range []string{"SELECT 1; SELECT ';'", "/* x */ -- y\n`a``b`", "'\\"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		statements, err := Split(text)
		if err != nil {
			return
		}
		for _, statement := range statements {
			again, err := Split(statement)
			if err != nil || len(again) != 1 {
				t.Errorf("%q, a statement of %q, splits into %q (%v)", statement, text, again, err)
			}
		}
	})
}
