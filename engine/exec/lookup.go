package exec

import (
	"errors"
	"io"
	"slices"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
)

// Run starts the scan with params that are bound already; the connector is asked when the first row
// is wanted. It is for scans that are no node of a plan.
func (p *ScanPlan) Run(params []*pb.Value) sql.RowIter {
	if p.Empty {
		return sql.RowsToRowIter()
	}
	return &scanIter{plan: p, access: &p.Main, params: params}
}

// SortedRows reads rows to the end, closes them, and gives them in the order of the keys: NULLs
// first, or last where a key descends. Rows that are equal stay as they came.
func SortedRows(ctx *sql.Context, rows sql.RowIter, keys []WatchKey) (_ sql.RowIter, err error) {
	defer func() { err = errors.Join(err, rows.Close(ctx)) }()
	var all []sql.Row
	for {
		row, err := rows.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		all = append(all, row)
	}
	slices.SortStableFunc(all, func(a, b sql.Row) int {
		for i := range keys {
			order, failed := compareKey(ctx, &keys[i], a[keys[i].Position], b[keys[i].Position])
			if failed != nil && err == nil {
				err = failed
			}
			if order != 0 {
				return order
			}
		}
		return 0
	})
	return sql.RowsToRowIter(all...), err
}
