package main

import (
	"testing"
	"time"
)

// clause: 8.25
func TestHistoryIsBounded(t *testing.T) {
	now := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	tick := func() time.Time { now = now.Add(time.Second); return now }
	fill := func(h *history, commits int, cost int64) {
		for range commits {
			h.add(newState(), tick, cost)
		}
	}
	for name, c := range map[string]struct {
		h    history
		cost int64
		want int // states besides the present one
	}{
		"by number": {history{span: time.Hour, versions: 7, bytes: 1 << 20}, 1, 7},
		"by bytes":  {history{span: time.Hour, versions: 1000, bytes: 1000}, 100, 10},
		"by age":    {history{span: 5 * time.Second, versions: 1000, bytes: 1 << 20}, 1, 6}, // the one that was there 5 s ago is still needed
		"none":      {history{}, 1, 0},
	} {
		h := c.h
		fill(&h, 100, c.cost)
		if len(h.all) != c.want+1 || h.held != int64(c.want)*c.cost && c.want > 0 {
			t.Errorf("%s: %d states that hold %d bytes, want %d", name, len(h.all)-1, h.held, c.want)
		}
	}
}

func TestHistoryFindsTheNewestThatIsNotYounger(t *testing.T) {
	start := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	now := start
	h := history{span: time.Hour, versions: 100, bytes: 1 << 20}
	for range 3 { // at 1, 2 and 3 s
		h.add(newState(), func() time.Time { now = now.Add(time.Second); return now }, 1)
	}
	for seconds, want := range map[float64]uint64{0.5: 0, 1: 1, 1.9: 1, 2: 2, 3: 3, 300: 3} {
		p := h.at(start.Add(time.Duration(seconds * float64(time.Second))))
		if want == 0 && p != nil || want != 0 && (p == nil || p.serial != want) {
			t.Errorf("at %g s it is %+v, want state %d", seconds, p, want)
		}
	}
	// A clock that is put back makes no state older than the one before.
	h.add(newState(), func() time.Time { return start }, 1)
	if p := h.at(now); p == nil || p.serial != 4 {
		t.Errorf("after the clock was put back it is %+v", p)
	}
	// What was pinned is there until it is released as often, whatever goes.
	p := h.at(start.Add(time.Second))
	h.pin(p)
	h.pin(p)
	h.unpin(p.serial)
	h.versions = 0
	h.add(newState(), func() time.Time { return now }, 1)
	if h.pins[1] == nil || len(h.all) != 1 {
		t.Errorf("%d states, pins %v", len(h.all), h.pins)
	}
	h.unpin(1)
	if len(h.pins) != 0 {
		t.Errorf("pins %v are left", h.pins)
	}
}
