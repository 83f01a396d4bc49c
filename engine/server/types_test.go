package server

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"

	_ "github.com/go-sql-driver/mysql" // the client of these tests

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/engine"
)

// everyType has each type with its extremes, written as in SQL.
var everyType = []struct{ column, values string }{
	{"TINYINT", "-128|127|0"}, {"SMALLINT", "-32768|32767|0"}, {"MEDIUMINT", "-8388608|8388607|1"}, {"INT", "-2147483648|2147483647|5"},
	{"BIGINT", "-9223372036854775808|9223372036854775807|-1"}, {"TINYINT UNSIGNED", "0|255|1"}, {"SMALLINT UNSIGNED", "0|65535|1"},
	{"MEDIUMINT UNSIGNED", "0|16777215|1"}, {"INT UNSIGNED", "0|4294967295|1"}, {"BIGINT UNSIGNED", "0|18446744073709551615|1"},
	{"FLOAT", "-3.40282e38|3.40282e38|0.1|16777216|1e-30"}, {"DOUBLE", "-1.7976931348623157e308|1.7976931348623157e308|0.1|1e15|1e14|1e-15|123456.789"},
	{"DECIMAL(5,2)", "-999.99|999.99|0|0.05|-0.05"}, {"DECIMAL(18,0)", "-999999999999999999|999999999999999999|7"},
	{"DECIMAL(38,20)", "-999999999999999999.99999999999999999999|0.00000000000000000001|0"},
	{"DECIMAL(65,30)", "-99999999999999999999999999999999999.999999999999999999999999999999|12345678901234567890.5|0"},
	{"DATE", "'1000-01-01'|'9999-12-31'|'2024-02-29'|'0001-01-01'"}, {"DATETIME", "'1000-01-01 00:00:00'|'9999-12-31 23:59:59'|'1969-12-31 23:59:59'"},
	{"DATETIME(3)", "'1000-01-01 00:00:00'|'2024-02-29 12:34:56.789'|'2024-01-01 10:00:00'"}, {"DATETIME(6)", "'9999-12-31 23:59:59.999999'|'1900-01-01 00:00:00.000001'"},
	{"TIMESTAMP", "'1970-01-02 00:00:01'|'2038-01-18 03:14:07'"}, {"TIME", "'-838:59:59'|'838:59:59'|'00:00:00'|'12:34:56'|'-00:00:01'"},
	{"TIME(6)", "'12:34:56.789012'|'-838:59:59'|'00:00:00.000001'"}, {"YEAR", "1901|2155|2024"}, {"CHAR(10)", "''|'abc'|'äöü€😀'"},
	{"VARCHAR(300)", "''|REPEAT('x',251)|REPEAT('ß',300)|'it''s'"}, {"TEXT", "''|REPEAT('x',65535)|REPEAT('ab',125)"}, {"LONGTEXT", "REPEAT('xyz',100000)|''"},
	{"BINARY(4)", "x'00ff0a27'|x'00000000'"}, {"VARBINARY(300)", "x''|x'00ff'|x'" + strings.Repeat("00ff", 126) + "'"}, {"BLOB", "x'00ff'|x'" + strings.Repeat("fe", 700) + "'"},
	{"BIT(1)", "0|1"}, {"BIT(12)", "0|4095|5"}, {"BIT(64)", "0|18446744073709551615|1"}, {"ENUM('a','b','ü')", "'a'|'ü'"}, {"SET('x','y','z')", "''|'x,z'|'y'"},
	{"JSON", `'null'|'{"b": 1, "a": [1, 2.5, "x"]}'|'"text"'|'12345678901234567890'`}, {"POINT", "POINT(1,2)|POINT(-1.5,1e10)"},
}

// TestEveryTypeOverTheWire compares what a client gets, as text and prepared, with the rows of the engine: by rows, and by columns.
func TestEveryTypeOverTheWire(t *testing.T) {
	e := newEngine(t, engine.Config{})
	_, address := serve(t, Config{Engine: e})
	db := dial(t, address, "?charset=utf8mb4")
	db.SetMaxOpenConns(1)
	session := e.NewSession("tester")
	defer session.Close()
	for i, c := range everyType {
		t.Run(c.column, func(t *testing.T) {
			table := fmt.Sprintf("t%d", i)
			must(t, db, fmt.Sprintf("CREATE TABLE %s (id INT PRIMARY KEY, v %s)", table, c.column))
			values := append(strings.Split(c.values, "|"), "NULL")
			for id, value := range values {
				must(t, db, fmt.Sprintf("INSERT INTO %s VALUES (%d, %s)", table, id, value))
			}
			for _, vectors := range []string{"0", "2"} {
				must(t, db, "SET wasql_vectors = "+vectors)
				for _, query := range []string{"SELECT id, v FROM %s", "SELECT id, v FROM %s WHERE id >= 0 ORDER BY id DESC", "SELECT MAX(id), v FROM %s GROUP BY v",
					"SELECT NULL, id + 0, v, CONCAT(v, '') FROM %s", "SELECT DISTINCT v FROM %s", "SELECT v FROM %s WHERE id = 1"} {
					query = fmt.Sprintf(query, table)
					want := engineRows(t, session, query)
					for _, prepared := range []bool{false, true} {
						got := clientRows(t, db, query, prepared)
						slices.Sort(want)
						slices.Sort(got)
						if !slices.Equal(want, got) {
							t.Errorf("%s, prepared %v, vectors %s:\n got %.300q\nwant %.300q", query, prepared, vectors, got, want)
						}
					}
				}
			}
		})
	}
}

// engineRows are the rows as text that MySQL would send.
func engineRows(t *testing.T, s *engine.Session, query string) (rows []string) {
	t.Helper()
	ctx := context.Background()
	result, err := s.Query(ctx, query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer func() {
		if err := result.Close(ctx); err != nil {
			t.Error(err)
		}
	}()
	for {
		row, err := result.Next(ctx)
		if errors.Is(err, io.EOF) {
			return rows
		}
		if err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		texts := make([]string, len(row))
		for i, value := range row {
			texts[i] = shown(result.Columns()[i], value)
		}
		rows = append(rows, strings.Join(texts, "|"))
	}
}

// shown is a value of the engine as MySQL shows it.
func shown(c engine.Column, value any) string {
	switch x := value.(type) {
	case nil:
		return "NULL"
	case []byte:
		return strconv.Quote(string(x))
	case uint64:
		if c.Type == col.Bit {
			bits := 64
			_, _ = fmt.Sscanf(c.SQLType, "bit(%d)", &bits) // it is 64 otherwise
			text := ""
			for at := (bits+7)/8 - 1; at >= 0; at-- {
				text += string([]byte{byte(x >> (8 * at))})
			}
			return strconv.Quote(text)
		}
	case int64:
		if c.Type == col.Year {
			return fmt.Sprintf("%04d", x)
		}
	case float64:
		if c.Type == col.Float32 {
			return strconv.FormatFloat(float64(float32(x)), 'g', 6, 64)
		}
		return strconv.FormatFloat(x, 'g', -1, 64)
	case string:
		switch c.Type {
		case col.Time, col.Datetime:
			if strings.Contains(x, ".") {
				x = strings.TrimRight(strings.TrimRight(x, "0"), ".")
			}
			return x
		}
		return strconv.Quote(x)
	}
	return fmt.Sprint(value)
}

// clientRows are the rows that a client gets, in the same form.
func clientRows(t *testing.T, db *sql.DB, query string, prepared bool) (all []string) {
	t.Helper()
	var rows *sql.Rows
	var err error
	if prepared {
		statement, failed := db.Prepare(query)
		if failed != nil {
			t.Fatalf("%s: %v", query, failed)
		}
		defer func() { _ = statement.Close() }() // the connection is closed after it
		rows, err = statement.Query()
	} else {
		rows, err = db.Query(query)
	}
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer func() { _ = rows.Close() }() // what it could say was said by Err
	types, err := rows.ColumnTypes()
	if err != nil {
		t.Fatal(err)
	}
	values, into := make([]sql.NullString, len(types)), make([]any, len(types))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		texts := make([]string, len(values))
		for i, value := range values {
			texts[i] = received(t, types[i].DatabaseTypeName(), value)
		}
		all = append(all, strings.Join(texts, "|"))
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return all
}

func received(t *testing.T, kind string, value sql.NullString) string {
	t.Helper()
	if !value.Valid {
		return "NULL"
	}
	switch kind {
	case "FLOAT", "DOUBLE":
		x, err := strconv.ParseFloat(value.String, 64)
		if err != nil {
			t.Fatal(err)
		}
		if kind == "FLOAT" {
			return strconv.FormatFloat(x, 'g', 6, 64)
		}
		return strconv.FormatFloat(x, 'g', -1, 64)
	case "TIME", "DATETIME", "TIMESTAMP":
		if strings.Contains(value.String, ".") {
			return strings.TrimRight(strings.TrimRight(value.String, "0"), ".")
		}
		return value.String
	case "TINYINT", "SMALLINT", "MEDIUMINT", "INT", "BIGINT", "UNSIGNED TINYINT", "UNSIGNED SMALLINT", "UNSIGNED MEDIUMINT", "UNSIGNED INT", "UNSIGNED BIGINT":
		return value.String
	case "YEAR":
		return value.String
	}
	return strconv.Quote(value.String)
}
