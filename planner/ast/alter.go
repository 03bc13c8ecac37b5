package ast

// AlterTable is ALTER TABLE t [PARTITION (…)] action, and ALTER VIEW v for properties and RENAME.
type AlterTable struct {
	Pos
	View      bool // ALTER VIEW was written
	Name      QName
	Partition *PartSpec // nil: the table itself
	Action    AlterAction
}

// AlterAction is what an AlterTable does.
type AlterAction interface {
	Node
	alterAction()
}

// RenameTable is RENAME TO.
type RenameTable struct {
	Pos
	To QName
}

// SetProps is SET TBLPROPERTIES, or SET SERDEPROPERTIES.
type SetProps struct {
	Pos
	SerDe bool // SERDEPROPERTIES
	Props []Property
}

// UnsetProps is UNSET TBLPROPERTIES, or UNSET SERDEPROPERTIES.
type UnsetProps struct {
	Pos
	SerDe    bool
	IfExists bool
	Keys     []Property // Value is ""
}

// SetSerDe is SET SERDE 'class' [WITH SERDEPROPERTIES (…)].
type SetSerDe struct {
	Pos
	SerDe string
	Props []Property
}

// SetFileFormat is SET FILEFORMAT.
type SetFileFormat struct {
	Pos
	Stored *Stored // Input, Output and SerDe class, or As
	SerDe  string  // INPUTFORMAT … OUTPUTFORMAT … SERDE 'class'
}

// SetLocation is SET LOCATION.
type SetLocation struct {
	Pos
	Location string
}

// SetOwner is SET OWNER USER|ROLE|GROUP name.
type SetOwner struct {
	Pos
	Kind string // user, role, group
	Name Ident
}

// AddColumns is ADD COLUMNS, or REPLACE COLUMNS.
type AddColumns struct {
	Pos
	Replace bool
	Columns []ColumnDef
	Cascade bool
}

// ChangeColumn is CHANGE [COLUMN] old new type [COMMENT c] [FIRST|AFTER x] [CASCADE].
type ChangeColumn struct {
	Pos
	Old     Ident
	New     ColumnDef
	HasNote bool // COMMENT was written, perhaps as ''
	First   bool
	After   Ident
	Cascade bool
}

// UpdateColumns is UPDATE COLUMNS [CASCADE|RESTRICT]: take the columns from the SerDe.
type UpdateColumns struct {
	Pos
	Cascade bool
}

// AddPartitions is ADD [IF NOT EXISTS] PARTITION (…) [LOCATION '…'] ….
type AddPartitions struct {
	Pos
	IfNotExists bool
	Partitions  []NewPartition
}

// NewPartition is one partition of AddPartitions.
type NewPartition struct {
	Pos
	Spec     PartSpec
	Location string // "" for the default
}

// DropPartitions is DROP [IF EXISTS] PARTITION (…), …. The items may compare with < > <= >= <> LIKE.
type DropPartitions struct {
	Pos
	IfExists bool
	Specs    []PartSpec
	Purge    bool
}

// RenamePartition is PARTITION (old) RENAME TO PARTITION (new); the old one is in AlterTable.
type RenamePartition struct {
	Pos
	To PartSpec
}

// ExchangePartition is EXCHANGE PARTITION (…) WITH TABLE t.
type ExchangePartition struct {
	Pos
	Spec PartSpec
	With QName
}

// PartitionColumn is PARTITION COLUMN (name type): change the type of a partition column.
type PartitionColumn struct {
	Pos
	Column ColumnDef
}

// Touch is TOUCH [PARTITION (…)].
type Touch struct {
	Pos
	Spec *PartSpec
}

// Compact is COMPACT 'kind', or CONCATENATE with an empty Kind.
type Compact struct {
	Pos
	Kind string
}

// ClusterTable is [NOT] CLUSTERED BY …, NOT SORTED, [NOT] SKEWED BY …, INTO n BUCKETS:
// notes about layout that only the catalog keeps.
type ClusterTable struct {
	Pos
	Clustered *Clustered // nil with NOT CLUSTERED
	Skewed    *Skewed
	Not       string // clustered, sorted, skewed, "stored as directories" or ""
}

// UpdateStatistics is UPDATE STATISTICS …, which sets figures that only Hive's planner reads.
type UpdateStatistics struct {
	Pos
	Text string // from STATISTICS on
}

// AddConstraint is ADD CONSTRAINT …, or DROP CONSTRAINT name: kept as text and not enforced.
type AddConstraint struct {
	Pos
	Drop bool
	Text string
}
