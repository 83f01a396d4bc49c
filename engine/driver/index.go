package driver

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/types"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/sqlerr"
)

// Index is one index and what this process knows of it.
type Index struct {
	set *Set
	// claims are the keys of a unique index that are being written.
	claims *claims
	// building lets one statement build the index while others read the table.
	building sync.Mutex

	// mu guards what follows, the state in kept among it.
	mu sync.Mutex
	kept
	// looked: the files were compared with what the catalog says of them.
	looked bool
	// live: the driver has an entry for every version of a row that anybody may read.
	live bool
	// collects: the index is being built, and rows that are written meanwhile are its own too.
	collects bool
	gone     bool
	// since is when the reading of the table began that the entries were made by: who sees it as it was before lacks some.
	since time.Time
	// version of the table that the entries are of.
	version string
	shape   *shape
	pending *col.Builder
	// adds counts the entries that were added; a reader that sees it change looks again.
	adds atomic.Uint64
	// added counts them since the index was built: those of old versions stay until it is built again.
	added uint64
	// dead counts those that may be of old versions.
	dead uint64
	// failed is when building failed last, and for what version.
	failed        time.Time
	failedVersion string
	why           string
}

// shape says how rows of a table become entries.
type shape struct {
	// positions of the key columns, then of the location's.
	positions []int
	keys      int
	columns   []*sql.Column
	schema    col.Schema
	message   *pb.DriverIndex
}

// exactLocation tells whether two locations of one row are the same bytes.
func (s *shape) exactLocation() bool {
	for _, c := range s.columns[s.keys:] {
		if !types.IsInteger(c.Type) && !types.IsBinaryType(c.Type) {
			return false
		}
	}
	return true
}

// shapeOf makes the shape of an index over a table, or says why there can be none.
func shapeOf(d *Definition, t *gms.Table) (*shape, error) {
	s := &shape{message: &pb.DriverIndex{Database: d.Database, Table: d.Table, Name: d.Name, Unique: d.Unique, Options: d.Options}}
	schema := t.FullSchema()
	add := func(at int) (*pb.Column, error) {
		c := schema[at]
		field, err := gms.Physical(c.Type)
		if err != nil {
			return nil, err
		}
		field.Name, field.Nullable = c.Name, true
		s.positions, s.columns, s.schema = append(s.positions, at), append(s.columns, c), append(s.schema, field)
		m := &pb.Column{Name: c.Name, Type: pb.Type(field.Type), Precision: field.Precision, Scale: field.Scale}
		if text, ok := c.Type.(sql.StringType); ok && field.Type == col.UTF8 {
			m.Collation = text.Collation().Name()
		}
		return m, nil
	}
	for _, name := range d.Columns {
		at := schema.IndexOfColName(strings.ToLower(name))
		if at < 0 {
			return nil, sql.ErrKeyColumnDoesNotExist.New(name)
		}
		m, err := add(at)
		if err != nil {
			return nil, err
		}
		switch col.Type(m.Type) {
		case col.JSON, col.Geometry, col.Vector:
			return nil, unsupported(t, "column %s is %s, which has no order", name, schema[at].Type)
		}
		s.message.Columns = append(s.message.Columns, m)
	}
	s.keys = len(s.positions)
	location, err := locationOf(t)
	if err != nil {
		return nil, err
	}
	for _, at := range location {
		m, err := add(at)
		if err != nil {
			return nil, err
		}
		s.message.Location = append(s.message.Location, m)
	}
	return s, nil
}

// locationOf has the positions of the columns by which rows are found again.
func locationOf(t *gms.Table) ([]int, error) {
	if !t.Has(pb.TableFeature_TABLE_FEATURE_LOOKUP) && t.Connector().Features()&uint64(pb.Feature_FEATURE_LOOKUP) == 0 {
		return nil, unsupported(t, "connector %s cannot look rows up by key", t.Connector().Name()).
			WithHint("an index finds keys; the rows are then looked up in the table")
	}
	if key := t.PrimaryKeySchema(nil).PkOrdinals; len(key) > 0 {
		return key, nil
	}
	declared := t.Declared()
	if id := declared.RowId; id != nil && int64(*id) < int64(len(declared.Columns)) {
		return []int{int(*id)}, nil
	}
	return nil, unsupported(t, "it has no primary key, and connector %s tells its rows apart by no column", t.Connector().Name()).
		WithHint("give the table a primary key")
}

// message names the index to the driver.
func (x *Index) message() *pb.DriverIndex {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.messageLocked()
}

func (x *Index) messageLocked() *pb.DriverIndex {
	if x.shape == nil {
		return &pb.DriverIndex{Database: x.Database, Table: x.Table, Name: x.Name, Unique: x.Unique, Options: x.Options}
	}
	m := x.shape.message.CloneVT()
	m.Checksum, m.TableVersion = x.Checksum, x.kept.Version
	return m
}

// versionOf is a text that differs when entries made of the table before may not fit it now: its definition, and, for a
// connector whose data others change, what the engine can see of that.
func versionOf(t *gms.Table, s *shape) (string, error) {
	h := sha256.New()
	write := func(format string, args ...any) { _, _ = fmt.Fprintf(h, format, args...) } // a hash takes all
	ref := t.Ref()
	write("%q %x %q %q %v\n", ref.GetVersion(), ref.GetData(), ref.GetDatabase(), ref.GetName(), sorted(ref.GetOptions()))
	for i, c := range s.columns {
		write("%q %s %d %d\n", c.Name, c.Type, s.positions[i], s.keys)
	}
	if changes := t.Source().Changes; changes != nil {
		version, known, err := changes()
		if err != nil {
			return "", err
		}
		if !known {
			return "", unsupported(t, "connector %s may give other rows at any time, without anybody seeing that they changed", t.Connector().Name())
		}
		_, _ = io.WriteString(h, version)
	}
	return hex.EncodeToString(h.Sum(nil)[:16]), nil
}

func sorted(options map[string]string) []string {
	var all []string
	for k, v := range options {
		all = append(all, k+"="+v)
	}
	slices.Sort(all)
	return all
}

// duplicate is the error of a key that is there twice.
func (x *Index) duplicate(values []any) error {
	text := make([]string, len(values))
	for i, v := range values {
		text[i] = fmt.Sprint(v)
	}
	return sqlerr.New(1062, "23000", "Duplicate entry '%s' for key '%s.%s'", strings.Join(text, "-"), x.Table, x.Name)
}
