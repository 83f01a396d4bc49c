package function

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"math"
	"strings"
	"time"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/types"
)

// Sample is the name of the condition that TABLESAMPLE becomes: no query can write it.
const Sample = "wasql sample"

// Sampled is true for a share of all rows: for those whose values, with a seed, have a hash below it. So it depends on the row alone, whatever
// else is asked for and in whatever order rows come.
type Sampled struct {
	// Fraction is from 0 to 1. Rows: each row is taken or left for itself, not blocks of them.
	Fraction   float64
	Seed       uint64
	Repeatable bool
	Rows       bool
	// Values tell the row apart.
	Values []sql.Expression
}

var (
	_ sql.FunctionExpression = (*Sampled)(nil)
	_ sql.CollationCoercible = (*Sampled)(nil)
)

// newSampled reads the arguments: the fraction's bits and the seed as whole numbers, what it is, then the values.
func newSampled(ctx *sql.Context, arguments ...sql.Expression) (sql.Expression, error) {
	var numbers [4]uint64
	if len(arguments) < len(numbers) {
		return nil, sql.ErrInvalidArgumentNumber.New(Sample, "4 or more", len(arguments))
	}
	for i := range numbers {
		v, err := arguments[i].Eval(ctx, nil)
		if err == nil {
			v, _, err = types.Uint64.Convert(ctx, v)
		}
		if err != nil {
			return nil, err
		}
		numbers[i] = v.(uint64)
	}
	return &Sampled{Fraction: math.Float64frombits(numbers[0]), Seed: numbers[1], Repeatable: numbers[2] != 0, Rows: numbers[3] != 0,
		Values: arguments[len(numbers):]}, nil
}

// FunctionName implements sql.FunctionExpression.
func (s *Sampled) FunctionName() string { return "tablesample" }

// Description implements sql.FunctionExpression.
func (s *Sampled) Description() string { return "takes a share of the rows" }

// Type implements sql.Expression.
func (s *Sampled) Type(*sql.Context) sql.Type { return types.Boolean }

// IsNullable implements sql.Expression.
func (s *Sampled) IsNullable(*sql.Context) bool { return false }

// CollationCoercibility implements sql.CollationCoercible.
func (s *Sampled) CollationCoercibility(*sql.Context) (collation sql.CollationID, coercibility byte) {
	return sql.Collation_binary, 5
}

// Resolved implements sql.Expression.
func (s *Sampled) Resolved() bool {
	for _, e := range s.Values {
		if !e.Resolved() {
			return false
		}
	}
	return true
}

// Children implements sql.Expression.
func (s *Sampled) Children() []sql.Expression { return s.Values }

// WithChildren implements sql.Expression.
func (s *Sampled) WithChildren(_ *sql.Context, children ...sql.Expression) (sql.Expression, error) {
	if len(children) != len(s.Values) {
		return nil, sql.ErrInvalidChildrenNumber.New(s, len(children), len(s.Values))
	}
	out := *s
	out.Values = children
	return &out, nil
}

// String implements fmt.Stringer.
func (s *Sampled) String() string {
	var out strings.Builder
	fmt.Fprintf(&out, "TABLESAMPLE %s (%v)", map[bool]string{true: "BERNOULLI", false: "SYSTEM"}[s.Rows], 100*s.Fraction)
	if s.Repeatable {
		fmt.Fprintf(&out, " REPEATABLE (%d)", s.Seed)
	}
	return out.String()
}

// Eval implements sql.Expression.
func (s *Sampled) Eval(ctx *sql.Context, row sql.Row) (any, error) {
	if s.Fraction >= 1 {
		return true, nil
	}
	h := fnv.New64a()
	word := binary.LittleEndian.AppendUint64(nil, s.Seed)
	_, _ = h.Write(word) // it never fails
	for _, e := range s.Values {
		v, err := e.Eval(ctx, row)
		if err != nil {
			return nil, err
		}
		if word, err = appendValue(ctx, word[:0], e, v); err != nil {
			return nil, err
		}
		_, _ = h.Write(word)
	}
	return float64(mixed(h.Sum64())>>11)/(1<<53) < s.Fraction, nil
}

// mixed spreads what tells two hashes apart over all bits.
func mixed(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// appendValue appends bytes of a value that end by themselves.
func appendValue(ctx *sql.Context, dst []byte, e sql.Expression, v any) ([]byte, error) {
	number := func(x uint64) []byte { return binary.LittleEndian.AppendUint64(append(dst, 1), x) }
	text := func(s string) []byte {
		return append(binary.LittleEndian.AppendUint64(append(dst, 2), uint64(len(s))), s...)
	}
	switch v := v.(type) {
	case nil:
		return append(dst, 0), nil
	case int8:
		return number(uint64(v)), nil
	case int16:
		return number(uint64(v)), nil
	case int32:
		return number(uint64(v)), nil
	case int64:
		return number(uint64(v)), nil
	case uint8:
		return number(uint64(v)), nil
	case uint16:
		return number(uint64(v)), nil
	case uint32:
		return number(uint64(v)), nil
	case uint64:
		return number(v), nil
	case float64:
		return number(math.Float64bits(v)), nil
	case time.Time:
		return number(uint64(v.UnixMicro())), nil
	case string:
		return text(v), nil
	case []byte:
		return text(string(v)), nil
	}
	value, err := e.Type(ctx).SQL(ctx, nil, v)
	if err != nil {
		return nil, err
	}
	return text(value.ToString()), nil
}
