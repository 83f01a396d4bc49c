package server

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"time"
)

const (
	headerBytes = 4
	// payloadMax is the length of a packet that says that it goes on in another one.
	payloadMax = 1<<24 - 1
	readBuffer = 16 << 10
	// flushBytes is how much is gathered before it is sent.
	flushBytes = 64 << 10
	// keptBytes is how large a buffer may be that is kept for the next packet.
	keptBytes = 1 << 20
	// readStep is how much memory a packet is given ahead of what has come of it.
	readStep = 64 << 10
)

var errOutOfOrder = errors.New("packets out of order")

// tooLargeError is a packet beyond the limit. The rest of it is still to come.
type tooLargeError struct{ limit int }

func (e tooLargeError) Error() string {
	return fmt.Sprintf("a packet is larger than max_allowed_packet, which is %d bytes", e.limit)
}

// packets reads and writes the packets of a connection. It is not safe for concurrent use.
type packets struct {
	conn   net.Conn
	reader *bufio.Reader
	// sequence is the number of the next packet, read or written.
	sequence uint8
	// limit is the largest packet that is read, in bytes.
	limit int
	// idle is how long the next command may take to come, read how long what follows of it, write how long some of an answer may take
	// to leave.
	idle, read, write time.Duration

	in []byte
	// out holds what is not sent yet; the packet that is being written begins at open.
	out  []byte
	open int
	// failed is the first failure to write; all that follows is dropped.
	failed error
}

// next reads a packet, which is valid until the following one.
func (p *packets) next(wait time.Duration) ([]byte, error) {
	if cap(p.in) > keptBytes {
		p.in = nil
	}
	p.in = p.in[:0]
	for first := true; ; first = false {
		if first && p.reader.Buffered() < headerBytes {
			if err := p.conn.SetReadDeadline(time.Now().Add(wait)); err != nil {
				return nil, err
			}
		}
		header, err := p.reader.Peek(headerBytes)
		if err != nil {
			return nil, err
		}
		length := int(header[0]) | int(header[1])<<8 | int(header[2])<<16
		if header[3] != p.sequence {
			return nil, errOutOfOrder
		}
		p.sequence++
		if _, err := p.reader.Discard(headerBytes); err != nil {
			return nil, err
		}
		if len(p.in)+length > p.limit {
			return nil, tooLargeError{p.limit}
		}
		if err := p.body(length); err != nil {
			return nil, err
		}
		if length < payloadMax {
			return p.in, nil
		}
	}
}

// body reads length bytes. Memory is taken as they come, whatever was announced.
func (p *packets) body(length int) error {
	if p.reader.Buffered() < length {
		if err := p.conn.SetReadDeadline(time.Now().Add(p.read)); err != nil {
			return err
		}
	}
	for length > 0 {
		n := min(length, readStep)
		at := len(p.in)
		p.in = slices.Grow(p.in, n)[:at+n]
		if _, err := io.ReadFull(p.reader, p.in[at:]); err != nil {
			return err
		}
		length -= n
	}
	return nil
}

// begin starts a packet, whose payload is appended to p.out.
func (p *packets) begin() {
	p.open = len(p.out)
	p.out = append(p.out, 0, 0, 0, 0)
}

// end finishes the packet, and sends what is there when it is much.
func (p *packets) end() error {
	length := len(p.out) - p.open - headerBytes
	if length >= payloadMax {
		p.split()
	} else {
		p.header(p.out[p.open:], length)
	}
	if len(p.out) < flushBytes {
		return p.failed
	}
	return p.flush()
}

func (p *packets) header(at []byte, length int) {
	at[0], at[1], at[2], at[3] = byte(length), byte(length>>8), byte(length>>16), p.sequence
	p.sequence++
}

// split makes several packets of one that is too long.
func (p *packets) split() {
	payload := slices.Clone(p.out[p.open+headerBytes:])
	p.out = p.out[:p.open]
	for {
		n := min(len(payload), payloadMax)
		at := len(p.out)
		p.out = append(append(p.out, 0, 0, 0, 0), payload[:n]...)
		p.header(p.out[at:], n)
		if payload = payload[n:]; n < payloadMax {
			return
		}
	}
}

// flush sends what is there.
func (p *packets) flush() error {
	if p.failed == nil && len(p.out) > 0 {
		p.failed = p.conn.SetWriteDeadline(time.Now().Add(p.write))
		if p.failed == nil {
			_, p.failed = p.conn.Write(p.out)
		}
	}
	p.out = p.out[:0]
	if cap(p.out) > keptBytes {
		p.out = nil
	}
	return p.failed
}
