package wasql

import (
	"fmt"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/sdk/go/internal/guest"
	"github.com/wasql/wasql/sdk/go/internal/wire"
)

// instance is one life of a connector: the state behind the exports. Calls never overlap.
type instance struct {
	connector *Connector
	// features both sides know, after HELLO.
	features uint64
	config   *Config
	source   Source
	last     *Error
	handles  map[uint32]handle
	numbers  uint32
	leases   int64
	// begun are the transactions that were begun and have not ended.
	begun numbers
	// globalID is the last one that came.
	globalID string
	asked    known
	// repeated are scans that come again; the one that came last is first.
	repeated []*repeatedScan
	// spare is a sink for the next small statement.
	spare *sink
}

func newInstance(c *Connector) *instance {
	return &instance{connector: c, handles: map[uint32]handle{}}
}

func (in *instance) has(feature pb.Feature) bool { return in.features&uint64(feature) != 0 }

func (in *instance) leasing() bool { return in.has(pb.Feature_FEATURE_LEASES) }

// fail keeps err for LAST_ERROR and gives its code.
func (in *instance) fail(err error) abi.Code {
	in.last = toError(err)
	if in.last.Code <= 0 {
		in.last.Code = Internal
	}
	return abi.Code(in.last.Code)
}

// rescue turns a panic of the connector into an error of the call.
func (in *instance) rescue(code *abi.Code) {
	if caught := recover(); caught != nil {
		*code = in.fail(Errorf(Internal, "panic: %v", caught))
	}
}

// Call answers one control message.
func (in *instance) Call(op int32, request []byte) (response []byte, code abi.Code) {
	defer in.rescue(&code)
	if op == int32(pb.Op_OP_OPEN_SCAN) {
		if response, ok := in.openRepeated(request); ok {
			return response, abi.OK
		}
	}
	serve := in.connector.operation(op)
	switch {
	case serve != nil:
	case op == int32(pb.Op_OP_OPEN_SINK) || op == int32(pb.Op_OP_TRUNCATE):
		return nil, in.fail(Errorf(ReadOnly, "connector %s is read-only", in.connector.manifest.Name))
	default:
		return nil, in.fail(Errorf(Unimplemented, "connector %s does not have operation %d", in.connector.manifest.Name, op))
	}
	if in.source == nil && op > int32(pb.Op_OP_CONFIGURE) {
		return nil, in.fail(Errorf(Internal, "operation %d before CONFIGURE", op))
	}
	response, err := serve(in, request)
	if err != nil {
		return nil, in.fail(err)
	}
	return response, abi.OK
}

// operation answers one op: message in, message out.
type operation func(in *instance, request []byte) ([]byte, error)

// message is a pointer to a message of package pb.
type message any

// on makes an operation of a method that takes and gives messages.
func on[T any](f func(*instance, *T) (message, error)) operation {
	return func(in *instance, raw []byte) ([]byte, error) {
		request := new(T)
		if err := wire.Unmarshal(raw, request); err != nil {
			return nil, Errorf(InvalidArgument, "the request is no lawful message: %w", err)
		}
		response, err := f(in, request)
		if err != nil {
			return nil, err
		}
		return wire.Marshal(response), nil
	}
}

func (in *instance) hello(request *pb.HelloRequest) (message, error) {
	response := in.connector.hello(request)
	in.features = response.Features
	return response, nil
}

func (in *instance) lastError(*pb.LastErrorRequest) (message, error) {
	response := &pb.LastErrorResponse{}
	if in.last != nil {
		response.Status = in.last.status()
	}
	return response, nil
}

func (in *instance) configure(request *pb.ConfigureRequest) (message, error) {
	if in.source != nil {
		return nil, Errorf(Internal, "the instance is configured already")
	}
	declared := in.connector.manifest.Options
	options, err := newOptions(declared, request.GetOptions(), nil)
	if err != nil {
		return nil, err
	}
	config := &Config{
		Options: options, Server: request.GetServer(), User: request.GetUser(), TimeZone: request.GetTimeZone(), Session: request.GetSession(),
		ConstructionData: request.GetConstructionData(), Arguments: argumentsFrom(request.GetArguments()), Secrets: request.GetSecrets(),
	}
	for _, table := range request.GetTables() {
		config.Tables = append(config.Tables, TableRef{Name: table.GetName(), Columns: columnsFrom(table.GetColumns())})
	}
	source, err := in.connector.open(config)
	if err != nil {
		return nil, err
	}
	if source == nil {
		return nil, Errorf(Internal, "the connector opened no source")
	}
	in.config, in.source = config, source
	response := &pb.ConfigureResponse{}
	response.RequestPtr, response.RequestBytes = guest.RequestSpace()
	return response, nil
}

// ref reads a reference to a table, with its options checked. The transaction it names is begun when it says so.
func (in *instance) ref(m *pb.TableRef) (*TableRef, error) {
	if b := m.GetBegin(); b != nil {
		if _, err := in.begin(b); err != nil {
			return nil, err
		}
	}
	return in.refOf(m)
}

// refOf is ref without beginning anything.
func (in *instance) refOf(m *pb.TableRef) (*TableRef, error) {
	options, err := newOptions(in.connector.manifest.Options, m.GetOptions(), in.config.Options)
	if err != nil {
		return nil, named(err, m.GetName())
	}
	return &TableRef{
		Database: m.GetDatabase(), Name: m.GetName(), Options: options, Data: m.GetData(), Columns: columnsFrom(m.GetColumns()),
		Version: m.GetVersion(), Arguments: argumentsFrom(m.GetArguments()), Transaction: m.GetTransaction(), Statement: m.GetStatement(),
		Snapshot: m.GetSnapshot(),
	}, nil
}

// table finds the table of a request.
func (in *instance) table(m *pb.TableRef) (Table, error) {
	ref, err := in.ref(m)
	if err != nil {
		return nil, err
	}
	return in.find(ref)
}

// find asks the source for a table.
func (in *instance) find(ref *TableRef) (Table, error) {
	table, err := in.source.Table(ref)
	if err != nil {
		return nil, named(err, ref.Name)
	}
	if table == nil {
		return nil, NoTable(ref.Name)
	}
	return table, nil
}

// named puts the table's name into an error that has none.
func named(err error, table string) error {
	if err == nil {
		return nil
	}
	e := toError(err)
	if e.Table != "" {
		return e
	}
	c := *e
	c.Table = table
	return &c
}

// power gives t as the interface P, or says that the operation is not there.
func power[P any](t any, what string) (P, error) {
	p, ok := t.(P)
	if !ok {
		name := "the connector"
		if table, is := t.(Table); is {
			name = fmt.Sprintf("table %q", table.Name())
		}
		return p, Errorf(Unimplemented, "%s cannot %s", name, what)
	}
	return p, nil
}
