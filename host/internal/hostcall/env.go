package hostcall

import (
	"maps"
	"slices"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/pb"
)

// Environ gives the granted variables, sorted by name.
func (g *Guest) Environ() []*pb.Pair {
	pairs := make([]*pb.Pair, 0, len(g.powers.Env))
	for _, name := range slices.Sorted(maps.Keys(g.powers.Env)) {
		pairs = append(pairs, &pb.Pair{Key: name, Value: g.powers.Env[name]})
	}
	return pairs
}

func (g *Guest) hostEnv(req *pb.HostEnvRequest) (*pb.HostEnvResponse, *Fault) {
	if req.Name == "" {
		return &pb.HostEnvResponse{Variables: g.Environ()}, nil
	}
	value, ok := g.powers.Env[req.Name]
	if !ok {
		return nil, g.decide("env", req.Name, "grant env "+escape(req.Name))
	}
	g.audit("env", req.Name, "")
	return &pb.HostEnvResponse{Variables: []*pb.Pair{{Key: req.Name, Value: value}}}, nil
}

// denied is the fault of a power that was not granted.
func denied(power, missing string) *Fault {
	return &Fault{Code: abi.Denied, Message: power + " is not granted", Hint: "missing: " + missing, Setting: missing}
}
