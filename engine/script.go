package engine

import (
	"errors"
	"io"
	"strings"

	"github.com/wasql/wasql/engine/sqlerr"
)

// Script reads the statements of a text one after the other, such as a dump that need not fit in
// memory. A statement ends at a semicolon outside of quotes and comments, or at what a line
// DELIMITER said before it, as MySQL's own client has it: the bodies of triggers and procedures have
// semicolons in them. Used by one goroutine.
type Script struct {
	source    io.Reader
	delimiter string
	// text was read and not yet given; it begins with the next statement.
	text  string
	ended bool
	// line is that of the beginning of text, from 1; given that of the last statement.
	line, given int
}

const (
	// scriptBuffer is how much of a script is read at once.
	scriptBuffer = 64 << 10
	// scriptLong is where a statement counts as long.
	scriptLong = 1 << 20
)

// NewScript reads statements from source.
func NewScript(source io.Reader) *Script { return &Script{source: source, delimiter: ";", line: 1} }

// Line is the line of the text where the statement that Next gave last begins, from 1.
func (s *Script) Line() int { return s.given }

// Next gives the next statement, without what ends it, or io.EOF. Stretches that hold nothing but
// blanks and comments are left out. A quote or comment without an end is an error.
func (s *Script) Next() (string, error) {
	content := -1 // where the first word is
	for i := 0; ; {
		if err := s.lookAhead(i, content < 0); err != nil {
			return "", err
		}
		if i == len(s.text) {
			if content < 0 {
				return "", io.EOF
			}
			return s.give(content, i, i), nil
		}
		if rest, ok := cutDelimiter(s.text[i:]); ok && content < 0 {
			if err := s.setDelimiter(i, rest); err != nil {
				return "", err
			}
			i = 0
			continue
		}
		end, kind := token(s.text, i, s.delimiter)
		switch {
		case end == len(s.text) && kind != delimiter && !s.ended:
			// It may go on.
			if err := s.more(); err != nil {
				return "", err
			}
			continue
		case kind == unended:
			return "", sqlerr.New(1064, "42000", "you have an error in your SQL syntax: %.40q has no end", s.text[i:])
		case kind == delimiter && content >= 0:
			return s.give(content, i, end), nil
		case kind == delimiter:
			s.drop(end)
			end = 0
		case kind == word && content < 0:
			content = i
		}
		i = end
	}
}

// give takes a statement that begins at content and ends at i from the text, and what follows it up
// to next. Comments before it are not part of it: some that MariaDB's programs write are none to the
// parser.
func (s *Script) give(content, i, next int) string {
	statement := strings.TrimSpace(s.text[content:i])
	s.given = s.line + strings.Count(s.text[:content], "\n")
	s.drop(next)
	return statement
}

func (s *Script) drop(n int) {
	s.line += strings.Count(s.text[:n], "\n")
	s.text = s.text[n:]
}

// lookAhead reads enough to tell what stands at i, and not more: whoever sends statements through a pipe may wait for the
// answer to each. first: a statement may begin at i.
func (s *Script) lookAhead(i int, first bool) error {
	for !s.ended && s.undecided(s.text[i:], first) {
		if err := s.more(); err != nil {
			return err
		}
	}
	return nil
}

// undecided tells whether what follows rest says if that is a delimiter or the client's command DELIMITER.
func (s *Script) undecided(rest string, first bool) bool {
	const command = "delimiter "
	return rest == "" || len(rest) < len(s.delimiter) && strings.HasPrefix(s.delimiter, rest) ||
		first && len(rest) < len(command) && strings.EqualFold(command[:len(rest)], rest)
}

// more reads on: what is there already, or as much again as was read when that is much, so that a long statement is not
// copied for each piece of it.
func (s *Script) more() error {
	least := 1
	if len(s.text) >= scriptLong {
		least = len(s.text)
	}
	chunk := make([]byte, max(scriptBuffer, least))
	n, err := io.ReadAtLeast(s.source, chunk, least)
	s.text += string(chunk[:n])
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		s.ended, err = true, nil
	}
	return err
}

// cutDelimiter tells whether text begins with the client's command DELIMITER.
func cutDelimiter(text string) (rest string, ok bool) {
	const command = "delimiter"
	if len(text) <= len(command) || !strings.EqualFold(text[:len(command)], command) {
		return "", false
	}
	rest = text[len(command):]
	return rest, rest[0] == ' ' || rest[0] == '\t'
}

// setDelimiter takes a DELIMITER command that begins at i, and all before it.
func (s *Script) setDelimiter(i int, rest string) error {
	for !strings.Contains(rest, "\n") && !s.ended {
		if err := s.more(); err != nil {
			return err
		}
		rest, _ = cutDelimiter(s.text[i:])
	}
	argument, _, more := strings.Cut(rest, "\n")
	next := len(s.text) - len(rest) + len(argument)
	if more {
		next++
	}
	words := strings.Fields(argument)
	if len(words) == 0 {
		return sqlerr.New(1064, "42000", "DELIMITER must be followed by what shall end statements")
	}
	s.delimiter = words[0]
	s.drop(next)
	return nil
}
