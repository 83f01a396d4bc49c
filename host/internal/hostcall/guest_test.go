package hostcall

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/host/internal/backend"
)

// fakeMemory is linear memory without a machine.
type fakeMemory []byte

func (m fakeMemory) Bytes() []byte     { return m }
func (m fakeMemory) Refused() int      { return 0 }
func (m fakeMemory) PeakBytes() uint64 { return uint64(len(m)) }

func testLimits() Limits {
	return Limits{CallTime: time.Minute, MessageBytes: 1 << 20, Handles: 4, OpenFiles: 4, LogLines: 5, FilesListed: 100}
}

// newGuest is a guest in a call.
func newGuest(t *testing.T, p Powers, l Limits) (*Guest, fakeMemory) {
	t.Helper()
	g := NewGuest(p, l)
	m := make(fakeMemory, 1<<16)
	g.Attach(m)
	g.Begin(context.Background(), time.Now().Add(l.CallTime), 0)
	t.Cleanup(func() {
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	})
	return g, m
}

// use calls an import of wasql_v1.
func use(t *testing.T, g *Guest, name string, args ...uint64) int64 {
	t.Helper()
	for _, f := range abi.Imports {
		if f.Name != name {
			continue
		}
		params := make([]backend.ValueType, len(f.Params))
		for i, p := range f.Params {
			params[i] = backend.ValueType(p)
		}
		im, ok := Import(name, params, []backend.ValueType{backend.I64})
		if !ok {
			t.Fatalf("import %s is not offered", name)
		}
		stack := make([]uint64, 8)
		copy(stack, args)
		im.Func(g, stack)
		return int64(stack[0])
	}
	t.Fatalf("no import %s", name)
	return 0
}

type messageRequest interface {
	MarshalVT() ([]byte, error)
}

// hostCall makes a host_call with room for the answer; it gives the negative code as an error.
func hostCall(t *testing.T, g *Guest, m fakeMemory, op pb.HostOp, req messageRequest, resp request) abi.Code {
	t.Helper()
	b, err := req.MarshalVT()
	if err != nil {
		t.Fatal(err)
	}
	copy(m[1024:], b)
	n := use(t, g, abi.ImportHostCall, uint64(op), 1024, uint64(len(b)), 16384, 32768)
	if n < 0 {
		return abi.Code(-n)
	}
	if resp != nil {
		if err := resp.UnmarshalVT(m[16384 : 16384+n]); err != nil {
			t.Fatal(err)
		}
	}
	return abi.OK
}

func lastError(t *testing.T, g *Guest, m fakeMemory) *pb.Status {
	t.Helper()
	resp := &pb.HostLastErrorResponse{}
	if code := hostCall(t, g, m, pb.HostOp_HOST_OP_LAST_ERROR, &pb.HostLastErrorRequest{}, resp); code != abi.OK {
		t.Fatal(code)
	}
	return resp.Status
}

// TestWildArgumentsNeverPanic gives every import every kind of bad number.
// clause: 4.2
// clause: 4.4
func TestWildArgumentsNeverPanic(t *testing.T) {
	folder := t.TempDir()
	files, err := OpenFiles([]FileGrant{{Path: "d", Host: folder, Write: true}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = files.Close() })
	numbers := []uint64{0, 1, 2, 8, 65535, 65536, math.MaxInt32, 1 << 31, math.MaxUint32, math.MaxUint32 - 7, 1 << 40, math.MaxUint64, 1 << 63}
	random := rand.New(rand.NewPCG(1, 2))
	for _, f := range abi.Imports {
		for range 500 {
			l := testLimits()
			l.CallTime = 5 * time.Millisecond
			g, _ := newGuest(t, Powers{Files: files, Env: map[string]string{"A": "b"}}, l)
			args := make([]uint64, 5)
			for i := range args {
				args[i] = numbers[random.IntN(len(numbers))]
			}
			func() {
				defer func() {
					if p := recover(); p != nil {
						if _, ok := p.(*backend.Ended); !ok {
							t.Fatalf("%s(%v): %v", f.Name, args, p)
						}
					}
				}()
				use(t, g, f.Name, args...)
			}()
		}
	}
}

// clause: 4.2
func TestImportOfAnotherSignatureIsRefused(t *testing.T) {
	i32, i64, f32 := backend.I32, backend.I64, backend.F32
	for _, c := range []struct {
		name            string
		params, results []backend.ValueType
		want            bool
	}{
		{"log", []backend.ValueType{i32, i32, i32}, []backend.ValueType{i64}, true},
		{"log", []backend.ValueType{i32, i32}, []backend.ValueType{i64}, false},
		{"log", []backend.ValueType{i32, i32, i32}, nil, false},
		{"log", []backend.ValueType{i32, i32, i64}, []backend.ValueType{i64}, false},
		{"new_thing", []backend.ValueType{f32}, []backend.ValueType{i64}, true},
		{"new_thing", nil, nil, true},
		{"new_thing", nil, []backend.ValueType{i32}, false},
		{"new_thing", nil, []backend.ValueType{i64, i64}, false},
	} {
		if _, ok := Import(c.name, c.params, c.results); ok != c.want {
			t.Errorf("%s%v %v: %v", c.name, c.params, c.results, ok)
		}
	}
}

// clause: 10.1 10.2
// clause: 10.1
func TestNothingIsGrantedByDefault(t *testing.T) {
	var heard []Decision
	g, m := newGuest(t, Powers{Decide: func(d Decision) { heard = append(heard, d) }}, testLimits())
	for op, c := range map[pb.HostOp]struct {
		req  messageRequest
		code abi.Code
	}{
		pb.HostOp_HOST_OP_ENV:         {&pb.HostEnvRequest{Name: "HOME"}, abi.Denied},
		pb.HostOp_HOST_OP_FILE_OPEN:   {&pb.HostFileOpenRequest{Path: "/etc/passwd"}, abi.Denied},
		pb.HostOp_HOST_OP_FILE_STAT:   {&pb.HostFileStatRequest{Path: "x"}, abi.Denied},
		pb.HostOp_HOST_OP_FILE_LIST:   {&pb.HostFileListRequest{Pattern: "*"}, abi.Denied},
		pb.HostOp_HOST_OP_FILE_REMOVE: {&pb.HostFileRemoveRequest{Path: "x"}, abi.Denied},
		pb.HostOp_HOST_OP_FILE_RENAME: {&pb.HostFileRenameRequest{From: "x", To: "y"}, abi.Denied},
		pb.HostOp_HOST_OP_FILE_MKDIR:  {&pb.HostFileMkdirRequest{Path: "x"}, abi.Denied},
		pb.HostOp_HOST_OP_HTTP:        {&pb.HostHttpRequest{}, abi.Unimplemented},
		pb.HostOp_HOST_OP_TCP_DIAL:    {&pb.HostTcpDialRequest{}, abi.Unimplemented},
		pb.HostOp_HOST_OP_SECRET:      {&pb.HostSecretRequest{}, abi.Unimplemented},
		pb.HostOp_HOST_OP_KV_GET:      {&pb.HostKvGetRequest{}, abi.Unimplemented},
		pb.HostOp(9999):               {&pb.HostKvGetRequest{}, abi.Unimplemented},
	} {
		if code := hostCall(t, g, m, op, c.req, nil); code != c.code {
			t.Errorf("%v answered %v, want %v", op, code, c.code)
		}
		if s := lastError(t, g, m); s == nil || abi.Code(s.Code) != c.code || s.Message == "" || c.code == abi.Denied && s.Setting == "" {
			t.Errorf("%v left status %+v", op, s)
		}
	}
	if len(heard) < 7 {
		t.Errorf("the audit hook heard %v", heard)
	}
}

// clause: 4.7 10.2
// clause: 10.2
func TestWithoutClockAndRandomEverythingIsTheSame(t *testing.T) {
	read := func() (out []int64) {
		g, m := newGuest(t, Powers{}, testLimits())
		resp := &pb.HostRandomResponse{}
		for range 3 {
			out = append(out, use(t, g, abi.ImportNow), use(t, g, abi.ImportMonotonic), use(t, g, abi.ImportRemaining))
			if code := hostCall(t, g, m, pb.HostOp_HOST_OP_RANDOM, &pb.HostRandomRequest{Bytes: 8}, resp); code != abi.OK {
				t.Fatal(code)
			}
			out = append(out, int64(resp.Bytes[0]), int64(resp.Bytes[7]))
		}
		start := time.Now()
		use(t, g, abi.ImportPoll, 0, 0, 60_000)
		if time.Since(start) > 10*time.Second {
			t.Error("sleeping took real time")
		}
		return append(out, use(t, g, abi.ImportNow))
	}
	a, b := read(), read()
	for i := range a {
		if a[i] != b[i] {
			t.Fatalf("reading %d: %d and %d", i, a[i], b[i])
		}
	}
	if a[0] != 0 || a[1] != 1000 || a[len(a)-1] < 60e9 {
		t.Errorf("the clock starts at %d, then %d, after a minute's sleep %d", a[0], a[1], a[len(a)-1])
	}
}

func TestLogFloodIsCounted(t *testing.T) {
	var records []Record
	p := Powers{Logging: true, Log: func(_ context.Context, r Record) { records = append(records, r) }}
	g, m := newGuest(t, p, testLimits())
	copy(m[100:], "hello\x1b[2J")
	for range 1000 {
		if got := use(t, g, abi.ImportLog, uint64(pb.LogLevel_LOG_LEVEL_INFO), 100, 9); got != 0 {
			t.Fatal(got)
		}
	}
	if len(records) == 0 || len(records) > 20 || records[0].Message != `hello\u001b[2J` {
		t.Errorf("%d records, the first %+v", len(records), records[0])
	}
	if got := use(t, g, abi.ImportLog, 99, 100, 9); got != -int64(abi.InvalidArgument) {
		t.Errorf("level 99: %d", got)
	}
	use(t, g, abi.ImportLog, uint64(pb.LogLevel_LOG_LEVEL_CRITICAL), 100, 5)
	use(t, g, abi.ImportLog, uint64(pb.LogLevel_LOG_LEVEL_ERROR), 100, 4)
	if r := g.End(); r == nil || r.Level != pb.LogLevel_LOG_LEVEL_CRITICAL || r.Message != "hello" {
		t.Errorf("raised %+v", r)
	}
}

// clause: 4.2
// clause: 4.2
func TestAnswerThatDoesNotFitSaysHowMuchItNeeds(t *testing.T) {
	g, m := newGuest(t, Powers{Env: map[string]string{"NAME": "a rather long value of a variable"}}, testLimits())
	n := use(t, g, abi.ImportHostCall, uint64(pb.HostOp_HOST_OP_ENV), 0, 0, 100, 8)
	need := le32(m[100:])
	if n != -int64(abi.TooSmall) || need < 30 || need > 100 {
		t.Fatalf("%d, needs %d", n, need)
	}
	if n := use(t, g, abi.ImportHostCall, uint64(pb.HostOp_HOST_OP_ENV), 0, 0, 100, uint64(need)); n != int64(need) {
		t.Errorf("with %d bytes: %d", need, n)
	}
}

func files(t *testing.T, grants ...FileGrant) *Files {
	t.Helper()
	f, err := OpenFiles(grants)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
		t.Fatal(err)
	}
}

// clause: 10.3
// clause: 10.3
func TestFilesStayInsideTheirGrants(t *testing.T) {
	root := t.TempDir()
	write(t, root+"/open/a.csv", "a")
	write(t, root+"/open/b.txt", "b")
	write(t, root+"/open/deep/c.csv", "c")
	write(t, root+"/secret/key", "k")
	write(t, root+"/one.csv", "1")
	write(t, root+"/two.csv", "2")
	for from, to := range map[string]string{"open/out.csv": "../secret/key", "open/outdir": "../secret", "open/abs.csv": root + "/secret/key", "open/in.csv": "a.csv", "open/loop.csv": "loop.csv"} {
		if err := os.Symlink(to, filepath.Join(root, from)); err != nil {
			t.Fatal(err)
		}
	}
	makeFIFO(t, root+"/open/pipe.csv")
	f := files(t, FileGrant{Path: "./data", Host: root + "/open", Match: "*.csv"}, FileGrant{Path: "one.csv", Host: root + "/one.csv"},
		FileGrant{Path: "/abs", Host: root + "/open/deep"})
	for path, want := range map[string]abi.Code{
		"data/a.csv": abi.OK, "./data/../data/a.csv": abi.OK, "data/deep/c.csv": abi.OK, "data/in.csv": abi.OK, "one.csv": abi.OK, "./one.csv": abi.OK, "/abs/c.csv": abi.OK,
		"data/none.csv": abi.NotFound, "data/b.txt": abi.Denied, "data/../one.csv": abi.OK, "data/../two.csv": abi.Denied, "two.csv": abi.Denied,
		"data/out.csv": abi.Denied, "data/abs.csv": abi.Denied, "data/outdir/key": abi.Denied, "data/loop.csv": abi.IO, "data/pipe.csv": abi.Denied, "data/../../secret/key": abi.Denied, "../secret/key": abi.Denied,
		"/etc/passwd": abi.Denied, "/abs/../secret/key": abi.Denied, "data": abi.InvalidArgument, "": abi.InvalidArgument, "data/\x00.csv": abi.InvalidArgument, "one.csv/x": abi.Denied,
	} {
		g, m := newGuest(t, Powers{Files: f}, testLimits())
		resp := &pb.HostFileOpenResponse{}
		code := hostCall(t, g, m, pb.HostOp_HOST_OP_FILE_OPEN, &pb.HostFileOpenRequest{Path: path}, resp)
		if code != want && (want != abi.IO || code == abi.OK) {
			t.Errorf("open %q: %v, want %v (%v)", path, code, want, lastError(t, g, m))
		}
		if code := hostCall(t, g, m, pb.HostOp_HOST_OP_FILE_OPEN, &pb.HostFileOpenRequest{Path: path, Mode: pb.FileMode_FILE_MODE_WRITE, Truncate: true}, resp); code == abi.OK {
			t.Errorf("open %q for writing: allowed", path)
		}
	}
	if b, err := os.ReadFile(root + "/one.csv"); err != nil || string(b) != "1" {
		t.Errorf("one.csv is %q", b)
	}
	g, m := newGuest(t, Powers{Files: f}, testLimits())
	for pattern, want := range map[string][]string{
		"data/*.csv": {"data/a.csv", "data/in.csv"}, "data/**/*.csv": {"data/a.csv", "data/deep/c.csv", "data/in.csv"},
		"data": {"data/a.csv", "data/deep", "data/in.csv"}, "*.csv": {"one.csv"}, "one.csv": {"one.csv"}, "/abs/*": {"/abs/c.csv"},
	} {
		resp := &pb.HostFileListResponse{}
		if code := hostCall(t, g, m, pb.HostOp_HOST_OP_FILE_LIST, &pb.HostFileListRequest{Pattern: pattern}, resp); code != abi.OK {
			t.Errorf("list %s: %v", pattern, lastError(t, g, m))
			continue
		}
		var got []string
		for _, i := range resp.Files {
			got = append(got, i.Path)
		}
		if len(got) != len(want) {
			t.Errorf("list %s: %v, want %v", pattern, got, want)
			continue
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("list %s: %v, want %v", pattern, got, want)
			}
		}
	}
}

// clause: 7.5
// clause: 7.5
func TestStreams(t *testing.T) {
	root := t.TempDir()
	write(t, root+"/a", "0123456789")
	g, m := newGuest(t, Powers{Files: files(t, FileGrant{Path: "d", Host: root, Write: true})}, testLimits())
	open := func(req *pb.HostFileOpenRequest) uint64 {
		resp := &pb.HostFileOpenResponse{}
		if code := hostCall(t, g, m, pb.HostOp_HOST_OP_FILE_OPEN, req, resp); code != abi.OK {
			t.Fatal(lastError(t, g, m))
		}
		return uint64(resp.Stream)
	}
	a := open(&pb.HostFileOpenRequest{Path: "d/a"})
	for _, c := range []struct {
		offset, n uint64
		want      string
	}{{0, 4, "0123"}, {8, 100, "89"}, {10, 5, ""}, {1 << 40, 5, ""}} {
		if n := use(t, g, abi.ImportStreamPRead, a, c.offset, 200, c.n); string(m[200:200+max(n, 0)]) != c.want {
			t.Errorf("pread at %d: %d bytes", c.offset, n)
		}
	}
	if n := use(t, g, abi.ImportStreamRead, a, 200, 6); n != 6 || string(m[200:206]) != "012345" {
		t.Errorf("read: %d", n)
	}
	if n := use(t, g, abi.ImportStreamRead, a, 200, 6); n != 4 {
		t.Errorf("read to the end: %d", n)
	}
	if n := use(t, g, abi.ImportStreamRead, a, 200, 6); n != 0 {
		t.Errorf("read at the end: %d", n)
	}
	b := open(&pb.HostFileOpenRequest{Path: "d/new", Mode: pb.FileMode_FILE_MODE_READ_WRITE, Create: true, Exclusive: true})
	if n := use(t, g, abi.ImportStreamWrite, b, 200, 6); n != 6 {
		t.Errorf("write: %d", n)
	}
	for _, op := range []struct {
		op  pb.HostOp
		req messageRequest
	}{
		{pb.HostOp_HOST_OP_FILE_SYNC, &pb.HostFileSyncRequest{Stream: uint32(b)}}, {pb.HostOp_HOST_OP_FILE_SYNC, &pb.HostFileSyncRequest{Path: "d"}},
		{pb.HostOp_HOST_OP_FILE_TRUNCATE, &pb.HostFileTruncateRequest{Stream: uint32(b), SizeBytes: 3}},
		{pb.HostOp_HOST_OP_FILE_MKDIR, &pb.HostFileMkdirRequest{Path: "d", Parents: true}}, // there already
		{pb.HostOp_HOST_OP_FILE_MKDIR, &pb.HostFileMkdirRequest{Path: "d/x/y", Parents: true}},
		{pb.HostOp_HOST_OP_FILE_MKDIR, &pb.HostFileMkdirRequest{Path: "d", Parents: true}},
		{pb.HostOp_HOST_OP_FILE_RENAME, &pb.HostFileRenameRequest{From: "d/new", To: "d/x/moved"}},
		{pb.HostOp_HOST_OP_FILE_REMOVE, &pb.HostFileRemoveRequest{Path: "d/a"}},
	} {
		if code := hostCall(t, g, m, op.op, op.req, nil); code != abi.OK {
			t.Errorf("%v: %v", op.op, lastError(t, g, m))
		}
	}
	if text, err := os.ReadFile(root + "/x/moved"); err != nil || len(text) != 3 {
		t.Errorf("moved file: %q, %v", text, err)
	}
	if code := hostCall(t, g, m, pb.HostOp_HOST_OP_FILE_REMOVE, &pb.HostFileRemoveRequest{Path: "d"}, nil); code != abi.Denied {
		t.Errorf("the granted folder itself was removed: %v", code)
	}
	open(&pb.HostFileOpenRequest{Path: "d/x/moved"})
	open(&pb.HostFileOpenRequest{Path: "d/x/moved"})
	if code := hostCall(t, g, m, pb.HostOp_HOST_OP_FILE_OPEN, &pb.HostFileOpenRequest{Path: "d/x/moved"}, nil); code != abi.Resource {
		t.Errorf("a fifth file: %v", code)
	}
	if n := use(t, g, abi.ImportStreamClose, a); n != 0 {
		t.Errorf("close: %d", n)
	}
	if n := use(t, g, abi.ImportStreamClose, a); n != -int64(abi.BadHandle) {
		t.Errorf("close twice: %d", n)
	}
	if fresh := open(&pb.HostFileOpenRequest{Path: "d/x/moved"}); fresh == a {
		t.Error("a handle was used again")
	}
}

// clause: 4.4
func TestImportsWriteOnlyWhereTheyWereTold(t *testing.T) {
	root := t.TempDir()
	write(t, root+"/a", "0123456789")
	g, m := newGuest(t, Powers{Files: files(t, FileGrant{Path: "a", Host: root + "/a"})}, testLimits())
	resp := &pb.HostFileOpenResponse{}
	if code := hostCall(t, g, m, pb.HostOp_HOST_OP_FILE_OPEN, &pb.HostFileOpenRequest{Path: "a"}, resp); code != abi.OK {
		t.Fatal(code)
	}
	for i := range m {
		m[i] = 0xaa
	}
	use(t, g, abi.ImportStreamPRead, uint64(resp.Stream), 0, 500, 4)
	use(t, g, abi.ImportHostCall, uint64(pb.HostOp_HOST_OP_ENV), 0, 0, 600, 0)
	use(t, g, abi.ImportPoll, 700, 0, 0)
	for i, b := range m {
		if inRange := i >= 500 && i < 504; !inRange && b != 0xaa {
			t.Fatalf("byte %d was written", i)
		}
	}
}
