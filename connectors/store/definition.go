package main

import (
	"slices"
	"strings"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
	wasql "github.com/wasql/wasql/sdk/go"
)

// definition is what a table is: its declaration, and what follows from it for rows and keys. It is
// immutable; a change of the table makes another one with the same id.
type definition struct {
	// id names the table for ever, whatever it is called.
	id uint64
	// version counts the changes of the definition.
	version  uint64
	database string
	// declared has the hidden row number when there is no primary key.
	declared *pb.Table
	columns  []wasql.Column
	layout   layout
	// primary makes the key of a row; without parts the key is the row number.
	primary keySpec
	indexes []index
	// unique: there is a unique index.
	unique bool
	// generates is the position of the AUTO_INCREMENT column; -1: none.
	generates int
	temporary bool
}

// index is a secondary index as rows need it.
type index struct {
	name   string
	unique bool
	spec   keySpec
	// layout of its tree.
	layout layout
	// kept is false for kinds that are declared only, such as a spatial one.
	kept bool
}

// rowNumber is the hidden column that names the rows of a table without primary key. MySQL refuses the name too.
const rowNumber = "DB_ROW_ID"

// define makes a definition of what CREATE TABLE declares.
func define(id, version uint64, database string, declared *pb.Table) (*definition, error) {
	declared = withRowNumber(declared)
	d := &definition{id: id, version: version, database: database, declared: declared, generates: -1, temporary: declared.GetTemporary()}
	d.columns = wasql.ColumnsOf(declared)
	hidden := -1
	if declared.RowId != nil {
		hidden = int(*declared.RowId)
	}
	for i := range d.columns {
		c := &d.columns[i]
		if c.Type == col.Invalid || c.Type == col.Null || !c.Type.Known() {
			return nil, wasql.Errorf(wasql.InvalidArgument, "column %s of table %s has type %v, which is no type to store", c.Name, declared.GetName(), c.Type)
		}
		if c.AutoIncrement {
			d.generates = i
		}
	}
	d.layout = newLayout(d.columns, hidden)
	key := make([]*pb.IndexColumn, len(declared.GetPrimaryKey()))
	for i, at := range declared.GetPrimaryKey() {
		key[i] = &pb.IndexColumn{Column: at}
	}
	var err error
	if d.primary, err = d.keySpec(key); err != nil {
		return nil, err
	}
	for i := range d.primary.parts {
		d.primary.parts[i].nullable = false
	}
	if d.layout.key = d.primary.width(); hidden >= 0 {
		d.layout.key = 8
	}
	for _, x := range declared.GetIndexes() {
		made := index{name: x.GetName(), unique: x.GetUnique(), kept: keeps(x)}
		if made.kept {
			if made.spec, err = d.keySpec(x.GetColumns()); err != nil {
				return nil, err
			}
			made.layout = made.entries(d.layout.key)
		}
		d.indexes = append(d.indexes, made)
		d.unique = d.unique || made.unique && made.kept
	}
	return d, nil
}

// keeps tells whether the store keeps a tree for an index.
func keeps(x *pb.Index) bool {
	switch x.GetKind() {
	case pb.IndexKind_INDEX_KIND_UNSPECIFIED, pb.IndexKind_INDEX_KIND_BTREE, pb.IndexKind_INDEX_KIND_HASH:
		for _, c := range x.GetColumns() {
			if c.GetExpressionSql() != "" {
				return false
			}
		}
		return x.GetDriver() == ""
	}
	return false
}

func (d *definition) keySpec(columns []*pb.IndexColumn) (keySpec, error) {
	var spec keySpec
	for _, c := range columns {
		if int64(c.GetColumn()) >= int64(len(d.columns)) {
			return spec, wasql.Errorf(wasql.InvalidArgument, "a key of table %s names column %d of %d", d.declared.GetName(), c.GetColumn(), len(d.columns))
		}
		column := &d.columns[c.GetColumn()]
		part := keyPart{column: int(c.GetColumn()), typ: column.Type, nullable: !column.NotNull, desc: c.GetDescending(), prefix: int(c.GetPrefixLength())}
		if column.Type == col.UTF8 {
			var err error
			if part.collation, err = wasql.CollationOf(d.collation(column)); err != nil {
				return spec, err
			}
		}
		spec.parts = append(spec.parts, part)
	}
	return spec, nil
}

// entries is the layout of the index's tree: the only column is the key of the row.
func (x *index) entries(rowKey int) layout {
	l := layout{key: x.spec.width(), widths: []int{rowKey}, hidden: -1}
	if !x.unique && l.key > 0 {
		if l.key += rowKey; rowKey == 0 {
			l.key = 0
		}
	}
	return l
}

const defaultCollation = "utf8mb4_0900_bin"

func (d *definition) collation(c *wasql.Column) string {
	switch {
	case c.Collation != "":
		return c.Collation
	case d.declared.GetCollation() != "":
		return d.declared.GetCollation()
	}
	return defaultCollation
}

// withRowNumber gives a copy of a declaration that has the hidden row number just when it has no primary key.
func withRowNumber(given *pb.Table) *pb.Table {
	declared := given.CloneVT()
	dropRowNumber(declared)
	declared.Kind = pb.TableKind_TABLE_KIND_REGULAR
	declared.RowId, declared.RowCount, declared.AutoIncrementNext, declared.CreateSql = nil, nil, nil, ""
	for _, x := range declared.Indexes {
		if kept := keeps(x); kept {
			x.Kind, x.Ordered, x.Reversible = pb.IndexKind_INDEX_KIND_BTREE, true, true
		}
	}
	if len(declared.PrimaryKey) == 0 {
		at := uint32(len(declared.Columns))
		declared.RowId = &at
		declared.Columns = append(declared.Columns, &pb.Column{Name: rowNumber, Type: pb.Type(col.Uint64), SqlType: "bigint unsigned", NotNull: true, Hidden: true})
		return declared
	}
	for _, at := range declared.PrimaryKey {
		if int64(at) < int64(len(declared.Columns)) {
			declared.Columns[at].NotNull = true
		}
	}
	return declared
}

// dropRowNumber takes the hidden row number out, wherever it stands.
func dropRowNumber(t *pb.Table) {
	at := slices.IndexFunc(t.Columns, func(c *pb.Column) bool { return c.GetHidden() && c.GetName() == rowNumber })
	if at < 0 {
		return
	}
	t.Columns = slices.Delete(t.Columns, at, at+1)
	down := func(position *uint32) {
		if *position > uint32(at) {
			*position--
		}
	}
	for i := range t.PrimaryKey {
		down(&t.PrimaryKey[i])
	}
	for _, x := range t.Indexes {
		for _, c := range x.Columns {
			down(&c.Column)
		}
	}
	for _, f := range t.ForeignKeys {
		for i := range f.Columns {
			down(&f.Columns[i])
		}
	}
}

func (d *definition) name() string { return d.declared.GetName() }

// index finds a secondary index by name; -1: there is none.
func (d *definition) index(name string) int {
	return slices.IndexFunc(d.indexes, func(x index) bool { return strings.EqualFold(x.name, name) })
}
