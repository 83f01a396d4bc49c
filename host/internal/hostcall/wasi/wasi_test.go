package wasi

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/wasql/wasql/host/internal/backend"
	"github.com/wasql/wasql/host/internal/hostcall"
)

type fakeMemory []byte

func (m fakeMemory) Bytes() []byte     { return m }
func (m fakeMemory) Refused() int      { return 0 }
func (m fakeMemory) PeakBytes() uint64 { return uint64(len(m)) }

// process is a guest in a call, with its memory.
type process struct {
	t *testing.T
	g *hostcall.Guest
	m fakeMemory
}

func newProcess(t *testing.T, p hostcall.Powers) *process {
	t.Helper()
	limits := hostcall.Limits{CallTime: time.Minute, MessageBytes: 1 << 20, Handles: 4, OpenFiles: 8, LogLines: 10, FilesListed: 100}
	g := hostcall.NewGuest(p, limits)
	m := make(fakeMemory, 1<<16)
	g.Attach(m)
	g.Begin(context.Background(), time.Now().Add(time.Minute), 0)
	t.Cleanup(func() {
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	})
	return &process{t, g, m}
}

func find(t *testing.T, name string) backend.Import {
	t.Helper()
	if name == "proc_exit" {
		im, _ := Import(name, []backend.ValueType{backend.I32}, nil)
		return im
	}
	var params []backend.ValueType
	for _, c := range functions[name].params {
		if c == 'i' {
			params = append(params, backend.I32)
		} else {
			params = append(params, backend.I64)
		}
	}
	im, ok := Import(name, params, []backend.ValueType{backend.I32})
	if !ok {
		t.Fatalf("%s is not offered", name)
	}
	return im
}

func (p *process) use(name string, args ...uint64) errno {
	p.t.Helper()
	stack := make([]uint64, 9)
	copy(stack, args)
	find(p.t, name).Func(p.g, stack)
	return errno(stack[0])
}

// text puts a string into memory and gives its place and length.
func (p *process) text(s string) (ptr, n uint64) {
	copy(p.m[4096:], s)
	return 4096, uint64(len(s))
}

func (p *process) open(folder uint64, path string, oflags, rights uint64) (fd uint64, e errno) {
	ptr, n := p.text(path)
	e = p.use("path_open", folder, 1, ptr, n, oflags, rights, 0, 0, 8192)
	return uint64(le.Uint32(p.m[8192:])), e
}

// vector places one buffer of n bytes at 12288.
func (p *process) vector(n uint32) uint64 {
	le.PutUint32(p.m[9000:], 12288)
	le.PutUint32(p.m[9004:], n)
	return 9000
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
		t.Fatal(err)
	}
}

func grant(t *testing.T, grants ...hostcall.FileGrant) hostcall.Powers {
	t.Helper()
	f, err := hostcall.OpenFiles(grants)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return hostcall.Powers{Files: f}
}

// clause: 4.7
// clause: 4.7
func TestEveryFunctionOfPreview1IsOffered(t *testing.T) {
	if len(functions)+1 != 46 {
		t.Errorf("%d functions, preview 1 has 46 (sock_accept among them)", len(functions)+1)
	}
}

func TestWildArgumentsNeverPanic(t *testing.T) {
	root := t.TempDir()
	write(t, root+"/f", "text")
	powers := grant(t, hostcall.FileGrant{Path: "/", Host: root, Write: true})
	numbers := []uint64{0, 1, 2, 3, 4, 24, 65535, 65536, math.MaxInt32, 1 << 31, math.MaxUint32, math.MaxUint32 - 7, 1 << 40, math.MaxUint64, 1 << 63}
	random := rand.New(rand.NewPCG(3, 4))
	for name := range functions {
		p := newProcess(t, powers)
		if _, e := p.open(3, "f", 0, rightRead); e != success {
			t.Fatal(e)
		}
		for range 300 {
			args := make([]uint64, 9)
			for i := range args {
				args[i] = numbers[random.IntN(len(numbers))]
			}
			if name == "poll_oneoff" && args[2] > 4 {
				args[2] = 2
			}
			func() {
				defer func() {
					if x := recover(); x != nil {
						t.Fatalf("%s(%v): %v", name, args, x)
					}
				}()
				p.use(name, args...)
			}()
		}
	}
}

func TestFolderGrantIsPreopened(t *testing.T) {
	root := t.TempDir()
	write(t, root+"/a.txt", "hello")
	write(t, root+"/sub/b.txt", "b")
	if err := os.Symlink("/etc/passwd", root+"/out"); err != nil {
		t.Fatal(err)
	}
	p := newProcess(t, grant(t, hostcall.FileGrant{Path: "/data", Host: root}))
	if e := p.use("fd_prestat_get", 3, 100); e != success || le.Uint32(p.m[104:]) != 5 {
		t.Fatal(e)
	}
	if e := p.use("fd_prestat_dir_name", 3, 100, 5); e != success || string(p.m[100:105]) != "/data" {
		t.Fatal(e)
	}
	if e := p.use("fd_prestat_get", 4, 100); e != ebadf {
		t.Errorf("a second preopen: %d", e)
	}
	fd, e := p.open(3, "a.txt", 0, rightRead)
	if e != success {
		t.Fatal(e)
	}
	if e := p.use("fd_read", fd, p.vector(100), 1, 200); e != success || le.Uint32(p.m[200:]) != 5 || string(p.m[12288:12293]) != "hello" {
		t.Errorf("read: %d, %d bytes", e, le.Uint32(p.m[200:]))
	}
	if e := p.use("fd_pread", fd, p.vector(100), 1, 3, 200); e != success || string(p.m[12288:12290]) != "lo" || le.Uint32(p.m[200:]) != 2 {
		t.Errorf("pread: %d", e)
	}
	if e := p.use("fd_write", fd, p.vector(1), 1, 200); e != ebadf {
		t.Errorf("write to a file opened for reading: %d", e)
	}
	if e := p.use("fd_seek", fd, 2, 0, 200); e != success || le.Uint64(p.m[200:]) != 2 {
		t.Errorf("seek: %d", e)
	}
	if e := p.use("fd_filestat_get", fd, 200); e != success || p.m[216] != typeRegular || le.Uint64(p.m[232:]) != 5 {
		t.Errorf("filestat: %d", e)
	}
	for path, want := range map[string]errno{"../x": enotcapable, "/etc/passwd": enotcapable, "out": eacces, "sub/../../x": enotcapable, "none": enoent, "sub/../a.txt": success} {
		if _, e := p.open(3, path, 0, rightRead); e != want {
			t.Errorf("open %s: %d, want %d", path, e, want)
		}
	}
	if _, e := p.open(3, "new", openCreate, rightRead|rightWrite); e != eacces {
		t.Errorf("create in a folder for reading: %d", e)
	}
	sub, e := p.open(3, "sub", openDirectory, rightRead)
	if e != success {
		t.Fatal(e)
	}
	if _, e := p.open(sub, "b.txt", 0, rightRead); e != success {
		t.Errorf("open below an opened folder: %d", e)
	}
	if _, e := p.open(sub, "../a.txt", 0, rightRead); e != enotcapable {
		t.Errorf("climb out of an opened folder: %d", e)
	}
	if e := p.use("fd_readdir", 3, 20000, 4096, 0, 200); e != success {
		t.Fatal(e)
	}
	var names []string
	for at, end := 20000, 20000+int(le.Uint32(p.m[200:])); at < end; {
		n := int(le.Uint32(p.m[at+16:]))
		names = append(names, string(p.m[at+direntBytes:at+direntBytes+n]))
		at += direntBytes + n
	}
	if len(names) != 2 || names[0] != "a.txt" || names[1] != "sub" {
		t.Errorf("the folder shows %v", names)
	}
	if e := p.use("fd_close", fd); e != success {
		t.Error(e)
	}
	if e := p.use("fd_close", fd); e != ebadf {
		t.Errorf("close twice: %d", e)
	}
}

func TestFileGrantShowsOneFileOfItsFolder(t *testing.T) {
	root := t.TempDir()
	write(t, root+"/people.csv", "a,b")
	write(t, root+"/other.csv", "secret")
	p := newProcess(t, grant(t, hostcall.FileGrant{Path: "./people.csv", Host: root + "/people.csv"}))
	if e := p.use("fd_prestat_dir_name", 3, 100, 1); e != success || p.m[100] != '.' {
		t.Fatal(e)
	}
	if _, e := p.open(3, "people.csv", 0, rightRead); e != success {
		t.Errorf("the granted file: %d", e)
	}
	for _, name := range []string{"other.csv", "people.csv/../other.csv", "sub/people.csv"} {
		if _, e := p.open(3, name, 0, rightRead); e != eacces {
			t.Errorf("%s: %d", name, e)
		}
	}
	if e := p.use("fd_filestat_get", 3, 200); e != success || p.m[216] != typeDirectory {
		t.Errorf("its folder: %d", e)
	}
}

func TestWritesGoThrough(t *testing.T) {
	root := t.TempDir()
	p := newProcess(t, grant(t, hostcall.FileGrant{Path: "w", Host: root, Write: true}))
	fd, e := p.open(3, "f", openCreate|openExclusive, rightRead|rightWrite)
	if e != success {
		t.Fatal(e)
	}
	copy(p.m[12288:], "abcdef")
	if e := p.use("fd_write", fd, p.vector(6), 1, 200); e != success || le.Uint32(p.m[200:]) != 6 {
		t.Fatal(e)
	}
	if e := p.use("fd_pwrite", fd, p.vector(2), 1, 4, 200); e != success {
		t.Error(e)
	}
	if e := p.use("fd_filestat_set_size", fd, 5); e != success {
		t.Error(e)
	}
	ptr, n := p.text("dir")
	if e := p.use("path_create_directory", 3, ptr, n); e != success {
		t.Error(e)
	}
	copy(p.m[5000:], "fdir/g")
	if e := p.use("path_rename", 3, 5000, 1, 3, 5001, 5); e != success {
		t.Error(e)
	}
	if b, err := os.ReadFile(root + "/dir/g"); err != nil || string(b) != "abcda" {
		t.Errorf("%q, %v", b, err)
	}
	ptr, n = p.text("dir")
	if e := p.use("path_unlink_file", 3, ptr, n); e != eisdir {
		t.Errorf("unlink a folder: %d", e)
	}
	ptr, n = p.text("dir/g")
	if e := p.use("path_unlink_file", 3, ptr, n); e != success {
		t.Error(e)
	}
	if e := p.use("sock_send", 3, 0, 0, 0, 0); e != enotsup {
		t.Errorf("sockets: %d", e)
	}
}

// clause: 4.7
func TestPollSleepsOnTheGuestsClock(t *testing.T) {
	p := newProcess(t, hostcall.Powers{})
	le.PutUint64(p.m[100:], 77)
	le.PutUint32(p.m[116:], clockMonotonic)
	le.PutUint64(p.m[124:], 3600e9)
	start := time.Now()
	if e := p.use("poll_oneoff", 100, 1000, 1, 2000); e != success || le.Uint32(p.m[2000:]) != 1 || le.Uint64(p.m[1000:]) != 77 {
		t.Fatalf("%d, %d events", e, le.Uint32(p.m[2000:]))
	}
	if time.Since(start) > 10*time.Second {
		t.Error("an hour without a clock took real time")
	}
	if e := p.use("clock_time_get", clockMonotonic, 0, 200); e != success || le.Uint64(p.m[200:]) < 3600e9 {
		t.Errorf("the clock says %d", le.Uint64(p.m[200:]))
	}
}

func TestProcExitEndsTheCall(t *testing.T) {
	p := newProcess(t, hostcall.Powers{})
	defer func() {
		ended, ok := recover().(*backend.Ended)
		var stop *hostcall.Stop
		if !ok || !errors.As(ended, &stop) || stop.Reason != hostcall.StopExit || stop.ExitCode != 9 {
			t.Errorf("%+v", ended)
		}
	}()
	p.use("proc_exit", 9)
	t.Error("the guest goes on")
}
