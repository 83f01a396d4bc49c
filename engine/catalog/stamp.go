package catalog

import (
	"errors"
	"fmt"
	"hash/maphash"
	"io/fs"
	"os"
	"time"

	"github.com/wasql/wasql/engine/sqlerr"
	"github.com/wasql/wasql/host"
)

// folderEntriesMax bounds the entries of a granted folder that are looked at for changes.
const folderEntriesMax = 10_000

// stamp says how the files of a grant look: names, sizes and times of change.
type stamp struct {
	set   bool
	files uint64
	// until is when the word of a connector that depends on more than files goes stale.
	until time.Time
}

var stampSeed = maphash.MakeSeed()

// stampFiles looks at the files granted for reading; for folders also at what lies in them, one level
// deep.
func stampFiles(grants []host.FileGrant) (stamp, error) {
	var h maphash.Hash
	h.SetSeed(stampSeed)
	for _, grant := range grants {
		if grant.Write {
			continue // the connector changes it itself, and knows when
		}
		info, err := os.Stat(grant.Host)
		if err != nil {
			return stamp{}, fileError(grant.Path, err)
		}
		writeInfo(&h, grant.Path, info)
		if info.IsDir() {
			stampFolder(&h, grant.Host)
		}
	}
	return stamp{set: true, files: h.Sum64()}, nil
}

// stampFolder adds the entries of a folder. One that cannot be read is left to the connector's own
// complaint.
func stampFolder(h *maphash.Hash, folder string) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return
	}
	for _, entry := range entries[:min(len(entries), folderEntriesMax)] {
		if info, err := entry.Info(); err == nil {
			writeInfo(h, entry.Name(), info)
		}
	}
}

func writeInfo(h *maphash.Hash, name string, info fs.FileInfo) {
	maphash.WriteComparable(h, fmt.Sprint(len(name), name, info.Size(), info.ModTime().UnixNano(), info.Mode()))
}

// fileError tells of a file that cannot be had, as MySQL does.
func fileError(path string, err error) error {
	e := sqlerr.New(1017, "HY000", "can't read file %s: %v", path, cause(err))
	if errors.Is(err, fs.ErrNotExist) {
		e = sqlerr.New(1017, "HY000", "can't find file %s", path).WithHint("relative paths start at the working directory")
	}
	e.Err = err
	return e
}

// cause leaves out the machine's own path, which the user did not write.
func cause(err error) error {
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		return pathError.Err
	}
	return err
}
