package main

import (
	"math"
	"slices"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
	wasql "github.com/wasql/wasql/sdk/go"
)

// span is a range of keys: from low up to, without it, high; and what the columns behind must be in.
type span struct {
	low string
	// high is empty when there is no end.
	high string
	// rest has the bounds of the columns that low and high do not bound, by column.
	rest []bounds
}

// bounds of one column, as keys; nil: none. A value is in them when low <= key < high.
type bounds struct {
	column    int
	low, high []byte
}

// spansOf makes the spans of ranges, by their beginnings; no ranges are all keys.
func (s *shape) spansOf(ranges []*pb.KeyRange) ([]span, error) {
	if len(ranges) == 0 {
		return []span{{}}, nil
	}
	spans := make([]span, 0, len(ranges))
	for _, r := range ranges {
		one, some, err := s.spanOf(r)
		if err != nil {
			return nil, err
		}
		if some {
			spans = append(spans, one)
		}
	}
	slices.SortFunc(spans, func(a, b span) int { return compare(a.low, b.low) })
	return spans, nil
}

// spanOf makes one; some is false when no key can be in it. Columns that are held to one value come first, then one
// that is in a range; those behind are looked at entry by entry.
func (s *shape) spanOf(r *pb.KeyRange) (out span, some bool, err error) {
	if len(r.GetLower()) > s.keys || len(r.GetUpper()) > s.keys {
		return out, false, wasql.Errorf(wasql.InvalidArgument, "a range bounds %d columns, the key has %d", max(len(r.GetLower()), len(r.GetUpper())), s.keys)
	}
	var prefix []byte
	var low, high []byte
	points := true
	for i := range s.keys {
		b, point, err := s.boundsOf(i, bound(r.GetLower(), i), bound(r.GetUpper(), i))
		if err != nil {
			return out, false, err
		}
		if b.high != nil && compare(string(b.low), string(b.high)) >= 0 {
			return out, false, nil
		}
		switch {
		case !points:
			if b.low != nil || b.high != nil {
				out.rest = append(out.rest, b)
			}
		case point:
			prefix = append(prefix, b.low...)
		default:
			points, low, high = false, b.low, b.high
		}
	}
	out.low = string(prefix) + string(low)
	switch {
	case high != nil:
		out.high = string(prefix) + string(high)
	default:
		out.high = string(after(slices.Clone(prefix)))
	}
	return out, true, nil
}

func bound(all []*pb.Bound, i int) *pb.Bound {
	if i >= len(all) || all[i].GetOpen() || all[i].GetValue() == nil {
		return nil
	}
	return all[i]
}

// boundsOf makes the bounds of a column; point tells that one value is in them.
func (s *shape) boundsOf(i int, lower, upper *pb.Bound) (b bounds, point bool, err error) {
	c := &s.columns[i]
	b.column = i
	var exact, also bool
	if lower != nil {
		if b.low, exact, err = c.keyOf(lower.GetValue()); err != nil {
			return b, false, err
		}
	}
	if upper != nil {
		if b.high, also, err = c.keyOf(upper.GetValue()); err != nil {
			return b, false, err
		}
	}
	point = lower != nil && upper != nil && exact && also && lower.GetInclusive() && upper.GetInclusive() && string(b.low) == string(b.high)
	if lower != nil && !lower.GetInclusive() && exact {
		b.low = after(b.low)
	}
	if b.high != nil && (upper.GetInclusive() || !also) {
		b.high = after(slices.Clone(b.high))
	}
	return b, point, nil
}

// after gives, in place, the first key that is greater than all that begin with key; nil: there is none.
func after(key []byte) []byte {
	for i := len(key) - 1; i >= 0; i-- {
		if key[i] != 0xff {
			key[i]++
			return key[:i+1]
		}
	}
	return nil
}

// keyOf is the key of a value of a request; exact is false when the column has no value like it, and the key is that
// of a neighbour.
func (c *column) keyOf(m *pb.Value) (key []byte, exact bool, err error) {
	v := value{}
	exact = true
	wrong := func() error {
		return wasql.Errorf(wasql.InvalidArgument, "a bound of a key is a %T, which a column of type %s cannot be compared with", m.GetKind(), c.typ)
	}
	switch k := m.GetKind().(type) {
	case *pb.Value_Null:
		v.null = true
	case *pb.Value_Bool:
		if k.Bool {
			v.bits = 1
		}
		if c.kind != unsigned {
			return nil, false, wrong()
		}
	case *pb.Value_Int64:
		v, exact = c.integer(k.Int64)
	case *pb.Value_Uint64:
		switch {
		case c.kind == unsigned:
			v.bits = k.Uint64
		case k.Uint64 <= math.MaxInt64:
			v, exact = c.integer(int64(k.Uint64))
		default:
			v, _ = c.integer(math.MaxInt64)
			exact = false
		}
	case *pb.Value_Float64:
		v.bits = math.Float64bits(k.Float64)
		if c.kind != float {
			return nil, false, wrong()
		}
	case *pb.Value_Decimal:
		if v.dec, err = col.ParseDecimal(k.Decimal, c.scale); err != nil || c.kind != decimal {
			return nil, false, wrong()
		}
		exact = sameNumber(k.Decimal, v.dec.Text(c.scale))
	case *pb.Value_Utf8:
		v.raw = k.Utf8
		exact = c.kind == text || c.kind == bytes
	case *pb.Value_Json:
		v.raw = k.Json
		exact = c.kind == bytes
	case *pb.Value_Binary:
		v.raw = string(k.Binary)
		exact = c.kind == text || c.kind == bytes
	case *pb.Value_Date:
		v.bits = uint64(int64(k.Date))
		exact = c.kind == signed
	case *pb.Value_Time:
		v.bits = uint64(k.Time)
		exact = c.kind == signed
	case *pb.Value_Datetime:
		v.bits = uint64(k.Datetime)
		exact = c.kind == signed
	}
	switch m.GetKind().(type) {
	case *pb.Value_Utf8, *pb.Value_Json, *pb.Value_Binary, *pb.Value_Date, *pb.Value_Time, *pb.Value_Datetime, nil:
		if !exact || m.GetKind() == nil {
			return nil, false, wrong()
		}
	}
	return c.appendKey(nil, v), exact, nil
}

// integer is a whole number as a value of the column.
func (c *column) integer(n int64) (value, bool) {
	switch c.kind {
	case unsigned:
		return value{bits: uint64(max(n, 0))}, n >= 0
	case float:
		return value{bits: math.Float64bits(float64(n))}, int64(float64(n)) == n
	case decimal:
		d, err := col.ParseDecimal(wasql.IntValue(n).String(), c.scale)
		return value{dec: d}, err == nil
	}
	return value{bits: uint64(n)}, true
}

// sameNumber compares digits, whatever zeros stand around them.
func sameNumber(a, b string) bool { return plainNumber(a) == plainNumber(b) }

func plainNumber(s string) string {
	negative := len(s) > 0 && s[0] == '-'
	if len(s) > 0 && (s[0] == '-' || s[0] == '+') {
		s = s[1:]
	}
	for len(s) > 0 && s[0] == '0' {
		s = s[1:]
	}
	for i := range len(s) {
		if s[i] == '.' {
			for s[len(s)-1] == '0' {
				s = s[:len(s)-1]
			}
			if s[len(s)-1] == '.' {
				s = s[:len(s)-1]
			}
			break
		}
	}
	if negative && s != "" {
		return "-" + s
	}
	return s
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// holds tells whether an entry is in the span.
func (p *span) holds(s *shape, e *entry, scratch []byte) (bool, []byte) {
	if e.bytes < p.low || p.high != "" && e.bytes >= p.high {
		return false, scratch
	}
	if len(p.rest) == 0 {
		return true, scratch
	}
	rest, at := e.bytes[e.keyLen:], 0
	for _, b := range p.rest {
		var v value
		for ; at <= b.column; at++ {
			v, rest = s.columns[at].cutValue(rest)
		}
		scratch = s.columns[b.column].appendKey(scratch[:0], v)
		if b.low != nil && string(scratch) < string(b.low) || b.high != nil && string(scratch) >= string(b.high) {
			return false, scratch
		}
	}
	return true, scratch
}
