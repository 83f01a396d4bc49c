// Package cache keeps compiled code between processes. Code is native: who can change an entry can
// run anything as this user. So the folder is private (0700), every entry is authenticated with a
// key that lies beside it (0600), and an entry that does not verify is as good as absent.
//
// What it stores are the files a runtime exchanges with the outside; it does not know what is in
// them. Keys name everything an entry was made from, so that entries never go stale.
package cache

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

const (
	magic    = "wasql code 1\n"
	keyFile  = "key"
	keyBytes = 32
	suffix   = ".code"
	// temporary begins the names of what does not outlive its process.
	temporary = ".wasql-"
	// fileMax bounds the files of an entry, nameMax their names.
	fileMax, nameMax = 16, 512
)

// Cache is a folder of entries. Safe for concurrent use, also by several processes.
type Cache struct {
	folder   string
	key      []byte
	exchange string
}

// Open makes or opens a cache. A folder that others may write to is refused.
func Open(folder string) (*Cache, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	info, err := os.Stat(folder)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o022 != 0 {
		return nil, fmt.Errorf("folder %s may be written by others (mode %v), make it 0700", folder, info.Mode().Perm())
	}
	c := &Cache{folder: folder}
	if c.key, err = loadKey(filepath.Join(folder, keyFile)); err != nil {
		return nil, err
	}
	if c.exchange, err = os.MkdirTemp(folder, temporary+"exchange-"); err != nil {
		return nil, err
	}
	return c, nil
}

// loadKey reads the key, making it on first use. Of several processes that make one, all use the
// one whose link came first.
func loadKey(path string) ([]byte, error) {
	for range 2 {
		key, err := os.ReadFile(path)
		if err == nil {
			info, err := os.Stat(path)
			switch {
			case err != nil:
				return nil, err
			case info.Mode().Perm()&0o077 != 0:
				return nil, fmt.Errorf("key %s may be read by others (mode %v), remove it", path, info.Mode().Perm())
			case len(key) != keyBytes:
				return nil, fmt.Errorf("key %s has %d bytes, not %d; remove it", path, len(key), keyBytes)
			}
			return key, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		if err := makeKey(path); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("key %s cannot be made", path)
}

func makeKey(path string) error {
	key := make([]byte, keyBytes)
	if _, err := rand.Read(key); err != nil {
		return err
	}
	temp, err := os.CreateTemp(filepath.Dir(path), temporary+"key-")
	if err != nil {
		return err
	}
	_, err = temp.Write(key)
	err = errors.Join(err, temp.Chmod(0o600), temp.Close())
	if err == nil {
		if err = os.Link(temp.Name(), path); errors.Is(err, fs.ErrExist) {
			err = nil
		}
	}
	return errors.Join(err, os.Remove(temp.Name()))
}

// Exchange is a folder of this process alone, in which files of entries appear.
func (c *Cache) Exchange() string { return c.exchange }

// Close removes the exchange folder.
func (c *Cache) Close() error { return os.RemoveAll(c.exchange) }

func (c *Cache) path(key [32]byte) string {
	return filepath.Join(c.folder, hex.EncodeToString(key[:])+suffix)
}

func (c *Cache) mac(key [32]byte, magic string, body []byte) []byte {
	h := hmac.New(sha256.New, c.key)
	h.Write([]byte(magic))
	h.Write(key[:])
	h.Write(body)
	return h.Sum(nil)
}

// Load puts the files of an entry into the folder, under the names they were saved with. It gives
// false when there is no entry, or it does not verify; such an entry is removed.
func (c *Cache) Load(key [32]byte, folder string) bool {
	entry, err := os.ReadFile(c.path(key))
	if err != nil {
		return false
	}
	body, ok := c.verify(key, magic, entry)
	if ok {
		ok = unpack(body, folder) == nil
	}
	if !ok {
		_ = os.Remove(c.path(key)) // it is never used, removed or not
		return false
	}
	// The time tells sweep what was used last; without it the entry goes earlier.
	now := time.Now()
	_ = os.Chtimes(c.path(key), now, now)
	return true
}

// verify checks the code of an entry: magic, authentication, body.
func (c *Cache) verify(key [32]byte, magic string, entry []byte) (body []byte, ok bool) {
	rest, ok := bytes.CutPrefix(entry, []byte(magic))
	if !ok || len(rest) < sha256.Size {
		return nil, false
	}
	body = rest[sha256.Size:]
	return body, hmac.Equal(rest[:sha256.Size], c.mac(key, magic, body))
}

// Save moves all files below the folder into the entry.
func (c *Cache) Save(key [32]byte, folder string) error {
	body, err := pack(folder)
	if err != nil || body == nil {
		return err
	}
	c.sweep() // whoever adds makes room; looking at all entries takes longer than to read one
	return c.put(c.path(key), c.mac(key, magic, body), magic, body)
}

// put writes an entry in one step.
func (c *Cache) put(path string, mac []byte, magic string, body []byte) error {
	temp, err := os.CreateTemp(c.folder, temporary+"new-")
	if err != nil {
		return err
	}
	_, err = temp.Write(append(append([]byte(magic), mac...), body...))
	err = errors.Join(err, temp.Sync(), temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp.Name()))
	}
	return nil
}

// Clear removes all files below the folder.
func (c *Cache) Clear(folder string) {
	// What stays costs room, and is packed into no entry that it does not name.
	_ = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			err = os.Remove(path)
		}
		return err
	})
}

// pack takes the files below folder, as {name length, name, length, bytes} each, and removes them.
func pack(folder string) ([]byte, error) {
	var out []byte
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		out = appendBytes(appendBytes(out, []byte(filepath.ToSlash(name))), b)
		return os.Remove(path)
	})
	return out, err
}

func appendBytes(out, b []byte) []byte {
	return append(binary.LittleEndian.AppendUint64(out, uint64(len(b))), b...)
}

// unpack writes the files of a verified body.
func unpack(body []byte, folder string) error {
	for n := 0; len(body) > 0; n++ {
		name, rest, ok := cutBytes(body)
		b, rest, ok2 := cutBytes(rest)
		if !ok || !ok2 || n >= fileMax || len(name) > nameMax || !filepath.IsLocal(filepath.FromSlash(string(name))) {
			return errors.New("malformed entry")
		}
		path := filepath.Join(folder, filepath.FromSlash(string(name)))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(path, b, 0o600); err != nil {
			return err
		}
		body = rest
	}
	return nil
}

func cutBytes(b []byte) (head, rest []byte, ok bool) {
	if len(b) < 8 {
		return nil, nil, false
	}
	n := binary.LittleEndian.Uint64(b)
	b = b[8:]
	if n > uint64(len(b)) {
		return nil, nil, false
	}
	return b[:n], b[n:], true
}
