package host_test

import (
	"os"
	"path/filepath"
	"testing"
)

// onlyEntry gives the one entry of a cache folder.
func onlyEntry(t *testing.T, folder string) string {
	t.Helper()
	entries, err := filepath.Glob(filepath.Join(folder, "*.code"))
	if err != nil || len(entries) != 1 {
		t.Fatalf("entries %v, error %v", entries, err)
	}
	return entries[0]
}

// changeByte flips a bit in the middle of the native code.
func changeByte(t *testing.T, path string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}
