package wasql

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/wasql/wasql"

// goPackage is the part of `go list -json` that the arrows need.
type goPackage struct {
	ImportPath string
	Imports    []string
	Standard   bool
}

func listPackages(t *testing.T) []goPackage {
	t.Helper()
	out, err := exec.Command("go", "list", "-tags", "gms_pure_go", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("go list: %v\n%s", err, exit.Stderr)
		}
		t.Fatal(err)
	}
	var all []goPackage
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// room is a rule of ARCHITECTURE.md: which packages of this module, and which libraries, the
// packages below a folder may import. The first rule that matches a package is its rule.
type room struct {
	folder string
	// own lists the folders of this module that may be imported.
	own []string
	// libraries lists prefixes of third-party imports; "*" allows any but those of forbidden.
	libraries []string
	forbidden []string
}

const (
	gms    = "github.com/dolthub/"
	wazero = "github.com/tetratelabs/wazero"
)

var rooms = []room{
	{folder: "abi_test", own: []string{"abi", "host", "engine", "abi_test"}, libraries: []string{"*"}, forbidden: []string{gms, wazero}},
	{folder: "abi", own: []string{"abi"}, libraries: []string{"github.com/aperturerobotics/protobuf-go-lite"}},
	{folder: "sdk/go", own: []string{"abi", "sdk/go"}},
	{folder: "connectors", own: []string{"abi", "sdk/go", "connectors"}, libraries: []string{"*"}, forbidden: []string{gms, wazero}},
	{folder: "host/internal/backend", own: []string{"abi", "host/internal", "host/wasmgen"}, libraries: []string{"*"}, forbidden: []string{gms}},
	{folder: "host", own: []string{"abi", "host"}, libraries: []string{"*"}, forbidden: []string{gms, wazero}},
	{folder: "engine/vec", own: []string{"abi/col", "engine/vec"}, libraries: []string{"*"}, forbidden: []string{gms, wazero}},
	{folder: "engine", own: []string{"abi", "host", "engine"}, libraries: []string{"*"}, forbidden: []string{wazero}},
	{folder: "cmd", own: []string{"abi", "host", "engine", "cmd"}, libraries: []string{"*"}, forbidden: []string{gms, wazero}},
	{folder: "tools", own: []string{"tools"}},
	{folder: "", own: nil},
}

func within(path, folder string) bool {
	return folder == "" || path == folder || strings.HasPrefix(path, folder+"/")
}

func (r room) allows(imported string) bool {
	if own, ok := strings.CutPrefix(imported, module+"/"); ok {
		return slices.ContainsFunc(r.own, func(folder string) bool { return within(own, folder) })
	}
	if first, _, _ := strings.Cut(imported, "/"); !strings.Contains(first, ".") {
		return true // standard library
	}
	if slices.ContainsFunc(r.forbidden, func(p string) bool { return strings.HasPrefix(imported, p) }) {
		return false
	}
	return slices.ContainsFunc(r.libraries, func(p string) bool { return p == "*" || strings.HasPrefix(imported, p) })
}

func TestArrowsPointTheRightWay(t *testing.T) {
	for _, p := range listPackages(t) {
		folder := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		rule := rooms[slices.IndexFunc(rooms, func(r room) bool { return within(folder, r.folder) })]
		for _, imported := range p.Imports {
			if !rule.allows(imported) {
				t.Errorf("%s imports %s: the room %q may import only %v and libraries %v but %v", p.ImportPath, imported, rule.folder, rule.own, rule.libraries, rule.forbidden)
			}
		}
	}
}

var (
	clauseInSpec = regexp.MustCompile(`(?m)^- \*\*(\d+\.\d+)\*\*`)
	// A case cites clauses in a line of its own or, in a table of cases, in a field.
	clauseCited = regexp.MustCompile(`(?m)(?:^\s*(?:#|//) clause:|\b[cC]lause: *")((?: ?\d+\.\d+)+)`)
)

func TestEveryClauseHasACase(t *testing.T) {
	spec, err := os.ReadFile("abi/SPEC.md")
	if err != nil {
		t.Fatal(err)
	}
	cited := map[string]bool{}
	for _, path := range trackedFiles(t) {
		if !strings.HasSuffix(path, ".txtar") && !strings.HasSuffix(path, "_test.go") && !strings.HasPrefix(path, "abi_test/") {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range clauseCited.FindAllStringSubmatch(string(text), -1) {
			for _, clause := range strings.Fields(match[1]) {
				cited[clause] = true
			}
		}
	}
	known := map[string]bool{}
	for _, match := range clauseInSpec.FindAllStringSubmatch(string(spec), -1) {
		known[match[1]] = true
		if !cited[match[1]] {
			t.Errorf("SPEC clause %s has no case: a line `# clause: %s` in a .txtar case, or `// clause: %s` above a test", match[1], match[1], match[1])
		}
	}
	for clause := range cited {
		if !known[clause] {
			t.Errorf("a case cites clause %s, which SPEC.md does not have", clause)
		}
	}
}

// trackedFiles lists what git knows, or, in a tree without git, every file.
func trackedFiles(t *testing.T) []string {
	t.Helper()
	out, err := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
	var files []string
	if err == nil {
		for path := range strings.SplitSeq(strings.Trim(string(out), "\x00"), "\x00") {
			if _, err := os.Stat(path); err == nil {
				files = append(files, path)
			}
		}
		return files
	}
	err = filepath.WalkDir(".", func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, filepath.ToSlash(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestFilesStaySmall keeps files readable and binaries out of the history.
func TestFilesStaySmall(t *testing.T) {
	const linesMax, bytesMax = 500, 100 << 10
	for _, path := range trackedFiles(t) {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() > bytesMax && !generated(path) && !strings.Contains(path, "testdata/") && !strings.HasSuffix(path, ".sum") && !strings.HasSuffix(path, ".lock") {
			t.Errorf("%s has %d bytes, more than %d", path, info.Size(), bytesMax)
		}
		if ext := filepath.Ext(path); (ext == ".go" || ext == ".rs") && !generated(path) && !strings.HasSuffix(path, "_test.go") {
			if n := lines(t, path); n > linesMax {
				t.Errorf("%s has %d lines, more than %d: split it by ideas", path, n, linesMax)
			}
		}
	}
}

func generated(path string) bool {
	return strings.HasSuffix(path, ".pb.go") || strings.HasSuffix(path, "_gen.go") || strings.HasSuffix(path, "/pb.rs")
}

func lines(t *testing.T, path string) int {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	n := 0
	for scanner := bufio.NewScanner(f); scanner.Scan(); {
		// Rust keeps unit tests at the end of the file they test.
		if scanner.Text() == "#[cfg(test)]" {
			break
		}
		n++
	}
	return n
}

func TestGeneratedFilesSayByWhat(t *testing.T) {
	for _, path := range trackedFiles(t) {
		if !generated(path) {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(text[:min(len(text), 200)], []byte("generated by")) {
			t.Errorf("%s does not say what generated it", path)
		}
	}
}

// TestRootHasNoStrays keeps the top level as it was given.
func TestRootHasNoStrays(t *testing.T) {
	known := []string{"abi", "abi_test", "cmd", "connectors", "docs", "engine", "host", "sdk", "tools", ".ci", ".github"}
	for _, path := range trackedFiles(t) {
		folder, _, nested := strings.Cut(path, "/")
		if nested && !slices.Contains(known, folder) {
			t.Errorf("%s: the top level has no folder %s", path, folder)
		}
	}
}
