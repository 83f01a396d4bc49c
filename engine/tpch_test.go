package engine

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/wasql/wasql/engine/slt"
	"github.com/wasql/wasql/host"
)

// tpchTables are the tables of TPC-H with their columns of money, which are DECIMAL(15,2); CSV cannot say so.
var tpchTables = map[string][]string{
	"customer": {"c_acctbal"}, "lineitem": {"l_quantity", "l_extendedprice", "l_discount", "l_tax"}, "nation": nil, "orders": {"o_totalprice"},
	"part": {"p_retailprice"}, "partsupp": {"ps_supplycost"}, "region": nil, "supplier": {"s_acctbal"},
}

// TestTPCH asks the 22 questions of TPC-H, which DuckDB answered on the same files, of Parquet and of CSV.
func TestTPCH(t *testing.T) {
	data := slt.TPCH(t)
	files, err := filepath.Glob("testdata/tpch/*.slt")
	if err != nil || len(files) != 22 {
		t.Fatalf("%d scripts: %v", len(files), err)
	}
	grant := func(context.Context, string, string) ([]host.FileGrant, error) {
		return []host.FileGrant{{Path: "data", Host: data}}, nil
	}
	_, s := newEngine(t, Config{GrantPath: grant}, "store", "csv", "parquet")
	random := rand.New(rand.NewPCG(uint64(*scriptSeed), 22))
	for _, format := range []string{"parquet", "csv"} {
		t.Run(format, func(t *testing.T) {
			if format == "csv" && testing.Short() {
				t.Skip("the other format takes as long again")
			}
			for table, money := range tpchTables {
				types := ""
				for _, column := range money {
					types += "," + column + ":DECIMAL(15,2)"
				}
				if format == "csv" && types != "" {
					types = fmt.Sprintf(", types='%s'", types[1:])
				} else {
					types = ""
				}
				tell(t, s, "DROP TABLE IF EXISTS "+table, fmt.Sprintf("CREATE VIRTUAL TABLE %s USING %s(path='data/%s.%s'%s)", table, format, table, format, types))
			}
			for _, path := range files {
				script, err := slt.Parse(path)
				if err != nil {
					t.Fatal(err)
				}
				// The first format as ever, the other with parts of each question left to the engine. That all of them run on rows alone takes too long.
				way := "SET wasql_pushdown_refuse = 0, wasql_batch_rows = 0, wasql_parallel = 2, wasql_memory = 268435456"
				if format == "csv" {
					way = fmt.Sprintf("SET wasql_pushdown_refuse = %d, wasql_batch_rows = %d, wasql_parallel = %d, wasql_memory = %d",
						1+random.IntN(1000), []int{100, 1000, 65_536}[random.IntN(3)], 1+3*random.IntN(2), []int{4_000_000, 268435456}[random.IntN(2)])
				}
				tell(t, s, way)
				slt.Run(t, script, func(sql string) ([]string, [][]string, error) {
					// A plan that multiplies rows must fail here, not stop the run.
					ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
					defer cancel()
					columns, rows, _, err := ask(ctx, s, sql)
					return columns, rows, err
				})
			}
		})
	}
}
