package engine

import (
	"context"
	"errors"
	"fmt"
	"math/rand"
	"sync"
	"testing"

	"github.com/wasql/wasql/engine/sqlerr"
)

// TestReadersOfAnIndexThatIsWrittenToSeeOneMoment moves rows between keys, each statement as many one way as the other, while
// readers count those of a key through the index.
//
// checklist: G29
func TestReadersOfAnIndexThatIsWrittenToSeeOneMoment(t *testing.T) {
	x := openIndexed(t, "")
	defer x.close(t)
	const rows, of = 400, 40 // of the rows have key 1
	mustRun(t, x.Session, "CREATE TABLE t (id INT PRIMARY KEY, k INT)",
		fmt.Sprintf("INSERT INTO t WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < %d) SELECT n, if(n <= %d, 1, 1 + n) FROM r", rows, of),
		"CREATE INDEX by_k ON t USING ixdriver (k)")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var wait sync.WaitGroup
	fail := make(chan error, 8)
	for writer := range 2 {
		s := x.Engine.NewSession("writer")
		wait.Go(func() {
			defer s.Close()
			random := rand.New(rand.NewSource(int64(writer)))
			for ctx.Err() == nil {
				// One of those with key 1 changes places with one of the others, of those that are the writer's own.
				_, with, _, err := ask(context.Background(), s, fmt.Sprintf("SELECT id, k FROM t WHERE k = 1 AND id %% 2 = %d", writer))
				if err != nil || len(with) == 0 {
					fail <- fmt.Errorf("%d rows: %w", len(with), err)
					return
				}
				one := with[random.Intn(len(with))][0]
				_, other, _, err := ask(context.Background(), s, fmt.Sprintf("SELECT id, k FROM t WHERE k > 1 AND id %% 2 = %d LIMIT 1", writer))
				if err != nil || len(other) == 0 {
					fail <- fmt.Errorf("%d rows: %w", len(other), err)
					return
				}
				_, _, _, err = ask(context.Background(), s, fmt.Sprintf("UPDATE t SET k = if(id = %s, %s, 1) WHERE id IN (%s, %s)", one, other[0][1], one, other[0][0]))
				if e := sqlerr.From(err); e != nil && e.Errno != 1213 {
					fail <- err
					return
				}
			}
		})
	}
	for range 2 {
		s := x.Engine.NewSession("reader")
		mustRun(t, s, "SET wasql_index_drivers = 2")
		wait.Go(func() {
			defer s.Close()
			defer stop()
			for i := range 150 {
				within := i%3 == 0
				if within {
					if _, _, _, err := ask(context.Background(), s, "START TRANSACTION"); err != nil {
						fail <- err
						return
					}
				}
				for range 2 {
					_, got, _, err := ask(context.Background(), s, "SELECT id FROM t WHERE k = 1")
					if err == nil && len(got) != of {
						err = fmt.Errorf("%d rows have the key at one moment, and there are %d of them at any", len(got), of)
					}
					if err != nil {
						fail <- err
						return
					}
				}
				if within {
					if _, _, _, err := ask(context.Background(), s, "COMMIT"); err != nil {
						fail <- err
						return
					}
				}
			}
		})
	}
	wait.Wait()
	close(fail)
	var failures []error
	for err := range fail {
		failures = append(failures, err)
	}
	if err := errors.Join(failures...); err != nil {
		t.Fatal(err)
	}
}
