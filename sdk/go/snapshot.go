package wasql

import (
	"time"

	"github.com/wasql/wasql/abi/pb"
)

// Snapshotter is a source that can pin a state of its data, or keeps older ones for AS OF.
type Snapshotter interface {
	// Snapshot finds a state and pins it. NotFound: there is none of that name, or none that old is kept.
	Snapshot(request SnapshotRequest) (Snapshot, error)
	// ReleaseSnapshot lets a state go, that of a token, or the one kept under a name. An unknown token
	// is no error, an unknown name is NotFound.
	ReleaseSnapshot(token []byte, name string) error
}

// SnapshotLister is a Snapshotter whose tables come and go.
type SnapshotLister interface {
	// ListSnapshot names the tables that a database had then.
	ListSnapshot(database string, token []byte) ([]string, error)
}

// SnapshotRequest says which state: the one that AsOf or Time says, or else the present one.
type SnapshotRequest struct {
	// Tables it is about; none: all.
	Tables []string
	// AsOf is the text behind AS OF: a name that the state was kept under, or one of the connector's own.
	AsOf string
	// Time behind AS OF: the newest state that is not younger. With AsOf too, which reads as a time then,
	// a state of that name comes first. Zero: no time.
	Time time.Time
	// KeepAs keeps the state under this name until ReleaseSnapshot names it. AlreadyExists: there is one.
	KeepAs string
	// HoldMS is about how long the token must hold, when it is not released before; 0: until it is.
	HoldMS uint64
}

// Snapshot is a state of the data.
type Snapshot struct {
	// Token comes back in TableRef.Snapshot and in Plan.Snapshot.
	Token []byte
	// Text names it for people.
	Text string
	// Pinned is false when the token only names what was seen.
	Pinned bool
}

func (in *instance) snapshot(request *pb.SnapshotRequest) (message, error) {
	snapshotter, err := power[Snapshotter](in.source, "pin its data")
	if err != nil {
		return nil, err
	}
	asked := SnapshotRequest{AsOf: request.GetAsOf(), KeepAs: request.GetKeepAs(), HoldMS: request.GetHoldMs()}
	if request.TimeUs != nil {
		asked.Time = time.UnixMicro(request.GetTimeUs()).UTC()
	}
	for _, t := range request.GetTables() {
		asked.Tables = append(asked.Tables, t.GetName())
	}
	s, err := snapshotter.Snapshot(asked)
	return &pb.SnapshotResponse{Token: s.Token, Text: s.Text, Pinned: s.Pinned}, err
}

func (in *instance) releaseSnapshot(request *pb.ReleaseSnapshotRequest) (message, error) {
	snapshotter, err := power[Snapshotter](in.source, "pin its data")
	if err != nil {
		return nil, err
	}
	return &pb.ReleaseSnapshotResponse{}, snapshotter.ReleaseSnapshot(request.GetToken(), request.GetName())
}
