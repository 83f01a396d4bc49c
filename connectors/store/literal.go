package main

import (
	"strconv"
	"strings"

	"github.com/wasql/wasql/abi/col"
	wasql "github.com/wasql/wasql/sdk/go"
)

// fallback gives the value of a column that a statement does not name: its default when that is a plain number, a plain text or
// NULL. Other defaults are the engine's to compute; false: there is none here.
func (d *definition) fallback(i int) (cell, bool) {
	c := &d.columns[i]
	text := d.declared.Columns[i].DefaultSql
	switch {
	case c.Generated != "":
		return nullCell, false
	case text == nil || strings.EqualFold(*text, "null"):
		return nullCell, !c.NotNull
	}
	v, ok := literal(*text)
	if !ok || (v.Kind() == wasql.KindText) != (c.Type == col.UTF8) || c.Type == col.UTF8 && fixedText(d.declared.Columns[i].GetSqlType()) {
		return nullCell, false
	}
	var room [32]byte
	found, at, ok := locate(c, v, &room)
	if !ok || at != equal {
		return nullCell, false
	}
	return cell{raw: strings.Clone(found.raw)}, true
}

// fixedText tells of a type whose values the engine pads or checks.
func fixedText(sqlType string) bool {
	name := typeName(sqlType)
	return name == "char" || name == "binary"
}

// literal reads a number, or a text in single quotes that needs no escape.
func literal(text string) (wasql.Value, bool) {
	if inner, ok := strings.CutPrefix(text, "'"); ok {
		inner, ok = strings.CutSuffix(inner, "'")
		return wasql.TextValue(inner), ok && !strings.ContainsAny(inner, `'\`)
	}
	if _, err := strconv.ParseInt(text, 10, 64); err == nil {
		n, _ := strconv.ParseInt(text, 10, 64)
		return wasql.IntValue(n), true
	}
	digits := strings.TrimPrefix(text, "-")
	whole, fraction, point := strings.Cut(digits, ".")
	if !point || strings.Trim(whole+fraction, "0123456789") != "" || whole == "" || fraction == "" {
		return wasql.Value{}, false
	}
	return wasql.DecimalValue(text), true
}
