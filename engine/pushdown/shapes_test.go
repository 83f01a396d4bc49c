package pushdown

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	sqle "github.com/dolthub/go-mysql-server"
	"github.com/dolthub/go-mysql-server/memory"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/analyzer"
	"github.com/dolthub/go-mysql-server/sql/types"
	"github.com/dolthub/vitess/go/vt/sqlparser"
)

// The rows an INSERT takes from a connector are filtered there; the table it fills is left alone.
func TestInsertSelectReadsThroughAScan(t *testing.T) {
	Install()
	d := newData(rand.New(rand.NewPCG(5, 6)), "t", 40)
	d.trusted, d.plan = true, takeAll
	target := memory.NewDatabase("m")
	provider := memory.NewDBProvider(target)
	schema := sql.NewPrimaryKeySchema(sql.Schema{{Name: "id", Type: types.Int64, Source: "dest"}, {Name: "k", Type: types.Int32, Source: "dest", Nullable: true}})
	ctx := sql.NewContext(t.Context(), sql.WithSession(memory.NewSession(sql.NewBaseSession(), provider)))
	if err := target.CreateTable(ctx, "dest", schema, sql.Collation_Default, ""); err != nil {
		t.Fatal(err)
	}
	w := &fakeDB{"w", map[string]sql.Table{"t": newFakeTable(d)}}
	b := &bench{engine: sqle.New(analyzer.NewBuilder(sql.NewDatabaseProvider(target, w)).Build(), nil), fakes: []*fakeData{d}}
	ctx.SetCurrentDatabase("m")
	if _, err := b.query(ctx, "INSERT INTO dest (k, id) SELECT k, id FROM w.t WHERE k > 2 AND k < 6"); err != nil {
		t.Fatal(err)
	}
	if len(d.opens) != 1 || len(d.requests[0].Filters) != 2 {
		t.Errorf("%d scans, requests %v", len(d.opens), d.requests)
	}
	got, err := b.query(ctx, "SELECT id, k FROM dest ORDER BY id")
	want := b.must(t, "SELECT id, k FROM t WHERE k > 2 AND k < 6 ORDER BY id")
	if err != nil || len(got) == 0 || !slices.Equal(got, want) {
		t.Errorf("got %v %v, want %v", got, err, want)
	}
	b.noneOpen(t, "INSERT")
}

func TestViewsPushAndPrune(t *testing.T) {
	d := newData(rand.New(rand.NewPCG(5, 6)), "t", 40)
	d.trusted, d.plan = true, takeAll
	b := newBench(t, d)
	views := &viewDB{&fakeDB{"w", map[string]sql.Table{"t": newFakeTable(d)}}, map[string]sql.ViewDefinition{}}
	b.engine = sqle.New(analyzer.NewBuilder(sql.NewDatabaseProvider(views)).Build(), nil)
	ctx := b.context("w")
	if _, err := b.query(ctx, "CREATE VIEW v AS SELECT * FROM t WHERE k > 1"); err != nil {
		t.Fatal(err)
	}
	d.opens, d.requests = nil, nil
	got, err := b.query(ctx, "SELECT ci FROM v WHERE tiny = 2 ORDER BY id")
	want := b.must(t, "SELECT ci FROM t WHERE k > 1 AND tiny = 2 ORDER BY id")
	if err != nil || !slices.Equal(got, want) {
		t.Fatalf("got %v %v, want %v", got, err, want)
	}
	if len(d.requests[0].Filters) != 2 || len(d.opens[0].Columns) > 2 {
		t.Errorf("filters %v, columns %v", d.requests[0].Filters, d.opens[0].Columns)
	}
}

func TestBoundVariablesArePushedAsValues(t *testing.T) {
	d := newData(rand.New(rand.NewPCG(5, 6)), "t", 40)
	d.trusted, d.plan = true, takeAll
	b := newBench(t, d)
	ctx := b.context("w")
	bindings := map[string]sqlparser.Expr{"v1": sqlparser.NewIntVal([]byte("3")), "v2": sqlparser.NewIntVal([]byte("2"))}
	_, it, _, err := b.engine.QueryWithBindings(ctx, "SELECT id FROM t WHERE k >= ? ORDER BY id LIMIT ?", nil, bindings, nil)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := sql.RowIterToRows(ctx, it)
	if err != nil || len(rows) != 2 {
		t.Fatalf("%v %v", rows, err)
	}
	request := d.requests[0]
	if got := render(d, request.Filters[0].Filter); got != "k ge i3" || *request.Limit != 2 {
		t.Errorf("%s, limit %d", got, *request.Limit)
	}
}

// Statements that want the table itself, not its rows, find it.
func TestMetadataFindsTheTable(t *testing.T) {
	d := newData(rand.New(rand.NewPCG(5, 6)), "t", 4)
	b := newBench(t, d)
	for _, q := range []string{"DESCRIBE t", "SHOW COLUMNS FROM t", "SHOW CREATE TABLE t", "SHOW INDEXES FROM t", "SHOW TABLE STATUS", "SELECT count(*) FROM information_schema.columns WHERE table_schema = 'w'"} {
		if rows := b.must(t, q); len(rows) == 0 && !strings.Contains(q, "INDEXES") {
			t.Errorf("%s: no rows", q)
		}
	}
	if _, err := b.query(b.context("w"), "UPDATE t SET k = 1 WHERE id = 1"); err == nil {
		t.Error("a table without writes was updated")
	}
}

// Found rows are counted beyond the limit, so that the limit may not be taken.
func TestCountedRowsKeepTheLimit(t *testing.T) {
	d := newData(rand.New(rand.NewPCG(5, 6)), "t", 40)
	d.trusted, d.plan = true, takeAll
	b := newBench(t, d)
	ctx := b.context("w")
	if _, err := b.query(ctx, "SELECT SQL_CALC_FOUND_ROWS id FROM t ORDER BY id LIMIT 3"); err != nil {
		t.Fatal(err)
	}
	rows, err := b.query(ctx, "SELECT found_rows()")
	if err != nil || rows[0] != "[40]" {
		t.Errorf("%v %v", rows, err)
	}
}
