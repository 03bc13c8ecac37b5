package ast

// CreateDatabase is CREATE DATABASE.
type CreateDatabase struct {
	Pos
	Name        Ident
	IfNotExists bool
	Comment     string
	Location    string // "" if not written
	Props       []Property
}

// DropDatabase is DROP DATABASE. Without CASCADE only an empty one is dropped.
type DropDatabase struct {
	Pos
	Name     Ident
	IfExists bool
	Cascade  bool
}

// AlterDatabase is ALTER DATABASE … SET; just one of Props, Location and Owner is given.
type AlterDatabase struct {
	Pos
	Name     Ident
	Props    []Property
	Location string
	Owner    string
}

// Use is USE database.
type Use struct {
	Pos
	Database Ident
}

// TableKind is the word between CREATE and TABLE.
type TableKind string

// The forms of a TableKind.
const (
	ManagedTable   TableKind = "" // no word, or MANAGED
	ExternalTable  TableKind = "external"
	TemporaryTable TableKind = "temporary"
)

// CreateTable is CREATE TABLE in all its forms: just one of a column list, Like, LikeFile
// and As is the source of the columns, or they come from the SerDe or handler.
type CreateTable struct {
	Pos
	Kind          TableKind
	Name          QName
	IfNotExists   bool
	Columns       []ColumnDef
	Constraints   []string // table constraints as written; they are not enforced
	Like          *QName
	LikeFile      *LikeFile
	Comment       string
	PartitionedBy []ColumnDef // Type is nil where only names are written (CTAS)
	Clustered     *Clustered
	Skewed        *Skewed
	Format        *RowFormat
	Stored        *Stored
	Location      string
	Props         []Property
	As            *Query
}

// ColumnDef is one column of a list.
type ColumnDef struct {
	Pos
	Name        Ident
	Type        *Type // nil where a type may be left out and was
	Comment     string
	Constraints string // NOT NULL, DEFAULT 1, … as written, or ""; they are not enforced
}

// LikeFile is LIKE FILE format 'path': columns are taken from a file.
type LikeFile struct {
	Pos
	Format Ident
	Path   string
}

// Clustered is CLUSTERED BY (…) [SORTED BY (…)] INTO n BUCKETS.
type Clustered struct {
	Pos
	Columns []Ident
	Sorted  []OrderItem // Expr is a Name
	Buckets int64
}

// Skewed is SKEWED BY (cols) ON (values) [STORED AS DIRECTORIES].
type Skewed struct {
	Pos
	Columns     []Ident
	Values      [][]Expr
	Directories bool
}

// RowFormat is ROW FORMAT DELIMITED … or ROW FORMAT SERDE 'class' ….
type RowFormat struct {
	Pos
	SerDe string     // class; "" for DELIMITED
	Props []Property // WITH SERDEPROPERTIES
	// For DELIMITED, each nil if not written.
	Fields, Escaped, Items, MapKeys, Lines, Null *string
}

// Stored is STORED AS … or STORED BY ….
type Stored struct {
	Pos
	As           string // textfile, jsonfile, …; lower case
	Input        string // INPUTFORMAT class
	Output       string // OUTPUTFORMAT class
	By           string // STORED BY handler, as written
	InputDriver  string
	OutputDriver string
	Props        []Property // WITH SERDEPROPERTIES after STORED BY
}

// DropTable is DROP TABLE.
type DropTable struct {
	Pos
	Name     QName
	IfExists bool
	Purge    bool
}

// UndropTable is UNDROP TABLE: the last dropped table of this name comes back.
type UndropTable struct {
	Pos
	Name QName
}

// Truncate is TRUNCATE TABLE.
type Truncate struct {
	Pos
	Name      QName
	Partition *PartSpec // nil if not written
}

// CreateView is CREATE VIEW. A materialized view is refused by the parser.
type CreateView struct {
	Pos
	Name          QName
	OrReplace     bool
	IfNotExists   bool
	Columns       []ColumnDef // without types
	Comment       string
	PartitionedOn []Ident
	Props         []Property
	Query         *Query
	Text          SourceText // the text of Query as written
}

// AlterViewAs is ALTER VIEW v AS query. Other changes of a view are AlterTable with View set.
type AlterViewAs struct {
	Pos
	Name  QName
	Query *Query
	Text  SourceText // the text of Query as written
}

// DropView is DROP VIEW.
type DropView struct {
	Pos
	Name     QName
	IfExists bool
}

// Msck is MSCK [REPAIR] TABLE, and ALTER TABLE … RECOVER PARTITIONS, which is a repair that adds.
type Msck struct {
	Pos
	Name      QName
	Repair    bool // false: only report
	Add, Drop bool // Repair adds unless told to drop only; SYNC is both
	Partition *PartSpec
}

// Analyze is ANALYZE TABLE … COMPUTE STATISTICS.
type Analyze struct {
	Pos
	Name          QName
	Partition     *PartSpec
	ForColumns    bool
	Columns       []Ident // empty: all
	NoScan        bool
	CacheMetadata bool // ANALYZE TABLE t CACHE METADATA, which has none of the rest
}

// CreateFunction is CREATE [TEMPORARY] FUNCTION name AS 'class' [USING JAR '…', …], or
// CREATE … FUNCTION name(x type, …) RETURNS type LANGUAGE word AS 'code'.
type CreateFunction struct {
	Pos
	Params      []ColumnDef
	Returns     *Type  // nil: of a class
	Language    string // "" for a class
	CodeAt      Pos    // of the class or code
	Name        QName
	Temporary   bool
	OrReplace   bool
	IfNotExists bool
	Class       string     // or the code
	Using       []Property // Key jar, file or archive; Value the path
}

// DropFunction is DROP [TEMPORARY] FUNCTION.
type DropFunction struct {
	Pos
	Name      QName
	Temporary bool
	IfExists  bool
}

// ReloadFunctions is RELOAD FUNCTIONS.
type ReloadFunctions struct{ Pos }

// CreateMacro is CREATE TEMPORARY MACRO name(x type, …) body.
type CreateMacro struct {
	Pos
	Name   Ident
	Params []ColumnDef
	Body   Expr
}

// DropMacro is DROP TEMPORARY MACRO.
type DropMacro struct {
	Pos
	Name     Ident
	IfExists bool
}

// CreateSchedule is CREATE SCHEDULED QUERY.
type CreateSchedule struct {
	Pos
	Name      Ident
	Schedule  Schedule
	User      string // EXECUTED AS, or ""
	Disabled  bool
	Statement Statement
	Text      SourceText // the text of Statement as written
}

// Schedule is CRON '…', or EVERY [n] unit [AT|OFFSET BY '…'].
type Schedule struct {
	Pos
	Cron   string // "" for EVERY
	Every  int64
	Unit   string // second, minute, hour, day, week, month, year
	Offset string // "" if not written
}

// ScheduleAction is what AlterSchedule does.
type ScheduleAction string

// The actions of AlterSchedule.
const (
	ScheduleEnable   ScheduleAction = "enabled"
	ScheduleDisable  ScheduleAction = "disabled"
	ScheduleExecute  ScheduleAction = "execute"
	ScheduleWhen     ScheduleAction = "schedule"
	ScheduleWho      ScheduleAction = "executed as"
	ScheduleRedefine ScheduleAction = "defined as"
)

// AlterSchedule is ALTER SCHEDULED QUERY.
type AlterSchedule struct {
	Pos
	Name      Ident
	Action    ScheduleAction
	Schedule  *Schedule  // ScheduleWhen
	User      string     // ScheduleWho
	Statement Statement  // ScheduleRedefine
	Text      SourceText // ScheduleRedefine: the text of Statement as written
}

// DropSchedule is DROP SCHEDULED QUERY.
type DropSchedule struct {
	Pos
	Name Ident
}
