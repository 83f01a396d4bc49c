package main

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// The tables of both sides. SQLite keeps rows by an integer key, as store does by any.
const (
	ourTable   = "CREATE TABLE %s (id BIGINT PRIMARY KEY, k BIGINT NOT NULL, v DOUBLE, s VARCHAR(40))"
	theirTable = "CREATE TABLE %s (id INTEGER PRIMARY KEY, k INTEGER NOT NULL, v REAL, s TEXT)"
)

// bulkCase fills table t in one transaction.
type bulkCase struct {
	name         string
	ours, theirs func(ctx context.Context, s side) error
	// cli is what Debian's sqlite3 runs, when it is there.
	cli func(folder string) string
}

func (b *bench) bulk(ctx context.Context) error {
	file := filepath.Join(b.folder, "rows.csv")
	if err := b.writeFile(file); err != nil {
		return err
	}
	statement := func(text string) func(context.Context, side) error {
		return func(ctx context.Context, s side) error { return s.exec(ctx, text) }
	}
	numbers := fmt.Sprintf("WITH RECURSIVE series(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM series WHERE value < %d) ", b.rows)
	cases := []bulkCase{
		{"INSERT ... SELECT from a table", statement("INSERT INTO t SELECT * FROM source"), statement("INSERT INTO t SELECT * FROM source"),
			func(string) string { return "INSERT INTO t SELECT * FROM source;" }},
		{"INSERT ... SELECT of expressions",
			statement(fmt.Sprintf("INSERT INTO t SELECT value, value %% 1000, value / 4, CONCAT('name ', value) FROM series(1, %d)", b.rows)),
			statement(numbers + "INSERT INTO t SELECT value, value % 1000, value / 4.0, 'name ' || value FROM series"),
			func(string) string {
				return numbers + "INSERT INTO t SELECT value, value % 1000, value / 4.0, 'name ' || value FROM series;"
			}},
		{"LOAD DATA", statement("LOAD DATA INFILE '" + file + "' INTO TABLE t FIELDS TERMINATED BY ','"),
			func(ctx context.Context, s side) error { return loadCSV(ctx, s.(*sqlite).db, file) },
			func(string) string { return "BEGIN;\n.import --csv " + file + " t\nCOMMIT;" }},
	}
	for _, c := range cases {
		if !strings.Contains(c.name, b.only) {
			continue
		}
		if err := b.bulkTurns(ctx, c); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	return nil
}

// bulkTurns measures one case, both sides by turns.
func (b *bench) bulkTurns(ctx context.Context, c bulkCase) error {
	var ours, theirs, cli []time.Duration
	for range b.turns {
		a, z, done, err := b.sides(ctx, true)
		if err != nil {
			return err
		}
		for _, s := range []struct {
			side
			table string
			run   func(context.Context, side) error
			times *[]time.Duration
		}{{a, ourTable, c.ours, &ours}, {z, theirTable, c.theirs, &theirs}} {
			if err := b.prepare(ctx, s.side, s.table); err != nil {
				return err
			}
			took, err := timed(func() error { return s.run(ctx, s.side) })
			if err != nil {
				return err
			}
			if err := b.check(ctx, s.side); err != nil {
				return err
			}
			*s.times = append(*s.times, took)
		}
		if err := done(); err != nil {
			return err
		}
		took, err := b.runCLI(ctx, c)
		if err != nil {
			return err
		}
		cli = append(cli, took)
	}
	rows := time.Duration(b.rows)
	rate := fmt.Sprintf("%.0f : %.0f thousand rows/s", perSecond(b.rows, median(ours)), perSecond(b.rows, median(theirs)))
	compare(c.name+" : SQLite", median(ours), median(theirs), rows, "ns a row", rate)
	if median(cli) > 0 {
		compare(c.name+" : sqlite3", median(ours), median(cli), rows, "ns a row", "Debian's command, its start not counted")
	}
	return nil
}

func perSecond(rows int, took time.Duration) float64 { return float64(rows) / took.Seconds() / 1000 }

// prepare makes the empty table t and fills the table source.
func (b *bench) prepare(ctx context.Context, s side, table string) error {
	for _, name := range []string{"t", "source"} {
		if err := s.exec(ctx, fmt.Sprintf(table, name)); err != nil {
			return err
		}
	}
	const most = 1000
	for first := 1; first <= b.rows; first += most {
		var text strings.Builder
		text.WriteString("INSERT INTO source VALUES ")
		for id := first; id < min(first+most, b.rows+1); id++ {
			if id > first {
				text.WriteByte(',')
			}
			fmt.Fprintf(&text, "(%d,%d,%g,'name %d')", id, id%1000, float64(id)/4, id)
		}
		if err := s.exec(ctx, text.String()); err != nil {
			return err
		}
	}
	return nil
}

// check counts what arrived.
func (b *bench) check(ctx context.Context, s side) error {
	n, err := s.query(ctx, fmt.Sprintf("SELECT * FROM (SELECT count(*) AS n, sum(k) AS k FROM t) AS c WHERE n = %d AND k > 0", b.rows))
	if err == nil && n != 1 {
		err = fmt.Errorf("not %d rows arrived", b.rows)
	}
	return err
}

func (b *bench) writeFile(path string) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(file)
	for id := 1; id <= b.rows; id++ {
		fmt.Fprintf(w, "%d,%d,%g,name %d\n", id, id%1000, float64(id)/4, id)
	}
	return errors.Join(w.Flush(), file.Close())
}

// loadCSV is what a program does that loads a file into SQLite: one statement, prepared, a
// transaction over all.
func loadCSV(ctx context.Context, db *sql.DB, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // it was only read
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	insert, err := tx.PrepareContext(ctx, "INSERT INTO t VALUES (?, ?, ?, ?)")
	if err != nil {
		return errors.Join(err, tx.Rollback())
	}
	reader := csv.NewReader(bufio.NewReaderSize(file, 256<<10))
	reader.ReuseRecord = true
	for {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return tx.Commit()
		}
		if err == nil {
			_, err = insert.ExecContext(ctx, record[0], record[1], record[2], record[3])
		}
		if err != nil {
			return errors.Join(err, tx.Rollback())
		}
	}
}

// runCLI measures Debian's sqlite3; 0 when it is not installed.
func (b *bench) runCLI(ctx context.Context, c bulkCase) (time.Duration, error) {
	command, err := exec.LookPath("sqlite3")
	if err != nil {
		return 0, nil
	}
	folder, err := os.MkdirTemp(b.folder, "cli")
	if err != nil {
		return 0, err
	}
	defer func() { _ = os.RemoveAll(folder) }() // a temporary folder left behind changes no figure
	run := func(script string) (time.Duration, error) {
		cmd := exec.CommandContext(ctx, command, "-bail", filepath.Join(folder, "cli.db"))
		cmd.Stdin = strings.NewReader("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;\n" + script)
		return timed(func() error {
			out, err := cmd.CombinedOutput()
			if err != nil {
				err = fmt.Errorf("sqlite3: %w: %s", err, out)
			}
			return err
		})
	}
	numbers := fmt.Sprintf("WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < %d) ", b.rows)
	tables := fmt.Sprintf(theirTable, "t") + ";" + fmt.Sprintf(theirTable, "source") + ";"
	if _, err := run(tables + numbers + "INSERT INTO source SELECT value, value % 1000, value / 4.0, 'name ' || value FROM n;"); err != nil {
		return 0, err
	}
	empty, err := run("")
	if err != nil {
		return 0, err
	}
	took, err := run(c.cli(folder))
	return took - empty, err
}
