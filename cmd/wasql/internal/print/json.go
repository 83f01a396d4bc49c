package print

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"io"
	"math"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/engine"
)

// jsonWriter prints an object a row, in one array or one a line. Numbers keep all their digits;
// bytes are strings of hexadecimal digits after 0x; JSON columns stand as they are.
type jsonWriter struct {
	out   io.Writer
	array bool
	keys  [][]byte
	types []col.Type
	rows  int
	line  []byte
}

func (w *jsonWriter) Begin(columns []engine.Column) error {
	w.rows, w.keys, w.types = 0, make([][]byte, len(columns)), make([]col.Type, len(columns))
	for i, c := range columns {
		key, err := quoteJSON(nil, c.Name)
		if err != nil {
			return err
		}
		w.keys[i], w.types[i] = append(key, ':'), c.Type
	}
	return nil
}

func (w *jsonWriter) Row(row engine.Row) error {
	w.line = w.line[:0]
	switch {
	case w.array && w.rows == 0:
		w.line = append(w.line, "[\n "...)
	case w.array:
		w.line = append(w.line, ",\n "...)
	}
	w.rows++
	w.line = append(w.line, '{')
	for i, value := range row {
		if i > 0 {
			w.line = append(w.line, ',')
		}
		w.line = append(w.line, w.keys[i]...)
		var err error
		if w.line, err = appendJSON(w.line, w.types[i], value); err != nil {
			return err
		}
	}
	w.line = append(w.line, '}')
	if !w.array {
		w.line = append(w.line, '\n')
	}
	_, err := w.out.Write(w.line)
	return err
}

func (w *jsonWriter) End() error {
	if !w.array || len(w.keys) == 0 {
		return nil
	}
	end := "\n]\n"
	if w.rows == 0 {
		end = "[]\n"
	}
	_, err := io.WriteString(w.out, end)
	return err
}

func appendJSON(dst []byte, typ col.Type, value any) ([]byte, error) {
	switch v := value.(type) {
	case nil:
		return append(dst, "null"...), nil
	case bool:
		if v {
			return append(dst, "true"...), nil
		}
		return append(dst, "false"...), nil
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return append(dst, "null"...), nil
		}
		return appendFloat(dst, v), nil
	case int64, uint64:
		return appendText(dst, v), nil
	case []byte:
		dst = hex.AppendEncode(append(dst, `"0x`...), v)
		return append(dst, '"'), nil
	case string:
		switch typ {
		case col.Decimal128, col.Decimal256:
			return append(dst, v...), nil
		case col.JSON:
			if json.Valid([]byte(v)) {
				return append(dst, v...), nil
			}
		}
		return quoteJSON(dst, v)
	}
	return append(dst, "null"...), nil
}

// quoteJSON writes a string without the escapes that only HTML needs.
func quoteJSON(dst []byte, s string) ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(s)
	return append(dst, bytes.TrimSuffix(text.Bytes(), []byte{'\n'})...), err
}
