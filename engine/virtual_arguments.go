package engine

import (
	"strings"

	"github.com/wasql/wasql/abi/pb"
)

// blanks are what may stand around an argument.
const blanks = " \t\n\r\f\v"

// arguments reads the arguments of a module up to the closing parenthesis; the opening one is
// passed. They are cut at the commas outside of quotes and inner parentheses, and kept as written
// but for the blanks around them. What looks like a comment is part of an argument.
func (l *lexer) arguments() ([]*pb.Argument, error) {
	if start := l.at; strings.HasPrefix(strings.TrimLeft(l.text[start:], blanks), ")") {
		l.at = start + strings.IndexByte(l.text[start:], ')') + 1
		return nil, nil
	}
	var all []*pb.Argument
	for {
		start := l.at
		if err := l.argument(); err != nil {
			return nil, err
		}
		text := strings.Trim(l.text[start:l.at], blanks)
		if text == "" { // at the comma or parenthesis that comes too early
			return nil, l.wrong()
		}
		all = append(all, newArgument(text))
		l.at++
		if l.text[l.at-1] == ')' {
			return all, nil
		}
	}
}

// argument passes one argument, up to the comma or parenthesis that ends it.
func (l *lexer) argument() error {
	depth := 0
	for l.at < len(l.text) {
		switch c := l.text[l.at]; c {
		case '\'', '"', '`':
			end, kind := quoted(l.text, l.at)
			if kind == unended {
				return l.wrong()
			}
			l.at = end
			continue
		case '(':
			depth++
		case ')', ',':
			if depth == 0 {
				return nil
			}
			if c == ')' {
				depth--
			}
		case ';': // the statement would be cut there: see Split
			return l.wrong()
		}
		l.at++
	}
	return l.wrong()
}

// newArgument tells name = value from a value. A name is a bare word that begins with a letter, or
// stands in backticks.
func newArgument(text string) *pb.Argument {
	name, rest, found := "", "", false
	if text[0] == '`' {
		if end, kind := quoted(text, 0); kind != unended {
			rest, found = strings.CutPrefix(strings.TrimLeft(text[end:], blanks), "=")
			name = unquote(text[:end])
		}
	} else if name, rest, found = strings.Cut(text, "="); found {
		name = strings.TrimRight(name, blanks)
		found = isBareName(name)
	}
	if !found || name == "" {
		return &pb.Argument{Verbatim: text, Value: unquote(text)}
	}
	return &pb.Argument{Name: name, Verbatim: text, Value: unquote(strings.Trim(rest, blanks))}
}

func isBareName(name string) bool {
	for i := range len(name) {
		if c := name[i]; !inName(c) && c != '.' && c != '-' {
			return false
		}
	}
	return name != "" && inName(name[0]) && (name[0] < '0' || name[0] > '9')
}

// unquote takes the quotes off a text that is quoted as a whole, as MySQL reads strings and names.
// Any other text stays.
func unquote(text string) string {
	if len(text) < 2 || strings.IndexByte("'\"`", text[0]) < 0 {
		return text
	}
	if end, kind := quoted(text, 0); kind == unended || end != len(text) {
		return text
	}
	quote := text[0]
	var out strings.Builder
	for i := 1; i < len(text)-1; i++ {
		c := text[i]
		switch {
		case c == quote: // and its double
			i++
		case c == '\\' && quote != '`':
			i++
			out.WriteString(escaped(text[i]))
			continue
		}
		out.WriteByte(c)
	}
	return out.String()
}

// escaped is what a backslash and a byte stand for.
func escaped(c byte) string {
	switch c {
	case '0':
		return "\x00"
	case 'b':
		return "\b"
	case 'n':
		return "\n"
	case 'r':
		return "\r"
	case 't':
		return "\t"
	case 'Z':
		return "\x1a"
	case '%', '_': // only patterns have these
		return "\\" + string(c)
	}
	return string([]byte{c})
}
