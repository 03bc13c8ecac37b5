package funcs

import (
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
)

// scalarFamilies, aggregates, windows and tableFunctions are the whole library. A new family is one
// line here; a new function is one entry in its family.
func scalarFamilies() [][]Scalar {
	return [][]Scalar{
		arithmetic, bitwise, comparisons, logic, membership, likes, conditionals,
		mathematics, rounding, numerals, hashes, digests, conversions, dateParts, dateShifts, dateFloors, dateFormats, dateZones, formattedCasts,
		strs, textCodes, textSearch, regexes, masks, formatting, jsonText, arrays, containers,
		urls, xpaths, sessionInfo, networks, units, logLines, subqueryChecks,
	}
}

func aggregateFamilies() [][]Aggregate {
	return [][]Aggregate{counts, sums, extremes, moments, histograms, exactPercentiles, collections, picks, sketches, ngrams}
}

func windowFamilies() [][]Window { return [][]Window{ranking} }

func tableFamilies() [][]Table { return [][]Table{tableFunctions} }

var (
	scalars    = sync.OnceValue(func() map[string]*Scalar { return index(scalarFamilies(), Scalar.names) })
	aggregates = sync.OnceValue(func() map[string]*Aggregate { return index(aggregateFamilies(), Aggregate.names) })
	windows    = sync.OnceValue(func() map[string]*Window { return index(windowFamilies(), Window.names) })
	tables     = sync.OnceValue(func() map[string]*Table { return index(tableFamilies(), Table.names) })
)

func (f Scalar) names() []string    { return append([]string{f.Name}, f.Aliases...) }
func (f Aggregate) names() []string { return append([]string{f.Name}, f.Aliases...) }
func (f Window) names() []string    { return append([]string{f.Name}, f.Aliases...) }
func (f Table) names() []string     { return append([]string{f.Name}, f.Aliases...) }

func index[F any](families [][]F, names func(F) []string) map[string]*F {
	m := map[string]*F{}
	for _, family := range families {
		for i := range family {
			for _, n := range names(family[i]) {
				m[n] = &family[i]
			}
		}
	}
	return m
}

// FindScalar returns the scalar function called name (any case), or nil.
func FindScalar(name string) *Scalar { return scalars()[strings.ToLower(name)] }

// FindAggregate returns the aggregate called name (any case), or nil.
func FindAggregate(name string) *Aggregate { return aggregates()[strings.ToLower(name)] }

// FindWindow returns the window function called name (any case), or nil. Aggregates are not among them.
func FindWindow(name string) *Window { return windows()[strings.ToLower(name)] }

// FindTable returns the table function called name (any case), or nil.
func FindTable(name string) *Table { return tables()[strings.ToLower(name)] }

// Doc is what is told about a function.
type Doc struct {
	Name    string
	Aliases []string
	Kind    string // "scalar", "aggregate", "window" or "table"
	Text    string
}

// Docs yields every function once, by name.
func Docs() iter.Seq[Doc] {
	docs := map[string]Doc{}
	for _, f := range scalars() {
		docs[f.Name+" scalar"] = Doc{f.Name, f.Aliases, "scalar", f.Doc}
	}
	for _, f := range aggregates() {
		docs[f.Name+" aggregate"] = Doc{f.Name, f.Aliases, "aggregate", f.Doc}
	}
	for _, f := range windows() {
		docs[f.Name+" window"] = Doc{f.Name, f.Aliases, "window", f.Doc}
	}
	for _, f := range tables() {
		docs[f.Name+" table"] = Doc{f.Name, f.Aliases, "table", f.Doc}
	}
	keys := slices.Sorted(maps.Keys(docs))
	return func(yield func(Doc) bool) {
		for _, k := range keys {
			if !yield(docs[k]) {
				return
			}
		}
	}
}
