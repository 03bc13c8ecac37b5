package ast

// Query is a whole query: WITH, the rows, and what orders and limits them. It is a statement,
// and what stands in parentheses as a subquery. The order applies to the whole of a SetOp.
type Query struct {
	Pos
	With         []CTE
	Body         QueryExpr // *Select, *SetOp, *Values, or a *Query that was in parentheses
	OrderBy      []OrderItem
	SortBy       []OrderItem
	DistributeBy []Expr
	ClusterBy    []Expr
	Limit        Expr // a LitInt or LitBigint literal or a Param; nil if not written
	Offset       Expr // the same
}

// CTE is one name of WITH.
type CTE struct {
	Pos
	Name    Ident
	Columns []Ident // empty if not written
	Query   *Query
}

// Select is SELECT … with its own clauses, without the order, which belongs to Query.
type Select struct {
	Pos
	Distinct  bool
	Hint      string       // the text of /*+ … */ without its marks, or ""
	Items     []SelectItem // empty if Transform is set
	Transform *Transform   // nil for a plain select
	From      TableRef     // nil without FROM, and in the branches of a MultiInsert
	Where     Expr
	GroupBy   *GroupBy // nil if not written
	Having    Expr
	Windows   []WindowDef
	Qualify   Expr
}

// SelectItem is one expression of the list, a star, or a table function.
type SelectItem struct {
	Pos
	Expr    Expr
	Alias   Ident   // AS x
	Aliases []Ident // AS (x, y), for table functions
}

// OrderItem is one key of an order.
type OrderItem struct {
	Pos
	Expr  Expr
	Desc  bool
	Nulls NullsOrder
}

// NullsOrder is where NULLs go in an order.
type NullsOrder string

// The forms of a NullsOrder.
const (
	NullsDefault NullsOrder = ""
	NullsFirst   NullsOrder = "first"
	NullsLast    NullsOrder = "last"
)

// GroupMode is the form of a GROUP BY.
type GroupMode string

// The forms of GROUP BY.
const (
	GroupPlain  GroupMode = ""
	GroupRollup GroupMode = "rollup" // also WITH ROLLUP
	GroupCube   GroupMode = "cube"   // also WITH CUBE
	GroupSets   GroupMode = "sets"
	GroupAll    GroupMode = "all" // every select item without an aggregate
)

// GroupBy is GROUP BY. With GroupSets, Exprs are all keys in the order that GROUPING__ID
// counts, and Sets names the sets. GROUP BY () is GroupPlain without Exprs.
type GroupBy struct {
	Pos
	Mode  GroupMode
	Exprs []Expr
	Sets  [][]Expr // GroupSets only; an empty set is ()
}

// WindowDef is one name of the WINDOW clause.
type WindowDef struct {
	Pos
	Name   Ident
	Window *Window
}

// SetKind is the operator of a SetOp.
type SetKind string

// The set operators; MINUS is EXCEPT.
const (
	Union     SetKind = "union"
	Intersect SetKind = "intersect"
	Except    SetKind = "except"
)

// SetOp is left UNION|INTERSECT|EXCEPT [ALL] right. All operators bind alike, to the left
// (Hive's grammar), so that a long chain leans to the left: walk down Left in a loop.
type SetOp struct {
	Pos
	Op          SetKind
	All         bool
	Left, Right QueryExpr
}

// Values is VALUES (…), (…).
type Values struct {
	Pos
	Rows [][]Expr // each at least one; widths are not checked
}

// Transform is SELECT TRANSFORM(…) USING …, MAP … USING … and REDUCE … USING ….
type Transform struct {
	Pos
	Verb    string // transform, map or reduce
	Args    []Expr
	In      *RowFormat // how rows are written to the command; nil if not written
	Writer  string     // RECORDWRITER class, or ""
	Command string     // the text after USING
	Columns []ColumnDef
	HasAs   bool       // AS was written; without it the columns are key and value
	Out     *RowFormat // how its lines are read; nil if not written
	Reader  string     // RECORDREADER class, or ""
}

// Table is a named table, view or CTE in FROM.
type Table struct {
	Pos
	Name    QName
	Sample  *Sample // nil if not written
	Alias   Ident
	Columns []Ident // AS t(a, b); empty if not written
}

// SubqueryTable is (select …) [AS alias [(a, b)]], or TABLE(VALUES …) AS v(a, b).
type SubqueryTable struct {
	Pos
	Query   *Query
	Lateral bool    // may use columns of the tables to its left
	Sample  *Sample // nil if not written
	Alias   Ident   // may be missing
	Columns []Ident
}

// FuncTable is TABLE(f(…)) or LATERAL TABLE(f(…)).
type FuncTable struct {
	Pos
	Call    *Call
	Lateral bool
	Alias   Ident
	Columns []Ident
}

// Unnest is UNNEST(a, b) [WITH ORDINALITY] AS t(x, y), after CROSS JOIN, LEFT JOIN or a
// comma. It sees the columns of Left.
type Unnest struct {
	Pos
	Left       TableRef // nil when it stands alone
	Outer      bool     // LEFT JOIN UNNEST … ON TRUE: keep rows of Left without elements
	Exprs      []Expr
	Ordinality bool // one more column, last: the number of the element from 1
	Alias      Ident
	Columns    []Ident
}

// LateralView is left LATERAL VIEW [OUTER] f(…) alias AS a, b.
type LateralView struct {
	Pos
	Left    TableRef // nil only in a branch of a MultiInsert, whose source it then follows
	Outer   bool
	Call    *Call
	Alias   Ident
	Columns []Ident // empty if not written
}

// JoinKind is the form of a join.
type JoinKind string

// The forms of Join. A comma is CrossJoin.
const (
	InnerJoin JoinKind = "join"
	LeftJoin  JoinKind = "left join"
	RightJoin JoinKind = "right join"
	FullJoin  JoinKind = "full join"
	CrossJoin JoinKind = "cross join"
	SemiJoin  JoinKind = "left semi join"
	AntiJoin  JoinKind = "left anti join"
)

// Join is left JOIN right. Long chains lean to the left: walk down Left in a loop.
type Join struct {
	Pos
	Kind        JoinKind
	Left, Right TableRef
	On          Expr    // nil if not written
	Using       []Ident // empty if not written
}

// UniqueJoin is UNIQUEJOIN [PRESERVE] t a (keys), ….
type UniqueJoin struct {
	Pos
	Sources []UniqueSource
}

// UniqueSource is one table of a UniqueJoin.
type UniqueSource struct {
	Pos
	Preserve bool
	Table    TableRef
	Keys     []Expr
}

// SampleKind is the form of a TABLESAMPLE.
type SampleKind string

// The forms of Sample.
const (
	SamplePercent SampleKind = "percent"
	SampleRows    SampleKind = "rows"
	SampleBytes   SampleKind = "bytes"
	SampleBucket  SampleKind = "bucket"
)

// Sample is TABLESAMPLE (…).
type Sample struct {
	Pos
	Kind    SampleKind
	Percent float64 // SamplePercent: 0 to 100
	N       int64   // SampleRows: rows per split; SampleBytes: bytes; SampleBucket: the bucket, from 1
	Buckets int64   // SampleBucket: how many buckets
	On      []Expr  // SampleBucket: the columns, or rand(); empty if not written
}
