package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/wasql/wasql/cmd/wasql/internal/bundled"
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
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"code": code, "cutgzip": cutGzip},
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
