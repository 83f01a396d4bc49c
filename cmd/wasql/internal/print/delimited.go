package print

import (
	"io"

	"github.com/wasql/wasql/engine"
)

// dialect says how a delimited format tells values, NULL and line ends apart.
type dialect struct {
	delimiter byte
	null      string
	// escape writes a text so that it reads back unchanged.
	escape func(dst []byte, text []byte) []byte
}

var (
	// csv: RFC 4180; NULL is an empty field, the empty string is "".
	csvDialect = dialect{delimiter: ',', escape: quoteCSV}
	// tsv: what MySQL's LOAD DATA reads by default.
	tsvDialect = dialect{delimiter: '\t', null: `\N`, escape: escapeTSV}
)

type delimitedWriter struct {
	out     io.Writer
	dialect dialect
	line    []byte
	text    []byte
}

func (w *delimitedWriter) Begin(columns []engine.Column) error {
	if len(columns) == 0 {
		return nil
	}
	w.line = w.line[:0]
	for i, c := range columns {
		if i > 0 {
			w.line = append(w.line, w.dialect.delimiter)
		}
		w.line = w.dialect.escape(w.line, []byte(c.Name))
	}
	return w.end()
}

func (w *delimitedWriter) Row(row engine.Row) error {
	w.line = w.line[:0]
	for i, value := range row {
		if i > 0 {
			w.line = append(w.line, w.dialect.delimiter)
		}
		if value == nil {
			w.line = append(w.line, w.dialect.null...)
			continue
		}
		w.text = appendText(w.text[:0], value)
		w.line = w.dialect.escape(w.line, w.text)
	}
	return w.end()
}

func (w *delimitedWriter) end() error {
	w.line = append(w.line, '\n')
	_, err := w.out.Write(w.line)
	return err
}

func (w *delimitedWriter) End() error { return nil }

func quoteCSV(dst, text []byte) []byte {
	plain := len(text) > 0
	for _, c := range text {
		if c == ',' || c == '"' || c == '\n' || c == '\r' {
			plain = false
			break
		}
	}
	if plain {
		return append(dst, text...)
	}
	dst = append(dst, '"')
	for _, c := range text {
		if c == '"' {
			dst = append(dst, '"')
		}
		dst = append(dst, c)
	}
	return append(dst, '"')
}

func escapeTSV(dst, text []byte) []byte {
	for _, c := range text {
		switch c {
		case '\t':
			dst = append(dst, `\t`...)
		case '\n':
			dst = append(dst, `\n`...)
		case '\r':
			dst = append(dst, `\r`...)
		case 0:
			dst = append(dst, `\0`...)
		case '\\':
			dst = append(dst, `\\`...)
		default:
			dst = append(dst, c)
		}
	}
	return dst
}
