package catalog

import (
	"fmt"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/sqlerr"
)

// complete gives the columns of SQL their physical types, so that a connector need not read MySQL's.
func complete(name string, given *pb.Table) (*pb.Table, error) {
	if given == nil {
		return nil, nil
	}
	for i, c := range given.Columns {
		if columnNamed(given, c.Name) < i {
			return nil, sqlerr.New(1060, "42S21", "duplicate column name %q", c.Name)
		}
	}
	resolved, err := gms.Declare("", name, given)
	if err != nil {
		return nil, sqlerr.New(1005, "HY000", "can't create table %s: %v", name, err)
	}
	table := given.CloneVT()
	for i, c := range table.Columns {
		full, err := gms.Column(resolved.Schema[i])
		if err != nil {
			return nil, sqlerr.New(1005, "HY000", "can't create table %s: %v", name, err)
		}
		c.Type, c.Precision, c.Scale, c.Length, c.Members = full.Type, full.Precision, full.Scale, full.Length, full.Members
	}
	return table, nil
}

// withGiven is a declaration with the columns that SQL gives: their names, types and comments; the
// connector's other columns are hidden. What the connector does not keep is an error, as a table
// would otherwise promise what it does not hold.
func withGiven(connector string, given, declared *pb.Table) (*pb.Table, error) {
	resolved, err := gms.Declare("", declared.GetName(), declared)
	if err != nil {
		return nil, err
	}
	table := resolved.Table.CloneVT()
	table.CreateSql = ""
	refuse := func(format string, args ...any) error {
		var names []string
		for _, c := range table.Columns {
			names = append(names, c.Name)
		}
		e := sqlerr.New(1478, "HY000", "connector %s, table %s: %s", connector, declared.GetName(), fmt.Sprintf(format, args...))
		return e.WithHint("its columns are, in order: %s", strings.Join(names, ", "))
	}
	shown, last := make([]bool, len(table.Columns)), -1
	for i, want := range given.Columns {
		at := columnNamed(table, want.Name)
		switch {
		case at < 0:
			return nil, refuse("it has no column %s", want.Name)
		case at < last:
			return nil, refuse("column %s does not stand where the connector has it", want.Name)
		}
		shown[at], last = true, at
		if why := giveColumn(table, at, resolved.Schema[at].Type, given.Columns[i]); why != "" {
			return nil, refuse("column %s: %s", want.Name, why)
		}
	}
	for i, c := range table.Columns {
		c.Hidden = c.Hidden || !shown[i]
	}
	if why := unkept(given, table); why != "" {
		return nil, refuse("%s", why)
	}
	if given.Comment != "" {
		table.Comment = given.Comment
	}
	return table, nil
}

func columnNamed(table *pb.Table, name string) int {
	for i, c := range table.Columns {
		if strings.EqualFold(c.Name, name) {
			return i
		}
	}
	return -1
}

// unkept names a key, index or constraint that is given and not declared.
func unkept(given, table *pb.Table) string {
	key := func(t *pb.Table) string {
		var names []string
		for _, at := range t.PrimaryKey {
			names = append(names, strings.ToLower(t.Columns[at].Name))
		}
		return strings.Join(names, ", ")
	}
	switch {
	case len(given.PrimaryKey) > 0 && key(given) != key(table):
		return "it does not keep the primary key (" + key(given) + ")"
	case len(given.Indexes) > len(table.Indexes):
		return "it does not keep the indexes"
	case len(given.ForeignKeys) > len(table.ForeignKeys):
		return "it does not keep foreign keys"
	}
	return ""
}

// giveColumn gives a declared column the name, type and comment of SQL; it says why it cannot.
func giveColumn(table *pb.Table, at int, declared sql.Type, want *pb.Column) string {
	c := table.Columns[at]
	collation, err := gms.ParseCollation(table.Collation)
	if err != nil {
		return err.Error()
	}
	t, err := gms.Type(want, collation)
	if err != nil {
		return err.Error()
	}
	to, err := gms.Physical(t)
	if err != nil {
		return err.Error()
	}
	from, err := gms.Physical(declared)
	if err != nil {
		return err.Error()
	}
	switch {
	case !widens(from, to):
		return fmt.Sprintf("it is %s, which is no %s", strings.ToLower(declared.String()), strings.ToLower(want.SqlType))
	case want.GeneratedSql != "" && c.GeneratedSql == "":
		return "the connector does not generate it"
	case want.AutoIncrement && !c.AutoIncrement:
		return "the connector does not number it"
	}
	c.Name = want.Name
	if declared.String() != t.String() {
		c.SqlType, c.Type = want.SqlType, 0
		c.Length, c.Precision, c.Scale, c.Members = 0, 0, 0, nil
	}
	if want.Collation != "" {
		c.Collation = want.Collation
	}
	if want.Comment != "" {
		c.Comment = want.Comment
	}
	if want.DefaultSql != nil {
		c.DefaultSql = want.DefaultSql
	}
	if want.Options != nil {
		c.Options = want.Options
	}
	return ""
}

// widens tells whether values of one physical type may be sent for a column of another (SPEC 5.4).
func widens(from, to col.Field) bool {
	switch {
	case from.Type == to.Type:
		return from.Scale == to.Scale || from.Type != col.Decimal128 && from.Type != col.Decimal256
	case from.Type == col.Null:
		return true
	case from.Type == col.Bool:
		return to.Type == col.Int8
	case from.Type == col.Int8 && to.Type == col.Bool, from.Type == col.Float32 && to.Type == col.Float64:
		return true
	case from.Type == col.Decimal128 && to.Type == col.Decimal256:
		return from.Scale == to.Scale
	}
	low := func(t, first, last col.Type) bool { return t >= first && t <= last }
	return low(from.Type, col.Int8, col.Int64) && low(to.Type, col.Int8, col.Int64) && from.Type < to.Type ||
		low(from.Type, col.Uint8, col.Uint64) && low(to.Type, col.Uint8, col.Uint64) && from.Type < to.Type
}
