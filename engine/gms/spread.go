package gms

import (
	"math"
	"strings"
	"sync"
	"time"

	"github.com/cockroachdb/apd/v3"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/types"

	"github.com/wasql/wasql/abi/pb"
)

// Spread is how the values of a column lie, as far as somebody knows: an estimate, good for plans only.
type Spread struct {
	// Rows is how many rows the table has, Distinct how many values the column; 0: nobody knows.
	Rows, Distinct float64
	// Min and Max are the ends of numbers, and of dates in days since 1970, when Bounded.
	Min, Max float64
	Bounded  bool
}

// spreads keeps what was asked, by the position of the column.
type spreads struct {
	mu    sync.Mutex
	known map[int]knownSpread
	// seen has the first rows of a table whose connector knows nothing of its columns.
	seen   []sql.Row
	seenAt time.Time
}

// knownSpread is a spread and when it was asked.
type knownSpread struct {
	Spread
	at time.Time
}

// spreadKept is how long a spread is used without asking again: a plan that is not the best gives the same rows.
const spreadKept = time.Minute

// headRows is how many rows are read of a table whose connector knows nothing of its columns.
const headRows = 2000

// Spread tells how the values of a column lie. A failure costs a worse plan, never the statement.
func (t *Table) Spread(ctx *sql.Context, column string) (Spread, bool) {
	position := -1
	for i, c := range t.declared.Schema {
		if strings.EqualFold(c.Name, column) {
			position = i
		}
	}
	if position < 0 || t.arguments != nil || t.rows == nil {
		return Spread{}, false
	}
	whole := *t
	whole.estimate = nil
	rows, _, err := whole.RowCount(ctx)
	if err != nil {
		return Spread{}, false
	}
	s := &t.rows.spreads
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.known[position]
	if time.Since(known.at) > spreadKept {
		if s.known == nil {
			s.known = map[int]knownSpread{}
		}
		known = knownSpread{Spread: t.askSpread(ctx, position, float64(rows)), at: time.Now()}
		s.known[position] = known
	}
	spread := known.Spread
	spread.Rows = float64(rows)
	spread.Distinct = min(spread.Distinct, spread.Rows)
	return spread, true
}

// askSpread asks the connector, or looks at the first rows.
func (t *Table) askSpread(ctx *sql.Context, position int, rows float64) Spread {
	if !t.Has(pb.TableFeature_TABLE_FEATURE_STATISTICS) {
		return t.lookSpread(ctx, position, rows)
	}
	answer, err := t.Statistics(ctx, []uint32{uint32(position)})
	if err != nil {
		return Spread{}
	}
	var s Spread
	for _, told := range answer.Columns {
		if len(told.Columns) != 1 || int(told.Columns[0]) != position {
			continue
		}
		if told.Distinct != nil {
			s.Distinct = float64(*told.Distinct)
		}
		typ := t.declared.Schema[position].Type
		low, err := SQLValue(ctx, typ, told.Min)
		high, failed := SQLValue(ctx, typ, told.Max)
		if err != nil || failed != nil {
			continue
		}
		a, is := Measure(low)
		b, isToo := Measure(high)
		s.Min, s.Max, s.Bounded = a, b, is && isToo && a <= b
	}
	if s.Distinct == 0 && s.Bounded && countable(t.declared.Schema[position].Type) {
		s.Distinct = s.Max - s.Min + 1
	}
	return s
}

// lookSpread counts the values in the first rows: when they are all different, so are those of the table; when each came again and again,
// there are no others.
func (t *Table) lookSpread(ctx *sql.Context, position int, rows float64) Spread {
	s := &t.rows.spreads
	if time.Since(s.seenAt) > spreadKept {
		s.seen, s.seenAt = t.head(ctx), time.Now()
	}
	values := map[any]bool{}
	for _, row := range s.seen {
		if v := row[position]; v != nil {
			if d, ok := v.(*apd.Decimal); ok {
				v = d.String()
			}
			if b, ok := v.([]byte); ok {
				v = string(b)
			}
			if hashable(v) {
				values[v] = true
			}
		}
	}
	seen, distinct := float64(len(s.seen)), float64(len(values))
	switch {
	case distinct == 0:
		return Spread{}
	case distinct > 0.9*seen || seen >= rows:
		return Spread{Distinct: distinct * max(1, rows/seen)}
	case distinct < seen/4:
		return Spread{Distinct: distinct}
	}
	return Spread{Distinct: distinct * math.Sqrt(max(1, rows/seen))}
}

func hashable(v any) bool {
	switch v.(type) {
	case string, time.Time, bool, int8, int16, int32, int64, int, uint8, uint16, uint32, uint64, uint, float32, float64:
		return true
	}
	return false
}

// head reads the first rows.
func (t *Table) head(ctx *sql.Context) (rows []sql.Row) {
	whole := *t
	whole.columns, whole.schema = make([]int, len(t.declared.Schema)), t.declared.Schema
	for i := range whole.columns {
		whole.columns[i] = i
	}
	partitions, err := whole.Partitions(ctx)
	if err != nil {
		return nil
	}
	reader := sql.NewTableRowIter(ctx, &whole, partitions)
	defer func() { _ = reader.Close(ctx) }() // whoever reads the table hears of it
	for len(rows) < headRows {
		row, err := reader.Next(ctx)
		if err != nil {
			break
		}
		rows = append(rows, row.Copy())
	}
	return rows
}

// countable tells whether a type's values are a day, or a number without a fraction, apart.
func countable(t sql.Type) bool {
	return types.IsInteger(t) || types.IsDateType(t)
}

// Measure gives a number for a value that can be measured: numbers, and times in days since 1970.
func Measure(v any) (float64, bool) {
	switch v := v.(type) {
	case int8:
		return float64(v), true
	case int16:
		return float64(v), true
	case int32:
		return float64(v), true
	case int64:
		return float64(v), true
	case int:
		return float64(v), true
	case uint8:
		return float64(v), true
	case uint16:
		return float64(v), true
	case uint32:
		return float64(v), true
	case uint64:
		return float64(v), true
	case float32:
		return float64(v), true
	case float64:
		return v, !math.IsNaN(v)
	case *apd.Decimal:
		f, err := v.Float64()
		return f, err == nil
	case time.Time:
		return float64(v.Unix()) / (24 * 60 * 60), true
	}
	return 0, false
}
