package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wasql/wasql/engine/catalog"
	"github.com/wasql/wasql/engine/sqlerr"
	"github.com/wasql/wasql/host"
)

// TestChecklist has the promises of the checklist that need more than a script of SQL.
func TestChecklist(t *testing.T) {
	t.Run("M2_OptionsReachTheConnectorAndWrongOnesAreNamed", testOptions)
	t.Run("T8_ConstructionDataReachesTheConnector", testConstructionData)
	t.Run("M17_WhatConnectorsLogReachesTheClient", testNotices)
	t.Run("M18_InstancesAreMadeOnFirstUseAndKept", testInstances)
	t.Run("T32_ErrorsKeepTheirNumberStateAndPlace", testErrors)
	t.Run("G10_T4_T10_RowsOfTablesThatNeedNoDDL", testSessionsInParallel)
}

func one(t *testing.T, s *Session, text string) string {
	t.Helper()
	_, rows, _, err := ask(t.Context(), s, text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	if len(rows) != 1 || len(rows[0]) != 1 {
		t.Fatalf("%s: %v, want one value", text, rows)
	}
	return rows[0][0]
}

// clause: 8.2
func testOptions(t *testing.T) {
	e, s := newEngine(t, Config{}, "zoo")
	ctx := t.Context()
	if err := e.Mount(ctx, "cage", "zoo", host.Options{Options: map[string]string{"greeting": "servus"}}); err != nil {
		t.Fatal(err)
	}
	if got := one(t, s, "SELECT value FROM cage.config WHERE name = 'greeting'"); got != "servus" {
		t.Errorf("the greeting is %q", got)
	}
	if got := one(t, s, "SELECT value FROM cage.config WHERE name = 'server'"); got != "cage" {
		t.Errorf("the server is %q", got)
	}
	if got := one(t, s, "SELECT value FROM zoo.config WHERE name = 'greeting'"); got != "hello" {
		t.Errorf("the greeting without an option is %q", got)
	}
	for option, named := range map[string][2]string{
		"greetin": {"greetin", "greeting"}, "colour": {"blue", "red"},
	} {
		err := e.Mount(ctx, "wrong", "zoo", host.Options{Options: map[string]string{option: "blue"}})
		if err == nil || !errors.Is(err, host.ErrOption) || !strings.Contains(err.Error(), named[0]) || !strings.Contains(err.Error(), named[1]) {
			t.Errorf("option %s = blue: error %v, want one that names %s and %s", option, err, named[0], named[1])
		}
		if _, _, _, err := ask(ctx, s, "SHOW TABLES FROM wrong"); sqlerr.From(err).Errno != 1049 {
			t.Errorf("a database with wrong options is there: %v", err)
		}
	}
	if err := e.Mount(ctx, "x", "zo", host.Options{}); err == nil || !strings.Contains(sqlerr.From(err).Hint, "zoo") {
		t.Errorf("an unknown connector gives %v", err)
	}
}

func testConstructionData(t *testing.T) {
	e, s := newEngine(t, Config{}, "zoo")
	if err := e.Mount(t.Context(), "cage", "zoo", host.Options{ConstructionData: []byte("keys of the cage")}); err != nil {
		t.Fatal(err)
	}
	if got := one(t, s, "SELECT value FROM cage.config WHERE name = 'construction data'"); got != "keys of the cage" {
		t.Errorf("the construction data is %q", got)
	}
}

// clause: 9.4
func testNotices(t *testing.T) {
	_, s := newEngine(t, Config{}, "zoo")
	const want = "connector zoo: the cage is open; close it"
	_, _, warnings, err := ask(t.Context(), s, "SELECT n FROM zoo.noisy")
	if err != nil || len(warnings) != 1 || warnings[0].Message != want || warnings[0].Level != "Warning" {
		t.Errorf("warnings %v (%v), want %q", warnings, err, want)
	}
	_, rows, _, err := ask(t.Context(), s, "SHOW WARNINGS")
	if err != nil || len(rows) != 1 || rows[0][2] != want {
		t.Errorf("SHOW WARNINGS gives %v (%v)", rows, err)
	}
	if _, _, _, err := ask(t.Context(), s, "SELECT n FROM zoo.shouting"); err == nil || !strings.Contains(err.Error(), "the lion is out") {
		t.Errorf("a record of level ERROR gives %v", err)
	}
	if got := one(t, s, "SELECT 1"); got != "1" {
		t.Errorf("after it SELECT 1 is %q", got)
	}
	if _, rows, _, err := ask(t.Context(), s, "SHOW WARNINGS"); err != nil || len(rows) != 0 {
		t.Errorf("warnings outlive the next statement: %v (%v)", rows, err)
	}
}

func testInstances(t *testing.T) {
	e, s := newEngine(t, Config{}, "zoo")
	if open := len(e.Catalog().Connectors()); open != 0 {
		t.Fatalf("%d connectors are open before the first use", open)
	}
	for range 5 {
		one(t, s, "SELECT id FROM zoo.mixedcase")
	}
	connectors := e.Catalog().Connectors()
	if len(connectors) != 1 {
		t.Fatalf("%d connectors are open", len(connectors))
	}
	n := connectors[0].Counters()
	if n.Instances < 1 || n.Instances > 2 || n.Live != n.Instances || n.Poisoned != 0 {
		t.Errorf("%d instances were made for five statements, %d live, %d poisoned", n.Instances, n.Live, n.Poisoned)
	}
	if rows, bytes, fuel := e.Work(); rows < 5 || bytes == 0 || fuel == 0 {
		t.Errorf("work is %d rows, %d bytes, %d fuel", rows, bytes, fuel)
	}
}

// clause: 8.10
// clause: 9.2
// clause: 9.3
func testErrors(t *testing.T) {
	_, s := newEngine(t, Config{}, "zoo")
	cases := []struct {
		sql, state string
		errno      uint16
		words      []string
	}{
		{"SELECT * FROM zoo.failing", "22007", 1366, []string{"connector zoo", "no bird of that colour", "row 3", "blue", "paint it"}},
		{"SELECT * FROM zoo.broken", "HY000", 1296, []string{"connector zoo", "broken", "column x", "not a type"}},
		{"SELECT * FROM zoo.needy", "HY000", 1296, []string{"city"}},
		{"SELECT * FROM zoo.nope", "42S02", 1146, []string{"nope"}},
		{"SELECT nope FROM zoo.types", "42S22", 1054, []string{"nope"}},
		{"SELECT * FROM nope.types", "42000", 1049, []string{"nope"}},
		{"SELEC 1", "42000", 1064, []string{"SELEC"}},
		{"SELECT 1; SELECT 2", "42000", 1064, []string{"SELECT 2"}},
		{"-- nothing", "42000", 1065, nil},
		{"SELECT nope(1)", "42000", 1305, []string{"nope"}},
		{"SELECT * FROM nope(1)", "42000", 1305, []string{"nope"}},
		{"CALL nope()", "42000", 1305, []string{"nope"}},
		{"SET SESSION nope = 1", "HY000", 1193, []string{"nope"}},
		{"SELECT (SELECT id FROM zoo.ddl)", "21000", 1242, nil},
		{"SELECT 1 UNION SELECT 1, 2", "21000", 1222, nil},
	}
	for _, c := range cases {
		_, _, _, err := ask(t.Context(), s, c.sql)
		e := sqlerr.From(err)
		if e == nil || e.Errno != c.errno || e.State != c.state {
			t.Errorf("%s: %v (%+v), want number %d, state %s", c.sql, err, e, c.errno, c.state)
			continue
		}
		for _, word := range c.words {
			if !strings.Contains(e.Message+e.Hint, word) {
				t.Errorf("%s: %q does not say %q", c.sql, e.Message, word)
			}
		}
		if strings.ContainsAny(e.Message, "\n\r") {
			t.Errorf("%s: %q is more than one line", c.sql, e.Message)
		}
	}
}

func testSessionsInParallel(t *testing.T) {
	e, _ := newEngine(t, Config{}, "zoo")
	var all sync.WaitGroup
	for range 8 {
		all.Add(1)
		go func() {
			defer all.Done()
			s := e.NewSession("")
			defer s.Close()
			for range 5 {
				_, rows, _, err := ask(context.Background(), s, "SELECT d.id, a.a FROM zoo.ddl d, zoo.asked a ORDER BY d.id")
				if err != nil || fmt.Sprint(rows) != "[[1 a1] [2 a1]]" {
					t.Errorf("rows %v (%v)", rows, err)
				}
			}
		}()
	}
	all.Wait()
}

func TestAnExactRowCountAnswersCount(t *testing.T) {
	_, s := newEngine(t, Config{}, "zoo")
	if got := one(t, s, "SELECT COUNT(*) FROM zoo.counted"); got != "42" {
		t.Errorf("the count is %s", got)
	}
	if _, _, _, err := ask(t.Context(), s, "SELECT COUNT(*) FROM zoo.counted WHERE id > 3"); err == nil {
		t.Error("a filtered count did not read the table")
	}
}

func TestClaimsOfUntrustedConnectorsAreChecked(t *testing.T) {
	e, err := New(t.Context(), Config{Runtime: testRuntime, Connectors: []ConnectorSource{{Name: "zoo", Wasm: buildZoo}}})
	if err != nil {
		t.Fatal(err)
	}
	s := e.NewSession("")
	if got := one(t, s, "SELECT n FROM zoo.liar WHERE n > 2"); got != "3" {
		t.Errorf("got %s", got)
	}
	if err := e.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestStatementsStopInTime(t *testing.T) {
	const never = "SELECT * FROM zoo.spin"
	t.Run("by hint", func(t *testing.T) {
		_, s := newEngine(t, Config{}, "zoo")
		_, _, _, err := ask(t.Context(), s, "SELECT /*+ MAX_EXECUTION_TIME(50) */ * FROM zoo.spin")
		wantErrno(t, err, 3024)
	})
	t.Run("by variable", func(t *testing.T) {
		_, s := newEngine(t, Config{}, "zoo")
		if err := s.Set(t.Context(), "max_execution_time", "50"); err != nil {
			t.Fatal(err)
		}
		_, _, _, err := ask(t.Context(), s, never)
		wantErrno(t, err, 3024)
	})
	t.Run("by the engine", func(t *testing.T) {
		_, s := newEngine(t, Config{StatementTime: 50 * time.Millisecond}, "zoo")
		_, _, _, err := ask(t.Context(), s, never)
		wantErrno(t, err, 3024)
		if got := one(t, s, "SELECT 1"); got != "1" {
			t.Errorf("after it SELECT 1 is %q", got)
		}
	})
	t.Run("by the caller", func(t *testing.T) {
		_, s := newEngine(t, Config{}, "zoo")
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(50*time.Millisecond, cancel)
		_, _, _, err := ask(ctx, s, never)
		wantErrno(t, err, 1317)
	})
	t.Run("by KILL", func(t *testing.T) {
		e, s := newEngine(t, Config{}, "zoo")
		killer := e.NewSession("")
		defer killer.Close()
		time.AfterFunc(100*time.Millisecond, func() {
			if _, _, _, err := ask(context.Background(), killer, fmt.Sprint("KILL QUERY ", s.ID())); err != nil {
				t.Error(err)
			}
		})
		_, _, _, err := ask(t.Context(), s, never)
		wantErrno(t, err, 1317)
	})
}

func wantErrno(t *testing.T, err error, errno uint16) {
	t.Helper()
	if e := sqlerr.From(err); e == nil || e.Errno != errno {
		t.Errorf("error %v, want number %d", err, errno)
	}
}

func TestAResultThatIsClosedEarlyLetsTheSessionGoOn(t *testing.T) {
	_, s := newEngine(t, Config{}, "zoo")
	for range 3 {
		result, err := s.Query(t.Context(), "SELECT a.id FROM zoo.ddl a, zoo.ddl b, zoo.ddl c")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := result.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := result.Close(t.Context()); err != nil {
				t.Error(err)
			}
		}
		if _, err := result.Next(t.Context()); !errors.Is(err, io.EOF) {
			t.Errorf("a closed result gives %v", err)
		}
	}
}

func TestClosedThingsSaySo(t *testing.T) {
	e, s := newEngine(t, Config{}, "zoo")
	s.Close()
	s.Close()
	if _, err := s.Query(t.Context(), "SELECT 1"); err == nil {
		t.Error("a closed session answers")
	}
	other := e.NewSession("")
	if err := e.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if _, _, _, err := ask(t.Context(), other, "SELECT * FROM zoo.ddl"); err == nil {
		t.Error("a closed engine reads a connector")
	}
}

func TestStatementsOverManyDatabasesOutliveABrokenOne(t *testing.T) {
	gone := ConnectorSource{Name: "gone", Wasm: func() ([]byte, error) { return nil, errors.New("the module is gone") }}
	_, s := newEngine(t, Config{Connectors: []ConnectorSource{gone}}, "zoo")
	_, rows, warnings, err := ask(t.Context(), s, "SELECT table_name FROM information_schema.tables WHERE table_schema = 'zoo'")
	if err != nil || len(rows) != 16 {
		t.Errorf("%d tables (%v), want 16", len(rows), err)
	}
	if len(warnings) != 2 || !strings.Contains(fmt.Sprint(warnings), "gone is left out") || !strings.Contains(fmt.Sprint(warnings), "zoo.broken is left out") {
		t.Errorf("warnings %v, want one of database gone and one of table zoo.broken", warnings)
	}
	if _, _, _, err := ask(t.Context(), s, "SELECT * FROM gone.t"); err == nil || !strings.Contains(err.Error(), "the module is gone") {
		t.Errorf("a table of the broken database gives %v", err)
	}
	if err := s.Use(t.Context(), "gone"); err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := ask(t.Context(), s, "SHOW TABLES"); err == nil {
		t.Error("SHOW TABLES of the broken database succeeds")
	}
}

func TestMainIsTheFirstDatabase(t *testing.T) {
	_, s := newEngine(t, Config{})
	if s.Database() != catalog.Main {
		t.Errorf("the first database is %s", s.Database())
	}
	if err := s.Use(t.Context(), "nope"); sqlerr.From(err).Errno != 1049 {
		t.Errorf("USE nope gives %v", err)
	}
}

// BenchmarkNew is the part of the start-up time that is the engine's.
func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		e, err := New(context.Background(), Config{})
		if err != nil {
			b.Fatal(err)
		}
		e.NewSession("")
		if err := e.Close(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}

func TestMountedFoldersAreDatabasesOfTheirFiles(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("people.csv", "name,age\nann,31\n")
	write("cities.csv", "city\nOslo\n")
	e, s := newEngine(t, Config{}, "csv")
	err := e.Mount(t.Context(), "demo", "csv", host.Options{Options: map[string]string{"path": "demo"},
		Grant: host.Grant{Files: []host.FileGrant{{Path: "demo", Host: folder}}}})
	if err != nil {
		t.Fatal(err)
	}
	_, rows, _, err := ask(t.Context(), s, "SHOW TABLES FROM demo")
	if err != nil || fmt.Sprint(rows) != "[[cities] [people]]" {
		t.Fatalf("tables %v (%v)", rows, err)
	}
	if got := one(t, s, "SELECT name FROM demo.people WHERE age > 30"); got != "ann" {
		t.Errorf("got %q", got)
	}
	// What changes on disk is seen by the next statement.
	write("people.csv", "name,age,city\nbob,32,Oslo\n")
	write("more.csv", "x\n1\n")
	if got := one(t, s, "SELECT city FROM demo.people"); got != "Oslo" {
		t.Errorf("the new column is %q", got)
	}
	if got := one(t, s, "SELECT x FROM demo.more"); got != "1" {
		t.Errorf("the new table has %q", got)
	}
}

func TestNamedTablesStandForFiles(t *testing.T) {
	e, s := newEngine(t, Config{GrantPath: grantTestdata}, "series-go", "csv")
	connector, err := e.ConnectorFor(t.Context(), "people/people.csv")
	if err != nil || connector != "csv" {
		t.Fatalf("the connector for people.csv is %q (%v)", connector, err)
	}
	if connector, err = e.ConnectorFor(t.Context(), "x.csv.gz"); err != nil || connector != "csv" {
		t.Errorf("the connector for x.csv.gz is %q (%v)", connector, err)
	}
	if connector, err = e.ConnectorFor(t.Context(), "x.unknown"); err == nil {
		t.Errorf("the connector for x.unknown is %q", connector)
	}
	for _, name := range []string{"people", "People"} {
		if err := e.NameTable(t.Context(), "files", name, "csv", "people/people.csv?null=NA"); (err == nil) != (name == "people") {
			t.Errorf("naming %s gives %v", name, err)
		}
	}
	if err := s.Use(t.Context(), "files"); err != nil {
		t.Fatal(err)
	}
	if got := one(t, s, "SELECT people.name FROM PEOPLE WHERE age = 29"); got != "eve" {
		t.Errorf("got %q", got)
	}
	if got := one(t, s, "SHOW TABLES"); got != "people" {
		t.Errorf("tables %q", got)
	}
	_, rows, _, err := ask(t.Context(), s, "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'files' ORDER BY 2")
	if err != nil || fmt.Sprint(rows) != "[[people age] [people city] [people name]]" {
		t.Errorf("columns %v (%v)", rows, err)
	}
	if err := e.NameTable(t.Context(), "files", "gone", "csv", "nope.csv"); err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := ask(t.Context(), s, "SELECT * FROM gone"); sqlerr.From(err).Errno != 1017 {
		t.Errorf("a file that is gone gives %v", err)
	}
}

func TestManyFilesDoNotPileUp(t *testing.T) {
	folder := t.TempDir()
	grant := func(_ context.Context, _, path string) ([]host.FileGrant, error) {
		return []host.FileGrant{{Path: path, Host: filepath.Join(folder, path)}}, nil
	}
	e, s := newEngine(t, Config{GrantPath: grant}, "csv")
	for i := range 80 {
		name := fmt.Sprintf("f%d.csv", i)
		if err := os.WriteFile(filepath.Join(folder, name), fmt.Appendf(nil, "x\n%d\n", i), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := one(t, s, "SELECT x FROM csv."+quote(name)); got != fmt.Sprint(i) {
			t.Fatalf("%s has %q", name, got)
		}
	}
	if open := len(e.Catalog().Connectors()); open > 64 {
		t.Errorf("%d connectors are open after 80 files, one each", open)
	}
}
