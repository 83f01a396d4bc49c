// Package wasqltest runs a connector natively, in the process of its test: no WebAssembly, no host,
// the same messages. Open makes an instance and sets it up; Query plans and scans as the engine does, and
// checks on the way what the SPEC promises; Call and Next are the bare operations.
//
//	func TestNumbers(t *testing.T) {
//		c := wasqltest.Open(t, connector)
//		got := c.Query("numbers", wasqltest.Query{Where: []string{"n >= 2"}})
//		wasqltest.Equal(t, got, "2", "3")
//	}
//
// A failed step fails the test at once; Instance.Try and the like give the error instead. Instances of
// one test program never run at the same time.
package wasqltest

import (
	"errors"
	"io"
	"testing"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
	wasql "github.com/wasql/wasql/sdk/go"
	"github.com/wasql/wasql/sdk/go/internal/guest"
)

// Message is a request or response of package pb.
type Message interface {
	MarshalVT() ([]byte, error)
	UnmarshalVT([]byte) error
}

// Instance is one instance of a connector, ready to be asked.
type Instance struct {
	t       testing.TB
	handler guest.Handler
	host    *Host
	// Manifest is what HELLO answered.
	Manifest *pb.HelloResponse
	features uint64
}

// Options set an instance up.
type Options struct {
	// Options of the connector, as in SQL.
	Options map[string]string
	// Host grants powers; nil grants none.
	Host *Host
	// Features the host knows; 0: all.
	Features uint64
	// Configure is sent instead of Options when it is set.
	Configure *pb.ConfigureRequest
}

// Open makes an instance of c without options and grants. A failure fails the test.
func Open(t testing.TB, c *wasql.Connector) *Instance { return OpenWith(t, c, Options{}) }

// OpenWith makes an instance of c. A failure fails the test.
func OpenWith(t testing.TB, c *wasql.Connector, o Options) *Instance {
	t.Helper()
	in, err := TryOpen(t, c, o)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// TryOpen makes an instance of c, or gives the error with which HELLO or CONFIGURE failed. t may be nil, as in an
// example; then only the methods that give an error may be used.
func TryOpen(t testing.TB, c *wasql.Connector, o Options) (*Instance, error) {
	in := &Instance{t: t, handler: c.Instance(), host: o.Host, Manifest: &pb.HelloResponse{}, features: o.Features}
	if in.host == nil {
		in.host = &Host{}
	}
	if in.features == 0 {
		in.features = ^uint64(0)
	}
	hello := &pb.HelloRequest{MinorMax: abi.Minor, Features: in.features, BatchRowsMax: 4096, BatchBytesMax: 16 << 20, Host: "wasqltest"}
	if err := in.Call(pb.Op_OP_HELLO, hello, in.Manifest); err != nil {
		return nil, err
	}
	configure := o.Configure
	if configure == nil {
		configure = &pb.ConfigureRequest{Server: in.Manifest.GetName(), Options: o.Options}
	}
	return in, in.Call(pb.Op_OP_CONFIGURE, configure, &pb.ConfigureResponse{})
}

// Call makes one control call. A failure is a *wasql.Error with what LAST_ERROR tells.
func (in *Instance) Call(op pb.Op, request, response Message) error {
	raw, err := request.MarshalVT()
	if err != nil {
		return err
	}
	defer guest.Enter(in.host.guest())()
	out, code := in.handler.Call(int32(op), raw)
	if code != abi.OK {
		return in.lastError(code)
	}
	return response.UnmarshalVT(out)
}

func (in *Instance) lastError(code abi.Code) error {
	out, failed := in.handler.Call(int32(pb.Op_OP_LAST_ERROR), nil)
	var response pb.LastErrorResponse
	if failed != abi.OK {
		return errors.New("LAST_ERROR failed: " + failed.String())
	}
	if err := response.UnmarshalVT(out); err != nil {
		return err
	}
	return wasql.ErrorFrom(response.GetStatus(), wasql.Code(code))
}

// Next gives the next batch of a scan, or io.EOF. The batch is valid until the next call; a lease must
// be given back with Release.
func (in *Instance) Next(scan uint32, rowsMax, bytesMax int) (*col.Batch, error) {
	defer guest.Enter(in.host.guest())()
	batch, code := in.handler.Next(scan, rowsMax, bytesMax)
	if code != abi.OK {
		return nil, in.lastError(code)
	}
	if batch == nil {
		return nil, io.EOF
	}
	return batch, nil
}

// Release gives a leased batch back.
func (in *Instance) Release(scan uint32, lease int64) error {
	return in.code(func() abi.Code { return in.handler.Release(scan, lease) })
}

// Close ends a scan, sink or function.
func (in *Instance) Close(handle uint32) error {
	return in.code(func() abi.Code { return in.handler.Close(handle) })
}

// Write sends rows to a sink, lookup or function, and gives the answer, which may be nil.
func (in *Instance) Write(handle uint32, batch *col.Batch) (answer *col.Batch, err error) {
	err = in.code(func() (code abi.Code) {
		answer, code = in.handler.Write(handle, batch)
		return code
	})
	return answer, err
}

func (in *Instance) code(f func() abi.Code) error {
	defer guest.Enter(in.host.guest())()
	if code := f(); code != abi.OK {
		return in.lastError(code)
	}
	return nil
}
