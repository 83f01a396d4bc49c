package gms

import (
	"slices"
	"strings"
	"testing"

	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/wasql/wasql/abi/pb"
)

const ddl = `CREATE TABLE ignored (
	id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
	name VARCHAR(20) COLLATE utf8mb4_bin DEFAULT 'it''s (hidden)' COMMENT 'a, b) hidden',
	kind ENUM('x','hidden','y,z'),
	price DECIMAL(10,2) NOT NULL,
	` + "`start at` DATETIME(3) HIDDEN" + `,
	stop BIGINT INVISIBLE,
	spot POINT SRID 4326,
	parent BIGINT UNSIGNED,
	PRIMARY KEY (id, price),
	UNIQUE KEY by_name (name(5) DESC),
	CONSTRAINT up FOREIGN KEY (parent) REFERENCES other (id) ON DELETE CASCADE,
	CONSTRAINT positive CHECK (price > 0)
) COMMENT='of things' COLLATE utf8mb4_general_ci`

func testCreateTableText(t *testing.T) {
	d, err := Declare("db", "things", &pb.Table{CreateSql: ddl, Columns: []*pb.Column{{Name: "NAME", Required: true}}})
	if err != nil {
		t.Fatal(err)
	}
	var shown []string
	for i, c := range d.Schema {
		text := c.Name + " " + c.Type.String()
		if c.HiddenSystem {
			text += " hidden"
		}
		if !c.Nullable {
			text += " not null"
		}
		if d.Table.Columns[i].Required {
			text += " required"
		}
		if c.Source != "things" || c.DatabaseSource != "db" {
			t.Errorf("column %s is of %s.%s", c.Name, c.DatabaseSource, c.Source)
		}
		shown = append(shown, text)
	}
	want := []string{"id bigint unsigned not null", "name varchar(20) COLLATE utf8mb4_bin required",
		"kind enum('x','hidden','y,z') COLLATE utf8mb4_general_ci", "price decimal(10,2) not null",
		"start at datetime(3) hidden", "stop bigint hidden", "spot point", "parent bigint unsigned"}
	if !slices.Equal(shown, want) {
		t.Errorf("columns\n%s\nwant\n%s", strings.Join(shown, "\n"), strings.Join(want, "\n"))
	}
	if !slices.Equal(d.PrimaryKey.PkOrdinals, []int{0, 3}) {
		t.Errorf("primary key %v, want 0 and 3", d.PrimaryKey.PkOrdinals)
	}
	if !slices.Equal(d.Arguments, []int{4, 5}) || !d.Callable() || !d.Hides() {
		t.Errorf("arguments %v, want the hidden columns in order", d.Arguments)
	}
	table := d.Table
	if table.Comment != "of things" || table.Columns[1].Comment != "a, b) hidden" || table.Columns[1].GetDefaultSql() != "'it\\'s (hidden)'" {
		t.Errorf("comments %q and %q, default %q", table.Comment, table.Columns[1].Comment, table.Columns[1].GetDefaultSql())
	}
	if len(table.Indexes) != 1 || !table.Indexes[0].Unique || table.Indexes[0].Columns[0].PrefixLength != 5 || !table.Indexes[0].Columns[0].Descending {
		t.Errorf("indexes %v", table.Indexes)
	}
	if len(table.ForeignKeys) != 1 || table.ForeignKeys[0].OnDelete != pb.ReferenceAction_REFERENCE_ACTION_CASCADE || table.ForeignKeys[0].Columns[0] != 7 {
		t.Errorf("foreign keys %v", table.ForeignKeys)
	}
	if len(table.Checks) != 1 || table.Checks[0].ExpressionSql != "price > 0" {
		t.Errorf("checks %v", table.Checks)
	}
	if table.Columns[6].Srid != 4326 || !table.Columns[0].AutoIncrement {
		t.Errorf("srid %d, auto increment %v", table.Columns[6].Srid, table.Columns[0].AutoIncrement)
	}
}

func TestKeysAtColumnsAreNoted(t *testing.T) {
	table, err := ParseCreateTable("create table t (a int primary key, b int unique, c int unique key, d int)")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(table.PrimaryKey, []uint32{0}) || len(table.Indexes) != 2 || table.Indexes[0].Columns[0].Column != 1 || table.Indexes[1].Columns[0].Column != 2 {
		t.Errorf("primary key %v, indexes %v: vitess's key options have other numbers than %d, %d, %d", table.PrimaryKey, table.Indexes, keyPrimary, keyUnique, keyUniqueKey)
	}
}

func TestDeclarationsThatMakeNoTableAreRefused(t *testing.T) {
	column := func(name string) *pb.Column { return &pb.Column{Name: name, SqlType: "int"} }
	cases := map[string]*pb.Table{
		"nothing":            nil,
		"no columns":         {},
		"another statement":  {CreateSql: "SELECT 1"},
		"not SQL":            {CreateSql: "CREATE"},
		"twice":              {Columns: []*pb.Column{column("a"), column("A")}},
		"no name":            {Columns: []*pb.Column{column("")}},
		"reserved name":      {Columns: []*pb.Column{column("!hidden!x")}},
		"key out of range":   {Columns: []*pb.Column{column("a")}, PrimaryKey: []uint32{1}},
		"key twice":          {Columns: []*pb.Column{column("a")}, PrimaryKey: []uint32{0, 0}},
		"argument missing":   {Columns: []*pb.Column{{Name: "a", SqlType: "int", Argument: 2}}},
		"argument twice":     {Columns: []*pb.Column{{Name: "a", SqlType: "int", Argument: 1}, {Name: "b", SqlType: "int", Argument: 1}}},
		"unknown collation":  {Columns: []*pb.Column{column("a")}, Collation: "klingon_ci"},
		"extra beside DDL":   {CreateSql: "create table t (a int)", Columns: []*pb.Column{column("b")}},
		"key of other table": {CreateSql: "create table t (a int, primary key (b))"},
	}
	for name, table := range cases {
		if _, err := Declare("db", "t", table); err == nil {
			t.Errorf("%s: declared", name)
		}
	}
	if _, err := sqlparser.Parse("create table t (a int hidden)"); err == nil {
		t.Error("vitess reads HIDDEN by itself: cutHidden can go")
	}
}
