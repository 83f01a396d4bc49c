// Package shape takes the literals out of the text of a statement, so that statements which differ in
// them only are known to be the same. It knows the words of no grammar: what it is not sure of, it
// leaves to the parser.
package shape

import (
	"bytes"
	"strings"
)

// Kind is what a literal looks like.
type Kind byte

// The kinds of literals.
const (
	// Integer has digits only, at most 18, with a minus sign in front where it belongs to the number.
	Integer Kind = 'i'
	// Decimal has a point.
	Decimal Kind = 'd'
	// Float has an exponent.
	Float Kind = 'f'
	// Text is in quotes.
	Text Kind = 't'
)

// Literal is one of a statement. Start and End are its place in the text, quotes included.
type Literal struct {
	Kind       Kind
	Start, End int
}

// Statement is a text with its literals. Its space is used again by the next Read.
type Statement struct {
	// Shape is the text with a question mark for each literal, as a prepared statement has them.
	Shape []byte
	// Literals are in the order of the text.
	Literals []Literal
	text     string
}

const (
	// longestText and literalsMax bound what is worth remembering.
	longestText = 8 << 10
	literalsMax = 128
	digitsMax   = 18 // fit 64 bits in any case
)

// Read takes a statement apart. False: it is not one of SELECT, INSERT, REPLACE, UPDATE and DELETE, or
// it has something in it that could be read in more ways than one, such as comments, variables,
// escapes, several statements. ansi tells that double quotes are around names.
func (s *Statement) Read(text string, ansi bool) bool { return s.read(text, ansi, false) }

// ReadPrepared is Read for a statement that may have question marks of its own.
func (s *Statement) ReadPrepared(text string, ansi bool) bool { return s.read(text, ansi, true) }

func (s *Statement) read(text string, ansi, params bool) bool {
	s.Shape, s.Literals, s.text = s.Shape[:0], s.Literals[:0], text
	end := len(text)
	for end > 0 && (space(text[end-1]) || text[end-1] == ';') {
		end--
	}
	if end > longestText || !begins(text) {
		return false
	}
	r := reader{Statement: s, text: text[:end], ansi: ansi, params: params}
	for r.at < len(r.text) {
		if !r.token() {
			return false
		}
	}
	s.Shape = append(s.Shape, r.text[r.copied:]...)
	return true
}

// Text is the statement as it was given.
func (s *Statement) Text() string { return s.text }

// Source is a literal as it is written.
func (s *Statement) Source(i int) string { return s.text[s.Literals[i].Start:s.Literals[i].End] }

// Unquoted is the value of a literal of kind Text.
func (s *Statement) Unquoted(i int) string {
	source := s.Source(i)
	quote, inner := source[:1], source[1:len(source)-1]
	if strings.Contains(inner, quote) {
		inner = strings.ReplaceAll(inner, quote+quote, quote)
	}
	return inner
}

// begins tells whether the first word is one of those that are worth the trouble.
func begins(text string) bool {
	const longest = 7
	if len(text) < longest || !letter(text[0]) {
		return false
	}
	for _, word := range []string{"select ", "insert ", "update ", "delete "} {
		if (text[0]|0x20) == word[0] && strings.EqualFold(text[:len(word)], word) {
			return true
		}
	}
	return len(text) > longest && strings.EqualFold(text[:longest+1], "replace ")
}

// reader goes through one text.
type reader struct {
	*Statement
	text string
	ansi bool
	// params: there may be question marks.
	params bool
	at     int
	// copied is how far the text is in Shape.
	copied int
	// before is the last byte that was no space; afterLiteral tells that it was of a literal.
	before       byte
	afterLiteral bool
}

// token takes what stands at the current place; false when that is not sure.
func (r *reader) token() bool {
	b := r.text[r.at]
	switch {
	case space(b):
		r.at++
		return true
	case b == '\'' || b == '"' && !r.ansi:
		return r.quoted(b)
	case b == '`' || b == '"':
		return r.name(b)
	case letter(b):
		return r.word()
	case digit(b):
		return r.number(r.at)
	case b == '?' && r.params:
		r.at++
		r.before, r.afterLiteral = b, true
		return true
	case b == '-' && r.negative():
		r.at++
		return r.number(r.at - 1)
	}
	return r.sign(b)
}

// sign takes an operator or a bracket.
func (r *reader) sign(b byte) bool {
	next := r.next(r.at + 1)
	switch b {
	case '.':
		if digit(next) {
			return false
		}
	case '-', '/':
		if next == '-' || next == '*' {
			return false
		}
	case '=', '<', '>', '!', '+', '*', '%', ',', '(', ')', '|', '&':
	default:
		return false // a variable, a placeholder, a comment, another statement, another alphabet
	}
	r.at++
	r.before, r.afterLiteral = b, false
	return true
}

// negative tells whether the minus sign at the current place belongs to the digits behind it: where
// a value begins.
func (r *reader) negative() bool {
	return digit(r.next(r.at+1)) && !r.afterLiteral && bytes.IndexByte([]byte("=<>(,"), r.before) >= 0
}

// word takes a name or a keyword.
func (r *reader) word() bool {
	start := r.at
	for r.at < len(r.text) && (letter(r.text[r.at]) || digit(r.text[r.at])) {
		r.at++
	}
	if next := r.next(r.at); next == '\'' || next == '"' || next == '@' || next >= 0x80 {
		return false // x'41' and the like
	}
	if r.text[start] == '_' && r.quoteFollows() {
		return false // a character set before a text
	}
	r.before, r.afterLiteral = 'a', false
	return true
}

// quoteFollows tells whether the next thing is a quote.
func (r *reader) quoteFollows() bool {
	at := r.at
	for at < len(r.text) && space(r.text[at]) {
		at++
	}
	b := r.next(at)
	return b == '\'' || b == '"'
}

// name takes a name in quotes.
func (r *reader) name(quote byte) bool {
	end := strings.IndexByte(r.text[r.at+1:], quote)
	if end < 0 {
		return false
	}
	r.at += end + 2
	if r.next(r.at) == quote {
		return false
	}
	r.before, r.afterLiteral = 'a', false
	return true
}

// quoted takes a text.
func (r *reader) quoted(quote byte) bool {
	start := r.at
	for r.at++; ; r.at++ {
		if r.at >= len(r.text) {
			return false
		}
		switch b := r.text[r.at]; {
		case b == '\\' || b == 0:
			return false
		case b == quote && r.next(r.at+1) == quote:
			r.at++
		case b == quote:
			r.at++
			if r.quoteFollows() {
				return false // the two are one text
			}
			return r.literal(Text, start)
		}
	}
}

// number takes a number whose digits begin at the current place.
func (r *reader) number(start int) bool {
	kind, first := Integer, r.at
	r.digits()
	if r.next(r.at) == '.' {
		kind = Decimal
		r.at++
		r.digits()
	}
	if r.next(r.at)|0x20 == 'e' {
		kind = Float
		r.at++
		if b := r.next(r.at); b == '+' || b == '-' {
			r.at++
		}
		if !digit(r.next(r.at)) {
			return false
		}
		r.digits()
	}
	if b := r.next(r.at); letter(b) || digit(b) || b == '.' || b >= 0x80 || r.at-first > digitsMax {
		return false
	}
	if kind != Integer && start < first {
		// The parser takes the sign apart from such numbers.
		r.at, r.before, r.afterLiteral = first, '-', false
		return r.number(first)
	}
	return r.literal(kind, start)
}

func (r *reader) digits() {
	for r.at < len(r.text) && digit(r.text[r.at]) {
		r.at++
	}
}

// literal notes what was read since start.
func (r *reader) literal(kind Kind, start int) bool {
	if len(r.Literals) == literalsMax {
		return false
	}
	r.Literals = append(r.Literals, Literal{Kind: kind, Start: start, End: r.at})
	r.Shape = append(append(r.Shape, r.text[r.copied:start]...), '?')
	r.copied = r.at
	r.before, r.afterLiteral = '0', true
	return true
}

// next is the byte at a place, or 0 behind the end.
func (r *reader) next(at int) byte {
	if at < len(r.text) {
		return r.text[at]
	}
	return 0
}

func space(b byte) bool  { return b == ' ' || b == '\n' || b == '\t' || b == '\r' }
func digit(b byte) bool  { return b >= '0' && b <= '9' }
func letter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' || b == '_' || b == '$' }
