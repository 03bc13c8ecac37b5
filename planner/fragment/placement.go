package fragment

import (
	"slices"

	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/planner/logical"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// placedBy tells by which values the rows of a piece lie in its tasks: one set of columns, by ID, for each key of the
// exchange that has put them there, in the order of the keys, or for each column by which a scan keeps partitions together. The
// columns of a set have equal values in every row. nil: not known. Rows need not travel again for an operator that wants those
// together which are equal in these columns and others.
type placedBy [][]uint32

// columnID is the ID of the column that e is; not ok if it is more than one.
func columnID(e *winnowpb.Expr, fields []logical.Field) (uint32, bool) {
	c, ok := e.Kind.(*winnowpb.Expr_Column)
	if !ok {
		return 0, false
	}
	return fields[c.Column].ID, true
}

// byColumns is how rows lie that are dealt out by keys over fields.
func byColumns(keys []*winnowpb.Expr, fields []logical.Field) placedBy {
	by := make(placedBy, len(keys))
	for i, k := range keys {
		id, ok := columnID(k, fields)
		if !ok {
			return nil
		}
		by[i] = []uint32{id}
	}
	return by
}

// among returns for each set of by the place of one of its columns in keys; not ok if a set has none there, as then rows
// with equal keys may lie apart.
func (by placedBy) among(keys []*winnowpb.Expr, fields []logical.Field) (places []int, ok bool) {
	for _, set := range by {
		place := slices.IndexFunc(keys, func(k *winnowpb.Expr) bool {
			id, ok := columnID(k, fields)
			return ok && slices.Contains(set, id)
		})
		if place < 0 {
			return nil, false
		}
		places = append(places, place)
	}
	return places, len(by) > 0
}

// renamed is by after a projection that gives out columns as they are under other IDs.
func (by placedBy) renamed(exprs []expr.Expr, out []logical.Field) placedBy {
	named := make(placedBy, len(by))
	for i, e := range exprs {
		col, ok := e.(*expr.Column)
		if !ok {
			continue
		}
		for k, set := range by {
			if slices.Contains(set, col.ID) {
				named[k] = append(named[k], out[i].ID)
			}
		}
	}
	return named.known()
}

// in is by with what is left of it among fields.
func (by placedBy) in(fields []logical.Field) placedBy {
	left := make(placedBy, len(by))
	for k, set := range by {
		for _, id := range set {
			if slices.ContainsFunc(fields, func(f logical.Field) bool { return f.ID == id }) {
				left[k] = append(left[k], id)
			}
		}
	}
	return left.known()
}

// known is by, or nil if a set of it has lost its columns.
func (by placedBy) known() placedBy {
	if len(by) == 0 || slices.ContainsFunc(by, func(set []uint32) bool { return len(set) == 0 }) {
		return nil
	}
	return by
}

// meet adds to each set the columns that a join makes equal to one of it.
func (by placedBy) meet(left, right []*winnowpb.Expr, lfields, rfields []logical.Field) placedBy {
	out := make(placedBy, len(by))
	for k, set := range by {
		out[k] = slices.Clone(set)
		for i := range left {
			l, lok := columnID(left[i], lfields)
			r, rok := columnID(right[i], rfields)
			switch {
			case !lok || !rok:
			case slices.Contains(set, l):
				out[k] = append(out[k], r)
			case slices.Contains(set, r):
				out[k] = append(out[k], l)
			}
		}
	}
	return out
}

// lies reports whether rows of p that are equal in keys lie in one task already.
func (p *piece) lies(keys []*winnowpb.Expr) bool {
	_, ok := p.by.among(keys, p.fields)
	return p.spread == single || ok
}

// dealt returns the places, in keys, of columns that tell in which hash partition a row of p lies; not ok if they do not.
func (p *piece) dealt(keys []*winnowpb.Expr) (places []int, ok bool) {
	if p.spread != hashed {
		return nil, false
	}
	return p.by.among(keys, p.fields)
}

// joined is how the rows of a join lie.
func joined(n *logical.Join, pb *winnowpb.Join, left, right *piece) placedBy {
	by := left.by
	switch n.Kind {
	case logical.Inner:
		by = by.meet(pb.LeftKeys, pb.RightKeys, left.fields, right.fields)
	case logical.Right:
		by = right.by
	case logical.Full:
		return nil
	}
	return by.in(n.Fields())
}
