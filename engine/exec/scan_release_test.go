package exec

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
)

// slowCursor takes its time to close, as one does that waits for an instance.
type slowCursor struct {
	closing chan struct{}
	closed  atomic.Bool
}

func (*slowCursor) Next(*sql.Context) (sql.Row, error)           { panic("it is not read") }
func (*slowCursor) Rescan(*sql.Context, *pb.RescanRequest) error { panic("it is not read") }
func (*slowCursor) Counters() Counters                           { return Counters{} }
func (c *slowCursor) Close() error {
	close(c.closing)
	time.Sleep(20 * time.Millisecond)
	c.closed.Store(true)
	return nil
}

// A part of a statement ends with its context, which closes what is idle beside the statement; the statement's own
// end waits for that, or its instance would outlive it.
func TestReleaseWaitsForWhatEndsBesideIt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cursor := &slowCursor{closing: make(chan struct{})}
	p := &ScanPlan{Reuse: true, open: []opened{cursor}}
	if !p.keep(ctx, cursor, &p.Main) {
		t.Fatal("the cursor is not kept")
	}
	cancel()
	<-cursor.closing
	if err := p.Release(); err != nil {
		t.Fatal(err)
	}
	if !cursor.closed.Load() {
		t.Error("the statement is over, and its cursor is still being closed")
	}
}
