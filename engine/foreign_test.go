package engine

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wasql/wasql/engine/catalog"
	"github.com/wasql/wasql/engine/slt"
	"github.com/wasql/wasql/engine/sqlerr"
	"github.com/wasql/wasql/host"
)

// ownGuests are the connectors that only these tests have, in testdata.
var ownGuests = map[string]func() ([]byte, error){"zoo": buildZoo, "writers": buildOwn("writers"), "constant": buildOwn("constant")}

// sources are connectors by name; a name may be another than the module's: myfdw=constant.
func sources(t testing.TB, names ...string) (all []ConnectorSource) {
	for _, name := range names {
		called, module, other := strings.Cut(name, "=")
		if !other {
			module = name
			called, _, _ = strings.Cut(name, "-")
		}
		source := ConnectorSource{Name: called, Trusted: true, Wasm: ownGuests[module]}
		if source.Wasm == nil {
			source.Wasm = guest(t, module)
		}
		all = append(all, source)
	}
	return all
}

// TestForeignScripts runs the scripts of servers and foreign tables, and of connectors that write down
// what they are sent; with -rewrite it writes the rows that came into them.
// clause: 8.26 8.27
func TestForeignScripts(t *testing.T) {
	for script, connectors := range map[string][]string{
		"tables":    {"csv", "series-go", "zoo", "writers", "myfdw=constant"},
		"server":    {"csv", "zoo", "writers", "constant"},
		"shadow":    {"writers"},
		"rowid":     {"writers", "zoo"},
		"writers":   {"writers"},
		"databases": {"csv", "zoo"},
	} {
		run := func(t *testing.T, config Config) {
			config.GrantPath, config.Connectors = grantTestdata, append(config.Connectors, sources(t, connectors...)...)
			// What the connectors are sent is in the rows of the scripts, so all is sent that can be.
			inWays(t, filepath.Join("testdata", "foreign", script+".slt"), true, true, func(t *testing.T, file *slt.File, before string) {
				_, s := newEngine(t, config)
				runIn(t, s, file, before, false)
			})
		}
		if script != "databases" { // there are none without a home
			t.Run(script, func(t *testing.T) { run(t, Config{}) })
		}
		t.Run(script+" in a home", func(t *testing.T) { run(t, Config{Home: "store", Connectors: sources(t, "store")}) })
	}
}

// life is one engine over objects and a folder that outlive it.
func life(t *testing.T, config Config, folder string, do func(run func(text string) string)) {
	t.Helper()
	config.Runtime = testRuntime
	config.GrantPath = func(_ context.Context, _, path string) ([]host.FileGrant, error) {
		return []host.FileGrant{{Path: path, Host: folder, Write: true}}, nil
	}
	config.Connectors = append(config.Connectors, sources(t, "writers", "myfdw=constant")...)
	e, err := New(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	s := e.NewSession("")
	do(func(text string) string {
		_, rows, _, err := ask(t.Context(), s, text)
		if e := sqlerr.From(err); e != nil {
			return fmt.Sprintf("%d %s", e.Errno, e.Message)
		}
		return fmt.Sprint(rows)
	})
	s.Close()
	if err := e.Close(context.Background()); err != nil {
		t.Error(err)
	}
}

// checklist: T5 T9 T26
// clause: 8.22
func TestTablesAreCreatedOnceThenConnected(t *testing.T) {
	folder, objects := t.TempDir(), catalog.NewLasting()
	var log strings.Builder
	config := Config{Objects: objects, Log: slog.New(slog.NewTextHandler(&log, nil))}
	expect := func(got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	life(t, config, folder, func(run func(string) string) {
		expect(run("CREATE SERVER words FOREIGN DATA WRAPPER multicorn OPTIONS (wrapper 'myfdw')"), "[]")
		expect(run("CREATE FOREIGN TABLE two (w varchar(10)) SERVER words OPTIONS (`rows` 2)"), "[]")
		expect(run(`CREATE TABLE pets (id BIGINT PRIMARY KEY, name VARCHAR(20)) ENGINE=writers ENGINE_ATTRIBUTE='{"folder": "kept", "label": "x"}'`), "[]")
		expect(run("CREATE VIRTUAL TABLE sticky USING writers(folder = kept)"), "1146 connector writers has 5 tables, and it is not said which one is meant")
		expect(run(`CREATE TABLE sticky (a BIGINT) ENGINE=writers ENGINE_ATTRIBUTE='{"folder": "kept"}'`), "[]")
		expect(run("INSERT INTO pets VALUES (1, 'cat'), (2, 'dog')"), "[]")
	})
	if !strings.Contains(log.String(), "disconnect") || !strings.Contains(log.String(), "it sticks") {
		t.Errorf("a DISCONNECT that fails is not in the log: %q", log.String())
	}
	life(t, config, folder, func(run func(string) string) {
		expect(run("SHOW TABLES"), "[[pets] [sticky] [two]]")
		expect(run("SELECT * FROM two"), "[[w 0] [w 1]]")
		expect(run("SELECT * FROM pets ORDER BY id"), "[[1 cat] [2 dog]]")
		expect(run("RENAME TABLE pets TO beasts"), "[]")
		expect(run("DELETE FROM beasts WHERE id = 1"), "[]")
	})
	life(t, config, folder, func(run func(string) string) {
		expect(run("SELECT * FROM beasts"), "[[2 dog]]")
		expect(run("DROP TABLE beasts, sticky"), "[]")
		expect(run("SELECT * FROM beasts"), "1146 table not found: beasts")
		expect(run("DROP SERVER words CASCADE"), "[]")
	})
	life(t, config, folder, func(run func(string) string) {
		expect(run("SHOW TABLES"), "[]")
	})
	calls, err := os.ReadFile(filepath.Join(folder, "calls"))
	if err != nil {
		t.Fatal(err)
	}
	const want = `create pets label=x id:BIGINT name:VARCHAR(20)
create sticky a:BIGINT
disconnect pets
disconnect sticky
connect pets data=of pets
rename pets beasts
disconnect beasts
connect beasts data=of pets
destroy beasts
connect sticky data=of sticky
destroy sticky
`
	if strings.TrimSpace(string(calls)) != strings.TrimSpace(want) {
		t.Errorf("the calls are:\n%s\nwant:\n%s", calls, want)
	}
	if left, err := filepath.Glob(filepath.Join(folder, "*.table")); err != nil || len(left) != 0 {
		t.Errorf("files that are left: %v (%v)", left, err)
	}
}

func TestPathsOfServersAreGrantedToTheirConnector(t *testing.T) {
	var asked []string
	_, s := newEngine(t, Config{Connectors: sources(t, "csv"), GrantPath: func(ctx context.Context, connector, path string) ([]host.FileGrant, error) {
		asked = append(asked, connector+" "+path)
		return grantTestdata(ctx, connector, path)
	}})
	for _, text := range []string{
		"CREATE SERVER folks FOREIGN DATA WRAPPER csv OPTIONS (path 'people')",
		"CREATE TABLE cities (city LONGTEXT) ENGINE=csv ENGINE_ATTRIBUTE='{\"path\": \"people/cities.csv\"}'",
		"SELECT * FROM folks.people", "SELECT * FROM cities",
	} {
		if _, _, _, err := ask(t.Context(), s, text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	if fmt.Sprint(asked) != "[csv people csv people/cities.csv]" {
		t.Errorf("the policy was asked for %q", asked)
	}
	_, denied := newEngine(t, Config{Connectors: sources(t, "csv")})
	_, _, _, err := ask(t.Context(), denied, "CREATE SERVER folks FOREIGN DATA WRAPPER csv OPTIONS (path 'people')")
	wantErrno(t, err, 1227)
}

// checklist: M1
func TestForeignTablesOutliveTheEngineInTheHome(t *testing.T) {
	folder := t.TempDir()
	store := sources(t, "store")[0]
	store.Grant = host.Grant{Files: []host.FileGrant{{Path: "data", Host: t.TempDir(), Write: true}}}
	store.Options = map[string]string{"dir": "data"}
	for i, want := range []string{"[]", "[[w 0]]"} {
		config := Config{Home: "store", Connectors: []ConnectorSource{store}}
		life(t, config, folder, func(run func(string) string) {
			if i == 0 {
				run("CREATE SERVER words FOREIGN DATA WRAPPER myfdw")
				if got := run("CREATE FOREIGN TABLE one (w varchar(10)) SERVER words OPTIONS (`rows` 1)"); got != want {
					t.Errorf("got %s", got)
				}
				run("CREATE TABLE mine (a INT)")
				if got := run("CREATE FOREIGN TABLE mine (a INT) SERVER words"); !strings.HasPrefix(got, "1050") {
					t.Errorf("a name that is taken gives %s", got)
				}
				return
			}
			if got := run("SHOW TABLES"); got != "[[mine] [one]]" {
				t.Errorf("tables %s", got)
			}
			if got := run("SHOW CREATE TABLE one"); !strings.Contains(got, "CREATE FOREIGN TABLE `one`") {
				t.Errorf("got %s", got)
			}
			if got := run("DROP TABLE mine, one"); !strings.HasPrefix(got, "1235") {
				t.Errorf("got %s", got)
			}
			if got := run("SELECT * FROM one"); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}
