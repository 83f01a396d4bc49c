package wasql

import (
	"io"
	"io/fs"
	"time"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/sdk/go/internal/guest"
)

// File is an open file below a granted path. It is an io.Reader, ReaderAt, Writer, Seeker and Closer, and a
// fs.File. Its methods may not be called at the same time.
type File struct {
	stream uint32
	info   FileInfo
	offset int64
}

// FileInfo describes a file. It is a fs.FileInfo and a fs.DirEntry.
type FileInfo struct {
	// Path is the whole path, as the host spells it.
	Path      string
	SizeBytes int64
	Modified  time.Time
	Folder    bool
	Plain     bool
}

// Name is the last part of the path.
func (f FileInfo) Name() string {
	for i := len(f.Path) - 1; i >= 0; i-- {
		if f.Path[i] == '/' {
			return f.Path[i+1:]
		}
	}
	return f.Path
}

// Size is the length in bytes.
func (f FileInfo) Size() int64 { return f.SizeBytes }

// Mode is the kind of the file; the guest sees no rights.
func (f FileInfo) Mode() fs.FileMode {
	if f.Folder {
		return fs.ModeDir | 0o555
	}
	return 0o444
}

// ModTime is when the file changed.
func (f FileInfo) ModTime() time.Time { return f.Modified }

// IsDir tells whether it is a folder.
func (f FileInfo) IsDir() bool { return f.Folder }

// Type is the kind of the file.
func (f FileInfo) Type() fs.FileMode { return f.Mode().Type() }

// Info gives f itself.
func (f FileInfo) Info() (fs.FileInfo, error) { return f, nil }

// Sys is nil.
func (f FileInfo) Sys() any { return nil }

func infoFrom(m *pb.FileInfo) FileInfo {
	return FileInfo{
		Path: m.GetPath(), SizeBytes: int64(m.GetSizeBytes()), Modified: time.Unix(0, m.GetModifiedNs()).UTC(),
		Folder: m.GetDirectory(), Plain: m.GetRegular(),
	}
}

// OpenFile opens a file for reading.
func OpenFile(path string) (*File, error) {
	return openFile(&pb.HostFileOpenRequest{Path: path, Mode: pb.FileMode_FILE_MODE_READ})
}

// CreateFile opens a file for reading and writing, making or emptying it.
func CreateFile(path string) (*File, error) {
	return openFile(&pb.HostFileOpenRequest{Path: path, Mode: pb.FileMode_FILE_MODE_READ_WRITE, Create: true, Truncate: true})
}

// AppendFile opens a file for writing at its end, making it when it is not there.
func AppendFile(path string) (*File, error) {
	return openFile(&pb.HostFileOpenRequest{Path: path, Mode: pb.FileMode_FILE_MODE_APPEND, Create: true})
}

// LockFile opens a file for writing, making it when it is not there, and holds it against everybody who asks for
// the same, in this process or another, until it is closed. Somebody who holds it already is an error with code Unavailable.
func LockFile(path string) (*File, error) {
	return openFile(&pb.HostFileOpenRequest{Path: path, Mode: pb.FileMode_FILE_MODE_WRITE, Create: true, Lock: true})
}

func openFile(request *pb.HostFileOpenRequest) (*File, error) {
	var response pb.HostFileOpenResponse
	if err := ask(pb.HostOp_HOST_OP_FILE_OPEN, request, &response); err != nil {
		return nil, err
	}
	return &File{
		stream: response.GetStream(), info: infoFrom(response.GetInfo()),
	}, nil
}

// Stat gives what was known when the file was opened.
func (f *File) Stat() (fs.FileInfo, error) { return f.info, nil }

// Size is the length when the file was opened.
func (f *File) Size() int64 { return f.info.SizeBytes }

// Read reads on from where the last Read or Seek ended.
func (f *File) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	n, code := guest.StreamPRead(f.stream, f.offset, p)
	if code != abi.OK {
		return 0, hostError(Code(code))
	}
	if n == 0 {
		return 0, io.EOF
	}
	f.offset += int64(n)
	return n, nil
}

// ReadAt reads at an offset.
func (f *File) ReadAt(p []byte, offset int64) (int, error) {
	n, code := guest.StreamPRead(f.stream, offset, p)
	if code != abi.OK {
		return 0, hostError(Code(code))
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// Seek moves where Read goes on. Writes go to the end of what was written.
func (f *File) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += f.offset
	case io.SeekEnd:
		offset += f.info.SizeBytes
	}
	if offset < 0 {
		return 0, Errorf(InvalidArgument, "seek to %d of %s", offset, f.info.Path)
	}
	f.offset = offset
	return offset, nil
}

// Write writes behind what was written before.
func (f *File) Write(p []byte) (int, error) {
	written := 0
	for written < len(p) {
		n, code := guest.StreamWrite(f.stream, p[written:])
		if code != abi.OK {
			return written, hostError(Code(code))
		}
		if n == 0 {
			return written, io.ErrShortWrite
		}
		written += n
	}
	return written, nil
}

// Sync waits until what was written is on disk.
func (f *File) Sync() error {
	return ask(pb.HostOp_HOST_OP_FILE_SYNC, &pb.HostFileSyncRequest{Stream: f.stream}, &pb.HostFileSyncResponse{})
}

// SyncFolder waits until the names in a folder are on disk: files made, renamed or removed.
func SyncFolder(path string) error {
	return ask(pb.HostOp_HOST_OP_FILE_SYNC, &pb.HostFileSyncRequest{Path: path}, &pb.HostFileSyncResponse{})
}

// Truncate cuts or extends the file.
func (f *File) Truncate(size int64) error {
	return ask(pb.HostOp_HOST_OP_FILE_TRUNCATE, &pb.HostFileTruncateRequest{Stream: f.stream, SizeBytes: uint64(size)}, &pb.HostFileTruncateResponse{})
}

// Close lets the file go.
func (f *File) Close() error {
	if code := guest.StreamClose(f.stream); code != abi.OK {
		return hostError(Code(code))
	}
	return nil
}

// StatFile asks about a path.
func StatFile(path string) (FileInfo, error) {
	var response pb.HostFileStatResponse
	err := ask(pb.HostOp_HOST_OP_FILE_STAT, &pb.HostFileStatRequest{Path: path}, &response)
	return infoFrom(response.GetInfo()), err
}

// ListFiles lists a folder, or the matches of a glob with *, ?, [..] and **, sorted by path.
func ListFiles(pattern string) ([]FileInfo, error) {
	var response pb.HostFileListResponse
	if err := ask(pb.HostOp_HOST_OP_FILE_LIST, &pb.HostFileListRequest{Pattern: pattern}, &response); err != nil {
		return nil, err
	}
	files := make([]FileInfo, len(response.Files))
	for i, m := range response.Files {
		files[i] = infoFrom(m)
	}
	return files, nil
}

// ReadFile reads a whole file.
func ReadFile(path string) (content []byte, err error) {
	f, err := OpenFile(path)
	if err != nil {
		return nil, err
	}
	defer func() {
		if closed := f.Close(); err == nil {
			err = closed
		}
	}()
	content = make([]byte, 0, f.Size()+1)
	for {
		if len(content) == cap(content) {
			content = append(content, 0)[:len(content)]
		}
		n, err := f.Read(content[len(content):cap(content)])
		content = content[:len(content)+n]
		if err == io.EOF {
			return content, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// RemoveFile removes a file or an empty folder.
func RemoveFile(path string) error {
	return ask(pb.HostOp_HOST_OP_FILE_REMOVE, &pb.HostFileRemoveRequest{Path: path}, &pb.HostFileRemoveResponse{})
}

// RenameFile renames within the granted folders, atomically.
func RenameFile(from, to string) error {
	return ask(pb.HostOp_HOST_OP_FILE_RENAME, &pb.HostFileRenameRequest{From: from, To: to}, &pb.HostFileRenameResponse{})
}

// MakeFolder makes a folder, with its parents.
func MakeFolder(path string) error {
	return ask(pb.HostOp_HOST_OP_FILE_MKDIR, &pb.HostFileMkdirRequest{Path: path, Parents: true}, &pb.HostFileMkdirResponse{})
}

// Folder is a granted folder as a fs.FS, for code that takes one.
type Folder string

// Open opens a file of the folder for reading.
func (d Folder) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	f, err := OpenFile(d.join(name))
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return f, nil
}

// Stat asks about a file of the folder.
func (d Folder) Stat(name string) (fs.FileInfo, error) {
	info, err := StatFile(d.join(name))
	if err != nil {
		return nil, &fs.PathError{Op: "stat", Path: name, Err: err}
	}
	return info, nil
}

// ReadDir lists a folder, sorted by name.
func (d Folder) ReadDir(name string) ([]fs.DirEntry, error) {
	files, err := ListFiles(d.join(name))
	if err != nil {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: err}
	}
	entries := make([]fs.DirEntry, len(files))
	for i := range files {
		entries[i] = files[i]
	}
	return entries, nil
}

func (d Folder) join(name string) string {
	if name == "." {
		return string(d)
	}
	return string(d) + "/" + name
}
