package wasql

import (
	"time"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/sdk/go/internal/guest"
	"github.com/wasql/wasql/sdk/go/internal/wire"
)

// Level of a log record.
type Level int32

// The levels. From Warning on a record reaches SHOW WARNINGS; Error fails the statement when the call
// returns; Critical also drops the instance.
const (
	LevelDebug    = Level(pb.LogLevel_LOG_LEVEL_DEBUG)
	LevelInfo     = Level(pb.LogLevel_LOG_LEVEL_INFO)
	LevelWarning  = Level(pb.LogLevel_LOG_LEVEL_WARNING)
	LevelError    = Level(pb.LogLevel_LOG_LEVEL_ERROR)
	LevelCritical = Level(pb.LogLevel_LOG_LEVEL_CRITICAL)
)

// Log writes a record. Hint tells the user what to do and may be empty; fields are keys and values in turn.
func Log(level Level, message, hint string, fields ...string) {
	if hint == "" && len(fields) == 0 {
		guest.Log(int32(level), message)
		return
	}
	request := &pb.HostLogRequest{Level: pb.LogLevel(level), Message: message, Hint: hint}
	for i := 0; i+1 < len(fields); i += 2 {
		request.Fields = append(request.Fields, &pb.Pair{Key: fields[i], Value: fields[i+1]})
	}
	if _, code := guest.HostCall(int32(pb.HostOp_HOST_OP_LOG), wire.Marshal(request)); code != abi.OK {
		guest.Log(int32(level), message)
	}
}

// Now is the granted clock. Without a grant it starts at 1970 and steps a microsecond a reading.
func Now() time.Time { return time.Unix(0, guest.Now()).UTC() }

// Monotonic is a clock that never goes back, from some start.
func Monotonic() time.Duration { return time.Duration(guest.Monotonic()) }

// Remaining is the time until the deadline of this call.
func Remaining() time.Duration { return time.Duration(guest.Remaining()) }

// Random fills p with granted random bytes; without a grant they are the same in each instance.
func Random(p []byte) error {
	const most = 64 << 10
	for len(p) > 0 {
		n := min(len(p), most)
		var response pb.HostRandomResponse
		if err := ask(pb.HostOp_HOST_OP_RANDOM, &pb.HostRandomRequest{Bytes: uint32(n)}, &response); err != nil {
			return err
		}
		if len(response.Bytes) != n {
			return Errorf(Internal, "the host gave %d random bytes, %d were asked for", len(response.Bytes), n)
		}
		copy(p, response.Bytes)
		p = p[n:]
	}
	return nil
}

// Env reads a granted environment variable. One that is not granted, or not set, is not found.
func Env(name string) (value string, found bool) {
	var response pb.HostEnvResponse
	if err := ask(pb.HostOp_HOST_OP_ENV, &pb.HostEnvRequest{Name: name}, &response); err != nil {
		return "", false
	}
	for _, v := range response.Variables {
		if v.GetKey() == name {
			return v.GetValue(), true
		}
	}
	return "", false
}

// ask makes a host call. A failure is an *Error with what the host says about it.
func ask(op pb.HostOp, request, response message) error {
	out, code := guest.HostCall(int32(op), wire.Marshal(request))
	if code != abi.OK {
		return hostError(Code(code))
	}
	return wire.Unmarshal(out, response)
}

// hostError asks what the last failed import was about.
func hostError(code Code) error {
	var response pb.HostLastErrorResponse
	out, failed := guest.HostCall(int32(pb.HostOp_HOST_OP_LAST_ERROR), nil)
	if failed != abi.OK || wire.Unmarshal(out, &response) != nil || response.GetStatus().GetMessage() == "" {
		return &Error{Code: code, Message: code.Error()}
	}
	return ErrorFrom(response.GetStatus(), code)
}
