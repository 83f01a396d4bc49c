package abitest

import (
	"fmt"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/host"
	"github.com/wasql/wasql/host/wasmgen"
)

// once is what the directives about small statements say.
type once struct {
	first, taken bool
	// at is the address of the first batch, or of the answer, when it is not the right one.
	at uint32
}

// small takes the directives of small statements in one call.
func (g *caseBuilder) small(verb string, args []string) error {
	switch verb {
	case "space":
		ptr, err := number(args[0])
		if err != nil {
			return err
		}
		bytes, err := number(args[1])
		if err != nil {
			return err
		}
		g.Answers[pb.Op_OP_CONFIGURE] = &pb.ConfigureResponse{RequestPtr: uint32(ptr), RequestBytes: uint32(bytes)}
		return nil
	case "rooms":
		most, err := number(args[0])
		g.Hooks[abi.ExportAlloc] = func(c *wasmgen.Code) {
			const load, store, add, less = 0x28, 0x36, 0x6a, 0x4e // i32.load, i32.store, i32.add, i32.ge_s
			c.I32(0).Mem(load, 2, scratch).I32(most).Op(less).If(wasmgen.Void).I64(0).Op(wasmgen.Return).Close()
			c.I32(0).I32(0).Mem(load, 2, scratch).I32(1).Op(add).Mem(store, 2, scratch)
		}
		return err
	}
	g.Answers[pb.Op_OP_HELLO].(*pb.HelloResponse).Features |= uint64(pb.Feature_FEATURE_ONE_CALL)
	opened, rescanned := g.Answers[pb.Op_OP_OPEN_SCAN].(*pb.OpenScanResponse), g.Answers[pb.Op_OP_RESCAN].(*pb.RescanResponse)
	for i, word := range args {
		switch word {
		case "at":
			at, err := number(args[i+1])
			if err != nil {
				return err
			}
			g.once.at = uint32(at)
		case "finished":
			opened.Finished, rescanned.Finished = true, true
		case "closed":
			opened.Scan = 0
		case "flushed":
			g.Answers[pb.Op_OP_OPEN_SINK].(*pb.OpenSinkResponse).Flushed = &pb.FlushSinkResponse{LastInsertId: 7}
		case "gone":
			g.Answers[pb.Op_OP_OPEN_SINK].(*pb.OpenSinkResponse).Sink = 0
		}
	}
	switch verb {
	case "first":
		g.once.first, g.Began = true, 1
	case "taken":
		g.Answers[pb.Op_OP_OPEN_SINK].(*pb.OpenSinkResponse).Taken = true
		g.once.taken = true
	case "untaken":
		g.once.taken = true
	}
	return nil
}

// scratch is where a guest counts.
const scratch = 1024

// place puts the addresses of batches into the answers.
func (g *caseBuilder) place(batches []uint32, answered uint32) {
	if g.once.first {
		at := batches[0]
		if g.once.at != 0 {
			at = g.once.at
		}
		g.Answers[pb.Op_OP_OPEN_SCAN].(*pb.OpenScanResponse).Batch = at
		g.Answers[pb.Op_OP_RESCAN].(*pb.RescanResponse).Batch = at
	}
	if g.once.taken {
		if g.once.at != 0 {
			answered = g.once.at
		}
		g.Answers[pb.Op_OP_OPEN_SINK].(*pb.OpenSinkResponse).Batch = answered
	}
}

// once takes the steps of small statements: a scan that is kept, and writes of (1, a) (2, b) with the sink's opening.
func (r *caseRun) once(step string) (_ string, err error) {
	ref := &pb.TableRef{Name: "t"}
	switch step {
	case "keep":
		r.scan, err = r.connector.OpenScan(r.ctx, 1, &pb.OpenScanRequest{Table: ref, Columns: []uint32{0, 1}, Keep: true})
		return "ok", err
	case "calls":
		return fmt.Sprint(r.connector.Counters().Calls), nil
	}
	request := &pb.OpenSinkRequest{Table: ref, Kind: pb.WriteKind_WRITE_KIND_INSERT, ValueColumns: []uint32{0, 1}, Returning: []uint32{0, 1}}
	request.Flush = step == "once"
	var first host.First
	if r.sink, first, err = r.connector.OpenSinkWith(r.ctx, 1, request, batch(caseSchema, []string{"1,a", "2,b"})); err != nil {
		return "", err
	}
	said := "no answer"
	if first.Answer != nil {
		said = show(first.Answer)
	}
	if first.Flushed != nil {
		said += ", flushed " + summary(first.Flushed)
	}
	return said, nil
}
