package abitest

import (
	"fmt"
	"io"
	"strings"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/host"
)

// function takes the directives of functions:
//
//	function [N...]              answer OPEN_FUNCTION with a result of int64, and calls with these
//	results N...                 what an aggregate gives when it is finished
func (g *caseBuilder) function(verb string, args []string) {
	schema := col.Schema{{Type: col.Int64}}
	if verb == "results" {
		g.Batches = []*col.Batch{batch(schema, args)}
		return
	}
	g.Answers[pb.Op_OP_OPEN_FUNCTION] = &pb.OpenFunctionResponse{Handle: 4, Result: &pb.ScanColumn{Type: pb.Type_TYPE_INT64}}
	g.Answers[pb.Op_OP_FINISH_FUNCTION] = &pb.FinishFunctionResponse{}
	g.Answers[pb.Op_OP_HELLO].(*pb.HelloResponse).Features |= uint64(pb.Feature_FEATURE_FUNCTIONS)
	if len(args) > 0 {
		g.Answered = batch(schema, args)
	}
}

// call takes the steps of functions: the rows are 1 and 2, of an aggregate in the groups 0 and 1.
func (r *caseRun) call(step string) (string, error) {
	var err error
	switch step {
	case "function", "aggregate":
		if r.owner, err = r.connector.Acquire(r.ctx, 1); err != nil {
			return "", err
		}
		request := &pb.OpenFunctionRequest{Name: "f", Arguments: []*pb.ScanColumn{{Type: pb.Type_TYPE_INT64}}, Aggregate: step == "aggregate"}
		r.aggregate = request.Aggregate
		r.function, err = r.owner.OpenFunction(r.ctx, request)
		return "ok", err
	case "call":
		schema := col.Schema{{Type: col.Int64}}
		rows := []string{"1", "2"}
		if r.aggregate {
			schema, rows = col.Schema{{Type: col.Uint32}, {Type: col.Int64}}, []string{"0,1", "1,2"}
		}
		answer, err := r.function.Call(r.ctx, batch(schema, rows))
		if err != nil || answer == nil {
			return "none", err
		}
		return firsts(answer), nil
	case "finish":
		return "ok", r.function.Finish(r.ctx, 2)
	}
	var all []string
	for {
		b, err := r.function.Next(r.ctx)
		if err == io.EOF {
			return strings.Join(all, " "), nil
		}
		if err != nil {
			return "", err
		}
		all = append(all, firsts(b))
	}
}

func firsts(b *col.Batch) string {
	var all []string
	for i := range b.Len() {
		all = append(all, fmt.Sprint(b.Cols[0].Int64(b.Row(i))))
	}
	return strings.Join(all, " ")
}

// endFunction closes what the steps opened.
func (r *caseRun) endFunction() {
	if r.function != nil {
		_ = r.function.Close() // of an instance that may be lost
	}
	if r.owner != nil {
		r.owner.Release()
	}
}

type caseFunction struct {
	owner     *host.Instance
	function  *host.Function
	aggregate bool
}
