package funcs

import (
	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/vec"
)

// Which elements of the first array a set function keeps, given whether the second has them.
func keepFirst(bool) bool      { return true }
func keepAbsent(in bool) bool  { return !in }
func keepPresent(in bool) bool { return in }

// bindArraySet binds a function that keeps some elements of its first array, each once.
func bindArraySet(name string, count int, keep func(inSecond bool) bool) func([]Arg) (Bound, error) {
	return func(args []Arg) (Bound, error) {
		if err := wantArgs(name, args, count, count); err != nil {
			return Bound{}, err
		}
		casts, t, err := sameArrays(name, args)
		return Bound{Casts: casts, Type: t, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
			values, offset := listOf(args[0].Array)
			seen, second := map[string]struct{}{}, map[string]struct{}{}
			var key []byte
			return takeLists(c, t, args, n, values, func(take []int32, i int) []int32 {
				clear(seen)
				clear(second)
				if count == 2 {
					addKeys(second, args[1], i)
				}
				from, to := offset(args[0].At(i))
				for j := from; j < to; j++ {
					key = vec.AppendKey(key[:0], values, j)
					_, in := second[string(key)]
					if _, dup := seen[string(key)]; !dup && keep(in) {
						seen[string(key)] = struct{}{}
						take = append(take, int32(j))
					}
				}
				return take
			}), nil
		}}, err
	}
}

func addKeys(set map[string]struct{}, list Vec, i int) {
	values, offset := listOf(list.Array)
	from, to := offset(list.At(i))
	var key []byte
	for j := from; j < to; j++ {
		key = vec.AppendKey(key[:0], values, j)
		set[string(key)] = struct{}{}
	}
}

// sameArrays checks that all args are arrays of one type; integer types are made common.
func sameArrays(name string, args []Arg) ([]arrow.DataType, arrow.DataType, error) {
	var elems []arrow.DataType
	for i := range args {
		t, err := elementType(name, args, i)
		if err != nil {
			return nil, nil, err
		}
		if len(elems) > 0 && !isVoid(t) && !isVoid(elems[0]) && datatype.IsText(t) != datatype.IsText(elems[0]) {
			return nil, nil, badArg(name, i, datatype.Name(args[0].Type), args[i].Type)
		}
		elems = append(elems, t)
	}
	t, err := CommonBranch(elems...)
	if err != nil {
		return nil, nil, err
	}
	list := datatype.Array(t)
	return castsTo(list, len(args)), list, nil
}

func bindArrayUnion(args []Arg) (Bound, error) {
	if err := wantArgs("array_union", args, 2, 2); err != nil {
		return Bound{}, err
	}
	casts, t, err := sameArrays("array_union", args)
	return Bound{Casts: casts, Type: t, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		a, atA := listOf(args[0].Array)
		b, atB := listOf(args[1].Array)
		both := vec.Concat(c.Mem, []arrow.Array{a, b})
		defer both.Release()
		seen := map[string]struct{}{}
		var key []byte
		return takeLists(c, t, args, n, both, func(take []int32, i int) []int32 {
			clear(seen)
			add := func(from, to int) {
				for j := from; j < to; j++ {
					key = vec.AppendKey(key[:0], both, j)
					if _, dup := seen[string(key)]; !dup {
						seen[string(key)] = struct{}{}
						take = append(take, int32(j))
					}
				}
			}
			add(atA(args[0].At(i)))
			from, to := atB(args[1].At(i))
			add(from+a.Len(), to+a.Len())
			return take
		}), nil
	}}, err
}
