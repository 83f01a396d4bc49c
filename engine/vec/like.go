package vec

import (
	"bytes"
	"unicode/utf8"

	"github.com/wasql/wasql/abi/col"
)

// Pattern is what LIKE compares a text to, compiled.
type Pattern struct {
	collation *Collation
	// parts lie between the % of the pattern: the first at the beginning of a text, the last at its end.
	parts []likePart
}

// likePart is a run of characters without %.
type likePart struct {
	// exact are the bytes themselves, when the part compares so and has no _.
	exact []byte
	// weights of the characters; any stands for _.
	weights []int32
	// first tells of each byte whether a text that begins with it may begin with the part.
	first [256]bool
}

// any is the weight of _.
const anyCharacter = -1

// NewPattern compiles a pattern; % is any text and _ any character, unless escape is before it. exact says that characters are equal to
// themselves only. false: the pattern is no text, or it ends with escape.
func NewPattern(pattern string, escape rune, collation *Collation, exact bool) (*Pattern, bool) {
	p := &Pattern{collation: collation, parts: make([]likePart, 1)}
	plain := true
	for i := 0; i < len(pattern); {
		r, size := utf8.DecodeRuneInString(pattern[i:])
		if r == utf8.RuneError && size <= 1 {
			return nil, false
		}
		i += size
		last := &p.parts[len(p.parts)-1]
		switch r {
		case '%':
			p.parts = append(p.parts, likePart{})
			continue
		case '_':
			last.weights, plain = append(last.weights, anyCharacter), false
			continue
		case escape:
			if r, size = utf8.DecodeRuneInString(pattern[i:]); r == utf8.RuneError && size <= 1 {
				return nil, false
			}
			i += size
		}
		last.weights = append(last.weights, collation.weight(r))
		last.exact = utf8.AppendRune(last.exact, r)
	}
	for i := range p.parts {
		p.parts[i].prepare(collation, exact && plain)
	}
	return p, true
}

func (k *likePart) prepare(c *Collation, exact bool) {
	if !exact {
		k.exact = nil
	}
	for b := range k.first {
		switch {
		case len(k.weights) == 0 || k.weights[0] == anyCharacter:
			k.first[b] = true
		case b < utf8.RuneSelf:
			k.first[b] = c.ascii[b] == k.weights[0]
		default:
			k.first[b] = utf8.RuneStart(byte(b))
		}
	}
}

// Match tells whether a text is like the pattern.
func (p *Pattern) Match(text []byte) bool {
	first, last := &p.parts[0], &p.parts[len(p.parts)-1]
	rest, ok := first.head(p.collation, text)
	if len(p.parts) == 1 {
		return ok && len(rest) == 0
	}
	if !ok {
		return false
	}
	for i := 1; i < len(p.parts)-1; i++ {
		if rest, ok = p.parts[i].find(p.collation, rest); !ok {
			return false
		}
	}
	return last.tail(p.collation, rest)
}

// head matches the part at the beginning and gives what is behind it.
func (k *likePart) head(c *Collation, text []byte) ([]byte, bool) {
	if k.exact != nil {
		return bytes.CutPrefix(text, k.exact)
	}
	for _, weight := range k.weights {
		if len(text) == 0 {
			return nil, false
		}
		var w int32
		if w, text = c.next(text); w != weight && weight != anyCharacter {
			return nil, false
		}
	}
	return text, true
}

// find looks for the part and gives what is behind the first place.
func (k *likePart) find(c *Collation, text []byte) ([]byte, bool) {
	if len(k.weights) == 0 {
		return text, true
	}
	if k.exact != nil {
		at := bytes.Index(text, k.exact)
		if at < 0 {
			return nil, false
		}
		return text[at+len(k.exact):], true
	}
	for i, b := range text {
		if !k.first[b] || !utf8.RuneStart(b) {
			continue
		}
		if rest, ok := k.head(c, text[i:]); ok {
			return rest, true
		}
	}
	return nil, false
}

// tail matches the part at the end.
func (k *likePart) tail(c *Collation, text []byte) bool {
	if k.exact != nil {
		return bytes.HasSuffix(text, k.exact)
	}
	at := len(text)
	for range k.weights {
		if at == 0 {
			return false
		}
		_, size := utf8.DecodeLastRune(text[:at])
		at -= size
	}
	_, ok := k.head(c, text[at:])
	return ok
}

// Like is true where a column of text is like a pattern.
func Like(e Expr, p *Pattern) Condition {
	return &test{e: e, plain: func(v *col.Vec, want bool, in, out []uint32) []uint32 {
		return pick(v.Len, in, out, func(i int) bool { return p.Match(textAt(v, i)) == want })
	}}
}
