package pushdown

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/wasql/wasql/abi/pb"
)

// render writes a filter for people.
func render(d *fakeData, f *pb.Filter) string {
	name := strings.ToLower(strings.TrimPrefix(f.Op.String(), "FILTER_OP_"))
	var parts []string
	if f.Column != nil {
		parts = append(parts, d.schema[*f.Column].Name)
	}
	parts = append(parts, name)
	for _, o := range f.Operands {
		parts = append(parts, operand(d, o))
	}
	for _, c := range f.Children {
		parts = append(parts, "("+render(d, c)+")")
	}
	if f.Escape != "" {
		parts = append(parts, "escape "+f.Escape)
	}
	if f.Collation != "" {
		parts = append(parts, strings.TrimPrefix(f.Collation, "utf8mb4_0900_"))
	}
	return strings.Join(parts, " ")
}

func operand(d *fakeData, o *pb.Operand) string {
	switch k := o.Kind.(type) {
	case *pb.Operand_Column:
		return d.schema[k.Column].Name
	case *pb.Operand_Param:
		return fmt.Sprintf("?%d:%s", k.Param, strings.ToLower(strings.TrimPrefix(o.Type.String(), "TYPE_")))
	case *pb.Operand_Value:
		switch v := k.Value.Kind.(type) {
		case *pb.Value_Bool:
			return strconv.FormatBool(v.Bool)
		case *pb.Value_Int64:
			return fmt.Sprintf("i%d", v.Int64)
		case *pb.Value_Uint64:
			return fmt.Sprintf("u%d", v.Uint64)
		case *pb.Value_Float64:
			return fmt.Sprintf("f%v", v.Float64)
		case *pb.Value_Decimal:
			return "d" + v.Decimal
		case *pb.Value_Utf8:
			return strconv.Quote(v.Utf8)
		case *pb.Value_Binary:
			return fmt.Sprintf("x%x", v.Binary)
		case *pb.Value_Date:
			return fmt.Sprintf("day%d", v.Date)
		case *pb.Value_Datetime:
			return fmt.Sprintf("us%d", v.Datetime)
		case *pb.Value_Time:
			return fmt.Sprintf("t%d", v.Time)
		}
	}
	return "?"
}

// translations has what becomes of conditions: a rendered filter for each conjunct, "never" when
// nothing is read, or "!" and part of the reason why it is kept.
var translations = []struct{ sql, want string }{
	{"tiny = 5", "tiny eq i5"},
	{"5 = tiny", "tiny eq i5"},
	{"5 < tiny", "tiny gt i5"},
	{"5 >= tiny", "tiny le i5"},
	{"tiny <> 5", "tiny ne i5"},
	{"NOT tiny = 5", "tiny ne i5"},
	{"NOT tiny > 5", "tiny le i5"},
	{"tiny <=> 5", "tiny null_safe_eq i5"},
	{"tiny <=> NULL", "tiny is_null"},
	{"tiny = NULL", "never"},
	{"tiny > 300", "never"},
	{"tiny >= 300", "never"},
	{"tiny < 300", "tiny le i127"},
	{"tiny <> 300", "tiny le i127"},
	{"tiny > -300", "tiny le i127"},
	{"tiny < -300", "never"},
	{"tiny <= 2.5", "tiny le i2"},
	{"tiny < 2.5", "tiny le i2"},
	{"tiny >= 2.5", "tiny gt i2"},
	{"tiny > -2.5", "tiny gt i-3"},
	{"tiny = 2.5", "never"},
	{"tiny = '12'", "tiny eq i12"},
	{"tiny = '1e1'", "tiny eq i10"},
	{"tiny = '12abc'", "!another kind"},
	{"tiny = 1e0", "tiny eq i1"},
	{"tiny = true", "tiny eq i1"},
	{"big = 9007199254740993", "big eq i9007199254740993"},
	{"big = 9223372036854775808", "never"},
	{"big < 18446744073709551615", "big le i9223372036854775807"},
	{"big = 9007199254740993e0", "!no exact form"},
	{"ubig = -1", "never"},
	{"ubig > -1", "ubig le u18446744073709551615"},
	{"ubig = 18446744073709551615", "ubig eq u18446744073709551615"},
	{"flag = true", "flag eq true"},
	{"flag = 2", "never"},
	{"flag", "flag ne false"},
	{"NOT flag", "flag eq false"},
	{"flag IS TRUE", "flag is_true"},
	{"flag IS FALSE", "flag is_false"},
	{"flag IS NOT TRUE", "not (flag is_true)"},
	{"(tiny > 1) IS TRUE", "tiny gt i1"},
	{"tiny", "tiny ne i0"},
	{"dbl = 0.5", "dbl eq f0.5"},
	{"dbl = 0.1", "dbl eq f0.1"},
	{"dbl = 0.10000000000000000555", "!no exact form"},
	{"dbl > 3", "dbl gt f3"},
	{"dbl > 9007199254740993", "!no exact form"},
	{"dbl > '0.1'", "dbl gt f0.1"},
	{"flt = 0.5", "flt eq f0.5"},
	{"flt = 0.1", "!no exact form"},
	{"num = 1.5", "num eq d1.50"},
	{"num < 3", "num lt d3.00"},
	{"num < 99999999999", "!no exact form"},
	{"num = '1.5'", "!another kind"},
	{"num = 1.5e0", "!another kind"},
	{"ci = 'A'", `ci eq "A" ai_ci`},
	{"cs = 'A'", `cs eq "A" bin`},
	{"cs COLLATE utf8mb4_0900_ai_ci = 'A'", `cs eq "A" ai_ci`},
	{"ci = 10", "!another kind"},
	{"ci LIKE 'a_c%'", `ci like "a_c%" ai_ci`},
	{"ci LIKE 'ab%'", `ci like "ab%" ai_ci`},
	{"ci NOT LIKE 'a|_c' ESCAPE '|'", `ci not_like "a|_c" escape | ai_ci`},
	{"ci LIKE NULL", "never"},
	{"tiny LIKE '1%'", "!no text"},
	{"cs REGEXP '^a'", `cs regexp "^a" bin`},
	{"cs NOT REGEXP '^a'", `cs not_regexp "^a" bin`},
	{"regexp_like(cs, '^a', 'i')", "!match flags"},
	{"tiny IS NULL", "tiny is_null"},
	{"tiny IS NOT NULL", "tiny is_not_null"},
	{"tiny IN (1, 2, 3)", "tiny in i1 i2 i3"},
	{"tiny IN (1, 300)", "tiny in i1"},
	{"tiny IN (1, NULL)", "tiny in i1"},
	{"tiny IN (300, NULL)", "never"},
	{"tiny NOT IN (1, 300)", "tiny not_in i1"},
	{"tiny NOT IN (300)", "tiny is_not_null"},
	{"tiny NOT IN (1, NULL)", "never"},
	{"ci IN ('a', 'b')", `ci in "a" "b" ai_ci`},
	{"ci IN ('a', 1)", "!another kind"},
	{"tiny IN (1, k)", "!more than constants"},
	{"tiny BETWEEN 1 AND 5", "tiny ge i1; tiny le i5"},
	{"tiny NOT BETWEEN 1 AND 5", "or (tiny lt i1) (tiny gt i5)"},
	{"tiny = 1 OR ci = 'a' OR k IS NULL", `or (tiny eq i1) (ci eq "a" ai_ci) (k is_null)`},
	{"tiny = 1 OR (k = 2 AND flag)", "or (tiny eq i1) (and (k eq i2) (flag ne false))"},
	{"NOT (tiny = 1 AND k = 2)", "or (tiny ne i1) (k ne i2)"},
	{"tiny = 300 OR k = 1", "or (tiny gt i127) (k eq i1)"},
	{"tiny = NULL OR k = 1", "!NULL inside OR"},
	{"tiny = 1 OR lower(ci) = 'a'", "!function lower"},
	{"lower(ci) = 'a'", "!function lower"},
	{"tiny + 1 = 2", "!no plain column"},
	{"tiny < k", "tiny lt k"},
	{"tiny < dbl", "!another kind"},
	{"ci = ci", "ci eq ci ai_ci"},
	{"ci = cs", "!another kind"},
	{"day = '2024-01-02'", "day eq day19724"},
	{"day = date '2024-01-02'", "day eq day19724"},
	{"day > '2024-01-02 12:00:00'", "day gt day19724"},
	{"day >= '2024-01-02 12:00:00'", "day gt day19724"},
	{"day < '2024-01-02 12:00:00'", "day le day19724"},
	{"day = '2024-01-02 12:00:00'", "never"},
	{"day = '2024-1-2'", "!another kind"},
	{"day = 20240102", "!another kind"},
	{"day = '2024-02-30'", "!another kind"},
	{"at >= '2024-01-02'", "at ge us1704153600000000"},
	{"at < '2024-01-02T03:04:05.25'", "at lt us1704164645250000"},
	{"tod = '01:00:00'", "tod eq t3600000000"},
	{"tod > '-01:00:00.5'", "tod gt t-3600500000"},
	{"tod = '900:00:00'", "!no exact form"},
}

// outcomes gives what became of the conditions of a query on t, in the words of translations.
func outcomes(t *testing.T, b *bench, d *fakeData, condition string) string {
	t.Helper()
	d.requests = nil
	scans := b.explain(t, "SELECT id FROM t WHERE "+condition)
	if len(scans) != 1 {
		return "never"
	}
	if scans[0].Empty {
		return "never"
	}
	var out []string
	for _, f := range d.requests[0].Filters {
		out = append(out, render(d, f.Filter))
	}
	for _, f := range scans[0].Filters {
		if f.Use == "kept" {
			out = append(out, "!"+f.Reason)
		}
	}
	return strings.Join(out, "; ")
}

func TestTranslateGivesTheColumnsOwnType(t *testing.T) {
	d := newData(rand.New(rand.NewPCG(1, 2)), "t", 1)
	b := newBench(t, d)
	for _, c := range translations {
		got := outcomes(t, b, d, c.sql)
		if reason, kept := strings.CutPrefix(c.want, "!"); kept {
			if !strings.HasPrefix(got, "!") || !strings.Contains(got, reason) {
				t.Errorf("%s: got %s, want it kept because of: %s", c.sql, got, reason)
			}
			continue
		}
		if got != c.want {
			t.Errorf("%s: got %s, want %s", c.sql, got, c.want)
		}
	}
}

// TestTranslationsAreExact compares every condition that is sent, as a connector evaluates it,
// with the engine's own evaluation.
func TestTranslationsAreExact(t *testing.T) {
	d := newData(rand.New(rand.NewPCG(3, 4)), "t", 300)
	d.trusted, d.plan = true, takeAll
	b := newBench(t, d)
	for _, c := range translations {
		// There the engine by itself is not MySQL.
		if strings.Contains(c.sql, "9223372036854775808") || strings.Contains(c.sql, "18446744073709551615") || strings.Contains(c.sql, "ci IN") {
			continue
		}
		q := "SELECT id FROM t WHERE " + c.sql + " ORDER BY id"
		want, err := b.query(b.context("p"), q)
		if err != nil {
			continue
		}
		if got := b.must(t, q); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %d rows, want %d", c.sql, len(got), len(want))
		}
	}
}

// takeAll is a connector that does all it is asked.
func takeAll(d *fakeData, q *pb.PlanRequest) *pb.PlanResponse {
	r := &pb.PlanResponse{}
	var apply []bool
	for _, f := range q.Filters {
		a := &pb.FilterAnswer{}
		if f.Usable {
			a.Use = pb.Use_USE_EXACT
		}
		r.Filters, apply = append(r.Filters, a), append(apply, f.Usable)
	}
	r.Order, r.Limit = &pb.Answer{Taken: len(q.Order) > 0}, &pb.Answer{Taken: q.Limit != nil}
	return d.answer(q, r, apply).response
}
