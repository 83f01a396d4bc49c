package engine

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wasql/wasql/host"
)

// loadTypes are column types with fields for them, plain and odd.
var loadTypes = []struct {
	name   string
	fields []string
}{
	{"INT", []string{"1", "-7", "007", "2147483647"}}, {"TINYINT UNSIGNED", []string{"0", "255"}}, {"BIGINT", []string{"9223372036854775807", "123456789012345678", "-5"}},
	{"DOUBLE", []string{"1.5", "-0.25", "3", ".5", "1e3", "-1.", "123456789.123456789"}}, {"FLOAT", []string{"1.5", "-2"}}, {"DECIMAL(6,2)", []string{"1.50", "-3", "1234.567"}},
	{"VARCHAR(6)", []string{"abc", "", "grün", "a b", "it's", "x"}}, {"CHAR(3)", []string{"a", "xyz"}}, {"TEXT", []string{"some text", ""}}, {"VARCHAR(4) CHARACTER SET latin1", []string{"abc", "ü"}},
	{"VARBINARY(3)", []string{"ab", "\xff"}}, {"DATE", []string{"2024-02-29", "2020-1-1"}}, {"DATETIME", []string{"2024-02-29 10:11:12", "2024-01-01"}}, {"TIME", []string{"10:11:12"}}, {"YEAR", []string{"2024"}},
	{"ENUM('a','b')", []string{"a", "b"}}, {"SET('x','y')", []string{"x,y", "x"}}, {"JSON", []string{`{"a":1}`, "[1]"}}, {"BIT(4)", []string{"1"}},
}

// oddFields fit no column, or few.
var oddFields = []string{"", `\N`, "NULL", "abc", "99999999999999999999", "300", "-1", "1.5", " 1", "1 ", "+1", "0x1", "\xff\xfe", "toolongforthecolumn", "2020-13-45", "é", "--1", "-", "."}

// TestLoadsByFieldAreLoadsByRow loads random files into random tables field by field, and row by row.
func TestLoadsByFieldAreLoadsByRow(t *testing.T) {
	folder := t.TempDir()
	grant := func(_ context.Context, _, path string) ([]host.FileGrant, error) {
		return []host.FileGrant{{Path: path, Host: filepath.Join(folder, path)}}, nil
	}
	_, s := newEngine(t, Config{GrantPath: grant}, "store")
	failed, rounds := 0, 250
	for seed := range uint64(rounds) {
		r := rand.New(rand.NewPCG(seed, 3))
		columns, statement, file := randomLoad(r)
		if err := os.WriteFile(filepath.Join(folder, "rows.txt"), []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
		var answers [2]string
		for bulk := range answers {
			for _, text := range []string{"SET sql_mode = " + []string{"DEFAULT", "''"}[seed%2], "DROP TABLE IF EXISTS t", "CREATE TABLE t (" + columns + ")", fmt.Sprintf("SET wasql_bulk_insert = %d", bulk)} {
				if got := said(t, s, text); strings.HasPrefix(got, "error") {
					t.Fatalf("%s: %s", text, got)
				}
			}
			answers[bulk] = said(t, s, statement)
			if bulk == 1 && strings.HasPrefix(answers[bulk], "error") {
				failed++
			}
			answers[bulk] += said(t, s, "SELECT * FROM t")
		}
		if answers[0] != answers[1] {
			t.Fatalf("seed %d: %s\n%s\n%q\nby row:   %s\nby field: %s", seed, columns, statement, file, answers[0], answers[1])
		}
	}
	// The test is about both outcomes.
	if failed < rounds/10 || failed > rounds*9/10 {
		t.Errorf("%d of %d loads failed", failed, rounds)
	}
}

// randomLoad makes up the columns of a table, a statement that loads them, and its file.
func randomLoad(r *rand.Rand) (columns, statement, file string) {
	var declared, names []string
	var types []int
	for c := range 1 + r.IntN(4) {
		k := r.IntN(len(loadTypes))
		rule := []string{"", "", " NOT NULL", " DEFAULT NULL"}[r.IntN(4)]
		declared, names, types = append(declared, fmt.Sprintf("c%d %s%s", c, loadTypes[k].name, rule)), append(names, fmt.Sprintf("c%d", c)), append(types, k)
	}
	list := ""
	switch r.IntN(5) {
	case 0:
		declared = append(declared, "extra INT DEFAULT 7", "more VARCHAR(5) NOT NULL DEFAULT 'x'")
		list = "(" + strings.Join(names, ", ") + ")"
	case 1:
		order := r.Perm(len(names))
		mixed, kinds := make([]string, len(names)), make([]int, len(names))
		for i, o := range order {
			mixed[i], kinds[i] = names[o], types[o]
		}
		list, types = "("+strings.Join(mixed, ", ")+")", kinds
	case 2:
		list = "(" + strings.Join(names, ", ") + ") SET c0 = DEFAULT"
	}
	quote := r.IntN(3) == 0
	odd := r.IntN(3)
	var lines strings.Builder
	for range r.IntN(12) {
		for n, k := range types {
			field := loadTypes[k].fields[r.IntN(len(loadTypes[k].fields))]
			if odd > 0 && r.IntN(20) == 0 {
				field = oddFields[r.IntN(len(oddFields))]
			}
			if n > 0 {
				lines.WriteByte('|')
			}
			if quote && !strings.Contains(field, `"`) {
				field = `"` + field + `"`
			}
			lines.WriteString(field)
			if r.IntN(60) == 0 {
				break // a line with too few fields
			}
		}
		if r.IntN(40) == 0 {
			lines.WriteString("|and more")
		}
		lines.WriteByte('\n')
	}
	enclosed := ""
	if quote {
		enclosed = ` ENCLOSED BY '"'`
	}
	how := []string{"", "", "", " IGNORE", " REPLACE"}[r.IntN(5)]
	return strings.Join(declared, ", "), "LOAD DATA INFILE 'rows.txt'" + how + " INTO TABLE t FIELDS TERMINATED BY '|'" + enclosed + " " + list, lines.String()
}
