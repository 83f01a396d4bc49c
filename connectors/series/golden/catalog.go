package golden

import (
	"testing"

	"github.com/wasql/wasql/abi/pb"
)

const about = "The integers from start to stop, counted by step"

// Manifest checks what HELLO answered.
func Manifest(t *testing.T, m *pb.HelloResponse) {
	t.Helper()
	if m.GetName() != "series" || m.GetVersion() != "1.0.0" || m.GetDescription() != about || m.GetLicense() != "Apache-2.0" || !m.GetDeterministic() {
		t.Errorf("the manifest is %v", m)
	}
	if m.GetLifetime() != pb.Lifetime_LIFETIME_STATELESS || len(m.GetOptions()) != 0 || len(m.GetGrants()) != 0 || m.GetOpenNames() {
		t.Errorf("the manifest asks for too much: %v", m)
	}
	if m.GetFeatures()&uint64(pb.Feature_FEATURE_PARTITIONS) == 0 || m.GetFeatures()&uint64(pb.Feature_FEATURE_WRITES) != 0 {
		t.Errorf("features are %b", m.GetFeatures())
	}
	if m.GetSdk() == "" {
		t.Error("the manifest does not name its kit")
	}
}

// UnknownOption is what CONFIGURE says about an option called size.
func UnknownOption(t *testing.T, s *pb.Status) {
	t.Helper()
	if s.GetCode() != pb.Code_CODE_INVALID_ARGUMENT || s.GetMessage() != `option "size" is not known` || s.GetHint() != "this connector has no options" {
		t.Errorf("an unknown option fails with %v", s)
	}
}

func catalog(t *testing.T, g Guest) {
	for pattern, want := range map[string]int{"": 1, "series": 1, "%": 1, "s%": 1, "%ies": 1, "s_ries": 1, `s\_ries`: 0, "serie": 0, "x%": 0, "_": 0} {
		var list pb.ListResponse
		if err := g.Call(pb.Op_OP_LIST, &pb.ListRequest{Pattern: pattern}, &list); err != nil {
			t.Fatal(err)
		}
		if len(list.GetTables()) != want || want == 1 && list.GetTables()[0].GetName() != "series" {
			t.Errorf("LIST %q gives %v, want %d tables", pattern, list.GetTables(), want)
		}
	}
	err := g.Call(pb.Op_OP_DESCRIBE, &pb.DescribeRequest{Table: &pb.TableRef{Name: "numbers"}}, &pb.DescribeResponse{})
	if err == nil {
		t.Fatal("a table that is not there is described")
	}
	if s := g.Status(err); s.GetCode() != pb.Code_CODE_NOT_FOUND || s.GetMessage() != `table "numbers" does not exist` {
		t.Errorf("a table that is not there fails with %v", s)
	}
	var response pb.DescribeResponse
	if err := g.Call(pb.Op_OP_DESCRIBE, &pb.DescribeRequest{Table: table}, &response); err != nil {
		t.Fatal(err)
	}
	describe(t, response.GetTable())
	for op, request := range map[pb.Op]Message{
		pb.Op_OP_OPEN_SINK: &pb.OpenSinkRequest{Table: table, Kind: pb.WriteKind_WRITE_KIND_INSERT, ValueColumns: []uint32{0}},
		pb.Op_OP_TRUNCATE:  &pb.TruncateRequest{Table: table},
		pb.Op_OP_BEGIN:     &pb.BeginRequest{Transaction: 1, GlobalId: "1"},
		pb.Op_OP_CREATE:    &pb.CreateRequest{Table: &pb.Table{Name: "mine"}},
		pb.Op(9999):        &pb.ListRequest{},
	} {
		err := g.Call(op, request, &pb.ListResponse{})
		if err == nil {
			t.Errorf("operation %v succeeds", op)
			continue
		}
		if s := g.Status(err); s.GetCode() != pb.Code_CODE_UNIMPLEMENTED && s.GetCode() != pb.Code_CODE_READ_ONLY {
			t.Errorf("operation %v fails with %v", op, s)
		}
	}
}

func describe(t *testing.T, d *pb.Table) {
	if d.GetName() != "series" || d.GetComment() != about || d.GetKind() != pb.TableKind_TABLE_KIND_EPONYMOUS_ONLY {
		t.Errorf("the table is %q, %q, %v", d.GetName(), d.GetComment(), d.GetKind())
	}
	if d.GetFeatures() != uint64(pb.TableFeature_TABLE_FEATURE_PARTITIONS) || d.RowCount != nil || len(d.GetIndexes()) != 0 || len(d.GetPrimaryKey()) != 0 {
		t.Errorf("the table has features %b, %d indexes, a row count: %v", d.GetFeatures(), len(d.GetIndexes()), d.RowCount != nil)
	}
	want := []*pb.Column{
		{Name: "value", Comment: "the number"},
		{Name: "start", Comment: "first number, 0 unless given", Argument: 1},
		{Name: "stop", Comment: "last number, 4294967295 unless given", Argument: 2},
		{Name: "step", Comment: "distance of two numbers, 1 unless given", Argument: 3},
	}
	if len(d.GetColumns()) != len(want) {
		t.Fatalf("the table has %d columns", len(d.GetColumns()))
	}
	for i, w := range want {
		w.Type, w.SqlType, w.NotNull, w.Hidden = pb.Type_TYPE_INT64, "bigint", true, i > 0
		if c := d.GetColumns()[i]; !c.EqualVT(w) {
			t.Errorf("column %d is %v, want %v", i, c, w)
		}
	}
}
