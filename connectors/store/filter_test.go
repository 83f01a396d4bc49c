package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/wasql/wasql/abi/pb"
	wasql "github.com/wasql/wasql/sdk/go"
	"github.com/wasql/wasql/sdk/go/wasqltest"
)

// mixed is a table of several types. Indexed, it has keys of all kinds.
func mixed(name string, indexed bool) *pb.Table {
	t := &pb.Table{
		Name: name, Collation: "utf8mb4_0900_bin",
		Columns: []*pb.Column{
			{Name: "a", Type: pb.Type_TYPE_INT32, SqlType: "int", NotNull: true},
			{Name: "b", Type: pb.Type_TYPE_UTF8, SqlType: "varchar(20)", NotNull: true},
			{Name: "c", Type: pb.Type_TYPE_INT8, SqlType: "tinyint"},
			{Name: "d", Type: pb.Type_TYPE_DECIMAL128, SqlType: "decimal(10,2)", Precision: 10, Scale: 2},
			{Name: "e", Type: pb.Type_TYPE_UTF8, SqlType: "varchar(20)"},
			{Name: "f", Type: pb.Type_TYPE_FLOAT64, SqlType: "double"},
		},
	}
	if indexed {
		t.PrimaryKey = []uint32{0, 1}
		t.Indexes = []*pb.Index{
			{Name: "c_d", Columns: []*pb.IndexColumn{{Column: 2}, {Column: 3, Descending: true}}},
			{Name: "d", Columns: []*pb.IndexColumn{{Column: 3}}},
			{Name: "e2", Columns: []*pb.IndexColumn{{Column: 4, PrefixLength: 2}}},
			{Name: "f_c", Columns: []*pb.IndexColumn{{Column: 5, Descending: true}, {Column: 2}}},
		}
	}
	return t
}

var mixedColumns = []string{"a", "b", "c", "d", "e", "f"}

func drawMixed(t *rapid.T, column string) wasql.Value {
	if column > "b" && rapid.IntRange(0, 4).Draw(t, "null") == 0 {
		return wasql.NullValue()
	}
	switch column {
	case "a":
		return wasql.IntValue(int64(rapid.IntRange(-3, 3).Draw(t, "a")))
	case "c":
		return wasql.IntValue(int64(rapid.SampledFrom([]int{-128, -1, 0, 1, 2, 127}).Draw(t, "c")))
	case "d":
		return wasql.DecimalValue(rapid.SampledFrom([]string{"-1.50", "0.00", "0.01", "1.00", "1.50"}).Draw(t, "d"))
	case "f":
		return wasql.FloatValue(rapid.SampledFrom([]float64{-1.5, 0, 0.25, 3}).Draw(t, "f"))
	}
	return wasql.TextValue(rapid.StringMatching(`[ab]{0,3}`).Draw(t, column))
}

// drawOperand draws a word that a column is compared with.
func drawOperand(t *rapid.T, column string) string {
	switch column {
	case "b", "e":
		return "'" + rapid.StringMatching(`[ab]{1,3}`).Draw(t, "word") + "'"
	case "f":
		return rapid.SampledFrom([]string{"-1.5", "0", "0.25", "3", "1e0", "100"}).Draw(t, "word")
	}
	return rapid.SampledFrom([]string{"-129", "-128", "-1.5", "-1", "-0.005", "0", "0.005", "0.01", "1", "1.5", "1.500", "2", "127", "128", "99999999999", "null"}).Draw(t, "word")
}

func drawWhere(t *rapid.T) string {
	column := rapid.SampledFrom(mixedColumns).Draw(t, "column")
	op := rapid.SampledFrom([]string{"=", "<>", "<", "<=", ">", ">=", "in", "is null", "is not null"}).Draw(t, "op")
	switch op {
	case "is null", "is not null":
		return column + " " + op
	case "in":
		var words []string
		for range rapid.IntRange(1, 3).Draw(t, "words") {
			words = append(words, drawOperand(t, column))
		}
		return column + " in " + strings.Join(words, " ")
	}
	return column + " " + op + " " + drawOperand(t, column)
}

// TestKeysGiveWhatAScanGives asks a table with keys and one without the same: the rows must be the same. What the plan promises is
// checked by wasqltest.
func TestKeysGiveWhatAScanGives(t *testing.T) {
	smallBlocks(t)
	used := map[string]int{}
	rapid.Check(t, func(r *rapid.T) {
		s := start(t)
		s.create(mixed("plain", false))
		s.create(mixed("keyed", true))
		var rows [][]wasql.Value
		seen := map[string]bool{}
		for range rapid.IntRange(0, 30).Draw(r, "rows") {
			var row []wasql.Value
			for _, c := range mixedColumns {
				row = append(row, drawMixed(r, c))
			}
			if key := fmt.Sprint(row[0], row[1]); !seen[key] {
				seen[key] = true
				rows = append(rows, row)
			}
		}
		for _, name := range []string{"plain", "keyed"} {
			if _, err := s.Change(name, wasqltest.Change{Kind: pb.WriteKind_WRITE_KIND_INSERT, Values: mixedColumns, Rows: rows}); err != nil {
				r.Fatal(err)
			}
		}
		for range 10 {
			q := wasqltest.Query{}
			for range rapid.IntRange(0, 3).Draw(r, "conjuncts") {
				q.Where = append(q.Where, drawWhere(r))
			}
			for _, c := range rapid.Permutation(mixedColumns).Draw(r, "order")[:rapid.IntRange(0, 3).Draw(r, "keys")] {
				q.Order = append(q.Order, c+rapid.SampledFrom([]string{"", " desc"}).Draw(r, "desc"))
			}
			if rapid.Bool().Draw(r, "limited") {
				q.Limit, q.Offset = int64(rapid.IntRange(1, 4).Draw(r, "limit")), uint64(rapid.IntRange(0, 2).Draw(r, "offset"))
			}
			plain, err := s.Try("plain", q)
			if err != nil {
				r.Fatalf("%+v: %v", q, err)
			}
			keyed, err := s.Try("keyed", q)
			if err != nil {
				r.Fatalf("%+v: %v", q, err)
			}
			used[keyed.Plan.GetIndexName()]++
			a, b := plain.Strings(), keyed.Strings()
			if q.Limit > 0 || q.Offset > 0 {
				// Which rows come depends on the order, which may leave it open.
				if len(a) != len(b) {
					r.Fatalf("%+v gives %d rows by %s, want %d", q, len(b), keyed.Plan.GetIndexName(), len(a))
				}
				continue
			}
			slices.Sort(a)
			slices.Sort(b)
			if !slices.Equal(a, b) {
				r.Fatalf("%+v gives by %q\n%s\nwant\n%s", q, keyed.Plan.GetIndexName(), strings.Join(b, "\n"), strings.Join(a, "\n"))
			}
		}
	})
	for _, name := range []string{"", "PRIMARY", "c_d", "d", "e2", "f_c"} {
		if used[name] == 0 {
			t.Errorf("no query used key %q", name)
		}
	}
}
