package hostcall

import (
	"fmt"
	"strings"
	"time"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/pb"
)

// logBucket lets limit records through at once, and as many each second after.
type logBucket struct {
	limit   int
	left    float64
	last    time.Time
	dropped int
}

func (b *logBucket) take(now time.Time) bool {
	if b.limit <= 0 {
		b.dropped++
		return false
	}
	if b.last.IsZero() {
		b.left = float64(b.limit)
	} else {
		b.left = min(b.left+now.Sub(b.last).Seconds()*float64(b.limit), float64(b.limit))
	}
	b.last = now
	if b.left < 1 {
		b.dropped++
		return false
	}
	b.left--
	return true
}

// logText is the import log(level, ptr, len).
func (g *Guest) logText(s []uint64) (int64, *Fault) {
	ptr, n := uint32(s[1]), uint32(s[2])
	text, ok := g.Bytes(ptr, n)
	if !ok {
		return 0, badRange(ptr, n)
	}
	// What is cut anyway is not copied.
	text = text[:min(len(text), TextBytes+8)]
	return 0, g.Log(Record{Level: pb.LogLevel(int32(uint32(s[0]))), Message: string(text)})
}

func (g *Guest) hostLog(req *pb.HostLogRequest) (*pb.HostLogResponse, *Fault) {
	const fieldsMax = 64
	if len(req.Fields) > fieldsMax {
		return nil, faultf(abi.InvalidArgument, "%d fields, at most %d", len(req.Fields), fieldsMax)
	}
	return &pb.HostLogResponse{}, g.Log(Record{Level: req.Level, Message: req.Message, Hint: req.Hint, Fields: req.Fields})
}

// Log takes a record of the guest. ERROR and above are kept for the end of the call, whatever the
// bucket says; the rest is dropped when it comes too fast, and the next record says how much was.
func (g *Guest) Log(r Record) *Fault {
	if r.Level < pb.LogLevel_LOG_LEVEL_DEBUG || r.Level > pb.LogLevel_LOG_LEVEL_CRITICAL {
		return faultf(abi.InvalidArgument, "log level %d", int32(r.Level))
	}
	wanted := g.powers.Log != nil && (g.powers.Logging || r.Level >= pb.LogLevel_LOG_LEVEL_WARNING) && g.log.take(time.Now())
	raises := r.Level >= pb.LogLevel_LOG_LEVEL_ERROR && (g.call.raised == nil || r.Level > g.call.raised.Level)
	if !wanted && !raises {
		return nil
	}
	r.Message, r.Hint = escape(strings.TrimRight(r.Message, "\r\n")), escape(r.Hint)
	for i, p := range r.Fields {
		r.Fields[i] = &pb.Pair{Key: escape(p.GetKey()), Value: escape(p.GetValue())}
	}
	if raises {
		g.call.raised = &r
	}
	if !wanted {
		return nil
	}
	if g.log.dropped > 0 {
		r.Fields = append(r.Fields, &pb.Pair{Key: "dropped", Value: fmt.Sprint(g.log.dropped)})
		g.log.dropped = 0
	}
	g.powers.Log(g.call.ctx, r)
	return nil
}

// Stdout takes what a guest writes to its standard output or error: whole lines become records.
func (g *Guest) Stdout(p []byte, isError bool) {
	level := pb.LogLevel_LOG_LEVEL_DEBUG
	if isError {
		g.stderr.Write(p)
		level = pb.LogLevel_LOG_LEVEL_INFO
	}
	if g.powers.Log == nil || !g.powers.Logging {
		return
	}
	for line := range strings.Lines(string(p[:min(len(p), TextBytes)])) {
		// Levels are lawful, so that no fault can come of it.
		_ = g.Log(Record{Level: level, Message: line})
	}
}
