package engine

import (
	"strings"

	"github.com/wasql/wasql/engine/sqlerr"
)

// Split cuts text into its statements, at the semicolons that stand outside of quotes and comments.
// Pieces that hold nothing but blanks and comments are left out. A quote or comment without an end
// is an error.
func Split(text string) ([]string, error) {
	var statements []string
	start, content := 0, false
	for i := 0; i < len(text); {
		end, kind := token(text, i)
		switch kind {
		case unended:
			return nil, sqlerr.New(1064, "42000", "you have an error in your SQL syntax: %.40q has no end", text[i:])
		case semicolon:
			if content {
				statements = append(statements, strings.TrimSpace(text[start:i]))
			}
			start, content = end, false
		case word:
			content = true
		}
		i = end
	}
	if content {
		statements = append(statements, strings.TrimSpace(text[start:]))
	}
	return statements, nil
}

// kind is what a stretch of SQL text is.
type kind uint8

const (
	blank kind = iota // and comments
	word              // anything that makes a statement
	semicolon
	unended
)

// token gives the end and the kind of what begins at i.
func token(text string, i int) (int, kind) {
	rest := text[i:]
	switch c := text[i]; {
	case c == ';':
		return i + 1, semicolon
	case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v':
		return i + 1, blank
	case c == '\'' || c == '"' || c == '`':
		return quoted(text, i)
	case c == '#', strings.HasPrefix(rest, "--") && (len(rest) == 2 || rest[2] <= ' '):
		if end := strings.IndexByte(rest, '\n'); end >= 0 {
			return i + end + 1, blank
		}
		return len(text), blank
	case strings.HasPrefix(rest, "/*"):
		end := strings.Index(rest[2:], "*/")
		switch {
		case end < 0:
			return len(text), unended
		case strings.HasPrefix(rest, "/*!"): // text that MySQL runs
			return i + 2 + end + 2, word
		}
		return i + 2 + end + 2, blank
	}
	return i + 1, word
}

func quoted(text string, i int) (int, kind) {
	quote := text[i]
	for j := i + 1; j < len(text); j++ {
		switch {
		case text[j] == '\\' && quote != '`':
			j++
		case text[j] == quote && j+1 < len(text) && text[j+1] == quote:
			j++
		case text[j] == quote:
			return j + 1, word
		}
	}
	return len(text), unended
}
