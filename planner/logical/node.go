package logical

import "slices"

func (n *Scan) Fields() []Field {
	out := make([]Field, len(n.Columns))
	for i, c := range n.Columns {
		out[i] = c.Field
	}
	return out
}
func (n *Values) Fields() []Field    { return n.Out }
func (n *Filter) Fields() []Field    { return n.Input.Fields() }
func (n *Project) Fields() []Field   { return n.Out }
func (n *Sort) Fields() []Field      { return n.Input.Fields() }
func (n *Limit) Fields() []Field     { return n.Input.Fields() }
func (n *Union) Fields() []Field     { return n.Out }
func (n *SetOp) Fields() []Field     { return n.Out }
func (n *Transform) Fields() []Field { return n.Out }
func (n *Shared) Fields() []Field    { return n.Out }
func (n *Write) Fields() []Field     { return n.Out }

func (n *AssertSingle) Fields() []Field { return n.Input.Fields() }
func (n *SampleRows) Fields() []Field   { return n.Input.Fields() }

func (n *Aggregate) Fields() []Field {
	out := slices.Clone(n.Out)
	for _, c := range n.Calls {
		out = append(out, c.Out)
	}
	return out
}

func (n *GroupingSets) Fields() []Field {
	out := slices.Clone(n.Input.Fields())
	for i, f := range out {
		if k := slices.Index(n.Keys, f.ID); k >= 0 {
			out[i] = n.Out[k]
		}
	}
	return append(out, n.ID)
}

func (n *Join) Fields() []Field {
	out := slices.Clone(n.Left.Fields())
	switch n.Kind {
	case Semi, Anti, NullAwareAnti:
	case Mark:
		out = append(out, n.MarkOut)
	default:
		out = append(out, n.Right.Fields()...)
	}
	if n.Keep == nil {
		return out
	}
	return slices.DeleteFunc(out, func(f Field) bool {
		return !slices.Contains(n.Keep, f.ID) && (n.Kind != Mark || f.ID != n.MarkOut.ID)
	})
}

func (n *Window) Fields() []Field {
	out := slices.Clone(n.Input.Fields())
	for _, c := range n.Calls {
		out = append(out, c.Out)
	}
	return out
}

func (n *Generate) Fields() []Field { return append(slices.Clone(n.Input.Fields()), n.Out...) }

func (n *Scan) Inputs() []Node         { return nil }
func (n *Values) Inputs() []Node       { return nil }
func (n *Filter) Inputs() []Node       { return []Node{n.Input} }
func (n *Project) Inputs() []Node      { return []Node{n.Input} }
func (n *Aggregate) Inputs() []Node    { return []Node{n.Input} }
func (n *GroupingSets) Inputs() []Node { return []Node{n.Input} }
func (n *Join) Inputs() []Node         { return []Node{n.Left, n.Right} }
func (n *Sort) Inputs() []Node         { return []Node{n.Input} }
func (n *Limit) Inputs() []Node        { return []Node{n.Input} }
func (n *Window) Inputs() []Node       { return []Node{n.Input} }
func (n *Union) Inputs() []Node        { return n.In }
func (n *SetOp) Inputs() []Node        { return []Node{n.Left, n.Right} }
func (n *Generate) Inputs() []Node     { return []Node{n.Input} }
func (n *Transform) Inputs() []Node    { return []Node{n.Input} }
func (n *AssertSingle) Inputs() []Node { return []Node{n.Input} }
func (n *SampleRows) Inputs() []Node   { return []Node{n.Input} }
func (n *Shared) Inputs() []Node       { return []Node{n.Input} }
func (n *Write) Inputs() []Node        { return []Node{n.Input} }

func (n *Scan) With(...Node) Node            { c := *n; return &c }
func (n *Values) With(...Node) Node          { c := *n; return &c }
func (n *Filter) With(in ...Node) Node       { c := *n; c.Input = in[0]; return &c }
func (n *Project) With(in ...Node) Node      { c := *n; c.Input = in[0]; return &c }
func (n *Aggregate) With(in ...Node) Node    { c := *n; c.Input = in[0]; return &c }
func (n *GroupingSets) With(in ...Node) Node { c := *n; c.Input = in[0]; return &c }
func (n *Join) With(in ...Node) Node         { c := *n; c.Left, c.Right = in[0], in[1]; return &c }
func (n *Sort) With(in ...Node) Node         { c := *n; c.Input = in[0]; return &c }
func (n *Limit) With(in ...Node) Node        { c := *n; c.Input = in[0]; return &c }
func (n *Window) With(in ...Node) Node       { c := *n; c.Input = in[0]; return &c }
func (n *Union) With(in ...Node) Node        { c := *n; c.In = in; return &c }
func (n *SetOp) With(in ...Node) Node        { c := *n; c.Left, c.Right = in[0], in[1]; return &c }
func (n *Generate) With(in ...Node) Node     { c := *n; c.Input = in[0]; return &c }
func (n *Transform) With(in ...Node) Node    { c := *n; c.Input = in[0]; return &c }
func (n *AssertSingle) With(in ...Node) Node { c := *n; c.Input = in[0]; return &c }
func (n *SampleRows) With(in ...Node) Node   { c := *n; c.Input = in[0]; return &c }
func (n *Shared) With(in ...Node) Node       { c := *n; c.Input = in[0]; return &c }
func (n *Write) With(in ...Node) Node        { c := *n; c.Input = in[0]; return &c }

func (*Scan) sealed()         {}
func (*Values) sealed()       {}
func (*Filter) sealed()       {}
func (*Project) sealed()      {}
func (*Aggregate) sealed()    {}
func (*GroupingSets) sealed() {}
func (*Join) sealed()         {}
func (*Sort) sealed()         {}
func (*Limit) sealed()        {}
func (*Window) sealed()       {}
func (*Union) sealed()        {}
func (*SetOp) sealed()        {}
func (*Generate) sealed()     {}
func (*Transform) sealed()    {}
func (*AssertSingle) sealed() {}
func (*SampleRows) sealed()   {}
func (*Shared) sealed()       {}
func (*Write) sealed()        {}
