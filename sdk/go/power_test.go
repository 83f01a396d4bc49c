package wasql_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
	wasql "github.com/wasql/wasql/sdk/go"
	"github.com/wasql/wasql/sdk/go/wasqltest"
)

// countdown is a table that can be suspended, with statistics.
type countdown struct{}

func (countdown) Name() string            { return "countdown" }
func (countdown) Columns() []wasql.Column { return oneInt }

func (t countdown) Scan(p *wasql.Plan) (wasql.Cursor, error) {
	return t.Resume(p, binary.AppendVarint(nil, 10))
}

func (countdown) Resume(_ *wasql.Plan, token []byte) (wasql.Cursor, error) {
	n, used := binary.Varint(token)
	if used <= 0 {
		return nil, wasql.Errorf(wasql.InvalidArgument, "no token of countdown")
	}
	return &counting{n}, nil
}

func (countdown) Statistics(columns []int) (*wasql.Statistics, error) {
	rows, distinct := uint64(10), uint64(10)
	s := &wasql.Statistics{Rows: &rows, RowsExact: true}
	for _, c := range columns {
		s.Columns = append(s.Columns, &pb.ColumnStatistics{Columns: []uint32{uint32(c)}, Distinct: &distinct})
	}
	return s, nil
}

// ways is a table that offers its rows as they lie, and in order for more.
type ways struct{ more int }

func (ways) Name() string            { return "ways" }
func (ways) Columns() []wasql.Column { return oneInt }

func (t ways) Plan(p *wasql.Plan) error {
	p.Rows, p.Cost, p.State = 10, 10, []byte("plain")
	for range t.more {
		other := p.Alternative().Alternative() // both are the first plan's
		other.ClaimRange(oneInt[0].Name, wasql.Exact)
		other.Take(wasql.Order)
		other.Rows, other.Cost, other.State = 10, 30, []byte("ordered")
	}
	return nil
}

func (ways) Scan(*wasql.Plan) (wasql.Cursor, error) { return &counting{3}, nil }

// Alternatives are complete answers of their own, whose plans hold what they claim.
//
// clause: 8.34
func TestAPlanOffersAlternatives(t *testing.T) {
	for more, fails := range map[int]bool{0: false, 1: false, 4: false, 5: true} {
		in := wasqltest.Open(t, wasql.NewTables(wasql.Manifest{Name: "ways", Version: "1.0.0"}, ways{more}))
		var answer pb.PlanResponse
		low := &pb.Filter{Op: pb.FilterOp_FILTER_OP_GE, Column: new(uint32), Operands: []*pb.Operand{{Kind: &pb.Operand_Value{Value: &pb.Value{Kind: &pb.Value_Int64{Int64: 2}}}}}}
		err := in.Call(pb.Op_OP_PLAN, &pb.PlanRequest{Table: &pb.TableRef{Name: "ways"}, Columns: []uint32{0}, Order: []*pb.OrderKey{{}},
			Filters: []*pb.Conjunct{{Usable: true, Filter: low}}}, &answer)
		if (err != nil) != fails {
			t.Fatalf("%d: %v", more, err)
		}
		if fails {
			continue
		}
		if len(answer.GetAlternatives()) != 2*more || answer.Filters[0].Use != pb.Use_USE_IGNORED || answer.Order.GetTaken() || !strings.HasSuffix(string(answer.Plan), "plain") {
			t.Errorf("%d: %v", more, &answer)
		}
		for i, other := range answer.Alternatives {
			claims := i%2 == 1
			if other.Order.GetTaken() != claims || (other.Filters[0].Use == pb.Use_USE_EXACT) != claims || strings.HasSuffix(string(other.Plan), "ordered") != claims {
				t.Errorf("%d: alternative %d is %v", more, i, other)
			}
		}
	}
}

type counting struct{ n int64 }

func (c *counting) Next(out *wasql.Rows) error {
	for ; out.Room() && c.n > 0; c.n-- {
		out.Int64(0, c.n)
		out.EndRow()
	}
	if c.n == 0 {
		return io.EOF
	}
	return nil
}

func (c *counting) Suspend() ([]byte, error) { return binary.AppendVarint(nil, c.n), nil }

func (c *counting) Counters() [][2]string { return [][2]string{{"left", fmt.Sprint(c.n)}} }

func TestAScanGoesOnInAnotherInstance(t *testing.T) {
	c := wasql.NewTables(wasql.Manifest{Name: "count"}, countdown{})
	first, second := wasqltest.Open(t, c), wasqltest.Open(t, c)
	if first.Manifest.GetFeatures()&uint64(pb.Feature_FEATURE_SUSPEND) == 0 {
		t.Error("suspending is not advertised")
	}
	request := &pb.OpenScanRequest{Table: &pb.TableRef{Name: "countdown"}, Columns: []uint32{0}}
	var scan pb.OpenScanResponse
	if err := first.Call(pb.Op_OP_OPEN_SCAN, request, &scan); err != nil {
		t.Fatal(err)
	}
	if b, err := first.Next(scan.GetScan(), 7, 1<<20); err != nil || b.Rows != 7 {
		t.Fatalf("%v, %v", b, err)
	}
	var counters pb.ScanCountersResponse
	if err := first.Call(pb.Op_OP_SCAN_COUNTERS, &pb.ScanCountersRequest{Scan: scan.GetScan()}, &counters); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, p := range counters.GetCounters() {
		lines = append(lines, p.GetKey()+"="+p.GetValue())
	}
	if want := []string{"rows=7", "batches=1", "left=3"}; !slices.Equal(lines, want) {
		t.Errorf("counters are %q", lines)
	}
	var token pb.SuspendResponse
	if err := first.Call(pb.Op_OP_SUSPEND, &pb.SuspendRequest{Scan: scan.GetScan()}, &token); err != nil {
		t.Fatal(err)
	}
	request.Resume = token.GetResume()
	rows, err := second.Scan(request)
	if err != nil || fmt.Sprint(rows) != "[[3] [2] [1]]" {
		t.Errorf("the rest is %v, %v", rows, err)
	}
	request.Resume = []byte{0xff}
	if _, err := second.Scan(request); !errors.Is(err, wasql.InvalidArgument) {
		t.Errorf("a forged token: %v", err)
	}
	var s pb.StatisticsResponse
	if err := first.Call(pb.Op_OP_STATISTICS, &pb.StatisticsRequest{Table: request.Table, Columns: []uint32{0}}, &s); err != nil || s.GetRows() != 10 || len(s.GetColumns()) != 1 {
		t.Errorf("statistics are %v, %v", s.GetRows(), err)
	}
}

// keeper is a source with snapshots, databases and stored objects.
type keeper struct {
	wasql.Tables
	names   []string
	objects map[string]*pb.Object
}

func (k *keeper) Snapshot(request wasql.SnapshotRequest) (wasql.Snapshot, error) {
	token := fmt.Sprint(request.Tables, request.AsOf, request.KeepAs, request.Time.UnixMicro())
	return wasql.Snapshot{Token: []byte(token), Text: "now", Pinned: true}, nil
}

func (k *keeper) ReleaseSnapshot(token []byte, name string) error {
	if name == "gone" {
		return wasql.NoTable(name)
	}
	return nil
}

func (k *keeper) ListSnapshot(database string, token []byte) ([]string, error) {
	return []string{database + string(token)}, nil
}

func (k *keeper) Databases() (all []*pb.Database, err error) {
	for _, name := range k.names {
		all = append(all, &pb.Database{Name: name})
	}
	return all, nil
}

func (k *keeper) CreateDatabase(d *pb.Database, ifNotExists bool) error {
	if slices.Contains(k.names, d.GetName()) && !ifNotExists {
		return wasql.Errorf(wasql.AlreadyExists, "database %q exists", d.GetName())
	}
	k.names = append(k.names, d.GetName())
	return nil
}

func (k *keeper) AlterDatabase(*pb.Database) error { return errors.ErrUnsupported }

func (k *keeper) DropDatabase(name string, _ bool) error {
	k.names = slices.DeleteFunc(k.names, func(n string) bool { return n == name })
	return nil
}

func (k *keeper) Objects(kind pb.ObjectKind, _ string) (all []*pb.Object, err error) {
	for _, o := range k.objects {
		if o.GetKind() == kind {
			all = append(all, o)
		}
	}
	return all, nil
}

func (k *keeper) PutObject(o *pb.Object, _ bool) error { k.objects[o.GetName()] = o; return nil }

func (k *keeper) DropObject(_ pb.ObjectKind, _, name string) error {
	delete(k.objects, name)
	return nil
}

func TestDatabasesObjectsAndSnapshots(t *testing.T) {
	k := &keeper{objects: map[string]*pb.Object{}}
	c := wasql.New(wasql.Manifest{Name: "keeper", ShadowSuffixes: []string{"_idx"}}, func(*wasql.Config) (*keeper, error) { return k, nil }).With(wasql.Definitions)
	in := wasqltest.Open(t, c)
	ask := func(op pb.Op, request, response wasqltest.Message) {
		t.Helper()
		if err := in.Call(op, request, response); err != nil {
			t.Fatal(err)
		}
	}
	ask(pb.Op_OP_CREATE_DATABASE, &pb.CreateDatabaseRequest{Database: &pb.Database{Name: "a"}}, &pb.CreateDatabaseResponse{})
	ask(pb.Op_OP_CREATE_DATABASE, &pb.CreateDatabaseRequest{Database: &pb.Database{Name: "b"}}, &pb.CreateDatabaseResponse{})
	ask(pb.Op_OP_DROP_DATABASE, &pb.DropDatabaseRequest{Name: "a"}, &pb.DropDatabaseResponse{})
	var all pb.ListDatabasesResponse
	ask(pb.Op_OP_LIST_DATABASES, &pb.ListDatabasesRequest{}, &all)
	if len(all.GetDatabases()) != 1 || all.GetDatabases()[0].GetName() != "b" {
		t.Errorf("databases are %v", all.GetDatabases())
	}
	if err := in.Call(pb.Op_OP_ALTER_DATABASE, &pb.AlterDatabaseRequest{}, &pb.AlterDatabaseResponse{}); !errors.Is(err, wasql.Unimplemented) {
		t.Errorf("what is unsupported says %v", err)
	}
	view := &pb.Object{Kind: pb.ObjectKind_OBJECT_KIND_VIEW, Name: "v", CreateSql: "CREATE VIEW v AS SELECT 1", Attributes: map[string]string{"k": "v"}}
	ask(pb.Op_OP_PUT_OBJECT, &pb.PutObjectRequest{Object: view}, &pb.PutObjectResponse{})
	var objects pb.ListObjectsResponse
	ask(pb.Op_OP_LIST_OBJECTS, &pb.ListObjectsRequest{Kind: view.Kind}, &objects)
	if len(objects.GetObjects()) != 1 || !objects.GetObjects()[0].EqualVT(view) {
		t.Errorf("objects are %v", objects.GetObjects())
	}
	ask(pb.Op_OP_DROP_OBJECT, &pb.DropObjectRequest{Kind: view.Kind, Name: "v"}, &pb.DropObjectResponse{})
	if len(k.objects) != 0 {
		t.Errorf("%d objects are left", len(k.objects))
	}
	var pinned pb.SnapshotResponse
	at := int64(5)
	ask(pb.Op_OP_SNAPSHOT, &pb.SnapshotRequest{Tables: []*pb.TableRef{{Name: "x"}}, AsOf: "y", KeepAs: "z", TimeUs: &at}, &pinned)
	ask(pb.Op_OP_RELEASE_SNAPSHOT, &pb.ReleaseSnapshotRequest{Token: pinned.GetToken()}, &pb.ReleaseSnapshotResponse{})
	if string(pinned.GetToken()) != "[x]yz5" || !pinned.GetPinned() {
		t.Errorf("the snapshot is %v", &pinned)
	}
	var then pb.ListResponse
	ask(pb.Op_OP_LIST, &pb.ListRequest{Database: "d", Snapshot: []byte("!")}, &then)
	if len(then.GetTables()) != 1 || then.GetTables()[0].GetName() != "d!" {
		t.Errorf("the tables of the snapshot are %v", then.GetTables())
	}
	for name, owner := range map[string]string{"t_idx": "t", "t": "", "_idx": ""} {
		var shadow pb.ShadowNameResponse
		ask(pb.Op_OP_SHADOW_NAME, &pb.ShadowNameRequest{Name: name}, &shadow)
		if shadow.GetShadow() != (owner != "") || shadow.GetOwner() != owner {
			t.Errorf("%s: shadow %v of %q", name, shadow.GetShadow(), shadow.GetOwner())
		}
	}
}

// indexer keeps indexes of a number in memory.
type indexer struct {
	wasql.Tables
	entries map[string][][2]int64
	saved   string
}

func (x *indexer) CreateIndex(i *pb.DriverIndex) (*pb.DriverIndex, error) {
	x.entries[i.GetName()] = nil
	return i, nil
}

func (x *indexer) Indexes(string, string) (all []*pb.DriverIndex, err error) {
	for name := range x.entries {
		all = append(all, &pb.DriverIndex{Name: name, Ready: x.saved != ""})
	}
	return all, nil
}

func (x *indexer) Feed(i *pb.DriverIndex, _ bool, _ uint64) (wasql.EntrySink, error) {
	return feed{x, i.GetName()}, nil
}

type feed struct {
	x    *indexer
	name string
}

func (f feed) Write(b *col.Batch) error {
	for i := range b.Len() {
		f.x.entries[f.name] = append(f.x.entries[f.name], [2]int64{b.Cols[0].Int64(i), b.Cols[1].Int64(i)})
	}
	return nil
}

func (f feed) Close() error {
	slices.SortFunc(f.x.entries[f.name], func(a, b [2]int64) int { return int(a[0] - b[0]) })
	return nil
}

func (x *indexer) SaveIndex(i *pb.DriverIndex, version string) (*pb.DriverIndex, error) {
	x.saved, i.Ready = version, true
	return i, nil
}

func (x *indexer) DeleteIndex(i *pb.DriverIndex) error { delete(x.entries, i.GetName()); return nil }

func (x *indexer) Probe(i *pb.DriverIndex, ranges []*pb.KeyRange, reverse bool) (wasql.Cursor, error) {
	var found [][]any
	for _, e := range x.entries[i.GetName()] {
		if len(ranges) == 0 || e[0] >= ranges[0].GetLower()[0].GetValue().GetInt64() {
			found = append(found, []any{e[0], e[1]})
		}
	}
	if reverse {
		slices.Reverse(found)
	}
	return wasql.Values(wasql.Sure(slices.Values(found))), nil
}

func (x *indexer) CheckIndex(_ *pb.DriverIndex, version string) (pb.DriverState, string, error) {
	if version != x.saved {
		return pb.DriverState_DRIVER_STATE_STALE, "built from " + x.saved, nil
	}
	return pb.DriverState_DRIVER_STATE_SOUND, "", nil
}

func TestIndexDriver(t *testing.T) {
	x := &indexer{entries: map[string][][2]int64{}}
	c := wasql.New(wasql.Manifest{Name: "indexer", IndexDriver: "memory"}, func(*wasql.Config) (*indexer, error) { return x, nil }).With(wasql.Drivers)
	in := wasqltest.Open(t, c)
	number := []*pb.Column{{Name: "n", Type: pb.Type_TYPE_INT64}}
	index := &pb.DriverIndex{Name: "i", Table: "t", Columns: number, Location: []*pb.Column{{Name: "at", Type: pb.Type_TYPE_INT64}}}
	ask := func(op pb.Op, request, response wasqltest.Message) {
		t.Helper()
		if err := in.Call(op, request, response); err != nil {
			t.Fatal(err)
		}
	}
	ask(pb.Op_OP_DRIVER_CREATE, &pb.DriverCreateRequest{Index: index}, &pb.DriverCreateResponse{})
	var sink pb.DriverOpenSinkResponse
	ask(pb.Op_OP_DRIVER_OPEN_SINK, &pb.DriverOpenSinkRequest{Index: index}, &sink)
	columns := []*pb.ScanColumn{{Type: pb.Type_TYPE_INT64}, {Type: pb.Type_TYPE_INT64}}
	pair := func(a, b int64) []wasql.Value { return []wasql.Value{wasql.IntValue(a), wasql.IntValue(b)} }
	if _, err := in.Write(sink.GetSink(), wasqltest.Rows(columns, [][]wasql.Value{pair(3, 30), pair(1, 10), pair(2, 20)})); err != nil {
		t.Fatal(err)
	}
	var saved pb.DriverSaveResponse
	ask(pb.Op_OP_DRIVER_SAVE, &pb.DriverSaveRequest{Index: index, Sink: sink.GetSink(), TableVersion: "v1"}, &saved)
	read := func(scan uint32, columns []*pb.ScanColumn) string {
		t.Helper()
		rows, err := in.ReadAll(&pb.OpenScanResponse{Scan: scan, Columns: columns}, &pb.OpenScanRequest{Columns: []uint32{0, 1}, BatchRows: 2})
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(rows)
	}
	var probe pb.DriverProbeResponse
	lower := []*pb.KeyRange{{Lower: []*pb.Bound{{Value: wasql.IntValue(2).Message(), Inclusive: true}}}}
	ask(pb.Op_OP_DRIVER_PROBE, &pb.DriverProbeRequest{Index: index, Ranges: lower, Reverse: true}, &probe)
	if got := read(probe.GetScan(), probe.GetColumns()); got != "[[3 30] [2 20]]" {
		t.Errorf("probe gives %s", got)
	}
	var values pb.DriverValuesResponse
	ask(pb.Op_OP_DRIVER_VALUES, &pb.DriverValuesRequest{Index: index}, &values)
	if got := read(values.GetScan(), values.GetColumns()); got != "[[1 10] [2 20] [3 30]]" {
		t.Errorf("values gives %s", got)
	}
	var check pb.DriverCheckResponse
	ask(pb.Op_OP_DRIVER_CHECK, &pb.DriverCheckRequest{Index: index, TableVersion: "v2"}, &check)
	if check.GetState() != pb.DriverState_DRIVER_STATE_STALE || check.GetText() != "built from v1" {
		t.Errorf("check says %v %q", check.GetState(), check.GetText())
	}
	var all pb.DriverLoadAllResponse
	ask(pb.Op_OP_DRIVER_LOAD_ALL, &pb.DriverLoadAllRequest{}, &all)
	if len(all.GetIndexes()) != 1 || !all.GetIndexes()[0].GetReady() || !saved.GetIndex().GetReady() {
		t.Errorf("indexes are %v", all.GetIndexes())
	}
	ask(pb.Op_OP_DRIVER_DELETE, &pb.DriverDeleteRequest{Index: index}, &pb.DriverDeleteResponse{})
	if len(x.entries) != 0 {
		t.Error("the index is still there")
	}
}
