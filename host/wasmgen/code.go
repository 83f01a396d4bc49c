package wasmgen

import (
	"encoding/binary"
	"math"
)

// Opcodes that Code has no method for, to be given to Op.
const (
	Unreachable = 0x00
	Nop         = 0x01
	Return      = 0x0f
	Drop        = 0x1a
	Select      = 0x1b
	I32Load     = 0x28
	I64Load     = 0x29
	I32Load8U   = 0x2d
	I32Store    = 0x36
	I64Store    = 0x37
	I32Eqz      = 0x45
	I32Eq       = 0x46
	I32Ne       = 0x47
	I32LtS      = 0x48
	I32LtU      = 0x49
	I32GtS      = 0x4a
	I32GtU      = 0x4b
	I32GeS      = 0x4e
	I32GeU      = 0x4f
	I64Eqz      = 0x50
	I64LtS      = 0x53
	I64LtU      = 0x54
	I32Add      = 0x6a
	I32Sub      = 0x6b
	I32Mul      = 0x6c
	I32And      = 0x71
	I32Or       = 0x72
	I32Shl      = 0x74
	I32ShrU     = 0x76
	I64Add      = 0x7c
	I64Sub      = 0x7d
	I64Mul      = 0x7e
	I32WrapI64  = 0xa7
	I64ExtendS  = 0xac
	I64ExtendU  = 0xad
	Void        = 0x40
)

// Code assembles instructions; every method returns its receiver but End.
type Code struct{ b []byte }

// Op appends opcodes, or any other bytes.
func (c *Code) Op(ops ...byte) *Code {
	c.b = append(c.b, ops...)
	return c
}

func (c *Code) with(op byte, imms ...uint32) *Code {
	c.b = append(c.b, op)
	for _, i := range imms {
		c.b = append(c.b, U32(i)...)
	}
	return c
}

// I32 pushes a constant.
func (c *Code) I32(v int64) *Code { return c.Op(0x41).Op(S64(v)...) }

// I64 pushes a constant.
func (c *Code) I64(v int64) *Code { return c.Op(0x42).Op(S64(v)...) }

// F64 pushes a constant.
func (c *Code) F64(v float64) *Code {
	return c.Op(0x44).Op(binary.LittleEndian.AppendUint64(nil, math.Float64bits(v))...)
}

// Get pushes a local.
func (c *Code) Get(l uint32) *Code { return c.with(0x20, l) }

// Set pops into a local.
func (c *Code) Set(l uint32) *Code { return c.with(0x21, l) }

// Tee copies the top of the stack into a local.
func (c *Code) Tee(l uint32) *Code { return c.with(0x22, l) }

// GetGlobal pushes a global.
func (c *Code) GetGlobal(g uint32) *Code { return c.with(0x23, g) }

// SetGlobal pops into a global.
func (c *Code) SetGlobal(g uint32) *Code { return c.with(0x24, g) }

// Block opens a block; typ is Void or a value type.
func (c *Code) Block(typ byte) *Code { return c.Op(0x02, typ) }

// Loop opens a loop.
func (c *Code) Loop(typ byte) *Code { return c.Op(0x03, typ) }

// If opens an if.
func (c *Code) If(typ byte) *Code { return c.Op(0x04, typ) }

// Else begins the other arm.
func (c *Code) Else() *Code { return c.Op(0x05) }

// Close ends a block and goes on.
func (c *Code) Close() *Code { return c.Op(0x0b) }

// Br branches.
func (c *Code) Br(label uint32) *Code { return c.with(0x0c, label) }

// BrIf branches if the top of the stack is not zero.
func (c *Code) BrIf(label uint32) *Code { return c.with(0x0d, label) }

// BrTable branches by the top of the stack; the last label is the default.
func (c *Code) BrTable(labels ...uint32) *Code {
	return c.with(0x0e, append([]uint32{uint32(len(labels) - 1)}, labels...)...)
}

// Call calls a function.
func (c *Code) Call(f uint32) *Code { return c.with(0x10, f) }

// CallIndirect calls through a table.
func (c *Code) CallIndirect(typ, table uint32) *Code { return c.with(0x11, typ, table) }

// RefFunc pushes a reference to a function.
func (c *Code) RefFunc(f uint32) *Code { return c.with(0xd2, f) }

// Mem appends a load or store of natural alignment 2^align at offset.
func (c *Code) Mem(op byte, align, offset uint32) *Code { return c.with(op, align, offset) }

// Bulk appends an instruction behind 0xfc with its immediates.
func (c *Code) Bulk(sub uint32, imms ...uint32) *Code {
	return c.with(0xfc, append([]uint32{sub}, imms...)...)
}

// SIMD appends an instruction behind 0xfd with its immediate bytes.
func (c *Code) SIMD(sub uint32, imms ...byte) *Code { return c.with(0xfd, sub).Op(imms...) }

// Bytes returns the code without a closing end.
func (c *Code) Bytes() []byte { return c.b }

// End returns the code with its closing end.
func (c *Code) End() []byte { return append(c.b, 0x0b) }
