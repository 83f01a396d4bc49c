package slt

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func parseText(t *testing.T, text string) (*File, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "script.slt")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Parse(path)
}

func TestParseReadsEveryDirective(t *testing.T) {
	f, err := parseText(t, `# checklist: G1 G4
# checklist: M3

statement ok
USE nyc;

skipif wasql
statement ok
SELECT not for us

onlyif duckdb
query I
SELECT 1
----
1

statement error table .* not found
SELECT *
FROM nothing

query TI rowsort label-1
SELECT a, b FROM t
----
x	1
(empty)	NULL

query TI
SELECT a, b FROM t
----
x
1

query I nosort
SELECT a FROM t WHERE false
----

halt
nonsense after halt
`)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(f.Checklist, " "); got != "G1 G4 M3" {
		t.Errorf("checklist ids %q", got)
	}
	if len(f.Records) != 5 {
		t.Fatalf("%d records, want 5: %+v", len(f.Records), f.Records)
	}
	if r := f.Records[0]; r.SQL != "USE nyc" || r.Line != 4 {
		t.Errorf("first record %+v", r)
	}
	if r := f.Records[1]; r.Kind != StatementError || r.Error.String() != "table .* not found" || r.SQL != "SELECT *\nFROM nothing" {
		t.Errorf("second record %+v", r)
	}
	if r := f.Records[2]; r.Sort != RowSort || len(r.Want) != 2 || r.Want[1][0] != "(empty)" {
		t.Errorf("third record %+v", r)
	}
	if r := f.Records[3]; len(r.Want) != 1 || r.Want[0][1] != "1" {
		t.Errorf("values one a line: %+v", r)
	}
	if r := f.Records[4]; len(r.Want) != 0 {
		t.Errorf("no rows expected: %+v", r)
	}
}

func TestParseNamesTheLineOfAMistake(t *testing.T) {
	cases := map[string]string{
		"quary I\nSELECT 1\n":                                `:1: unknown directive "quary"`,
		"query X\nSELECT 1\n----\n1\n":                       ":1: query needs",
		"query I upside\nSELECT 1\n----\n1\n":                `:1: unknown sort mode "upside"`,
		"\nquery I\nSELECT 1\n":                              "query without ----",
		"query II\nSELECT 1, 2\n----\n1\n":                   "do not fill rows",
		"query II\nSELECT 1, 2\n----\n1\t2\n3\n":             "has 1 values, want 2",
		"query I\nSELECT 1\n----\n9 values hashing to abc\n": "hash",
		"statement maybe\nSELECT 1\n":                        "want statement ok",
		"statement error (\nSELECT 1\n":                      "missing closing",
		"statement ok\n\n":                                   "no SQL",
		"skipif\n":                                           "takes one name",
		"# nothing\n":                                        "no record",
	}
	for text, want := range cases {
		if _, err := parseText(t, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one with %q", text, err, want)
		}
	}
}

// answer is an Exec that gives the same rows, or error, to everything.
func answer(rows [][]string, err error) Exec {
	return func(string) ([]string, [][]string, error) { return nil, rows, err }
}

func TestARecordHoldsOnlyWithTheRightAnswer(t *testing.T) {
	query := func(types, mode, want string) string {
		return "query " + types + " " + mode + "\nSELECT\n----\n" + want + "\n"
	}
	type rows = [][]string
	cases := []struct {
		name, script string
		rows         rows
		err          error
		holds        bool
	}{
		{"equal rows", query("TI", "nosort", "a\t1\nb\t2"), rows{{"a", "1"}, {"b", "2"}}, nil, true},
		{"order counts under nosort", query("TI", "nosort", "a\t1\nb\t2"), rows{{"b", "2"}, {"a", "1"}}, nil, false},
		{"order does not count under rowsort", query("TI", "rowsort", "b\t2\na\t1"), rows{{"a", "1"}, {"b", "2"}}, nil, true},
		{"values do not move between rows under rowsort", query("TI", "rowsort", "b\t2\na\t1"), rows{{"a", "2"}, {"b", "1"}}, nil, false},
		{"values move under valuesort", query("TT", "valuesort", "b\tc\na\td"), rows{{"a", "b"}, {"c", "d"}}, nil, true},
		{"a row too few", query("I", "rowsort", "1\n2"), rows{{"1"}}, nil, false},
		{"a row too many", query("I", "rowsort", "1"), rows{{"1"}, {"1"}}, nil, false},
		{"a column too many", query("I", "rowsort", "1"), rows{{"1", "2"}}, nil, false},
		{"no row, none wanted", query("I", "rowsort", ""), nil, nil, true},
		{"integers by value", query("I", "nosort", "7"), rows{{"7.000"}}, nil, true},
		{"large integers exactly", query("I", "nosort", "9007199254740993"), rows{{"9007199254740992"}}, nil, false},
		{"reals by value", query("R", "nosort", "1.5"), rows{{"1.500"}}, nil, true},
		{"reals nearly", query("R", "nosort", "0.3"), rows{{"0.30000000000000004"}}, nil, true},
		{"reals not nearly", query("R", "nosort", "0.3"), rows{{"0.3001"}}, nil, false},
		{"negative zero", query("R", "nosort", "0"), rows{{"-0"}}, nil, true},
		{"decimals as text", query("D", "nosort", "1.50"), rows{{"1.5"}}, nil, false},
		{"times by value", query("D", "nosort", "2013-01-01 10:00:00"), rows{{"2013-01-01 10:00:00.000000"}}, nil, true},
		{"parts of a second count", query("D", "nosort", "2013-01-01 10:00:00"), rows{{"2013-01-01 10:00:00.100000"}}, nil, false},
		{"NULL is not empty", query("T", "nosort", "NULL"), rows{{""}}, nil, false},
		{"empty text", query("T", "nosort", "(empty)"), rows{{""}}, nil, true},
		{"text case", query("T", "nosort", "a"), rows{{"A"}}, nil, false},
		{"a failing query", query("I", "nosort", "1"), nil, errors.New("no"), false},
		{"statement ok", "statement ok\nUSE x\n", nil, nil, true},
		{"statement ok that fails", "statement ok\nUSE x\n", nil, errors.New("no"), false},
		{"the error wanted", "statement error no such\nUSE x\n", nil, errors.New("no such thing"), true},
		{"another error", "statement error no such\nUSE x\n", nil, errors.New("denied"), false},
		{"any error", "statement error\nUSE x\n", nil, errors.New("denied"), true},
		{"no error though wanted", "statement error\nUSE x\n", nil, nil, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f, err := parseText(t, c.script)
			if err != nil {
				t.Fatal(err)
			}
			_, err = run(&f.Records[0], answer(c.rows, c.err), false)
			if holds := err == nil; holds != c.holds {
				t.Errorf("holds = %v (%v), want %v", holds, err, c.holds)
			}
		})
	}
}

func TestRewriteReplacesOnlyTheRows(t *testing.T) {
	const script = "# checklist: G1\nstatement ok\nUSE x\n\nquery TI rowsort\nSELECT 1\n----\nold\t1\n\n# kept\nquery R\nSELECT 2\n----\n"
	f, err := parseText(t, script)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.rewrite(map[int][][]string{1: {{"new", "2"}, {"newer", "3"}}, 2: {{"1.5"}}}); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(f.Path)
	if err != nil {
		t.Fatal(err)
	}
	want := "# checklist: G1\nstatement ok\nUSE x\n\nquery TI rowsort\nSELECT 1\n----\nnew\t2\nnewer\t3\n\n# kept\nquery R\nSELECT 2\n----\n1.5\n"
	if string(got) != want {
		t.Errorf("rewritten:\n%s\nwant:\n%s", got, want)
	}
}

func TestRunRunsEveryRecordInOrder(t *testing.T) {
	f, err := parseText(t, "statement ok\nUSE x\n\nquery I\nSELECT 1\n----\n1\n")
	if err != nil {
		t.Fatal(err)
	}
	var seen []string
	Run(t, f, func(sql string) ([]string, [][]string, error) {
		seen = append(seen, sql)
		return []string{"1"}, [][]string{{"1"}}, nil
	})
	if got := strings.Join(seen, "; "); got != "USE x; SELECT 1" {
		t.Errorf("ran %q", got)
	}
}
