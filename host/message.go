package host

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"strings"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/host/internal/hostcall"
)

// Message is a control message of package pb.
type Message interface {
	SizeVT() int
	MarshalToSizedBufferVT([]byte) (int, error)
	UnmarshalVT([]byte) error
}

// Call sends one operation. resp is filled from the answer and shares no memory with the guest.
// The error is an *Error; a guest's refusal is of KindConnector (or KindDenied) and carries its Status.
func (i *Instance) Call(ctx context.Context, op pb.Op, req, resp Message) error {
	return i.callNamed(ctx, opName(op), op, req, resp)
}

func (i *Instance) callNamed(ctx context.Context, call string, op pb.Op, req, resp Message) error {
	t, err := i.begin(ctx, call)
	if err != nil {
		return err
	}
	defer i.end()
	return i.exchange(&t, op, req, resp)
}

func opName(op pb.Op) string {
	name, ok := pb.Op_name[int32(op)]
	if !ok {
		return fmt.Sprintf("op %d", int32(op))
	}
	return strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(name, "OP_"), "_", " "))
}

// exchange sends a request and reads the response, within a turn.
func (i *Instance) exchange(t *turn, op pb.Op, req, resp Message) error {
	size := req.SizeVT()
	if size > i.limits.MessageBytes {
		return &Error{Kind: KindLimit, Connector: i.connector.name, Call: t.call, Code: abi.Resource, Clause: "1.4", Setting: "MessageBytes",
			Message: fmt.Sprintf("request of %d bytes, at most %d", size, i.limits.MessageBytes)}
	}
	ptr := i.space.ptr
	if size > i.space.bytes {
		var err error
		if ptr, err = i.alloc(t, uint32(size), 8); err != nil {
			return err
		}
	}
	return i.ask(t, op, req, ptr, size, resp)
}

// ask writes a request of so many bytes to a place that is the host's, makes the call, and reads the response.
func (i *Instance) ask(t *turn, op pb.Op, req Message, ptr uint32, size int, resp Message) error {
	if size > 0 {
		area := i.vm.Memory().Bytes()[ptr:][:size]
		if _, err := req.MarshalToSizedBufferVT(area); err != nil {
			return &Error{Kind: KindHost, Connector: i.connector.name, Call: t.call, Message: err.Error(), Err: err}
		}
	}
	result, err := i.invoke(t, i.exports.call, uint64(uint32(op)), uint64(ptr), uint64(size))
	if err != nil {
		return err
	}
	if result < 0 {
		return i.refused(t, op, result)
	}
	body, err := i.response(t, result)
	if err != nil {
		return err
	}
	if n := elements(body, 0); n > elementsMax {
		return i.broken(t.call, "1.4", abi.Resource, "answer of %d elements, at most %d", n, elementsMax)
	}
	if err := decode(resp, body); err != nil {
		return i.broken(t.call, "1.4", abi.InvalidData, "answer of %d bytes: %v", len(body), err)
	}
	return nil
}

// decode reads a message; should the generated code panic on hostile bytes, that is an error too.
func decode(m Message, body []byte) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("message cannot be read: %v", p)
		}
	}()
	return m.UnmarshalVT(body)
}

// alloc asks the guest for space that the host may write to (SPEC 7.1). It is inside memory,
// aligned, and gone with the next call that uses it. A size of 0 asks nothing and gives 0.
func (i *Instance) alloc(t *turn, size, align uint32) (uint32, error) {
	if size == 0 {
		return 0, nil
	}
	result, err := i.invoke(t, i.exports.alloc, uint64(size), uint64(align))
	if err != nil {
		return 0, err
	}
	memory := uint64(len(i.vm.Memory().Bytes()))
	switch {
	case result == 0:
		return 0, &Error{Kind: KindLimit, Connector: i.connector.name, Call: t.call, Code: abi.Resource, Clause: "7.1", Setting: "MemoryBytes",
			Message: fmt.Sprintf("the guest has no room for %d bytes", size)}
	case result < 0:
		return 0, i.refused(t, pb.Op_OP_UNSPECIFIED, result)
	case uint64(result) > memory || uint64(size) > memory-uint64(result):
		return 0, i.broken(t.call, "7.1", abi.InvalidData, "%s(%d) gave %#x, outside memory of %d bytes", abi.ExportAlloc, size, result, memory)
	case uint64(result)%uint64(align) != 0:
		return 0, i.broken(t.call, "7.1", abi.InvalidData, "%s(%d, %d) gave %#x, not aligned", abi.ExportAlloc, size, align, result)
	}
	return uint32(result), nil
}

// response finds the bytes of an answer; they are the guest's and valid until the next call.
func (i *Instance) response(t *turn, result int64) ([]byte, error) {
	if result == 0 {
		return nil, nil
	}
	memory := i.vm.Memory().Bytes()
	size := uint64(len(memory))
	if uint64(result) > math.MaxUint32 || uint64(result)+abi.ResponseBytes > size {
		return nil, i.broken(t.call, "3.2", abi.InvalidData, "%s gave %#x, outside memory of %d bytes", abi.ExportCall, result, size)
	}
	ptr := uint64(binary.LittleEndian.Uint32(memory[result:]))
	length := uint64(binary.LittleEndian.Uint32(memory[result+4:]))
	if length > uint64(i.limits.MessageBytes) {
		return nil, i.broken(t.call, "1.4", abi.InvalidData, "answer of %d bytes, at most %d", length, i.limits.MessageBytes)
	}
	if ptr+length > size {
		return nil, i.broken(t.call, "3.2", abi.InvalidData, "answer of %d bytes at %#x, outside memory of %d bytes", length, ptr, size)
	}
	return memory[ptr : ptr+length : ptr+length], nil
}

// refused turns a negative result into an Error with the guest's own words (SPEC 4.6, 9).
func (i *Instance) refused(t *turn, op pb.Op, result int64) error {
	if result < -127 {
		return i.broken(t.call, "9.1", abi.Internal, "code %d", result)
	}
	code := abi.Code(-result)
	out := &Error{Kind: KindConnector, Connector: i.connector.name, Call: t.call, Code: code}
	if op != pb.Op_OP_LAST_ERROR {
		resp := &pb.LastErrorResponse{}
		if err := i.exchange(t, pb.Op_OP_LAST_ERROR, &pb.LastErrorRequest{}, resp); err == nil {
			out.Status = cleanStatus(resp.Status)
		}
	}
	if s := out.Status; s != nil {
		out.Message, out.Hint, out.Setting = s.Message, s.Hint, s.Setting
	}
	if code == abi.Denied {
		out.Kind = KindDenied
	}
	return out
}

// cleanStatus bounds and escapes what a guest said.
func cleanStatus(s *pb.Status) *pb.Status {
	if s == nil {
		return nil
	}
	const listMax = 64
	for _, text := range []*string{&s.Message, &s.Hint, &s.Table, &s.Column, &s.File, &s.Value, &s.Setting} {
		*text = hostcall.Escape(*text)
	}
	if !validState(s.Sqlstate) {
		s.Sqlstate = ""
	}
	s.RequiredColumns = s.RequiredColumns[:min(len(s.RequiredColumns), listMax)]
	for i, name := range s.RequiredColumns {
		s.RequiredColumns[i] = hostcall.Escape(name)
	}
	s.Details = s.Details[:min(len(s.Details), listMax)]
	for i, p := range s.Details {
		s.Details[i] = &pb.Pair{Key: hostcall.Escape(p.GetKey()), Value: hostcall.Escape(p.GetValue())}
	}
	return s
}

func validState(s string) bool {
	if len(s) != 5 {
		return false
	}
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return true
}
