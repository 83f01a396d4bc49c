//go:build unix

package crashtest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/wasql/wasql/host/hosttest"
)

// child is this program again, in a process that is ended: the orders it gets.
type child struct {
	Folder string
	// Load runs workers until the end comes from outside; otherwise the script runs.
	Load bool
	Seed uint64
	// Bank runs transfers between three connectors, over and over; Step is the step of a commit, from 1, before which the process ends
	// itself; 0: never.
	Bank bool
	Step int
	// At is the operation on files, from 1, at which the process ends itself; 0: never. Bytes of a write are done before, and any
	// other operation when it is above 0.
	At, Bytes int
}

// changes tells operations that change something; they are counted.
func changes(operation string) bool { return operation != "read" && operation != "open" }

// killSelf is not survived.
func killSelf() {
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {}
}

func (c child) run(ctx context.Context) error {
	var operations atomic.Int64
	hosttest.InjectFiles(func(op hosttest.FileOperation) hosttest.FileOutcome {
		if !changes(op.Name) || operations.Add(1) != int64(c.At) {
			return hosttest.FileOutcome{}
		}
		return hosttest.FileOutcome{Err: syscall.EIO, Bytes: c.Bytes, After: killSelf}
	})
	if c.Bank {
		return c.bank(ctx)
	}
	d, err := openDatabase(ctx, c.Folder)
	if err != nil {
		return err
	}
	if c.Load {
		return d.load(ctx, c.Seed)
	}
	s := d.newSession()
	for i, statement := range script {
		_, err := query(ctx, s, statement)
		fmt.Printf("%d %v\n", i, err == nil)
	}
	s.Close()
	if err := d.close(ctx); err != nil {
		return err
	}
	fmt.Printf("operations %d\n", operations.Load())
	return nil
}

// process is a child under way.
type process struct {
	*exec.Cmd
	out    io.ReadCloser
	errors bytes.Buffer
}

func (c child) start(t testing.TB) *process {
	t.Helper()
	orders, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	p := &process{Cmd: exec.Command(os.Args[0])}
	p.Env = append(os.Environ(), childVariable+"="+string(orders), moduleVariable+"="+moduleFile, purseVariable+"="+purseFile)
	p.Stderr = &p.errors
	if p.out, err = p.StdoutPipe(); err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	return p
}

// lines are those it wrote, until it ends.
func (p *process) lines(yield func(string) bool) {
	for in := bufio.NewScanner(p.out); in.Scan(); {
		if !yield(in.Text()) {
			return
		}
	}
}

// killed waits, and tells whether it was ended by a signal.
func (p *process) killed(t testing.TB) bool {
	t.Helper()
	err := p.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signaled() {
		return true
	}
	if err != nil {
		t.Fatalf("the process that was to be ended: %v\n%s", err, p.errors.String())
	}
	return false
}
