package op

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/winnowdb/winnow/connectors"
	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/serde"
	"github.com/winnowdb/winnow/exec/vec"
	"github.com/winnowdb/winnow/proto/diag"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// write writes its input as text files and gives one row per file. The files are named by the task's
// attempt, so that two attempts never meet; unless all went well, those of this one are removed.
type write struct {
	unary
	spec     *winnowpb.Write
	table    *serde.Table
	store    connectors.Store
	packing  string
	dynamic  int                 // partition columns, the last of the input
	open     map[string]*outFile // by partition
	parts    map[string]int      // how many files each partition has had
	finished []*outFile
	clock    int64
	started  bool
	told     bool // the manifest has been given
}

// maxOpenFiles bounds the files that are written at once, and with them the memory of their buffers. Beyond it the one
// not written for longest is ended; its partition gets another file if more rows come.
const maxOpenFiles = 64

// defaultMaxPartitions is the number of dynamic partitions of a task where the plan names none.
const defaultMaxPartitions = 10000

func newWrite(env *Env, n *winnowpb.Node, input Operator) (Operator, error) {
	spec := n.GetWrite()
	schema, err := schemaOf(n.Schema)
	if err != nil {
		return nil, err
	}
	if spec.Handler != "" {
		return &handlerWrite{unary: unary{env, input, schema}, spec: spec}, nil
	}
	w := &write{unary: unary{env, input, schema}, spec: spec, dynamic: len(spec.PartitionColumns),
		open: map[string]*outFile{}, parts: map[string]int{}}
	if fields := len(input.Schema().Fields()); fields != len(spec.Columns)+w.dynamic {
		return nil, diag.Errorf(diag.Internal, "plan: write of %d columns has an input of %d", len(spec.Columns)+w.dynamic, fields)
	}
	format, err := serde.Lookup(spec.Format)
	if err != nil {
		return nil, err
	}
	table := serde.Spec{Props: spec.Properties}
	for _, f := range spec.Columns {
		t, err := datatype.Parse(f.Type)
		if err != nil {
			return nil, err
		}
		table.Columns = append(table.Columns, serde.Column{Name: f.Name, Type: t})
	}
	if w.table, err = format.Open(table); err != nil {
		return nil, err
	}
	if w.packing = spec.Compression; w.packing == "" {
		w.packing = spec.Properties["compression"]
	}
	if _, err = serde.CompressedName(w.packing); err != nil {
		return nil, err
	}
	w.store, err = env.Set.Store(w.folder())
	return w, err
}

// folder is where the files are written: where they are to lie, if the store cannot move them there.
func (w *write) folder() string {
	if w.spec.Staging != "" {
		return strings.TrimSuffix(w.spec.Staging, "/")
	}
	return strings.TrimSuffix(w.spec.Location, "/")
}

// Next implements Operator. The first call writes everything.
func (w *write) Next(ctx context.Context) (arrow.Record, error) {
	if w.started {
		return nil, io.EOF
	}
	w.started = true
	err := w.consume(ctx)
	for _, f := range w.open {
		if err != nil {
			break
		}
		err = w.finish(f)
	}
	if err != nil {
		return nil, errors.Join(err, w.abort())
	}
	w.told = true
	if len(w.finished) == 0 {
		return nil, io.EOF
	}
	return w.manifest(), nil
}

// Close implements Operator.
func (w *write) Close() error {
	var err error
	if !w.told {
		err = w.abort()
	}
	return errors.Join(err, w.in.Close())
}

// consume writes all rows of the input.
func (w *write) consume(ctx context.Context) error {
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		rec, err := w.in.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		err = w.put(ctx, rec)
		rec.Release()
		if err != nil {
			return err
		}
	}
}

// put writes the rows of rec, each to the file of its partition.
func (w *write) put(ctx context.Context, rec arrow.Record) error {
	if err := w.env.Machine.Fault("write.rows"); err != nil {
		return err
	}
	if w.dynamic == 0 {
		return w.append(ctx, "", rec)
	}
	names, rows := w.partitions(rec)
	for i, name := range names {
		part := rec
		if len(names) > 1 {
			part = vec.TakeRecord(w.env.Mem, rec, rows[i])
		} else {
			part.Retain()
		}
		err := w.append(ctx, name, part)
		part.Release()
		if err != nil {
			return err
		}
	}
	return nil
}

// partitions returns the partitions of rec's rows, in the order they come, and the rows of each.
func (w *write) partitions(rec arrow.Record) (names []string, rows [][]int32) {
	at := map[string]int{}
	first := int(rec.NumCols()) - w.dynamic
	var key, last []byte
	lastAt := -1
	for r := range int(rec.NumRows()) {
		key = key[:0]
		for c := range w.dynamic {
			a := rec.Column(first + c)
			if a.DataType().ID() == arrow.NULL || a.IsNull(r) {
				key = append(key, 0)
				continue
			}
			start := len(key)
			key = datatype.AppendCastText(append(key, 1), a, r, time.UTC)
			key = binary.LittleEndian.AppendUint32(key, uint32(len(key)-start))
		}
		if lastAt < 0 || string(key) != string(last) {
			i, ok := at[string(key)]
			if !ok {
				i = len(names)
				at[string(key)] = i
				names, rows = append(names, w.partitionName(rec, r)), append(rows, nil)
			}
			lastAt = i
			last = append(last[:0], key...)
		}
		rows[lastAt] = append(rows[lastAt], int32(r))
	}
	return merged(names, rows)
}

// merged joins partitions of one name: NULL and ” have the same.
func merged(names []string, rows [][]int32) ([]string, [][]int32) {
	at := map[string]int{}
	out := 0
	for i, n := range names {
		if j, ok := at[n]; ok {
			rows[j] = append(rows[j], rows[i]...)
			continue
		}
		at[n] = out
		names[out], rows[out] = n, rows[i]
		out++
	}
	return names[:out], rows[:out]
}

// partitionName returns the folder of row r: k=v/k2=v2.
func (w *write) partitionName(rec arrow.Record, r int) string {
	var b strings.Builder
	first := int(rec.NumCols()) - w.dynamic
	for c, col := range w.spec.PartitionColumns {
		if c > 0 {
			b.WriteByte('/')
		}
		text := datatype.AppendCastText(nil, rec.Column(first+c), r, time.UTC)
		if rec.Column(first+c).DataType().ID() == arrow.BOOL {
			text = bytes.ToLower(text) // CAST prints TRUE, a partition is b=true
		}
		b.WriteString(datatype.EscapePartition(strings.ToLower(col)) + "=" + datatype.EscapePartition(string(text)))
	}
	return b.String()
}

// append writes the data columns of rec to the file of a partition.
func (w *write) append(ctx context.Context, partition string, rec arrow.Record) error {
	f := w.open[partition]
	if f == nil {
		var err error
		if f, err = w.create(ctx, partition); err != nil {
			return err
		}
	}
	w.clock++
	f.used = w.clock
	data := rec
	if n := len(w.spec.Columns); n < int(rec.NumCols()) {
		data = array.NewRecord(arrow.NewSchema(rec.Schema().Fields()[:n], nil), rec.Columns()[:n], rec.NumRows())
		defer data.Release()
	}
	f.rows += rec.NumRows()
	return f.text.Write(data)
}

// create opens a new file for a partition, ending another one if too many are open.
func (w *write) create(ctx context.Context, partition string) (*outFile, error) {
	limit := w.spec.MaxPartitions
	if limit <= 0 {
		limit = defaultMaxPartitions
	}
	if _, known := w.parts[partition]; !known && int64(len(w.parts)) >= limit {
		return nil, diag.Errorf(diag.Limit, "the insert makes more than %d partitions", limit).
			WithHint("is %s the right partition column? hive.exec.max.dynamic.partitions sets the limit", strings.Join(w.spec.PartitionColumns, ", "))
	}
	if len(w.open) >= maxOpenFiles {
		if err := w.finish(w.oldest()); err != nil {
			return nil, err
		}
	}
	ext, err := serde.CompressedName(w.packing)
	if err != nil {
		return nil, err
	}
	name := fmt.Sprintf("%s-%05d%s", w.attempt(), w.parts[partition], ext)
	w.parts[partition]++
	f := &outFile{partition: partition, path: fileIn(w.folder(), partition, name), final: fileIn(w.spec.Location, partition, name)}
	if f.out, err = w.store.Create(ctx, f.path); err != nil {
		return nil, fmt.Errorf("create %s: %w", f.path, err)
	}
	w.open[partition] = f
	f.text, err = w.table.NewWriter(f, w.packing)
	return f, err
}

// attempt names the files; one that began with _ or . would not be read.
func (w *write) attempt() string {
	id := strings.Map(func(r rune) rune {
		if r == '/' || r < ' ' {
			return '-'
		}
		return r
	}, w.env.Task.GetAttemptId())
	return "part-" + id
}

func fileIn(folder, partition, name string) string {
	folder = strings.TrimSuffix(folder, "/")
	if partition == "" {
		return folder + "/" + name
	}
	return folder + "/" + partition + "/" + name
}

func (w *write) oldest() *outFile {
	var old *outFile
	for _, f := range w.open {
		if old == nil || f.used < old.used {
			old = f
		}
	}
	return old
}

// finish ends a file.
func (w *write) finish(f *outFile) error {
	if err := w.env.Machine.Fault("write.close"); err != nil {
		return err
	}
	if err := f.text.Close(); err != nil {
		return fmt.Errorf("write %s: %w", f.path, err)
	}
	for _, text := range f.text.Warnings() {
		w.env.Counters.Add(&winnowpb.Stats{Warnings: []string{text}})
	}
	delete(w.open, f.partition)
	w.finished = append(w.finished, f)
	if err := f.out.Close(); err != nil {
		return fmt.Errorf("write %s: %w", f.path, err)
	}
	return nil
}

// abort gives up what is open and removes what is ended.
func (w *write) abort() error {
	var errs []error
	for p, f := range w.open {
		if a, ok := f.out.(connectors.Aborter); ok {
			errs = append(errs, a.Abort())
		}
		delete(w.open, p)
	}
	if r, ok := w.store.(connectors.Remover); ok {
		for _, f := range w.finished {
			// The statement may be cancelled: its context would not let the files be removed.
			errs = append(errs, r.Remove(context.Background(), f.path))
		}
		w.finished = nil
	}
	return errors.Join(errs...)
}

// manifest has one row per file: path, rows, bytes, partition, final.
func (w *write) manifest() arrow.Record {
	b := array.NewRecordBuilder(w.env.Mem, w.schema)
	defer b.Release()
	for _, f := range w.finished {
		b.Field(0).(*array.StringBuilder).Append(f.path)
		b.Field(1).(*array.Int64Builder).Append(f.rows)
		b.Field(2).(*array.Int64Builder).Append(f.bytes)
		b.Field(3).(*array.StringBuilder).Append(f.partition)
		b.Field(4).(*array.StringBuilder).Append(f.final)
	}
	return b.NewRecord()
}

// outFile is a file that is being written; it counts the bytes as stored.
type outFile struct {
	partition, path, final string
	out                    io.WriteCloser
	text                   *serde.Writer
	rows, bytes            int64
	used                   int64 // when it was written last
}

// Write implements io.Writer.
func (f *outFile) Write(p []byte) (int, error) {
	n, err := f.out.Write(p)
	f.bytes += int64(n)
	return n, err
}
