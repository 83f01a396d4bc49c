package gms

// Same tells whether two tables are one, as it was declared at one time: what was planned with one of
// them holds for the other.
func (t *Table) Same(other *Table) bool {
	return t.source == other.source && t.declared == other.declared && t.ref == other.ref && t.name == other.name && t.database == other.database
}
