package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wasql/wasql/engine/sqlerr"
	"github.com/wasql/wasql/engine/txn"
	"github.com/wasql/wasql/host"
)

// purses are the kinds of the connector testdata/purse.
var purses = map[string]func() ([]byte, error){"": buildPurse(""), "prepares": buildPurse("prepares"), "forgets": buildPurse("forgets")}

func buildPurse(kind string) func() ([]byte, error) {
	return sync.OnceValues(func() ([]byte, error) {
		folder, err := os.MkdirTemp("", "purse")
		if err != nil {
			return nil, err
		}
		defer func() { _ = os.RemoveAll(folder) }() // a temporary folder left behind fails no test
		path := filepath.Join(folder, "purse.wasm")
		build := exec.Command("go", "build", "-buildmode=c-shared", "-ldflags=-s -w -X main.kind="+kind, "-o", path, "./testdata/purse")
		build.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0", "GOFLAGS=")
		if out, err := build.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("build purse: %w\n%s", err, out)
		}
		return os.ReadFile(path)
	})
}

// purse is a source with a folder, whose file obey says how it misbehaves.
func purse(t testing.TB, name, kind, folder string) ConnectorSource {
	t.Helper()
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	return ConnectorSource{Name: name, Trusted: true, Wasm: purses[kind], Options: map[string]string{"dir": "/" + name, "obey": "true"},
		Grant:  host.Grant{Files: []host.FileGrant{{Path: "/" + name, Host: folder, Write: true}}},
		Limits: host.Limits{MemoryBytes: 96 << 20, CallTime: 2 * time.Second}}
}

// tellers are a store, a purse that prepares, and one that decides, with a decision log.
type tellers struct {
	t      *testing.T
	folder string
	engine *Engine
	s      *Session
	next   int
}

func newTellers(t *testing.T, decider string) *tellers {
	t.Helper()
	p := &tellers{t: t, folder: t.TempDir()}
	store := ConnectorSource{Name: "store", Trusted: true, Wasm: guest(t, "store")}
	config := Config{Runtime: testRuntime, Home: "store", Decisions: p.folder, Connectors: []ConnectorSource{store,
		purse(t, "p", "prepares", filepath.Join(p.folder, "p")), purse(t, "l", decider, filepath.Join(p.folder, "l"))}}
	var err error
	if p.engine, err = New(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	p.s = p.engine.NewSession("teller")
	t.Cleanup(func() {
		p.s.Close()
		if err := p.engine.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	run(t, p.s, "CREATE TABLE accounts (id BIGINT PRIMARY KEY, balance BIGINT)")
	return p
}

var tellerTables = []string{"accounts", "p.accounts", "l.accounts"}

// order has a connector misbehave, once.
func (p *tellers) order(connector, order string) {
	p.t.Helper()
	if err := os.WriteFile(filepath.Join(p.folder, connector, "obey"), []byte(order+"\n"), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// write writes to all three, in a transaction of its own, and ends it.
func (p *tellers) write(end string) (id int, err error) {
	p.next++
	statements := []string{"BEGIN"}
	for _, table := range tellerTables {
		statements = append(statements, fmt.Sprintf("INSERT INTO %s VALUES (%d, 1)", table, p.next))
	}
	for _, statement := range append(statements, end) {
		if _, _, _, err := ask(p.t.Context(), p.s, statement); err != nil {
			if statement != end {
				_, _, _, _ = ask(p.t.Context(), p.s, "ROLLBACK") // the first error is the one to tell
			}
			return p.next, fmt.Errorf("%s: %w", statement, err)
		}
	}
	return p.next, nil
}

// there counts the tables that have a row.
func (p *tellers) there(id int) int {
	p.t.Helper()
	n := 0
	for _, table := range tellerTables {
		if one(p.t, p.s, fmt.Sprintf("SELECT count(*) FROM %s WHERE id = %d", table, id)) == "1" {
			n++
		}
	}
	return n
}

// settled waits until nothing is in doubt.
func (p *tellers) settled(what string) {
	p.t.Helper()
	for began := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		left, err := p.engine.transactions.InDoubt()
		if err == nil && len(left) == 0 {
			return
		}
		if time.Since(began) > 10*time.Second {
			p.t.Fatalf("%s: in doubt are %+v, %v", what, left, err)
		}
	}
}

// TestWhateverFailsATransactionHasOneOutcome has each participant fail in each operation, in each way. The client is told that the
// transaction is committed, that it is not, or that nobody knows; all connectors agree; and what comes next is not held up.
//
// checklist: M12, M13, M14, T22, T23, T24, T25
func TestWhateverFailsATransactionHasOneOutcome(t *testing.T) {
	p := newTellers(t, "")
	if _, err := p.write("COMMIT"); err != nil {
		t.Fatal(err)
	}
	told := map[string]int{}
	for _, connector := range []string{"p", "l"} {
		for _, operation := range []string{"begin", "savepoint", "write", "flush", "sync", "commit", "rollback", "recover"} {
			for _, way := range []string{"refuse", "trap", "loop", "memory", "late", "panic"} {
				if connector == "l" && (operation == "sync" || operation == "recover") || testing.Short() && (way == "loop" || way == "memory") {
					continue // never asked of one that cannot prepare
				}
				what := connector + " " + operation + " " + way
				p.order(connector, operation+" "+way+" 1")
				if operation == "recover" {
					p.order(connector, "commit trap 1\nrecover "+way+" 1")
				}
				end := "COMMIT"
				if operation == "rollback" {
					end = "ROLLBACK"
				}
				id, err := p.write(end)
				var e *sqlerr.Error
				unknown := errors.As(err, &e) && e.Errno == txn.OutcomeUnknown
				p.settled(what)
				n := p.there(id)
				switch {
				case n != 0 && n != len(tellerTables):
					t.Errorf("%s: the transaction is there in %d of %d connectors; it was told %v", what, n, len(tellerTables), err)
				case end == "ROLLBACK" && n > 0, err == nil && end == "COMMIT" && n == 0, err != nil && !unknown && n > 0:
					t.Errorf("%s: it was told %v, and is there in %d", what, err, n)
				}
				switch {
				case unknown:
					told["unknown"]++
				case err != nil:
					told["failed"]++
				default:
					told["done"]++
				}
				if _, err := p.write("COMMIT"); err != nil {
					t.Errorf("%s: the next transaction: %v", what, err)
				}
			}
		}
	}
	if told["done"] == 0 || told["failed"] == 0 {
		t.Errorf("told was %v", told)
	}
	t.Logf("told was %v", told)
}

// TestAnOutcomeThatNobodyKnows has a connector die in the COMMIT that decides, which does not remember what it did.
//
// checklist: M13
func TestAnOutcomeThatNobodyKnows(t *testing.T) {
	for _, way := range []string{"trap", "late", "panic"} {
		for _, decision := range []string{"XA COMMIT", "XA ROLLBACK"} {
			t.Run(way+" "+decision, func(t *testing.T) {
				p := newTellers(t, "forgets")
				p.order("l", "commit "+way+" 1")
				id, err := p.write("COMMIT")
				e := sqlerr.From(err)
				if e == nil || e.Errno != txn.OutcomeUnknown || e.State != "08007" || !strings.Contains(e.Message, "outcome unknown, id ") {
					t.Fatalf("COMMIT says %v", err)
				}
				row := one(t, p.s, "SELECT concat(TRANSACTION_ID, '|', STATE, '|', DECIDER) FROM information_schema.WASQL_TRANSACTIONS")
				name, rest, _ := strings.Cut(row, "|")
				if rest != "UNDECIDED|l" || !strings.Contains(e.Message, name) {
					t.Fatalf("in doubt is %s; COMMIT said %v", row, err)
				}
				// What is prepared keeps others from the row, and from nothing else.
				refused(t, p.s, 1213, fmt.Sprintf("INSERT INTO p.accounts VALUES (%d, 7)", id))
				if _, err := p.write("COMMIT"); err != nil {
					t.Errorf("another transaction: %v", err)
				}
				// The operator looks, and decides.
				run(t, p.s, decision+" '"+name+"'")
				p.settled(decision)
				want := "0"
				if decision == "XA COMMIT" {
					want = "1"
				}
				for _, table := range tellerTables[:2] {
					if got := one(t, p.s, fmt.Sprintf("SELECT count(*) FROM %s WHERE id = %d", table, id)); got != want {
						t.Errorf("%s has %s rows, want %s", table, got, want)
					}
				}
			})
		}
	}
}

// TestTwoThatCannotPrepare refuses the second one before it writes.
//
// checklist: M12
func TestTwoThatCannotPrepare(t *testing.T) {
	folder := t.TempDir()
	store := ConnectorSource{Name: "store", Trusted: true, Wasm: guest(t, "store")}
	both := []ConnectorSource{store, purse(t, "k", "", filepath.Join(folder, "k")), purse(t, "l", "", filepath.Join(folder, "l"))}
	durable := []ConnectorSource{store, purse(t, "k", "prepares", filepath.Join(folder, "kp")), purse(t, "l", "prepares", filepath.Join(folder, "lp"))}
	kept := []ConnectorSource{store, purse(t, "k", "prepares", filepath.Join(folder, "kk")), purse(t, "l", "prepares", filepath.Join(folder, "lk"))}
	cases := []struct {
		name       string
		connectors []ConnectorSource
		decisions  string
		want       string
	}{
		{"neither can", both, folder, "neither connector can prepare a commit"},
		{"both outlive the engine, and no decision does", durable, "", "there is no decision log"},
		{"both can, and decisions are kept", kept, folder, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			e, err := New(t.Context(), Config{Runtime: testRuntime, Home: "store", Connectors: c.connectors, Decisions: c.decisions})
			if err != nil {
				t.Fatal(err)
			}
			s := e.NewSession("teller")
			defer func() {
				s.Close()
				if err := e.Close(context.Background()); err != nil {
					t.Error(err)
				}
			}()
			run(t, s, "CREATE TABLE t (id INT PRIMARY KEY)", "BEGIN", "INSERT INTO t VALUES (1)", "INSERT INTO k.accounts VALUES (1, 1)")
			_, _, _, err = ask(t.Context(), s, "INSERT INTO l.accounts VALUES (1, 1)")
			if refusal := sqlerr.From(err); c.want == "" && err != nil || c.want != "" && (refusal == nil || refusal.Errno != 1235 || !strings.Contains(refusal.Message, c.want)) {
				t.Errorf("the second write says %v", err)
			}
			run(t, s, "COMMIT")
			if got := one(t, s, "SELECT count(*) FROM k.accounts"); got != "1" {
				t.Errorf("what was written before is gone: %s", got)
			}
			if got := one(t, s, "SELECT count(*) FROM l.accounts"); (got == "1") != (c.want == "") {
				t.Errorf("the other one has %s rows", got)
			}
		})
	}
}
