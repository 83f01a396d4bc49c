package hostcall

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestEscapeLeavesNothingThatControlsATerminal(t *testing.T) {
	for in, want := range map[string]string{
		"plain text":            "plain text",
		"Zürich 東京":             "Zürich 東京",
		"a\x1b[31mred":          `a\u001b[31mred`,
		"line\r\nnext\tcol\x00": `line\u000d\nnext\tcol\u0000`,
		"\u202eevil":            `\u202eevil`,
		"\x9b1m":                `\x9b1m`,
		"\u0085":                `\u0085`,
		"\U000e0041":            `\U000e0041`,
		"\xff\xfe":              `\xff\xfe`,
	} {
		if got := Escape(in); got != want {
			t.Errorf("Escape(%q) = %q, want %q", in, got, want)
		}
	}
	if long := Escape(strings.Repeat("é", TextBytes)); len(long) > TextBytes || !strings.HasSuffix(long, "…") {
		t.Errorf("%d bytes", len(long))
	}
}

func FuzzEscape(f *testing.F) {
	f.Add("a\x1b\xff\u202e")
	f.Fuzz(func(t *testing.T, s string) {
		out := Escape(s)
		if len(out) > TextBytes || !utf8.ValidString(out) {
			t.Fatalf("%d bytes, valid %v", len(out), utf8.ValidString(out))
		}
		for _, r := range out {
			if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
				t.Fatalf("%q in %q", r, out)
			}
		}
	})
}

func TestGlob(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{
		{"*.csv", "a.csv", true}, {"*.csv", "d/a.csv", false}, {"**/*.csv", "a.csv", true}, {"**/*.csv", "d/e/a.csv", true},
		{"d/**", "d/e/f", true}, {"d/**", "e/f", false}, {"d/**/x", "d/x", true}, {"d/?.[ab]", "d/q.b", true}, {"[", "a", false},
		{"**/a/**/b", "x/a/y/a/z/b", true}, {"**/**/**/**/c", "a/a/a/a/a/a/a/b", false},
	} {
		if got := Glob(c.pattern, c.name); got != c.want {
			t.Errorf("Glob(%q, %q) = %v", c.pattern, c.name, got)
		}
	}
}
