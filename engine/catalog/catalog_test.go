package catalog

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/sqlerr"
	"github.com/wasql/wasql/host"
)

func TestPathsAreCutFromTheirOptions(t *testing.T) {
	cases := []struct {
		name, path string
		options    map[string]string
	}{
		{"./people.csv", "./people.csv", nil},
		{"./people.csv?", "./people.csv", nil},
		{"a?null=NA&header=true", "a", map[string]string{"null": "NA", "header": "true"}},
		{"a?delim=;&quote=+", "a", map[string]string{"delim": ";", "quote": "+"}},
		{"a?delim=%26&null=a=b", "a", map[string]string{"delim": "&", "null": "a=b"}},
		{"a?flag", "a", map[string]string{"flag": ""}},
		{"a?q=x?y", "a", map[string]string{"q": "x?y"}},
	}
	for _, c := range cases {
		path, options, err := splitPath(c.name)
		if err != nil || path != c.path || !maps.Equal(options, c.options) {
			t.Errorf("%q is %q with %v (%v), want %q with %v", c.name, path, options, err, c.path, c.options)
		}
	}
	for _, name := range []string{"", "?null=NA", "a?x=1&x=2", "a?=1", "a?x=%zz"} {
		if path, options, err := splitPath(name); err == nil {
			t.Errorf("%q is %q with %v", name, path, options)
		}
	}
}

func TestUnknownTableOptionsAreNamedWithASuggestion(t *testing.T) {
	manifest := &pb.HelloResponse{Name: "csv", Options: []*pb.Option{
		{Name: "null", Scope: pb.OptionScope_OPTION_SCOPE_BOTH}, {Name: "header"}, {Name: "threads", Scope: pb.OptionScope_OPTION_SCOPE_SERVER}}}
	if err := checkOptions(manifest, map[string]string{"null": "NA", "header": "x"}); err != nil {
		t.Error(err)
	}
	err := checkOptions(manifest, map[string]string{"nul": "NA"})
	if err == nil || !strings.Contains(err.Error(), `"nul", did you mean null?`) || !strings.Contains(sqlerr.From(err).Hint, "null, header") {
		t.Errorf("error %v, want one that names nul and suggests null", err)
	}
	if err := checkOptions(manifest, map[string]string{"threads": "1"}); err == nil {
		t.Error("an option of the server is taken for one of the table")
	}
}

func TestDatabaseNames(t *testing.T) {
	c := New(Config{})
	noModule := func(context.Context) (*host.Module, error) { return nil, errors.New("no module") }
	if err := c.Add(Mount{Name: "Csv", Module: noModule}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"csv", "main", "information_schema", "mysql", "", "a/b", "a.b", " a", strings.Repeat("x", 65)} {
		if err := c.Add(Mount{Name: name, Module: noModule}); err == nil {
			t.Errorf("a database called %q is mounted", name)
		}
	}
	ctx := sql.NewEmptyContext()
	if !c.Provider().HasDatabase(ctx, "CSV") || c.Provider().HasDatabase(ctx, "nope") {
		t.Error("names are not compared without case")
	}
	if _, err := c.Provider().Database(ctx, "cvs"); !sql.ErrDatabaseNotFound.Is(err) || !strings.Contains(err.Error(), "did you mean Csv?") {
		t.Errorf("error %v, want one that suggests Csv", err)
	}
	if err := c.Alias("csv", "t", "csv", "x"); err == nil {
		t.Error("a table is named in a connector's database")
	}
	if err := c.Alias("files", "t", "csv", "x"); err != nil {
		t.Error(err)
	}
	if err := c.Alias("FILES", "T", "csv", "y"); err == nil {
		t.Error("a table is named twice")
	}
	if err := c.Unmount(t.Context(), "csv"); err != nil {
		t.Error(err)
	}
	if err := c.Unmount(t.Context(), "csv"); sqlerr.From(err).Errno != 1049 {
		t.Errorf("unmounting twice gives %v", err)
	}
	if err := c.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if err := c.Add(Mount{Name: "late", Module: noModule}); err == nil {
		t.Error("a closed catalog takes a mount")
	}
}

func TestFilesAreDeniedWithoutAPolicy(t *testing.T) {
	module := func(context.Context) (*host.Module, error) {
		return nil, errors.New("loaded before the policy was asked")
	}
	ask := func(policy GrantPath) error {
		c := New(Config{GrantPath: policy})
		if err := c.Add(Mount{Name: "csv", Module: module, Files: true}); err != nil {
			t.Fatal(err)
		}
		db, err := c.Provider().Database(sql.NewEmptyContext(), "csv")
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = db.GetTableInsensitive(sql.NewEmptyContext(), "./people.csv?null=NA")
		return err
	}
	asked := ""
	denials := map[string]GrantPath{
		"no policy": nil,
		"an error": func(_ context.Context, connector, path string) ([]host.FileGrant, error) {
			asked = connector + " " + path
			return nil, errors.New("not today")
		},
		"no grants": func(context.Context, string, string) ([]host.FileGrant, error) { return nil, nil },
	}
	for name, policy := range denials {
		if err := ask(policy); !errors.Is(err, host.ErrDenied) || sqlerr.From(err).Errno != 1227 {
			t.Errorf("%s: error %v, want a denial", name, err)
		}
	}
	if asked != "csv ./people.csv" {
		t.Errorf("the policy was asked for %q", asked)
	}
	gone := func(context.Context, string, string) ([]host.FileGrant, error) { return nil, fs.ErrNotExist }
	if err := ask(gone); sqlerr.From(err).Errno != 1017 || !strings.Contains(err.Error(), "./people.csv") {
		t.Errorf("error %v, want 1017 naming the path", err)
	}
	granted := func(context.Context, string, string) ([]host.FileGrant, error) {
		return []host.FileGrant{{Path: "./people.csv", Host: filepath.Join(t.TempDir(), "nope.csv")}}, nil
	}
	if err := ask(granted); sqlerr.From(err).Errno != 1017 || strings.Contains(err.Error(), os.TempDir()) {
		t.Errorf("error %v, want 1017 without the machine's path", err)
	}
}

func TestStampsChangeWithTheFiles(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "a.csv")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("x")
	grants := []host.FileGrant{{Path: "d", Host: folder}}
	take := func() stamp {
		s, err := stampFiles(grants)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	first := take()
	if again := take(); again.files != first.files {
		t.Error("the stamp of unchanged files differs")
	}
	write("longer")
	if take().files == first.files {
		t.Error("a longer file has the same stamp")
	}
	write("x")
	if err := os.Chtimes(path, time.Time{}, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if take().files == first.files {
		t.Error("a younger file has the same stamp")
	}
	if _, err := stampFiles([]host.FileGrant{{Path: "./gone.csv", Host: filepath.Join(folder, "gone.csv")}}); sqlerr.From(err).Errno != 1017 {
		t.Errorf("a missing file gives %v", err)
	}
}

func TestSourcesInUseAreNotClosed(t *testing.T) {
	d := &database{}
	ctx, statement := WithStatement(t.Context())
	used := &fileSource{key: "used"}
	d.files.all = append(d.files.all, used)
	d.pin(ctx, used)
	d.pin(ctx, used)
	if used.pins != 1 {
		t.Fatalf("%d pins for one statement", used.pins)
	}
	for i := range fileSourcesMax + 1 {
		d.files.all = append(d.files.all, &fileSource{key: strings.Repeat("x", i)})
	}
	for _, out := range d.files.surplus() {
		if out == used {
			t.Error("a source in use is closed")
		}
	}
	if len(d.files.all) != fileSourcesMax {
		t.Errorf("%d sources are kept, want %d", len(d.files.all), fileSourcesMax)
	}
	statement.End()
	statement.End()
	if used.pins != 0 {
		t.Errorf("%d pins after the statement", used.pins)
	}
}
