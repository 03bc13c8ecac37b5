package dispatch

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/winnowdb/winnow/proto/winnowpb"
)

// item is a task in the life of a query: waiting, running in one or more attempts, or done.
type item struct {
	stage    *winnowpb.Stage
	index    uint32
	splits   []*winnowpb.Split
	inputs   map[uint32]uint32 // see Task.InputTasks
	attempts uint32
	running  []*attempt
	done     bool
	cancel   context.CancelFunc // stops every attempt
	ctx      context.Context
}

// attempt is one run of an item on one worker.
type attempt struct {
	item   *item
	number uint32
	worker string
	since  time.Time
}

// queue hands tasks to free slots. Items of earlier stages come first.
type queue struct {
	mu      sync.Mutex
	waiting [][]*item // by stage
	running []*item
	took    []time.Duration // of finished attempts, for the median
	changed chan struct{}
	now     func() time.Time
	full    func(stage uint32) bool // whether no more tasks of a stage shall begin for now
}

func newQueue(stages int, now func() time.Time, full func(stage uint32) bool) *queue {
	return &queue{waiting: make([][]*item, stages), changed: make(chan struct{}), now: now, full: full}
}

// signal makes those who wait for a task look again.
func (q *queue) signal() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.wake()
}

func (q *queue) wake() {
	close(q.changed)
	q.changed = make(chan struct{})
}

func (q *queue) add(it *item) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting[it.stage.Id] = append(q.waiting[it.stage.Id], it)
	q.wake()
}

// speculateAfter: a task may be run a second time when it has run so long and twice the median.
const speculateAfter = time.Second

// next waits for a task for worker; nil when ctx ends. copies allows second attempts of tasks that are
// slow elsewhere.
func (q *queue) next(ctx context.Context, worker string) *attempt {
	tick := time.NewTicker(speculateAfter / 2)
	defer tick.Stop()
	for {
		if ctx.Err() != nil {
			return nil // even if there is more to do: nobody wants it
		}
		q.mu.Lock()
		a := q.take(worker)
		changed := q.changed
		q.mu.Unlock()
		if a != nil {
			return a
		}
		select {
		case <-changed:
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

func (q *queue) take(worker string) *attempt {
	for stage, items := range q.waiting {
		if len(items) > 0 && !q.full(uint32(stage)) {
			q.waiting[stage] = items[1:]
			q.running = append(q.running, items[0])
			return q.start(items[0], worker)
		}
	}
	for _, it := range q.running {
		if q.slow(it, worker) {
			return q.start(it, worker)
		}
	}
	return nil
}

func (q *queue) start(it *item, worker string) *attempt {
	a := &attempt{item: it, number: it.attempts, worker: worker, since: q.now()}
	it.attempts++
	it.running = append(it.running, a)
	return a
}

// slow reports whether it should be copied to worker: it runs in one place only, elsewhere, for long.
func (q *queue) slow(it *item, worker string) bool {
	if len(it.running) != 1 || it.running[0].worker == worker {
		return false
	}
	age := q.now().Sub(it.running[0].since)
	return age > speculateAfter && len(q.took) > 0 && age > 2*q.median()
}

func (q *queue) median() time.Duration {
	sorted := slices.Sorted(slices.Values(q.took))
	return sorted[len(sorted)/2]
}

// win ends an attempt that succeeded and reports whether it is the first of its item.
func (q *queue) win(a *attempt) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.drop(a)
	if a.item.done {
		return false
	}
	a.item.done = true
	q.took = append(q.took, q.now().Sub(a.since))
	q.running = slices.DeleteFunc(q.running, func(it *item) bool { return it == a.item })
	return true
}

// lose ends an attempt that failed; again puts the item back unless another attempt is under way. It
// reports whether the item had been done by another attempt already.
func (q *queue) lose(a *attempt, again bool) (done bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.drop(a)
	if !a.item.done && again && len(a.item.running) == 0 {
		q.running = slices.DeleteFunc(q.running, func(it *item) bool { return it == a.item })
		stage := a.item.stage.Id
		q.waiting[stage] = append([]*item{a.item}, q.waiting[stage]...)
		q.wake()
	}
	return a.item.done
}

func (q *queue) drop(a *attempt) {
	a.item.running = slices.DeleteFunc(a.item.running, func(b *attempt) bool { return b == a })
}

// idle reports whether nothing waits and nothing runs.
func (q *queue) idle() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, items := range q.waiting {
		if len(items) > 0 {
			return false
		}
	}
	return len(q.running) == 0
}
