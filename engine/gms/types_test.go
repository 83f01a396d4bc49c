package gms

import (
	"context"
	"reflect"
	"testing"
	"time"

	"github.com/cockroachdb/apd/v3"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/types"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
)

// everyType has each MySQL type with the physical type of SPEC 5.2 and the text that SHOW gives.
var everyType = []struct {
	text     string
	physical col.Type
	shown    string
}{
	{"tinyint", col.Int8, "tinyint"}, {"tinyint unsigned", col.Uint8, "tinyint unsigned"},
	{"tinyint(1)", col.Int8, "tinyint(1)"}, {"bool", col.Int8, "tinyint(1)"},
	{"smallint", col.Int16, "smallint"}, {"smallint unsigned", col.Uint16, "smallint unsigned"},
	{"mediumint", col.Int32, "mediumint"}, {"mediumint unsigned", col.Uint32, "mediumint unsigned"},
	{"int", col.Int32, "int"}, {"INTEGER(11)", col.Int32, "int"}, {"int unsigned", col.Uint32, "int unsigned"},
	{"bigint", col.Int64, "bigint"}, {"bigint unsigned", col.Uint64, "bigint unsigned"},
	{"float", col.Float32, "float"}, {"double", col.Float64, "double"}, {"real", col.Float64, "double"},
	{"decimal", col.Decimal128, "decimal(10,0)"}, {"decimal(38,10)", col.Decimal128, "decimal(38,10)"},
	{"numeric(39,1)", col.Decimal256, "decimal(39,1)"}, {"decimal(65,30)", col.Decimal256, "decimal(65,30)"},
	{"date", col.Date, "date"}, {"time", col.Time, "time(6)"}, {"time(3)", col.Time, "time(6)"},
	{"datetime", col.Datetime, "datetime"}, {"datetime(6)", col.Datetime, "datetime(6)"},
	{"timestamp", col.Datetime, "timestamp"}, {"timestamp(3)", col.Datetime, "timestamp(3)"}, {"year", col.Year, "year"},
	{"char(3)", col.UTF8, "char(3)"}, {"varchar(20)", col.UTF8, "varchar(20)"}, {"tinytext", col.UTF8, "tinytext"},
	{"text", col.UTF8, "text"}, {"mediumtext", col.UTF8, "mediumtext"}, {"longtext", col.UTF8, "longtext"},
	{"binary(3)", col.Binary, "binary(3)"}, {"varbinary(20)", col.Binary, "varbinary(20)"}, {"tinyblob", col.Binary, "tinyblob"},
	{"blob", col.Binary, "blob"}, {"mediumblob", col.Binary, "mediumblob"}, {"longblob", col.Binary, "longblob"},
	{"json", col.JSON, "json"}, {"enum('a','B,''c')", col.Enum, "enum('a','B,''c')"}, {"set('x','y')", col.Set, "set('x','y')"},
	{"bit", col.Bit, "bit(1)"}, {"bit(64)", col.Bit, "bit(64)"},
	{"geometry", col.Geometry, "geometry"}, {"point", col.Geometry, "point"}, {"linestring", col.Geometry, "linestring"},
	{"polygon", col.Geometry, "polygon"}, {"multipoint", col.Geometry, "multipoint"}, {"multilinestring", col.Geometry, "multilinestring"},
	{"multipolygon", col.Geometry, "multipolygon"}, {"geometrycollection", col.Geometry, "geometrycollection"},
	{"vector(3)", col.Vector, "VECTOR(3)"},
}

func TestChecklist(t *testing.T) {
	t.Run("T3_CreateTableText", testCreateTableText)
}

// clause: 5.2
func TestEveryTypeGoesBothWays(t *testing.T) {
	for _, c := range everyType {
		t.Run(c.text, func(t *testing.T) {
			parsed, err := Type(&pb.Column{Name: "c", SqlType: c.text}, DefaultCollation)
			if err != nil {
				t.Fatal(err)
			}
			field, err := Physical(parsed)
			if err != nil || field.Type != c.physical {
				t.Errorf("travels as %s (%v), want %s", field.Type, err, c.physical)
			}
			declared, err := Column(&sql.Column{Name: "c", Type: parsed, Nullable: true})
			if err != nil {
				t.Fatal(err)
			}
			if declared.SqlType != c.shown {
				t.Errorf("is declared again as %q, want %q", declared.SqlType, c.shown)
			}
			again, err := Type(declared, DefaultCollation)
			if err != nil || !again.Equals(parsed) || again.String() != parsed.String() {
				t.Errorf("comes back as %s (%v), want %s", again, err, parsed)
			}
		})
	}
}

// clause: 5.3
func TestTypesWithoutTextAreTheNaturalOnes(t *testing.T) {
	cases := []struct {
		column *pb.Column
		want   string
	}{
		{&pb.Column{Type: pb.Type(col.Bool)}, "tinyint(1)"}, {&pb.Column{Type: pb.Type(col.Int8)}, "tinyint"},
		{&pb.Column{Type: pb.Type(col.Int32)}, "int"}, {&pb.Column{Type: pb.Type(col.Uint64)}, "bigint unsigned"},
		{&pb.Column{Type: pb.Type(col.Float32)}, "float"}, {&pb.Column{Type: pb.Type(col.Float64)}, "double"},
		{&pb.Column{Type: pb.Type(col.Decimal128), Precision: 12, Scale: 3}, "decimal(12,3)"},
		{&pb.Column{Type: pb.Type(col.Decimal128)}, "decimal(38,0)"}, {&pb.Column{Type: pb.Type(col.Decimal256)}, "decimal(65,0)"},
		{&pb.Column{Type: pb.Type(col.UTF8), Length: 7}, "varchar(7)"}, {&pb.Column{Type: pb.Type(col.UTF8)}, "longtext"},
		{&pb.Column{Type: pb.Type(col.Binary), Length: 7}, "varbinary(7)"}, {&pb.Column{Type: pb.Type(col.Binary)}, "longblob"},
		{&pb.Column{Type: pb.Type(col.Date)}, "date"}, {&pb.Column{Type: pb.Type(col.Time)}, "time(6)"},
		{&pb.Column{Type: pb.Type(col.Datetime)}, "datetime(6)"}, {&pb.Column{Type: pb.Type(col.Datetime), Scale: 3}, "datetime(3)"},
		{&pb.Column{Type: pb.Type(col.Enum), Members: []string{"a", "b"}}, "enum('a','b')"},
		{&pb.Column{Type: pb.Type(col.Set), Members: []string{"a", "b"}}, "set('a','b')"},
		{&pb.Column{Type: pb.Type(col.Bit), Length: 9}, "bit(9)"}, {&pb.Column{Type: pb.Type(col.Year)}, "year"},
		{&pb.Column{Type: pb.Type(col.JSON)}, "json"}, {&pb.Column{Type: pb.Type(col.Geometry)}, "geometry"},
		{&pb.Column{Type: pb.Type(col.Vector), Length: 4}, "VECTOR(4)"}, {&pb.Column{Type: pb.Type(col.Null)}, "varbinary(0)"},
	}
	for _, c := range cases {
		got, err := Type(c.column, DefaultCollation)
		if err != nil {
			t.Errorf("%v: %v", c.column, err)
			continue
		}
		shown := got.String()
		if text, ok := got.(sql.TypeWithCollation); ok {
			shown = text.StringWithTableCollation(DefaultCollation)
		}
		if shown != c.want {
			t.Errorf("type %s is %s, want %s", col.Type(c.column.Type), shown, c.want)
		}
	}
}

func TestTextIsCollatedAsInMySQL(t *testing.T) {
	for _, text := range []string{"char(3)", "varchar(3)", "text", "longtext", "enum('a')", "set('a')"} {
		parsed, err := Type(&pb.Column{SqlType: text}, DefaultCollation)
		if err != nil {
			t.Fatal(err)
		}
		if collation := parsed.(sql.TypeWithCollation).Collation(); collation != sql.Collation_utf8mb4_0900_ai_ci {
			t.Errorf("%s has collation %s", text, collation)
		}
	}
	for _, c := range []*pb.Column{{SqlType: "varchar(3)", Collation: "utf8mb4_bin"}, {SqlType: "varchar(3) collate utf8mb4_bin"}, {Type: pb.Type(col.UTF8), Length: 3, Collation: "utf8mb4_bin"}} {
		parsed, err := Type(c, DefaultCollation)
		if err != nil {
			t.Fatal(err)
		}
		if collation := parsed.(sql.TypeWithCollation).Collation(); collation != sql.Collation_utf8mb4_bin {
			t.Errorf("%v has collation %s, want its own", c, collation)
		}
	}
}

func TestTypesThatMySQLDoesNotHaveAreRefused(t *testing.T) {
	for _, c := range []*pb.Column{
		{SqlType: "int8x"}, {SqlType: "int, d int"}, {SqlType: "int) comment ('x'"}, {SqlType: "varchar"}, {SqlType: "decimal(66,0)"}, {SqlType: "bit(65)"},
		{SqlType: "varchar(3)", Collation: "nope"}, {Type: 99}, {Type: 0}, {Type: pb.Type(col.Decimal128), Precision: 3, Scale: 4},
		{Type: pb.Type(col.Bit), Length: 65}, {Type: pb.Type(col.Vector), Length: 1 << 30}, {Type: pb.Type(col.Enum)},
	} {
		if got, err := Type(c, DefaultCollation); err == nil {
			t.Errorf("%v is %s", c, got)
		}
	}
}

func TestValuesCrossTheWallBothWays(t *testing.T) {
	decimal, _, err := apd.NewFromString("-12.50")
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		text  string
		value any
		want  *pb.Value
	}{
		{"bigint", nil, &pb.Value{Kind: &pb.Value_Null{Null: true}}},
		{"tinyint", int8(-3), &pb.Value{Kind: &pb.Value_Int64{Int64: -3}}},
		{"bigint unsigned", uint64(1 << 63), &pb.Value{Kind: &pb.Value_Uint64{Uint64: 1 << 63}}},
		{"double", 1.5, &pb.Value{Kind: &pb.Value_Float64{Float64: 1.5}}},
		{"decimal(10,2)", decimal, &pb.Value{Kind: &pb.Value_Decimal{Decimal: "-12.50"}}},
		{"varchar(9)", "ä", &pb.Value{Kind: &pb.Value_Utf8{Utf8: "ä"}}},
		{"varbinary(9)", []byte{0}, &pb.Value{Kind: &pb.Value_Binary{Binary: []byte{0}}}},
		{"date", time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC), &pb.Value{Kind: &pb.Value_Date{Date: 19782}}},
		{"date", types.ZeroTime, &pb.Value{Kind: &pb.Value_Date{Date: col.ZeroDate}}},
		{"datetime(6)", time.Date(1969, 12, 31, 23, 59, 59, 999999000, time.UTC), &pb.Value{Kind: &pb.Value_Datetime{Datetime: -1}}},
		{"datetime(6)", types.ZeroTime, &pb.Value{Kind: &pb.Value_Datetime{Datetime: col.ZeroDatetime}}},
		{"time", types.Timespan(-1_000_000), &pb.Value{Kind: &pb.Value_Time{Time: -1_000_000}}},
		{"year", int16(2024), &pb.Value{Kind: &pb.Value_Int64{Int64: 2024}}},
		{"enum('a','b')", uint16(2), &pb.Value{Kind: &pb.Value_Uint64{Uint64: 2}}},
		{"json", types.JSONDocument{Val: map[string]any{"a": int64(1)}}, &pb.Value{Kind: &pb.Value_Json{Json: `{"a": 1}`}}},
		{"point", types.Point{X: 1, Y: 2}, &pb.Value{Kind: &pb.Value_Binary{Binary: types.Point{X: 1, Y: 2}.Serialize()}}},
	}
	for _, c := range cases {
		parsed, err := Type(&pb.Column{SqlType: c.text}, DefaultCollation)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ToValue(parsed, c.value)
		if err != nil || !reflect.DeepEqual(got.Kind, c.want.Kind) {
			t.Errorf("%s %v travels as %v (%v), want %v", c.text, c.value, got.GetKind(), err, c.want.Kind)
			continue
		}
		back, err := SQLValue(context.Background(), parsed, got)
		if err != nil {
			t.Errorf("%s %v: %v", c.text, c.value, err)
			continue
		}
		if d, ok := back.(*apd.Decimal); ok && d.Cmp(decimal) == 0 {
			continue
		}
		if !reflect.DeepEqual(back, c.value) {
			t.Errorf("%s comes back as %T %v, want %T %v", c.text, back, back, c.value, c.value)
		}
	}
}

func TestJSONKeepsWholeNumbersWhole(t *testing.T) {
	got, err := JSON([]byte(`[9007199254740993, 18446744073709551615, -1, 1.5, 1e3, {"a": [1]}]`))
	if err != nil {
		t.Fatal(err)
	}
	want := []any{int64(9007199254740993), uint64(18446744073709551615), int64(-1), 1.5, 1e3, map[string]any{"a": []any{int64(1)}}}
	if !reflect.DeepEqual(got.Val, want) {
		t.Errorf("got %#v, want %#v", got.Val, want)
	}
	for _, text := range []string{"", "{", "1 2", "[1,]", "nul"} {
		if got, err := JSON([]byte(text)); err == nil {
			t.Errorf("%q reads as %v", text, got)
		}
	}
}

func FuzzGeometry(f *testing.F) {
	f.Add(types.Point{X: 1, Y: 2}.Serialize())
	line := types.LineString{Points: []types.Point{{X: 1}, {Y: 2}}}
	f.Add(line.Serialize())
	f.Add(types.GeomColl{Geoms: []types.GeometryValue{line, types.Point{}}}.Serialize())
	f.Add([]byte("\x00\x00\x00\x00\x01\x02\x00\x00\x00\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		value, err := Geometry(b)
		if err == nil && len(value.Serialize()) > 16*len(b)+64 {
			t.Errorf("%d bytes became %d", len(b), len(value.Serialize()))
		}
	})
}
