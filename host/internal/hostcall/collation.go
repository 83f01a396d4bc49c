package hostcall

import (
	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/pb"
)

// weightsMax bounds the characters of one request.
const weightsMax = 4096

// hostCollation tells how characters compare (SPEC 5.6). It needs no grant: it is a constant of the engine.
func (g *Guest) hostCollation(req *pb.HostCollationRequest) (*pb.HostCollationResponse, *Fault) {
	switch {
	case req.Count > weightsMax:
		return nil, faultf(abi.InvalidArgument, "weights of %d characters asked for, at most %d", req.Count, weightsMax)
	case uint64(req.First)+uint64(req.Count) > 0x110000:
		return nil, faultf(abi.InvalidArgument, "characters from %#x on: there are none above 0x10ffff", req.First)
	case g.powers.Collation == nil:
		return nil, faultf(abi.Unimplemented, "this host knows no collations")
	}
	weights := make([]int32, req.Count)
	if err := g.powers.Collation(req.Collation, rune(req.First), weights); err != nil {
		return nil, faultf(abi.NotFound, "collation %s: %s", escape(req.Collation), escape(err.Error()))
	}
	return &pb.HostCollationResponse{Weights: weights}, nil
}
