package engine

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestASortIsLargerThanItsMemory sorts 16 times as many bytes as its memory: 16 MiB, or WASQL_SORT_BYTES as make sort has it. Each row has
// a text of 1,000 bytes, and the key puts them in no order that they come in.
func TestASortIsLargerThanItsMemory(t *testing.T) {
	bytes := int64(16 << 20)
	if text := os.Getenv("WASQL_SORT_BYTES"); text != "" {
		var err error
		if bytes, err = strconv.ParseInt(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	const width, prime = 1000, 1_000_000_007
	rows := bytes / width
	_, s, disk := newMemoryEngine(t, 0, "series-go")
	tell(t, s, fmt.Sprint("SET wasql_memory = ", bytes/16))
	begun := time.Now()
	result, err := s.Query(t.Context(), fmt.Sprintf("SELECT value * 7919 %% %d AS k, CONCAT(value, REPEAT('x', %d)) AS pad FROM series(1, %d) ORDER BY k", prime, width-10, rows))
	if err != nil {
		t.Fatal(err)
	}
	var first time.Duration
	count, sum, last := int64(0), int64(0), int64(-1)
	for {
		row, err := result.Next(t.Context())
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if count == 0 {
			first = time.Since(begun)
		}
		k, err := strconv.ParseInt(fmt.Sprint(row[0]), 10, 64)
		if err != nil || k < last {
			t.Fatalf("row %d: %d comes behind %d (%v)", count, k, last, err)
		}
		text := fmt.Sprint(row[1])
		value, err := strconv.ParseInt(strings.TrimRight(text, "x"), 10, 64)
		if err != nil || value*7919%prime != k || len(text) < width-10 {
			t.Fatalf("row %d: key %d beside %.20s (%v)", count, k, text, err)
		}
		last = k
		count++
		sum += value
	}
	if err := result.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if count != rows || sum != rows*(rows+1)/2 {
		t.Errorf("%d rows with sum %d, must be %d with %d", count, sum, rows, rows*(rows+1)/2)
	}
	written := disk.written.Load()
	if written < rows*width {
		t.Errorf("%d bytes went to disk, which says little", written)
	}
	t.Logf("%d rows of %d bytes, %d MiB of memory: %d MiB to disk in %d files, first row after %.1f s, last after %.1f s; resident at most %s",
		rows, width, bytes/16>>20, written>>20, disk.created.Load(), first.Seconds(), time.Since(begun).Seconds(), residentMost(t))
}

// residentMost is the most memory that the process had, as Linux says it.
func residentMost(t *testing.T) string {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Log(err) // it is another system
		return "unknown"
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	line, _, _ := strings.Cut(rest, "\n")
	return strings.TrimSpace(line)
}
