package coord

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protopath"
	"google.golang.org/protobuf/reflect/protorange"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/planner"
	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/planner/bind"
	"github.com/winnowdb/winnow/planner/logical"
	"github.com/winnowdb/winnow/planner/optimize"
	"github.com/winnowdb/winnow/proto/diag"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// explain shows a query's plan; only ANALYZE reads data.
func (s *statement) explain(ctx context.Context, text string, st *ast.Explain) (*Result, error) {
	if st.Mode == ast.ExplainAST {
		return s.c.lines("explain", lines(ast.Print(st.Statement))), nil
	}
	n, err := s.explained(ctx, st)
	if err != nil {
		return nil, err
	}
	var steps []string
	p, err := s.plan(ctx, n, func(step optimize.Step) {
		if st.Mode == ast.ExplainRules {
			steps = append(append(steps, "after "+step.Rule+":"), lines(logical.Print(step.Plan))...)
		}
	})
	if err != nil {
		return nil, err
	}
	switch st.Mode {
	case ast.ExplainRules:
		return s.c.lines("explain", append(append([]string{"as bound:"}, lines(logical.Print(n))...), steps...)), nil
	case ast.ExplainLogical:
		return s.c.lines("explain", lines(logical.Print(n))), nil
	case ast.ExplainFormatted:
		b, err := protojson.MarshalOptions{Multiline: true, Indent: "  "}.Marshal(p.Plan)
		if err != nil {
			return nil, diag.Errorf(diag.Internal, "plan as JSON: %w", err)
		}
		return s.c.lines("explain", lines(string(b))), nil
	case ast.ExplainDependency:
		return s.c.lines("explain", dependencies(p)), nil
	case ast.ExplainAnalyze:
		return s.analyze(ctx, p)
	}
	out := lines(logical.Print(p.Logical))
	reads, err := s.reads(ctx, p)
	if err != nil {
		return nil, err
	}
	out = append(out, reads...)
	if st.Mode == ast.ExplainFragments || st.Mode == ast.ExplainExtended {
		out = append(out, stages(p.Plan, nil)...)
	}
	out = append(out, backtracking(p.Plan)...)
	for _, w := range s.warned {
		out = append(out, "warning: "+w)
	}
	return s.c.lines("explain", out), nil
}

// backtracking names the regular expressions of the plan that need what the linear engine does not have.
func backtracking(p *winnowpb.Plan) []string {
	var out []string
	eachMessage(p, func(m proto.Message) bool {
		call, ok := m.(*winnowpb.Call)
		if !ok || len(call.Args) < 2 {
			return true
		}
		pattern := string(call.Args[1].GetLiteral().GetBytes())
		if funcs.Engine(call.Name, pattern) == "backtracking" {
			if line := fmt.Sprintf("note: %s of %s is matched by backtracking, with a limit for each row", call.Name, ast.Quote(pattern)); !slices.Contains(out, line) {
				out = append(out, line)
			}
		}
		return true
	})
	return out
}

// eachMessage calls f with m and the messages in it, in the order of their fields, until f is false.
func eachMessage(m proto.Message, f func(proto.Message) bool) {
	_ = protorange.Options{Stable: true}.Range(m.ProtoReflect(), func(at protopath.Values) error { // there is no error but the end
		if in, ok := at.Index(-1).Value.Interface().(protoreflect.Message); ok && !f(in.Interface()) {
			return protorange.Terminate
		}
		return nil
	}, nil)
}

// explained binds the query of st; of an INSERT or CTAS the query that feeds it.
func (s *statement) explained(ctx context.Context, st *ast.Explain) (logical.Node, error) {
	env, err := s.bindEnv(ctx)
	if err != nil {
		return nil, err
	}
	switch q := st.Statement.(type) {
	case *ast.Query:
		return bind.Query(env, q)
	case *ast.Insert:
		return bind.Query(env, q.Query)
	case *ast.CreateTable:
		if q.As != nil {
			return bind.Query(env, q.As)
		}
	}
	return nil, diag.At(st.Statement.Span(), diag.Unsupported, "explain shows queries, INSERT … SELECT and CREATE TABLE … AS SELECT")
}

func lines(text string) []string { return strings.Split(strings.TrimRight(text, "\n"), "\n") }

// reads says what each scan would read: partitions kept of all, files, bytes. It lists, and opens no file.
func (s *statement) reads(ctx context.Context, p *planner.Planned) ([]string, error) {
	var out []string
	for _, stage := range p.Plan.Stages {
		for _, src := range stage.Scans {
			f := s.found[src.ScanId]
			if f == nil {
				var err error
				if f, err = s.find(ctx, src); err != nil {
					return nil, err
				}
			}
			files, bytes := stored(f, src)
			total := fmt.Sprint(src.PartitionsTotal)
			if src.PartitionsTotal == 0 && len(src.Partitions) > 0 {
				total = "?"
			}
			out = append(out, fmt.Sprintf("read %s: partitions %d/%s, files %d, bytes %d", src.Table, len(src.Partitions), total, files, bytes))
		}
	}
	return out, nil
}

// dependencies lists the tables and partitions that p reads.
func dependencies(p *planner.Planned) []string {
	var out []string
	for _, scan := range optimize.Partitions(p.Logical) {
		out = append(out, "table "+scan.Table.FullName())
		if scan.Pruned == nil || !scan.Table.IsPartitioned() {
			continue
		}
		for _, part := range scan.Pruned.Partitions {
			out = append(out, "partition "+scan.Table.FullName()+"/"+part.Name)
		}
	}
	return out
}

// analyze runs p, drops its rows and shows what each operator did.
func (s *statement) analyze(ctx context.Context, p *planner.Planned) (*Result, error) {
	if err := s.admit(ctx, p); err != nil {
		return nil, err
	}
	listed, err := s.packed(p.Plan)
	if err != nil {
		return nil, err
	}
	r := s.start(ctx, p, listed)
	defer r.Close()
	for {
		rec, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		rec.Release()
	}
	sum := r.Summary()
	out := append(lines(logical.Print(p.Logical)), stages(p.Plan, sum.Stats)...)
	return s.c.lines("explain", append(out, Describe(sum))), nil
}

// Describe is the one line that says what a statement took.
func Describe(s Summary) string {
	st, took := s.Stats, s.Elapsed.Round(time.Millisecond)
	rows := "1 row"
	if s.Rows != 1 {
		rows = fmt.Sprintf("%d rows", s.Rows)
	}
	if s.Scans == 0 && st.Files == 0 {
		return fmt.Sprintf("%s, %s", rows, took)
	}
	total := fmt.Sprint(s.PartitionsTotal)
	if s.PartitionsTotal < 0 {
		total = "?"
	}
	damage := fmt.Sprintf("corrupt rows %d, bad values %d%s", st.BadRows, st.BadValues, rare(st))
	if s.Kept {
		return fmt.Sprintf("%s, kept from an earlier statement over the same files, partitions %d/%s, %s, %s", rows, s.PartitionsKept, total, damage, took)
	}
	rate := 0.0
	if sec := s.Elapsed.Seconds(); sec > 0 {
		rate = float64(st.BytesDecoded) / 1e9 / sec
	}
	return fmt.Sprintf("%s, partitions %d/%s, files %d, bytes %d (%d decoded), rows read %d, %s, %s, %.2f GB/s",
		rows, s.PartitionsKept, total, st.Files, st.BytesRead, st.BytesDecoded, st.RowsRead, damage, took, rate)
}

// rare names the counters that are mostly zero, where they are not.
func rare(st *winnowpb.Stats) string {
	out := ""
	for _, c := range []struct {
		what string
		n    int64
	}{
		{"extra fields", st.ExtraFields}, {"long lines", st.LongLines}, {"bad UTF-8", st.BadUtf8}, {"spilled bytes", st.SpilledBytes},
	} {
		if c.n > 0 {
			out += fmt.Sprintf(", %s %d", c.what, c.n)
		}
	}
	return out
}

// stages prints the plan's stages, with the counters of their operators if there are any.
func stages(p *winnowpb.Plan, stats *winnowpb.Stats) []string {
	var out []string
	for _, s := range p.Stages {
		tasks := "a task per split"
		if s.Tasks > 0 {
			tasks = fmt.Sprintf("%d tasks", s.Tasks)
		}
		to := strings.ToLower(s.Output.Kind.String())
		out = append(out, fmt.Sprintf("stage %d: %s, output %s", s.Id, tasks, to))
		out = append(out, operators(s.Root, stats, 1)...)
	}
	return out
}

func operators(n *winnowpb.Node, stats *winnowpb.Stats, depth int) []string {
	name := strings.TrimPrefix(fmt.Sprintf("%T", n.Op), "*winnowpb.Node_")
	line := strings.Repeat("  ", depth) + name
	if x := n.GetExchange(); x != nil {
		line += fmt.Sprintf(" of stage %d", x.Stage)
	}
	if a := n.GetAggregate(); a != nil {
		line += " " + strings.ToLower(a.Phase.String())
	}
	if j := n.GetJoin(); j != nil {
		line += " " + strings.ToLower(j.Kind.String())
		if j.BroadcastRight {
			line += " broadcast"
		}
		if slices.Contains(j.Reduce, true) {
			line += " reducing"
		}
	}
	if stats != nil {
		i := slices.IndexFunc(stats.Nodes, func(s *winnowpb.NodeStats) bool { return s.Node == n.Id })
		if i >= 0 {
			st := stats.Nodes[i]
			line += fmt.Sprintf("  (rows %d, time %s", st.Rows, time.Duration(st.Nanos).Round(time.Microsecond))
			if st.Bytes > 0 && st.Nanos > 0 {
				line += fmt.Sprintf(", bytes %d, %.2f GB/s", st.Bytes, float64(st.Bytes)/float64(st.Nanos))
			}
			line += ")"
		}
	}
	out := []string{line}
	for _, in := range n.Inputs {
		out = append(out, operators(in, stats, depth+1)...)
	}
	return out
}
