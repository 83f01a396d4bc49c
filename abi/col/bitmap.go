package col

import "math/bits"

// Bitmap holds one bit a row, least significant bit first. A set bit means valid, or true.
// A nil Bitmap stands for all bits set.
type Bitmap []byte

// BitmapBytes is the number of bytes that n bits need.
func BitmapBytes(n int) int { return int((uint(n) + 7) / 8) }

// Get tells bit i. On a nil Bitmap it is true.
func (b Bitmap) Get(i int) bool { return b == nil || b[i>>3]&(1<<(uint(i)&7)) != 0 }

// Set sets bit i.
func (b Bitmap) Set(i int) { b[i>>3] |= 1 << (uint(i) & 7) }

// Clear clears bit i.
func (b Bitmap) Clear(i int) { b[i>>3] &^= 1 << (uint(i) & 7) }

// Count counts the set bits among the first n.
func (b Bitmap) Count(n int) int {
	if b == nil {
		return n
	}
	total, full := 0, n>>3
	for _, x := range b[:full] {
		total += bits.OnesCount8(x)
	}
	if rest := uint(n) & 7; rest != 0 {
		total += bits.OnesCount8(b[full] & (1<<rest - 1))
	}
	return total
}
