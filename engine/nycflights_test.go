package engine

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/wasql/wasql/engine/slt"
	"github.com/wasql/wasql/host"
)

// TestNYCFlights asks the questions that DuckDB answered on the same files: over 300,000 rows of
// CSV and Parquet, read by connectors in the sandbox, with pushdown and, as the second way to
// every answer, without.
func TestNYCFlights(t *testing.T) {
	data := slt.NYCFlights(t)
	files, err := filepath.Glob("testdata/nycflights/*.slt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, mode := range []struct{ name, pushdown string }{{"pushdown", "1"}, {"no_pushdown", "0"}} {
		t.Run(mode.name, func(t *testing.T) {
			if mode.pushdown == "0" && testing.Short() {
				t.Skip("the second way takes a minute")
			}
			ctx := context.Background()
			e, s := newEngine(t, Config{}, "csv", "parquet")
			grant := host.Grant{Files: []host.FileGrant{{Path: "data", Host: data}}}
			for database, connector := range map[string]string{"nyc": "csv", "nycp": "parquet"} {
				options := map[string]string{"path": "data"}
				if connector == "csv" {
					options["null"] = "NA"
				}
				if err := e.Mount(ctx, database, connector, host.Options{Options: options, Grant: grant}); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Set(ctx, "wasql_pushdown", mode.pushdown); err != nil {
				t.Fatal(err)
			}
			for _, path := range files {
				script, err := slt.Parse(path)
				if err != nil {
					t.Fatal(err)
				}
				slt.Run(t, script, func(sql string) ([]string, [][]string, error) {
					// A plan that multiplies rows must fail here, not stop the run.
					ctx, cancel := context.WithTimeout(ctx, time.Minute)
					defer cancel()
					columns, rows, _, err := ask(ctx, s, sql)
					return columns, rows, err
				})
			}
		})
	}
}
