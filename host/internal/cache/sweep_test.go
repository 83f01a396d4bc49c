package cache

import (
	"os"
	"testing"
	"time"
)

func TestSweepTakesOnlyWhatDeadProcessesLeft(t *testing.T) {
	folder := t.TempDir() + "/c"
	a := open(t, folder)
	put(t, folder+"/"+temporary+"exchange-old/x", "x")
	put(t, folder+"/somebody's file", "y")
	put(t, a.path([32]byte{1}), "z")
	old := time.Now().Add(-2 * abandonedAge)
	for _, name := range []string{temporary + "exchange-old", "somebody's file", keyFile} {
		if err := os.Chtimes(folder+"/"+name, old, old); err != nil {
			t.Fatal(err)
		}
	}
	put(t, a.Exchange()+"/code", "native")
	if err := a.Save([32]byte{2}, a.Exchange()); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{folder + "/" + temporary + "exchange-old": false, folder + "/somebody's file": true,
		folder + "/" + keyFile: true, a.path([32]byte{1}): true, a.Exchange(): true} {
		if _, err := os.Stat(path); (err == nil) != want {
			t.Errorf("%s: %v", path, err)
		}
	}
}
