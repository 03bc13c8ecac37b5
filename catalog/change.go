package catalog

// Change is one step of DDL: one of the types below. It changes the catalog and never a file.
type Change interface{ sealed() }

// CreateDatabase adds a database.
type CreateDatabase struct {
	Database    *Database
	IfNotExists bool
}

// DropDatabase forgets a database. Without Cascade it must be empty.
type DropDatabase struct {
	Name     string
	IfExists bool
	Cascade  bool
}

// AlterDatabase replaces comment, location and properties.
type AlterDatabase struct{ Database *Database }

// CreateTable adds a table or view. With Replace an older view of that name goes.
type CreateTable struct {
	Table       *Table
	IfNotExists bool
	Replace     bool
}

// DropTable forgets a table or view and its partitions.
type DropTable struct {
	Database, Name string
	IfExists       bool
}

// ReplaceTable puts New in the place of Old, keeping its partitions; CONFLICT if Old is no longer
// what is there. New may have another name (RENAME).
type ReplaceTable struct{ Old, New *Table }

// AddPartitions registers partitions, all or none.
type AddPartitions struct {
	Database, Name string
	Partitions     []PartitionSpec
	IfNotExists    bool
}

// DropPartitions forgets partitions by their values; those not there are ignored.
type DropPartitions struct {
	Database, Name string
	Values         [][]Value
}

// ReplacePartition changes the values or the location of one partition.
type ReplacePartition struct {
	Database, Name string
	Old            []Value
	New            PartitionSpec
}

// SetMacro adds or replaces a macro.
type SetMacro struct {
	Database string
	Macro    *Macro
}

// DropMacro forgets a macro.
type DropMacro struct {
	Database, Name string
	IfExists       bool
}

func (CreateDatabase) sealed()   {}
func (DropDatabase) sealed()     {}
func (AlterDatabase) sealed()    {}
func (CreateTable) sealed()      {}
func (DropTable) sealed()        {}
func (ReplaceTable) sealed()     {}
func (AddPartitions) sealed()    {}
func (DropPartitions) sealed()   {}
func (ReplacePartition) sealed() {}
func (SetMacro) sealed()         {}
func (DropMacro) sealed()        {}
