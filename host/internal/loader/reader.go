package loader

import (
	"fmt"
	"unicode/utf8"
)

// reader walks bytes that nobody has checked. After the first failure every
// read gives zero and moves nothing, so callers test err once per loop turn.
// Offsets in errors count from the start of the module: b begins there too and
// ends where the section or body at hand ends.
type reader struct {
	b   []byte
	p   int
	err *Error
}

func (r *reader) more() bool { return r.err == nil && r.p < len(r.b) }

// fail keeps the first error and stops every later read.
func (r *reader) fail(code Code, at int, format string, args ...any) {
	if r.err == nil {
		r.err = &Error{Code: code, Offset: at, What: fmt.Sprintf(format, args...)}
	}
	r.p = len(r.b)
}

// over is fail for a number that passes a named limit.
func (r *reader) over(code Code, at int, name string, limit uint64, format string, args ...any) {
	if r.err == nil {
		r.fail(code, at, format, args...)
		r.err.Limit, r.err.Name = limit, name
	}
}

func (r *reader) u8() byte {
	if r.p < len(r.b) {
		c := r.b[r.p]
		r.p++
		return c
	}
	r.fail(ModuleInvalid, r.p, "unexpected end")
	return 0
}

func (r *reader) u32() uint32 {
	if r.p < len(r.b) {
		if c := r.b[r.p]; c < 0x80 {
			r.p++
			return uint32(c)
		}
	}
	return r.longU32()
}

func (r *reader) longU32() uint32 {
	at, v := r.p, uint32(0)
	for shift := uint(0); shift < 35; shift += 7 {
		c := r.u8()
		if r.err != nil {
			return 0
		}
		if shift == 28 && c > 0x0f {
			break
		}
		v |= uint32(c&0x7f) << shift
		if c < 0x80 {
			return v
		}
	}
	r.fail(ModuleInvalid, at, "integer longer than 32 bits")
	return 0
}

// signed reads a signed integer of bits bits (32, 33 or 64).
func (r *reader) signed(bits uint) int64 {
	at, v, shift := r.p, int64(0), uint(0)
	for {
		c := r.u8()
		if r.err != nil {
			return 0
		}
		if rest := bits - shift; rest < 7 {
			// Bits beyond the type must repeat its sign.
			if top := int8(c<<1) >> rest; c >= 0x80 || top != 0 && top != -1 {
				r.fail(ModuleInvalid, at, "integer longer than %d bits", bits)
				return 0
			}
		}
		v |= int64(c&0x7f) << shift
		shift += 7
		if c < 0x80 {
			if c&0x40 != 0 && shift < 64 {
				v |= -1 << shift
			}
			return v
		}
	}
}

// take returns the next n bytes, aliasing the module.
func (r *reader) take(n uint32) []byte {
	if uint64(n) > uint64(len(r.b)-r.p) {
		r.fail(ModuleInvalid, r.p, "%d bytes wanted, %d left", n, len(r.b)-r.p)
		return nil
	}
	v := r.b[r.p : r.p+int(n)]
	r.p += int(n)
	return v
}

// count reads the length of a vector that a limit is set for.
func (r *reader) count(what, limitName string, limit int) uint32 {
	at := r.p
	n := r.u32()
	if r.err == nil && uint64(n) > uint64(max(limit, 0)) {
		r.over(CountLimit, at, limitName, uint64(max(limit, 0)), "%d %s", n, what)
	}
	return r.fits(n, at, what)
}

// length reads the length of a vector that the bytes left bound well enough.
func (r *reader) length(what string) uint32 {
	at := r.p
	return r.fits(r.u32(), at, what)
}

// fits refuses a vector longer than the bytes left: each element takes at least
// one, so nothing is allocated for elements that are not there.
func (r *reader) fits(n uint32, at int, what string) uint32 {
	if r.err == nil && uint64(n) > uint64(len(r.b)-r.p) {
		r.fail(ModuleInvalid, at, "%d %s in %d bytes", n, what, len(r.b)-r.p)
	}
	if r.err != nil {
		return 0
	}
	return n
}

// name reads a string of at most limit bytes.
func (r *reader) name(limit int) string {
	at := r.p
	n := r.u32()
	if r.err == nil && uint64(n) > uint64(limit) && uint64(n) <= uint64(len(r.b)-r.p) {
		r.over(CountLimit, at, "NameBytes", uint64(limit), "name of %d bytes", n)
	}
	if r.err != nil {
		return ""
	}
	s := r.take(n)
	if r.err == nil && !utf8.Valid(s) {
		r.fail(ModuleInvalid, at, "name is not UTF-8")
		return ""
	}
	return string(s)
}

// skipS32 and skipS64 step over constants; most are one or two bytes long.
func (r *reader) skipS32() {
	if r.p < len(r.b) && r.b[r.p] < 0x80 {
		r.p++
		return
	}
	r.signed(32)
}

func (r *reader) skipS64() {
	if r.p < len(r.b) && r.b[r.p] < 0x80 {
		r.p++
		return
	}
	r.signed(64)
}

// appendU32 and appendS64 write the integers back, in their shortest form.
func appendU32(o []byte, v uint32) []byte {
	for v >= 0x80 {
		o = append(o, byte(v)|0x80)
		v >>= 7
	}
	return append(o, byte(v))
}

func appendS64(o []byte, v int64) []byte {
	for {
		c := byte(v) & 0x7f
		v >>= 7
		if v == 0 && c&0x40 == 0 || v == -1 && c&0x40 != 0 {
			return append(o, c)
		}
		o = append(o, c|0x80)
	}
}

// putPadded writes v over the five bytes at o[at:], which were kept for a
// length not known before what follows was written.
func putPadded(o []byte, at int, v uint32) {
	for i := range 4 {
		o[at+i] = byte(v>>(7*i))&0x7f | 0x80
	}
	o[at+4] = byte(v >> 28)
}

const padded = "\x80\x80\x80\x80\x00"

func appendName(o []byte, s string) []byte {
	return append(appendU32(o, uint32(len(s))), s...)
}
