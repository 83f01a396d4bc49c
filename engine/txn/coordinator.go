package txn

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/engine/txn/decision"
	"github.com/wasql/wasql/host"
)

// Config sets a coordinator up.
type Config struct {
	// Folder keeps the decision log, and must be there; empty: decisions end with the process, and a transaction can write to
	// one connector only whose changes do not.
	Folder string
	// Connector opens a connector by its name; nil: one that is in doubt is finished when somebody opens it.
	Connector func(ctx context.Context, name string) (*host.Connector, error)
	// Open gives the connectors that are open, for consistent snapshots; nil: there are none.
	Open func() []*host.Connector
	// Log hears of what concerns no single statement; nil: nothing is logged.
	Log *slog.Logger
}

// Coordinator numbers the transactions of an engine, decides about those over several connectors, and finishes
// what a crash or a failure left open. Safe for concurrent use. Close it.
type Coordinator struct {
	config Config
	// life is of this life of the engine: no other has it.
	life string
	last atomic.Uint64
	// definitions counts what may have changed plans; see Epoch.
	definitions atomic.Uint64
	// phases is held shared while a decided transaction is committed connector by connector, so that a consistent
	// snapshot begins before all of it or behind all of it.
	phases sync.RWMutex

	// opening is held while the decision log is opened.
	opening sync.Mutex
	log     *decision.Log

	mu sync.Mutex
	// active are the transactions that a session is committing.
	active map[string]bool
	// doubts are those that were decided, or not, and are not finished, by id.
	doubts map[string]*doubt
	// doubtful is their number.
	doubtful atomic.Int64
	closed   bool
	// resolving is the goroutine that finishes them; stop ends it.
	resolving bool
	stop      context.CancelFunc
	stopped   sync.WaitGroup
}

// NewCoordinator makes a coordinator; an engine has one. It opens nothing yet.
func NewCoordinator(config Config) *Coordinator {
	var name [16]byte
	_, _ = rand.Read(name[:]) // crypto/rand never fails
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	return &Coordinator{config: config, life: "wasql-" + hex.EncodeToString(name[:]), active: map[string]bool{}, doubts: map[string]*doubt{}}
}

// NewSession makes base a session with transactions.
func (c *Coordinator) NewSession(base *sql.BaseSession) *Session {
	return &Session{BaseSession: base, coordinator: c}
}

func (c *Coordinator) begin(options characteristics) *transaction {
	number := c.last.Add(1)
	return &transaction{number: number, id: c.life + "-" + strconv.FormatUint(number, 10), characteristics: options, coordinator: c}
}

// lifeOf gives the life that a global id names.
func lifeOf(id string) string {
	if i := strings.LastIndexByte(id, '-'); i >= 0 {
		return id[:i]
	}
	return ""
}

// decisions gives the log, opened at first use. What it has left to do is taken up then.
func (c *Coordinator) decisions() (*decision.Log, error) {
	c.opening.Lock()
	defer c.opening.Unlock()
	if c.log != nil {
		return c.log, nil
	}
	if c.config.Folder == "" {
		c.log = decision.Memory()
		return c.log, nil
	}
	log, err := decision.Open(c.config.Folder)
	if err != nil {
		return nil, err
	}
	c.log = log
	c.takeUp(log.Unfinished())
	return log, nil
}

// durable tells whether decisions outlive the process.
func (c *Coordinator) durable() bool { return c.config.Folder != "" }

// Close ends what goes on in the background and closes the decision log. Sessions must be closed before.
func (c *Coordinator) Close() error {
	c.mu.Lock()
	c.closed = true
	if c.stop != nil {
		c.stop()
	}
	open := len(c.doubts)
	c.mu.Unlock()
	c.stopped.Wait()
	c.opening.Lock()
	defer c.opening.Unlock()
	if c.log == nil {
		return nil
	}
	var err error
	if open == 0 {
		err = c.log.Over(c.life)
	}
	err = errors.Join(err, c.log.Close())
	c.log = nil
	return err
}
