package engine

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// buildGarden compiles the connector that these tests write to, once.
var buildGarden = sync.OnceValues(func() ([]byte, error) {
	folder, err := os.MkdirTemp("", "garden")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(folder) }() // a temporary folder left behind fails no test
	path := filepath.Join(folder, "garden.wasm")
	build := exec.Command("go", "build", "-buildmode=c-shared", "-ldflags=-s -w", "-o", path, "./testdata/garden")
	build.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build the garden: %w\n%s", err, out)
	}
	return os.ReadFile(path)
})

// newGarden makes an engine over the garden, with a session on it.
func newGarden(t testing.TB) (*Engine, *Session) {
	t.Helper()
	config := Config{Connectors: []ConnectorSource{{Name: "garden", Trusted: true, Wasm: buildGarden}}}
	e, s := newEngine(t, config)
	if err := s.Use(context.Background(), "garden"); err != nil {
		t.Fatal(err)
	}
	return e, s
}

func TestFirst(t *testing.T) {
	_, s := newGarden(t)
	for _, q := range []string{
		"insert into plants values (1,'Rose','red'),(2,'Lily',null)",
		"select * from plants",
		"insert into plants values (1,'X','red')",
		"insert into plants values (3,'Rose','red')",
		"insert into plants values (4,'Oak','x'),(5,'Ash','y'),(4,'Elm','z')",
		"select * from plants",
		"insert ignore into plants values (1,'a','x'),(7,'Birch','y'),(8,'rose','q')",
		"select * from plants",
		"insert into plants values (1,'rose','blue') on duplicate key update note=values(note), name='Tulip'",
		"replace into plants values (2,'Dill','herb'),(7,'Tulip','both')",
		"select * from plants",
		"update plants set note=concat(note,'!') where id>1",
		"update plants set name=upper(name)",
		"select * from plants",
		"delete from plants where id=7",
		"select * from plants",
		"delete from plants",
		"select * from plants",
		"insert into seeds(name) values ('a'),('b')",
		"select * from seeds",
		"select last_insert_id()",
		"insert into weeds values ('dock'),('nettle')",
		"select place, name from weeds",
		"update weeds set name='x' where name='dock'",
		"select * from weeds",
		"delete from weeds",
		"select * from weeds",
		"insert into leaves values ('red')",
		"update leaves set colour='blue'",
		"insert into stony values (1,'earth'),(2,'stone'),(3,'sand')",
		"select * from stony",
		"insert into stony select id, 'x' from plants",
		"insert into plants select 9, 'n', 'v'",
		"insert into plants select id+1, concat(name, 'b'), note from plants",
		"insert into plants values (20,'Q','x') returning id, name",
		"select * from plants",
	} {
		c, r, w, err := ask(t.Context(), s, q)
		t.Log(q, "\n   ", c, r, w, err)
	}
}
