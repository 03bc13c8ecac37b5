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
		strs, textCodes, textSearch, regexes, masks, formatting, prose, jsonText, arrays, containers, lambdas,
		urls, xpaths, sessionInfo, networks, enrichment, units, logLines, subqueryChecks,
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

// forms are what is written as a function but is grammar, or is done by an operator.
var forms = []Doc{
	{"cast", nil, "scalar", "cast(x as type [format 'pattern']): x as another type, NULL if it cannot be; cast('12' as int) is 12"},
	{"try_cast", nil, "scalar", "try_cast(x as type): the same as cast; try_cast('x' as int) is NULL"},
	{"extract", nil, "scalar", "extract(unit from x): year, quarter, month, week, day, hour, minute, second, dow or doy of a date or time; extract(year from '2020-05-06') is 2020"},
	{"grouping", nil, "scalar", "grouping(a, b, …): a bit for each key of GROUP BY, the first the highest: 1 where the grouping set of the row leaves it out"},
	{"first_value", nil, "window", "first_value(x[, true]) over (…): x of the first row of the frame; true or IGNORE NULLS: of the first that is not NULL"},
	{"last_value", nil, "window", "last_value(x[, true]) over (…): x of the last row of the frame; true or IGNORE NULLS: of the last that is not NULL"},
	{"nth_value", nil, "window", "nth_value(x, n) over (…): x of row n, from 1, of the frame"},
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
	for _, d := range forms {
		docs[d.Name+" "+d.Kind] = d
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
