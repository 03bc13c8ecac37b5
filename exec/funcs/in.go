package funcs

import (
	"slices"
	"sync"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/vec"
)

// membership is IN.
var membership = []Scalar{
	{Name: "in", Doc: "x IN (v, …): whether x equals one of the values, NULL if none but one of them is NULL; 2 in (1, 2) is true", Bind: bindIn},
}

func bindIn(args []Arg) (Bound, error) {
	if err := wantArgs("in", args, 2, -1); err != nil {
		return Bound{}, err
	}
	t, err := inType(args)
	if err != nil {
		return Bound{}, err
	}
	if isVoid(t) {
		return Bound{Type: datatype.Bool, Kernel: nullKernel(datatype.Bool)}, nil
	}
	s := &inSet{}
	casts := castsTo(t, len(args))
	if datatype.IsText(args[0].Type) && !datatype.IsText(t) {
		casts[0] = nil
		if s.convert, err = CastKernel(args[0].Type, t); err != nil {
			return Bound{}, err
		}
	}
	return Bound{Casts: casts, Type: datatype.Bool, Kernel: s.kernel}, nil
}

// inType is the type in which IN compares: the common one of all, or text where text is looked for
// among text and other values, as in Hive.
func inType(args []Arg) (arrow.DataType, error) {
	first := args[0].Type
	whole, text, other := first.ID() == arrow.INT64, false, false
	for _, a := range args[1:] {
		whole = whole && isWholeText(a)
		text = text || datatype.IsText(a.Type)
		other = other || !datatype.IsText(a.Type) && !isVoid(a.Type)
	}
	switch {
	case whole:
		return datatype.BigInt, nil // exactly, as = does
	case datatype.IsText(first) && text && other:
		return datatype.String, nil
	}
	t := first
	for _, a := range args[1:] {
		var err error
		if t, err = compareType("in", t, a.Type); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// isWholeText reports whether a is an integer, or constant text that writes one.
func isWholeText(a Arg) bool {
	if datatype.IsInteger(a.Type) {
		return true
	}
	s, ok := a.Const.(*array.String)
	if !ok || s.IsNull(0) {
		return isVoid(a.Type)
	}
	for _, c := range []byte(s.Value(0)) {
		if c == '.' {
			return false
		}
	}
	_, ok = datatype.ParseInt([]byte(s.Value(0)), false)
	return ok
}

// inSet is the constant values of a list, collected when the kernel first runs.
type inSet struct {
	// convert makes values of the list's type of the text looked for, if it is text and they are not. Text that
	// is no such value is in no list: '-' not in (404) is true, as in Hive, where '-' <> 404 is NULL.
	convert Kernel
	once    sync.Once
	keys    map[string]struct{}
	ints    map[int64]struct{}
	few     []int64 // the same, if few enough that looking at all is faster
	null    bool    // a constant is NULL
	varia   []int
}

func (s *inSet) collect(args []Vec) {
	s.keys, s.ints = map[string]struct{}{}, map[int64]struct{}{}
	for i, a := range args[1:] {
		switch {
		case !a.Const:
			s.varia = append(s.varia, i+1)
		case vec.IsNull(a.Array, 0):
			s.null = true
		case datatype.IsInteger(a.DataType()):
			v := int64At(a.Array, 0)
			s.ints[v] = struct{}{}
			s.few = append(s.few, v)
		case a.DataType().ID() == arrow.STRING:
			s.keys[a.Array.(*array.String).Value(0)] = struct{}{}
		default:
			s.keys[string(vec.AppendKey(nil, a.Array, 0))] = struct{}{}
		}
	}
}

// fewInts is how many integers are searched one by one.
const fewInts = 8

func (s *inSet) kernel(c *Ctx, args []Vec, n int) (arrow.Array, error) {
	s.once.Do(func() { s.collect(args) })
	o := newBools(c, n, args[0])
	x := args[0]
	if s.convert != nil {
		converted, err := s.convert(c, []Vec{{Array: x.Array}}, x.Len())
		if err != nil {
			return nil, err
		}
		defer converted.Release()
		x.Array = converted
	}
	find := s.finder(x)
	for i := range n {
		if o.null(i) {
			continue
		}
		is := !vec.IsNull(x.Array, x.At(i))
		found, null := is && find(i), s.null
		for _, k := range s.varia {
			if found {
				break
			}
			v := args[k]
			if vec.IsNull(v.Array, v.At(i)) {
				null = true
			} else {
				found = is && vec.Equal(x.Array, x.At(i), v.Array, v.At(i))
			}
		}
		switch {
		case found:
			o.set(i)
		case null:
			o.setNull(i)
		}
	}
	return o.finish(), nil
}

// finder returns whether row i of x is among the constants.
func (s *inSet) finder(x Vec) func(i int) bool {
	switch a := x.Array.(type) {
	case *array.Int8:
		return findInt[int8](s, x)
	case *array.Int16:
		return findInt[int16](s, x)
	case *array.Int32:
		return findInt[int32](s, x)
	case *array.Int64:
		return findInt[int64](s, x)
	case *array.String:
		b := bytesOf(x)
		return func(i int) bool { _, ok := s.keys[string(b.at(i))]; return ok }
	default:
		var buf []byte
		return func(i int) bool {
			buf = vec.AppendKey(buf[:0], a, x.At(i))
			_, ok := s.keys[string(buf)]
			return ok
		}
	}
}

func findInt[T integer](s *inSet, x Vec) func(i int) bool {
	f := fixedOf[T](x)
	if len(s.few) > 0 && len(s.few) <= fewInts {
		return func(i int) bool { return slices.Contains(s.few, int64(f.at(i))) }
	}
	return func(i int) bool { _, ok := s.ints[int64(f.at(i))]; return ok }
}
