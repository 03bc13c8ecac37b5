package funcs

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/vec"
	"github.com/winnowdb/winnow/proto/diag"
)

// ranking are the window functions that depend on a row's place in its partition.
var ranking = []Window{
	placeWindow("row_number", "row_number(): 1 for the first row of the partition, 2 for the next, …", datatype.Int, WindowPart{Rows: true},
		func(mem memory.Allocator, peers []int32, n int) arrow.Array {
			return placeInts(mem, n, func(i int) int32 { return int32(i) + 1 })
		}),
	placeWindow("rank", "rank(): the number of rows before this one and its ties, plus 1", datatype.Int, WindowPart{Rows: true, Ties: true},
		func(mem memory.Allocator, peers []int32, n int) arrow.Array {
			return placeInts(mem, n, func(i int) int32 { return peers[i] + 1 })
		}),
	placeWindow("dense_rank", "dense_rank(): the number of different ORDER BY values up to this row", datatype.Int, WindowPart{Groups: true, Ties: true},
		func(mem memory.Allocator, peers []int32, n int) arrow.Array {
			rank := int32(0)
			return placeInts(mem, n, func(i int) int32 {
				if peers[i] == int32(i) {
					rank++
				}
				return rank
			})
		}),
	placeWindow("percent_rank", "percent_rank(): (rank - 1) / (rows - 1), 0 for a single row", datatype.Double, WindowPart{},
		func(mem memory.Allocator, peers []int32, n int) arrow.Array {
			out := make([]float64, n)
			for i := range out {
				if n > 1 {
					out[i] = float64(peers[i]) / float64(n-1)
				}
			}
			return fixedArray(mem, datatype.Double, out, nil)
		}),
	placeWindow("cume_dist", "cume_dist(): the part of the rows that come before this row or tie with it", datatype.Double, WindowPart{},
		func(mem memory.Allocator, peers []int32, n int) arrow.Array {
			out := make([]float64, n)
			for end := n; end > 0; {
				first := int(peers[end-1])
				for i := first; i < end; i++ {
					out[i] = float64(end) / float64(n)
				}
				end = first
			}
			return fixedArray(mem, datatype.Double, out, nil)
		}),
	{
		Name: "ntile", Doc: "ntile(n): the number of the row's part, when the partition is cut into n parts of equal size (the first ones may have a row more)",
		Bind: bindNtile,
	},
	{
		Name: "lag", Doc: "lag(x[, n[, default]]): x of the row n (1) places before",
		Bind: func(args []Arg) (WindowBound, error) { return bindShift("lag", args, -1) },
	},
	{
		Name: "lead", Doc: "lead(x[, n[, default]]): x of the row n (1) places after",
		Bind: func(args []Arg) (WindowBound, error) { return bindShift("lead", args, 1) },
	},
}

// placeFunc computes a window function of no argument; peers and n are as in WindowState.Eval.
type placeFunc func(mem memory.Allocator, peers []int32, n int) arrow.Array

func placeWindow(name, doc string, t arrow.DataType, part WindowPart, f placeFunc) Window {
	return Window{Name: name, Doc: doc, Bind: func(args []Arg) (WindowBound, error) {
		if err := wantArgs(name, args, 0, 0); err != nil {
			return WindowBound{}, err
		}
		return WindowBound{Type: t, Part: part, New: func(c *Ctx) WindowState { return placeState{c.Mem, f} }}, nil
	}}
}

type placeState struct {
	mem memory.Allocator
	f   placeFunc
}

func (s placeState) Eval(_ []Vec, peers []int32, n int) (arrow.Array, error) {
	return s.f(s.mem, peers, n), nil
}

func placeInts(mem memory.Allocator, n int, f func(i int) int32) arrow.Array {
	out := make([]int32, n)
	for i := range out {
		out[i] = f(i)
	}
	return fixedArray(mem, datatype.Int, out, nil)
}

func bindNtile(args []Arg) (WindowBound, error) {
	if err := wantArgs("ntile", args, 1, 1); err != nil {
		return WindowBound{}, err
	}
	parts, err := constInt("ntile", args, 0)
	if err != nil {
		return WindowBound{}, err
	}
	if parts < 1 {
		return WindowBound{}, diag.Errorf(diag.BadValue, "ntile takes a number of parts from 1, not %d", parts)
	}
	return WindowBound{Type: datatype.Int, New: func(c *Ctx) WindowState {
		return placeState{c.Mem, func(mem memory.Allocator, _ []int32, n int) arrow.Array {
			size, longer := int64(n)/parts, int64(n)%parts // the first `longer` parts have size+1 rows
			return placeInts(mem, n, func(i int) int32 {
				if k := int64(i); k >= longer*(size+1) {
					return int32(longer + (k-longer*(size+1))/size + 1)
				}
				return int32(int64(i)/(size+1) + 1)
			})
		}}
	}}, nil
}

func bindShift(name string, args []Arg, sign int) (WindowBound, error) {
	if err := wantArgs(name, args, 1, 3); err != nil {
		return WindowBound{}, err
	}
	by := int64(1)
	if len(args) > 1 {
		var err error
		if by, err = constInt(name, args, 1); err != nil {
			return WindowBound{}, err
		}
		if by < 0 {
			return WindowBound{}, diag.Errorf(diag.BadValue, "%s takes a distance from 0, not %d", name, by)
		}
	}
	b := WindowBound{Casts: make([]arrow.DataType, len(args)), Type: args[0].Type}
	by = min(by, 1<<31-1)
	if b.Part.Near = true; sign < 0 {
		b.Part.Back = int(by)
	} else {
		b.Part.Ahead = int(by)
	}
	if len(args) == 3 {
		if isVoid(b.Type) {
			b.Type, b.Casts[0] = args[2].Type, args[2].Type
		}
		if castKernel(args[2].Type, b.Type) == nil {
			return WindowBound{}, badArg(name, 2, "a default of type "+datatype.Name(b.Type), args[2].Type)
		}
		b.Casts[2] = b.Type
	}
	b.New = func(c *Ctx) WindowState { return shiftState{c.Mem, int(by) * sign} }
	return b, nil
}

// shiftState is lag and lead: row i gets the value of row i+by, or its default where there is none.
type shiftState struct {
	mem memory.Allocator
	by  int
}

func (s shiftState) Eval(args []Vec, _ []int32, n int) (arrow.Array, error) {
	x := args[0]
	if len(args) < 3 {
		idx := make([]int32, n)
		for i := range idx {
			idx[i] = -1
			if j := i + s.by; j >= 0 && j < n {
				idx[i] = int32(x.At(j))
			}
		}
		return vec.Take(s.mem, x.Array, idx), nil
	}
	refs := make([]vec.Ref, n)
	for i := range refs {
		if j := i + s.by; j >= 0 && j < n {
			refs[i] = vec.Ref{Batch: 0, Row: int32(x.At(j))}
		} else {
			refs[i] = vec.Ref{Batch: 1, Row: int32(args[2].At(i))}
		}
	}
	return vec.Interleave(s.mem, x.DataType(), []arrow.Array{x.Array, args[2].Array}, refs), nil
}
