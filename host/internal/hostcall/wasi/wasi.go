// Package wasi serves WASI preview 1 over the powers of package hostcall: the same files, clock,
// randomness, environment and limits as module wasql_v1, for guests whose language expects an
// operating system. Every runtime gets this one implementation.
//
// Granted folders are preopened, in the order of the grants; a granted file is reached through its
// folder, in which nothing else can be seen. There are no arguments and no sockets (ENOTSUP).
// Standard output and error become log records. proc_exit ends the call and the instance.
package wasi

import (
	"github.com/wasql/wasql/host/internal/backend"
	"github.com/wasql/wasql/host/internal/hostcall"
)

// Module is the name guests import from.
const Module = "wasi_snapshot_preview1"

// function is one import; it gives an errno.
type function struct {
	// params are the parameter types: i for i32, I for i64.
	params string
	do     func(c *call) errno
}

var functions = map[string]function{
	"args_get":                {"ii", argsGet},
	"args_sizes_get":          {"ii", argsSizesGet},
	"environ_get":             {"ii", environGet},
	"environ_sizes_get":       {"ii", environSizesGet},
	"clock_res_get":           {"ii", clockResGet},
	"clock_time_get":          {"iIi", clockTimeGet},
	"random_get":              {"ii", randomGet},
	"sched_yield":             {"", schedYield},
	"poll_oneoff":             {"iiii", pollOneoff},
	"proc_raise":              {"i", notSupported},
	"fd_advise":               {"iIIi", fdAdvise},
	"fd_allocate":             {"iII", notSupported},
	"fd_close":                {"i", fdClose},
	"fd_datasync":             {"i", fdSync},
	"fd_fdstat_get":           {"ii", fdFdstatGet},
	"fd_fdstat_set_flags":     {"ii", fdFdstatSetFlags},
	"fd_fdstat_set_rights":    {"iII", fdFdstatSetRights},
	"fd_filestat_get":         {"ii", fdFilestatGet},
	"fd_filestat_set_size":    {"iI", fdFilestatSetSize},
	"fd_filestat_set_times":   {"iIIi", notSupported},
	"fd_pread":                {"iiiIi", fdPread},
	"fd_prestat_dir_name":     {"iii", fdPrestatDirName},
	"fd_prestat_get":          {"ii", fdPrestatGet},
	"fd_pwrite":               {"iiiIi", fdPwrite},
	"fd_read":                 {"iiii", fdRead},
	"fd_readdir":              {"iiiIi", fdReaddir},
	"fd_renumber":             {"ii", fdRenumber},
	"fd_seek":                 {"iIii", fdSeek},
	"fd_sync":                 {"i", fdSync},
	"fd_tell":                 {"ii", fdTell},
	"fd_write":                {"iiii", fdWrite},
	"path_create_directory":   {"iii", pathCreateDirectory},
	"path_filestat_get":       {"iiiii", pathFilestatGet},
	"path_filestat_set_times": {"iiiiIIi", notSupported},
	"path_link":               {"iiiiiii", notSupported},
	"path_open":               {"iiiiiIIii", pathOpen},
	"path_readlink":           {"iiiiii", notSupported},
	"path_remove_directory":   {"iii", pathRemoveDirectory},
	"path_rename":             {"iiiiii", pathRename},
	"path_symlink":            {"iiiii", notSupported},
	"path_unlink_file":        {"iii", pathUnlinkFile},
	"sock_accept":             {"iii", notSupported},
	"sock_recv":               {"iiiiii", notSupported},
	"sock_send":               {"iiiii", notSupported},
	"sock_shutdown":           {"ii", notSupported},
}

// Import finds a function; ok is false for an unknown name or another signature.
func Import(name string, params, results []backend.ValueType) (_ backend.Import, ok bool) {
	out := backend.Import{Module: Module, Name: name, Params: params, Results: results}
	if name == "proc_exit" {
		out.Func = procExit
		return out, shape(params) == "i" && len(results) == 0
	}
	f, known := functions[name]
	if !known || shape(params) != f.params || len(results) != 1 || results[0] != backend.I32 {
		return out, false
	}
	out.Func = func(guest any, s []uint64) {
		g := guest.(*hostcall.Guest)
		g.Enter()
		s[0] = uint64(f.do(&call{g: g, s: s}))
	}
	return out, true
}

func shape(types []backend.ValueType) string {
	b := make([]byte, len(types))
	for i, t := range types {
		switch t {
		case backend.I32:
			b[i] = 'i'
		case backend.I64:
			b[i] = 'I'
		default:
			b[i] = '?'
		}
	}
	return string(b)
}

// call is one use of an import.
type call struct {
	g *hostcall.Guest
	s []uint64
}

func (c *call) u32(i int) uint32 { return uint32(c.s[i]) }

// put32 stores a u32 at the pointer in parameter i.
func (c *call) put32(i int, x uint32) errno {
	b, ok := c.g.Bytes(c.u32(i), 4)
	if !ok {
		return efault
	}
	le.PutUint32(b, x)
	return success
}

// put64 stores a u64 at the pointer in parameter i.
func (c *call) put64(i int, x uint64) errno {
	b, ok := c.g.Bytes(c.u32(i), 8)
	if !ok {
		return efault
	}
	le.PutUint64(b, x)
	return success
}

func notSupported(*call) errno { return enotsup }
