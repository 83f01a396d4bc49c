package engine

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/wasql/wasql/host"
)

// TestForeignTablesRecover has a transaction in doubt when the engine ends, at the connector of a foreign table alone: the
// next life of the engine finishes it when the table is opened.
//
// clause: 8.31
func TestForeignTablesRecover(t *testing.T) {
	ctx := context.Background()
	folder := t.TempDir()
	data := makeFolder(t, folder, "own")
	open := func() (*Engine, *Session) {
		t.Helper()
		store := ConnectorSource{Name: "store", Trusted: true, Wasm: guest(t, "store"), Options: map[string]string{"dir": "/db"},
			Grant: host.Grant{Files: []host.FileGrant{{Path: "/db", Host: makeFolder(t, folder, "db"), Write: true}}, Clock: host.SystemClock{}}}
		grant := func(_ context.Context, _, path string) ([]host.FileGrant, error) {
			return []host.FileGrant{{Path: path, Host: data, Write: true}}, nil
		}
		e, err := New(ctx, Config{Runtime: testRuntime, Home: "store", Decisions: folder, GrantPath: grant, Connectors: []ConnectorSource{store,
			{Name: "purse", Trusted: true, Wasm: purses["prepares"]}}})
		if err != nil {
			t.Fatal(err)
		}
		return e, e.NewSession("teller")
	}
	e, s := open()
	run(t, s, "CREATE TABLE t (id BIGINT PRIMARY KEY)")
	run(t, s, `CREATE TABLE accounts (id BIGINT PRIMARY KEY, balance BIGINT) ENGINE=purse ENGINE_ATTRIBUTE='{"dir": "/own", "obey": "true"}'`)
	run(t, s, "BEGIN")
	run(t, s, "INSERT INTO t VALUES (1)")
	run(t, s, "INSERT INTO accounts VALUES (1, 10)")
	if err := os.WriteFile(filepath.Join(data, "obey"), []byte("commit trap 1000000\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, _, told := ask(ctx, s, "COMMIT")
	if n := one(t, s, "SELECT count(*) FROM t"); n != "1" {
		t.Fatalf("%s rows at the other participant; it was told %v", n, told)
	}
	if n := one(t, s, "SELECT count(*) FROM information_schema.wasql_transactions"); n != "1" {
		t.Errorf("%s transactions are in doubt, told was %v", n, told)
	}
	s.Close()
	if err := e.Close(ctx); err != nil {
		t.Log(err) // the transaction is left in doubt
	}
	if err := os.Remove(filepath.Join(data, "obey")); err != nil {
		t.Fatal(err)
	}
	e, s = open()
	if n := one(t, s, "SELECT count(*) FROM accounts"); n != "1" {
		t.Errorf("%s accounts are there when the table is read first", n)
	}
	if n := one(t, s, "SELECT count(*) FROM information_schema.wasql_transactions"); n != "0" {
		t.Errorf("%s transactions are in doubt still", n)
	}
	s.Close()
	if err := e.Close(ctx); err != nil {
		t.Error(err)
	}
}
