package col

import (
	"math"
	"testing"
	"time"
)

func TestCivilDaysAgreeWithPackageTime(t *testing.T) {
	start := time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)
	end := time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
	for day := start; !day.After(end); day = day.AddDate(0, 0, 13) {
		want := int32(math.Floor(float64(day.Unix()) / 86_400))
		if got := DaysFromCivil(day.Year(), int(day.Month()), day.Day()); got != want {
			t.Fatalf("%v is day %d, want %d", day, got, want)
		}
		y, m, d := CivilFromDays(want)
		if y != day.Year() || m != int(day.Month()) || d != day.Day() {
			t.Fatalf("day %d is %d-%d-%d, want %v", want, y, m, d, day)
		}
		if got := string(AppendDate(nil, want)); got != day.Format("2006-01-02") {
			t.Fatalf("day %d prints as %s", want, got)
		}
	}
}

func TestAppendDatetime(t *testing.T) {
	for _, c := range []struct {
		microseconds int64
		scale        uint32
		want         string
	}{
		{0, 0, "1970-01-01 00:00:00"}, {-1, 6, "1969-12-31 23:59:59.999999"}, {1, 6, "1970-01-01 00:00:00.000001"}, {999_999, 3, "1970-01-01 00:00:00.999"},
		{86_400_000_000, 0, "1970-01-02 00:00:00"}, {253402300799_999_999, 6, "9999-12-31 23:59:59.999999"}, {ZeroDatetime, 0, "0000-00-00 00:00:00"},
		{ZeroDatetime, 2, "0000-00-00 00:00:00.00"}, {-62167219200_000_000, 0, "0000-01-01 00:00:00"},
	} {
		if got := string(AppendDatetime(nil, c.microseconds, c.scale)); got != c.want {
			t.Errorf("%d at scale %d is %s, want %s", c.microseconds, c.scale, got, c.want)
		}
	}
	if got := string(AppendDate([]byte("d="), ZeroDate)); got != "d=0000-00-00" {
		t.Errorf("the zero date is %s", got)
	}
}

func TestAppendTime(t *testing.T) {
	const longest = (838*3600+59*60+59)*1_000_000 + 999_999
	for _, c := range []struct {
		microseconds int64
		scale        uint32
		want         string
	}{
		{0, 0, "00:00:00"}, {-1, 6, "-00:00:00.000001"}, {61_000_000, 0, "00:01:01"}, {longest, 6, "838:59:59.999999"}, {-longest, 3, "-838:59:59.999"},
		{100 * 3600 * 1_000_000, 0, "100:00:00"}, {1_500_000, 1, "00:00:01.5"}, {1_500_000, 9, "00:00:01.500000"},
	} {
		if got := string(AppendTime(nil, c.microseconds, c.scale)); got != c.want {
			t.Errorf("%d at scale %d is %s, want %s", c.microseconds, c.scale, got, c.want)
		}
	}
}

func TestValuesBeyondTheRangesPrintWithoutPanic(t *testing.T) {
	for _, n := range []int64{math.MinInt64, math.MinInt64 + 1, math.MaxInt64} {
		for scale := uint32(0); scale < 8; scale++ {
			if len(AppendTime(nil, n, scale)) == 0 || len(AppendDatetime(nil, n, scale)) == 0 {
				t.Error("nothing is printed")
			}
		}
	}
	for _, d := range []int32{math.MinInt32 + 1, math.MaxInt32} {
		if len(AppendDate(nil, d)) == 0 {
			t.Error("nothing is printed")
		}
	}
}
