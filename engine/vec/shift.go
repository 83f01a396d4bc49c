package vec

import "github.com/wasql/wasql/abi/col"

// Interval is a length of time: months, days and microseconds, each with its sign.
type Interval struct{ Months, Days, Micros int64 }

// Shift moves a column of dates or datetimes. The field is a date, for days and months of dates, or a datetime. A day that its month does
// not have becomes the month's last; what leaves the years 0000 to 9999 is NULL, and so is 0000-00-00, for which odd is called. seconds
// cuts the fraction of a second off first.
func Shift(e Expr, by Interval, field col.Field, seconds bool, odd func()) Expr {
	field.Nullable = true
	return &shift{e: e, by: by, field: field, seconds: seconds, odd: odd}
}

type shift struct {
	e       Expr
	by      Interval
	field   col.Field
	seconds bool
	odd     func()
	read    reading
	out     flat
}

// The days from 0000-01-01 to 9999-12-31.
const (
	firstDay = -719_528
	lastDay  = 2_932_896
)

// Field implements Expr.
func (s *shift) Field() col.Field { return s.field }

// Eval implements Expr.
func (s *shift) Eval(b *col.Batch) (*col.Vec, error) {
	x, err := s.e.Eval(b)
	if err != nil || x.Type == col.Null {
		return x, err
	}
	values, valid := s.read.ints(x, b.Rows)
	v := s.out.reset(s.field.Type, b.Rows)
	v.Scale = s.field.Scale
	v.Valid = s.out.bits(b.Rows)
	width, isDays := v.Type.Width(), x.Type == col.Date
	for i := range b.Len() {
		row := b.Row(i)
		if !valid.Get(row) {
			continue
		}
		if isDays && values[row] == int64(col.ZeroDate) || !isDays && values[row] == col.ZeroDatetime {
			s.odd()
			continue
		}
		if moved, ok := s.move(values[row], isDays); ok {
			putInt(v.Fixed, width, row, moved)
			v.Valid.Set(row)
		}
	}
	return v, nil
}

// move gives the moved date or datetime, in what the field counts; false: it is outside of the calendar.
func (s *shift) move(value int64, isDays bool) (int64, bool) {
	day, clock := value, int64(0)
	if !isDays {
		day, clock = floorDivMod(value, microsPerDay)
		if s.seconds {
			clock -= clock % microsPerSecond
		}
	}
	if s.by.Months != 0 {
		day = addMonths(day, s.by.Months)
	}
	days, rest := floorDivMod(s.by.Micros, microsPerDay)
	day += s.by.Days + days
	if clock += rest; clock >= microsPerDay {
		day, clock = day+1, clock-microsPerDay
	}
	if day < firstDay || day > lastDay {
		return 0, false
	}
	if s.field.Type == col.Date {
		return day, true
	}
	return day*microsPerDay + clock, true
}

// addMonths moves a day by months.
func addMonths(day, months int64) int64 {
	year, month, dayOfMonth := col.CivilFromDays(int32(day))
	total := int64(year)*12 + int64(month) - 1 + months
	y, m := floorDivMod(total, 12)
	if y < -10_000 || y > 20_000 {
		return lastDay + 1 // outside in any case
	}
	first := int64(col.DaysFromCivil(int(y), int(m)+1, 1))
	y, m = floorDivMod(total+1, 12)
	length := int64(col.DaysFromCivil(int(y), int(m)+1, 1)) - first
	return first + min(int64(dayOfMonth), length) - 1
}
