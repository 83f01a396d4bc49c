package gms

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"

	"github.com/dolthub/go-mysql-server/sql/types"
)

var errJSON = errors.New("not one JSON document")

// JSON reads JSON text. Whole numbers keep all their digits, as int64 or uint64 where they fit;
// go-mysql-server's own reading would make every number a double. The text is not kept.
func JSON(text []byte) (types.JSONDocument, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var document any
	if err := decoder.Decode(&document); err != nil {
		return types.JSONDocument{}, err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return types.JSONDocument{}, errJSON
	}
	return types.JSONDocument{Val: numbers(document)}, nil
}

// numbers replaces each json.Number, in place where it can.
func numbers(v any) any {
	switch x := v.(type) {
	case json.Number:
		return number(string(x))
	case []any:
		for i := range x {
			x[i] = numbers(x[i])
		}
	case map[string]any:
		for key := range x {
			x[key] = numbers(x[key])
		}
	}
	return v
}

func number(text string) any {
	if i, err := strconv.ParseInt(text, 10, 64); err == nil {
		return i
	}
	if u, err := strconv.ParseUint(text, 10, 64); err == nil {
		return u
	}
	// A number beyond a double's range is read as MySQL reads it: the largest double would be
	// wrong, so the text stays, as a string.
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return text
	}
	return f
}
