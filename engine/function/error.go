package function

import (
	"errors"
	"fmt"
	"strings"

	"github.com/wasql/wasql/host"
)

// RowError is a failure that one row is to blame for. The number and state of the error are those of
// Err.
type RowError struct {
	Of *Overload
	// Row counts from 0, within what the Caller was given. It and the rows behind it have no results.
	Row int
	// Number is the row's number in the rows that the call stands over, from 1; 0: not known.
	Number uint64
	// Arguments are the values of the row.
	Arguments []any
	Err       error
}

// Error implements error.
func (e *RowError) Error() string {
	cause := e.Err.Error()
	var said *host.Error
	if errors.As(e.Err, &said) && said.Message != "" {
		cause = said.Message
	}
	texts := make([]string, len(e.Arguments))
	for i, v := range e.Arguments {
		texts[i] = shown(v)
	}
	where := e.Of.Where()
	if e.Number > 0 {
		where += fmt.Sprintf(": row %d", e.Number)
	}
	return fmt.Sprintf("%s: %s(%s): %s", where, e.Of.Name(), strings.Join(texts, ", "), cause)
}

// Unwrap gives the error itself.
func (e *RowError) Unwrap() error { return e.Err }

// shown writes a value for a message, shortened.
func shown(v any) string {
	switch x := v.(type) {
	case nil:
		return "NULL"
	case string:
		return fmt.Sprintf("%.40q", x)
	case []byte:
		return fmt.Sprintf("%.40q", x)
	}
	text := fmt.Sprint(v)
	return text[:min(len(text), 40)]
}
