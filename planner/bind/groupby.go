package bind

import (
	"slices"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/proto/diag"
)

// maxSets is how many grouping sets a statement may have, maxSetKeys how many keys: GROUPING__ID has 63 bits.
const (
	maxSets    = 4096
	maxSetKeys = 63
)

// bindKeys binds GROUP BY. GROUP BY ALL has to wait for the select list: see groupAll.
func (g *grouping) bindKeys(by *ast.GroupBy) error {
	if by == nil {
		return nil
	}
	g.explicit = true
	if by.Mode == ast.GroupAll {
		return nil
	}
	units, err := g.units(by)
	if err != nil || by.Mode == ast.GroupPlain {
		return err
	}
	if len(g.keys) > maxSetKeys {
		return diag.At(by.Span(), diag.Limit, "%d keys in grouping sets, at most %d are possible", len(g.keys), maxSetKeys)
	}
	g.gid = g.s.field("", "grouping__id", datatype.BigInt)
	return g.bindSets(by, units)
}

// units binds the expressions of GROUP BY and returns the keys that each stands for: one, or those of a tuple.
func (g *grouping) units(by *ast.GroupBy) ([][]int, error) {
	var units [][]int
	for _, e := range by.Exprs {
		parts := []ast.Expr{e}
		if t, ok := e.(*ast.Tuple); ok {
			parts = t.Items
		}
		var unit []int
		for _, part := range parts {
			x, err := g.keyExpr(part)
			if err != nil {
				return nil, err
			}
			unit = append(unit, g.addKey(x))
		}
		units = append(units, unit)
	}
	return units, nil
}

// addKey returns the index of key x, which is added if it is not there.
func (g *grouping) addKey(x expr.Expr) int {
	if i := slices.IndexFunc(g.keys, func(k groupKey) bool { return expr.Equal(k.raw, x) }); i >= 0 {
		return i
	}
	name := "key"
	if c, ok := x.(*expr.Column); ok {
		name = c.Name
	} else if t := expr.Print(x); len(t) <= 60 {
		name = t
	}
	g.keys = append(g.keys, groupKey{raw: x, out: g.s.field("", name, x.Type())})
	return len(g.keys) - 1
}

// keyExpr binds one expression of GROUP BY: a position of the select list, an expression over
// the source rows, or, where no column has that name, an alias of the select list.
func (g *grouping) keyExpr(e ast.Expr) (expr.Expr, error) {
	p := g.s.sourcePlace("GROUP BY")
	if n, ok := literalInt(e); ok && g.s.setting("hive.groupby.position.alias", "true") != "false" {
		item, err := g.s.position("GROUP BY", n, e.Span())
		if err != nil {
			return nil, err
		}
		return g.s.itemExpr(item, p)
	}
	var failed error
	p.aliases = func(name string) expr.Expr {
		for _, it := range g.s.items {
			if it.alias != name {
				continue
			}
			x, err := g.s.itemExpr(it, g.s.sourcePlace("GROUP BY"))
			if err != nil {
				failed = err
				return nil
			}
			return x
		}
		return nil
	}
	x, err := p.expr(e)
	if failed != nil {
		err = failed
	}
	return x, err
}

// bindSets fills g.sets.
func (g *grouping) bindSets(by *ast.GroupBy, units [][]int) error {
	switch by.Mode {
	case ast.GroupRollup:
		for n := len(units); n >= 0; n-- {
			g.sets = append(g.sets, slices.Concat(units[:n]...))
		}
	case ast.GroupCube:
		if len(units) > 12 {
			return diag.At(by.Span(), diag.Limit, "a cube of %d columns has more than %d grouping sets", len(units), maxSets)
		}
		for mask := 0; mask < 1<<len(units); mask++ {
			set := []int{}
			for i, u := range units {
				if mask>>(len(units)-1-i)&1 == 0 {
					set = append(set, u...)
				}
			}
			g.sets = append(g.sets, set)
		}
	default:
		return g.namedSets(by)
	}
	for i, s := range g.sets {
		if s == nil {
			g.sets[i] = []int{}
		}
	}
	return nil
}

// namedSets binds GROUPING SETS ((a, b), (a), ()).
func (g *grouping) namedSets(by *ast.GroupBy) error {
	if len(by.Sets) > maxSets {
		return diag.At(by.Span(), diag.Limit, "%d grouping sets, at most %d are possible", len(by.Sets), maxSets)
	}
	g.sets = make([][]int, len(by.Sets))
	for i, set := range by.Sets {
		g.sets[i] = []int{}
		for _, e := range set {
			x, err := g.keyExpr(e)
			if err != nil {
				return err
			}
			k := slices.IndexFunc(g.keys, func(k groupKey) bool { return expr.Equal(k.raw, x) })
			if k < 0 {
				return diag.At(e.Span(), diag.Type, "%s is in a grouping set, and not in GROUP BY", expr.Print(x))
			}
			if !slices.Contains(g.sets[i], k) {
				g.sets[i] = append(g.sets[i], k)
			}
		}
	}
	return nil
}

// groupAll makes keys of the select items that hold no aggregate and no window call.
func (g *grouping) groupAll() {
	made := map[uint32]bool{}
	for _, c := range g.calls {
		made[c.Out.ID] = true
	}
	for _, it := range g.s.items {
		ids := expr.Columns(it.raw)
		if len(ids) == 0 || g.s.windows.in(it.raw) || slices.ContainsFunc(ids, func(id uint32) bool { return made[id] }) {
			continue
		}
		g.addKey(it.raw)
	}
}
