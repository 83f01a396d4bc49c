package vec

import (
	"errors"
	"testing"
)

func TestABudgetEnds(t *testing.T) {
	all := NewBudget(nil, func() Settings { return Settings{Memory: 1000, Name: "all"} })
	one := NewBudget(all, func() Settings { return Settings{Memory: 800, Name: "one"} })
	other := NewBudget(all, func() Settings { return Settings{Memory: 800, Name: "other"} })
	if err := one.Reserve("x", 800); err != nil {
		t.Fatal(err)
	}
	var full *MemoryError
	if err := one.Reserve("x", 1); !errors.As(err, &full) || full.Setting != "one" || full.Limit != 800 || full.Errno() != 3170 {
		t.Errorf("beyond its own end: %v", err)
	}
	if err := other.Reserve("x", 300); !errors.As(err, &full) || full.Setting != "all" {
		t.Errorf("beyond the end of all: %v", err)
	}
	if now, _ := other.Used(); now != 0 {
		t.Errorf("a refused Reserve books %d", now)
	}
	one.Close()
	if now, peak := all.Used(); now != 0 || peak != 800 {
		t.Errorf("%d are booked when the statement is over, %d at most", now, peak)
	}
	if err := other.Reserve("x", 800); err != nil {
		t.Error(err)
	}
	var none *Budget
	if err := none.Reserve("x", 1<<60); err != nil {
		t.Error(err)
	}
}

// An operator that comes when another has filled the budget finds room to work in.
func TestTheLastQuarterIsForThoseWhoHoldLittle(t *testing.T) {
	b := NewBudget(nil, func() Settings { return Settings{Memory: 800, Name: "one"} })
	ctx := WithBudget(t.Context(), b)
	var first, second account
	first.open(ctx, operatorSort)
	second.open(ctx, operatorJoin)
	if !first.fits(600) || first.fits(601) {
		t.Errorf("the first holds %d", first.held)
	}
	if !second.fits(100) || second.fits(101) {
		t.Errorf("the second holds %d", second.held)
	}
	var full *MemoryError
	if err := first.full(); first.fits(700) || !errors.As(err, &full) || full.Errno() != 1038 {
		t.Errorf("%v", err)
	}
	second.hold(500)
	first.close()
	second.close()
	if now, peak := b.Used(); now != 0 || peak != 1100 {
		t.Errorf("%d are booked, %d at most", now, peak)
	}
}
