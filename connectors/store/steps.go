package main

import (
	"encoding/binary"

	"github.com/wasql/wasql/abi/pb"
	wasql "github.com/wasql/wasql/sdk/go"
)

// append writes a step: its kind and its length, then all fields in order, texts and messages with their
// length before them.
func (p *step) append(dst []byte) []byte {
	var b []byte
	for _, text := range [...]string{p.database, p.name, p.toDatabase, p.toName, p.collation} {
		b = append(binary.AppendUvarint(b, uint64(len(text))), text...)
	}
	for _, n := range [...]uint64{p.id, p.from, p.version, p.next, p.row} {
		b = binary.AppendUvarint(b, n)
	}
	var table, object []byte
	if p.table != nil {
		table, _ = p.table.MarshalVT() // generated code that cannot fail
	}
	if p.object != nil {
		object, _ = p.object.MarshalVT()
	}
	for _, message := range [...][]byte{table, object} {
		b = append(binary.AppendUvarint(b, uint64(len(message))), message...)
	}
	b = binary.AppendUvarint(b, uint64(len(p.mapping)))
	for _, from := range p.mapping {
		b = binary.AppendVarint(b, int64(from))
	}
	dst = binary.AppendUvarint(append(dst, byte(p.kind)), uint64(len(b)))
	return append(dst, b...)
}

// readSteps reads steps that lie one behind the other.
func readSteps(text string, do func(*step) error) error {
	for len(text) > 0 {
		kind := stepKind(text[0])
		body, rest, ok := cut(text[1:])
		if !ok {
			return errBadStep(kind)
		}
		p, err := readStep(kind, body)
		if err != nil {
			return err
		}
		if err := do(p); err != nil {
			return err
		}
		text = rest
	}
	return nil
}

func errBadStep(kind stepKind) error {
	return wasql.Errorf(wasql.Corrupt, "a definition of kind %d in the log is not whole", kind)
}

func readStep(kind stepKind, body string) (*step, error) {
	p := &step{kind: kind}
	var ok bool
	for _, text := range [...]*string{&p.database, &p.name, &p.toDatabase, &p.toName, &p.collation} {
		if *text, body, ok = cut(body); !ok {
			return nil, errBadStep(kind)
		}
	}
	for _, n := range [...]*uint64{&p.id, &p.from, &p.version, &p.next, &p.row} {
		if *n, body, ok = uvarint(body); !ok {
			return nil, errBadStep(kind)
		}
	}
	table, body, ok := cut(body)
	object, body, also := cut(body)
	n, body, third := uvarint(body)
	if !ok || !also || !third || n > uint64(len(body)) {
		return nil, errBadStep(kind)
	}
	if table != "" {
		p.table = &pb.Table{}
		if err := p.table.UnmarshalVT([]byte(table)); err != nil {
			return nil, errBadStep(kind)
		}
	}
	if object != "" {
		p.object = &pb.Object{}
		if err := p.object.UnmarshalVT([]byte(object)); err != nil {
			return nil, errBadStep(kind)
		}
	}
	for range n {
		from, used := binary.Varint([]byte(body[:min(len(body), binary.MaxVarintLen64)]))
		if used <= 0 {
			return nil, errBadStep(kind)
		}
		p.mapping, body = append(p.mapping, int(from)), body[used:]
	}
	return p, nil
}

// uvarint reads a number.
func uvarint(text string) (n uint64, rest string, ok bool) {
	n, used := binary.Uvarint([]byte(text[:min(len(text), binary.MaxVarintLen64)]))
	if used <= 0 {
		return 0, "", false
	}
	return n, text[used:], true
}
