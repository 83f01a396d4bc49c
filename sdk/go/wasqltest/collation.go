package wasqltest

import (
	"strings"
	"unicode"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/pb"
)

// collation gives stand-ins for the engine's weights: the code point, of the lower-case letter when the
// name ends in _ci. Accents count, unlike in MySQL's _ai_ci.
func (h hostCalls) collation(r *pb.HostCollationRequest) (Message, int64) {
	name := r.GetCollation()
	if name != "binary" && !strings.HasPrefix(name, "utf8mb4_") {
		return nil, h.fail(abi.NotFound, "unknown collation "+name)
	}
	response := &pb.HostCollationResponse{Weights: make([]int32, min(r.GetCount(), 4096))}
	for i := range response.Weights {
		c := rune(r.GetFirst()) + rune(i)
		if strings.HasSuffix(name, "_ci") {
			c = unicode.ToLower(c)
		}
		response.Weights[i] = c
	}
	return response, 0
}
