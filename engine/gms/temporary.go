package gms

import (
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
)

var _ sql.TemporaryTable = (*Table)(nil)

// TemporaryPrefix begins the names by which a connector knows the sessions' own tables.
const TemporaryPrefix = "#tmp"

// IsTemporary implements sql.TemporaryTable: the table is one session's own.
func (t *Table) IsTemporary() bool { return strings.HasPrefix(t.ref.GetName(), TemporaryPrefix) }
