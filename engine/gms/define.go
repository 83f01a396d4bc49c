package gms

import (
	"errors"
	"regexp"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/sqlerr"
	"github.com/wasql/wasql/host"
)

// Definer keeps the definitions of a connector's tables, and is told when one changes; the catalog is
// one. Its databases are SQL's and the connector's at once.
type Definer interface {
	// Forget drops what is known of a table, because it changed, and of the references it has.
	Forget(database, name string)
	// Described gives a table as it is now; nil: there is none.
	Described(ctx *sql.Context, database, name string) (*Table, error)
	// Create makes a table. It is not there for anybody but the caller when its name is a shadow's.
	Create(ctx *sql.Context, database string, table *pb.Table) (*Table, error)
	// Destroy drops a table; one that is not there is no error.
	Destroy(ctx *sql.Context, database, name string) error
	// Altered notes that the statement of ctx has changed a table; WasAltered tells it.
	Altered(ctx *sql.Context, database, name string)
	WasAltered(ctx *sql.Context, database, name string) bool
	// Database gives a database.
	Database(ctx *sql.Context, name string) (sql.Database, error)
	// References gives the foreign keys of any table that refer to this one.
	References(ctx *sql.Context, database, name string) ([]sql.ForeignKeyConstraint, error)
	// ForeignKeyNamed tells whether a table of the database has a foreign key of that name.
	ForeignKeyNamed(ctx *sql.Context, database, name string) (bool, error)
}

// Send makes one control call to the connector of a source, on an instance of the session of ctx.
func (s *Source) Send(ctx *sql.Context, op pb.Op, request, response host.Message) error {
	instance, err := s.Connector.Acquire(ctx, SessionOf(ctx))
	if err != nil {
		return err
	}
	defer instance.Release()
	return said(instance.Call(ctx, op, request, response))
}

// said is a refusal that has MySQL's number in the words of the connector alone: they are meant for
// the user.
func said(err error) error {
	var refused *host.Error
	if !errors.As(err, &refused) || refused.Status == nil || refused.Status.MysqlErrno == 0 || refused.Status.Message == "" {
		return err
	}
	if known := duplicateText.FindStringSubmatch(refused.Status.Message); known != nil && refused.Errno() == duplicateEntry {
		return sqlerr.Duplicate(known[2], known[3], []any{known[1]}, nil)
	}
	told := sqlerr.New(refused.Errno(), refused.SQLState(), "%s", refused.Status.Message)
	told.Hint, told.Err = refused.Hint, err
	return told
}

// duplicateText is what connectors, in MySQL's words, say about two rows with the same key: its value,
// the table and the key.
var duplicateText = regexp.MustCompile(`(?s)^Duplicate entry '(.*)' for key '(?:(.*)\.)?([^.]*)'$`)

// Said tells whether a connector refused with that code.
func Said(err error, code abi.Code) bool {
	var refused *host.Error
	return errors.As(err, &refused) && refused.Code == code
}
