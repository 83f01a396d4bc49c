package main

import (
	"errors"
	"testing"

	"github.com/wasql/wasql/abi/pb"
	wasql "github.com/wasql/wasql/sdk/go"
	"github.com/wasql/wasql/sdk/go/wasqltest"
)

// items is a table with a primary key, a unique index and another one.
func items(name string) *pb.Table {
	return &pb.Table{
		Name: name, Collation: "utf8mb4_0900_bin",
		Columns: []*pb.Column{
			{Name: "id", Type: pb.Type_TYPE_INT64, SqlType: "bigint", NotNull: true, AutoIncrement: true},
			{Name: "name", Type: pb.Type_TYPE_UTF8, SqlType: "varchar(20)"},
			{Name: "n", Type: pb.Type_TYPE_INT32, SqlType: "int"},
		},
		PrimaryKey: []uint32{0},
		Indexes: []*pb.Index{
			{Name: "by_name", Unique: true, Columns: []*pb.IndexColumn{{Column: 1}}},
			{Name: "by_n", Columns: []*pb.IndexColumn{{Column: 2, Descending: true}}},
		},
	}
}

// tester makes the messages of a test short.
type tester struct {
	*testing.T
	*wasqltest.Instance
}

func start(t *testing.T) tester { return tester{t, wasqltest.Open(t, connector)} }

func (t tester) ask(op pb.Op, request, response wasqltest.Message) {
	t.T.Helper()
	if err := t.Call(op, request, response); err != nil {
		t.Fatal(err)
	}
}

func (t tester) create(table *pb.Table) *pb.Table {
	t.T.Helper()
	var made pb.CreateResponse
	t.ask(pb.Op_OP_CREATE, &pb.CreateRequest{Database: "main", Table: table}, &made)
	return made.GetTable()
}

var itemColumns = []string{"id", "name", "n"}

func item(id int64, name string, n int64) []wasql.Value {
	return []wasql.Value{wasql.IntValue(id), wasql.TextValue(name), wasql.IntValue(n)}
}

func (t tester) insert(table string, transaction uint64, rows ...[]wasql.Value) (*wasqltest.Changed, error) {
	return t.Change(table, wasqltest.Change{Kind: pb.WriteKind_WRITE_KIND_INSERT, Values: itemColumns, Rows: rows, Transaction: transaction})
}

// errno gives MySQL's number of an error.
func errno(err error) uint16 {
	var e *wasql.Error
	if errors.As(err, &e) {
		return e.Errno
	}
	return 0
}

func TestWritesAndConflicts(t *testing.T) {
	s := start(t)
	s.create(items("items"))
	if got, err := s.insert("items", 0, item(1, "one", 10), item(2, "two", 20)); err != nil || got.GetRowsAffected() != 2 {
		t.Fatalf("insert gives %v, %v", got, err)
	}
	_, err := s.insert("items", 0, item(3, "three", 30), item(1, "again", 0))
	if errno(err) != 1062 || err.Error() != "Duplicate entry '1' for key 'items.PRIMARY'" {
		t.Errorf("a duplicate key says %v", err)
	}
	_, err = s.insert("items", 0, item(3, "two", 30))
	if errno(err) != 1062 || err.Error() != "Duplicate entry 'two' for key 'items.by_name'" {
		t.Errorf("a duplicate value says %v", err)
	}
	wasqltest.Equal(t, s.Query("items", wasqltest.Query{}), `1 "one" 10`, `2 "two" 20`)

	report, err := s.Change("items", wasqltest.Change{Kind: pb.WriteKind_WRITE_KIND_INSERT, Conflict: pb.Conflict_CONFLICT_REPORT, Values: itemColumns,
		Returning: itemColumns, Rows: [][]wasql.Value{item(7, "two", 0)}})
	if err != nil || len(report.Answers) != 1 || report.Answers[0][1] != wasql.UintValue(3) || report.Answers[0][2] != wasql.IntValue(2) {
		t.Errorf("a reported conflict is %v, %v", report, err)
	}
	replaced, err := s.Change("items", wasqltest.Change{Kind: pb.WriteKind_WRITE_KIND_REPLACE, Values: itemColumns, Rows: [][]wasql.Value{item(1, "two", 5)}})
	if err != nil || replaced.GetRowsAffected() != 3 {
		t.Errorf("replacing two rows is %v, %v", replaced, err)
	}
	wasqltest.Equal(t, s.Query("items", wasqltest.Query{}), `1 "two" 5`)

	generated, err := s.Change("items", wasqltest.Change{Kind: pb.WriteKind_WRITE_KIND_INSERT, Values: []string{"name"}, Returning: itemColumns,
		Rows: [][]wasql.Value{{wasql.TextValue("x")}}})
	if err != nil || generated.GetLastInsertId() != 4 || generated.Answers[0][2] != wasql.IntValue(4) {
		t.Errorf("a generated key is %v, %v", generated, err)
	}
	changed, err := s.Change("items", wasqltest.Change{Kind: pb.WriteKind_WRITE_KIND_UPDATE, Keys: []string{"id"}, Values: []string{"id", "n"},
		Rows: [][]wasql.Value{{wasql.IntValue(1), wasql.IntValue(9), wasql.IntValue(6)}}})
	if err != nil || changed.GetRowsAffected() != 1 {
		t.Errorf("an update gives %v, %v", changed, err)
	}
	wasqltest.Equal(t, s.Query("items", wasqltest.Query{}), `4 "x" null`, `9 "two" 6`)
	gone, err := s.Change("items", wasqltest.Change{Kind: pb.WriteKind_WRITE_KIND_DELETE, Keys: []string{"id"}, Rows: [][]wasql.Value{{wasql.IntValue(4)}}})
	if err != nil || gone.GetRowsAffected() != 1 {
		t.Errorf("a delete gives %v, %v", gone, err)
	}
	var emptied pb.TruncateResponse
	s.ask(pb.Op_OP_TRUNCATE, &pb.TruncateRequest{Table: &pb.TableRef{Name: "items"}}, &emptied)
	if emptied.GetRows() != 1 {
		t.Errorf("truncate takes %d rows", emptied.GetRows())
	}
	wasqltest.Equal(t, s.Query("items", wasqltest.Query{}))
}

func TestNumbersAreGivenOnce(t *testing.T) {
	s := start(t)
	s.create(items("items"))
	ref := &pb.TableRef{Name: "items"}
	number := func(set *uint64, reserve uint64) uint64 {
		t.Helper()
		var next pb.AutoIncrementResponse
		s.ask(pb.Op_OP_AUTO_INCREMENT, &pb.AutoIncrementRequest{Table: ref, Set: set, Reserve: reserve}, &next)
		return next.GetNext()
	}
	if first, then := number(nil, 3), number(nil, 1); first != 1 || then != 4 {
		t.Errorf("the first numbers are %d and %d", first, then)
	}
	if _, err := s.insert("items", 0, item(20, "x", 0)); err != nil {
		t.Fatal(err)
	}
	low, high := uint64(2), uint64(100)
	if got := number(&low, 0); got != 21 {
		t.Errorf("behind 20 comes %d", got)
	}
	if got := number(&high, 1); got != 100 || number(nil, 0) != 101 {
		t.Errorf("set to 100, the next is %d", got)
	}
	s.ask(pb.Op_OP_TRUNCATE, &pb.TruncateRequest{Table: ref}, &pb.TruncateResponse{})
	if got := number(nil, 0); got != 1 {
		t.Errorf("in an emptied table the next is %d", got)
	}
}
