package cache

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	// cacheBytesMax is what entries may take together; those used longest ago go first.
	cacheBytesMax = 2 << 30
	// abandonedAge is when files are taken for what a process that died left behind.
	abandonedAge = 7 * 24 * time.Hour
)

// sweep removes what dead processes left and, above cacheBytesMax, the entries used longest ago.
// What it cannot remove stays: that costs room only.
func (c *Cache) sweep() {
	entries, err := os.ReadDir(c.folder)
	if err != nil {
		return
	}
	var code []os.FileInfo
	var total int64
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			continue
		}
		name := e.Name()
		switch {
		case strings.HasSuffix(name, suffix), strings.HasSuffix(name, fileSuffix):
			code = append(code, info)
			total += info.Size()
		case strings.HasPrefix(name, temporary) && time.Since(info.ModTime()) > abandonedAge:
			_ = os.RemoveAll(filepath.Join(c.folder, name))
		}
	}
	slices.SortFunc(code, func(a, b os.FileInfo) int { return a.ModTime().Compare(b.ModTime()) })
	for _, info := range code {
		if total <= cacheBytesMax {
			return
		}
		if os.Remove(filepath.Join(c.folder, info.Name())) == nil {
			total -= info.Size()
		}
	}
}
