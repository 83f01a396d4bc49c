package engine

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/wasql/wasql/host"
)

// oracleTypes are the columns of the tables o and c behind id.
const oracleTypes = "i:INT,b:BIGINT,u:BIGINT UNSIGNED,x:DOUBLE,d:DECIMAL(10%2C2),s:VARCHAR(40),da:DATE,dt:DATETIME(6)"

// newOracle opens an engine in which o and c are there four times: o_s and c_s in the store, the others in files.
func newOracle(t *testing.T) *oracle {
	t.Helper()
	folder := t.TempDir()
	for _, name := range []string{"o.parquet", "c.parquet"} {
		data, err := os.ReadFile(filepath.Join("testdata", "oracle", name))
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, name), data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	e, s := newEngine(t, Config{GrantPath: func(context.Context, string, string) ([]host.FileGrant, error) {
		return []host.FileGrant{{Path: "data", Host: folder}}, nil
	}}, "store", "csv", "json", "parquet", "series-go")
	name := func(table, connector, path string) {
		if err := e.NameTable(t.Context(), "main", table, connector, path); err != nil {
			t.Fatal(err)
		}
	}
	for _, table := range []string{"o", "c"} {
		name(table+"_pq", "parquet", "data/"+table+".parquet")
	}
	if err := s.Use(t.Context(), "main"); err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"o", "c"} {
		columns := strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(oracleTypes, "%2C", ";"), ",", ", "), ";", ",")
		tell(t, s, fmt.Sprintf("CREATE TABLE %s_s (id INT PRIMARY KEY, %s, KEY (i), KEY (s), KEY (d, da))", table, strings.ReplaceAll(columns, ":", " ")),
			fmt.Sprintf("INSERT INTO %s_s SELECT * FROM %[1]s_pq", table))
		writeOracleFiles(t, s, folder, table)
		name(table+"_csv", "csv", "data/"+table+".csv?null=NULL&types=id:INT,"+oracleTypes)
		name(table+"_json", "json", "data/"+table+".ndjson?types=id:INT,"+oracleTypes)
	}
	return &oracle{t: t, s: s}
}

// writeOracleFiles writes a table of the store as lines of csv and of json.
func writeOracleFiles(t *testing.T, s *Session, folder, table string) {
	t.Helper()
	names, rows, _, err := ask(t.Context(), s, "SELECT * FROM "+table+"_s ORDER BY id")
	if err != nil || len(rows) < 40 {
		t.Fatal(len(rows), err)
	}
	var csv, json strings.Builder
	csv.WriteString(strings.Join(names, ",") + "\n")
	for _, row := range rows {
		var values, fields []string
		for i, value := range row {
			quoted := value
			if value == "NULL" {
				values, fields = append(values, value), append(fields, fmt.Sprintf("%q: null", names[i]))
				continue
			}
			if names[i] == "s" || names[i] == "da" || names[i] == "dt" {
				quoted = strconv.Quote(value)
				value = `"` + strings.ReplaceAll(value, `"`, `""`) + `"`
			}
			values, fields = append(values, value), append(fields, fmt.Sprintf("%q: %s", names[i], quoted))
		}
		csv.WriteString(strings.Join(values, ",") + "\n")
		json.WriteString("{" + strings.Join(fields, ", ") + "}\n")
	}
	for file, text := range map[string]string{table + ".csv": csv.String(), table + ".ndjson": json.String()} {
		if err := os.WriteFile(filepath.Join(folder, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

var oracleFold = strings.NewReplacer("á", "a", "é", "e", "ß", "ss")

// oneForm gives values that stand for each other one form: numbers without the zeros that their way of computing left, and the last digits of
// sums of floats; texts that are equal to the collation, when any of them may be in an answer.
func oneForm(value string, folds bool) string {
	if strings.ContainsAny(value, ".e") {
		if f, err := strconv.ParseFloat(value, 64); err == nil {
			if value = strconv.FormatFloat(f, 'g', 12, 64); value == "-0" {
				value = "0"
			}
			return value
		}
	}
	if folds {
		value = oracleFold.Replace(strings.ToLower(value))
	}
	return value
}
