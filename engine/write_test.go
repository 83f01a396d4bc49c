package engine

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wasql/wasql/engine/sqlerr"
)

// TestKeysOfParallelInserts has sessions insert rows at once: no key is made twice, each statement's
// keys rise, and LAST_INSERT_ID is the session's own.
func TestKeysOfParallelInserts(t *testing.T) {
	const sessions, statements, rows = 8, 20, 5
	e, s := newEngine(t, Config{}, "store")
	ctx := t.Context()
	if _, _, _, err := ask(ctx, s, "CREATE TABLE plants (id INT PRIMARY KEY AUTO_INCREMENT, session INT, statement INT)"); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for number := range sessions {
		all.Go(func() {
			own := e.NewSession("tester")
			defer own.Close()
			for statement := range statements {
				values := strings.TrimSuffix(strings.Repeat(fmt.Sprintf("(%d, %d),", number, statement), rows), ",")
				if _, _, _, err := ask(ctx, own, "INSERT INTO plants (session, statement) VALUES "+values); err != nil {
					t.Error(err)
					return
				}
				_, last, _, err := ask(ctx, own, "SELECT LAST_INSERT_ID()")
				if err != nil {
					t.Error(err)
					return
				}
				_, first, _, err := ask(ctx, own, fmt.Sprintf("SELECT min(id) FROM plants WHERE session = %d AND statement = %d", number, statement))
				if err != nil || first[0][0] != last[0][0] {
					t.Errorf("LAST_INSERT_ID is %v, the first key is %v (%v)", last, first, err)
				}
			}
		})
	}
	all.Wait()
	if got := one(t, s, "SELECT concat(count(*), ' ', count(DISTINCT id)) FROM plants"); got != "800 800" {
		t.Errorf("rows and different keys: %s, want 800 of each", got)
	}
}

// TestCancelledWritesLeaveNothing stops statements that have sent rows already.
func TestCancelledWritesLeaveNothing(t *testing.T) {
	for _, c := range []struct{ name, table, setup, write string }{
		{"batches", "plants", "CREATE TABLE plants (id BIGINT PRIMARY KEY)", "INSERT INTO plants SELECT a.value * 100000 + b.value FROM series.series a, series.series b WHERE a.start = 1 AND a.stop = 10000 AND b.start = 1 AND b.stop = 10000"},
		{"row by row", "plants", "CREATE TABLE plants (id BIGINT PRIMARY KEY)", "REPLACE INTO plants SELECT value FROM series.series WHERE start = 1 AND stop = 100000000"},
		{"without transactions", "garden.plants", "SELECT 1", "REPLACE INTO garden.plants SELECT value, NULL, NULL FROM series.series WHERE start = 1 AND stop = 100000000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, s := newEngine(t, Config{}, "store", "garden", "series-go")
			if _, _, _, err := ask(t.Context(), s, c.setup); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
			defer cancel()
			if _, _, _, err := ask(ctx, s, c.write); err == nil {
				t.Fatal("the statement ended by itself")
			} else if e := sqlerr.From(err); e.Errno != 3024 && e.Errno != 1317 {
				t.Errorf("error %d: %v", e.Errno, err)
			}
			if got := one(t, s, "SELECT count(*) FROM "+c.table); got != "0" {
				t.Errorf("%s rows stayed", got)
			}
		})
	}
}

// TestReturningIsDoneBeforeItIsRead closes an answer that was not read to its end.
func TestReturningIsDoneBeforeItIsRead(t *testing.T) {
	_, s := newEngine(t, Config{}, "store")
	ctx := t.Context()
	if _, _, _, err := ask(ctx, s, "CREATE TABLE plants (id INT PRIMARY KEY)"); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"INSERT INTO plants VALUES (1), (2), (3) RETURNING id", "INSERT INTO plants VALUES (4) RETURNING id"} {
		result, err := s.Query(ctx, text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := result.Next(ctx); err != nil {
			t.Error(err)
		}
		if err := result.Close(ctx); err != nil {
			t.Error(err)
		}
	}
	if got := one(t, s, "SELECT count(*) FROM plants"); got != "4" {
		t.Errorf("%s rows are there, want 4", got)
	}
}
