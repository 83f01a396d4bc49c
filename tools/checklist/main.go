// Command checklist tells which promised features have a test and runs those tests.
//
//	go run -C tools ./checklist [-list] [ROOT]
//
// ids.txt has every feature's id; open.txt the ids that a later milestone does. A test carries an
// id in one of three ways:
//
//   - a subtest TestChecklist/G27_index_driver, or with several ids, TestChecklist/G4_G19_name;
//   - a line "checklist: G4 G19" in the comment of a Go test or example function;
//   - a line "# checklist: G4 G19" among the first lines of an .slt or .txtar case, which a test of
//     the nearest package above, or of one below that, runs as a subtest named after the file.
//
// The command runs the packages with such tests, prints every id with its tests, and exits 1
// when an id that is not open has no test, or any test that carries an id fails or is skipped.
package main

import (
	_ "embed"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
)

//go:embed ids.txt
var idsText string

//go:embed open.txt
var openText string

// A feature is one line of ids.txt.
type feature struct {
	id, title string
	open      bool
}

func main() {
	list := flag.Bool("list", false, "print the tests without running them")
	flag.Parse()
	root := ".."
	if flag.NArg() > 0 {
		root = flag.Arg(0)
	}
	failures, err := report(root, *list)
	if err != nil {
		fmt.Fprintln(os.Stderr, "checklist:", err)
		os.Exit(2)
	}
	if failures > 0 {
		os.Exit(1)
	}
}

// report prints the checklist and returns how many lines of it do not hold.
func report(root string, list bool) (failures int, err error) {
	features := parseFeatures(idsText, openText)
	tests, err := find(root)
	if err != nil {
		return 0, err
	}
	if !list {
		if tests, err = run(root, tests); err != nil {
			return 0, err
		}
	}
	lines, failures := judge(features, tests, list)
	for _, line := range lines {
		fmt.Println(line)
	}
	return failures, nil
}

func parseFeatures(ids, open string) []feature {
	var later []string
	for line := range strings.Lines(open) {
		if fields := strings.Fields(line); len(fields) > 0 && !strings.HasPrefix(line, "#") {
			later = append(later, fields[0])
		}
	}
	var features []feature
	for line := range strings.Lines(ids) {
		id, title, ok := strings.Cut(strings.TrimSpace(line), " ")
		if ok && id != "#" {
			features = append(features, feature{id, title, slices.Contains(later, id)})
		}
	}
	return features
}

// judge gives one line a feature, one for each test with an unknown id, and a summary.
func judge(features []feature, tests []test, list bool) (lines []string, failures int) {
	var done, open int
	known := make(map[string]bool)
	for _, f := range features {
		known[f.id] = true
		var names []string
		bad := false
		for _, t := range tests {
			if slices.Contains(t.ids, f.id) {
				names = append(names, t.show(list))
				bad = bad || !list && t.state != "pass"
			}
		}
		verdict := "ok"
		switch {
		case bad:
			verdict = "FAIL"
			failures++
		case len(names) > 0:
			done++
		case f.open:
			verdict = "open"
			open++
		default:
			verdict = "NO TEST"
			failures++
		}
		lines = append(lines, fmt.Sprintf("%-4s %-8s %s", f.id, verdict, f.title))
		for _, name := range names {
			lines = append(lines, "              "+name)
		}
	}
	for _, t := range tests {
		for _, id := range t.ids {
			if !known[id] {
				lines = append(lines, fmt.Sprintf("%-4s UNKNOWN  %s", id, t.show(list)))
				failures++
			}
		}
	}
	return append(lines, fmt.Sprintf("%d of %d features have tests that hold, %d are open, %d do not hold", done, len(features), open, failures)), failures
}
