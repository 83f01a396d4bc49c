package engine

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/wasql/wasql/engine/sqlerr"
)

// bulkTypes are column types with texts of values for them; some do not fit narrower ones.
var bulkTypes = []struct {
	name   string
	values []string
}{
	{"TINYINT", []string{"0", "-128", "127"}},
	{"TINYINT UNSIGNED", []string{"0", "255"}},
	{"SMALLINT", []string{"-32768", "300", "7"}},
	{"MEDIUMINT", []string{"-8388608", "8388607"}},
	{"INT", []string{"1", "-2147483648", "2147483647"}},
	{"INT UNSIGNED", []string{"4294967295", "3"}},
	{"BIGINT", []string{"-9223372036854775808", "9223372036854775807", "5"}},
	{"BIGINT UNSIGNED", []string{"18446744073709551615", "6"}},
	{"FLOAT", []string{"1.5", "-2e20"}},
	{"DOUBLE", []string{"0.1", "-1e300", "3"}},
	{"DECIMAL(10,2)", []string{"12.34", "-99999999.99"}},
	{"DECIMAL(40,5)", []string{"12345678901234567890123456789.12345", "1.00000"}},
	{"VARCHAR(5)", []string{"'abc'", "''", "'äöüß€'", "'12'"}},
	{"VARCHAR(20)", []string{"'abcdefghijk'", "'äöüäöüäöü'", "'13'", "'1.5 x'"}},
	{"VARCHAR(12)", []string{"'12'", "'-7'", "'0042'", "'1.25'", "'-.5'", "'3.'", "'9'", "'1'"}},
	{"VARCHAR(13)", []string{"'12'", "'7'", "'100'"}},
	{"CHAR(3)", []string{"'a'", "'x  '", "'12'"}},
	{"TEXT", []string{"'some text 😀'", "'2020-02-03'", "'14'"}},
	{"VARBINARY(4)", []string{"x'00ff'", "'ab'"}},
	{"BLOB", []string{"x'00ff00ff00ff'", "'blob'"}},
	{"DATE", []string{"'2024-02-29'", "'1000-01-01'"}},
	{"DATETIME(3)", []string{"'2024-02-29 12:34:56.789'"}},
	{"TIMESTAMP", []string{"'2024-02-29 12:34:56'"}},
	{"TIME", []string{"'-838:59:59'", "'12:34:56'"}},
	{"YEAR", []string{"2024", "1901"}},
	{"JSON", []string{`'{"a": [1, 2]}'`, "'null'"}},
	{"ENUM('a','b','abc')", []string{"'a'", "'abc'"}},
	{"SET('x','y')", []string{"'x,y'", "''"}},
	{"BIT(9)", []string{"b'101'", "511"}},
}

// TestInsertsInBatchesAreInsertsOfRows inserts the same rows with bulk inserts on and off into random
// tables.
func TestInsertsInBatchesAreInsertsOfRows(t *testing.T) {
	_, s := newEngine(t, Config{Home: "store"}, "store")
	rounds := 150
	if testing.Short() {
		rounds = 20
	}
	failed := 0
	for seed := range uint64(rounds) {
		b := &bulkRound{t: t, s: s, random: rand.New(rand.NewPCG(seed, 1))}
		if b.run(seed) {
			failed++
		}
	}
	// The test is about both outcomes.
	if failed < rounds/10 || failed > rounds*9/10 {
		t.Errorf("%d of %d statements failed", failed, rounds)
	}
}

type bulkRound struct {
	t      *testing.T
	s      *Session
	random *rand.Rand
}

func (b *bulkRound) do(text string) error {
	b.t.Helper()
	_, _, _, err := ask(b.t.Context(), b.s, text)
	return err
}

func (b *bulkRound) must(text string) {
	b.t.Helper()
	if err := b.do(text); err != nil {
		b.t.Fatalf("%s: %v", text, err)
	}
}

// run tells whether the statements failed, as they must or must not both.
func (b *bulkRound) run(seed uint64) bool {
	columns := 1 + b.random.IntN(4)
	// Rows that are gathered tell of repeated keys later than of values that do not fit: one or the other.
	repeats := b.random.IntN(8) == 0
	var to, from, list, picked []string
	for c := range columns {
		target := bulkTypes[b.random.IntN(len(bulkTypes))]
		source := target
		if !repeats && b.random.IntN(3) == 0 {
			source = bulkTypes[b.random.IntN(len(bulkTypes))]
		}
		null := ""
		if b.random.IntN(3) == 0 {
			null = " NOT NULL"
		}
		to = append(to, fmt.Sprintf("c%d %s%s", c, target.name, null))
		from = append(from, source.name)
		list = append(list, fmt.Sprintf("c%d", c))
		switch b.random.IntN(8) {
		case 0:
			picked = append(picked, source.values[0])
		default:
			picked = append(picked, fmt.Sprintf("c%d", c))
		}
	}
	key := "PRIMARY KEY"
	if b.random.IntN(5) == 0 {
		key = "" // the source's ids repeat
	}
	extra := ""
	if b.random.IntN(4) == 0 {
		extra = ", d INT NOT NULL DEFAULT 7, e VARCHAR(10) DEFAULT (CONCAT('x', id))"
	}
	if !repeats && b.random.IntN(6) == 0 {
		extra += ", CHECK (id < 40)"
	}
	for _, name := range []string{"a", "z"} {
		b.must("DROP TABLE IF EXISTS " + name)
		b.must(fmt.Sprintf("CREATE TABLE %s (id INT %s, %s%s)", name, key, strings.Join(to, ", "), extra))
	}
	b.source(from, repeats)
	order := "" // what the rows are is the same in any order, the first error is not
	if b.random.IntN(2) == 0 {
		order = " ORDER BY n DESC"
	}
	statement := fmt.Sprintf("INSERT INTO %%s (id, %s) SELECT id, %s FROM source%s", strings.Join(list, ", "), strings.Join(picked, ", "), order)
	return b.compare(seed, statement)
}

// source makes a table whose rows have values, and sometimes NULLs and repeated ids.
func (b *bulkRound) source(types []string, repeats bool) {
	var columns []string
	for c, name := range types {
		columns = append(columns, fmt.Sprintf("c%d %s", c, name))
	}
	b.must("DROP TABLE IF EXISTS source")
	b.must("CREATE TABLE source (n INT PRIMARY KEY, id INT, " + strings.Join(columns, ", ") + ")")
	nulls := !repeats && b.random.IntN(2) == 0
	for n := range 1 + b.random.IntN(60) {
		id := n
		if repeats && b.random.IntN(10) == 0 {
			id = n / 2
		}
		values := []string{fmt.Sprint(n), fmt.Sprint(id)}
		for _, name := range types {
			i := slices.IndexFunc(bulkTypes, func(t struct {
				name   string
				values []string
			}) bool {
				return t.name == name
			})
			value := bulkTypes[i].values[b.random.IntN(len(bulkTypes[i].values))]
			if nulls && b.random.IntN(30) == 0 {
				value = "NULL"
			}
			values = append(values, value)
		}
		b.must("INSERT INTO source VALUES (" + strings.Join(values, ", ") + ")")
	}
}

func (b *bulkRound) compare(seed uint64, statement string) bool {
	b.must("SET SESSION wasql_bulk_insert = 1")
	bulk := b.outcome(fmt.Sprintf(statement, "a"), "a")
	b.must("SET SESSION wasql_bulk_insert = 0")
	rows := b.outcome(fmt.Sprintf(statement, "z"), "z")
	if bulk != rows {
		_, definition, _, _ := ask(b.t.Context(), b.s, "SHOW CREATE TABLE z")
		_, source, _, _ := ask(b.t.Context(), b.s, "SHOW CREATE TABLE source")
		b.t.Fatalf("seed %d: %s\n%s\n%s\nin batches: %s\nby rows: %s", seed, statement, definition, source, bulk, rows)
	}
	return strings.HasPrefix(bulk, "error")
}

// outcome is what a statement did, without the table's name.
func (b *bulkRound) outcome(statement, table string) string {
	result, err := b.s.Query(b.t.Context(), statement)
	affected := uint64(0)
	if err == nil {
		affected = result.RowsAffected()
		err = result.Close(b.t.Context())
	}
	_, rows, _, readErr := ask(b.t.Context(), b.s, "SELECT * FROM "+table)
	if readErr != nil {
		b.t.Fatal(readErr)
	}
	var lines []string
	for _, row := range rows {
		lines = append(lines, strings.Join(row, "|"))
	}
	slices.Sort(lines)
	if e := sqlerr.From(err); e != nil {
		message := strings.NewReplacer("'"+table+".", "'t.", `"`+table+"_", `"t_`).Replace(e.Message)
		return fmt.Sprintf("error %d %s: %s\n%s", e.Errno, e.State, message, strings.Join(lines, "\n"))
	}
	return fmt.Sprintf("%d rows\n%s", affected, strings.Join(lines, "\n"))
}
