package op

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/exec/vec"
	"github.com/winnowdb/winnow/proto/diag"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// transform pipes rows through a child process as separated lines, \N for NULL, and reads rows back. Nested values
// look as in Hive's delimited tables.
type transform struct {
	unary
	pb      *winnowpb.Transform
	args    []expr.Expr
	in, out byte      // field delimiters
	cmd     *exec.Cmd // once started
	stop    context.CancelFunc
	lines   *bufio.Reader
	wg      sync.WaitGroup
	fed     error // of the goroutine that writes
	stderr  tail
	nested  []*nestedWriter // one for each argument; nil: its text as it is shown
	casts   []funcs.Kernel  // one for each column; nil: string
	done    bool
}

// tail keeps the last 4 KiB of what a command says on standard error.
type tail struct {
	mu sync.Mutex
	b  []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b = append(t.b, p...)
	if n := len(t.b); n > 4096 {
		t.b = slices.Delete(t.b, 0, n-4096)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(string(t.b))
}

func newTransform(env *Env, n *winnowpb.Node, in Operator) (Operator, error) {
	schema, err := schemaOf(n.Schema)
	if err != nil {
		return nil, err
	}
	pb := n.GetTransform()
	if !allowed(env.AllowTransform, pb.Command) {
		return nil, diag.Errorf(diag.Denied, "the command %q is not allowed to run", strings.Join(pb.Command, " ")).
			WithHint("allow it with --allow-transform")
	}
	t := &transform{unary: unary{env, in, schema}, pb: pb, in: delimiter(pb.InFormat), out: delimiter(pb.OutFormat)}
	if t.args, err = expr.AllFromProto(pb.Args); err != nil {
		return nil, err
	}
	for _, a := range t.args {
		w, err := newNestedWriter(a.Type(), pb.InFormat)
		if err != nil {
			return nil, err
		}
		t.nested = append(t.nested, w)
	}
	for _, f := range schema.Fields() {
		k, err := fieldReader(f.Type, pb.OutFormat)
		if err != nil {
			return nil, err
		}
		t.casts = append(t.casts, k)
	}
	return t, nil
}

func allowed(list, command []string) bool {
	return len(command) > 0 && (slices.Contains(list, "*") || slices.Contains(list, command[0]) || slices.Contains(list, strings.Join(command, " ")))
}

func delimiter(format map[string]string) byte {
	if d := format["field.delim"]; d != "" {
		return d[0]
	}
	return '\t'
}

// waitDelay is how long a command that has ended may keep its output open by way of its children.
const waitDelay = 5 * time.Second

func (t *transform) start(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	cmd := exec.CommandContext(ctx, t.pb.Command[0], t.pb.Command[1:]...)
	ownGroup(cmd)
	cmd.Stderr = &t.stderr
	cmd.WaitDelay = waitDelay
	in, err := cmd.StdinPipe()
	if err == nil {
		var out io.Reader
		if out, err = cmd.StdoutPipe(); err == nil {
			t.lines = bufio.NewReaderSize(out, 64<<10)
			err = cmd.Start()
		}
	}
	if err != nil {
		stop()
		return diag.Errorf(diag.NotFound, "the command %q does not start: %w", strings.Join(t.pb.Command, " "), err)
	}
	t.cmd, t.stop = cmd, stop
	t.wg.Go(func() { // ends at the input's end, or when the command stops reading
		t.fed = t.feed(ctx, in)
		if err := in.Close(); t.fed == nil && err != nil && !brokenPipe(err) {
			t.fed = err
		}
	})
	return nil
}

// feed writes the input's rows. A command that stops reading early is no error.
func (t *transform) feed(ctx context.Context, to io.Writer) error {
	w := bufio.NewWriterSize(to, 64<<10)
	err := drain(ctx, t.unary.in, func(rec arrow.Record) error {
		cols, err := evalAll(t.env, t.args, rec)
		if err != nil {
			return err
		}
		defer release(cols)
		var line []byte
		for i := range int(rec.NumRows()) {
			line = line[:0]
			for j, c := range cols {
				if j > 0 {
					line = append(line, t.in)
				}
				if line, err = t.nested[j].appendField(line, c, i); err != nil {
					return err
				}
			}
			if _, err := w.Write(append(line, '\n')); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		err = w.Flush()
	}
	if brokenPipe(err) {
		return nil
	}
	return err
}

// appendField adds value i of a, without line ends. A nil w adds it as it is shown.
func (w *nestedWriter) appendField(line []byte, a arrow.Array, i int) ([]byte, error) {
	if vec.IsNull(a, i) {
		return append(line, '\\', 'N'), nil
	}
	from := len(line)
	if w == nil {
		line = datatype.AppendText(line, a, i)
	} else {
		var err error
		if line, err = w.append(line, a, i); err != nil {
			return nil, err
		}
	}
	for k := from; k < len(line); k++ {
		if line[k] == '\n' || line[k] == '\r' {
			line[k] = ' '
		}
	}
	return line, nil
}

func (t *transform) Next(ctx context.Context) (arrow.Record, error) {
	if t.done {
		return nil, io.EOF
	}
	if t.cmd == nil {
		if err := t.start(ctx); err != nil {
			return nil, err
		}
	}
	fields := t.schema.Fields()
	b := make([]*array.StringBuilder, len(fields))
	for i := range b {
		b[i] = array.NewStringBuilder(t.env.Mem)
		defer b[i].Release()
	}
	n := 0
	for n < t.env.BatchRows {
		line, err := t.lines.ReadBytes('\n')
		if len(line) > 0 {
			t.split(bytes.TrimSuffix(line, []byte("\n")), b)
			n++
		}
		if err == nil {
			continue
		}
		t.done = true
		if err := t.finish(ctx); err != nil {
			return nil, err
		}
		break
	}
	if n == 0 {
		return nil, io.EOF
	}
	return t.record(b, n)
}

// split cuts a line into the output's fields; those that are missing are NULL.
func (t *transform) split(line []byte, b []*array.StringBuilder) {
	for i := range b {
		if line == nil {
			b[i].AppendNull()
			continue
		}
		field, rest, more := bytes.Cut(line, []byte{t.out})
		if t.pb.KeyValue && i == len(b)-1 {
			field, more = line, false
		}
		if string(field) == `\N` {
			b[i].AppendNull()
		} else {
			b[i].Append(string(field))
		}
		line = nil
		if more {
			line = rest
		}
	}
}

func (t *transform) record(b []*array.StringBuilder, n int) (arrow.Record, error) {
	cols := make([]arrow.Array, len(b))
	for i := range b {
		a := b[i].NewArray()
		cols[i] = a
		if t.casts[i] != nil {
			typed, err := t.casts[i](t.env.Funcs, []funcs.Vec{{Array: a}}, n)
			a.Release()
			if err != nil {
				return nil, err
			}
			cols[i] = typed
		}
		defer cols[i].Release()
	}
	return newRecord(t.schema, retained(cols), n)
}

func (t *transform) finish(ctx context.Context) error {
	t.wg.Wait()
	err := t.cmd.Wait()
	t.stop()
	if t.fed != nil {
		return t.fed
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		return diag.Errorf(diag.BadValue, "the command %q failed: %w: %s", strings.Join(t.pb.Command, " "), err, t.stderr.String())
	}
	return nil
}

func (t *transform) Close() error {
	if t.cmd != nil && !t.done {
		t.done = true
		t.stop() // kills the command, and ends the reading of input
		t.wg.Wait()
		t.cmd.Wait() // it was killed: its exit says nothing
	}
	return t.unary.in.Close()
}

func brokenPipe(err error) bool {
	return err != nil && (errors.Is(err, errPipe) || errors.Is(err, io.ErrClosedPipe))
}
