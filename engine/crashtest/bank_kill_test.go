//go:build unix

package crashtest

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// bankKills is how often the bank is ended: by WASQL_BANK, as make bank sets it.
func bankKills(t testing.TB) int {
	if n := os.Getenv("WASQL_BANK"); n != "" {
		kills, err := strconv.Atoi(n)
		if err != nil {
			t.Fatal(err)
		}
		return kills
	}
	return 24
}

// ledger is what the process that was ended has said.
type ledger struct {
	// began has the branches of each transfer, ended its outcome; one without is cut off.
	began map[int][]int
	ended map[int]string
}

// TestTheBankIsKilled ends a process that moves money between three connectors: before each step of a commit in turn, at operations on files,
// and at random moments. Afterwards the money is all there, what was answered is done, and nothing is done in part.
//
// checklist: P12, M12, M13, M14
func TestTheBankIsKilled(t *testing.T) {
	needStore(t)
	if err := buildPurse(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	folder := t.TempDir()
	if err := foundBank(ctx, folder); err != nil {
		t.Fatal(err)
	}
	var total bankFigures
	kills := bankKills(t)
	random := rand.New(rand.NewPCG(1, uint64(kills)))
	for kill := range kills {
		c := child{Folder: folder, Bank: true, Seed: random.Uint64()}
		after := time.Duration(0)
		switch kill % 3 {
		case 0:
			c.Step = 1 + random.IntN(120)
		case 1:
			c.At, c.Bytes = 20+random.IntN(150), []int{0, 33, 1 << 30}[random.IntN(3)]
		case 2:
			after = time.Duration(20+random.IntN(250)) * time.Millisecond
		}
		what := fmt.Sprintf("kill %d (step %d, operation %d, after %v)", kill, c.Step, c.At, after)
		said := bankRun(t, c, after, what)
		total.add(t, folder, what, said)
		if t.Failed() {
			t.FailNow()
		}
	}
	figures(t, fmt.Sprintf("SIGKILL of a bank over three connectors, one of which cannot prepare, %d workers", bankWorkers),
		"%d kills: %d transfers answered, all there; of %d cut off %d there as a whole, the others not at all; %d refused or rolled back, %d outcomes unknown; the sum never changed; %d transactions in doubt, finished within %v of the restart",
		total.kills, total.done, total.cut, total.cutDone, total.back, total.unknown, total.doubts, total.longest.Round(time.Millisecond))
	if total.done == 0 || total.cut == 0 {
		t.Errorf("nothing was tried: %+v", total)
	}
}

// bankRun runs the bank until it is ended.
func bankRun(t *testing.T, c child, after time.Duration, what string) ledger {
	t.Helper()
	said := ledger{map[int][]int{}, map[int]string{}}
	p := c.start(t)
	timer := time.AfterFunc(time.Minute, func() { _ = p.Process.Kill() })
	defer timer.Stop()
	for line := range p.lines {
		words := strings.SplitN(line, " ", 3)
		if line == "ready" {
			if after > 0 {
				time.AfterFunc(after, func() { _ = p.Process.Kill() })
			}
			continue
		}
		if words[0] == "sum" {
			t.Errorf("%s: while it runs, the sum is %s, want %d", what, words[1], bankTotal)
			continue
		}
		if len(words) < 3 {
			continue // cut off
		}
		receipt, err := strconv.Atoi(words[1])
		if err != nil {
			t.Fatalf("%s: %q", what, line)
		}
		if words[0] != "begin" {
			said.ended[receipt] = words[0]
			continue
		}
		for word := range strings.SplitSeq(words[2], ",") {
			branch, err := strconv.Atoi(word)
			if err != nil {
				t.Fatalf("%s: %q", what, line)
			}
			said.began[receipt] = append(said.began[receipt], branch)
		}
	}
	if !p.killed(t) {
		t.Fatalf("%s: it ended by itself\n%s", what, p.errors.String())
	}
	return said
}

type bankFigures struct {
	kills, done, back, unknown, cut, cutDone, doubts int
	longest                                          time.Duration
}

// add looks at what is left.
func (f *bankFigures) add(t *testing.T, folder, what string, said ledger) {
	t.Helper()
	ctx := t.Context()
	d, err := openBank(ctx, folder)
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	defer func() {
		if err := d.close(ctx); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}()
	s := d.newSession()
	defer s.Close()
	before, err := query(ctx, s, "SELECT * FROM information_schema.WASQL_TRANSACTIONS")
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	f.kills, f.doubts = f.kills+1, f.doubts+len(before)
	// All of it is finished by the time the connectors are used, and then shown no more.
	began := time.Now()
	found := make([]map[int]bool, len(branches))
	for b := range branches {
		if found[b], err = d.receipts(ctx, s, b); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	for {
		left, err := query(ctx, s, "SELECT * FROM information_schema.WASQL_TRANSACTIONS")
		if err == nil && len(left) == 0 {
			break
		}
		if time.Since(began) > 5*time.Second {
			t.Fatalf("%s: in doubt after %v are %v, %v; they were %v", what, time.Since(began), left, err, before)
		}
		time.Sleep(5 * time.Millisecond)
	}
	f.longest = max(f.longest, time.Since(began))
	sum, err := d.sum(ctx, s)
	if err != nil || sum != bankTotal {
		t.Errorf("%s: the sum is %d, want %d, %v", what, sum, bankTotal, err)
	}
	for receipt, all := range said.began {
		there := 0
		for _, b := range all {
			if found[b][receipt] {
				there++
			}
		}
		outcome := said.ended[receipt]
		switch {
		case there != 0 && there != len(all):
			t.Errorf("%s: transfer %d over %v is there in part: %d; it was told %q; in doubt were %v", what, receipt, all, there, outcome, before)
		case outcome == "done" && there == 0:
			t.Errorf("%s: transfer %d over %v was answered and is lost", what, receipt, all)
		case outcome == "back" && there > 0:
			t.Errorf("%s: transfer %d over %v was rolled back and is there", what, receipt, all)
		}
		switch outcome {
		case "done":
			f.done++
		case "back":
			f.back++
		case "unknown":
			f.unknown++
		default:
			f.cut++
			if there > 0 {
				f.cutDone++
			}
		}
	}
}
