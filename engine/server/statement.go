package server

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"unicode/utf8"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/engine"
	"github.com/wasql/wasql/engine/sqlerr"
)

const (
	// statementsMax is how many prepared statements a connection may have; MySQL's default for all of them.
	statementsMax = 16382
	paramsMax     = 1<<16 - 1
)

// statement is a prepared statement of a connection.
type statement struct {
	*engine.Prepared
	// types are those that values were given as last, two bytes each.
	types []byte
	// long are values that came in pieces; nil: none did. tooLong says why they cannot be used.
	long    map[int][]byte
	tooLong error
	values  []any
}

// prepare answers COM_STMT_PREPARE.
func (c *conn) prepare(ctx context.Context, text string) error {
	if len(c.statements) >= statementsMax {
		return c.fail(sqlerr.New(1461, "42000", "Can't create more than max_prepared_stmt_count statements (current value: %d)", statementsMax))
	}
	prepared, err := c.session.Prepare(ctx, text)
	if err != nil {
		return c.fail(err)
	}
	if prepared.Params() > paramsMax {
		return c.fail(sqlerr.New(1390, "HY000", "Prepared statement contains too many placeholders"))
	}
	columns, err := prepared.Columns(ctx)
	if err != nil {
		return c.fail(err)
	}
	c.lastStatement++
	c.statements[c.lastStatement] = &statement{Prepared: prepared, values: make([]any, prepared.Params())}
	c.begin()
	out := binary.LittleEndian.AppendUint32(append(c.out, 0), c.lastStatement)
	out = binary.LittleEndian.AppendUint16(out, uint16(len(columns)))
	out = binary.LittleEndian.AppendUint16(out, uint16(prepared.Params()))
	c.out = append(out, 0, 0, 0)
	if err := c.end(); err != nil {
		return err
	}
	parameters := make([]engine.Column, prepared.Params())
	for i := range parameters {
		parameters[i] = engine.Column{Name: "?", Type: col.Binary, Collation: charsetBinary, Nullable: true}
	}
	for _, list := range [][]engine.Column{parameters, columns} {
		for _, column := range list {
			if err := c.definition(column, false); err != nil {
				return err
			}
		}
		if len(list) > 0 && !c.deprecatesEOF {
			if err := c.eof(0, c.status(false)); err != nil {
				return err
			}
		}
	}
	return nil
}

// find gives the statement that a packet names.
func (c *conn) find(p *parser, what string) (*statement, error) {
	id := uint32(p.number(4))
	s, ok := c.statements[id]
	if !ok || p.failed {
		return nil, sqlerr.New(1243, "HY000", "Unknown prepared statement handler (%d) given to %s", id, what)
	}
	return s, nil
}

// execute answers COM_STMT_EXECUTE. A cursor is never opened, which the protocol leaves to the server: the rows follow at once.
func (c *conn) execute(ctx context.Context, p *parser) error {
	s, err := c.find(p, "mysqld_stmt_execute")
	if err != nil {
		return c.fail(err)
	}
	p.take(5) // the kind of cursor, and a 1
	err = s.bind(p)
	s.long, s.tooLong = nil, nil
	if err != nil {
		return c.fail(err)
	}
	result, err := s.Query(engine.WithBatches(ctx), s.values...)
	clear(s.values)
	if err != nil {
		c.state = c.session.State(ctx)
		return c.fail(err)
	}
	_, err = c.answer(ctx, result, true, false)
	return err
}

// longData takes a piece of a value, and answers nothing.
func (c *conn) longData(p *parser) {
	s, err := c.find(p, "mysqld_stmt_send_long_data")
	if err != nil {
		return
	}
	i := int(p.number(2))
	if p.failed || i >= s.Params() {
		s.tooLong = sqlerr.New(1210, "HY000", "Incorrect arguments to mysqld_stmt_send_long_data")
		return
	}
	size := len(p.rest)
	for _, value := range s.long {
		size += len(value)
	}
	if size > c.limit {
		s.tooLong = sqlerr.New(1153, "08S01", "Parameter of prepared statement which is set through mysql_send_long_data() is longer than 'max_allowed_packet' bytes")
		return
	}
	if s.long == nil {
		s.long = map[int][]byte{}
	}
	s.long[i] = append(s.long[i], p.rest...)
}

// reset answers COM_STMT_RESET.
func (c *conn) reset(p *parser) error {
	s, err := c.find(p, "mysqld_stmt_reset")
	if err != nil {
		return c.fail(err)
	}
	s.long, s.tooLong = nil, nil
	return c.done()
}

// bind reads the values that a packet gives.
func (s *statement) bind(p *parser) error {
	if s.tooLong != nil {
		return s.tooLong
	}
	n := s.Params()
	if n == 0 {
		return nil
	}
	nulls := p.take(uint64(n+7) / 8)
	if p.number(1) == 1 {
		s.types = append(s.types[:0], p.take(uint64(2*n))...)
	}
	if p.failed || len(s.types) != 2*n {
		return sqlerr.New(1210, "HY000", "Incorrect arguments to mysqld_stmt_execute: the types of the values are missing")
	}
	for i := range n {
		if nulls[i/8]>>(i%8)&1 != 0 {
			s.values[i] = nil
			continue
		}
		if long, ok := s.long[i]; ok {
			s.values[i] = textOf(long)
			continue
		}
		value, err := parameter(p, s.types[2*i], s.types[2*i+1]&0x80 != 0)
		if err != nil {
			return err
		}
		s.values[i] = value
	}
	if p.failed {
		return sqlerr.New(1835, "HY000", "Malformed communication packet")
	}
	return nil
}

// parameter reads a value of a type.
func parameter(p *parser, kind byte, unsigned bool) (any, error) {
	switch kind {
	case typeNull:
		return nil, nil
	case typeTiny:
		return integer(p, 1, unsigned), nil
	case typeShort, typeYear:
		return integer(p, 2, unsigned), nil
	case typeLong, typeInt24:
		return integer(p, 4, unsigned), nil
	case typeLongLong:
		return integer(p, 8, unsigned), nil
	case typeFloat:
		return float64(math.Float32frombits(uint32(p.number(4)))), nil
	case typeDouble:
		return math.Float64frombits(p.number(8)), nil
	case typeDate, typeDatetime, typeTimestamp:
		return momentOf(p.take(p.number(1)), kind == typeDate)
	case typeTime:
		return durationOf(p.take(p.number(1)))
	case typeVarChar, typeVarString, typeString, typeNewDecimal, 0, typeJSON, 247, 248:
		return textOf(p.text()), nil
	case typeTinyBlob, typeMediumBlob, typeLongBlob, typeBlob, typeBit, typeGeometry:
		return append([]byte{}, p.text()...), nil
	}
	return nil, sqlerr.New(1210, "HY000", "Incorrect arguments to mysqld_stmt_execute: a value has type %d", kind)
}

// textOf copies bytes: as a text if they are one.
func textOf(b []byte) any {
	if utf8.Valid(b) {
		return string(b)
	}
	return append([]byte{}, b...)
}

func integer(p *parser, bytes int, unsigned bool) any {
	x := p.number(bytes)
	if unsigned {
		return x
	}
	shift := 64 - 8*bytes
	return int64(x<<shift) >> shift
}

// momentOf is the text of a date, or of a date with a time.
func momentOf(b []byte, date bool) (any, error) {
	p := parser{rest: b}
	var at [7]uint64
	switch len(b) {
	case 0, 4, 7, 11:
	default:
		return nil, sqlerr.New(1835, "HY000", "Malformed communication packet: a date of %d bytes", len(b))
	}
	if len(b) >= 4 {
		at[0], at[1], at[2] = p.number(2), p.number(1), p.number(1)
	}
	if len(b) >= 7 {
		at[3], at[4], at[5] = p.number(1), p.number(1), p.number(1)
	}
	if len(b) == 11 {
		at[6] = p.number(4)
	}
	if date && len(b) <= 4 {
		return fmt.Sprintf("%04d-%02d-%02d", at[0], at[1], at[2]), nil
	}
	text := fmt.Sprintf("%04d-%02d-%02d %02d:%02d:%02d", at[0], at[1], at[2], at[3], at[4], at[5])
	if at[6] != 0 {
		text += fmt.Sprintf(".%06d", at[6])
	}
	return text, nil
}

// durationOf is the text of a time.
func durationOf(b []byte) (any, error) {
	p := parser{rest: b}
	switch len(b) {
	case 0:
		return "00:00:00", nil
	case 8, 12:
	default:
		return nil, sqlerr.New(1835, "HY000", "Malformed communication packet: a time of %d bytes", len(b))
	}
	sign := ""
	if p.number(1) != 0 {
		sign = "-"
	}
	days, hours, minutes, seconds := p.number(4), p.number(1), p.number(1), p.number(1)
	text := fmt.Sprintf("%s%02d:%02d:%02d", sign, days*24+hours, minutes, seconds)
	if len(b) == 12 {
		text += fmt.Sprintf(".%06d", p.number(4))
	}
	return text, nil
}
