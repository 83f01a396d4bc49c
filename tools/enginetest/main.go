// Command enginetest runs go-mysql-server's own test suite over wasql and compares the outcome with
// the lists that are committed.
//
//	go run -C tools ./enginetest generate   writes engine/enginetest/generated_test.go
//	go run -C tools ./enginetest run        runs the suite over the store; exits 1 when a pass is lost
//	go run -C tools ./enginetest update     runs it, and writes what passes and what does not
//	go run -C tools ./enginetest reference  runs it over go-mysql-server's memory backend
//
// docs/enginetest.md says how the lists are read.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

func main() {
	only := flag.String("only", "", "top-level tests to run, as a regular expression; the lists of others stay")
	shards := flag.Int("shards", 2, "processes that run side by side")
	log := flag.String("log", "", "a file for the output of the tests that fail")
	last := flag.Bool("last", false, "update: write the lists from the run before, without another")
	flag.Parse()
	verb := flag.Arg(0)
	if verb != "" {
		_ = flag.CommandLine.Parse(flag.Args()[1:]) // flags behind the verb; it exits by itself
	}
	if err := do(verb, options{only: *only, shards: *shards, log: *log, last: *last}); err != nil {
		fmt.Fprintln(os.Stderr, "enginetest:", err)
		os.Exit(1)
	}
}

// options of a run.
type options struct {
	only   string
	shards int
	log    string
	last   bool
}

func do(verb string, o options) error {
	root, err := filepath.Abs("..")
	if err != nil {
		return err
	}
	folder := filepath.Join(root, "engine", "enginetest")
	switch verb {
	case "generate":
		module, err := command(root, "go", "list", "-m", "-f", "{{.Dir}}", "github.com/dolthub/go-mysql-server")
		if err != nil {
			return err
		}
		return generate(filepath.Join(module, "enginetest"), filepath.Join(folder, "generated_test.go"))
	case "reference":
		return reference(root, folder, o)
	case "update":
		return update(root, folder, o)
	case "run", "":
		return compare(root, folder, o)
	}
	return fmt.Errorf("no verb %q: there are generate, run, update and reference", verb)
}

// command runs a program in a folder and gives what it printed.
func command(folder, name string, arguments ...string) (string, error) {
	c := exec.Command(name, arguments...)
	c.Dir = folder
	c.Stderr = os.Stderr
	out, err := c.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w", name, strings.Join(arguments, " "), err)
	}
	return strings.TrimSpace(string(out)), nil
}
