package host

import (
	"io"
	"sync"
	"time"

	"github.com/wasql/wasql/host/internal/hostcall"
)

// Clock is the time a connector sees.
type Clock interface{ Now() time.Time }

// SystemClock is the machine's.
type SystemClock struct{}

// Now implements Clock.
func (SystemClock) Now() time.Time { return time.Now() }

// Grant is what a connector may reach; nil or empty denies. Under the zero Grant it is a pure
// function of its options.
type Grant struct {
	Files []FileGrant
	// Env are the environment variables it sees.
	Env map[string]string
	// Clock is its time; nil: it starts at 0 and steps 1 µs a reading.
	Clock Clock
	// Random is where its randomness comes from (crypto/rand.Reader); nil: a seeded stream.
	// Reads are serialised.
	Random io.Reader
	// Log lets its records reach Config.Log. Notices reach the session in any case.
	Log bool
	// Decide, when set, hears every answer to a guest that asked for a power. It is called on the
	// goroutine of the call, from several at once.
	Decide func(Decision)
}

// FileGrant opens one host file or folder to the guest under a path the guest can see.
type FileGrant struct {
	// Path is the spelling the guest uses ("demo/flights.csv", "./people.csv", "/data"), compared
	// after path.Clean.
	Path string
	// Host is the file or folder of the machine. A file grant opens exactly that file; a folder
	// grant what lies below. Links out of the folder are denied.
	Host string
	// Match lets only files with such names through ("*.csv"; with a slash it is compared with the
	// path below the folder, ** standing for any folders).
	Match string
	// Write grants changing it too.
	Write bool
}

// Decision is one answer to a guest that asked for a power.
type Decision struct {
	Connector, Power, Target string
	Allowed                  bool
	Reason                   string
}

// powers opens the grant for a connector.
func (c *Connector) powers() (hostcall.Powers, error) {
	g := &c.grant
	files := make([]hostcall.FileGrant, len(g.Files))
	for i, f := range g.Files {
		files[i] = hostcall.FileGrant(f)
	}
	opened, err := hostcall.OpenFiles(files)
	if err != nil {
		return hostcall.Powers{}, err
	}
	p := hostcall.Powers{Files: opened, Env: g.Env, Clock: g.Clock, Logging: g.Log, Log: c.record, Collation: c.module.runtime.collation}
	if g.Random != nil {
		p.Random = &lockedReader{r: g.Random}
	}
	if g.Decide != nil {
		p.Decide = func(d hostcall.Decision) {
			g.Decide(Decision{Connector: c.name, Power: d.Power, Target: d.Target, Allowed: d.Allowed, Reason: d.Reason})
		}
	}
	return p, nil
}

// lockedReader lets several instances read from one source.
type lockedReader struct {
	mu sync.Mutex
	r  io.Reader
}

func (l *lockedReader) Read(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.r.Read(b)
}
