package hostcall

import (
	"io"
	"math/rand/v2"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/pb"
)

// randomMax bounds one request.
const randomMax = 64 << 10

// seed of the stream that guests without a granted source see: the same for all, so that they are
// a pure function of their options.
var seed = [32]byte([]byte("wasql: randomness is not granted"))

// Random fills b from the granted source, or from a seeded stream.
func (g *Guest) Random(b []byte) *Fault {
	if g.random == nil {
		g.random = rand.NewChaCha8(seed)
	}
	if _, err := io.ReadFull(g.random, b); err != nil {
		return faultf(abi.IO, "random source failed: %v", err)
	}
	return nil
}

func (g *Guest) hostRandom(req *pb.HostRandomRequest) (*pb.HostRandomResponse, *Fault) {
	if req.Bytes > randomMax {
		return nil, faultf(abi.InvalidArgument, "%d random bytes asked for, at most %d", req.Bytes, randomMax)
	}
	out := make([]byte, req.Bytes)
	if fault := g.Random(out); fault != nil {
		return nil, fault
	}
	return &pb.HostRandomResponse{Bytes: out}, nil
}
