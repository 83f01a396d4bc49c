package cache

import (
	"os"
	"path/filepath"
	"testing"
)

func open(t *testing.T, folder string) *Cache {
	t.Helper()
	c, err := Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestEntriesComeBackInAnotherProcess(t *testing.T) {
	folder := t.TempDir() + "/c"
	a := open(t, folder)
	key := [32]byte{1}
	put(t, a.Exchange()+"/sub/x", "native code")
	if err := a.Save(key, a.Exchange()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(a.Exchange() + "/sub/x"); err == nil {
		t.Error("the file was not moved")
	}
	b := open(t, folder)
	if !b.Load(key, b.Exchange()) {
		t.Fatal("not found")
	}
	if text, err := os.ReadFile(b.Exchange() + "/sub/x"); err != nil || string(text) != "native code" {
		t.Errorf("%q, %v", text, err)
	}
	b.Clear(b.Exchange())
	if _, err := os.Stat(b.Exchange() + "/sub/x"); err == nil {
		t.Error("Clear left the file")
	}
	if b.Load([32]byte{2}, b.Exchange()) {
		t.Error("found under another key")
	}
}

// TestAnyFlippedBitMakesAnEntryWorthless changes every byte in turn.
func TestAnyFlippedBitMakesAnEntryWorthless(t *testing.T) {
	c := open(t, t.TempDir()+"/c")
	key := [32]byte{7}
	put(t, c.Exchange()+"/x", "code")
	if err := c.Save(key, c.Exchange()); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(c.path(key))
	if err != nil {
		t.Fatal(err)
	}
	for i := range good {
		bad := append([]byte{}, good...)
		bad[i] ^= 1 << (i % 8)
		put(t, c.path(key), string(bad))
		if c.Load(key, c.Exchange()) {
			t.Fatalf("byte %d changed, and taken", i)
		}
	}
	put(t, c.path(key), string(good[:len(good)-1]))
	if c.Load(key, c.Exchange()) {
		t.Error("a cut entry was taken")
	}
	// An entry moved under another key.
	put(t, c.path([32]byte{8}), string(good))
	if c.Load([32]byte{8}, c.Exchange()) {
		t.Error("an entry of another key was taken")
	}
	put(t, c.path(key), string(good))
	if !c.Load(key, c.Exchange()) {
		t.Error("the right entry was not taken")
	}
}

func TestFolderAndKeyMustBePrivate(t *testing.T) {
	folder := t.TempDir() + "/c"
	open(t, folder)
	if info, err := os.Stat(folder); err != nil || info.Mode().Perm() != 0o700 {
		t.Error(info, err)
	}
	if info, err := os.Stat(folder + "/key"); err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info, err)
	}
	if err := os.Chmod(folder+"/key", 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(folder); err == nil {
		t.Error("a key that others may read was used")
	}
	if err := os.Chmod(folder+"/key", 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(folder, 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(folder); err == nil {
		t.Error("a folder that others may write to was used")
	}
}

func FuzzUnpack(f *testing.F) {
	f.Add(appendBytes(appendBytes(nil, []byte("name")), []byte("text")))
	f.Add(appendBytes(appendBytes(nil, []byte("../name")), []byte("text")))
	f.Fuzz(func(t *testing.T, body []byte) {
		folder := t.TempDir()
		inside := folder + "/in"
		if err := os.Mkdir(inside, 0o700); err != nil {
			t.Fatal(err)
		}
		// The error does not matter, only that nothing appears outside.
		_ = unpack(body, inside)
		entries, err := os.ReadDir(folder)
		if err != nil || len(entries) != 1 {
			t.Fatalf("%v, %v", entries, err)
		}
	})
}

func TestFilesOfAnEntryAreAuthenticated(t *testing.T) {
	folder := t.TempDir() + "/c"
	c := open(t, folder)
	key := [32]byte{1}
	for _, name := range []string{"facts", "metered"} {
		if err := c.SaveFile(key, name, []byte("about "+name)); err != nil {
			t.Fatal(err)
		}
	}
	again := open(t, folder)
	if body, ok := again.LoadFile(key, "facts"); !ok || string(body) != "about facts" {
		t.Errorf("another process reads %q, %v", body, ok)
	}
	if body, ok := again.LoadFile([32]byte{2}, "facts"); ok {
		t.Errorf("another key reads %q", body)
	}
	facts, metered := c.filePath(key, "facts"), c.filePath(key, "metered")
	if err := os.Rename(metered, facts); err != nil {
		t.Fatal(err)
	}
	if body, ok := c.LoadFile(key, "facts"); ok {
		t.Errorf("a file under another's name is read: %q", body)
	}
	if _, err := os.Stat(facts); err == nil {
		t.Error("a file that does not verify is left")
	}
	if _, ok := (*Cache)(nil).LoadFile(key, "facts"); ok {
		t.Error("no cache has a file")
	}
}
