package host

import (
	"bytes"
	"testing"

	"github.com/wasql/wasql/abi/pb"
)

func TestElementsOfAnAnswer(t *testing.T) {
	answer := &pb.DescribeResponse{Table: &pb.Table{Name: "t", Columns: []*pb.Column{{Name: "a"}, {Name: "b"}, {}}}}
	b, err := answer.MarshalVT()
	if err != nil {
		t.Fatal(err)
	}
	// The table, its name, three columns, and the names of two.
	if n := elements(b, 0); n != 7 {
		t.Errorf("%d elements", n)
	}
	if n := elements(bytes.Repeat([]byte{0x0a, 0}, 1<<21), 0); n <= elementsMax {
		t.Errorf("2 Mi empty messages count %d", n)
	}
	if n := elements([]byte("no message"), 0); n != 0 {
		t.Errorf("text counts %d", n)
	}
	deep := []byte{}
	for range 100 {
		deep = append([]byte{0x0a, byte(len(deep))}, deep[:min(len(deep), 120)]...)
	}
	if n := elements(deep, 0); n > 2*elementsDepth {
		t.Errorf("nesting counts %d", n)
	}
}

// FuzzResponse decodes hostile answers of every kind: no panic, and what is decoded is bounded and
// harmless once cleaned.
func FuzzResponse(f *testing.F) {
	for n, m := range responses() {
		b, err := m.(interface{ MarshalVT() ([]byte, error) }).MarshalVT()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(uint8(n), append(b, 0x0a, 3, 'a', 0x1b, 0xff))
	}
	status, err := (&pb.LastErrorResponse{Status: &pb.Status{Message: "m\x1b", Sqlstate: "45000", Details: []*pb.Pair{{Key: "k"}, nil}, RequiredColumns: []string{"\u202e"}}}).MarshalVT()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(uint8(0), status)
	f.Fuzz(func(t *testing.T, kind uint8, b []byte) {
		if elements(b, 0) > elementsMax {
			return
		}
		all := responses()
		m := all[int(kind)%len(all)]
		if err := m.UnmarshalVT(b); err != nil {
			return
		}
		if last, ok := m.(*pb.LastErrorResponse); ok {
			e := &Error{Kind: KindConnector, Status: cleanStatus(last.Status)}
			if s := e.Status; s != nil {
				e.Message, e.Hint, e.Setting = s.Message, s.Hint, s.Setting
			}
			for _, r := range e.Error() {
				if r < ' ' || r == 0x7f {
					t.Fatalf("control character in %q", e.Error())
				}
			}
			if len(e.SQLState()) != 5 {
				t.Fatalf("state %q", e.SQLState())
			}
		}
		if n := m.SizeVT(); n > 0 {
			if _, err := m.MarshalToSizedBufferVT(make([]byte, n)); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func responses() []Message {
	return []Message{&pb.LastErrorResponse{}, &pb.HelloResponse{}, &pb.ConfigureResponse{}, &pb.ListResponse{}, &pb.DescribeResponse{},
		&pb.PlanResponse{}, &pb.PartitionsResponse{}, &pb.OpenScanResponse{}, &pb.OpenLookupResponse{}, &pb.OpenSinkResponse{}, &pb.FlushSinkResponse{},
		&pb.StatisticsResponse{}, &pb.IntegrityResponse{}, &pb.ExplainResponse{}, &pb.SnapshotResponse{}, &pb.ImportSchemaResponse{}}
}
