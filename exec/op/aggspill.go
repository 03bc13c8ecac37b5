package op

import (
	"bytes"
	"context"
	"errors"
	"io"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/vec"
)

// putAside spills the table: partial states cut by key hash, and the arguments of DISTINCT calls, which
// have no partial state, sorted by key and argument.
func (a *aggregate) putAside(ctx context.Context) error {
	for i := range a.calls {
		if err := a.putSet(ctx, i); err != nil {
			return err
		}
	}
	if len(a.keys) == 0 {
		a.hold.set(a.table.size())
		return nil
	}
	full := a.table
	a.table = newGroups(a.env, &a.aggSpec)
	a.hold.free()
	return a.putParts(full)
}

// putParts spills the partial states of table, and frees it.
func (a *aggregate) putParts(table *groups) error {
	out, err := table.output(a.partial, partialOf)
	if err != nil {
		return err
	}
	defer out.release()
	if a.parts == nil {
		a.parts = make([]*run, fanOut)
	}
	for {
		rec, err := out.next()
		if rec == nil || err != nil {
			return err
		}
		err = scatterTo(a.env, a.keyColumns(), rec, a.parts, a.shift(), a.partial)
		rec.Release()
		if err != nil {
			return err
		}
	}
}

// scatterTo appends the rows of rec to the parts that their keys' hash names; parts are made when they are
// first needed.
func scatterTo(env *Env, keys []expr.Expr, rec arrow.Record, parts []*run, shift uint, schema *arrow.Schema) error {
	cut, err := partitionBy(env, keys, rec, uint64(len(parts)), shift)
	if err != nil {
		return err
	}
	for i, p := range cut {
		if p == nil {
			continue
		}
		if err == nil && parts[i] == nil {
			parts[i], err = newRun(env, schema)
		}
		if err == nil {
			err = parts[i].add(p)
		}
		p.Release()
	}
	return err
}

// shift skips the hash bits that have cut the rows already: those of the exchange, and of parts cut before.
func (a *aggregate) shift() uint { return 16 + 8*a.depth }

// keyColumns are the keys as columns of partial.
func (a *aggregate) keyColumns() []expr.Expr {
	out := make([]expr.Expr, len(a.keys))
	for i, k := range a.keys {
		out[i] = &expr.Column{Index: i, Name: a.partial.Field(i).Name, T: k.Type()}
	}
	return out
}

// putSet moves the arguments of DISTINCT call i to its sorter, as rows of keys and arguments.
func (a *aggregate) putSet(ctx context.Context, i int) error {
	set := a.table.sets[i]
	if set == nil {
		return nil
	}
	if a.sorts == nil {
		a.sorts = make([]*rowSorter, len(a.calls))
	}
	if a.sorts[i] == nil {
		types := make([]arrow.DataType, 0, len(a.keys)+len(a.calls[i].args))
		for _, e := range a.keys {
			types = append(types, e.Type())
		}
		for _, e := range a.calls[i].args {
			types = append(types, e.Type())
		}
		var o ordering
		for c, t := range types {
			o.exprs = append(o.exprs, &expr.Column{Index: c, T: t})
			o.orders = append(o.orders, vec.Order{})
		}
		a.sorts[i] = newRowSorter(a.env, schemaOfTypes(types), o, 0)
	}
	keys := a.table.keyReader()
	at := 0
	for _, r := range set.args.recs {
		n := int(r.NumRows())
		cols := keys(set.ids[at : at+n])
		at += n
		for _, c := range r.Columns() {
			c.Retain()
			cols = append(cols, c)
		}
		rec, err := newRecord(a.sorts[i].schema, cols, n)
		if err != nil {
			return err
		}
		err = a.sorts[i].add(ctx, rec)
		rec.Release()
		if err != nil {
			return err
		}
	}
	if err := a.sorts[i].spill(ctx); err != nil {
		return err
	}
	set.args.release()
	a.table.sets[i] = newArgSet(a.env, a.calls[i])
	return nil
}

// finishAside ends an aggregation that has put something aside: the rest goes the same way, sorted
// arguments become partial states, and then parts are merged one by one.
func (a *aggregate) finishAside(ctx context.Context) error {
	if err := a.putAside(ctx); err != nil {
		return err
	}
	for i, s := range a.sorts {
		if s == nil {
			continue
		}
		if err := a.countSorted(ctx, i, s); err != nil {
			return err
		}
		a.sorts[i] = nil
	}
	if len(a.keys) == 0 {
		return a.give(finalOf)
	}
	a.table.release()
	return nil
}

// countSorted reads the sorted arguments of call i, drops those that repeat, and updates states with
// the others: those of the table if there are no keys, else those of small tables that go to the parts.
func (a *aggregate) countSorted(ctx context.Context, i int, s *rowSorter) error {
	sorted, err := s.finish(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	defer sorted.Close()
	spec := a.aggSpec
	spec.keys = a.keyColumns()
	table := a.table
	if len(a.keys) > 0 {
		table = newGroups(a.env, &spec)
	}
	var buf vec.KeyBuffer
	var last []byte
	first := true
	err = drain(ctx, sorted, func(rec arrow.Record) error {
		vec.AppendKeyBytes(rec.Columns(), int(rec.NumRows()), &buf)
		var keep []int32
		for r := range int(rec.NumRows()) {
			if k := buf.Key(r); first || !bytes.Equal(k, last) {
				first = false
				keep = append(keep, int32(r))
				last = append(last[:0], k...)
			}
		}
		if len(keep) == 0 {
			return nil
		}
		some := vec.TakeRecord(a.env.Mem, rec, keep)
		defer some.Release()
		if err := table.number(some); err != nil {
			return err
		}
		if err := table.states[i].Update(table.ids, vecsOf(some.Columns()[len(a.keys):])); err != nil {
			return err
		}
		if len(a.keys) == 0 || table.n < a.env.BatchRows {
			return nil
		}
		err := a.putParts(table)
		table = newGroups(a.env, &spec)
		return err
	})
	switch {
	case len(a.keys) == 0:
		return err
	case err != nil:
		table.release()
		return err
	}
	return a.putParts(table)
}

// nextOfParts gives the next batch of the parts that were put aside; nil at the end of each.
func (a *aggregate) nextOfParts(ctx context.Context) (arrow.Record, error) {
	if a.part == nil {
		p := a.parts[0]
		a.parts = a.parts[1:]
		if p == nil {
			return nil, nil
		}
		spec := aggSpec{keys: a.keyColumns(), merges: true, partial: a.partial}
		for i, c := range a.calls {
			col := &expr.Column{Index: len(a.keys) + i, T: c.bound.Partial}
			spec.calls = append(spec.calls, &aggCall{bound: c.bound, args: []expr.Expr{col}, same: i})
		}
		a.part = openAggregate(a.env, a.schema, spec, &runReader{p}, a.depth+1)
		a.part.first = a.first
	}
	rec, err := a.part.Next(ctx)
	if errors.Is(err, io.EOF) {
		err = a.part.Close()
		a.part = nil
		return nil, err
	}
	return rec, err
}
