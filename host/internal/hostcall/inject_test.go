package hostcall

import (
	"fmt"
	"os"
	"slices"
	"syscall"
	"testing"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/pb"
)

// tryOpenFile gives the stream, or the code.
func tryOpenFile(t *testing.T, g *Guest, m fakeMemory, request *pb.HostFileOpenRequest) (uint64, abi.Code) {
	t.Helper()
	response := &pb.HostFileOpenResponse{}
	code := hostCall(t, g, m, pb.HostOp_HOST_OP_FILE_OPEN, request, response)
	return uint64(response.Stream), code
}

// TestInjectedFailures reach the guest as the system's own do, and leave what they say they leave.
func TestInjectedFailures(t *testing.T) {
	root := t.TempDir()
	g, m := newGuest(t, Powers{Files: files(t, FileGrant{Path: "d", Host: root, Write: true})}, testLimits())
	defer InjectFiles(nil)
	var heard []string
	fail := FileOutcome{}
	InjectFiles(func(op FileOperation) FileOutcome {
		heard = append(heard, fmt.Sprint(op.Name, " ", op.Path, " ", op.Bytes))
		outcome := fail
		outcome.After = func() { heard = append(heard, "done") }
		return outcome
	})
	stream, code := tryOpenFile(t, g, m, &pb.HostFileOpenRequest{Path: "d/a", Mode: pb.FileMode_FILE_MODE_READ_WRITE, Create: true})
	if code != abi.OK {
		t.Fatal(code)
	}
	copy(m, "0123456789")
	for _, c := range []struct {
		bytes int
		want  int64
	}{{0, -int64(abi.IO)}, {3, 3}, {100, 10}} {
		fail = FileOutcome{Err: syscall.ENOSPC, Bytes: c.bytes}
		if n := use(t, g, abi.ImportStreamWrite, stream, 0, 10); n != c.want {
			t.Errorf("a write of which %d bytes are done: %d, want %d", c.bytes, n, c.want)
		}
	}
	if b, err := os.ReadFile(root + "/a"); err != nil || string(b) != "0120123456789" {
		t.Errorf("%q, %v", b, err)
	}
	for _, c := range []struct {
		op  pb.HostOp
		req messageRequest
	}{
		{pb.HostOp_HOST_OP_FILE_SYNC, &pb.HostFileSyncRequest{Stream: uint32(stream)}},
		{pb.HostOp_HOST_OP_FILE_SYNC, &pb.HostFileSyncRequest{Path: "d"}},
		{pb.HostOp_HOST_OP_FILE_TRUNCATE, &pb.HostFileTruncateRequest{Stream: uint32(stream)}},
		{pb.HostOp_HOST_OP_FILE_MKDIR, &pb.HostFileMkdirRequest{Path: "d/x"}},
		{pb.HostOp_HOST_OP_FILE_RENAME, &pb.HostFileRenameRequest{From: "d/a", To: "d/b"}},
		{pb.HostOp_HOST_OP_FILE_REMOVE, &pb.HostFileRemoveRequest{Path: "d/a"}},
		{pb.HostOp_HOST_OP_FILE_OPEN, &pb.HostFileOpenRequest{Path: "d/c", Mode: pb.FileMode_FILE_MODE_WRITE, Create: true}},
		{pb.HostOp_HOST_OP_FILE_OPEN, &pb.HostFileOpenRequest{Path: "d/a"}},
	} {
		fail = FileOutcome{Err: syscall.ENOSPC}
		if code := hostCall(t, g, m, c.op, c.req, nil); code != abi.IO {
			t.Errorf("%v: %v", c.op, code)
		}
	}
	if n := use(t, g, abi.ImportStreamPRead, stream, 0, 0, 4); n != -int64(abi.IO) {
		t.Errorf("a read: %d", n)
	}
	names, err := os.ReadDir(root)
	if err != nil || len(names) != 1 || names[0].Name() != "a" || g.openFiles != 1 {
		t.Errorf("%v, %v, %d open", names, err, g.openFiles)
	}
	// With bytes it is done, and fails all the same.
	fail = FileOutcome{Err: syscall.EIO, Bytes: 1}
	if code := hostCall(t, g, m, pb.HostOp_HOST_OP_FILE_RENAME, &pb.HostFileRenameRequest{From: "d/a", To: "d/b"}, nil); code != abi.IO {
		t.Errorf("rename: %v", code)
	}
	if _, err := os.Stat(root + "/b"); err != nil {
		t.Error(err)
	}
	if !slices.Equal(heard[:4], []string{"create d/a 1", "done", "write d/a 10", "done"}) {
		t.Errorf("heard %q", heard)
	}
}
