package gms

import (
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
)

// PrimaryName is what MySQL calls the index of a primary key.
const PrimaryName = "PRIMARY"

// Index is a key of a table: its primary key, or an index that the connector declared. It is
// immutable and shared by the statements that use the declaration.
type Index struct {
	name, table, database string
	declared              *pb.Index
	primary               bool
	// parts are the columns of the key, in order.
	parts []part
	// covers has the lower-case names of the columns that are read from the index alone.
	covers map[string]bool
	// extended are the primary key's columns that are not in the index, in declaration order.
	extended []part
}

// part is one column of a key.
type part struct {
	// position among the declared columns; negative for an expression.
	position   int
	name       string
	typ        sql.Type
	prefix     uint32
	descending bool
}

var (
	_ sql.OrderedIndex  = (*Index)(nil)
	_ sql.ExtendedIndex = (*Index)(nil)
)

// Indexes makes the indexes of a table, the primary key's first. Indexes that name columns that
// are not there are left out: Declare has refused them.
func Indexes(database, name string, table *pb.Table, schema sql.Schema) []*Index {
	var all []*Index
	if len(table.GetPrimaryKey()) > 0 {
		primary := &pb.Index{Name: PrimaryName, Unique: true, Kind: pb.IndexKind_INDEX_KIND_BTREE, Ordered: true, Reversible: true}
		for _, position := range table.PrimaryKey {
			primary.Columns = append(primary.Columns, &pb.IndexColumn{Column: position})
		}
		all = append(all, newIndex(database, name, primary, table, schema))
	}
	for _, declared := range table.GetIndexes() {
		if index := newIndex(database, name, declared, table, schema); index != nil {
			all = append(all, index)
		}
	}
	return all
}

func newIndex(database, name string, declared *pb.Index, table *pb.Table, schema sql.Schema) *Index {
	x := &Index{name: declared.Name, table: name, database: database, declared: declared, covers: map[string]bool{}}
	x.primary = strings.EqualFold(declared.Name, PrimaryName)
	in := map[uint32]bool{}
	for _, c := range declared.Columns {
		if c.ExpressionSql != "" {
			x.parts = append(x.parts, part{position: -1, name: c.ExpressionSql, descending: c.Descending})
			continue
		}
		if int64(c.Column) >= int64(len(schema)) {
			return nil
		}
		column := schema[c.Column]
		x.parts = append(x.parts, part{position: int(c.Column), name: column.Name, typ: column.Type, prefix: c.PrefixLength, descending: c.Descending})
		in[c.Column] = true
		if c.PrefixLength == 0 {
			x.covers[strings.ToLower(column.Name)] = true
		}
	}
	if len(x.parts) == 0 {
		return nil
	}
	for _, position := range declared.Covers {
		if int64(position) < int64(len(schema)) {
			x.covers[strings.ToLower(schema[position].Name)] = true
		}
	}
	for _, position := range table.PrimaryKey {
		if !in[position] && !x.primary {
			x.extended = append(x.extended, part{position: int(position), name: schema[position].Name, typ: schema[position].Type})
		}
	}
	return x
}

// Declared is the connector's declaration; of a primary key, one that says the same.
func (x *Index) Declared() *pb.Index { return x.declared }

// Columns has the declared positions of the key's columns in order; an expression's is negative.
func (x *Index) Columns() []int {
	columns := make([]int, len(x.parts))
	for i, p := range x.parts {
		columns[i] = p.position
	}
	return columns
}

// ID implements sql.Index.
func (x *Index) ID() string { return x.name }

// Database implements sql.Index.
func (x *Index) Database() string { return x.database }

// Table implements sql.Index.
func (x *Index) Table() string { return x.table }

// String names the index in messages.
func (x *Index) String() string { return x.table + "." + x.name }

// Expressions implements sql.Index: table.column, as fields print themselves.
func (x *Index) Expressions() []string { return x.expressions(x.parts) }

func (x *Index) expressions(parts []part) []string {
	all := make([]string, len(parts))
	for i, p := range parts {
		all[i] = x.expression(p)
	}
	return all
}

func (x *Index) expression(p part) string {
	if p.position < 0 {
		return p.name
	}
	return x.table + "." + p.name
}

// ColumnExpressionTypes implements sql.Index.
func (x *Index) ColumnExpressionTypes(*sql.Context) []sql.ColumnExpressionType {
	return x.expressionTypes(x.parts)
}

func (x *Index) expressionTypes(parts []part) []sql.ColumnExpressionType {
	all := make([]sql.ColumnExpressionType, len(parts))
	for i, p := range parts {
		all[i] = sql.ColumnExpressionType{Expression: x.expression(p), Type: p.typ}
	}
	return all
}

// ExtendedExpressions implements sql.ExtendedIndex.
func (x *Index) ExtendedExpressions(*sql.Context) []string {
	return x.expressions(slices.Concat(x.parts, x.extended))
}

// ExtendedColumnExpressionTypes implements sql.ExtendedIndex.
func (x *Index) ExtendedColumnExpressionTypes(*sql.Context) []sql.ColumnExpressionType {
	return x.expressionTypes(slices.Concat(x.parts, x.extended))
}

// IsUnique implements sql.Index.
func (x *Index) IsUnique() bool { return x.declared.Unique || x.primary }

// IsSpatial implements sql.Index.
func (x *Index) IsSpatial() bool { return x.declared.Kind == pb.IndexKind_INDEX_KIND_SPATIAL }

// IsFullText implements sql.Index.
func (x *Index) IsFullText() bool { return x.declared.Kind == pb.IndexKind_INDEX_KIND_FULLTEXT }

// IsVector implements sql.Index.
func (x *Index) IsVector() bool { return x.declared.Kind == pb.IndexKind_INDEX_KIND_VECTOR }

// Comment implements sql.Index.
func (x *Index) Comment() string { return x.declared.Comment }

// IndexType implements sql.Index.
func (x *Index) IndexType() string {
	if x.declared.Driver != "" {
		return x.declared.Driver
	}
	switch x.declared.Kind {
	case pb.IndexKind_INDEX_KIND_HASH:
		return "HASH"
	case pb.IndexKind_INDEX_KIND_FULLTEXT:
		return "FULLTEXT"
	case pb.IndexKind_INDEX_KIND_SPATIAL:
		return "SPATIAL"
	case pb.IndexKind_INDEX_KIND_VECTOR:
		return "VECTOR"
	}
	return "BTREE"
}

// IsGenerated implements sql.Index.
func (x *Index) IsGenerated() bool { return false }

// plain tells whether the index finds values by comparing them, as lookups need.
func (x *Index) plain() bool {
	switch x.declared.Kind {
	case pb.IndexKind_INDEX_KIND_UNSPECIFIED, pb.IndexKind_INDEX_KIND_BTREE, pb.IndexKind_INDEX_KIND_HASH:
	default:
		return false
	}
	for _, p := range x.parts {
		if p.position < 0 {
			return false
		}
	}
	return true
}

// CanSupport implements sql.Index. Planning fails when it is false, so any range on columns is: what
// the connector refuses of it is checked by the engine.
func (x *Index) CanSupport(_ *sql.Context, ranges ...sql.Range) bool {
	for _, r := range ranges {
		mysql, ok := r.(sql.MySQLRange)
		if !ok || len(mysql) > len(x.parts)+len(x.extended) {
			return false
		}
	}
	return true
}

// CanSupportOrderBy implements sql.Index; it is asked for orders by distance only.
func (x *Index) CanSupportOrderBy(sql.Expression) bool { return false }

// CoversColumns implements sql.Index. Rows of a primary key are whole.
func (x *Index) CoversColumns(columns []string) bool {
	if x.primary {
		return true
	}
	for _, c := range columns {
		if !x.covers[strings.ToLower(c)] {
			return false
		}
	}
	return true
}

// PrefixLengths implements sql.Index: nothing, or a number for each column, 0 for a whole one.
func (x *Index) PrefixLengths() []uint16 {
	if !slices.ContainsFunc(x.parts, func(p part) bool { return p.prefix > 0 }) {
		return nil
	}
	lengths := make([]uint16, len(x.parts))
	for i, p := range x.parts {
		lengths[i] = uint16(p.prefix)
	}
	return lengths
}

// Order implements sql.OrderedIndex. Planning counts on ascending values of every column, so an
// index with a descending column, or a shortened one, has no order.
func (x *Index) Order(*sql.Context) sql.IndexOrder {
	if !x.declared.Ordered || !x.plain() || x.declared.Kind == pb.IndexKind_INDEX_KIND_HASH ||
		slices.ContainsFunc(x.parts, func(p part) bool { return p.descending || p.prefix > 0 }) {
		return sql.IndexOrderNone
	}
	return sql.IndexOrderAsc
}

// Reversible implements sql.OrderedIndex.
func (x *Index) Reversible(*sql.Context) bool { return x.declared.Reversible }
