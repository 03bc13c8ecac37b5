package expr

import "slices"

// Conjuncts takes nested ANDs apart: all of the result are true exactly where all of es are.
func Conjuncts(es ...Expr) []Expr { return flat("and", es) }

// Disjuncts takes nested ORs apart: one of the result is true exactly where one of es is.
func Disjuncts(es ...Expr) []Expr { return flat("or", es) }

func flat(op string, es []Expr) []Expr {
	var out []Expr
	for _, e := range es {
		if c, ok := e.(*Call); ok && c.Name == op {
			out = append(out, flat(op, c.Args)...)
			continue
		}
		out = append(out, e)
	}
	return out
}

// Factor returns conjuncts that together are e, in three-valued logic too, with those in front of an OR
// that all of its branches have: (a AND x) OR (a AND y) is a, x OR y. An OR of which a branch is nothing but what
// all have is left out: a OR (a AND x) is a.
func Factor(e Expr) []Expr {
	var out []Expr
	for _, c := range Conjuncts(e) {
		out = append(out, factorOr(c)...)
	}
	return out
}

func factorOr(e Expr) []Expr {
	branches := Disjuncts(e)
	if len(branches) < 2 {
		return []Expr{e}
	}
	parts := make([][]Expr, len(branches))
	for i, b := range branches {
		parts[i] = Factor(b)
	}
	var common []Expr
	for _, c := range parts[0] {
		if !IsVolatile(c) && !Contains(common, c) && !slices.ContainsFunc(parts, func(p []Expr) bool { return !Contains(p, c) }) {
			common = append(common, c)
		}
	}
	if len(common) == 0 {
		return []Expr{e}
	}
	rest := make([]Expr, len(parts))
	for i, p := range parts {
		own := slices.DeleteFunc(p, func(c Expr) bool { return Contains(common, c) })
		if len(own) == 0 {
			return common
		}
		rest[i] = All(own)
	}
	return append(common, Any(rest))
}

// Contains reports whether an expression of list is Equal to e.
func Contains(list []Expr, e Expr) bool {
	return slices.ContainsFunc(list, func(x Expr) bool { return Equal(x, e) })
}

// All is the AND of conds, which are boolean and at least one.
func All(conds []Expr) Expr { return logic("and", conds) }

// Any is the OR of conds, which are boolean and at least one.
func Any(conds []Expr) Expr { return logic("or", conds) }

func logic(op string, conds []Expr) Expr {
	if len(conds) == 1 {
		return conds[0]
	}
	e, err := NewCall(op, conds, conds[0].Span())
	if err != nil {
		panic("expr: " + op + " of conditions: " + err.Error())
	}
	return e
}
