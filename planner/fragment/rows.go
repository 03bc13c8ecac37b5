package fragment

import (
	"slices"

	"github.com/winnowdb/winnow/planner/logical"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// values runs in one task.
func (c *cutter) values(n *logical.Values) (*piece, error) {
	v := &winnowpb.Values{}
	for _, row := range n.Rows {
		es, err := placeAll(row, nil)
		if err != nil {
			return nil, err
		}
		v.Rows = append(v.Rows, &winnowpb.Row{Values: es})
	}
	node := c.node(n.Out)
	node.Op = &winnowpb.Node_Values{Values: v}
	return &piece{root: node, fields: n.Out, spread: single}, nil
}

func (c *cutter) filter(n *logical.Filter) (*piece, error) {
	var in *piece
	var err error
	if w, ok := n.Input.(*logical.Window); ok {
		in, err = c.window(w, firstRows(w, n.Conds))
	} else {
		in, err = c.cut(n.Input)
	}
	if err != nil {
		return nil, err
	}
	cond, err := and(n.Conds)
	if err != nil || cond == nil {
		return in, err
	}
	e, err := place(cond, in.fields)
	if err != nil {
		return nil, err
	}
	p, node := c.on(in, in.fields)
	node.Op = &winnowpb.Node_Filter{Filter: &winnowpb.Filter{Predicate: e}}
	return p, nil
}

func (c *cutter) project(n *logical.Project) (*piece, error) {
	in, err := c.cut(n.Input)
	if err != nil {
		return nil, err
	}
	es, err := placeAll(n.Exprs, in.fields)
	if err != nil {
		return nil, err
	}
	p, node := c.on(in, n.Out)
	p.by = in.by.renamed(n.Exprs, n.Out)
	node.Op = &winnowpb.Node_Project{Project: &winnowpb.Project{Exprs: es}}
	return p, nil
}

func (c *cutter) groupingSets(n *logical.GroupingSets) (*piece, error) {
	in, err := c.cut(n.Input)
	if err != nil {
		return nil, err
	}
	g := &winnowpb.GroupingSets{}
	at := map[uint32]uint32{}
	for i, f := range in.fields {
		at[f.ID] = uint32(i)
	}
	for _, k := range n.Keys {
		g.Keys = append(g.Keys, at[k])
	}
	for i, set := range n.Sets {
		s := &winnowpb.GroupingSets_Set{GroupingId: n.GID[i]}
		for _, k := range set {
			s.Keys = append(s.Keys, at[n.Keys[k]])
		}
		g.Sets = append(g.Sets, s)
	}
	fields := make([]logical.Field, 0, len(in.fields)+1)
	for _, f := range in.fields {
		for k, id := range n.Keys {
			if f.ID == id {
				f = n.Out[k]
			}
		}
		fields = append(fields, f)
	}
	p, node := c.on(in, append(fields, n.ID))
	node.Op = &winnowpb.Node_GroupingSets{GroupingSets: g}
	return p, nil
}

// sort orders within each task, then merges; with a limit each task keeps only so many rows.
func (c *cutter) sort(n *logical.Sort) (*piece, error) {
	in, err := c.cut(n.Input)
	if err != nil {
		return nil, err
	}
	keys, err := placeKeys(n.Keys, in.fields)
	if err != nil {
		return nil, err
	}
	spread := in.spread
	p, node := c.on(in, in.fields)
	node.Op = &winnowpb.Node_Sort{Sort: &winnowpb.Sort{Keys: keys, Limit: n.Limit}}
	if spread == single {
		return p, nil
	}
	p = c.gather(p, keys)
	if n.Limit > 0 {
		p, node = c.on(p, p.fields)
		node.Op = &winnowpb.Node_Limit{Limit: &winnowpb.Limit{Count: n.Limit}}
	}
	return p, nil
}

// limit stops each task at what could be needed, then the whole.
func (c *cutter) limit(n *logical.Limit) (*piece, error) {
	p, err := c.cut(n.Input)
	if err != nil {
		return nil, err
	}
	var node *winnowpb.Node
	if p.spread != single {
		if n.Count >= 0 {
			p, node = c.on(p, p.fields)
			node.Op = &winnowpb.Node_Limit{Limit: &winnowpb.Limit{Count: n.Offset + n.Count}}
			p.limited = true
		}
		p = c.gather(p, nil)
	}
	p, node = c.on(p, p.fields)
	node.Op = &winnowpb.Node_Limit{Limit: &winnowpb.Limit{Offset: n.Offset, Count: n.Count}}
	return p, nil
}

// union keeps scans side by side in one stage; other inputs are gathered.
func (c *cutter) union(n *logical.Union) (*piece, error) {
	pieces := make([]*piece, len(n.In))
	same := true
	for i, in := range n.In {
		p, err := c.cut(in)
		if err != nil {
			return nil, err
		}
		pieces[i] = p
		same = same && p.spread == pieces[0].spread
	}
	out := &piece{fields: n.Out, spread: single}
	if same {
		out.spread = pieces[0].spread
	}
	node := c.node(n.Out)
	node.Op = &winnowpb.Node_Union{Union: &winnowpb.Union{}}
	for _, p := range pieces {
		if !same && p.spread != single {
			p = c.gather(p, nil)
		}
		node.Inputs = append(node.Inputs, p.root)
		out.scans = append(out.scans, p.scans...)
		out.limited = out.limited || p.limited
	}
	out.limited = out.limited && len(pieces) == 1
	out.root = node
	return out, nil
}

func (c *cutter) setOp(n *logical.SetOp) (*piece, error) {
	left, err := c.cut(n.Left)
	if err != nil {
		return nil, err
	}
	right, err := c.cut(n.Right)
	if err != nil {
		return nil, err
	}
	left, right = c.together(left, right, columns(left.fields), columns(right.fields))
	return c.over(n.Out, &winnowpb.Node{Op: &winnowpb.Node_SetOp{SetOp: &winnowpb.SetOp{Except: n.Except, All: n.All}}}, left, right), nil
}

// together brings rows with equal keys of both sides to the same task.
func (c *cutter) together(left, right *piece, lkeys, rkeys []*winnowpb.Expr) (*piece, *piece) {
	if left.spread == single && right.spread == single {
		return left, right
	}
	if len(lkeys) == 0 {
		return c.one(left), c.one(right)
	}
	if places, ok := left.dealt(lkeys); ok {
		return left, c.dealLike(right, rkeys, places)
	}
	if places, ok := right.dealt(rkeys); ok {
		return c.dealLike(left, lkeys, places), right
	}
	return c.deal(left, lkeys), c.deal(right, rkeys)
}

// dealLike brings the rows of p to the tasks of a piece that lies by the keys at places, in that order.
func (c *cutter) dealLike(p *piece, keys []*winnowpb.Expr, places []int) *piece {
	by := make([]*winnowpb.Expr, len(places))
	same := p.spread == hashed && len(p.by) == len(places)
	for i, k := range places {
		by[i] = keys[k]
		id, ok := columnID(keys[k], p.fields)
		same = same && ok && slices.Contains(p.by[i], id)
	}
	if same {
		return p
	}
	return c.deal(p, by)
}

// one gathers p unless it is in one task already.
func (c *cutter) one(p *piece) *piece {
	if p.spread == single {
		return p
	}
	return c.gather(p, nil)
}

// over puts the two-input operator proto over left and right, which are spread alike.
func (c *cutter) over(fields []logical.Field, proto *winnowpb.Node, left, right *piece) *piece {
	node := c.node(fields, left.root, right.root)
	node.Op = proto.Op
	return &piece{root: node, fields: fields, spread: left.spread, scans: append(left.scans, right.scans...)}
}

func columns(fields []logical.Field) []*winnowpb.Expr {
	out := make([]*winnowpb.Expr, len(fields))
	for i, f := range fields {
		out[i] = column(i, f)
	}
	return out
}

func (c *cutter) generate(n *logical.Generate) (*piece, error) {
	in, err := c.cut(n.Input)
	if err != nil {
		return nil, err
	}
	args, err := placeAll(n.Args, in.fields)
	if err != nil {
		return nil, err
	}
	p, node := c.on(in, append(append([]logical.Field{}, in.fields...), n.Out...))
	node.Op = &winnowpb.Node_Generate{Generate: &winnowpb.Generate{Function: n.Function, Args: args, Outer: n.Outer}}
	return p, nil
}

func (c *cutter) transform(n *logical.Transform) (*piece, error) {
	in, err := c.cut(n.Input)
	if err != nil {
		return nil, err
	}
	args, err := placeAll(n.Args, in.fields)
	if err != nil {
		return nil, err
	}
	p, node := c.on(in, n.Out)
	node.Op = &winnowpb.Node_Transform{Transform: &winnowpb.Transform{
		Command: n.Command, Args: args, InFormat: n.InFormat, OutFormat: n.OutFormat,
		InSerde: n.InSerDe, OutSerde: n.OutSerDe, KeyValue: n.KeyValue,
	}}
	return p, nil
}

func (c *cutter) assertSingle(n *logical.AssertSingle) (*piece, error) {
	in, err := c.cut(n.Input)
	if err != nil {
		return nil, err
	}
	p, node := c.on(c.one(in), in.fields)
	node.Op = &winnowpb.Node_AssertSingle{AssertSingle: &winnowpb.AssertSingle{}}
	return p, nil
}

func (c *cutter) sampleRows(n *logical.SampleRows) (*piece, error) {
	in, err := c.cut(n.Input)
	if err != nil {
		return nil, err
	}
	return c.sample(in, &n.Sample)
}

func (c *cutter) sample(in *piece, s *logical.Sample) (*piece, error) {
	keys, err := placeAll(s.On, in.fields)
	if err != nil {
		return nil, err
	}
	p, node := c.on(in, in.fields)
	node.Op = &winnowpb.Node_Sample{Sample: &winnowpb.Sample{
		RowsPerTask: s.Rows, Bucket: uint32(s.Bucket), Buckets: uint32(s.Buckets), Keys: keys, Percent: s.Percent,
	}}
	return p, nil
}

// sharedNode runs the subtree as one stage; every reader is an exchange on it, with its own column IDs. Rows that several
// tasks make are dealt out by their hash, so that several tasks read them.
func (c *cutter) sharedNode(n *logical.Shared) (*piece, error) {
	made := c.shared[n.ID]
	if made == nil {
		in, err := c.cut(n.Input)
		if err != nil {
			return nil, err
		}
		if in.spread == single {
			made = c.gather(in, nil)
		} else {
			made = c.deal(in, columns(in.fields))
		}
		c.shared[n.ID] = made
		made.fields, made.by = n.Out, nil
		return made, nil
	}
	node := c.node(n.Out)
	node.Op = made.root.Op
	return &piece{root: node, fields: n.Out, spread: made.spread}, nil
}
