// Package ast is a HiveQL statement as written: the tree that planner/parse makes and that
// planner/bind and planner/ddl read. Nothing in it is resolved: names are names, types are
// spelled, and `select *` is a star. Every node knows its place in the statement text.
//
// All nodes are plain structs with exported fields. The interfaces are sealed, so that a type
// switch can name every kind. Parentheses are not kept: Print adds those that are needed.
//
// Read Query and Select first, then Expr.
package ast

import (
	"strings"

	"github.com/winnowdb/winnow/proto/diag"
)

// Node is any part of a statement.
type Node interface {
	// Span is the byte range of the node in the text that was parsed; zero for a node
	// that was not written, such as one made by a rewrite.
	Span() diag.Span
	node()
}

// Statement is one whole statement.
type Statement interface {
	Node
	statement()
}

// Expr is an expression: something with a value for a row.
type Expr interface {
	Node
	expr()
}

// TableRef is what may stand in FROM: *Table, *SubqueryTable, *FuncTable, *Unnest,
// *LateralView, *Join or *UniqueJoin.
type TableRef interface {
	Node
	tableRef()
}

// QueryExpr is something that yields rows: *Query, *Select, *SetOp or *Values.
type QueryExpr interface {
	Node
	queryExpr()
}

// Pos is the place of a node; every node embeds one.
type Pos diag.Span

// Span returns p as the span of its node.
func (p Pos) Span() diag.Span { return diag.Span(p) }

func (Pos) node() {}

// Ident is one name. The zero Ident means that none was written.
type Ident struct {
	Pos
	Name   string // lower case, without quotes
	Quoted bool   // written in backquotes: never a keyword, and perhaps a regex column
}

// Given reports whether a name was written.
func (i Ident) Given() bool { return i.Name != "" }

// QName is a name of one to three parts, such as db.table.
type QName struct {
	Pos
	Parts []Ident // at least one
}

// Name returns the last part: the table or function itself.
func (q QName) Name() string { return q.Parts[len(q.Parts)-1].Name }

// Database returns the part before the last, or "" if only one was written.
func (q QName) Database() string {
	if len(q.Parts) < 2 {
		return ""
	}
	return q.Parts[len(q.Parts)-2].Name
}

// String returns the parts joined by dots, unquoted, for messages.
func (q QName) String() string {
	parts := make([]string, len(q.Parts))
	for i, p := range q.Parts {
		parts[i] = p.Name
	}
	return strings.Join(parts, ".")
}

// Type is a type as written. Synonyms are already replaced: integer is int, real is float,
// double precision is double, dec and numeric are decimal.
type Type struct {
	Pos
	Name   string  // lower case: int, decimal, array, "timestamp with local time zone"
	Params []int   // length of char and varchar; precision and scale of decimal; empty if none written
	Elems  []*Type // element of array; key and value of map; members of uniontype
	Fields []StructField
}

// StructField is one field of a struct type.
type StructField struct {
	Pos
	Name    Ident
	Type    *Type
	Comment string
}

// Property is one key of TBLPROPERTIES, SERDEPROPERTIES or a like list.
type Property struct {
	Pos
	Key   string // case kept
	Value string // "" where only keys are written (UNSET)
}

// PartSpec is PARTITION (k=v, …); nil where no partition was written.
type PartSpec struct {
	Pos
	Items []PartItem
}

// PartItem is one key of a PartSpec.
type PartItem struct {
	Pos
	Key   Ident
	Op    Op   // OpEq, or another comparison or OpLike in DROP PARTITION; OpEq when Value is nil
	Value Expr // nil for a dynamic partition column
}

// SourceText is a part of the statement as it was written. Equal does not compare it.
type SourceText string
