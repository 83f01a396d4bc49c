package hostcall

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// TextBytes bounds every text of a guest that reaches people.
const TextBytes = 4 << 10

// Escape makes a guest's text harmless for terminals and logs: control characters, marks that turn
// the direction of writing and invalid bytes are written as escapes, and what is longer than
// TextBytes is cut. Line feeds and tabs are escaped too.
func Escape(s string) string { return escape(s) }

func escape(s string) string {
	if plain(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		if b.Len() > TextBytes-8 {
			b.WriteString("…")
			break
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case harmful(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteString(s[i : i+n])
		}
		i += n
	}
	return b.String()
}

func plain(s string) bool {
	if len(s) > TextBytes {
		return false
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

// harmful tells control characters and invisible ones that change how text around them looks.
func harmful(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029'
}

// tail keeps the end of a stream of text.
type tail struct{ b []byte }

const tailBytes = TextBytes

func (t *tail) Write(p []byte) {
	if len(p) >= tailBytes {
		t.b = append(t.b[:0], p[len(p)-tailBytes:]...)
		return
	}
	if over := len(t.b) + len(p) - tailBytes; over > 0 {
		t.b = append(t.b[:0], t.b[over:]...)
	}
	t.b = append(t.b, p...)
}

// String gives the text, escaped.
func (t *tail) String() string { return escape(string(t.b)) }
