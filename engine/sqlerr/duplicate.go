package sqlerr

import (
	"errors"
	"fmt"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	kinds "gopkg.in/src-d/go-errors.v1"
)

// Duplicate is the error for a row whose key is there already, in go-mysql-server's own kind, which
// it looks for to update, replace or leave out the row; existing is the row in the way, or nil. name
// is the key's, PRIMARY for the primary key. From tells it in MySQL's words.
func Duplicate(table, name string, values []any, existing sql.Row) error {
	texts := make([]string, len(values))
	for i, v := range values {
		switch x := v.(type) {
		case []byte:
			texts[i] = string(x)
		case nil:
			texts[i] = "NULL"
		default:
			texts[i] = fmt.Sprint(x)
		}
	}
	key := name
	if table != "" {
		key = table + "." + name
	}
	// The kind has room for the row only. What MySQL says stands behind the end of the row, where
	// those who read its length do not see it.
	carrier := make(sql.Row, len(existing), len(existing)+1)
	copy(carrier, existing)
	carrier = append(carrier, duplicate{fmt.Sprintf("Duplicate entry '%s' for key '%s'", strings.Join(texts, "-"), key)})[:len(existing)]
	return sql.NewUniqueKeyErr("["+strings.Join(texts, ",")+"]", strings.EqualFold(name, "PRIMARY"), carrier)
}

// duplicate is MySQL's message about a duplicate key.
type duplicate struct{ message string }

// duplicateMessage finds it in an error, or puts go-mysql-server's own into the words.
func duplicateMessage(err error) (string, bool) {
	for layer := err; layer != nil; layer = errors.Unwrap(layer) {
		known, ok := layer.(*kinds.Error)
		if !ok || !sql.ErrPrimaryKeyViolation.Is(known) && !sql.ErrUniqueKeyViolation.Is(known) {
			continue
		}
		unique, ok := known.Cause().(sql.UniqueKeyError)
		if !ok {
			return "", false
		}
		if row := unique.Existing; cap(row) > len(row) {
			if d, ok := row[:len(row)+1][len(row)].(duplicate); ok {
				return d.message, true
			}
		}
		key := "UNIQUE"
		if unique.IsPK {
			key = "PRIMARY"
		}
		return fmt.Sprintf("Duplicate entry '%s' for key '%s'", strings.Trim(unique.Error(), "[]"), key), true
	}
	return "", false
}
