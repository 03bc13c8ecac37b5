package bind

import (
	"strconv"

	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/planner/logical"
	"github.com/winnowdb/winnow/proto/diag"
)

// relation is a bound part of FROM: its rows, and the columns that names may mean.
type relation struct {
	node logical.Node
	cols []column
}

// fromCtx is what surrounds a part of FROM.
type fromCtx struct {
	outer *scope    // of the enclosing query
	with  *ctes     // names of WITH
	feeds bool      // the rows go to TRANSFORM in the order of a subquery here
	left  *relation // what stands to the left, for LATERAL; or nil
}

// from binds a part of FROM.
func (b *binder) from(ref ast.TableRef, c fromCtx) (relation, error) {
	switch ref := ref.(type) {
	case *ast.Table:
		return b.table(ref, c)
	case *ast.SubqueryTable:
		return b.subqueryTable(ref, c)
	case *ast.Join:
		return b.joins(ref, c)
	case *ast.LateralView:
		return b.lateralView(ref, c)
	case *ast.Unnest:
		return b.unnest(ref, c)
	case *ast.FuncTable:
		return b.funcTable(ref, c)
	case *ast.UniqueJoin:
		return b.uniqueJoin(ref, c)
	}
	return relation{}, diag.At(ref.Span(), diag.Internal, "%T in FROM", ref)
}

// single is one row without columns: what SELECT without FROM reads.
func single() relation {
	return relation{node: &logical.Values{Rows: [][]expr.Expr{{}}}}
}

// subqueryTable binds (select …) alias.
func (b *binder) subqueryTable(t *ast.SubqueryTable, c fromCtx) (relation, error) {
	if err := b.count(t.Span()); err != nil {
		return relation{}, err
	}
	outer := c.outer
	if t.Lateral && c.left != nil {
		outer = &scope{cols: c.left.cols, outer: c.outer}
	}
	n, err := b.query(t.Query, queryCtx{outer: outer, with: c.with, feeds: c.feeds})
	if err != nil {
		return relation{}, err
	}
	rel := relation{node: n, cols: columnsOf(n, t.Alias.Name)}
	if err := b.rename(rel.cols, t.Columns, t.Span()); err != nil {
		return relation{}, err
	}
	unlike(rel.cols)
	return b.sampled(rel, t.Sample, c)
}

// unlike gives columns of a subquery that are named as an earlier one is Hive's own names: _col and their place.
func unlike(cols []column) {
	seen := map[string]bool{}
	for i := range cols {
		if seen[cols[i].Name] {
			cols[i].Name = "_col" + strconv.Itoa(i)
		}
		seen[cols[i].Name] = true
	}
}

// rename gives cols the names of AS t(a, b); no names leave them as they are.
func (b *binder) rename(cols []column, names []ast.Ident, at diag.Span) error {
	if len(names) == 0 {
		return nil
	}
	shown := 0
	for i := range cols {
		if cols[i].Hidden {
			continue
		}
		if shown < len(names) {
			cols[i].Name = names[shown].Name
		}
		shown++
	}
	if shown != len(names) {
		return diag.At(spanOf(names), diag.Type, "%d column names for %d columns", len(names), shown)
	}
	return nil
}

// sampled puts TABLESAMPLE over the rows of a subquery.
func (b *binder) sampled(rel relation, s *ast.Sample, c fromCtx) (relation, error) {
	if s == nil {
		return rel, nil
	}
	sample, err := b.sample(s, rel, c)
	if err != nil {
		return relation{}, err
	}
	if sample.Bytes > 0 {
		return relation{}, diag.At(s.Span(), diag.Unsupported, "a sample of bytes is taken of a table's files, not of a subquery").
			WithHint("take a number of rows or percent")
	}
	rel.node = &logical.SampleRows{Input: rel.node, Sample: *sample}
	return rel, nil
}

// sample binds TABLESAMPLE (…) over the columns of rel.
func (b *binder) sample(s *ast.Sample, rel relation, c fromCtx) (*logical.Sample, error) {
	out := &logical.Sample{}
	switch s.Kind {
	case ast.SamplePercent:
		if s.Percent < 0 || s.Percent > 100 {
			return nil, diag.At(s.Span(), diag.Syntax, "a sample takes 0 to 100 percent, not %g", s.Percent)
		}
		out.Percent = s.Percent
	case ast.SampleRows:
		out.Rows = s.N
	case ast.SampleBytes:
		out.Bytes = s.N
	case ast.SampleBucket:
		if s.N < 1 || s.N > s.Buckets {
			return nil, diag.At(s.Span(), diag.Syntax, "there is no bucket %d of %d", s.N, s.Buckets)
		}
		out.Bucket, out.Buckets = int(s.N), int(s.Buckets)
	}
	p := &place{b: b, clause: "TABLESAMPLE", scope: &scope{cols: rel.cols, outer: c.outer}}
	for _, e := range s.On {
		x, err := p.expr(e)
		if err != nil {
			return nil, err
		}
		if !expr.IsVolatile(x) { // ON rand() is a bucket by chance, which is what no ON means
			out.On = append(out.On, x)
		}
	}
	return out, nil
}
