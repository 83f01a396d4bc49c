package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Inspecting a connector tells its functions, each with its arguments, its kind, and whether it is deterministic.
func TestInspectListsFunctions(t *testing.T) {
	file := filepath.Join(t.TempDir(), "words.wasm")
	build := exec.Command("go", "build", "-buildmode=c-shared", "-o", file, "./testdata/words")
	build.Dir = filepath.Join("..", "..", "engine")
	build.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	inspect := connectorCommand()
	var out bytes.Buffer
	inspect.SetOut(&out)
	inspect.SetArgs([]string{"inspect", file})
	if err := inspect.ExecuteContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	text := strings.Join(strings.Fields(out.String()), " ")
	for _, line := range []string{
		"function doubled(int64) int64, scalar, deterministic twice a number",
		"function shout(varchar(200)) varchar(200), scalar, deterministic",
		"function shout(varchar(200), int64) varchar(200), scalar, deterministic",
		"function counted() int64, scalar, not deterministic how often the instance was asked",
		"function or_else(varchar(200), [varchar(200)], …) varchar(200), scalar, deterministic the first that is not NULL",
		"function longest(varchar(200)) varchar(200), aggregate, deterministic the longest text; of several the first",
	} {
		if !strings.Contains(text, line) {
			t.Errorf("no %q in\n%s", line, out.String())
		}
	}
}
