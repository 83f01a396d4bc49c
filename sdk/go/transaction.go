package wasql

import (
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/sdk/go/internal/wire"
)

// Transaction names a transaction in the calls of a Transactor.
type Transaction struct {
	// Number is the one that requests carry; GlobalID is unique for ever.
	Number   uint64
	GlobalID string
	ReadOnly bool
	// Isolation that was asked for.
	Isolation pb.Isolation
}

// Transactor is a source that keeps transactions.
type Transactor interface {
	// Begin starts one and gives the isolation it will have, which is what was asked for or stronger.
	Begin(t Transaction) (pb.Isolation, error)
	// Commit makes its changes last; it may come more than once, and to another instance after Sync.
	Commit(t Transaction) error
	// Rollback takes everything back; it may come more than once.
	Rollback(t Transaction) error
}

// Preparer is a Transactor that can take part in a two-phase commit.
type Preparer interface {
	// Sync is phase one: after it, Commit must be able to succeed. With prepare the changes must outlive a crash.
	Sync(t Transaction, prepare bool) error
	// Recover names the transactions that are prepared and undecided.
	Recover() (globalIDs []string, err error)
}

// Teller is a Transactor that remembers which transactions were committed, so that the host can ask when the answer to a
// COMMIT did not reach it.
type Teller interface {
	// Committed gives those of the ids whose changes last. The others must never be committed any more, unless
	// they are prepared.
	Committed(globalIDs []string) ([]string, error)
}

// StatementStarter is a Transactor that hears where the statements of a transaction begin: those of READ COMMITTED, and
// those that read in order to write.
type StatementStarter interface {
	// StartStatement begins one. What it reads is, with READ COMMITTED, what is committed now; with locks the transaction
	// may only be committed when nobody else has changed what it read.
	StartStatement(transaction, statement uint64, locks bool) error
}

// Savepointer is a Transactor with savepoints. Depths count from 1.
type Savepointer interface {
	// Savepoint sets the savepoint depth; deeper ones are gone.
	Savepoint(transaction uint64, depth int) error
	// ReleaseSavepoint forgets the savepoints from depth on.
	ReleaseSavepoint(transaction uint64, depth int) error
	// RollbackTo takes back everything since savepoint depth, which stays.
	RollbackTo(transaction uint64, depth int) error
}

func (in *instance) transactor() (Transactor, error) {
	return power[Transactor](in.source, "keep transactions")
}

func (in *instance) begin(r *pb.BeginRequest) (message, error) {
	t, err := in.transactor()
	if err != nil {
		return nil, err
	}
	if in.begun.has(r.GetTransaction()) {
		return &pb.BeginResponse{}, nil
	}
	given, err := t.Begin(Transaction{r.GetTransaction(), r.GetGlobalId(), r.GetReadOnly(), r.GetIsolation()})
	if err == nil {
		in.begun.add(r.GetTransaction())
	}
	return &pb.BeginResponse{Isolation: given}, err
}

// transactionOf reads the bytes of a BeginRequest, or of a CommitRequest, which begins in the same way.
func (in *instance) transactionOf(raw []byte) (t Transaction, err error) {
	const number, global, readOnly, isolation = 1, 2, 3, 4
	for len(raw) > 0 {
		f, rest, ok := wire.Next(raw)
		if !ok {
			return t, unlawful(wire.ErrMalformed)
		}
		raw = rest
		switch f.Number {
		case number:
			t.Number = f.N
		case global:
			if string(f.Value) != in.globalID { // that of COMMIT is mostly the one of BEGIN
				in.globalID = string(f.Value)
			}
			t.GlobalID = in.globalID
		case readOnly:
			t.ReadOnly = f.N != 0
		case isolation:
			t.Isolation = pb.Isolation(f.N)
		}
	}
	return t, nil
}

// beginWith begins the transaction that a request is to begin, given as a BeginRequest's bytes.
func (in *instance) beginWith(raw []byte) error {
	t, err := in.transactionOf(raw)
	if err != nil || in.begun.has(t.Number) {
		return err
	}
	source, err := in.transactor()
	if err == nil {
		_, err = source.Begin(t)
	}
	if err == nil {
		in.begun.add(t.Number)
	}
	return err
}

// commitWith commits the transaction that a write ends, given as a CommitRequest's bytes.
func (in *instance) commitWith(raw []byte) error {
	t, err := in.transactionOf(raw)
	if err != nil {
		return err
	}
	source, err := in.transactor()
	if err != nil {
		return err
	}
	in.begun.drop(t.Number)
	return source.Commit(t)
}

func (in *instance) commit(r *pb.CommitRequest) (message, error) {
	t, err := in.transactor()
	if err != nil {
		return nil, err
	}
	in.begun.drop(r.GetTransaction()) // also when it fails: who tries again begins again
	return &pb.CommitResponse{}, t.Commit(Transaction{Number: r.GetTransaction(), GlobalID: r.GetGlobalId()})
}

func (in *instance) rollback(r *pb.RollbackRequest) (message, error) {
	t, err := in.transactor()
	if err != nil {
		return nil, err
	}
	err = t.Rollback(Transaction{Number: r.GetTransaction(), GlobalID: r.GetGlobalId()})
	if err == nil {
		in.begun.drop(r.GetTransaction())
	}
	return &pb.RollbackResponse{}, err
}

func (in *instance) sync(r *pb.SyncRequest) (message, error) {
	p, err := power[Preparer](in.source, "prepare transactions")
	if err != nil {
		return nil, err
	}
	return &pb.SyncResponse{}, p.Sync(Transaction{Number: r.GetTransaction(), GlobalID: r.GetGlobalId()}, r.GetPrepare())
}

func (in *instance) recover(r *pb.RecoverRequest) (message, error) {
	answer := &pb.RecoverResponse{}
	p, prepares := in.source.(Preparer)
	t, tells := in.source.(Teller)
	if !prepares && !tells {
		_, err := power[Preparer](in.source, "prepare transactions")
		return nil, err
	}
	var err error
	if prepares {
		if answer.GlobalIds, err = p.Recover(); err != nil {
			return nil, err
		}
	}
	if answer.Told = tells; tells && len(r.GetGlobalIds()) > 0 {
		answer.Committed, err = t.Committed(r.GetGlobalIds())
	}
	return answer, err
}

func (in *instance) startStatement(r *pb.StatementRequest) (message, error) {
	s, err := power[StatementStarter](in.source, "tell statements apart")
	if err != nil {
		return nil, err
	}
	return &pb.StatementResponse{}, s.StartStatement(r.GetTransaction(), r.GetStatement(), r.GetLocks())
}

func (in *instance) savepoints() (Savepointer, error) {
	return power[Savepointer](in.source, "set savepoints")
}

func (in *instance) savepoint(r *pb.SavepointRequest) (message, error) {
	s, err := in.savepoints()
	if err != nil {
		return nil, err
	}
	return &pb.SavepointResponse{}, s.Savepoint(r.GetTransaction(), int(r.GetDepth()))
}

func (in *instance) releaseSavepoint(r *pb.ReleaseRequest) (message, error) {
	s, err := in.savepoints()
	if err != nil {
		return nil, err
	}
	return &pb.ReleaseResponse{}, s.ReleaseSavepoint(r.GetTransaction(), int(r.GetDepth()))
}

func (in *instance) rollbackTo(r *pb.RollbackToRequest) (message, error) {
	s, err := in.savepoints()
	if err != nil {
		return nil, err
	}
	return &pb.RollbackToResponse{}, s.RollbackTo(r.GetTransaction(), int(r.GetDepth()))
}

// numbers is a set of numbers above 0. Mostly there is one, which takes no map.
type numbers struct {
	one  uint64
	more map[uint64]struct{}
}

func (n *numbers) has(number uint64) bool {
	if number == n.one {
		return number != 0
	}
	_, there := n.more[number]
	return there
}

func (n *numbers) add(number uint64) {
	switch {
	case n.one == 0:
		n.one = number
	case n.more == nil:
		n.more = map[uint64]struct{}{number: {}}
	default:
		n.more[number] = struct{}{}
	}
}

func (n *numbers) drop(number uint64) {
	if number == n.one {
		n.one = 0
		return
	}
	delete(n.more, number)
}
