package main

import (
	"bufio"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// A test is something that runs and carries ids.
type test struct {
	pkg   string // folder from the root, with slashes
	name  string // Go test or subtest, or the base name of a case file
	file  bool   // a case file: matches a subtest of its base name
	ids   []string
	state string // "" before the run; pass, fail, skip, or "not run"
}

func (t test) show(list bool) string {
	text := t.pkg + ": " + t.name
	if !list && t.state != "pass" {
		text += " (" + t.state + ")"
	}
	return text
}

// checklistTest is the Go test whose subtests are named by ids.
const checklistTest = "TestChecklist"

// headerLines is how far down a case file its ids may stand.
const headerLines = 10

var idPattern = regexp.MustCompile(`^[GMTP][0-9]+b?$`)

// find walks root for tests that carry ids. TestChecklist itself is found with no
// ids; its subtests are known once it has run.
func find(root string) ([]test, error) {
	var tests []test
	goPackages := make(map[string]bool)
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if entry.IsDir() {
			if base := entry.Name(); rel != "." && (strings.HasPrefix(base, ".") || base == "target" || rel == "tools" || rel == "bin") {
				return filepath.SkipDir
			}
			return nil
		}
		var found []test
		switch {
		case strings.HasSuffix(rel, "_test.go"):
			goPackages[path.Dir(rel)] = true
			found, err = goTests(name, path.Dir(rel))
		case strings.HasSuffix(rel, ".slt"), strings.HasSuffix(rel, ".txtar"):
			found, err = caseFile(name, rel)
		}
		tests = append(tests, found...)
		return err
	})
	if err != nil {
		return nil, err
	}
	for i, t := range tests {
		if !t.file {
			continue
		}
		dir := t.pkg
		for dir != "." && !goPackages[dir] {
			dir = path.Dir(dir)
		}
		tests[i].pkg = dir
	}
	return tests, nil
}

// goTests finds the tests of a Go file whose comment names ids, and TestChecklist.
func goTests(name, pkg string) ([]test, error) {
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var tests []test
	for _, decl := range file.Decls {
		function, ok := decl.(*ast.FuncDecl)
		if !ok || function.Recv != nil || !strings.HasPrefix(function.Name.Name, "Test") && !strings.HasPrefix(function.Name.Name, "Example") {
			continue
		}
		var ids []string
		if function.Doc != nil {
			for _, comment := range function.Doc.List {
				if text, ok := strings.CutPrefix(strings.TrimSpace(strings.TrimPrefix(comment.Text, "//")), "checklist:"); ok {
					ids = append(ids, strings.Fields(text)...)
				}
			}
		}
		if len(ids) > 0 || function.Name.Name == checklistTest {
			tests = append(tests, test{pkg: pkg, name: function.Name.Name, ids: ids})
		}
	}
	return tests, nil
}

// caseFile finds the ids in the first lines of a case.
func caseFile(name, rel string) ([]test, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read
	t := test{pkg: path.Dir(rel), name: path.Base(rel), file: true}
	scanner := bufio.NewScanner(f)
	for n := 0; n < headerLines && scanner.Scan(); n++ {
		if ids, ok := strings.CutPrefix(scanner.Text(), "# checklist:"); ok {
			t.ids = append(t.ids, strings.Fields(ids)...)
		}
	}
	if err := scanner.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(t.ids) == 0 {
		return nil, nil
	}
	return []test{t}, nil
}

// packages lists the folders to run, each once.
func packages(tests []test) []string {
	var out []string
	for _, t := range tests {
		if !slices.Contains(out, t.pkg) {
			out = append(out, t.pkg)
		}
	}
	slices.Sort(out)
	return out
}

// idsOf gives the ids at the front of a subtest's name: G4_G19_projection has two.
func idsOf(name string) []string {
	var ids []string
	for _, part := range strings.Split(name, "_") {
		if !idPattern.MatchString(part) {
			break
		}
		ids = append(ids, part)
	}
	return ids
}
