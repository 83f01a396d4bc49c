package engine

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// cpuTime is what the process has used. Unlike the time of a clock it is much the same when the machine is
// busy with other things.
func cpuTime(b *testing.B) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// BenchmarkEngineShare starts lookups by key and ends them without wanting a row: a scan is opened with the first
// one, so that what is measured is the engine's own part.
func BenchmarkEngineShare(b *testing.B) {
	_, s := newEngine(b, Config{}, "store")
	run := func(text string) {
		result, err := s.Query(b.Context(), text)
		if err == nil {
			err = result.Close(b.Context())
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	run("CREATE TABLE t (id BIGINT PRIMARY KEY, k BIGINT NOT NULL, v DOUBLE, s VARCHAR(40))")
	for _, cache := range []int{0, 1} {
		b.Run(fmt.Sprintf("cache=%d", cache), func(b *testing.B) {
			run(fmt.Sprintf("SET wasql_plan_cache = %d", cache))
			i, start := 0, cpuTime(b)
			for b.Loop() {
				i++
				run("SELECT * FROM t WHERE id = " + strconv.Itoa(i))
			}
			b.ReportMetric(float64((cpuTime(b)-start).Microseconds())/float64(b.N), "cpu-us/op")
		})
	}
}

// BenchmarkSmallStatements runs statements on one row of a table of the store, planned each time and not.
func BenchmarkSmallStatements(b *testing.B) {
	_, s := newEngine(b, Config{}, "store")
	run := func(text string) {
		if _, _, _, err := ask(b.Context(), s, text); err != nil {
			b.Fatal(err)
		}
	}
	run("CREATE TABLE t (id BIGINT PRIMARY KEY, k BIGINT NOT NULL, v DOUBLE, s VARCHAR(40))")
	const rows = 10_000
	for first := 0; first < rows; first += 1000 {
		var text strings.Builder
		for id := first; id < first+1000; id++ {
			fmt.Fprintf(&text, ",(%d,%d,1.5,'name %d')", id, id%100, id)
		}
		run("INSERT INTO t VALUES " + text.String()[1:])
	}
	prepared, err := s.Prepare(b.Context(), "SELECT * FROM t WHERE id = ?")
	if err != nil {
		b.Fatal(err)
	}
	for _, cache := range []int{0, 1} {
		b.Run(fmt.Sprintf("prepared/cache=%d", cache), func(b *testing.B) {
			run(fmt.Sprintf("SET wasql_plan_cache = %d", cache))
			i, start := 0, cpuTime(b)
			for b.Loop() {
				i++
				result, err := prepared.Query(b.Context(), int64(i*7919%rows))
				if err == nil {
					_, err = result.Next(b.Context())
				}
				if err != nil {
					b.Fatal(err)
				}
				if err := result.Close(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64((cpuTime(b)-start).Microseconds())/float64(b.N), "cpu-us/op")
		})
	}
	next := rows
	for _, c := range []struct {
		name string
		text func(i int) string
	}{
		{"select", func(i int) string { return fmt.Sprintf("SELECT * FROM t WHERE id = %d", i*7919%rows) }},
		{"update", func(i int) string {
			return fmt.Sprintf("UPDATE t SET k = k + 1, s = 'new %d' WHERE id = %d", i, i*7919%rows)
		}},
		{"insert", func(int) string {
			next++
			return fmt.Sprintf("INSERT INTO t VALUES (%d, %d, 1.5, 'name %d')", next, next, next)
		}},
	} {
		for _, cache := range []int{0, 1} {
			b.Run(fmt.Sprintf("%s/cache=%d", c.name, cache), func(b *testing.B) {
				run(fmt.Sprintf("SET wasql_plan_cache = %d", cache))
				before := s.plans.hits
				i := 0
				start := cpuTime(b)
				for b.Loop() {
					i++
					run(c.text(i))
				}
				b.ReportMetric(float64((cpuTime(b)-start).Microseconds())/float64(b.N), "cpu-us/op")
				b.ReportMetric(float64(s.plans.hits-before)/float64(b.N), "hits/op")
			})
		}
	}
}

// BenchmarkPrepared runs prepared statements over one table of the store, planned each time and not.
func BenchmarkPrepared(b *testing.B) {
	_, s := newEngine(b, Config{}, "store")
	run := func(text string) {
		if _, _, _, err := ask(b.Context(), s, text); err != nil {
			b.Fatal(err)
		}
	}
	run("CREATE TABLE t (id BIGINT PRIMARY KEY, k BIGINT NOT NULL, v DOUBLE, s VARCHAR(40), KEY (k))")
	const rows = 10_000
	for first := 0; first < rows; first += 1000 {
		var text strings.Builder
		for id := first; id < first+1000; id++ {
			fmt.Fprintf(&text, ",(%d,%d,1.5,'name %d')", id, id%1000, id)
		}
		run("INSERT INTO t VALUES " + text.String()[1:])
	}
	for _, text := range []string{"SELECT * FROM t WHERE id = ?", "SELECT s FROM t WHERE k = ?", "SELECT * FROM t WHERE id BETWEEN ? AND 9", "SELECT s FROM t WHERE id IN (?, 7, 12)",
		"SELECT id FROM t WHERE id > ? ORDER BY id LIMIT 10", "SELECT COUNT(*) FROM t WHERE k < 2 AND k > ? - 5", "SELECT COUNT(*) FROM t WHERE k = ?",
		"SELECT a.id, b.s FROM t a JOIN t b ON b.id = a.k WHERE a.id = ?", "SELECT k, SUM(v) FROM t WHERE id < 50 AND id > ? GROUP BY k ORDER BY k"} {
		for _, cache := range []int{0, 1} {
			b.Run(fmt.Sprintf("%s/cache=%d", text, cache), func(b *testing.B) {
				run(fmt.Sprintf("SET wasql_plan_cache = %d", cache))
				prepared, err := s.Prepare(b.Context(), text)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportAllocs()
				i, start, before := 0, cpuTime(b), s.plans.hits
				for b.Loop() {
					i++
					result, err := prepared.Query(b.Context(), int64(i%8))
					for err == nil {
						_, err = result.Next(b.Context())
					}
					if !errors.Is(err, io.EOF) {
						b.Fatal(err)
					}
					if err := result.Close(b.Context()); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64((cpuTime(b)-start).Microseconds())/float64(b.N), "cpu-us/op")
				b.ReportMetric(float64(s.plans.hits-before)/float64(b.N), "hits/op")
			})
		}
	}
}
