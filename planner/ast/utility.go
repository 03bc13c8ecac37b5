package ast

// ShowKind is what SHOW lists.
type ShowKind string

// The forms of Show.
const (
	ShowDatabases         ShowKind = "databases"
	ShowTables            ShowKind = "tables"
	ShowViews             ShowKind = "views"
	ShowTableExtended     ShowKind = "table extended"
	ShowColumns           ShowKind = "columns"
	ShowFunctions         ShowKind = "functions"
	ShowProps             ShowKind = "tblproperties"
	ShowCreateTable       ShowKind = "create table"
	ShowCreateDB          ShowKind = "create database"
	ShowPartitions        ShowKind = "partitions"
	ShowConf              ShowKind = "conf"
	ShowLocks             ShowKind = "locks"
	ShowTransactions      ShowKind = "transactions"
	ShowCompactions       ShowKind = "compactions"
	ShowQueries           ShowKind = "queries"
	ShowSchedules         ShowKind = "scheduled queries"
	ShowMacros            ShowKind = "macros"
	ShowRoles             ShowKind = "roles" // also CURRENT ROLES
	ShowMaterializedViews ShowKind = "materialized views"
)

// Show is SHOW in all its forms.
type Show struct {
	Pos
	Kind      ShowKind
	Extended  bool      // SHOW EXTENDED TABLES
	Sorted    bool      // SHOW SORTED COLUMNS
	Database  Ident     // IN|FROM db
	Table     *QName    // columns, tblproperties, create table, partitions, locks
	Pattern   *string   // LIKE 'a*|b*', with or without the word LIKE
	Key       string    // tblproperties ('key'), conf 'key'
	Partition *PartSpec // partitions, table extended
	Where     Expr      // partitions, tables (table_type = …)
	OrderBy   []OrderItem
	Limit     Expr
}

// DescribeKind is what DESCRIBE is asked for.
type DescribeKind string

// The forms of Describe.
const (
	DescribeTable    DescribeKind = "table"
	DescribeDatabase DescribeKind = "database"
	DescribeFunction DescribeKind = "function"
)

// Describe is DESCRIBE in all its forms.
type Describe struct {
	Pos
	Kind      DescribeKind
	Mode      string // "", extended, formatted
	Name      QName  // the table, database or function; an operator such as + is a quoted name
	Column    []Ident
	Partition *PartSpec
}

// ExplainMode is what EXPLAIN shows.
type ExplainMode string

// The modes of Explain. Those of Hive that say nothing about winnow are ExplainPlan.
const (
	ExplainPlan       ExplainMode = ""
	ExplainExtended   ExplainMode = "extended"
	ExplainFormatted  ExplainMode = "formatted"
	ExplainAnalyze    ExplainMode = "analyze"
	ExplainAST        ExplainMode = "ast"
	ExplainCBO        ExplainMode = "cbo"
	ExplainDependency ExplainMode = "dependency"
	ExplainLogical    ExplainMode = "logical"
	ExplainRules      ExplainMode = "rules"
	ExplainFragments  ExplainMode = "fragments"
)

// Explain is EXPLAIN [mode] statement.
type Explain struct {
	Pos
	Mode      ExplainMode
	Statement Statement
}

// Set is SET, SET key, SET key=value and SET -v. Key and value are the text as written.
type Set struct {
	Pos
	Space string // hivevar, hiveconf, system, env, or "" if not written
	Key   string // "" lists all
	Value *string
	All   bool // SET -v: with the defaults
}

// SetTimeZone is SET TIME ZONE 'zone'|LOCAL.
type SetTimeZone struct {
	Pos
	Zone string // "local" for LOCAL
}

// Reset is RESET [key].
type Reset struct {
	Pos
	Key string // "" for all
}

// Resource is ADD|DELETE|LIST JAR|FILE|ARCHIVE path ….
type Resource struct {
	Pos
	Verb  string // add, delete, list
	Kind  string // jar, file, archive
	Paths []string
}

// Dfs is dfs -ls path and its like.
type Dfs struct {
	Pos
	Args []string
}

// Source is SOURCE file.
type Source struct {
	Pos
	Path string
}

// Prepare is PREPARE name FROM statement.
type Prepare struct {
	Pos
	Name      Ident
	Statement Statement
	Text      SourceText // the text of Statement as written
}

// Execute is EXECUTE name USING value, ….
type Execute struct {
	Pos
	Name Ident
	Args []Expr
}

// Deallocate is DEALLOCATE [PREPARE] name.
type Deallocate struct {
	Pos
	Name Ident
}

// KillQuery is KILL QUERY 'id', ….
type KillQuery struct {
	Pos
	IDs []string
}

// Refresh is REFRESH [TABLE] name: list the files again.
type Refresh struct {
	Pos
	Name QName
}
