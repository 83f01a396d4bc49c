package wasql

import (
	"math"
	"strconv"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
)

// Kind says what a Value holds.
type Kind uint8

// The kinds of a Value.
const (
	KindNull Kind = iota
	KindBool
	KindInt64
	KindUint64
	KindFloat64
	// KindDecimal is exact digits, such as -12.50.
	KindDecimal
	KindText
	KindBinary
	// KindDate is days since 1970-01-01.
	KindDate
	// KindTime is signed microseconds.
	KindTime
	// KindDatetime is microseconds since 1970-01-01T00:00:00.
	KindDatetime
	KindJSON
)

var kindNames = [...]string{"NULL", "bool", "bigint", "bigint unsigned", "double", "decimal", "text", "binary", "date", "time", "datetime", "json"}

// String names the kind in SQL's words.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown"
}

// Value is one SQL value of a filter, an argument or a param. The zero Value is NULL. Values are
// immutable and may be compared with ==.
type Value struct {
	kind Kind
	bits uint64
	text string
}

// Kind tells what v holds.
func (v Value) Kind() Kind { return v.kind }

// IsNull tells whether v is NULL.
func (v Value) IsNull() bool { return v.kind == KindNull }

// Int64 gives v when it is a whole number that fits, or a bool as 0 or 1.
func (v Value) Int64() (int64, bool) {
	switch v.kind {
	case KindBool, KindInt64:
		return int64(v.bits), true
	case KindUint64:
		return int64(v.bits), v.bits <= math.MaxInt64
	}
	return 0, false
}

// Uint64 gives v when it is a whole number of zero or more, or a bool as 0 or 1.
func (v Value) Uint64() (uint64, bool) {
	switch v.kind {
	case KindBool, KindUint64:
		return v.bits, true
	case KindInt64:
		return v.bits, int64(v.bits) >= 0
	}
	return 0, false
}

// Float64 gives v when it is a number of any kind, rounded where float64 must.
func (v Value) Float64() (float64, bool) {
	switch v.kind {
	case KindBool, KindUint64:
		return float64(v.bits), true
	case KindInt64:
		return float64(int64(v.bits)), true
	case KindFloat64:
		return math.Float64frombits(v.bits), true
	case KindDecimal:
		f, err := strconv.ParseFloat(v.text, 64)
		return f, err == nil
	}
	return 0, false
}

// Text gives v when it is a text, binary or JSON value.
func (v Value) Text() (string, bool) {
	switch v.kind {
	case KindText, KindBinary, KindJSON:
		return v.text, true
	}
	return "", false
}

// Temporal gives the number of a date (days), time or datetime (microseconds).
func (v Value) Temporal() (int64, bool) {
	switch v.kind {
	case KindDate, KindTime, KindDatetime:
		return int64(v.bits), true
	}
	return 0, false
}

// Whole tells whether v is a bool or an integer: what a BIGINT column compares with exactly.
func (v Value) Whole() bool { return v.kind == KindBool || v.kind == KindInt64 || v.kind == KindUint64 }

// String formats v for messages and EXPLAIN: numbers plain, text in quotes, a bool as 0 or 1.
func (v Value) String() string {
	switch v.kind {
	case KindNull:
		return "null"
	case KindBool, KindUint64:
		return strconv.FormatUint(v.bits, 10)
	case KindInt64:
		return strconv.FormatInt(int64(v.bits), 10)
	case KindFloat64:
		return strconv.FormatFloat(math.Float64frombits(v.bits), 'g', -1, 64)
	case KindDecimal:
		return v.text
	case KindDate:
		return string(col.AppendDate(nil, int32(v.bits)))
	case KindTime:
		return string(col.AppendTime(nil, int64(v.bits), 6))
	case KindDatetime:
		return string(col.AppendDatetime(nil, int64(v.bits), 6))
	}
	return strconv.Quote(v.text)
}

// NullValue is NULL.
func NullValue() Value { return Value{} }

// BoolValue makes a bool.
func BoolValue(b bool) Value {
	if b {
		return Value{kind: KindBool, bits: 1}
	}
	return Value{kind: KindBool}
}

// IntValue makes a signed integer.
func IntValue(n int64) Value { return Value{kind: KindInt64, bits: uint64(n)} }

// UintValue makes an unsigned integer.
func UintValue(n uint64) Value { return Value{kind: KindUint64, bits: n} }

// FloatValue makes a double.
func FloatValue(f float64) Value { return Value{kind: KindFloat64, bits: math.Float64bits(f)} }

// DecimalValue makes a decimal from its digits.
func DecimalValue(digits string) Value { return Value{kind: KindDecimal, text: digits} }

// TextValue makes a text.
func TextValue(s string) Value { return Value{kind: KindText, text: s} }

// BinaryValue makes a binary string.
func BinaryValue(b []byte) Value { return Value{kind: KindBinary, text: string(b)} }

// JSONValue makes a JSON document from its text.
func JSONValue(text string) Value { return Value{kind: KindJSON, text: text} }

// DateValue makes a date from its days since 1970-01-01.
func DateValue(days int32) Value { return Value{kind: KindDate, bits: uint64(int64(days))} }

// TimeValue makes a time from its microseconds.
func TimeValue(microseconds int64) Value { return Value{kind: KindTime, bits: uint64(microseconds)} }

// DatetimeValue makes a datetime from its microseconds since 1970.
func DatetimeValue(microseconds int64) Value {
	return Value{kind: KindDatetime, bits: uint64(microseconds)}
}

// ValueFrom reads the message of a value; nil is NULL.
func ValueFrom(m *pb.Value) Value {
	if m == nil {
		return Value{}
	}
	switch k := m.Kind.(type) {
	case *pb.Value_Bool:
		return BoolValue(k.Bool)
	case *pb.Value_Int64:
		return IntValue(k.Int64)
	case *pb.Value_Uint64:
		return UintValue(k.Uint64)
	case *pb.Value_Float64:
		return FloatValue(k.Float64)
	case *pb.Value_Decimal:
		return DecimalValue(k.Decimal)
	case *pb.Value_Utf8:
		return TextValue(k.Utf8)
	case *pb.Value_Binary:
		return BinaryValue(k.Binary)
	case *pb.Value_Date:
		return DateValue(k.Date)
	case *pb.Value_Time:
		return TimeValue(k.Time)
	case *pb.Value_Datetime:
		return DatetimeValue(k.Datetime)
	case *pb.Value_Json:
		return JSONValue(k.Json)
	}
	return Value{}
}

func valuesFrom(ms []*pb.Value) []Value {
	values := make([]Value, len(ms))
	for i, m := range ms {
		values[i] = ValueFrom(m)
	}
	return values
}

// Message is v as the protocol has it.
func (v Value) Message() *pb.Value {
	switch v.kind {
	case KindBool:
		return &pb.Value{Kind: &pb.Value_Bool{Bool: v.bits != 0}}
	case KindInt64:
		return &pb.Value{Kind: &pb.Value_Int64{Int64: int64(v.bits)}}
	case KindUint64:
		return &pb.Value{Kind: &pb.Value_Uint64{Uint64: v.bits}}
	case KindFloat64:
		return &pb.Value{Kind: &pb.Value_Float64{Float64: math.Float64frombits(v.bits)}}
	case KindDecimal:
		return &pb.Value{Kind: &pb.Value_Decimal{Decimal: v.text}}
	case KindText:
		return &pb.Value{Kind: &pb.Value_Utf8{Utf8: v.text}}
	case KindBinary:
		return &pb.Value{Kind: &pb.Value_Binary{Binary: []byte(v.text)}}
	case KindDate:
		return &pb.Value{Kind: &pb.Value_Date{Date: int32(v.bits)}}
	case KindTime:
		return &pb.Value{Kind: &pb.Value_Time{Time: int64(v.bits)}}
	case KindDatetime:
		return &pb.Value{Kind: &pb.Value_Datetime{Datetime: int64(v.bits)}}
	case KindJSON:
		return &pb.Value{Kind: &pb.Value_Json{Json: v.text}}
	}
	return &pb.Value{Kind: &pb.Value_Null{Null: true}}
}
