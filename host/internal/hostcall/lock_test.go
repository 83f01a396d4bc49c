//go:build unix

package hostcall

import (
	"os"
	"strings"
	"testing"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/pb"
)

func locking(path string, mode pb.FileMode) *pb.HostFileOpenRequest {
	return &pb.HostFileOpenRequest{Path: path, Mode: mode, Create: mode != pb.FileMode_FILE_MODE_READ, Lock: true}
}

// clause: 10.5
func TestLockKeepsOthersOut(t *testing.T) {
	root := t.TempDir()
	powers := Powers{Files: files(t, FileGrant{Path: "d", Host: root, Write: true})}
	for name, mode := range map[string]pb.FileMode{"write": pb.FileMode_FILE_MODE_WRITE, "both": pb.FileMode_FILE_MODE_READ_WRITE, "append": pb.FileMode_FILE_MODE_APPEND} {
		t.Run(name, func(t *testing.T) {
			path := "d/" + name
			first, firstMemory := newGuest(t, powers, testLimits())
			second, secondMemory := newGuest(t, powers, testLimits())
			held, code := tryOpenFile(t, first, firstMemory, locking(path, mode))
			if code != abi.OK {
				t.Fatal(lastError(t, first, firstMemory))
			}
			// The holder itself is kept out too, a hundred times, and loses no room for files by it.
			for range 100 {
				if _, code := tryOpenFile(t, first, firstMemory, locking(path, mode)); code != abi.Unavailable {
					t.Fatalf("a second lock of one guest: %v", code)
				}
			}
			if _, code := tryOpenFile(t, second, secondMemory, locking(path, mode)); code != abi.Unavailable {
				t.Fatalf("another guest: %v", code)
			}
			if s := lastError(t, second, secondMemory); !strings.Contains(s.Message, "lock "+path+": somebody else holds it") || s.File != path || strings.Contains(s.Message, root) {
				t.Errorf("%+v", s)
			}
			// Who does not ask for the lock is not kept out: it is advice.
			if _, code := tryOpenFile(t, second, secondMemory, &pb.HostFileOpenRequest{Path: path}); code != abi.OK {
				t.Errorf("reading without a lock: %v", code)
			}
			if n := use(t, first, abi.ImportStreamClose, held); n != 0 {
				t.Fatal(n)
			}
			if _, code = tryOpenFile(t, second, secondMemory, locking(path, mode)); code != abi.OK {
				t.Fatalf("after the holder closed it: %v", code)
			}
			// The end of an instance lets its files go, however it came.
			if err := second.Close(); err != nil {
				t.Fatal(err)
			}
			if _, code = tryOpenFile(t, first, firstMemory, locking(path, mode)); code != abi.OK {
				t.Fatalf("after the holder ended: %v", code)
			}
		})
	}
}

// TestLockAgainstAnotherProcess: the system's own lock is what is held, by this process or another.
func TestLockAgainstAnotherProcess(t *testing.T) {
	root := t.TempDir()
	g, m := newGuest(t, Powers{Files: files(t, FileGrant{Path: "d", Host: root, Write: true})}, testLimits())
	file, err := os.Create(root + "/lock")
	if err != nil {
		t.Fatal(err)
	}
	if held, err := lockFile(file); err != nil || !held {
		t.Fatal(held, err)
	}
	if _, code := tryOpenFile(t, g, m, locking("d/lock", pb.FileMode_FILE_MODE_WRITE)); code != abi.Unavailable {
		t.Errorf("held by another: %v", code)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	if _, code := tryOpenFile(t, g, m, locking("d/lock", pb.FileMode_FILE_MODE_WRITE)); code != abi.OK {
		t.Fatalf("let go by another: %v", code)
	}
	file, err = os.Open(root + "/lock")
	if err != nil {
		t.Fatal(err)
	}
	if held, err := lockFile(file); err != nil || held {
		t.Errorf("the guest's lock does not hold against others: %v, %v", held, err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestRefusedLockChangesNothing: neither the file, nor how many the guest may open.
func TestRefusedLockChangesNothing(t *testing.T) {
	root := t.TempDir()
	write(t, root+"/rw/held", "the holder's")
	write(t, root+"/ro/file", "text")
	powers := Powers{Files: files(t, FileGrant{Path: "rw", Host: root + "/rw", Write: true}, FileGrant{Path: "ro", Host: root + "/ro"})}
	holder, holderMemory := newGuest(t, powers, testLimits())
	if _, code := tryOpenFile(t, holder, holderMemory, locking("rw/held", pb.FileMode_FILE_MODE_WRITE)); code != abi.OK {
		t.Fatal(code)
	}
	for name, c := range map[string]struct {
		request *pb.HostFileOpenRequest
		code    abi.Code
	}{
		"held":                       {locking("rw/held", pb.FileMode_FILE_MODE_WRITE), abi.Unavailable},
		"held, emptying it":          {&pb.HostFileOpenRequest{Path: "rw/held", Mode: pb.FileMode_FILE_MODE_READ_WRITE, Truncate: true, Lock: true}, abi.Unavailable},
		"held, anew":                 {&pb.HostFileOpenRequest{Path: "rw/held", Mode: pb.FileMode_FILE_MODE_WRITE, Create: true, Exclusive: true, Lock: true}, abi.AlreadyExists},
		"for reading":                {locking("rw/held", pb.FileMode_FILE_MODE_READ), abi.InvalidArgument},
		"for reading, but made":      {&pb.HostFileOpenRequest{Path: "rw/new", Mode: pb.FileMode_FILE_MODE_READ, Create: true, Lock: true}, abi.InvalidArgument},
		"for reading, but emptied":   {&pb.HostFileOpenRequest{Path: "rw/held", Mode: pb.FileMode_FILE_MODE_READ, Truncate: true, Lock: true}, abi.InvalidArgument},
		"for reading, not to change": {locking("ro/file", pb.FileMode_FILE_MODE_READ), abi.InvalidArgument},
		"not to change":              {locking("ro/file", pb.FileMode_FILE_MODE_WRITE), abi.Denied},
		"not granted":                {locking("/etc/passwd", pb.FileMode_FILE_MODE_WRITE), abi.Denied},
		"a folder":                   {locking("rw", pb.FileMode_FILE_MODE_WRITE), abi.IO},
		"not there":                  {&pb.HostFileOpenRequest{Path: "rw/none", Mode: pb.FileMode_FILE_MODE_WRITE, Lock: true}, abi.NotFound},
	} {
		t.Run(name, func(t *testing.T) {
			g, m := newGuest(t, powers, testLimits())
			for range 20 {
				if _, code := tryOpenFile(t, g, m, c.request); code != c.code && (c.code != abi.IO || code == abi.OK) {
					t.Fatalf("%v, want %v (%+v)", code, c.code, lastError(t, g, m))
				}
			}
			if g.openFiles != 0 || len(g.streams) != 0 {
				t.Errorf("%d files are open, %d streams", g.openFiles, len(g.streams))
			}
			for file, want := range map[string]string{"rw/held": "the holder's", "ro/file": "text"} {
				if b, err := os.ReadFile(root + "/" + file); err != nil || string(b) != want {
					t.Errorf("%s is %q, %v", file, b, err)
				}
			}
			if _, err := os.Stat(root + "/rw/new"); err == nil {
				t.Error("a file was made")
			}
		})
	}
	if n := holder.openFiles; n != 1 {
		t.Errorf("the holder has %d files", n)
	}
}

// TestLockEmpties: with the lock, and only then.
func TestLockEmpties(t *testing.T) {
	root := t.TempDir()
	write(t, root+"/file", "old text")
	g, m := newGuest(t, Powers{Files: files(t, FileGrant{Path: "d", Host: root, Write: true})}, testLimits())
	request := &pb.HostFileOpenRequest{Path: "d/file", Mode: pb.FileMode_FILE_MODE_READ_WRITE, Truncate: true, Lock: true}
	response := &pb.HostFileOpenResponse{}
	if code := hostCall(t, g, m, pb.HostOp_HOST_OP_FILE_OPEN, request, response); code != abi.OK || response.Info.SizeBytes != 0 {
		t.Fatal(response, lastError(t, g, m))
	}
	stream := uint64(response.Stream)
	copy(m, "new")
	if n := use(t, g, abi.ImportStreamWrite, stream, 0, 3); n != 3 {
		t.Fatal(n)
	}
	if b, err := os.ReadFile(root + "/file"); err != nil || string(b) != "new" {
		t.Errorf("%q, %v", b, err)
	}
}
