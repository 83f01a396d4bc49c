package vec

import "github.com/wasql/wasql/abi/col"

// Part is a part of a date or a datetime.
type Part uint8

// The parts.
const (
	Year Part = iota + 1
	Quarter
	Month
	Day
	// YearMonth is 202402.
	YearMonth
	// DayOfWeek is 1 on Sundays, Weekday is 0 on Mondays.
	DayOfWeek
	Weekday
	DayOfYear
	Hour
	Minute
	Second
	Microsecond
	// Days is the date, as days since 1970-01-01.
	Days
)

const (
	microsPerSecond = 1_000_000
	microsPerDay    = 86_400 * microsPerSecond
)

// DatePart computes a part of a column of dates or datetimes, as whole numbers of the field's type. zero is that of 0000-00-00.
func DatePart(part Part, e Expr, field col.Field, zero int64) Expr {
	field.Nullable = true
	return &datePart{part: part, e: e, field: field, zero: zero}
}

type datePart struct {
	part  Part
	e     Expr
	field col.Field
	zero  int64
	read  reading
	out   flat
}

// Field implements Expr.
func (d *datePart) Field() col.Field { return d.field }

// Eval implements Expr.
func (d *datePart) Eval(b *col.Batch) (*col.Vec, error) {
	x, err := d.e.Eval(b)
	if err != nil || x.Type == col.Null {
		return x, err
	}
	values, valid := d.read.ints(x, b.Rows)
	v := d.out.reset(d.field.Type, b.Rows)
	v.Valid = valid
	days, width := x.Type == col.Date, d.field.Type.Width()
	if b.Sel == nil {
		for i, value := range values[:b.Rows] {
			putInt(v.Fixed, width, i, d.of(value, days))
		}
		return v, nil
	}
	for _, i := range b.Sel {
		putInt(v.Fixed, width, int(i), d.of(values[i], days))
	}
	return v, nil
}

// of computes the part of a date, or of a datetime.
func (d *datePart) of(value int64, isDays bool) int64 {
	day, clock := value, int64(0)
	switch {
	case isDays && value == int64(col.ZeroDate), !isDays && value == col.ZeroDatetime:
		return d.zero
	case !isDays:
		day, clock = floorDivMod(value, microsPerDay)
	}
	switch d.part {
	case Hour:
		return clock / (3600 * microsPerSecond)
	case Minute:
		return clock / (60 * microsPerSecond) % 60
	case Second:
		return clock / microsPerSecond % 60
	case Microsecond:
		return clock % microsPerSecond
	case Days:
		return day
	case Weekday:
		_, weekday := floorDivMod(day+3, 7) // 1970-01-01 was a Thursday
		return weekday
	case DayOfWeek:
		_, weekday := floorDivMod(day+4, 7)
		return weekday + 1
	}
	year, month, dayOfMonth := col.CivilFromDays(int32(day))
	switch d.part {
	case Year:
		return int64(year)
	case Quarter:
		return int64(month+2) / 3
	case Month:
		return int64(month)
	case YearMonth:
		return int64(year*100 + month)
	case DayOfYear:
		return day - int64(col.DaysFromCivil(year, 1, 1)) + 1
	}
	return int64(dayOfMonth)
}

// floorDivMod divides towards minus infinity.
func floorDivMod(a, b int64) (quotient, rest int64) {
	quotient, rest = a/b, a%b
	if rest < 0 {
		quotient, rest = quotient-1, rest+b
	}
	return quotient, rest
}
