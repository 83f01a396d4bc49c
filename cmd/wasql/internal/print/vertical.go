package print

import (
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/wasql/wasql/engine"
)

// verticalWriter prints a row as lines of name and value, as the mysql client does after \G.
type verticalWriter struct {
	out   io.Writer
	names []string
	rows  int
	line  []byte
}

func (w *verticalWriter) Begin(columns []engine.Column) error {
	width := 0
	w.rows, w.names = 0, make([]string, len(columns))
	for i, c := range columns {
		w.names[i] = clean(c.Name)
		width = max(width, utf8.RuneCountInString(w.names[i]))
	}
	for i, name := range w.names {
		w.names[i] = fmt.Sprintf("%*s: ", width, name)
	}
	return nil
}

func (w *verticalWriter) Row(row engine.Row) error {
	w.rows++
	w.line = fmt.Appendf(w.line[:0], "*************************** %d. row ***************************\n", w.rows)
	for i, value := range row {
		w.line = append(w.line, w.names[i]...)
		if value == nil {
			w.line = append(w.line, nullText...)
		} else {
			w.line = append(w.line, clean(string(appendText(nil, value)))...)
		}
		w.line = append(w.line, '\n')
	}
	_, err := w.out.Write(w.line)
	return err
}

func (w *verticalWriter) End() error {
	if len(w.names) == 0 {
		return nil
	}
	_, err := fmt.Fprintln(w.out, plural(w.rows, "row"))
	return err
}
