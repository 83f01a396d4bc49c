package hosttest

import (
	"encoding/binary"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/col"
)

// batch places a batch as SPEC section 6 lays it out, in the encodings it has.
func (i *Image) batch(b *col.Batch) {
	header := make([]byte, abi.HeaderBytes)
	columns := make([]byte, abi.ColumnBytes*len(b.Cols))
	at := i.place(header)
	columnsAt := i.place(columns)
	put32(header[abi.HeaderSize:], abi.HeaderBytes)
	put32(header[abi.HeaderColumns:], uint32(len(b.Cols)))
	binary.LittleEndian.PutUint64(header[abi.HeaderRows:], uint64(b.Rows))
	put32(header[abi.HeaderColumnsPtr:], columnsAt)
	put32(header[abi.HeaderStride:], abi.ColumnBytes)
	if b.Sel != nil {
		put32(header[abi.HeaderSelPtr:], i.place(col.BytesOf(b.Sel)))
		put32(header[abi.HeaderSelLen:], uint32(len(b.Sel)))
		put32(header[abi.HeaderFlags:], abi.FlagSelection)
	}
	for n := range b.Cols {
		i.column(columns[n*abi.ColumnBytes:], &b.Cols[n])
	}
	copy(i.bytes[at-DataBase:], header)
	copy(i.bytes[columnsAt-DataBase:], columns)
	i.Batches = append(i.Batches, at)
}

// column fills a descriptor and places its buffers.
func (i *Image) column(d []byte, v *col.Vec) {
	binary.LittleEndian.PutUint16(d[abi.ColumnType:], uint16(v.Type))
	binary.LittleEndian.PutUint16(d[abi.ColumnEncoding:], uint16(v.Encoding))
	binary.LittleEndian.PutUint64(d[abi.ColumnNullCount:], abi.NullCountUnknown)
	i.buffer(d[abi.ColumnValidity:], v.Valid)
	switch {
	case v.Encoding == col.Dictionary:
		i.buffer(d[abi.ColumnBuffer1:], col.BytesOf(v.Index))
		dict := make([]byte, abi.ColumnBytes)
		i.column(dict, v.Dict)
		put32(d[abi.ColumnDict:], i.place(dict))
		put32(d[abi.ColumnDictRows:], uint32(v.Dict.Len))
	case v.Views != nil:
		var views, children []byte
		for _, view := range v.Views {
			views = append(binary.LittleEndian.AppendUint32(views, view.Length), view.Inline[:]...)
		}
		for _, b := range v.Buffers {
			children = binary.LittleEndian.AppendUint32(children, i.place(b))
			children = binary.LittleEndian.AppendUint32(children, uint32(len(b)))
		}
		i.buffer(d[abi.ColumnBuffer1:], views)
		put32(d[abi.ColumnChildren:], i.place(children))
		put32(d[abi.ColumnChildren+4:], uint32(len(v.Buffers)))
	case v.Type.Varying():
		i.buffer(d[abi.ColumnBuffer1:], col.BytesOf(v.Offsets))
		i.buffer(d[abi.ColumnBuffer2:], v.Data)
	default:
		i.buffer(d[abi.ColumnBuffer1:], v.Fixed)
	}
}

// buffer places bytes and writes their {ptr, bytes}; nothing for no bytes.
func (i *Image) buffer(pair, b []byte) {
	if len(b) > 0 {
		put32(pair, i.place(b))
		put32(pair[4:], uint32(len(b)))
	}
}

func put32(b []byte, v uint32) { binary.LittleEndian.PutUint32(b, v) }
