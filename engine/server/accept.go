package server

import (
	"context"
	"net"
	"sync"
	"time"
)

// accepted gives vitess the connections that there is room for.
type accepted struct {
	net.Listener
	server *Server
}

// Accept implements net.Listener.
func (a *accepted) Accept() (net.Conn, error) {
	for {
		raw, err := a.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if !a.server.enter(raw) {
			continue
		}
		if err := raw.SetDeadline(time.Now().Add(a.server.config.ConnectTime)); err != nil {
			_ = raw.Close() // it is gone already
			a.server.left()
			continue
		}
		config := a.server.config
		counted := &counted{Conn: raw, left: a.server.left}
		c := &conn{server: a.server, raw: raw, statements: map[uint32]*statement{},
			packets: packets{limit: config.Packet, idle: config.IdleTime, read: config.ReadTime, write: config.WriteTime}}
		c.ctx, c.stop = context.WithCancelCause(context.Background())
		return &greeted{Conn: counted, conn: c}, nil
	}
}

// enter makes room for a connection; false: there is none, and it ends.
func (s *Server) enter(raw net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closing:
		_ = raw.Close() // nobody knows it
		return false
	case s.open >= s.config.Connections:
		s.running.Add(1)
		go func() {
			defer s.running.Done()
			turnAway(raw)
		}()
		return false
	}
	s.open++
	s.running.Add(1)
	return true
}

func (s *Server) left() {
	s.mu.Lock()
	s.open--
	s.mu.Unlock()
	s.running.Done()
}

// counted is a connection that gives its room back when it is closed.
type counted struct {
	net.Conn
	once sync.Once
	left func()
}

// Close implements net.Conn; twice is harmless.
func (c *counted) Close() error {
	defer c.once.Do(c.left)
	return c.Conn.Close()
}
