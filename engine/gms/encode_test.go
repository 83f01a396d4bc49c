package gms

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/apd/v3"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/types"

	"github.com/wasql/wasql/abi/col"
)

// sampled is a type with a source of values of the Go type that go-mysql-server uses for it.
type sampled struct {
	text  string
	value func(*rand.Rand) any
}

var sampledTypes = []sampled{
	{"tinyint", func(r *rand.Rand) any { return int8(r.Uint64()) }},
	{"tinyint unsigned", func(r *rand.Rand) any { return uint8(r.Uint64()) }},
	{"smallint", func(r *rand.Rand) any { return int16(r.Uint64()) }},
	{"smallint unsigned", func(r *rand.Rand) any { return uint16(r.Uint64()) }},
	{"mediumint", func(r *rand.Rand) any { return r.Int32N(1<<24) - 1<<23 }},
	{"mediumint unsigned", func(r *rand.Rand) any { return r.Uint32N(1 << 24) }},
	{"int", func(r *rand.Rand) any { return int32(r.Uint64()) }},
	{"int unsigned", func(r *rand.Rand) any { return uint32(r.Uint64()) }},
	{"bigint", func(r *rand.Rand) any { return int64(r.Uint64()) }},
	{"bigint unsigned", func(r *rand.Rand) any { return r.Uint64() }},
	{"float", func(r *rand.Rand) any { return float32(r.NormFloat64() * 1e10) }},
	{"double", func(r *rand.Rand) any { return r.NormFloat64() * math.Pow(10, float64(r.IntN(600)-300)) }},
	{"decimal(10,2)", func(r *rand.Rand) any { return randomDecimal(r, 8, 2) }},
	{"decimal(38,10)", func(r *rand.Rand) any { return randomDecimal(r, 28, 10) }},
	{"decimal(65,30)", func(r *rand.Rand) any { return randomDecimal(r, 35, 30) }},
	{"date", func(r *rand.Rand) any { return TimeOfDays(r.Int32N(dateSpan) - 719_528) }},
	{"datetime(6)", func(r *rand.Rand) any { return randomMoment(r, 1) }},
	{"datetime(3)", func(r *rand.Rand) any { return randomMoment(r, 1000) }},
	{"datetime", func(r *rand.Rand) any { return randomMoment(r, 1_000_000) }},
	{"timestamp(6)", func(r *rand.Rand) any { return time.UnixMicro(r.Int64N(2_000_000_000_000_000)).UTC() }},
	{"time", func(r *rand.Rand) any { return types.Timespan(r.Int64N(2*timeMax+1) - timeMax) }},
	{"year", func(r *rand.Rand) any { return int16(1901 + r.IntN(255)) }},
	{"char(20)", func(r *rand.Rand) any { return strings.TrimRight(randomText(r, 20), " ") }},
	{"varchar(20)", func(r *rand.Rand) any { return randomText(r, 20) }},
	{"longtext", func(r *rand.Rand) any { return randomText(r, 3000) }},
	{"varbinary(20)", func(r *rand.Rand) any { return randomBytes(r, 20) }},
	{"longblob", func(r *rand.Rand) any { return randomBytes(r, 3000) }},
	{"enum('a','b','c')", func(r *rand.Rand) any { return uint16(r.IntN(4)) }},
	{"set('a','b','c')", func(r *rand.Rand) any { return r.Uint64N(8) }},
	{"bit(9)", func(r *rand.Rand) any { return r.Uint64N(512) }},
	{"bit(64)", func(r *rand.Rand) any { return r.Uint64() }},
	{"vector(2)", func(r *rand.Rand) any { return sql.EncodeVector([]float32{float32(r.NormFloat64()), 1}) }},
	{"json", func(r *rand.Rand) any { return types.JSONDocument{Val: randomJSON(r, 3)} }},
	{"geometry", func(r *rand.Rand) any {
		return types.Point{SRID: 4326 * uint32(r.IntN(2)), X: r.NormFloat64(), Y: r.NormFloat64()}
	}},
	{"point", func(r *rand.Rand) any { return types.Point{X: r.NormFloat64(), Y: r.NormFloat64()} }},
}

const (
	dateSpan = 2_932_896 + 719_528 + 1
	timeMax  = (838*3600 + 59*60 + 59) * 1_000_000
)

func randomDecimal(r *rand.Rand, whole, fraction int) any {
	var digits strings.Builder
	if r.IntN(2) == 0 {
		digits.WriteByte('-')
	}
	digits.WriteByte('1' + byte(r.IntN(9)))
	for range r.IntN(whole) {
		digits.WriteByte('0' + byte(r.IntN(10)))
	}
	digits.WriteByte('.')
	for range fraction {
		digits.WriteByte('0' + byte(r.IntN(10)))
	}
	d, _, err := apd.NewFromString(digits.String())
	if err != nil {
		panic(err)
	}
	return d
}

func randomMoment(r *rand.Rand, unit int64) any {
	if r.IntN(20) == 0 {
		return types.ZeroTime
	}
	micros := r.Int64N(dateSpan*86_400_000_000) - 719_528*86_400_000_000
	return TimeOfMicroseconds(micros - micros%unit)
}

func randomText(r *rand.Rand, longest int) string {
	letters := []rune("abcXYZ 0'\"\\\x00äß\u4e16\U0001F600")
	text := make([]rune, r.IntN(longest+1))
	for i := range text {
		text[i] = letters[r.IntN(len(letters))]
	}
	return string(text)
}

func randomBytes(r *rand.Rand, longest int) []byte {
	b := make([]byte, r.IntN(longest+1))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func randomJSON(r *rand.Rand, depth int) any {
	switch r.IntN(8 - 2*min(1, 1/(depth+1))) {
	case 0:
		return nil
	case 1:
		return r.IntN(2) == 0
	case 2:
		return int64(r.Uint64())
	case 3:
		return r.Uint64() | 1<<63
	case 4:
		return r.NormFloat64()
	case 5:
		return randomText(r, 10)
	case 6:
		list := make([]any, r.IntN(4))
		for i := range list {
			list[i] = randomJSON(r, max(depth-1, 0))
		}
		return list
	}
	object := map[string]any{}
	for i := range r.IntN(4) {
		object[fmt.Sprint("k", i)] = randomJSON(r, max(depth-1, 0))
	}
	return object
}

// TestEncodedValuesDecodeToThemselves sends values of every type through a batch.
func TestEncodedValuesDecodeToThemselves(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 2))
	ctx := sql.NewContext(context.Background())
	seen := map[col.Type]bool{}
	for _, sample := range sampledTypes {
		typ, err := ParseType(sample.text, DefaultCollation)
		if err != nil {
			t.Fatal(err)
		}
		e, err := newEncoder(&sql.Column{Name: "c", Type: typ})
		if err != nil {
			t.Fatal(err)
		}
		seen[e.field.Type] = true
		const rows = 500
		values := make([]any, rows)
		b := col.NewBuilder(col.Schema{e.field}, rows, 0)
		for i := range values {
			if values[i] = sample.value(random); i%7 == 3 {
				values[i] = nil
			}
			if err := e.encode(ctx, b, 0, values[i]); err != nil {
				t.Fatalf("%s: encode %v: %v", sample.text, values[i], err)
			}
			b.EndRow()
		}
		if err := b.Err(); err != nil {
			t.Fatalf("%s: %v", sample.text, err)
		}
		v := &b.Batch().Cols[0]
		for i, want := range values {
			got, err := decode(ctx, typ, v, i)
			if err != nil || !sameValue(want, got) {
				t.Fatalf("%s: %v (%T) came back as %v (%T), %v", sample.text, want, want, got, got, err)
			}
		}
	}
	for typ := range putters {
		if !seen[typ] && typ != col.Null {
			t.Errorf("no values of type %s are sampled", typ)
		}
	}
}

func sameValue(a, b any) bool {
	if a != nil && identical(a, b) {
		return reflect.TypeOf(a) == reflect.TypeOf(b)
	}
	return reflect.DeepEqual(a, b)
}

// TestValuesOfOtherTypesAreConverted has what go-mysql-server leaves in rows beside a column's own type.
func TestValuesOfOtherTypesAreConverted(t *testing.T) {
	ctx := sql.NewContext(context.Background())
	for _, c := range []struct {
		text      string
		give      any
		want      any
		complaint string
	}{
		{"bigint", true, int64(1), ""},
		{"bigint", "17", int64(17), ""},
		{"tinyint", int64(300), nil, "300"},
		{"varchar(3)", 12, "12", ""},
		{"decimal(5,2)", "1.005", "1.01", ""},
		{"decimal(5,2)", 7, "7.00", ""},
		{"date", "2024-02-29", TimeOfDays(19782), ""},
		{"date", "2023-02-29", nil, "2023-02-29"},
		{"enum('x','y')", "y", uint16(2), ""},
		{"json", `{"a": [1]}`, types.JSONDocument{Val: map[string]any{"a": []any{int64(1)}}}, ""},
		{"json", types.NewLazyJSONDocument([]byte(`[1, 2]`)), types.JSONDocument{Val: []any{int64(1), int64(2)}}, ""},
		{"json", types.JSONDocument{Val: "text"}, types.JSONDocument{Val: "text"}, ""},
		{"float", 1e300, nil, "1e+300"},
		{"double", math.Inf(1), nil, "+Inf"},
	} {
		typ, err := ParseType(c.text, DefaultCollation)
		if err != nil {
			t.Fatal(err)
		}
		e, err := newEncoder(&sql.Column{Name: "c", Type: typ})
		if err != nil {
			t.Fatal(err)
		}
		b := col.NewBuilder(col.Schema{e.field}, 1, 0)
		if err = e.encode(ctx, b, 0, c.give); err == nil {
			err = b.Err()
		}
		if c.complaint != "" {
			if err == nil || !strings.Contains(err.Error(), c.complaint) {
				t.Errorf("%v as %s: error %v, want one with %q", c.give, c.text, err, c.complaint)
			}
			continue
		}
		if b.EndRow(); err != nil || b.Err() != nil {
			t.Errorf("%v as %s: %v, %v", c.give, c.text, err, b.Err())
			continue
		}
		got, err := decode(ctx, typ, &b.Batch().Cols[0], 0)
		if d, ok := got.(*apd.Decimal); ok {
			got = d.Text('f')
		}
		if err != nil || !sameValue(c.want, got) {
			t.Errorf("%v as %s is %v (%T), %v; want %v", c.give, c.text, got, got, err, c.want)
		}
	}
}

// TestEncodingDoesNotAllocate for the types that bulk loads are made of.
func TestEncodingDoesNotAllocate(t *testing.T) {
	ctx := sql.NewContext(context.Background())
	schema, values := col.Schema{}, []any{}
	var encoders []encoder
	for _, sample := range sampledTypes {
		if strings.HasPrefix(sample.text, "json") || strings.HasPrefix(sample.text, "geom") || strings.HasPrefix(sample.text, "point") {
			continue
		}
		typ, err := ParseType(sample.text, DefaultCollation)
		if err != nil {
			t.Fatal(err)
		}
		e, err := newEncoder(&sql.Column{Name: sample.text, Type: typ})
		if err != nil {
			t.Fatal(err)
		}
		encoders, schema = append(encoders, e), append(schema, e.field)
		values = append(values, sample.value(rand.New(rand.NewPCG(1, 1))))
	}
	b := col.NewBuilder(schema, 100, 1<<20)
	fill := func() {
		b.Reset()
		for range 100 {
			for i := range encoders {
				if err := encoders[i].encode(ctx, b, i, values[i]); err != nil {
					t.Fatal(err)
				}
			}
			b.EndRow()
		}
	}
	fill()
	if n := testing.AllocsPerRun(10, fill); n > 0 {
		t.Errorf("%v allocations for 100 rows of %d columns", n, len(encoders))
	}
}
