package wasql

import "github.com/wasql/wasql/abi/pb"

// Kind of a table: how it comes to be.
type TableKind int32

// The table kinds.
const (
	// Listed tables are usable without any DDL.
	Listed = TableKind(pb.TableKind_TABLE_KIND_UNSPECIFIED)
	// Regular tables are made by CREATE and reopened by CONNECT.
	Regular = TableKind(pb.TableKind_TABLE_KIND_REGULAR)
	// Eponymous tables are usable without DDL, and CREATE makes more of their kind.
	Eponymous = TableKind(pb.TableKind_TABLE_KIND_BOTH)
	// EponymousOnly tables are usable without DDL; CREATE is refused.
	EponymousOnly = TableKind(pb.TableKind_TABLE_KIND_EPONYMOUS_ONLY)
	// FunctionOnly tables must be called with arguments: name(1, 10).
	FunctionOnly = TableKind(pb.TableKind_TABLE_KIND_FUNCTION)
)

// Definition is what a table declares besides its columns.
type Definition struct {
	Comment, Collation string
	Kind               TableKind
	// PrimaryKey names the key columns, in key order.
	PrimaryKey []string
	// RowID names the column that identifies a row for UPDATE and DELETE, when there is no primary key.
	RowID string
	// Indexes are the native ones.
	Indexes []Index
	// CreateSQL is CREATE TABLE text to declare the columns, keys and checks with; its table name is ignored, and the
	// SDK's columns must agree with it in order and type.
	CreateSQL string
	// Volatile tables may give different rows in two scans of one statement.
	Volatile bool
	// Data comes back in every TableRef, so that an instance need not work it out again. At most 64 KiB.
	Data []byte
	// Version changes whenever the columns do.
	Version string
	// RowBytes is the usual size of a row; 0: unknown.
	RowBytes uint64
	Options  map[string]string
	// Extra is merged in for what has no field here: foreign keys, checks, auto-increment.
	Extra *pb.Table
}

// Index declares a native index.
type Index struct {
	Name    string
	Columns []string
	Unique  bool
	// Ordered: rows come in key order when the engine asks for it; Reversible: and in reverse order.
	Ordered, Reversible bool
	Comment             string
}

func position(columns []Column, name string) uint32 {
	for i := range columns {
		if columns[i].Name == name {
			return uint32(i)
		}
	}
	panic("wasql: the table has no column " + name)
}

// Declarer is a table that keeps its declaration as the protocol has it, such as one that CREATE TABLE made. Its
// Columns must be ColumnsOf the declaration; features and row count are filled in.
type Declarer interface {
	// Declare gives the declaration, which is not changed.
	Declare() *pb.Table
}

// ColumnsOf gives the columns of a declaration.
func ColumnsOf(m *pb.Table) []Column { return columnsFrom(m.GetColumns()) }

// describe is the whole declaration of a table.
func describe(t Table) (*pb.Table, error) {
	if declarer, ok := t.(Declarer); ok {
		return declared(t, declarer.Declare())
	}
	var d Definition
	if definer, ok := t.(Definer); ok {
		definer.Define(&d)
	}
	columns := t.Columns()
	m := d.Extra
	if m == nil {
		m = &pb.Table{}
	}
	m.Name, m.Comment, m.Collation, m.Kind = t.Name(), d.Comment, d.Collation, pb.TableKind(d.Kind)
	m.Volatile, m.Data, m.Version, m.RowBytes, m.CreateSql, m.Options = d.Volatile, d.Data, d.Version, d.RowBytes, d.CreateSQL, d.Options
	for i := range columns {
		m.Columns = append(m.Columns, columns[i].message())
	}
	for _, name := range d.PrimaryKey {
		m.PrimaryKey = append(m.PrimaryKey, position(columns, name))
	}
	if d.RowID != "" {
		at := position(columns, d.RowID)
		m.RowId = &at
	}
	for i := range d.Indexes {
		m.Indexes = append(m.Indexes, d.Indexes[i].message(columns))
	}
	return m, complete(t, m)
}

// declared is the declaration m of t, with what t itself knows best.
func declared(t Table, m *pb.Table) (*pb.Table, error) {
	d := *m //nolint:govet // messages of protobuf-go-lite hold no lock
	d.Name = t.Name()
	return &d, complete(t, &d)
}

// complete fills in features and row count.
func complete(t Table, m *pb.Table) error {
	m.Features = tableFeatures(t)
	if counter, ok := t.(Counter); ok {
		rows, exact, err := counter.RowCount()
		if err != nil {
			return err
		}
		m.RowCount, m.RowCountExact = &rows, exact
	}
	return nil
}

func (x *Index) message(columns []Column) *pb.Index {
	m := &pb.Index{Name: x.Name, Unique: x.Unique, Ordered: x.Ordered, Reversible: x.Reversible, Comment: x.Comment, Kind: pb.IndexKind_INDEX_KIND_BTREE}
	for _, name := range x.Columns {
		m.Columns = append(m.Columns, &pb.IndexColumn{Column: position(columns, name)})
	}
	return m
}
