package function

import (
	"fmt"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/sqlerr"
)

// checkTable checks what is said of a function of kind TABLE. Its columns are those of a table.
func checkTable(f *pb.Function) error {
	if err := plainName(f.Name); err != nil {
		return err
	}
	if f.Variadic {
		return fmt.Errorf("a table function takes a fixed number of arguments, each of them a column of its table")
	}
	if len(f.Arguments) == 0 {
		return fmt.Errorf("a table function without arguments is a table")
	}
	if int(f.ArgumentsMin) > len(f.Arguments) {
		return fmt.Errorf("%d arguments must be given, and %d are declared", f.ArgumentsMin, len(f.Arguments))
	}
	for i, c := range f.Arguments {
		if _, err := columnOf(c, fmt.Sprintf("argument %d", i+1)); err != nil {
			return err
		}
	}
	return nil
}

func leastOf(f *pb.Function) int {
	if f.ArgumentsMin == 0 {
		return len(f.Arguments)
	}
	return int(f.ArgumentsMin)
}

func takenBy(f *pb.Function) (least, most int) { return leastOf(f), len(f.Arguments) }

// FindTable names the table that is read by a table function called with so many arguments: those of one name
// are told apart by their number (SPEC 8.24).
func (k *Keeper) FindTable(ctx *sql.Context, name string, arguments int) (string, error) {
	for _, f := range k.listed[strings.ToLower(name)] {
		if least, most := takenBy(f); arguments < least || arguments > most {
			continue
		}
		instance, err := k.Connector.Acquire(ctx, gms.SessionOf(ctx))
		if err != nil {
			return "", err
		}
		defer instance.Release()
		answer, err := instance.FindFunction(ctx, &pb.FindFunctionRequest{Name: strings.ToLower(name), Arguments: f.Arguments[:arguments]})
		if err != nil {
			return "", err
		}
		found := answer.GetFunction()
		if found == nil || found.Kind != pb.FunctionKind_FUNCTION_KIND_TABLE || found.Name == "" {
			return "", sqlerr.New(1296, "HY000", "connector %s: find function %s: it is listed as a table function of %d arguments, and the answer is none",
				k.Connector.Name(), name, arguments)
		}
		return found.Name, nil
	}
	return "", k.WrongArguments(name, arguments)
}
