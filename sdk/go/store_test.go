package wasql_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/wasql/wasql/abi/pb"
	wasql "github.com/wasql/wasql/sdk/go"
	"github.com/wasql/wasql/sdk/go/wasqltest"
)

// store is a source with all that a connector that keeps data may have.
type store struct {
	tables map[string]*shelf
	begun  map[uint64]map[string]map[int64]string
	done   []string
}

func newStore() *store {
	return &store{tables: map[string]*shelf{"items": {name: "items", rows: map[int64]string{}}}, begun: map[uint64]map[string]map[int64]string{}}
}

func (s *store) Table(ref *wasql.TableRef) (wasql.Table, error) {
	if t := s.tables[ref.Name]; t != nil {
		return t, nil
	}
	return nil, wasql.NoTable(ref.Name)
}

func (s *store) List(string) ([]string, error) { return slices.Sorted(maps.Keys(s.tables)), nil }

func (s *store) Create(r *pb.CreateRequest) (wasql.Table, error) {
	name := r.GetTable().GetName()
	if s.tables[name] != nil {
		return nil, wasql.Errorf(wasql.AlreadyExists, "table %q exists", name)
	}
	s.tables[name] = &shelf{name: name, rows: map[int64]string{}}
	return s.tables[name], nil
}

func (s *store) Destroy(ref *wasql.TableRef) error {
	if s.tables[ref.Name] == nil {
		return wasql.NoTable(ref.Name)
	}
	delete(s.tables, ref.Name)
	return nil
}

func (s *store) Begin(t wasql.Transaction) (pb.Isolation, error) {
	saved := map[string]map[int64]string{}
	for name, table := range s.tables {
		saved[name] = maps.Clone(table.rows)
	}
	s.begun[t.Number] = saved
	return pb.Isolation_ISOLATION_SERIALIZABLE, nil
}

func (s *store) Commit(t wasql.Transaction) error {
	delete(s.begun, t.Number)
	s.done = append(s.done, "commit "+t.GlobalID)
	return nil
}

func (s *store) Rollback(t wasql.Transaction) error {
	for name, rows := range s.begun[t.Number] {
		s.tables[name].rows = rows
	}
	delete(s.begun, t.Number)
	return nil
}

func (s *store) Sync(t wasql.Transaction, prepare bool) error {
	s.done = append(s.done, fmt.Sprint("sync ", t.GlobalID, " ", prepare))
	return nil
}

func (s *store) Recover() ([]string, error) { return []string{"g7"}, nil }

func (s *store) Savepoint(_ uint64, depth int) error {
	s.done = append(s.done, fmt.Sprint("savepoint ", depth))
	return nil
}

func (s *store) ReleaseSavepoint(_ uint64, depth int) error {
	s.done = append(s.done, fmt.Sprint("release ", depth))
	return nil
}

func (s *store) RollbackTo(_ uint64, depth int) error {
	s.done = append(s.done, fmt.Sprint("rollback to ", depth))
	return nil
}

// shelf is a table of the store.
type shelf struct {
	name string
	rows map[int64]string
	next uint64
}

func (t *shelf) Name() string { return t.name }

func (t *shelf) Columns() []wasql.Column {
	return []wasql.Column{{Name: "id", Type: wasql.Int64, NotNull: true}, {Name: "name", Type: wasql.UTF8}}
}

func (t *shelf) Define(d *wasql.Definition) { d.PrimaryKey = []string{"id"} }

func (t *shelf) Scan(*wasql.Plan) (wasql.Cursor, error) {
	return wasql.Each(wasql.Sure(slices.Values(slices.Sorted(maps.Keys(t.rows)))), func(out *wasql.Rows, id int64) error {
		return out.Add(id, t.rows[id])
	}), nil
}

func (t *shelf) Check(mode string) ([]*wasql.Finding, error) {
	return []*wasql.Finding{{Kind: "info", Text: mode}}, nil
}

func (t *shelf) Truncate(uint64) (uint64, error) {
	n := len(t.rows)
	clear(t.rows)
	return uint64(n), nil
}

func (t *shelf) AutoIncrement(set *uint64, reserve uint64) (uint64, error) {
	if set != nil {
		t.next = *set
	}
	first := t.next
	t.next += reserve
	return first, nil
}

func (t *shelf) Rename(_, name string) error { t.name = name; return nil }

func (t *shelf) Insert(w *wasql.Write) (wasql.Sink, error) {
	return &shelfSink{t: t, w: w, insert: true, rows: maps.Clone(t.rows)}, nil
}
func (t *shelf) Update(w *wasql.Write) (wasql.Sink, error) {
	return &shelfSink{t: t, w: w, rows: maps.Clone(t.rows)}, nil
}

type shelfSink struct {
	t        *shelf
	w        *wasql.Write
	insert   bool
	rows     map[int64]string
	affected uint64
}

func (s *shelfSink) Write(rows *wasql.Changes) error {
	for i := range rows.Len() {
		key, keyed := rows.Key(i, 0)
		if s.insert {
			key, keyed = rows.Value(i, 0)
		}
		id, ok := key.Int64()
		if !keyed || !ok {
			return wasql.Errorf(wasql.InvalidData, "no id").OnRow(i + 1)
		}
		name, _ := rows.Value(i, 1)
		text, _ := name.Text()
		old, exists := s.rows[id]
		switch {
		case s.insert && exists && s.w.OnConflict == wasql.IgnoreConflict:
			rows.Ignore(i)
			continue
		case s.insert && exists && s.w.OnConflict == wasql.ReportConflict:
			rows.Conflict(i, []wasql.Value{wasql.IntValue(id), wasql.TextValue(old)})
			continue
		case s.insert && exists:
			rows.Fail(i, wasql.Errorf(wasql.Constraint, "id %d is taken", id))
			continue
		case text == "":
			text = "nameless"
			rows.Stored(i, []wasql.Value{wasql.IntValue(id), wasql.TextValue(text)})
		}
		s.rows[id] = text
		s.affected++
	}
	return nil
}

func (s *shelfSink) Flush() (wasql.Written, error) {
	s.t.rows = s.rows
	return wasql.Written{Affected: s.affected, Matched: s.affected}, nil
}

func (s *shelfSink) Discard() error { return nil }

func openStore(t *testing.T) (*wasqltest.Instance, *store) {
	t.Helper()
	s := newStore()
	c := wasql.New(wasql.Manifest{Name: "store"}, func(*wasql.Config) (*store, error) { return s, nil }, (*shelf)(nil)).
		With(wasql.Writes, wasql.Transactions, wasql.Definitions)
	return wasqltest.Open(t, c), s
}

func row(id int64, name string) []wasql.Value {
	return []wasql.Value{wasql.IntValue(id), wasql.TextValue(name)}
}

func insert(conflict pb.Conflict, rows ...[]wasql.Value) wasqltest.Change {
	return wasqltest.Change{Kind: pb.WriteKind_WRITE_KIND_INSERT, Conflict: conflict, Values: []string{"id", "name"}, Returning: []string{"name"}, Rows: rows}
}

func TestWrites(t *testing.T) {
	in, _ := openStore(t)
	change := func(c wasqltest.Change, affected int, answers ...string) {
		t.Helper()
		got, err := in.Change("items", c)
		if err != nil {
			t.Fatal(err)
		}
		var lines []string
		for _, a := range got.Answers {
			lines = append(lines, fmt.Sprint(a))
		}
		if !slices.Equal(lines, answers) || got.GetRowsAffected() != uint64(affected) {
			t.Errorf("%d rows, answers %q, want %d, %q", got.GetRowsAffected(), lines, affected, answers)
		}
	}
	change(insert(0, row(1, "one"), row(2, "")), 2, `[0 0 "one"]`, `[1 0 "nameless"]`)
	change(insert(pb.Conflict_CONFLICT_IGNORE, row(1, "uno"), row(3, "three")), 1, `[0 1 "uno"]`, `[1 0 "three"]`)
	change(insert(pb.Conflict_CONFLICT_REPORT, row(1, "uno")), 0, `[0 3 "one"]`)
	change(wasqltest.Change{Kind: pb.WriteKind_WRITE_KIND_UPDATE, Keys: []string{"id"}, Values: []string{"name"}, Rows: [][]wasql.Value{row(3, "drei")}}, 1)
	discarded := insert(0, row(9, "nine"))
	discarded.Discard = true
	change(discarded, 0) // no answer: the row is stored as it was given
	wasqltest.Equal(t, in.Query("items", wasqltest.Query{}), `1 "one"`, `2 "nameless"`, `3 "drei"`)

	failed, err := in.Change("items", insert(0, row(4, "four"), row(1, "again")))
	if err != nil || len(failed.GetErrors()) != 1 {
		t.Fatalf("got %v, %v", failed, err)
	}
	if e := failed.GetErrors()[0]; e.GetRow() != 1 || e.GetStatus().GetMessage() != "id 1 is taken" || e.GetStatus().GetTable() != "items" {
		t.Errorf("the row error is %v", e)
	}
	_, err = in.Change("items", wasqltest.Change{Kind: pb.WriteKind_WRITE_KIND_DELETE, Keys: []string{"id"}, Rows: [][]wasql.Value{{wasql.IntValue(1)}}})
	if !errors.Is(err, wasql.Unimplemented) {
		t.Errorf("a table that cannot delete says %v", err)
	}
	var gone pb.TruncateResponse
	if err := in.Call(pb.Op_OP_TRUNCATE, &pb.TruncateRequest{Table: &pb.TableRef{Name: "items"}}, &gone); err != nil || gone.GetRows() != 4 {
		t.Errorf("truncate: %v, %v", gone.GetRows(), err)
	}
	set := uint64(10)
	var next pb.AutoIncrementResponse
	for _, want := range []uint64{10, 13} {
		if err := in.Call(pb.Op_OP_AUTO_INCREMENT, &pb.AutoIncrementRequest{Table: &pb.TableRef{Name: "items"}, Set: &set, Reserve: 3}, &next); err != nil || next.GetNext() != want {
			t.Errorf("auto increment gives %d, %v, want %d", next.GetNext(), err, want)
		}
		set = 13
	}
}

func TestASinkThatIsNotFlushedLeavesNothing(t *testing.T) {
	in, s := openStore(t)
	var open pb.OpenSinkResponse
	request := &pb.OpenSinkRequest{Table: &pb.TableRef{Name: "items"}, Kind: pb.WriteKind_WRITE_KIND_INSERT, ValueColumns: []uint32{0, 1}}
	if err := in.Call(pb.Op_OP_OPEN_SINK, request, &open); err != nil {
		t.Fatal(err)
	}
	columns := []*pb.ScanColumn{{Type: pb.Type_TYPE_INT64}, {Type: pb.Type_TYPE_UTF8}}
	if _, err := in.Write(open.GetSink(), wasqltest.Rows(columns, [][]wasql.Value{row(1, "one")})); err != nil {
		t.Fatal(err)
	}
	if _, err := in.Write(open.GetSink(), wasqltest.Rows(columns[:1], [][]wasql.Value{{wasql.IntValue(1)}})); !errors.Is(err, wasql.InvalidArgument) {
		t.Errorf("a row with a column too few says %v", err)
	}
	if err := in.Close(open.GetSink()); err != nil {
		t.Fatal(err)
	}
	if len(s.tables["items"].rows) != 0 {
		t.Errorf("rows are %v", s.tables["items"].rows)
	}
	if _, err := in.Write(open.GetSink(), wasqltest.Rows(columns, nil)); !errors.Is(err, wasql.BadHandle) {
		t.Errorf("a closed sink says %v", err)
	}
	if err := in.Close(open.GetSink()); err != nil {
		t.Errorf("closing twice says %v", err)
	}
}

func TestTransactions(t *testing.T) {
	in, s := openStore(t)
	ask := func(op pb.Op, request, response wasqltest.Message) {
		t.Helper()
		if err := in.Call(op, request, response); err != nil {
			t.Fatal(err)
		}
	}
	var begun pb.BeginResponse
	ask(pb.Op_OP_BEGIN, &pb.BeginRequest{Transaction: 1, GlobalId: "g1"}, &begun)
	if begun.GetIsolation() != pb.Isolation_ISOLATION_SERIALIZABLE {
		t.Errorf("isolation is %v", begun.GetIsolation())
	}
	if _, err := in.Change("items", insert(0, row(1, "one"))); err != nil {
		t.Fatal(err)
	}
	ask(pb.Op_OP_SAVEPOINT, &pb.SavepointRequest{Transaction: 1, Depth: 1}, &pb.SavepointResponse{})
	ask(pb.Op_OP_ROLLBACK_TO, &pb.RollbackToRequest{Transaction: 1, Depth: 1}, &pb.RollbackToResponse{})
	ask(pb.Op_OP_RELEASE, &pb.ReleaseRequest{Transaction: 1, Depth: 1}, &pb.ReleaseResponse{})
	ask(pb.Op_OP_ROLLBACK, &pb.RollbackRequest{Transaction: 1}, &pb.RollbackResponse{})
	wasqltest.Equal(t, in.Query("items", wasqltest.Query{}))
	ask(pb.Op_OP_BEGIN, &pb.BeginRequest{Transaction: 2, GlobalId: "g2"}, &begun)
	ask(pb.Op_OP_SYNC, &pb.SyncRequest{Transaction: 2, GlobalId: "g2", Prepare: true}, &pb.SyncResponse{})
	ask(pb.Op_OP_COMMIT, &pb.CommitRequest{Transaction: 2, GlobalId: "g2"}, &pb.CommitResponse{})
	var recover pb.RecoverResponse
	ask(pb.Op_OP_RECOVER, &pb.RecoverRequest{}, &recover)
	if want := []string{"savepoint 1", "rollback to 1", "release 1", "sync g2 true", "commit g2"}; !slices.Equal(s.done, want) || recover.GetGlobalIds()[0] != "g7" {
		t.Errorf("done: %q, recovered %q", s.done, recover.GetGlobalIds())
	}
}

func TestDefinitions(t *testing.T) {
	in, s := openStore(t)
	var made pb.CreateResponse
	create := &pb.CreateRequest{Table: &pb.Table{Name: "more"}}
	if err := in.Call(pb.Op_OP_CREATE, create, &made); err != nil || made.GetTable().GetName() != "more" || len(made.GetTable().GetPrimaryKey()) != 1 {
		t.Fatalf("created %v, %v", made.GetTable(), err)
	}
	if err := in.Call(pb.Op_OP_CREATE, create, &made); !errors.Is(err, wasql.AlreadyExists) {
		t.Errorf("a second CREATE says %v", err)
	}
	var connected pb.ConnectResponse
	if err := in.Call(pb.Op_OP_CONNECT, &pb.ConnectRequest{Table: &pb.Table{Name: "more"}}, &connected); err != nil || connected.GetTable().GetName() != "more" {
		t.Errorf("connected %v, %v", connected.GetTable(), err)
	}
	if err := in.Call(pb.Op_OP_RENAME, &pb.RenameRequest{Table: &pb.TableRef{Name: "more"}, Name: "most"}, &pb.RenameResponse{}); err != nil || s.tables["more"].name != "most" {
		t.Errorf("rename: %v", err)
	}
	if err := in.Call(pb.Op_OP_ALTER, &pb.AlterRequest{Table: &pb.TableRef{Name: "more"}}, &pb.AlterResponse{}); !errors.Is(err, wasql.Unimplemented) {
		t.Errorf("a table that cannot be altered says %v", err)
	}
	for range 2 {
		if err := in.Call(pb.Op_OP_DESTROY, &pb.DestroyRequest{Table: &pb.TableRef{Name: "more"}, IfExists: true}, &pb.DestroyResponse{}); err != nil {
			t.Errorf("destroy: %v", err)
		}
	}
	if err := in.Call(pb.Op_OP_DESTROY, &pb.DestroyRequest{Table: &pb.TableRef{Name: "more"}}, &pb.DestroyResponse{}); !errors.Is(err, wasql.NotFound) {
		t.Errorf("destroying nothing says %v", err)
	}
	if tables := in.Tables(); !slices.Equal(tables, []string{"items"}) {
		t.Errorf("tables are %q", tables)
	}
	var found pb.IntegrityResponse
	if err := in.Call(pb.Op_OP_INTEGRITY, &pb.IntegrityRequest{Table: &pb.TableRef{Name: "items"}, Mode: "QUICK"}, &found); err != nil || found.GetFindings()[0].GetText() != "QUICK" {
		t.Errorf("check: %v, %v", found.GetFindings(), err)
	}
	var imported pb.ImportSchemaResponse
	if err := in.Call(pb.Op_OP_IMPORT_SCHEMA, &pb.ImportSchemaRequest{Except: []string{"items"}}, &imported); err != nil || len(imported.GetTables()) != 0 {
		t.Errorf("imported %v, %v", imported.GetTables(), err)
	}
}

func TestAdvertisedIsImplemented(t *testing.T) {
	in, _ := openStore(t)
	want := pb.Feature_FEATURE_WRITES | pb.Feature_FEATURE_TRANSACTIONS | pb.Feature_FEATURE_PREPARE | pb.Feature_FEATURE_SAVEPOINTS | pb.Feature_FEATURE_DEFINITION
	kit := pb.Feature_FEATURE_LEASES | pb.Feature_FEATURE_DICTIONARY | pb.Feature_FEATURE_STRING_VIEW | pb.Feature_FEATURE_CONSTANT | pb.Feature_FEATURE_SELECTION |
		pb.Feature_FEATURE_ONE_CALL
	if got := in.Manifest.GetFeatures(); got != uint64(want|kit) {
		t.Errorf("features are %b, want %b", got, want|kit)
	}
	table := pb.TableFeature_TABLE_FEATURE_INSERT | pb.TableFeature_TABLE_FEATURE_UPDATE | pb.TableFeature_TABLE_FEATURE_TRUNCATE |
		pb.TableFeature_TABLE_FEATURE_INTEGRITY | pb.TableFeature_TABLE_FEATURE_RENAME | pb.TableFeature_TABLE_FEATURE_AUTO_INCREMENT
	if got := in.Definition("items").GetFeatures(); got != uint64(table) {
		t.Errorf("table features are %b, want %b", got, table)
	}
}

func TestPowersThatAreNotDeclaredAreAMistake(t *testing.T) {
	c := wasql.New(wasql.Manifest{Name: "store"}, func(*wasql.Config) (*store, error) { return newStore(), nil }, (*shelf)(nil)).
		With(wasql.Transactions, wasql.Definitions)
	defer func() {
		if text := fmt.Sprint(recover()); text != "wasql: connector store has the methods of a power it does not declare: add With(wasql.Writes)" {
			t.Errorf("got %s", text)
		}
	}()
	c.Instance()
}
