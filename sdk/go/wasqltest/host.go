package wasqltest

import (
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/sdk/go/internal/guest"
)

// Host grants powers to an instance, as an operator does; the zero Host grants none.
type Host struct {
	// Files maps the path by which the guest names a folder or file to the real one: {"data": t.TempDir()}.
	// Nothing else of the file system is there.
	Files map[string]string
	// Writable lets the guest change the files.
	Writable bool
	Env      map[string]string
	// Now is the clock, in nanoseconds since 1970; it steps a microsecond a reading.
	Now int64
	// Logs is what the guest logged.
	Logs []Record

	last    *pb.Status
	streams map[uint32]*os.File
	handles uint32
	random  *rand.ChaCha8
}

// Record is one log record.
type Record struct {
	Level         pb.LogLevel
	Message, Hint string
	Fields        []*pb.Pair
}

// OpenStreams is the number of files the guest has not closed.
func (h *Host) OpenStreams() int { return len(h.streams) }

// Kill closes what the guest has open, as the end of its process does: files are as they were written, locks are free.
func (h *Host) Kill() {
	for stream, file := range h.streams {
		delete(h.streams, stream)
		_ = file.Close() // whoever is killed does not look
	}
}

func (h *Host) guest() guest.Host { return hostCalls{h} }

// hostCalls answers the imports.
type hostCalls struct{ *Host }

func (h hostCalls) fail(code abi.Code, message string) int64 {
	h.last = &pb.Status{Code: pb.Code(code), Message: message}
	return -int64(code)
}

func (h hostCalls) failed(err error) int64 {
	code := abi.IO
	switch {
	case errors.Is(err, fs.ErrNotExist):
		code = abi.NotFound
	case errors.Is(err, fs.ErrExist):
		code = abi.AlreadyExists
	case errors.Is(err, fs.ErrPermission):
		code = abi.Denied
	}
	return h.fail(code, err.Error())
}

// Log keeps a record.
func (h hostCalls) Log(level int32, text string) int64 {
	h.Logs = append(h.Logs, Record{Level: pb.LogLevel(level), Message: text})
	return 0
}

// respond writes the response, or says how much room it needs.
func (h hostCalls) respond(m Message, out []byte) int64 {
	raw, err := m.MarshalVT()
	if err != nil {
		return h.fail(abi.Internal, err.Error())
	}
	if len(raw) > len(out) {
		if len(out) >= 4 {
			binary.LittleEndian.PutUint32(out, uint32(len(raw)))
		}
		return -int64(abi.TooSmall)
	}
	return int64(copy(out, raw))
}

// HostCall answers one operation.
func (h hostCalls) HostCall(op int32, raw, out []byte) int64 {
	switch pb.HostOp(op) {
	case pb.HostOp_HOST_OP_LAST_ERROR:
		return h.respond(&pb.HostLastErrorResponse{Status: h.last}, out)
	case pb.HostOp_HOST_OP_LOG:
		return serve(h, raw, out, func(r *pb.HostLogRequest) (Message, int64) {
			h.Logs = append(h.Logs, Record{r.GetLevel(), r.GetMessage(), r.GetHint(), r.GetFields()})
			return &pb.HostLogResponse{}, 0
		})
	case pb.HostOp_HOST_OP_ENV:
		return serve(h, raw, out, h.env)
	case pb.HostOp_HOST_OP_COLLATION:
		return serve(h, raw, out, h.collation)
	case pb.HostOp_HOST_OP_RANDOM:
		return serve(h, raw, out, h.randomBytes)
	case pb.HostOp_HOST_OP_FILE_OPEN:
		return serve(h, raw, out, h.fileOpen)
	case pb.HostOp_HOST_OP_FILE_STAT:
		return serve(h, raw, out, h.fileStat)
	case pb.HostOp_HOST_OP_FILE_LIST:
		return serve(h, raw, out, h.fileList)
	case pb.HostOp_HOST_OP_FILE_REMOVE, pb.HostOp_HOST_OP_FILE_RENAME, pb.HostOp_HOST_OP_FILE_MKDIR:
		return h.fileChange(pb.HostOp(op), raw, out)
	case pb.HostOp_HOST_OP_FILE_SYNC:
		return serve(h, raw, out, h.fileSync)
	case pb.HostOp_HOST_OP_FILE_TRUNCATE:
		return serve(h, raw, out, h.fileTruncate)
	}
	return h.fail(abi.Unimplemented, "this host call is not part of the test host")
}

// serve decodes a request, and encodes what f answers unless f fails.
func serve[T any, M interface {
	*T
	Message
}](h hostCalls, raw, out []byte, f func(M) (Message, int64)) int64 {
	var request M = new(T)
	if err := request.UnmarshalVT(raw); err != nil {
		return h.fail(abi.InvalidArgument, err.Error())
	}
	response, code := f(request)
	if code < 0 {
		return code
	}
	return h.respond(response, out)
}

func (h hostCalls) env(r *pb.HostEnvRequest) (Message, int64) {
	response := &pb.HostEnvResponse{}
	for _, name := range slices.Sorted(mapKeys(h.Env)) {
		if r.GetName() == "" || r.GetName() == name {
			response.Variables = append(response.Variables, &pb.Pair{Key: name, Value: h.Env[name]})
		}
	}
	return response, 0
}

func mapKeys(m map[string]string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func (h hostCalls) randomBytes(r *pb.HostRandomRequest) (Message, int64) {
	if h.random == nil {
		h.random = rand.NewChaCha8([32]byte{})
	}
	b := make([]byte, min(r.GetBytes(), 64<<10))
	_, _ = h.random.Read(b) // never fails
	return &pb.HostRandomResponse{Bytes: b}, 0
}

// real gives the place of a guest path, or a denial.
func (h hostCalls) real(name string) (string, int64) {
	clean := path.Clean(name)
	for granted, place := range h.Files {
		g := path.Clean(granted)
		if clean == g {
			return place, 0
		}
		if rest, ok := strings.CutPrefix(clean, g+"/"); ok && filepath.IsLocal(rest) {
			return filepath.Join(place, rest), 0
		}
	}
	return "", h.fail(abi.Denied, "no grant for "+name)
}

func fileInfo(name string, info fs.FileInfo) *pb.FileInfo {
	return &pb.FileInfo{
		Path: name, SizeBytes: uint64(max(info.Size(), 0)), ModifiedNs: info.ModTime().UnixNano(), Directory: info.IsDir(), Regular: info.Mode().IsRegular(),
	}
}

func (h hostCalls) fileOpen(r *pb.HostFileOpenRequest) (Message, int64) {
	place, code := h.real(r.GetPath())
	if code < 0 {
		return nil, code
	}
	if r.GetMode() != pb.FileMode_FILE_MODE_READ && !h.Writable {
		return nil, h.fail(abi.Denied, "no grant to write "+r.GetPath())
	}
	flags := map[pb.FileMode]int{
		pb.FileMode_FILE_MODE_READ: os.O_RDONLY, pb.FileMode_FILE_MODE_WRITE: os.O_WRONLY, pb.FileMode_FILE_MODE_READ_WRITE: os.O_RDWR,
		pb.FileMode_FILE_MODE_APPEND: os.O_WRONLY | os.O_APPEND,
	}[r.GetMode()]
	for flag, set := range map[int]bool{os.O_CREATE: r.GetCreate(), os.O_TRUNC: r.GetTruncate(), os.O_EXCL: r.GetExclusive()} {
		if set {
			flags |= flag
		}
	}
	file, err := os.OpenFile(place, flags, 0o644)
	if err != nil {
		return nil, h.failed(err)
	}
	info, err := file.Stat()
	if err != nil {
		return nil, h.failed(err)
	}
	if r.GetLock() {
		if err := lock(file); err != nil {
			_ = file.Close() // nothing was written
			return nil, h.fail(abi.Unavailable, "lock "+r.GetPath()+": "+err.Error())
		}
	}
	if h.streams == nil {
		h.streams = map[uint32]*os.File{}
	}
	h.handles++
	h.streams[h.handles] = file
	return &pb.HostFileOpenResponse{Stream: h.handles, Info: fileInfo(r.GetPath(), info)}, 0
}

func (h hostCalls) fileStat(r *pb.HostFileStatRequest) (Message, int64) {
	place, code := h.real(r.GetPath())
	if code < 0 {
		return nil, code
	}
	info, err := os.Stat(place)
	if err != nil {
		return nil, h.failed(err)
	}
	return &pb.HostFileStatResponse{Info: fileInfo(r.GetPath(), info)}, 0
}

// fileList lists a folder, or walks the grant that holds the pattern.
func (h hostCalls) fileList(r *pb.HostFileListRequest) (Message, int64) {
	pattern := path.Clean(r.GetPattern())
	if !strings.ContainsAny(pattern, "*?[") {
		place, code := h.real(pattern)
		if code < 0 {
			return nil, code
		}
		info, err := os.Stat(place)
		if err != nil {
			return nil, h.failed(err)
		}
		if !info.IsDir() {
			return &pb.HostFileListResponse{Files: []*pb.FileInfo{fileInfo(pattern, info)}}, 0
		}
		pattern += "/*"
	}
	response := &pb.HostFileListResponse{}
	for granted, place := range h.Files {
		err := filepath.WalkDir(place, func(p string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			rest, err := filepath.Rel(place, p)
			if err != nil {
				return err
			}
			name := path.Join(path.Clean(granted), filepath.ToSlash(rest))
			if !match(strings.Split(pattern, "/"), strings.Split(name, "/")) {
				return nil
			}
			info, err := d.Info()
			if err == nil {
				response.Files = append(response.Files, fileInfo(name, info))
			}
			return err
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, h.failed(err)
		}
	}
	slices.SortFunc(response.Files, func(a, b *pb.FileInfo) int { return strings.Compare(a.GetPath(), b.GetPath()) })
	return response, 0
}

// match compares a path with a glob, part by part; ** stands for any number of parts.
func match(pattern, name []string) bool {
	if len(pattern) == 0 {
		return len(name) == 0
	}
	if pattern[0] == "**" {
		return match(pattern[1:], name) || len(name) > 0 && match(pattern, name[1:])
	}
	if len(name) == 0 {
		return false
	}
	ok, err := path.Match(pattern[0], name[0])
	return ok && err == nil && match(pattern[1:], name[1:])
}

func (h hostCalls) fileChange(op pb.HostOp, raw, out []byte) int64 {
	if !h.Writable {
		return h.fail(abi.Denied, "no grant to write files")
	}
	done := func(m Message, err error) (Message, int64) {
		if err != nil {
			return nil, h.failed(err)
		}
		return m, 0
	}
	switch op {
	case pb.HostOp_HOST_OP_FILE_REMOVE:
		return serve(h, raw, out, func(r *pb.HostFileRemoveRequest) (Message, int64) {
			place, code := h.real(r.GetPath())
			if code < 0 {
				return nil, code
			}
			return done(&pb.HostFileRemoveResponse{}, os.Remove(place))
		})
	case pb.HostOp_HOST_OP_FILE_RENAME:
		return serve(h, raw, out, func(r *pb.HostFileRenameRequest) (Message, int64) {
			from, code := h.real(r.GetFrom())
			to, also := h.real(r.GetTo())
			if code < 0 || also < 0 {
				return nil, min(code, also)
			}
			return done(&pb.HostFileRenameResponse{}, os.Rename(from, to))
		})
	}
	return serve(h, raw, out, func(r *pb.HostFileMkdirRequest) (Message, int64) {
		place, code := h.real(r.GetPath())
		if code < 0 {
			return nil, code
		}
		if r.GetParents() {
			return done(&pb.HostFileMkdirResponse{}, os.MkdirAll(place, 0o755))
		}
		return done(&pb.HostFileMkdirResponse{}, os.Mkdir(place, 0o755))
	})
}

func (h hostCalls) fileSync(r *pb.HostFileSyncRequest) (Message, int64) {
	if r.GetPath() != "" {
		return h.syncFolder(r.GetPath())
	}
	file := h.streams[r.GetStream()]
	if file == nil {
		return nil, h.fail(abi.BadHandle, "no such stream")
	}
	if err := file.Sync(); err != nil {
		return nil, h.failed(err)
	}
	return &pb.HostFileSyncResponse{}, 0
}

func (h hostCalls) syncFolder(name string) (Message, int64) {
	place, code := h.real(name)
	if code < 0 {
		return nil, code
	}
	folder, err := os.Open(place)
	if err == nil {
		err = folder.Sync()
		if closed := folder.Close(); err == nil {
			err = closed
		}
	}
	if err != nil {
		return nil, h.failed(err)
	}
	return &pb.HostFileSyncResponse{}, 0
}

func (h hostCalls) fileTruncate(r *pb.HostFileTruncateRequest) (Message, int64) {
	file := h.streams[r.GetStream()]
	if file == nil {
		return nil, h.fail(abi.BadHandle, "no such stream")
	}
	if err := file.Truncate(int64(r.GetSizeBytes())); err != nil {
		return nil, h.failed(err)
	}
	return &pb.HostFileTruncateResponse{}, 0
}

func (h hostCalls) stream(stream uint32, f func(*os.File) (int, error)) int64 {
	file := h.streams[stream]
	if file == nil {
		return h.fail(abi.BadHandle, "no such stream")
	}
	n, err := f(file)
	if err != nil && !errors.Is(err, io.EOF) {
		return h.failed(err)
	}
	return int64(n)
}

// StreamRead reads on.
func (h hostCalls) StreamRead(stream uint32, p []byte) int64 {
	return h.stream(stream, func(f *os.File) (int, error) { return f.Read(p) })
}

// StreamPRead reads at an offset.
func (h hostCalls) StreamPRead(stream uint32, offset int64, p []byte) int64 {
	return h.stream(stream, func(f *os.File) (int, error) { return f.ReadAt(p, offset) })
}

// StreamWrite writes on.
func (h hostCalls) StreamWrite(stream uint32, p []byte) int64 {
	return h.stream(stream, func(f *os.File) (int, error) { return f.Write(p) })
}

// StreamClose closes a file.
func (h hostCalls) StreamClose(stream uint32) int64 {
	return h.stream(stream, func(f *os.File) (int, error) {
		delete(h.streams, stream)
		return 0, f.Close()
	})
}

// Poll says that everything is ready: files always are.
func (h hostCalls) Poll(entries []byte, _ int32) int64 {
	for i := 4; i < len(entries); i += 8 {
		binary.LittleEndian.PutUint32(entries[i:], 1)
	}
	return int64(len(entries) / 8)
}

// Now reads the clock.
func (h hostCalls) Now() int64 {
	h.Host.Now += 1000
	return h.Host.Now
}

// Monotonic reads the clock too.
func (h hostCalls) Monotonic() int64 { return h.Now() }

// Remaining is ten seconds, always.
func (h hostCalls) Remaining() int64 { return 10_000_000_000 }
