package serde

import (
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

// wantedFields returns the paths that Need.Fields gives for needed column i.
func (n Need) wantedFields(i int) []string {
	if i < len(n.Fields) {
		return n.Fields[i]
	}
	return nil
}

// below returns which of paths are of the field called name, without that name. All of the field is wanted if below is nil.
func below(paths []string, name string) (below []string, wanted bool) {
	if len(paths) == 0 {
		return nil, true
	}
	name = strings.ToLower(name)
	for _, p := range paths {
		if first, rest, deeper := strings.Cut(p, "."); first == name {
			if !deeper {
				return nil, true
			}
			below = append(below, rest)
		}
	}
	return below, below != nil
}

// keepFields makes the fields of a struct that paths do not name absent.
func (c *vector) keepFields(paths []string) {
	t, ok := c.typ.(*arrow.StructType)
	if !ok {
		return
	}
	for i, f := range t.Fields() {
		if sub, wanted := below(paths, f.Name); wanted {
			c.kids[i].keepFields(sub)
		} else {
			c.kids[i] = &vector{typ: f.Type, kind: kindAbsent}
		}
	}
}

// finishAbsent returns the values of an absent column and empties it. Batches share one array of NULLs, the longest so far.
func (c *vector) finishAbsent() *array.Data {
	if c.absent == nil || c.absent.Len() < c.n {
		a := array.MakeArrayOfNull(memory.DefaultAllocator, c.typ, c.n)
		c.absent = a.Data()
	}
	d := array.NewSliceData(c.absent, 0, int64(c.n))
	c.n = 0
	return d.(*array.Data)
}
