//go:build linux

package crashtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/wasql/wasql/engine/sqlerr"
)

// TestFullDisk writes until there is no room left, reads on, makes room, and writes on: on a small file system of its own where this process
// may mount one, and with a limit on the size of files where it may not.
//
// checklist: G34
func TestFullDisk(t *testing.T) {
	needStore(t)
	rooms := []int{0, 1, 2, 3, 5, 8, 13, 21}
	if long {
		rooms = nil
		for pages := range 60 {
			rooms = append(rooms, pages)
		}
	}
	t.Run("mount", func(t *testing.T) {
		rows, refused := 0, 0
		for _, pages := range rooms {
			folder := t.TempDir()
			if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size=2m"); err != nil {
				t.Skipf("no file system can be mounted: %v", err)
			}
			defer func() {
				if err := syscall.Unmount(folder, syscall.MNT_DETACH); err != nil {
					t.Error(err)
				}
			}()
			filler := filepath.Join(folder, "filler")
			r, n := fill(t, folder, func() {
				if err := os.WriteFile(filler, make([]byte, 1<<21-(80+pages)*4096), 0o600); err != nil {
					t.Fatal(err)
				}
			}, func() {
				if err := os.Remove(filler); err != nil {
					t.Fatal(err)
				}
			})
			rows, refused = rows+r, refused+n
		}
		figures(t, "a small file system that is full", "%d of them: %d rows answered, all there; %d statements refused, nothing of them there; reading went on, and with room again writing", len(rooms), rows, refused)
	})
	t.Run("limit", func(t *testing.T) {
		if os.Getenv(limitVariable) == "" {
			alone(t)
			return
		}
		signal.Ignore(syscall.SIGXFSZ)
		var old syscall.Rlimit
		if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
			t.Fatal(err)
		}
		set := func(bytes uint64) {
			if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: bytes, Max: old.Max}); err != nil {
				t.Fatal(err)
			}
		}
		rows, refused := 0, 0
		for _, pages := range rooms {
			// Not at the borders of pages: the log may be cut anywhere.
			r, n := fill(t, t.TempDir(), func() { set(uint64(40_000 + pages*997)) }, func() { set(old.Cur) })
			rows, refused = rows+r, refused+n
		}
		figures(t, "a limit on the size of files", "%d of them: %d rows answered, all there; %d statements refused, nothing of them there; reading went on, and with room again writing", len(rooms), rows, refused)
	})
}

// limitVariable tells this program that it may limit its own files.
const limitVariable = "WASQL_CRASH_LIMIT"

// alone runs a test in a process of its own: the limit would hold for what the testing package writes, too.
func alone(t *testing.T) {
	t.Helper()
	command := exec.Command(os.Args[0], "-test.run", "^"+strings.ReplaceAll(t.Name(), "/", "$/^")+"$", "-test.v")
	command.Env = append(os.Environ(), limitVariable+"=1", moduleVariable+"="+moduleFile)
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for line := range strings.Lines(string(out)) {
		if _, figures, ok := strings.Cut(line, "figures: "); ok {
			t.Logf("figures: %s", strings.TrimSpace(figures))
		}
	}
}

// fill writes until nothing more is taken, gives room, and writes again.
func fill(t *testing.T, folder string, take, give func()) (rows, refused int) {
	t.Helper()
	ctx := t.Context()
	d, err := openDatabase(ctx, folder)
	if err != nil {
		t.Fatal(err)
	}
	s := d.newSession()
	do := func(text string) error {
		_, err := query(ctx, s, text)
		return err
	}
	insert := func(n int) error {
		return do(fmt.Sprintf("INSERT INTO t VALUES (%d, '%s'), (%d, 'x')", 2*n, strings.Repeat("y", 100+n*37%900), 2*n+1))
	}
	if err := do("CREATE TABLE t (id INT PRIMARY KEY, text VARCHAR(1000), KEY by_text (text(20)))"); err != nil {
		t.Fatal(err)
	}
	take()
	given := false
	defer func() {
		if !given {
			give()
		}
	}()
	n := 0
	for ; refused < 5; n++ {
		err := insert(n)
		if err == nil {
			rows += 2
			continue
		}
		var e *sqlerr.Error
		if !errors.As(err, &e) || e.Errno != 1021 && e.Errno != 1030 {
			t.Fatalf("the error of a full disk after %d rows: %v; %v", rows, err, context.Cause(ctx))
		}
		refused++
		found, err := query(ctx, s, "SELECT id FROM t")
		if err != nil || len(found) != rows {
			t.Fatalf("on a full disk: %d rows, %d answered, %v", len(found), rows, err)
		}
		if n > 5000 {
			t.Fatal("the disk is not full")
		}
	}
	give()
	given = true
	for range 20 {
		n++
		if err := insert(n); err != nil {
			t.Fatalf("with room again: %v", err)
		}
		rows += 2
	}
	s.Close()
	if err := d.close(ctx); err != nil {
		t.Fatal(err)
	}
	if err := check(ctx, folder); err != nil {
		t.Fatal(err)
	}
	d, err = openDatabase(ctx, folder)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := d.close(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	s = d.newSession()
	defer s.Close()
	found, err := query(ctx, s, "SELECT id FROM t")
	if err != nil || len(found) != rows {
		t.Fatalf("opened again: %d rows, %d answered, %v", len(found), rows, err)
	}
	return rows, refused
}
