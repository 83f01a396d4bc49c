// Command wirebench measures what leaves wasql's server over MySQL's protocol, beside go-mysql-server's own server over the same table and
// beside MariaDB over the same rows, in one run, and prints ratios: all rows of a table, as text and prepared, and single rows by their
// key. See tools/wirebench.sh.
package main

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"slices"
	"strings"
	"time"

	_ "github.com/go-sql-driver/mysql" // the client
)

func main() {
	b := &bench{}
	flag.IntVar(&b.rows, "rows", 1_000_000, "rows of the table")
	flag.IntVar(&b.turns, "turns", 3, "turns of SELECT *; the median counts")
	flag.IntVar(&b.points, "ops", 5000, "single rows that are read in a turn")
	flag.StringVar(&b.build, "connectors", "../../connectors/build", "folder of the built connectors")
	flag.StringVar(&b.mariadb, "mariadb", "", "address of a MariaDB, as tcp(127.0.0.1:3307) or unix(path); empty: it is left out")
	flag.StringVar(&b.profile, "profile", "", "write a CPU profile of wasql's SELECT * to this file")
	flag.StringVar(&b.only, "only", "", "run only the cases whose name has this in it")
	server := flag.String("serve", "", "be a server: wasql or stock")
	flag.Parse()
	ctx := context.Background()
	var err error
	if *server != "" {
		err = b.serve(ctx, *server)
	} else {
		err = b.run(ctx)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// bench is one run.
type bench struct {
	rows, turns, points           int
	build, mariadb, profile, only string
	sides                         []*side
}

// side is a server, with a connection to it.
type side struct {
	name string
	db   *sql.DB
	conn *sql.Conn
	stop func() error
}

func (b *bench) run(ctx context.Context) (err error) {
	defer func() {
		for _, s := range b.sides {
			err = errors.Join(err, s.close())
		}
	}()
	for _, name := range []string{"wasql", "stock"} {
		if err := b.start(ctx, name); err != nil {
			return err
		}
	}
	if b.mariadb != "" {
		if err := b.connect(ctx, "MariaDB", "root@"+b.mariadb+"/wirebench"); err != nil {
			return err
		}
		if err := b.fillMariaDB(ctx, b.sides[2]); err != nil {
			return err
		}
	}
	if err := b.all(ctx); err != nil {
		return err
	}
	return b.single(ctx)
}

// connect opens the one connection of a side.
func (b *bench) connect(ctx context.Context, name, source string) error {
	db, err := sql.Open("mysql", source)
	if err != nil {
		return err
	}
	s := &side{name: name, db: db}
	b.sides = append(b.sides, s)
	s.conn, err = db.Conn(ctx)
	return err
}

func (s *side) close() error {
	err := errors.Join(s.conn.Close(), s.db.Close())
	if s.stop != nil {
		err = errors.Join(err, s.stop())
	}
	return err
}

// columns are those of the table, on all sides.
const columns = "(id BIGINT NOT NULL PRIMARY KEY, k BIGINT NOT NULL, v DOUBLE, s VARCHAR(40), d DECIMAL(12,2), t DATETIME)"

// rowText writes row id as values of an INSERT.
func rowText(out *strings.Builder, id int) {
	at := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(id) * 37 * time.Second)
	fmt.Fprintf(out, "(%d,%d,%g,'name %d',%d.%02d,'%s')", id, id%1000, float64(id)/4, id, id%99991, id%100, at.Format(time.DateTime))
}

// fill fills the table t by statements of many rows.
func (b *bench) fill(exec func(text string) error) error {
	if err := exec("CREATE TABLE t " + columns); err != nil {
		return err
	}
	const most = 5000
	for first := 1; first <= b.rows; first += most {
		var text strings.Builder
		text.WriteString("INSERT INTO t VALUES ")
		for id := first; id < min(first+most, b.rows+1); id++ {
			if id > first {
				text.WriteByte(',')
			}
			rowText(&text, id)
		}
		if err := exec(text.String()); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) fillMariaDB(ctx context.Context, s *side) error {
	if _, err := s.conn.ExecContext(ctx, "DROP TABLE IF EXISTS t"); err != nil {
		return err
	}
	err := b.fill(func(text string) error {
		_, err := s.conn.ExecContext(ctx, text)
		return err
	})
	if err == nil {
		_, err = s.conn.ExecContext(ctx, "ANALYZE TABLE t")
	}
	return err
}

// all reads all rows of the table.
func (b *bench) all(ctx context.Context) error {
	for _, c := range []struct {
		name, query string
		prepared    bool
	}{
		{"SELECT * as text", "SELECT * FROM t", false}, {"SELECT * prepared", "SELECT * FROM t", true}, {"SELECT id prepared", "SELECT id FROM t", true},
		{"SELECT of a filter, prepared", "SELECT id, k + 1, v FROM t WHERE k < 500", true},
	} {
		if !strings.Contains(c.name, b.only) {
			continue
		}
		times, err := b.take(func(s *side) error {
			n, err := s.read(ctx, c.query, c.prepared)
			if err == nil && n == 0 {
				err = fmt.Errorf("%s: no rows", c.query)
			}
			return err
		})
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		b.report(c.name, times, b.rows, time.Nanosecond, "ns a row")
	}
	return nil
}

// take runs an action on all sides by turns, and gives the median of each.
func (b *bench) take(action func(s *side) error) ([]time.Duration, error) {
	all := make([][]time.Duration, len(b.sides))
	for range b.turns {
		for i, s := range b.sides {
			runtime.GC()
			start := time.Now()
			if err := action(s); err != nil {
				return nil, fmt.Errorf("%s: %w", s.name, err)
			}
			all[i] = append(all[i], time.Since(start))
		}
	}
	medians := make([]time.Duration, len(all))
	for i, times := range all {
		slices.Sort(times)
		medians[i] = times[len(times)/2]
	}
	return medians, nil
}

// report prints what wasql takes of each other's time, for n of something.
func (b *bench) report(name string, times []time.Duration, n int, unit time.Duration, unitName string) {
	each := func(t time.Duration) float64 { return float64(t) / float64(n) / float64(unit) }
	rate := func(t time.Duration) float64 { return float64(n) / t.Seconds() / 1000 }
	for i, s := range b.sides[1:] {
		fmt.Printf("%-48s %6.2f   %.1f : %.1f %s, %.1f : %.1f thousand a second\n", name+" : "+s.name, float64(times[0])/float64(times[i+1]),
			each(times[0]), each(times[i+1]), unitName, rate(times[0]), rate(times[i+1]))
	}
}

// read reads all rows of a query, without making values of them where the client need not.
func (s *side) read(ctx context.Context, query string, prepared bool) (n int, err error) {
	var rows *sql.Rows
	if prepared {
		statement, failed := s.conn.PrepareContext(ctx, query)
		if failed != nil {
			return 0, failed
		}
		defer func() { err = errors.Join(err, statement.Close()) }()
		rows, err = statement.QueryContext(ctx)
	} else {
		rows, err = s.conn.QueryContext(ctx, query)
	}
	if err != nil {
		return 0, err
	}
	names, err := rows.Columns()
	if err != nil {
		return 0, err
	}
	cells, into := make([]sql.RawBytes, len(names)), make([]any, len(names))
	for i := range cells {
		into[i] = &cells[i]
	}
	for rows.Next() {
		n++
		if !prepared {
			err = rows.Scan(into...)
		}
		if err != nil {
			break
		}
	}
	return n, errors.Join(err, rows.Err(), rows.Close())
}

// single reads single rows by their key.
func (b *bench) single(ctx context.Context) error {
	const name = "a row by its key, prepared"
	if !strings.Contains(name, b.only) {
		return nil
	}
	times, err := b.take(func(s *side) (err error) {
		statement, err := s.conn.PrepareContext(ctx, "SELECT id, k, v, s FROM t WHERE id = ?")
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, statement.Close()) }()
		var id, k int
		var v float64
		var text string
		for i := range b.points {
			key := i*7919%b.rows + 1
			if err := statement.QueryRowContext(ctx, key).Scan(&id, &k, &v, &text); err != nil {
				return err
			}
			if id != key || k != key%1000 {
				return fmt.Errorf("row %d is %d, %d", key, id, k)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	b.report(name, times, b.points, time.Microsecond, "µs")
	return nil
}

// startProfile begins the profile of a server.
func startProfile(path string) (stop func() error, err error) {
	if path == "" {
		return func() error { return nil }, nil
	}
	file, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	return func() error {
		pprof.StopCPUProfile()
		return file.Close()
	}, pprof.StartCPUProfile(file)
}
