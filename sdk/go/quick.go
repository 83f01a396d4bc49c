package wasql

import (
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/sdk/go/internal/wire"
)

// Quick makes the control messages of a statement quicker: those of plans, scans, sinks and transactions are read and written by
// generated code instead of by reflection, which takes two thirds of the time and makes the module up to 1 MB larger. It is for connectors that
// answer many small statements. It stands behind the powers whose operations it makes quicker: With(Writes, Transactions, Quick).
func Quick(c *Connector) {
	requestCodec = codec[*pb.PlanRequest]{(*pb.PlanRequest).MarshalVT, (*pb.PlanRequest).UnmarshalVT}
	sinkCodec.unmarshal = (*pb.OpenSinkRequest).UnmarshalVT
	scanCodec.unmarshal = (*pb.OpenScanRequest).UnmarshalVT
	responseCodec = codec[*pb.PlanResponse]{(*pb.PlanResponse).MarshalVT, (*pb.PlanResponse).UnmarshalVT}
	hasten[pb.PlanRequest, *pb.PlanRequest, *pb.PlanResponse](c, pb.Op_OP_PLAN, (*instance).plan)
	hasten[pb.RescanRequest, *pb.RescanRequest, *pb.RescanResponse](c, pb.Op_OP_RESCAN, (*instance).rescan)
	hasten[pb.FlushSinkRequest, *pb.FlushSinkRequest, *pb.FlushSinkResponse](c, pb.Op_OP_FLUSH_SINK, (*instance).flushSink)
	hasten[pb.BeginRequest, *pb.BeginRequest, *pb.BeginResponse](c, pb.Op_OP_BEGIN, (*instance).begin)
	hasten[pb.CommitRequest, *pb.CommitRequest, *pb.CommitResponse](c, pb.Op_OP_COMMIT, (*instance).commit)
}

// codec writes and reads one kind of message.
type codec[M any] struct {
	marshal   func(M) ([]byte, error)
	unmarshal func(M, []byte) error
}

// The codecs of what a plan in bytes is made of.
var (
	requestCodec  = slow[*pb.PlanRequest]()
	responseCodec = slow[*pb.PlanResponse]()
)

// The codecs of requests that are read once; see known.
var (
	scanCodec = slow[*pb.OpenScanRequest]()
	sinkCodec = slow[*pb.OpenSinkRequest]()
)

func slow[M any]() codec[M] {
	return codec[M]{
		func(m M) ([]byte, error) { return wire.Marshal(m), nil },
		func(m M, raw []byte) error { return wire.Unmarshal(raw, m) },
	}
}

// hasten serves an operation that the connector has with generated code. Requests and responses are named by their types, so that the
// code of no other message is linked.
func hasten[T any, P interface {
	*T
	UnmarshalVT([]byte) error
}, R interface{ MarshalVT() ([]byte, error) }](c *Connector, op pb.Op, f func(*instance, *T) (message, error)) {
	if c.operation(int32(op)) == nil {
		return
	}
	c.serve(op, func(in *instance, raw []byte) ([]byte, error) {
		request := new(T)
		if err := P(request).UnmarshalVT(raw); err != nil {
			return nil, Errorf(InvalidArgument, "the request is no lawful message: %w", err)
		}
		response, err := f(in, request)
		if err != nil {
			return nil, err
		}
		return response.(R).MarshalVT()
	})
}
