package main

import (
	"errors"
	"testing"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/connectors/series/golden"
	wasql "github.com/wasql/wasql/sdk/go"
	"github.com/wasql/wasql/sdk/go/wasqltest"
)

// native lets the golden cases ask an instance in this process.
type native struct{ *wasqltest.Instance }

func (n native) Call(op pb.Op, request, response golden.Message) error {
	return n.Instance.Call(op, request, response)
}

func (n native) Next(scan uint32, rowsMax int) (*col.Batch, error) {
	return n.Instance.Next(scan, rowsMax, 1<<20)
}

func (native) Status(err error) *pb.Status { return statusOf(err) }

func statusOf(err error) *pb.Status {
	var e *wasql.Error
	if !errors.As(err, &e) {
		return nil
	}
	return &pb.Status{Code: pb.Code(e.Code), Message: e.Message, Hint: e.Hint, Column: e.Column, Value: e.Value}
}

func TestGolden(t *testing.T) {
	in := wasqltest.Open(t, connector)
	golden.Manifest(t, in.Manifest)
	golden.Run(t, native{in})
}

func TestGoldenForAHostThatKnowsNoEncodings(t *testing.T) {
	in := wasqltest.OpenWith(t, connector, wasqltest.Options{Features: uint64(pb.Feature_FEATURE_PARTITIONS)})
	golden.Run(t, native{in})
}

func TestUnknownOptionIsRefused(t *testing.T) {
	_, err := wasqltest.TryOpen(t, connector, wasqltest.Options{Options: map[string]string{"size": "1"}})
	golden.UnknownOption(t, statusOf(err))
}
