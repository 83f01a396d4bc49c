package pushdown

import (
	"context"
	"fmt"
	"math/big"
	"regexp"
	"strings"
	"time"

	"github.com/cockroachdb/apd/v3"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/types"

	"github.com/wasql/wasql/abi/pb"
)

// logic is SQL's three-valued logic.
type logic int

const (
	no logic = iota
	unknown
	yes
)

func of(b bool) logic {
	if b {
		return yes
	}
	return no
}

// evaluate is an independent reading of the filters of the ABI, as a connector would write it.
func evaluate(d *fakeData, f *pb.Filter, row sql.Row, params []*pb.Value) logic {
	switch f.Op {
	case pb.FilterOp_FILTER_OP_AND:
		out := yes
		for _, c := range f.Children {
			out = min(out, evaluate(d, c, row, params))
		}
		return out
	case pb.FilterOp_FILTER_OP_OR:
		out := no
		for _, c := range f.Children {
			out = max(out, evaluate(d, c, row, params))
		}
		return out
	case pb.FilterOp_FILTER_OP_NOT:
		return yes - evaluate(d, f.Children[0], row, params)
	}
	v := physical(row[*f.Column])
	switch f.Op {
	case pb.FilterOp_FILTER_OP_IS_NULL:
		return of(v == nil)
	case pb.FilterOp_FILTER_OP_IS_NOT_NULL:
		return of(v != nil)
	case pb.FilterOp_FILTER_OP_IS_TRUE:
		return of(v != nil && v.(*big.Rat).Sign() != 0)
	case pb.FilterOp_FILTER_OP_IS_FALSE:
		return of(v != nil && v.(*big.Rat).Sign() == 0)
	case pb.FilterOp_FILTER_OP_IN, pb.FilterOp_FILTER_OP_NOT_IN:
		out := no
		for _, operand := range f.Operands {
			out = max(out, equal(d, f, v, value(operand, row, params)))
		}
		if f.Op == pb.FilterOp_FILTER_OP_NOT_IN {
			return yes - out
		}
		return out
	}
	return binary(d, f, v, value(f.Operands[0], row, params))
}

func binary(d *fakeData, f *pb.Filter, v, w any) logic {
	if f.Op == pb.FilterOp_FILTER_OP_NULL_SAFE_EQ {
		if v == nil || w == nil {
			return of(v == nil && w == nil)
		}
		return equal(d, f, v, w)
	}
	if v == nil || w == nil {
		return unknown
	}
	switch f.Op {
	case pb.FilterOp_FILTER_OP_EQ:
		return equal(d, f, v, w)
	case pb.FilterOp_FILTER_OP_NE:
		return yes - equal(d, f, v, w)
	case pb.FilterOp_FILTER_OP_LT:
		return of(order(f, v, w) < 0)
	case pb.FilterOp_FILTER_OP_LE:
		return of(order(f, v, w) <= 0)
	case pb.FilterOp_FILTER_OP_GT:
		return of(order(f, v, w) > 0)
	case pb.FilterOp_FILTER_OP_GE:
		return of(order(f, v, w) >= 0)
	case pb.FilterOp_FILTER_OP_LIKE:
		return of(like(f, v.(string), w.(string)))
	case pb.FilterOp_FILTER_OP_NOT_LIKE:
		return of(!like(f, v.(string), w.(string)))
	case pb.FilterOp_FILTER_OP_REGEXP:
		return of(matches(f, v.(string), w.(string)))
	case pb.FilterOp_FILTER_OP_NOT_REGEXP:
		return of(!matches(f, v.(string), w.(string)))
	}
	panic(fmt.Sprintf("operator %s", f.Op))
}

func equal(_ *fakeData, f *pb.Filter, v, w any) logic {
	if v == nil || w == nil {
		return unknown
	}
	return of(order(f, v, w) == 0)
}

// order compares two values of one kind; two kinds are a mistake of the translation.
func order(f *pb.Filter, v, w any) int {
	switch a := v.(type) {
	case *big.Rat:
		return a.Cmp(w.(*big.Rat))
	case string:
		return compareText(f.Collation, a, w.(string))
	}
	panic(fmt.Sprintf("value %v of %T", v, v))
}

func compareText(collation, a, b string) int {
	id, err := sql.ParseCollation("", collation, false)
	if err != nil {
		panic(err)
	}
	if id == sql.Collation_binary {
		return strings.Compare(a, b)
	}
	order, err := types.CreateLongText(id).Compare(context.Background(), a, b)
	if err != nil {
		panic(err)
	}
	return order
}

// fold is enough of a case-insensitive collation for ASCII.
func fold(f *pb.Filter, s string) string {
	switch f.Collation {
	case "utf8mb4_0900_ai_ci":
		return strings.ToLower(s)
	case "utf8mb4_0900_bin", "binary":
		return s
	}
	panic("collation " + f.Collation)
}

func like(f *pb.Filter, s, pattern string) bool {
	escape := '\\'
	if f.Escape != "" {
		escape = []rune(f.Escape)[0]
	}
	var re strings.Builder
	re.WriteString("(?s)^")
	escaped := false
	for _, r := range fold(f, pattern) {
		switch {
		case escaped:
			re.WriteString(regexp.QuoteMeta(string(r)))
			escaped = false
		case r == escape:
			escaped = true
		case r == '%':
			re.WriteString(".*")
		case r == '_':
			re.WriteString(".")
		default:
			re.WriteString(regexp.QuoteMeta(string(r)))
		}
	}
	return regexp.MustCompile(re.String() + "$").MatchString(fold(f, s))
}

func matches(f *pb.Filter, s, pattern string) bool {
	if f.Collation == "utf8mb4_0900_ai_ci" {
		pattern = "(?i)" + pattern
	}
	return regexp.MustCompile(pattern).MatchString(s)
}

func value(o *pb.Operand, row sql.Row, params []*pb.Value) any {
	switch kind := o.Kind.(type) {
	case *pb.Operand_Column:
		return physical(row[kind.Column])
	case *pb.Operand_Param:
		return plain(params[kind.Param])
	case *pb.Operand_Value:
		return plain(kind.Value)
	}
	panic("operand without kind")
}

// plain is a value of the ABI: nil, a number or a text.
func plain(v *pb.Value) any {
	switch k := v.Kind.(type) {
	case *pb.Value_Null:
		return nil
	case *pb.Value_Bool:
		if k.Bool {
			return big.NewRat(1, 1)
		}
		return new(big.Rat)
	case *pb.Value_Int64:
		return new(big.Rat).SetInt64(k.Int64)
	case *pb.Value_Uint64:
		return new(big.Rat).SetUint64(k.Uint64)
	case *pb.Value_Float64:
		return new(big.Rat).SetFloat64(k.Float64)
	case *pb.Value_Decimal:
		r, _ := new(big.Rat).SetString(k.Decimal)
		return r
	case *pb.Value_Utf8:
		return k.Utf8
	case *pb.Value_Binary:
		return string(k.Binary)
	case *pb.Value_Date:
		return big.NewRat(int64(k.Date)*86_400_000_000, 1)
	case *pb.Value_Datetime:
		return big.NewRat(k.Datetime, 1)
	case *pb.Value_Time:
		return big.NewRat(k.Time, 1)
	}
	panic("value without kind")
}

// physical is a value of a row: nil, a number or a text.
func physical(v any) any {
	switch x := v.(type) {
	case nil:
		return nil
	case int8:
		return new(big.Rat).SetInt64(int64(x))
	case int32:
		return new(big.Rat).SetInt64(int64(x))
	case int64:
		return new(big.Rat).SetInt64(x)
	case uint64:
		return new(big.Rat).SetUint64(x)
	case float32:
		return new(big.Rat).SetFloat64(float64(x))
	case float64:
		return new(big.Rat).SetFloat64(x)
	case *apd.Decimal:
		r, _ := new(big.Rat).SetString(x.Text('f'))
		return r
	case string:
		return x
	case []byte:
		return string(x)
	case time.Time:
		return big.NewRat(x.UnixMicro(), 1)
	case types.Timespan:
		return big.NewRat(x.AsMicroseconds(), 1)
	}
	panic(fmt.Sprintf("row value %v of %T", v, v))
}
