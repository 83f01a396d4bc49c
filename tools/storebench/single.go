package main

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"
)

// singleRows is how many rows the table has that single ones are found and changed in.
const singleRows = 100_000

// single measures operations on one row: lookups, and changes with and without a sync each.
func (b *bench) single(ctx context.Context) error {
	for _, durable := range []bool{true, false} {
		ours, theirs, done, err := b.sides(ctx, durable)
		if err != nil {
			return err
		}
		small := &bench{rows: singleRows}
		if err := small.prepare(ctx, ours, ourTable); err != nil {
			return err
		}
		if err := small.prepare(ctx, theirs, theirTable); err != nil {
			return err
		}
		if durable {
			err = b.lookups(ctx, ours, theirs.(*sqlite))
		}
		if err == nil {
			err = b.changes(ctx, ours, theirs, durable)
		}
		if err != nil {
			return err
		}
		if err := done(); err != nil {
			return err
		}
	}
	return nil
}

// key spreads the operations over the table.
func key(i int) int { return (i*7919)%singleRows + 1 }

// lookups finds rows by their key.
func (b *bench) lookups(ctx context.Context, ours side, theirs *sqlite) error {
	if !strings.Contains("lookup by key", b.only) {
		return nil
	}
	prepared, err := theirs.db.PrepareContext(ctx, "SELECT * FROM source WHERE id = ?")
	if err != nil {
		return err
	}
	text := func(s side) func(int) error {
		return func(i int) error { return one(s.query(ctx, fmt.Sprintf("SELECT * FROM source WHERE id = %d", key(i)))) }
	}
	times, err := alternate(10*b.ops, text(ours), text(theirs), func(i int) error { return findPrepared(ctx, prepared, key(i)) })
	if err != nil {
		return err
	}
	compare("lookup by key : SQLite", times[0], times[1], time.Microsecond, "us", "both plan each statement")
	compare("lookup by key : SQLite, prepared", times[0], times[2], time.Microsecond, "us", "")
	return prepared.Close()
}

func findPrepared(ctx context.Context, statement *sql.Stmt, key int) error {
	rows, err := statement.QueryContext(ctx, key)
	if err != nil {
		return err
	}
	return one(drain(rows))
}

// one wants one row.
func one(n int, err error) error {
	if err == nil && n != 1 {
		err = fmt.Errorf("%d rows where one was looked for", n)
	}
	return err
}

// changes inserts and updates one row a statement, each a transaction of its own.
func (b *bench) changes(ctx context.Context, ours, theirs side, durable bool) error {
	how, ops := "no sync", 10*b.ops
	if durable {
		how, ops = "synced", b.ops
	}
	for _, c := range []struct {
		name string
		text func(i int) string
	}{
		{"insert of one row", func(i int) string {
			return fmt.Sprintf("INSERT INTO t VALUES (%d, %d, 1.5, 'name %d')", i, i, i)
		}},
		{"update by key", func(i int) string {
			return fmt.Sprintf("UPDATE source SET k = k + 1, s = 'new %d' WHERE id = %d", i, key(i))
		}},
	} {
		name := c.name + ", " + how
		if !strings.Contains(name, b.only) {
			continue
		}
		run := func(s side) func(int) error { return func(i int) error { return s.exec(ctx, c.text(i)) } }
		times, err := alternate(ops, run(ours), run(theirs))
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		compare(name+" : SQLite", times[0], times[1], time.Microsecond, "us", "")
	}
	return nil
}

// alternate runs the actions by turns, some operations each, and gives the median time of one
// operation of each. What else the machine does meets all of them alike.
func alternate(ops int, actions ...func(i int) error) ([]time.Duration, error) {
	const turn = 20
	times := make([][]time.Duration, len(actions))
	for first := 0; first < ops; first += turn {
		for a, action := range actions {
			for i := first; i < first+turn; i++ {
				took, err := timed(func() error { return action(i + 1) })
				if err != nil {
					return nil, err
				}
				times[a] = append(times[a], took)
			}
		}
	}
	medians := make([]time.Duration, len(actions))
	for a := range times {
		medians[a] = median(times[a][len(times[a])/10:]) // the first ones warm up
	}
	return medians, nil
}
