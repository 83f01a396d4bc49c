package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/wasql/wasql/engine/server"
)

type serve struct {
	setup
	listen, socket string
	connections    int
	packet         int
	drain          time.Duration
}

func serveCommand() *cobra.Command {
	s := &serve{}
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Answer MySQL's clients",
		Long: `serve answers clients that speak MySQL's protocol, until it is told to end (SIGTERM, SIGINT): it then listens no more,
lets statements that run come to their end for the time of --drain, and closes.

There are no accounts yet: whoever can connect is let in, under any name. So it listens on this machine only, at a
loopback address or a socket that belongs to you, and refuses any other address. Naming a file in a statement grants
nothing here, as it does in wasql query: what connectors may read is what --mount says. INTO OUTFILE, LOAD_FILE and LOAD
DATA of the machine's files are refused; LOAD DATA LOCAL reads a client's file once SET GLOBAL local_infile = 1.`,
		Example: "  wasql serve --db ./data --listen 127.0.0.1:3306\n" +
			"  wasql serve --db ./data --socket ./wasql.sock --mount 'sales=csv:./sales'\n" +
			"  mariadb --protocol=tcp -h 127.0.0.1 -u me main",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return s.run(cmd) },
	}
	s.flags(cmd)
	f := cmd.Flags()
	f.StringVar(&s.db, "data", s.db, "as --db: keep the tables in this `folder`")
	f.StringVar(&s.listen, "listen", "", "listen at this `address`, HOST:PORT (default 127.0.0.1:3306, unless there is --socket)")
	f.StringVar(&s.socket, "socket", "", "listen at a socket with this `path`")
	f.IntVar(&s.connections, "max-connections", 151, "let in so many clients at once")
	f.IntVar(&s.packet, "max-packet", 64, "largest packet of a client, in `MiB`")
	f.DurationVar(&s.drain, "drain", 20*time.Second, "how long running statements have when the server is told to end")
	return cmd
}

func (s *serve) run(cmd *cobra.Command) (err error) {
	if s.connections < 1 || s.packet < 1 || s.packet > 1024 || s.drain < 0 {
		return usageError{errors.New("--max-connections is at least 1, --max-packet from 1 to 1024, --drain not negative")}
	}
	if s.noPushdown {
		return usageError{errors.New("--no-pushdown is for one session: a client says SET GLOBAL wasql_pushdown = 0")}
	}
	if s.listen == "" && s.socket == "" {
		s.listen = "127.0.0.1:3306"
	}
	listeners, err := s.listeners()
	if err != nil {
		return err
	}
	closeAll := func() {
		for _, l := range listeners {
			_ = l.Close() // it is closed by the server, unless that never began
		}
	}
	defer closeAll()
	ctx := cmd.Context()
	s.server = true
	o, err := s.open(ctx, cmd.InOrStdin(), cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	defer o.close()
	answering := server.New(server.Config{Engine: o.engine, Connections: s.connections, Packet: s.packet << 20, Database: s.database, Log: o.log})
	failed := make(chan error, len(listeners))
	for _, l := range listeners {
		go func() { failed <- answering.Serve(l) }()
		tell(cmd.ErrOrStderr(), "wasql: listening at %s; whoever can connect is let in\n", l.Addr())
	}
	select {
	case err = <-failed:
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.drain)
	defer cancel()
	if late := answering.Shutdown(drain); late != nil {
		tell(cmd.ErrOrStderr(), "wasql: statements that still ran after %v were ended\n", s.drain)
	}
	return err
}

// listeners opens what was asked for, and nothing that another machine reaches.
func (s *serve) listeners() (all []net.Listener, err error) {
	defer func() {
		if err != nil {
			for _, l := range all {
				err = errors.Join(err, l.Close())
			}
		}
	}()
	if s.listen != "" {
		address, err := loopback(s.listen)
		if err != nil {
			return nil, usageError{fmt.Errorf("--listen %s: %w", s.listen, err)}
		}
		l, err := net.ListenTCP("tcp", address)
		if err != nil {
			return nil, err
		}
		all = append(all, l)
	}
	if s.socket != "" {
		l, err := listenSocket(s.socket)
		if err != nil {
			return all, err
		}
		all = append(all, l)
	}
	return all, nil
}

// loopback reads an address of this machine that no other reaches.
func loopback(listen string) (*net.TCPAddr, error) {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return nil, err
	}
	if strings.EqualFold(host, "localhost") {
		host = "127.0.0.1"
	}
	ip := net.ParseIP(host)
	if ip == nil || !ip.IsLoopback() {
		return nil, errors.New("there are no accounts yet, so only a loopback address (127.0.0.1, ::1, localhost) can be listened at; reach it from elsewhere by SSH")
	}
	return net.ResolveTCPAddr("tcp", net.JoinHostPort(host, port))
}

// listenSocket makes a socket that only this user can connect to. One that was left behind is replaced.
func listenSocket(path string) (net.Listener, error) {
	if info, err := os.Lstat(path); err == nil {
		if info.Mode()&os.ModeSocket == 0 {
			return nil, usageError{fmt.Errorf("--socket %s is there, and is no socket", path)}
		}
		if c, err := net.Dial("unix", path); err == nil {
			return nil, errors.Join(fmt.Errorf("--socket %s: a server listens there", path), c.Close())
		}
		if err := os.Remove(path); err != nil {
			return nil, err
		}
	}
	// Nobody gets into the folder before the socket has its rights.
	folder, err := os.MkdirTemp(filepath.Dir(path), ".wasql-*")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(folder) }() // it is empty
	hidden := filepath.Join(folder, "s")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: hidden, Net: "unix"})
	if err != nil {
		return nil, err
	}
	l.SetUnlinkOnClose(false)
	if err := errors.Join(os.Chmod(hidden, 0o600), os.Rename(hidden, path)); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return socket{l, path}, nil
}

// socket is a listener whose file goes with it.
type socket struct {
	net.Listener
	path string
}

// Addr implements net.Listener.
func (s socket) Addr() net.Addr { return &net.UnixAddr{Name: s.path, Net: "unix"} }

// Close implements net.Listener.
func (s socket) Close() error {
	err := s.Listener.Close()
	if err == nil {
		err = os.Remove(s.path)
	}
	return err
}
