package wire

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/wasql/wasql/abi/pb"
)

// generated is what the generated code of every message can do.
type generated interface {
	MarshalVT() ([]byte, error)
	UnmarshalVT([]byte) error
}

// samples holds a message of every shape: each field kind of pb occurs in one of them.
var samples = []generated{
	&pb.HelloRequest{}, &pb.HelloResponse{}, &pb.LastErrorResponse{}, &pb.ConfigureRequest{}, &pb.ConfigureResponse{},
	&pb.ListRequest{}, &pb.ListResponse{}, &pb.DescribeRequest{}, &pb.DescribeResponse{}, &pb.ImportSchemaRequest{},
	&pb.StatisticsRequest{}, &pb.StatisticsResponse{}, &pb.IntegrityRequest{}, &pb.IntegrityResponse{}, &pb.ShadowNameResponse{},
	&pb.PlanRequest{}, &pb.PlanResponse{}, &pb.PartitionsRequest{}, &pb.PartitionsResponse{}, &pb.OpenScanRequest{},
	&pb.OpenScanResponse{}, &pb.RescanRequest{}, &pb.OpenLookupRequest{}, &pb.OpenLookupResponse{}, &pb.ExplainResponse{},
	&pb.ScanCountersResponse{}, &pb.SnapshotRequest{}, &pb.SnapshotResponse{}, &pb.SuspendResponse{}, &pb.OpenSinkRequest{},
	&pb.OpenSinkResponse{}, &pb.FlushSinkRequest{}, &pb.FlushSinkResponse{}, &pb.TruncateResponse{}, &pb.BeginRequest{},
	&pb.SyncRequest{}, &pb.SavepointRequest{}, &pb.RecoverResponse{}, &pb.CreateRequest{}, &pb.RenameRequest{}, &pb.AlterRequest{},
	&pb.CreateIndexRequest{}, &pb.CreateDatabaseRequest{}, &pb.ListDatabasesResponse{}, &pb.PutObjectRequest{},
	&pb.ListObjectsResponse{}, &pb.AutoIncrementRequest{}, &pb.DriverCreateRequest{}, &pb.DriverLoadAllResponse{},
	&pb.DriverProbeRequest{}, &pb.DriverCheckResponse{}, &pb.FunctionsResponse{}, &pb.FindFunctionRequest{},
	&pb.OpenFunctionRequest{}, &pb.FinishFunctionRequest{}, &pb.HostLogRequest{}, &pb.HostEnvResponse{}, &pb.HostFileListResponse{},
	&pb.HostHttpRequest{}, &pb.HostHttpResponse{}, &pb.HostKvListResponse{}, &pb.HostRandomResponse{}, &pb.Status{},
}

// fill sets fields of a message at random.
func fill(r *rand.Rand, v reflect.Value, depth int) {
	l := layoutOf(v.Type())
	for i := range l.fields {
		f := &l.fields[i]
		if r.IntN(3) == 0 || f.coding == message && depth > 3 {
			continue
		}
		target := v.Field(f.index)
		switch {
		case f.wrapper != nil:
			if !target.IsNil() && r.IntN(2) == 0 {
				continue
			}
			w := reflect.New(f.wrapper)
			fillOne(r, f, w.Elem().Field(0), depth)
			target.Set(w)
		case f.coding == mapping:
			target.Set(reflect.MakeMap(target.Type()))
			target.SetMapIndex(reflect.ValueOf("k"+string(rune('a'+r.IntN(20)))), reflect.ValueOf("v"))
		case f.repeated:
			for range r.IntN(4) {
				e := reflect.New(target.Type().Elem()).Elem()
				fillOne(r, f, e, depth)
				target.Set(reflect.Append(target, e))
			}
		case f.optional:
			p := reflect.New(target.Type().Elem())
			fillOne(r, f, p.Elem(), depth)
			target.Set(p)
		default:
			fillOne(r, f, target, depth)
		}
	}
}

func fillOne(r *rand.Rand, f *field, v reflect.Value, depth int) {
	switch v.Kind() {
	case reflect.String:
		v.SetString([]string{"", "x", "größer", "a much longer text than the others"}[r.IntN(4)])
	case reflect.Slice:
		v.SetBytes([]byte{0, 1, 255}[:r.IntN(4)])
	case reflect.Pointer:
		v.Set(reflect.New(f.inner))
		fill(r, v.Elem(), depth+1)
	case reflect.Float64:
		v.SetFloat(r.Float64() - 0.5)
	case reflect.Bool:
		v.SetBool(r.IntN(2) == 0)
	case reflect.Int32:
		v.SetInt(int64(int32(r.Uint32() >> r.IntN(32))))
	case reflect.Int64:
		v.SetInt(int64(r.Uint64() >> r.IntN(64)))
	case reflect.Uint32:
		v.SetUint(uint64(r.Uint32() >> r.IntN(32)))
	case reflect.Uint64:
		v.SetUint(r.Uint64() >> r.IntN(64))
	}
}

// reread lets the generated code read raw and write it again.
func reread(t *testing.T, pointer reflect.Type, raw []byte) []byte {
	t.Helper()
	m := reflect.New(pointer.Elem()).Interface().(generated)
	if err := m.UnmarshalVT(raw); err != nil {
		t.Fatal(err)
	}
	again, err := m.MarshalVT()
	if err != nil {
		t.Fatal(err)
	}
	return again
}

func TestMeansTheSameAsTheGeneratedCode(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, sample := range samples {
		for range 200 {
			m := reflect.New(reflect.TypeOf(sample).Elem())
			fill(r, m.Elem(), 0)
			want, err := m.Interface().(generated).MarshalVT()
			if err != nil {
				t.Fatal(err)
			}
			// The generated code writes a oneof before smaller numbers, so the bytes may differ.
			got := Marshal(m.Interface())
			if read := reread(t, m.Type(), got); !bytes.Equal(read, want) {
				t.Fatalf("%T: wrote\n%x, generated code\n%x", sample, got, want)
			}
			back := reflect.New(m.Type().Elem())
			if err := Unmarshal(want, back.Interface()); err != nil {
				t.Fatalf("%T: %v", sample, err)
			}
			again, err := back.Interface().(generated).MarshalVT()
			if err != nil || !bytes.Equal(again, want) {
				t.Fatalf("%T: read\n%x as\n%x (%v)", sample, want, again, err)
			}
		}
	}
}

func TestUnknownFieldsAreSkipped(t *testing.T) {
	raw := Marshal(&pb.Status{Message: "m", Hint: "h", Line: 3})
	raw = append(raw, 0xfa, 0x3e, 2, 'x', 'y', 0xf0, 0x3e, 7) // fields 1007 and 1006
	var s pb.Status
	if err := Unmarshal(raw, &s); err != nil || s.Message != "m" || s.Line != 3 {
		t.Errorf("got %v, %v", s.Message, err)
	}
}

func FuzzUnmarshalNeverPanics(f *testing.F) {
	f.Add([]byte{0x0a, 0x03, 0x0a, 0x01, 'x'})
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, sample := range []generated{&pb.PlanRequest{}, &pb.ConfigureRequest{}, &pb.OpenScanRequest{}} {
			m := reflect.New(reflect.TypeOf(sample).Elem()).Interface()
			if Unmarshal(raw, m) != nil {
				continue
			}
			// What was read is written in a way that the generated code reads the same.
			other := reflect.New(reflect.TypeOf(sample).Elem()).Interface().(generated)
			written := Marshal(m)
			if err := other.UnmarshalVT(written); err != nil {
				t.Fatalf("%x is refused: %v", written, err)
			}
		}
	})
}
