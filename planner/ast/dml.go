package ast

// Insert is INSERT INTO|OVERWRITE with one query.
type Insert struct {
	Pos
	With   []CTE // before INSERT; those of the query are in Query
	Target InsertTarget
	Query  *Query
}

// InsertTarget is where the rows of an insert go.
type InsertTarget struct {
	Pos
	Overwrite   bool
	Table       *QName    // nil when a directory is written
	Partition   *PartSpec // nil if not written
	IfNotExists bool
	Columns     []Ident // empty if not written
	Dir         *Directory
}

// Directory is [LOCAL] DIRECTORY 'path' [ROW FORMAT …] [STORED AS …].
type Directory struct {
	Pos
	Local  bool
	Path   string
	Format *RowFormat
	Stored *Stored
}

// MultiInsert is FROM source INSERT … SELECT … INSERT … SELECT …: one scan, several targets.
// The Select of each branch has no From of its own, or one LateralView without Left.
type MultiInsert struct {
	Pos
	With    []CTE
	From    TableRef
	Inserts []InsertBranch // at least one
}

// InsertBranch is one INSERT of a MultiInsert.
type InsertBranch struct {
	Pos
	Target InsertTarget
	Query  *Query
}

// Unload is UNLOAD (query) TO 'path' WITH (key = value, …).
type Unload struct {
	Pos
	Query *Query
	Path  string
	Props []UnloadProp
}

// UnloadProp is one key of UNLOAD … WITH.
type UnloadProp struct {
	Pos
	Key   string // lower case
	Value Expr   // a literal, or a call of array
}

// Load is LOAD DATA [LOCAL] INPATH.
type Load struct {
	Pos
	Local     bool
	Path      string
	Overwrite bool
	Table     QName
	Partition *PartSpec
	InputFmt  string // INPUTFORMAT class, or ""
	SerDe     string
}
