package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/wasql/wasql/engine"
)

// dumpCommand finds the program that dumps MySQL's databases. Without it the test is skipped, or
// fails when WASQL_NEED_CLIENT is set, as tools/dump.sh does.
func dumpCommand(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"mariadb-dump", "mysqldump"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("WASQL_NEED_CLIENT") != "" {
		t.Fatal("there is no mariadb-dump (tools/dump.sh installs it)")
	}
	t.Skip("there is no mariadb-dump (tools/dump.sh installs it)")
	return ""
}

// TestDumpAndRestore dumps a store of everything over the wire with MariaDB's own program, and reads
// the dump into another store: both must hold the same.
func TestDumpAndRestore(t *testing.T) {
	dump := dumpCommand(t)
	from, to := newEngine(t, engine.Config{}), newEngine(t, engine.Config{})
	source, target := from.NewSession("tester"), to.NewSession("tester")
	defer source.Close()
	defer target.Close()
	schema, err := os.Open("testdata/dump/schema.sql")
	if err != nil {
		t.Fatal(err)
	}
	restore(t, source, schema)
	_, address := serve(t, Config{Engine: from})
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		flags []string
	}{
		{"as by default", nil},
		{"one row a statement, blobs in hex", []string{"--skip-extended-insert", "--hex-blob", "--complete-insert"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			flags := append([]string{"--no-defaults", "--protocol=tcp", "--host=" + host, "--port=" + port, "--user=root",
				"--routines", "--triggers", "--default-character-set=utf8mb4"}, c.flags...)
			var text, failures bytes.Buffer
			command := exec.Command(dump, append(flags, "main")...)
			command.Stdout, command.Stderr = &text, &failures
			if err := command.Run(); err != nil || failures.Len() > 0 {
				t.Fatalf("%s: %v\n%s", command, err, &failures)
			}
			if file := os.Getenv("WASQL_DUMP"); file != "" {
				if err := os.WriteFile(file, text.Bytes(), 0o600); err != nil {
					t.Error(err)
				}
			}
			restore(t, target, &text)
			compareStores(t, source, target)
		})
	}
	// Triggers and procedures are there, and do the same.
	for _, s := range []*engine.Session{source, target} {
		restore(t, s, strings.NewReader("INSERT INTO children (parent, part, amount) VALUES (1, 'a', 5); UPDATE children SET amount = -3 WHERE id = 1; CALL note('x'); INSERT INTO computed (id, price, amount) VALUES (1, 2.5, 3); DELETE FROM parents WHERE id = 2"))
	}
	compareStores(t, source, target)
}

// restore runs statements as the command does with a file.
func restore(t *testing.T, s *engine.Session, source io.Reader) {
	t.Helper()
	script := engine.NewScript(source)
	for {
		statement, err := script.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err == nil {
			_, err = ask(t.Context(), s, statement)
		}
		if err != nil {
			t.Fatalf("line %d: %.300s: %v", script.Line(), statement, err)
		}
	}
}

// compareStores compares the rows of all tables and views, and what they are.
func compareStores(t *testing.T, source, target *engine.Session) {
	t.Helper()
	query := func(s *engine.Session, text string) []string {
		t.Helper()
		rows, err := ask(t.Context(), s, text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		lines := make([]string, len(rows))
		for i, row := range rows {
			lines[i] = strings.Join(row, "\x1f")
		}
		slices.Sort(lines)
		return lines
	}
	compare := func(text string) {
		t.Helper()
		want, got := query(source, text), query(target, text)
		if !slices.Equal(want, got) {
			t.Errorf("%s:\n%.2000q\nwant\n%.2000q", text, got, want)
		}
	}
	compare("SHOW FULL TABLES")
	compare("SELECT trigger_name, event_manipulation, event_object_table, action_timing FROM information_schema.triggers")
	compare("SELECT routine_name, routine_type FROM information_schema.routines WHERE routine_schema = 'main'")
	tables := query(source, "SHOW TABLES")
	if len(tables) < 9 {
		t.Fatalf("the source has %d tables", len(tables))
	}
	for _, table := range tables {
		compare("SELECT * FROM " + table)
		compare("SHOW CREATE TABLE " + table)
	}
}

// ask runs a statement and gives its rows as text.
func ask(ctx context.Context, s *engine.Session, text string) (rows [][]string, err error) {
	result, err := s.Query(ctx, text)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, result.Close(ctx)) }()
	for {
		row, err := result.Next(ctx)
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
		texts := make([]string, len(row))
		for i, value := range row {
			texts[i] = fmt.Sprint(value)
		}
		rows = append(rows, texts)
	}
}
