package gms

import (
	"errors"
	"fmt"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/sqlerr"
	"github.com/wasql/wasql/host"
)

const duplicateEntry = 1062

// take reads the columns asked back of row at of an answer into row.
func (s *sink) take(ctx *sql.Context, answer *col.Batch, at int, row sql.Row) error {
	for i, position := range s.returning {
		c := s.editor.table.declared.Schema[position]
		value, err := decode(ctx, c.Type, &answer.Cols[2+i], at)
		if err != nil {
			return s.editor.broken("column %s: %v", c.Name, err)
		}
		row[position] = value
	}
	return nil
}

// broken is a fault of the connector's answer.
func (e *editor) broken(format string, args ...any) error {
	return sqlerr.New(1296, "HY000", "connector %s: write %s: %s", e.table.source.Connector.Name(), e.table.name, fmt.Sprintf(format, args...))
}

// key is a key of the table that no two rows may have in common.
type key struct {
	name    string
	columns []*pb.IndexColumn
}

// uniqueKeys lists the primary key, then the others.
func (d *Declared) uniqueKeys() []key {
	var keys []key
	if len(d.Table.PrimaryKey) > 0 {
		primary := key{name: "PRIMARY"}
		for _, position := range d.Table.PrimaryKey {
			primary.columns = append(primary.columns, &pb.IndexColumn{Column: position})
		}
		keys = append(keys, primary)
	}
	for _, index := range d.Table.Indexes {
		if index.Unique && !strings.EqualFold(index.Name, "PRIMARY") {
			keys = append(keys, key{name: index.Name, columns: index.Columns})
		}
	}
	return keys
}

// duplicate is the error for a row that is not stored because existing is there: of the key that
// they have in common.
func (e *editor) duplicate(ctx *sql.Context, row, existing sql.Row) error {
	keys := e.table.declared.uniqueKeys()
	for _, k := range keys {
		same, err := k.sameIn(ctx, e.table.declared.Schema, row, existing)
		if err != nil {
			return err
		}
		if same {
			return e.duplicateOf(k.name, k.values(row), existing)
		}
	}
	if len(keys) == 0 {
		return e.broken("a row conflicts, and the table declares no key")
	}
	// The connector compares in another way; its word counts.
	return e.duplicateOf(keys[0].name, keys[0].values(row), existing)
}

// sameIn tells whether two rows have the key in common; NULL is like nothing.
func (k key) sameIn(ctx *sql.Context, schema sql.Schema, a, b sql.Row) (bool, error) {
	for _, c := range k.columns {
		if c.ExpressionSql != "" || int(c.Column) >= len(schema) {
			return false, nil
		}
		left, right := a[c.Column], b[c.Column]
		if left == nil || right == nil {
			return false, nil
		}
		if c.PrefixLength > 0 {
			left, right = prefix(left, c.PrefixLength), prefix(right, c.PrefixLength)
		}
		order, err := schema[c.Column].Type.Compare(ctx, left, right)
		if err != nil || order != 0 {
			return false, err
		}
	}
	return true, nil
}

// prefix cuts text to characters and bytes to bytes.
func prefix(v any, length uint32) any {
	switch x := v.(type) {
	case string:
		n := uint32(0)
		for i := range x {
			if n == length {
				return x[:i]
			}
			n++
		}
	case []byte:
		return x[:min(len(x), int(length))]
	}
	return v
}

func (k key) values(row sql.Row) []any {
	values := make([]any, 0, len(k.columns))
	for _, c := range k.columns {
		if c.ExpressionSql == "" && int(c.Column) < len(row) {
			values = append(values, row[c.Column])
		}
	}
	return values
}

// duplicateOf makes go-mysql-server's error for a duplicate key, which carries the stored row.
func (e *editor) duplicateOf(name string, values []any, existing sql.Row) error {
	return sqlerr.Duplicate(e.table.name, name, values, existing)
}

// refused is an error of the connector at a write: one about a duplicate key becomes
// go-mysql-server's.
func (e *editor) refused(err error) error {
	var refusal *host.Error
	if errors.As(err, &refusal) && refusal.Kind == host.KindConnector && refusal.Errno() == duplicateEntry {
		return e.rowError(refusal.Status, refusal.Status.GetRow())
	}
	return err
}

// rowError is what a connector says of one row.
func (e *editor) rowError(status *pb.Status, row uint64) error {
	if status.GetMysqlErrno() == duplicateEntry {
		if entry, name, ok := readDuplicate(status.GetMessage()); ok {
			return e.duplicateOf(name, []any{entry}, nil)
		}
	}
	refusal := &host.Error{Kind: host.KindConnector, Connector: e.table.source.Connector.Name(), Call: "write " + e.table.name,
		Status: status, Message: status.GetMessage(), Hint: status.GetHint(), Setting: status.GetSetting()}
	if status != nil {
		refusal.Code = abi.Code(status.Code)
	}
	if row > 0 && status.GetRow() == 0 {
		return fmt.Errorf("row %d: %w", row, refusal)
	}
	return refusal
}

// readDuplicate takes MySQL's message apart: Duplicate entry '1-2' for key 't.PRIMARY'.
func readDuplicate(message string) (entry, name string, ok bool) {
	_, rest, ok := strings.Cut(message, "Duplicate entry '")
	if !ok {
		return "", "", false
	}
	cut := strings.LastIndex(rest, "' for key '")
	if cut < 0 {
		return "", "", false
	}
	entry, name = rest[:cut], strings.TrimSuffix(rest[cut+len("' for key '"):], "'")
	if dot := strings.LastIndexByte(name, '.'); dot >= 0 {
		name = name[dot+1:]
	}
	return entry, name, true
}
