package pushdown

import (
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"

	"github.com/cockroachdb/apd/v3"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/types"

	"github.com/wasql/wasql/abi/pb"
)

// compared is a comparison of a column with a constant, put in the column's own type. It has the
// same value as the comparison in SQL for every value of the column, NULL included.
type compared struct {
	op    pb.FilterOp
	value *pb.Value
	// never: the comparison is false or NULL whatever the column holds.
	never bool
}

// beyond are the reasons why a comparison is not sent.
const (
	beyondKind   = "the value is of another kind, which MySQL compares after a conversion"
	beyondDigits = "the value has no exact form in the column's type"
	beyondClass  = "columns of this type are compared by the engine"
)

// compare puts `column op v` into the column's type. t is the SQL type of v. A reason says why it
// cannot be done exactly.
func (c *column) compare(op pb.FilterOp, v any, t sql.Type) (compared, string) {
	switch c.class {
	case classInt, classUint, classBool:
		return c.compareInteger(op, v)
	case classFloat32, classFloat64:
		return c.compareFloat(op, v)
	case classDecimal:
		return c.compareDecimal(op, v)
	case classText:
		if s, ok := v.(string); ok && t != nil && types.IsTextOnly(t) {
			return compared{op: op, value: &pb.Value{Kind: &pb.Value_Utf8{Utf8: s}}}, ""
		}
		return compared{}, beyondKind
	case classBytes:
		return c.compareBytes(op, v, t)
	case classDate:
		return c.compareDate(op, v, t)
	case classDatetime:
		return c.compareDatetime(op, v, t)
	case classTime:
		return c.compareTime(op, v)
	case classYear:
		return c.compareYear(op, v)
	}
	return compared{}, beyondClass
}

// numeral is the strict form of a number in a string: what MySQL reads without a warning.
var numeral = regexp.MustCompile(`^[+-]?(\d{1,40}(\.\d{0,40})?|\.\d{1,40})([eE][+-]?\d{1,2})?$`)

// exactDouble is the largest magnitude below which comparing a whole number as a double, as MySQL
// does with strings and doubles, is the same as comparing it as a whole number.
const exactDouble = 1 << 53

// rational reads a constant as an exact number. asDouble tells that MySQL compares it as a double.
func rational(v any) (r *big.Rat, asDouble bool, reason string) {
	switch x := v.(type) {
	case bool:
		if x {
			return big.NewRat(1, 1), false, ""
		}
		return new(big.Rat), false, ""
	case int, int8, int16, int32, int64:
		return new(big.Rat).SetInt64(toInt64(x)), false, ""
	case uint, uint8, uint16, uint32, uint64:
		return new(big.Rat).SetUint64(toUint64(x)), false, ""
	case *apd.Decimal:
		if x.Form != apd.Finite || x.Exponent > 100 || x.Exponent < -100 {
			return nil, false, beyondDigits
		}
		r, ok := new(big.Rat).SetString(x.Text('f'))
		if !ok {
			return nil, false, beyondDigits
		}
		return r, false, ""
	case float32:
		return rationalFloat(float64(x))
	case float64:
		return rationalFloat(x)
	case string:
		if !numeral.MatchString(x) {
			return nil, false, beyondKind
		}
		f, err := strconv.ParseFloat(x, 64)
		if err != nil {
			return nil, false, beyondDigits
		}
		return rationalFloat(f)
	}
	return nil, false, beyondKind
}

func rationalFloat(f float64) (*big.Rat, bool, string) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return nil, false, beyondDigits
	}
	return new(big.Rat).SetFloat64(f), true, ""
}

func toInt64(v any) int64 {
	switch x := v.(type) {
	case int:
		return int64(x)
	case int8:
		return int64(x)
	case int16:
		return int64(x)
	case int32:
		return int64(x)
	}
	return v.(int64)
}

func toUint64(v any) uint64 {
	switch x := v.(type) {
	case uint:
		return uint64(x)
	case uint8:
		return uint64(x)
	case uint16:
		return uint64(x)
	case uint32:
		return uint64(x)
	}
	return v.(uint64)
}

func (c *column) compareInteger(op pb.FilterOp, v any) (compared, string) {
	if value := c.sameInteger(v); value != nil {
		return compared{op: op, value: value}, ""
	}
	r, asDouble, reason := rational(v)
	if reason != "" {
		return compared{}, reason
	}
	if asDouble && new(big.Rat).Abs(r).Cmp(new(big.Rat).SetInt64(exactDouble)) >= 0 {
		return compared{}, beyondDigits
	}
	low, high := big.NewInt(c.min), big.NewInt(c.max)
	if c.class == classUint {
		low, high = new(big.Int), new(big.Int).SetUint64(c.maxUint)
	}
	return wholes{low: low, high: high, value: c.integerValue}.compare(op, r)
}

// sameInteger is the short way for what most constants are: a whole number that the column can hold.
func (c *column) sameInteger(v any) *pb.Value {
	switch x := v.(type) {
	case int, int8, int16, int32, int64:
		i := toInt64(x)
		switch {
		case c.class == classInt && i >= c.min && i <= c.max:
			return &pb.Value{Kind: &pb.Value_Int64{Int64: i}}
		case c.class == classUint && i >= 0 && uint64(i) <= c.maxUint:
			return &pb.Value{Kind: &pb.Value_Uint64{Uint64: uint64(i)}}
		}
	case uint, uint8, uint16, uint32, uint64:
		u := toUint64(x)
		switch {
		case c.class == classUint && u <= c.maxUint:
			return &pb.Value{Kind: &pb.Value_Uint64{Uint64: u}}
		case c.class == classInt && u <= uint64(c.max):
			return &pb.Value{Kind: &pb.Value_Int64{Int64: int64(u)}}
		}
	}
	return nil
}

func (c *column) integerValue(i *big.Int) *pb.Value {
	switch c.class {
	case classUint, classYear:
		return &pb.Value{Kind: &pb.Value_Uint64{Uint64: i.Uint64()}}
	case classBool:
		return &pb.Value{Kind: &pb.Value_Bool{Bool: i.Sign() != 0}}
	case classDate:
		return &pb.Value{Kind: &pb.Value_Date{Date: int32(i.Int64())}}
	}
	return &pb.Value{Kind: &pb.Value_Int64{Int64: i.Int64()}}
}

// wholes is a column that holds the whole numbers from low to high.
type wholes struct {
	low, high *big.Int
	value     func(*big.Int) *pb.Value
}

// compare moves a bound that the column cannot hold to the nearest one it can. A comparison that
// is decided for all values becomes one with the end of the range, so that NULL stays NULL.
func (w wholes) compare(op pb.FilterOp, r *big.Rat) (compared, string) {
	floor := new(big.Int).Div(r.Num(), r.Denom())
	if !r.IsInt() {
		switch op {
		case pb.FilterOp_FILTER_OP_EQ:
			return w.falsehood(), ""
		case pb.FilterOp_FILTER_OP_NE:
			return w.truth(), ""
		case pb.FilterOp_FILTER_OP_LT, pb.FilterOp_FILTER_OP_LE:
			op = pb.FilterOp_FILTER_OP_LE
		case pb.FilterOp_FILTER_OP_GT, pb.FilterOp_FILTER_OP_GE:
			op = pb.FilterOp_FILTER_OP_GT
		default:
			return compared{}, beyondDigits
		}
	}
	above, below := floor.Cmp(w.high) > 0, floor.Cmp(w.low) < 0
	if !above && !below {
		return compared{op: op, value: w.value(floor)}, ""
	}
	switch op {
	case pb.FilterOp_FILTER_OP_EQ:
		return w.falsehood(), ""
	case pb.FilterOp_FILTER_OP_NE:
		return w.truth(), ""
	case pb.FilterOp_FILTER_OP_LT, pb.FilterOp_FILTER_OP_LE:
		if above {
			return w.truth(), ""
		}
		return w.falsehood(), ""
	case pb.FilterOp_FILTER_OP_GT, pb.FilterOp_FILTER_OP_GE:
		if above {
			return w.falsehood(), ""
		}
		return w.truth(), ""
	}
	return compared{}, beyondDigits
}

// falsehood is false for every value, and NULL for NULL.
func (w wholes) falsehood() compared {
	return compared{op: pb.FilterOp_FILTER_OP_GT, value: w.value(w.high), never: true}
}

// truth is true for every value, and NULL for NULL.
func (w wholes) truth() compared {
	return compared{op: pb.FilterOp_FILTER_OP_LE, value: w.value(w.high)}
}

func (c *column) compareFloat(op pb.FilterOp, v any) (compared, string) {
	r, _, reason := rational(v)
	if reason != "" {
		return compared{}, reason
	}
	f, exact := r.Float64()
	if decimal, ok := v.(*apd.Decimal); ok && !exact {
		// The engine compares a decimal with the shortest decimal form of the double, MySQL with the
		// double itself: they agree when the constant is that shortest form.
		shortest, ok := new(big.Rat).SetString(strconv.FormatFloat(f, 'f', -1, 64))
		if !ok || shortest.Cmp(r) != 0 || decimal.Form != apd.Finite {
			return compared{}, beyondDigits
		}
		exact = c.class == classFloat64
	}
	if c.class == classFloat32 {
		_, exact = r.Float32()
	}
	if !exact {
		return compared{}, beyondDigits
	}
	return compared{op: op, value: &pb.Value{Kind: &pb.Value_Float64{Float64: f}}}, ""
}

func (c *column) compareDecimal(op pb.FilterOp, v any) (compared, string) {
	switch v.(type) {
	case float32, float64, string:
		return compared{}, beyondKind
	}
	r, _, reason := rational(v)
	if reason != "" {
		return compared{}, reason
	}
	d, ok := c.typ.(sql.DecimalType)
	if !ok {
		return compared{}, beyondClass
	}
	text := r.FloatString(int(d.Scale()))
	back, _ := new(big.Rat).SetString(text)
	whole, _, _ := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	if back.Cmp(r) != 0 || len(strings.TrimLeft(whole, "0")) > int(d.Precision())-int(d.Scale()) {
		return compared{}, beyondDigits
	}
	return compared{op: op, value: &pb.Value{Kind: &pb.Value_Decimal{Decimal: text}}}, ""
}

func (c *column) compareBytes(op pb.FilterOp, v any, t sql.Type) (compared, string) {
	switch x := v.(type) {
	case []byte:
		return compared{op: op, value: &pb.Value{Kind: &pb.Value_Binary{Binary: x}}}, ""
	case string:
		if text, ok := t.(sql.StringType); ok && text.Collation().CharacterSet() == sql.CharacterSet_utf8mb4 {
			return compared{op: op, value: &pb.Value{Kind: &pb.Value_Binary{Binary: []byte(x)}}}, ""
		}
	}
	return compared{}, beyondKind
}
