// Package logical is the plan as meant: operators over bound, typed expressions. Columns are named by
// IDs that are unique in a statement, so rules can move an expression without renumbering it. Nodes
// are immutable; a rule makes new ones.
//
// Read Node first. bind makes a plan correct, optimize makes it faster, fragment cuts it.
package logical

import (
	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/catalog"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/proto/diag"
)

// Field is a column of a node's output.
type Field struct {
	ID        uint32
	Qualifier string // alias of the table or subquery, lower case, or ""
	Name      string // lower case
	T         arrow.DataType
	// Hidden columns are found by name but are not part of "*": virtual columns, GROUPING__ID.
	Hidden bool
}

// Column returns an expression that reads f.
func (f Field) Column(at diag.Span) *expr.Column {
	return &expr.Column{ID: f.ID, Name: f.Name, T: f.T, At: at}
}

// Node is an operator: one of the types of this package.
type Node interface {
	// Fields is the output, in order.
	Fields() []Field
	// Inputs are the children, in order.
	Inputs() []Node
	// With returns a copy with other inputs.
	With(inputs ...Node) Node
	sealed()
}

// ColumnSource says where a Scan's column comes from; the values are those of winnowpb.ScanColumn_Source.
type ColumnSource int32

// The sources of a scan's columns.
const (
	Data          ColumnSource = 0 // Index in Table.Columns
	PartitionKey  ColumnSource = 1 // Index in Table.Partition
	FileName      ColumnSource = 2
	BlockOffset   ColumnSource = 3
	FileSize      ColumnSource = 4
	FileModified  ColumnSource = 5
	PartitionName ColumnSource = 6
	Line          ColumnSource = 7
)

// ScanColumn is one column that a Scan gives out.
type ScanColumn struct {
	Field  Field
	Source ColumnSource
	Index  int
	// Path is the fields that are read of a struct, as names in lower case joined by dots, or the keys that are read of a map;
	// none: all.
	Path []string
	// Entry is set if the column is the entry of the one key in Path, and not the map.
	Entry bool
}

// Scan reads a table's files, or the rows of its storage handler.
type Scan struct {
	Table   *catalog.Table
	Alias   string
	ID      uint32 // unique in the statement
	Columns []ScanColumn
	// Filters are conjuncts over the columns, pushed down by optimize. Those that only read partition
	// columns have been used up by pruning and are not here.
	Filters []expr.Expr
	// Pruned is set by partition pruning: what to read. nil: not pruned yet.
	Pruned *Pruned
	Limit  int64 // rows enough per task; 0: all
	Sample *Sample
	// Recursive: files in folders below those of the table or its partitions are read too.
	Recursive bool
	// Together are the partition columns, by ID, whose values make groups of partitions: each group is read by one task, so that
	// rows which are equal in these columns need not travel to meet. The partitions are in the order of their groups, which are
	// numbered from 1 on. nil: there are none.
	Together []uint32
	At       diag.Span
}

// Pruned is the outcome of partition pruning.
type Pruned struct {
	Partitions []Partition
	Total      int // before pruning; -1: not known
}

// Partition is one folder to read.
type Partition struct {
	Name     string // year=2011/month=12, or "" for a table without partitions
	Location string
	Values   []catalog.Value
	Group    int // see Scan.Together
}

// Sample is TABLESAMPLE.
type Sample struct {
	Percent float64     // n PERCENT; 0: not this form
	Rows    int64       // n ROWS; 0: not this form
	Bytes   int64       // a size; 0: not this form
	Bucket  int         // BUCKET x OUT OF y; x from 1
	Buckets int         // 0: not this form
	On      []expr.Expr // empty: rand()
}

// Values makes rows of expressions without columns; SELECT without FROM is one row.
type Values struct {
	Rows [][]expr.Expr
	Out  []Field
}

// Filter keeps the rows for which every conjunct is true.
type Filter struct {
	Input Node
	Conds []expr.Expr
}

// Project computes one column per expression.
type Project struct {
	Input Node
	Exprs []expr.Expr
	Out   []Field // same length
}

// AggCall is one call of an aggregate.
type AggCall struct {
	Name     string // in funcs' tables
	Args     []expr.Expr
	Distinct bool
	Filter   expr.Expr // or nil
	Out      Field
	At       diag.Span
}

// Aggregate groups by keys. Output: Keys' fields, then the calls'. No keys: one row, always.
type Aggregate struct {
	Input Node
	Keys  []expr.Expr
	Out   []Field // of the keys
	Calls []AggCall
	// Always, if not nil, has the key values (literals) of a group that is there even if no row is: that of the grouping set ().
	Always []expr.Expr
}

// GroupingSets repeats each row once per set: the keys that are not in the set become NULL, and
// grouping__id is added. Output: input fields (Keys' replaced by new fields of the same name), then ID.
type GroupingSets struct {
	Input Node
	Keys  []uint32 // IDs of input columns
	Out   []Field  // the NULL-able twins of Keys, same order
	Sets  [][]int  // indexes into Keys
	GID   []int64  // grouping__id of each set
	ID    Field    // bigint
}

// JoinKind is the kind of a join; the values are those of winnowpb.Join_Kind.
type JoinKind int32

// The kinds of joins; winnowpb.Join_Kind tells their meaning.
const (
	Inner         JoinKind = 0
	Left          JoinKind = 1
	Right         JoinKind = 2
	Full          JoinKind = 3
	Semi          JoinKind = 4
	Anti          JoinKind = 5
	NullAwareAnti JoinKind = 6
	Mark          JoinKind = 7
)

// Join joins two inputs. Output: left fields, then right fields; Semi, Anti and NullAwareAnti only
// left; Mark left and MarkOut.
type Join struct {
	Kind        JoinKind
	Left, Right Node
	On          []expr.Expr // conjuncts over both sides; empty: every pair
	MarkOut     Field
	Broadcast   bool // hint or choice: the right side goes to every task whole
	// Keep are the columns that are given out, by ID, and MarkOut; nil: all.
	Keep []uint32
	// Reduces are left sides of equalities of On, columns of files: rows with other values than the right side has are left
	// out where they are read.
	Reduces []*expr.Column
	At      diag.Span
}

// SortKey is one key of an order.
type SortKey struct {
	Expr       expr.Expr
	Descending bool
	NullsFirst bool
}

// Sort orders all rows; Limit > 0 keeps the first Limit ones.
type Sort struct {
	Input Node
	Keys  []SortKey
	Limit int64
}

// Limit skips Offset rows and passes Count (-1: all) on.
type Limit struct {
	Input  Node
	Offset int64
	Count  int64
}

// WindowCall is one call with OVER; Window groups those of one PARTITION BY and ORDER BY.
type WindowCall struct {
	Name        string
	Args        []expr.Expr
	Distinct    bool
	IgnoreNulls bool
	Filter      expr.Expr
	Frame       Frame
	Out         Field
	At          diag.Span
}

// BoundKind is a frame bound; the values are those of winnowpb.Frame_Bound_Kind.
type BoundKind int32

// FrameUnit is ROWS, RANGE or GROUPS; the values are those of winnowpb.Frame_Unit.
type FrameUnit int32

// Frame units and bounds.
const (
	Rows   FrameUnit = 0
	Range  FrameUnit = 1
	Groups FrameUnit = 2

	UnboundedPreceding BoundKind = 0
	Preceding          BoundKind = 1
	CurrentRow         BoundKind = 2
	Following          BoundKind = 3
	UnboundedFollowing BoundKind = 4
)

// FrameBound is one end of a frame.
type FrameBound struct {
	Kind   BoundKind
	Offset expr.Expr // a literal; Preceding and Following only
}

// Frame is the rows that a window call sees.
type Frame struct {
	Unit       FrameUnit
	Start, End FrameBound
}

// Window adds the calls' columns to the input's.
type Window struct {
	Input       Node
	PartitionBy []expr.Expr
	OrderBy     []SortKey
	Calls       []WindowCall
}

// Union passes on the rows of all inputs. Columns go by position; their types are equal.
type Union struct {
	In  []Node
	Out []Field
}

// SetOp is INTERSECT or EXCEPT.
type SetOp struct {
	Left, Right Node
	Except, All bool
	Out         []Field
}

// Generate is LATERAL VIEW: input fields, then the table function's.
type Generate struct {
	Input    Node
	Function string
	Args     []expr.Expr
	Outer    bool
	Out      []Field
	At       diag.Span
}

// Transform pipes rows through a command.
type Transform struct {
	Input               Node
	Command             []string
	Args                []expr.Expr
	InSerDe, OutSerDe   string // "" is tab-separated text
	InFormat, OutFormat map[string]string
	KeyValue            bool
	Out                 []Field
	At                  diag.Span
}

// AssertSingle fails on more than one row and gives NULLs for none: a scalar subquery.
type AssertSingle struct {
	Input Node
	At    diag.Span
}

// SampleRows is TABLESAMPLE over rows of a subquery.
type SampleRows struct {
	Input  Node
	Sample Sample
}

// Shared marks a subtree that the statement reads more than once (a CTE): nodes with the same ID have
// the same Input and it runs once. Out gives this reader's own column IDs.
type Shared struct {
	Input Node
	ID    uint32
	Out   []Field
}

// Write writes the input into a table's files or handler. Output: one row per file.
type Write struct {
	Input         Node
	Table         *catalog.Table
	Static        []catalog.Value // values of the leading static partition columns
	Dynamic       int             // number of trailing input columns that are dynamic partition columns
	Staging       string          // folder for the statement's files
	Location      string          // folder of the table or static partition; files of dynamic ones go below it
	Out           []Field
	Properties    map[string]string
	Format        string
	MaxPartitions int64 // dynamic ones that a task may make; 0: the writer's own limit
}
