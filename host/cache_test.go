package host_test

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/wasql/wasql/host"
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

// TestWhatIsKnownOfAModuleIsKept tells who a module is without starting it, once another process has learned it; what does
// not verify is learned anew, and whoever asks with other limits asks the module.
func TestWhatIsKnownOfAModuleIsKept(t *testing.T) {
	ctx, folder, good := t.Context(), filepath.Join(t.TempDir(), "cache"), build(t, goodGuest())
	learn := func(name string, limits host.Limits, compiled, instances int64) *host.Module {
		t.Helper()
		r := newRuntime(t, host.Config{CacheDir: folder, Limits: limits})
		m := compile(t, r, "good", good)
		manifest, err := m.Manifest(ctx)
		if err != nil || manifest.GetName() == "" {
			t.Fatalf("%s: manifest %v, error %v", name, manifest, err)
		}
		if n := r.Counters(); n.Compiled != compiled || n.Instances != instances {
			t.Errorf("%s: %d modules made ready and %d instances started, want %d and %d", name, n.Compiled, n.Instances, compiled, instances)
		}
		return m
	}
	first := learn("first", host.Limits{}, 1, 1)
	second := learn("known", host.Limits{}, 0, 0)
	if a, b := first.Info(), second.Info(); !reflect.DeepEqual(a, b) {
		t.Errorf("what is known of it: %+v, then %+v", a, b)
	}
	checkGood(t, open(t, second, host.Options{}))
	learn("other limits", host.Limits{BatchRows: 17}, 1, 1)
	learn("the first limits again", host.Limits{}, 1, 1)
	parts, err := filepath.Glob(filepath.Join(folder, "*.part"))
	if err != nil || len(parts) != 2 {
		t.Fatalf("files %v, error %v", parts, err)
	}
	for _, path := range parts {
		changeByte(t, path)
	}
	checkGood(t, open(t, learn("damaged", host.Limits{}, 1, 1), host.Options{}))
}
