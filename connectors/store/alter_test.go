package main

import (
	"strings"
	"testing"

	"github.com/wasql/wasql/abi/pb"
	wasql "github.com/wasql/wasql/sdk/go"
	"github.com/wasql/wasql/sdk/go/wasqltest"
)

func text(s string) *string { return &s }

func TestAlterInPlace(t *testing.T) {
	rows := [][]wasql.Value{item(1, "one", 10), item(2, "two", 20), {wasql.IntValue(3), wasql.TextValue("three"), wasql.NullValue()}}
	for name, c := range map[string]struct {
		change  func(*pb.Table)
		actions []*pb.AlterAction
		rewrite bool
		errno   uint16
		want    []string
	}{
		"comment": {change: func(d *pb.Table) { d.Comment = "c" }, want: []string{`1 "one" 10`, `2 "two" 20`, `3 "three" null`}},
		"rename a column": {change: func(d *pb.Table) { d.Columns[1].Name = "title" },
			actions: []*pb.AlterAction{{Kind: pb.AlterKind_ALTER_KIND_MODIFY_COLUMN, Name: "name", Column: &pb.Column{Name: "title"}}},
			want:    []string{`1 "one" 10`, `2 "two" 20`, `3 "three" null`}},
		"widen": {change: func(d *pb.Table) { d.Columns[1].SqlType = "varchar(30)" }, want: []string{`1 "one" 10`, `2 "two" 20`, `3 "three" null`}},
		"drop a column": {change: func(d *pb.Table) { d.Columns, d.Indexes = d.Columns[:2], d.Indexes[:1] },
			want: []string{`1 "one"`, `2 "two"`, `3 "three"`}},
		"add a column": {change: func(d *pb.Table) {
			d.Columns = append(d.Columns, &pb.Column{Name: "more", Type: pb.Type_TYPE_UTF8, SqlType: "text"})
		}, want: []string{`1 "one" 10 null`, `2 "two" 20 null`, `3 "three" null null`}},
		"add a column with a default": {change: func(d *pb.Table) {
			d.Columns = append(d.Columns, &pb.Column{Name: "more", Type: pb.Type_TYPE_DECIMAL128, SqlType: "decimal(5,2)", Precision: 5, Scale: 2, NotNull: true, DefaultSql: text("-1.5")})
		}, want: []string{`1 "one" 10 -1.50`, `2 "two" 20 -1.50`, `3 "three" null -1.50`}},
		"add a column with an expression": {change: func(d *pb.Table) {
			d.Columns = append(d.Columns, &pb.Column{Name: "more", Type: pb.Type_TYPE_UTF8, SqlType: "text", DefaultSql: text("(uuid())")})
		}, rewrite: true, want: []string{`1 "one" 10`, `2 "two" 20`, `3 "three" null`}},
		"narrow":      {change: func(d *pb.Table) { d.Columns[1].SqlType = "varchar(3)" }, rewrite: true, want: []string{`1 "one" 10`, `2 "two" 20`, `3 "three" null`}},
		"NULL in use": {change: func(d *pb.Table) { d.Columns[2].NotNull = true }, errno: 1138, want: []string{`1 "one" 10`, `2 "two" 20`, `3 "three" null`}},
		"another primary key": {change: func(d *pb.Table) { d.Columns[1].NotNull, d.PrimaryKey = true, []uint32{1} },
			want: []string{`1 "one" 10`, `3 "three" null`, `2 "two" 20`}},
		"no primary key": {change: func(d *pb.Table) { d.PrimaryKey = nil }, want: []string{`1 "one" 10`, `2 "two" 20`, `3 "three" null`}},
		"columns in another order": {change: func(d *pb.Table) {
			d.Columns[1], d.Columns[2] = d.Columns[2], d.Columns[1]
			d.Indexes[0].Columns[0].Column, d.Indexes[1].Columns[0].Column = 2, 1
		}, want: []string{`1 10 "one"`, `2 20 "two"`, `3 null "three"`}},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t)
			declared := s.create(items("items"))
			if _, err := s.insert("items", 0, rows...); err != nil {
				t.Fatal(err)
			}
			result := declared.CloneVT()
			c.change(result)
			var altered pb.AlterResponse
			err := s.Call(pb.Op_OP_ALTER, &pb.AlterRequest{Table: &pb.TableRef{Name: "items"}, Actions: c.actions, Result: result}, &altered)
			if errno(err) != c.errno || err == nil && altered.GetRewrite() != c.rewrite || c.errno == 0 && err != nil {
				t.Fatalf("ALTER gives %v, rewrite %v", err, altered.GetRewrite())
			}
			wasqltest.Equal(t, s.Query("items", wasqltest.Query{}), c.want...)
			var found pb.IntegrityResponse
			if s.ask(pb.Op_OP_INTEGRITY, &pb.IntegrityRequest{Table: &pb.TableRef{Name: "items"}}, &found); len(found.GetFindings()) > 0 {
				t.Errorf("the table is not sound: %v", found.GetFindings())
			}
		})
	}
}

func TestSwap(t *testing.T) {
	s := start(t)
	declared := s.create(items("items"))
	shadow := items("#sql-1")
	shadow.Columns[2].Type, shadow.Columns[2].SqlType = pb.Type_TYPE_UTF8, "text"
	s.create(shadow)
	if _, err := s.insert("items", 0, item(1, "one", 10)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.insert("#sql-1", 0, []wasql.Value{wasql.IntValue(1), wasql.TextValue("one"), wasql.TextValue("ten")}); err != nil {
		t.Fatal(err)
	}
	result := declared.CloneVT()
	result.Columns[2] = shadow.Columns[2]
	request := &pb.AlterRequest{Table: &pb.TableRef{Name: "items"}, Result: result, Actions: []*pb.AlterAction{{Kind: pb.AlterKind_ALTER_KIND_SWAP, Name: "#sql-1"}}}
	s.ask(pb.Op_OP_ALTER, request, &pb.AlterResponse{})
	wasqltest.Equal(t, s.Query("items", wasqltest.Query{}), `1 "one" "ten"`)
	if tables := s.Tables(); len(tables) != 1 || tables[0] != "items" {
		t.Errorf("tables are %q", tables)
	}
}

func TestDefinitionsFailWithMySQLsNumbers(t *testing.T) {
	s := start(t)
	s.create(items("items"))
	if _, err := s.insert("items", 0, item(1, "a", 5), item(2, "b", 5)); err != nil {
		t.Fatal(err)
	}
	ref := &pb.TableRef{Name: "items"}
	column := []*pb.IndexColumn{{Column: 2}}
	for name, c := range map[string]struct {
		op       pb.Op
		request  wasqltest.Message
		response wasqltest.Message
		errno    uint16
		says     string
	}{
		"table exists":        {pb.Op_OP_CREATE, &pb.CreateRequest{Table: items("ITEMS")}, &pb.CreateResponse{}, 1050, "already exists"},
		"no table":            {pb.Op_OP_DESTROY, &pb.DestroyRequest{Table: &pb.TableRef{Name: "none"}}, &pb.DestroyResponse{}, 1146, "main.none"},
		"no database":         {pb.Op_OP_CREATE, &pb.CreateRequest{Database: "none", Table: items("x")}, &pb.CreateResponse{}, 1049, "none"},
		"database exists":     {pb.Op_OP_CREATE_DATABASE, &pb.CreateDatabaseRequest{Database: &pb.Database{Name: "Main"}}, &pb.CreateDatabaseResponse{}, 1007, "Main"},
		"no database to drop": {pb.Op_OP_DROP_DATABASE, &pb.DropDatabaseRequest{Name: "none"}, &pb.DropDatabaseResponse{}, 1008, "none"},
		"index exists":        {pb.Op_OP_CREATE_INDEX, &pb.CreateIndexRequest{Table: ref, Index: &pb.Index{Name: "BY_N", Columns: column}}, &pb.CreateIndexResponse{}, 1061, "BY_N"},
		"index of duplicates": {pb.Op_OP_CREATE_INDEX, &pb.CreateIndexRequest{Table: ref, Index: &pb.Index{Name: "u", Unique: true, Columns: column}}, &pb.CreateIndexResponse{}, 1062, "'5' for key 'items.u'"},
		"no index to drop":    {pb.Op_OP_DROP_INDEX, &pb.DropIndexRequest{Table: ref, Name: "none"}, &pb.DropIndexResponse{}, 1091, "none"},
		"no index to rename":  {pb.Op_OP_RENAME_INDEX, &pb.RenameIndexRequest{Table: ref, From: "none", To: "x"}, &pb.RenameIndexResponse{}, 1176, "none"},
		"name is taken":       {pb.Op_OP_RENAME, &pb.RenameRequest{Table: ref, Name: "items2"}, &pb.RenameResponse{}, 1050, "items2"},
	} {
		if name == "name is taken" {
			s.create(items("items2"))
		}
		if err := s.Call(c.op, c.request, c.response); errno(err) != c.errno || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %d %v, want %d", name, errno(err), err, c.errno)
		}
	}
}

// An index over no rows, whose keys are of one width.
func TestIndexOfAnEmptyTable(t *testing.T) {
	s := start(t)
	s.create(&pb.Table{Name: "empty", Columns: []*pb.Column{{Name: "id", Type: pb.Type_TYPE_INT64, SqlType: "bigint", NotNull: true}}})
	s.ask(pb.Op_OP_CREATE_INDEX, &pb.CreateIndexRequest{Table: &pb.TableRef{Name: "empty"}, Index: &pb.Index{Name: "by_id", Columns: []*pb.IndexColumn{{Column: 0}}}}, &pb.CreateIndexResponse{})
	if d := s.Definition("empty"); len(d.GetIndexes()) != 1 {
		t.Errorf("the table is %v", d)
	}
}
