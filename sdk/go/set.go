package wasql

import (
	"strconv"
	"time"
)

// Set sets a column from any Go value: nil is NULL; bool, all integers and floats, string, []byte, Value,
// time.Time (for date and datetime columns, as UTC) and time.Duration (for time columns) are taken. A
// value that does not fit the column fails the scan, as it does with the typed methods, which are faster.
func (r *Rows) Set(column int, value any) error {
	if r.at[column] < 0 {
		return nil
	}
	switch v := value.(type) {
	case nil:
		r.Null(column)
	case bool:
		r.Bool(column, v)
	case int:
		r.number(column, int64(v))
	case int8:
		r.number(column, int64(v))
	case int16:
		r.number(column, int64(v))
	case int32:
		r.number(column, int64(v))
	case int64:
		r.number(column, v)
	case uint:
		r.Uint64(column, uint64(v))
	case uint8:
		r.Uint64(column, uint64(v))
	case uint16:
		r.Uint64(column, uint64(v))
	case uint32:
		r.Uint64(column, uint64(v))
	case uint64:
		r.Uint64(column, v)
	case float32:
		r.float(column, float64(v))
	case float64:
		r.float(column, v)
	case string:
		r.String(column, v)
	case []byte:
		r.Bytes(column, v)
	case time.Time:
		return r.time(column, v)
	case time.Duration:
		r.Int64(column, v.Microseconds())
	case Value:
		r.value(column, v)
	default:
		return Errorf(InvalidData, "column %s, row %d of the batch: a %T is no SQL value", r.columns[column].Name, r.Len()+1, value)
	}
	return nil
}

// number sets a whole number, also in a column of text, as its digits.
func (r *Rows) number(column int, n int64) {
	if r.columns[column].Type.Varying() {
		r.String(column, strconv.FormatInt(n, 10))
		return
	}
	r.Int64(column, n)
}

func (r *Rows) float(column int, f float64) {
	switch t := r.columns[column].Type; {
	case t == Decimal128 || t == Decimal256:
		r.Decimal(column, strconv.FormatFloat(f, 'f', -1, 64))
	case t.Varying():
		r.String(column, strconv.FormatFloat(f, 'g', -1, 64))
	default:
		r.Float64(column, f)
	}
}

const microsecondsPerDay = 86_400_000_000

func (r *Rows) time(column int, t time.Time) error {
	micros := t.UnixMicro()
	switch r.columns[column].Type {
	case Datetime:
		r.Int64(column, micros)
	case Date:
		days := micros / microsecondsPerDay
		if micros%microsecondsPerDay < 0 {
			days--
		}
		r.Int64(column, days)
	default:
		return Errorf(InvalidData, "column %s, row %d of the batch: a time.Time does not fit type %s", r.columns[column].Name, r.Len()+1, r.columns[column].Type)
	}
	return nil
}

func (r *Rows) value(column int, v Value) {
	switch v.kind {
	case KindNull:
		r.Null(column)
	case KindBool, KindInt64, KindDate, KindTime, KindDatetime:
		r.number(column, int64(v.bits))
	case KindUint64:
		r.Uint64(column, v.bits)
	case KindFloat64:
		f, _ := v.Float64()
		r.float(column, f)
	default:
		r.String(column, v.text)
	}
}

// Add adds a row of values, one a column of the table, in order.
func (r *Rows) Add(values ...any) error {
	if len(values) != len(r.columns) {
		return Errorf(InvalidData, "row %d of the batch has %d values, the table has %d columns", r.Len()+1, len(values), len(r.columns))
	}
	for i, v := range values {
		if err := r.Set(i, v); err != nil {
			return err
		}
	}
	r.EndRow()
	return nil
}

// AddMap adds a row of named values; columns it does not name are NULL. A name that is no column is an error.
func (r *Rows) AddMap(row map[string]any) error {
	if r.names == nil {
		r.names = make(map[string]int, len(r.columns))
		for i := range r.columns {
			r.names[r.columns[i].Name] = i
		}
	}
	for name, v := range row {
		column, ok := r.names[name]
		if !ok {
			return Errorf(InvalidData, "row %d of the batch has a value for %q, which is no column", r.Len()+1, name)
		}
		if err := r.Set(column, v); err != nil {
			return err
		}
	}
	r.EndRow()
	return nil
}
