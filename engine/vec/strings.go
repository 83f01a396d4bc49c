package vec

import (
	"bytes"
	"math"
	"strconv"
	"unicode"
	"unicode/utf8"

	"github.com/wasql/wasql/abi/col"
)

// Arguments are those of one row of a function. None of them is NULL.
type Arguments struct {
	cols []*col.Vec
	row  int
}

// Text is argument k as text or bytes. It is the batch's.
func (a *Arguments) Text(k int) []byte { return a.cols[k].Bytes(a.row) }

// Int is argument k as a whole number.
func (a *Arguments) Int(k int) int64 { return a.cols[k].Int64(a.row) }

// Len is the number of arguments.
func (a *Arguments) Len() int { return len(a.cols) }

// AppendText appends argument k, a text or a whole number, as text.
func (a *Arguments) AppendText(dst []byte, k int) []byte {
	v := a.cols[k]
	switch {
	case v.Type.Varying():
		return append(dst, v.Bytes(a.row)...)
	case v.Type == col.Uint64:
		return strconv.AppendUint(dst, v.Uint64(a.row), 10)
	}
	return strconv.AppendInt(dst, v.Int64(a.row), 10)
}

// TextOf computes a text of texts and whole numbers: f appends it to dst. It is NULL where an argument is.
func TextOf(field col.Field, f func(dst []byte, a *Arguments) []byte, arguments ...Expr) Expr {
	field.Nullable = true
	return &textOf{call: call{arguments: arguments}, field: field, f: f}
}

// IntOf computes a whole number of texts and whole numbers. It is NULL where an argument is.
func IntOf(field col.Field, f func(a *Arguments) int64, arguments ...Expr) Expr {
	field.Nullable = true
	return &intOf{call: call{arguments: arguments}, field: field, f: f}
}

// call evaluates the arguments of a function.
type call struct {
	arguments []Expr
	cols      []*col.Vec
	// entries stand for the argument that is a dictionary, when the function is computed of its entries.
	entries []*col.Vec
}

// eval gives the arguments; null: one is NULL in all rows.
func (c *call) eval(b *col.Batch) (null bool, err error) {
	c.cols = c.cols[:0]
	for _, e := range c.arguments {
		v, err := e.Eval(b)
		if err != nil {
			return false, err
		}
		c.cols = append(c.cols, v)
		null = null || v.Type == col.Null || v.Encoding == col.Constant && v.IsNull(0)
	}
	return null, nil
}

// dictionary gives the only argument that is not constant, when it is a dictionary that is not larger than the batch.
func (c *call) dictionary(n int) *col.Vec {
	var found *col.Vec
	c.entries = c.entries[:0]
	for _, v := range c.cols {
		switch {
		case v.Encoding == col.Constant:
			c.entries = append(c.entries, v)
		case v.Encoding == col.Dictionary && v.Dict.Len <= n && found == nil:
			found = v
			c.entries = append(c.entries, v.Dict)
		default:
			return nil
		}
	}
	return found
}

// null tells whether an argument of the row is NULL.
func null(cols []*col.Vec, row int) bool {
	for _, v := range cols {
		if v.IsNull(row) {
			return true
		}
	}
	return false
}

// mapped is a dictionary with other entries.
func mapped(v, entries *col.Vec) *col.Vec {
	return &col.Vec{Type: entries.Type, Encoding: col.Dictionary, Len: v.Len, Valid: v.Valid, Index: v.Index, Dict: entries, Precision: entries.Precision, Scale: entries.Scale}
}

type textOf struct {
	call
	field   col.Field
	f       func(dst []byte, a *Arguments) []byte
	offsets []int32
	data    []byte
	valid   flat
	v       col.Vec
}

// Field implements Expr.
func (t *textOf) Field() col.Field { return t.field }

// Eval implements Expr.
func (t *textOf) Eval(b *col.Batch) (*col.Vec, error) {
	null, err := t.eval(b)
	if err != nil {
		return nil, err
	}
	if null {
		return &col.Vec{Type: col.Null, Len: b.Rows}, nil
	}
	if v := t.dictionary(b.Rows); v != nil {
		if err := t.compute(t.entries, nil, v.Dict.Len); err != nil {
			return nil, err
		}
		return mapped(v, &t.v), nil
	}
	return &t.v, t.compute(t.cols, b.Sel, b.Rows)
}

// compute makes the rows, nil for all of n.
func (t *textOf) compute(cols []*col.Vec, rows []uint32, n int) error {
	t.data, t.offsets = t.data[:0], append(t.offsets[:0], 0)
	valid := t.valid.bits(n)
	a := Arguments{cols: cols}
	count := n
	if rows != nil {
		count = len(rows)
	}
	for i := range count {
		row := i
		if rows != nil {
			row = int(rows[i])
		}
		for len(t.offsets) <= row {
			t.offsets = append(t.offsets, int32(len(t.data))) // it does not count
		}
		if !null(cols, row) {
			valid.Set(row)
			a.row = row
			t.data = t.f(t.data, &a)
			if len(t.data) > math.MaxInt32 {
				return errStoreFull
			}
		}
		t.offsets = append(t.offsets, int32(len(t.data)))
	}
	for len(t.offsets) <= n {
		t.offsets = append(t.offsets, int32(len(t.data)))
	}
	t.v = col.Vec{Type: t.field.Type, Len: n, Valid: valid, Offsets: t.offsets, Data: t.data}
	return nil
}

type intOf struct {
	call
	field col.Field
	f     func(a *Arguments) int64
	out   flat
}

// Field implements Expr.
func (t *intOf) Field() col.Field { return t.field }

// Eval implements Expr.
func (t *intOf) Eval(b *col.Batch) (*col.Vec, error) {
	null, err := t.eval(b)
	if err != nil {
		return nil, err
	}
	if null {
		return &col.Vec{Type: col.Null, Len: b.Rows}, nil
	}
	if v := t.dictionary(b.Rows); v != nil {
		return mapped(v, t.compute(t.entries, nil, v.Dict.Len)), nil
	}
	return t.compute(t.cols, b.Sel, b.Rows), nil
}

func (t *intOf) compute(cols []*col.Vec, rows []uint32, n int) *col.Vec {
	v := t.out.reset(t.field.Type, n)
	v.Valid = t.out.bits(n)
	a, width := Arguments{cols: cols}, t.field.Type.Width()
	count := n
	if rows != nil {
		count = len(rows)
	}
	for i := range count {
		a.row = i
		if rows != nil {
			a.row = int(rows[i])
		}
		if !null(cols, a.row) {
			v.Valid.Set(a.row)
			putInt(v.Fixed, width, a.row, t.f(&a))
		}
	}
	return v
}

// Substring gives the characters of a text from start on, counted from 1, or from behind when it is negative; at most length of them.
func Substring(text []byte, start, length int64) []byte {
	if start > 0 && start <= int64(len(text)) && length > 0 && asciiTo(text, start, length) {
		from := start - 1
		return text[from:min(from+min(length, int64(len(text))), int64(len(text)))]
	}
	characters := int64(utf8.RuneCount(text))
	if start < 0 {
		start += characters
	} else {
		start--
	}
	if start < 0 || start >= characters || length <= 0 {
		return nil
	}
	text = skip(text, start)
	if length >= characters-start {
		return text
	}
	return text[:len(text)-len(skip(text, length))]
}

// asciiTo tells whether the first start+length-1 bytes, or all there are, are characters each.
func asciiTo(text []byte, start, length int64) bool {
	end := int64(len(text))
	if length < end-start+1 {
		end = start - 1 + length
	}
	for _, c := range text[:end] {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// skip drops n characters.
func skip(text []byte, n int64) []byte {
	for ; n > 0 && len(text) > 0; n-- {
		size := 1
		if text[0] >= utf8.RuneSelf {
			_, size = utf8.DecodeRune(text)
		}
		text = text[size:]
	}
	return text
}

// Right gives the last n characters.
func Right(text []byte, n int64) []byte {
	at := len(text)
	for ; n > 0 && at > 0; n-- {
		_, size := utf8.DecodeLastRune(text[:at])
		at -= size
	}
	return text[at:]
}

// AppendReplaced appends a text with every from in it replaced by to.
func AppendReplaced(dst, text, from, to []byte) []byte {
	if len(from) == 0 {
		return append(dst, text...)
	}
	for {
		at := bytes.Index(text, from)
		if at < 0 {
			return append(dst, text...)
		}
		dst = append(append(dst, text[:at]...), to...)
		text = text[at+len(from):]
	}
}

// AppendUpper appends a text in upper case, character by character.
func AppendUpper(dst, text []byte) []byte {
	return appendMapped(dst, text, 'a', 'z', unicode.ToUpper)
}

// AppendLower appends a text in lower case, character by character.
func AppendLower(dst, text []byte) []byte {
	return appendMapped(dst, text, 'A', 'Z', unicode.ToLower)
}

// appendMapped changes the case of the ASCII letters from first to last, and maps other characters.
func appendMapped(dst, text []byte, first, last byte, other func(rune) rune) []byte {
	for i := 0; i < len(text); {
		c := text[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRune(text[i:])
			dst = utf8.AppendRune(dst, other(r))
			i += size
			continue
		}
		if c >= first && c <= last {
			c ^= 'a' - 'A'
		}
		dst = append(dst, c)
		i++
	}
	return dst
}
