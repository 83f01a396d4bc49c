package txn

import (
	"crypto/rand"
	"encoding/hex"
	"strconv"
	"sync/atomic"

	"github.com/dolthub/go-mysql-server/sql"
)

// Coordinator numbers the transactions of an engine. Safe for concurrent use.
type Coordinator struct {
	// name is of this life of the engine: no other has it.
	name string
	last atomic.Uint64
	// definitions counts what may have changed plans; see Epoch.
	definitions atomic.Uint64
}

// NewCoordinator makes a coordinator; an engine has one.
func NewCoordinator() *Coordinator {
	var name [16]byte
	_, _ = rand.Read(name[:]) // crypto/rand never fails
	return &Coordinator{name: "wasql-" + hex.EncodeToString(name[:])}
}

// NewSession makes base a session with transactions.
func (c *Coordinator) NewSession(base *sql.BaseSession) *Session {
	return &Session{BaseSession: base, coordinator: c}
}

func (c *Coordinator) begin(readOnly bool) *transaction {
	number := c.last.Add(1)
	return &transaction{number: number, id: c.name + "-" + strconv.FormatUint(number, 10), readOnly: readOnly}
}
