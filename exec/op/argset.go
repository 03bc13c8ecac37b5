package op

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/exec/vec"
)

// argSet is the different arguments of a DISTINCT call, per group. They reach the call's state at the
// end only: what has been put aside must not have been counted.
type argSet struct {
	env   *Env
	index *keyTable
	args  columnStore
	ids   []uint32 // groups of the rows of args
	hash  keyHash
	row   []uint32
}

func newArgSet(env *Env, c *aggCall) *argSet {
	types := make([]arrow.DataType, len(c.args))
	for i, e := range c.args {
		types[i] = e.Type()
	}
	return &argSet{env: env, index: newKeyTable(), args: columnStore{env: env, schema: schemaOfTypes(types)}}
}

func schemaOfTypes(types []arrow.DataType) *arrow.Schema {
	fields := make([]arrow.Field, len(types))
	for i, t := range types {
		fields[i] = arrow.Field{Name: "c", Type: t, Nullable: true}
	}
	return arrow.NewSchema(fields, nil)
}

// add takes rows: row i belongs to group ids[i]. NULLs are kept: the state knows what they mean to it.
func (s *argSet) add(ids []uint32, args []funcs.Vec) error {
	n := len(ids)
	cols := make([]arrow.Array, 1, 1+len(args))
	cols[0] = groupColumn(ids)
	defer func() { release(cols) }()
	for _, v := range args {
		a, err := expr.Expand(&funcs.Ctx{Mem: s.env.Mem}, v, n)
		if err != nil {
			return err
		}
		cols = append(cols, a)
	}
	s.hash.of(cols, n)
	s.row = vec.Sized(s.row, n)
	fresh := s.index.insert(&s.hash, s.row)
	if len(fresh) == 0 {
		return nil
	}
	s.ids = append(s.ids, pickIDs(ids, fresh)...)
	return s.args.add(takeAll(s.env, cols[1:], fresh), len(fresh))
}

// groupColumn is group numbers as a column; ids must not change while it lives.
func groupColumn(ids []uint32) arrow.Array {
	buf := memory.NewBufferBytes(arrow.GetBytes(ids))
	defer buf.Release()
	d := array.NewData(datatype.Int, len(ids), []*memory.Buffer{nil, buf}, nil, 0, 0)
	defer d.Release()
	return array.MakeFromData(d)
}

func (s *argSet) apply(state funcs.State) error {
	at := 0
	for _, r := range s.args.recs {
		n := int(r.NumRows())
		if err := state.Update(s.ids[at:at+n], vecsOf(r.Columns())); err != nil {
			return err
		}
		at += n
	}
	return nil
}

func vecsOf(cols []arrow.Array) []funcs.Vec {
	out := make([]funcs.Vec, len(cols))
	for i, c := range cols {
		out[i].Array = c
	}
	return out
}

func (s *argSet) size() int64 { return s.index.size() + s.args.bytes + 4*int64(cap(s.ids)) }
