package abitest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine"
	"github.com/wasql/wasql/engine/sqlerr"
	"github.com/wasql/wasql/host"
	"github.com/wasql/wasql/host/hosttest"
)

// offers are the answers to PLAN of a case.
type offers struct {
	// answer is the one that is told something now, top the one that it is an alternative of, and field what it is asked with.
	answer, top *pb.PlanResponse
	field       uint32
	groups      []string
	// rows: those in groups are rows of the table.
	rows bool
}

// planFields are the numbers of fields of a PlanRequest.
var planFields = map[string]uint32{"order": 4, "limit": 5, "sample": 9, "aggregation": 8, "join": 11}

// groupsPlan is the plan of an answer whose scan gives groups, and planField the number of the field that OPEN_SCAN has it in.
const (
	groupsPlan = "groups"
	planField  = 2
)

func (g *caseBuilder) offer(verb string, args []string) error {
	o := &g.offers
	if o.top == nil {
		o.top = g.Answers[pb.Op_OP_PLAN].(*pb.PlanResponse)
		o.answer = o.top
	}
	switch verb {
	case "asked":
		if o.field = planFields[args[0]]; o.field == 0 {
			return errors.New("a PlanRequest has no such field here")
		}
		o.top = &pb.PlanResponse{}
		o.answer = o.top
		g.Asked = append(g.Asked, hosttest.Asked{Op: pb.Op_OP_PLAN, Field: o.field, Answer: o.top})
	case "alternative", "inner":
		other := &pb.PlanResponse{}
		if verb == "inner" {
			o.answer.Alternatives = append(o.answer.Alternatives, other)
		} else {
			o.top.Alternatives = append(o.top.Alternatives, other)
		}
		o.answer = other
	case "claim":
		for _, part := range args {
			answer, ok := map[string]**pb.Answer{"aggregation": &o.answer.Aggregation, "having": &o.answer.Having, "join": &o.answer.Join,
				"sample": &o.answer.Sample, "distinct": &o.answer.Distinct, "order": &o.answer.Order, "limit": &o.answer.Limit}[part]
			if !ok {
				return fmt.Errorf("no part is called %s", part)
			}
			*answer = &pb.Answer{Taken: true}
		}
	case "estimate":
		value, err := strconv.ParseFloat(args[1], 64)
		if err != nil {
			return err
		}
		estimate, ok := map[string]**float64{"rows": &o.answer.Rows, "row_bytes": &o.answer.RowBytes, "cost": &o.answer.Cost, "startup_cost": &o.answer.StartupCost}[args[0]]
		if !ok {
			return fmt.Errorf("no estimate is called %s", args[0])
		}
		*estimate = &value
	case "argument":
		position, err := strconv.ParseUint(args[0], 10, 32)
		o.answer.Filters = append(o.answer.Filters, &pb.FilterAnswer{Argument: uint32(position)})
		return err
	case "groups", "rows":
		o.answer.Plan, o.groups, o.rows = []byte(groupsPlan), args, verb == "rows"
	}
	return nil
}

// finish makes the batch of the groups, or of the rows.
func (o *offers) finish(g *caseBuilder) {
	switch {
	case o.groups == nil:
		return
	case o.rows:
		o.other(g)
		return
	}
	schema := col.Schema{{Name: "k", Type: col.UTF8}, {Name: "count", Type: col.Int64}}
	sent := []*pb.ScanColumn{{Column: 0, Type: pb.Type_TYPE_UTF8}, {Column: 1, Type: pb.Type_TYPE_INT64}}
	if _, _, counted := strings.Cut(o.groups[0], ":"); !counted {
		schema, sent = schema[:1], sent[:1]
	}
	b := col.NewBuilder(schema, len(o.groups), 0)
	for _, group := range o.groups {
		key, count, _ := strings.Cut(group, ":")
		b.String(0, key)
		if n, err := strconv.ParseInt(count, 10, 64); err == nil {
			b.Int64(1, n)
		}
		b.EndRow()
	}
	g.Others = []*col.Batch{b.Batch()}
	g.Asked = append(g.Asked, hosttest.Asked{Op: pb.Op_OP_OPEN_SCAN, Field: planField, Answer: &pb.OpenScanResponse{Scan: 2, Columns: sent}})
}

// other makes the batch of the rows: n:s of the table that a good guest has.
func (o *offers) other(g *caseBuilder) {
	b := col.NewBuilder(col.Schema{{Name: "n", Type: col.Int64}, {Name: "s", Type: col.UTF8, Nullable: true}}, len(o.groups), 0)
	for _, row := range o.groups {
		n, s, _ := strings.Cut(row, ":")
		if n, err := strconv.ParseInt(n, 10, 64); err == nil {
			b.Int64(0, n)
		}
		b.String(1, s)
		b.EndRow()
	}
	g.Others = []*col.Batch{b.Batch()}
	sent := []*pb.ScanColumn{{Column: 0, Type: pb.Type_TYPE_INT64}, {Column: 1, Type: pb.Type_TYPE_UTF8, Nullable: true}}
	g.Asked = append(g.Asked, hosttest.Asked{Op: pb.Op_OP_OPEN_SCAN, Field: planField, Answer: &pb.OpenScanResponse{Scan: 2, Columns: sent}})
}

// asked asks an engine over a guest, and gives what it says: rows, or what EXPLAIN tells of groups and offers.
func asked(t *testing.T, wasm []byte, trusted bool, sql string) string {
	t.Helper()
	ctx := context.Background()
	runtime, err := host.New(ctx, host.Config{Limits: caseLimits, Collation: engine.Collation})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := runtime.Close(ctx); err != nil {
			t.Error(err)
		}
	}()
	e, err := engine.New(ctx, engine.Config{Runtime: runtime, Connectors: []engine.ConnectorSource{{Name: "case", Wasm: func() ([]byte, error) { return wasm, nil }, Trusted: trusted, Limits: caseLimits}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Mount(ctx, "d", "case", host.Options{}); err != nil {
		t.Fatal(err)
	}
	session := e.NewSession("d")
	var out strings.Builder
	for text := range strings.Lines(sql) {
		text = strings.TrimSpace(text)
		said, err := askEngine(ctx, session, text)
		if err != nil {
			known := sqlerr.From(err)
			said = fmt.Sprintf("error %d: %s", known.Errno, known.Message)
		}
		fmt.Fprintf(&out, "%s: %s\n", text, said)
	}
	session.Close()
	if err := e.Close(ctx); err != nil {
		t.Error(err)
	}
	return out.String()
}

func askEngine(ctx context.Context, s *engine.Session, text string) (string, error) {
	result, err := s.Query(ctx, text)
	if err != nil {
		return "", err
	}
	explained := strings.HasPrefix(text, "EXPLAIN")
	var rows []string
	for {
		row, err := result.Next(ctx)
		if errors.Is(err, io.EOF) {
			return strings.Join(rows, " "), result.Close(ctx)
		}
		if err != nil {
			return "", errors.Join(err, result.Close(ctx))
		}
		line := fmt.Sprint(row...)
		if !explained {
			rows = append(rows, "("+strings.TrimSuffix(strings.ReplaceAll(fmt.Sprintln(row...), "\n", ""), " ")+")")
			continue
		}
		for _, told := range []string{"groups: ", "offers: ", "having: ", "join: ", "note: ", "pushed: TABLESAMPLE ", "refused: TABLESAMPLE "} {
			if _, what, ok := strings.Cut(line, told); ok {
				rows = append(rows, told+what)
			}
		}
	}
}
