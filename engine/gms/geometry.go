package gms

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/dolthub/go-mysql-server/sql/types"
)

const (
	geometryDepthMax = 16
	pointBytes       = 16
	headerBytes      = 5 // byte order, type
	sridBytes        = 4
)

// Geometry reads MySQL's internal form: a SRID, then WKB. The bytes come from a guest: every count
// is checked against the bytes that are there before go-mysql-server, which trusts counts,
// allocates for it.
func Geometry(b []byte) (types.GeometryValue, error) {
	if len(b) < sridBytes+headerBytes {
		return nil, fmt.Errorf("geometry of %d bytes is too short", len(b))
	}
	end, err := checkWKB(b[sridBytes:], geometryDepthMax)
	if err != nil {
		return nil, err
	}
	if end != len(b)-sridBytes {
		return nil, fmt.Errorf("geometry has %d bytes too many", len(b)-sridBytes-end)
	}
	v, _, err := types.GeometryType{}.Convert(context.Background(), b)
	if err != nil {
		return nil, err
	}
	value, ok := v.(types.GeometryValue)
	if !ok {
		return nil, fmt.Errorf("geometry reads as %T", v)
	}
	return value, nil
}

// checkWKB gives the length of the one WKB value that b begins with.
func checkWKB(b []byte, depth int) (int, error) {
	if depth == 0 {
		return 0, fmt.Errorf("geometry is nested deeper than %d", geometryDepthMax)
	}
	if len(b) < headerBytes || b[0] > 1 {
		return 0, fmt.Errorf("geometry has no WKB header where one must be")
	}
	var order binary.ByteOrder = binary.LittleEndian
	if b[0] == 0 {
		order = binary.BigEndian
	}
	kind := order.Uint32(b[1:])
	body := b[headerBytes:]
	n, err := 0, error(nil)
	switch kind {
	case types.WKBPointID:
		n, err = fixedPart(body, 1, pointBytes, 0)
	case types.WKBLineID:
		n, err = countedPart(body, order, pointBytes)
	case types.WKBPolyID:
		n, err = rings(body, order)
	case types.WKBMultiPointID, types.WKBMultiLineID, types.WKBMultiPolyID, types.WKBGeomCollID:
		n, err = members(body, order, depth)
	default:
		return 0, fmt.Errorf("geometry has the unknown type %d", kind)
	}
	return headerBytes + n, err
}

// fixedPart checks that count elements of size bytes lie behind the first skip bytes.
func fixedPart(b []byte, count uint32, size, skip int) (int, error) {
	need := uint64(skip) + uint64(count)*uint64(size)
	if need > uint64(len(b)) {
		return 0, fmt.Errorf("geometry needs %d bytes more than it has", need-uint64(len(b)))
	}
	return int(need), nil
}

func count(b []byte, order binary.ByteOrder) (uint32, error) {
	if len(b) < types.CountSize {
		return 0, fmt.Errorf("geometry ends inside a count")
	}
	return order.Uint32(b), nil
}

func countedPart(b []byte, order binary.ByteOrder, size int) (int, error) {
	n, err := count(b, order)
	if err != nil {
		return 0, err
	}
	return fixedPart(b, n, size, types.CountSize)
}

func rings(b []byte, order binary.ByteOrder) (int, error) {
	n, err := count(b, order)
	if err != nil {
		return 0, err
	}
	at := types.CountSize
	for range n {
		size, err := countedPart(b[at:], order, pointBytes)
		if err != nil {
			return 0, err
		}
		at += size
	}
	return at, nil
}

func members(b []byte, order binary.ByteOrder, depth int) (int, error) {
	n, err := count(b, order)
	if err != nil {
		return 0, err
	}
	at := types.CountSize
	for range n {
		size, err := checkWKB(b[at:], depth-1)
		if err != nil {
			return 0, err
		}
		at += size
	}
	return at, nil
}
