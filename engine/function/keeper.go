package function

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/planbuilder"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/sqlerr"
	"github.com/wasql/wasql/host"
	"github.com/wasql/wasql/host/spell"
)

const (
	// functionsMax bounds the functions of one connector.
	functionsMax = 4096
	// foundMax bounds what is remembered of which overload takes which arguments.
	foundMax = 1024
)

// Keeper knows the functions of one connector. It is safe for concurrent use.
type Keeper struct {
	Connector *host.Connector
	// Database is what qualifies the functions in SQL.
	Database string
	Call     Caller
	listed   map[string][]*pb.Function // by lower-case name

	mu    sync.Mutex
	found map[string]*Overload
}

// Load asks a connector for its functions. It gives nil for a connector that has none.
func Load(ctx context.Context, session uint64, connector *host.Connector, database string, call Caller) (*Keeper, error) {
	if connector.Features()&uint64(pb.Feature_FEATURE_FUNCTIONS) == 0 {
		return nil, nil
	}
	instance, err := connector.Acquire(ctx, session)
	if err != nil {
		return nil, err
	}
	defer instance.Release()
	answer, err := instance.Functions(ctx)
	if err != nil {
		return nil, err
	}
	k := &Keeper{Connector: connector, Database: database, Call: call, listed: map[string][]*pb.Function{}, found: map[string]*Overload{}}
	if n := len(answer.Functions); n > functionsMax {
		return nil, sqlerr.New(1296, "HY000", "connector %s lists %d functions, at most %d", connector.Name(), n, functionsMax)
	}
	for _, f := range answer.Functions {
		if err := k.list(f); err != nil {
			return nil, sqlerr.New(1296, "HY000", "connector %s: function %.64q: %v", connector.Name(), f.GetName(), err)
		}
	}
	return k, nil
}

// list adds a function after checking what is said of it.
func (k *Keeper) list(f *pb.Function) error {
	if _, ok := pb.FunctionKind_name[int32(f.Kind)]; !ok || f.Kind == pb.FunctionKind_FUNCTION_KIND_UNSPECIFIED {
		return fmt.Errorf("its kind is %d", int32(f.Kind))
	}
	key := strings.ToLower(f.Name)
	if f.Kind == pb.FunctionKind_FUNCTION_KIND_TABLE {
		if err := checkTable(f); err != nil {
			return err
		}
	} else {
		if err := callable(f.Name); err != nil {
			return err
		}
		if _, err := newOverload(k, f); err != nil {
			return err
		}
	}
	for _, other := range k.listed[key] {
		switch {
		case other.Kind != f.Kind:
			return fmt.Errorf("it is listed as a function of two kinds")
		case f.Kind == pb.FunctionKind_FUNCTION_KIND_TABLE:
			if least, most := takenBy(f); least <= len(other.Arguments) && leastOf(other) <= most {
				return fmt.Errorf("two table functions of the name take the same number of arguments, which tells them apart")
			}
		case other.Variadic == f.Variadic && slices.EqualFunc(other.Arguments, f.Arguments, sameType):
			return fmt.Errorf("it is listed twice with the same arguments")
		}
	}
	k.listed[key] = append(k.listed[key], f)
	return nil
}

func sameType(a, b *pb.Column) bool { return a.Type == b.Type && a.SqlType == b.SqlType }

// callable tells whether SQL can call a function of that name.
func callable(name string) error {
	if err := plainName(name); err != nil {
		return err
	}
	lower := strings.ToLower(name)
	for _, taken := range []func(*sql.Context, string) (bool, error){planbuilder.IsMySQLAggregateFuncName, planbuilder.IsMySQLWindowFuncName} {
		if is, _ := taken(nil, lower); is {
			return fmt.Errorf("it is an aggregate or a window function of SQL, and those have no overloads")
		}
	}
	statement, err := sqlparser.Parse("SELECT " + name + "(1)")
	if err == nil {
		if s, ok := statement.(*sqlparser.Select); ok && len(s.SelectExprs) == 1 {
			if aliased, ok := s.SelectExprs[0].(*sqlparser.AliasedExpr); ok {
				if call, ok := aliased.Expr.(*sqlparser.FuncExpr); ok && call.Name.Lowered() == lower && lower != "name_const" && lower != "icu_version" {
					return nil
				}
			}
		}
	}
	return fmt.Errorf("it is a word of SQL, and cannot be called")
}

func plainName(name string) error {
	plain := len(name) > 0 && len(name) <= 64
	for i, c := range []byte(name) {
		letter := c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		plain = plain && (letter || i > 0 && c >= '0' && c <= '9')
	}
	if !plain {
		return fmt.Errorf("a name has 1 to 64 letters, digits and underscores, and begins with no digit")
	}
	return nil
}

// Kind tells what a name stands for, and whether it is a function at all.
func (k *Keeper) Kind(name string) (pb.FunctionKind, bool) {
	all := k.listed[strings.ToLower(name)]
	if len(all) == 0 {
		return 0, false
	}
	return all[0].Kind, true
}

// All gives the functions in the order of their names. Do not change them.
func (k *Keeper) All() []*pb.Function {
	var all []*pb.Function
	for _, same := range k.listed {
		all = append(all, same...)
	}
	slices.SortFunc(all, func(a, b *pb.Function) int {
		if by := strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)); by != 0 {
			return by
		}
		return len(a.Arguments) - len(b.Arguments)
	})
	return all
}

// Find asks the connector which of its functions takes these arguments, over a table when that is
// given; nil: none of them.
func (k *Keeper) Find(ctx *sql.Context, name string, arguments []sql.Expression, table *pb.TableRef) (*Overload, error) {
	request := &pb.FindFunctionRequest{Name: strings.ToLower(name), Table: table}
	key := request.Name + "\x00" + table.GetName() + "\x00" + table.GetDatabase()
	for i, a := range arguments {
		c, err := gms.Column(&sql.Column{Name: fmt.Sprintf("argument %d", i+1), Type: a.Type(ctx), Nullable: a.IsNullable(ctx)})
		if err != nil {
			c = &pb.Column{Type: pb.Type_TYPE_NULL} // a type that is not known before the statement runs
		}
		request.Arguments = append(request.Arguments, c)
		key += "\x00" + c.SqlType
	}
	k.mu.Lock()
	known, ok := k.found[key]
	k.mu.Unlock()
	if ok {
		return known, nil
	}
	found, err := k.find(ctx, request)
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.found) >= foundMax {
		clear(k.found)
	}
	k.found[key] = found
	return found, nil
}

func (k *Keeper) find(ctx *sql.Context, request *pb.FindFunctionRequest) (*Overload, error) {
	instance, err := k.Connector.Acquire(ctx, gms.SessionOf(ctx))
	if err != nil {
		return nil, err
	}
	defer instance.Release()
	answer, err := instance.FindFunction(ctx, request)
	if err != nil || answer.Function == nil {
		return nil, err
	}
	wrong := func(err error) error {
		return sqlerr.New(1296, "HY000", "connector %s: find function %s: %v", k.Connector.Name(), request.Name, err)
	}
	overload, err := newOverload(k, answer.Function)
	if err != nil {
		return nil, wrong(err)
	}
	kind, _ := k.Kind(request.Name)
	switch {
	case !overload.Takes(len(request.Arguments)):
		return nil, wrong(fmt.Errorf("the answer does not take %d arguments", len(request.Arguments)))
	case answer.Function.Kind != kind:
		return nil, wrong(fmt.Errorf("the answer is of another kind than the list has"))
	}
	return overload, nil
}

// NewInstance makes the expression of a call; nil: no function takes the arguments. qualified tells
// that the database stood before the name.
func (k *Keeper) NewInstance(ctx *sql.Context, name string, qualified bool, arguments []sql.Expression) (sql.Expression, error) {
	distinct := false
	plain := slices.Clone(arguments)
	for i, a := range plain {
		if d, ok := withoutDistinct(a); ok {
			plain[i], distinct = d, true
		}
	}
	overload, err := k.Find(ctx, name, plain, nil)
	if err != nil || overload == nil {
		return nil, err
	}
	if overload.IsAggregate() {
		return newAggregate(overload, qualified, distinct, plain), nil
	}
	return newCall(overload, qualified, arguments), nil
}

// WrongArguments is the error for arguments that no function of the name takes.
func (k *Keeper) WrongArguments(name string, n int) error {
	var forms []string
	for _, f := range k.listed[strings.ToLower(name)] {
		if o, err := newOverload(k, f); err == nil && f.Kind != pb.FunctionKind_FUNCTION_KIND_TABLE {
			forms = append(forms, o.signature())
		} else {
			forms = append(forms, f.Name+"("+Arguments(f)+")")
		}
	}
	return sqlerr.New(1582, "42000", "connector %s has no function %s of these %d arguments", k.Connector.Name(), name, n).
		WithHint("there is %s", strings.Join(forms, ", "))
}

// signature writes the function with the types of its arguments.
func (o *Overload) signature() string {
	types := make([]string, len(o.Arguments))
	for i, a := range o.Arguments {
		types[i] = a.Type.String()
		if i >= o.least {
			types[i] = "[" + types[i] + "]"
		}
	}
	if o.Declared.Variadic {
		types = append(types, "…")
	}
	return o.Name() + "(" + strings.Join(types, ", ") + ")"
}

// Similar gives the function whose name is closest to one that is not there; empty: none is close.
func (k *Keeper) Similar(name string) string {
	best, least := "", 3
	for key, f := range k.listed {
		if d := spell.Distance(strings.ToLower(name), key); d < least && d < len(key) {
			best, least = f[0].Name, d
		}
	}
	return best
}
