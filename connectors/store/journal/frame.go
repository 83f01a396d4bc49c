package journal

import (
	"encoding/binary"
	"hash/crc32"
)

const (
	headerBytes = 48
	frameBytes  = 32
	version     = 2

	logMagic        = "WASQLLOG"
	checkpointMagic = "WASQLCHK"

	// PayloadMax bounds a record or chunk, in bytes.
	PayloadMax = 1 << 30
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// header begins a file.
type header struct {
	magic      string
	generation uint64
	salt       uint64
	// first is the number of the first record of the log, or behind the checkpoint.
	first uint64
}

// encode gives the bytes and the seed of the checksums of the file's frames.
func (h header) encode() (b []byte, seed uint32) {
	b = make([]byte, headerBytes)
	copy(b, h.magic)
	binary.LittleEndian.PutUint32(b[8:], version)
	binary.LittleEndian.PutUint64(b[16:], h.generation)
	binary.LittleEndian.PutUint64(b[24:], h.salt)
	binary.LittleEndian.PutUint64(b[32:], h.first)
	seed = crc32.Checksum(b[:44], castagnoli)
	binary.LittleEndian.PutUint32(b[44:], seed)
	return b, seed
}

// decodeHeader gives "" or what is wrong.
func decodeHeader(b []byte, magic string, generation uint64) (h header, seed uint32, wrong string) {
	if len(b) < headerBytes {
		return h, 0, "it is shorter than a header"
	}
	seed = binary.LittleEndian.Uint32(b[44:])
	switch {
	case crc32.Checksum(b[:44], castagnoli) != seed:
		return h, 0, "the header's checksum is wrong"
	case string(b[:8]) != magic:
		return h, 0, "it is a file of another kind"
	case binary.LittleEndian.Uint32(b[8:]) != version:
		return h, 0, "its format has version " + decimal(int64(binary.LittleEndian.Uint32(b[8:]))) + ", this program reads " + decimal(version)
	case binary.LittleEndian.Uint64(b[16:]) != generation:
		return h, 0, "it belongs to another generation"
	}
	h = header{magic: magic, generation: generation, salt: binary.LittleEndian.Uint64(b[24:]), first: binary.LittleEndian.Uint64(b[32:])}
	return h, seed, ""
}

// frameKind says what a frame is.
type frameKind uint32

const (
	kindData frameKind = 1
	kindEnd  frameKind = 2
)

// frame is the head of a record or chunk.
type frame struct {
	length  uint32
	number  uint64
	synced  uint64
	kind    frameKind
	payload uint32 // its checksum
}

// size is what a payload takes in the file.
func size(payload int) int64 { return frameBytes + int64(payload+7)&^7 }

// append appends the head of a frame with that payload.
func (f frame) append(dst []byte, seed uint32, payload []byte) []byte {
	at := len(dst)
	dst = append(dst, make([]byte, frameBytes)...)
	b := dst[at:]
	binary.LittleEndian.PutUint32(b[4:], uint32(len(payload)))
	binary.LittleEndian.PutUint64(b[8:], f.number)
	binary.LittleEndian.PutUint64(b[16:], f.synced)
	binary.LittleEndian.PutUint32(b[24:], uint32(f.kind))
	binary.LittleEndian.PutUint32(b[28:], crc32.Update(seed, castagnoli, payload))
	binary.LittleEndian.PutUint32(b, crc32.Update(seed, castagnoli, b[4:]))
	return dst
}

// decodeFrame is false when the bytes are not the head of a frame of the file.
func decodeFrame(b []byte, seed uint32) (f frame, ok bool) {
	if crc32.Update(seed, castagnoli, b[4:frameBytes]) != binary.LittleEndian.Uint32(b) {
		return f, false
	}
	f = frame{
		length: binary.LittleEndian.Uint32(b[4:]), number: binary.LittleEndian.Uint64(b[8:]), synced: binary.LittleEndian.Uint64(b[16:]),
		kind: frameKind(binary.LittleEndian.Uint32(b[24:])), payload: binary.LittleEndian.Uint32(b[28:]),
	}
	return f, f.length <= PayloadMax && (f.kind == kindData || f.kind == kindEnd && f.length == 0)
}

// holds tells whether payload, with the zeros behind it, is the frame's.
func (f frame) holds(payloadAndZeros []byte, seed uint32) bool {
	for _, b := range payloadAndZeros[f.length:] {
		if b != 0 {
			return false
		}
	}
	return crc32.Update(seed, castagnoli, payloadAndZeros[:f.length]) == f.payload
}
