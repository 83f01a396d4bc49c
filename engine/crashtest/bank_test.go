//go:build unix

package crashtest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine"
	"github.com/wasql/wasql/engine/sqlerr"
	"github.com/wasql/wasql/engine/txn"
	"github.com/wasql/wasql/engine/txn/txntest"
	"github.com/wasql/wasql/host"
)

// The bank has accounts in three connectors: two stores, and one that cannot prepare a commit. All of them keep what they have in files.
const (
	// branchAccounts is how many accounts each connector has, and opening what is on each of them at first.
	branchAccounts = 8
	opening        = 1000
	bankTotal      = 3 * branchAccounts * opening
	bankWorkers    = 3
	// receipts have numbers from here on: a transfer leaves one with each connector that it changes.
	receipts = 1000
)

// branches are the tables of the accounts.
var branches = []string{"main.accounts", "b.accounts", "c.accounts"}

// purseVariable tells the process that is to be ended where the connector is that cannot prepare.
const purseVariable = "WASQL_CRASH_PURSE"

// purseFile is that connector, as it was built.
var purseFile = os.Getenv(purseVariable)

// buildPurse builds it.
func buildPurse(folder string) error {
	purseFile = filepath.Join(folder, "purse.wasm")
	build := exec.Command("go", "build", "-buildmode=c-shared", "-ldflags=-s -w", "-o", purseFile, "../testdata/purse")
	build.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build the purse: %w\n%s", err, out)
	}
	return nil
}

func module(file string) func() ([]byte, error) {
	return func() ([]byte, error) { return os.ReadFile(file) }
}

// in makes options of a connector that keeps its files in a part of a folder.
func in(folder, part, path string) host.Options {
	o := options(filepath.Join(folder, part))
	o.Options["dir"] = path
	o.Grant.Files[0].Path = path
	o.Grant.Random = rand.Reader
	if part == "c" {
		delete(o.Options, "checkpoint")
	}
	return o
}

// openBank opens the three over the parts of a folder, which must be there.
func openBank(ctx context.Context, folder string) (*database, error) {
	config := engine.Config{Runtime: sandbox, Home: "a", Decisions: folder}
	for _, part := range []string{"a", "b", "c"} {
		file := moduleFile
		if part == "c" {
			file = purseFile
		}
		o := in(folder, part, "/"+part)
		config.Connectors = append(config.Connectors, engine.ConnectorSource{Name: part, Trusted: true, Wasm: module(file), Options: o.Options, Grant: o.Grant, Limits: o.Limits})
	}
	e, err := engine.New(ctx, config)
	if err != nil {
		return nil, err
	}
	return &database{e}, nil
}

// foundBank makes the folder of a bank, with its accounts.
func foundBank(ctx context.Context, folder string) error {
	for _, part := range []string{"a", "b", "c"} {
		if err := os.MkdirAll(filepath.Join(folder, part), 0o700); err != nil {
			return err
		}
	}
	if err := foundBranch(ctx, folder); err != nil {
		return err
	}
	d, err := openBank(ctx, folder)
	if err != nil {
		return err
	}
	s := d.newSession()
	_, err = query(ctx, s, "CREATE TABLE accounts (id BIGINT PRIMARY KEY, balance BIGINT NOT NULL)")
	for _, table := range branches {
		for id := range branchAccounts {
			if err == nil {
				_, err = query(ctx, s, fmt.Sprintf("INSERT INTO %s VALUES (%d, %d)", table, id, opening))
			}
		}
	}
	s.Close()
	return errors.Join(err, d.close(ctx))
}

// foundBranch makes the table of the second store, which is not the home of the engine: nothing can be created in it by SQL.
func foundBranch(ctx context.Context, folder string) (err error) {
	wasm, err := os.ReadFile(moduleFile)
	if err != nil {
		return err
	}
	compiled, err := sandbox.Compile(ctx, "store", wasm)
	if err != nil {
		return err
	}
	c, err := compiled.Open(ctx, in(folder, "b", "/b"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close(ctx)) }()
	instance, err := c.Acquire(ctx, 0)
	if err != nil {
		return err
	}
	defer instance.Release()
	err = instance.Call(ctx, pb.Op_OP_CREATE_DATABASE, &pb.CreateDatabaseRequest{Database: &pb.Database{Name: "b"}}, &pb.CreateDatabaseResponse{})
	if err != nil {
		return err
	}
	table := &pb.Table{Name: "accounts", PrimaryKey: []uint32{0}, Columns: []*pb.Column{
		{Name: "id", Type: pb.Type_TYPE_INT64, SqlType: "bigint", NotNull: true}, {Name: "balance", Type: pb.Type_TYPE_INT64, SqlType: "bigint", NotNull: true}}}
	return instance.Call(ctx, pb.Op_OP_CREATE, &pb.CreateRequest{Database: "b", Table: table}, &pb.CreateResponse{})
}

// transfer moves money between some of the branches.
type transfer struct {
	receipt  int
	branches []int
	rollback bool
}

func newTransfer(random *mathrand.Rand, receipt int) transfer {
	t := transfer{receipt: receipt, branches: random.Perm(len(branches))[:1+random.IntN(len(branches))], rollback: random.IntN(12) == 0}
	return t
}

// do runs it, in a transaction of its own.
func (t transfer) do(ctx context.Context, s *engine.Session, random *mathrand.Rand) error {
	statements := []string{"BEGIN"}
	left := 0
	for i, b := range t.branches {
		amount := random.IntN(50)
		if i == len(t.branches)-1 {
			amount = -left
		}
		left += amount
		statements = append(statements, fmt.Sprintf("UPDATE %s SET balance = balance + %d WHERE id = %d", branches[b], amount, random.IntN(branchAccounts)),
			fmt.Sprintf("INSERT INTO %s VALUES (%d, 0)", branches[b], t.receipt))
	}
	end := "COMMIT"
	if t.rollback {
		end = "ROLLBACK"
	}
	for _, statement := range append(statements, end) {
		if _, err := query(ctx, s, statement); err != nil {
			if statement != end {
				_, _ = query(ctx, s, "ROLLBACK") // the first error is the one to tell
			}
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

// outcome of a transfer, as the client is told.
func (t transfer) outcome(err error) string {
	var e *sqlerr.Error
	switch {
	case err == nil && t.rollback:
		return "back"
	case err == nil:
		return "done"
	case errors.As(err, &e) && e.Errno == txn.OutcomeUnknown:
		return "unknown"
	}
	return "back"
}

// bank makes transfers until the process is ended. Each is written as a line before it begins, and its outcome behind it.
func (c child) bank(ctx context.Context) error {
	d, err := openBank(ctx, c.Folder)
	if err != nil {
		return err
	}
	s := d.newSession()
	next, err := d.clearReceipts(ctx, s)
	if err != nil {
		return err
	}
	var steps atomic.Int64
	txntest.Inject(func(string) {
		if steps.Add(1) == int64(c.Step) {
			killSelf()
		}
	})
	fmt.Println("ready")
	var receipt atomic.Int64
	receipt.Store(int64(next))
	var group sync.WaitGroup
	for id := range bankWorkers {
		group.Go(func() {
			session := d.newSession()
			random := mathrand.New(mathrand.NewPCG(c.Seed, uint64(id)))
			for {
				t := newTransfer(random, int(receipt.Add(1)))
				fmt.Printf("begin %d %v\n", t.receipt, strings.ReplaceAll(strings.Trim(fmt.Sprint(t.branches), "[]"), " ", ","))
				err := t.do(ctx, session, random)
				fmt.Printf("%s %d %q\n", t.outcome(err), t.receipt, fmt.Sprint(err))
			}
		})
	}
	group.Go(func() { d.watch(ctx) })
	group.Wait()
	return nil
}

// watch looks at all accounts, again and again: at any moment they have the same sum.
func (d *database) watch(ctx context.Context) {
	s := d.newSession()
	for {
		sum, err := d.sum(ctx, s)
		if err == nil && sum != bankTotal {
			fmt.Printf("sum %d\n", sum)
		}
		time.Sleep(time.Millisecond)
	}
}

// sum is that of all accounts at one moment.
func (d *database) sum(ctx context.Context, s *engine.Session) (int, error) {
	total := 0
	if _, err := query(ctx, s, "START TRANSACTION WITH CONSISTENT SNAPSHOT"); err != nil {
		return 0, err
	}
	for _, table := range branches {
		rows, err := query(ctx, s, "SELECT balance FROM "+table)
		if err != nil {
			return 0, err
		}
		for _, row := range rows {
			n := 0
			if _, err := fmt.Sscanf(row, `["%d"]`, &n); err != nil {
				return 0, fmt.Errorf("%s: %w", row, err)
			}
			total += n
		}
	}
	_, err := query(ctx, s, "COMMIT")
	return total, err
}

// clearReceipts deletes what earlier transfers left, and gives the greatest number there was.
func (d *database) clearReceipts(ctx context.Context, s *engine.Session) (next int, err error) {
	next = receipts
	for b := range branches {
		found, err := d.receipts(ctx, s, b)
		if err != nil {
			return 0, err
		}
		for n := range found {
			next = max(next, n)
		}
		if _, err := query(ctx, s, fmt.Sprintf("DELETE FROM %s WHERE id >= %d", branches[b], receipts)); err != nil {
			return 0, err
		}
	}
	return next, nil
}

// receipts are the numbers of the transfers that a branch knows of.
func (d *database) receipts(ctx context.Context, s *engine.Session, branch int) (map[int]bool, error) {
	rows, err := query(ctx, s, fmt.Sprintf("SELECT id FROM %s WHERE id >= %d", branches[branch], receipts))
	found := map[int]bool{}
	for _, row := range rows {
		n := 0
		if _, err := fmt.Sscanf(row, `["%d"]`, &n); err != nil {
			return nil, fmt.Errorf("%s: %w", row, err)
		}
		found[n] = true
	}
	return found, err
}
