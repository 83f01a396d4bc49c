package server

import (
	"encoding/binary"
	"io"
	"math/rand/v2"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/wasql/wasql/engine"
)

// stranger is a client without manners.
type stranger struct {
	net.Conn
	t *testing.T
}

// meet connects, and reads the greeting.
func meet(t *testing.T, address string) stranger {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() }) // it may be closed already
	if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	s := stranger{c, t}
	s.read()
	return s
}

// known gets in.
func known(t *testing.T, address string) stranger {
	t.Helper()
	s := meet(t, address)
	// Protocol 4.1, secure connection, plugin authentication; largest packet, character set, filler, user, no password.
	response := binary.LittleEndian.AppendUint32(nil, 0x200|0x8000|0x80000)
	response = append(binary.LittleEndian.AppendUint32(response, 1<<24), 45)
	response = append(response, make([]byte, 23)...)
	s.write(1, append(response, "x\x00\x00mysql_native_password\x00"...))
	if answer := s.read(); len(answer) == 0 || answer[0] != 0 {
		t.Fatalf("the server says %q", answer)
	}
	return s
}

func (s stranger) write(sequence byte, payload []byte) {
	s.t.Helper()
	n := len(payload)
	if _, err := s.Write(append([]byte{byte(n), byte(n >> 8), byte(n >> 16), sequence}, payload...)); err != nil {
		s.t.Fatal(err)
	}
}

// read gives the payload of a packet, or nil when the server has gone.
func (s stranger) read() []byte {
	var header [4]byte
	if _, err := io.ReadFull(s, header[:]); err != nil {
		return nil
	}
	payload := make([]byte, int(header[0])|int(header[1])<<8|int(header[2])<<16)
	if _, err := io.ReadFull(s, payload); err != nil {
		return nil
	}
	return payload
}

func number(answer []byte) int {
	if len(answer) < 3 || answer[0] != 0xff {
		return 0
	}
	return int(binary.LittleEndian.Uint16(answer[1:]))
}

// answers fails the test when the server does not answer others.
func answers(t *testing.T, address string) {
	t.Helper()
	must(t, dial(t, address, ""), "SELECT 1")
}

func TestTooManyConnections(t *testing.T) {
	s, address := serve(t, Config{Engine: newEngine(t, engine.Config{}), Connections: 2})
	first, second := known(t, address), meet(t, address)
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	third := stranger{c, t}
	defer func() { _ = third.Close() }() // the server closed it
	if answer := third.read(); number(answer) != 1040 {
		t.Errorf("the third of two got %q", answer)
	}
	for _, c := range []stranger{first, second} {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	settle(t, func() bool { return s.Connections() == 0 })
	answers(t, address)
}

func TestPacketsBeyondTheLimit(t *testing.T) {
	_, address := serve(t, Config{Engine: newEngine(t, engine.Config{}), Packet: 1 << 20})
	c := known(t, address)
	c.write(0, append([]byte{comQuery}, "SELECT '"+strings.Repeat("x", 2<<20)+"'"...))
	if answer := c.read(); number(answer) != 1153 {
		t.Errorf("got %.100q", answer)
	}
	if answer := c.read(); answer != nil {
		t.Errorf("the connection goes on: %.100q", answer)
	}
	for _, bad := range []struct {
		sequence byte
		payload  string
		want     int
	}{{7, "\x03SELECT 1", 1156}, {0, "", 1835}, {0, "\x42", 1047}, {0, "\x17\x01", 1243}, {0, "\x1c\x01\x00\x00\x00", 1421}, {0, "\x1b\x09\x00", 1047}, {0, "\x02", 1046}} {
		c := known(t, address)
		c.write(bad.sequence, []byte(bad.payload))
		if answer := c.read(); number(answer) != bad.want {
			t.Errorf("%q got %.100q, not %d", bad.payload, answer, bad.want)
		}
	}
	answers(t, address)
}

// What is announced takes no memory until it comes.
func TestHugeLengths(t *testing.T) {
	s, address := serve(t, Config{Engine: newEngine(t, engine.Config{}), ReadTime: 500 * time.Millisecond, ConnectTime: 500 * time.Millisecond})
	answers(t, address)
	var before, now runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 20 {
		c := known(t, address)
		if _, err := c.Write([]byte{0xff, 0xff, 0xff, 0, comQuery, 'S'}); err != nil {
			t.Fatal(err)
		}
		c = meet(t, address)
		if _, err := c.Write([]byte{0xff, 0xff, 0xff, 1, 'S'}); err != nil {
			t.Fatal(err)
		}
		meet(t, address) // says nothing
	}
	runtime.ReadMemStats(&now)
	if grown := now.TotalAlloc - before.TotalAlloc; grown > 64<<20 {
		t.Errorf("60 strangers took %d bytes", grown)
	}
	settle(t, func() bool { return s.Connections() <= 1 }) // that of answers
	answers(t, address)
}

// Nothing that is sent takes the server down, or others' connections.
func TestGarbage(t *testing.T) {
	s, address := serve(t, Config{Engine: newEngine(t, engine.Config{}), ReadTime: time.Second, ConnectTime: time.Second})
	db := dial(t, address, "")
	must(t, db, "CREATE TABLE t (id INT PRIMARY KEY, s VARCHAR(10))", "INSERT INTO t VALUES (1, 'a')")
	random := rand.New(rand.NewPCG(1, 2))
	junk := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(random.Uint32())
		}
		return b
	}
	for i := range 300 {
		c := meet(t, address)
		switch i % 3 {
		case 0: // no greeting
			_, _ = c.Write(junk(1 + random.IntN(200))) // it may be gone
		case 1: // a greeting of junk
			c.write(1, junk(random.IntN(300)))
		default: // commands of junk, some of them prepared before
			_ = c.Close()
			c = known(t, address)
			prepared := append([]byte{comStmtPrepare}, "SELECT ?, s, ? + 1 FROM t WHERE id = ? AND s <> ?"...)
			c.write(0, prepared)
			commands := []byte{comInitDB, comQuery, comFieldList, comStatistics, comPing, comStmtExecute, comStmtSendLong, comStmtReset, comSetOption, comStmtFetch, comResetConnection, byte(random.Uint32())}
			payload := append([]byte{commands[random.IntN(len(commands))], 1, 0, 0, 0}, junk(random.IntN(100))...)
			_, _ = c.Write(append([]byte{byte(len(payload)), 0, 0, 0}, payload...)) // it may be gone
		}
		if random.IntN(2) == 0 {
			_ = c.Close() // without a word
		}
	}
	must(t, db, "SELECT * FROM t")
	settle(t, func() bool { return s.Connections() < 250 })
	answers(t, address)
}

// A client that takes nothing of a long answer is not waited for longer than WriteTime.
func TestClientThatDoesNotRead(t *testing.T) {
	e := newEngine(t, engine.Config{})
	s, address := serve(t, Config{Engine: e, WriteTime: 300 * time.Millisecond})
	c := known(t, address)
	c.write(0, append([]byte{comQuery}, "SELECT value, REPEAT('x', 1000) FROM series(1, 10000000)"...))
	settle(t, func() bool { return s.Connections() == 0 && openHandles(e) == 0 })
}
