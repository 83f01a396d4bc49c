package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/cmd/wasql/internal/bundled"
	"github.com/wasql/wasql/host/hosttest"
	"github.com/wasql/wasql/host/wasmgen"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"wasql": func() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

// TestScripts runs the command as a person would: testdata/script/*.txtar. `code N wasql ...` runs
// it and checks the exit code; stdout and stderr can then be looked at as after exec.
func TestScripts(t *testing.T) {
	for _, name := range []string{"csv", "json", "parquet", "series"} {
		if _, ok := bundled.Module(name); !ok {
			t.Fatalf("the connector %s is not built into the binary: run `make guests` first", name)
		}
	}
	cache := t.TempDir()
	repository, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			// One cache for all scripts: each connector is compiled once.
			env.Setenv("XDG_CACHE_HOME", cache)
			env.Setenv("REPOSITORY", repository)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"code": code, "cutgzip": cutGzip, "hostile": hostile, "hold": hold, "release": release, "arrow": arrowRead,
			"serve": serveStart, "ask": serveAsk, "finish": serveFinish},
		RequireExplicitExec: true,
		UpdateScripts:       os.Getenv("WASQL_UPDATE") != "",
	})
}

// code runs a command and checks its exit code.
func code(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code N command [argument...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		got = exit.ExitCode()
	case err != nil:
		ts.Fatalf("%s: %v", args[1], err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// hold locks a file as another process would, until release or the end of the script.
func hold(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: hold file")
	}
	file, err := os.Open(ts.MkAbs(args[0]))
	ts.Check(err)
	held.Store(ts, file)
	ts.Defer(func() { let(ts) })
	ts.Check(syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB))
}

// release lets the held file go.
func release(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 || !let(ts) {
		ts.Fatalf("usage: release, after hold")
	}
}

// held has the file that a script holds.
var held sync.Map

func let(ts *testscript.TestScript) bool {
	file, ok := held.LoadAndDelete(ts)
	if ok {
		ts.Check(file.(*os.File).Close())
	}
	return ok
}

// cutGzip compresses a file and keeps half of the result.
func cutGzip(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: cutgzip from to")
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, err := w.Write([]byte(ts.ReadFile(args[0])))
	ts.Check(err)
	ts.Check(w.Close())
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), packed.Bytes()[:packed.Len()/2], 0o644))
}

// hostile writes a connector that, when its table t is read, traps, spins, or recurses.
func hostile(ts *testscript.TestScript, neg bool, args []string) {
	actions := map[string]func(*wasmgen.Code){
		"good": func(*wasmgen.Code) {},
		"trap": func(c *wasmgen.Code) { c.Op(wasmgen.Unreachable) },
		"spin": func(c *wasmgen.Code) { c.Loop(wasmgen.Void).Br(0).Close() },
		"wild": func(c *wasmgen.Code) { c.I64(0xffff_fff8).Op(wasmgen.Return) },
		"grow": func(c *wasmgen.Code) {
			c.Loop(wasmgen.Void).I32(16).Op(0x40, 0).I32(-1).Op(wasmgen.I32Ne).BrIf(0).Close().Op(wasmgen.Unreachable)
		},
	}
	if neg || len(args) != 2 || actions[args[0]] == nil {
		ts.Fatalf("usage: hostile good|trap|spin|wild|grow file")
	}
	g := hosttest.Good()
	g.Hooks[abi.ExportNext] = actions[args[0]]
	wasm, err := g.Build()
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), wasm, 0o644))
}
