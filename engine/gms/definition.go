package gms

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
)

// definition is what a table shall become.
type definition struct {
	*pb.Table
	// from tells which of the table's columns fills a column, by position.
	from map[*pb.Column]int
}

// definition is a copy of what the table is, to be changed: without the hidden column by which a
// connector tells rows apart, which is the connector's affair.
func (t *Table) definition() *definition {
	table := t.declared.Table
	if t.staged != nil {
		table = t.staged.table
	}
	d := &definition{table.CloneVT(), map[*pb.Column]int{}}
	d.CreateSql = ""
	for i, c := range d.Columns {
		d.from[c] = i
	}
	if d.RowId != nil && d.Columns[*d.RowId].Hidden {
		d.dropColumn(int(*d.RowId))
	}
	d.RowId = nil
	return d
}

// Like declares an empty table of another name with the table's columns, keys, checks and comment.
func (t *Table) Like(name string) (*pb.Table, error) {
	d := t.definition()
	like := &pb.Table{Name: name, PrimaryKey: d.PrimaryKey, Comment: d.Comment, Collation: t.declared.Collation.Name()}
	for _, c := range d.Columns {
		if c.Type == pb.Type_TYPE_UNSPECIFIED || c.SqlType == "" {
			// The connector gave one of the two; here both are wanted.
			full, err := Column(t.declared.Schema[d.from[c]])
			if err != nil {
				return nil, err
			}
			c = full
		}
		like.Columns = append(like.Columns, c)
	}
	for _, x := range d.Indexes {
		if x.Kind != pb.IndexKind_INDEX_KIND_FULLTEXT {
			like.Indexes = append(like.Indexes, x)
		}
	}
	for i, c := range d.Checks {
		c.Name = fmt.Sprintf("%s_chk_%d", name, i+1)
		like.Checks = append(like.Checks, c)
	}
	return like, nil
}

// column finds a column by its name, without case; -1: there is none.
func (d *definition) column(name string) int {
	return slices.IndexFunc(d.Columns, func(c *pb.Column) bool { return strings.EqualFold(c.Name, name) })
}

// moved renumbers the columns that keys name. A column that to gives no place to leaves them; an index
// that has none left goes.
func (d *definition) moved(to func(uint32) (uint32, bool)) {
	place := func(positions []uint32) []uint32 {
		var out []uint32
		for _, position := range positions {
			if at, stays := to(position); stays {
				out = append(out, at)
			}
		}
		return out
	}
	d.PrimaryKey = place(d.PrimaryKey)
	for _, x := range d.Indexes {
		x.Covers = place(x.Covers)
		x.Columns = slices.DeleteFunc(x.Columns, func(c *pb.IndexColumn) bool {
			if c.ExpressionSql != "" {
				return false
			}
			at, stays := to(c.Column)
			c.Column = at
			return !stays
		})
	}
	d.Indexes = slices.DeleteFunc(d.Indexes, func(x *pb.Index) bool { return len(x.Columns) == 0 })
	for _, key := range d.ForeignKeys {
		key.Columns = place(key.Columns)
	}
	d.ForeignKeys = slices.DeleteFunc(d.ForeignKeys, func(key *pb.ForeignKey) bool { return len(key.Columns) != len(key.ParentColumns) })
}

// dropColumn takes a column out, and out of the keys.
func (d *definition) dropColumn(at int) {
	d.Columns = slices.Delete(d.Columns, at, at+1)
	d.moved(func(position uint32) (uint32, bool) {
		if position > uint32(at) {
			return position - 1, true
		}
		return position, position != uint32(at)
	})
}

// insertColumn puts a column before the one that is at a position.
func (d *definition) insertColumn(at int, c *pb.Column) {
	d.Columns = slices.Insert(d.Columns, at, c)
	d.moved(func(position uint32) (uint32, bool) {
		if position >= uint32(at) {
			return position + 1, true
		}
		return position, true
	})
}

// replaceColumn puts a column in the place of another one, and moves it to a position.
func (d *definition) replaceColumn(from int, c *pb.Column, to int) {
	order := make([]int, 0, len(d.Columns))
	for i := range d.Columns {
		if i != from {
			order = append(order, i)
		}
	}
	order = slices.Insert(order, to, from)
	columns := make([]*pb.Column, len(order))
	for at, was := range order {
		columns[at] = d.Columns[was]
	}
	d.from[c] = d.from[columns[to]]
	columns[to], d.Columns = c, columns
	d.moved(func(position uint32) (uint32, bool) { return uint32(slices.Index(order, int(position))), true })
}

// placeFor is the position that FIRST or AFTER gives a column; without either, otherwise. moving is
// the column's present position, -1 for a new one.
func (d *definition) placeFor(order *sql.ColumnOrder, moving, otherwise int) (int, error) {
	switch {
	case order == nil || !order.First && order.AfterColumn == "":
		return otherwise, nil
	case order.First:
		return 0, nil
	}
	after := d.column(order.AfterColumn)
	if after < 0 {
		return 0, sql.ErrTableColumnNotFound.New(d.Name, order.AfterColumn)
	}
	if moving >= 0 && moving <= after {
		return after, nil // its own place is free before
	}
	return after + 1, nil
}

// withColumns gives a definition the columns and the primary key of a schema. The keys follow their
// columns; renamed has the new names, by the old ones in lower case.
func (d *definition) withColumns(schema sql.PrimaryKeySchema, renamed map[string]string) error {
	var columns []*pb.Column
	place := map[string]uint32{}
	at := make([]uint32, len(schema.Schema))
	for i, c := range schema.Schema {
		if hidesRows(c) {
			continue
		}
		declared, err := Column(c)
		if err != nil {
			return err
		}
		at[i] = uint32(len(columns))
		place[strings.ToLower(c.Name)] = at[i]
		columns = append(columns, declared)
	}
	old := d.Columns
	d.moved(func(position uint32) (uint32, bool) {
		name := strings.ToLower(old[position].Name)
		if now, ok := renamed[name]; ok {
			name = strings.ToLower(now)
		}
		to, stays := place[name]
		return to, stays
	})
	d.Columns, d.PrimaryKey = columns, nil
	for _, position := range schema.PkOrdinals {
		d.PrimaryKey = append(d.PrimaryKey, at[position])
		columns[at[position]].NotNull = true
	}
	return nil
}
