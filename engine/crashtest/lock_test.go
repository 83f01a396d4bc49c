//go:build unix

package crashtest

import (
	"strings"
	"testing"
)

// TestOneProcessAtATime: a second opener of the folder is told so, changes nothing, and has it once the first is gone.
func TestOneProcessAtATime(t *testing.T) {
	needStore(t)
	ctx, folder := t.Context(), t.TempDir()
	first, err := openDatabase(ctx, folder)
	if err != nil {
		t.Fatal(err)
	}
	s := first.newSession()
	for _, statement := range []string{"CREATE TABLE t (id INT PRIMARY KEY)", "INSERT INTO t VALUES (1)"} {
		if _, err := query(ctx, s, statement); err != nil {
			t.Fatal(err)
		}
	}
	second, err := openDatabase(ctx, folder)
	if err != nil {
		t.Fatal(err)
	}
	other := second.newSession()
	for range 3 {
		if _, err := query(ctx, other, "INSERT INTO t VALUES (2)"); err == nil || !strings.Contains(err.Error(), "in use by another process") {
			t.Fatalf("a second opener: %v", err)
		}
	}
	if _, err := query(ctx, s, "INSERT INTO t VALUES (3)"); err != nil {
		t.Fatal(err)
	}
	s.Close()
	if err := first.close(ctx); err != nil {
		t.Fatal(err)
	}
	rows, err := query(ctx, other, "SELECT id FROM t ORDER BY id")
	if err != nil || strings.Join(rows, " ") != `["1"] ["3"]` {
		t.Errorf("when the first is gone: %v, %v", rows, err)
	}
	other.Close()
	if err := second.close(ctx); err != nil {
		t.Fatal(err)
	}
}
