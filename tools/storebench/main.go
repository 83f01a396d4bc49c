// Command storebench measures the connector store beside SQLite, on the same data with the same
// durability in one run, and prints ratios: bulk inserts, lookups by key, inserts and updates of one
// row. See tools/bench.sh.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

func main() {
	rows := flag.Int("rows", 1_000_000, "rows of the bulk inserts")
	turns := flag.Int("turns", 3, "turns of the bulk inserts; the median counts")
	small := flag.Int("ops", 400, "operations of each measurement of single rows")
	build := flag.String("connectors", "../../connectors/build", "folder of the built connectors")
	profile := flag.String("profile", "", "write a CPU profile of wasql's part to this file")
	only := flag.String("only", "", "run only the cases whose name has this in it")
	flag.Parse()
	b := &bench{rows: *rows, turns: *turns, ops: *small, build: *build, profile: *profile, only: *only}
	if err := b.run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// bench is one run.
type bench struct {
	rows, turns, ops     int
	build, profile, only string
	folder               string
	stopProfile          func()
}

func (b *bench) run(ctx context.Context) (err error) {
	if b.folder, err = os.MkdirTemp("", "storebench"); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(b.folder) }() // a temporary folder left behind changes no figure
	if err := b.startProfile(); err != nil {
		return err
	}
	defer b.stopProfile()
	for _, part := range []func(context.Context) error{b.bulk, b.single} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	return nil
}

// side is a database that runs statements.
type side interface {
	// exec runs a statement that gives no rows.
	exec(ctx context.Context, text string) error
	// query runs a statement and reads all its rows; it gives their number.
	query(ctx context.Context, text string) (int, error)
	close() error
}

// sides opens both, durable or not, in new folders.
func (b *bench) sides(ctx context.Context, durable bool) (ours, theirs side, done func() error, err error) {
	folder, err := os.MkdirTemp(b.folder, "turn")
	if err != nil {
		return nil, nil, nil, err
	}
	if ours, err = openWasql(ctx, b.build, filepath.Join(folder, "wasql"), durable); err != nil {
		return nil, nil, nil, err
	}
	if theirs, err = openSQLite(ctx, filepath.Join(folder, "sqlite.db"), durable); err != nil {
		return nil, nil, nil, err
	}
	return ours, theirs, func() error {
		for _, s := range []side{ours, theirs} {
			if err := s.close(); err != nil {
				return err
			}
		}
		return os.RemoveAll(folder)
	}, nil
}

// timed gives how long an action took.
func timed(action func() error) (time.Duration, error) {
	start := time.Now()
	err := action()
	return time.Since(start), err
}

// median is that of at least one duration.
func median(all []time.Duration) time.Duration {
	sorted := slices.Clone(all)
	slices.Sort(sorted)
	return sorted[len(sorted)/2]
}

func line(name, ratio, detail string) { fmt.Printf("%-44s %8s   %s\n", name, ratio, detail) }

// compare prints one line: how many times theirs ours is.
func compare(name string, ours, theirs time.Duration, unit time.Duration, unitName, detail string) {
	of := func(d time.Duration) string { return fmt.Sprintf("%.1f", float64(d)/float64(unit)) }
	text := fmt.Sprintf("%s : %s %s", of(ours), of(theirs), unitName)
	if detail != "" {
		text += ", " + detail
	}
	line(name, fmt.Sprintf("%.2fx", float64(ours)/float64(theirs)), text)
}
