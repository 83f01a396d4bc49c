package wasql_test

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/wasql/wasql/abi/pb"
	wasql "github.com/wasql/wasql/sdk/go"
	"github.com/wasql/wasql/sdk/go/wasqltest"
)

// shouter has the functions of the Rust SDK's test.
type shouter struct{ wasql.Tables }

func (shouter) Functions() []wasql.Function {
	text, times := wasql.Column{Name: "text", Type: wasql.UTF8}, wasql.Column{Name: "times", Type: wasql.Int64}
	shout := func(a []wasql.Value) (wasql.Value, error) {
		s, ok := a[0].Text()
		if !ok {
			return wasql.Value{}, wasql.Errorf(wasql.InvalidData, "NULL cannot be shouted")
		}
		n := int64(1)
		if len(a) > 1 {
			n, _ = a[1].Int64()
		}
		return wasql.TextValue(strings.ToUpper(s) + strings.Repeat("!", int(n))), nil
	}
	return []wasql.Function{
		{Name: "shout", Arguments: []wasql.Column{text}, Result: text, Call: shout, Deterministic: true, Description: "in capitals"},
		{Name: "shout", Arguments: []wasql.Column{text, times}, Result: text, Call: shout, Deterministic: true, Constraint: true},
		{Name: "longest", Arguments: []wasql.Column{text}, Result: text, Deterministic: true, NullPropagates: true,
			Aggregate: func() wasql.Accumulator { return &longestText{} }},
	}
}

type longestText struct{ best *string }

func (l *longestText) Add(a []wasql.Value) error {
	s, _ := a[0].Text()
	if s == "refuse" {
		return wasql.Errorf(wasql.InvalidData, "this one is not taken")
	}
	if l.best == nil || len(s) > len(*l.best) {
		l.best = &s
	}
	return nil
}

func (l *longestText) Result() (wasql.Value, error) {
	if l.best == nil {
		return wasql.NullValue(), nil
	}
	return wasql.TextValue(*l.best), nil
}

// What functions answer is the same from both SDKs: see sdk/rust/wasql/tests/function.rs.
func TestFunctionsAreTheSameInRust(t *testing.T) {
	c := wasql.New(wasql.Manifest{Name: "shout", Version: "1.0.0"}, func(*wasql.Config) (shouter, error) { return shouter{}, nil }).With(wasql.Functions)
	in := wasqltest.Open(t, c)
	var said strings.Builder
	var listed pb.FunctionsResponse
	must(t, in.Call(pb.Op_OP_FUNCTIONS, &pb.FunctionsRequest{}, &listed))
	bytes, err := listed.MarshalVT()
	must(t, err)
	fmt.Fprintf(&said, "functions %s\n", hex.EncodeToString(bytes))
	text, number := pb.Type_TYPE_UTF8, pb.Type_TYPE_INT64
	for _, types := range [][]pb.Type{{text}, {text, pb.Type_TYPE_INT8}, {}, {text, text, text}} {
		request := &pb.FindFunctionRequest{Name: "SHOUT"}
		for _, typ := range types {
			request.Arguments = append(request.Arguments, &pb.Column{Type: typ})
		}
		var found pb.FindFunctionResponse
		must(t, in.Call(pb.Op_OP_FIND_FUNCTION, request, &found))
		fmt.Fprintf(&said, "shout of %d: %d\n", len(types), len(found.GetFunction().GetArguments()))
	}
	open := func(name string, aggregate bool, types ...pb.Type) (uint32, []*pb.ScanColumn) {
		var columns []*pb.ScanColumn
		for _, typ := range types {
			columns = append(columns, &pb.ScanColumn{Type: typ, Nullable: true})
		}
		var opened pb.OpenFunctionResponse
		must(t, in.Call(pb.Op_OP_OPEN_FUNCTION, &pb.OpenFunctionRequest{Name: name, Arguments: columns, Aggregate: aggregate}, &opened))
		if aggregate {
			columns = append([]*pb.ScanColumn{{Type: pb.Type_TYPE_UINT32}}, columns...)
		}
		return opened.Handle, columns
	}
	refused := func(handle uint32, columns []*pb.ScanColumn, rows ...[]wasql.Value) {
		_, err := in.Write(handle, wasqltest.Rows(columns, rows))
		var wrong *wasql.Error
		if !errors.As(err, &wrong) {
			t.Fatalf("not refused: %v", err)
		}
		fmt.Fprintf(&said, "row %d: %s\n", wrong.Row, wrong.Message)
	}
	handle, columns := open("shout", false, text, number)
	answer, err := in.Write(handle, wasqltest.Rows(columns, [][]wasql.Value{{wasql.TextValue("a"), wasql.IntValue(1)}, {wasql.TextValue("b"), wasql.IntValue(3)}}))
	must(t, err)
	fmt.Fprintf(&said, "%s %s\n", answer.Cols[0].Bytes(0), answer.Cols[0].Bytes(1))
	refused(handle, columns, []wasql.Value{wasql.TextValue("c"), wasql.IntValue(1)}, []wasql.Value{{}, wasql.IntValue(1)})
	handle, columns = open("longest", true, text)
	_, err = in.Write(handle, wasqltest.Rows(columns, [][]wasql.Value{{wasql.UintValue(0), wasql.TextValue("aa")},
		{wasql.UintValue(2), wasql.TextValue("b")}, {wasql.UintValue(0), wasql.TextValue("aaa")}}))
	must(t, err)
	refused(handle, columns, []wasql.Value{wasql.UintValue(0), wasql.TextValue("refuse")})
	if _, err := in.Next(handle, 10, 0); err == nil {
		t.Error("results before the end")
	}
	must(t, in.Call(pb.Op_OP_FINISH_FUNCTION, &pb.FinishFunctionRequest{Handle: handle, Groups: 3}, &pb.FinishFunctionResponse{}))
	var results []string
	for {
		b, err := in.Next(handle, 2, 0)
		if errors.Is(err, io.EOF) {
			break
		}
		must(t, err)
		for i := range b.Len() {
			text := "NULL"
			if !b.Cols[0].IsNull(i) {
				text = string(b.Cols[0].Bytes(i))
			}
			results = append(results, text)
		}
	}
	fmt.Fprintln(&said, strings.Join(results, " "))
	want, err := os.ReadFile("../testdata/functions.txt")
	must(t, err)
	if said.String() != string(want) {
		t.Errorf("got:\n%s\nwant:\n%s", said.String(), want)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
