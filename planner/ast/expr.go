package ast

// Op is an operator, spelled as Print writes it.
type Op string

// Operators of Unary, Binary, Logical, Like and Quantified.
const (
	OpNot      Op = "not" // also written !
	OpNeg      Op = "-"
	OpPlus     Op = "+"
	OpBitNot   Op = "~"
	OpAdd      Op = "+"
	OpSub      Op = "-"
	OpMul      Op = "*"
	OpDivide   Op = "/"
	OpMod      Op = "%"
	OpDiv      Op = "div"
	OpBitXor   Op = "^"
	OpBitAnd   Op = "&"
	OpBitOr    Op = "|"
	OpConcat   Op = "||"
	OpEq       Op = "=" // also written ==
	OpNe       Op = "<>"
	OpNullEq   Op = "<=>"
	OpLt       Op = "<"
	OpLe       Op = "<="
	OpGt       Op = ">"
	OpGe       Op = ">="
	OpDistinct Op = "is distinct from"
	OpSame     Op = "is not distinct from"
	OpAnd      Op = "and"
	OpOr       Op = "or"
	OpLike     Op = "like"
	OpILike    Op = "ilike"
	OpRLike    Op = "rlike" // also written regexp
)

// LitKind is the type that Hive gives a literal.
type LitKind int

// Kinds of Literal, with what Text holds.
const (
	LitNull        LitKind = iota // ""
	LitBool                       // true or false
	LitTinyint                    // 12Y: digits
	LitSmallint                   // 12S: digits
	LitInt                        // digits within int
	LitBigint                     // 12L, or digits beyond int: digits
	LitDecimal                    // 1.5, 12BD, digits beyond bigint: digits, maybe with a point and an exponent
	LitDouble                     // 1e3, 1D: digits, maybe with a point and an exponent
	LitString                     // the decoded text
	LitDate                       // DATE '…': the decoded text, not checked
	LitTimestamp                  // TIMESTAMP '…': the decoded text, not checked
	LitTimestampTZ                // TIMESTAMPLOCALTZ '…': the decoded text, not checked
)

// Literal is a constant. Numbers have no sign: a minus is a Unary.
type Literal struct {
	Pos
	Kind LitKind
	Text string
}

// Interval is INTERVAL value unit [TO unit], or a number before a unit (`3 day`).
type Interval struct {
	Pos
	Value Expr   // a string or number literal, or any expression in parentheses
	Unit  string // year, quarter, month, week, day, hour, minute, second
	To    string // month after year, second after day (and hour, minute); "" if not written
}

// Name is a column, perhaps with its table and database and with struct fields behind:
// a.b.c may be db.table.column, table.column.field or column.field.field. The binder decides.
type Name struct {
	Pos
	Parts []Ident // at least one
}

// Star is * or t.*, in a select list.
type Star struct {
	Pos
	Table []Ident // the parts before .*, or empty
}

// Param is a ? to be given a value by EXECUTE or by a client.
type Param struct {
	Pos
	Index int // 0 for the first ? of the statement
}

// Unary is op x: OpNeg, OpPlus, OpBitNot or OpNot.
type Unary struct {
	Pos
	Op Op
	X  Expr
}

// Binary is l op r for every operator of two operands but AND, OR and the LIKE family.
// Long chains lean to the left: walk down L in a loop, not by recursion.
type Binary struct {
	Pos
	Op   Op
	L, R Expr
}

// Logical is a AND b AND c or a OR b OR c, flat as written.
type Logical struct {
	Pos
	Op   Op // OpAnd or OpOr
	Args []Expr
}

// Between is x [NOT] BETWEEN lo AND hi.
type Between struct {
	Pos
	X, Lo, Hi Expr
	Not       bool
}

// InList is x [NOT] IN (a, b, …); x and the items may be Tuples.
type InList struct {
	Pos
	X    Expr
	List []Expr
	Not  bool
}

// InQuery is x [NOT] IN (select …); x may be a Tuple.
type InQuery struct {
	Pos
	X     Expr
	Query *Query
	Not   bool
}

// Exists is EXISTS (select …). NOT EXISTS is a Unary around it.
type Exists struct {
	Pos
	Query *Query
}

// Quantified is x op ANY|ALL (select …); SOME is ANY.
type Quantified struct {
	Pos
	Op    Op // a comparison
	X     Expr
	All   bool
	Query *Query
}

// Subquery is (select …) as a value: one column, at most one row.
type Subquery struct {
	Pos
	Query *Query
}

// Tuple is (a, b, …), two or more.
type Tuple struct {
	Pos
	Items []Expr
}

// LikeQuantifier says how many of the patterns of a Like have to match.
type LikeQuantifier string

// The forms of LIKE.
const (
	LikeOne LikeQuantifier = ""
	LikeAny LikeQuantifier = "any"
	LikeAll LikeQuantifier = "all"
)

// Like is x [NOT] LIKE|ILIKE|RLIKE pattern [ESCAPE e], or x [NOT] LIKE ANY|ALL (patterns).
type Like struct {
	Pos
	Op       Op // OpLike, OpILike, OpRLike
	X        Expr
	Quant    LikeQuantifier
	Patterns []Expr // one, unless Quant is set
	Escape   Expr   // nil if not written
	Not      bool
}

// IsKind is what IS asks for.
type IsKind string

// The forms of IS.
const (
	IsNull    IsKind = "null"
	IsTrue    IsKind = "true"
	IsFalse   IsKind = "false"
	IsUnknown IsKind = "unknown"
)

// Is is x IS [NOT] NULL|TRUE|FALSE|UNKNOWN.
type Is struct {
	Pos
	X    Expr
	What IsKind
	Not  bool
}

// Case is CASE [operand] WHEN … THEN … [ELSE …] END.
type Case struct {
	Pos
	Operand Expr // nil in the searched form
	Whens   []When
	Else    Expr // nil if not written
}

// When is one branch of a Case.
type When struct {
	Pos
	Cond, Then Expr
}

// Cast is CAST(x AS type [FORMAT f]) or TRY_CAST(x AS type).
type Cast struct {
	Pos
	X      Expr
	Type   *Type
	Format Expr // nil if not written
	Try    bool // bad value gives NULL even where Hive answers an error
}

// Extract is EXTRACT(unit FROM x).
type Extract struct {
	Pos
	Unit string // lower case, as in Interval
	X    Expr
}

// RoundTo is FLOOR(x TO unit) or CEIL(x TO unit).
type RoundTo struct {
	Pos
	Ceil bool
	X    Expr
	Unit string
}

// Trim is TRIM([BOTH|LEADING|TRAILING] [chars] FROM x).
type Trim struct {
	Pos
	Side  string // both, leading, trailing
	Chars Expr   // nil for blanks
	X     Expr
}

// NullsMode is what a window function does with NULLs.
type NullsMode string

// The forms of a NullsMode.
const (
	NullsUnsaid  NullsMode = ""
	NullsIgnore  NullsMode = "ignore nulls"
	NullsRespect NullsMode = "respect nulls"
)

// Call is a function call, an aggregate or a window function. substring(x FROM a FOR b)
// comes as substring(x, a, b), position(a IN b) as locate(a, b), and array[…] as array(…).
type Call struct {
	Pos
	Name        QName
	Args        []Expr
	Star        bool // f(*)
	Distinct    bool
	OrderBy     []OrderItem // f(x ORDER BY y)
	Nulls       NullsMode   // inside or behind the parentheses
	WithinGroup []OrderItem
	Filter      Expr    // FILTER (WHERE …), nil if not written
	Over        *Window // nil if it is not a window function
}

// Lambda is x -> body or (x, y) -> body, only as an argument of a call.
type Lambda struct {
	Pos
	Params []Ident
	Body   Expr
}

// Index is x[i], of an array or a map.
type Index struct {
	Pos
	X, I Expr
}

// Field is x.name where x is not a plain name, such as a[0].b or f(x).col1.
type Field struct {
	Pos
	X    Expr
	Name Ident
}

// Window is what follows OVER, and the body of a WINDOW definition. DISTRIBUTE BY and
// SORT BY inside are the same as PARTITION BY and ORDER BY; CLUSTER BY is both.
type Window struct {
	Pos
	Base        Ident // OVER w, or (w …)
	PartitionBy []Expr
	OrderBy     []OrderItem
	Frame       *Frame // nil if not written
}

// FrameUnit is how a frame counts.
type FrameUnit string

// The units of a Frame.
const (
	FrameRows  FrameUnit = "rows"
	FrameRange FrameUnit = "range"
)

// Frame is ROWS|RANGE BETWEEN from AND to. `ROWS x` is BETWEEN x AND CURRENT ROW.
type Frame struct {
	Pos
	Unit     FrameUnit
	From, To Bound
}

// BoundKind is the sort of a frame's end.
type BoundKind string

// The sorts of Bound.
const (
	UnboundedPreceding BoundKind = "unbounded preceding"
	Preceding          BoundKind = "preceding"
	CurrentRow         BoundKind = "current row"
	Following          BoundKind = "following"
	UnboundedFollowing BoundKind = "unbounded following"
)

// Bound is one end of a Frame.
type Bound struct {
	Pos
	Kind   BoundKind
	Offset Expr // for Preceding and Following, else nil
}
