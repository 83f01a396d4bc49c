package main

import (
	"encoding/binary"
	"math"
	"strconv"
	"strings"

	"github.com/wasql/wasql/abi/col"
	wasql "github.com/wasql/wasql/sdk/go"
)

// place is where a value of a query lies among the values that a column can have.
type place int8

const (
	// belowAll and aboveAll: no value of the column comes before it, or behind it.
	belowAll place = -2
	// before and behind: just before, or just behind, the cell that goes with it; nothing lies between.
	before place = -1
	equal  place = 0
	behind place = 1
	// aboveAll: every value of the column comes before it.
	aboveAll place = 2
)

// compares tells whether values of a kind compare with a column as their places say, for the
// collation of the comparison.
func (d *definition) compares(column int, kind wasql.Kind, collation string) bool {
	c := &d.columns[column]
	whole := kind == wasql.KindBool || kind == wasql.KindInt64 || kind == wasql.KindUint64
	switch t := c.Type; {
	case kind == wasql.KindNull:
		return true
	case t == col.Bool, t.Integer(), t == col.Year, t == col.Bit, t == col.Set, t == col.Enum, t == col.Decimal128, t == col.Decimal256:
		return whole || kind == wasql.KindDecimal
	case t == col.Float64:
		return whole || kind == wasql.KindDecimal || kind == wasql.KindFloat64
	case t == col.UTF8:
		return kind == wasql.KindText && strings.EqualFold(collation, d.collation(c))
	case t == col.Binary:
		return (kind == wasql.KindBinary || kind == wasql.KindText) && (collation == "" || strings.EqualFold(collation, "binary"))
	case t == col.Date, t == col.Datetime:
		return kind == wasql.KindDate || kind == wasql.KindDatetime
	case t == col.Time:
		return kind == wasql.KindTime
	}
	return false
}

// locate finds the place of a value that is not NULL; room takes the bytes of the cell. False: it has
// none, because its kind does not compare with the column.
func locate(column *wasql.Column, v wasql.Value, room *[32]byte) (cell, place, bool) {
	switch t := column.Type; {
	case t == col.Bool, t.Integer(), t == col.Year, t == col.Bit, t == col.Set, t == col.Enum:
		return locateWhole(t, v, room)
	case t == col.Float64:
		f, ok := v.Float64()
		binary.LittleEndian.PutUint64(room[:], math.Float64bits(f))
		return cell{raw: textOf(room[:8])}, equal, ok
	case t == col.Float32:
		f, ok := v.Float64()
		binary.LittleEndian.PutUint32(room[:], math.Float32bits(float32(f)))
		return cell{raw: textOf(room[:4])}, equal, ok
	case t == col.Decimal128, t == col.Decimal256:
		return locateDecimal(column, v, room)
	case t == col.Date, t == col.Datetime, t == col.Time:
		return locateTime(t, v, room)
	}
	text, ok := v.Text()
	return cell{raw: text}, equal, ok
}

// limits of the whole numbers of a type; the greatest as unsigned.
func limits(t col.Type) (int64, uint64) {
	switch t {
	case col.Bool:
		return 0, 1
	case col.Uint64, col.Bit, col.Set:
		return 0, math.MaxUint64
	case col.Enum, col.Year:
		return 0, math.MaxUint16
	}
	bits := 8 * t.Width()
	if t.Unsigned() {
		return 0, 1<<bits - 1
	}
	return -1 << (bits - 1), 1<<(bits-1) - 1
}

func locateWhole(t col.Type, v wasql.Value, room *[32]byte) (cell, place, bool) {
	at := equal
	if v.Kind() == wasql.KindDecimal || v.Kind() == wasql.KindFloat64 {
		text := v.String()
		if f, ok := v.Float64(); v.Kind() == wasql.KindFloat64 {
			if !ok || math.Abs(f) > 1<<52 {
				return cell{}, 0, false
			}
			text = strconv.FormatFloat(f, 'f', -1, 64)
		}
		v, at = truncated(text)
	}
	least, most := limits(t)
	n, signed := v.Int64()
	u, unsigned := v.Uint64()
	switch {
	case at == belowAll || at == aboveAll:
		return cell{}, at, true
	case !signed && !unsigned:
		return cell{}, 0, false
	case signed && n < least:
		return cell{}, belowAll, true
	case unsigned && u > most:
		return cell{}, aboveAll, true
	case !signed:
		n = int64(u)
	}
	binary.LittleEndian.PutUint64(room[:], uint64(n))
	return cell{raw: textOf(room[:width(t)])}, at, true
}

// truncated gives the whole part of digits, and where the number lies beside it.
func truncated(digits string) (wasql.Value, place) {
	negative := strings.HasPrefix(digits, "-")
	whole, fraction, _ := strings.Cut(digits, ".")
	at := equal
	if strings.Trim(fraction, "0") != "" {
		if at = behind; negative {
			at = before
		}
	}
	if whole == "" || whole == "-" || whole == "+" {
		whole += "0"
	}
	if n, err := strconv.ParseInt(whole, 10, 64); err == nil {
		return wasql.IntValue(n), at
	}
	if u, err := strconv.ParseUint(whole, 10, 64); err == nil {
		return wasql.UintValue(u), at
	}
	if negative {
		return wasql.Value{}, belowAll
	}
	return wasql.Value{}, aboveAll
}

func locateDecimal(column *wasql.Column, v wasql.Value, room *[32]byte) (cell, place, bool) {
	digits := v.String()
	if v.Kind() != wasql.KindDecimal && !v.Whole() {
		return cell{}, 0, false
	}
	negative, at := strings.HasPrefix(digits, "-"), equal
	if whole, fraction, _ := strings.Cut(digits, "."); len(fraction) > column.Scale {
		if strings.Trim(fraction[column.Scale:], "0") != "" {
			if at = behind; negative {
				at = before
			}
		}
		if digits = whole; column.Scale > 0 {
			digits += "." + fraction[:column.Scale]
		}
	}
	d, err := col.ParseDecimal(digits, uint32(column.Scale))
	if err != nil || column.Type == col.Decimal128 && !d.Fits128() {
		if negative {
			return cell{}, belowAll, true
		}
		return cell{}, aboveAll, true
	}
	for i, word := range d {
		binary.LittleEndian.PutUint64(room[8*i:], word)
	}
	return cell{raw: textOf(room[:column.Type.Width()])}, at, true
}

const (
	microsecondsPerDay = 86_400_000_000
	// The zero date and datetime (SPEC 5.1).
	zeroDate     = math.MinInt32
	zeroDatetime = math.MinInt64
)

func locateTime(t col.Type, v wasql.Value, room *[32]byte) (cell, place, bool) {
	n, ok := v.Temporal()
	at := equal
	switch {
	case !ok || t == col.Time && v.Kind() != wasql.KindTime || t != col.Time && v.Kind() == wasql.KindTime:
		return cell{}, 0, false
	case t == col.Date && v.Kind() == wasql.KindDatetime:
		if n == zeroDatetime {
			n = zeroDate
			break
		}
		rest := n % microsecondsPerDay
		n /= microsecondsPerDay
		if rest < 0 {
			n--
		}
		if rest != 0 {
			at = behind
		}
	case t == col.Datetime && v.Kind() == wasql.KindDate:
		if n == zeroDate {
			n = zeroDatetime
		} else {
			n *= microsecondsPerDay
		}
	}
	binary.LittleEndian.PutUint64(room[:], uint64(n))
	return cell{raw: textOf(room[:width(t)])}, at, true
}
