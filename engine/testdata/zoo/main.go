// Zoo is the connector that the engine's tests run: a table for each thing a connector may do, well
// or badly. It is built by the tests; it is no example to follow.
package main

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	wasql "github.com/wasql/wasql/sdk/go"
)

func main() {}

func init() {
	wasql.Register(wasql.New(wasql.Manifest{
		Name: "zoo", Version: "1.0.0", Description: "what connectors may do", License: "Apache-2.0",
		Options: []wasql.Option{
			{Name: "greeting", Description: "shown by the table config", Default: "hello"},
			{Name: "colour", Description: "of the cage", Type: wasql.EnumOption, Choices: []string{"red", "green"}, Default: "red"},
		},
	}, open, &table{}))
}

func open(config *wasql.Config) (cage, error) { return cage{tables(config), config}, nil }

// cage has the tables, one of which depends on how it is named.
type cage struct {
	wasql.Tables
	config *wasql.Config
}

// Table implements wasql.Source.
func (c cage) Table(ref *wasql.TableRef) (wasql.Table, error) {
	if ref.Name == "arguments" {
		return arguments(c.config, ref.Arguments), nil
	}
	return c.Tables.Table(ref)
}

// table is a table by its parts.
type table struct {
	name    string
	columns []wasql.Column
	define  func(*wasql.Definition)
	plan    func(*wasql.Plan) error
	rows    uint64
	scan    func(*wasql.Plan, *wasql.Rows) error
}

func (t *table) Name() string            { return t.name }
func (t *table) Columns() []wasql.Column { return t.columns }

func (t *table) Define(d *wasql.Definition) {
	if t.define != nil {
		t.define(d)
	}
}

func (t *table) Plan(p *wasql.Plan) error {
	if t.plan != nil {
		return t.plan(p)
	}
	return nil
}

func (t *table) RowCount() (uint64, bool, error) { return t.rows, t.rows != 0, nil }

// Scan gives a cursor that makes all its rows at once.
func (t *table) Scan(p *wasql.Plan) (wasql.Cursor, error) { return &cursor{table: t, plan: p}, nil }

type cursor struct {
	table *table
	plan  *wasql.Plan
}

func (c *cursor) Next(out *wasql.Rows) error {
	if err := c.table.scan(c.plan, out); err != nil {
		return err
	}
	return io.EOF
}

// column declares a column by its name and MySQL type.
func column(name string, typ wasql.Type, sqlType string) wasql.Column {
	return wasql.Column{Name: name, Type: typ, SQLType: sqlType}
}

func number(name string) wasql.Column { return column(name, wasql.Int64, "bigint") }
func text(name string) wasql.Column   { return column(name, wasql.UTF8, "varchar(200)") }

func tables(config *wasql.Config) wasql.Tables {
	return wasql.Tables{
		everyType(), declared(), configured(config), asked(), arguments(config, nil),
		&table{name: "noisy", columns: []wasql.Column{number("n")}, scan: func(_ *wasql.Plan, out *wasql.Rows) error {
			wasql.Log(wasql.LevelInfo, "nobody hears this", "")
			wasql.Log(wasql.LevelWarning, "the cage is open", "close it")
			return out.Add(1)
		}},
		&table{name: "shouting", columns: []wasql.Column{number("n")}, scan: func(_ *wasql.Plan, out *wasql.Rows) error {
			wasql.Log(wasql.LevelError, "the lion is out", "run")
			return out.Add(1)
		}},
		&table{name: "failing", columns: []wasql.Column{number("n")}, scan: func(_ *wasql.Plan, out *wasql.Rows) error {
			e := wasql.Errorf(wasql.InvalidData, "no bird of that colour").WithHint("paint it").In("n", "blue").OnRow(3)
			e.Errno, e.SQLState = 1366, "22007"
			return e
		}},
		&table{name: "trap", columns: []wasql.Column{number("n")}, scan: func(*wasql.Plan, *wasql.Rows) error { panic("bitten") }},
		&table{name: "spin", columns: []wasql.Column{number("n")}, scan: func(*wasql.Plan, *wasql.Rows) error { spin(); return nil }},
		&table{name: "needy", columns: []wasql.Column{{Name: "city", Type: wasql.UTF8, SQLType: "varchar(20)", Required: true}, number("n")},
			plan: func(p *wasql.Plan) error {
				for _, c := range p.Conjuncts() {
					if c.Usable && c.Column == 0 && c.Op == wasql.EQ {
						return nil
					}
				}
				p.NoPlan("a city must be named", "city")
				return nil
			},
			scan: func(_ *wasql.Plan, out *wasql.Rows) error { return errors(out.Add("Oslo", 1), out.Add("Turin", 2)) }},
		&table{name: "counted", rows: 42, columns: []wasql.Column{number("id")},
			define: func(d *wasql.Definition) { d.PrimaryKey = []string{"id"} },
			scan: func(*wasql.Plan, *wasql.Rows) error {
				return wasql.Errorf(wasql.Internal, "counted is not for reading")
			}},
		&table{name: "liar", columns: []wasql.Column{number("n")}, plan: func(p *wasql.Plan) error { p.ClaimRange("n", wasql.Exact); return nil },
			scan: func(_ *wasql.Plan, out *wasql.Rows) error { return errors(out.Add(1), out.Add(2), out.Add(3)) }},
		&table{name: "MixedCase", columns: []wasql.Column{number("Id")}, scan: func(_ *wasql.Plan, out *wasql.Rows) error { return out.Add(7) }},
		&table{name: "broken", columns: []wasql.Column{{Name: "x", Type: wasql.Int64, SQLType: "not a type"}},
			scan: func(*wasql.Plan, *wasql.Rows) error { return nil }},
		&table{name: "long name.with dots", columns: []wasql.Column{text("v")}, scan: func(_ *wasql.Plan, out *wasql.Rows) error { return out.Add("found") }},
	}
}

func errors(all ...error) error {
	for _, err := range all {
		if err != nil {
			return err
		}
	}
	return nil
}

var spun int

// spin never ends, and is not optimised away.
func spin() {
	for {
		spun++
		if spun == math.MaxInt {
			return
		}
	}
}

// everyType has a column of every MySQL type, a row of values and a row of NULLs.
func everyType() *table {
	enum := column("e", wasql.Enum, "enum('a','b')")
	enum.Members = []string{"a", "b"}
	set := column("s", wasql.Set, "set('a','b','c')")
	set.Members = []string{"a", "b", "c"}
	small := column("dec_small", wasql.Decimal128, "decimal(10,2)")
	small.Precision, small.Scale = 10, 2
	large := column("dec_large", wasql.Decimal256, "decimal(65,30)")
	large.Precision, large.Scale = 65, 30
	values := []any{
		int64(-128), 255, -32768, 65535, -8388608, 16777215, math.MinInt32, uint64(math.MaxUint32), int64(math.MinInt64), uint64(math.MaxUint64), true,
		0.5, 0.1, "-12345678.90", "1.000000000000000000000000000001",
		19782, -3_020_399_000_000, 1_500_000_000_123_456, int64(1), 2024,
		"ch", "väri", strings.Repeat("x", 300), "\x00\xff", "blob", `{"b": [1, 2.5], "a": 9007199254740993}`, 2, 5, uint64(257),
		"\x00\x00\x00\x00\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\xf0\x3f\x00\x00\x00\x00\x00\x00\x00\x40", "\x00\x00\x80\x3f\x00\x00\x00\x40",
	}
	return &table{name: "types", columns: []wasql.Column{
		column("i8", wasql.Int8, "tinyint"), column("u8", wasql.Uint8, "tinyint unsigned"), column("i16", wasql.Int16, "smallint"),
		column("u16", wasql.Uint16, "smallint unsigned"), column("i24", wasql.Int32, "mediumint"), column("u24", wasql.Uint32, "mediumint unsigned"),
		column("i32", wasql.Int32, "int"), column("u32", wasql.Uint32, "int unsigned"), column("i64", wasql.Int64, "bigint"),
		column("u64", wasql.Uint64, "bigint unsigned"), column("flag", wasql.Bool, "tinyint(1)"),
		column("f32", wasql.Float32, "float"), column("f64", wasql.Float64, "double"), small, large,
		column("d", wasql.Date, "date"), column("t", wasql.Time, "time"), column("dt", wasql.Datetime, "datetime(6)"),
		column("ts", wasql.Datetime, "timestamp(6)"), column("y", wasql.Year, "year"),
		column("c", wasql.UTF8, "char(3)"), column("vc", wasql.UTF8, "varchar(20)"), column("txt", wasql.UTF8, "text"),
		column("vb", wasql.Binary, "varbinary(4)"), column("bl", wasql.Binary, "blob"), column("j", wasql.JSON, "json"),
		enum, set, column("b", wasql.Bit, "bit(9)"), column("g", wasql.Geometry, "point"), column("v", wasql.Vector, "vector(2)"),
	}, scan: func(_ *wasql.Plan, out *wasql.Rows) error {
		if err := out.Add(values...); err != nil {
			return err
		}
		return out.Add(make([]any, len(values))...)
	}}
}

// declared is declared by CREATE TABLE text, with a hidden column.
func declared() *table {
	secret := number("secret")
	secret.Hidden = true
	id := number("id")
	id.NotNull = true
	return &table{name: "ddl", columns: []wasql.Column{id, text("name"), secret},
		define: func(d *wasql.Definition) {
			d.CreateSQL = "CREATE TABLE x (id BIGINT NOT NULL PRIMARY KEY, name VARCHAR(200) COLLATE utf8mb4_bin COMMENT 'of it', secret BIGINT INVISIBLE) COMMENT='said in SQL'"
		},
		scan: func(_ *wasql.Plan, out *wasql.Rows) error {
			return errors(out.Add(1, "one", 11), out.Add(2, "two", 22))
		}}
}

// configured shows what the instance was set up with.
func configured(config *wasql.Config) *table {
	return &table{name: "config", columns: []wasql.Column{text("name"), text("value")}, scan: func(_ *wasql.Plan, out *wasql.Rows) error {
		return errors(out.Add("server", config.Server), out.Add("greeting", config.String("greeting")), out.Add("colour", config.String("colour")),
			out.Add("construction data", string(config.ConstructionData)), out.Add("user", config.User), out.Add("session", fmt.Sprint(config.Session)))
	}}
}

// asked shows which columns the engine asked for: each column it reads says all of them.
func asked() *table {
	columns := []wasql.Column{text("a"), text("b"), text("c"), text("d")}
	return &table{name: "asked", columns: columns, scan: func(p *wasql.Plan, out *wasql.Rows) error {
		var names []string
		for _, position := range p.Columns {
			names = append(names, columns[position].Name)
		}
		for position := range columns {
			out.String(position, strings.Join(names, "")+strconv.Itoa(len(names)))
		}
		out.EndRow()
		return nil
	}}
}

// arguments shows those of USING zoo(...): as the connector was set up with, and as came with the table.
func arguments(config *wasql.Config, ofTable []wasql.Argument) *table {
	columns := []wasql.Column{text("at"), text("name"), text("verbatim"), text("value")}
	return &table{name: "arguments", columns: columns, scan: func(_ *wasql.Plan, out *wasql.Rows) error {
		for _, a := range config.Arguments {
			if err := out.Add("configure", a.Name, a.Verbatim, a.Value); err != nil {
				return err
			}
		}
		for _, a := range ofTable {
			if err := out.Add("table", a.Name, a.Verbatim, a.Value); err != nil {
				return err
			}
		}
		return nil
	}}
}
