package hostcall

import (
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
		if b.Len() > TextBytes-16 {
			b.WriteString("…")
			break
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			b.WriteString(`\x`)
			b.WriteByte(hexDigits[s[i]>>4])
			b.WriteByte(hexDigits[s[i]&15])
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case harmful(r):
			mark, shift := `\u`, 12
			if r > 0xffff {
				mark, shift = `\U`, 28
			}
			b.WriteString(mark)
			for ; shift >= 0; shift -= 4 {
				b.WriteByte(hexDigits[r>>shift&15])
			}
		default:
			b.WriteString(s[i : i+n])
		}
		i += n
	}
	return b.String()
}

const hexDigits = "0123456789abcdef"

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
	if r < utf8.RuneSelf {
		return r < ' ' || r == 0x7f
	}
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
