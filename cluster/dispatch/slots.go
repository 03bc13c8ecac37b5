package dispatch

import (
	"context"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/winnowdb/winnow/cluster/member"
	"github.com/winnowdb/winnow/exec/op"
	"github.com/winnowdb/winnow/proto/diag"
)

// manage keeps one goroutine per slot of every worker that is alive.
func (q *Query) manage(ctx context.Context) error {
	g, gctx := errgroup.WithContext(ctx)
	active := map[string]context.CancelFunc{}
	var none <-chan time.Time
	for {
		changed := q.cfg.Members.Changed()
		alive := q.cfg.Members.Workers()
		for name, stop := range active {
			if !slices.ContainsFunc(alive, func(w member.Worker) bool { return w.Name == name && !w.Draining }) {
				stop()
				delete(active, name)
			}
		}
		for _, w := range alive {
			if active[w.Name] == nil && !w.Draining {
				wctx, stop := context.WithCancel(gctx)
				active[w.Name] = stop
				q.saw(w.Name)
				for range max(1, w.Slots) {
					g.Go(func() error { return q.slot(wctx, gctx, w) })
				}
			}
		}
		none = nil
		if len(active) == 0 {
			none = time.After(q.cfg.NoWorkers)
		}
		select {
		case <-changed:
		case <-none:
			if !q.q.idle() {
				return diag.Errorf(diag.Unavailable, "no worker is alive").WithHint("last seen: %s", q.lastSeen())
			}
		case <-gctx.Done():
			for _, stop := range active {
				stop()
			}
			if err := g.Wait(); err != nil {
				return err
			}
			return nil
		}
	}
}

func (q *Query) saw(name string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !slices.Contains(q.seen, name) {
		q.seen = append(q.seen, name)
	}
}

func (q *Query) lastSeen() string {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.seen) == 0 {
		return "none since the query began"
	}
	return strings.Join(q.seen, ", ")
}

// A slot rests after its worker was lost before it tries that worker again, each time twice as long.
const (
	lostPause    = 500 * time.Millisecond
	maxLostPause = 8 * time.Second
)

// slot runs tasks on w one after the other. Taking ends with taking; a task under way ends with run.
func (q *Query) slot(taking, run context.Context, w member.Worker) error {
	pause := lostPause
	for {
		a := q.q.next(taking, w.Name)
		if a == nil {
			return nil
		}
		lost, err := q.attempt(run, w, a)
		if err != nil {
			return err
		}
		if !lost {
			pause = lostPause
			continue
		}
		select {
		case <-time.After(pause):
			pause = min(2*pause, maxLostPause)
		case <-taking.Done():
			return nil
		}
	}
}

// attempt runs a on w and commits its output if it is the first to succeed. lost tells that the
// worker, not the task, failed.
func (q *Query) attempt(ctx context.Context, w member.Worker, a *attempt) (lost bool, err error) {
	it := a.item
	out := q.x.kept.output()
	stats, err := q.cfg.Runner.Run(it.ctx, w, q.task(it, a.number), q.local, out.add)
	if err == nil {
		err = q.cfg.Machine.Fault("task.commit")
	}
	if err == nil {
		if !q.q.win(a) {
			out.release()
			return false, nil
		}
		it.cancel()
		tooMany := false
		q.note(func(p *Progress) {
			p.SplitsDone += len(it.splits)
			op.MergeStats(p.Stats, stats)
			tooMany = q.cfg.MaxScanBytes > 0 && p.Stats.BytesDecoded > q.cfg.MaxScanBytes
		})
		if err := q.x.commit(it.stage.Id, out); err != nil {
			return false, err
		}
		if tooMany {
			return false, op.TooManyBytes(q.cfg.MaxScanBytes)
		}
		return false, nil
	}
	out.release()
	kind := diag.KindOf(err)
	if kind == diag.BadFile {
		if err = q.damage.add(err); err == nil {
			if q.q.win(a) {
				it.cancel()
				err = q.x.commit(it.stage.Id, q.x.kept.output()) // for the readers to go on
			}
			return false, err
		}
	}
	lost = kind == diag.Lost || kind == diag.Unavailable && w.Address != ""
	again := lost && a.number+1 < q.cfg.MaxAttempts
	if done := q.q.lose(a, again); done || again || ctx.Err() != nil {
		return lost, nil
	}
	return lost, err
}
