package hosttest

import "github.com/wasql/wasql/host/wasmgen"

// Locals of wasql_call behind its parameters, which are the operation, the request's address and its length.
const (
	localAt = 3 + iota
	localTag
	localLength
	localShift
)

// hasField leaves 1 when the request of wasql_call has a field of that number, else 0. It goes through the fields of the message.
func hasField(c *wasmgen.Code, field uint32) {
	c.Get(1).Set(localAt)
	c.Block(wasmgen.I32).Loop(wasmgen.Void)
	// At the end it is not there.
	c.I32(0).Get(localAt).Get(1).Get(2).Op(wasmgen.I32Add).Op(wasmgen.I32GeU).BrIf(1).Op(wasmgen.Drop)
	varint(c)
	c.Get(localLength).Set(localTag)
	c.I32(1).Get(localTag).I32(3).Op(wasmgen.I32ShrU).I32(int64(field)).Op(wasmgen.I32Eq).BrIf(1).Op(wasmgen.Drop)
	c.Get(localTag).I32(7).Op(wasmgen.I32And).Set(localTag)
	for _, wire := range []struct {
		number int64
		skip   func()
	}{
		{0, func() { varint(c) }},
		{1, func() { advance(c, func() { c.I32(8) }) }},
		{2, func() { varint(c); advance(c, func() { c.Get(localLength) }) }},
		{5, func() { advance(c, func() { c.I32(4) }) }},
	} {
		c.Get(localTag).I32(wire.number).Op(wasmgen.I32Eq).If(wasmgen.Void)
		wire.skip()
		c.Br(1).Close()
	}
	c.Op(wasmgen.Unreachable).Close().Op(wasmgen.Unreachable).Close()
}

func advance(c *wasmgen.Code, by func()) {
	c.Get(localAt)
	by()
	c.Op(wasmgen.I32Add).Set(localAt)
}

// varint reads a number into localLength, its lower 32 bits.
func varint(c *wasmgen.Code) {
	c.I32(0).Set(localLength).I32(0).Set(localShift)
	c.Loop(wasmgen.Void)
	c.Get(localLength).Get(localAt).Mem(wasmgen.I32Load8U, 0, 0).Tee(localTag).I32(127).Op(wasmgen.I32And).Get(localShift).Op(wasmgen.I32Shl).Op(wasmgen.I32Or).Set(localLength)
	advance(c, func() { c.I32(1) })
	c.Get(localShift).I32(7).Op(wasmgen.I32Add).Set(localShift)
	c.Get(localTag).I32(127).Op(wasmgen.I32GtU).BrIf(0)
	c.Close()
}
