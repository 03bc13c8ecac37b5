package funcs

import (
	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/vec"
	"github.com/winnowdb/winnow/proto/diag"
)

// maxSequence is how many elements sequence makes at most.
const maxSequence = 1_000_000

func bindSequence(args []Arg) (Bound, error) {
	casts, err := takes("sequence", args, []param{whole, whole, whole.optional()})
	if err != nil {
		return Bound{}, err
	}
	t := datatype.Array(datatype.BigInt)
	return Bound{Casts: casts, Type: t, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		a, b := fixedOf[int64](args[0]), fixedOf[int64](args[1])
		strict := strictValidity(c.Mem, n, args...)
		defer strict.release()
		var vals []int64
		ends, valid := make([]int32, n), make([]bool, n)
		for i := range n {
			if valid[i] = !strict.null(i); valid[i] {
				step := int64(1)
				if a.at(i) > b.at(i) {
					step = -1
				}
				if len(args) > 2 {
					step = fixedOf[int64](args[2]).at(i)
				}
				if step == 0 || (step > 0) != (a.at(i) <= b.at(i)) && a.at(i) != b.at(i) {
					return nil, diag.Errorf(diag.BadValue, "sequence from %d to %d does not go in steps of %d", a.at(i), b.at(i), step)
				}
				span := uint64(b.at(i)) - uint64(a.at(i))
				width := uint64(step)
				if step < 0 {
					span, width = -span, -width
				}
				if span/width >= maxSequence || len(vals) > 1<<28 {
					return nil, diag.Errorf(diag.Limit, "sequence would make more than %d elements", maxSequence)
				}
				for k := range span/width + 1 {
					vals = append(vals, a.at(i)+int64(k)*step)
				}
			}
			ends[i] = int32(len(vals))
		}
		return listArray(c.Mem, t, ends, valid, fixedArray(c.Mem, datatype.BigInt, vals, allValid(len(vals)))), nil
	}}, nil
}

func bindZip(args []Arg) (Bound, error) {
	if err := wantArgs("zip", args, 2, -1); err != nil {
		return Bound{}, err
	}
	fields := make([]arrow.Field, len(args))
	for i := range args {
		t, err := elementType("zip", args, i)
		if err != nil {
			return Bound{}, err
		}
		fields[i] = arrow.Field{Name: "col" + itoa(i+1), Type: t}
	}
	elem := datatype.Struct(fields...)
	t := datatype.Array(elem)
	return Bound{Type: t, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		z := zipLists(c, args, n)
		parts := make([]arrow.Array, len(args))
		for k, a := range args {
			values, _ := listOf(a.Array)
			parts[k] = vec.Take(c.Mem, values, z.elems[k])
		}
		return listArray(c.Mem, t, z.ends, z.valid, structArray(elem, len(z.row), parts...)), nil
	}}, nil
}

// zippedLists is the elements of several columns of lists, side by side.
type zippedLists struct {
	elems [][]int32 // of each list: which of its values stands at each place, -1 if none
	row   []int32   // the row of each place
	ends  []int32   // of each row: the end of its places
	valid []bool
}

// zipLists puts lists side by side, as long as the longest in a row; a row with a NULL list is NULL.
func zipLists(c *Ctx, lists []Vec, n int) zippedLists {
	strict := strictValidity(c.Mem, n, lists...)
	defer strict.release()
	z := zippedLists{elems: make([][]int32, len(lists)), ends: make([]int32, n), valid: make([]bool, n)}
	for i := range n {
		if z.valid[i] = !strict.null(i); z.valid[i] {
			longest := 0
			for _, a := range lists {
				_, offset := listOf(a.Array)
				from, to := offset(a.At(i))
				longest = max(longest, to-from)
			}
			for range longest {
				z.row = append(z.row, int32(i))
			}
			for k, a := range lists {
				_, offset := listOf(a.Array)
				from, to := offset(a.At(i))
				for j := from; j < from+longest; j++ {
					if j < to {
						z.elems[k] = append(z.elems[k], int32(j))
					} else {
						z.elems[k] = append(z.elems[k], -1)
					}
				}
			}
		}
		z.ends[i] = int32(len(z.row))
	}
	return z
}
