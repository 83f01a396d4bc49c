package engine

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
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
	from, source := newEngine(t, Config{Home: "store"}, "store")
	_, target := newEngine(t, Config{Home: "store"}, "store")
	schema, err := os.Open("testdata/dump/schema.sql")
	if err != nil {
		t.Fatal(err)
	}
	restore(t, source, schema)
	host, port := serve(t, from)
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
	for _, s := range []*Session{source, target} {
		restore(t, s, strings.NewReader("INSERT INTO children (parent, part, amount) VALUES (1, 'a', 5); UPDATE children SET amount = -3 WHERE id = 1; CALL note('x'); INSERT INTO computed (id, price, amount) VALUES (1, 2.5, 3); DELETE FROM parents WHERE id = 2"))
	}
	compareStores(t, source, target)
}

// restore runs statements as the command does with a file.
func restore(t *testing.T, s *Session, source io.Reader) {
	t.Helper()
	script := NewScript(source)
	for {
		statement, err := script.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err == nil {
			_, _, _, err = ask(t.Context(), s, statement)
		}
		if err != nil {
			t.Fatalf("line %d: %.300s: %v", script.Line(), statement, err)
		}
	}
}

// compareStores compares the rows of all tables and views, and what they are.
func compareStores(t *testing.T, source, target *Session) {
	t.Helper()
	query := func(s *Session, text string) []string {
		t.Helper()
		_, rows, _, err := ask(t.Context(), s, text)
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
