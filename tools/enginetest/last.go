package main

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
)

// What the last run over the store gave is kept beside the names of the reference, so that lists can
// be written from it again.

var letters = map[outcome]string{started: "r", passed: "p", failed: "f", skipped: "s"}

// save keeps the results; of what tests printed, whether they looked for nodes in a plan.
func (r *results) save(root string) error {
	path, err := memoryNames(root)
	if err != nil {
		return err
	}
	lines := make([]string, 0, len(r.outcomes))
	for _, name := range sorted(r.outcomes) {
		letter := letters[r.outcomes[name]]
		if planNodes.MatchString(r.printed(name)) {
			letter += "n"
		}
		lines = append(lines, letter+" "+name)
	}
	return writeNames(filepath.Join(filepath.Dir(path), "last.gz"), lines)
}

// last gives the results of the run before.
func last(root string) (*results, error) {
	path, err := memoryNames(root)
	if err != nil {
		return nil, err
	}
	lines, err := readNames(filepath.Join(filepath.Dir(path), "last.gz"))
	if err != nil {
		return nil, err
	}
	r := &results{outcomes: map[string]outcome{}, output: map[string]*bytes.Buffer{}}
	for _, line := range lines {
		letter, name, _ := strings.Cut(line, " ")
		for o, l := range letters {
			if strings.HasPrefix(letter, l) && !own[top(name)] {
				r.outcomes[name] = o
			}
		}
		if strings.HasSuffix(letter, "n") {
			r.output[name] = bytes.NewBufferString("expected plan to have index")
		}
	}
	if len(r.outcomes) == 0 {
		return nil, fmt.Errorf("no run is kept in %s", path)
	}
	return r, nil
}
