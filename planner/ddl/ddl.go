// Package ddl turns statements about tables into checked catalog changes, and answers SHOW and DESCRIBE
// from a snapshot. It touches no file: what has to be moved or made is the coordinator's.
//
// Read Env and CreateTable first.
package ddl

import (
	"context"
	"strings"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/catalog"
	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/planner/bind"
	"github.com/winnowdb/winnow/proto/diag"
)

// Env is what DDL is checked against.
type Env struct {
	Bind      *bind.Env // snapshot, session, parser
	Source    catalog.Source
	Warehouse string // folder or URL of managed tables
	Now       time.Time
	// Check refuses a table whose format cannot be read or written, and returns the types that its data columns
	// really have: exec/serde's answer.
	Check func(t *catalog.Table) ([]arrow.DataType, error)
	// Handler reports whether a STORED BY name is known.
	Handler func(name string) error
	// Reads reports whether there is a connector for a location.
	Reads func(location string) error
	Warn  func(text string)
}

func (e *Env) snapshot() *catalog.Snapshot { return e.Bind.Snapshot }

// database returns the database a name is in: the one written, or the session's.
func (e *Env) database(n ast.QName) string {
	if db := n.Database(); db != "" {
		return strings.ToLower(db)
	}
	return strings.ToLower(e.Bind.Session.Database)
}

// Table finds the table or view that n names; its error has n's span.
func (e *Env) Table(n ast.QName) (*catalog.Table, error) {
	db := e.database(n)
	if t := e.snapshot().Table(db, n.Name()); t != nil {
		return t, nil
	}
	err := e.snapshot().NoTable(db, n.Name())
	err.Span = n.Span()
	return nil, err
}

// DataTable is Table for statements that make no sense on views.
func (e *Env) DataTable(n ast.QName) (*catalog.Table, error) {
	t, err := e.Table(n)
	if err == nil && t.Kind == catalog.View {
		return nil, diag.At(n.Span(), diag.Type, "%s is a view", t.FullName())
	}
	return t, err
}

// reads refuses a location that no connector reads.
func (e *Env) reads(location string, at diag.Span) error {
	err := e.Reads(location)
	if d, ok := err.(*diag.Error); ok {
		placed := *d
		placed.Span = at
		return &placed
	}
	return err
}

// Type returns the type that t writes.
func Type(t *ast.Type) (arrow.DataType, error) {
	typ, err := datatype.Parse(ast.Print(t))
	if err != nil {
		d := diag.Errorf(diag.KindOf(err), "%w", err)
		if of, ok := err.(*diag.Error); ok {
			copied := *of
			d = &copied
		}
		d.Span = t.Span()
		return nil, d
	}
	return typ, nil
}

// maxColumns and maxName bound what a table may have.
const (
	maxColumns = 5000
	maxName    = 128
)

func columns(defs []ast.ColumnDef) ([]catalog.Column, error) {
	out := make([]catalog.Column, 0, len(defs))
	for _, d := range defs {
		c, err := column(d)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

func column(d ast.ColumnDef) (catalog.Column, error) {
	if len(d.Name.Name) > maxName {
		return catalog.Column{}, diag.At(d.Name.Span(), diag.Limit, "a column's name is at most %d bytes long", maxName)
	}
	if d.Type == nil {
		return catalog.Column{}, diag.At(d.Span(), diag.Syntax, "column %q needs a type", d.Name.Name)
	}
	t, err := Type(d.Type)
	if err != nil {
		return catalog.Column{}, err
	}
	return catalog.Column{Name: strings.ToLower(d.Name.Name), Type: t, Comment: d.Comment}, nil
}

// distinct refuses a name that stands twice among data and partition columns.
func distinct(t *catalog.Table, at diag.Span) error {
	seen := map[string]bool{}
	for _, c := range t.AllColumns() {
		if seen[c.Name] {
			return diag.At(at, diag.Exists, "column %q stands twice", c.Name)
		}
		seen[c.Name] = true
	}
	if len(seen) > maxColumns {
		return diag.At(at, diag.Limit, "a table has at most %d columns", maxColumns)
	}
	return nil
}

// props turns a property list into a map; the last of equal keys wins. lower is for SerDe properties.
func props(into map[string]string, list []ast.Property, lower bool) map[string]string {
	if into == nil {
		into = map[string]string{}
	}
	for _, p := range list {
		key := p.Key
		if lower {
			key = strings.ToLower(key)
		}
		into[key] = p.Value
	}
	return into
}

// Value evaluates a partition value as its column's type and returns its text.
func (e *Env) Value(col catalog.Column, v ast.Expr) (catalog.Value, error) {
	x, err := bind.Expr(e.Bind, v)
	if err != nil {
		return catalog.Value{}, err
	}
	if expr.IsNull(x) {
		return catalog.Value{Null: true}, nil
	}
	cast, err := expr.NewCast(x, col.Type, v.Span())
	if err != nil {
		return catalog.Value{}, err
	}
	a, err := expr.EvalConst(e.ctx(context.Background()), cast)
	if err != nil {
		return catalog.Value{}, err
	}
	defer a.Release()
	if a.IsNull(0) {
		return catalog.Value{}, diag.At(v.Span(), diag.Type, "partition column %q is %s, and %s is none", col.Name, datatype.Name(col.Type), ast.Print(v))
	}
	text := datatype.Text(a, 0)
	return catalog.Value{Text: text, Null: text == ""}, nil
}

func (e *Env) ctx(ctx context.Context) *funcs.Ctx {
	return &funcs.Ctx{Context: ctx, Mem: memory.DefaultAllocator, Session: e.Bind.Session, Warn: func(string) {}}
}

// Values evaluates a full partition spec of t, in the order of the partition columns.
func (e *Env) Values(t *catalog.Table, spec *ast.PartSpec) ([]catalog.Value, error) {
	given, err := e.given(t, spec)
	if err != nil {
		return nil, err
	}
	out := make([]catalog.Value, len(t.Partition))
	for i, col := range t.Partition {
		v, ok := given[i]
		if !ok {
			return nil, diag.At(spec.Span(), diag.Type, "the partition spec lacks %q", col.Name).WithHint("name all of %s", keyNames(t))
		}
		out[i] = v
	}
	return out, nil
}

// given evaluates the keys that spec fixes by =, by index of the partition column.
func (e *Env) given(t *catalog.Table, spec *ast.PartSpec) (map[int]catalog.Value, error) {
	out := map[int]catalog.Value{}
	for _, item := range spec.Items {
		i, err := keyIndex(t, item.Key)
		if err != nil {
			return nil, err
		}
		if item.Value == nil || item.Op != ast.OpEq {
			return nil, diag.At(item.Key.Span(), diag.Syntax, "want %s = value", item.Key.Name)
		}
		if out[i], err = e.Value(t.Partition[i], item.Value); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func keyIndex(t *catalog.Table, key ast.Ident) (int, error) {
	for i, c := range t.Partition {
		if strings.EqualFold(c.Name, key.Name) {
			return i, nil
		}
	}
	if !t.IsPartitioned() {
		return 0, diag.At(key.Span(), diag.Type, "table %s is not partitioned", t.FullName())
	}
	return 0, diag.At(key.Span(), diag.Unknown, "no partition column %q in %s", key.Name, t.FullName()).WithHint("it has %s", keyNames(t))
}

func keyNames(t *catalog.Table) string {
	names := make([]string, len(t.Partition))
	for i, c := range t.Partition {
		names[i] = c.Name
	}
	return strings.Join(names, ", ")
}
