package gms

import (
	"slices"
	"testing"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/types"

	"github.com/wasql/wasql/abi/pb"
)

// keyed is a table with a primary key on id, an index on (a, b), and one on the beginning of s.
func keyed(t *testing.T) []*Index {
	t.Helper()
	declared, err := Declare("d", "t", &pb.Table{Name: "t", PrimaryKey: []uint32{0},
		Columns: []*pb.Column{{Name: "id", SqlType: "bigint", NotNull: true}, {Name: "a", SqlType: "int"}, {Name: "b", SqlType: "int"}, {Name: "s", SqlType: "varchar(20)"}},
		Indexes: []*pb.Index{
			{Name: "ab", Columns: []*pb.IndexColumn{{Column: 1}, {Column: 2}}, Ordered: true, Reversible: true},
			{Name: "beginning", Columns: []*pb.IndexColumn{{Column: 3, PrefixLength: 3}}, Ordered: true, Unique: true, Comment: "short"},
			{Name: "down", Columns: []*pb.IndexColumn{{Column: 1, Descending: true}}, Ordered: true},
		}})
	if err != nil {
		t.Fatal(err)
	}
	return Indexes("d", "t", declared.Table, declared.Schema)
}

func TestIndexes(t *testing.T) {
	ctx := sql.NewEmptyContext()
	all := keyed(t)
	if len(all) != 4 {
		t.Fatalf("%d indexes, not the primary key and three", len(all))
	}
	primary, ab, beginning, down := all[0], all[1], all[2], all[3]
	if primary.ID() != "PRIMARY" || !primary.IsUnique() || !primary.CoversColumns([]string{"s", "b"}) || primary.Order(ctx) != sql.IndexOrderAsc {
		t.Errorf("the primary key is %v", primary)
	}
	if !slices.Equal(ab.Expressions(), []string{"t.a", "t.b"}) || !slices.Equal(ab.ExtendedExpressions(ctx), []string{"t.a", "t.b", "t.id"}) {
		t.Errorf("ab is over %v, %v", ab.Expressions(), ab.ExtendedExpressions(ctx))
	}
	if !ab.CoversColumns([]string{"B", "a"}) || ab.CoversColumns([]string{"a", "s"}) || ab.PrefixLengths() != nil || !ab.Reversible(ctx) {
		t.Error("ab covers something else, has prefixes, or is not reversible")
	}
	if !slices.Equal(beginning.PrefixLengths(), []uint16{3}) || beginning.Order(ctx) != sql.IndexOrderNone || beginning.CoversColumns([]string{"s"}) || beginning.Comment() != "short" {
		t.Error("a prefix has an order, or holds whole values")
	}
	if down.Order(ctx) != sql.IndexOrderNone {
		t.Error("planning counts on ascending values, and would believe a descending index")
	}
}

func TestConditions(t *testing.T) {
	ctx := sql.NewEmptyContext()
	ab := keyed(t)[1]
	integer := types.Int32
	all := sql.AllRangeColumnExpr(integer)
	one := func(e sql.MySQLRangeColumnExpr) sql.MySQLRange { return sql.MySQLRange{e, all} }
	values := []any{nil, int32(-1), int32(4), int32(5), int32(6), int32(9)}
	for name, test := range map[string]struct {
		r    sql.MySQLRange
		in   []any
		none bool
		many int
	}{
		"all":             {one(all), values, false, 0},
		"empty":           {one(sql.EmptyRangeColumnExpr(integer)), nil, true, 0},
		"point":           {one(sql.ClosedRangeColumnExpr(int32(5), int32(5), integer)), []any{int32(5)}, false, 1},
		"open":            {one(sql.OpenRangeColumnExpr(int32(4), int32(9), integer)), []any{int32(5), int32(6)}, false, 2},
		"upside down":     {one(sql.ClosedRangeColumnExpr(int32(9), int32(4), integer)), nil, true, 0},
		"nothing between": {one(sql.OpenRangeColumnExpr(int32(5), int32(5), integer)), nil, true, 0},
		"less":            {one(sql.LessThanRangeColumnExpr(int32(5), integer)), []any{int32(-1), int32(4)}, false, 1},
		"less or equal":   {one(sql.LessOrEqualRangeColumnExpr(int32(5), integer)), []any{int32(-1), int32(4), int32(5)}, false, 1},
		"greater":         {one(sql.GreaterThanRangeColumnExpr(int32(5), integer)), []any{int32(6), int32(9)}, false, 1},
		"null":            {one(sql.NullRangeColumnExpr(integer)), []any{nil}, false, 1},
		"not null":        {one(sql.NotNullRangeColumnExpr(integer)), values[1:], false, 1},
		"null or less":    {one(sql.MySQLRangeColumnExpr{LowerBound: sql.BelowNull{}, UpperBound: sql.Below{Key: int32(4), Typ: integer}, Typ: integer}), []any{nil, int32(-1)}, false, 1},
		"null key":        {one(sql.MySQLRangeColumnExpr{LowerBound: sql.Below{Typ: integer}, UpperBound: sql.Above{Typ: integer}, Typ: integer}), nil, true, 0},
		"another type":    {one(sql.ClosedRangeColumnExpr(int64(5), int64(5), types.Int64)), []any{int32(5)}, false, 1},
		"beyond it":       {one(sql.ClosedRangeColumnExpr(int64(1)<<40, int64(1)<<40, types.Int64)), nil, true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			conditions, none, err := ab.Conditions(ctx, test.r)
			if err != nil || none != test.none || len(conditions) != test.many {
				t.Fatalf("%d conditions, none %v, %v", len(conditions), none, err)
			}
			if none {
				return
			}
			var in []any
			for _, v := range values {
				holds := true
				for i := range conditions {
					ok, err := conditions[i].Holds(ctx, v)
					if err != nil {
						t.Fatal(err)
					}
					holds = holds && ok
				}
				if holds {
					in = append(in, v)
				}
			}
			if !slices.Equal(in, test.in) {
				t.Errorf("holds for %v, not %v", in, test.in)
			}
		})
	}
	if _, _, err := ab.Conditions(ctx, sql.MySQLRange{all, all, all, all}); err == nil {
		t.Error("a range over more columns than there are is taken")
	}
}
