package vec

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/wasql/wasql/abi/col"
)

// clock is a batch of a column of datetimes.
func clock(texts ...string) *col.Batch {
	micros := make([]int64, len(texts))
	for i, text := range texts {
		if micros[i] = col.ZeroDatetime; text != "" {
			at, err := time.Parse("2006-01-02 15:04:05.999999", text)
			if err != nil {
				panic(err)
			}
			micros[i] = at.UnixMicro()
		}
	}
	return &col.Batch{Rows: len(texts), Cols: []col.Vec{{Type: col.Datetime, Len: len(texts), Scale: 6, Fixed: col.BytesOf(micros)}}}
}

var instant = Column(0, col.Field{Type: col.Datetime, Scale: 6})

func TestShift(t *testing.T) {
	odd := 0
	at := func(by Interval, seconds bool) Expr {
		return Shift(instant, by, col.Field{Type: col.Datetime, Scale: 1}, seconds, func() { odd++ })
	}
	b := clock("2024-02-29 12:00:00", "2023-01-31 00:00:00.9", "", "9999-12-31 23:59:59", "0000-01-01 00:00:00")
	expect(t, b, at(Interval{Months: 12}, false), "2025-02-28 12:00:00.0", "2024-01-31 00:00:00.9", "NULL", "NULL", "0001-01-01 00:00:00.0")
	expect(t, b, at(Interval{Months: 1}, true), "2024-03-29 12:00:00.0", "2023-02-28 00:00:00.0", "NULL", "NULL", "0000-02-01 00:00:00.0")
	expect(t, b, at(Interval{Days: -1}, false), "2024-02-28 12:00:00.0", "2023-01-30 00:00:00.9", "NULL", "9999-12-30 23:59:59.0", "NULL")
	expect(t, b, at(Interval{Micros: -1_000_000}, false), "2024-02-29 11:59:59.0", "2023-01-30 23:59:59.9", "NULL", "9999-12-31 23:59:58.0", "NULL")
	expect(t, b, at(Interval{Micros: 43_200_100_000}, false), "2024-03-01 00:00:00.1", "2023-01-31 12:00:01.0", "NULL", "NULL", "0000-01-01 12:00:00.1")
	if odd != 5 {
		t.Errorf("0000-00-00 was met %d times, want 5", odd)
	}
}

// TestDatePartsAreThoseOfTheCalendar compares them with package time.
func TestDatePartsAreThoseOfTheCalendar(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 9))
	for range 2000 {
		at := time.UnixMicro(firstDay*microsPerDay + random.Int64N((lastDay-firstDay+1)*microsPerDay)).UTC()
		b := clock(at.Format("2006-01-02 15:04:05.999999"))
		for part, want := range map[Part]int{
			Year: at.Year(), Quarter: (int(at.Month()) + 2) / 3, Month: int(at.Month()), Day: at.Day(), YearMonth: at.Year()*100 + int(at.Month()), DayOfYear: at.YearDay(),
			DayOfWeek: int(at.Weekday()) + 1, Weekday: (int(at.Weekday()) + 6) % 7, Hour: at.Hour(), Minute: at.Minute(), Second: at.Second(), Microsecond: at.Nanosecond() / 1000,
		} {
			v, err := DatePart(part, instant, col.Field{Type: col.Int32}, 0).Eval(b)
			if err != nil || v.Int64(0) != int64(want) {
				t.Fatalf("part %d of %s is %d, want %d (%v)", part, at, v.Int64(0), want, err)
			}
		}
	}
}
