package engine

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/wasql/wasql/engine/slt"
	"github.com/wasql/wasql/host"
)

// TestTPCH asks the 22 questions of TPC-H, which DuckDB answered on the same files, of Parquet and of CSV.
func TestTPCH(t *testing.T) {
	data := slt.TPCH(t)
	files, err := filepath.Glob("testdata/tpch/*.slt")
	if err != nil || len(files) != 22 {
		t.Fatalf("%d scripts: %v", len(files), err)
	}
	ctx := context.Background()
	_, s := newEngine(t, Config{}, "csv", "parquet")
	e := s.engine
	for _, connector := range []string{"parquet", "csv"} {
		t.Run(connector, func(t *testing.T) {
			if connector == "csv" && testing.Short() {
				t.Skip("the other format takes as long again")
			}
			options := host.Options{Options: map[string]string{"path": "data"}, Grant: host.Grant{Files: []host.FileGrant{{Path: "data", Host: data}}}}
			if err := e.Mount(ctx, "tpch_"+connector, connector, options); err != nil {
				t.Fatal(err)
			}
			tell(t, s, "USE tpch_"+connector)
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
