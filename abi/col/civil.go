package col

import (
	"math"
	"strconv"
)

// ZeroDate and ZeroDatetime stand for MySQL's 0000-00-00.
const (
	ZeroDate     int32 = math.MinInt32
	ZeroDatetime int64 = math.MinInt64
)

const (
	microsecondsPerSecond = 1_000_000
	microsecondsPerDay    = 86_400 * microsecondsPerSecond
)

// DaysFromCivil counts the days from 1970-01-01 to a date of the proleptic Gregorian calendar.
// The method is the one of Howard Hinnant's chrono-compatible date algorithms.
func DaysFromCivil(year, month, day int) int32 {
	y := int64(year)
	if month <= 2 {
		y--
	}
	era := floorDiv(y, 400)
	yearOfEra := y - era*400
	monthFromMarch := int64((month + 9) % 12)
	dayOfYear := (153*monthFromMarch+2)/5 + int64(day) - 1
	dayOfEra := yearOfEra*365 + yearOfEra/4 - yearOfEra/100 + dayOfYear
	return int32(era*146_097 + dayOfEra - 719_468)
}

// CivilFromDays is the date that many days after 1970-01-01.
func CivilFromDays(days int32) (year, month, day int) {
	z := int64(days) + 719_468
	era := floorDiv(z, 146_097)
	dayOfEra := z - era*146_097
	yearOfEra := (dayOfEra - dayOfEra/1_460 + dayOfEra/36_524 - dayOfEra/146_096) / 365
	dayOfYear := dayOfEra - (365*yearOfEra + yearOfEra/4 - yearOfEra/100)
	monthFromMarch := (5*dayOfYear + 2) / 153
	day = int(dayOfYear - (153*monthFromMarch+2)/5 + 1)
	month = int(monthFromMarch + 3)
	if month > 12 {
		month -= 12
	}
	y := yearOfEra + era*400
	if month <= 2 {
		y++
	}
	return int(y), month, day
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// AppendDate writes a date as YYYY-MM-DD.
func AppendDate(dst []byte, days int32) []byte {
	if days == ZeroDate {
		return append(dst, "0000-00-00"...)
	}
	year, month, day := CivilFromDays(days)
	dst = appendPadded(dst, year, 4)
	dst = appendPadded(append(dst, '-'), month, 2)
	return appendPadded(append(dst, '-'), day, 2)
}

// AppendDatetime writes a datetime as YYYY-MM-DD HH:MM:SS with scale fractional digits.
func AppendDatetime(dst []byte, microseconds int64, scale uint32) []byte {
	if microseconds == ZeroDatetime {
		dst = append(dst, "0000-00-00 00:00:00"...)
		return appendFraction(dst, 0, scale)
	}
	days := floorDiv(microseconds, microsecondsPerDay)
	rest := microseconds - days*microsecondsPerDay
	dst = append(AppendDate(dst, int32(days)), ' ')
	dst = appendClock(dst, rest/microsecondsPerSecond)
	return appendFraction(dst, rest%microsecondsPerSecond, scale)
}

// AppendTime writes a time as [-]HH:MM:SS with scale fractional digits.
func AppendTime(dst []byte, microseconds int64, scale uint32) []byte {
	if microseconds < 0 {
		dst, microseconds = append(dst, '-'), -microseconds
	}
	dst = appendClock(dst, microseconds/microsecondsPerSecond)
	return appendFraction(dst, microseconds%microsecondsPerSecond, scale)
}

func appendClock(dst []byte, seconds int64) []byte {
	dst = appendPadded(dst, int(seconds/3600), 2)
	dst = appendPadded(append(dst, ':'), int(seconds/60%60), 2)
	return appendPadded(append(dst, ':'), int(seconds%60), 2)
}

func appendFraction(dst []byte, microseconds int64, scale uint32) []byte {
	if scale == 0 {
		return dst
	}
	dst = append(dst, '.')
	at := len(dst)
	return appendPadded(dst, int(microseconds), 6)[:at+int(min(scale, 6))]
}

func appendPadded(dst []byte, n, width int) []byte {
	for limit := 10; width > 1; width-- {
		if n < limit {
			for ; width > 1; width-- {
				dst = append(dst, '0')
			}
			break
		}
		limit *= 10
	}
	return strconv.AppendInt(dst, int64(n), 10)
}
