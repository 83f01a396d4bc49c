package hostcall

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/pb"
)

// upsideDown is a collation whose order is that of the characters, from behind.
func upsideDown(name string, first rune, weights []int32) error {
	if name != "upside_down" {
		return errors.New("there is none \x1b[31m")
	}
	for i := range weights {
		weights[i] = -(int32(first) + int32(i))
	}
	return nil
}

// clause: 5.6
func TestWeightsOfCharacters(t *testing.T) {
	for name, c := range map[string]struct {
		request *pb.HostCollationRequest
		code    abi.Code
		want    []int32
		message string
	}{
		"one":                      {&pb.HostCollationRequest{Collation: "upside_down", First: 'a', Count: 1}, abi.OK, []int32{-'a'}, ""},
		"some":                     {&pb.HostCollationRequest{Collation: "upside_down", First: 10, Count: 3}, abi.OK, []int32{-10, -11, -12}, ""},
		"none":                     {&pb.HostCollationRequest{Collation: "upside_down", First: 10}, abi.OK, nil, ""},
		"none at the end":          {&pb.HostCollationRequest{Collation: "upside_down", First: 0x110000}, abi.OK, nil, ""},
		"the last":                 {&pb.HostCollationRequest{Collation: "upside_down", First: 0x10ffff, Count: 1}, abi.OK, []int32{-0x10ffff}, ""},
		"halves of pairs":          {&pb.HostCollationRequest{Collation: "upside_down", First: 0xd800, Count: 2}, abi.OK, []int32{-0xd800, -0xd801}, ""},
		"as many as there may be":  {&pb.HostCollationRequest{Collation: "upside_down", First: 0, Count: 4096}, abi.OK, make([]int32, 4096), ""},
		"more":                     {&pb.HostCollationRequest{Collation: "upside_down", First: 0, Count: 4097}, abi.InvalidArgument, nil, "weights of 4097 characters asked for, at most 4096"},
		"all there are":            {&pb.HostCollationRequest{Collation: "upside_down", First: 0, Count: math.MaxUint32}, abi.InvalidArgument, nil, "at most 4096"},
		"beyond the last":          {&pb.HostCollationRequest{Collation: "upside_down", First: 0x10ffff, Count: 2}, abi.InvalidArgument, nil, "none above 0x10ffff"},
		"far beyond":               {&pb.HostCollationRequest{Collation: "upside_down", First: math.MaxUint32, Count: 1}, abi.InvalidArgument, nil, "none above 0x10ffff"},
		"a sum that does not fit":  {&pb.HostCollationRequest{Collation: "upside_down", First: math.MaxUint32, Count: 4096}, abi.InvalidArgument, nil, "none above 0x10ffff"},
		"negative as an int32":     {&pb.HostCollationRequest{Collation: "upside_down", First: 1 << 31, Count: 1}, abi.InvalidArgument, nil, "none above 0x10ffff"},
		"unknown":                  {&pb.HostCollationRequest{Collation: "latin9", First: 0, Count: 1}, abi.NotFound, nil, "collation latin9: there is none"},
		"no name":                  {&pb.HostCollationRequest{First: 0, Count: 1}, abi.NotFound, nil, "there is none"},
		"a name with an escape":    {&pb.HostCollationRequest{Collation: "\x1b[2J\n", First: 0, Count: 1}, abi.NotFound, nil, `collation \u001b[2J\n: there is none \u001b[31m`},
		"a name of ten kilobytes":  {&pb.HostCollationRequest{Collation: strings.Repeat("x", 10_000), First: 0, Count: 1}, abi.NotFound, nil, "collation xxx"},
		"a name that is not UTF-8": {&pb.HostCollationRequest{Collation: "a\xff", First: 0, Count: 1}, abi.NotFound, nil, "collation a"},
	} {
		t.Run(name, func(t *testing.T) {
			// No power is granted.
			g, m := newGuest(t, Powers{Collation: upsideDown}, testLimits())
			response := &pb.HostCollationResponse{}
			if code := hostCall(t, g, m, pb.HostOp_HOST_OP_COLLATION, c.request, response); code != c.code {
				t.Fatalf("%v, want %v (%+v)", code, c.code, lastError(t, g, m))
			}
			if c.code != abi.OK {
				if status := lastError(t, g, m); abi.Code(status.Code) != c.code || !strings.Contains(status.Message, c.message) || strings.ContainsAny(status.Message, "\x1b\n") {
					t.Errorf("%+v, want %q", status, c.message)
				}
				return
			}
			if len(response.Weights) != len(c.want) {
				t.Fatalf("%d weights, want %d", len(response.Weights), len(c.want))
			}
			for i, w := range response.Weights {
				if w != -int32(c.request.First)-int32(i) {
					t.Fatalf("weight %d is %d", i, w)
				}
			}
		})
	}
}

// clause: 5.6
func TestWeightsWithoutCollations(t *testing.T) {
	g, m := newGuest(t, Powers{}, testLimits())
	request := &pb.HostCollationRequest{Collation: "utf8mb4_bin", First: 0, Count: 1}
	if code := hostCall(t, g, m, pb.HostOp_HOST_OP_COLLATION, request, nil); code != abi.Unimplemented {
		t.Errorf("%v", code)
	}
	// Wrong before it is impossible.
	request.Count = 1 << 20
	if code := hostCall(t, g, m, pb.HostOp_HOST_OP_COLLATION, request, nil); code != abi.InvalidArgument {
		t.Errorf("%v", code)
	}
}

// TestWeightsThatDoNotFit: the answer says how much room it needs and writes nothing else.
func TestWeightsThatDoNotFit(t *testing.T) {
	g, m := newGuest(t, Powers{Collation: upsideDown}, testLimits())
	b, err := (&pb.HostCollationRequest{Collation: "upside_down", First: 1000, Count: 100}).MarshalVT()
	if err != nil {
		t.Fatal(err)
	}
	copy(m, b)
	for i := 500; i < 1000; i++ {
		m[i] = 0xaa
	}
	n := use(t, g, abi.ImportHostCall, uint64(pb.HostOp_HOST_OP_COLLATION), 0, uint64(len(b)), 500, 100)
	if need := le32(m[500:]); n != -int64(abi.TooSmall) || need < 200 || need > 400 || m[504] != 0xaa {
		t.Errorf("%d, needs %d", n, need)
	}
	// A request that is no message.
	copy(m, "\xff\xff\xff\xff")
	if n := use(t, g, abi.ImportHostCall, uint64(pb.HostOp_HOST_OP_COLLATION), 0, 4, 500, 100); n != -int64(abi.InvalidArgument) {
		t.Errorf("a request that is no message: %d", n)
	}
}
