package logical

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/funcs"
)

// Print draws a plan for people, as EXPLAIN shows it: one line per node, inputs indented below it. A
// Shared subtree is drawn where it is met first.
func Print(n Node) string {
	p := printer{shared: map[uint32]bool{}}
	p.node(n, 0)
	return p.b.String()
}

type printer struct {
	b      strings.Builder
	shared map[uint32]bool // IDs drawn already
}

func (p *printer) node(n Node, depth int) {
	p.b.WriteString(strings.Repeat("  ", depth))
	p.b.WriteString(Describe(n))
	if s, ok := n.(*Shared); ok {
		if p.shared[s.ID] {
			p.b.WriteString(" (drawn above)\n")
			return
		}
		p.shared[s.ID] = true
	}
	p.b.WriteByte('\n')
	for _, in := range n.Inputs() {
		p.node(in, depth+1)
	}
}

// Describe is the line that Print draws for n itself.
func Describe(n Node) string {
	switch n := n.(type) {
	case *Scan:
		return describeScan(n)
	case *Values:
		return fmt.Sprintf("Values %s [%s]", plural(len(n.Rows), "row"), names(n.Out))
	case *Filter:
		return "Filter " + conjuncts(n.Conds)
	case *Project:
		return "Project [" + projections(n) + "]"
	case *Aggregate:
		return describeAggregate(n)
	case *GroupingSets:
		return describeSets(n)
	case *Join:
		return describeJoin(n)
	case *Sort:
		return "Sort " + sortKeys(n.Keys) + number(" limit ", n.Limit)
	case *Limit:
		return describeLimit(n)
	case *Window:
		return describeWindow(n)
	case *Union:
		return "Union [" + names(n.Out) + "]"
	case *SetOp:
		return describeSetOp(n)
	case *Generate:
		return describeGenerate(n)
	case *Transform:
		return fmt.Sprintf("Transform [%s] using %s as [%s]", list(n.Args), strings.Join(quoted(n.Command), " "), names(n.Out))
	case *AssertSingle:
		return "AssertSingle"
	case *SampleRows:
		return "Sample " + describeSample(&n.Sample)
	case *Shared:
		return fmt.Sprintf("Shared #%d [%s]", n.ID, names(n.Out))
	case *Write:
		return fmt.Sprintf("Write %s%s", n.Table.FullName(), number(" dynamic ", int64(n.Dynamic)))
	}
	return fmt.Sprintf("%T", n)
}

func describeScan(n *Scan) string {
	var b strings.Builder
	b.WriteString("Scan " + n.Table.FullName())
	if n.Alias != "" && n.Alias != n.Table.Name {
		b.WriteString(" as " + n.Alias)
	}
	var shown []Field
	for _, c := range n.Columns {
		if c.Field.Hidden {
			continue
		}
		f := c.Field
		if len(c.Path) > 0 && !c.Entry {
			f.Name += "{" + strings.Join(c.Path, " ") + "}"
		}
		shown = append(shown, f)
	}
	b.WriteString(" [" + names(shown) + "]")
	if len(n.Filters) > 0 {
		b.WriteString(" where " + conjuncts(n.Filters))
	}
	if n.Pruned != nil {
		b.WriteString(" partitions " + strconv.Itoa(len(n.Pruned.Partitions)))
		if n.Pruned.Total >= 0 {
			b.WriteString("/" + strconv.Itoa(n.Pruned.Total))
		}
	}
	if len(n.Together) > 0 {
		var by []Field
		for _, c := range n.Columns {
			if slices.Contains(n.Together, c.Field.ID) {
				by = append(by, c.Field)
			}
		}
		b.WriteString(" together by [" + names(by) + "]")
	}
	if n.Sample != nil {
		b.WriteString(" sample " + describeSample(n.Sample))
	}
	b.WriteString(number(" limit ", n.Limit))
	return b.String()
}

func describeSample(s *Sample) string {
	switch {
	case s.Buckets > 0:
		on := "rand()"
		if len(s.On) > 0 {
			on = list(s.On)
		}
		return fmt.Sprintf("bucket %d of %d on %s", s.Bucket, s.Buckets, on)
	case s.Rows > 0:
		return plural(int(s.Rows), "row")
	case s.Bytes > 0:
		return fmt.Sprintf("%d bytes", s.Bytes)
	}
	return strconv.FormatFloat(s.Percent, 'g', -1, 64) + " percent"
}

func projections(n *Project) string {
	var parts []string
	for i, e := range n.Exprs {
		c, ok := e.(*expr.Column)
		switch {
		case ok && n.Out[i].Hidden:
		case ok && (c.Name == n.Out[i].Name || strings.HasSuffix(c.Name, "."+n.Out[i].Name)):
			parts = append(parts, expr.Print(e))
		default:
			parts = append(parts, expr.Print(e)+" as "+n.Out[i].Name)
		}
	}
	return strings.Join(parts, ", ")
}

func describeAggregate(n *Aggregate) string {
	calls := make([]string, len(n.Calls))
	for i, c := range n.Calls {
		calls[i] = DescribeCall(c)
	}
	s := "Aggregate"
	if len(n.Keys) > 0 {
		s += " by [" + list(n.Keys) + "]"
	}
	if len(calls) > 0 {
		s += " [" + strings.Join(calls, ", ") + "]"
	}
	return s
}

// DescribeCall draws a call of an aggregate, such as count(distinct a).
func DescribeCall(c AggCall) string { return call(c.Name, c.Args, c.Distinct, c.Filter) }

func call(name string, args []expr.Expr, distinct bool, filter expr.Expr) string {
	text := list(args)
	if len(args) == 0 && name == "count" {
		text = "*"
	}
	if distinct {
		text = "distinct " + text
	}
	s := name + "(" + text + ")"
	if filter != nil {
		s += " filter (where " + expr.Print(filter) + ")"
	}
	return s
}

func describeSets(n *GroupingSets) string {
	sets := make([]string, len(n.Sets))
	for i, set := range n.Sets {
		in := make([]Field, len(set))
		for j, k := range set {
			in[j] = n.Out[k]
		}
		sets[i] = "(" + names(in) + ")"
	}
	return "GroupingSets " + strings.Join(sets, ", ")
}

var joinNames = [...]string{
	Inner: "Join", Left: "LeftJoin", Right: "RightJoin", Full: "FullJoin", Semi: "SemiJoin", Anti: "AntiJoin",
	NullAwareAnti: "NullAwareAntiJoin", Mark: "MarkJoin",
}

func describeJoin(n *Join) string {
	s := joinNames[n.Kind]
	if n.Kind == Inner && len(n.On) == 0 {
		s = "CrossJoin"
	}
	if len(n.On) > 0 {
		s += " on " + conjuncts(n.On)
	}
	if n.Kind == Mark {
		s += " as " + n.MarkOut.Name
	}
	if n.Broadcast {
		s += " broadcast"
	}
	for i, c := range n.Reduces {
		s += []string{" reducing ", ", "}[min(i, 1)] + expr.Print(c)
	}
	return s
}

func describeLimit(n *Limit) string {
	s := "Limit"
	if n.Count >= 0 {
		s += " " + strconv.FormatInt(n.Count, 10)
	}
	return s + number(" offset ", n.Offset)
}

func describeWindow(n *Window) string {
	calls := make([]string, len(n.Calls))
	for i, c := range n.Calls {
		calls[i] = call(c.Name, c.Args, c.Distinct, c.Filter)
		if c.IgnoreNulls {
			calls[i] += " ignore nulls"
		}
		if funcs.FindWindow(c.Name) == nil { // rank and its like have no frame
			calls[i] += " " + describeFrame(c.Frame)
		}
	}
	s := "Window"
	if len(n.PartitionBy) > 0 {
		s += " partition by [" + list(n.PartitionBy) + "]"
	}
	if len(n.OrderBy) > 0 {
		s += " order by " + sortKeys(n.OrderBy)
	}
	return s + " [" + strings.Join(calls, ", ") + "]"
}

var frameUnits = [...]string{Rows: "rows", Range: "range", Groups: "groups"}

func describeFrame(f Frame) string {
	return frameUnits[f.Unit] + " " + describeBound(f.Start) + ".." + describeBound(f.End)
}

func describeBound(b FrameBound) string {
	switch b.Kind {
	case Preceding:
		return expr.Print(b.Offset) + " preceding"
	case Following:
		return expr.Print(b.Offset) + " following"
	case CurrentRow:
		return "current"
	}
	return "unbounded"
}

func describeSetOp(n *SetOp) string {
	s := "Intersect"
	if n.Except {
		s = "Except"
	}
	if n.All {
		s += "All"
	}
	return s + " [" + names(n.Out) + "]"
}

func describeGenerate(n *Generate) string {
	s := "Generate"
	if n.Outer {
		s += " outer"
	}
	return s + " " + call(n.Function, n.Args, false, nil) + " as [" + names(n.Out) + "]"
}

func names(fields []Field) string {
	parts := make([]string, len(fields))
	for i, f := range fields {
		parts[i] = f.Name
	}
	return strings.Join(parts, ", ")
}

func list(exprs []expr.Expr) string {
	parts := make([]string, len(exprs))
	for i, e := range exprs {
		parts[i] = expr.Print(e)
	}
	return strings.Join(parts, ", ")
}

func conjuncts(exprs []expr.Expr) string {
	parts := make([]string, len(exprs))
	for i, e := range exprs {
		parts[i] = expr.Print(e)
	}
	return strings.Join(parts, " and ")
}

func sortKeys(keys []SortKey) string {
	parts := make([]string, len(keys))
	for i, k := range keys {
		parts[i] = expr.Print(k.Expr)
		if k.Descending {
			parts[i] += " desc"
		}
		if k.NullsFirst {
			parts[i] += " nulls first"
		}
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

func quoted(args []string) []string {
	out := make([]string, len(args))
	for i, a := range args {
		out[i] = strconv.Quote(a)
	}
	return out
}

// number returns label and n, or "" for 0.
func number(label string, n int64) string {
	if n == 0 {
		return ""
	}
	return label + strconv.FormatInt(n, 10)
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
