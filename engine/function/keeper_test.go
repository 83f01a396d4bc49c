package function

import (
	"strings"
	"testing"

	"github.com/wasql/wasql/abi/pb"
)

// What a connector says of its functions is checked before SQL hears of it.
func TestListedFunctionsAreChecked(t *testing.T) {
	number := &pb.Column{Name: "n", Type: pb.Type_TYPE_INT64}
	scalar := func(name string, change func(*pb.Function)) *pb.Function {
		f := &pb.Function{Name: name, Kind: pb.FunctionKind_FUNCTION_KIND_SCALAR, Arguments: []*pb.Column{number}, Result: number}
		if change != nil {
			change(f)
		}
		return f
	}
	table := func(name string, most, least int) *pb.Function {
		f := &pb.Function{Name: name, Kind: pb.FunctionKind_FUNCTION_KIND_TABLE, ArgumentsMin: uint32(least)}
		for range most {
			f.Arguments = append(f.Arguments, number)
		}
		return f
	}
	for _, c := range []struct {
		f    *pb.Function
		want string
	}{
		{scalar("fine", nil), ""},
		{scalar("", nil), "a name has 1 to 64"},
		{scalar("a b", nil), "a name has 1 to 64"},
		{scalar("1st", nil), "a name has 1 to 64"},
		{scalar(strings.Repeat("x", 65), nil), "a name has 1 to 64"},
		{scalar("select", nil), "it is a word of SQL"},
		{scalar("Between", nil), "it is a word of SQL"},
		{scalar("count", nil), "an aggregate or a window function of SQL"},
		{scalar("row_number", nil), "an aggregate or a window function of SQL"},
		{scalar("f", func(f *pb.Function) { f.Kind = 0 }), "its kind is 0"},
		{scalar("f", func(f *pb.Function) { f.Kind = 99 }), "its kind is 99"},
		{scalar("f", func(f *pb.Function) { f.Result = nil }), "it has no result"},
		{scalar("f", func(f *pb.Function) { f.ArgumentsMin = 2 }), "2 arguments must be given, and 1 are declared"},
		{scalar("f", func(f *pb.Function) { f.Arguments, f.Variadic = nil, true }), "no argument that could repeat"},
		{table("tables", 1, 1), ""},
		{table("a b", 1, 1), "a name has 1 to 64"},
		{table("t", 1, 2), "2 arguments must be given, and 1 are declared"},
		{table("t", 0, 0), "without arguments is a table"},
		{table("there", 1, 1), "of two kinds"},
		{table("called", 2, 2), "the same number of arguments"},
		{table("called", 4, 3), "the same number of arguments"},
		{table("called", 4, 4), ""},
		{scalar("there", nil), "listed twice with the same arguments"},
		{scalar("THERE", func(f *pb.Function) { f.Kind = pb.FunctionKind_FUNCTION_KIND_AGGREGATE }), "of two kinds"},
	} {
		k := &Keeper{listed: map[string][]*pb.Function{}, found: map[string]*Overload{}}
		if err := k.list(scalar("there", nil)); err != nil {
			t.Fatal(err)
		}
		if err := k.list(table("called", 3, 1)); err != nil {
			t.Fatal(err)
		}
		err := k.list(c.f)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%q: %v, want %q", c.f.Name, err, c.want)
		}
	}
}
