package pb_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
)

// nativeC builds a C program with the machine's compiler.
func nativeC(t *testing.T, source string) string {
	t.Helper()
	for _, compiler := range []string{os.Getenv("CC"), "cc", "gcc", "clang"} {
		path, err := exec.LookPath(compiler)
		if err != nil {
			continue
		}
		program := filepath.Join(t.TempDir(), "golden")
		// The attributes that name imports mean something for wasm32 only.
		out, err := exec.Command(path, "-std=c11", "-O1", "-Wno-attributes", "-I", "..", "-o", program, source).CombinedOutput()
		if err != nil {
			t.Fatalf("%s %s: %v\n%s", path, source, err, out)
		}
		return program
	}
	t.Skip("no C compiler (CC, cc, gcc or clang): the reader and writer of wasql.h are not tested natively")
	return ""
}

// nestedFields gives the lines "message NUMBER CHILD" of all fields that hold messages.
func nestedFields(t *testing.T) []byte {
	t.Helper()
	var lines bytes.Buffer
	for _, k := range kinds {
		fields := descriptor(t, k.name).Fields()
		for i := range fields.Len() {
			if child := fields.Get(i).Message(); child != nil {
				fmt.Fprintf(&lines, "%s %d %s\n", k.name, fields.Get(i).Number(), child.Name())
			}
		}
	}
	return lines.Bytes()
}

func TestGoldensAreReadAndWrittenByTheHeader(t *testing.T) {
	program := nativeC(t, "../testdata/golden.c")
	goldens := readGoldens(t)
	input := bytes.NewBuffer(append(nestedFields(t), '\n'))
	for _, g := range goldens {
		digits := hex.EncodeToString(g.raw)
		if digits == "" {
			digits = "-"
		}
		fmt.Fprintf(input, "%s %s %s\n", g.message, g.name, digits)
	}
	var refused bytes.Buffer
	command := exec.CommandContext(t.Context(), program)
	command.Stdin, command.Stderr = input, &refused
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, refused.String())
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) != len(goldens) {
		t.Fatalf("%d goldens went in, %d came out", len(goldens), len(lines))
	}
	for i, g := range goldens {
		digits, ok := strings.CutPrefix(lines[i], g.message+" "+g.name+" ")
		written, err := hex.DecodeString(strings.TrimPrefix(digits, "-"))
		if !ok || err != nil {
			t.Fatalf("%s: came out as %q: %v", g, lines[i], err)
		}
		d := descriptor(t, g.message)
		if got, want := google(t, d, written), google(t, d, g.raw); !proto.Equal(got, want) {
			t.Errorf("%s: written by the header:\n got %v\nwant %v", g, got, want)
		}
	}
}
