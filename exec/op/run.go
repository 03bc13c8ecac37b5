package op

import (
	"context"
	"errors"
	"io"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/ipc"

	"github.com/winnowdb/winnow/connectors/sys"
	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/proto/diag"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// relabel gives the columns of rec the types of schema, which are stored alike.
func relabel(rec arrow.Record, schema *arrow.Schema) arrow.Record {
	cols := make([]arrow.Array, rec.NumCols())
	for i := range cols {
		cols[i] = datatype.Relabel(rec.Column(i), schema.Field(i).Type)
	}
	defer release(cols)
	return array.NewRecord(schema, cols, rec.NumRows())
}

// run is a list of batches in a spill file: written once, then read from its start.
type run struct {
	env    *Env
	schema *arrow.Schema
	file   sys.File
	w      *ipc.Writer
	size   int64
	r      *ipc.Reader
}

func newRun(env *Env, schema *arrow.Schema) (*run, error) {
	f, err := env.Machine.Spill()
	if err != nil {
		return nil, SpillError(err)
	}
	r := &run{env: env, schema: schema, file: f}
	r.w = ipc.NewWriter(&counting{f, &r.size}, ipc.WithSchema(datatype.PlainSchema(schema)))
	return r, nil
}

// counting counts the bytes written.
type counting struct {
	io.Writer
	n *int64
}

func (c *counting) Write(b []byte) (int, error) {
	n, err := c.Writer.Write(b)
	*c.n += int64(n)
	return n, err
}

// SpillError is err, met when rows were written to a spill file or read back, as the user is told of it.
func SpillError(err error) error {
	return diag.Errorf(diag.Limit, "rows do not fit in memory, and spilling them failed: %w", err).
		WithHint("free space in the spill folder (--spill-dir), or raise --memory")
}

func (r *run) add(rec arrow.Record) error {
	if err := r.env.Machine.Fault("spill.write"); err != nil {
		return SpillError(err)
	}
	plain := relabel(rec, datatype.PlainSchema(r.schema))
	defer plain.Release()
	before := r.size
	if err := r.w.Write(plain); err != nil {
		return SpillError(err)
	}
	r.env.Counters.Add(&winnowpb.Stats{SpilledBytes: r.size - before})
	return nil
}

// next reads the run's batches in order; the first call ends the writing.
func (r *run) next(ctx context.Context) (arrow.Record, error) {
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	if r.r == nil {
		if err := r.w.Close(); err != nil {
			return nil, SpillError(err)
		}
		if err := r.env.Machine.Fault("spill.read"); err != nil {
			return nil, SpillError(err)
		}
		rd, err := ipc.NewReader(io.NewSectionReader(r.file, 0, r.size), ipc.WithAllocator(r.env.Mem))
		if err != nil {
			return nil, SpillError(err)
		}
		r.r = rd
	}
	if !r.r.Next() {
		if err := r.r.Err(); err != nil && !errors.Is(err, io.EOF) {
			return nil, SpillError(err)
		}
		return nil, io.EOF
	}
	return relabel(r.r.Record(), r.schema), nil
}

func (r *run) close() error {
	if r.r != nil {
		r.r.Release()
	}
	return r.file.Close()
}

// drain adds all of in's batches to add and closes nothing.
func drain(ctx context.Context, in Operator, add func(arrow.Record) error) error {
	for {
		rec, err := in.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		err = add(rec)
		rec.Release()
		if err != nil {
			return err
		}
	}
}

// fanOut is how many parts a spilled join or aggregation is cut into.
const fanOut = 16

// maxSpillDepth bounds how often a part is cut again: rows of one key cannot be.
const maxSpillDepth = 4
