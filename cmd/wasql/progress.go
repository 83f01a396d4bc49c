package main

import (
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// progressDelay is how long a statement runs before anything is drawn.
const progressDelay = 300 * time.Millisecond

// progress draws one line about a running statement on a terminal, and wipes it at the end. The
// rows are counted by the reader; what the connectors did comes from work.
type progress struct {
	out  io.Writer
	work func() (rows, bytes, fuel uint64)
	rows atomic.Uint64

	stop chan struct{}
	done sync.WaitGroup
}

// startProgress draws nothing when out is nil.
func startProgress(out io.Writer, work func() (rows, bytes, fuel uint64)) *progress {
	p := &progress{out: out, work: work, stop: make(chan struct{})}
	if out == nil {
		return p
	}
	p.done.Add(1)
	go p.run()
	return p
}

func (p *progress) run() {
	defer p.done.Done()
	start := time.Now()
	timer := time.NewTimer(progressDelay)
	defer timer.Stop()
	drawn := false
	for {
		select {
		case <-p.stop:
			if drawn {
				tell(p.out, "\r\x1b[K")
			}
			return
		case <-timer.C:
			drawn = true
			tell(p.out, "\r\x1b[K%s", p.line(time.Since(start)))
			timer.Reset(100 * time.Millisecond)
		}
	}
}

func (p *progress) line(elapsed time.Duration) string {
	read, bytes, fuel := p.work()
	seconds := elapsed.Seconds()
	return fmt.Sprintf("%.1f s  read %s rows (%s/s), %s  out %s rows  fuel %s",
		seconds, short(float64(read)), short(float64(read)/seconds), size(bytes), short(float64(p.rows.Load())), short(float64(fuel)))
}

// end wipes the line; twice is harmless.
func (p *progress) end() {
	select {
	case <-p.stop:
	default:
		close(p.stop)
	}
	p.done.Wait()
}

// short writes a number with three digits and a unit.
func short(n float64) string {
	for _, unit := range []string{"", "k", "M", "G"} {
		if n < 1000 {
			if unit == "" {
				return fmt.Sprintf("%.0f", n)
			}
			return fmt.Sprintf("%.3g%s", n, unit)
		}
		n /= 1000
	}
	return fmt.Sprintf("%.3gT", n)
}

// size writes a number of bytes.
func size(n uint64) string {
	if n < 1024 {
		return fmt.Sprintf("%d B", n)
	}
	value, units := float64(n)/1024, []string{"KiB", "MiB", "GiB", "TiB"}
	for len(units) > 1 && value >= 1024 {
		value, units = value/1024, units[1:]
	}
	return fmt.Sprintf("%.3g %s", value, units[0])
}
