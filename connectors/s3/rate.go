package s3

import (
	"context"
	"math"
	"sync"
	"time"

	"github.com/winnowdb/winnow/connectors/sys"
)

// rate holds back the requests to one bucket while it answers "slow down", for all readers of the
// process together. It sets no limit until the first refusal.
//
// The law: while most requests are refused the limit is halved ten times a second; when a part
// is, it is cut once a second by half of that part. It grows by 5 % a second of the rate before the
// storm, doubles each second once nothing was refused for one, and is lifted after eight.
type rate struct {
	now func() time.Time

	mu          sync.Mutex
	limit       float64 // requests a second; 0 is none
	before      float64 // requests a second when the storm began
	tokens      float64
	filled      time.Time // when tokens and limit were brought up to date
	lastRefusal time.Time
	second      window        // requests of the last second, to know the rate before a storm
	cut         window        // requests since the limit was last cut
	changed     chan struct{} // closed when waiters should look again
}

// window counts the answers since start.
type window struct {
	start         time.Time
	sent, refused int
}

const (
	minRate    = 2.0   // requests a second at the least: these find out that the storm is over
	lowBefore  = 100.0 // requests a second that a store is taken to bear however few were sent
	fastWindow = 100 * time.Millisecond
	slowWindow = time.Second
	liftAfter  = 8 * time.Second
	growth     = 0.05
	fastSent   = 5 // answers without which a fast window says nothing
)

func newRate(m *sys.Machine) *rate {
	now := m.Now()
	return &rate{now: m.Now, filled: now, second: window{start: now}, cut: window{start: now}, changed: make(chan struct{})}
}

// wait returns when a request may be sent.
func (r *rate) wait(ctx context.Context) error {
	for {
		d, changed := r.take()
		if d == 0 {
			return ctx.Err()
		}
		timer := time.NewTimer(d)
		select {
		case <-timer.C:
		case <-changed:
		case <-ctx.Done():
		}
		timer.Stop()
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// take takes one request's token, or says how long to wait for it.
func (r *rate) take() (time.Duration, <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fill(r.now())
	if r.limit == 0 {
		return 0, nil
	}
	if r.tokens >= 1 {
		r.tokens--
		return 0, nil
	}
	wait := time.Duration((1 - r.tokens) / r.limit * float64(time.Second))
	return max(time.Millisecond, wait), r.changed
}

// fill brings limit and tokens up to now.
func (r *rate) fill(now time.Time) {
	dt := now.Sub(r.filled).Seconds()
	r.filled = now
	if r.limit == 0 || dt <= 0 {
		return
	}
	r.tokens = min(r.tokens+dt*r.limit, max(1, r.limit/10))
	quiet := now.Sub(r.lastRefusal)
	switch {
	case quiet > liftAfter:
		r.limit = 0
		r.wake()
		return
	case quiet > slowWindow:
		r.limit *= math.Exp2(dt)
	}
	if r.cut.refused*2 <= r.cut.sent {
		r.limit += growth * r.before * dt
	}
}

// answered takes note of one answer.
func (r *rate) answered(refused bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	r.fill(now)
	r.second.add(refused)
	r.cut.add(refused)
	if refused {
		r.lastRefusal = now
		if r.limit == 0 {
			r.begin(now)
		}
	}
	if r.limit > 0 {
		r.adjust(now)
	}
	if now.Sub(r.second.start) > slowWindow {
		r.second = window{start: now}
	}
}

// begin sets the first limit of a storm: half of the rate of the last second.
func (r *rate) begin(now time.Time) {
	seen := max(0.1, now.Sub(r.second.start).Seconds())
	r.before = max(lowBefore, float64(r.second.sent)/seen)
	r.limit = r.before / 2
	r.tokens = 0
	r.cut = window{start: now}
}

// adjust cuts the limit when a window is full.
func (r *rate) adjust(now time.Time) {
	age, part := now.Sub(r.cut.start), r.cut.part()
	storm := age >= fastWindow && r.cut.sent >= fastSent && part >= 0.75
	if !storm && age < slowWindow {
		return
	}
	if part > 0 {
		r.limit = max(minRate, r.limit*(1-part/2))
		r.tokens = min(r.tokens, 1)
	}
	r.cut = window{start: now}
	r.wake()
}

func (r *rate) wake() {
	close(r.changed)
	r.changed = make(chan struct{})
}

func (w *window) add(refused bool) {
	w.sent++
	if refused {
		w.refused++
	}
}

// part is the share of refused answers.
func (w *window) part() float64 { return float64(w.refused) / float64(max(1, w.sent)) }
