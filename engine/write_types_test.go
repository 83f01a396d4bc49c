package engine

import (
	"fmt"
	"strings"
	"testing"
)

// writtenTypes has a column of every type, literals for two rows, and what a query gives for them.
var writtenTypes = []struct{ sqlType, first, second, read1, read2 string }{
	{"TINYINT", "-128", "127", "-128", "127"},
	{"TINYINT UNSIGNED", "0", "255", "0", "255"},
	{"SMALLINT", "-32768", "32767", "-32768", "32767"},
	{"SMALLINT UNSIGNED", "0", "65535", "0", "65535"},
	{"MEDIUMINT", "-8388608", "8388607", "-8388608", "8388607"},
	{"MEDIUMINT UNSIGNED", "0", "16777215", "0", "16777215"},
	{"INT", "-2147483648", "2147483647", "-2147483648", "2147483647"},
	{"INT UNSIGNED", "0", "4294967295", "0", "4294967295"},
	{"BIGINT", "-9223372036854775808", "9223372036854775807", "-9223372036854775808", "9223372036854775807"},
	{"BIGINT UNSIGNED", "0", "18446744073709551615", "0", "18446744073709551615"},
	{"FLOAT", "0.5", "-1e10", "0.5", "-1e+10"},
	{"DOUBLE", "0.1", "-1.7976931348623157e308", "0.1", "-1.7976931348623157e+308"},
	{"DECIMAL(10,2)", "-12345678.90", "0.005", "-12345678.90", "0.01"},
	{"DECIMAL(65,30)", "12345678901234567890123456789012345.123456789012345678901234567890", "-0.000000000000000000000000000001",
		"12345678901234567890123456789012345.123456789012345678901234567890", "-0.000000000000000000000000000001"},
	{"DATE", "'2024-02-29'", "'0000-00-00'", "2024-02-29", "0000-00-00"},
	{"TIME", "'-838:59:59'", "'12:34:56.789'", "-838:59:59", "12:34:56.789000"},
	{"DATETIME(6)", "'9999-12-31 23:59:59.999999'", "'0000-00-00'", "9999-12-31 23:59:59.999999", "0000-00-00 00:00:00.000000"},
	{"DATETIME", "'2017-07-14 02:40:00.5'", "'1000-01-01'", "2017-07-14 02:40:01", "1000-01-01 00:00:00"},
	{"TIMESTAMP(6)", "'2017-07-14 02:40:00.000001'", "'1970-01-02'", "2017-07-14 02:40:00.000001", "1970-01-02 00:00:00.000000"},
	{"YEAR", "2155", "1901", "2155", "1901"},
	{"CHAR(3)", "'abc'", "''", "abc", ""},
	{"VARCHAR(20)", "'größer 😀'", "' x '", "größer 😀", " x "},
	{"TEXT", "repeat('t', 5000)", "''", strings.Repeat("t", 5000), ""},
	{"VARBINARY(4)", "x'00ff'", "x''", "\x00\xff", ""},
	{"BLOB", "x'c328'", "'plain'", "\xc3\x28", "plain"},
	{"ENUM('a','b','c')", "'c'", "1", "c", "a"},
	{"SET('a','b','c')", "'a,c'", "''", "a,c", ""},
	{"BIT(9)", "b'100000001'", "0", "257", "0"},
	{"JSON", `'{"b": [1, 2.5, null], "a": "x"}'`, "'9007199254740993'", `{"a": "x", "b": [1, 2.5, null]}`, "9007199254740993"},
	{"GEOMETRY", "ST_GeomFromText('POINT(1 2)')", "ST_GeomFromText('LINESTRING(0 0,1 1)')", "POINT(1 2)", "LINESTRING(0 0,1 1)"},
	{"VECTOR(2)", "string_to_vector('[1,2]')", "string_to_vector('[0.5,-3]')", "[1, 2]", "[0.5, -3]"},
}

// read is the expression that shows a value of the type as text.
func read(sqlType string) string {
	switch {
	case sqlType == "GEOMETRY":
		return "ST_AsText(v)"
	case strings.HasPrefix(sqlType, "VECTOR"):
		return "vector_to_string(v)"
	case strings.HasPrefix(sqlType, "BIT"):
		return "v + 0"
	}
	return "v"
}

// TestWrittenValuesAreReadBack writes values of every type by INSERT, by INSERT … SELECT and by
// UPDATE, and reads them; NULL as well.
func TestWrittenValuesAreReadBack(t *testing.T) {
	_, s := newEngine(t, Config{}, "store")
	run := func(text string, args ...any) [][]string {
		t.Helper()
		_, rows, _, err := ask(t.Context(), s, fmt.Sprintf(text, args...))
		if err != nil {
			t.Fatalf("%.200s: %v", fmt.Sprintf(text, args...), err)
		}
		return rows
	}
	for i, c := range writtenTypes {
		t.Run(c.sqlType, func(t *testing.T) {
			table := fmt.Sprint("t", i)
			run("CREATE TABLE %s (id INT PRIMARY KEY, v %s)", table, c.sqlType)
			run("INSERT INTO %s VALUES (1, %s), (2, %s), (3, NULL)", table, c.first, c.second)
			run("INSERT INTO %s SELECT id + 10, v FROM %s", table, table)
			run("INSERT IGNORE INTO %s SELECT id + 20, v FROM %s WHERE id < 10", table, table)
			run("UPDATE %s SET v = %s WHERE id = 22", table, c.first)
			want := []string{c.read1, c.read2, "NULL", c.read1, c.read2, "NULL", c.read1, c.read1, "NULL"}
			for row, got := range run("SELECT %s FROM %s ORDER BY id", read(c.sqlType), table) {
				if got[0] != want[row] {
					t.Errorf("row %d is %.100q, want %.100q", row+1, got[0], want[row])
				}
			}
		})
	}
}
