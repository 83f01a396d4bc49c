package main

import (
	"testing"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/sdk/go/wasqltest"
)

// reopen opens the store of a folder; the one before is as if it was killed.
func reopen(t *testing.T, host *wasqltest.Host, options map[string]string) tester {
	t.Helper()
	if options == nil {
		options = map[string]string{}
	}
	options["dir"] = "data"
	return tester{t, wasqltest.OpenWith(t, connector, wasqltest.Options{Options: options, Host: host})}
}

func TestEverythingIsThereAgain(t *testing.T) {
	folder := t.TempDir()
	host := &wasqltest.Host{}
	open := func() tester {
		host.Kill()
		host = &wasqltest.Host{Files: map[string]string{"data": folder}, Writable: true}
		return reopen(t, host, map[string]string{"checkpoint": "1KiB"})
	}
	s := open()
	s.create(items("items"))
	for i := range int64(200) {
		if _, err := s.insert("items", 0, item(i, string(rune('a'+i%26))+string(rune('0'+i/26)), i%7)); err != nil {
			t.Fatal(err)
		}
	}
	s.ask(pb.Op_OP_CREATE_DATABASE, &pb.CreateDatabaseRequest{Database: &pb.Database{Name: "other", Collation: "utf8mb4_bin"}}, &pb.CreateDatabaseResponse{})
	s.ask(pb.Op_OP_PUT_OBJECT, &pb.PutObjectRequest{Object: &pb.Object{Kind: pb.ObjectKind_OBJECT_KIND_VIEW, Database: "other", Name: "v", CreateSql: "create view"}}, &pb.PutObjectResponse{})
	s.ask(pb.Op_OP_RENAME, &pb.RenameRequest{Table: &pb.TableRef{Name: "items"}, Name: "things"}, &pb.RenameResponse{})
	s.ask(pb.Op_OP_DROP_INDEX, &pb.DropIndexRequest{Table: &pb.TableRef{Name: "things"}, Name: "by_n"}, &pb.DropIndexResponse{})
	s.ask(pb.Op_OP_CREATE, &pb.CreateRequest{Temporary: true, Table: items("#tmp1_t")}, &pb.CreateResponse{})
	if _, err := s.insert("#tmp1_t", 0, item(1, "x", 1)); err != nil {
		t.Fatal(err)
	}
	want := s.Query("things", wasqltest.Query{})

	s = open()
	got := s.Query("things", wasqltest.Query{})
	if len(got.Rows) != 200 {
		t.Fatalf("%d rows are there again, want 200", len(got.Rows))
	}
	wasqltest.Equal(t, got, want.Strings()...)
	if d := s.Definition("things"); len(d.GetIndexes()) != 1 || d.GetAutoIncrementNext() != 200 {
		t.Errorf("the table is %v", d)
	}
	if tables := s.Tables(); len(tables) != 1 {
		t.Errorf("tables are %q", tables)
	}
	var objects pb.ListObjectsResponse
	s.ask(pb.Op_OP_LIST_OBJECTS, &pb.ListObjectsRequest{Kind: pb.ObjectKind_OBJECT_KIND_VIEW, Database: "other"}, &objects)
	if len(objects.GetObjects()) != 1 || objects.GetObjects()[0].GetCreateSql() != "create view" {
		t.Errorf("objects are %v", objects.GetObjects())
	}
	if _, err := s.insert("things", 0, item(5, "q", 0)); errno(err) != 1062 {
		t.Errorf("a duplicate key after recovery says %v", err)
	}
}
