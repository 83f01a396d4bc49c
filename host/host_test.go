package host_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/host"
)

func newRuntime(t testing.TB, config host.Config) *host.Runtime {
	t.Helper()
	r, err := host.New(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return r
}

func compile(t testing.TB, r *host.Runtime, name string, wasm []byte) *host.Module {
	t.Helper()
	m, err := r.Compile(context.Background(), name, wasm)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func open(t testing.TB, m *host.Module, o host.Options) *host.Connector {
	t.Helper()
	c, err := m.Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return c
}

// query reads the one column of all rows.
func query(ctx context.Context, c *host.Connector) ([]int64, error) {
	s, err := c.OpenScan(ctx, 1, &pb.OpenScanRequest{Table: &pb.TableRef{Name: "t"}})
	if err != nil {
		return nil, err
	}
	rows, err := drain(ctx, s)
	return rows, errors.Join(err, s.Close())
}

func drain(ctx context.Context, s *host.Scan) ([]int64, error) {
	var rows []int64
	for {
		b, err := s.Next(ctx)
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
		for i := range b.Len() {
			rows = append(rows, b.Cols[0].Int64(b.Row(i)))
		}
	}
}

func checkGood(t *testing.T, c *host.Connector) {
	t.Helper()
	rows, err := query(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 3 || rows[0] != 1 || rows[1] != 2 || rows[2] != 3 {
		t.Fatalf("rows %v", rows)
	}
}

func asError(t *testing.T, err error) *host.Error {
	t.Helper()
	var e *host.Error
	if !errors.As(err, &e) {
		t.Fatalf("%T is not a *host.Error: %v", err, err)
	}
	if strings.ContainsAny(e.Error(), "\n\r\x1b\x00") {
		t.Errorf("error is not one harmless line: %q", e.Error())
	}
	return e
}

func TestQueryGivesRowsAndThenTheEndForEver(t *testing.T) {
	c := open(t, compile(t, newRuntime(t, host.Config{}), "good", build(t, goodGuest())), host.Options{Server: "db"})
	ctx := context.Background()
	s, err := c.OpenScan(ctx, 0, &pb.OpenScanRequest{Table: &pb.TableRef{Name: "t"}})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		rows, err := drain(ctx, s)
		if err != nil || len(rows) != 3 {
			t.Fatalf("rows %v, error %v", rows, err)
		}
		for range 3 {
			if _, err := s.Next(ctx); !errors.Is(err, io.EOF) {
				t.Fatalf("after the end: %v", err)
			}
		}
		if err := s.Rescan(ctx, &pb.RescanRequest{}); err != nil {
			t.Fatal(err)
		}
	}
	n := s.Counters()
	if n.Batches != 2 || n.Rows != 6 || n.Calls == 0 || n.Fuel == 0 || n.MemoryPeakBytes == 0 {
		t.Errorf("counters %+v", n)
	}
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Error(err)
	}
	if _, err := s.Next(ctx); !errors.Is(err, host.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	if n := c.Counters(); n.Instances != 1 || n.Live != 1 || n.Poisoned != 0 {
		t.Errorf("a released instance is used again: %+v", n)
	}
}

func TestFuelIsTheSameEachTime(t *testing.T) {
	c := open(t, compile(t, newRuntime(t, host.Config{}), "good", build(t, goodGuest())), host.Options{})
	var first int64
	for n := range 3 {
		s, err := c.OpenScan(context.Background(), 0, &pb.OpenScanRequest{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := drain(context.Background(), s); err != nil {
			t.Fatal(err)
		}
		fuel := s.Counters().Fuel
		if n == 0 {
			first = fuel
		}
		if fuel != first || fuel == 0 {
			t.Errorf("run %d took %d, the first %d", n, fuel, first)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestOneModulePerDigest(t *testing.T) {
	r := newRuntime(t, host.Config{})
	wasm := build(t, goodGuest())
	a, b, other := compile(t, r, "a", wasm), compile(t, r, "a", wasm), compile(t, r, "b", wasm)
	if a != b || a == other || a.Info().Digest != other.Info().Digest {
		t.Error("same bytes and name must give the same module")
	}
}

func TestRefusalCarriesStatus(t *testing.T) {
	g := goodGuest()
	g.Failures[pb.Op_OP_PLAN] = -int64(abi.InvalidData)
	g.Answers[pb.Op_OP_LAST_ERROR] = &pb.LastErrorResponse{Status: &pb.Status{Message: "bad\x1b[31m number\n", Hint: "see\u202eline", Table: "t", Column: "x",
		Line: 7, Value: "12x", Sqlstate: "22018", MysqlErrno: 1366, Retryable: true}}
	c := open(t, compile(t, newRuntime(t, host.Config{}), "csv", build(t, g)), host.Options{})
	i, err := c.Acquire(context.Background(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer i.Release()
	_, err = i.Plan(context.Background(), &pb.PlanRequest{Table: &pb.TableRef{Name: "t"}})
	e := asError(t, err)
	if e.Kind != host.KindConnector || e.Code != abi.InvalidData || e.Errno() != 1366 || e.SQLState() != "22018" || !e.Retryable() {
		t.Errorf("%+v", e)
	}
	want := `connector csv: plan t: invalid data: bad\u001b[31m number\n (table t, column x, line 7, value "12x"); see\u202eline`
	if e.Error() != want {
		t.Errorf("got  %s\nwant %s", e.Error(), want)
	}
	// SPEC 4.6: the instance lives on.
	if i.Poisoned() {
		t.Error("a refusal poisoned the instance")
	}
	if _, err := i.Describe(context.Background(), &pb.DescribeRequest{}); err != nil {
		t.Error(err)
	}
}

func TestUnknownOperationIsUnsupported(t *testing.T) {
	c := open(t, compile(t, newRuntime(t, host.Config{}), "good", build(t, goodGuest())), host.Options{})
	i, err := c.Acquire(context.Background(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer i.Release()
	_, err = i.Partitions(context.Background(), &pb.PartitionsRequest{})
	if !errors.Is(err, host.ErrUnsupported) {
		t.Error(err)
	}
}
