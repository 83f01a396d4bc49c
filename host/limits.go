package host

import (
	"time"

	"github.com/wasql/wasql/host/internal/hostcall"
)

// Limits bound what a connector may use. Zero fields mean the defaults named here.
type Limits struct {
	// MemoryBytes is linear memory an instance: 256 MiB, at most 4 GiB less a page.
	MemoryBytes int64
	// CallTime is the time one call into the guest may take: 30 s.
	CallTime time.Duration
	// LoadTime is the time to compile a module, and to start an instance: 60 s.
	LoadTime time.Duration
	// Fuel is the work one call may do, in units of about one instruction; 0: any.
	Fuel uint64
	// StackUnits is the guest's call stack, in units of 8 bytes: 2 Mi.
	StackUnits uint32
	// BatchRows is the rows asked for at a time: 4096.
	BatchRows int
	// BatchBytes is the size of a batch asked for: 16 MiB. One value may be larger, as MemoryBytes allows.
	BatchBytes int64
	// MessageBytes bounds a control message: 16 MiB, which is also the most.
	MessageBytes int
	// Handles bounds the scans, sinks and streams an instance has open: 1024.
	Handles int
	// OpenFiles bounds the files an instance has open: 64.
	OpenFiles int
	// FilesListed bounds the answer of one listing: 100,000.
	FilesListed int
	// HostCalls bounds the imports used during one call: 10 million.
	HostCalls int
	// LogLines bounds the records of an instance a second: 100.
	LogLines int
	// Instances bounds the instances of a connector alive at once: 64.
	Instances int
	// IdleInstances bounds those kept for the next query: 4.
	IdleInstances int
	// AcquireTime is how long a query waits for an instance when all are in use: 30 s.
	AcquireTime time.Duration
	// SuspendAfter is how long a scan keeps its instance while nobody asks for rows, when its connector can go on in another
	// one: then the instance is for other queries. 0: to its end. Batches are copied then, since they outlive the instance's
	// attention.
	SuspendAfter time.Duration
}

const (
	memoryBytesMax  = 65_535 * 64 << 10
	messageBytesMax = 16 << 20
	batchRowsMax    = 1 << 20
)

// DefaultLimits are the limits that the zero Limits stands for.
func DefaultLimits() Limits {
	return Limits{
		MemoryBytes: 256 << 20, CallTime: 30 * time.Second, LoadTime: time.Minute, StackUnits: 2 << 20,
		BatchRows: 4096, BatchBytes: 16 << 20, MessageBytes: messageBytesMax, Handles: 1024, OpenFiles: 64,
		FilesListed: 100_000, HostCalls: 10_000_000, LogLines: 100, Instances: 64, IdleInstances: 4,
		AcquireTime: 30 * time.Second,
	}
}

// or fills the zero fields of l from d, and cuts what would break arithmetic.
func (l Limits) or(d Limits) Limits {
	pick(&l.MemoryBytes, d.MemoryBytes)
	pick(&l.CallTime, d.CallTime)
	pick(&l.LoadTime, d.LoadTime)
	pick(&l.Fuel, d.Fuel)
	pick(&l.StackUnits, d.StackUnits)
	pick(&l.BatchRows, d.BatchRows)
	pick(&l.BatchBytes, d.BatchBytes)
	pick(&l.MessageBytes, d.MessageBytes)
	pick(&l.Handles, d.Handles)
	pick(&l.OpenFiles, d.OpenFiles)
	pick(&l.FilesListed, d.FilesListed)
	pick(&l.HostCalls, d.HostCalls)
	pick(&l.LogLines, d.LogLines)
	pick(&l.Instances, d.Instances)
	pick(&l.IdleInstances, d.IdleInstances)
	pick(&l.AcquireTime, d.AcquireTime)
	pick(&l.SuspendAfter, d.SuspendAfter)
	l.MemoryBytes = min(l.MemoryBytes, memoryBytesMax)
	l.MessageBytes = min(l.MessageBytes, messageBytesMax)
	l.BatchRows = min(l.BatchRows, batchRowsMax)
	l.BatchBytes = min(l.BatchBytes, l.MemoryBytes)
	l.StackUnits = min(l.StackUnits, 1<<30)
	return l
}

// pick sets *v to def when it is zero or below.
func pick[T int | int64 | uint32 | uint64 | time.Duration](v *T, def T) {
	if *v <= 0 {
		*v = def
	}
}

func (l *Limits) hostcall() hostcall.Limits {
	return hostcall.Limits{CallTime: l.CallTime, MessageBytes: l.MessageBytes, Handles: l.Handles, OpenFiles: l.OpenFiles,
		HostCalls: l.HostCalls, LogLines: l.LogLines, FilesListed: l.FilesListed}
}
