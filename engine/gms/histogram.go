package gms

import (
	"errors"
	"io"
	"math/rand/v2"
	"slices"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/stats"

	"github.com/wasql/wasql/abi/pb"
)

const (
	// bucketsMax is how many buckets a histogram gets.
	bucketsMax = 20
	// sampleRows is how many rows of a table are kept to make its histograms.
	sampleRows = 20_000
)

// distribution is how the values of a list of columns are distributed.
type distribution struct {
	rows, distinct, nulls uint64
	buckets               []sql.HistogramBucket
}

// sample is what was seen of a table read from one end to the other.
type sample struct {
	rows []sql.Row
	// of is how many rows the table has.
	of uint64
}

// takeSample reads the table, and keeps rows of which each had the same chance.
func takeSample(ctx *sql.Context, table sql.Table) (s sample, err error) {
	partitions, err := table.Partitions(ctx)
	if err != nil {
		return s, err
	}
	rows := sql.NewTableRowIter(ctx, table, partitions)
	defer func() { err = errors.Join(err, rows.Close(ctx)) }()
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same table gives the same histogram
	for {
		row, err := rows.Next(ctx)
		if errors.Is(err, io.EOF) {
			return s, nil
		}
		if err != nil {
			return s, err
		}
		s.of++
		if len(s.rows) < sampleRows {
			s.rows = append(s.rows, row)
		} else if at := random.Uint64N(s.of); at < sampleRows {
			s.rows[at] = row
		}
	}
}

// distribution counts the values of columns, given by their position in the rows and their types.
func (s sample) distribution(ctx *sql.Context, positions []int, types []sql.Type) (*distribution, error) {
	keys := make([]sql.Row, len(s.rows))
	for i, row := range s.rows {
		keys[i] = make(sql.Row, len(positions))
		for j, position := range positions {
			keys[i][j] = row[position]
		}
	}
	var failed error
	slices.SortFunc(keys, func(a, b sql.Row) int {
		order, err := compareKeys(ctx, types, a, b)
		failed = errors.Join(failed, err)
		return order
	})
	if failed != nil {
		return nil, failed
	}
	groups, err := groupsOf(ctx, types, keys)
	if err != nil {
		return nil, err
	}
	scale := 1.0
	if len(s.rows) > 0 {
		scale = float64(s.of) / float64(len(s.rows))
	}
	return spread(groups, s.of, scale), nil
}

// group is a run of equal keys.
type group struct {
	key   sql.Row
	rows  uint64
	nulls uint64
}

func groupsOf(ctx *sql.Context, types []sql.Type, keys []sql.Row) ([]group, error) {
	var groups []group
	for _, key := range keys {
		if n := len(groups); n > 0 {
			order, err := compareKeys(ctx, types, groups[n-1].key, key)
			if err != nil {
				return nil, err
			}
			if order == 0 {
				groups[n-1].rows++
				groups[n-1].nulls += nullIn(key)
				continue
			}
		}
		groups = append(groups, group{key: key, rows: 1, nulls: nullIn(key)})
	}
	return groups, nil
}

func nullIn(key sql.Row) uint64 {
	if slices.Contains(key, nil) {
		return 1
	}
	return 0
}

// spread puts groups into buckets of about the same height, each with its last key as its bound.
func spread(groups []group, of uint64, scale float64) *distribution {
	scaled := func(n uint64) uint64 { return uint64(float64(n)*scale + 0.5) }
	d := &distribution{rows: of}
	seen := uint64(0)
	for _, g := range groups {
		seen += g.rows
		d.nulls += g.nulls
	}
	d.nulls = scaled(d.nulls)
	d.distinct = uint64(len(groups))
	if d.distinct*2 > seen {
		// Most keys of the sample came once: there are more where these came from.
		d.distinct = scaled(d.distinct)
	}
	height := max(1, (seen+bucketsMax-1)/bucketsMax)
	var rows, distinct, nulls uint64
	for i, g := range groups {
		rows, distinct, nulls = rows+g.rows, distinct+1, nulls+g.nulls
		if rows < height && i < len(groups)-1 {
			continue
		}
		d.buckets = append(d.buckets, stats.NewHistogramBucket(scaled(rows), scaled(distinct), scaled(nulls), scaled(g.rows), g.key, nil, nil))
		rows, distinct, nulls = 0, 0, 0
	}
	return d
}

// compareKeys orders keys as an index does, NULL first.
func compareKeys(ctx *sql.Context, types []sql.Type, a, b sql.Row) (int, error) {
	for i, t := range types {
		switch {
		case a[i] == nil && b[i] == nil:
			continue
		case a[i] == nil:
			return -1, nil
		case b[i] == nil:
			return 1, nil
		}
		if order, err := t.Compare(ctx, a[i], b[i]); err != nil || order != 0 {
			return order, err
		}
	}
	return 0, nil
}

// toldDistribution is what a connector told about columns.
func toldDistribution(ctx *sql.Context, rows uint64, told *pb.ColumnStatistics, types []sql.Type) (*distribution, error) {
	d := &distribution{rows: rows, distinct: told.GetDistinct(), nulls: told.GetNulls()}
	if told.Distinct == nil {
		d.distinct = rows
	}
	for _, b := range told.Histogram {
		if len(b.UpperBound) != len(types) {
			return nil, errors.New("a bucket whose bound has another number of values than there are columns")
		}
		bound := make(sql.Row, len(types))
		for i, v := range b.UpperBound {
			var err error
			if bound[i], err = SQLValue(ctx, types[i], v); err != nil {
				return nil, err
			}
		}
		d.buckets = append(d.buckets, stats.NewHistogramBucket(b.Rows, b.Distinct, b.Nulls, 1, bound, nil, nil))
	}
	return d, nil
}
