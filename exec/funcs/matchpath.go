package funcs

import (
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/vec"
	"github.com/winnowdb/winnow/proto/diag"
)

// paths are the window functions that find patterns in ordered rows.
var paths = []Window{{
	Name: "matchpath", Bind: bindMatchPath,
	Doc: "matchpath('A.B*.C+', 'A', condition, 'B', condition, …, x): an array of x of the rows from this one on that match the symbols of the pattern in turn, * for none or more rows, + for one or more; NULL if they do not. FROM matchpath(ON t …) is made of it",
}}

// maxPathRows is how many rows the paths of one partition may have together.
const maxPathRows = 1 << 24

// symbol is a part of a pattern.
type symbol struct {
	cond int // which condition
	many byte
}

func bindMatchPath(args []Arg) (WindowBound, error) {
	if len(args) < 4 || len(args)%2 != 0 {
		return WindowBound{}, diag.Errorf(diag.Type, "matchpath takes a pattern, names each with a condition, and a value, not %d arguments", len(args))
	}
	pattern, ok := constText(args, 0)
	if !ok {
		return WindowBound{}, diag.Errorf(diag.Type, "matchpath takes a constant pattern as argument 1")
	}
	conds := map[string]int{}
	casts := make([]arrow.DataType, len(args))
	for i := 1; i < len(args)-1; i += 2 {
		name, ok := constText(args, i)
		if !ok {
			return WindowBound{}, diag.Errorf(diag.Type, "matchpath takes a constant name as argument %d", i+1)
		}
		if t := args[i+1].Type; t.ID() != arrow.BOOL && !isVoid(t) {
			return WindowBound{}, badArg("matchpath", i+1, "a condition", t)
		}
		conds[strings.ToLower(name)], casts[i+1] = i+1, datatype.Bool
	}
	var symbols []symbol
	for part := range strings.SplitSeq(pattern, ".") {
		s := symbol{}
		name := strings.TrimRight(part, "*+")
		if rest := part[len(name):]; len(rest) > 0 {
			s.many = rest[len(rest)-1]
			name = part[:len(part)-1]
		}
		if s.cond, ok = conds[strings.ToLower(name)]; !ok {
			return WindowBound{}, diag.Errorf(diag.Unknown, "no symbol %q of the pattern %s of matchpath has a condition", name, pattern)
		}
		symbols = append(symbols, s)
	}
	t := datatype.Array(args[len(args)-1].Type)
	return WindowBound{Casts: casts, Type: t, New: func(c *Ctx) WindowState { return matchState{c.Mem, t, symbols} }}, nil
}

// matchState finds the path of each row.
type matchState struct {
	mem     memory.Allocator
	t       arrow.DataType
	symbols []symbol
}

func (s matchState) Eval(args []Vec, _ []int32, n int) (arrow.Array, error) {
	conds := make([][]bool, len(args))
	for _, sym := range s.symbols {
		if conds[sym.cond] != nil {
			continue
		}
		v := args[sym.cond]
		b, _ := v.Array.(*array.Boolean)
		conds[sym.cond] = make([]bool, n)
		for i := range n {
			conds[sym.cond][i] = b != nil && !v.Null(i) && b.Value(v.At(i))
		}
	}
	ends, valid, rows := make([]int32, n), make([]bool, n), []int32(nil)
	x := args[len(args)-1]
	for i := range n {
		if size := s.match(conds, i, n); size > 0 {
			if len(rows)+size > maxPathRows {
				return nil, diag.Errorf(diag.Limit, "the paths of matchpath in a partition of %d rows have more than %d rows", n, maxPathRows).
					WithHint("cut the partitions smaller, or let the pattern begin at fewer rows")
			}
			valid[i] = true
			for j := i; j < i+size; j++ {
				rows = append(rows, int32(x.At(j)))
			}
		}
		ends[i] = int32(len(rows))
	}
	return listArray(s.mem, s.t, ends, valid, vec.Take(s.mem, x.Array, rows)), nil
}

// match returns how many rows from row i on are a path, 0 if none are. It goes as Hive does: a symbol takes what it can and gives
// nothing back, + leaves the last row of a partition out, and * takes it even if its condition is false there
// (ptf_matchpath.q of Hive's tests has the former).
func (s matchState) match(conds [][]bool, i, n int) int {
	row := i
	for _, sym := range s.symbols {
		cond := conds[sym.cond]
		if row >= n {
			if sym.many != '*' {
				return 0
			}
			continue
		}
		next := row
		for next < n && cond[next] && (sym.many != 0 || next == row) {
			next++
		}
		switch {
		case sym.many == '*':
			if next == n-1 {
				next = n
			}
		case next == row:
			return 0
		case sym.many == '+' && next == n:
			next--
		}
		row = next
	}
	return max(row-i, 1)
}
