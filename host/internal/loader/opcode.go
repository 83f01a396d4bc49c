package loader

import "fmt"

// imm says what follows an opcode; the body decoder switches on it.
type imm uint8

const (
	immNone imm = iota
	immFree     // no immediate, no work: nop
	immUnknown
	immBlock
	immLoop
	immIf
	immElse
	immEnd
	immBr
	immBrIf
	immBrTable
	immReturn
	immUnreachable
	immCall
	immCallIndirect
	immSelectT
	immLocalGet
	immLocalSet // and tee
	immGlobal
	immTable
	immMemarg
	immMemByte // memory.size, memory.grow
	immI32
	immI64
	imm4
	imm8
	immRefNull
	immRefFunc
	immPrefixFC
	immPrefixFD
)

// opImm is the core 2.0 opcode space.
var opImm = func() (t [256]imm) {
	for i := range t {
		t[i] = immUnknown
	}
	for i := 0x45; i <= 0xc4; i++ {
		t[i] = immNone
	}
	for i := 0x28; i <= 0x3e; i++ {
		t[i] = immMemarg
	}
	for op, k := range map[byte]imm{
		0x00: immUnreachable, 0x01: immFree, 0x02: immBlock, 0x03: immLoop, 0x04: immIf, 0x05: immElse, 0x0b: immEnd,
		0x0c: immBr, 0x0d: immBrIf, 0x0e: immBrTable, 0x0f: immReturn, 0x10: immCall, 0x11: immCallIndirect,
		0x1a: immNone, 0x1b: immNone, 0x1c: immSelectT,
		0x20: immLocalGet, 0x21: immLocalSet, 0x22: immLocalSet, 0x23: immGlobal, 0x24: immGlobal, 0x25: immTable, 0x26: immTable,
		0x3f: immMemByte, 0x40: immMemByte, 0x41: immI32, 0x42: immI64, 0x43: imm4, 0x44: imm8,
		0xd0: immRefNull, 0xd1: immNone, 0xd2: immRefFunc, 0xfc: immPrefixFC, 0xfd: immPrefixFD,
	} {
		t[op] = k
	}
	return t
}()

// simdImm is the same for the opcodes behind 0xfd.
type simdImm uint8

const (
	simdUnknown simdImm = iota
	simdNone
	simdMemarg
	simdMemargLane
	simdLane
	simd16
)

var simdOp = func() (t [256]simdImm) {
	for i := range t {
		switch {
		case i <= 11 || i == 92 || i == 93:
			t[i] = simdMemarg
		case i == 12 || i == 13:
			t[i] = simd16
		case i >= 21 && i <= 34:
			t[i] = simdLane
		case i >= 84 && i <= 91:
			t[i] = simdMemargLane
		default:
			t[i] = simdNone
		}
	}
	for _, gap := range []byte{
		0x9a, 0xa2, 0xa5, 0xa6, 0xaf, 0xb0, 0xb2, 0xb3, 0xb4, 0xbb, 0xc2, 0xc5, 0xc6,
		0xcf, 0xd0, 0xd2, 0xd3, 0xd4, 0xe2, 0xee,
	} {
		t[gap] = simdUnknown
	}
	return t
}()

// Opcodes the decoder and the meter write or look at by name.
const (
	opUnreachable  = 0x00
	opBlock        = 0x02
	opLoop         = 0x03
	opIf           = 0x04
	opElse         = 0x05
	opEnd          = 0x0b
	opBr           = 0x0c
	opReturn       = 0x0f
	opCall         = 0x10
	opLocalGet     = 0x20
	opLocalSet     = 0x21
	opLocalTee     = 0x22
	opGlobalGet    = 0x23
	opGlobalSet    = 0x24
	opI32Const     = 0x41
	opI64Const     = 0x42
	opF32Const     = 0x43
	opF64Const     = 0x44
	opI32GeS       = 0x4e
	opI64GeS       = 0x59
	opI32Add       = 0x6a
	opI32Sub       = 0x6b
	opI64Add       = 0x7c
	opI64Sub       = 0x7d
	opI64ShrU      = 0x88
	opI64ExtendU32 = 0xad
	opRefNull      = 0xd0
	opRefFunc      = 0xd2
	opPrefixFC     = 0xfc
	opPrefixFD     = 0xfd
	blockVoid      = 0x40
)

// opName names what core 2.0 lacks, for the message that refuses it.
func opName(op byte) string {
	switch {
	case op >= 0x06 && op <= 0x0a || op == 0x18 || op == 0x19 || op == 0x1f:
		return fmt.Sprintf("exception handling opcode %#02x", op)
	case op == 0x12:
		return "tail call return_call (0x12)"
	case op == 0x13:
		return "tail call return_call_indirect (0x13)"
	case op == 0x14 || op == 0x15 || op >= 0xd3 && op <= 0xd6:
		return fmt.Sprintf("typed function reference opcode %#02x", op)
	case op == 0xfb:
		return "garbage collection opcode 0xfb"
	case op == 0xfe:
		return "threads opcode 0xfe"
	}
	return fmt.Sprintf("unknown opcode %#02x", op)
}
