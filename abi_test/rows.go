package abitest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/host"
)

// read says which rows of a plan to read.
type read struct {
	table     *pb.TableRef
	plan      []byte
	columns   []uint32
	partition []byte
	params    []*pb.Value
	arguments []*pb.Arguments
	batchRows uint32
	rowsMax   int
}

// rows reads a scan in an instance of its own choosing; each row holds the wanted columns only.
func (s *suite) rows(ctx context.Context, r read) ([][]any, error) {
	scan, err := s.connector.OpenScan(ctx, 1, &pb.OpenScanRequest{Table: r.table, Plan: r.plan, Partition: r.partition, Params: r.params,
		Arguments: r.arguments, Columns: r.columns, BatchRows: r.batchRows})
	if err != nil {
		return nil, err
	}
	rows, err := drain(ctx, scan, r.columns, r.rowsMax)
	return rows, errors.Join(err, scan.Close())
}

// drain reads up to limit rows, keeping the wanted columns in the wanted order.
func drain(ctx context.Context, scan *host.Scan, columns []uint32, limit int) ([][]any, error) {
	positions := make([]int, len(columns))
	for i, wanted := range columns {
		positions[i] = -1
		for j, sent := range scan.Columns() {
			if sent.GetColumn() == wanted {
				positions[i] = j
			}
		}
		if positions[i] < 0 {
			return nil, fmt.Errorf("the scan does not send column %d, which was asked for (clause 8.12)", wanted)
		}
	}
	var rows [][]any
	for len(rows) < limit {
		batch, err := scan.Next(ctx)
		if errors.Is(err, io.EOF) {
			if _, err = scan.Next(ctx); !errors.Is(err, io.EOF) {
				return nil, fmt.Errorf("a row came after the end (clause 8.14): %v", err)
			}
			return rows, nil
		}
		if err != nil {
			return nil, err
		}
		for i := range batch.Len() {
			row := make([]any, len(positions))
			for c, position := range positions {
				row[c] = value(&batch.Cols[position], batch.Row(i))
			}
			rows = append(rows, row)
		}
	}
	return rows[:limit], nil
}

// value copies one value out of a batch: nil, bool, int64, uint64, float64, string (text and
// decimals), or raw for bytes.
func value(v *col.Vec, row int) any {
	switch {
	case v.IsNull(row):
		return nil
	case v.Type == col.Bool:
		return v.Bool(row)
	case v.Type.Unsigned(), v.Type == col.Set, v.Type == col.Bit, v.Type == col.Enum:
		return v.Uint64(row)
	case v.Type == col.Float32, v.Type == col.Float64:
		return v.Float64(row)
	case v.Type == col.Decimal128, v.Type == col.Decimal256:
		return decimal(v.Decimal(row).Text(v.Scale))
	case v.Type.Varying():
		if v.Type == col.UTF8 {
			return strings.Clone(v.Text(row))
		}
		return raw(v.Bytes(row))
	}
	return v.Int64(row)
}

// raw is bytes that are compared but not ordered by the suite; decimal is digits.
type (
	raw     string
	decimal string
)

// compare orders two values of one column; NULL comes first.
func compare(a, b any) int {
	if a == nil || b == nil {
		switch {
		case a == nil && b == nil:
			return 0
		case a == nil:
			return -1
		}
		return 1
	}
	switch a := a.(type) {
	case int64:
		return cmp.Compare(a, b.(int64))
	case uint64:
		return cmp.Compare(a, b.(uint64))
	case float64:
		return cmp.Compare(a, b.(float64))
	case string:
		return cmp.Compare(a, b.(string))
	case raw:
		return cmp.Compare(a, b.(raw))
	case bool:
		return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b))
	case decimal:
		return compareDecimals(string(a), string(b.(decimal)))
	}
	return 0
}

func compareDecimals(a, b string) int {
	x, errA := col.ParseDecimal(a, 30)
	y, errB := col.ParseDecimal(b, 30)
	if errA != nil || errB != nil {
		return cmp.Compare(a, b)
	}
	if x.Negative() != y.Negative() {
		if x.Negative() {
			return -1
		}
		return 1
	}
	for i := 3; i >= 0; i-- {
		if c := cmp.Compare(x[i], y[i]); c != 0 {
			return c
		}
	}
	return 0
}

func sameRows(a, b [][]any) (string, bool) {
	if len(a) != len(b) {
		return fmt.Sprintf("%d rows against %d", len(a), len(b)), false
	}
	for i := range a {
		for c := range a[i] {
			if compare(a[i][c], b[i][c]) != 0 {
				return fmt.Sprintf("row %d, column %d: %v against %v", i, c, a[i][c], b[i][c]), false
			}
		}
	}
	return "", true
}
