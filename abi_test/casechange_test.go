package abitest

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/host/wasmgen"
)

// change takes the directives of writes and lookups.
func (g *caseBuilder) change(verb string, args []string) error {
	switch verb {
	case "sink":
		answer := []*pb.ScanColumn{{Type: pb.Type_TYPE_UINT32}, {Type: pb.Type_TYPE_UINT8}, {Type: pb.Type_TYPE_INT64}, {Type: pb.Type_TYPE_UTF8, Nullable: true}}
		g.Answers[pb.Op_OP_OPEN_SINK] = &pb.OpenSinkResponse{Sink: 2, Answer: answer}
		g.Answers[pb.Op_OP_FLUSH_SINK] = &pb.FlushSinkResponse{}
		g.Answers[pb.Op_OP_HELLO].(*pb.HelloResponse).Features |= uint64(pb.Feature_FEATURE_WRITES)
	case "announce":
		opened := g.Answers[pb.Op_OP_OPEN_SINK].(*pb.OpenSinkResponse)
		opened.Answer = nil
		for _, name := range args {
			opened.Answer = append(opened.Answer, &pb.ScanColumn{Type: pb.Type(pb.Type_value["TYPE_"+strings.ToUpper(name)])})
		}
	case "written":
		g.written = append(g.written, strings.Join(args, ","))
	case "flushed":
		row, err := strconv.ParseUint(args[0], 10, 64)
		flushed := g.Answers[pb.Op_OP_FLUSH_SINK].(*pb.FlushSinkResponse)
		flushed.Errors = append(flushed.Errors, &pb.RowError{Row: row, Status: &pb.Status{Code: pb.Code_CODE_CONSTRAINT, Message: strings.Join(args[1:], " ")}})
		return err
	case "found":
		g.found = append(g.found, strings.Join(args, ","))
	default:
		return fmt.Errorf("no directive is called %s", verb)
	}
	return nil
}

// changes makes the batches that answer writes and lookups.
func (g *caseBuilder) changes() {
	if g.written != nil {
		schema := col.Schema{{Type: col.Uint32}, {Type: col.Uint8}, {Type: col.Int64}, {Type: col.UTF8, Nullable: true}}
		g.Answered = batch(schema, g.written)
	}
	if g.found == nil {
		return
	}
	columns := []*pb.ScanColumn{{Type: pb.Type_TYPE_UINT32}, {Type: pb.Type_TYPE_INT64}}
	g.Answers[pb.Op_OP_OPEN_LOOKUP] = &pb.OpenLookupResponse{Scan: 3, Keys: columns[1:], Columns: columns}
	g.Answers[pb.Op_OP_HELLO].(*pb.HelloResponse).Features |= uint64(pb.Feature_FEATURE_LOOKUP)
	g.Batches = []*col.Batch{batch(col.Schema{{Type: col.Uint32}, {Type: col.Int64}}, g.found)}
	g.Hooks[abi.ExportWrite] = func(c *wasmgen.Code) { c.I64(0).Op(wasmgen.Return) }
}
