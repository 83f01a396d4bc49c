package hostcall

import (
	"errors"
	"io"
	"os"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/pb"
)

// stream is a file the guest opened through host_call.
type stream struct {
	file *os.File
	path string
}

func (g *Guest) stream(handle uint64) (*stream, *Fault) {
	s := g.streams[uint32(handle)]
	if s == nil {
		return nil, faultf(abi.BadHandle, "stream %d is not open", int32(uint32(handle)))
	}
	return s, nil
}

// area finds the stream and the memory of a stream import.
func (g *Guest) area(handle, ptr, n uint64) (*stream, []byte, *Fault) {
	s, fault := g.stream(handle)
	if fault != nil {
		return nil, nil, fault
	}
	b, ok := g.Bytes(uint32(ptr), uint32(n))
	if !ok {
		return nil, nil, badRange(uint32(ptr), uint32(n))
	}
	return s, b, nil
}

// ioChunk bounds one read or write, so that deadlines are looked at in between.
const ioChunk = 4 << 20

func (g *Guest) streamRead(a []uint64) (int64, *Fault) {
	s, b, fault := g.area(a[0], a[1], a[2])
	if fault != nil || len(b) == 0 {
		return 0, fault
	}
	n, err := attempt("read", s.path, min(len(b), ioChunk), func(n int) (int, error) { return s.file.Read(b[:n]) })
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, ioFault("read", s.path, err)
	}
	return int64(n), nil
}

func (g *Guest) streamPRead(a []uint64) (int64, *Fault) {
	s, b, fault := g.area(a[0], a[2], a[3])
	if fault != nil {
		return 0, fault
	}
	offset := int64(a[1])
	if offset < 0 {
		return 0, faultf(abi.InvalidArgument, "offset %d", offset)
	}
	// Fewer bytes than asked for mean the end, so all chunks are read.
	total := 0
	for total < len(b) {
		n, err := attempt("read", s.path, min(len(b)-total, ioChunk), func(n int) (int, error) {
			return s.file.ReadAt(b[total:total+n], offset+int64(total))
		})
		total += n
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return 0, ioFault("read", s.path, err)
		}
		g.check()
	}
	return int64(total), nil
}

func (g *Guest) streamWrite(a []uint64) (int64, *Fault) {
	s, b, fault := g.area(a[0], a[1], a[2])
	if fault != nil || len(b) == 0 {
		return 0, fault
	}
	n, err := attempt("write", s.path, min(len(b), ioChunk), func(n int) (int, error) { return s.file.Write(b[:n]) })
	if err != nil && n == 0 {
		return 0, ioFault("write", s.path, err)
	}
	return int64(n), nil
}

func (g *Guest) streamClose(a []uint64) (int64, *Fault) {
	s, fault := g.stream(a[0])
	if fault != nil {
		return 0, fault
	}
	delete(g.streams, uint32(a[0]))
	g.openFiles--
	if err := s.file.Close(); err != nil {
		return 0, ioFault("close", s.path, err)
	}
	return 0, nil
}

// poll is the import poll(ptr, count, timeout_ms). Files are always ready.
func (g *Guest) poll(a []uint64) (int64, *Fault) {
	const entry, entriesMax = 8, 1024
	count := uint32(a[1])
	if count > entriesMax {
		return 0, faultf(abi.InvalidArgument, "%d poll entries, at most %d", count, entriesMax)
	}
	b, ok := g.Bytes(uint32(a[0]), count*entry)
	if !ok {
		return 0, badRange(uint32(a[0]), count*entry)
	}
	ready := int64(0)
	for i := range int(count) {
		e := b[i*entry:][:entry]
		if _, fault := g.stream(uint64(le32(e))); fault != nil {
			return 0, fault
		}
		put32(e[4:], 1)
		ready++
	}
	if ready == 0 {
		g.Sleep(milliseconds(int32(uint32(a[2]))))
	}
	return ready, nil
}

func (g *Guest) fileOpen(req *pb.HostFileOpenRequest) (*pb.HostFileOpenResponse, *Fault) {
	if len(g.streams) >= g.limits.Handles || g.lastStream == 1<<31-1 {
		return nil, &Fault{Code: abi.Resource, Message: "too many open streams", Setting: "Handles", Path: escape(req.Path)}
	}
	how := OpenHow{Create: req.Create, Truncate: req.Truncate, Exclusive: req.Exclusive}
	switch req.Mode {
	case pb.FileMode_FILE_MODE_READ:
		how.Read = true
	case pb.FileMode_FILE_MODE_WRITE:
		how.Write = true
	case pb.FileMode_FILE_MODE_READ_WRITE:
		how.Read, how.Write = true, true
	case pb.FileMode_FILE_MODE_APPEND:
		how.Append = true
	default:
		return nil, faultf(abi.Unimplemented, "file mode %d", int32(req.Mode))
	}
	if req.Lock && !how.Write && !how.Append {
		return nil, faultf(abi.InvalidArgument, "lock %s: it is opened for reading only", escape(req.Path))
	}
	// A file that somebody else holds is not emptied.
	how.Truncate = req.Truncate && !req.Lock
	file, info, fault := g.Open(req.Path, how)
	if fault != nil {
		return nil, fault
	}
	if req.Lock {
		if fault := g.lock(file, req); fault != nil {
			_ = file.Close() // nothing was written
			g.Opened(1)
			return nil, fault
		}
	}
	g.lastStream++
	g.streams[g.lastStream] = &stream{file: file, path: req.Path}
	answer := &pb.HostFileOpenResponse{Stream: g.lastStream, Info: fileInfo(req.Path, info)}
	if req.Truncate {
		answer.Info.SizeBytes = 0
	}
	return answer, nil
}

// lock holds an open file against other holders, and empties it then if that was asked for.
func (g *Guest) lock(file *os.File, req *pb.HostFileOpenRequest) *Fault {
	held, err := lockFile(file)
	switch {
	case err != nil:
		return ioFault("lock", req.Path, err)
	case !held:
		return &Fault{Code: abi.Unavailable, Message: "lock " + escape(req.Path) + ": somebody else holds it", Path: escape(req.Path)}
	case req.Truncate:
		if err := file.Truncate(0); err != nil {
			return ioFault("truncate", req.Path, err)
		}
	}
	return nil
}

func (g *Guest) fileStat(req *pb.HostFileStatRequest) (*pb.HostFileStatResponse, *Fault) {
	info, clean, fault := g.Stat(req.Path, true)
	if fault != nil {
		return nil, fault
	}
	return &pb.HostFileStatResponse{Info: fileInfo(clean, info)}, nil
}

func (g *Guest) fileList(req *pb.HostFileListRequest) (*pb.HostFileListResponse, *Fault) {
	files, fault := g.List(req.Pattern, int(min(req.FilesMax, 1<<30)))
	if fault != nil {
		return nil, fault
	}
	return &pb.HostFileListResponse{Files: files}, nil
}

func (g *Guest) fileRemove(req *pb.HostFileRemoveRequest) (*pb.HostFileRemoveResponse, *Fault) {
	return &pb.HostFileRemoveResponse{}, g.Remove(req.Path, true)
}

func (g *Guest) fileRename(req *pb.HostFileRenameRequest) (*pb.HostFileRenameResponse, *Fault) {
	return &pb.HostFileRenameResponse{}, g.Rename(req.From, req.To)
}

func (g *Guest) fileMkdir(req *pb.HostFileMkdirRequest) (*pb.HostFileMkdirResponse, *Fault) {
	return &pb.HostFileMkdirResponse{}, g.Mkdir(req.Path, req.Parents)
}

func (g *Guest) fileSync(req *pb.HostFileSyncRequest) (*pb.HostFileSyncResponse, *Fault) {
	if req.Stream != 0 {
		s, fault := g.stream(uint64(req.Stream))
		if fault != nil {
			return nil, fault
		}
		if err := change("sync", s.path, s.file.Sync); err != nil {
			return nil, ioFault("sync", s.path, err)
		}
		return &pb.HostFileSyncResponse{}, nil
	}
	file, _, fault := g.Open(req.Path, OpenHow{Read: true, Folder: true})
	if fault != nil {
		return nil, fault
	}
	err := change("sync", req.Path, file.Sync)
	g.openFiles--
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return nil, ioFault("sync", req.Path, err)
	}
	return &pb.HostFileSyncResponse{}, nil
}

func (g *Guest) fileTruncate(req *pb.HostFileTruncateRequest) (*pb.HostFileTruncateResponse, *Fault) {
	s, fault := g.stream(uint64(req.Stream))
	if fault != nil {
		return nil, fault
	}
	if req.SizeBytes > 1<<62 {
		return nil, faultf(abi.InvalidArgument, "file of %d bytes", req.SizeBytes)
	}
	if err := change("truncate", s.path, func() error { return s.file.Truncate(int64(req.SizeBytes)) }); err != nil {
		return nil, ioFault("truncate", s.path, err)
	}
	return &pb.HostFileTruncateResponse{}, nil
}
