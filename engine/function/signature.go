package function

import (
	"strings"

	"github.com/wasql/wasql/abi/pb"
)

// Arguments writes the arguments of a function as in a manual: those that may be left out in brackets.
func Arguments(f *pb.Function) string {
	least := int(f.ArgumentsMin)
	if least == 0 {
		least = len(f.Arguments)
	}
	var all []string
	for i, a := range f.Arguments {
		text := TypeName(a)
		if i >= least {
			text = "[" + text + "]"
		}
		all = append(all, text)
	}
	if f.Variadic {
		all = append(all, "…")
	}
	return strings.Join(all, ", ")
}

// TypeName is the SQL type that a connector declares, or the name of the physical one.
func TypeName(c *pb.Column) string {
	if c.GetSqlType() != "" {
		return c.GetSqlType()
	}
	return strings.ToLower(strings.TrimPrefix(c.GetType().String(), "TYPE_"))
}
