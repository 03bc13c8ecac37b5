package dispatch

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/cluster/member"
	"github.com/winnowdb/winnow/cluster/worker"
	"github.com/winnowdb/winnow/connectors/sys"
	"github.com/winnowdb/winnow/exec/op"
	"github.com/winnowdb/winnow/proto/diag"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

var numbers = arrow.NewSchema([]arrow.Field{{Name: "n", Type: arrow.PrimitiveTypes.Int64, Nullable: true}}, nil)

func record(values ...int64) arrow.Record {
	b := array.NewRecordBuilder(memory.DefaultAllocator, numbers)
	defer b.Release()
	b.Field(0).(*array.Int64Builder).AppendValues(values, nil)
	return b.NewRecord()
}

func valuesOf(t *testing.T, in op.Operator) []int64 {
	t.Helper()
	var out []int64
	for {
		rec, err := in.Next(context.Background())
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, rec.Column(0).(*array.Int64).Int64Values()...)
		rec.Release()
	}
}

// machine counts the spill files that are open.
func machine(t *testing.T, open *atomic.Int64) *sys.Machine {
	m := sys.Host(t.TempDir())
	spill := m.Spill
	m.Spill = func() (sys.File, error) {
		f, err := spill()
		if err == nil {
			open.Add(1)
			f = counted{f, open}
		}
		return f, err
	}
	return m
}

type counted struct {
	sys.File
	open *atomic.Int64
}

func (c counted) Close() error {
	c.open.Add(-1)
	return c.File.Close()
}

func TestOutputsBeyondTheBudgetAreSpilled(t *testing.T) {
	var open atomic.Int64
	budget := op.NewBudget(4096)
	k := &keeper{machine: machine(t, &open), budget: budget}
	x := newExchange(1, k)
	var want [2][]int64
	for task := range 10 {
		o := k.output()
		for i := range int64(40) {
			n := int64(task)*100 + i
			rec := record(n)
			if err := o.add(uint32(n%2), rec); err != nil {
				t.Fatal(err)
			}
			rec.Release()
			if task%3 != 2 {
				want[n%2] = append(want[n%2], n)
			}
		}
		if task%3 == 2 {
			o.release() // an attempt that failed
			continue
		}
		if err := x.commit(0, o); err != nil {
			t.Fatal(err)
		}
	}
	x.finish(0, nil)
	if budget.Used() > 4096/outputPart {
		t.Errorf("%d bytes are in memory of a budget of 4096", budget.Used())
	}
	if k.spilled() == 0 || open.Load() != 1 {
		t.Errorf("spilled %d bytes to %d files, want one file", k.spilled(), open.Load())
	}
	for range 2 { // a task that is run again reads the same
		for p := range want {
			in, err := x.Open(context.Background(), 0, uint32(p), numbers, false)
			if err != nil {
				t.Fatal(err)
			}
			if got := valuesOf(t, in[0]); !slices.Equal(got, want[p]) {
				t.Errorf("partition %d: got %d values, want %d", p, len(got), len(want[p]))
			}
		}
	}
	if err := x.release(); err != nil {
		t.Fatal(err)
	}
	if budget.Used() != 0 || open.Load() != 0 {
		t.Errorf("after the query %d bytes and %d files are left", budget.Used(), open.Load())
	}
}

func TestSlowRootKeepsItsPlace(t *testing.T) {
	var open atomic.Int64
	budget := op.NewBudget(0)
	k := &keeper{machine: machine(t, &open), budget: budget}
	x := newExchange(1, k)
	x.stages[0].once = true
	in, err := x.Open(context.Background(), 0, 0, numbers, false)
	if err != nil {
		t.Fatal(err)
	}
	var want []int64
	put := func(o *output) {
		rec := record(int64(len(want)))
		defer rec.Release()
		want = append(want, int64(len(want)))
		if err := o.add(0, rec); err != nil {
			t.Fatal(err)
		}
	}
	commit := func(o *output) {
		if err := x.commit(0, o); err != nil {
			t.Fatal(err)
		}
	}
	first, underWay := k.output(), k.output()
	for range 5 {
		put(first)
	}
	commit(first)
	rec, err := in[0].Next(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	rec.Release()
	put(underWay)
	if err := x.slow(); err != nil {
		t.Fatal(err)
	}
	put(underWay)
	commit(underWay)
	if budget.Used() != 0 {
		t.Errorf("%d bytes are in memory", budget.Used())
	}
	x.finish(0, nil)
	if got := valuesOf(t, in[0]); !slices.Equal(got, want[1:]) {
		t.Errorf("got %v, want %v", got, want[1:])
	}
	if err := x.release(); err != nil || open.Load() != 0 {
		t.Errorf("%v, %d files are left", err, open.Load())
	}
}

func TestFailedSpillIsALimit(t *testing.T) {
	var open atomic.Int64
	m := machine(t, &open)
	m.Fault = func(point string) error {
		if point == "exchange.write" {
			return errors.New("no space left on device")
		}
		return nil
	}
	k := &keeper{machine: m, budget: op.NewBudget(1)}
	rec := record(1)
	defer rec.Release()
	if err := k.output().add(0, rec); diag.KindOf(err) != diag.Limit {
		t.Errorf("got %v, want LIMIT", err)
	}
}

// script is a Runner: attempts of stage 0 do what run says, the root gives on what it reads.
type script struct {
	run func(ctx context.Context, w member.Worker, t *winnowpb.Task, emit worker.Emit) error
}

func (s script) Run(ctx context.Context, w member.Worker, t *winnowpb.Task, q *Local, emit worker.Emit) (*winnowpb.Stats, error) {
	if t.Stage.Id == 0 {
		return &winnowpb.Stats{}, s.run(ctx, w, t, emit)
	}
	in, err := q.Inputs.Open(ctx, 0, 0, numbers, false)
	if err != nil {
		return nil, err
	}
	for {
		rec, err := in[0].Next(ctx)
		if errors.Is(err, io.EOF) {
			return &winnowpb.Stats{}, nil
		}
		if err != nil {
			return nil, err
		}
		err = emit(0, rec)
		rec.Release()
		if err != nil {
			return nil, err
		}
	}
}

func query(t *testing.T, tasks uint32, attempts uint32, workers int, memory int64, run func(context.Context, member.Worker, *winnowpb.Task, worker.Emit) error) *Query {
	var open atomic.Int64
	t.Cleanup(func() {
		if n := open.Load(); n != 0 {
			t.Errorf("%d spill files are left", n)
		}
	})
	exchange := &winnowpb.Node{Op: &winnowpb.Node_Exchange{Exchange: &winnowpb.Exchange{Stage: 0}}}
	plan := &winnowpb.Plan{Stages: []*winnowpb.Stage{
		{Id: 0, Root: &winnowpb.Node{}, Tasks: tasks},
		{Id: 1, Root: exchange, Tasks: 1},
	}}
	var members member.Fixed
	for i := range workers {
		members = append(members, member.Worker{Name: string(rune('a' + i)), Address: "x", Slots: 1})
	}
	return New(plan, Config{
		Machine: machine(t, &open), Members: members, Runner: script{run}, MaxAttempts: attempts, MemoryBytes: memory, NoWorkers: time.Second,
	})
}

func all(t *testing.T, q *Query) ([]int64, error) {
	t.Helper()
	var got []int64
	err := q.Run(context.Background(), func(_ uint32, rec arrow.Record) error {
		got = append(got, rec.Column(0).(*array.Int64).Int64Values()...)
		return nil
	})
	slices.Sort(got)
	return got, err
}

func put(emit worker.Emit, n int64) error {
	rec := record(n)
	defer rec.Release()
	return emit(0, rec)
}

func TestLostAttemptsNeverDoubleRows(t *testing.T) {
	lostOnce := func(_ context.Context, w member.Worker, task *winnowpb.Task, emit worker.Emit) error {
		if err := put(emit, int64(task.Index)); err != nil {
			return err
		}
		if task.Attempt == 0 {
			return diag.Errorf(diag.Lost, "worker %s was killed", w.Name)
		}
		return nil
	}
	for _, memory := range []int64{0, 1} {
		got, err := all(t, query(t, 20, 50, 2, memory, lostOnce))
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != 20 || got[0] != 0 || got[19] != 19 || len(slices.Compact(got)) != 20 {
			t.Errorf("memory %d: got %v, want 0 to 19 once each", memory, got)
		}
	}
	// the control: without a second attempt the same faults end the query
	if _, err := all(t, query(t, 20, 1, 2, 0, lostOnce)); diag.KindOf(err) != diag.Lost {
		t.Errorf("with one attempt: got %v, want LOST", err)
	}
}

func TestTwoAttemptsOfOneTaskCountOnce(t *testing.T) {
	var slow sync.WaitGroup
	slow.Add(1)
	got, err := all(t, query(t, 4, 50, 2, 0, func(ctx context.Context, _ member.Worker, task *winnowpb.Task, emit worker.Emit) error {
		if err := put(emit, int64(task.Index)); err != nil {
			return err
		}
		if task.Index == 3 && task.Attempt == 0 {
			<-ctx.Done() // frozen: the copy must win, and its commit ends this one
			slow.Done()
			return context.Cause(ctx)
		}
		return nil
	}))
	slow.Wait()
	if err != nil || !slices.Equal(got, []int64{0, 1, 2, 3}) {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestSlowReaderHoldsTheTasksBack(t *testing.T) {
	const tasks, rows = 40, 1 << 20 // 8 MiB a task
	var begun atomic.Int64
	big := record(make([]int64, rows)...)
	defer big.Release()
	q := query(t, tasks, 1, 1, 64<<20, func(_ context.Context, _ member.Worker, _ *winnowpb.Task, emit worker.Emit) error {
		begun.Add(1)
		return emit(0, big)
	})
	read := 0
	err := q.Run(context.Background(), func(uint32, arrow.Record) error {
		read++
		if ahead := begun.Load() - int64(read); ahead > maxUnread/(8*rows)+4 {
			t.Errorf("%d tasks have run with %d batches read", begun.Load(), read)
		}
		time.Sleep(time.Millisecond)
		return nil
	})
	if err != nil || begun.Load() != tasks {
		t.Errorf("%d tasks, %v", begun.Load(), err)
	}
	if used := q.local.Budget.Used(); used != 0 {
		t.Errorf("%d bytes are still taken", used)
	}
}

func TestRootThatHasEnoughStopsTheRest(t *testing.T) {
	var begun atomic.Int64
	enough := errors.New("enough")
	q := query(t, 10_000, 1, 1, 0, func(_ context.Context, _ member.Worker, task *winnowpb.Task, emit worker.Emit) error {
		begun.Add(1)
		time.Sleep(100 * time.Microsecond)
		return put(emit, int64(task.Index))
	})
	err := q.Run(context.Background(), func(uint32, arrow.Record) error { return enough })
	if !errors.Is(err, enough) {
		t.Errorf("got %v", err)
	}
	if begun.Load() > 1000 {
		t.Errorf("%d of 10,000 tasks ran after the reader had enough", begun.Load())
	}
}
