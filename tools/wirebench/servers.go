package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	gms "github.com/dolthub/go-mysql-server/server"
	gmssql "github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/vitess/go/mysql"

	"github.com/wasql/wasql/engine"
	"github.com/wasql/wasql/engine/server"
	"github.com/wasql/wasql/host"
)

// start runs a server of wasql's as a process of its own, as MariaDB is one, and connects to it.
func (b *bench) start(ctx context.Context, name string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	arguments := []string{"-serve", name, "-rows", strconv.Itoa(b.rows), "-connectors", b.build}
	if name == "wasql" {
		arguments = append(arguments, "-profile", b.profile)
	}
	command := exec.CommandContext(ctx, self, arguments...)
	command.Stderr = os.Stderr
	input, err := command.StdinPipe()
	if err != nil {
		return err
	}
	output, err := command.StdoutPipe()
	if err != nil {
		return err
	}
	if err := command.Start(); err != nil {
		return err
	}
	address, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		return errors.Join(fmt.Errorf("the server %s did not start: %w", name, err), input.Close(), command.Wait())
	}
	label := name
	if name == "stock" {
		label = "go-mysql-server"
	}
	if err := b.connect(ctx, label, "root@tcp("+strings.TrimSpace(address)+")/main"); err != nil {
		return errors.Join(err, input.Close(), command.Wait())
	}
	b.sides[len(b.sides)-1].stop = func() error { return errors.Join(input.Close(), command.Wait()) }
	return nil
}

// serve is a server of a store in memory, until standard input ends: wasql's own, or go-mysql-server's over the same connector.
func (b *bench) serve(ctx context.Context, name string) (err error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return err
	}
	runtime, err := host.New(ctx, host.Config{CacheDir: filepath.Join(cache, "wasql", "modules"), Collation: engine.Collation})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, runtime.Close(ctx)) }()
	e, err := engine.New(ctx, engine.Config{Runtime: runtime, Home: "store", Connectors: []engine.ConnectorSource{{Name: "store", Trusted: true,
		Wasm:   func() ([]byte, error) { return os.ReadFile(filepath.Join(b.build, "store.wasm")) },
		Limits: host.Limits{MemoryBytes: 2 << 30, CallTime: 10 * time.Minute}}}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close(ctx)) }()
	session := e.NewSession("bench")
	err = b.fill(func(text string) error {
		result, err := session.Query(ctx, text)
		if err != nil {
			return err
		}
		return result.Close(ctx)
	})
	session.Close()
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	stop, err := b.listen(e, name, listener)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	fmt.Println(listener.Addr())
	stopProfile, err := startProfile(b.profile)
	if err != nil {
		return errors.Join(err, stop())
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return errors.Join(err, stopProfile(), stop())
}

func (b *bench) listen(e *engine.Engine, name string, listener net.Listener) (stop func() error, err error) {
	if name == "wasql" {
		s := server.New(server.Config{Engine: e})
		go func() { _ = s.Serve(listener) }() // it ends with Shutdown
		return func() error { return s.Shutdown(context.Background()) }, nil
	}
	session := func(_ context.Context, c *mysql.Conn, address string) (gmssql.Session, error) {
		s := gmssql.NewBaseSessionWithClientServer(address, gmssql.Client{User: "root", Address: "localhost", Capabilities: c.Capabilities}, c.ConnectionID)
		s.SetCurrentDatabase("main")
		return s, nil
	}
	s, err := gms.NewServer(gms.Config{Protocol: "tcp", Address: listener.Addr().String(), Listener: listener}, e.SQL(), gmssql.NewContext, session, nil)
	if err != nil {
		return nil, err
	}
	go func() { _ = s.Start() }() // it ends with Close
	return s.Close, nil
}
