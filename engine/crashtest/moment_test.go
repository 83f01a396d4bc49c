//go:build unix

package crashtest

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// rounds of TestKilledAtRandomMoments.
func rounds() int {
	if long {
		return 500
	}
	return 6
}

// TestKilledAtRandomMoments ends a process whose workers insert, update, delete and define, over and over on one folder.
//
// checklist: G34
func TestKilledAtRandomMoments(t *testing.T) {
	needStore(t)
	folder := t.TempDir()
	random := rand.New(rand.NewPCG(4, 2))
	answered, errors, unfinished := 0, 0, 0
	before := make([]*worker, workers)
	for id := range before {
		before[id] = newWorker(id, 0, map[int]row{}, 0)
	}
	for round := range rounds() {
		seed := uint64(round) + 1
		p := child{Folder: folder, Load: true, Seed: seed}.start(t)
		for id, w := range before {
			before[id] = newWorker(id, seed, w.rows, w.stage)
		}
		pending := make([]operation, workers)
		for id, w := range before {
			pending[id] = w.operation()
		}
		for line := range p.lines {
			if line == "ready" {
				time.AfterFunc(time.Duration(random.IntN(300_000))*time.Microsecond, func() { _ = p.Process.Kill() })
				continue
			}
			var id, n int
			var ok bool
			if _, err := fmt.Sscan(line, &id, &n, &ok); err != nil {
				t.Fatalf("round %d: %q: %v", round, line, err)
			}
			if ok {
				answered++
				before[id].done(pending[id])
			} else {
				errors++
				if !strings.Contains(line, "try the transaction again") && !strings.Contains(line, "changed or dropped") && !strings.Contains(line, "changed by another transaction") {
					t.Errorf("round %d: %s", round, line)
				}
			}
			pending[id] = before[id].operation()
		}
		if !p.killed(t) {
			t.Fatalf("round %d: it ended by itself", round)
		}
		unfinished += afterMoment(t, folder, fmt.Sprintf("round %d", round), before, pending)
	}
	usable(t, folder)
	figures(t, fmt.Sprintf("SIGKILL at random moments under %d concurrent writers", workers), "%d kills: %d answered statements and transactions, all there; of those cut off %d there as a whole, the others not at all; %d refused as conflicts",
		rounds(), answered, unfinished, errors)
}

// afterMoment compares each worker's rows and table with what was answered, with and without what was under way.
func afterMoment(t *testing.T, folder, what string, before []*worker, pending []operation) (unfinished int) {
	t.Helper()
	ctx := t.Context()
	if err := check(ctx, folder); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	d, err := openDatabase(ctx, folder)
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	for id, w := range before {
		found, err := d.worker(ctx, id, 0)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		is := func(rows map[int]row, stage int) bool { return maps.Equal(found.rows, rows) && found.stage == stage }
		switch {
		case is(w.rows, w.stage):
		case is(pending[id].rows, pending[id].stage):
			w.done(pending[id])
			unfinished++
		default:
			t.Fatalf("%s: worker %d has %d rows, stage %d; answered: %d rows, stage %d; under way: %q", what, id, len(found.rows), found.stage, len(w.rows), w.stage, pending[id].statements)
		}
	}
	if err := d.close(ctx); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	return unfinished
}
