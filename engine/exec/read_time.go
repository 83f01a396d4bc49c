package exec

import (
	"time"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/types"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/engine/gms"
)

// The ranges of SPEC 5.1: dates from 0000-01-01 to 9999-12-31, times to 838:59:59.999999.
const (
	dateMin      = -719_528
	dateMax      = 2_932_896
	dayMicros    = 86_400_000_000
	datetimeMin  = dateMin * dayMicros
	datetimeMax  = (dateMax+1)*dayMicros - 1
	timeMicros   = (838*3600+59*60+59)*1_000_000 + 999_999
	yearMin      = 1901
	yearMax      = 2155
	microsDigits = 6
)

func readDates(c *columnReader, _ *sql.Context, p *part, out []any) error {
	slab := make([]time.Time, p.n)
	for i, days := range take[int32, int32](p) {
		if (days < dateMin || days > dateMax) && days != col.ZeroDate && !p.isNull(i) {
			return c.outOfRange(p, i, days)
		}
		slab[i] = gms.TimeOfDays(days)
	}
	box(slab, out, p.stride)
	return nil
}

// datetimeReader rounds to the digits of the column, as a stored value would have been.
func datetimeReader(digits uint32) readFunc {
	unit := unitOf(digits)
	return func(c *columnReader, _ *sql.Context, p *part, out []any) error {
		slab := make([]time.Time, p.n)
		for i, micros := range take[int64, int64](p) {
			if (micros < datetimeMin || micros > datetimeMax) && micros != col.ZeroDatetime && !p.isNull(i) {
				return c.outOfRange(p, i, micros)
			}
			if unit > 1 && micros != col.ZeroDatetime {
				micros = roundTo(micros, unit)
			}
			slab[i] = gms.TimeOfMicroseconds(micros)
		}
		box(slab, out, p.stride)
		return nil
	}
}

// unitOf is the number of microseconds that the last of the digits behind the second counts.
func unitOf(digits uint32) int64 {
	unit := int64(1)
	for range microsDigits - int(min(digits, microsDigits)) {
		unit *= 10
	}
	return unit
}

// roundTo rounds to the nearest multiple of unit, a half up, in the direction of time.
func roundTo(x, unit int64) int64 {
	rest := x % unit
	if rest < 0 {
		rest += unit
	}
	if x -= rest; rest >= unit/2 {
		x += unit
	}
	return x
}

func readTimes(c *columnReader, _ *sql.Context, p *part, out []any) error {
	slab := take[int64, types.Timespan](p)
	for i, x := range slab {
		if (x < -timeMicros || x > timeMicros) && !p.isNull(i) {
			return c.outOfRange(p, i, int64(x))
		}
	}
	box(slab, out, p.stride)
	return nil
}

func readYears(c *columnReader, _ *sql.Context, p *part, out []any) error {
	slab := take[uint16, int16](p)
	for i, x := range slab {
		if (x < yearMin || x > yearMax) && x != 0 && !p.isNull(i) {
			return c.outOfRange(p, i, uint16(x))
		}
	}
	box(slab, out, p.stride)
	return nil
}
