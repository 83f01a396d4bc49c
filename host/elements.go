package host

import "encoding/binary"

// elementsMax bounds the strings and messages inside one answer. An empty message takes two bytes
// on the wire and some hundreds in the host: without a bound 16 MiB of them become gigabytes.
const elementsMax = 1 << 20

// elementsDepth is how deep elements looks; the messages of the ABI are no deeper, but for trees
// of filters, which no answer holds.
const elementsDepth = 8

// elements counts the length-delimited fields in an encoded message, and in all of them that could
// be messages themselves. It gives 0 for bytes that are no message. Counting stops above
// elementsMax.
func elements(b []byte, depth int) int {
	count := 0
	for len(b) > 0 {
		tag, n := binary.Uvarint(b)
		if n <= 0 || tag>>3 == 0 || tag>>3 > 1<<29-1 {
			return 0
		}
		b = b[n:]
		switch tag & 7 {
		case 0:
			if _, n = binary.Uvarint(b); n <= 0 {
				return 0
			}
		case 1:
			n = 8
		case 5:
			n = 4
		case 2:
			size, used := binary.Uvarint(b)
			if used <= 0 || size > uint64(len(b)-used) {
				return 0
			}
			b, n = b[used:], int(size)
			if count++; depth < elementsDepth {
				count += elements(b[:n], depth+1)
			}
			if count > elementsMax {
				return count
			}
		default:
			return 0
		}
		if n > len(b) {
			return 0
		}
		b = b[n:]
	}
	return count
}
