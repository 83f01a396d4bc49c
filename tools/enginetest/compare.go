package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// reference runs the suite over the memory backend and keeps what it passes.
func reference(root, folder string, o options) error {
	ran, err := suite(root, folder, "memory", o)
	if err != nil {
		return err
	}
	names := ran.passing()
	path, err := memoryNames(root)
	if err != nil {
		return err
	}
	if err := writeNames(path, names); err != nil {
		return err
	}
	fmt.Printf("memory: %d pass, %d fail, %d are skipped\n", len(names), ran.count(failed), ran.count(skipped))
	return writeTallies(filepath.Join(folder, memoryList), tallies(names))
}

func (r *results) passing() (names []string) {
	for _, name := range sorted(r.outcomes) {
		if r.outcomes[name] == passed {
			names = append(names, name)
		}
	}
	return names
}

func (r *results) count(o outcome) (n int) {
	for _, outcome := range r.outcomes {
		if outcome == o {
			n++
		}
	}
	return n
}

// update runs the suite over the store and writes pass.txt and gaps.txt.
func update(root, folder string, o options) error {
	path, err := memoryNames(root)
	if err != nil {
		return err
	}
	if _, err := os.Stat(path); err != nil {
		if err := reference(root, folder, options{shards: o.shards}); err != nil {
			return err
		}
	}
	inMemory, err := readNames(path)
	if err != nil {
		return err
	}
	var ran *results
	if o.last {
		ran, err = last(root)
	} else if ran, err = suite(root, folder, "store", o); err == nil {
		err = ran.save(root)
	}
	if err != nil {
		return err
	}
	if err := ran.log(o.log, nil); err != nil {
		return err
	}
	gapPath, passPath := filepath.Join(folder, gapList), filepath.Join(folder, passList)
	head, old, err := readGaps(gapPath)
	if err != nil {
		return err
	}
	gaps, sums := ran.gaps(inMemory), tallies(ran.passing())
	if o.only != "" {
		kept, err := readTallies(passPath)
		if err != nil {
			return err
		}
		merge(ran, gaps, old, sums, kept)
	}
	if err := writeGaps(gapPath, head, gaps); err != nil {
		return err
	}
	if err := writeTallies(passPath, sums); err != nil {
		return err
	}
	return summary(folder)
}

// merge keeps the lines of tests that did not run.
func merge(ran *results, gaps, old map[string]gap, sums, kept map[string]tally) {
	for name, g := range old {
		if _, ran := ran.outcomes[top(name)]; !ran {
			gaps[name] = g
		}
	}
	for test, t := range kept {
		if _, ran := ran.outcomes[test]; !ran {
			sums[test] = t
		}
	}
}

// gaps lists what does not pass, and what memory passes and did not run at all.
func (r *results) gaps(inMemory []string) map[string]gap {
	gaps := map[string]gap{}
	passes := map[string]bool{}
	for _, name := range inMemory {
		passes[name] = true
	}
	add := func(name string) {
		k := listed(name, passes[name])
		g := gaps[k]
		g.reason, g.memory = r.guess(name), passes[name]
		g.count++
		gaps[k] = g
	}
	for name, outcome := range r.outcomes {
		if outcome != passed {
			add(name)
		}
	}
	for _, name := range inMemory {
		_, ran := r.outcomes[name]
		if _, top := r.outcomes[top(name)]; top && !ran {
			add(name)
		}
	}
	return gaps
}

// known tells whether a name that does not pass is in the list.
func known(gaps map[string]gap, name string) bool {
	_, passes := gaps[listed(name, true)]
	_, fails := gaps[listed(name, false)]
	return passes || fails
}

// reasons of gaps that stay, by the names of tests. docs/enginetest.md explains them.
var reasons = []struct {
	names  *regexp.Regexp
	reason string
}{
	{regexp.MustCompile(`^TestSelectIntoFile/|INTO_DUMPFILE`), "files"},
	{regexp.MustCompile(`SELECT_version\(\)|/SHOW_VARIABLES_WHERE_Variable_name_>`), "own-name"},
	{regexp.MustCompile(`^TestShowTableStatus`), "own-figures"},
	{regexp.MustCompile(`^TestTracing$`), "plan-nodes"},
	{regexp.MustCompile(`JSON_OVERLAPS\(c3|^TestJsonScripts(Prepared)?/(types_survive|unsigned_tinyint)`), "json-numbers"},
	{regexp.MustCompile(`/Delayed_foreign_key_resolution_insert/INSERT`), "own-kind"},
	{regexp.MustCompile(`/Proper_index_access/SELECT_v1,_pk_FROM_test1_WHERE_v1_IN_`), "upstream"},
	{regexp.MustCompile(`/Parameters_resolve_inside_of_REPLACE/CALL`), "as-mysql"},
	{regexp.MustCompile(`^TestVariables(Prepared)?/set_transaction/select_@@transaction_isolation`), "as-mysql"},
	{regexp.MustCompile(`^TestJoinOps(Prepared)?/empty_join_tests/.*_and_x_!=_\(select_u_from_uv_where_u_=_4\)`), "as-mysql"},
	{regexp.MustCompile(`^TestCreateTable/create_table_(columns_from_aggregate_functions/show_create_table_t2|with_select_preserves_default/show_create_table_t11);`), "as-mysql"},
}

// guess gives a new gap its reason, as far as that can be told from here.
func (r *results) guess(name string) string {
	if r.parents()[name] {
		return r.above(name)
	}
	for _, known := range reasons {
		if known.names.MatchString(name) {
			return known.reason
		}
	}
	if _, ran := r.outcomes[name]; !ran {
		// A test above it ended before it could run.
		if cut := strings.LastIndexByte(name, '/'); cut > 0 {
			if reason := r.guess(name[:cut]); reason != "parent" {
				return reason
			}
		}
		return "not-yet"
	}
	switch {
	case planText(name):
		return "plan-text"
	case planNodes.MatchString(r.printed(name)):
		return "plan-nodes"
	case r.outcomes[name] == skipped:
		return "skipped"
	}
	return "not-yet"
}

// above gives a test with sub-tests the reason that they have; "parent" when they have several.
func (r *results) above(name string) string {
	reason := ""
	for other, outcome := range r.outcomes {
		if outcome == passed || outcome == skipped || r.parents()[other] || !strings.HasPrefix(other, name+"/") {
			continue
		}
		switch why := r.guess(other); {
		case reason == "":
			reason = why
		case reason != why:
			return "parent"
		}
	}
	if strings.HasPrefix(reason, "plan-") {
		return reason
	}
	return "parent"
}

// planNodes matches what a sub-test prints that looks in the plan for a node of go-mysql-server's,
// where wasql has its own: the access to an index, or a join in that order.
var planNodes = regexp.MustCompile(`expected plan to have index|join_planning_tests\.go:\d+`)

func (r *results) printed(name string) string {
	if text := r.output[name]; text != nil {
		return text.String()
	}
	return ""
}

// parents are the tests with sub-tests that do not pass.
func (r *results) parents() map[string]bool {
	if r.holders == nil {
		r.holders = map[string]bool{}
		for name, outcome := range r.outcomes {
			for i, c := range name {
				if c == '/' && (outcome == failed || outcome == started) {
					r.holders[name[:i]] = true
				}
			}
		}
	}
	return r.holders
}

// planTests compare whole plans, as text, with those of go-mysql-server over its own memory tables.
var planTests = regexp.MustCompile(`^Test(QueryPlans|QueryPlanScripts|\w*QueryPlans|\w+Plans|JoinPlanning|JoinStats)(/|$)`)

// explains matches the name of a sub-test that is an EXPLAIN of a statement.
var explains = regexp.MustCompile(`(?i)/(explain|describe|desc)_(plan|format|analyze|extended|select|insert|update|delete|replace|with|\()|/debug$`)

// planText tells whether a sub-test compares the text of a plan.
func planText(name string) bool { return planTests.MatchString(name) || explains.MatchString(name) }

// compare runs the suite over the store and tells what was lost against the lists.
func compare(root, folder string, o options) error {
	_, gaps, err := readGaps(filepath.Join(folder, gapList))
	if err != nil {
		return err
	}
	expected, err := readTallies(filepath.Join(folder, passList))
	if err != nil {
		return err
	}
	ran, err := suite(root, folder, "store", o)
	if err != nil {
		return err
	}
	if err := ran.log(o.log, gaps); err != nil {
		return err
	}
	var lost, gained []string
	for _, name := range sorted(ran.outcomes) {
		switch outcome := ran.outcomes[name]; {
		case outcome != passed && !known(gaps, name):
			lost = append(lost, name)
		case outcome == passed && known(gaps, name) && !planTests.MatchString(name):
			gained = append(gained, name)
		}
	}
	now := tallies(ran.passing())
	for _, test := range sorted(expected) {
		if _, ran := ran.outcomes[test]; (ran || o.only == "") && now[test].count < expected[test].count {
			lost = append(lost, fmt.Sprintf("%s: %d passed, and now %d do", test, expected[test].count, now[test].count))
		}
	}
	if err := summary(folder); err != nil {
		return err
	}
	if len(gained) > 0 {
		fmt.Printf("%d that were gaps pass now: go run -C tools ./enginetest update\n", len(gained))
	}
	for _, name := range lost {
		fmt.Println("lost:", name)
	}
	if len(lost) > 0 {
		return fmt.Errorf("%d passes are lost", len(lost))
	}
	return nil
}

// log writes what failing tests printed to a file; those in known are left out.
func (r *results) log(path string, gaps map[string]gap) error {
	if path == "" {
		return nil
	}
	var out strings.Builder
	for _, name := range sorted(r.outcomes) {
		if known(gaps, name) || r.outcomes[name] != failed || r.parents()[name] {
			continue
		}
		fmt.Fprintf(&out, "=== %s\n", name)
		if text := r.output[name]; text != nil {
			out.WriteString(text.String())
		}
	}
	return os.WriteFile(path, []byte(out.String()), 0o644)
}

// summary prints the counts of the lists.
func summary(folder string) error {
	_, gaps, err := readGaps(filepath.Join(folder, gapList))
	if err != nil {
		return err
	}
	pass, err := readTallies(filepath.Join(folder, passList))
	if err != nil {
		return err
	}
	memory, err := readTallies(filepath.Join(folder, memoryList))
	if err != nil {
		return err
	}
	missing, texts, nodes := 0, 0, 0
	counts := map[string]int{}
	for _, g := range gaps {
		counts[g.reason] += g.count
		switch {
		case !g.memory:
		case g.reason == "plan-text":
			texts += g.count
		case g.reason == "plan-nodes":
			nodes += g.count
		default:
			missing += g.count
		}
	}
	all := sum(memory) - texts
	fmt.Printf("%d pass over the store; memory passes %d, of which %d are gaps for their plan's text\n", sum(pass), sum(memory), texts)
	passing := all - missing - nodes
	fmt.Printf("of the other %d, %d pass: %.2f %%; without %d that look for nodes in the plan %.2f %%\n", all, passing,
		100*float64(passing)/float64(all), nodes, 100*float64(passing)/float64(all-nodes))
	for _, reason := range sorted(counts) {
		fmt.Printf("  %6d %s\n", counts[reason], reason)
	}
	return nil
}
