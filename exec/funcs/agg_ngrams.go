package funcs

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/proto/diag"
)

// ngrams are the aggregates over runs of words.
var ngrams = []Aggregate{
	{
		Name: "ngrams",
		Doc:  "ngrams(sentences, n, k[, precision]): the k most frequent runs of n words of an array<array<string>> or array<string>",
		Bind: func(args []Arg) (AggBound, error) {
			n, err := constIntArg("ngrams", args, 1, 1, 100)
			if err != nil {
				return AggBound{}, err
			}
			return bindNgrams("ngrams", args, make([]string, n), nil)
		},
	},
	{
		Name: "context_ngrams",
		Doc:  "context_ngrams(sentences, context, k[, precision]): the k most frequent words that stand for the NULLs of context, an array<string>",
		Bind: func(args []Arg) (AggBound, error) {
			context, open, err := contextArg(args)
			if err != nil {
				return AggBound{}, err
			}
			return bindNgrams("context_ngrams", args, context, open)
		},
	},
}

// ngramsType is the result: runs of words and how often they were seen.
var ngramsType = datatype.Array(datatype.Struct(
	arrow.Field{Name: "ngram", Type: datatype.Array(datatype.String)}, arrow.Field{Name: "estfrequency", Type: datatype.Double}))

// constIntArg is constInt within limits; a missing argument is an error too.
func constIntArg(name string, args []Arg, i int, least, most int64) (int, error) {
	if i >= len(args) {
		return 0, wantArgs(name, args, i+1, i+2)
	}
	n, err := constInt(name, args, i)
	if err == nil && (n < least || n > most) {
		err = diag.Errorf(diag.BadValue, "%s takes %d to %d as argument %d, not %d", name, least, most, i+1, n)
	}
	return int(n), err
}

// contextArg returns the words of argument 1 and which of them are open (NULL); one at least must be.
func contextArg(args []Arg) (words []string, open []bool, err error) {
	if err := wantArgs("context_ngrams", args, 3, 4); err != nil {
		return nil, nil, err
	}
	l, ok := args[1].Const.(*array.List)
	if !ok || l.IsNull(0) || !datatype.IsText(l.ListValues().DataType()) && l.ListValues().DataType().ID() != arrow.NULL {
		return nil, nil, badArg("context_ngrams", 1, "a constant array<string>", args[1].Type)
	}
	from, to := l.ValueOffsets(0)
	for i := from; i < to; i++ {
		null := l.ListValues().DataType().ID() == arrow.NULL || l.ListValues().IsNull(int(i))
		word := ""
		if !null {
			word = l.ListValues().(*array.String).Value(int(i))
		}
		words, open = append(words, word), append(open, null)
	}
	if !slices.Contains(open, true) {
		return nil, nil, diag.Errorf(diag.BadValue, "context_ngrams takes at least one NULL in argument 2, for the word it looks for")
	}
	return words, open, nil
}

func bindNgrams(name string, args []Arg, context []string, open []bool) (AggBound, error) {
	if err := wantArgs(name, args, 3, 4); err != nil {
		return AggBound{}, err
	}
	k, err := constIntArg(name, args, 2, 1, 10_000)
	if err != nil {
		return AggBound{}, err
	}
	precision := 20 // Hive's default
	if len(args) == 4 {
		if precision, err = constIntArg(name, args, 3, 1, 1000); err != nil {
			return AggBound{}, err
		}
	}
	sentence := datatype.Array(datatype.String)
	casts := make([]arrow.DataType, len(args))
	switch t := datatype.Name(args[0].Type); t {
	case "array<string>", "array<void>":
		casts[0] = sentence
	case "array<array<string>>", "void":
		casts[0] = datatype.Array(sentence)
	default:
		return AggBound{}, badArg(name, 0, "an array<string> or array<array<string>>", args[0].Type)
	}
	return AggBound{Casts: casts, Type: ngramsType, Partial: ngramsType, New: func(*Ctx) State {
		return &ngramState{context: context, open: open, k: k, keep: k * precision}
	}}, nil
}

// ngramState counts runs of words. As in Hive, a group that has seen more than twice keep different
// runs forgets the rarest.
type ngramState struct {
	context []string
	open    []bool // which words of context are looked for; nil: all
	k, keep int
	count   []map[string]float64 // words joined by separator
	key     []byte
	bytes   int64
}

// wordSeparator stands between the words of a run; it does not occur in text.
const wordSeparator = "\xff"

func (s *ngramState) Grow(n int) { s.count = grow(s.count, n) }

func (s *ngramState) Update(groups []uint32, args []Vec) error {
	v := args[0]
	nulls := nullsOf(v)
	lists, offset := listOf(v.Array)
	for i, g := range groups {
		if nulls.at(i) {
			continue
		}
		from, to := offset(v.At(i))
		if words, ok := lists.(*array.String); ok {
			s.sentence(g, words, from, to)
			continue
		}
		words, inner := listOf(lists)
		for j := from; j < to; j++ {
			if lists.IsValid(j) {
				first, last := inner(j)
				s.sentence(g, words.(*array.String), first, last)
			}
		}
	}
	return nil
}

// sentence counts the runs among words from to to-1.
func (s *ngramState) sentence(g uint32, words *array.String, from, to int) {
	n := len(s.context)
	for at := from; at+n <= to; at++ {
		s.key = s.key[:0]
		fits := true
		for i := 0; i < n && fits; i++ {
			switch {
			case words.IsNull(at + i):
				fits = false
			case s.open != nil && !s.open[i]:
				fits = words.Value(at+i) == s.context[i]
			default:
				if len(s.key) > 0 {
					s.key = append(s.key, wordSeparator...)
				}
				s.key = append(s.key, words.Value(at+i)...)
			}
		}
		if fits {
			s.add(g, s.key, 1)
		}
	}
}

func (s *ngramState) add(g uint32, key []byte, n float64) {
	m := s.count[g]
	if m == nil {
		m = map[string]float64{}
		s.count[g] = m
	}
	if _, ok := m[string(key)]; !ok {
		s.bytes += int64(len(key)) + 48
		if len(m) >= 2*s.keep {
			for _, rare := range ranked(m)[s.keep:] {
				delete(m, rare)
				s.bytes -= int64(len(rare)) + 48
			}
		}
	}
	m[string(key)] += n
}

// ranked returns the runs, the most frequent first and equally frequent ones by their bytes.
func ranked(m map[string]float64) []string {
	keys := slices.Collect(maps.Keys(m))
	slices.SortFunc(keys, func(a, b string) int { return cmp.Or(cmp.Compare(m[b], m[a]), cmp.Compare(a, b)) })
	return keys
}

func (s *ngramState) Merge(groups []uint32, partial arrow.Array) error {
	entries, offset := listOf(partial)
	f := fieldsOf(entries)
	runs, run := listOf(f[0].Array)
	n := f[1].Array.(*array.Float64)
	for i, g := range groups {
		from, to := offset(i)
		for j := from; j < to; j++ {
			first, last := run(j)
			s.key = s.key[:0]
			for w := first; w < last; w++ {
				if w > first {
					s.key = append(s.key, wordSeparator...)
				}
				s.key = append(s.key, runs.(*array.String).Value(w)...)
			}
			s.add(g, s.key, n.Value(j))
		}
	}
	return nil
}

func (s *ngramState) Partial(mem memory.Allocator) (arrow.Array, error) {
	return s.array(mem, 2*s.keep)
}
func (s *ngramState) Final(mem memory.Allocator) (arrow.Array, error) { return s.array(mem, s.k) }

// array returns the k most frequent runs of each group, NULL where there are none.
func (s *ngramState) array(mem memory.Allocator, k int) (arrow.Array, error) {
	var words [][]byte
	var runEnds []int32
	var n []float64
	ends := make([]int32, len(s.count))
	for g, m := range s.count {
		keys := ranked(m)
		for _, key := range keys[:min(k, len(keys))] {
			for w := range strings.SplitSeq(key, wordSeparator) {
				words = append(words, []byte(w))
			}
			runEnds, n = append(runEnds, int32(len(words))), append(n, m[key])
		}
		ends[g] = int32(len(runEnds))
	}
	texts, err := bytesArray(mem, datatype.String, words, nil)
	if err != nil {
		return nil, err
	}
	runs := listArray(mem, datatype.Array(datatype.String), runEnds, nil, texts)
	entries := structArray(ngramsType.(*arrow.ListType).Elem(), len(n), runs, fixedArray(mem, datatype.Double, n, nil))
	return listArray(mem, ngramsType, ends, filled(ends), entries), nil
}

func (s *ngramState) Size() int64 { return sizeOf(s.count) + s.bytes }
