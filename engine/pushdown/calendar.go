package pushdown

import (
	"math/big"
	"regexp"
	"strconv"
	"time"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/types"
	"github.com/dolthub/vitess/go/sqltypes"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
)

// calendar is the strict form of a date and time in a string.
var calendar = regexp.MustCompile(`^(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,6}))?)?$`)

const microsecondsPerDay = 86_400_000_000

// moment reads a constant as microseconds since 1970.
func moment(v any) (int64, bool) {
	switch x := v.(type) {
	case time.Time:
		// The wall clock counts: a datetime has no zone.
		wall := time.Date(x.Year(), x.Month(), x.Day(), x.Hour(), x.Minute(), x.Second(), x.Nanosecond(), time.UTC)
		return wall.UnixMicro(), x.Year() >= 1 && x.Year() <= 9999 && x.Nanosecond()%1000 == 0
	case string:
		m := calendar.FindStringSubmatch(x)
		if m == nil {
			return 0, false
		}
		part := func(i int) int {
			n, _ := strconv.Atoi(m[i]) // digits only, by the pattern
			return n
		}
		t := time.Date(part(1), time.Month(part(2)), part(3), part(4), part(5), part(6), 0, time.UTC)
		year, month, day := t.Date()
		if year != part(1) || int(month) != part(2) || day != part(3) || part(4) > 23 || part(5) > 59 || part(6) > 59 || year < 1 {
			return 0, false
		}
		micros, _ := strconv.Atoi((m[7] + "000000")[:6])
		return t.Unix()*1_000_000 + int64(micros), true
	}
	return 0, false
}

func (c *column) compareDatetime(op pb.FilterOp, v any, t sql.Type) (compared, string) {
	us, ok := moment(v)
	if !ok || !momentType(t) {
		return compared{}, beyondKind
	}
	return compared{op: op, value: &pb.Value{Kind: &pb.Value_Datetime{Datetime: us}}}, ""
}

// compareDate compares a date with a moment: one inside a day lies between two dates.
func (c *column) compareDate(op pb.FilterOp, v any, t sql.Type) (compared, string) {
	us, ok := moment(v)
	if !ok || !momentType(t) {
		return compared{}, beyondKind
	}
	days := wholes{low: big.NewInt(int64(col.DaysFromCivil(1, 1, 1))), high: big.NewInt(int64(col.DaysFromCivil(9999, 12, 31))), value: c.integerValue}
	return days.compare(op, big.NewRat(us, microsecondsPerDay))
}

func momentType(t sql.Type) bool {
	return t != nil && (types.IsTextOnly(t) || t.Type() == sqltypes.Date || t.Type() == sqltypes.Datetime || t.Type() == sqltypes.Timestamp)
}

var clock = regexp.MustCompile(`^(-?)(\d{1,3}):([0-5]\d):([0-5]\d)(?:\.(\d{1,6}))?$`)

func (c *column) compareTime(op pb.FilterOp, v any) (compared, string) {
	var us int64
	switch x := v.(type) {
	case types.Timespan:
		us = x.AsMicroseconds()
	case string:
		m := clock.FindStringSubmatch(x)
		if m == nil {
			return compared{}, beyondKind
		}
		n := func(s string) int64 {
			i, _ := strconv.ParseInt(s, 10, 64) // digits only, by the pattern
			return i
		}
		if n(m[2]) > 838 {
			return compared{}, beyondDigits
		}
		us = (n(m[2])*3600+n(m[3])*60+n(m[4]))*1_000_000 + n((m[5] + "000000")[:6])
		if m[1] != "" {
			us = -us
		}
	default:
		return compared{}, beyondKind
	}
	return compared{op: op, value: &pb.Value{Kind: &pb.Value_Time{Time: us}}}, ""
}

// compareYear takes whole years only: other numbers mean other years to MySQL.
func (c *column) compareYear(op pb.FilterOp, v any) (compared, string) {
	switch v.(type) {
	case int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64:
	default:
		return compared{}, beyondKind
	}
	r, _, _ := rational(v)
	year := r.Num()
	if !year.IsInt64() || year.Int64() < c.min || year.Int64() > c.max {
		return compared{}, beyondDigits
	}
	return compared{op: op, value: c.integerValue(year)}, ""
}
