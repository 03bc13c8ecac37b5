// Package bind turns a parsed statement into a logical plan: names become columns, functions and types,
// and every conversion becomes a cast. It is the only step that reads the catalog's snapshot. A plan that it
// returns is correct as it stands; optimize only makes it faster.
//
// A query block is bound in the order in which SQL gives it meaning: FROM and WHERE make the source rows;
// select list, HAVING, QUALIFY and ORDER BY are bound over the columns of these, with aggregates and
// window calls set aside as columns of their own; then, if the block groups, all those expressions are
// rewritten to read the groups. Subqueries become joins; one that reads columns of an enclosing
// query is freed of them by pull (decorrelate.go).
//
// Read Env and Query, then block in select.go.
package bind

import (
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/catalog"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/planner/logical"
	"github.com/winnowdb/winnow/proto/diag"
)

// Env is what a statement is bound in.
type Env struct {
	Snapshot *catalog.Snapshot
	Session  *funcs.Session
	// Params are the values of ? in order; nil entries are values that are not known yet and stand for a NULL.
	Params []expr.Expr
	// WantParam is told the type that the place of the parameter wants, for each ? whose value is not known
	// and whose place wants one. It may be nil.
	WantParam func(index int, t arrow.DataType)
	// Parse parses the text of a view, or of a macro's body as "select body".
	Parse func(sql string) (ast.Statement, error)
	// Virtual returns the rows of a table that is in no catalog, such as information_schema.tables; the IDs
	// in its Out are ignored; nil if there is none of that name. It may be nil. Names are in lower case.
	Virtual func(database, table string) (*logical.Values, error)
	// Star is told what each * of a select list, and each regular expression over names, stands for: its place
	// in the statement and the columns, as HiveQL. Those in the text of a view are left out. It may be nil.
	Star func(at diag.Span, columns string)
	// Warn records a warning of the statement. It may be nil.
	Warn func(text string)
}

// Query binds a query. The plan's output fields are named as the result's columns are: an expression
// without alias is _c0, _c1, … by its place; names that come twice get their table's name in
// front, or a number behind.
func Query(env *Env, q *ast.Query) (logical.Node, error) {
	b := newBinder(env)
	n, err := b.query(q, queryCtx{top: true})
	if err != nil {
		return nil, err
	}
	return b.finish(b.uniqueNames(n))
}

// Expr binds an expression that reads no table: a default value, a partition's value, an argument of EXECUTE.
// Calls of constants are folded.
func Expr(env *Env, e ast.Expr) (expr.Expr, error) {
	b := newBinder(env)
	p := &place{b: b, clause: "a constant expression", scope: &scope{}}
	x, err := p.expr(e)
	if err != nil {
		return nil, err
	}
	return expr.Fold(x, env.Session), nil
}

// Predicate binds a condition over columns, such as that of SHOW PARTITIONS … WHERE. Column i has ID i+1.
func Predicate(env *Env, columns []catalog.Column, e ast.Expr) (expr.Expr, error) {
	b := newBinder(env)
	s := &scope{}
	for _, c := range columns {
		s.cols = append(s.cols, column{Field: b.field("", c.Name, c.Type)})
	}
	p := &place{b: b, clause: "WHERE", scope: s}
	return p.condition(e)
}

// binder binds one statement.
type binder struct {
	env    *Env
	db     string      // where a bare table name is looked up: the session's database, or the view's
	last   uint32      // the last ID given out
	parts  int         // tables and subqueries so far
	views  []string    // being bound, outermost first
	macros int         // macros being expanded
	outer  outerValues // while pull is at work
}

func newBinder(env *Env) *binder {
	return &binder{env: env, db: strings.ToLower(env.Session.Database)}
}

// id returns a new ID for a column, a scan or a shared subtree.
func (b *binder) id() uint32 {
	b.last++
	return b.last
}

func (b *binder) field(qualifier, name string, t arrow.DataType) logical.Field {
	return logical.Field{ID: b.id(), Qualifier: qualifier, Name: name, T: t}
}

func (b *binder) warn(text string) {
	if b.env.Warn != nil {
		b.env.Warn(text)
	}
}

// setting returns the session's value of key, lower case, or def.
func (b *binder) setting(key, def string) string {
	if v, ok := b.env.Session.Settings[key]; ok {
		return strings.ToLower(strings.TrimSpace(v))
	}
	return def
}

// maxPlanNodes is how many tables and subqueries a statement may name; winnow.max.plan.nodes changes it.
const maxPlanNodes = 1000

// count notes one more table or subquery, at at.
func (b *binder) count(at diag.Span) error {
	limit := maxPlanNodes
	if n, err := strconv.Atoi(b.setting("winnow.max.plan.nodes", "")); err == nil && n > 0 {
		limit = n
	}
	if b.parts++; b.parts > limit {
		return diag.At(at, diag.Limit, "the statement reads more than %d tables and subqueries", limit).
			WithHint("split it, or set winnow.max.plan.nodes")
	}
	return nil
}

// queryCtx is what surrounds a query.
type queryCtx struct {
	outer  *scope    // columns of the enclosing query, for a subquery
	with   *ctes     // names of WITH
	top    bool      // the statement's own query: SORT BY orders
	feeds  bool      // its rows go to TRANSFORM in this order: DISTRIBUTE BY and SORT BY order
	source *relation // of the branches of a multi-insert, instead of FROM
	groups *grouping // of the query in whose HAVING this one stands
}
