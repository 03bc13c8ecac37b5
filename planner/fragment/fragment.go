// Package fragment cuts a logical plan into stages at exchanges and writes them as the plan message
// that workers run. A stage is as parallel as its input allows: one task per group of splits, one per
// hash partition, or a single one. Exchanges are set where an operator needs rows together that may
// lie apart, and nowhere else.
//
// Read Cut first.
package fragment

import (
	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/planner/logical"
	"github.com/winnowdb/winnow/proto/diag"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// Config bounds the cut.
type Config struct {
	Partitions int // readers of a hash exchange; at least 1
}

// MaxNodes is how many operators a plan may have.
const MaxNodes = 20_000

// Cut returns the stages of plan, inputs first; the last is the root. Scans must be pruned.
func Cut(plan logical.Node, cfg Config) (*winnowpb.Plan, error) {
	c := &cutter{cfg: cfg, plan: &winnowpb.Plan{}, shared: map[uint32]*piece{}}
	p, err := c.cut(plan)
	if err != nil {
		return nil, err
	}
	if p.spread != single {
		p = c.gather(p, nil)
	}
	c.finish(p, &winnowpb.Output{Kind: winnowpb.Output_GATHER})
	return c.plan, nil
}

// spread is how the tasks of a stage divide its rows.
type spread int

const (
	single spread = iota // one task has them all
	splits               // each task has some splits
	hashed               // each task has one hash partition
)

// piece is a stage in the making: an operator tree and how it is spread.
type piece struct {
	root   *winnowpb.Node
	fields []logical.Field
	spread spread
	by     placedBy
	scans  []*winnowpb.ScanSource
	// limited: a LIMIT in it makes do with some of its tasks.
	limited bool
}

type cutter struct {
	cfg    Config
	plan   *winnowpb.Plan
	nodes  uint32
	shared map[uint32]*piece // finished stages of Shared nodes, as exchange pieces
}

// node returns an operator message over inputs with the given output.
func (c *cutter) node(fields []logical.Field, inputs ...*winnowpb.Node) *winnowpb.Node {
	c.nodes++
	return &winnowpb.Node{Id: c.nodes, Schema: schema(fields), Inputs: inputs}
}

func schema(fields []logical.Field) []*winnowpb.Field {
	out := make([]*winnowpb.Field, len(fields))
	for i, f := range fields {
		out[i] = &winnowpb.Field{Name: f.Name, Type: datatype.Name(f.T)}
	}
	return out
}

// finish ends p as a stage that puts its rows out as out says, and returns the stage's ID.
func (c *cutter) finish(p *piece, out *winnowpb.Output) uint32 {
	id := uint32(len(c.plan.Stages))
	s := &winnowpb.Stage{Id: id, Root: p.root, Schema: p.root.Schema, Output: out, Scans: p.scans, Limited: p.limited}
	switch p.spread {
	case single:
		s.Tasks = 1
	case hashed:
		s.Tasks = uint32(c.cfg.Partitions)
	}
	c.plan.Stages = append(c.plan.Stages, s)
	return id
}

// exchange ends p with output out and returns the piece that reads it.
func (c *cutter) exchange(p *piece, out *winnowpb.Output, merge []*winnowpb.SortKey, sp spread) *piece {
	id := c.finish(p, out)
	n := c.node(p.fields)
	n.Op = &winnowpb.Node_Exchange{Exchange: &winnowpb.Exchange{Stage: id, MergeBy: merge, Hashed: sp == hashed && out.Kind == winnowpb.Output_HASH}}
	return &piece{root: n, fields: p.fields, spread: sp}
}

// gather brings all rows of p to one task, merged by merge if it is sorted so.
func (c *cutter) gather(p *piece, merge []*winnowpb.SortKey) *piece {
	return c.exchange(p, &winnowpb.Output{Kind: winnowpb.Output_GATHER}, merge, single)
}

// hash brings rows with equal keys to the same task, if they do not lie so.
func (c *cutter) hash(p *piece, keys []*winnowpb.Expr) *piece {
	if p.spread != single && p.lies(keys) {
		return p
	}
	return c.deal(p, keys)
}

// deal brings rows to the task that the hash of keys tells.
func (c *cutter) deal(p *piece, keys []*winnowpb.Expr) *piece {
	if p.spread == single && c.cfg.Partitions == 1 {
		return p
	}
	out := c.exchange(p, &winnowpb.Output{Kind: winnowpb.Output_HASH, Keys: keys, Partitions: uint32(c.cfg.Partitions)}, nil, hashed)
	out.by = byColumns(keys, p.fields)
	return out
}

// on puts an operator on top of p in the same stage, which gives the columns of p that stay their values.
func (c *cutter) on(p *piece, fields []logical.Field) (*piece, *winnowpb.Node) {
	n := c.node(fields, p.root)
	out := *p
	out.root, out.fields, out.by = n, fields, p.by.in(fields)
	return &out, n
}

func (c *cutter) cut(n logical.Node) (*piece, error) {
	if c.nodes > MaxNodes {
		return nil, diag.Errorf(diag.Limit, "the plan has more than %d operators", MaxNodes).WithHint("split the statement, or materialize a CTE with create table as")
	}
	switch n := n.(type) {
	case *logical.Scan:
		return c.scan(n)
	case *logical.Values:
		return c.values(n)
	case *logical.Filter:
		return c.filter(n)
	case *logical.Project:
		return c.project(n)
	case *logical.Aggregate:
		return c.aggregate(n)
	case *logical.GroupingSets:
		return c.groupingSets(n)
	case *logical.Join:
		return c.join(n)
	case *logical.Sort:
		return c.sort(n)
	case *logical.Limit:
		return c.limit(n)
	case *logical.Window:
		return c.window(n, 0)
	case *logical.Union:
		return c.union(n)
	case *logical.SetOp:
		return c.setOp(n)
	case *logical.Generate:
		return c.generate(n)
	case *logical.Transform:
		return c.transform(n)
	case *logical.AssertSingle:
		return c.assertSingle(n)
	case *logical.SampleRows:
		return c.sampleRows(n)
	case *logical.Shared:
		return c.sharedNode(n)
	case *logical.Write:
		return c.write(n)
	}
	return nil, diag.Errorf(diag.Internal, "no operator for %T", n)
}

// place gives the columns of e their places among fields. A column that is not there is a fault of the planner.
func place(e expr.Expr, fields []logical.Field) (*winnowpb.Expr, error) {
	var missing *expr.Column
	placed := expr.Rewrite(e, func(e expr.Expr) expr.Expr {
		col, ok := e.(*expr.Column)
		if !ok {
			return e
		}
		for i, f := range fields {
			if f.ID == col.ID {
				moved := *col
				moved.Index = i
				return &moved
			}
		}
		missing = col
		return e
	})
	if missing != nil {
		return nil, diag.At(missing.At, diag.Internal, "column %q (%d) does not reach the operator that needs it", missing.Name, missing.ID)
	}
	return expr.ToProto(placed), nil
}

func placeAll(es []expr.Expr, fields []logical.Field) ([]*winnowpb.Expr, error) {
	out := make([]*winnowpb.Expr, len(es))
	for i, e := range es {
		p, err := place(e, fields)
		if err != nil {
			return nil, err
		}
		out[i] = p
	}
	return out, nil
}

func placeKeys(keys []logical.SortKey, fields []logical.Field) ([]*winnowpb.SortKey, error) {
	out := make([]*winnowpb.SortKey, len(keys))
	for i, k := range keys {
		e, err := place(k.Expr, fields)
		if err != nil {
			return nil, err
		}
		out[i] = &winnowpb.SortKey{Expr: e, Descending: k.Descending, NullsFirst: k.NullsFirst}
	}
	return out, nil
}

// and joins conjuncts; nil for none.
func and(conds []expr.Expr) (expr.Expr, error) {
	switch len(conds) {
	case 0:
		return nil, nil
	case 1:
		return conds[0], nil
	}
	return expr.NewCall("and", conds, conds[0].Span())
}

func column(i int, f logical.Field) *winnowpb.Expr {
	return &winnowpb.Expr{Type: datatype.Name(f.T), Name: f.Name, Kind: &winnowpb.Expr_Column{Column: uint32(i)}}
}
