package pushdown

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	sqle "github.com/dolthub/go-mysql-server"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/analyzer"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/exec"
)

// fakeData is a table in memory, and how its connector behaves.
type fakeData struct {
	name     string
	declared *pb.Table
	schema   sql.Schema
	rows     []sql.Row
	trusted  bool
	// plan answers a request; nil: everything ignored.
	plan func(*fakeData, *pb.PlanRequest) *pb.PlanResponse
	// joins: it joins with the others, which are known by their names.
	joins  bool
	others map[string]*fakeData
	// noRescan makes Rescan fail as a connector without it does.
	noRescan bool

	// what happened
	requests []*pb.PlanRequest
	opens    []*pb.OpenScanRequest
	rescans  []*pb.RescanRequest
	sent     uint64
	open     atomic.Int64
	answers  []*fakeAnswer
}

// fakeAnswer is what a plan of a fakeData means; the plan bytes are its number.
type fakeAnswer struct {
	request  *pb.PlanRequest
	response *pb.PlanResponse
	// apply tells for each filter whether the scan really checks it; leak lets rows through that fail it.
	apply []bool
	leak  *rand.Rand
	// sortless claims the order and does not keep it.
	sortless bool
}

// fakeTable is a fakeData as a statement sees it.
type fakeTable struct {
	data      *fakeData
	columns   []int
	sch       sql.Schema
	projected bool
	estimate  *uint64
}

func newFakeTable(d *fakeData) *fakeTable {
	t := &fakeTable{data: d, sch: d.schema}
	for i := range d.schema {
		t.columns = append(t.columns, i)
	}
	return t
}

func (t *fakeTable) Name() string                   { return t.data.name }
func (t *fakeTable) String() string                 { return t.data.name }
func (t *fakeTable) Schema(*sql.Context) sql.Schema { return t.sch }
func (t *fakeTable) Collation() sql.CollationID     { return sql.Collation_utf8mb4_0900_ai_ci }
func (t *fakeTable) Ref() *pb.TableRef              { return &pb.TableRef{Name: t.data.name} }
func (t *fakeTable) Declared() *pb.Table            { return t.data.declared }
func (t *fakeTable) FullSchema() sql.Schema         { return t.data.schema }
func (t *fakeTable) Columns() []int                 { return t.columns }
func (t *fakeTable) Database() string               { return "w" }
func (t *fakeTable) Joins() bool                    { return t.data.joins }
func (t *fakeTable) TrustPushdown() bool            { return t.data.trusted }
func (t *fakeTable) ScanSource() exec.Source        { return &fakeSource{t.data} }
func (t *fakeTable) DataLength(*sql.Context) (uint64, error) {
	return uint64(len(t.data.rows) * 8), nil
}
func (t *fakeTable) PrimaryKeySchema(*sql.Context) sql.PrimaryKeySchema {
	return sql.NewPrimaryKeySchema(t.data.schema)
}

func (t *fakeTable) RowCount(*sql.Context) (uint64, bool, error) {
	if t.estimate != nil {
		return *t.estimate, false, nil
	}
	return uint64(len(t.data.rows)), false, nil
}

func (t *fakeTable) WithRowEstimate(rows uint64) sql.Table {
	out := *t
	out.estimate = &rows
	return &out
}

func (t *fakeTable) Projections() []string {
	if !t.projected {
		return nil
	}
	names := []string{}
	for _, c := range t.sch {
		names = append(names, c.Name)
	}
	return names
}

func (t *fakeTable) WithProjections(_ *sql.Context, names []string) (sql.Table, error) {
	out := *t
	out.projected, out.columns, out.sch = true, nil, nil
	for _, name := range names {
		i := t.data.schema.IndexOfColName(name)
		out.columns, out.sch = append(out.columns, i), append(out.sch, t.data.schema[i])
	}
	return &out, nil
}

func (t *fakeTable) Partitions(*sql.Context) (sql.PartitionIter, error) {
	return sql.PartitionsToPartitionIter(fakePartition{}), nil
}

func (t *fakeTable) PartitionRows(*sql.Context, sql.Partition) (sql.RowIter, error) {
	return nil, errors.New("the rule left a fake table in the plan")
}

type fakePartition struct{}

func (fakePartition) Key() []byte { return []byte{0} }

// plainTable has the same rows and no connector: go-mysql-server does everything itself.
type plainTable struct {
	name   string
	schema sql.Schema
	rows   []sql.Row
}

func (t *plainTable) Name() string                   { return t.name }
func (t *plainTable) String() string                 { return t.name }
func (t *plainTable) Schema(*sql.Context) sql.Schema { return t.schema }
func (t *plainTable) Collation() sql.CollationID     { return sql.Collation_utf8mb4_0900_ai_ci }
func (t *plainTable) Partitions(*sql.Context) (sql.PartitionIter, error) {
	return sql.PartitionsToPartitionIter(fakePartition{}), nil
}
func (t *plainTable) PartitionRows(*sql.Context, sql.Partition) (sql.RowIter, error) {
	return sql.RowsToRowIter(t.rows...), nil
}

// fakeDB holds tables of either sort.
type fakeDB struct {
	name   string
	tables map[string]sql.Table
}

func (d *fakeDB) Name() string { return d.name }
func (d *fakeDB) GetTableInsensitive(_ *sql.Context, name string) (sql.Table, bool, error) {
	t, ok := d.tables[strings.ToLower(name)]
	return t, ok, nil
}
func (d *fakeDB) GetTableNames(*sql.Context) ([]string, error) {
	var names []string
	for name := range d.tables {
		names = append(names, name)
	}
	return names, nil
}

// fakeSource answers for a fakeData.
type fakeSource struct{ data *fakeData }

func (s *fakeSource) Connector() string { return "fake" }
func (s *fakeSource) Grants() []string  { return []string{"files.read /data"} }

func (s *fakeSource) Plan(_ *sql.Context, request *pb.PlanRequest) (*pb.PlanResponse, error) {
	d := s.data
	d.requests = append(d.requests, request)
	if d.plan == nil {
		return d.answer(request, &pb.PlanResponse{}, nil).response, nil
	}
	return d.plan(d, request), nil
}

// answer remembers what a response means and gives it its plan bytes.
func (d *fakeData) answer(request *pb.PlanRequest, response *pb.PlanResponse, apply []bool) *fakeAnswer {
	a := &fakeAnswer{request: request, response: response, apply: apply}
	d.answers = append(d.answers, a)
	response.Plan = fmt.Append(nil, len(d.answers)-1)
	return a
}

func (s *fakeSource) Explain(_ *sql.Context, request *pb.ExplainRequest) (*pb.ExplainResponse, error) {
	return &pb.ExplainResponse{Lines: []*pb.Pair{{Key: "plan", Value: "number " + string(request.Plan)}}}, nil
}

func (s *fakeSource) Open(_ *sql.Context, request *pb.OpenScanRequest, columns []exec.ColumnRead) (exec.Cursor, error) {
	d := s.data
	d.opens = append(d.opens, request)
	var number int
	if _, err := fmt.Sscan(string(request.Plan), &number); err != nil {
		return nil, err
	}
	c := &fakeCursor{data: d, answer: d.answers[number], columns: columns, asked: request.Columns}
	d.open.Add(1)
	return c, c.start(request.Params, request.Arguments)
}

// fakeCursor runs a fakeAnswer.
type fakeCursor struct {
	data    *fakeData
	answer  *fakeAnswer
	columns []exec.ColumnRead
	asked   []uint32
	rows    []sql.Row
	read    int64
	closed  bool
}

func (c *fakeCursor) start(params []*pb.Value, arguments []*pb.Arguments) error {
	a := c.answer
	for i, answer := range a.response.Filters {
		if n := answer.GetArgument(); n > 0 {
			want, _ := operandsOf(a.request.Filters[i].Filter, nil)
			if got := arguments[n-1].Values; len(got) != len(want) {
				return fmt.Errorf("argument %d has %d values, not %d", n, len(got), len(want))
			}
		}
	}
	if a.response.Join.GetTaken() {
		c.rows = a.joined(c.data, params)
		return nil
	}
	c.rows = nil
	for at, row := range c.data.rows {
		if a.response.Sample.GetTaken() && at%2 > 0 {
			continue
		}
		keep := true
		for i, f := range a.request.Filters {
			if i < len(a.apply) && a.apply[i] && evaluate(c.data, f.Filter, row, params) != yes {
				keep = a.leak != nil && a.leak.IntN(2) == 0
				if !keep {
					break
				}
			}
		}
		if keep {
			c.rows = append(c.rows, row)
		}
	}
	groups := c.wholes(params)
	switch {
	case !a.response.Order.GetTaken() || a.sortless:
	case groups:
		sortGroups(a.request.Order, c.rows)
	default:
		sortRows(c.data, a.request.Order, c.rows)
	}
	if a.response.Limit.GetTaken() {
		c.rows = c.rows[min(a.request.Offset, uint64(len(c.rows))):]
		c.rows = c.rows[:min(*a.request.Limit, uint64(len(c.rows)))]
	}
	return nil
}

func sortRows(d *fakeData, keys []*pb.OrderKey, rows []sql.Row) {
	ctx := sql.NewEmptyContext()
	sort.SliceStable(rows, func(i, j int) bool {
		for _, key := range keys {
			a, b := rows[i][key.Column], rows[j][key.Column]
			if a == nil || b == nil {
				if (a == nil) == (b == nil) {
					continue
				}
				return (a == nil) != key.NullsLast
			}
			order, err := d.schema[key.Column].Type.Compare(ctx, a, b)
			if err != nil {
				panic(err)
			}
			if order != 0 {
				return (order < 0) != key.Descending
			}
		}
		return false
	})
}

func (c *fakeCursor) Next(*sql.Context) (sql.Row, error) {
	if c.closed {
		return nil, errors.New("read after close")
	}
	if len(c.rows) == 0 {
		return nil, io.EOF
	}
	from := c.rows[0]
	c.rows = c.rows[1:]
	c.read++
	c.data.sent++
	row := make(sql.Row, len(c.columns))
	for i, column := range c.columns {
		if column.Column >= 0 {
			if !slices.Contains(c.asked, uint32(column.Column)) {
				return nil, fmt.Errorf("column %s is read and was not asked for", column.Name)
			}
			row[i] = from[column.Column]
		}
	}
	return row, nil
}

func (c *fakeCursor) Rescan(_ *sql.Context, request *pb.RescanRequest) error {
	if c.data.noRescan {
		return fmt.Errorf("rescan: %w", errors.ErrUnsupported)
	}
	c.data.rescans = append(c.data.rescans, request)
	return c.start(request.Params, request.Arguments)
}

func (c *fakeCursor) Counters() exec.Counters {
	return exec.Counters{Rows: c.read, Batches: 1, Bytes: 8 * c.read, Calls: 2, Fuel: 10, MemoryPeakBytes: 65536, Wall: time.Millisecond}
}

func (c *fakeCursor) Close() error {
	if !c.closed {
		c.closed = true
		c.data.open.Add(-1)
	}
	return nil
}

// bench is an engine with database w of fakes and database p of plain tables, same rows.
type bench struct {
	engine *sqle.Engine
	fakes  []*fakeData
}

func newBench(t *testing.T, fakes ...*fakeData) *bench {
	t.Helper()
	Install()
	w, p := &fakeDB{"w", map[string]sql.Table{}}, &fakeDB{"p", map[string]sql.Table{}}
	others := map[string]*fakeData{}
	for _, d := range fakes {
		others[d.name], d.others = d, others
		w.tables[d.name] = newFakeTable(d)
		if len(d.declared.PrimaryKey) > 0 {
			w.tables[d.name] = &fakeKeyed{newFakeTable(d), &sync.Map{}}
		}
		p.tables[d.name] = &plainTable{d.name, d.schema, d.rows}
	}
	pro := sql.NewDatabaseProvider(w, p)
	b := &bench{engine: sqle.New(analyzer.NewBuilder(benchProvider{pro}).Build(), nil), fakes: fakes}
	b.engine.Analyzer.Coster = NewCoster()
	return b
}

func (b *bench) context(database string) *sql.Context {
	ctx := sql.NewContext(context.Background(), sql.WithSession(sql.NewBaseSession()))
	ctx.SetCurrentDatabase(database)
	return ctx
}

// query runs SQL in a session and gives the rows as text.
func (b *bench) query(ctx *sql.Context, q string) ([]string, error) {
	_, it, _, err := b.engine.Query(ctx, q)
	if err != nil {
		return nil, err
	}
	var rows []string
	for {
		row, err := it.Next(ctx)
		if err == io.EOF {
			break
		}
		if err != nil {
			_ = it.Close(ctx)
			return nil, err
		}
		rows = append(rows, fmt.Sprintf("%v", []any(row)))
	}
	return rows, it.Close(ctx)
}

// must runs SQL against the fakes.
func (b *bench) must(t *testing.T, q string) []string {
	t.Helper()
	rows, err := b.query(b.context("w"), q)
	if err != nil {
		t.Fatalf("%s: %v", q, err)
	}
	return rows
}

// explain gives the scans of a query.
func (b *bench) explain(t *testing.T, q string) []exec.ScanInfo {
	t.Helper()
	ctx := b.context("w")
	node, err := b.engine.AnalyzeQuery(ctx, q)
	if err != nil {
		t.Fatalf("%s: %v", q, err)
	}
	return exec.Explain(ctx, node)
}

// noneOpen fails when a scan was left open.
func (b *bench) noneOpen(t *testing.T, after string) {
	t.Helper()
	for _, d := range b.fakes {
		if n := d.open.Load(); n != 0 {
			t.Fatalf("%s: %d scans of %s left open", after, n, d.name)
		}
	}
}

// viewDB is a fakeDB that keeps views.
type viewDB struct {
	*fakeDB
	views map[string]sql.ViewDefinition
}

func (d *viewDB) CreateView(_ *sql.Context, name, selectStatement, createViewStmt string) error {
	d.views[name] = sql.ViewDefinition{Name: name, TextDefinition: selectStatement, CreateViewStatement: createViewStmt}
	return nil
}

func (d *viewDB) DropView(_ *sql.Context, name string) error {
	delete(d.views, name)
	return nil
}

func (d *viewDB) GetViewDefinition(_ *sql.Context, name string) (sql.ViewDefinition, bool, error) {
	v, ok := d.views[name]
	return v, ok, nil
}

func (d *viewDB) AllViews(*sql.Context) ([]sql.ViewDefinition, error) { return nil, nil }
