package main

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// outcome of a test or sub-test.
type outcome uint8

const (
	started outcome = iota
	passed
	failed
	skipped
)

// own are tests of the package that are not the suite's.
var own = map[string]bool{"TestShortForm": true, "TestListsHoldTogether": true}

// results of a run.
type results struct {
	outcomes map[string]outcome
	// output has the first lines of what failing tests printed.
	output map[string]*bytes.Buffer
	// holders have sub-tests that fail.
	holders map[string]bool
}

const (
	// batch is how many tests one process runs: what a crash costs, and what a start is shared by.
	batch = 6
	// outputMax bytes are kept of a test.
	outputMax = 4 << 10
)

// suite runs the tests over a backend, and goes on behind a test that ends the process.
func suite(root, folder, over string, o options) (*results, error) {
	binary := filepath.Join(os.TempDir(), fmt.Sprintf("wasql-enginetest-%d.test", os.Getpid()))
	defer func() { _ = os.Remove(binary) }() // a file left behind fails no run
	if _, err := command(root, "go", "test", "-c", "-o", binary, "./engine/enginetest"); err != nil {
		return nil, err
	}
	listed, err := command(folder, binary, "-test.list="+cmp.Or(o.only, "."))
	if err != nil {
		return nil, err
	}
	tests := slices.DeleteFunc(strings.Fields(listed), func(word string) bool { return !strings.HasPrefix(word, "Test") || own[word] })
	total := &results{outcomes: map[string]outcome{}, output: map[string]*bytes.Buffer{}}
	batches := make(chan []string, len(tests))
	for names := range slices.Chunk(tests, batch) {
		batches <- names
	}
	close(batches)
	var (
		wait   sync.WaitGroup
		mu     sync.Mutex
		broken error
	)
	for range max(1, o.shards) {
		wait.Go(func() {
			for names := range batches {
				part, err := runBatch(folder, binary, over, names)
				mu.Lock()
				total.add(part)
				if err != nil && broken == nil {
					broken = err
				}
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	return total, broken
}

func (r *results) add(part *results) {
	for name, outcome := range part.outcomes {
		r.outcomes[name] = outcome
	}
	for name, text := range part.output {
		r.output[name] = text
	}
}

// runBatch runs tests in one process, and those behind one that ended the process in the next.
func runBatch(folder, binary, over string, names []string) (*results, error) {
	part := &results{outcomes: map[string]outcome{}, output: map[string]*bytes.Buffer{}}
	for len(names) > 0 {
		if err := part.process(folder, binary, over, names); err != nil {
			return part, err
		}
		// What has begun and not ended took the process with it.
		last := -1
		for i, name := range names {
			if _, ran := part.outcomes[name]; ran {
				last = i
			}
		}
		if last < 0 {
			return part, fmt.Errorf("none of %s ran: %s", strings.Join(names, ", "), part.output[""])
		}
		names = names[last+1:]
	}
	for name, outcome := range part.outcomes {
		if outcome == started {
			part.outcomes[name] = failed
		}
	}
	return part, nil
}

// process runs tests until all have run or the process ends.
func (r *results) process(folder, binary, over string, names []string) error {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = regexp.QuoteMeta(name)
	}
	c := exec.Command(binary, "-test.v=test2json", "-test.timeout=15m", "-test.run=^("+strings.Join(quoted, "|")+")$")
	c.Dir = folder
	c.Env = append(os.Environ(), "WASQL_ENGINETEST="+over, "WASQL_NEED_GUESTS=1")
	out, err := c.StdoutPipe()
	if err != nil {
		return err
	}
	c.Stderr = c.Stdout
	if err := c.Start(); err != nil {
		return err
	}
	if err := r.read(out); err != nil {
		return err
	}
	_ = c.Wait() // a failing test fails the process
	return nil
}

// marker stands before the lines that go test itself prints.
const marker = '\x16'

// read notes what a process prints.
func (r *results) read(out io.Reader) error {
	lines := bufio.NewReaderSize(out, 1<<16)
	current := ""
	for {
		line, err := lines.ReadString('\n')
		if text, event, found := strings.Cut(line, string(marker)); found {
			r.note(current, text)
			current = r.event(current, strings.TrimSpace(event))
		} else {
			r.note(current, line)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// event takes a line of go test's and gives the test that the next lines belong to.
func (r *results) event(current, line string) string {
	fields := strings.Fields(line)
	if len(fields) < 3 {
		return current
	}
	name := fields[2]
	switch fields[0] + " " + fields[1] {
	case "=== RUN":
		r.outcomes[name] = started
	case "--- PASS:":
		r.outcomes[name] = passed
		delete(r.output, name)
	case "--- SKIP:":
		r.outcomes[name] = skipped
	case "--- FAIL:":
		r.outcomes[name] = failed
	case "=== NAME", "=== CONT":
	default:
		return current
	}
	return name
}

func (r *results) note(name, text string) {
	if text == "" {
		return
	}
	b := r.output[name]
	if b == nil {
		b = &bytes.Buffer{}
		r.output[name] = b
	}
	if b.Len() < outputMax {
		b.WriteString(text)
	}
}
