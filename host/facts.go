package host

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/host/internal/loader"
)

// What the cache keeps of a module beside its code, under the same key and authenticated as that is: the rewritten module,
// and what is known of it, so that who it is and what it offers can be told without making an instance.
const (
	meteredFile = "metered"
	factsFile   = "facts"
)

// facts are what is known of a module that was compiled, and answered HELLO, in an earlier process.
type facts struct {
	Info *loader.Info
	// Manifest is the HelloResponse that Request was answered with.
	Request, Manifest []byte
}

// cacheKey stands for the module, what the meter makes of it, and the runtime that compiles it.
func (r *Runtime) cacheKey(digest [sha256.Size]byte) [32]byte {
	h := sha256.New()
	h.Write(digest[:])
	h.Write(binary.LittleEndian.AppendUint64(nil, uint64(loader.RewriteVersion)))
	h.Write(binary.LittleEndian.AppendUint64(nil, uint64(r.limits.StackUnits)))
	h.Write([]byte(r.engine.Name()))
	return [32]byte(h.Sum(nil))
}

// helloRequest says what the host can do, to an instance with the limits.
func helloRequest(limits *Limits) *pb.HelloRequest {
	return &pb.HelloRequest{MinorMax: abi.Minor, Features: hostFeatures, BatchRowsMax: uint32(limits.BatchRows),
		BatchBytesMax: uint64(limits.BatchBytes), MemoryBytesMax: uint64(limits.MemoryBytes), Host: "wasql"}
}

// facts looks up what is known of a module; nil when nothing is, or it was learned by asking something else.
func (r *Runtime) facts(digest [sha256.Size]byte) (*loader.Info, *pb.HelloResponse) {
	body, found := r.cache.LoadFile(r.cacheKey(digest), factsFile)
	if !found {
		return nil, nil
	}
	var known facts
	manifest := &pb.HelloResponse{}
	request, err := helloRequest(&r.limits).MarshalVT()
	if err != nil || json.Unmarshal(body, &known) != nil || string(known.Request) != string(request) || known.Info == nil || known.Info.Digest != digest ||
		manifest.UnmarshalVT(known.Manifest) != nil {
		return nil, nil
	}
	return known.Info, manifest
}

// keepFacts notes what is known of a module, for later processes. What cannot be written costs them time, nothing else.
func (r *Runtime) keepFacts(c *compilation, manifest *pb.HelloResponse) {
	if r.cache == nil {
		return
	}
	request, err := helloRequest(&r.limits).MarshalVT()
	if err != nil {
		return
	}
	answer, err := manifest.MarshalVT()
	if err != nil {
		return
	}
	if body, err := json.Marshal(facts{Info: c.info, Request: request, Manifest: answer}); err == nil {
		_ = r.cache.SaveFile(r.cacheKey(c.info.Digest), factsFile, body)
	}
}
