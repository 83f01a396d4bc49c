package engine

import (
	"errors"
	"io"
	"strings"
)

// Split cuts text into its statements; see Script. Pieces that hold nothing but blanks and comments
// are left out.
func Split(text string) ([]string, error) {
	script := Script{text: text, ended: true, delimiter: ";", line: 1}
	var statements []string
	for {
		statement, err := script.Next()
		if errors.Is(err, io.EOF) {
			return statements, nil
		}
		if err != nil {
			return nil, err
		}
		statements = append(statements, statement)
	}
}

// kind is what a stretch of SQL text is.
type kind uint8

const (
	blank kind = iota // and comments
	word              // anything that makes a statement
	delimiter
	unended
)

// token gives the end and the kind of what begins at i. Statements end at end.
func token(text string, i int, end string) (int, kind) {
	rest := text[i:]
	switch c := text[i]; {
	case strings.HasPrefix(rest, end):
		return i + len(end), delimiter
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
