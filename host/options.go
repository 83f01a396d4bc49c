package host

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/host/internal/hostcall"
	"github.com/wasql/wasql/host/spell"
)

// Scope is where an option stands.
type Scope uint8

// The scopes.
const (
	ScopeServer Scope = iota
	ScopeTable
	ScopeColumn
)

var scopeNames = [...]string{"server", "table", "column"}

// allows tells whether a declared scope takes options that stand at s.
func (s Scope) allows(declared pb.OptionScope) bool {
	switch declared {
	case pb.OptionScope_OPTION_SCOPE_SERVER:
		return s == ScopeServer
	case pb.OptionScope_OPTION_SCOPE_TABLE:
		return s == ScopeTable
	case pb.OptionScope_OPTION_SCOPE_COLUMN:
		return s == ScopeColumn
	}
	return s != ScopeColumn
}

// CheckOptions holds options against those a manifest declares: names, types, choices and, for
// servers, that none is missing. The error is nil, or of KindOption and names the option.
func CheckOptions(manifest *pb.HelloResponse, scope Scope, options map[string]string) *Error {
	declared := make(map[string]*pb.Option, len(manifest.Options))
	for _, o := range manifest.Options {
		declared[o.GetName()] = o
	}
	for _, name := range slices.Sorted(maps.Keys(options)) {
		o := declared[name]
		if o == nil {
			return unknownOption(name, scope, manifest.Options)
		}
		if !scope.allows(o.Scope) {
			return wrongOption(name, fmt.Sprintf("option %s is not an option of a %s", name, scopeNames[scope]), "")
		}
		if err := checkOption(o, options[name]); err != nil {
			return err
		}
	}
	if scope != ScopeServer {
		return nil
	}
	for _, o := range manifest.Options {
		if _, given := options[o.GetName()]; o.GetRequired() && !given && o.Scope == pb.OptionScope_OPTION_SCOPE_SERVER {
			hint := hostcall.Escape(o.Description)
			if o.Example != "" {
				hint = "for example " + hostcall.Escape(o.Name+" '"+o.Example+"'")
			}
			return wrongOption(o.Name, "option "+hostcall.Escape(o.Name)+" is missing", hint)
		}
	}
	return nil
}

func wrongOption(name, message, hint string) *Error {
	return &Error{Kind: KindOption, Code: abi.InvalidArgument, Message: message, Hint: hint, Setting: hostcall.Escape(name)}
}

func unknownOption(name string, scope Scope, options []*pb.Option) *Error {
	best, distance := "", 3
	var names []string
	for _, o := range options {
		if !scope.allows(o.GetScope()) {
			continue
		}
		names = append(names, hostcall.Escape(o.GetName()))
		if d := spell.Distance(strings.ToLower(name), strings.ToLower(o.GetName())); d < distance {
			best, distance = o.GetName(), d
		}
	}
	hint := "the connector has no options"
	switch {
	case best != "":
		hint = "did you mean " + hostcall.Escape(best) + "?"
	case len(names) > 0:
		hint = "it has " + strings.Join(names, ", ")
	}
	return wrongOption(name, "unknown option "+hostcall.Escape(name), hint)
}

func checkOption(o *pb.Option, value string) *Error {
	what := func(expected string) *Error {
		return wrongOption(o.Name, fmt.Sprintf("option %s = %q is not %s", hostcall.Escape(o.Name), shorten(value), expected), hostcall.Escape(o.Description))
	}
	if len(o.Choices) > 0 && !slices.Contains(o.Choices, value) {
		return what("one of " + hostcall.Escape(strings.Join(o.Choices, ", ")))
	}
	switch o.Type {
	case "int":
		if _, err := strconv.ParseInt(value, 10, 64); err != nil {
			return what("a whole number")
		}
	case "float":
		if _, err := strconv.ParseFloat(value, 64); err != nil {
			return what("a number")
		}
	case "bool":
		if !slices.Contains([]string{"true", "false", "1", "0", "on", "off", "yes", "no"}, strings.ToLower(value)) {
			return what("true or false")
		}
	case "bytes":
		if !isSize(value) {
			return what("a size such as 64MiB")
		}
	case "duration":
		if _, err := time.ParseDuration(value); err != nil {
			return what("a duration such as 1m30s")
		}
	case "url":
		if u, err := url.Parse(value); err != nil || u.Scheme == "" {
			return what("a URL")
		}
	case "path":
		if value == "" || strings.ContainsRune(value, 0) {
			return what("a path")
		}
	}
	return nil
}

func shorten(value string) string {
	if len(value) > 64 {
		return value[:64] + "…"
	}
	return value
}

// isSize takes digits with an optional unit, decimal or binary.
func isSize(s string) bool {
	digits := 0
	for digits < len(s) && s[digits] >= '0' && s[digits] <= '9' {
		digits++
	}
	unit := strings.ToLower(strings.TrimSpace(s[digits:]))
	return digits > 0 && digits < 19 && slices.Contains([]string{"", "b", "k", "kb", "kib", "m", "mb", "mib", "g", "gb", "gib", "t", "tb", "tib"}, unit)
}
