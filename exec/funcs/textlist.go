package funcs

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/proto/diag"
)

// stringView is a view of a text argument as strings that share the array's memory.
type stringView struct {
	a    *array.String
	mask int
}

func stringsOf(v Vec) stringView {
	a, _ := v.Array.(*array.String)
	if v.Const {
		return stringView{a, 0}
	}
	return stringView{a, -1}
}

func (s stringView) at(i int) string { return s.a.Value(i & s.mask) }

// textItems is a column of text of a length that is not known before.
type textItems struct {
	ends  []int32
	data  []byte
	valid []bool
	nulls bool
}

func (t *textItems) add(s string) {
	t.data = append(t.data, s...)
	t.end(true)
}

// end closes an item: what was appended to data since the last one, or NULL.
func (t *textItems) end(valid bool) {
	t.ends = append(t.ends, int32(len(t.data)))
	t.valid = append(t.valid, valid)
	t.nulls = t.nulls || !valid
}

// finish returns the column; the caller releases it.
func (t *textItems) finish(mem memory.Allocator) (arrow.Array, error) {
	if len(t.data) > 1<<31-1 {
		return nil, diag.Errorf(diag.Limit, "one column of a batch would take %d bytes of text", len(t.data))
	}
	offsets := bufferOf(mem, arrow.GetBytes(append([]int32{0}, t.ends...)))
	defer offsets.Release()
	data := bufferOf(mem, t.data)
	defer data.Release()
	mask, nulls := validityOf(mem, t.valid)
	if mask != nil {
		defer mask.Release()
	}
	d := array.NewData(datatype.String, len(t.ends), []*memory.Buffer{mask, offsets, data}, nil, nulls, 0)
	defer d.Release()
	return array.NewStringData(d), nil
}

// textListRows makes an array<string> column: f adds the items of row i; not ok gives NULL. f is not
// called for rows with a NULL argument.
func textListRows(c *Ctx, args []Vec, n int, f func(items *textItems, i int) (ok bool, err error)) (arrow.Array, error) {
	valid := strictValidity(c.Mem, n, args...)
	defer valid.release()
	var items textItems
	ends, rows := make([]int32, n), make([]bool, n)
	for i := range n {
		if !valid.null(i) {
			ok, err := f(&items, i)
			if err != nil {
				return nil, err
			}
			rows[i] = ok
		}
		ends[i] = int32(len(items.ends))
	}
	values, err := items.finish(c.Mem)
	if err != nil {
		return nil, err
	}
	return listArray(c.Mem, datatype.Array(datatype.String), ends, rows, values), nil
}

// textMapRows makes a map<string,string> column: f adds keys and values, as many of both.
func textMapRows(c *Ctx, args []Vec, n int, f func(keys, values *textItems, i int) (ok bool, err error)) (arrow.Array, error) {
	valid := strictValidity(c.Mem, n, args...)
	defer valid.release()
	var keys, values textItems
	ends, rows := make([]int32, n), make([]bool, n)
	for i := range n {
		if !valid.null(i) {
			ok, err := f(&keys, &values, i)
			if err != nil {
				return nil, err
			}
			rows[i] = ok
		}
		ends[i] = int32(len(keys.ends))
	}
	k, err := keys.finish(c.Mem)
	if err != nil {
		return nil, err
	}
	v, err := values.finish(c.Mem)
	if err != nil {
		k.Release()
		return nil, err
	}
	return mapArray(c.Mem, datatype.Map(datatype.String, datatype.String).(*arrow.MapType), ends, rows, k, v), nil
}

// mapArray returns a map of type t, its parts as in listArray. It releases keys and values.
func mapArray(mem memory.Allocator, t *arrow.MapType, ends []int32, valid []bool, keys, values arrow.Array) arrow.Array {
	return listArray(mem, t, ends, valid, structArray(t.Elem(), keys.Len(), keys, values))
}
