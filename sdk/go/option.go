package wasql

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wasql/wasql/abi/pb"
)

// OptionType says what values an option takes.
type OptionType string

// The option types.
const (
	StringOption   OptionType = "string"
	IntOption      OptionType = "int"
	FloatOption    OptionType = "float"
	BoolOption     OptionType = "bool"
	BytesOption    OptionType = "bytes"    // a size such as 64MiB
	DurationOption OptionType = "duration" // such as 1m30s
	EnumOption     OptionType = "enum"     // one of Choices
	PathOption     OptionType = "path"
	URLOption      OptionType = "url"
	SecretOption   OptionType = "secret" // the name of a secret, never its value
)

// OptionScope says where an option may stand.
type OptionScope int32

// The scopes.
const (
	// ServerScope is the zero value: the option stands where the connector is set up.
	ServerScope OptionScope = iota
	// TableScope options stand with a table, as in csv.`x.csv?delim=;`.
	TableScope
	// BothScopes options stand in either place; the table's wins.
	BothScopes
	// ColumnScope options stand with a column of CREATE FOREIGN TABLE; they are in Column.Options.
	ColumnScope
)

// Option declares one option. Its value is checked before the connector sees it.
type Option struct {
	Name, Description string
	// Type is string when empty.
	Type OptionType
	// Default is the value when none is given; it must be a lawful one.
	Default  string
	Required bool
	Choices  []string
	Scope    OptionScope
	Example  string
}

func (o *Option) message() *pb.Option {
	scope := pb.OptionScope_OPTION_SCOPE_SERVER
	switch o.Scope {
	case TableScope:
		scope = pb.OptionScope_OPTION_SCOPE_TABLE
	case BothScopes:
		scope = pb.OptionScope_OPTION_SCOPE_BOTH
	case ColumnScope:
		scope = pb.OptionScope_OPTION_SCOPE_COLUMN
	}
	typ := o.Type
	if typ == "" {
		typ = StringOption
	}
	return &pb.Option{
		Name: o.Name, Description: o.Description, Type: string(typ), Default: o.Default, Required: o.Required,
		Choices: o.Choices, Scope: scope, Example: o.Example,
	}
}

// Options are the values of the declared options, checked: reading one cannot fail. Reading an option
// that is not declared, or as another type, is a mistake of the author and fails the call.
type Options struct {
	declared []Option
	values   map[string]string
}

// Given tells whether a value was given, rather than the default.
func (o *Options) Given(name string) bool {
	o.find(name)
	_, ok := o.values[name]
	return ok
}

// String gives the value of any option as text.
func (o *Options) String(name string) string {
	option := o.find(name)
	if value, ok := o.values[name]; ok {
		return value
	}
	return option.Default
}

// Int64 gives an int option; 0 when it has neither value nor default.
func (o *Options) Int64(name string) int64 {
	n, _ := strconv.ParseInt(o.typed(name, IntOption), 10, 64)
	return n
}

// Float64 gives a float option.
func (o *Options) Float64(name string) float64 {
	f, _ := strconv.ParseFloat(o.typed(name, FloatOption), 64)
	return f
}

// Bool gives a bool option.
func (o *Options) Bool(name string) bool {
	b, _ := parseBool(o.typed(name, BoolOption))
	return b
}

// Bytes gives a bytes option, in bytes.
func (o *Options) Bytes(name string) int64 {
	n, _ := parseBytes(o.typed(name, BytesOption))
	return n
}

// Duration gives a duration option.
func (o *Options) Duration(name string) time.Duration {
	d, _ := time.ParseDuration(o.typed(name, DurationOption))
	return d
}

func (o *Options) find(name string) *Option {
	for i := range o.declared {
		if o.declared[i].Name == name {
			return &o.declared[i]
		}
	}
	panic("wasql: option " + name + " is not declared in the manifest")
}

func (o *Options) typed(name string, typ OptionType) string {
	if option := o.find(name); option.Type != typ {
		panic("wasql: option " + name + " is declared as " + string(option.Type) + " and read as " + string(typ))
	}
	return o.String(name)
}

// newOptions checks the values against the declared options. base, when not nil, are the connector's own
// options, below those of a table.
func newOptions(declared []Option, values map[string]string, base *Options) (*Options, error) {
	o := &Options{declared: declared, values: map[string]string{}}
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names) // the same complaint each time
	for _, name := range names {
		option := declaredOption(declared, name)
		if option == nil || option.Scope == ColumnScope || base != nil && option.Scope == ServerScope || base == nil && option.Scope == TableScope {
			return nil, unknownOption(declared, name, base != nil)
		}
		if err := option.check(values[name]); err != nil {
			return nil, err
		}
		o.values[name] = values[name]
	}
	if base != nil {
		for name, value := range base.values {
			if _, own := o.values[name]; !own {
				o.values[name] = value
			}
		}
	}
	for i := range declared {
		option := &declared[i]
		_, given := o.values[option.Name]
		if option.Required && !given && option.Scope != ColumnScope && (base != nil || option.Scope == ServerScope) {
			e := Errorf(InvalidArgument, "option %q is required", option.Name)
			e.Setting, e.Hint = option.Name, option.Description
			return nil, e
		}
	}
	return o, nil
}

func declaredOption(declared []Option, name string) *Option {
	for i := range declared {
		if declared[i].Name == name {
			return &declared[i]
		}
	}
	return nil
}

func unknownOption(declared []Option, name string, table bool) error {
	e := Errorf(InvalidArgument, "option %q is not known", name).ForSetting(name)
	var known []string
	for i := range declared {
		if scope := declared[i].Scope; scope == BothScopes || scope != ColumnScope && table == (scope == TableScope) {
			known = append(known, declared[i].Name)
		}
	}
	switch {
	case known != nil:
		e.Hint = "known options are " + strings.Join(known, ", ")
	case table:
		e.Hint = "tables of this connector have no options"
	default:
		e.Hint = "this connector has no options"
	}
	return e
}

func (o *Option) check(value string) error {
	var allowed string
	switch o.Type {
	case IntOption:
		if _, err := strconv.ParseInt(value, 10, 64); err != nil {
			allowed = "a whole number"
		}
	case FloatOption:
		if f, err := strconv.ParseFloat(value, 64); err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			allowed = "a number"
		}
	case BoolOption:
		if _, ok := parseBool(value); !ok {
			allowed = "true or false"
		}
	case BytesOption:
		if _, ok := parseBytes(value); !ok {
			allowed = "a size such as 65536, 64KiB or 1MiB"
		}
	case DurationOption:
		if _, err := time.ParseDuration(value); err != nil {
			allowed = "a duration such as 250ms or 1m30s"
		}
	case EnumOption:
		allowed = "one of " + strings.Join(o.Choices, ", ")
		for _, choice := range o.Choices {
			if value == choice {
				allowed = ""
			}
		}
	}
	if allowed == "" {
		return nil
	}
	e := Errorf(InvalidArgument, "option %q cannot be %q", o.Name, value)
	e.Hint, e.Setting, e.Value = "it takes "+allowed, o.Name, value
	return e
}

func parseBool(s string) (value, ok bool) {
	switch strings.ToLower(s) {
	case "true", "on", "yes", "1":
		return true, true
	case "false", "off", "no", "0":
		return false, true
	}
	return false, false
}

var byteUnits = []struct {
	suffix string
	factor int64
}{
	{"kib", 1 << 10}, {"mib", 1 << 20}, {"gib", 1 << 30}, {"tib", 1 << 40}, {"kb", 1e3}, {"mb", 1e6}, {"gb", 1e9}, {"tb", 1e12},
	{"k", 1 << 10}, {"m", 1 << 20}, {"g", 1 << 30}, {"b", 1}, {"", 1},
}

func parseBytes(s string) (int64, bool) {
	lower := strings.ToLower(strings.TrimSpace(s))
	for _, unit := range byteUnits {
		if digits, ok := strings.CutSuffix(lower, unit.suffix); ok {
			n, err := strconv.ParseInt(strings.TrimSpace(digits), 10, 64)
			return n * unit.factor, err == nil && n >= 0 && n <= math.MaxInt64/unit.factor
		}
	}
	return 0, false
}

// Config is what an instance is set up with.
type Config struct {
	*Options
	// Server is the name of the server or database in SQL.
	Server         string
	User, TimeZone string
	// Session differs between sessions; 0 unless the lifetime is PerSession.
	Session uint64
	// ConstructionData is host data for this instance, handed over as it is.
	ConstructionData []byte
	// Arguments of USING module(a, b=c).
	Arguments []Argument
	// Secrets are the names of the secrets that are granted.
	Secrets []string
	// Tables are those whose columns were given in SQL: names and columns.
	Tables []TableRef
}

func argumentsFrom(ms []*pb.Argument) []Argument {
	arguments := make([]Argument, len(ms))
	for i, m := range ms {
		arguments[i] = Argument{m.GetName(), m.GetVerbatim(), m.GetValue()}
	}
	return arguments
}
