package main

import (
	"bufio"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// The lists in engine/enginetest. memory.txt and pass.txt have a line for every test of the suite: its name,
// how many of it and its sub-tests pass, and a digest of their names. gaps.txt has a line for every
// name that does not pass, but only one for all those of a test of plans' texts.
const (
	memoryList = "memory.txt"
	passList   = "pass.txt"
	gapList    = "gaps.txt"
)

// tally is a line of memory.txt or pass.txt.
type tally struct {
	count  int
	digest string
}

// gap is a line of gaps.txt.
type gap struct {
	// reason is one of the words that the head of the file explains.
	reason string
	// memory: go-mysql-server's memory backend passes it.
	memory bool
	// count is 1, or how many names the line stands for.
	count int
}

// key is a name as the lists have it: long ones are cut, with a digest.
func key(name string) string {
	const longest = 80
	if len(name) <= longest {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	return strings.ToValidUTF8(name[:longest-20], "") + "~" + hex.EncodeToString(sum[:6])
}

// listed is the key of the line in gaps.txt that a name has, or shares with others.
func listed(name string, memory bool) string {
	if !planTests.MatchString(name) {
		return key(name)
	}
	if memory {
		return top(name) + "/*"
	}
	return top(name) + "/*-"
}

// top is the test that a name belongs to.
func top(name string) string {
	test, _, _ := strings.Cut(name, "/")
	return test
}

// tallies sums the names that pass, by test.
func tallies(passing []string) map[string]tally {
	names := map[string][]string{}
	for _, name := range passing {
		names[top(name)] = append(names[top(name)], name)
	}
	sums := map[string]tally{}
	for test, all := range names {
		slices.Sort(all)
		sum := sha256.Sum256([]byte(strings.Join(all, "\n")))
		sums[test] = tally{len(all), hex.EncodeToString(sum[:8])}
	}
	return sums
}

func writeTallies(path string, sums map[string]tally) error {
	var out strings.Builder
	for _, test := range sorted(sums) {
		fmt.Fprintf(&out, "%s %d %s\n", test, sums[test].count, sums[test].digest)
	}
	return os.WriteFile(path, []byte(out.String()), 0o644)
}

func readTallies(path string) (map[string]tally, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	sums := map[string]tally{}
	for line := range strings.Lines(string(text)) {
		var test string
		var t tally
		if _, err := fmt.Sscan(line, &test, &t.count, &t.digest); err != nil {
			return nil, fmt.Errorf("%s: %q: %w", path, line, err)
		}
		sums[test] = t
	}
	return sums, nil
}

func sum(sums map[string]tally) (n int) {
	for _, t := range sums {
		n += t.count
	}
	return n
}

// readGaps reads gaps.txt: its head, which is kept, and the gaps by key.
func readGaps(path string) (head string, gaps map[string]gap, err error) {
	text, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return "", map[string]gap{}, nil
	}
	if err != nil {
		return "", nil, err
	}
	gaps = map[string]gap{}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") || strings.TrimSpace(line) == "" {
			head += line
			continue
		}
		fields := strings.Fields(line)
		g := gap{count: 1}
		if len(fields) == 4 {
			g.count, err = strconv.Atoi(fields[3])
		}
		if len(fields) < 3 || len(fields) > 4 || err != nil {
			return "", nil, fmt.Errorf("%s: %q is not reason, memory, name and perhaps a count", path, line)
		}
		g.reason, g.memory = fields[0], fields[1] == "memory"
		gaps[fields[2]] = g
	}
	return head, gaps, nil
}

// gapHead begins gaps.txt.
const gapHead = `# What of go-mysql-server's test suite does not pass over the store: the reason, whether go-mysql-server's
# memory backend passes it, the name (a long one ends in ~ and a digest), and how many names a line
# stands for when there are several. docs/enginetest.md explains the reasons.
# Written by tools/enginetest update.
`

func writeGaps(path, head string, gaps map[string]gap) error {
	if head == "" {
		head = gapHead
	}
	var out strings.Builder
	out.WriteString(head)
	for _, name := range sorted(gaps) {
		passes := "-"
		if gaps[name].memory {
			passes = "memory"
		}
		fmt.Fprintf(&out, "%s %s %s", gaps[name].reason, passes, name)
		if n := gaps[name].count; n > 1 {
			fmt.Fprintf(&out, " %d", n)
		}
		out.WriteByte('\n')
	}
	return os.WriteFile(path, []byte(out.String()), 0o644)
}

func sorted[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// memoryNames is where the full names are kept that the memory backend passes. It can be made anew
// at any time.
func memoryNames(root string) (string, error) {
	cache := os.Getenv("WASQL_CACHE")
	if cache == "" {
		base, err := os.UserCacheDir()
		if err != nil {
			return "", err
		}
		cache = filepath.Join(base, "wasql")
	}
	version, err := command(root, "go", "list", "-m", "-f", "{{.Version}}", "github.com/dolthub/go-mysql-server")
	return filepath.Join(cache, "enginetest", "memory-"+version+".gz"), err
}

func writeNames(path string, names []string) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	packed := gzip.NewWriter(file)
	_, err = io.WriteString(packed, strings.Join(names, "\n")+"\n")
	for _, close := range []func() error{packed.Close, file.Close} {
		if e := close(); err == nil {
			err = e
		}
	}
	return err
}

func readNames(path string) ([]string, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // only read
	unpacked, err := gzip.NewReader(file)
	if err != nil {
		return nil, err
	}
	var names []string
	lines := bufio.NewScanner(unpacked)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		names = append(names, lines.Text())
	}
	return names, lines.Err()
}
