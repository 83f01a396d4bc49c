package vec

import (
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/wasql/wasql/abi/col"
	"pgregory.net/rapid"
)

func TestSubstring(t *testing.T) {
	for _, test := range []struct {
		text          string
		start, length int64
		want          string
	}{
		{"abc", 1, 2, "ab"}, {"abc", 2, 9, "bc"}, {"abc", 4, 1, ""}, {"abc", 0, 2, ""}, {"abc", -2, 9, "bc"}, {"abc", -4, 2, ""}, {"abc", 1, 0, ""}, {"abc", 1, -1, ""},
		{"äöü", 2, 1, "ö"}, {"aöü", 1, 2, "aö"}, {"äöü", -1, 5, "ü"}, {"", 1, 1, ""}, {"aé", 1, 1, "a"}, {"éa", 2, 1 << 62, "a"}, {"abc", 3, 1 << 62, "c"},
	} {
		if got := string(Substring([]byte(test.text), test.start, test.length)); got != test.want {
			t.Errorf("substring of %q from %d, %d: %q, want %q", test.text, test.start, test.length, got, test.want)
		}
	}
}

// TestLikeIsARegularExpression compares LIKE with the regular expression that says the same, under a collation that folds case.
func TestLikeIsARegularExpression(t *testing.T) {
	fold := NewCollation(func(r rune) int32 { return int32(unicode.ToLower(r)) })
	exact := NewCollation(func(r rune) int32 { return r })
	letters := rapid.StringOfN(rapid.RuneFrom([]rune("aAbé%_É😀.")), 0, 9, -1)
	rapid.Check(t, func(t *rapid.T) {
		pattern, text := letters.Draw(t, "pattern"), letters.Draw(t, "text")
		var expression strings.Builder
		for _, r := range pattern {
			switch r {
			case '%':
				expression.WriteString(".*")
			case '_':
				expression.WriteString(".")
			default:
				expression.WriteString(regexp.QuoteMeta(string(r)))
			}
		}
		for flags, collation := range map[string]*Collation{"(?is)": fold, "(?s)": exact} {
			p, ok := NewPattern(pattern, '\\', collation, flags == "(?s)")
			if !ok {
				t.Fatal("no pattern")
			}
			want := regexp.MustCompile(flags + "^(?:" + expression.String() + ")$").MatchString(text)
			if got := p.Match([]byte(text)); got != want {
				t.Fatalf("%q LIKE %q is %v under %s", text, pattern, got, flags)
			}
		}
	})
	if p, ok := NewPattern(`a\%\_`, '\\', exact, true); !ok || !p.Match([]byte("a%_")) || p.Match([]byte("abc")) {
		t.Error("escaped characters stand for others")
	}
	if _, ok := NewPattern(`a\`, '\\', exact, true); ok {
		t.Error("a pattern ends with its escape")
	}
}

// TestTextsOfDictionaries: a function of a dictionary is computed of its entries, and NULL stays NULL.
func TestTextsOfDictionaries(t *testing.T) {
	dict := &col.Vec{Type: col.UTF8, Len: 2, Offsets: []int32{0, 2, 3}, Data: []byte("abc")}
	v := col.Vec{Type: col.UTF8, Encoding: col.Dictionary, Len: 3, Index: []uint32{1, 0, 99}, Valid: col.Bitmap{0b011}, Dict: dict}
	b := &col.Batch{Rows: 3, Cols: []col.Vec{v}}
	calls := 0
	upper := TextOf(col.Field{Type: col.UTF8}, func(dst []byte, a *Arguments) []byte { calls++; return AppendUpper(dst, a.Text(0)) }, Column(0, col.Field{Type: col.UTF8}))
	expect(t, b, upper, "'C'", "'AB'", "NULL")
	if calls != 2 {
		t.Errorf("computed %d times", calls)
	}
	expect(t, b, IntOf(col.Field{Type: col.Int32}, func(a *Arguments) int64 { return int64(len(a.Text(0))) }, upper), "1", "2", "NULL")
}
