package golden

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
)

// Message is a request or response of package pb.
type Message interface {
	SizeVT() int
	MarshalToSizedBufferVT([]byte) (int, error)
	MarshalVT() ([]byte, error)
	UnmarshalVT([]byte) error
}

// Guest is an instance of series, after HELLO and CONFIGURE.
type Guest interface {
	// Call makes a control call.
	Call(op pb.Op, request, response Message) error
	// Next gives a batch, valid until the next call, or io.EOF.
	Next(scan uint32, rowsMax int) (*col.Batch, error)
	// Close ends a scan.
	Close(scan uint32) error
	// Status tells what a failed call said.
	Status(err error) *pb.Status
}

// Run asks g all cases.
func Run(t *testing.T, g Guest) {
	cases, err := Cases()
	if err != nil {
		t.Fatal(err)
	}
	t.Run("catalog", func(t *testing.T) { catalog(t, g) })
	for i := range cases {
		t.Run(cases[i].Title, func(t *testing.T) { (&runner{T: t, guest: g, c: &cases[i]}).run() })
	}
}

var table = &pb.TableRef{Name: "series"}

type runner struct {
	*testing.T
	guest  Guest
	c      *Case
	answer pb.PlanResponse
	scan   uint32
}

func (r *runner) run() {
	r.c.Request.Table = table
	err := r.guest.Call(pb.Op_OP_PLAN, r.c.Request, &r.answer)
	answers := r.c.Answers
	if i := slices.IndexFunc(answers, func(a Answer) bool { return a.Word == "error" }); i >= 0 {
		r.failure(answers[i], err)
		return
	}
	if err != nil {
		r.Fatalf("plan: %v", err)
	}
	if r.c.Wanted > 0 {
		r.pieces()
		return
	}
	r.explained()
	for _, a := range answers {
		r.check(a)
	}
	r.refusals()
	if r.scan != 0 {
		if err := r.guest.Close(r.scan); err != nil {
			r.Fatal(err)
		}
	}
}

func (r *runner) check(a Answer) {
	switch a.Word {
	case "uses":
		var uses []string
		for _, f := range r.answer.GetFilters() {
			use := strings.ToLower(strings.TrimPrefix(f.GetUse().String(), "USE_"))
			uses = append(uses, strings.TrimSpace(use+" "+f.GetReason()))
		}
		r.equal(a, strings.Join(uses, "; "))
	case "took":
		var took []string
		for _, part := range r.parts() {
			if part.answer.GetTaken() {
				took = append(took, part.name)
			}
		}
		r.equal(a, strings.Join(took, " "))
	case "estimate":
		r.equal(a, number(r.answer.Rows))
		r.equal(a, number(r.answer.Cost))
		if got, want := number(r.answer.RowBytes), strconv.Itoa(8*len(r.c.Request.Columns)); got != want {
			r.Errorf("row_bytes is %s, want %s", got, want)
		}
		if got := number(r.answer.StartupCost); got != "0" {
			r.Errorf("startup_cost is %s, want 0", got)
		}
	case "unique":
		r.equal(a, map[bool]string{true: "yes", false: "no"}[r.answer.GetUnique()])
	case "index":
		r.equal(a, fmt.Sprint(r.answer.GetIndexNumber(), " ", r.answer.GetIndexName()))
	case "open error":
		r.failure(a, r.open(nil, 0))
	case "rows", "head":
		r.rows(a)
	case "rescan":
		params, err := Values(a.Rest)
		if err != nil {
			r.Fatal(err)
		}
		if err := r.guest.Call(pb.Op_OP_RESCAN, &pb.RescanRequest{Scan: r.scan, Params: params}, &pb.RescanResponse{}); err != nil {
			r.Fatalf("series.txt:%d: rescan: %v", a.Line, err)
		}
	}
}

func number(f *float64) string {
	if f == nil {
		return "nothing"
	}
	return strconv.FormatFloat(*f, 'f', -1, 64)
}

func (r *runner) equal(a Answer, got string) {
	r.Helper()
	if got != a.Rest {
		r.Errorf("series.txt:%d: %s is\n  %s\nwant\n  %s", a.Line, a.Word, got, a.Rest)
	}
}

type part struct {
	name   string
	answer *pb.Answer
}

func (r *runner) parts() []part {
	p := &r.answer
	return []part{
		{"order", p.GetOrder()}, {"distinct", p.GetDistinct()}, {"aggregation", p.GetAggregation()},
		{"sample", p.GetSample()}, {"join", p.GetJoin()}, {"limit", p.GetLimit()},
	}
}

// refusals checks that what was announced as refused is, and nothing else.
func (r *runner) refusals() {
	for _, part := range r.parts() {
		want := ""
		for _, a := range r.c.Answers {
			if reason, ok := strings.CutPrefix(a.Rest, part.name+" "); ok && a.Word == "refused" {
				want = reason
			}
		}
		if part.answer == nil && want == "" || part.answer.GetTaken() && want == "" {
			continue
		}
		if got := part.answer.GetReason(); part.answer.GetTaken() || got != want || want == "" {
			r.Errorf("%s is taken: %v, reason %q, want reason %q", part.name, part.answer.GetTaken(), got, want)
		}
	}
}

// explained compares the pairs of PLAN and of EXPLAIN with the case, when it has any.
func (r *runner) explained() {
	var want []string
	for _, a := range r.c.Answers {
		if a.Word == "explain" {
			want = append(want, a.Rest)
		}
	}
	lines := func(pairs []*pb.Pair) (lines []string) {
		for _, p := range pairs {
			lines = append(lines, p.GetKey()+" = "+p.GetValue())
		}
		return lines
	}
	var response pb.ExplainResponse
	if err := r.guest.Call(pb.Op_OP_EXPLAIN, &pb.ExplainRequest{Table: table, Plan: r.answer.GetPlan()}, &response); err != nil {
		r.Fatalf("explain: %v", err)
	}
	if got, again := lines(r.answer.GetExplain()), lines(response.GetLines()); !slices.Equal(got, again) {
		r.Errorf("PLAN explains %q, EXPLAIN %q", got, again)
	} else if want != nil && !slices.Equal(got, want) {
		r.Errorf("explain is %q, want %q", got, want)
	}
}

func (r *runner) failure(a Answer, err error) {
	r.Helper()
	if err == nil {
		r.Fatalf("series.txt:%d: nothing failed, want %s", a.Line, a.Rest)
	}
	s := r.guest.Status(err)
	if s == nil {
		r.Fatalf("series.txt:%d: no status in %v", a.Line, err)
	}
	column := s.GetColumn()
	if column == "" {
		column = "-"
	}
	r.equal(a, strings.TrimPrefix(s.GetCode().String(), "CODE_")+" "+column+" "+s.GetMessage())
	if strings.HasSuffix(a.Rest, "must not be 0") {
		if want := "give a step above 0 to count up, or below 0 to count down"; s.GetHint() != want || s.GetValue() != "0" {
			r.Errorf("hint is %q, value %q", s.GetHint(), s.GetValue())
		}
	}
}

func (r *runner) open(partition []byte, batchRows uint32) error {
	var response pb.OpenScanResponse
	err := r.guest.Call(pb.Op_OP_OPEN_SCAN, &pb.OpenScanRequest{
		Table: table, Plan: r.answer.GetPlan(), Columns: r.c.Request.Columns, Params: r.c.Params, Partition: partition,
		BatchRows: batchRows, BatchBytes: 1 << 20,
	}, &response)
	if err != nil {
		return err
	}
	r.scan = response.GetScan()
	if len(response.GetColumns()) != len(r.c.Request.Columns) {
		r.Fatalf("the scan has %d columns, %d were asked for", len(response.GetColumns()), len(r.c.Request.Columns))
	}
	for i, c := range response.GetColumns() {
		if c.GetColumn() != r.c.Request.Columns[i] || c.GetType() != pb.Type_TYPE_INT64 || c.GetNullable() {
			r.Fatalf("column %d of the scan is %v", i, c)
		}
	}
	return nil
}

// rows reads a scan with batches of 3 rows and compares it.
func (r *runner) rows(a Answer) {
	if r.scan == 0 {
		if err := r.open(nil, 0); err != nil {
			r.Fatalf("open: %v", err)
		}
	}
	head := 0
	if a.Word == "head" {
		head = strings.Count(a.Rest, ";") + 1
	}
	r.equal(a, r.read(head))
}

func (r *runner) read(head int) string {
	var rows []string
	empty := 0
	for head == 0 || len(rows) < head {
		rowsMax := 3
		if len(r.c.Request.Columns) == 0 {
			rowsMax = 4096
		}
		batch, err := r.guest.Next(r.scan, rowsMax)
		if errors.Is(err, io.EOF) {
			if _, again := r.guest.Next(r.scan, rowsMax); !errors.Is(again, io.EOF) {
				r.Errorf("after the end comes %v, not the end", again)
			}
			break
		}
		if err != nil {
			r.Fatalf("next: %v", err)
		}
		if batch.Rows > rowsMax {
			r.Errorf("a batch has %d rows, %d were asked for", batch.Rows, rowsMax)
		}
		if len(batch.Cols) == 0 {
			empty += batch.Len()
			continue
		}
		rows = append(rows, format(batch)...)
	}
	switch {
	case empty > 0:
		return strconv.Itoa(empty) + " empty"
	case len(rows) == 0:
		return "none"
	case head > 0:
		rows = rows[:head]
	}
	return strings.Join(rows, "; ")
}

func format(batch *col.Batch) []string {
	rows := make([]string, batch.Len())
	for i := range rows {
		values := make([]string, len(batch.Cols))
		for c := range batch.Cols {
			values[c] = strconv.FormatInt(batch.Cols[c].Int64(batch.Row(i)), 10)
		}
		rows[i] = strings.Join(values, " ")
	}
	return rows
}

func (r *runner) pieces() {
	var response pb.PartitionsResponse
	err := r.guest.Call(pb.Op_OP_PARTITIONS, &pb.PartitionsRequest{Table: table, Plan: r.answer.GetPlan(), Wanted: r.c.Wanted}, &response)
	if err != nil {
		r.Fatalf("partitions: %v", err)
	}
	pieces := slices.DeleteFunc(slices.Clone(r.c.Answers), func(a Answer) bool { return a.Word != "piece" })
	if len(response.GetPartitions()) != len(pieces) || len(pieces) != int(r.c.Wanted) {
		r.Fatalf("%d pieces, want %d", len(response.GetPartitions()), r.c.Wanted)
	}
	for i, p := range response.GetPartitions() {
		rows := r.answer.GetRows() / float64(len(pieces))
		if want := fmt.Sprintf("%d/%d", i+1, len(pieces)); p.GetLabel() != want || p.GetRows() != rows || p.GetBytes() != rows*r.answer.GetRowBytes() {
			r.Errorf("piece %d is %q with %v rows of %v bytes, want %q with %v rows", i, p.GetLabel(), p.GetRows(), p.GetBytes(), want, rows)
		}
		for range 2 { // a token gives the same rows any number of times
			if err := r.open(p.GetToken(), 0); err != nil {
				r.Fatalf("open piece %d: %v", i, err)
			}
			r.equal(pieces[i], r.read(0))
			if err := r.guest.Close(r.scan); err != nil {
				r.Fatal(err)
			}
		}
	}
}
