package host_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/host"
	"github.com/wasql/wasql/host/hosttest"
	"github.com/wasql/wasql/host/wasmgen"
)

// usage is what must not grow.
type usage struct{ goroutines, files, mappings, residentKiB int }

func measure(t *testing.T) usage {
	t.Helper()
	for range 3 {
		runtime.GC()
		time.Sleep(10 * time.Millisecond)
	}
	u := usage{goroutines: runtime.NumGoroutine()}
	if entries, err := os.ReadDir("/proc/self/fd"); err == nil {
		u.files = len(entries)
	}
	if maps, err := os.ReadFile("/proc/self/maps"); err == nil {
		u.mappings = strings.Count(string(maps), "\n")
	}
	if status, err := os.ReadFile("/proc/self/status"); err == nil {
		for line := range strings.Lines(string(status)) {
			if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
				u.residentKiB, _ = strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")))
			}
		}
	}
	return u
}

func (u usage) checkFlat(t *testing.T, before usage) {
	t.Helper()
	t.Logf("before %+v, after %+v", before, u)
	if u.goroutines > before.goroutines+2 || u.files > before.files+2 || u.mappings > before.mappings+20 {
		t.Errorf("grew from %+v to %+v", before, u)
	}
	if grown := u.residentKiB - before.residentKiB; grown > 64<<10 {
		t.Errorf("resident memory grew by %d KiB", grown)
	}
}

// rounds is 500, or 10,000 with WASQL_SOAK=1.
func rounds() int {
	if os.Getenv("WASQL_SOAK") == "1" {
		return 10_000
	}
	return 500
}

func TestLoadScanDropLeavesNothingBehind(t *testing.T) {
	ctx := context.Background()
	r := newRuntime(t, host.Config{})
	folder := t.TempDir()
	round := func(n int) {
		g := goodGuest()
		g.Answers[pb.Op_OP_HELLO] = &pb.HelloResponse{Name: fmt.Sprint("round", n)}
		switch n % 4 {
		case 1:
			g.Hooks[abi.ExportNext] = trap
		case 2:
			g.Start = trap
		}
		m := compile(t, r, fmt.Sprint("m", n), build(t, g))
		c, err := m.Open(ctx, host.Options{Grant: host.Grant{Files: []host.FileGrant{{Path: "data", Host: folder}}}})
		if err == nil {
			_, err = query(ctx, c)
			if closeErr := c.Close(ctx); closeErr != nil {
				t.Fatal(closeErr)
			}
		}
		if trapped := errors.Is(err, host.ErrTrap); trapped != (n%4 == 1 || n%4 == 2) {
			t.Fatalf("round %d: %v", n, err)
		}
		if err := m.Close(ctx); err != nil {
			t.Fatal(err)
		}
	}
	for n := range 50 {
		round(n)
	}
	before := measure(t)
	for n := range rounds() {
		round(50 + n)
	}
	measure(t).checkFlat(t, before)
}

// TestHammerPool uses one connector of each lifetime from many goroutines, with guests that fail
// now and then, contexts that end, and sessions that come and go.
// clause: 4.3 8.3
func TestHammerPool(t *testing.T) {
	r := newRuntime(t, host.Config{})
	before := measure(t)
	for _, lifetime := range []pb.Lifetime{pb.Lifetime_LIFETIME_STATELESS, pb.Lifetime_LIFETIME_SESSION, pb.Lifetime_LIFETIME_SHARED} {
		t.Run(lifetime.String(), func(t *testing.T) { hammer(t, r, lifetime) })
	}
	measure(t).checkFlat(t, before)
}

func hammer(t *testing.T, r *host.Runtime, lifetime pb.Lifetime) {
	g := goodGuest()
	g.Answers[pb.Op_OP_HELLO] = &pb.HelloResponse{Lifetime: lifetime}
	// PARTITIONS traps: what a statement does that goes wrong.
	g.Hooks[abi.ExportCall] = onOp(pb.Op_OP_PARTITIONS, trap)
	c := open(t, compile(t, r, lifetime.String(), build(t, g)), host.Options{Limits: host.Limits{Instances: 6, IdleInstances: 3}})
	var wg sync.WaitGroup
	var good, bad atomic.Int64
	for worker := range 16 {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(worker)))
			for n := range 100 {
				session := uint64(random.IntN(5))
				err := statement(c, session, random.IntN(10))
				if err != nil && !errors.Is(err, host.ErrTrap) && !errors.Is(err, host.ErrClosed) && !errors.Is(err, host.ErrCancelled) {
					t.Errorf("worker %d statement %d: %v", worker, n, err)
					return
				}
				if err == nil {
					good.Add(1)
				} else {
					bad.Add(1)
				}
				if random.IntN(20) == 0 {
					c.EndSession(session)
				}
			}
		})
	}
	wg.Wait()
	if good.Load() == 0 || bad.Load() == 0 {
		t.Errorf("%d statements went well, %d did not", good.Load(), bad.Load())
	}
	if n := c.Counters(); n.Live > 6 || n.Poisoned == 0 {
		t.Errorf("%+v", n)
	}
}

func statement(c *host.Connector, session uint64, kind int) error {
	ctx := context.Background()
	switch kind {
	case 0:
		i, err := c.Acquire(ctx, session)
		if err != nil {
			return err
		}
		defer i.Release()
		_, err = i.Partitions(ctx, &pb.PartitionsRequest{})
		return err
	case 1:
		ended, cancel := context.WithCancel(ctx)
		cancel()
		_, err := query(ended, c)
		return err
	}
	s, err := c.OpenScan(ctx, session, &pb.OpenScanRequest{})
	if err != nil {
		return err
	}
	rows, err := drain(ctx, s)
	if err == nil && kind == 2 {
		if err = s.Rescan(ctx, &pb.RescanRequest{}); err == nil {
			rows, err = drain(ctx, s)
		}
	}
	// On an instance with several users another scan may have rewound the same played-back rows.
	if err == nil && c.Manifest().Lifetime == pb.Lifetime_LIFETIME_STATELESS && len(rows) != 3 {
		err = fmt.Errorf("rows %v", rows)
	}
	return errors.Join(err, s.Close())
}

// TestBatchOutlivesConnector: memory that is being read is not unmapped, whoever closes what.
func TestBatchOutlivesConnector(t *testing.T) {
	ctx := context.Background()
	r, err := host.New(ctx, host.Config{})
	if err != nil {
		t.Fatal(err)
	}
	c := open(t, compile(t, r, "good", build(t, goodGuest())), host.Options{})
	s, err := c.OpenScan(ctx, 0, &pb.OpenScanRequest{})
	if err != nil {
		t.Fatal(err)
	}
	b, err := s.Next(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(ctx); err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	if err := r.Close(short); !errors.Is(err, host.ErrClosed) {
		t.Errorf("the runtime closed under a scan: %v", err)
	}
	if b.Cols[0].Int64(2) != 3 {
		t.Error("the batch changed")
	}
	if _, err := s.Next(ctx); err == nil {
		t.Log("a scan may end after its connector was closed")
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := r.Close(ctx); err != nil {
		t.Error(err)
	}
	if _, err := c.Acquire(ctx, 0); !errors.Is(err, host.ErrClosed) {
		t.Errorf("a closed connector gave an instance: %v", err)
	}
}

func TestAllInstancesInUseIsALimit(t *testing.T) {
	c := open(t, compile(t, newRuntime(t, host.Config{}), "good", build(t, goodGuest())),
		host.Options{Limits: host.Limits{Instances: 1, AcquireTime: 20 * time.Millisecond}})
	i, err := c.Acquire(context.Background(), 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Acquire(context.Background(), 0)
	if e := asError(t, err); e.Kind != host.KindLimit || e.Setting != "Instances" {
		t.Error(err)
	}
	i.Release()
	checkGood(t, c)
}

func TestLostSessionInstanceIsReplaced(t *testing.T) {
	for _, lifetime := range []pb.Lifetime{pb.Lifetime_LIFETIME_SESSION, pb.Lifetime_LIFETIME_SHARED} {
		g := goodGuest()
		g.Answers[pb.Op_OP_HELLO] = &pb.HelloResponse{Lifetime: lifetime}
		g.Hooks[abi.ExportCall] = onOp(pb.Op_OP_PARTITIONS, func(c *wasmgen.Code) { trap(c) })
		c := open(t, compile(t, newRuntime(t, host.Config{}), "standing", build(t, g)), host.Options{})
		ctx := context.Background()
		a, err := c.Acquire(ctx, 7)
		if err != nil {
			t.Fatal(err)
		}
		b, err := c.Acquire(ctx, 7)
		if err != nil || a != b {
			t.Fatalf("two instances for one session, error %v", err)
		}
		if _, err := a.Partitions(ctx, &pb.PartitionsRequest{}); !errors.Is(err, host.ErrTrap) {
			t.Fatal(err)
		}
		if _, err := b.Describe(ctx, &pb.DescribeRequest{}); !errors.Is(err, host.ErrClosed) {
			t.Errorf("a poisoned instance was called: %v", err)
		}
		a.Release()
		b.Release()
		checkGood(t, c)
	}
}

// clause: 4.3
func TestCallsIntoAnInstanceNeverOverlap(t *testing.T) {
	g := goodGuest()
	g.Answers[pb.Op_OP_HELLO] = &pb.HelloResponse{Lifetime: pb.Lifetime_LIFETIME_SHARED}
	logAt(g, int64(pb.LogLevel_LOG_LEVEL_WARNING))
	c := open(t, compile(t, newRuntime(t, host.Config{}), "shared", build(t, g)), host.Options{})
	var inside, heard atomic.Int64
	ctx := host.WithNotices(context.Background(), func(host.Notice) {
		if inside.Add(1) != 1 {
			t.Error("two calls at once")
		}
		heard.Add(1)
		time.Sleep(time.Millisecond)
		inside.Add(-1)
	})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := query(ctx, c); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if heard.Load() == 0 || c.Counters().Instances != 1 {
		t.Errorf("%d notices, %+v", heard.Load(), c.Counters())
	}
}

// TestQueryGoesOnAfterItsConnectorWasClosed: hot reload closes the old connector under its queries.
func TestQueryGoesOnAfterItsConnectorWasClosed(t *testing.T) {
	ctx := context.Background()
	folder := t.TempDir()
	if err := os.WriteFile(folder+"/f", []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	stat, err := (&pb.HostFileStatRequest{Path: "d/f"}).MarshalVT()
	if err != nil {
		t.Fatal(err)
	}
	g := goodGuest()
	g.Imports = []hosttest.Import{{Module: "wasql_v1", Name: "host_call", Params: i32x(5), Results: []byte{wasmgen.I64}}}
	g.Hooks[abi.ExportNext] = func(c *wasmgen.Code) {
		for n, b := range stat {
			c.I32(hosttest.Scratch).I32(int64(b)).Mem(0x3a, 0, uint32(n)) // i32.store8
		}
		c.I32(int64(pb.HostOp_HOST_OP_FILE_STAT)).I32(hosttest.Scratch).I32(int64(len(stat))).I32(hosttest.Scratch + 512).I32(1024).Call(0).Set(7)
		c.Get(7).I64(0).Op(wasmgen.I64LtS).If(wasmgen.Void).Get(7).Op(wasmgen.Return).Close()
	}
	c := open(t, compile(t, newRuntime(t, host.Config{}), "files", build(t, g)),
		host.Options{Grant: host.Grant{Files: []host.FileGrant{{Path: "d", Host: folder}}}})
	checkGood(t, c)
	s, err := c.OpenScan(ctx, 0, &pb.OpenScanRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(ctx); err != nil {
		t.Fatal(err)
	}
	if rows, err := drain(ctx, s); err != nil || len(rows) != 3 {
		t.Errorf("rows %v, error %v", rows, err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
