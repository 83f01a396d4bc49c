package abitest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/host"
)

var (
	optionTypes = []string{"string", "int", "float", "bool", "bytes", "duration", "enum", "path", "url", "secret"}
	powers      = []string{"files.read", "files.write", "net", "http", "env", "secret", "clock", "random", "kv"}
)

// manifest checks HELLO.
// clause: 8.1 2.3
func (s *suite) manifest(ctx context.Context, t *testing.T) {
	m, err := s.module.Manifest(ctx)
	if err != nil {
		t.Fatalf("HELLO under no grant: %v", err)
	}
	if m.GetName() == "" || strings.TrimSpace(m.GetName()) != m.GetName() {
		t.Errorf("name %q", m.GetName())
	}
	if m.GetMinor() > abi.Minor {
		t.Errorf("minor %d is above the host's %d", m.GetMinor(), abi.Minor)
	}
	if m.GetSdk() == "" {
		t.Error("sdk is empty: say what the module was made with")
	}
	seen := map[string]bool{}
	for _, o := range m.GetOptions() {
		if o.GetName() == "" || seen[o.GetName()] {
			t.Errorf("option %q is nameless or declared twice", o.GetName())
		}
		seen[o.GetName()] = true
		if !slices.Contains(optionTypes, o.GetType()) {
			t.Errorf("option %s has type %q, not one of %v", o.GetName(), o.GetType(), optionTypes)
		}
		if o.GetDescription() == "" {
			t.Errorf("option %s has no description", o.GetName())
		}
		if o.GetType() == "enum" && (len(o.GetChoices()) == 0 || o.GetDefault() != "" && !slices.Contains(o.GetChoices(), o.GetDefault())) {
			t.Errorf("option %s: default %q, choices %v", o.GetName(), o.GetDefault(), o.GetChoices())
		}
	}
	for _, g := range m.GetGrants() {
		if !slices.Contains(powers, g.GetPower()) || g.GetReason() == "" {
			t.Errorf("grant request %q for %q: unknown power, or no reason given", g.GetPower(), g.GetTarget())
		}
	}
	_, err = s.module.Open(ctx, host.Options{Server: "test", Options: map[string]string{"no_such_option_": "1"}, Grant: s.opts.Grant})
	wantCode(t, "an unknown option", err, abi.InvalidArgument)
}

// wantCode fails unless err is the wall's error with one of these codes.
func wantCode(t *testing.T, what string, err error, codes ...abi.Code) {
	t.Helper()
	var wall *host.Error
	if !errors.As(err, &wall) || !slices.Contains(codes, wall.Code) {
		t.Errorf("%s: got error %v, want one of %v", what, err, codes)
	}
}

// refusals checks that what is not there says so.
// clause: 2.5 8.4 8.19 7.4
func (s *suite) refusals(ctx context.Context, t *testing.T) {
	i, err := s.connector.Acquire(ctx, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer i.Release()
	unknown := &pb.TableRef{Name: "no such table \u2603"}
	_, err = i.Describe(ctx, &pb.DescribeRequest{Table: unknown})
	wantCode(t, "DESCRIBE of an unknown table", err, abi.NotFound, abi.Denied)
	err = i.Call(ctx, pb.Op(4242), &pb.ListRequest{}, &pb.ListResponse{})
	wantCode(t, "an operation of the future", err, abi.Unimplemented)
	features := i.Features()
	for _, c := range []struct {
		feature pb.Feature
		op      pb.Op
		request host.Message
		answer  host.Message
	}{
		{pb.Feature_FEATURE_WRITES, pb.Op_OP_OPEN_SINK, &pb.OpenSinkRequest{Table: unknown, Kind: pb.WriteKind_WRITE_KIND_INSERT}, &pb.OpenSinkResponse{}},
		{pb.Feature_FEATURE_TRANSACTIONS, pb.Op_OP_BEGIN, &pb.BeginRequest{Transaction: 1}, &pb.BeginResponse{}},
		{pb.Feature_FEATURE_SAVEPOINTS, pb.Op_OP_SAVEPOINT, &pb.SavepointRequest{Transaction: 1}, &pb.SavepointResponse{}},
		{pb.Feature_FEATURE_DEFINITION, pb.Op_OP_CREATE, &pb.CreateRequest{Table: &pb.Table{Name: "t"}}, &pb.CreateResponse{}},
		{pb.Feature_FEATURE_INDEX_DRIVER, pb.Op_OP_DRIVER_LOAD_ALL, &pb.DriverLoadAllRequest{}, &pb.DriverLoadAllResponse{}},
		{pb.Feature_FEATURE_FUNCTIONS, pb.Op_OP_OPEN_FUNCTION, &pb.OpenFunctionRequest{Name: "f"}, &pb.OpenFunctionResponse{}},
		{pb.Feature_FEATURE_SNAPSHOTS, pb.Op_OP_SNAPSHOT, &pb.SnapshotRequest{}, &pb.SnapshotResponse{}},
		{pb.Feature_FEATURE_SUSPEND, pb.Op_OP_SUSPEND, &pb.SuspendRequest{Scan: 1}, &pb.SuspendResponse{}},
	} {
		if features&uint64(c.feature) != 0 {
			continue
		}
		err := i.Call(ctx, c.op, c.request, c.answer)
		// Any refusal will do, also of the table or the handle; success would not.
		wantCode(t, c.op.String()+" without "+c.feature.String(), err, abi.Unimplemented, abi.ReadOnly, abi.NotFound, abi.BadHandle)
	}
}
