package loader

// prefixFC decodes what follows 0xfc: saturating conversions, bulk memory and
// table instructions. The five that move a length taken from the stack, which
// is always their topmost operand, are charged by it.
func (d *body) prefixFC() {
	at := d.p - 1
	sub := d.u32()
	switch sub {
	case 0, 1, 2, 3, 4, 5, 6, 7:
	case 8: // memory.init
		d.chargeBulk(at, bulkBytesShift)
		d.dataIndex()
		d.memoryByte()
	case 9: // data.drop
		d.dataIndex()
	case 10: // memory.copy
		d.chargeBulk(at, bulkBytesShift)
		d.memoryByte()
		d.memoryByte()
	case 11: // memory.fill
		d.chargeBulk(at, bulkBytesShift)
		d.memoryByte()
	case 12: // table.init
		d.chargeBulk(at, bulkEntriesShift)
		d.checkIndex("element segment", d.u32(), d.info.ElemSegments)
		d.checkIndex("table", d.u32(), len(d.info.Tables))
	case 13: // elem.drop
		d.checkIndex("element segment", d.u32(), d.info.ElemSegments)
	case 14: // table.copy
		d.chargeBulk(at, bulkEntriesShift)
		d.checkIndex("table", d.u32(), len(d.info.Tables))
		d.checkIndex("table", d.u32(), len(d.info.Tables))
	case 15, 16: // table.grow, table.size
		d.checkIndex("table", d.u32(), len(d.info.Tables))
	case 17: // table.fill
		d.chargeBulk(at, bulkEntriesShift)
		d.checkIndex("table", d.u32(), len(d.info.Tables))
	default:
		d.fail(ModuleFeature, at, "unknown opcode 0xfc %#02x in function %d", sub, d.fn)
	}
}

func (d *body) chargeBulk(at int, shift uint32) {
	d.bulk = true
	d.load.call()
	d.patches = append(d.patches, patch{uint32(at), shift, patchBulk, 0})
}

// dataIndex reads a data segment's index. Data comes after code, so what it is
// checked against is the data count section, without which it is invalid.
func (d *body) dataIndex() {
	at := d.p
	i := d.u32()
	if d.err == nil && !d.info.hasCount {
		d.fail(ModuleInvalid, at, "data segment %d in function %d without a data count section", i, d.fn)
	}
	d.checkIndex("data segment", i, int(d.info.dataN))
}

// prefixFD decodes what follows 0xfd: the 128-bit vector instructions.
func (d *body) prefixFD() {
	at := d.p - 1
	sub := d.u32()
	if d.err != nil {
		return
	}
	if sub > 255 {
		if sub < 0x130 {
			d.fail(ModuleFeature, at, "relaxed vector opcode 0xfd %#x in function %d", sub, d.fn)
		} else {
			d.fail(ModuleFeature, at, "unknown opcode 0xfd %#x in function %d", sub, d.fn)
		}
		return
	}
	switch simdOp[sub] {
	case simdNone:
	case simdMemarg:
		d.memarg()
	case simdMemargLane:
		d.memarg()
		d.take(1)
	case simdLane:
		d.take(1)
	case simd16:
		d.take(16)
	default:
		d.fail(ModuleFeature, at, "unknown opcode 0xfd %#02x in function %d", sub, d.fn)
	}
}
