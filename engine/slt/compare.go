package slt

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// canonical spells value so that two equal values of a type look the same: an integer
// that came as 7.0 or 7e0 is 7, a number has no trailing zeros, nor
// have the parts of a second, an empty text is (empty).
func canonical(letter byte, value string) string {
	if value == "NULL" {
		return value
	}
	switch letter {
	case 'I':
		if exact, ok := new(big.Rat).SetString(value); ok && exact.IsInt() {
			return exact.Num().String()
		}
	case 'R':
		if f, err := strconv.ParseFloat(value, 64); err == nil {
			if f == 0 {
				f = 0 // not -0
			}
			return strconv.FormatFloat(f, 'f', -1, 64)
		}
	case 'T', 'D':
		if value == "" {
			return "(empty)"
		}
		if letter == 'D' && strings.Contains(value, ":") && strings.Contains(value, ".") {
			value = strings.TrimSuffix(strings.TrimRight(value, "0"), ".")
		}
		return strings.NewReplacer("\t", `\t`, "\n", `\n`).Replace(value)
	}
	return value
}

// canonicalRows spells every value of rows and sorts them as the mode says.
func canonicalRows(types string, mode Sort, rows [][]string) [][]string {
	out := make([][]string, len(rows))
	for i, row := range rows {
		out[i] = make([]string, len(row))
		for c, value := range row {
			letter := byte('T')
			if c < len(types) {
				letter = types[c]
			}
			out[i][c] = canonical(letter, value)
		}
	}
	switch mode {
	case RowSort:
		slices.SortFunc(out, slices.Compare)
	case ValueSort:
		values := slices.Concat(out...)
		slices.Sort(values)
		for i := range out {
			n := len(out[i])
			out[i], values = values[:n:n], values[n:]
		}
	}
	return out
}

// compare tells the first difference between the rows got and wanted by r, both
// canonical, or nothing.
func compare(r *Record, got, want [][]string) error {
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got):
			return fmt.Errorf("got %d rows, want %d: the first that is missing is %s", len(got), len(want), show(want[i]))
		case i >= len(want):
			return fmt.Errorf("got %d rows, want %d: the first too many is %s", len(got), len(want), show(got[i]))
		case len(got[i]) != len(r.Types):
			return fmt.Errorf("row %d has %d columns, want %d", i+1, len(got[i]), len(r.Types))
		}
		for c := range want[i] {
			if !same(r.Types[c], got[i][c], want[i][c]) {
				return fmt.Errorf("row %d of %d, column %d: got %s, want %s\n got row: %s\nwant row: %s",
					i+1, len(want), c+1, got[i][c], want[i][c], show(got[i]), show(want[i]))
			}
		}
	}
	return nil
}

// same compares two canonical values.
func same(letter byte, got, want string) bool {
	if got == want {
		return true
	}
	if letter != 'R' {
		return false
	}
	a, errA := strconv.ParseFloat(got, 64)
	b, errB := strconv.ParseFloat(want, 64)
	return errA == nil && errB == nil && math.Abs(a-b) <= 1e-9*max(math.Abs(a), math.Abs(b))
}

func show(row []string) string { return strings.Join(row, "\t") }
