package engine

import (
	"strings"

	"github.com/wasql/wasql/engine/catalog"
	"github.com/wasql/wasql/engine/sqlerr"
)

// options reads OPTIONS (name 'value', …); none are there without the word OPTIONS. In changes an
// option may have ADD, SET or DROP before it, as PostgreSQL has it.
func (l *lexer) options(changes bool) ([]catalog.OptionChange, error) {
	if !l.keyword("OPTIONS") {
		return nil, nil
	}
	if !l.mark('(') {
		return nil, l.wrong()
	}
	var all []catalog.OptionChange
	for !l.mark(')') {
		if len(all) > 0 && !l.mark(',') {
			return nil, l.wrong()
		}
		o, err := l.option(changes)
		if err != nil {
			return nil, err
		}
		for _, other := range all {
			if strings.EqualFold(other.Name, o.Name) {
				return nil, sqlerr.New(1210, "HY000", "option %.64q is given twice", o.Name)
			}
		}
		all = append(all, o)
	}
	return all, nil
}

// option reads one option. A word such as ADD is the option's name when its value follows at once.
func (l *lexer) option(changes bool) (o catalog.OptionChange, err error) {
	start := l.at
	if o.Name, err = l.name("`\""); err != nil {
		return o, err
	}
	if o.Value, err = l.value(); err == nil || !changes {
		return o, err
	}
	l.at = start
	switch {
	case l.keyword("DROP"):
		o.Drop = true
		o.Name, err = l.name("`\"")
		return o, err
	case l.keyword("ADD"), l.keyword("SET"):
		return l.option(false)
	}
	return o, err
}

// value reads a text in quotes, or a number as MySQL's PORT has it.
func (l *lexer) value() (string, error) {
	l.skip()
	start := l.at
	if start < len(l.text) && (l.text[start] == '\'' || l.text[start] == '"') {
		end, kind := quoted(l.text, start)
		if kind == unended {
			return "", l.wrong()
		}
		l.at = end
		return unquote(l.text[start:end]), nil
	}
	for l.at < len(l.text) && (l.text[l.at] >= '0' && l.text[l.at] <= '9' || strings.IndexByte("+-.", l.text[l.at]) >= 0) {
		l.at++
	}
	if l.at == start || l.at < len(l.text) && inName(l.text[l.at]) {
		l.at = start
		return "", l.wrong()
	}
	return l.text[start:l.at], nil
}

// optionMap gives options that are not changes by their names.
func optionMap(options []catalog.OptionChange) map[string]string {
	m := make(map[string]string, len(options))
	for _, o := range options {
		m[o.Name] = o.Value
	}
	return m
}
