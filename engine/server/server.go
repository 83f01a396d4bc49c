package server

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/dolthub/vitess/go/mysql"
	"github.com/dolthub/vitess/go/vt/log"

	"github.com/wasql/wasql/engine"
	"github.com/wasql/wasql/engine/sqlerr"
)

// version is what clients take the server for.
const version = "8.0.36-wasql"

// The defaults of Config, which are MySQL's.
const (
	defaultConnections = 151
	defaultPacket      = 64 << 20
	defaultConnectTime = 10 * time.Second
	defaultIdleTime    = 8 * time.Hour
	defaultReadTime    = 30 * time.Second
	defaultWriteTime   = 60 * time.Second
)

// watchTime is how often it is looked whether clients whose statements run are still there.
const watchTime = 100 * time.Millisecond

// Config sets a server up. What is 0 has MySQL's default.
type Config struct {
	// Engine answers; it stays the caller's, to be closed after the server.
	Engine *engine.Engine
	// Database is current at first, unless the client names one; empty: the engine's main one.
	Database string
	// Connections is how many clients there may be; one more gets error 1040.
	Connections int
	// Packet is the largest packet that is read, in bytes; one that is larger gets error 1153.
	Packet int
	// ConnectTime is how long a client may take to say who it is, IdleTime to say something then, ReadTime to finish what it began to say,
	// WriteTime to take some of an answer.
	ConnectTime, IdleTime, ReadTime, WriteTime time.Duration
	// Log hears of what concerns no single statement; nil: nothing is logged.
	Log *slog.Logger
}

// Server answers clients of MySQL. It lets in everybody, under any name: it must only listen where nobody else can connect. It is safe
// for concurrent use.
type Server struct {
	config  Config
	engine  *engine.Engine
	log     *slog.Logger
	started time.Time

	mu        sync.Mutex
	listeners map[*mysql.Listener]struct{}
	conns     map[uint32]*conn
	// open counts connections from when they are accepted; the wait group waits for them.
	open     int
	closing  bool
	watching bool
	running  sync.WaitGroup
}

var quiet sync.Once

// New makes a server that does not listen yet.
func New(config Config) *Server {
	for _, d := range []struct {
		value     *time.Duration
		otherwise time.Duration
	}{{&config.ConnectTime, defaultConnectTime}, {&config.IdleTime, defaultIdleTime}, {&config.ReadTime, defaultReadTime}, {&config.WriteTime, defaultWriteTime}} {
		if *d.value == 0 {
			*d.value = d.otherwise
		}
	}
	if config.Connections == 0 {
		config.Connections = defaultConnections
	}
	if config.Packet == 0 {
		config.Packet = defaultPacket
	}
	s := &Server{config: config, engine: config.Engine, log: config.Log, started: time.Now(), listeners: map[*mysql.Listener]struct{}{}, conns: map[uint32]*conn{}}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	quiet.Do(func() {
		// Vitess writes to standard error, which is the command's. What it has to say is told to the handler too.
		drop, dropf := func(...any) {}, func(string, ...any) {}
		log.Info, log.Warning, log.Error = drop, drop, drop
		log.Infof, log.Warningf, log.Errorf = dropf, dropf, dropf
	})
	return s
}

// Serve answers those who connect to l, until the server is shut down. It closes l.
func (s *Server) Serve(l net.Listener) error {
	listener, err := mysql.NewListenerWithConfig(mysql.ListenerConfig{Listener: &accepted{Listener: l, server: s}, AuthServer: mysql.NewAuthServerNone(), Handler: handler{s}})
	if err != nil {
		return errors.Join(err, l.Close())
	}
	listener.ServerVersion = version
	s.mu.Lock()
	if s.closing {
		s.mu.Unlock()
		return l.Close()
	}
	s.listeners[listener] = struct{}{}
	s.mu.Unlock()
	listener.Accept()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.listeners, listener)
	if !s.closing {
		return errors.New("the server stopped listening at " + l.Addr().String())
	}
	return nil
}

// Connections is how many there are.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open
}

// Shutdown stops listening, ends connections that have nothing to do, and waits for the others to answer the command at hand. When ctx
// ends before that, these get error 1053. Nothing of the server runs when it returns.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	s.closing = true
	for l := range s.listeners {
		l.Shutdown()
	}
	for _, c := range s.conns {
		c.leave()
	}
	s.mu.Unlock()
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.running.Wait()
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	s.mu.Lock()
	for _, c := range s.conns {
		c.stop(errShutdown)
		_ = c.raw.SetReadDeadline(time.Now()) // it may be gone already
	}
	s.mu.Unlock()
	<-done
	return context.Cause(ctx)
}

var errShutdown = sqlerr.New(1053, "08S01", "Server shutdown in progress")

// leave ends the connection as soon as no command runs.
func (c *conn) leave() {
	c.leaving.Store(true)
	if c.busy.Load() == 0 {
		_ = c.raw.SetReadDeadline(time.Now()) // it may be gone already
	}
}

// kill ends a connection, and what it runs.
func (s *Server) kill(session uint32) error {
	s.mu.Lock()
	c := s.conns[session]
	s.mu.Unlock()
	if c == nil {
		return sqlerr.New(1094, "HY000", "Unknown thread id: %d", session)
	}
	c.stop(sqlerr.ErrKilled)
	c.leave()
	return nil
}

func (s *Server) add(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns[c.session.ID()] = c
	if s.closing {
		c.leave()
	}
	if !s.watching {
		s.watching = true
		s.running.Add(1)
		go s.watch()
	}
}

func (s *Server) remove(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c.session.ID())
}

// watch ends the statements of clients that are gone. It ends itself with the last connection.
func (s *Server) watch() {
	defer s.running.Done()
	ticker := time.NewTicker(watchTime)
	defer ticker.Stop()
	for range ticker.C {
		s.mu.Lock()
		now := time.Now().UnixNano()
		for _, c := range s.conns {
			if began := c.busy.Load(); began != 0 && now-began > int64(watchTime) && gone(c.raw) {
				c.stop(sqlerr.ErrKilled)
			}
		}
		s.watching = len(s.conns) > 0
		more := s.watching
		s.mu.Unlock()
		if !more {
			return
		}
	}
}
