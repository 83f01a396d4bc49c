package wasql

import "github.com/wasql/wasql/abi/pb"

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
	given, err := t.Begin(Transaction{r.GetTransaction(), r.GetGlobalId(), r.GetReadOnly(), r.GetIsolation()})
	return &pb.BeginResponse{Isolation: given}, err
}

func (in *instance) commit(r *pb.CommitRequest) (message, error) {
	t, err := in.transactor()
	if err != nil {
		return nil, err
	}
	return &pb.CommitResponse{}, t.Commit(Transaction{Number: r.GetTransaction(), GlobalID: r.GetGlobalId()})
}

func (in *instance) rollback(r *pb.RollbackRequest) (message, error) {
	t, err := in.transactor()
	if err != nil {
		return nil, err
	}
	return &pb.RollbackResponse{}, t.Rollback(Transaction{Number: r.GetTransaction(), GlobalID: r.GetGlobalId()})
}

func (in *instance) sync(r *pb.SyncRequest) (message, error) {
	p, err := power[Preparer](in.source, "prepare transactions")
	if err != nil {
		return nil, err
	}
	return &pb.SyncResponse{}, p.Sync(Transaction{Number: r.GetTransaction(), GlobalID: r.GetGlobalId()}, r.GetPrepare())
}

func (in *instance) recover(*pb.RecoverRequest) (message, error) {
	p, err := power[Preparer](in.source, "prepare transactions")
	if err != nil {
		return nil, err
	}
	ids, err := p.Recover()
	return &pb.RecoverResponse{GlobalIds: ids}, err
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
