package gms

import "github.com/wasql/wasql/abi/pb"

// Same tells whether two tables are one, as it was declared at one time: what was planned with one of
// them holds for the other.
func (t *Table) Same(other *Table) bool {
	return t.source == other.source && t.declared == other.declared && t.ref == other.ref && t.name == other.name && t.database == other.database
}

// Is tells whether the table is the one of that source, reference and declaration.
func (t *Table) Is(source *Source, ref *pb.TableRef, declared *Declared) bool {
	return t.source == source && t.ref == ref && t.declared == declared
}
