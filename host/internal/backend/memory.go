package backend

import "fmt"

// PageBytes is the unit of linear memory.
const PageBytes = 64 << 10

// Region is linear memory in reserved address space: it grows in place up to what was reserved,
// so that its base never moves and a slice of it never shows old data. Runtimes whose memory can
// be provided use it.
type Region struct {
	reserved []byte
	size     uint64
	peak     uint64
	refused  int
}

// Reserve takes address space for at most bytes, rounded up to pages. No memory is used yet.
func Reserve(bytes uint64) (*Region, error) {
	// The last page is left out: with all 65,536 a 32-bit length wraps to zero.
	const most = 65_535 * PageBytes
	bytes = min((bytes+PageBytes-1)/PageBytes*PageBytes, most)
	if bytes == 0 {
		return &Region{}, nil
	}
	reserved, err := reserve(bytes)
	if err != nil {
		return nil, fmt.Errorf("%w: %d bytes: %w", ErrNoMemory, bytes, err)
	}
	return &Region{reserved: reserved}, nil
}

// Grow makes the first size bytes usable, zeroed where they are new. It gives all of them, or nil
// when there is no room, or the system gives no more memory.
func (r *Region) Grow(size uint64) []byte {
	if size > uint64(len(r.reserved)) {
		r.refused++
		return nil
	}
	if size > r.size {
		if err := commit(r.reserved, r.size, size); err != nil {
			r.refused++
			return nil
		}
		r.size = size
		r.peak = size
	}
	return r.Bytes()
}

// Bytes implements Memory.
func (r *Region) Bytes() []byte { return r.reserved[:r.size:r.size] }

// Refused implements Memory.
func (r *Region) Refused() int { return r.refused }

// PeakBytes implements Memory.
func (r *Region) PeakBytes() uint64 { return r.peak }

// Release gives the address space back. Slices of it must not be touched any more. Twice is harmless.
func (r *Region) Release() error {
	reserved := r.reserved
	r.reserved, r.size = nil, 0
	if reserved == nil {
		return nil
	}
	return unreserve(reserved)
}
