package op

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/connectors/sys"
	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/exec/vec"
	"github.com/winnowdb/winnow/proto/diag"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// table is a test input: columns as "name type", rows as values separated by |, NULL for NULL.
type table struct {
	cols string
	rows []string
}

func (tb table) fields() []*winnowpb.Field { return fields(tb.cols) }

// fields reads "a int, b string".
func fields(s string) []*winnowpb.Field {
	var out []*winnowpb.Field
	for _, f := range strings.Split(s, ", ") {
		name, typ, _ := strings.Cut(f, " ")
		out = append(out, &winnowpb.Field{Name: name, Type: typ})
	}
	return out
}

// rig runs plans over tables, which Exchange nodes read: stage i is tables[i].
type rig struct {
	t      testing.TB
	tables []table
	parts  int // operators that one Exchange gives; 0: 1
	batch  int
	budget int64
	task   uint32
	mem    *memory.CheckedAllocator
	shared *Shared
	env    *Env
	fault  func(string) error
	files  int // spill files that are open
	allow  []string
}

func newRig(t testing.TB, tables ...table) *rig { return &rig{t: t, tables: tables, batch: 1024} }

func (r *rig) open() *Env {
	r.mem = memory.NewCheckedAllocator(memory.NewGoAllocator())
	m := sys.Host(r.t.TempDir())
	spill := m.Spill
	m.Spill = func() (sys.File, error) {
		f, err := spill()
		if err != nil {
			return nil, err
		}
		r.files++
		return &spillFile{f, r}, nil
	}
	if r.fault != nil {
		m.Fault = r.fault
	}
	if r.shared == nil {
		r.shared = NewShared()
	}
	r.env = &Env{
		Mem: r.mem, Machine: m, Inputs: r, Task: &winnowpb.Task{Index: r.task}, Budget: NewBudget(r.budget), Counters: NewCounters(),
		Shared: r.shared, BatchRows: r.batch, AllowTransform: r.allow,
		Funcs: &funcs.Ctx{Context: context.Background(), Mem: r.mem, Session: &funcs.Session{Zone: time.UTC}, Warn: func(string) {}},
	}
	return r.env
}

// spillFile counts itself among the rig's open files.
type spillFile struct {
	sys.File
	r *rig
}

func (f *spillFile) Close() error {
	f.r.files--
	return f.File.Close()
}

// Open gives the rows of a table in batches of the rig's size.
func (r *rig) Open(_ context.Context, stage, _ uint32, schema *arrow.Schema, _ bool) ([]Operator, error) {
	n := max(r.parts, 1)
	out := make([]Operator, n)
	for i := range out {
		var mine []string
		for k, row := range r.tables[stage].rows {
			if k%n == i {
				mine = append(mine, row)
			}
		}
		out[i] = &listed{env: r.env, schema: schema, rows: mine, size: r.batch}
	}
	return out, nil
}

// listed makes batches of rows in text.
type listed struct {
	env    *Env
	schema *arrow.Schema
	rows   []string
	size   int
}

func (l *listed) Schema() *arrow.Schema { return l.schema }
func (l *listed) Close() error          { return nil }

func (l *listed) Next(context.Context) (arrow.Record, error) {
	if len(l.rows) == 0 {
		return nil, io.EOF
	}
	n := min(l.size, len(l.rows))
	cols := make([]arrow.Array, len(l.schema.Fields()))
	for c, f := range l.schema.Fields() {
		b := array.NewStringBuilder(l.env.Mem)
		defer b.Release()
		for _, row := range l.rows[:n] {
			v := strings.Split(row, "|")[c]
			if v == "NULL" {
				b.AppendNull()
			} else {
				b.Append(v)
			}
		}
		cols[c] = b.NewArray()
		if datatype.Equal(f.Type, datatype.String) {
			continue
		}
		k, err := funcs.CastKernel(datatype.String, f.Type)
		if err != nil {
			return nil, err
		}
		typed, err := k(l.env.Funcs, []funcs.Vec{{Array: cols[c]}}, n)
		cols[c].Release()
		if err != nil {
			return nil, err
		}
		cols[c] = typed
	}
	l.rows = l.rows[n:]
	return newRecord(l.schema, cols, n)
}

// read is an Exchange of table i.
func (r *rig) read(i int) *winnowpb.Node {
	return &winnowpb.Node{Id: uint32(100 + i), Schema: r.tables[i].fields(), Op: &winnowpb.Node_Exchange{Exchange: &winnowpb.Exchange{Stage: uint32(i)}}}
}

// rows runs n and returns its rows as text.
func (r *rig) rows(n *winnowpb.Node) ([]string, error) {
	r.t.Helper()
	env := r.open()
	o, err := Build(env, n)
	if err != nil {
		return nil, err
	}
	out, err := readAll(context.Background(), o)
	if e := o.Close(); e != nil && err == nil {
		err = e
	}
	if e := o.Close(); e != nil {
		r.t.Errorf("second Close: %v", e)
	}
	if err == nil || diag.KindOf(err) != diag.Internal {
		r.mem.AssertSize(r.t.(*testing.T), 0)
	}
	if r.files != 0 {
		r.t.Errorf("%d spill files were not closed", r.files)
	}
	if used := env.Budget.Used(); used != 0 && !n.GetJoin().GetBroadcastRight() {
		r.t.Errorf("%d bytes of the budget were not given back", used)
	}
	return out, err
}

func readAll(ctx context.Context, o Operator) ([]string, error) {
	var out []string
	for {
		rec, err := o.Next(ctx)
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return out, err
		}
		if rec.NumRows() == 0 {
			return out, fmt.Errorf("an empty batch")
		}
		if !rec.Schema().Equal(o.Schema()) {
			return out, fmt.Errorf("schema %v, want %v", rec.Schema(), o.Schema())
		}
		for i := range int(rec.NumRows()) {
			out = append(out, rowText(rec, i))
		}
		rec.Release()
	}
}

func rowText(rec arrow.Record, i int) string {
	parts := make([]string, rec.NumCols())
	for c, col := range rec.Columns() {
		parts[c] = "NULL"
		if !vec.IsNull(col, i) {
			parts[c] = datatype.Text(col, i)
		}
	}
	return strings.Join(parts, "|")
}

// want runs n with batches of several sizes, without and with a budget that makes operators spill, and
// compares its rows; their order counts if ordered.
func (r *rig) want(n *winnowpb.Node, ordered bool, want ...string) {
	r.t.Helper()
	want = slices.Clone(want)
	if !ordered {
		slices.Sort(want)
	}
	for _, batch := range []int{1, 3, 1024} {
		for _, budget := range []int64{0, 2000} {
			r.batch, r.budget = batch, budget
			got, err := r.rows(n)
			if err != nil {
				r.t.Fatalf("batch %d, budget %d: %v", batch, budget, err)
			}
			if !ordered {
				slices.Sort(got)
			}
			if !slices.Equal(got, want) {
				r.t.Fatalf("batch %d, budget %d: got\n%s\nwant\n%s", batch, budget, strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		}
	}
}

// Expressions for plans.

func typ(name string) arrow.DataType {
	t, err := datatype.Parse(name)
	if err != nil {
		panic(err)
	}
	return t
}

func col(i int, t string) expr.Expr {
	return &expr.Column{Index: i, Name: fmt.Sprintf("c%d", i), T: typ(t)}
}

func call(name string, args ...expr.Expr) expr.Expr {
	e, err := expr.NewCall(name, args, diag.Span{})
	if err != nil {
		panic(err)
	}
	return e
}

func pb(e expr.Expr) *winnowpb.Expr { return expr.ToProto(e) }

func pbs(es ...expr.Expr) []*winnowpb.Expr {
	var out []*winnowpb.Expr
	for _, e := range es {
		out = append(out, pb(e))
	}
	return out
}

func sortKeys(es ...expr.Expr) []*winnowpb.SortKey {
	var out []*winnowpb.SortKey
	for _, e := range es {
		out = append(out, &winnowpb.SortKey{Expr: pb(e)})
	}
	return out
}

// over makes a node over inputs; op is one of the oneof's wrappers.
func over(schema string, n *winnowpb.Node, in ...*winnowpb.Node) *winnowpb.Node {
	n.Id, n.Schema, n.Inputs = 1, fields(schema), in
	return n
}
