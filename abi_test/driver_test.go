package abitest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/host"
)

// driven is an index by a number, of rows named by another.
func driven() *pb.DriverIndex {
	number := func(name string) *pb.Column { return &pb.Column{Name: name, Type: pb.Type_TYPE_INT64} }
	return &pb.DriverIndex{Database: "d", Table: "t", Name: "i", Columns: []*pb.Column{number("k")}, Location: []*pb.Column{number("id")}}
}

// entriesOf reads a scan over entries to its end.
func entriesOf(t *testing.T, scan *host.Scan, err error) (all []string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	for {
		b, err := scan.Next(t.Context())
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		for i := range b.Len() {
			key := "NULL"
			if at := b.Row(i); !b.Cols[0].IsNull(at) {
				key = fmt.Sprint(b.Cols[0].Int64(at))
			}
			all = append(all, fmt.Sprintf("%s:%d", key, b.Cols[1].Int64(b.Row(i))))
		}
	}
	if err := scan.Close(); err != nil {
		t.Fatal(err)
	}
	return all
}

// TestIndexDriverConforms asks an index driver for all it has to do.
//
// clause: 8.23
// checklist: G27 G28 G29
func TestIndexDriverConforms(t *testing.T) {
	for _, name := range []string{"ixdriver", "sorted"} { // in Go, and in Rust
		t.Run(name, func(t *testing.T) { driverConforms(t, name) })
	}
}

func driverConforms(t *testing.T, name string) {
	t.Helper()
	ctx := t.Context()
	runtime, err := host.New(ctx, host.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = runtime.Close(context.WithoutCancel(ctx)) }() // the process ends soon
	module, err := runtime.Compile(ctx, name, built(t, name))
	if err != nil {
		t.Fatal(err)
	}
	c, err := module.Open(ctx, host.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(context.WithoutCancel(ctx)) }() // so does the connector
	manifest := c.Manifest()
	if manifest.IndexDriver == "" || manifest.Features&uint64(pb.Feature_FEATURE_INDEX_DRIVER) == 0 {
		t.Fatalf("the manifest has id %q and features %d", manifest.IndexDriver, manifest.Features)
	}
	index := driven()
	within := func(call func(*host.Instance) error) {
		t.Helper()
		i, err := c.Acquire(ctx, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer i.Release()
		if err := call(i); err != nil {
			t.Fatal(err)
		}
	}
	state := func(version string) (state pb.DriverState) {
		t.Helper()
		within(func(i *host.Instance) (err error) {
			state, _, err = i.DriverCheck(ctx, index, version)
			return err
		})
		return state
	}
	feed := func(remove bool, pairs ...[2]int64) *host.Sink {
		t.Helper()
		sink, err := c.DriverFeed(ctx, &pb.DriverOpenSinkRequest{Index: index, Delete: remove})
		if err != nil {
			t.Fatal(err)
		}
		b := col.NewBuilder(col.Schema{{Type: col.Int64, Nullable: true}, {Type: col.Int64, Nullable: true}}, 16, 1<<10)
		for _, p := range pairs {
			if p[0] < 0 {
				b.Null(0)
			} else {
				b.Int64(0, p[0])
			}
			b.Int64(1, p[1])
			b.EndRow()
		}
		if _, err := sink.Write(ctx, b.Batch()); err != nil {
			t.Fatal(err)
		}
		return sink
	}
	if got := state("v1"); got != pb.DriverState_DRIVER_STATE_MISSING {
		t.Errorf("an index that was not made is %v", got)
	}
	within(func(i *host.Instance) error { _, err := i.DriverCreate(ctx, index); return err })
	if got := state("v1"); got == pb.DriverState_DRIVER_STATE_SOUND {
		t.Errorf("an index that was not saved is %v", got)
	}
	sink := feed(false, [2]int64{3, 30}, [2]int64{1, 10}, [2]int64{-1, 40}, [2]int64{2, 20}, [2]int64{3, 31})
	var saved *pb.DriverIndex
	within(func(i *host.Instance) (err error) {
		saved, err = i.DriverSave(ctx, index, sink, "v1")
		return err
	})
	if !saved.GetReady() || len(saved.GetChecksum()) == 0 || saved.GetTableVersion() != "v1" {
		t.Errorf("saved it is %v", saved)
	}
	index.Checksum = saved.GetChecksum()
	if got := state("v1"); got != pb.DriverState_DRIVER_STATE_SOUND {
		t.Errorf("saved it is %v", got)
	}
	if got := state("v2"); got != pb.DriverState_DRIVER_STATE_STALE {
		t.Errorf("for another version it is %v", got)
	}
	within(func(i *host.Instance) error {
		all, err := i.DriverLoadAll(ctx, "d", "t")
		if len(all) != 1 || all[0].GetName() != "i" || string(all[0].GetChecksum()) != string(saved.GetChecksum()) {
			t.Errorf("its indexes are %v", all)
		}
		return err
	})
	at := func(n int64, inclusive bool) *pb.Bound {
		return &pb.Bound{Value: &pb.Value{Kind: &pb.Value_Int64{Int64: n}}, Inclusive: inclusive}
	}
	for _, one := range []struct {
		ranges  []*pb.KeyRange
		reverse bool
		want    []string
	}{
		{nil, false, []string{"NULL:40", "1:10", "2:20", "3:30", "3:31"}},
		{[]*pb.KeyRange{{Lower: []*pb.Bound{at(3, true)}, Upper: []*pb.Bound{at(3, true)}}}, false, []string{"3:30", "3:31"}},
		{[]*pb.KeyRange{{Lower: []*pb.Bound{at(1, false)}, Upper: []*pb.Bound{at(3, false)}}}, false, []string{"2:20"}},
		{[]*pb.KeyRange{{Lower: []*pb.Bound{at(2, true)}}, {Lower: []*pb.Bound{at(1, true)}, Upper: []*pb.Bound{at(2, true)}}}, true, []string{"3:31", "3:30", "2:20", "1:10"}},
	} {
		scan, err := c.DriverProbe(ctx, &pb.DriverProbeRequest{Index: index, Ranges: one.ranges, Reverse: one.reverse})
		if got := entriesOf(t, scan, err); !slices.Equal(got, one.want) {
			t.Errorf("ranges %v give %v, want %v", one.ranges, got, one.want)
		}
	}
	if err := feed(true, [2]int64{3, 30}).Close(); err != nil {
		t.Fatal(err)
	}
	scan, err := c.DriverValues(ctx, &pb.DriverValuesRequest{Index: index})
	if got := entriesOf(t, scan, err); !slices.Equal(got, []string{"NULL:40", "1:10", "2:20", "3:31"}) {
		t.Errorf("values are %v", got)
	}
	for range 2 { // the second time there is none, which is no error
		within(func(i *host.Instance) error { return i.DriverDelete(ctx, index) })
	}
	if got := state("v1"); got != pb.DriverState_DRIVER_STATE_MISSING {
		t.Errorf("an index that was dropped is %v", got)
	}
	if _, err := c.DriverProbe(ctx, &pb.DriverProbeRequest{Index: index}); err == nil {
		t.Error("an index that was dropped can be read")
	}
}
