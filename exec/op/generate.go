package op

import (
	"context"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/exec/vec"
	"github.com/winnowdb/winnow/proto/diag"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// generate is LATERAL VIEW.
type generate struct {
	unary
	fn    funcs.TableBound
	args  []expr.Expr
	outer bool
	rec   arrow.Record // input batch under way
	at    int64        // its next row
	step  int64        // rows given to the function at once, so that its rows make about a batch
}

func newGenerate(env *Env, n *winnowpb.Node, in Operator) (Operator, error) {
	schema, err := schemaOf(n.Schema)
	if err != nil {
		return nil, err
	}
	pb := n.GetGenerate()
	f := funcs.FindTable(pb.Function)
	if f == nil {
		return nil, diag.Errorf(diag.Internal, "plan: no table function %q", pb.Function)
	}
	args, err := expr.AllFromProto(pb.Args)
	if err != nil {
		return nil, err
	}
	g := &generate{unary: unary{env, in, schema}, outer: pb.Outer, step: int64(env.BatchRows)}
	if g.fn, err = f.Bind(expr.Args(args)); err != nil {
		return nil, err
	}
	g.args, err = expr.CastArgs(args, g.fn.Casts, diag.Span{})
	return g, err
}

func (g *generate) Next(ctx context.Context) (arrow.Record, error) {
	for {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if g.rec == nil {
			rec, err := g.in.Next(ctx)
			if err != nil {
				return nil, err
			}
			g.rec, g.at = rec, 0
		}
		to := min(g.at+g.step, g.rec.NumRows())
		some := g.rec.NewSlice(g.at, to)
		out, err := g.expand(some)
		some.Release()
		if err != nil {
			return nil, err
		}
		g.adapt(to-g.at, out.NumRows())
		if g.at = to; to == g.rec.NumRows() {
			g.drop()
		}
		if out.NumRows() > 0 {
			return out, nil
		}
		out.Release()
	}
}

// adapt chooses the next step from how many rows the last one made.
func (g *generate) adapt(in, out int64) {
	want := int64(g.env.BatchRows)
	switch {
	case out > 2*want:
		g.step = max(1, in*want/out)
	case 2*out < want:
		g.step = min(want, 2*g.step)
	}
}

func (g *generate) drop() {
	if g.rec != nil {
		g.rec.Release()
		g.rec = nil
	}
}

func (g *generate) Close() error {
	g.drop()
	return g.in.Close()
}

func (g *generate) expand(rec arrow.Record) (arrow.Record, error) {
	n := int(rec.NumRows())
	args := make([]funcs.Vec, 0, len(g.args))
	defer func() {
		for _, v := range args {
			v.Release()
		}
	}()
	for _, e := range g.args {
		v, err := expr.Eval(g.env.Funcs, e, rec)
		if err != nil {
			return nil, err
		}
		args = append(args, v)
	}
	rows, made, err := g.fn.Eval(g.env.Funcs, args, n)
	if err != nil {
		return nil, err
	}
	if g.outer {
		var idx []int32
		rows, idx = withEmpty(rows, n)
		for i, a := range made {
			made[i] = vec.Take(g.env.Mem, a, idx)
			a.Release()
		}
	}
	return newRecord(g.schema, append(takeAll(g.env, rec.Columns(), rows), made...), len(rows))
}

// withEmpty adds a row of NULLs for each input row that made none: idx names made rows, -1 for NULLs.
func withEmpty(rows []int32, n int) (out, idx []int32) {
	next := 0
	for i := range int32(n) {
		before := next
		for next < len(rows) && rows[next] == i {
			out, idx = append(out, i), append(idx, int32(next))
			next++
		}
		if next == before {
			out, idx = append(out, i), append(idx, -1)
		}
	}
	return out, idx
}
