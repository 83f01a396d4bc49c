//go:build unix

package crashtest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine"
	"github.com/wasql/wasql/host"
)

// checkpointBytes makes checkpoints frequent.
const checkpointBytes = "8KiB"

// options of the store of a folder.
func options(folder string) host.Options {
	return host.Options{
		Options: map[string]string{"dir": "/db", "checkpoint": checkpointBytes},
		Grant:   host.Grant{Files: []host.FileGrant{{Path: "/db", Host: folder, Write: true}}, Random: rand.Reader},
		Limits:  host.Limits{MemoryBytes: 512 << 20, CallTime: time.Minute},
	}
}

// database is an engine over a folder.
type database struct{ engine *engine.Engine }

// openDatabase opens a folder; empty: in memory.
func openDatabase(ctx context.Context, folder string) (*database, error) {
	o := host.Options{Limits: options("").Limits}
	if folder != "" {
		o = options(folder)
	}
	e, err := engine.New(ctx, engine.Config{Runtime: sandbox, Home: "store", Connectors: []engine.ConnectorSource{{
		Name: "store", Trusted: true, Wasm: func() ([]byte, error) { return os.ReadFile(moduleFile) },
		Options: o.Options, Grant: o.Grant, Limits: o.Limits,
	}}})
	if err != nil {
		return nil, err
	}
	return &database{e}, nil
}

func (d *database) close(ctx context.Context) error { return d.engine.Close(ctx) }

// query runs a statement and gives its rows as text.
func query(ctx context.Context, s *engine.Session, text string) (rows []string, err error) {
	result, err := s.Query(ctx, text)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, result.Close(ctx)) }()
	for len(result.Columns()) > 0 {
		row, err := result.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return rows, err
		}
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = fmt.Sprint(cell)
		}
		rows = append(rows, fmt.Sprintf("%q", cells))
	}
	return rows, nil
}

var (
	counter = regexp.MustCompile(` AUTO_INCREMENT=\d+`)
	name    = regexp.MustCompile(`^\["([^"]+)"`)
)

// dump is all that another session sees: definitions and rows. Counters of AUTO_INCREMENT are left out, because numbers that were
// given to nobody may be given again.
func (d *database) dump(ctx context.Context) (string, error) {
	s := d.engine.NewSession("dump")
	defer s.Close()
	var out strings.Builder
	var failed error
	ask := func(text string) []string {
		rows, err := query(ctx, s, text)
		failed = errors.Join(failed, err)
		slices.Sort(rows)
		return rows
	}
	for _, database := range ask("SHOW DATABASES") {
		database = name.FindStringSubmatch(database)[1]
		if slices.Contains([]string{"information_schema", "performance_schema", "mysql", "sys", "store"}, database) {
			continue
		}
		fmt.Fprintf(&out, "%s\n", strings.Join(ask("SHOW CREATE DATABASE `"+database+"`"), "\n"))
		for _, row := range ask("SHOW FULL TABLES FROM `" + database + "`") {
			table := "`" + database + "`.`" + name.FindStringSubmatch(row)[1] + "`"
			fmt.Fprintf(&out, "%s\n", row)
			fmt.Fprintf(&out, "%s\n", counter.ReplaceAllString(strings.Join(ask("SHOW CREATE TABLE "+table), "\n"), ""))
			fmt.Fprintf(&out, "%s\n", strings.Join(ask("SELECT * FROM "+table), "\n"))
		}
		fmt.Fprintf(&out, "%s\n", strings.Join(ask("SELECT trigger_schema, trigger_name, action_statement FROM information_schema.triggers WHERE trigger_schema = '"+database+"'"), "\n"))
		fmt.Fprintf(&out, "%s\n", strings.Join(ask("SELECT routine_schema, routine_name FROM information_schema.routines WHERE routine_schema = '"+database+"'"), "\n"))
	}
	return out.String(), failed
}

// check opens a folder without an engine and asks the store itself about each table: rows, keys and indexes. The folder
// may not be open.
func check(ctx context.Context, folder string) (err error) {
	wasm, err := os.ReadFile(moduleFile)
	if err != nil {
		return err
	}
	module, err := sandbox.Compile(ctx, "store", wasm)
	if err != nil {
		return err
	}
	connector, err := module.Open(ctx, options(folder))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, connector.Close(ctx)) }()
	instance, err := connector.Acquire(ctx, 0)
	if err != nil {
		return err
	}
	defer instance.Release()
	listed, err := instance.List(ctx, &pb.ListRequest{})
	if err != nil {
		return err
	}
	if len(listed.Tables) == 0 {
		return nil
	}
	for _, table := range listed.Tables {
		if strings.HasPrefix(table.GetName(), "#") {
			return fmt.Errorf("check: table %s was left behind", table.GetName())
		}
		ref := &pb.TableRef{Database: table.GetDatabase(), Name: table.GetName()}
		found, err := instance.Integrity(ctx, &pb.IntegrityRequest{Table: ref})
		if err != nil {
			return fmt.Errorf("check %s: %w", table.GetName(), err)
		}
		for _, finding := range found.Findings {
			return fmt.Errorf("check %s: %s", table.GetName(), finding.GetText())
		}
	}
	return nil
}
