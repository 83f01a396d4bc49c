package hostcall

import (
	"encoding/binary"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/pb"
)

// request and response are the two sides of a host operation.
type request interface{ UnmarshalVT([]byte) error }

type response interface {
	SizeVT() int
	MarshalToSizedBufferVT([]byte) (int, error)
}

// operation runs one host operation on an encoded request.
type operation func(g *Guest, b []byte) (response, *Fault)

// op makes an operation of a function on messages.
func op[Q any, P interface {
	*Q
	request
}, R response](f func(*Guest, P) (R, *Fault)) operation {
	return func(g *Guest, b []byte) (response, *Fault) {
		var q Q
		if err := P(&q).UnmarshalVT(b); err != nil {
			return nil, faultf(abi.InvalidArgument, "request of host_call: %v", err)
		}
		out, fault := f(g, &q)
		if fault != nil {
			return nil, fault
		}
		return out, nil
	}
}

var operations = map[pb.HostOp]operation{
	pb.HostOp_HOST_OP_LOG:           op((*Guest).hostLog),
	pb.HostOp_HOST_OP_ENV:           op((*Guest).hostEnv),
	pb.HostOp_HOST_OP_RANDOM:        op((*Guest).hostRandom),
	pb.HostOp_HOST_OP_LAST_ERROR:    op((*Guest).hostLastError),
	pb.HostOp_HOST_OP_COLLATION:     op((*Guest).hostCollation),
	pb.HostOp_HOST_OP_FILE_OPEN:     op((*Guest).fileOpen),
	pb.HostOp_HOST_OP_FILE_STAT:     op((*Guest).fileStat),
	pb.HostOp_HOST_OP_FILE_LIST:     op((*Guest).fileList),
	pb.HostOp_HOST_OP_FILE_REMOVE:   op((*Guest).fileRemove),
	pb.HostOp_HOST_OP_FILE_RENAME:   op((*Guest).fileRename),
	pb.HostOp_HOST_OP_FILE_MKDIR:    op((*Guest).fileMkdir),
	pb.HostOp_HOST_OP_FILE_SYNC:     op((*Guest).fileSync),
	pb.HostOp_HOST_OP_FILE_TRUNCATE: op((*Guest).fileTruncate),
}

// hostCall is the import host_call(op, ptr, len, out, capacity).
//
// A response that does not fit runs the operation again on the next try. Operations that change
// something answer with empty messages, which always fit; FILE_OPEN looks for room first.
func (g *Guest) hostCall(s []uint64) (int64, *Fault) {
	number, ptr, n := pb.HostOp(int32(uint32(s[0]))), uint32(s[1]), uint32(s[2])
	out, capacity := uint32(s[3]), uint32(s[4])
	if int64(n) > int64(g.limits.MessageBytes) {
		return 0, faultf(abi.Resource, "request of %d bytes, at most %d", n, g.limits.MessageBytes)
	}
	b, ok := g.Bytes(ptr, n)
	if !ok {
		return 0, badRange(ptr, n)
	}
	area, ok := g.Bytes(out, capacity)
	if !ok {
		return 0, badRange(out, capacity)
	}
	run := operations[number]
	if run == nil {
		return 0, faultf(abi.Unimplemented, "host operation %d is not known to this host", int32(number))
	}
	// The answer of FILE_OPEN holds the path it was given and some numbers.
	if need := len(b) + 64; number == pb.HostOp_HOST_OP_FILE_OPEN && len(area) < need {
		return g.tooSmall(area, need)
	}
	answer, fault := run(g, b)
	if fault != nil {
		return 0, fault
	}
	size := answer.SizeVT()
	if size > g.limits.MessageBytes {
		return 0, faultf(abi.Resource, "response of %d bytes, at most %d", size, g.limits.MessageBytes)
	}
	if size > len(area) {
		return g.tooSmall(area, size)
	}
	if _, err := answer.MarshalToSizedBufferVT(area[:size]); err != nil {
		return 0, faultf(abi.Internal, "response of host_call: %v", err)
	}
	return int64(size), nil
}

func (g *Guest) tooSmall(area []byte, need int) (int64, *Fault) {
	if len(area) >= 4 {
		binary.LittleEndian.PutUint32(area, uint32(need))
	}
	return 0, faultf(abi.TooSmall, "response needs %d bytes, %d given", need, len(area))
}

func (g *Guest) hostLastError(*pb.HostLastErrorRequest) (*pb.HostLastErrorResponse, *Fault) {
	answer := &pb.HostLastErrorResponse{}
	if g.lastFault != nil {
		answer.Status = g.lastFault.status()
	}
	return answer, nil
}
