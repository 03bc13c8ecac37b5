package funcs

import (
	"cmp"
	"iter"
	"slices"
	"strings"
	"sync"
)

// family is functions that are told of together.
type family[F any] struct {
	title string
	list  []F
}

// internal is the title of functions that only plans call: nothing lists them.
const internal = ""

// scalarFamilies, aggregateFamilies, windowFamilies and tableFamilies are the whole library. A new family is one
// line here; a new function is one entry in its family.
func scalarFamilies() []family[Scalar] {
	return []family[Scalar]{
		{"Operators", slices.Concat(arithmetic, bitwise, comparisons, logic, membership, likes)},
		{"Conditions", conditionals},
		{"Mathematics", slices.Concat(mathematics, rounding, numerals)},
		{"Hashes and ciphers", slices.Concat(hashes, digests, bloomTests)},
		{"Conversion", slices.Concat(conversions, formattedCasts)},
		{"Dates and times", slices.Concat(dateParts, dateShifts, dateFloors, dateFormats, dateZones)},
		{"Strings", slices.Concat(strs, textCodes, textSearch, fileLookups, formatting, prose, masks)},
		{"Patterns", regexes},
		{"JSON and XML", slices.Concat(jsonText, xpaths)},
		{"Arrays, maps, structs", slices.Concat(containers, unions, arrays)},
		{"With lambdas", lambdas},
		{"URLs and addresses", slices.Concat(urls, networks, enrichment)},
		{"Log lines and units", slices.Concat(logLines, units)},
		{"Other languages", userCode},
		{"Session", sessionInfo},
		{internal, subqueryChecks},
	}
}

func aggregateFamilies() []family[Aggregate] {
	return []family[Aggregate]{
		{"Aggregates", slices.Concat(counts, sums, extremes, moments, histograms, exactPercentiles, collections, picks, sketches, blooms, ngrams)},
	}
}

func windowFamilies() []family[Window] {
	return []family[Window]{{"Window functions", slices.Concat(ranking, paths)}}
}

func tableFamilies() []family[Table] { return []family[Table]{{"Table functions", tableFunctions}} }

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

func index[F any](families []family[F], names func(F) []string) map[string]*F {
	m := map[string]*F{}
	for _, family := range families {
		for i, f := range family.list {
			for _, n := range names(f) {
				m[n] = &family.list[i]
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
	Family  string // what it is listed under, such as "Strings"
	Text    string
}

// forms are what is written as a function but is grammar, or is done by an operator.
var forms = []Doc{
	{"cast", nil, "scalar", "Conversion", "cast(x as type [format 'pattern']): x as another type, NULL if it cannot be; cast('12' as int) is 12"},
	{"try_cast", nil, "scalar", "Conversion", "try_cast(x as type): the same as cast; try_cast('x' as int) is NULL"},
	{"between", nil, "scalar", "Operators", "x [not] between a and b: whether a <= x <= b; NULL if x or a is NULL"},
	{"extract", nil, "scalar", "Dates and times", "extract(unit from x): year, quarter, month, week, day, hour, minute, second, dow or doy of a date or time; extract(year from '2020-05-06') is 2020"},
	{"grouping", nil, "scalar", "Aggregates", "grouping(a, b, …): a bit for each key of GROUP BY, the first the highest: 1 where the grouping set of the row leaves it out"},
	{"first_value", nil, "window", "Window functions", "first_value(x[, true]) over (…): x of the first row of the frame; true or IGNORE NULLS: of the first that is not NULL"},
	{"last_value", nil, "window", "Window functions", "last_value(x[, true]) over (…): x of the last row of the frame; true or IGNORE NULLS: of the last that is not NULL"},
	{"nth_value", nil, "window", "Window functions", "nth_value(x, n) over (…): x of row n, from 1, of the frame"},
}

// Docs yields every function once, by name.
func Docs() iter.Seq[Doc] { return slices.Values(docs()) }

var docs = sync.OnceValue(func() []Doc {
	list := slices.Clone(forms)
	for _, family := range scalarFamilies() {
		if family.title == internal {
			continue
		}
		for _, f := range family.list {
			list = append(list, Doc{f.Name, f.Aliases, "scalar", family.title, f.Doc})
		}
	}
	for _, family := range aggregateFamilies() {
		for _, f := range family.list {
			list = append(list, Doc{f.Name, f.Aliases, "aggregate", family.title, f.Doc})
		}
	}
	for _, family := range windowFamilies() {
		for _, f := range family.list {
			list = append(list, Doc{f.Name, f.Aliases, "window", family.title, f.Doc})
		}
	}
	for _, family := range tableFamilies() {
		for _, f := range family.list {
			list = append(list, Doc{f.Name, f.Aliases, "table", family.title, f.Doc})
		}
	}
	slices.SortFunc(list, func(a, b Doc) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Kind, b.Kind)) })
	return list
})
