package gms

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
)

// shape writes a definition down: its columns with where they come from, its keys by name.
func shape(d *definition) string {
	name := func(at uint32) string { return d.Columns[at].Name }
	var parts []string
	for _, c := range d.Columns {
		from, known := d.from[c]
		if !known {
			from = -1
		}
		parts = append(parts, fmt.Sprintf("%s<%d", c.Name, from))
	}
	for _, at := range d.PrimaryKey {
		parts = append(parts, "key:"+name(at))
	}
	for _, x := range d.Indexes {
		for _, c := range x.Columns {
			parts = append(parts, x.Name+":"+name(c.Column))
		}
	}
	for _, key := range d.ForeignKeys {
		parts = append(parts, key.Name+":"+name(key.Columns[0]))
	}
	return strings.Join(parts, " ")
}

func TestKeysFollowTheirColumns(t *testing.T) {
	rowID := uint32(3)
	table := &pb.Table{
		Columns: []*pb.Column{{Name: "a", SqlType: "int"}, {Name: "b", SqlType: "int"}, {Name: "c", SqlType: "int"},
			{Name: "number", SqlType: "bigint", Hidden: true}},
		RowId: &rowID,
		Indexes: []*pb.Index{{Name: "ix", Columns: []*pb.IndexColumn{{Column: 2}, {Column: 0}}},
			{Name: "one", Columns: []*pb.IndexColumn{{Column: 1}}}},
		ForeignKeys: []*pb.ForeignKey{{Name: "fk", Columns: []uint32{1}, ParentTable: "p", ParentColumns: []string{"x"}}},
	}
	declared, err := Declare("d", "t", table)
	if err != nil {
		t.Fatal(err)
	}
	made := NewTable(&Source{}, "d", "t", &pb.TableRef{}, declared, &RowCount{})
	for _, c := range []struct {
		name   string
		change func(*definition)
		want   string
	}{
		{"as it is, without the row number", func(*definition) {}, "a<0 b<1 c<2 ix:c ix:a one:b fk:b"},
		{"a column first", func(d *definition) { d.insertColumn(0, &pb.Column{Name: "n"}) }, "n<-1 a<0 b<1 c<2 ix:c ix:a one:b fk:b"},
		{"a column in between", func(d *definition) { d.insertColumn(2, &pb.Column{Name: "n"}) }, "a<0 b<1 n<-1 c<2 ix:c ix:a one:b fk:b"},
		{"a part of an index goes", func(d *definition) { d.dropColumn(0) }, "b<1 c<2 ix:c one:b fk:b"},
		{"a whole index goes", func(d *definition) { d.dropColumn(1) }, "a<0 c<2 ix:c ix:a"},
		{"a column moves to the front", func(d *definition) { d.replaceColumn(2, &pb.Column{Name: "z"}, 0) }, "z<2 a<0 b<1 ix:z ix:a one:b fk:b"},
		{"a column moves to the end", func(d *definition) { d.replaceColumn(0, &pb.Column{Name: "z"}, 2) }, "b<1 c<2 z<0 ix:c ix:z one:b fk:b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := made.definition()
			c.change(d)
			if got := shape(d); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
	for _, c := range []struct {
		order             *sql.ColumnOrder
		moving, otherwise int
		want              int
	}{
		{nil, -1, 3, 3}, {&sql.ColumnOrder{First: true}, -1, 3, 0}, {&sql.ColumnOrder{AfterColumn: "B"}, -1, 3, 2},
		{&sql.ColumnOrder{AfterColumn: "b"}, 0, 0, 1}, {&sql.ColumnOrder{AfterColumn: "a"}, 2, 2, 1},
	} {
		if got, err := made.definition().placeFor(c.order, c.moving, c.otherwise); err != nil || got != c.want {
			t.Errorf("%+v of column %d: place %d (%v), want %d", c.order, c.moving, got, err, c.want)
		}
	}
}
