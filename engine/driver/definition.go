package driver

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/sqlerr"
)

// Definition is an index as CREATE INDEX … USING defines it.
type Definition struct {
	// Database and Table are SQL's names.
	Database, Table, Name string
	// Driver is the id of the driver.
	Driver string
	// Columns of the key, by name, in order.
	Columns []string
	Unique  bool
	Comment string            `json:",omitempty"`
	Options map[string]string `json:",omitempty"`
}

// state says what the catalog knows of an index's files.
type state string

const (
	// open: the files may lack entries, or are being written.
	open state = "open"
	// ready: they are those of the checksum, and lack nothing.
	ready state = "ready"
)

// kept is a definition with what is known of the files, as the catalog keeps it.
type kept struct {
	Definition
	State state
	// Version of the table, and the driver's checksum, when it was saved.
	Version  string `json:",omitempty"`
	Checksum []byte `json:",omitempty"`
	// Rows there were when it was built, and how many keys that differ in the first columns.
	Rows     uint64    `json:",omitempty"`
	Distinct []float64 `json:",omitempty"`
}

// Objects keeps definitions; the catalog has them. It is safe for concurrent use.
type Objects interface {
	List(ctx *sql.Context, kind pb.ObjectKind) ([]*pb.Object, error)
	Put(ctx *sql.Context, object *pb.Object, replace bool) error
	Drop(ctx *sql.Context, kind pb.ObjectKind, database, name string) error
}

const definitionAttribute = "definition"

// objectName is the name of an index among the objects of the catalog.
func (d *Definition) objectName() string {
	return quoted(d.Database) + "." + quoted(d.Table) + "." + quoted(d.Name)
}

func quoted(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

// of tells whether the index is over a table.
func (d *Definition) of(t gms.TableName) bool {
	return strings.EqualFold(d.Database, t.Database) && strings.EqualFold(d.Table, t.Name)
}

// Text is the statement that makes the index.
func (d *Definition) Text() string {
	text := "CREATE "
	if d.Unique {
		text += "UNIQUE "
	}
	columns := make([]string, len(d.Columns))
	for i, c := range d.Columns {
		columns[i] = quoted(c)
	}
	text += "INDEX " + quoted(d.Name) + " ON " + quoted(d.Database) + "." + quoted(d.Table) + " USING " + quoted(d.Driver) + " (" + strings.Join(columns, ", ") + ")"
	if d.Comment != "" {
		text += " COMMENT '" + strings.ReplaceAll(d.Comment, "'", "''") + "'"
	}
	return text
}

func (k *kept) object() (*pb.Object, error) {
	encoded, err := json.Marshal(k)
	now := time.Now().UnixMicro()
	return &pb.Object{Kind: pb.ObjectKind_OBJECT_KIND_INDEX, Database: k.Database, Name: k.objectName(), CreateSql: k.Text(),
		CreatedAt: now, ModifiedAt: now, Attributes: map[string]string{definitionAttribute: string(encoded)}}, err
}

func keptOf(object *pb.Object) (*kept, error) {
	k := &kept{}
	if err := json.Unmarshal([]byte(object.GetAttributes()[definitionAttribute]), k); err != nil {
		e := sqlerr.New(1030, "HY000", "the definition of index %s cannot be read: %v", object.GetName(), err)
		e.Err = err
		return nil, e
	}
	return k, nil
}

// put stores the state of the index.
func (x *Index) put(ctx *sql.Context, replace bool) error {
	object, err := x.kept.object()
	if err != nil {
		return err
	}
	return x.set.objects().Put(ctx, object, replace)
}
