package engine

import (
	"slices"
	"strings"
	"testing"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/sqlerr"
	"github.com/wasql/wasql/host/hosttest"
)

// liarOver builds a connector whose function half(BIGINT) is declared to give doubles, and announces results of another type when it is opened.
func liarOver(announced *pb.ScanColumn) func() ([]byte, error) {
	half := &pb.Function{Name: "half", Kind: pb.FunctionKind_FUNCTION_KIND_SCALAR, Deterministic: true,
		Arguments: []*pb.Column{{Name: "n", Type: pb.Type_TYPE_INT64}}, ArgumentsMin: 1, Result: &pb.Column{Type: pb.Type_TYPE_FLOAT64}}
	g := hosttest.Good()
	g.Answers[pb.Op_OP_HELLO].(*pb.HelloResponse).Features |= uint64(pb.Feature_FEATURE_FUNCTIONS)
	g.Answers[pb.Op_OP_FUNCTIONS] = &pb.FunctionsResponse{Functions: []*pb.Function{half}}
	g.Answers[pb.Op_OP_FIND_FUNCTION] = &pb.FindFunctionResponse{Function: half}
	g.Answers[pb.Op_OP_OPEN_FUNCTION] = &pb.OpenFunctionResponse{Handle: 4, Result: announced}
	numbers := col.NewBuilder(col.Schema{{Type: col.Int64}}, 1, 0)
	numbers.Int64(0, 21)
	numbers.EndRow()
	g.Answered = numbers.Batch()
	return g.Build
}

// clause: 8.24
func TestResultsOfAnotherTypeAreRefused(t *testing.T) {
	for name, test := range map[string]struct {
		announced *pb.ScanColumn
		errno     uint16
		want      []string
	}{
		"another": {&pb.ScanColumn{Type: pb.Type_TYPE_INT64}, 1296, []string{"half", "declared double", "sent as int64"}},
		"no type": {&pb.ScanColumn{}, 1366, []string{"half", "type 0", "5.1"}},
		"unheard": {&pb.ScanColumn{Type: 9999}, 1366, []string{"half", "type 9999", "5.1"}},
		"nothing": {nil, 1366, []string{"half", "no result is announced", "8.24"}},
		"text":    {&pb.ScanColumn{Type: pb.Type_TYPE_UTF8}, 1296, []string{"half", "declared double", "sent as utf8"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, s := newEngine(t, Config{Connectors: []ConnectorSource{{Name: "liar", Wasm: liarOver(test.announced)}}})
			_, _, _, err := ask(t.Context(), s, "SELECT liar.half(42)")
			if err == nil {
				t.Fatal("no error")
			}
			text, errno := err.Error(), sqlerr.From(err).Errno
			if slices.ContainsFunc(test.want, func(want string) bool { return !strings.Contains(text, want) }) || errno != test.errno {
				t.Errorf("%d %v; want %q", errno, err, test.want)
			}
			// The session and the connector go on.
			if _, rows, _, err := ask(t.Context(), s, "SELECT count(*) FROM liar.t"); err != nil || len(rows) != 1 {
				t.Errorf("%v %v", rows, err)
			}
		})
	}
}
