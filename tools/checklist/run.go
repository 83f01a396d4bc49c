package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
)

// An event is a line of go test -json.
type event struct {
	Action, Package, Test, Output string
}

// run runs the packages of tests and returns the tests with their states, TestChecklist
// replaced by its subtests. What failing tests print goes to standard error.
func run(root string, tests []test) ([]test, error) {
	if len(tests) == 0 {
		return nil, nil
	}
	args := []string{"test", "-json"}
	for _, pkg := range packages(tests) {
		args = append(args, "./"+pkg)
	}
	module, err := moduleOf(root)
	if err != nil {
		return nil, err
	}
	command := exec.Command("go", args...)
	command.Dir, command.Stderr = root, os.Stderr
	out, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	results, err := read(out, module)
	if waitErr := command.Wait(); waitErr != nil {
		var exit *exec.ExitError
		if !errors.As(waitErr, &exit) {
			return nil, waitErr
		}
	}
	if err != nil {
		return nil, err
	}
	return settle(tests, results), nil
}

func moduleOf(root string) (string, error) {
	command := exec.Command("go", "list", "-m")
	command.Dir = root
	out, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("go list -m: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// result is how one Go test or subtest of a package ended.
type result struct{ pkg, name, state string }

// read collects how every test ended.
func read(events io.Reader, module string) ([]result, error) {
	var results []result
	output := make(map[[2]string]*strings.Builder)
	scanner := bufio.NewScanner(events)
	scanner.Buffer(nil, 16<<20)
	for scanner.Scan() {
		var e event
		if err := json.Unmarshal(scanner.Bytes(), &e); err != nil {
			return nil, fmt.Errorf("go test -json printed %q: %w", scanner.Text(), err)
		}
		key := [2]string{e.Package, e.Test}
		switch e.Action {
		case "output", "build-output":
			if output[key] == nil {
				output[key] = new(strings.Builder)
			}
			output[key].WriteString(e.Output)
		case "pass", "fail", "skip":
			pkg := strings.TrimPrefix(strings.TrimPrefix(e.Package, module), "/")
			if pkg == "" {
				pkg = "."
			}
			if e.Test != "" {
				results = append(results, result{pkg, e.Test, e.Action})
			}
			if e.Action == "fail" && output[key] != nil {
				fmt.Fprint(os.Stderr, output[key])
			}
			delete(output, key)
		}
	}
	return results, scanner.Err()
}

// settle gives each test its state. A case file that several tests ran passes when all did.
func settle(tests []test, results []result) []test {
	var out []test
	for _, t := range tests {
		t.state = "not run"
		for _, r := range results {
			// A case file may be run by a package below the folder that holds it.
			if r.pkg != t.pkg && (!t.file || t.pkg != "." && !strings.HasPrefix(r.pkg, t.pkg+"/")) {
				continue
			}
			if t.matches(r.name) && (t.state == "not run" || r.state != "pass") {
				t.state = r.state
			}
			if ids := idsOf(path.Base(r.name)); t.name == checklistTest && path.Dir(r.name) == checklistTest && len(ids) > 0 {
				out = append(out, test{pkg: r.pkg, name: r.name, ids: ids, state: r.state})
			}
		}
		if len(t.ids) > 0 {
			out = append(out, t)
		}
	}
	return out
}

// matches tells whether the Go test called name is t.
func (t test) matches(name string) bool {
	if !t.file {
		return name == t.name
	}
	bare := strings.TrimSuffix(t.name, path.Ext(t.name))
	parts := strings.Split(name, "/")
	last := parts[len(parts)-1]
	return len(parts) > 1 && (last == t.name || last == bare) || slices.Contains(parts[1:], t.name)
}
