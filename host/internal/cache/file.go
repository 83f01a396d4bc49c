package cache

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"time"
)

// fileSuffix ends the names of single files, behind the name of the entry that they belong to.
const fileSuffix = ".part"

// fileMagic begins a single file; its name is a part of it, so that no file can stand for another of the same entry.
func fileMagic(name string) string { return "wasql part 1 " + name + "\n" }

func (c *Cache) filePath(key [32]byte, name string) string {
	return filepath.Join(c.folder, hex.EncodeToString(key[:])+"-"+name+fileSuffix)
}

// LoadFile gives what SaveFile was given under the key and the name; false when there is nothing, or it does not verify:
// then it is removed. On a nil Cache there is nothing.
func (c *Cache) LoadFile(key [32]byte, name string) ([]byte, bool) {
	if c == nil {
		return nil, false
	}
	path := c.filePath(key, name)
	entry, err := os.ReadFile(path)
	if err != nil {
		return nil, false
	}
	body, ok := c.verify(key, fileMagic(name), entry)
	if !ok {
		_ = os.Remove(path) // it is never used, removed or not
		return nil, false
	}
	now := time.Now()
	_ = os.Chtimes(path, now, now) // as for Load
	return body, true
}

// SaveFile keeps bytes under a key and a name, which is a word of letters.
func (c *Cache) SaveFile(key [32]byte, name string, body []byte) error {
	magic := fileMagic(name)
	return c.put(c.filePath(key, name), c.mac(key, magic, body), magic, body)
}
